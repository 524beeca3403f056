use serde_json::{Value, json};

use super::*;
use crate::scim::quirk::Dialect;

fn request(operations: Value) -> BulkRequest {
    let body = json!({"schemas": [REQUEST_URN], "Operations": operations});
    parse(&body, 1_000, &mut Tolerance::new(Dialect::Strict)).unwrap()
}

fn post(id: &str, members: &[&str]) -> Value {
    let members: Vec<_> = members
        .iter()
        .map(|id| json!({"value": format!("bulkId:{id}")}))
        .collect();
    json!({"method": "POST", "path": "/Groups", "bulkId": id, "data": {"displayName": id, "members": members}})
}

fn partly(index: usize, unresolved: &[&str]) -> Step {
    let unresolved = unresolved.iter().map(|&id| id.to_owned()).collect();
    Step::RunPartly { index, unresolved }
}

#[test]
fn plans() {
    let patch = json!({"method": "PATCH", "path": "/Groups/bulkId:b", "data": {"Operations": []}});
    let filter = json!({"method": "PATCH", "path": "/Groups/1", "data": {"Operations": [
        {"op": "remove", "path": "members[value eq \"bulkId:b\"]"}]}});
    let rows = [
        (
            "as sent",
            json!([post("a", &[]), post("b", &["a"])]),
            vec![Step::Run(0), Step::Run(1)],
        ),
        (
            "forward",
            json!([post("a", &["b"]), post("b", &[])]),
            vec![Step::Run(1), Step::Run(0)],
        ),
        (
            "forward in a path",
            json!([patch, post("b", &[])]),
            vec![Step::Run(1), Step::Run(0)],
        ),
        (
            "forward in a filter",
            json!([filter, post("b", &[])]),
            vec![Step::Run(1), Step::Run(0)],
        ),
        ("unknown", json!([post("a", &["x"])]), vec![Step::Run(0)]),
        (
            "circle of two",
            json!([post("a", &["b"]), post("b", &["a"])]),
            vec![partly(0, &["b"]), Step::Run(1), Step::Complete(0)],
        ),
        (
            "itself",
            json!([post("a", &["a"])]),
            vec![partly(0, &["a"]), Step::Complete(0)],
        ),
        (
            "waiting for a circle, not in it",
            json!([post("c", &["a"]), post("a", &["b"]), post("b", &["a"])]),
            vec![
                partly(1, &["b"]),
                Step::Run(0),
                Step::Run(2),
                Step::Complete(1),
            ],
        ),
    ];
    for (name, operations, expected) in rows {
        assert_eq!(plan(&request(operations)), expected, "{name}");
    }
}

#[test]
fn a_long_chain_backwards_is_planned() {
    let ids: Vec<String> = (0..1_000).map(|n| format!("g{n}")).collect();
    let operations = ids.iter().enumerate().map(|(n, id)| match ids.get(n + 1) {
        Some(next) => post(id, &[next]),
        None => post(id, &[]),
    });
    let steps = plan(&request(operations.collect()));
    assert_eq!(steps, (0..1_000).rev().map(Step::Run).collect::<Vec<_>>());
}

#[test]
fn references_are_replaced_wherever_they_stand() {
    let resolve = |id: &str| (id == "q w").then(|| "42".to_owned());
    let data = json!({"members": [{"value": "bulkId:q w", "$ref": "/Users/bulkId:q w"}],
        "path": "members[value eq \"bulkId:q w\" or value eq \"bulkId:q w\"]", "n": 1});
    assert_eq!(
        substitute(&data, &resolve).unwrap(),
        json!({"members": [{"value": "42", "$ref": "/Users/42"}],
            "path": "members[value eq \"42\" or value eq \"42\"]", "n": 1})
    );
    assert_eq!(
        substitute_path("/Users/bulkId:q w", &resolve).unwrap(),
        "/Users/42"
    );
    for text in ["bulkId:x", "bulkId:", "bulkId:bulkId:q w"] {
        assert_eq!(
            substitute(&json!([text]), &resolve).unwrap_err().status,
            409,
            "{text}"
        );
    }
}

