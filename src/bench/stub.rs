//! A SCIM server in memory, as small as the load generator can be tested against.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use uuid::Uuid;

pub(super) const TOKEN: &str = "stub-token";

/// What the stub supports, and how it misbehaves.
#[derive(Clone, Copy, Default)]
pub(super) struct Behaviour {
    pub bulk: bool,
    pub cursor: bool,
    /// Every so many `GET /Users/{id}` are answered with 500.
    pub fail_every: Option<u64>,
    /// Filters are ignored: every list is the whole list.
    pub deaf: bool,
}

#[derive(Default)]
pub(super) struct Store {
    behaviour: Behaviour,
    users: BTreeMap<String, Value>,
    groups: BTreeMap<String, Value>,
    /// Requests by method and first path segment.
    pub calls: BTreeMap<String, u64>,
    reads: u64,
}

impl Store {
    pub fn resources(&self) -> usize {
        self.users.len() + self.groups.len()
    }

    pub fn calls(&self, what: &str) -> u64 {
        self.calls.get(what).copied().unwrap_or(0)
    }
}

pub(super) type Shared = Arc<Mutex<Store>>;

/// A running stub; ends when dropped.
pub(super) struct Stub {
    pub url: String,
    pub store: Shared,
    _server: JoinSet<()>,
}

impl Stub {
    pub async fn start(behaviour: Behaviour) -> Self {
        let store: Shared = Arc::new(Mutex::new(Store {
            behaviour,
            ..Store::default()
        }));
        let router = Router::new()
            .fallback(handle)
            .with_state(Arc::clone(&store));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/scim/v2", listener.local_addr().unwrap());
        let mut server = JoinSet::new();
        server.spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self {
            url,
            store,
            _server: server,
        }
    }
}

