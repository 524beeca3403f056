//! The operations API and its client over a Unix socket, before a scripted [`Ops`].

mod alerts;
mod directory;
mod removals;
mod scripted;

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Body;
use futures_util::StreamExt;
use http::{Request, StatusCode};
use http_body_util::BodyExt;
use serde::Serialize;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

use self::scripted::{Scripted, summary};
use super::{Operators, Session, may_operate, respond, routes, serve};
use crate::clock::Timestamp;
use crate::http::limits::Limits;
use crate::http::ops::socket::{Socket, login};
use crate::ids::{OrgId, ResourceId, TokenId};
use crate::model::event::EventKind;
use crate::model::guard::Verdict;
use crate::model::org::RemovalPolicy;
use crate::ops::api::content::*;
use crate::ops::api::directory::{DirectoryQuery, HistoryPage};
use crate::ops::api::preview::Simulated;
use crate::ops::api::removals::{Decision, NewAllowance, Selected};
use crate::ops::api::roles::{Grant, NewRole, SetRule};
use crate::ops::api::watch::Seen;
use crate::ops::api::*;
use crate::ops::remote::RemoteOps;
use crate::scim::quirk::Dialect;
use crate::scim::schema::Kind;

const LONG: Duration = Duration::from_secs(20);

/// A daemon's operations API on a socket of its own.
struct Daemon {
    ops: Arc<Scripted>,
    named: Arc<Mutex<Vec<String>>>,
    path: PathBuf,
    stop: watch::Sender<bool>,
    serving: JoinSet<()>,
    _dir: TempDir,
}

impl Daemon {
    fn start(ops: Scripted) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("ops.sock");
        let socket = Socket::bind(&path).unwrap();
        let (ops, named) = (Arc::new(ops), Arc::<Mutex<Vec<String>>>::default());
        let (given, seen) = (Arc::clone(&ops), Arc::clone(&named));
        let operators: Operators = Arc::new(move |name| {
            seen.lock().unwrap().push(name);
            Arc::clone(&given) as Arc<dyn Ops>
        });
        let (stop, stopping) = watch::channel(false);
        let mut serving = JoinSet::new();
        serving.spawn(async move {
            serve(socket, &Limits::default(), operators, stopping).await;
        });
        Self {
            ops,
            named,
            path,
            stop,
            serving,
            _dir: dir,
        }
    }

    fn remote(&self) -> RemoteOps {
        RemoteOps::connect(&self.path).unwrap()
    }
}

