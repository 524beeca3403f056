//! Bodies as clients send them, in both dialects.

mod groups;
mod properties;

use serde_json::{Value, json};

use super::{Incoming, create, replace};
use crate::scim::builtin::{ENTERPRISE_URN, USER_URN, registry};
use crate::scim::error::{ScimError, ScimType};
use crate::scim::limits::Limits;
use crate::scim::quirk::{Dialect, Quirk, Tolerance};
use crate::scim::schema::Registry;

/// The built-in schemas and an extension of both types with one attribute of each kind.
fn schemas() -> Registry {
    let extension = |resource_type: &str, id: &str| {
        json!({"resource_type": resource_type, "schema": {"id": id, "name": "Acme", "attributes": [
            {"name": "badge", "type": "integer", "mutability": "immutable"},
            {"name": "weight", "type": "decimal"},
            {"name": "hired", "type": "dateTime"},
            {"name": "tags", "type": "string", "multiValued": true},
            {"name": "desk", "type": "complex", "subAttributes": [
                {"name": "room", "type": "string", "required": true}, {"name": "floor", "type": "integer"}]},
        ]}})
    };
    let declared = json!([
        extension("User", "urn:example:acme:2.0:User"),
        extension("Group", "urn:example:acme:2.0:Group"),
    ]);
    registry(serde_json::from_value(declared).unwrap()).unwrap()
}

const ACME: &str = "urn:example:acme:2.0:User";

fn post(body: &Value, dialect: Dialect) -> (Result<Incoming, ScimError>, Vec<Quirk>) {
    let mut tolerance = Tolerance::new(dialect);
    let incoming = create(&schemas().user, body, &Limits::default(), &mut tolerance);
    (incoming, tolerance.seen.iter().collect())
}

/// A minimal user with `attributes` added.
fn with(attributes: Value) -> Value {
    let mut body = json!({"schemas": [USER_URN, ENTERPRISE_URN, ACME], "userName": "ada"});
    if let (Value::Object(body), Value::Object(attributes)) = (&mut body, attributes) {
        body.extend(attributes);
    }
    body
}

fn verdict(outcome: &Result<Incoming, ScimError>) -> String {
    match outcome {
        Ok(_) => "ok".to_owned(),
        Err(error) => {
            let keyword = error.scim_type.map_or("-", |keyword| keyword.as_str());
            format!("{} {keyword}", error.status)
        }
    }
}

#[test]
fn a_document_is_canonical() {
    let body = json!({
        "active": true, "emails": [{"type": "work", "value": "a@x", "primary": true}], "title": null,
        "roles": [], "NAME": {"givenName": "Ada", "familyname": "L", "middleName": null}, "userName": "ada",
        "schemas": [ACME, ENTERPRISE_URN, USER_URN], "externalId": "E",
        ACME: {"tags": ["b", "a", "b"], "weight": 1.5, "desk": {"floor": 3, "room": "r"}},
        ENTERPRISE_URN: {"manager": {"$ref": "../Users/1", "value": "1", "displayName": "M"}, "department": "IT"},
    });
    let (incoming, _) = post(&body, Dialect::Strict);
    let expected = json!({
        "schemas": [USER_URN, ENTERPRISE_URN, ACME], "externalId": "E", "userName": "ada",
        "name": {"familyName": "L", "givenName": "Ada"}, "active": true,
        "emails": [{"value": "a@x", "type": "work", "primary": true}],
        ENTERPRISE_URN: {"department": "IT", "manager": {"value": "1", "$ref": "../Users/1"}},
        ACME: {"weight": 1.5, "tags": ["b", "a"], "desk": {"room": "r", "floor": 3}},
    });
    let doc = Value::Object(incoming.unwrap().doc);
    assert_eq!(doc.to_string(), expected.to_string());
}

