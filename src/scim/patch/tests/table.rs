//! Rows that mean the same in both dialects.

use serde_json::{Value, json};

use super::{ENTERPRISE, ada, ada_with, user, verdict};
use crate::scim::quirk::Dialect;

/// Operations on `ada()` and what differs afterwards; keys keep their order.
fn rows() -> Vec<(&'static str, Value, Value)> {
    let work = json!({"value": "ada@example.com", "type": "work", "primary": true});
    let home = json!({"value": "ada@home.org", "type": "home"});
    let other = json!({"value": "x@y.z", "type": "other"});
    vec![
        (
            "add, no path: RFC 7644 §3.5.2.1",
            json!([{"op": "add", "value": {"emails": [{"value": "babs@jensen.org", "type": "home"}], "nickname": "Babs"}}]),
            json!({"nickName": "Babs", "emails": [work, home, {"value": "babs@jensen.org", "type": "home"}]}),
        ),
        (
            "add, multi-valued: appended",
            json!([{"op": "add", "path": "emails", "value": [other]}]),
            json!({"emails": [work, home, other]}),
        ),
        (
            "add, multi-valued, a single object",
            json!([{"op": "add", "path": "emails", "value": other}]),
            json!({"emails": [work, home, other]}),
        ),
        (
            "add, identical value: no change",
            json!([{"op": "add", "path": "emails", "value": [home]}]),
            json!({}),
        ),
        (
            "add, singular: replaced",
            json!([{"op": "add", "path": "title", "value": "Dr"}]),
            json!({"title": "Dr"}),
        ),
        (
            "add, complex: merged",
            json!([{"op": "add", "path": "name", "value": {"middleName": "King"}}]),
            json!({"name": {"familyName": "Lovelace", "givenName": "Ada", "middleName": "King"}}),
        ),
        (
            "add, sub-attribute",
            json!([{"op": "add", "path": "name.formatted", "value": "Ada L"}]),
            json!({"name": {"formatted": "Ada L", "familyName": "Lovelace", "givenName": "Ada"}}),
        ),
        (
            "add, null: nothing",
            json!([{"op": "add", "path": "title", "value": null}]),
            json!({}),
        ),
        (
            "add, filtered: merged into the match",
            json!([{"op": "add", "path": "emails[type eq \"home\"]", "value": {"display": "at home"}}]),
            json!({"emails": [work, {"value": "ada@home.org", "display": "at home", "type": "home"}]}),
        ),
        (
            "add, primary: the others are not any more",
            json!([{"op": "add", "path": "emails", "value": [{"value": "x@y.z", "primary": true}]}]),
            json!({"emails": [{"value": "ada@example.com", "type": "work", "primary": false}, home,
                {"value": "x@y.z", "primary": true}]}),
        ),
        (
            "replace, no path: the named ones",
            json!([{"op": "replace", "value": {"title": "Dr", "name": {"givenName": "Augusta"}}}]),
            json!({"title": "Dr", "name": {"familyName": "Lovelace", "givenName": "Augusta"}}),
        ),
        (
            "replace, no path, list: all values",
            json!([{"op": "replace", "value": {"emails": [other]}}]),
            json!({"emails": [other]}),
        ),
        (
            "replace, target absent: added",
            json!([{"op": "replace", "path": "nickName", "value": "A"}]),
            json!({"nickName": "A"}),
        ),
        (
            "replace, list without values: cleared",
            json!([{"op": "replace", "path": "emails", "value": []}]),
            json!({"emails": null}),
        ),
        (
            "replace, null: cleared",
            json!([{"op": "replace", "path": "title", "value": null}]),
            json!({"title": null}),
        ),
        (
            "replace, null in a complex value: that sub-attribute cleared",
            json!([{"op": "replace", "path": "name", "value": {"givenName": null}}]),
            json!({"name": {"familyName": "Lovelace"}}),
        ),
        (
            "replace x[f]: the whole record",
            json!([{"op": "replace", "path": "emails[type eq \"work\"]", "value": {"type": "work", "value": "new@example.com"}}]),
            json!({"emails": [{"value": "new@example.com", "type": "work"}, home]}),
        ),
        (
            "replace x[f].sub: that sub-attribute",
            json!([{"op": "replace", "path": "emails[type eq \"work\"].value", "value": "new@example.com"}]),
            json!({"emails": [{"value": "new@example.com", "type": "work", "primary": true}, home]}),
        ),
        (
            "replace x[f].sub: in all matches",
            json!([{"op": "replace", "path": "emails[value co \"ada\"].display", "value": "d"}]),
            json!({"emails": [
                {"value": "ada@example.com", "display": "d", "type": "work", "primary": true},
                {"value": "ada@home.org", "display": "d", "type": "home"}]}),
        ),
        (
            "replace x[f].primary: the others are not any more",
            json!([{"op": "replace", "path": "emails[type eq \"home\"].primary", "value": true}]),
            json!({"emails": [{"value": "ada@example.com", "type": "work", "primary": false},
                {"value": "ada@home.org", "type": "home", "primary": true}]}),
        ),
        (
            "remove, singular",
            json!([{"op": "remove", "path": "title"}]),
            json!({"title": null}),
        ),
        (
            "remove, list: all values",
            json!([{"op": "remove", "path": "emails"}]),
            json!({"emails": null}),
        ),
        (
            "remove, filtered: RFC 7644 §3.5.2.2",
            json!([{"op": "remove", "path": "emails[type eq \"work\" and value ew \"example.com\"]"}]),
            json!({"emails": [home]}),
        ),
        (
            "remove, filtered, no match: success",
            json!([{"op": "remove", "path": "emails[type eq \"other\"]"}]),
            json!({}),
        ),
        (
            "remove, last value: unassigned",
            json!([{"op": "remove", "path": "emails[value pr]"}]),
            json!({"emails": null}),
        ),
        (
            "remove x[f].sub",
            json!([{"op": "remove", "path": "emails[type eq \"work\"].primary"}]),
            json!({"emails": [{"value": "ada@example.com", "type": "work"}, home]}),
        ),
        (
            "remove x[f].value: what described it goes too",
            json!([{"op": "remove", "path": "emails[type eq \"work\"].value"}]),
            json!({"emails": [home]}),
        ),
        (
            "remove, sub-attribute",
            json!([{"op": "remove", "path": "name.givenName"}]),
            json!({"name": {"familyName": "Lovelace"}}),
        ),
        (
            "remove, active: unassigned, which counts as active",
            json!([{"op": "remove", "path": "active"}]),
            json!({"active": null}),
        ),
        (
            "operations follow one another",
            json!([{"op": "remove", "path": "emails"}, {"op": "add", "path": "emails", "value": [other]}]),
            json!({"emails": [other]}),
        ),
        (
            "extension attribute by URN",
            json!([{"op": "add", "path": format!("{ENTERPRISE}:costCenter"), "value": "7"}]),
            json!({ENTERPRISE: {"costCenter": "7", "department": "IT", "manager": {"value": "1", "$ref": "../Users/1"}}}),
        ),
        (
            "extension object in a path-less value",
            json!([{"op": "add", "value": {ENTERPRISE: {"costCenter": "7"}}}]),
            json!({ENTERPRISE: {"costCenter": "7", "department": "IT", "manager": {"value": "1", "$ref": "../Users/1"}}}),
        ),
        (
            "a new manager.value drops the old $ref",
            json!([{"op": "replace", "path": format!("{ENTERPRISE}:manager.value"), "value": "2"}]),
            json!({ENTERPRISE: {"department": "IT", "manager": {"value": "2"}}}),
        ),
        (
            "a new manager with $ref keeps it",
            json!([{"op": "replace", "path": format!("{ENTERPRISE}:manager"), "value": {"$ref": "../Users/2", "value": "2"}}]),
            json!({ENTERPRISE: {"department": "IT", "manager": {"value": "2", "$ref": "../Users/2"}}}),
        ),
        (
            "password: not kept",
            json!([{"op": "replace", "value": {"password": "secret"}}]),
            json!({}),
        ),
        (
            "schemas: follows from the rest",
            json!([{"op": "add", "path": "schemas", "value": [ENTERPRISE]}]),
            json!({}),
        ),
    ]
}

