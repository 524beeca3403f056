//! The guard: what passes, what is stopped, and what operators do about it.

use serde_json::json;
use tokio::task::JoinSet;

use crate::model::deletion::DeletionState;
use crate::model::event::EventKind;
use crate::model::guard::{GuardAction, GuardSettings, GuardStatus, Verdict};
use crate::model::org::RemovalPolicy;
use crate::ops::api::removals::{Decision, NewAllowance};
use crate::ops::api::{DeletionQuery, EventQuery, Events as _, Failure, Removals as _};
use crate::ops::provision::request::{Method, Target};
use crate::ops::testing::Site;

fn with(action: GuardAction) -> GuardSettings {
    GuardSettings {
        action,
        ..GuardSettings::default()
    }
}

/// A site whose users are no test of a connection any more; few enough that 10 may go an hour.
async fn old(settings: GuardSettings, users: usize) -> (Site, Vec<String>) {
    let site = Site::guarded(settings, RemovalPolicy::Delete).await;
    let users = site.users("user", users).await;
    site.wait(11);
    (site, users)
}

async fn guard(site: &Site) -> GuardStatus {
    site.ops().guard(None).await.unwrap().remove(0)
}

/// How many records are in each of the states: deleted, held, restored.
async fn states(site: &Site) -> [usize; 3] {
    let query = DeletionQuery {
        limit: 10_000,
        ..DeletionQuery::default()
    };
    let all = site.ops().deletions(query).await.unwrap();
    [
        DeletionState::Deleted,
        DeletionState::Held,
        DeletionState::Restored,
    ]
    .map(|state| all.iter().filter(|one| one.state == state).count())
}

