//! The operations API and its client, over a Unix socket and over TCP, before a scripted [`Ops`].

mod alerts;
mod cases;
mod described;
mod diagnose;
mod directory;
mod removals;
mod scripted;

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Body;
use futures_util::StreamExt;
use http::Request;
use http_body_util::BodyExt;
use serde_json::Value;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tower::ServiceExt;

use self::scripted::{Scripted, summary};
use super::{Operators, Session, routes, serve, tcp};
use crate::http::limits::Limits;
use crate::http::ops::peers::login;
use crate::http::ops::socket::Socket;
use crate::ids::TokenId;
use crate::model::operator::OperatorRole;
use crate::model::token::Refusal;
use crate::ops::api::*;
use crate::ops::gateway::{AdmittedOperator, OperatorGateway, Refused};
use crate::ops::remote::RemoteOps;

const LONG: Duration = Duration::from_secs(20);

/// A daemon's operations API on a socket of its own, and on a port.
struct Daemon {
    ops: Arc<Scripted>,
    named: Arc<Mutex<Vec<String>>>,
    path: PathBuf,
    url: String,
    stop: watch::Sender<bool>,
    serving: JoinSet<()>,
    _dir: TempDir,
}

/// Lets everybody in whose token is the name of a role.
struct Gate(Arc<Scripted>);

impl OperatorGateway for Gate {
    fn operator(
        &self,
        authorization: Option<&str>,
        source: IpAddr,
        _: &str,
    ) -> Result<AdmittedOperator, Refused> {
        assert!(source.is_loopback());
        let name = authorization.and_then(|header| header.strip_prefix("Bearer "));
        let role = serde_json::from_value(name.unwrap_or_default().into());
        Ok(AdmittedOperator {
            token: TokenId("tok_1".into()),
            role: role.map_err(|_| Refused {
                refusal: Refusal::Unknown,
                status: 401,
                org: None,
                token: None,
            })?,
            ops: self.0.clone(),
        })
    }
}

impl Daemon {
    async fn start(ops: Scripted) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("ops.sock");
        let socket = Socket::bind(&path, None).unwrap();
        let (ops, named) = (Arc::new(ops), Arc::<Mutex<Vec<String>>>::default());
        let (given, seen) = (Arc::clone(&ops), Arc::clone(&named));
        let operators: Operators = Arc::new(move |name| {
            seen.lock().unwrap().push(name);
            Arc::clone(&given) as Arc<dyn Ops>
        });
        let (stop, stopping) = watch::channel(false);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let gate = Arc::new(Gate(Arc::clone(&ops)));
        let endpoint = tcp::endpoint(gate, Limits::default(), stopping.clone());
        let mut serving = JoinSet::new();
        serving.spawn(endpoint.serve(listener, stopping.clone()));
        serving.spawn(async move {
            serve(socket, &Limits::default(), &[], operators, stopping).await;
        });
        Self {
            ops,
            named,
            path,
            url,
            stop,
            serving,
            _dir: dir,
        }
    }

    /// By the socket.
    fn remote(&self) -> RemoteOps {
        RemoteOps::connect(&self.path).unwrap()
    }

    /// By TCP, with a token.
    fn by_token(&self, token: &str) -> RemoteOps {
        RemoteOps::at(&self.url, token, None).unwrap()
    }

    /// Both ways, as admin.
    fn remotes(&self) -> [RemoteOps; 2] {
        [self.remote(), self.by_token("admin")]
    }
}

/// The API's answer to an operator of that role, without a connection.
async fn answer(role: OperatorRole, request: Request<Body>) -> (u16, String, Value) {
    let (_stop, stop) = watch::channel(false);
    let (mut head, body) = request.into_parts();
    let session = Session {
        ops: Arc::new(Scripted::default()),
        role,
        stop,
    };
    session.enter(&mut head);
    let request = Request::from_parts(head, body);
    let response = routes::router().oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let media = response.headers()["content-type"]
        .to_str()
        .unwrap()
        .to_owned();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (
        status,
        media,
        serde_json::from_slice(&body).unwrap_or_default(),
    )
}

#[tokio::test]
async fn every_operation_arrives_as_asked_and_comes_back_as_answered() {
    let daemon = Daemon::start(Scripted::default()).await;
    for remote in daemon.remotes() {
        cases::every_operation(&daemon.ops, &remote).await;
    }
    let names = daemon.named.lock().unwrap().clone();
    let own = login(std::os::unix::fs::MetadataExt::uid(
        &std::fs::metadata(&daemon.path).unwrap(),
    ));
    assert!(
        names.len() > 10 && names.iter().all(|name| *name == own),
        "{names:?}"
    );
}

#[tokio::test]
async fn failures_come_back_as_they_were() {
    let daemon = Daemon::start(Scripted::default()).await;
    for remote in daemon.remotes() {
        let error = remote.revoke_token(&TokenId("tok_none".into())).await;
        let expected = OpsError::new(Failure::NotFound, "no token has this name");
        assert_eq!(error.unwrap_err(), expected);
    }
}

