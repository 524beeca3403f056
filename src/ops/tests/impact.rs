//! What a removal would take away, asked beforehand and compared with what it then takes.

use serde_json::Value;

use super::item;
use crate::model::guard::GuardSettings;
use crate::model::org::RemovalPolicy;
use crate::ops::api::content::Register;
use crate::ops::api::preview::Simulated;
use crate::ops::api::roles::{Grant, NewRole};
use crate::ops::api::{
    Contents as _, DeletionQuery, Failure, Ops as _, Preview as _, Removals as _, Roles as _,
};
use crate::ops::testing::Site;
use crate::scim::schema::Kind;

async fn role(site: &Site, name: &str, privilege: &str, group: &str) {
    let ops = site.ops();
    let role = NewRole {
        name: name.to_owned(),
        privileges: vec![privilege.to_owned()],
        dry_run: false,
    };
    ops.put_role("0", role).await.unwrap();
    let grant = Grant {
        role: name.to_owned(),
        group: group.to_owned(),
        given: true,
        dry_run: false,
    };
    ops.grant_role("0", grant).await.unwrap();
}

/// `ada` in Eng alone, `bob` in Eng and Ops, `cyd` in Eng and nested once more; Eng in Outer.
async fn company() -> (Site, [String; 3]) {
    let site = Site::guarded(GuardSettings::default(), RemovalPolicy::Delete).await;
    let (ada, bob, cyd) = (
        site.user("ada").await,
        site.user("bob").await,
        site.user("cyd").await,
    );
    let eng = site.group("Eng", &[&ada, &bob, &cyd]).await;
    let ops = site.group("Ops", &[&bob]).await;
    let inner = site.group("Inner", &[&cyd]).await;
    let outer = site.group("Outer", &[&eng, &inner]).await;
    role(&site, "Developer", "DEVELOPER", &eng).await;
    role(&site, "Loader", "DATADOWNLOADING", &outer).await;
    role(&site, "Operator", "DEVELOPER", &ops).await;
    role(&site, "Everybody", "SHAREWITHALL", "All").await;
    let items = Register {
        items: vec![
            item("answer", "1", &ada, &[]),
            item("liveboard", "1", &ada, &[]),
            item("answer", "2", &bob, &[]),
        ],
        dry_run: false,
    };
    site.ops().register("0", items).await.unwrap();
    site.wait(11);
    (site, [ada, bob, cyd])
}

#[tokio::test(flavor = "multi_thread")]
async fn impact_tells_who_would_be_alone_and_what_is_lost() {
    let (site, [ada, ..]) = company().await;
    let ops = site.ops();
    let before = site.dump().await;
    let impact = ops.impact("0", Kind::Group, "eng").await.unwrap();
    // Only ada has no other group: bob has Ops, and cyd is in Outer through Inner.
    assert_eq!((impact.users, impact.alone_count), (3, 1));
    assert_eq!(impact.alone[0].user.user_name, "ada");
    assert_eq!(impact.alone[0].heir.user_name, "tsadmin");
    assert_eq!(impact.alone[0].content, 2);
    assert_eq!(impact.content.values().sum::<u64>(), 2);
    let lost: Vec<_> = impact
        .privileges
        .iter()
        .map(|(name, count)| (name.as_str(), *count))
        .collect();
    assert_eq!(
        lost,
        // bob keeps DEVELOPER by Ops; cyd keeps DATADOWNLOADING by Inner; All stays with the living.
        [
            ("DATADOWNLOADING", 2),
            ("DEVELOPER", 2),
            ("SHAREWITHALL", 1)
        ]
    );
    assert!(!impact.guard_opens);
    let impact = ops.impact("0", Kind::User, "ada").await.unwrap();
    assert_eq!((impact.alone_count, impact.privileges.len()), (1, 3));
    let unknown = ops.impact("0", Kind::User, "nobody").await;
    assert_eq!(unknown.unwrap_err().failure, Failure::NotFound);
    assert_eq!(site.dump().await, before);
    // What was foretold is what happens.
    site.delete(&ada).await;
    let record = &ops.deletions(DeletionQuery::default()).await.unwrap()[0];
    assert_eq!(record.content, impact.content);
    assert_eq!(record.heir, Some(impact.alone[0].heir.clone()));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_guard_is_part_of_the_impact() {
    let site = Site::guarded(GuardSettings::default(), RemovalPolicy::Hold).await;
    let users = site.users("user", 30).await;
    let ids: Vec<_> = users.iter().map(String::as_str).collect();
    site.group("Ten", &ids[..10]).await;
    site.group("Eleven", &ids[10..21]).await;
    for (group, opens) in [("Ten", false), ("Eleven", true)] {
        let impact = site.ops().impact("0", Kind::Group, group).await.unwrap();
        assert_eq!(impact.guard_opens, opens, "{group}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_simulation_says_what_the_requests_then_do_and_leaves_no_trace() {
    let (site, [ada, bob, _]) = company().await;
    let ops = site.ops();
    let before = (
        site.dump().await,
        ops.verify_events().await.unwrap().checked,
    );
    let delete = |id: &str| Simulated::Written {
        method: "DELETE".to_owned(),
        path: format!("/Users/{id}"),
        body: Value::Null,
    };
    let requests = vec![delete(&ada), delete(&ada), delete(&bob)];
    let told = ops.simulate("0", requests).await.unwrap();
    let statuses: Vec<_> = told.iter().map(|one| one.status).collect();
    assert_eq!(statuses, [204, 404, 204]);
    assert_eq!((told[0].deletions.len(), told[0].transfers.len()), (1, 2));
    assert_eq!((told[1].deletions.len(), told[1].transfers.len()), (0, 0));
    assert_eq!(
        (
            site.dump().await,
            ops.verify_events().await.unwrap().checked
        ),
        before
    );
    assert!(
        ops.deletions(DeletionQuery::default())
            .await
            .unwrap()
            .is_empty()
    );
    let real = site.delete(&ada).await;
    assert_eq!(
        (real.status, real.what.as_str()),
        (204, told[0].what.as_str())
    );
}
