//! What a change did to a document, attribute by attribute, for the operator.

use serde::Serialize;
use serde_json::{Map, Value};

/// One changed attribute.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Change {
    /// `userName`, `name.givenName`, or `urn…:User:department`.
    pub path: String,
    /// The value before; null if there was none.
    pub before: Value,
    /// The value after; null if there is none.
    pub after: Value,
}

/// The changes from `before` to `after`: one level into complex attributes, two into extensions;
/// lists count as one value. `schemas` follows from the rest and is left out.
pub fn changes(before: &Map<String, Value>, after: &Map<String, Value>) -> Vec<Change> {
    let mut changes = Vec::new();
    for key in keys(before, after).filter(|key| *key != "schemas") {
        // Extensions are told by their URN; no attribute's name has a colon.
        let (separator, depth) = if key.contains(':') {
            (":", 2)
        } else {
            (".", 1)
        };
        compare(
            key,
            separator,
            depth,
            before.get(key),
            after.get(key),
            &mut changes,
        );
    }
    changes
}

fn compare(
    path: &str,
    separator: &str,
    depth: u8,
    before: Option<&Value>,
    after: Option<&Value>,
    changes: &mut Vec<Change>,
) {
    if before == after {
        return;
    }
    let none = Map::new();
    let (old, new) = (object(before, &none), object(after, &none));
    if let (Some(old), Some(new), 1..) = (old, new, depth) {
        for key in keys(old, new) {
            let path = format!("{path}{separator}{key}");
            compare(&path, ".", depth - 1, old.get(key), new.get(key), changes);
        }
        return;
    }
    changes.push(Change {
        path: path.to_owned(),
        before: before.cloned().unwrap_or_default(),
        after: after.cloned().unwrap_or_default(),
    });
}

/// The object in `value`; what is absent counts as an empty one.
fn object<'v>(
    value: Option<&'v Value>,
    none: &'v Map<String, Value>,
) -> Option<&'v Map<String, Value>> {
    value.map_or(Some(none), Value::as_object)
}

/// The keys of `before`, then those that only `after` has.
fn keys<'m>(
    before: &'m Map<String, Value>,
    after: &'m Map<String, Value>,
) -> impl Iterator<Item = &'m String> {
    let new = after.keys().filter(|key| !before.contains_key(*key));
    before.keys().chain(new)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::changes;

    fn diff(before: &Value, after: &Value) -> Value {
        let object = |value: &Value| value.as_object().cloned().unwrap_or_default();
        serde_json::to_value(changes(&object(before), &object(after))).unwrap()
    }

    #[test]
    fn names_each_changed_attribute() {
        let before = json!({"schemas": ["a"], "userName": "ada", "title": "x",
            "name": {"givenName": "Ada", "familyName": "L"}, "emails": [{"value": "a"}]});
        let after = json!({"schemas": ["a", "urn:e"], "userName": "ada", "active": true,
            "name": {"givenName": "Eva", "familyName": "L"}, "emails": [{"value": "b"}],
            "urn:e": {"department": "IT", "manager": {"value": "1"}}});
        assert_eq!(
            diff(&before, &after),
            json!([
                {"path": "title", "before": "x", "after": null},
                {"path": "name.givenName", "before": "Ada", "after": "Eva"},
                {"path": "emails", "before": [{"value": "a"}], "after": [{"value": "b"}]},
                {"path": "active", "before": null, "after": true},
                {"path": "urn:e:department", "before": null, "after": "IT"},
                {"path": "urn:e:manager.value", "before": null, "after": "1"},
            ])
        );
        assert_eq!(diff(&after, &after), json!([]));
    }
}
