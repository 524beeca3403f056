//! Clients that are slow, large, many or malformed.

use std::num::NonZeroU32;

use super::{Server, plain};
use crate::http::limits::Limits;

fn small() -> Limits {
    Limits {
        body_bytes: 100,
        body_budget_bytes: 150,
        body_timeout_ms: 100,
        header_timeout_ms: 100,
        ..Limits::default()
    }
}

#[tokio::test]
async fn large_bodies_are_refused_however_they_announce_themselves() {
    let server = Server::start(small(), plain).await;
    let body = "x".repeat(101);
    let reply = server.ask("POST /scim/v2/Users", &body).await;
    assert_eq!(reply.status, 413);
    assert!(reply.body.contains("100 bytes"), "{}", reply.body);
    assert_eq!(server.recorded().await.status, 413);

    let mut client = server.connect().await;
    client
        .request("POST /scim/v2/Users\nTransfer-Encoding: chunked", "")
        .await;
    client
        .send(format!("3c\r\n{0}\r\n3c\r\n{0}\r\n0\r\n\r\n", "x".repeat(60)).as_bytes())
        .await;
    assert_eq!(client.reply().await.status, 413);
    assert_eq!(server.recorded().await.request_body.len(), 60);

    let reply = server.ask("POST /scim/v2/Users", &body[1..]).await;
    assert_eq!(reply.status, 200);
    assert_eq!(server.recorded().await.request_body.len(), 100);
}

#[tokio::test]
async fn a_body_in_pieces_is_put_together() {
    let server = Server::start(small(), plain).await;
    let mut client = server.connect().await;
    client
        .request("POST /scim/v2/Users\nTransfer-Encoding: chunked", "")
        .await;
    for piece in ["2\r\n{\"\r\n", "3\r\na\":\r\n", "2\r\n1}\r\n", "0\r\n\r\n"] {
        client.send(piece.as_bytes()).await;
    }
    let reply = client.reply().await;
    assert_eq!(reply.status, 200);
    assert_eq!(server.recorded().await.request_body, "{\"a\":1}");
    // What stands behind a chunked body is never taken for a request.
    assert_eq!(reply.header("connection"), Some("close"));
    assert_eq!(client.rest().await, "");
}

#[tokio::test]
async fn the_memory_for_bodies_is_shared_and_given_back() {
    let server = Server::start(
        Limits {
            body_timeout_ms: 10_000,
            ..small()
        },
        plain,
    )
    .await;
    let mut slow = server.connect().await;
    slow.request("POST /scim/v2/Users\nContent-Length: 80", "")
        .await;
    slow.send(&[b'x'; 79]).await;
    // 79 of 150 are taken once the server has read them: then 80 more are too many.
    let refused = loop {
        let reply = server.ask("POST /scim/v2/Users", &"x".repeat(80)).await;
        if reply.status != 200 {
            break reply;
        }
    };
    assert_eq!(refused.status, 503);
    assert_eq!(refused.header("retry-after"), Some("1"));
    slow.send(b"x").await;
    assert_eq!(slow.reply().await.status, 200);
    let reply = server.ask("POST /scim/v2/Users", &"x".repeat(80)).await;
    assert_eq!(reply.status, 200);
}

#[tokio::test]
async fn slow_clients_are_cut_off() {
    let server = Server::start(
        Limits {
            idle_timeout_ms: 100,
            ..small()
        },
        plain,
    )
    .await;
    let mut silent = server.connect().await;
    assert_eq!(silent.rest().await, "");
    let mut head = server.connect().await;
    head.send(b"GET /scim/v2/Users HTTP/1.1\r\nHost:").await;
    assert_eq!(head.rest().await, "");
    let mut idle = server.connect().await;
    idle.request("GET /scim/v2/Users", "").await;
    assert_eq!(idle.reply().await.status, 200);
    assert_eq!(idle.rest().await, "");
    server.recorded().await;
    let mut body = server.connect().await;
    body.request("POST /scim/v2/Users\nContent-Length: 50", "")
        .await;
    body.send(b"half").await;
    assert_eq!(body.reply().await.status, 408);
    let observed = server.recorded().await;
    assert_eq!(
        (observed.status, &*observed.request_body),
        (408, &b"half"[..])
    );
}

#[tokio::test]
async fn the_first_byte_of_a_request_may_be_late_but_not_the_rest() {
    let server = Server::start(
        Limits {
            idle_timeout_ms: 1 << 40,
            ..small()
        },
        plain,
    )
    .await;
    let mut client = server.connect().await;
    // A younger connection has been cut off for its head: only silence is borne for longer.
    let mut witness = server.connect().await;
    witness.send(b"G").await;
    assert_eq!(witness.rest().await, "");
    client.request("GET /scim/v2/Users", "").await;
    assert_eq!(client.reply().await.status, 200);
    client.send(b"G").await;
    assert_eq!(client.rest().await, "");
}

