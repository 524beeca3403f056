//! What a change did to a document, attribute by attribute, for the operator.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// One changed attribute.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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

/// Makes `changes` in `doc`, which then still has to be put in order. False if a value was not what
/// a change says it was before; the change is made all the same.
pub fn apply(doc: &mut Map<String, Value>, changes: &[Change]) -> bool {
    let mut fits = true;
    for Change {
        path,
        before,
        after,
    } in changes
    {
        // No attribute's name has a colon or a dot; a URN may have both.
        let (urn, names) = match path.rsplit_once(':') {
            Some((urn, names)) => (Some(urn), names),
            None => (None, path.as_str()),
        };
        let keys: Vec<&str> = urn.into_iter().chain(names.splitn(2, '.')).collect();
        fits &= *before == set(doc, &keys, after);
    }
    fits
}

/// Puts a value where `keys` lead and returns what was there; null is nothing, in and out.
fn set(held: &mut Map<String, Value>, keys: &[&str], value: &Value) -> Value {
    let was = match keys {
        [] => None,
        [key] if value.is_null() => held.shift_remove(*key),
        [key] => held.insert((*key).to_owned(), value.clone()),
        [key, rest @ ..] => {
            let inner = held.entry(*key).or_insert_with(|| Map::new().into());
            if !inner.is_object() {
                *inner = Map::new().into();
            }
            let was = inner.as_object_mut().map(|inner| set(inner, rest, value));
            // What is empty is nothing (RFC 7643 §2.5).
            if inner.as_object().is_some_and(Map::is_empty) {
                held.shift_remove(*key);
            }
            was
        }
    };
    was.unwrap_or_default()
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

    use super::{Change, apply, changes};

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

    #[test]
    fn changes_lead_from_one_document_to_the_other_and_back() {
        let before = json!({"userName": "ada", "title": "x", "name": {"givenName": "Ada"},
            "urn:a:2.0:User": {"department": "IT", "manager": {"value": "1", "displayName": "B"}}});
        let after = json!({"userName": "ada", "active": true, "emails": [{"value": "b"}],
            "name": {"familyName": "L"}, "urn:a:2.0:User": {"manager": {"value": "2"}},
            "urn:b": {"manager": {"value": "1"}, "x": 1}});
        let object = |value: &Value| value.as_object().cloned().unwrap();
        let forth = changes(&object(&before), &object(&after));
        let mut doc = object(&before);
        assert!(apply(&mut doc, &forth));
        assert_eq!(Value::Object(doc.clone()), after);
        let back = |change: &Change| Change {
            path: change.path.clone(),
            before: change.after.clone(),
            after: change.before.clone(),
        };
        let back: Vec<_> = forth.iter().map(back).collect();
        assert!(apply(&mut doc, &back));
        assert_eq!(Value::Object(doc), before);
        // Another past than the one recorded shows.
        assert!(!apply(&mut object(&after), &forth));
    }
}