#[tokio::test]
async fn a_feed_is_followed_to_its_end() {
    let feed = vec![
        Ok(FeedItem::Exchange(Arc::new(summary(8)))),
        Ok(FeedItem::Skipped(3)),
        Err(OpsError::new(Failure::Internal, "cannot read")),
    ];
    let daemon = Daemon::start(Scripted {
        feed: feed.clone(),
        ..Scripted::default()
    })
    .await;
    let since = Since {
        after: Some(7),
        behind: Some(10_000),
    };
    for remote in daemon.remotes() {
        let followed = remote.follow(since).await.unwrap();
        let items: Vec<_> = timeout(LONG, followed.collect()).await.unwrap();
        assert_eq!(items, feed);
        let asked = std::mem::take(&mut *daemon.ops.asked.lock().unwrap());
        assert_eq!(asked, ["follow Some(7) Some(10000)"]);
    }
}

#[tokio::test]
async fn items_arrive_as_they_happen_and_stopping_ends_the_feed() {
    let mut daemon = Daemon::start(Scripted {
        feed: vec![Ok(FeedItem::Skipped(1))],
        endless: true,
        ..Scripted::default()
    })
    .await;
    let mut feeds = Vec::new();
    for remote in daemon.remotes() {
        let mut feed = remote.follow(Since::default()).await.unwrap();
        let first = timeout(LONG, feed.next()).await.unwrap();
        assert_eq!(first, Some(Ok(FeedItem::Skipped(1))));
        feeds.push(feed);
    }
    daemon.stop.send(true).unwrap();
    for mut feed in feeds {
        assert_eq!(timeout(LONG, feed.next()).await.unwrap(), None);
    }
    while timeout(LONG, daemon.serving.join_next())
        .await
        .unwrap()
        .is_some()
    {}
    assert!(!daemon.path.exists());
    let socket = RemoteOps::connect(&daemon.path).unwrap_err();
    let port = daemon.by_token("admin").status().await.unwrap_err();
    assert_eq!(
        (socket.failure, port.failure),
        (Failure::Unreachable, Failure::Unreachable)
    );
}

#[tokio::test]
async fn a_daemon_that_dies_breaks_the_feed() {
    let mut daemon = Daemon::start(Scripted {
        endless: true,
        ..Scripted::default()
    })
    .await;
    let mut feeds = Vec::new();
    for remote in daemon.remotes() {
        feeds.push(remote.follow(Since::default()).await.unwrap());
    }
    daemon.serving.shutdown().await;
    for mut feed in feeds {
        let broken = timeout(LONG, feed.next()).await.unwrap().unwrap();
        assert_eq!(broken.unwrap_err().failure, Failure::Unreachable);
        assert!(timeout(LONG, feed.next()).await.unwrap().is_none());
    }
}

#[tokio::test]
async fn a_feed_is_taken_up_where_the_client_says() {
    let asked = |uri: &str, id: Option<&str>| {
        let request = Request::get(uri);
        let request = match id {
            Some(id) => request.header("last-event-id", id),
            None => request,
        };
        let request = request.body(Body::empty()).unwrap();
        async { answer(OperatorRole::Viewer, request).await }
    };
    for (uri, id, status) in [
        ("/api/v1/stream", None, 200),
        ("/api/v1/stream?after=7", Some("8"), 200),
        ("/api/v1/stream?after=x", None, 400),
        ("/api/v1/stream", Some("x"), 400),
        ("/api/v1/stream", Some("-1"), 400),
    ] {
        assert_eq!(asked(uri, id).await.0, status, "{uri} {id:?}");
    }
    let (_, media, _) = asked("/api/v1/stream", None).await;
    assert_eq!(media, "text/event-stream");
}

#[tokio::test]
async fn a_role_that_is_not_enough_and_a_token_that_is_not_known_are_denied() {
    let daemon = Daemon::start(Scripted::default()).await;
    let viewer = daemon.by_token("viewer");
    viewer.status().await.unwrap();
    let error = viewer.revoke_token(&TokenId("t".into())).await.unwrap_err();
    assert_eq!(error.failure, Failure::Denied);
    assert!(
        error.message.contains("`admin`") && error.message.contains("`viewer`"),
        "{error}"
    );
    assert_eq!(*daemon.ops.asked.lock().unwrap(), ["status"]);
    let stranger = daemon.by_token("root").status().await.unwrap_err();
    assert_eq!(stranger.failure, Failure::Denied);
    assert!(stranger.message.contains("bearer token"), "{stranger}");
}

#[tokio::test]
async fn what_is_not_understood_is_a_problem() {
    for (method, path, body, expected) in [
        ("GET", "/api/v1/nothing", "", 404),
        ("GET", "/", "", 404),
        ("DELETE", "/api/v1/orgs", "", 405),
        ("GET", "/api/v1/exchanges?before=x", "", 400),
        ("GET", "/api/v1/events?kind=secret", "", 400),
        ("GET", "/api/v1/deletions/secret", "", 400),
        ("GET", "/api/v1/orgs/%FF/users/secret", "", 400),
        ("POST", "/api/v1/orgs", "{\"name\": 7}", 400),
        ("POST", "/api/v1/tokens", "", 400),
        ("POST", "/api/v1/tokens/tok_none/revoke", "", 404),
    ] {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .body(Body::from(body))
            .unwrap();
        let (status, media, problem) = answer(OperatorRole::Admin, request).await;
        assert_eq!(status, expected, "{method} {path}");
        assert_eq!(media, "application/problem+json");
        assert_eq!(problem["status"], status);
        assert!(!problem["detail"].as_str().unwrap().contains("secret"));
    }
}