#[test]
fn every_row_in_both_dialects() {
    for (name, operations, expected) in rows() {
        for dialect in [Dialect::Auto, Dialect::Strict] {
            let outcome = user(&operations, dialect);
            let outcome = outcome.unwrap_or_else(|error| panic!("{name} ({dialect:?}): {error}"));
            assert_eq!(
                outcome.doc,
                ada_with(expected.clone()),
                "{name} ({dialect:?})"
            );
        }
    }
}

#[test]
fn schemas_follow_the_extensions() {
    let removed = [
        json!([{"op": "remove", "path": ENTERPRISE}]),
        json!([{"op": "replace", "value": {ENTERPRISE: null}}]),
        json!([
            {"op": "remove", "path": format!("{ENTERPRISE}:department")},
            {"op": "remove", "path": format!("{ENTERPRISE}:manager")},
        ]),
    ];
    for operations in removed {
        let doc = user(&operations, Dialect::Strict).unwrap().doc;
        let core = json!(["urn:ietf:params:scim:schemas:core:2.0:User"]);
        assert_eq!(doc, ada_with(json!({"schemas": core, ENTERPRISE: null})));
    }
}

#[test]
fn rfc_7644_replaces_a_whole_address() {
    let address = json!({"formatted": "911 Universal City Plaza\nHollywood, CA 91608 US",
        "streetAddress": "911 Universal City Plaza", "locality": "Hollywood", "region": "CA",
        "postalCode": "91608", "country": "US", "type": "work", "primary": true});
    let operations = json!([
        {"op": "add", "path": "addresses", "value": [
            {"type": "work", "locality": "Vienna"}, {"type": "home", "locality": "Graz", "primary": true}]},
        {"op": "replace", "path": "addresses[type eq \"work\"]", "value": address},
        {"op": "replace", "path": "addresses[type eq \"work\"].streetAddress", "value": "1010 Broadway Ave"},
    ]);
    let doc = user(&operations, Dialect::Strict).unwrap().doc;
    let mut expected = address;
    expected["streetAddress"] = "1010 Broadway Ave".into();
    assert_eq!(doc["addresses"][0], expected);
    assert_eq!(doc["addresses"][1]["primary"], false);
}

