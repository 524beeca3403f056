//! What identity providers send and the RFC does not allow: understood and named in auto dialect,
//! refused in strict.

use serde_json::{Value, json};

use super::{ENTERPRISE, PATCH_URN, ada_with, builtin, user, verdict};
use crate::scim::limits::Limits;
use crate::scim::patch::parse;
use crate::scim::quirk::{Dialect, Quirk, Tolerance};

/// Operations on `ada()`, what differs afterwards, the quirk, the answer in strict dialect.
fn rows() -> Vec<(Value, Value, Quirk, &'static str)> {
    let emails = json!([
        {"value": "ada@example.com", "type": "work", "primary": true},
        {"value": "ada@home.org", "type": "home"},
    ]);
    let enterprise = |manager: Value| match manager {
        Value::Null => json!({ENTERPRISE: {"department": "IT"}}),
        manager => json!({ENTERPRISE: {"department": "IT", "manager": manager}}),
    };
    let manager_path = format!("{ENTERPRISE}:manager");
    vec![
        (
            json!([{"op": "Replace", "path": "title", "value": "Dr"}]),
            json!({"title": "Dr"}),
            Quirk::OpCase,
            "400 invalidSyntax",
        ),
        (
            json!([{"op": "replace", "path": "active", "value": "False"}]),
            json!({"active": false}),
            Quirk::StringBoolean,
            "400 invalidValue",
        ),
        (
            json!([{"op": "replace", "path": "emails[primary eq \"True\"].value", "value": "n@x.y"}]),
            json!({"emails": [{"value": "n@x.y", "type": "work", "primary": true}, emails[1]]}),
            Quirk::StringBoolean,
            "400 invalidFilter",
        ),
        (
            json!([{"op": "replace", "value": {
                "displayName": "Bjfe", "name.givenName": "Kkom", "name.familyName": "Unua",
                format!("{ENTERPRISE}:employeeNumber"): "Aklq"}}]),
            json!({"displayName": "Bjfe", "name": {"familyName": "Unua", "givenName": "Kkom"},
                ENTERPRISE: {"employeeNumber": "Aklq", "department": "IT", "manager": {"value": "1", "$ref": "../Users/1"}}}),
            Quirk::DottedKeys,
            "400 invalidSyntax",
        ),
        (
            json!([{"op": "replace", "value": {"emails[type eq \"work\"].value": "n@x.y"}}]),
            json!({"emails": [{"value": "n@x.y", "type": "work", "primary": true}, emails[1]]}),
            Quirk::DottedKeys,
            "400 invalidSyntax",
        ),
        (
            json!([{"op": "replace", "value": {"id": "x", "meta": {}, "title": "Dr"}}]),
            json!({"title": "Dr"}),
            Quirk::ReadOnlyInValue,
            "400 mutability",
        ),
        (
            json!([{"op": "remove", "path": "emails", "value": [{"value": "ada@home.org"}]}]),
            json!({"emails": [emails[0]]}),
            Quirk::RemoveByValueList,
            "400 invalidSyntax",
        ),
        (
            json!([{"op": "add", "path": "phoneNumbers[type eq \"mobile\"].value", "value": "+1 555 0100"}]),
            json!({"phoneNumbers": [{"value": "+1 555 0100", "type": "mobile"}]}),
            Quirk::CreateFromFilter,
            "400 noTarget",
        ),
        (
            json!([{"op": "replace", "path": "emails[type eq \"other\"]", "value": {"value": "o@x.y"}}]),
            json!({"emails": [emails[0], emails[1], {"value": "o@x.y", "type": "other"}]}),
            Quirk::CreateFromFilter,
            "400 noTarget",
        ),
        (
            json!([{"op": "replace", "path": "title", "value": ""}]),
            json!({"title": null}),
            Quirk::EmptyClears,
            "ok",
        ),
        (
            json!([{"op": "replace", "path": manager_path, "value": {"value": ""}}]),
            enterprise(Value::Null),
            Quirk::EmptyClears,
            "ok",
        ),
        (
            json!([{"op": "replace", "path": manager_path, "value": ""}]),
            enterprise(Value::Null),
            Quirk::BareManager,
            "400 invalidValue",
        ),
        (
            json!([{"op": "replace", "path": manager_path, "value": "2"}]),
            enterprise(json!({"value": "2"})),
            Quirk::BareManager,
            "400 invalidValue",
        ),
        (
            json!([{"op": "add", "path": "manager", "value": [{"$ref": "http://x/Users/2", "value": "2"}]}]),
            enterprise(json!({"value": "2", "$ref": "http://x/Users/2"})),
            Quirk::BareManager,
            "400 invalidValue",
        ),
        (
            json!([{"op": "add", "value": {"manager": {"value": "2"}}}]),
            enterprise(json!({"value": "2"})),
            Quirk::BareManager,
            "400 invalidSyntax",
        ),
        (
            json!([{"op": "replace", "value": {"shoeSize": 42, "department": "HR", "title": "Dr"}}]),
            json!({"title": "Dr"}),
            Quirk::UnknownAttribute,
            "400 invalidSyntax",
        ),
        (
            json!([{"op": "add", "path": "emails", "value": [{"value": "o@x.y", "shoeSize": 42}]}]),
            json!({"emails": [emails[0], emails[1], {"value": "o@x.y"}]}),
            Quirk::UnknownAttribute,
            "400 invalidSyntax",
        ),
        (
            json!([{"op": "add", "value": {"urn:example:Other": {"a": 1}}}]),
            json!({}),
            Quirk::UnknownSchema,
            "400 invalidSyntax",
        ),
        (
            json!([{"op": "add", "path": "roles", "value": [
                {"value": "{\"id\":\"06b07648\",\"value\":\"Admin\",\"displayName\":\"The Admin\"}"}]}]),
            json!({}),
            Quirk::ComputedRoles,
            "400 mutability",
        ),
        (
            json!([{"op": "replace", "value": {"roles": [{"value": "Admin"}]}}]),
            json!({}),
            Quirk::ComputedRoles,
            "400 mutability",
        ),
        (
            json!([
                {"op": "add", "path": "roles[primary eq \"True\"].value", "value": "Admin"},
                {"op": "add", "path": "roles[primary eq \"True\"].type", "value": "WindowsAzureActiveDirectoryRole"}]),
            json!({}),
            Quirk::ComputedRoles,
            "400 mutability",
        ),
        (
            json!([{"op": "remove", "path": "roles"}]),
            json!({}),
            Quirk::ComputedRoles,
            "400 mutability",
        ),
        (
            json!([{"op": "add", "path": "title", "value": 7}]),
            json!({"title": "7"}),
            Quirk::NumberAsString,
            "400 invalidValue",
        ),
        (
            json!([{"op": "replace", "path": "emails", "value": [
                {"value": "a@x.y", "primary": true}, {"value": "b@x.y", "primary": true}]}]),
            json!({"emails": [{"value": "a@x.y", "primary": true}, {"value": "b@x.y", "primary": false}]}),
            Quirk::ManyPrimaries,
            "400 invalidValue",
        ),
        (
            json!([{"op": "replace", "path": "title", "value": "Dr", "name": "x"}]),
            json!({"title": "Dr"}),
            Quirk::ExtraPatchKeys,
            "400 invalidSyntax",
        ),
    ]
}