fn decision(verdict: Verdict) -> Decision {
    Decision {
        verdict,
        only: Vec::new(),
        dry_run: false,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_200_removals_at_once_exactly_the_threshold_passes() {
    let (site, users) = old(GuardSettings::default(), 400).await;
    let site = std::sync::Arc::new(site);
    let mut sent = JoinSet::new();
    for user in &users[..200] {
        let (site, user) = (site.clone(), user.clone());
        sent.spawn(async move { site.delete(&user).await.status });
    }
    while let Some(status) = sent.join_next().await {
        // The identity provider sees nothing of it.
        assert_eq!(status.unwrap(), 204);
    }
    assert_eq!(states(&site).await, [10, 190, 0]);
    let status = guard(&site).await;
    let batch = status.open.unwrap();
    assert_eq!((batch.removals, batch.frozen), (190, 190));
    assert_eq!(batch.why, "11 accounts within 1 hour, 10 are let through");
    for user in &users[..200] {
        assert_eq!(site.get(user).await.status, 404);
    }
    assert_eq!(site.get(&users[200]).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn windows_slide_and_survive_a_restart() {
    let (mut site, users) = old(GuardSettings::default(), 100).await;
    let mut users = users.into_iter();
    let mut remove = |count: usize| users.by_ref().take(count).collect::<Vec<_>>();
    // 10 an hour pass, again and again, until the 24 hours are full with 25.
    for (minutes, count, frozen) in [(0, 10, 0), (61, 10, 0), (61, 5, 0), (61, 1, 1)] {
        site.wait(minutes);
        site = site.reopen().await;
        for user in remove(count) {
            assert_eq!(site.delete(&user).await.status, 204);
        }
        let status = guard(&site).await;
        assert_eq!(status.open.map_or(0, |batch| batch.frozen), frozen);
    }
    let batch = guard(&site).await.open.unwrap();
    assert_eq!(batch.why, "26 accounts within 24 hours, 25 are let through");
    // It stays open, whatever the time, until an operator closes it; then counting begins anew.
    site.wait(3 * 24 * 60);
    site = site.reopen().await;
    site.delete(&remove(1)[0]).await;
    assert_eq!(guard(&site).await.open.unwrap().frozen, 2);
    let ops = site.ops();
    let decided = ops.decide("0", decision(Verdict::Approve)).await.unwrap();
    assert_eq!((decided.done, decided.batch.frozen), (2, 0));
    assert_eq!(decided.batch.by.as_deref(), Some("root"));
    for user in remove(10) {
        site.delete(&user).await;
    }
    let status = guard(&site).await;
    assert_eq!((status.open, status.hour.count), (None, 10));
    site.delete(&remove(1)[0]).await;
    assert!(guard(&site).await.open.is_some());
    let closed = ops.decide("0", decision(Verdict::Restore)).await.unwrap();
    assert_eq!(closed.done, 1);
    let again = ops.decide("0", decision(Verdict::Restore)).await;
    assert_eq!(again.unwrap_err().failure, Failure::Conflict);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_rejected_does_not_happen_and_what_is_alerted_does() {
    for (action, status, deleted) in [
        (GuardAction::Reject, 503, 10),
        (GuardAction::Alert, 204, 13),
    ] {
        let (site, users) = old(with(action), 20).await;
        for (number, user) in users.iter().enumerate().take(13) {
            let read = site.delete(user).await;
            let expected = if number < 10 { 204 } else { status };
            assert_eq!(read.status, expected, "{action:?} {number}: {}", read.body);
            let there = if expected == 503 { 200 } else { 404 };
            assert_eq!(site.get(user).await.status, there);
        }
        assert_eq!(states(&site).await, [deleted, 0, 0], "{action:?}");
        let batch = guard(&site).await.open.unwrap();
        assert_eq!((batch.removals, batch.frozen), (3, 0));
        // Disabling is a removal too.
        assert_eq!(
            site.disable(&users[15]).await.status,
            if status == 503 { 503 } else { 200 }
        );
        site.ops()
            .decide("0", decision(Verdict::Approve))
            .await
            .unwrap();
        assert_eq!(site.delete(&users[16]).await.status, 204);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn announced_removals_pass_and_do_not_count() {
    let (site, users) = old(GuardSettings::default(), 40).await;
    let ops = site.ops();
    let announce = |count, reason: &str| NewAllowance {
        count,
        seconds: 3_600,
        reason: reason.to_owned(),
        dry_run: false,
    };
    for wrong in [
        announce(0, "x"),
        announce(1, " "),
        announce(1, &"x".repeat(201)),
    ] {
        let refused = ops.allow("0", wrong).await.unwrap_err();
        assert_eq!(refused.failure, Failure::Invalid);
    }
    let mut rehearsal = announce(15, "a move");
    rehearsal.dry_run = true;
    assert_eq!(
        ops.allow("0", rehearsal)
            .await
            .unwrap()
            .allowance
            .unwrap()
            .left,
        15
    );
    assert_eq!(guard(&site).await.allowance, None);
    ops.allow("0", announce(15, "a move")).await.unwrap();
    for user in &users[..15] {
        site.delete(user).await;
    }
    let status = guard(&site).await;
    assert_eq!(
        (status.hour.count, status.allowance, status.open),
        (0, None, None)
    );
    for user in &users[15..25] {
        site.delete(user).await;
    }
    assert_eq!(guard(&site).await.open, None);
    // One that was announced too late or whose time is over helps nobody.
    ops.allow("0", announce(5, "more")).await.unwrap();
    site.wait(61);
    for user in &users[25..35] {
        site.delete(user).await;
    }
    assert_eq!(guard(&site).await.hour.count, 10);
    site.delete(&users[35]).await;
    assert_eq!(guard(&site).await.open.unwrap().frozen, 1);
    let late = ops.allow("0", announce(5, "late")).await.unwrap_err();
    assert_eq!(late.failure, Failure::Conflict);
}

#[tokio::test(flavor = "multi_thread")]
async fn tests_of_a_connection_and_loops_do_not_open_it() {
    let site = Site::guarded(GuardSettings::default(), RemovalPolicy::Delete).await;
    for _ in 0..30 {
        let id = site.user("probe").await;
        assert_eq!(site.disable(&id).await.status, 200);
    }
    assert_eq!(guard(&site).await.hour.count, 0);
    // An account that flaps counts once, however often it goes.
    for _ in 0..30 {
        let id = site.user("flapping").await;
        site.wait(11);
        site.delete(&id).await;
    }
    let status = guard(&site).await;
    assert_eq!((status.day.count, status.open), (1, None));
    // Groups are no accounts.
    for number in 0..30 {
        let id = site.group(&number.to_string(), &[]).await;
        let target = Target::Group(id);
        assert_eq!(
            site.ask(Method::Delete, target, json!(null)).await.status,
            204
        );
    }
    assert_eq!(guard(&site).await.open, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn chosen_accounts_come_back_and_the_others_wait() {
    let (site, users) = old(GuardSettings::default(), 20).await;
    for user in &users[..14] {
        site.delete(user).await;
    }
    let ops = site.ops();
    let query = DeletionQuery {
        state: Some(DeletionState::Held),
        ..DeletionQuery::default()
    };
    let frozen = ops.deletions(query).await.unwrap();
    assert_eq!(frozen.len(), 4);
    assert!(frozen.iter().all(|one| one.until.is_none()));
    let chosen = |seqs: &[u64], dry_run| Decision {
        verdict: Verdict::Restore,
        only: seqs.to_vec(),
        dry_run,
    };
    let would = ops
        .decide("0", chosen(&[frozen[0].seq], true))
        .await
        .unwrap();
    assert_eq!((would.done, would.batch.frozen), (1, 4));
    assert_eq!(states(&site).await, [10, 4, 0]);
    let done = ops
        .decide("0", chosen(&[frozen[0].seq], false))
        .await
        .unwrap();
    assert_eq!((done.done, done.batch.frozen), (1, 3));
    assert_eq!(site.get(&frozen[0].user.to_string()).await.status, 200);
    // Another number than those of the batch is refused as a whole.
    let wrong = ops.decide("0", chosen(&[frozen[1].seq, 1], false)).await;
    assert_eq!(wrong.unwrap_err().failure, Failure::NotFound);
    // A name that is taken meanwhile is in the way of its former owner, not of the others, and
    // nothing is lost: that one is held like under the policy `hold`.
    let body =
        json!({ "schemas": [crate::scim::builtin::USER_URN], "userName": frozen[1].user_name });
    assert_eq!(
        site.ask(Method::Post, Target::Users, body).await.status,
        201
    );
    let done = ops.decide("0", decision(Verdict::Restore)).await.unwrap();
    assert_eq!(
        (done.done, done.left.len(), done.left[0].seq),
        (2, 1, frozen[1].seq)
    );
    assert_eq!(states(&site).await, [10, 1, 3]);
    let kept = ops.deletion(frozen[1].seq).await.unwrap().deletion;
    let days = kept.until.unwrap().since(site.clock.now()).as_secs() / 86_400;
    assert_eq!((days, guard(&site).await.open), (30, None));
    let events = ops.events(EventQuery::default()).await.unwrap();
    let closed: Vec<_> = events
        .iter()
        .filter(|event| event.kind == EventKind::GuardClosed)
        .collect();
    assert_eq!(closed.len(), 1);
    assert_eq!(closed[0].detail["verdict"], "restore");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_verdict_that_was_interrupted_is_carried_out_after_the_restart() {
    let (site, users) = old(GuardSettings::default(), 30).await;
    for user in &users[..25] {
        site.delete(user).await;
    }
    // As if the daemon had died right after the operator's word was written down.
    let batch = guard(&site).await.open.unwrap().id;
    let (org, now) = (site.org.id, site.clock.now());
    let closed = site
        .house
        .store
        .write(move |tx| tx.close_guard(org, batch, Verdict::Restore, "root", now));
    closed.await.unwrap();
    let site = site.reopen().await;
    assert_eq!(states(&site).await, [10, 15, 0]);
    site.settle().await;
    assert_eq!(states(&site).await, [10, 0, 15]);
    for user in &users[10..25] {
        assert_eq!(site.get(user).await.status, 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_guard_everything_passes() {
    let (site, users) = old(
        GuardSettings {
            enabled: false,
            ..GuardSettings::default()
        },
        50,
    )
    .await;
    for user in &users {
        assert_eq!(site.delete(user).await.status, 204);
    }
    assert_eq!(states(&site).await, [50, 0, 0]);
    assert_eq!(guard(&site).await.open, None);
}