#[tokio::test]
async fn every_operation_arrives_as_asked_and_comes_back_as_answered() {
    async fn both<T: Serialize>(
        local: Reply<'_, T>,
        remote: Reply<'_, T>,
        asked: &Mutex<Vec<String>>,
    ) {
        let (local, remote) = (local.await.unwrap(), remote.await.unwrap());
        let value = |answer| serde_json::to_value(answer).unwrap();
        assert_eq!(value(&local), value(&remote));
        let asked = std::mem::take(&mut *asked.lock().unwrap());
        assert_eq!(asked.len(), 2);
        assert_eq!(asked[0], asked[1]);
    }
    let daemon = Daemon::start(Scripted::default());
    let (local, remote) = (&*daemon.ops, daemon.remote());
    let id = &TokenId("tok_0000/a b".into());
    macro_rules! same {
        ($method:ident $($argument:expr),*) => {
            both(
                local.$method($($argument.clone()),*),
                remote.$method($($argument.clone()),*),
                &local.asked,
            )
            .await;
        };
    }
    same!(status);
    same!(orgs);
    same!(create_org NewOrg {
        name: "x".into(),
        policy: RemovalPolicy::Suspend,
        dialect: Dialect::Strict,
    });
    let change = OrgChange {
        scim_enabled: Some(false),
        ..OrgChange::default()
    };
    same!(change_org "a/b ü?", change);
    same!(tokens None::<&str>);
    same!(tokens Some("a&b"));
    same!(create_token NewToken {
        kind: crate::model::token::TokenKind::Application,
        org: "0".into(),
        label: "l".into(),
        expires: Some(Timestamp(86_400_000)),
    });
    let rotation = Rotation {
        overlap_seconds: Some(60),
        expires: None,
    };
    both(
        local.rotate_token(id, rotation),
        remote.rotate_token(id, rotation),
        &local.asked,
    )
    .await;
    both(
        local.revoke_token(id),
        remote.revoke_token(id),
        &local.asked,
    )
    .await;
    same!(exchanges ExchangeQuery::default());
    same!(exchanges ExchangeQuery {
        filter: "client:okta status>=400 \"a b\" +ü%".into(),
        before: Some(u64::MAX),
        limit: 5,
    });
    same!(exchange "0123456789abcdef0123456789abcdef");
    same!(events EventQuery::default());
    same!(events EventQuery {
        after: Some(0),
        org: Some(OrgId(7)),
        kind: Some(EventKind::MembersChanged),
        subject: Some(ResourceId(uuid::Uuid::max())),
        limit: 1,
    });
    same!(verify_events);
    same!(deletions DeletionQuery {
        org: Some(OrgId(7)),
        before: Some(3),
        limit: 2,
        ..DeletionQuery::default()
    });
    same!(content "a/b", ContentQuery::default());
    same!(content "0", ContentQuery {
        owner: Some("ada@x+é".into()),
        kind: Some("answer".into()),
        title: Some("a&b".into()),
        verify: true,
        after: Some("answer/a b/c".into()),
        limit: 7,
    });
    same!(content_item "a/b", "answer", "x/y z?");
    let new = NewContent {
        kind: "schedule".into(),
        id: "1".into(),
        title: "é".into(),
        owner: "ada".into(),
        cron: Some("0 8 * * *".into()),
        time_zone: None,
        recipients: vec!["a@x".into()],
    };
    same!(register "0", Register {
        items: vec![new.clone()],
        dry_run: true,
    });
    same!(import "a b", Batch {
        lines: vec![BatchLine { line: 9, item: new.clone() }],
        dry_run: true,
    });
    same!(unregister "0", "answer", "..");
    same!(transfers TransferQuery::default());
    same!(transfers TransferQuery {
        org: Some(OrgId(7)),
        deletion: Some(1),
        seq: Some(2),
        open: true,
        before: Some(3),
        limit: 4,
    });
    same!(give_back GiveBack {
        deletion: Some(1),
        transfers: vec![2],
        to: "ada".into(),
        dry_run: true,
    });
    let query = || DirectoryQuery {
        org: Some(OrgId(7)),
        filter: "userName sw \"ü&\"".into(),
        after: Some("a+/=".into()),
        limit: 5,
    };
    same!(users DirectoryQuery::default());
    same!(users query());
    same!(user "a/b", "ada@example.com/?ü");
    same!(groups query());
    same!(group "0", "R&D / x");
    let page = HistoryPage {
        after: Some(4),
        limit: 5,
    };
    same!(history "a/b", Kind::User, "x/y z?", page);
    same!(history "0", Kind::Group, "..", HistoryPage::default());
    same!(deletion 7);
    let selected = || Selected {
        deletions: vec![1, 2],
        dry_run: true,
    };
    same!(restore selected());
    same!(purge selected());
    same!(guard None::<&str>);
    same!(guard Some("a/b ü?"));
    same!(decide "a/b", Decision {
        verdict: Verdict::Approve,
        only: vec![3],
        dry_run: true,
    });
    same!(allow "0", NewAllowance {
        count: 5,
        seconds: 60,
        reason: "a move".into(),
        dry_run: false,
    });
    same!(impact "a/b", Kind::Group, "x/y z?");
    same!(simulate "0", vec![
        Simulated::Recorded { exchange: "7".into() },
        Simulated::Written {
            method: "DELETE".into(),
            path: "/Users/7?x=y".into(),
            body: json!({ "a": 1 }),
        },
    ]);
    same!(alerts);
    let seen = |seen| Seen {
        seen,
        dry_run: true,
    };
    same!(acknowledge "a/b", seen(true));
    same!(acknowledge "0a1b", seen(false));
    same!(health);
    same!(privileges);
    same!(roles None::<&str>);
    same!(roles Some("a/b ü?"));
    same!(put_role "a/b", NewRole {
        name: "ü?".into(),
        privileges: vec!["DEVELOPER".into()],
        dry_run: true,
    });
    same!(remove_role "a/b", "c d/?", false);
    same!(remove_role "0", "x", true);
    same!(grant_role "0", Grant {
        role: "x".into(),
        group: "y/z".into(),
        given: false,
        dry_run: true,
    });
    same!(role_rules Some("0"));
    same!(set_role_rule "a&b", SetRule {
        group: "y".into(),
        role: "x".into(),
        given: true,
        dry_run: false,
    });
    same!(access "a/b", "ada@example.com/?ü");
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
    let daemon = Daemon::start(Scripted::default());
    let error = daemon
        .remote()
        .revoke_token(&TokenId("tok_none".into()))
        .await;
    let expected = OpsError::new(Failure::NotFound, "no token has this name");
    assert_eq!(error.unwrap_err(), expected);
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
    });
    let followed = daemon.remote().follow(Some(7)).await.unwrap();
    let items: Vec<_> = timeout(LONG, followed.collect()).await.unwrap();
    assert_eq!(items, feed);
    assert_eq!(*daemon.ops.asked.lock().unwrap(), ["follow Some(7)"]);
}

