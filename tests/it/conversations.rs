//! What identity providers say, replayed: `tests/data/conversations` holds one directory per
//! removal policy, with one request and what it must bring on a line.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::{Map, Value};

use crate::client::{Client, Reply, encode_but};
use crate::daemon::Daemon;

#[test]
fn suspend() {
    play("suspend");
}

#[test]
fn delete() {
    play("delete");
}

/// Plays all conversations of a policy against one daemon, which goes on running; returns how many
/// requests that were.
pub fn play(policy: &str) -> (Daemon, usize) {
    let daemon = Daemon::start();
    daemon.home().json(&["org", "policy", "0", policy]);
    let mut client = daemon.primary();
    let dir = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data/conversations")
        .join(policy);
    let mut files: Vec<_> = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    assert_eq!(files.len(), 4);
    let (mut wrong, mut sent) = (Vec::new(), 0);
    for (number, file) in files.iter().enumerate() {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let mut conversation = Conversation::new(number);
        for line in fs::read_to_string(file).unwrap().lines() {
            let step: Value = serde_json::from_str(line).unwrap();
            sent += 1;
            for difference in conversation.step(&mut client, &step) {
                wrong.push(format!(
                    "{policy}/{name} step {} ({} {}): {difference}",
                    step["step"],
                    step["method"].as_str().unwrap(),
                    step["id"].as_str().unwrap(),
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    (daemon, sent)
}

/// The values that a conversation has captured so far.
struct Conversation {
    values: BTreeMap<String, Value>,
}

impl Conversation {
    fn new(number: usize) -> Self {
        let values = [
            ("rnd", format!("{:06}", 4711 + number)),
            ("guid", uuid_like(number)),
        ];
        Self {
            values: values.map(|(k, v)| (k.to_owned(), v.into())).into(),
        }
    }

    /// Takes one step; says how its answer differs from what is expected.
    fn step(&mut self, client: &mut Client, step: &Value) -> Vec<String> {
        let path = self.fill_text(step["path"].as_str().unwrap());
        let headers: Vec<(&str, &str)> = step["headers"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, value)| (name.as_str(), value.as_str().unwrap()))
            .filter(|(name, _)| *name != "Content-Type" || step.get("body").is_some())
            .collect();
        let body = step.get("body").map(|body| self.fill(body).to_string());
        let reply = client.send(
            step["method"].as_str().unwrap(),
            &encoded(&path),
            &headers,
            body.as_deref().map(str::as_bytes),
        );
        let json = serde_json::from_slice(&reply.body).unwrap_or(Value::Null);
        let differences = self.compare(&reply, &json, &step["expect"]);
        for (name, path) in step["capture"].as_object().into_iter().flatten() {
            let value = find(&json, path.as_str().unwrap()).clone();
            self.values.insert(name.clone(), value);
        }
        differences
    }

    fn compare(&self, reply: &Reply, json: &Value, expect: &Value) -> Vec<String> {
        if !expect["status"]
            .as_array()
            .unwrap()
            .contains(&reply.status.into())
        {
            return vec![format!(
                "status {}, not {}: {}",
                reply.status,
                expect["status"],
                reply.text()
            )];
        }
        if reply.status == 204 || reply.body.is_empty() {
            return Vec::new();
        }
        let mut differences = Vec::new();
        for (path, wanted) in members(&expect["json"]) {
            let (found, wanted) = (find(json, path), self.fill(wanted));
            if *found != wanted && !contains_all(found, &wanted) {
                differences.push(format!("{path} is {found}, not {wanted}"));
            }
        }
        for path in expect["absent"].as_array().into_iter().flatten() {
            let path = path.as_str().unwrap();
            let found = find(json, path);
            if !found.is_null() {
                differences.push(format!("{path} is there: {found}"));
            }
        }
        for (path, wanted) in members(&expect["len"]) {
            let length = find(json, path).as_array().map_or(0, Vec::len);
            if *wanted != length {
                differences.push(format!("{path} has {length} values, not {wanted}"));
            }
        }
        differences
    }

    /// `value` with every `{{name}}` in it replaced.
    fn fill(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => self.fill_text(text).into(),
            Value::Array(all) => all.iter().map(|value| self.fill(value)).collect(),
            Value::Object(all) => all
                .iter()
                .map(|(name, value)| (self.fill_text(name), self.fill(value)))
                .collect::<Map<_, _>>()
                .into(),
            other => other.clone(),
        }
    }

    fn fill_text(&self, text: &str) -> String {
        self.values
            .iter()
            .fold(text.to_owned(), |text, (name, value)| {
                let value = value
                    .as_str()
                    .map_or_else(|| value.to_string(), str::to_owned);
                text.replace(&format!("{{{{{name}}}}}"), &value)
            })
    }
}

fn members(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let all = value.as_object().into_iter().flatten();
    all.map(|(name, value)| (name.as_str(), value))
}

/// The value at `a.b[0].c`; parts with dots in their names stand between bars. `.` is all of it.
fn find<'v>(value: &'v Value, path: &str) -> &'v Value {
    static NOTHING: Value = Value::Null;
    if path == "." {
        return value;
    }
    let mut found = value;
    for part in path.split('|') {
        let keys: Vec<&str> = if part.starts_with("urn:") {
            vec![part]
        } else {
            part.split(['.', '[', ']'])
                .filter(|key| !key.is_empty())
                .collect()
        };
        for key in keys {
            let next = match found {
                Value::Array(all) => key.parse().ok().and_then(|at: usize| all.get(at)),
                other => other.get(key),
            };
            found = next.unwrap_or(&NOTHING);
        }
    }
    found
}

/// A list that holds at least what is wanted is as good.
fn contains_all(found: &Value, wanted: &Value) -> bool {
    match (found, wanted) {
        (Value::Array(found), Value::Array(wanted)) => {
            wanted.iter().all(|value| found.contains(value))
        }
        _ => false,
    }
}

/// A query that is written out readably is encoded; one that is encoded stays.
fn encoded(path: &str) -> String {
    match path.split_once('?') {
        Some((path, query)) if !query.contains(['%', '+']) => {
            format!("{path}?{}", encode_but(query, "=&"))
        }
        _ => path.to_owned(),
    }
}

fn uuid_like(number: usize) -> String {
    format!("5f1d2c9e-7a63-4b0e-9c58-{number:012x}")
}
