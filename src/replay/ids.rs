//! What the server that answers now calls what the recorded one called otherwise: ids and cursors,
//! learnt from its answers and put into later requests.

use std::collections::HashMap;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use crate::ids::ResourceId;
use crate::model::exchange::Operation;
use crate::model::recording::Recorded;

/// Everything but RFC 3986's unreserved characters.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');
/// Length of an id of ours.
const ID: usize = 36;

/// Recorded names and what stands for them now.
#[derive(Default)]
pub(super) struct Ids {
    ids: HashMap<String, String>,
    cursors: HashMap<String, String>,
}

/// Where a text stands, which decides how an id is written in it.
#[derive(Clone, Copy)]
pub(super) enum Place {
    Url,
    Json,
}

impl Ids {
    /// How many ids are known.
    pub fn len(&self) -> u64 {
        self.ids.len() as u64
    }

    /// `text` with every id that is known replaced.
    pub fn translate(&self, text: &str, place: Place) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((at, id)) = first_id(rest) {
            out.push_str(&rest[..at]);
            match (self.ids.get(id), place) {
                (None, _) => out.push_str(id),
                (Some(now), Place::Url) => out.extend(utf8_percent_encode(now, ENCODED)),
                (Some(now), Place::Json) => {
                    let quoted = Value::from(now.as_str()).to_string();
                    out.push_str(&quoted[1..quoted.len() - 1]);
                }
            }
            rest = &rest[at + ID..];
        }
        out.push_str(rest);
        out
    }

    /// `query` with ids and cursors replaced; `None` if it holds a cursor that is not known.
    pub fn query(&self, query: &str) -> Option<String> {
        let pair = |pair: &str| match pair.split_once('=') {
            Some(("cursor", cursor)) if !cursor.is_empty() => {
                let now = self.cursors.get(cursor)?;
                Some(format!("cursor={}", utf8_percent_encode(now, ENCODED)))
            }
            _ => Some(self.translate(pair, Place::Url)),
        };
        let pairs: Option<Vec<_>> = query.split('&').map(pair).collect();
        pairs.map(|pairs| pairs.join("&"))
    }

    /// Learns what an answer calls what the recorded one named.
    pub fn learn(&mut self, recorded: &Recorded, now: &Value) {
        let before = serde_json::from_str::<Value>(&recorded.answer).unwrap_or_default();
        let made = made(now);
        if recorded.operation == Operation::Bulk {
            let both = operations(&before).zip(operations(now));
            let mut aligned = false;
            for (before, now) in both {
                aligned = true;
                if let (Some(before), Some(now)) = (location(before), location(now)) {
                    self.know(before, now);
                }
            }
            if !aligned && recorded.ids.len() == made.len() {
                for (before, now) in recorded.ids.iter().zip(&made) {
                    self.know(before, now);
                }
            }
        } else if let ([before], Some(now)) = (recorded.ids.as_slice(), now["id"].as_str()) {
            self.know(before, now);
        }
        self.pair(&before, now);
        let named: HashMap<String, &Value> = resources(now)
            .filter_map(|resource| Some((name(resource)?, resource)))
            .collect();
        for before in resources(&before) {
            if let Some(now) = name(before).and_then(|name| named.get(&name)) {
                self.pair(before, now);
            }
        }
        if let (Some(before), Some(now)) = (cursor(&before), cursor(now)) {
            self.cursors.insert(before.to_owned(), now.to_owned());
        }
    }

    /// Two representations of what has the same name.
    fn pair(&mut self, before: &Value, now: &Value) {
        if let (Some(id), Some(today)) = (before["id"].as_str(), now["id"].as_str())
            && name(before).is_some_and(|before| name(now) == Some(before))
        {
            self.know(id, today);
        }
    }

    fn know(&mut self, before: &str, now: &str) {
        if ResourceId::parse(before).is_some() {
            self.ids.insert(before.to_owned(), now.to_owned());
        }
    }
}

/// The first text in `text` that looks like an id of ours.
fn first_id(text: &str) -> Option<(usize, &str)> {
    let bytes = text.as_bytes();
    let mut from = 0;
    // The first of an id's four dashes stands behind eight digits.
    while let Some(dash) = text.get(from..)?.find('-').map(|at| from + at) {
        if let Some(start) = dash.checked_sub(8)
            && bytes.get(start..start + ID).is_some_and(is_id)
        {
            return Some((start, &text[start..start + ID]));
        }
        from = dash + 1;
    }
    None
}

fn is_id(bytes: &[u8]) -> bool {
    bytes.iter().enumerate().all(|(at, byte)| match at {
        8 | 13 | 18 | 23 => *byte == b'-',
        _ => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
    })
}