async fn handle(
    State(store): State<Shared>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let expected = format!("Bearer {TOKEN}");
    if headers
        .get(header::AUTHORIZATION)
        .is_none_or(|value| *value != *expected)
    {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let Some(path) = uri.path().strip_prefix("/scim/v2/") else {
        return (StatusCode::NOT_FOUND, "<html>nothing here</html>").into_response();
    };
    let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
    let (status, answer) = store
        .lock()
        .unwrap()
        .answer(&method, path, uri.query(), body);
    (status, [(header::SERVER, "stub/1")], answer.to_string()).into_response()
}

type Reply = (StatusCode, Value);

fn empty(status: StatusCode) -> Reply {
    (status, Value::Null)
}

impl Store {
    fn answer(&mut self, method: &Method, path: &str, query: Option<&str>, body: Value) -> Reply {
        let (collection, id) = path.split_once('/').unwrap_or((path, ""));
        let id = &*percent_decode_str(id).decode_utf8().unwrap();
        *self
            .calls
            .entry(format!("{method} {collection}"))
            .or_default() += 1;
        match (method.as_str(), collection, id) {
            ("GET", "ServiceProviderConfig", "") => (StatusCode::OK, self.config()),
            ("POST", "Bulk", "") => (StatusCode::OK, self.bulk(&body)),
            ("POST", "Users" | "Groups", "") => self.create(collection, body),
            ("GET", "Users" | "Groups", "") => self.list(collection, query.unwrap_or_default()),
            ("DELETE", _, id) => match self.collection(collection).remove(id) {
                Some(_) => empty(StatusCode::NO_CONTENT),
                None => empty(StatusCode::NOT_FOUND),
            },
            (method, _, id) => self.resource(method, collection, id, body),
        }
    }

    fn resource(&mut self, method: &str, collection: &str, id: &str, body: Value) -> Reply {
        if (method, collection) == ("GET", "Users") {
            self.reads += 1;
            if self
                .behaviour
                .fail_every
                .is_some_and(|every| self.reads.is_multiple_of(every))
            {
                return empty(StatusCode::INTERNAL_SERVER_ERROR);
            }
        }
        let Some(resource) = self.collection(collection).get_mut(id) else {
            return empty(StatusCode::NOT_FOUND);
        };
        match method {
            "GET" => {}
            "PUT" => *resource = body,
            "PATCH" => patch(resource, &body),
            _ => return empty(StatusCode::METHOD_NOT_ALLOWED),
        }
        (StatusCode::OK, resource.clone())
    }

    fn config(&self) -> Value {
        json!({
            "patch": {"supported": true},
            "bulk": {"supported": self.behaviour.bulk, "maxOperations": 7, "maxPayloadSize": 100_000},
            "pagination": {"cursor": self.behaviour.cursor, "index": true},
        })
    }

    fn collection(&mut self, name: &str) -> &mut BTreeMap<String, Value> {
        if name == "Users" {
            &mut self.users
        } else {
            &mut self.groups
        }
    }

    fn create(&mut self, collection: &str, mut body: Value) -> Reply {
        let name = |value: &Value| value["userName"].as_str().map(str::to_owned);
        let taken = name(&body);
        if taken.is_some() && self.users.values().any(|user| name(user) == taken) {
            return empty(StatusCode::CONFLICT);
        }
        let id = match collection {
            "Users" => Uuid::now_v7().to_string(),
            _ => format!("group {}", self.groups.len()),
        };
        body["id"] = json!(id);
        self.collection(collection).insert(id, body.clone());
        (StatusCode::CREATED, body)
    }

    fn bulk(&mut self, body: &Value) -> Value {
        let operations = body["Operations"].as_array().unwrap();
        assert!(operations.len() <= 7, "more than maxOperations");
        let results = operations.iter().map(|operation| {
            let (status, user) = self.create("Users", operation["data"].clone());
            json!({
                "bulkId": operation["bulkId"],
                "method": "POST",
                "status": status.as_u16().to_string(),
                "location": format!("http://stub/scim/v2/Users/{}", user["id"].as_str().unwrap()),
            })
        });
        json!({"Operations": results.collect::<Vec<_>>()})
    }

    fn list(&mut self, collection: &str, query: &str) -> Reply {
        let query: BTreeMap<_, _> = query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .collect();
        let filter = query.get("filter").filter(|_| !self.behaviour.deaf);
        let filter = filter.map(|text| percent_decode_str(text).decode_utf8().unwrap());
        let found: Vec<_> = self
            .collection(collection)
            .values()
            .filter(|resource| {
                filter
                    .as_deref()
                    .is_none_or(|filter| matches(resource, filter))
            })
            .collect();
        let number = |name: &str| query.get(name).and_then(|text| text.parse::<usize>().ok());
        let start = number("cursor")
            .or(number("startIndex"))
            .unwrap_or(1)
            .max(1);
        let count = number("count").unwrap_or(100);
        let page: Vec<_> = found.iter().skip(start - 1).take(count).collect();
        let mut answer = json!({"totalResults": found.len(), "Resources": page});
        if query.contains_key("cursor") && start + count <= found.len() {
            answer["nextCursor"] = json!((start + count).to_string());
        }
        (StatusCode::OK, answer)
    }
}

/// `attribute operator "value"`, the attribute perhaps inside a multi-valued one.
fn matches(resource: &Value, filter: &str) -> bool {
    let mut parts = filter.splitn(3, ' ');
    let (attribute, operator) = (parts.next().unwrap(), parts.next().unwrap());
    let wanted = parts.next().unwrap().trim_matches('"');
    let value = match attribute.split_once('.') {
        Some((list, sub)) => &resource[list][0][sub],
        None => &resource[attribute],
    };
    let value = value.as_str().unwrap_or_default();
    match operator {
        "eq" => value == wanted,
        "sw" => value.starts_with(wanted),
        "co" => value.contains(wanted),
        other => panic!("the load generator sends no {other}"),
    }
}

fn patch(resource: &mut Value, body: &Value) {
    for operation in body["Operations"].as_array().unwrap() {
        let op = operation["op"].as_str().unwrap().to_lowercase();
        let path = operation["path"].as_str().unwrap_or_default();
        let value = &operation["value"];
        match (op.as_str(), path) {
            ("add", "members") => {
                if resource["members"].is_null() {
                    resource["members"] = json!([]);
                }
                let members = resource["members"].as_array_mut().unwrap();
                for member in value.as_array().unwrap() {
                    assert!(!members.contains(member), "is a member already");
                    members.push(member.clone());
                }
            }
            ("remove", path) => {
                let id = path.split('"').nth(1).unwrap();
                let members = resource["members"].as_array_mut().unwrap();
                let before = members.len();
                members.retain(|member| member["value"] != *id);
                assert_eq!(members.len() + 1, before, "was no member");
            }
            ("replace" | "add", "") => {
                for (name, value) in value.as_object().unwrap() {
                    resource[name] = value.clone();
                }
            }
            ("replace", "active") => {
                assert_ne!(resource["active"], *value, "changes nothing");
                resource["active"] = value.clone();
            }
            (_, path) => resource[path] = value.clone(),
        }
    }
}