#[tokio::test]
async fn a_body_that_breaks_off_is_recorded() {
    let server = Server::start(Limits::default(), plain).await;
    let mut client = server.connect().await;
    client
        .request("POST /scim/v2/Users\nContent-Length: 50", "")
        .await;
    client.send(b"half").await;
    drop(client);
    let observed = server.recorded().await;
    assert_eq!(
        (observed.status, &*observed.request_body),
        (400, &b"half"[..])
    );
}

#[tokio::test]
async fn heads_have_a_size_and_a_number_of_lines() {
    let server = Server::start(Limits::default(), plain).await;
    let lines = |count| "\nX-Line: 1".repeat(count);
    // Host and Authorization are two more.
    let reply = server
        .ask(&format!("GET /scim/v2/Users{}", lines(62)), "")
        .await;
    assert_eq!(reply.status, 200);
    let reply = server
        .ask(&format!("GET /scim/v2/Users{}", lines(63)), "")
        .await;
    assert_eq!(reply.status, 431);
    let long = format!("GET /scim/v2/Users\nX-Long: {}", "x".repeat(17 << 10));
    assert_eq!(server.ask(&long, "").await.status, 431);
}

#[tokio::test]
async fn garbage_is_an_error_and_an_end() {
    let server = Server::start(Limits::default(), plain).await;
    let mut client = server.connect().await;
    client.request("GET /scim/v2/Users", "").await;
    client.send(b"\x16\x03\x01\x02 garbage \x00\r\n\r\n").await;
    assert_eq!(client.reply().await.status, 200);
    assert!(client.rest().await.starts_with("HTTP/1.1 400"));
    for lie in [
        "Content-Length: 1x",
        "Content-Length: -1",
        "Content-Length: 3\nContent-Length: 4",
    ] {
        let reply = server.ask(&format!("POST /scim/v2/Users\n{lie}"), "").await;
        assert_eq!(reply.status, 400, "{lie}");
    }
    // A length beside chunks does not count, and nothing is read behind the chunks.
    let mut client = server.connect().await;
    client
        .request(
            "POST /scim/v2/Users\nContent-Length: 4\nTransfer-Encoding: chunked",
            "",
        )
        .await;
    client
        .send(b"0\r\n\r\nDELETE /scim/v2/Users/7 HTTP/1.1\r\n\r\n")
        .await;
    assert_eq!(client.reply().await.status, 200);
    assert_eq!(client.rest().await, "");
    server.recorded().await;
    assert_eq!(server.recorded().await.method, "POST");
    assert!(server.nothing_recorded().await);
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_order() {
    let server = Server::start(Limits::default(), plain).await;
    let mut client = server.connect().await;
    client.request("GET /scim/v2/Users", "").await;
    client.request("GET /scim/v2/none", "").await;
    client.request("GET /livez", "").await;
    for status in [200, 404, 200] {
        assert_eq!(client.reply().await.status, status);
    }
}

#[tokio::test]
async fn a_tokens_rate_is_limited_with_whole_seconds() {
    let server = Server::start(
        Limits {
            requests_per_second: NonZeroU32::new(1),
            ..Limits::default()
        },
        plain,
    )
    .await;
    let (mut count, mut reply) = (0, server.ask("GET /scim/v2/Users", "").await);
    while reply.status == 200 {
        count += 1;
        server.recorded().await;
        reply = server.ask("GET /scim/v2/Users", "").await;
    }
    assert!(count > 0);
    assert_eq!(reply.status, 429);
    assert_eq!(reply.header("retry-after"), Some("1"));
    assert_eq!(server.recorded().await.status, 429);
}

#[tokio::test]
async fn connections_beyond_the_limit_wait_for_room() {
    let server = Server::start(
        Limits {
            connections: 1,
            ..Limits::default()
        },
        plain,
    )
    .await;
    let mut first = server.connect().await;
    first.request("GET /scim/v2/Users", "").await;
    assert_eq!(first.reply().await.status, 200);
    let mut second = server.connect().await;
    second.request("GET /scim/v2/Groups", "").await;
    // The first is served as long as it likes; the second has not been read at all.
    first.request("GET /scim/v2/Users", "").await;
    assert_eq!(first.reply().await.status, 200);
    for _ in 0..2 {
        assert_eq!(server.recorded().await.path, "/scim/v2/Users");
    }
    assert!(server.nothing_recorded().await);
    drop(first);
    assert_eq!(second.reply().await.status, 200);
}
