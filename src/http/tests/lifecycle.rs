//! Work that must end: clients that leave, and a server that stops.

use std::convert::Infallible;
use std::io::{Error, ErrorKind};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{FutureExt, StreamExt, stream};
use http::Response;
use http_body_util::Empty;
use hyper::service::service_fn;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::{LONG, Server, answer, plain};
use crate::http::limits::Limits;
use crate::http::server::{Listener, serve};
use crate::ops::provision::request::{AnswerBody, Request};

/// A script whose answers wait until the test lets them go, and tell when they began.
struct Gate {
    begun: Arc<Semaphore>,
    open: Arc<Semaphore>,
}

impl Gate {
    fn new() -> Self {
        Self {
            begun: Arc::new(Semaphore::new(0)),
            open: Arc::new(Semaphore::new(0)),
        }
    }

    async fn server(&self, limits: Limits) -> Server {
        let (begun, open) = (Arc::clone(&self.begun), Arc::clone(&self.open));
        Server::start(limits, move |request: Request| {
            let (begun, open) = (Arc::clone(&begun), Arc::clone(&open));
            async move {
                begun.add_permits(1);
                open.acquire().await.unwrap().forget();
                plain(request).await
            }
            .boxed()
        })
        .await
    }

    /// Waits until an answer is being worked on.
    async fn begun(&self) {
        timeout(LONG, self.begun.acquire())
            .await
            .unwrap()
            .unwrap()
            .forget();
    }
}

#[tokio::test]
async fn a_write_ends_and_is_recorded_without_its_client() {
    let gate = Gate::new();
    let server = gate
        .server(Limits {
            connections: 1,
            ..Limits::default()
        })
        .await;
    let mut client = server.connect().await;
    client.request("POST /scim/v2/Users", "{}").await;
    gate.begun().await;
    drop(client);
    let mut next = server.connect().await;
    next.request("GET /scim/v2/none", "").await;
    // Its place is taken until the work has ended.
    assert!(server.nothing_recorded().await);
    gate.open.add_permits(1);
    let observed = server.recorded().await;
    assert_eq!((&*observed.method, observed.status), ("POST", 200));
    assert_eq!(observed.request_body, "{}");
    assert_eq!(next.reply().await.status, 404);
}

#[tokio::test]
async fn stopping_ends_idle_connections_and_finishes_requests_in_flight() {
    let gate = Gate::new();
    let mut server = gate.server(Limits::default()).await;
    let mut idle = server.connect().await;
    idle.request("GET /livez", "").await;
    assert_eq!(idle.reply().await.status, 200);
    let mut busy = server.connect().await;
    busy.request("POST /scim/v2/Users", "{}").await;
    gate.begun().await;
    server.stop.send(true).unwrap();
    assert_eq!(idle.rest().await, "");
    gate.open.add_permits(1);
    let reply = busy.reply().await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("connection"), Some("close"));
    assert_eq!(busy.rest().await, "");
    server.ended().await;
    assert!(TcpStream::connect(server.addr).await.is_err());
}

#[tokio::test]
async fn stopping_waits_for_work_that_lost_its_client() {
    let gate = Gate::new();
    let mut server = gate.server(Limits::default()).await;
    let mut client = server.connect().await;
    client.request("POST /scim/v2/Users", "{}").await;
    gate.begun().await;
    drop(client);
    server.stop.send(true).unwrap();
    gate.open.add_permits(1);
    server.ended().await;
    assert_eq!(server.recorded().await.status, 200);
}

#[tokio::test]
async fn the_grace_period_ends() {
    let gate = Gate::new();
    let mut server = gate
        .server(Limits {
            shutdown_grace_ms: 20,
            ..Limits::default()
        })
        .await;
    let mut client = server.connect().await;
    client.request("POST /scim/v2/Users", "{}").await;
    gate.begun().await;
    server.stop.send(true).unwrap();
    assert_eq!(client.rest().await, "");
    server.ended().await;
}

