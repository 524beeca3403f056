//! Holds: what is kept inside, how it comes back, and when it ends.

use serde_json::{Map, Value, json};

use crate::model::content::Content;
use crate::model::deletion::{Deletion, DeletionState};
use crate::model::guard::{GuardSettings, Verdict};
use crate::model::org::RemovalPolicy;
use crate::ops::api::content::{ContentQuery, Register};
use crate::ops::api::removals::{Decision, Selected};
use crate::ops::api::roles::{Grant, NewRole};
use crate::ops::api::{
    Contents as _, DeletionQuery, Failure, Ops as _, OrgChange, Removals as _, Roles as _,
};
use crate::ops::provision::request::{Method, Target};
use crate::ops::testing::Site;
use crate::scim::builtin::{GROUP_URN, USER_URN};

use super::item;

const ALL: usize = 2_000;
const LOST: usize = 400;

/// How an identity provider takes an account away.
#[derive(Clone, Copy, Debug)]
enum How {
    EntraPatch,
    EntraDelete,
    OktaPut,
}

async fn take(site: &Site, how: How, id: &str) {
    let read = match how {
        How::EntraPatch => site.disable(id).await,
        How::EntraDelete => site.delete(id).await,
        How::OktaPut => {
            let mut body = site.get(id).await.body;
            body["active"] = false.into();
            site.ask(Method::Put, Target::User(id.to_owned()), body)
                .await
        }
    };
    let expected = if matches!(how, How::EntraDelete) {
        204
    } else {
        200
    };
    assert_eq!(read.status, expected, "{how:?} {}", read.body);
    if expected == 200 {
        assert_eq!(
            (&read.body["id"], &read.body["active"]),
            (&json!(id), &json!(false))
        );
    }
    assert_eq!(site.get(id).await.status, 404);
}

/// Every item, as the application registered it.
async fn content(site: &Site) -> Vec<Content> {
    let (ops, mut all, mut after) = (site.ops(), Vec::new(), None);
    loop {
        let query = ContentQuery {
            after,
            limit: 1_000,
            ..ContentQuery::default()
        };
        let page = ops.content("0", query).await.unwrap();
        all.extend(page.items);
        after = page.next;
        if after.is_none() {
            return all;
        }
    }
}

async fn held(site: &Site) -> Vec<Deletion> {
    let query = DeletionQuery {
        state: Some(DeletionState::Held),
        limit: 10_000,
        ..DeletionQuery::default()
    };
    site.ops().deletions(query).await.unwrap()
}

/// Half the users in one group, a third in another that is in a third, which has a role; content
/// of everybody.
async fn company(policy: RemovalPolicy) -> (Site, Vec<String>) {
    let site = Site::guarded(GuardSettings::default(), policy).await;
    let users = site.users("user", ALL).await;
    let every = |step| {
        users
            .iter()
            .step_by(step)
            .map(String::as_str)
            .collect::<Vec<_>>()
    };
    site.group("Half", &every(2)).await;
    let third = site.group("Third", &every(3)).await;
    let outer = site.group("Outer", &[&third]).await;
    let ops = site.ops();
    let role = NewRole {
        name: "Analyst".to_owned(),
        privileges: vec!["DATADOWNLOADING".to_owned()],
        dry_run: false,
    };
    ops.put_role("0", role).await.unwrap();
    let grant = Grant {
        role: "Analyst".to_owned(),
        group: outer,
        given: true,
        dry_run: false,
    };
    ops.grant_role("0", grant).await.unwrap();
    let items = users.iter().enumerate().map(|(at, user)| {
        let kind = ["liveboard", "answer", "schedule"][at % 3];
        item(kind, &at.to_string(), user, &["user-7"])
    });
    let items = Register {
        items: items.collect(),
        dry_run: false,
    };
    ops.register("0", items).await.unwrap();
    site.wait(60);
    (site, users)
}

type State = (Map<String, Value>, Vec<Content>);