/// What a resource is known by beside its id.
fn name(resource: &Value) -> Option<String> {
    let name = resource.get("userName").or(resource.get("displayName"))?;
    Some(name.as_str()?.to_lowercase())
}

fn resources(list: &Value) -> impl Iterator<Item = &Value> {
    list["Resources"].as_array().into_iter().flatten()
}

fn operations(bulk: &Value) -> impl Iterator<Item = &Value> {
    bulk["Operations"].as_array().into_iter().flatten()
}

fn cursor(list: &Value) -> Option<&str> {
    list["nextCursor"].as_str()
}

/// The id in the location of what an operation of Bulk made.
fn location(operation: &Value) -> Option<&str> {
    if operation["status"] != "201" {
        return None;
    }
    operation["location"].as_str()?.rsplit('/').next()
}

fn made(bulk: &Value) -> Vec<String> {
    operations(bulk)
        .filter_map(location)
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const A: &str = "01890a5d-ac96-774b-bcce-b302099a8057";
    const B: &str = "01890a5d-ac96-774b-bcce-b302099a8058";

    fn ids(pairs: &[(&str, &str)]) -> Ids {
        let mut ids = Ids::default();
        for (before, now) in pairs {
            ids.know(before, now);
        }
        ids
    }

    fn recorded(operation: &str, ids: &[&str], answer: &Value) -> Recorded {
        serde_json::from_value(json!({
            "seq": 1, "at": "2026-01-01T00:00:00Z", "org": 0, "token": null, "client": "okta",
            "method": "POST", "path": "/scim/v2/Users", "operation": operation, "status": 201,
            "ids": ids, "answer": answer.to_string(),
            "request": "00000000000000000000000000000001",
        }))
        .unwrap()
    }

    #[test]
    fn ids_are_replaced_wherever_they_stand_and_others_stay() {
        let ids = ids(&[(A, "x/1 \"q\"")]);
        let url = ids.translate(&format!("/Users/{A}/{B}"), Place::Url);
        assert_eq!(url, format!("/Users/x%2F1%20%22q%22/{B}"));
        let json = ids.translate(&format!(r#"{{"value":"{A}","b":"{B}"}}"#), Place::Json);
        let json: Value = serde_json::from_str(&json).unwrap();
        assert_eq!(json, json!({"value": "x/1 \"q\"", "b": B}));
        for text in ["", "-", "a-b-c", &A[1..], "é-8é", &A.to_uppercase()] {
            assert_eq!(ids.translate(text, Place::Json), text);
        }
        let inside = ids.translate(&format!("%22{A}%22--{A}"), Place::Url);
        assert_eq!(inside.matches("x%2F1").count(), 2, "{inside}");
    }

    #[test]
    fn a_post_a_bulk_and_a_list_teach_ids() {
        let mut ids = Ids::default();
        ids.learn(&recorded("create", &[A], &json!({})), &json!({"id": "1"}));
        assert_eq!(ids.translate(A, Place::Url), "1");

        let bulk = |a: &str, b: &str| {
            json!({"Operations": [
                {"status": "201", "location": format!("http://x/Users/{a}")},
                {"status": "409"},
                {"status": "201", "location": format!("http://x/Users/{b}")},
            ]})
        };
        ids.learn(&recorded("bulk", &[A, B], &bulk(A, B)), &bulk("2", "3"));
        assert_eq!(ids.translate(B, Place::Url), "3");
        // A recorded answer that was cut still has its ids.
        let mut cut = recorded("bulk", &[A, B], &Value::Null);
        cut.answer = "{\"Oper".to_owned();
        ids.learn(&cut, &bulk("4", "5"));
        assert_eq!(ids.translate(A, Place::Url), "4");

        let list = |id: &str, other: &str| json!({"Resources": [{"id": other, "userName": "bob"}, {"id": id, "userName": "Ada"}]});
        let mut turned = list("6", "7");
        turned["Resources"].as_array_mut().unwrap().reverse();
        ids.learn(&recorded("query", &[], &list(A, B)), &turned);
        assert_eq!(ids.translate(&format!("{A} {B}"), Place::Url), "6 7");
    }

    #[test]
    fn cursors_are_those_that_the_server_gave() {
        let mut ids = ids(&[(A, "1")]);
        assert_eq!(ids.query("count=2&cursor=").unwrap(), "count=2&cursor=");
        assert_eq!(ids.query("cursor=abc"), None);
        let list = |cursor: &str| json!({"nextCursor": cursor, "Resources": []});
        ids.learn(&recorded("query", &[], &list("abc")), &list("x y"));
        let query = format!("cursor=abc&filter=id%20eq%20%22{A}%22");
        assert_eq!(
            ids.query(&query).unwrap(),
            "cursor=x%20y&filter=id%20eq%20%221%22"
        );
    }
}