#[tokio::test]
async fn items_arrive_as_they_happen_and_stopping_ends_the_feed() {
    let mut daemon = Daemon::start(Scripted {
        feed: vec![Ok(FeedItem::Skipped(1))],
        endless: true,
        ..Scripted::default()
    });
    let remote = daemon.remote();
    let mut feed = remote.follow(None).await.unwrap();
    let first = timeout(LONG, feed.next()).await.unwrap();
    assert_eq!(first, Some(Ok(FeedItem::Skipped(1))));
    daemon.stop.send(true).unwrap();
    assert_eq!(timeout(LONG, feed.next()).await.unwrap(), None);
    timeout(LONG, daemon.serving.join_next()).await.unwrap();
    assert!(!daemon.path.exists());
    let error = remote.status().await.unwrap_err();
    assert_eq!(error.failure, Failure::Unreachable);
}

#[tokio::test]
async fn a_daemon_that_dies_breaks_the_feed() {
    let mut daemon = Daemon::start(Scripted {
        endless: true,
        ..Scripted::default()
    });
    let mut feed = daemon.remote().follow(None).await.unwrap();
    daemon.serving.shutdown().await;
    let broken = timeout(LONG, feed.next()).await.unwrap().unwrap();
    assert_eq!(broken.unwrap_err().failure, Failure::Unreachable);
    assert!(timeout(LONG, feed.next()).await.unwrap().is_none());
}

#[tokio::test]
async fn what_is_not_understood_is_a_problem() {
    let (_stop, stopping) = watch::channel(false);
    let session = Session {
        ops: Arc::new(Scripted::default()),
        stop: stopping,
    };
    for (method, path, body, status) in [
        ("GET", "/api/v1/nothing", "", 404),
        ("GET", "/", "", 404),
        ("DELETE", "/api/v1/orgs", "", 405),
        ("GET", "/api/v1/exchanges?before=x", "", 400),
        ("GET", "/api/v1/events?kind=secret", "", 400),
        ("POST", "/api/v1/orgs", "{\"name\": 7}", 400),
        ("POST", "/api/v1/tokens", "", 400),
        ("POST", "/api/v1/tokens/tok_none/revoke", "", 404),
    ] {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .body(Body::from(body))
            .unwrap();
        let response = respond(routes::router(), Some(session.clone()), request).await;
        let response = response.unwrap();
        assert_eq!(response.status(), status, "{method} {path}");
        assert_eq!(
            response.headers()["content-type"],
            "application/problem+json"
        );
        let body = response.into_body().collect().await.unwrap().to_bytes();
        let problem: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(problem["status"], status);
        assert!(!problem["detail"].as_str().unwrap().contains("secret"));
    }
}

#[tokio::test]
async fn other_users_are_denied() {
    assert!(may_operate(0, 1000) && may_operate(1000, 1000));
    assert!(!may_operate(1001, 1000) && !may_operate(1000, 0));
    let request = Request::get("/api/v1/status").body(Body::empty()).unwrap();
    let response = respond(routes::router(), None, request).await.unwrap();
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
    assert_eq!(
        response.headers()["content-type"],
        "application/problem+json"
    );
}
