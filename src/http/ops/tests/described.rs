//! The description of the API against what is served: routes, roles, and real answers.

use std::collections::BTreeSet;

use axum::extract::MatchedPath;
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use bytes::Bytes;
use http::request::Parts;
use serde_json::json;

use super::*;
use crate::http::door::{Door, Endpoint};

/// A request and its answer as they passed.
struct Passed {
    method: String,
    path: String,
    query: Option<String>,
    request: Value,
    status: u16,
    answer: Value,
}

/// Lets everybody in as admin.
struct Open(Arc<Scripted>, watch::Receiver<bool>);

impl Door for Open {
    const API: &'static str = "a test";
    const HOLDER: &'static str = "nobody";
    const CHALLENGE: &'static str = "Bearer";

    fn admit(&self, head: &mut Parts, _: IpAddr) -> Result<TokenId, Refused> {
        Session {
            ops: self.0.clone(),
            role: OperatorRole::Admin,
            stop: self.1.clone(),
        }
        .enter(head);
        Ok(TokenId("tok_1".into()))
    }
}

async fn document() -> Value {
    let request = Request::get("/api/v1/openapi.json")
        .body(Body::empty())
        .unwrap();
    let (status, _, document) = answer(OperatorRole::Viewer, request).await;
    assert_eq!((status, &document["openapi"]), (200, &json!("3.1.0")));
    document
}

/// Path, method and what is said of them.
fn operations(document: &Value) -> Vec<(&str, &str, &Value)> {
    let paths = document["paths"].as_object().unwrap();
    paths
        .iter()
        .flat_map(|(path, methods)| {
            let methods = methods.as_object().unwrap();
            methods
                .iter()
                .map(move |(method, said)| (path.as_str(), method.as_str(), said))
        })
        .collect()
}

/// A path with something in its variable segments.
fn filled(path: &str) -> String {
    let segments = path.split('/').map(|segment| match segment {
        "{seq}" => "7",
        "{org}" => "0",
        variable if variable.starts_with('{') => "x",
        fixed => fixed,
    });
    segments.collect::<Vec<_>>().join("/")
}

fn request(method: &str, path: &str) -> Request<Body> {
    Request::builder()
        .method(method)
        .uri(filled(path))
        .body(Body::empty())
        .unwrap()
}

#[tokio::test]
async fn every_description_is_a_route_and_no_path_has_more() {
    let document = document().await;
    let mut names = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
            let said = &methods[method.to_ascii_lowercase()];
            let (status, _, problem) = answer(OperatorRole::Admin, request(method, path)).await;
            if said.is_null() {
                assert_eq!(status, 405, "{method} {path}");
                continue;
            }
            assert_ne!(status, 405, "{method} {path}");
            assert_ne!(
                problem["detail"], "the operations API has no such path",
                "{path}"
            );
            assert!(names.insert(said["operationId"].to_string()), "{said}");
            let variables: Vec<_> = path.matches('{').collect();
            let parameters = said["parameters"].as_array().into_iter().flatten();
            let described = parameters.filter(|parameter| parameter["in"] == "path");
            assert_eq!(described.count(), variables.len(), "{method} {path}");
        }
    }
}

#[tokio::test]
async fn the_roles_described_are_those_enforced() {
    let document = document().await;
    for (path, method, said) in operations(&document) {
        let needed = said["security"][0]["operator"][0].clone();
        let needed: OperatorRole = serde_json::from_value(needed).unwrap();
        for role in [
            OperatorRole::Viewer,
            OperatorRole::Operator,
            OperatorRole::Admin,
        ] {
            let request = request(&method.to_ascii_uppercase(), path);
            let (status, _, problem) = answer(role, request).await;
            assert_eq!(status == 403, role < needed, "{method} {path} {role:?}");
            if status == 403 {
                let detail = problem["detail"].as_str().unwrap();
                assert!(
                    detail.contains(&format!("`{}`", needed.as_str())),
                    "{detail}"
                );
            }
        }
        assert!(
            method == "get" || needed > OperatorRole::Viewer,
            "{method} {path}"
        );
    }
}