#[test]
fn an_extension_without_values_is_not_listed() {
    let (incoming, _) = post(
        &with(json!({ENTERPRISE_URN: {"department": null}})),
        Dialect::Strict,
    );
    let incoming = incoming.unwrap();
    let expected = json!({"schemas": [USER_URN], "userName": "ada", "active": true});
    assert_eq!(Value::Object(incoming.doc), expected);
    assert!(!incoming.has_active);
}

/// Attributes, what is stored of them, the quirk, the answer in strict dialect.
fn tolerated() -> Vec<(Value, Value, Quirk, &'static str)> {
    let enterprise = |manager: &Value| json!({ENTERPRISE_URN: {"manager": manager}});
    vec![
        (
            json!({"shoeSize": 42, "department": "IT"}),
            json!({}),
            Quirk::UnknownAttribute,
            "400 invalidSyntax",
        ),
        (
            json!({"name": {"nick": "x", "givenName": "A"}}),
            json!({"name": {"givenName": "A"}}),
            Quirk::UnknownAttribute,
            "400 invalidSyntax",
        ),
        (
            json!({ENTERPRISE_URN: {"shoe": 1}}),
            json!({}),
            Quirk::UnknownAttribute,
            "400 invalidSyntax",
        ),
        (
            json!({"urn:example:other": {"a": 1}}),
            json!({}),
            Quirk::UnknownSchema,
            "400 invalidSyntax",
        ),
        (
            json!({"schemas": [USER_URN, "urn:ietf:params:scim:schemas:extension:enterprise:2.0User"]}),
            json!({}),
            Quirk::UnknownSchema,
            "400 invalidSyntax",
        ),
        (
            json!({"schemas": ["urn:scim:schemas:core:1.0"]}),
            json!({}),
            Quirk::UnknownSchema,
            "400 invalidSyntax",
        ),
        (
            json!({"schemas": null}),
            json!({}),
            Quirk::MissingSchemas,
            "400 invalidSyntax",
        ),
        (
            json!({"schemas": []}),
            json!({}),
            Quirk::MissingSchemas,
            "400 invalidSyntax",
        ),
        (
            json!({"schemas": USER_URN}),
            json!({}),
            Quirk::ObjectForList,
            "400 invalidSyntax",
        ),
        (
            json!({"active": "True"}),
            json!({"active": true}),
            Quirk::StringBoolean,
            "400 invalidValue",
        ),
        (
            json!({"active": "false"}),
            json!({"active": false}),
            Quirk::StringBoolean,
            "400 invalidValue",
        ),
        (
            json!({"emails": {"value": "a@x"}}),
            json!({"emails": [{"value": "a@x"}]}),
            Quirk::ObjectForList,
            "400 invalidValue",
        ),
        (
            json!({"title": 7}),
            json!({"title": "7"}),
            Quirk::NumberAsString,
            "400 invalidValue",
        ),
        (
            json!({ACME: {"badge": "7"}}),
            json!({ACME: {"badge": 7}}),
            Quirk::NumberAsString,
            "400 invalidValue",
        ),
        (json!({"title": ""}), json!({}), Quirk::EmptyClears, "ok"),
        (
            json!({"entitlements": [{"value": ""}]}),
            json!({}),
            Quirk::EmptyClears,
            "ok",
        ),
        (
            json!({"emails": [{"value": "", "type": "work"}]}),
            json!({}),
            Quirk::EmptyClears,
            "ok",
        ),
        (
            json!({"emails": ""}),
            json!({}),
            Quirk::EmptyClears,
            "400 invalidValue",
        ),
        (
            json!({"roles": [{"value": "{\"value\":\"Admin\",\"displayName\":\"A\"}", "primary": true}]}),
            json!({}),
            Quirk::ComputedRoles,
            "ok",
        ),
        (
            json!({"emails": [{"value": "a@x"}, {"value": "a@x", "primary": true}]}),
            json!({"emails": [{"value": "a@x", "primary": true}]}),
            Quirk::DuplicateValue,
            "ok",
        ),
        (
            json!({"emails": [{"value": "a", "primary": true}, {"value": "b", "primary": true}]}),
            json!({"emails": [{"value": "a", "primary": true}, {"value": "b", "primary": false}]}),
            Quirk::ManyPrimaries,
            "400 invalidValue",
        ),
        (
            json!({"NICKNAME": "A"}),
            json!({"nickName": "A"}),
            Quirk::CaseInsensitiveKeys,
            "ok",
        ),
        (
            json!({"id": "x", "meta": {}, "groups": [{"value": "g"}]}),
            json!({}),
            Quirk::ReadOnlyIgnored,
            "ok",
        ),
        (
            json!({"password": "secret"}),
            json!({}),
            Quirk::PasswordDropped,
            "ok",
        ),
        (
            json!({"manager": "1"}),
            enterprise(&json!({"value": "1"})),
            Quirk::BareManager,
            "400 invalidSyntax",
        ),
        (
            json!({"manager": {"value": "1"}}),
            enterprise(&json!({"value": "1"})),
            Quirk::BareManager,
            "400 invalidSyntax",
        ),
        (
            json!({"manager": [{"value": "1"}]}),
            enterprise(&json!({"value": "1"})),
            Quirk::BareManager,
            "400 invalidSyntax",
        ),
        (
            json!({"manager": null}),
            json!({}),
            Quirk::BareManager,
            "400 invalidSyntax",
        ),
        (
            json!({ENTERPRISE_URN: {"manager": "1"}}),
            enterprise(&json!({"value": "1"})),
            Quirk::BareManager,
            "400 invalidValue",
        ),
    ]
}

