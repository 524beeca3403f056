//! Arbitrary requests: no panic, and the result is a document that would be accepted as it is.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{ENTERPRISE, ada, builtin, object, run};
use crate::scim::limits::Limits;
use crate::scim::patch::{PATCH_URN, apply, parse};
use crate::scim::quirk::{Dialect, Tolerance};
use crate::scim::validate;

/// Any JSON, with names and values that schemas know mixed in.
pub(in crate::scim) fn any_json() -> impl Strategy<Value = Value> {
    let text = prop_oneof![
        Just("work".to_owned()),
        Just("True".to_owned()),
        Just(String::new()),
        Just("{\"value\":\"Admin\"}".to_owned()),
        Just("0199a7d2-0000-7000-8000-00000000000a".to_owned()),
        ".{0,12}",
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        text.prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((key(), inner), 0..6)
                .prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

fn key() -> impl Strategy<Value = String> {
    let known = [
        "schemas",
        "id",
        "externalId",
        "meta",
        "userName",
        "USERNAME",
        "displayName",
        "name",
        "active",
        "password",
        "emails",
        "roles",
        "groups",
        "members",
        "manager",
        "value",
        "type",
        "primary",
        "$ref",
        "display",
        "givenName",
        "name.givenName",
        "emails[type eq \"work\"].value",
        ENTERPRISE,
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager",
        "department",
        "op",
        "path",
    ];
    prop_oneof![4 => prop::sample::select(known.to_vec()).prop_map(str::to_owned), 1 => ".{0,12}"]
}

fn path() -> impl Strategy<Value = String> {
    let known = [
        "title",
        "name",
        "name.givenName",
        "emails",
        "emails.value",
        "emails[type eq \"work\"]",
        "emails[type eq \"x\" and primary eq true].value",
        "emails[not (value pr)].type",
        "roles",
        "active",
        "manager",
        "members",
        "members[value eq \"x\"]",
        "schemas",
        "x509Certificates",
        ENTERPRISE,
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department",
    ];
    prop_oneof![6 => prop::sample::select(known.to_vec()).prop_map(str::to_owned), 1 => ".{0,30}"]
}

fn operation() -> impl Strategy<Value = Value> {
    let op = prop::sample::select(&["add", "Replace", "remove"][..]);
    (op, prop::option::of(path()), prop::option::of(any_json())).prop_map(|(op, path, value)| {
        let mut operation = object(json!({ "op": op }));
        operation.extend(path.map(|path| ("path".to_owned(), path.into())));
        operation.extend(value.map(|value| ("value".to_owned(), value)));
        operation.into()
    })
}

fn dialect() -> impl Strategy<Value = Dialect> {
    prop_oneof![Just(Dialect::Auto), Just(Dialect::Strict)]
}

proptest! {
    #[test]
    fn any_body_is_answered(body in any_json(), operations in any_json(), dialect in dialect()) {
        let registry = builtin();
        for body in [body, json!({"schemas": [PATCH_URN], "Operations": operations})] {
            for rt in [&registry.user, &registry.group] {
                let _ = parse(&body, rt, &Limits::default(), &mut Tolerance::new(dialect));
            }
        }
    }

    #[test]
    fn a_patched_document_is_canonical(
        operations in prop::collection::vec(operation(), 1..4),
        dialect in dialect(),
    ) {
        let registry = builtin();
        let before = object(ada());
        let Ok(outcome) = run(&registry.user, ada(), &operations.into(), dialect) else {
            return Ok(());
        };
        let mut doc = object(outcome.doc);
        if doc.get("active").is_none() {
            // A PUT without `active` keeps what was there.
            doc.insert("active".to_owned(), true.into());
            doc = crate::scim::document::arrange(&registry.user, doc);
        }
        let mut tolerance = Tolerance::new(Dialect::Strict);
        let limits = Limits::default();
        let again = validate::replace(&registry.user, &doc.clone().into(), &before, &limits, &mut tolerance);
        let again = again.map_err(|error| TestCaseError::fail(format!("{error}: {doc:?}")))?;
        prop_assert_eq!(serde_json::to_string(&again.doc)?, serde_json::to_string(&doc)?);
    }

    #[test]
    fn the_current_document_is_never_touched(operations in prop::collection::vec(operation(), 1..4)) {
        let rt = builtin().user;
        let current = object(ada());
        let mut tolerance = Tolerance::default();
        let limits = Limits::default();
        let body = json!({"schemas": [PATCH_URN], "Operations": operations});
        if let Ok(operations) = parse(&body, &rt, &limits, &mut tolerance) {
            let _ = apply(&current, &operations, &rt, &limits, &mut tolerance);
        }
        prop_assert_eq!(Value::from(current), ada());
    }
}