#[test]
fn refusals() {
    let rows = [
        (json!([]), "400 invalidSyntax"),
        (json!("x"), "400 invalidSyntax"),
        (json!([1]), "400 invalidSyntax"),
        (
            json!([{"path": "title", "value": "x"}]),
            "400 invalidSyntax",
        ),
        (
            json!([{"op": "move", "path": "title"}]),
            "400 invalidSyntax",
        ),
        (json!([{"op": 1, "path": "title"}]), "400 invalidSyntax"),
        (
            json!([{"op": "add", "path": 1, "value": 1}]),
            "400 invalidPath",
        ),
        (
            json!([{"op": "add", "path": "", "value": 1}]),
            "400 invalidPath",
        ),
        (
            json!([{"op": "add", "path": "na me", "value": "x"}]),
            "400 invalidPath",
        ),
        (
            json!([{"op": "add", "path": "shoeSize", "value": "x"}]),
            "400 invalidPath",
        ),
        (
            json!([{"op": "add", "path": "name.shoeSize", "value": "x"}]),
            "400 invalidPath",
        ),
        (
            json!([{"op": "add", "path": "urn:x:y:title", "value": "x"}]),
            "400 invalidPath",
        ),
        (
            json!([{"op": "add", "path": "title[value eq \"x\"]", "value": "x"}]),
            "400 invalidPath",
        ),
        (
            json!([{"op": "add", "path": "emails[type eq]", "value": {}}]),
            "400 invalidFilter",
        ),
        (
            json!([{"op": "add", "path": "emails[shoe eq \"x\"]", "value": {}}]),
            "400 invalidFilter",
        ),
        (json!([{"op": "add", "path": "title"}]), "400 invalidValue"),
        (json!([{"op": "add"}]), "400 invalidValue"),
        (json!([{"op": "add", "value": "x"}]), "400 invalidValue"),
        (
            json!([{"op": "add", "path": "title", "value": {}}]),
            "400 invalidValue",
        ),
        (
            json!([{"op": "add", "path": "name", "value": "x"}]),
            "400 invalidValue",
        ),
        (
            json!([{"op": "add", "path": "active", "value": "maybe"}]),
            "400 invalidValue",
        ),
        (
            json!([{"op": "add", "path": "title", "value": "a\u{0}b"}]),
            "400 invalidValue",
        ),
        (
            json!([{"op": "replace", "path": "userName", "value": "  "}]),
            "400 invalidValue",
        ),
        (json!([{"op": "remove"}]), "400 noTarget"),
        (
            json!([{"op": "replace", "path": "emails[value co \"q\"]", "value": {"value": "x"}}]),
            "400 noTarget",
        ),
        (
            json!([{"op": "remove", "path": "userName"}]),
            "400 mutability",
        ),
        (
            json!([{"op": "replace", "path": "userName", "value": null}]),
            "400 mutability",
        ),
        (
            json!([{"op": "remove", "path": "schemas"}]),
            "400 mutability",
        ),
        (json!([{"op": "remove", "path": "id"}]), "400 mutability"),
        (
            json!([{"op": "replace", "path": "meta.version", "value": "x"}]),
            "400 mutability",
        ),
        (
            json!([{"op": "add", "path": "groups", "value": [{"value": "x"}]}]),
            "400 mutability",
        ),
        (
            json!([{"op": "add", "path": format!("{ENTERPRISE}:manager.displayName"), "value": "x"}]),
            "400 mutability",
        ),
    ];
    for (operations, expected) in rows {
        for dialect in [Dialect::Auto, Dialect::Strict] {
            let outcome = user(&operations, dialect);
            assert_eq!(verdict(&outcome), expected, "{operations} ({dialect:?})");
        }
    }
}

#[test]
fn the_error_names_the_operation() {
    let operations =
        json!([{"op": "add", "path": "title", "value": "x"}, {"op": "remove", "path": "id"}]);
    let error = user(&operations, Dialect::Auto).err().unwrap();
    assert_eq!(error.detail, "Operation 2: `id` is read-only.");
}

#[test]
fn what_changes_nothing_leaves_the_document_alike() {
    let operations = json!([
        {"op": "replace", "path": "title", "value": "Countess"},
        {"op": "replace", "value": {"active": true, "name": {"givenName": "Ada"}}},
        {"op": "add", "path": "emails", "value": ada()["emails"]},
    ]);
    assert_eq!(user(&operations, Dialect::Strict).unwrap().doc, ada());
}
