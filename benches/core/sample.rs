//! Bodies and resources as identity providers send them.

use scimtop::clock::Timestamp;
use scimtop::ids::{OrgId, ResourceId};
use scimtop::model::user::{GroupRef, UserRecord};
use scimtop::scim::builtin::{self, ENTERPRISE_URN, GROUP_URN, USER_URN};
use scimtop::scim::limits::Limits;
use scimtop::scim::quirk::Tolerance;
use scimtop::scim::schema::Registry;
use scimtop::scim::validate;
use serde_json::{Map, Value, json};

/// URL before `/Users`.
pub const BASE: &str = "https://scim.example.com/scim/v2";

/// The built-in schemas.
pub fn registry() -> Registry {
    builtin::registry(Vec::new()).expect("no extension is declared that could be wrong")
}

/// Okta's POST of a user.
pub fn okta_user(at: usize) -> Value {
    json!({
        "schemas": [USER_URN],
        "userName": format!("user{at}@example.com"),
        "name": { "givenName": "Given", "familyName": format!("Family{at}") },
        "emails": [{ "primary": true, "value": format!("user{at}@example.com"), "type": "work" }],
        "displayName": format!("Given Family{at}"),
        "locale": "en-US",
        "externalId": format!("00u{at:017}"),
        "groups": [],
        "password": "1mz050nq",
        "active": true,
    })
}

/// Entra's POST of a user, with its enterprise extension.
pub fn entra_user(at: usize) -> Value {
    json!({
        "schemas": [USER_URN, ENTERPRISE_URN],
        "externalId": format!("0a21f0f2-8d2a-4f8e-bf98-{at:012}"),
        "userName": format!("Test_User_{at}@testuser.com"),
        "active": true,
        "displayName": "lennay",
        "emails": [{ "type": "work", "value": format!("user_{at}@testuser.com"), "primary": true }],
        "meta": { "resourceType": "User" },
        "name": { "formatted": "givenName familyName", "familyName": "familyName", "givenName": "givenName" },
        "addresses": [{ "type": "work", "streetAddress": "1 Main St", "locality": "Lund", "postalCode": "22100", "country": "SE" }],
        "phoneNumbers": [{ "type": "work", "value": "+46 46 100" }, { "type": "mobile", "value": "+46 70 100" }],
        "title": "Engineer",
        "preferredLanguage": "sv",
        "roles": [],
        ENTERPRISE_URN: {
            "employeeNumber": format!("{at}"),
            "department": "Research",
            "manager": { "value": "2819c223-7f76-453a-919d-413861904646" },
        },
    })
}

/// A user as it is stored.
pub fn document(registry: &Registry, body: &Value) -> Map<String, Value> {
    let (limits, mut tolerance) = (Limits::default(), Tolerance::default());
    validate::create(&registry.user, body, &limits, &mut tolerance)
        .expect("the samples are valid")
        .doc
}

/// A group as it is stored.
pub fn group() -> Map<String, Value> {
    let urns = Value::from(vec![GROUP_URN]);
    let name = Value::from("Engineering");
    Map::from_iter([
        ("schemas".to_owned(), urns),
        ("displayName".to_owned(), name),
    ])
}

/// A stored user that is in five groups.
pub fn record(registry: &Registry, body: &Value) -> UserRecord {
    let doc = document(registry, body);
    let group = |at| GroupRef {
        id: ResourceId::new(),
        display: format!("Group {at}"),
        direct: true,
    };
    UserRecord {
        org: OrgId::PRIMARY,
        id: ResourceId::new(),
        user_name: "user".to_owned(),
        external_id: None,
        active: true,
        created: Timestamp(1_700_000_000_000),
        modified: Timestamp(1_700_000_000_000),
        version: 7,
        source: None,
        doc: Value::Object(doc).to_string(),
        groups: (0..5).map(group).collect(),
        roles: Vec::new(),
    }
}
