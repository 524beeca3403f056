//! What goes over the wire: statuses, headers, bodies, and what is recorded of them.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures_util::{FutureExt, StreamExt, stream};

use super::{Server, answer, plain};
use crate::http::limits::Limits;
use crate::model::exchange::Operation;
use crate::model::token::Refusal;
use crate::ops::provision::request::{AnswerBody, Method, Request, Target};
use crate::scim::quirk::Quirk;

#[tokio::test]
async fn a_request_arrives_typed_and_its_answer_goes_out_whole() {
    let seen = Arc::new(Mutex::new(None::<Request>));
    let see = Arc::clone(&seen);
    let server = Server::start(Limits::default(), move |request| {
        *see.lock().unwrap() = Some(request);
        let mut answer = answer(201, AnswerBody::Json("{\"id\":\"7\"}".into()));
        answer.location = Some("http://scim.test/scim/v2/Users/7".into());
        answer.etag = Some("W/\"1\"".into());
        async { answer }.boxed()
    })
    .await;
    let reply = server
        .ask(
            "POST /orgs/0/scim/v2/Users/?attributes=id\nIf-Match: W/\"3\"\nCookie: secret\n\
             X-Forwarded-Host: evil.example\nContent-Type: application/json",
            "{\"userName\":\"ada\"}",
        )
        .await;
    assert_eq!((reply.status, &*reply.body), (201, "{\"id\":\"7\"}"));
    for (name, value) in [
        ("location", "http://scim.test/scim/v2/Users/7"),
        ("etag", "W/\"1\""),
        ("content-type", "application/scim+json"),
        ("cache-control", "no-store"),
        ("x-content-type-options", "nosniff"),
        ("content-length", "10"),
    ] {
        assert_eq!(reply.header(name), Some(value), "{name}");
    }

    let request = seen.lock().unwrap().take().unwrap();
    assert_eq!(request.base, "http://scim.test/orgs/0/scim/v2");
    assert_eq!(
        (request.method, request.target),
        (Method::Post, Target::Users)
    );
    assert_eq!(request.query, "attributes=id");
    assert_eq!(request.body, "{\"userName\":\"ada\"}");
    assert_eq!(request.if_match.as_deref(), Some("W/\"3\""));
    assert!(request.quirks.is_empty());

    let observed = server.recorded().await;
    assert_eq!(observed.request, request.id);
    let id = observed.request.to_string();
    assert_eq!(reply.header("x-request-id"), Some(&*id));
    assert_eq!(observed.at.0, 1_000);
    assert_eq!(observed.method, "POST");
    assert_eq!(observed.path, "/orgs/0/scim/v2/Users/");
    assert_eq!(observed.query, "attributes=id");
    assert_eq!(observed.request_body, "{\"userName\":\"ada\"}");
    assert_eq!(observed.status, 201);
    assert_eq!(observed.response_body, "{\"id\":\"7\"}");
    assert_eq!(observed.response_bytes, 10);
    assert!(observed.caller.is_some() && observed.refused.is_none());
    let names: Vec<_> = observed
        .request_headers
        .iter()
        .map(|(name, _)| &**name)
        .collect();
    assert!(names.contains(&"if-match"), "{names:?}");
    assert!(!names.contains(&"authorization") && !names.contains(&"cookie"));
    assert!(
        observed
            .response_headers
            .contains(&("x-request-id".into(), id))
    );
}

