//! A resource type and resources to test filters and paths with: the User of RFC 7643 §4.1 with
//! the enterprise extension, and one extension that has the types the others lack.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::scim::schema::{Extension, ResourceType, Schema};

pub const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
pub const HR: &str = "urn:example:params:hr:1.0";

/// The User resource type.
pub fn user_type() -> ResourceType {
    let plural = |name: &str, subs: &[&str]| {
        let subs: Vec<Value> = subs
            .iter()
            .map(|sub| json!({ "name": sub, "type": "string" }))
            .collect();
        let mut subs = subs;
        subs.push(json!({ "name": "primary", "type": "boolean" }));
        json!({ "name": name, "type": "complex", "multiValued": true, "subAttributes": subs })
    };
    let contact = &["value", "type", "display"];
    let address = &[
        "type",
        "streetAddress",
        "locality",
        "region",
        "postalCode",
        "country",
        "formatted",
    ];
    let name = &[
        "formatted",
        "familyName",
        "givenName",
        "middleName",
        "honorificPrefix",
        "honorificSuffix",
    ];
    let name: Vec<Value> = name
        .iter()
        .map(|sub| json!({ "name": sub, "type": "string" }))
        .collect();
    let mut attributes = vec![
        json!({ "name": "userName", "type": "string", "required": true }),
        json!({ "name": "name", "type": "complex", "subAttributes": name }),
        json!({ "name": "profileUrl", "type": "reference" }),
        json!({ "name": "active", "type": "boolean" }),
        json!({ "name": "password", "type": "string", "mutability": "writeOnly", "returned": "never" }),
        plural("emails", contact),
        plural("phoneNumbers", contact),
        plural("ims", contact),
        plural("addresses", address),
        json!({ "name": "groups", "type": "complex", "multiValued": true, "subAttributes": [
            { "name": "value", "type": "string" },
            { "name": "$ref", "type": "reference" },
            { "name": "display", "type": "string" },
        ]}),
        json!({ "name": "x509Certificates", "type": "complex", "multiValued": true, "subAttributes": [
            { "name": "value", "type": "binary" },
        ]}),
    ];
    for plain in [
        "displayName",
        "nickName",
        "userType",
        "title",
        "preferredLanguage",
        "locale",
        "timezone",
    ] {
        attributes.push(json!({ "name": plain, "type": "string" }));
    }
    let core = schema(
        "urn:ietf:params:scim:schemas:core:2.0:User",
        &Value::Array(attributes),
    );
    let common = schema(
        "",
        &json!([
            { "name": "schemas", "type": "reference", "multiValued": true, "caseExact": true },
            { "name": "id", "type": "string", "caseExact": true },
            { "name": "externalId", "type": "string", "caseExact": true },
            { "name": "meta", "type": "complex", "subAttributes": [
                { "name": "resourceType", "type": "string", "caseExact": true },
                { "name": "created", "type": "dateTime" },
                { "name": "lastModified", "type": "dateTime" },
                { "name": "version", "type": "string", "caseExact": true },
                { "name": "location", "type": "reference" },
            ]},
        ]),
    );
    let enterprise = schema(
        ENTERPRISE,
        &json!([
            { "name": "employeeNumber", "type": "string" },
            { "name": "department", "type": "string" },
            { "name": "manager", "type": "complex", "subAttributes": [
                { "name": "value", "type": "string" },
                { "name": "$ref", "type": "reference" },
                { "name": "displayName", "type": "string" },
            ]},
        ]),
    );
    let hr = schema(
        HR,
        &json!([
            { "name": "level", "type": "integer" },
            { "name": "score", "type": "decimal" },
            { "name": "tags", "type": "string", "multiValued": true },
            { "name": "desks", "type": "complex", "multiValued": true, "subAttributes": [
                { "name": "floor", "type": "integer" },
                { "name": "codes", "type": "string", "multiValued": true },
                { "name": "pin", "type": "string", "returned": "never" },
            ]},
        ]),
    );
    ResourceType {
        name: "User",
        endpoint: "/Users",
        description: "User",
        schema: core,
        extensions: [enterprise, hr]
            .map(|schema| Extension {
                schema,
                required: false,
            })
            .into(),
        common,
    }
}

fn schema(id: &str, attributes: &Value) -> Arc<Schema> {
    let schema = json!({ "id": id, "name": id, "attributes": attributes });
    Arc::new(serde_json::from_value(schema).unwrap())
}

/// The full user of RFC 7643 §8.3, with the extension of this module.
pub fn full_user() -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", ENTERPRISE, HR],
        "id": "2819c223-7f76-453a-919d-413861904646",
        "externalId": "701984",
        "userName": "bjensen@example.com",
        "name": {
            "formatted": "Ms. Barbara J Jensen, III",
            "familyName": "Jensen",
            "givenName": "Barbara",
            "middleName": "Jane",
            "honorificPrefix": "Ms.",
            "honorificSuffix": "III",
        },
        "displayName": "Babs Jensen",
        "nickName": "Babs",
        "profileUrl": "https://login.example.com/bjensen",
        "emails": [
            { "value": "bjensen@example.com", "type": "work", "primary": true },
            { "value": "babs@jensen.org", "type": "home" },
        ],
        "addresses": [
            { "streetAddress": "100 Universal City Plaza", "locality": "Hollywood", "region": "CA",
              "postalCode": "91608", "country": "USA", "type": "work", "primary": true,
              "formatted": "100 Universal City Plaza\nHollywood, CA 91608 USA" },
            { "streetAddress": "456 Hollywood Blvd", "locality": "Hollywood", "region": "CA",
              "postalCode": "91608", "country": "USA", "type": "home",
              "formatted": "456 Hollywood Blvd\nHollywood, CA 91608 USA" },
        ],
        "phoneNumbers": [
            { "value": "555-555-5555", "type": "work" },
            { "value": "555-555-4444", "type": "mobile" },
        ],
        "ims": [{ "value": "someaimhandle", "type": "aim" }],
        "userType": "Employee",
        "title": "Tour Guide",
        "preferredLanguage": "en-US",
        "locale": "en-US",
        "timezone": "America/Los_Angeles",
        "active": true,
        "password": "t1meMa$heen",
        "groups": [
            { "value": "e9e30dba-f08f-4109-8486-d5c6a331660a",
              "$ref": "../Groups/e9e30dba-f08f-4109-8486-d5c6a331660a", "display": "Tour Guides" },
        ],
        "x509Certificates": [{ "value": "MIIDQzCCAqygAwIBAgICEAAw" }],
        ENTERPRISE: {
            "employeeNumber": "701984",
            "department": "Tour Operations",
            "manager": {
                "value": "26118915-6090-4610-87e4-49d8ca9f808d",
                "$ref": "../Users/26118915-6090-4610-87e4-49d8ca9f808d",
                "displayName": "John Smith",
            },
        },
        HR: {
            "level": 7,
            "score": 1.5,
            "tags": ["night", "Weekend"],
            "desks": [{ "floor": 3, "codes": ["A1", "A2"] }, { "floor": 4, "codes": ["B1"] }],
        },
        "meta": {
            "resourceType": "User",
            "created": "2010-01-23T04:56:22Z",
            "lastModified": "2011-05-13T04:42:34Z",
            "version": "W/\"3694e05e9dff591\"",
            "location": "https://example.com/v2/Users/2819c223-7f76-453a-919d-413861904646",
        },
    })
}