#[tokio::test]
async fn a_lost_stop_signal_is_one() {
    let mut server = Server::start(Limits::default(), plain).await;
    server.stop = tokio::sync::watch::channel(false).0;
    server.ended().await;
}

#[tokio::test]
async fn a_client_that_leaves_a_stream_is_recorded() {
    let server = Server::start(Limits::default(), |_| {
        let pieces = stream::repeat(Bytes::from_static(&[b'x'; 1024])).map(Ok);
        async { answer(200, AnswerBody::Stream(pieces.boxed())) }.boxed()
    })
    .await;
    let mut client = server.connect().await;
    client.request("GET /scim/v2/Groups/7", "").await;
    assert!(client.more().await);
    drop(client);
    let observed = server.recorded().await;
    assert!(observed.record.detail.unwrap().contains("went away"));
    assert!(observed.response_bytes >= 1024);
}

#[tokio::test]
async fn a_stream_that_nobody_reads_is_cut_short() {
    let endless = |_| {
        let pieces = stream::repeat(Bytes::from_static(&[b'x'; 1024])).map(Ok);
        async { answer(200, AnswerBody::Stream(pieces.boxed())) }.boxed()
    };
    // The client takes nothing.
    let limits = Limits {
        write_timeout_ms: 50,
        ..Limits::default()
    };
    let server = Server::start(limits, endless).await;
    let mut client = server.connect().await;
    client.request("GET /scim/v2/Groups/7", "").await;
    assert!(server.recorded().await.record.detail.is_some());
    // The client takes all, but there is no end.
    let limits = Limits {
        answer_timeout_ms: 50,
        ..Limits::default()
    };
    let server = Server::start(limits, endless).await;
    let mut client = server.connect().await;
    client.request("GET /scim/v2/Groups/7", "").await;
    assert!(!client.rest().await.ends_with("\r\n0\r\n\r\n"));
    assert!(server.recorded().await.latency >= Duration::from_millis(50));
}

#[tokio::test]
async fn a_panic_costs_its_own_connection_only() {
    let server = Server::start(Limits::default(), |request: Request| {
        assert!(request.body.is_empty(), "scripted");
        plain(request)
    })
    .await;
    let mut client = server.connect().await;
    client.request("POST /scim/v2/Users", "{}").await;
    assert_eq!(client.rest().await, "");
    assert_eq!(server.ask("GET /scim/v2/Users", "").await.status, 200);
}

/// A listener that is out of file descriptors, then loses a client, then has one.
struct Troubled(std::sync::Mutex<Vec<std::io::Result<tokio::io::DuplexStream>>>);

impl Listener for Troubled {
    type Io = tokio::io::DuplexStream;
    type Peer = ();

    async fn accept(&self) -> std::io::Result<(Self::Io, ())> {
        let next = self.0.lock().unwrap().pop();
        match next {
            Some(next) => next.map(|io| (io, ())),
            None => std::future::pending().await,
        }
    }
}

#[tokio::test]
async fn failures_to_accept_are_outlived() {
    let (mut client, io) = tokio::io::duplex(1 << 10);
    let listener = Troubled(std::sync::Mutex::new(vec![
        Ok(io),
        Err(ErrorKind::ConnectionAborted.into()),
        Err(Error::from_raw_os_error(24)),
    ]));
    let (stop, stopping) = watch::channel(false);
    let mut serving = JoinSet::new();
    serving.spawn(async move {
        serve(listener, &Limits::default(), stopping, |(), _slot| {
            service_fn(|_| async { Ok::<_, Infallible>(Response::new(Empty::<Bytes>::new())) })
        })
        .await;
    });
    client
        .write_all(b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n")
        .await
        .unwrap();
    let mut reply = String::new();
    let read = client.read_to_string(&mut reply);
    timeout(LONG, read).await.unwrap().unwrap();
    assert!(reply.starts_with("HTTP/1.1 200"), "{reply}");
    stop.send(true).unwrap();
    timeout(LONG, serving.join_next()).await.unwrap();
}