#[tokio::test]
async fn every_refused_credential_is_answered_alike_and_recorded_apart() {
    let server = Server::start(Limits::default(), plain).await;
    let mut bodies = Vec::new();
    for (header, refusal) in [
        ("Authorization: -", Refusal::Missing),
        ("Authorization: naked", Refusal::SchemeMissing),
        ("Authorization: Basic x", Refusal::WrongScheme),
        ("Authorization: Bearer expired", Refusal::Expired),
        ("Authorization: Bearer revoked", Refusal::Revoked),
        ("Authorization: Bearer what", Refusal::Foreign),
    ] {
        for line in [
            "GET /scim/v2/Users",
            "DELETE /scim/v2/Users/7",
            "OPTIONS /scim/v2/Users",
            "GET /scim/v2/nothing",
            "GET /orgs/9/scim/v2/Users",
        ] {
            let reply = server.ask(&format!("{line}\n{header}"), "").await;
            assert_eq!(reply.status, 401, "{line} {header}");
            assert_eq!(
                reply.header("www-authenticate"),
                Some("Bearer realm=\"scim\"")
            );
            assert_eq!(reply.json()["status"], "401");
            bodies.push(reply.body);
            let observed = server.recorded().await;
            assert_eq!(observed.refused.unwrap().refusal, refusal);
            assert_eq!(
                observed.record.quirks.has(Quirk::MissingBearerScheme),
                refusal == Refusal::SchemeMissing
            );
        }
    }
    bodies.dedup();
    assert_eq!(bodies.len(), 1, "{bodies:?}");

    let disabled = server
        .ask("GET /scim/v2/Users\nAuthorization: Bearer disabled", "")
        .await;
    let wrong_org = server.ask("GET /orgs/9/scim/v2/Users", "").await;
    assert_eq!((disabled.status, wrong_org.status), (403, 403));
    assert_eq!(disabled.body, wrong_org.body);
    assert_eq!(disabled.header("www-authenticate"), None);
}

#[tokio::test]
async fn unknown_paths_and_methods_are_scim_errors_and_recorded() {
    let server = Server::start(Limits::default(), plain).await;
    for (line, status, allow) in [
        ("GET /scim/v2/users", 404, None),
        ("GET /scim/v2", 404, None),
        ("GET /", 404, None),
        ("POST /nowhere", 404, None),
        ("OPTIONS /scim/v2/Users", 405, Some("GET, HEAD, POST")),
        ("PATCH /scim/v2/Users", 405, Some("GET, HEAD, POST")),
        ("DELETE /scim/v2/Users/", 405, Some("GET, HEAD, POST")),
        ("GET /scim/v2/Bulk", 405, Some("POST")),
        ("BREW /scim/v2/Schemas", 405, Some("GET, HEAD")),
        (
            "POST /scim/v2/Users/7",
            405,
            Some("GET, HEAD, PUT, PATCH, DELETE"),
        ),
    ] {
        let reply = server.ask(line, "").await;
        assert_eq!(reply.status, status, "{line}");
        assert_eq!(reply.header("allow"), allow, "{line}");
        assert_eq!(reply.header("content-type"), Some("application/scim+json"));
        assert_eq!(reply.json()["status"], status.to_string());
        let observed = server.recorded().await;
        assert_eq!(observed.record.operation, Operation::NoRoute, "{line}");
        let id = observed.request.to_string();
        assert_eq!(reply.header("x-request-id"), Some(&*id));
    }
}

#[tokio::test]
async fn probes_answer_and_leave_no_trace() {
    let server = Server::start(Limits::default(), plain).await;
    let live = server.ask("GET /livez\nAuthorization: -", "").await;
    assert_eq!((live.status, &*live.body), (200, "ok\n"));
    assert_eq!(server.ask("GET /readyz", "").await.status, 200);
    assert_eq!(server.ask("POST /livez", "").await.status, 405);
    let server = Server::start_as(
        Limits::default(),
        Err("the store refuses writes".into()),
        Box::new(plain),
    )
    .await;
    let ready = server.ask("GET /readyz/", "").await;
    assert_eq!(
        (ready.status, &*ready.body),
        (503, "the store refuses writes\n")
    );
    assert_eq!(server.ask("GET /livez", "").await.status, 200);
    assert!(server.nothing_recorded().await);
}