#[test]
fn every_row() {
    for (operations, expected, quirk, strict) in rows() {
        let outcome = user(&operations, Dialect::Auto);
        let outcome = outcome.unwrap_or_else(|error| panic!("{operations}: {error}"));
        assert_eq!(outcome.doc, ada_with(expected), "{operations}");
        assert!(
            outcome.quirks.contains(&quirk),
            "{operations}: {:?}",
            outcome.quirks
        );
        assert_eq!(
            verdict(&user(&operations, Dialect::Strict)),
            strict,
            "{operations}"
        );
    }
}

#[test]
fn the_message_around_the_operations() {
    let operations = json!([{"op": "add", "path": "title", "value": "x"}]);
    let rows = [
        (
            json!({"Operations": operations}),
            Some(Quirk::MissingSchemas),
            "400 invalidSyntax",
        ),
        (
            json!({"schemas": [PATCH_URN], "Operations": operations, "id": "x"}),
            Some(Quirk::ExtraPatchKeys),
            "400 invalidSyntax",
        ),
        (
            json!({"schemas": PATCH_URN, "Operations": operations}),
            Some(Quirk::ObjectForList),
            "400 invalidSyntax",
        ),
        (
            json!({"schemas": [PATCH_URN], "operations": operations}),
            Some(Quirk::CaseInsensitiveKeys),
            "ok",
        ),
        (
            json!({"schemas": ["urn:x:y"], "Operations": operations}),
            None,
            "400 invalidSyntax",
        ),
        (json!({"schemas": [PATCH_URN]}), None, "400 invalidSyntax"),
        (
            json!({"schemas": [PATCH_URN], "Operations": {}}),
            None,
            "400 invalidSyntax",
        ),
        (json!([]), None, "400 invalidSyntax"),
    ];
    for (body, quirk, strict) in rows {
        let read = |dialect| {
            let mut tolerance = Tolerance::new(dialect);
            let operations = parse(&body, &builtin().user, &Limits::default(), &mut tolerance);
            (operations, tolerance.seen)
        };
        let (auto, seen) = read(Dialect::Auto);
        assert_eq!(auto.is_ok(), quirk.is_some(), "{body}");
        assert!(quirk.is_none_or(|quirk| seen.has(quirk)), "{body}");
        let (refused, _) = read(Dialect::Strict);
        assert_eq!(refused.is_ok(), strict == "ok", "{body}");
    }
}

#[test]
fn a_thousand_operations_and_no_more() {
    let operation = json!({"op": "replace", "path": "title", "value": "x"});
    let run = |count| user(&Value::Array(vec![operation.clone(); count]), Dialect::Auto);
    assert_eq!(verdict(&run(1_000)), "ok");
    assert_eq!(verdict(&run(1_001)), "400 invalidValue");
}