/// Everything that passes when every operation is asked for once.
async fn pass() -> Vec<Passed> {
    let passed = Arc::new(Mutex::new(Vec::new()));
    let into = Arc::clone(&passed);
    let record = move |request: axum::extract::Request, next: Next| {
        let into = Arc::clone(&into);
        async move {
            let (head, body) = request.into_parts();
            let sent = body.collect().await.unwrap().to_bytes();
            let path = head
                .extensions
                .get::<MatchedPath>()
                .unwrap()
                .as_str()
                .to_owned();
            let (method, query) = (head.method.to_string(), head.uri.query().map(str::to_owned));
            let request = Request::from_parts(head, Body::from(sent.clone()));
            let (head, body) = next.run(request).await.into_parts();
            let came = body.collect().await.unwrap().to_bytes();
            let read = |bytes: &Bytes| serde_json::from_slice(bytes).unwrap_or_default();
            into.lock().unwrap().push(Passed {
                method: method.to_ascii_lowercase(),
                path,
                query,
                request: read(&sent),
                status: head.status.as_u16(),
                answer: read(&came),
            });
            Response::from_parts(head, Body::from(came))
        }
    };
    let ops = Arc::new(Scripted::default());
    let (_stop, stopping) = watch::channel(false);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = routes::router().layer(from_fn(record));
    let door = Open(Arc::clone(&ops), stopping.clone());
    let endpoint = Endpoint::new(door, Limits::default(), router);
    let mut serving = JoinSet::new();
    serving.spawn(endpoint.serve(listener, stopping));
    cases::every_operation(&ops, &RemoteOps::at(&url, "t", None).unwrap()).await;
    serving.shutdown().await;
    std::mem::take(&mut *passed.lock().unwrap())
}

#[tokio::test]
async fn real_requests_and_answers_are_as_described() {
    let document = document().await;
    let check = |schema: &Value, value: &Value, what: &str| {
        let mut schema = schema.clone();
        schema["components"] = document["components"].clone();
        let validator = jsonschema::draft202012::new(&schema).unwrap();
        let wrong: Vec<_> = validator
            .iter_errors(value)
            .map(|wrong| wrong.to_string())
            .collect();
        assert!(wrong.is_empty(), "{what}: {wrong:?}: {value}");
    };
    let mut seen = BTreeSet::new();
    for passed in pass().await {
        let (method, path) = (&passed.method, &passed.path);
        let said = &document["paths"][path][method];
        let answered = &said["responses"][passed.status.to_string()]["content"];
        let what = format!("{method} {path}");
        check(
            &answered["application/json"]["schema"],
            &passed.answer,
            &what,
        );
        let body = &said["requestBody"]["content"]["application/json"]["schema"];
        if !body.is_null() {
            check(body, &passed.request, &what);
        }
        let query = passed.query.unwrap_or_default();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let name = pair.split('=').next().unwrap();
            let parameters = said["parameters"].as_array().into_iter().flatten();
            let known = parameters.filter(|it| it["in"] == "query" && it["name"] == name);
            assert_eq!(known.count(), 1, "{what}: {name}");
        }
        seen.insert((path.clone(), method.clone()));
    }
    let described = operations(&document);
    let unseen = described
        .iter()
        .filter(|(path, method, _)| !seen.contains(&((*path).to_owned(), (*method).to_owned())))
        .map(|(path, method, _)| format!("{method} {path}"))
        .collect::<Vec<_>>();
    // The description itself, what is no JSON, and what no client of ours uses.
    let expected = [
        "get /api/v1/openapi.json",
        "get /api/v1/stream",
        "get /api/v1/events/stream",
        "put /api/v1/orgs/{org}/content/{kind}/{id}",
    ];
    assert_eq!(unseen, expected);
}