#[tokio::test]
async fn media_types_are_tolerated_or_refused_by_dialect() {
    let server = Server::start(Limits::default(), |request| {
        let quirk = request.quirks.has(Quirk::ContentType);
        async move { answer(if quirk { 299 } else { 200 }, AnswerBody::Empty) }.boxed()
    })
    .await;
    for (token, header, status) in [
        (
            "good",
            "Content-Type: application/scim+json; charset=utf-8",
            200,
        ),
        ("good", "Content-Type: text/plain", 299),
        (
            "good",
            "Content-Type: application/json; charset=latin1",
            415,
        ),
        ("good", "Content-Encoding: gzip", 415),
        ("good", "Content-Encoding: identity", 200),
        ("strict", "Content-Type: text/plain", 415),
        ("strict", "Content-Type: application/json", 200),
        ("strict", "X-Nothing: x", 200),
    ] {
        let head = format!("POST /scim/v2/Users\nAuthorization: Bearer {token}\n{header}");
        let reply = server.ask(&head, "{}").await;
        assert_eq!(reply.status, status, "{token} {header}");
    }
    // Without a body there is nothing to misunderstand.
    let reply = server
        .ask(
            "GET /scim/v2/Users\nAuthorization: Bearer strict\nContent-Type: text/plain\n\
             Accept: application/json",
            "",
        )
        .await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("content-type"), None);
    let refused = server
        .ask("GET /scim/v2/no\nAccept: application/json", "")
        .await;
    assert_eq!(refused.header("content-type"), Some("application/json"));
}

#[tokio::test]
async fn head_is_get_without_the_body() {
    let server = Server::start(Limits::default(), |request| {
        assert_eq!(request.method, Method::Get);
        plain(request)
    })
    .await;
    let mut client = server.connect().await;
    client.request("HEAD /scim/v2/Users/7", "").await;
    let reply = client.reply_to("HEAD").await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("content-length"), Some("8"));
    // Nothing of a body stands before the next answer.
    client.request("GET /scim/v2/Users/7", "").await;
    assert_eq!(client.reply().await.body, "{\"ok\":1}");
    assert_eq!(server.recorded().await.method, "HEAD");
}

#[tokio::test]
async fn a_stream_is_counted_and_its_beginning_kept() {
    const PIECE: usize = 40_000;
    let server = Server::start(Limits::default(), |_| {
        let pieces = stream::iter(0..4).map(|_| Ok(Bytes::from(vec![b'x'; PIECE])));
        async { answer(200, AnswerBody::Stream(pieces.boxed())) }.boxed()
    })
    .await;
    let mut client = server.connect().await;
    client
        .request("GET /scim/v2/Groups/7\nConnection: close", "")
        .await;
    let text = client.rest().await;
    assert!(text.ends_with("\r\n0\r\n\r\n"));
    let observed = server.recorded().await;
    assert_eq!(observed.response_bytes, 4 * PIECE as u64);
    assert_eq!(observed.response_body.len(), 64 << 10);
    assert_eq!(observed.record.detail, None);

    client = server.connect().await;
    client
        .request("HEAD /scim/v2/Groups/7\nConnection: close", "")
        .await;
    assert!(client.rest().await.ends_with("\r\n\r\n"));
    assert_eq!(server.recorded().await.record.detail, None);
}

#[tokio::test]
async fn a_stream_that_fails_ends_the_connection_without_a_proper_end() {
    let server = Server::start(Limits::default(), |_| {
        let pieces = stream::iter([
            Ok(Bytes::from("{\"members\":[")),
            Err(std::io::Error::other("disk")),
        ]);
        async { answer(200, AnswerBody::Stream(pieces.boxed())) }.boxed()
    })
    .await;
    let mut client = server.connect().await;
    client.request("GET /scim/v2/Groups/7", "").await;
    let text = client.rest().await;
    assert!(!text.ends_with("0\r\n\r\n"), "{text}");
    let observed = server.recorded().await;
    assert!(observed.record.detail.unwrap().contains("broke off"));
    assert_eq!(observed.response_bytes, 12);
}
