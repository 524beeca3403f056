//! Members: always operations, never a list in the document.

use serde_json::{Value, json};

use super::{group, verdict};
use crate::ids::ResourceId;
use crate::scim::patch::MemberOp;
use crate::scim::quirk::{Dialect, Quirk};

const A: &str = "0199a7d2-0000-7000-8000-00000000000a";
const B: &str = "0199a7d2-0000-7000-8000-00000000000b";

fn ids(texts: &[&str]) -> Vec<ResourceId> {
    texts
        .iter()
        .filter_map(|text| ResourceId::parse(text))
        .collect()
}

/// Operations, what becomes of them, and the quirks that were needed.
fn rows() -> Vec<(Value, Vec<MemberOp>, Vec<Quirk>)> {
    let href = |id: &str| format!("https://example.com/v2/Users/{id}");
    let member = |id: &str| json!({"display": "Babs Jensen", "$ref": href(id), "value": id});
    vec![
        // RFC 7644 §3.5.2.1, §3.5.2.2, §3.5.2.3.
        (
            json!([{"op": "add", "path": "members", "value": [member(A)]}]),
            vec![MemberOp::Add(ids(&[A]))],
            vec![],
        ),
        (
            json!([{"op": "remove", "path": format!("members[value eq \"{A}\"]")}]),
            vec![MemberOp::Remove(ids(&[A]))],
            vec![],
        ),
        (
            json!([{"op": "remove", "path": "members"}]),
            vec![MemberOp::Clear],
            vec![],
        ),
        (
            json!([{"op": "remove", "path": format!("members[value eq \"{A}\"]")},
                {"op": "add", "path": "members", "value": [member(B)]}]),
            vec![MemberOp::Remove(ids(&[A])), MemberOp::Add(ids(&[B]))],
            vec![],
        ),
        (
            json!([{"op": "remove", "path": "members"},
                {"op": "add", "path": "members", "value": [member(A), member(B)]}]),
            vec![MemberOp::Clear, MemberOp::Add(ids(&[A, B]))],
            vec![],
        ),
        (
            json!([{"op": "replace", "path": "members", "value": [member(A), member(B)]}]),
            vec![MemberOp::Replace(ids(&[A, B]))],
            vec![],
        ),
        // Several at once, and those that cannot exist.
        (
            json!([{"op": "remove", "path": format!("members[value eq \"{A}\" or value eq \"{B}\"]")}]),
            vec![MemberOp::Remove(ids(&[A, B]))],
            vec![],
        ),
        (
            json!([{"op": "remove", "path": "members[value eq \"2819c223-7f76-...413861904646\"]"}]),
            vec![MemberOp::Remove(vec![])],
            vec![],
        ),
        // Path-less, as Okta and authentik send it.
        (
            json!([{"op": "add", "value": {"members": [{"value": A}]}}]),
            vec![MemberOp::Add(ids(&[A]))],
            vec![],
        ),
        (
            json!([{"op": "replace", "path": "members", "value": []}]),
            vec![MemberOp::Clear],
            vec![],
        ),
        (
            json!([{"op": "add", "path": "members", "value": []}]),
            vec![],
            vec![],
        ),
        (
            json!([{"op": "add", "path": "members", "value": {"value": A}}]),
            vec![MemberOp::Add(ids(&[A]))],
            vec![],
        ),
        (
            json!([{"op": "add", "path": "members", "value": [{"value": A, "display": "x"}, {"value": A}]}]),
            vec![MemberOp::Add(ids(&[A]))],
            vec![Quirk::DuplicateValue],
        ),
        (
            json!([{"op": "add", "path": "members", "value": [{"$ref": null, "value": A}]}]),
            vec![MemberOp::Add(ids(&[A]))],
            vec![Quirk::MemberShape],
        ),
        (
            json!([{"op": "add", "path": "members", "value": [{"$ref": format!("Users/{A}")}]}]),
            vec![MemberOp::Add(ids(&[A]))],
            vec![Quirk::MemberShape],
        ),
    ]
}