#[test]
fn what_is_in_a_circle_is_added_later() {
    let data =
        json!({"displayName": "a", "members": [{"value": "bulkId:b"}], "externalId": "bulkId:c"});
    let (now, later) = defer(&data, &["b".to_owned()]);
    assert_eq!(now, json!({"displayName": "a", "externalId": "bulkId:c"}));
    assert_eq!(later, json!({"members": [{"value": "bulkId:b"}]}));
}

#[test]
fn messages() {
    let delete = json!({"method": "delete", "path": "/Users/1", "version": "W/\"1\""});
    let rows = [
        (
            json!({"schemas": [REQUEST_URN], "failOnErrors": 1, "Operations": [delete]}),
            200,
        ),
        (json!({"schemas": [REQUEST_URN], "operations": []}), 200),
        (
            json!({"schemas": [REQUEST_URN], "Operations": [delete, delete]}),
            413,
        ),
        (json!({"schemas": ["urn:x:y"], "Operations": []}), 400),
        (json!({"Operations": []}), 400),
        (json!({"schemas": [REQUEST_URN]}), 400),
        (
            json!({"schemas": [REQUEST_URN], "failOnErrors": 0, "Operations": []}),
            400,
        ),
        (
            json!({"schemas": [REQUEST_URN], "Operations": [{"method": "GET", "path": "/Users"}]}),
            400,
        ),
        (
            json!({"schemas": [REQUEST_URN], "Operations": [{"method": "POST", "path": "/Users", "data": {}}]}),
            400,
        ),
        (
            json!({"schemas": [REQUEST_URN], "Operations": [{"method": "PUT", "path": "/Users/1"}]}),
            400,
        ),
        (
            json!({"schemas": [REQUEST_URN], "Operations": [{"method": "DELETE"}]}),
            400,
        ),
        (json!([]), 400),
    ];
    for (body, status) in rows {
        let read = parse(&body, 1, &mut Tolerance::new(Dialect::Strict));
        assert_eq!(
            read.map_or_else(|error| error.status, |_| 200),
            status,
            "{body}"
        );
    }
    let twice = json!({"schemas": [REQUEST_URN], "Operations": [post("a", &[]), post("a", &[])]});
    assert!(parse(&twice, 9, &mut Tolerance::default()).is_err());
    assert!(parse(&json!({"Operations": []}), 1, &mut Tolerance::default()).is_ok());
    assert!(payload_too_large(1_048_576).detail.contains("1048576"));
}

#[test]
fn paths() {
    let rows = [
        (Method::Post, "/Users", Some((Endpoint::Users, None))),
        (Method::Post, "Groups/", Some((Endpoint::Groups, None))),
        (Method::Put, "/Users/1", Some((Endpoint::Users, Some("1")))),
        (Method::Post, "/Users/1", None),
        (Method::Delete, "/Users", None),
        (Method::Patch, "/Users/1/2", None),
        (Method::Patch, "/Me", None),
        (Method::Patch, "", None),
    ];
    for (method, path, expected) in rows {
        let operation = BulkOperation {
            method,
            bulk_id: None,
            path: path.into(),
            data: None,
            version: None,
        };
        assert_eq!(operation.target(path).ok(), expected, "{method:?} {path}");
    }
}

#[test]
fn the_response_has_no_nulls() {
    let result = BulkResult {
        method: Method::Post,
        bulk_id: Some("q".into()),
        version: None,
        location: None,
        status: 409,
        response: Some(json!({"status": "409"})),
    };
    assert_eq!(
        response(&[result]),
        json!({"schemas": [RESPONSE_URN], "Operations": [
            {"method": "POST", "bulkId": "q", "status": "409", "response": {"status": "409"}}]})
    );
}
