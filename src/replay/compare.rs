//! Whether an answer means what the recorded one meant: status, `scimType`, and the body apart
//! from what every server chooses for itself (ids, times, versions, locations, cursors, words).

use serde::Serialize;
use serde_json::{Map, Value};

use super::ids::{Ids, Place};
use crate::model::exchange::MASK;
use crate::model::recording::{Lack, Recorded};

/// Places listed of one body at most.
const PLACES: usize = 5;
const ERROR: &str = "urn:ietf:params:scim:api:messages:2.0:Error";
/// Members that two servers never agree on.
const OWN: [&str; 6] = [
    "created",
    "lastModified",
    "version",
    "nextCursor",
    "previousCursor",
    "itemsPerPage",
];

/// One thing that differs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Change {
    /// `status`, `scimType`, or where in the body.
    pub at: String,
    /// As recorded; null if there was nothing.
    pub recorded: Value,
    /// As it is now.
    pub now: Value,
}

/// What differs; nothing if the answers mean the same. At most [`PLACES`] of a body.
pub(super) fn differences(recorded: &Recorded, ids: &Ids, status: u16, now: &Value) -> Vec<Change> {
    let mut changes = Vec::new();
    if recorded.status != status {
        changes.push(change("status", &recorded.status.into(), &status.into()));
    }
    let kind = now.get("scimType").and_then(Value::as_str);
    if recorded.scim_type.as_deref() != kind {
        let before = Value::from(recorded.scim_type.clone());
        changes.push(change("scimType", &before, &Value::from(kind)));
    }
    // Bodies of answers that mean something else have nothing in common.
    if !changes.is_empty() {
        return changes;
    }
    let before = ids.translate(&recorded.answer, Place::Json);
    if recorded.lacks.contains(&Lack::Answer) {
        if let (Some(before), Some(today)) = (total(&before), now["totalResults"].as_u64())
            && before != today
        {
            changes.push(change("totalResults", &before.into(), &today.into()));
        }
        return changes;
    }
    let before = plain(serde_json::from_str(&before).unwrap_or_default());
    compare("", &before, &plain(now.clone()), &mut changes);
    changes
}

fn change(at: &str, recorded: &Value, now: &Value) -> Change {
    Change {
        at: at.to_owned(),
        recorded: recorded.clone(),
        now: now.clone(),
    }
}

/// `totalResults` in the beginning of a list.
fn total(cut: &str) -> Option<u64> {
    let (_, rest) = cut.split_once("\"totalResults\":")?;
    let end = rest.find(|c: char| !c.is_ascii_digit())?;
    rest[..end].parse().ok()
}

/// A body without what is the server's own choice; lists of resources and of members in an order
/// that does not depend on it.
fn plain(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let error = members
                .get("schemas")
                .and_then(Value::as_array)
                .is_some_and(|schemas| schemas.iter().any(|urn| urn == ERROR));
            let members = members
                .into_iter()
                .filter(|(key, _)| !OWN.contains(&key.as_str()) && (!error || key != "detail"))
                .map(|(key, value)| {
                    let value = match (key.as_str(), value) {
                        ("location" | "$ref", Value::String(url)) => tail(&url).into(),
                        (_, value) => plain(value),
                    };
                    (key, value)
                });
            Value::Object(members.collect::<Map<_, _>>())
        }
        Value::Array(items) => {
            let mut items: Vec<Value> = items.into_iter().map(plain).collect();
            let key = |item: &Value| item.get("value").or(item.get("id")).map(Value::to_string);
            if items.iter().all(|item| key(item).is_some()) {
                items.sort_by_cached_key(key);
            }
            Value::Array(items)
        }
        simple => simple,
    }
}

/// The last two parts of a URL: kind and id.
fn tail(url: &str) -> String {
    let mut parts: Vec<&str> = url.rsplit('/').take(2).collect();
    parts.reverse();
    parts.join("/")
}