/// As [`rows`], for what strict dialect refuses, with the refusal.
fn tolerated() -> Vec<(Value, Vec<MemberOp>, Quirk, &'static str)> {
    vec![
        (
            json!([{"op": "remove", "path": "members", "value": [{"$ref": null, "value": A}]}]),
            vec![MemberOp::Remove(ids(&[A]))],
            Quirk::RemoveByValueList,
            "400 invalidSyntax",
        ),
        (
            json!([{"op": "remove", "path": "members", "value": [{"value": "nobody"}]}]),
            vec![MemberOp::Remove(vec![])],
            Quirk::RemoveByValueList,
            "400 invalidSyntax",
        ),
        (
            json!([{"op": "remove", "path": "members", "value": []}]),
            vec![MemberOp::Remove(vec![])],
            Quirk::RemoveByValueList,
            "400 invalidSyntax",
        ),
        (
            json!([{"op": "replace", "path": "members", "value": null}]),
            vec![MemberOp::Clear],
            Quirk::NullMembers,
            "400 invalidValue",
        ),
        (
            json!([{"op": "add", "path": "members", "value": [A, B]}]),
            vec![MemberOp::Add(ids(&[A, B]))],
            Quirk::MemberShape,
            "400 invalidValue",
        ),
        (
            json!([{"op": "Add", "path": "members", "value": [{"value": A}]}]),
            vec![MemberOp::Add(ids(&[A]))],
            Quirk::OpCase,
            "400 invalidSyntax",
        ),
    ]
}

#[test]
fn every_row() {
    for (operations, expected, quirks) in rows() {
        for dialect in [Dialect::Auto, Dialect::Strict] {
            let outcome = group(&operations, dialect);
            let outcome =
                outcome.unwrap_or_else(|error| panic!("{operations} ({dialect:?}): {error}"));
            assert_eq!(outcome.members, expected, "{operations} ({dialect:?})");
            assert_eq!(outcome.quirks, quirks, "{operations} ({dialect:?})");
            assert!(outcome.doc.get("members").is_none());
        }
    }
}

#[test]
fn every_tolerated_row() {
    for (operations, expected, quirk, refusal) in tolerated() {
        let outcome = group(&operations, Dialect::Auto).unwrap();
        assert_eq!(outcome.members, expected, "{operations}");
        assert!(
            outcome.quirks.contains(&quirk),
            "{operations}: {:?}",
            outcome.quirks
        );
        assert_eq!(
            verdict(&group(&operations, Dialect::Strict)),
            refusal,
            "{operations}"
        );
    }
}

#[test]
fn other_filters_are_left_to_the_store() {
    for filter in [
        "type eq \"Group\"",
        "not (value eq \"x\")",
        "value sw \"01\"",
        "value eq \"x\" and type eq \"User\"",
    ] {
        let operations = json!([{"op": "remove", "path": format!("members[{filter}]")}]);
        let outcome = group(&operations, Dialect::Strict).unwrap();
        assert!(
            matches!(outcome.members[..], [MemberOp::RemoveWhere(_)]),
            "{filter}"
        );
    }
}

#[test]
fn refusals() {
    let rows = [
        (
            json!([{"op": "add", "path": "members"}]),
            "400 invalidValue",
        ),
        (
            json!([{"op": "add", "path": "members", "value": [{"value": "nobody"}]}]),
            "400 invalidValue",
        ),
        (
            json!([{"op": "add", "path": "members", "value": [{"display": "x"}]}]),
            "400 invalidValue",
        ),
        (
            json!([{"op": "add", "path": "members", "value": [7]}]),
            "400 invalidValue",
        ),
        (
            json!([{"op": "replace", "path": format!("members[value eq \"{A}\"]"), "value": {"value": B}}]),
            "400 mutability",
        ),
        (
            json!([{"op": "replace", "path": format!("members[value eq \"{A}\"].display"), "value": "x"}]),
            "400 mutability",
        ),
        (
            json!([{"op": "remove", "path": "members.value"}]),
            "400 mutability",
        ),
        (
            json!([{"op": "remove", "path": "members[shoe eq 1]"}]),
            "400 invalidFilter",
        ),
        (
            json!([{"op": "remove", "path": "displayName"}]),
            "400 mutability",
        ),
    ];
    for (operations, expected) in rows {
        for dialect in [Dialect::Auto, Dialect::Strict] {
            let outcome = group(&operations, dialect);
            assert_eq!(verdict(&outcome), expected, "{operations} ({dialect:?})");
        }
    }
}

#[test]
fn twenty_thousand_members_are_legal_and_the_cap_is_named() {
    let members = |count: usize| -> Value {
        (0..count)
            .map(|n| json!({"value": format!("0199a7d2-0000-7000-8000-{n:012x}")}))
            .collect()
    };
    let replace = |count| json!([{"op": "replace", "path": "members", "value": members(count)}]);
    let outcome = group(&replace(20_000), Dialect::Strict).unwrap();
    assert!(matches!(&outcome.members[..], [MemberOp::Replace(ids)] if ids.len() == 20_000));
    let error = group(&replace(50_001), Dialect::Auto).err().unwrap();
    assert!(error.detail.contains("50000"), "{}", error.detail);
}
