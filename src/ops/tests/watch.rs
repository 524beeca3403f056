//! Alerts and health from what really happened.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;

use crate::clock::Stopwatch;
use crate::ids::{RequestId, TokenId};
use crate::model::alert::{Quiet, Rule, Severity, State};
use crate::model::alert_settings::AlertSettings;
use crate::model::exchange::Operation;
use crate::model::guard::GuardSettings;
use crate::model::health::Health;
use crate::model::org::RemovalPolicy;
use crate::model::token::TokenKind;
use crate::ops::api::watch::{NewSilence, Seen};
use crate::ops::api::{Failure, NewToken, Ops as _, Watch as _};
use crate::ops::gateway::{Gateway as _, Observed};
use crate::ops::provision::request::Record;
use crate::ops::testing::Site;
use crate::scim::quirk::Quirks;

/// A request with that credential is refused or not, and recorded.
async fn knock(site: &Site, secret: &str) -> u16 {
    let header = format!("Bearer {secret}");
    let answered = site.house.authenticate(Some(&header), None);
    let status = if answered.is_ok() { 200 } else { 401 };
    site.house.record(Observed {
        caller: answered.as_ref().ok().cloned(),
        refused: answered.err(),
        ..request(site, status)
    });
    // What is stored is told to the watcher a moment later.
    let house = std::sync::Arc::clone(&site.house);
    let told = tokio::task::spawn_blocking(move || house.settle_record());
    told.await.unwrap();
    status
}

/// A request of nobody, answered with `status`.
pub(super) fn request(site: &Site, status: u16) -> Observed {
    Observed {
        request: RequestId::new(),
        at: site.clock.now(),
        source: SocketAddr::from(([10, 0, 0, 7], 9)),
        method: "GET".to_owned(),
        path: "/scim/v2/Users".to_owned(),
        query: String::new(),
        status,
        latency: Duration::from_millis(2),
        caller: None,
        refused: None,
        request_headers: vec![("user-agent".to_owned(), "Okta SCIM Client 1.0.0".to_owned())],
        request_body: Bytes::default(),
        response_headers: Vec::new(),
        response_body: Bytes::default(),
        response_bytes: 0,
        record: Record {
            operation: Operation::Query,
            subject: String::new(),
            what: String::new(),
            changes: Value::Null,
            quirks: Quirks::default(),
            scim_type: None,
            detail: None,
        },
    }
}

