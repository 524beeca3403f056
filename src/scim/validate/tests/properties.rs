//! Arbitrary bodies.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::schemas;
use crate::scim::limits::Limits;
use crate::scim::quirk::{Dialect, Tolerance};
use crate::scim::validate::{create, replace};

proptest! {
    #[test]
    fn any_body_is_answered_and_what_is_stored_is_canonical(
        body in crate::scim::patch::any_json(),
        dialect in prop_oneof![Just(Dialect::Auto), Just(Dialect::Strict)],
    ) {
        let registry = schemas();
        for (rt, name) in [(&registry.user, "userName"), (&registry.group, "displayName")] {
            let mut named = json!({"schemas": [rt.schema.id]});
            if let (Value::Object(named), Value::Object(body)) = (&mut named, body.clone()) {
                named.extend(body);
                named.insert(name.to_owned(), "x".into());
            }
            for body in [&body, &named] {
                let limits = Limits::default();
                let Ok(incoming) = create(rt, body, &limits, &mut Tolerance::new(dialect)) else {
                    continue;
                };
                let doc = Value::Object(incoming.doc);
                let again = create(rt, &doc, &limits, &mut Tolerance::new(Dialect::Strict));
                let again = again.map_err(|error| TestCaseError::fail(format!("{error}: {doc}")))?;
                prop_assert_eq!(Value::Object(again.doc).to_string(), doc.to_string());
                let none = Map::new();
                let _ = replace(rt, body, &none, &limits, &mut Tolerance::new(dialect));
            }
        }
    }
}
