//! The decision table of PATCH, RFC 7644's examples, and what clients send instead.

mod clients;
mod members;
mod properties;
mod table;

pub(in crate::scim) use properties::any_json;

use serde_json::{Map, Value, json};

use super::{MemberOp, PATCH_URN, apply, parse};
use crate::scim::builtin::registry;
use crate::scim::error::ScimError;
use crate::scim::limits::Limits;
use crate::scim::quirk::{Dialect, Quirk, Tolerance};
use crate::scim::schema::{Registry, ResourceType};

const ENTERPRISE: &str = crate::scim::builtin::ENTERPRISE_URN;

fn builtin() -> Registry {
    registry(Vec::new()).unwrap()
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(object) => object,
        _ => panic!("a test's document is an object"),
    }
}

/// A user as it is stored.
fn ada() -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", ENTERPRISE],
        "externalId": "ext-1",
        "userName": "ada",
        "name": {"familyName": "Lovelace", "givenName": "Ada"},
        "title": "Countess",
        "active": true,
        "emails": [
            {"value": "ada@example.com", "type": "work", "primary": true},
            {"value": "ada@home.org", "type": "home"},
        ],
        ENTERPRISE: {"department": "IT", "manager": {"value": "1", "$ref": "../Users/1"}},
    })
}

struct Outcome {
    doc: Value,
    members: Vec<MemberOp>,
    quirks: Vec<Quirk>,
}

fn run(
    rt: &ResourceType,
    doc: Value,
    operations: &Value,
    dialect: Dialect,
) -> Result<Outcome, ScimError> {
    let body = json!({"schemas": [PATCH_URN], "Operations": operations});
    let mut tolerance = Tolerance::new(dialect);
    let limits = Limits::default();
    let operations = parse(&body, rt, &limits, &mut tolerance)?;
    let patched = apply(&object(doc), &operations, rt, &limits, &mut tolerance)?;
    Ok(Outcome {
        doc: patched.doc.into(),
        members: patched.members,
        quirks: tolerance.seen.iter().collect(),
    })
}

fn user(operations: &Value, dialect: Dialect) -> Result<Outcome, ScimError> {
    run(&builtin().user, ada(), operations, dialect)
}

fn group(operations: &Value, dialect: Dialect) -> Result<Outcome, ScimError> {
    let doc = json!({"schemas": [crate::scim::builtin::GROUP_URN], "displayName": "g"});
    run(&builtin().group, doc, operations, dialect)
}

/// `ada()` with some attributes replaced; null removes one.
fn ada_with(changes: Value) -> Value {
    let mut doc = object(ada());
    for (key, value) in object(changes) {
        if value.is_null() {
            doc.shift_remove(&key);
        } else {
            doc.insert(key, value);
        }
    }
    doc.into()
}

/// `status scimType`, or `ok`.
fn verdict(outcome: &Result<Outcome, ScimError>) -> String {
    match outcome {
        Ok(_) => "ok".to_owned(),
        Err(error) => {
            let keyword = error.scim_type.map_or("-", |keyword| keyword.as_str());
            format!("{} {keyword}", error.status)
        }
    }
}