async fn token(site: &Site, label: &str) -> (TokenId, String) {
    let new = NewToken {
        org: "0".to_owned(),
        kind: TokenKind::Scim,
        role: None,
        label: label.to_owned(),
        expires: None,
    };
    let issued = site.ops().create_token(new).await.unwrap();
    (issued.token.id, issued.secret)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_client_that_does_not_name_itself_is_known_by_its_token() {
    let site = Site::new().await;
    let (id, secret) = token(&site, "okta").await;
    assert_eq!(knock(&site, &secret).await, 200);
    site.ops().revoke_token(&id).await.unwrap();
    let refused = site
        .house
        .authenticate(Some(&format!("Bearer {secret}")), None);
    site.house.record(Observed {
        refused: refused.err(),
        request_headers: Vec::new(),
        ..request(&site, 401)
    });
    site.house.settle_record();
    let alerts = site.ops().alerts().await.unwrap();
    assert!(
        alerts[0].why.ends_with("and okta still uses it"),
        "{alerts:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_token_in_use_is_told_once_and_until_another_is_used() {
    let site = Site::new().await;
    let ops = site.ops();
    let (old, secret) = token(&site, "okta").await;
    assert_eq!(knock(&site, &secret).await, 200);
    assert!(ops.alerts().await.unwrap().is_empty());
    ops.revoke_token(&old).await.unwrap();
    for _ in 0..3 {
        site.wait(1);
        assert_eq!(knock(&site, &secret).await, 401);
    }
    let alerts = ops.alerts().await.unwrap();
    assert_eq!(alerts.len(), 1);
    let alert = &alerts[0];
    assert_eq!((alert.rule, alert.count), (Rule::RevokedTokenInUse, 3));
    assert_eq!(
        (alert.token.as_ref(), alert.evidence.len()),
        (Some(&old), 3)
    );
    assert!(!format!("{alert:?}").contains(&secret));
    // The same after a restart, from what was recorded; and everybody sees who has seen it.
    let seen = |seen| Seen {
        seen,
        dry_run: false,
    };
    let rehearsal = Seen {
        seen: true,
        dry_run: true,
    };
    ops.acknowledge(&alert.fingerprint, rehearsal)
        .await
        .unwrap();
    assert_eq!(ops.alerts().await.unwrap()[0].acknowledged, None);
    ops.acknowledge(&alert.fingerprint, seen(true))
        .await
        .unwrap();
    let fingerprint = alert.fingerprint.clone();
    drop(ops);
    let site = site.reopen().await;
    let ops = site.ops();
    let again = ops.alerts().await.unwrap();
    assert_eq!((again.len(), again[0].count), (1, 3));
    assert_eq!(again[0].acknowledged.as_ref().unwrap().by, "root");
    site.wait(116);
    assert!(ops.alerts().await.unwrap()[0].acknowledged.is_some());
    // Two hours without a success: it is worse than what was seen.
    site.wait(1);
    let worse = &ops.alerts().await.unwrap()[0];
    assert_eq!(worse.severity, Severity::Critical);
    assert!(worse.acknowledged.is_none());
    ops.acknowledge(&fingerprint, seen(true)).await.unwrap();
    ops.acknowledge(&fingerprint, seen(false)).await.unwrap();
    assert!(ops.alerts().await.unwrap()[0].acknowledged.is_none());
    // A new token of the same name is used: it is over, and stays until somebody has seen that.
    let (_, secret) = token(&site, "okta").await;
    assert_eq!(knock(&site, &secret).await, 200);
    let over = ops.alerts().await.unwrap();
    assert_eq!((over.len(), over[0].state), (1, State::Ok));
    ops.acknowledge(&fingerprint, seen(true)).await.unwrap();
    assert!(ops.alerts().await.unwrap().is_empty());
    let gone = ops.acknowledge(&fingerprint, seen(true)).await;
    assert_eq!(gone.unwrap_err().failure, Failure::NotFound);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_burst_of_refusals_and_an_open_guard_are_told() {
    let site = Site::guarded(GuardSettings::default(), RemovalPolicy::Hold).await;
    let users = site.users("user", 20).await;
    site.wait(11);
    for _ in 0..19 {
        knock(&site, "nonsense").await;
    }
    assert!(site.ops().alerts().await.unwrap().is_empty());
    knock(&site, "nonsense").await;
    for user in &users[..11] {
        site.delete(user).await;
    }
    let alerts = site.ops().alerts().await.unwrap();
    let told: Vec<_> = alerts
        .iter()
        .map(|alert| (alert.rule, alert.severity))
        .collect();
    assert_eq!(
        told,
        [
            (Rule::GuardOpen, Severity::Critical),
            (Rule::RefusalBurst, Severity::Warning)
        ]
    );
    assert_eq!(alerts[1].evidence, [20, 19, 18, 17, 16]);
    for (alert, refused) in [(&alerts[0], true), (&alerts[1], false)] {
        let named = NewSilence {
            rule: None,
            org: None,
            fingerprint: Some(alert.fingerprint.clone()),
            dry_run: true,
            ..silence()
        };
        assert_eq!(site.ops().silence(named).await.is_err(), refused);
    }
    // It recovers, and five minutes later it is over.
    site.wait(2);
    let recovering = &site.ops().alerts().await.unwrap()[1];
    assert_eq!(recovering.state, State::Recovering);
    site.wait(5);
    assert_eq!(site.ops().alerts().await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn health_counts_what_is_recorded_within_a_quarter_of_an_hour() {
    let site = Site::new().await;
    let (id, secret) = token(&site, "okta").await;
    for minutes in [0, 1, 0, 20] {
        site.wait(minutes);
        knock(&site, &secret).await;
        knock(&site, "nonsense").await;
    }
    // What is stored is counted a moment later.
    let started = Stopwatch::start();
    let mut health = site.ops().health().await.unwrap();
    while health.minutes.last().unwrap().client_errors == 0 {
        assert!(started.elapsed() < Duration::from_secs(20));
        health = site.ops().health().await.unwrap();
    }
    assert_eq!(health.minutes.len(), 15);
    let last = health.minutes.last().unwrap();
    assert_eq!((last.ok, last.client_errors, last.server_errors), (1, 1, 0));
    assert_eq!(
        health.minutes.iter().map(|minute| minute.ok).sum::<u64>(),
        1
    );
    assert_eq!(health.reads.count, 2);
    assert!(
        (1_900..2_100).contains(&health.reads.p99_us),
        "{:?}",
        health.reads
    );
    let okta = health
        .clients
        .iter()
        .find(|client| client.token.as_ref() == Some(&id))
        .unwrap();
    assert_eq!((okta.requests, okta.errors, okta.recent), (4, 0, 1));
    assert_eq!(okta.label.as_deref(), Some("okta"));
    assert!(health.storage.directory_bytes > 0 && health.storage.exchanges == 8);
    assert!(health.storage.disk_free_bytes <= health.storage.disk_bytes);
    // The same is counted again after a restart.
    let site = site.reopen().await;
    assert_eq!(site.ops().health().await.unwrap().minutes, health.minutes);
}

fn silence() -> NewSilence {
    NewSilence {
        rule: Some("a2".to_owned()),
        org: Some("Primary".to_owned()),
        subject: None,
        fingerprint: None,
        seconds: 3_600,
        reason: "planned".to_owned(),
        dry_run: false,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_are_stored_once_numbered_and_survive_a_restart() {
    let site = Site::new().await;
    let (old, secret) = token(&site, "okta").await;
    assert_eq!(knock(&site, &secret).await, 200);
    site.ops().revoke_token(&old).await.unwrap();
    site.wait(1);
    assert_eq!(knock(&site, &secret).await, 401);
    let watch = |house: std::sync::Arc<crate::ops::house::House>| async move {
        tokio::task::spawn_blocking(move || house.watch())
            .await
            .unwrap()
            .unwrap();
    };
    let news = site.house.alert_news();
    watch(site.house.clone()).await;
    watch(site.house.clone()).await;
    let changes = site.house.alert_changes(0, 9).unwrap();
    assert_eq!((changes.len(), *news.borrow()), (1, changes[0].seq));
    let told = &changes[0];
    assert_eq!(
        (told.rule.id(), told.state, told.quiet),
        ("A2", State::Firing, None)
    );
    assert!(!told.evidence.is_empty() && !told.steps[0].is_empty());
    let last = told.seq;
    drop(news);
    let site = site.reopen().await;
    watch(site.house.clone()).await;
    assert!(site.house.alert_changes(last, 9).unwrap().is_empty());
    assert_eq!(*site.house.alert_news().borrow(), last);
    site.wait(1);
    let (_, secret) = token(&site, "okta").await;
    assert_eq!(knock(&site, &secret).await, 200);
    watch(site.house.clone()).await;
    let over = site.house.alert_changes(last, 9).unwrap();
    assert_eq!((over.len(), over[0].state), (1, State::Ok));
}

#[tokio::test(flavor = "multi_thread")]
async fn silences_have_an_end_a_reason_and_something_they_cover() {
    let site = Site::new().await;
    let ops = site.ops();
    for wrong in [
        NewSilence {
            seconds: 30 * 86_400 + 1,
            ..silence()
        },
        NewSilence {
            seconds: 0,
            ..silence()
        },
        NewSilence {
            reason: " ".to_owned(),
            ..silence()
        },
        NewSilence {
            rule: Some("D1".to_owned()),
            ..silence()
        },
        NewSilence {
            rule: Some("Z9".to_owned()),
            ..silence()
        },
        NewSilence {
            rule: None,
            org: None,
            ..silence()
        },
    ] {
        let refused = ops.silence(wrong.clone()).await.unwrap_err();
        assert_eq!(refused.failure, Failure::Invalid, "{wrong:?}");
    }
    let rehearsed = NewSilence {
        dry_run: true,
        ..silence()
    };
    ops.silence(rehearsed).await.unwrap();
    assert!(ops.silences().await.unwrap().is_empty());
    let (old, secret) = token(&site, "okta").await;
    ops.revoke_token(&old).await.unwrap();
    site.wait(1);
    assert_eq!(knock(&site, &secret).await, 401);
    assert_eq!(ops.alerts().await.unwrap()[0].quiet, None);
    let made = ops.silence(silence()).await.unwrap();
    assert_eq!(ops.silences().await.unwrap(), std::slice::from_ref(&made));
    assert_eq!(ops.alerts().await.unwrap()[0].quiet, Some(Quiet::Silenced));
    ops.unsilence(made.id, false).await.unwrap();
    assert_eq!(ops.alerts().await.unwrap()[0].quiet, None);
    let gone = ops.unsilence(made.id, false).await.unwrap_err();
    assert_eq!(gone.failure, Failure::NotFound);
    let again = ops.silence(silence()).await.unwrap();
    assert_ne!(again.id, made.id);
    site.wait(61);
    assert!(ops.silences().await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_of_the_directory_reach_the_rules() {
    let site = Site::new().await;
    let users = site.users("user", 1).await;
    for _ in 0..3 {
        let alerts = site.ops().alerts().await.unwrap();
        assert!(!alerts.iter().any(|alert| alert.rule == Rule::UserFlapping));
        for user in site.users("again", 1).await {
            site.delete(&user).await;
        }
    }
    let alerts = site.ops().alerts().await.unwrap();
    let flapping: Vec<_> = alerts
        .iter()
        .filter(|alert| alert.rule == Rule::UserFlapping)
        .collect();
    assert_eq!(flapping.len(), 1, "{alerts:?} {users:?}");
    assert!(
        flapping[0].subject.starts_with("again"),
        "{}",
        flapping[0].subject
    );
}

fn looked(site: &Site) -> impl Future<Output = ()> {
    let house = site.house.clone();
    async move {
        let looking = tokio::task::spawn_blocking(move || house.watch());
        looking.await.unwrap().unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rhythm_survives_a_restart_and_the_time_between_does_not_count() {
    let site = Site::new().await;
    let (_, secret) = token(&site, "entra").await;
    for _ in 0..=9 * 14 {
        assert_eq!(knock(&site, &secret).await, 200);
        looked(&site).await;
        site.wait(160);
    }
    assert!(site.ops().alerts().await.unwrap().is_empty());
    let site = site.reopen().await;
    site.wait(60);
    looked(&site).await;
    assert!(site.ops().alerts().await.unwrap().is_empty());
    site.wait(5 * 60);
    let silent = site.ops().alerts().await.unwrap();
    assert_eq!(silent.len(), 1);
    assert_eq!(
        (silent[0].rule, silent[0].severity),
        (Rule::Silence, Severity::Critical)
    );
    assert_eq!(knock(&site, &secret).await, 200);
    let over = site.ops().alerts().await.unwrap();
    assert_eq!((over.len(), over[0].state), (1, State::Ok));
}

#[tokio::test(flavor = "multi_thread")]
async fn other_thresholds_hold_at_once_and_nothing_counts_twice() {
    let site = Site::new().await;
    for _ in 0..5 {
        knock(&site, "nonsense").await;
    }
    assert!(site.ops().alerts().await.unwrap().is_empty());
    let burst = |minute| {
        let mut settings = AlertSettings::default();
        settings.refusal_burst.minute = minute;
        settings
    };
    site.house.set_alerts(&burst(5));
    let told = site.ops().alerts().await.unwrap();
    assert_eq!((told.len(), told[0].count), (1, 5));
    let counted = |health: &Health| {
        health
            .minutes
            .iter()
            .map(|of| of.client_errors)
            .sum::<u64>()
    };
    assert_eq!(counted(&site.ops().health().await.unwrap()), 5);
    knock(&site, "nonsense").await;
    assert_eq!(site.ops().alerts().await.unwrap()[0].count, 6);
    assert_eq!(counted(&site.ops().health().await.unwrap()), 6);
    site.house.set_alerts(&burst(7));
    assert_eq!(
        site.ops().alerts().await.unwrap()[0].state,
        State::Recovering
    );
}