async fn state(site: &Site) -> State {
    (site.dump().await, content(site).await)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fifth_of_all_is_lost_by_a_scoping_change_and_restored_as_it_was() {
    for how in [How::EntraPatch, How::EntraDelete, How::OktaPut] {
        let (site, users) = company(RemovalPolicy::Hold).await;
        let before = state(&site).await;
        for user in &users[..LOST] {
            take(&site, how, user).await;
        }
        let lost = site.dump().await;
        assert_eq!(lost.len(), before.0.len() - LOST);
        assert_eq!(content(&site).await, before.1, "no content moves");
        let ops = site.ops();
        let batch = ops.guard(None).await.unwrap().remove(0).open.unwrap();
        assert_eq!(batch.frozen, 360, "{how:?}: {}", batch.why);
        // The batch, and those that the guard had let through but the policy holds.
        let decision = Decision {
            verdict: Verdict::Restore,
            only: Vec::new(),
            dry_run: false,
        };
        assert_eq!(ops.decide("0", decision).await.unwrap().done, 360);
        let rest = Selected {
            deletions: held(&site).await.iter().map(|one| one.seq).collect(),
            dry_run: false,
        };
        let restored = ops.restore(rest).await.unwrap();
        assert_eq!((restored.restored.len(), restored.left.len()), (40, 0));
        let (users_after, content_after) = state(&site).await;
        for (id, resource) in &before.0 {
            assert_eq!(users_after.get(id), Some(resource), "{how:?}");
        }
        assert_eq!(
            (users_after.len(), content_after),
            (before.0.len(), before.1)
        );
        let report = ops.verify_events().await.unwrap();
        assert!(report.faults.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn under_delete_what_the_guard_froze_comes_back_as_it_was() {
    let (site, users) = company(RemovalPolicy::Delete).await;
    let before = state(&site).await;
    for user in &users[..LOST] {
        take(&site, How::EntraDelete, user).await;
    }
    let decision = Decision {
        verdict: Verdict::Restore,
        only: Vec::new(),
        dry_run: false,
    };
    let decided = site.ops().decide("0", decision).await.unwrap();
    assert_eq!((decided.done, decided.left.len()), (360, 0));
    let (after, content) = state(&site).await;
    assert_eq!(after.len(), before.0.len() - 40);
    for user in &users[40..] {
        assert_eq!(after[user], before.0[user]);
    }
    // Nothing is lost of those who are gone either: it is with the heir.
    assert_eq!(content.len(), before.1.len());
    let moved = content
        .iter()
        .filter(|item| item.owner.user_name == "tsadmin");
    assert_eq!(moved.count(), 40);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_written_to_a_group_meanwhile_wins() {
    let site = Site::guarded(GuardSettings::default(), RemovalPolicy::Hold).await;
    let ada = site.user("ada").await;
    let mut groups = Vec::new();
    for name in ["kept", "removed", "replaced", "deleted", "cleared"] {
        groups.push(site.group(name, &[&ada]).await);
    }
    let joined = site.group("joined", &[]).await;
    take(&site, How::EntraDelete, &ada).await;
    let target = |at: usize| Target::Group(groups[at].clone());
    let path = format!("members[value eq \"{ada}\"]");
    site.patch(target(1), json!({ "op": "remove", "path": path }))
        .await;
    let body = json!({ "schemas": [GROUP_URN], "displayName": "replaced", "members": [] });
    site.ask(Method::Put, target(2), body).await;
    site.ask(Method::Delete, target(3), Value::Null).await;
    site.patch(target(4), json!({ "op": "remove", "path": "members" }))
        .await;
    let add = site.add_member(&joined, &[&ada]).await;
    assert_eq!(add.status, 204);
    let seq = held(&site).await[0].seq;
    let which = Selected {
        deletions: vec![seq],
        dry_run: false,
    };
    let mut would = which.clone();
    would.dry_run = true;
    let rehearsed = site.ops().restore(would).await.unwrap();
    assert_eq!(site.get(&ada).await.status, 404);
    let restored = site.ops().restore(which.clone()).await.unwrap();
    assert_eq!(rehearsed, restored);
    let user = site.get(&ada).await.body;
    let mut names: Vec<_> = user["groups"].as_array().unwrap().iter().collect();
    names.sort_by_key(|group| group["display"].to_string());
    let names: Vec<_> = names.iter().map(|group| &group["display"]).collect();
    assert_eq!(names, ["joined", "kept"]);
    // It is not held any more.
    let again = site.ops().restore(which).await.unwrap();
    assert_eq!((again.restored.len(), again.left.len()), (0, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_external_id_brings_an_account_back_and_the_same_name_does_not() {
    let site = Site::guarded(GuardSettings::default(), RemovalPolicy::Hold).await;
    let ada = site.user("ada").await;
    let group = site.group("Engineers", &[&ada]).await;
    let order = Register {
        items: vec![item("answer", "1", &ada, &[])],
        dry_run: false,
    };
    site.ops().register("0", order).await.unwrap();
    take(&site, How::OktaPut, &ada).await;
    let named = json!({ "schemas": [USER_URN], "userName": "ada", "externalId": "other" });
    let other = site.ask(Method::Post, Target::Users, named).await;
    assert_eq!(other.status, 201);
    assert_ne!(other.body["id"], ada.as_str());
    assert!(other.body["groups"].as_array().is_none_or(Vec::is_empty));
    // The name is taken now; what comes back needs one of its own.
    let back = |name: &str| json!({ "schemas": [USER_URN], "userName": name, "externalId": "ada", "title": "Countess" });
    let refused = site.ask(Method::Post, Target::Users, back("ada")).await;
    assert_eq!(refused.status, 409);
    assert_eq!(held(&site).await.len(), 1);
    let returned = site.ask(Method::Post, Target::Users, back("ada.l")).await;
    assert_eq!((returned.status, &returned.body["id"]), (201, &json!(ada)));
    let read = site.get(&ada).await.body;
    assert_eq!(
        (&read["title"], &read["active"]),
        (&json!("Countess"), &json!(true))
    );
    assert_eq!(read["groups"][0]["value"], group.as_str());
    assert_eq!(content(&site).await[0].owner.user_name, "ada.l");
    let all = site
        .ops()
        .deletions(DeletionQuery::default())
        .await
        .unwrap();
    assert_eq!(all[0].state, DeletionState::Returned);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hold_ends_when_its_days_are_over() {
    let site = Site::guarded(GuardSettings::default(), RemovalPolicy::Hold).await;
    let (ada, eva) = (site.user("ada").await, site.user("eva").await);
    let items = Register {
        items: vec![
            item("answer", "1", &ada, &[]),
            item("answer", "2", &eva, &[]),
        ],
        dry_run: false,
    };
    let ops = site.ops();
    ops.register("0", items).await.unwrap();
    take(&site, How::EntraDelete, &ada).await;
    site.wait(24 * 60);
    let shorter = OrgChange {
        hold_days: Some(2),
        ..OrgChange::default()
    };
    let mut site = site;
    site.org = ops.change_org("0", shorter).await.unwrap();
    take(&site, How::EntraDelete, &eva).await;
    let owner = |items: &[Content]| {
        items
            .iter()
            .map(|item| item.owner.user_name.clone())
            .collect::<Vec<_>>()
    };
    // Each for the days that were set when it was held, to the millisecond.
    for (minutes, owners) in [
        (2 * 24 * 60 - 1, ["ada", "eva"]),
        (1, ["ada", "tsadmin"]),
        (27 * 24 * 60 - 1, ["ada", "tsadmin"]),
        (1, ["tsadmin", "tsadmin"]),
    ] {
        site.wait(minutes);
        site.settle().await;
        assert_eq!(owner(&content(&site).await), owners);
    }
    assert_eq!(held(&site).await.len(), 0);
    let all = ops.deletions(DeletionQuery::default()).await.unwrap();
    assert!(all.iter().all(|one| one.state == DeletionState::Deleted));
    assert_eq!(all[1].heir.as_ref().unwrap().user_name, "tsadmin");
    let late = Selected {
        deletions: vec![all[0].seq],
        dry_run: false,
    };
    assert_eq!(ops.restore(late).await.unwrap().left.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn purging_ends_a_hold_at_once_and_asks_no_living_account() {
    let site = Site::guarded(GuardSettings::default(), RemovalPolicy::Hold).await;
    let (ada, eva) = (site.user("ada").await, site.user("eva").await);
    take(&site, How::EntraDelete, &ada).await;
    take(&site, How::EntraDelete, &eva).await;
    let ops = site.ops();
    let records = held(&site).await;
    let of = |name: &str| {
        records
            .iter()
            .find(|one| one.user_name == name)
            .unwrap()
            .seq
    };
    let one = |seq, dry_run| Selected {
        deletions: vec![seq],
        dry_run,
    };
    ops.restore(one(of("eva"), false)).await.unwrap();
    let both = |dry_run| Selected {
        deletions: vec![of("ada"), of("eva")],
        dry_run,
    };
    for dry_run in [true, false] {
        let purged = ops.purge(both(dry_run)).await.unwrap();
        assert_eq!(
            (purged.deleted, purged.erased, purged.left.len()),
            (1, 1, 1)
        );
    }
    let detail = ops.deletion(of("ada")).await.unwrap().deletion;
    assert_eq!(
        (detail.state, detail.user_name.as_str()),
        (DeletionState::Deleted, "")
    );
    assert_eq!(detail.snapshot, Value::Null);
    assert_eq!(site.get(&eva).await.status, 200);
    let report = ops.verify_events().await.unwrap();
    assert!(report.faults.is_empty());
    let none = Selected::default();
    assert_eq!(ops.purge(none).await.unwrap_err().failure, Failure::Invalid);
    let unknown = ops.purge(one(999, false)).await;
    assert_eq!(unknown.unwrap_err().failure, Failure::NotFound);
}
