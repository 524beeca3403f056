//! A server of a few lines for whole simulations: users, groups, `eq` filters, and PATCH as far
//! as the clients in these tests use it.

use std::collections::BTreeMap;

use http::Method;
use serde_json::{Map, Value, json};

use crate::simulate::compare::Listed;
use crate::simulate::talk::{Reply, Request};

#[derive(Default)]
pub(super) struct Server {
    resources: BTreeMap<String, (String, Value)>,
    made: usize,
    /// Disabled users are removed.
    pub deletes: bool,
}

impl Server {
    pub fn answer(&mut self, request: &Request) -> Reply {
        let path = super::decoded(&request.path);
        let (path, query) = path.split_once('?').unwrap_or((&path, ""));
        let mut parts = path.trim_start_matches('/').splitn(2, '/');
        let (kind, id) = (parts.next().unwrap_or_default(), parts.next());
        let (status, body) = match (&request.method, id) {
            (&Method::POST, None) => self.make(kind, request.body.clone().unwrap()),
            (&Method::GET, None) => (200, self.find(kind, query)),
            (_, Some(id)) if !self.resources.contains_key(id) => (404, json!({})),
            (&Method::GET, Some(id)) => (200, self.resources[id].1.clone()),
            (&Method::DELETE, Some(id)) => {
                self.resources.remove(id);
                (204, Value::Null)
            }
            (&Method::PUT, Some(id)) => {
                let mut document = request.body.clone().unwrap();
                document["id"] = json!(id);
                self.write(id, document)
            }
            (_, Some(id)) => {
                let mut document = self.resources[id].1.clone();
                let operations = &request.body.as_ref().unwrap()["Operations"];
                for operation in operations.as_array().unwrap() {
                    patch(&mut document, operation);
                }
                self.write(id, document)
            }
            _ => (405, json!({})),
        };
        Reply {
            status,
            retry_after: None,
            body,
        }
    }

    pub fn list(&self) -> Listed {
        let of = |kind: &str| {
            let all = self.resources.values();
            let of = all.filter(|(other, _)| other == kind);
            of.map(|(_, document)| document.clone()).collect()
        };
        Listed {
            users: of("Users"),
            groups: of("Groups"),
        }
    }

    fn make(&mut self, kind: &str, mut document: Value) -> (u16, Value) {
        self.made += 1;
        let id = format!("{kind}{}", self.made);
        document["id"] = json!(id);
        self.resources
            .insert(id, (kind.to_owned(), document.clone()));
        (201, document)
    }

    fn write(&mut self, id: &str, document: Value) -> (u16, Value) {
        if self.deletes && document["active"] == false {
            self.resources.remove(id);
            for (_, group) in self.resources.values_mut() {
                if let Some(members) = group["members"].as_array_mut() {
                    members.retain(|member| member["value"] != id);
                }
            }
        } else if let Some(entry) = self.resources.get_mut(id) {
            entry.1 = document.clone();
        }
        (200, document)
    }

    fn find(&self, kind: &str, query: &str) -> Value {
        let terms: Vec<(&str, &str)> = query
            .split('&')
            .find_map(|part| part.strip_prefix("filter="))
            .into_iter()
            .flat_map(|filter| filter.split(" and "))
            .filter_map(|term| term.split_once(" eq "))
            .map(|(attribute, value)| (attribute, value.trim_matches('"')))
            .collect();
        let fits = |document: &Value| {
            terms.iter().all(|(attribute, value)| match *attribute {
                "members" => document["members"]
                    .as_array()
                    .is_some_and(|all| all.iter().any(|member| member["value"] == *value)),
                urn if urn.ends_with(":manager") => false,
                attribute => document[attribute] == *value,
            })
        };
        let found: Vec<_> = self
            .resources
            .values()
            .filter(|(other, document)| other == kind && fits(document))
            .map(|(_, document)| document.clone())
            .collect();
        json!({"totalResults": found.len(), "Resources": found})
    }
}

fn patch(document: &mut Value, operation: &Value) {
    let (op, value) = (operation["op"].as_str().unwrap(), &operation["value"]);
    match (op, operation["path"].as_str()) {
        ("replace" | "add", None) => {
            for (key, value) in value.as_object().unwrap_or(&Map::new()) {
                set(document, key, value);
            }
        }
        ("add", Some("members")) => {
            let mut all = document["members"].as_array().cloned().unwrap_or_default();
            for member in value.as_array().into_iter().flatten() {
                if !all.iter().any(|other| other["value"] == member["value"]) {
                    all.push(member.clone());
                }
            }
            document["members"] = all.into();
        }
        ("remove", Some(path)) if path.starts_with("members[") => {
            let gone = path.split('"').nth(1).unwrap();
            if let Some(all) = document["members"].as_array_mut() {
                all.retain(|member| member["value"] != gone);
            }
        }
        ("replace" | "add", Some(path)) => set(document, path, value),
        ("remove", Some(path)) => set(document, path, &Value::Null),
        other => panic!("no client of these tests says {other:?}"),
    }
}

/// `name.givenName`, `urn:…:User:department`, `emails[type eq "work"].value`.
fn set(document: &mut Value, path: &str, value: &Value) {
    if path.starts_with("emails[") {
        document["emails"] = json!([{"type": "work", "value": value}]);
    } else if let Some((urn, attribute)) = path.split_once(":User:") {
        let value = match attribute {
            "manager" => json!({"value": value}),
            _ => value.clone(),
        };
        document[format!("{urn}:User")][attribute] = value;
    } else if let Some((name, part)) = path.split_once('.') {
        document[name][part] = value.clone();
    } else {
        document[path] = value.clone();
    }
}