#[test]
fn every_quirk_is_understood_named_and_refused_by_strict() {
    for (attributes, stored, quirk, strict) in tolerated() {
        let body = with(attributes.clone());
        let (incoming, quirks) = post(&body, Dialect::Auto);
        let incoming = incoming.unwrap_or_else(|error| panic!("{attributes}: {error}"));
        let (expected, _) = post(&with(stored), Dialect::Strict);
        assert_eq!(incoming.doc, expected.unwrap().doc, "{attributes}");
        assert!(quirks.contains(&quirk), "{attributes}: {quirks:?}");
        assert_eq!(
            verdict(&post(&body, Dialect::Strict).0),
            strict,
            "{attributes}"
        );
    }
}

#[test]
fn data_of_an_extension_that_schemas_does_not_list() {
    let body =
        json!({"schemas": [USER_URN], "userName": "ada", ENTERPRISE_URN: {"department": "IT"}});
    let (incoming, quirks) = post(&body, Dialect::Auto);
    assert_eq!(
        incoming.unwrap().doc["schemas"],
        json!([USER_URN, ENTERPRISE_URN])
    );
    assert_eq!(quirks, [Quirk::MissingSchemas]);
    assert_eq!(
        verdict(&post(&body, Dialect::Strict).0),
        "400 invalidSyntax"
    );
}