// Recursion is bounded by the depth that serde_json reads.
fn compare(at: &str, before: &Value, now: &Value, changes: &mut Vec<Change>) {
    // What was masked in the record may have been anything.
    if changes.len() >= PLACES || before == now || before == MASK {
        return;
    }
    match (before, now) {
        (Value::Object(old), Value::Object(new)) => {
            let added = new.keys().filter(|key| !old.contains_key(*key));
            for key in old.keys().chain(added) {
                let at = if at.is_empty() {
                    key.clone()
                } else {
                    format!("{at}.{key}")
                };
                let (old, new) = (old.get(key), new.get(key));
                let none = Value::Null;
                compare(&at, old.unwrap_or(&none), new.unwrap_or(&none), changes);
            }
        }
        (Value::Array(old), Value::Array(new)) if old.len() == new.len() => {
            for (number, (old, new)) in old.iter().zip(new).enumerate() {
                compare(&format!("{at}[{number}]"), old, new, changes);
            }
        }
        (Value::Array(old), Value::Array(new)) => {
            let count = |items: &Vec<Value>| Value::from(format!("{} values", items.len()));
            changes.push(change(at, &count(old), &count(new)));
        }
        _ => changes.push(change(at, before, now)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn recorded(status: u16, scim_type: Option<&str>, answer: &str, lacks: &[&str]) -> Recorded {
        serde_json::from_value(json!({
            "seq": 1, "at": "2026-01-01T00:00:00Z", "org": 0, "token": null, "client": "okta",
            "method": "GET", "path": "/scim/v2/Users", "operation": "query", "status": status,
            "scim_type": scim_type, "answer": answer, "lacks": lacks,
            "request": "00000000000000000000000000000001",
        }))
        .unwrap()
    }

    fn places(before: &Value, now: &Value) -> Vec<String> {
        let recorded = recorded(200, None, &before.to_string(), &[]);
        differences(&recorded, &Ids::default(), 200, now)
            .into_iter()
            .map(|change| change.at)
            .collect()
    }

    #[test]
    fn what_every_server_chooses_for_itself_is_no_difference() {
        let before = json!({"id": "1", "userName": "ada", "members": [{"value": "1"}, {"value": "2"}],
            "meta": {"resourceType": "User", "created": "x", "lastModified": "y", "version": "z",
                "location": "https://a/scim/v2/Users/1"}});
        let now = json!({"id": "1", "members": [{"value": "2"}, {"value": "1"}], "userName": "ada",
            "meta": {"resourceType": "User", "created": "1", "lastModified": "2", "version": "3",
                "location": "http://b:1/Users/1"}});
        assert_eq!(places(&before, &now), [""; 0]);
        let (a, b) = (
            json!({"schemas": [ERROR], "status": "404", "detail": "a"}),
            json!("b"),
        );
        let mut other = a.clone();
        other["detail"] = b;
        assert_eq!(places(&a, &other), [""; 0]);
        assert_eq!(places(&Value::Null, &Value::Null), [""; 0]);
        let masked = json!({"changePassword": "****", "patch": 1});
        let now = json!({"changePassword": {"supported": false}, "patch": 1});
        assert_eq!(places(&masked, &now), [""; 0]);
    }

    #[test]
    fn what_means_something_else_is_named_by_its_place() {
        let before = json!({"userName": "ada", "name": {"givenName": "Ada"}, "emails": [1, 2]});
        let now =
            json!({"userName": "ada", "name": {"givenName": "Eva"}, "emails": [1], "x": true});
        assert_eq!(places(&before, &now), ["name.givenName", "emails", "x"]);
        let list = |name: &str| json!({"Resources": [{"id": "1", "userName": name}]});
        assert_eq!(places(&list("a"), &list("b")), ["Resources[0].userName"]);
        let many = |by: i64| -> Value {
            let members = (0..9).map(|n| (n.to_string(), json!(n + by)));
            members.collect::<Map<_, _>>().into()
        };
        assert_eq!(places(&many(0), &many(1)).len(), PLACES);
    }

    #[test]
    fn status_and_scim_type_come_first_and_a_cut_answer_by_its_total() {
        let error = json!({"schemas": [ERROR], "scimType": "uniqueness", "status": "409"});
        let seen = differences(
            &recorded(201, None, "{}", &[]),
            &Ids::default(),
            409,
            &error,
        );
        let at: Vec<_> = seen.iter().map(|change| change.at.as_str()).collect();
        assert_eq!(at, ["status", "scimType"]);
        let same = recorded(409, Some("uniqueness"), &error.to_string(), &[]);
        assert_eq!(differences(&same, &Ids::default(), 409, &error), []);
        let cut = recorded(
            200,
            None,
            r#"{"totalResults":3,"Resources":[{"#,
            &["answer"],
        );
        let list = |total: u64| json!({"totalResults": total, "Resources": []});
        assert_eq!(differences(&cut, &Ids::default(), 200, &list(3)), []);
        let seen = differences(&cut, &Ids::default(), 200, &list(4));
        assert_eq!(seen[0].at, "totalResults");
    }
}