#[test]
fn refused_by_both_dialects() {
    let long = "x".repeat(9_000);
    let rows = [
        (json!([]), "400 invalidSyntax"),
        (json!({"schemas": [USER_URN]}), "400 invalidValue"),
        (
            json!({"schemas": [USER_URN], "userName": null}),
            "400 invalidValue",
        ),
        (
            json!({"schemas": [1], "userName": "a"}),
            "400 invalidSyntax",
        ),
        (with(json!({"userName": ""})), "400 invalidValue"),
        (with(json!({"userName": " \t"})), "400 invalidValue"),
        (
            with(json!({"userName": "é".repeat(257)})),
            "400 invalidValue",
        ),
        (
            with(json!({"externalId": "x".repeat(257)})),
            "400 invalidValue",
        ),
        (with(json!({"externalId": "a\u{0}b"})), "400 invalidValue"),
        (with(json!({"title": long})), "400 invalidValue"),
        (with(json!({"title": {}})), "400 invalidValue"),
        (with(json!({"title": true})), "400 invalidValue"),
        (with(json!({"active": 1})), "400 invalidValue"),
        (with(json!({"active": "yes"})), "400 invalidValue"),
        (with(json!({"name": "Ada"})), "400 invalidValue"),
        (with(json!({"name": []})), "400 invalidValue"),
        (with(json!({"emails": ["a@x"]})), "400 invalidValue"),
        (
            with(json!({"emails": [[{"value": "a@x"}]]})),
            "400 invalidValue",
        ),
        (
            with(json!({"emails": vec![json!({}); 1_001]})),
            "400 invalidValue",
        ),
        (
            with(json!({"x509Certificates": [{"value": "no base 64!"}]})),
            "400 invalidValue",
        ),
        (with(json!({ENTERPRISE_URN: "IT"})), "400 invalidValue"),
        (with(json!({ACME: {"badge": 1.5}})), "400 invalidValue"),
        (with(json!({ACME: {"badge": "x"}})), "400 invalidValue"),
        (
            with(json!({ACME: {"hired": "yesterday"}})),
            "400 invalidValue",
        ),
        (
            with(json!({ACME: {"desk": {"floor": 1}}})),
            "400 invalidValue",
        ),
    ];
    for (body, expected) in rows {
        for dialect in [Dialect::Auto, Dialect::Strict] {
            let (outcome, _) = post(&body, dialect);
            assert_eq!(
                verdict(&outcome),
                expected,
                "{dialect:?} {}",
                &body.to_string()[..90.min(body.to_string().len())]
            );
        }
    }
}

#[test]
fn errors_name_the_attribute_and_not_what_was_sent() {
    for (attributes, name) in [
        (json!({"active": "tell-me"}), "active"),
        (json!({ACME: {"hired": "tell-me"}}), "hired"),
        (
            json!({"x509Certificates": [{"value": "tell-me!"}]}),
            "value",
        ),
    ] {
        let (outcome, _) = post(&with(attributes), Dialect::Auto);
        let detail = outcome.unwrap_err().detail;
        assert!(
            detail.contains(name) && !detail.contains("tell-me"),
            "{detail}"
        );
    }
}

#[test]
fn formats_that_the_rfc_leaves_open_are_not_checked() {
    let attributes = json!({"profileUrl": "RVSZJGLGMDLF", "locale": "xx", "timezone": "Moon",
        "preferredLanguage": "?", "phoneNumbers": [{"value": "call me"}],
        "x509Certificates": [{"value": "AQI="}, {"value": "AQI-_w"}], ACME: {"hired": "2026-11-24T19:54:36+01:00"}});
    assert_eq!(verdict(&post(&with(attributes), Dialect::Strict).0), "ok");
}

fn put(body: &Value, current: &Value) -> Result<Value, ScimError> {
    let current = current.as_object().cloned().unwrap_or_default();
    let mut tolerance = Tolerance::new(Dialect::Strict);
    let rt = schemas().user;
    let incoming = replace(&rt, body, &current, &Limits::default(), &mut tolerance)?;
    Ok(incoming.doc.into())
}

#[test]
fn put_clears_what_it_does_not_name_but_active_and_the_immutable() {
    let current = json!({"schemas": [USER_URN, ACME], "userName": "ada", "title": "x", "active": false,
        ACME: {"badge": 7, "tags": ["a"]}});
    let kept = json!({"schemas": [USER_URN, ACME], "userName": "eva", "active": false, ACME: {"badge": 7}});
    let body = |attributes: Value| {
        let mut body = json!({"schemas": [USER_URN, ACME], "userName": "eva"});
        if let (Value::Object(body), Value::Object(more)) = (&mut body, attributes) {
            body.extend(more);
        }
        body
    };
    assert_eq!(put(&body(json!({})), &current).unwrap(), kept);
    assert_eq!(
        put(&body(json!({"active": null, ACME: {"badge": 7}})), &current).unwrap(),
        kept
    );
    assert_eq!(
        put(&body(json!({"active": true})), &current).unwrap()["active"],
        true
    );
    let error = put(&body(json!({ACME: {"badge": 8}})), &current).unwrap_err();
    assert_eq!(error.scim_type.map(ScimType::as_str), Some("mutability"));
}
