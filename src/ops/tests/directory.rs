//! Lists over Orgs, names that may mean several, and histories of those who are gone.

use serde_json::json;

use crate::ids::{OrgId, ResourceId, TokenId};
use crate::model::guard::GuardSettings;
use crate::model::org::{Heir, RemovalPolicy};
use crate::model::system;
use crate::model::user::UserDraft;
use crate::ops::api::directory::{
    DirectoryPage, DirectoryQuery, DirectorySort, HistoryPage, UserLine,
};
use crate::ops::api::removals::Selected;
use crate::ops::api::{DeletionQuery, OpsError};
use crate::ops::api::{
    Directory as _, Failure, NewOrg, Ops as _, OrgChange, Preview as _, Removals as _, Roles as _,
};
use crate::ops::provision::request::{Method, Target};
use crate::ops::testing::Site;
use crate::scim::builtin::{ENTERPRISE_URN, USER_URN};
use crate::scim::quirk::Dialect;
use crate::scim::schema::Kind;
use crate::store::StoreError;

/// Makes users of other clients than the site's: each with its `externalId` and source.
async fn insert(site: &Site, org: OrgId, users: Vec<(String, &'static str, &'static str)>) {
    let now = site.clock.now();
    let write = site.house.store.write(move |tx| {
        for (name, external_id, source) in users {
            let draft = UserDraft {
                doc: json!({ "schemas": [USER_URN], "userName": name }).to_string(),
                user_name: name,
                display_name: None,
                external_id: Some(external_id.to_owned()).filter(|id| !id.is_empty()),
                active: true,
                emails: Vec::new(),
            };
            let source = TokenId(source.to_owned());
            tx.insert_user(org, ResourceId::new(), &draft, Some(&source), now)?;
        }
        Ok::<_, StoreError>(())
    });
    write.await.unwrap();
}

fn plain(org: &str, count: usize) -> Vec<(String, &'static str, &'static str)> {
    let name = |number| (format!("{org}-{number}"), "", "tok_a");
    (0..count).map(name).collect()
}

async fn other_org(site: &Site, name: &str) -> OrgId {
    let new = NewOrg {
        name: name.to_owned(),
        policy: RemovalPolicy::Delete,
        dialect: Dialect::Auto,
    };
    site.ops().create_org(new).await.unwrap().id
}

fn names(page: &DirectoryPage<UserLine>) -> Vec<&str> {
    page.items
        .iter()
        .map(|line| line.user_name.as_str())
        .collect()
}

fn history_of(page: &[crate::model::event::Event]) -> Vec<&'static str> {
    page.iter().map(|event| event.kind.as_str()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_go_from_org_to_org_and_end_where_there_is_no_more() {
    let site = Site::new().await;
    let (ops, one) = (site.ops(), other_org(&site, "one").await);
    other_org(&site, "empty").await;
    let last = other_org(&site, "last").await;
    insert(&site, OrgId::PRIMARY, plain("p", 3)).await;
    insert(&site, one, plain("one", 2)).await;
    insert(&site, last, plain("last", 2)).await;
    let all = ["p-0", "p-1", "p-2", "one-0", "one-1", "last-0", "last-1"];
    for (filter, expected) in [
        ("", &all[..]),
        ("-0", &["p-0", "one-0", "last-0"]),
        ("userName co \"P-\"", &all[..3]),
        ("userName sw \"one\" or userName sw \"p\"", &all[..5]),
        ("name.familyName ne \"x\"", &all),
    ] {
        for limit in 1..=8 {
            let (mut found, mut pages, mut after) = (Vec::new(), 0, None);
            loop {
                let query = DirectoryQuery {
                    filter: filter.to_owned(),
                    after,
                    limit,
                    ..DirectoryQuery::default()
                };
                let page = ops.users(query).await.unwrap();
                if filter.is_empty() {
                    assert_eq!(page.total, Some(7));
                }
                found.extend(page.items.into_iter().map(|line| line.user_name));
                (pages, after) = (pages + 1, page.next);
                if after.is_none() {
                    break;
                }
            }
            assert_eq!(found, expected, "{filter} by {limit}");
            // No page is empty.
            assert_eq!(pages, expected.len().div_ceil(limit as usize), "{filter}");
        }
    }
    let query = |org, after: Option<&str>| DirectoryQuery {
        org: Some(org),
        filter: "p-1".to_owned(),
        after: after.map(str::to_owned),
        ..DirectoryQuery::default()
    };
    let page = ops.users(query(OrgId::PRIMARY, None)).await.unwrap();
    assert_eq!((names(&page), page.total), (vec!["p-1"], Some(1)));
    let nowhere = ops.users(query(OrgId(99), None)).await.unwrap_err();
    assert_eq!(nowhere.failure, Failure::NotFound);
    for after in ["", "!", "e30", "bnVsbA"] {
        let wrong = ops.users(query(OrgId::PRIMARY, Some(after))).await;
        assert_eq!(wrong.unwrap_err().failure, Failure::Invalid, "{after}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_sorted_within_each_org_page_by_page() {
    let site = Site::new().await;
    let (ops, other) = (site.ops(), other_org(&site, "other").await);
    let named = |names: &[&str]| {
        let user = |name: &&str| ((*name).to_owned(), "", "tok_a");
        names.iter().map(user).collect()
    };
    insert(&site, OrgId::PRIMARY, named(&["b", "C", "a"])).await;
    insert(&site, other, named(&["z", "y"])).await;
    for (sort, descending, expected) in [
        (DirectorySort::Created, false, ["b", "C", "a", "z", "y"]),
        (DirectorySort::Created, true, ["a", "C", "b", "y", "z"]),
        (DirectorySort::Name, false, ["a", "b", "C", "y", "z"]),
        (DirectorySort::Name, true, ["C", "b", "a", "z", "y"]),
        // Nobody has one, and all were changed at once: creation decides.
        (DirectorySort::Display, false, ["b", "C", "a", "z", "y"]),
        (DirectorySort::Modified, true, ["a", "C", "b", "y", "z"]),
    ] {
        for (limit, filter) in [(1, ""), (2, ""), (9, ""), (2, "name.familyName ne \"x\"")] {
            let (mut found, mut after) = (Vec::new(), None);
            loop {
                let query = DirectoryQuery {
                    sort,
                    descending,
                    filter: filter.to_owned(),
                    after,
                    limit,
                    ..DirectoryQuery::default()
                };
                let page = ops.users(query).await.unwrap();
                found.extend(page.items.into_iter().map(|line| line.user_name));
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
            assert_eq!(found, expected, "{sort:?} {descending} {limit} {filter}");
        }
    }
    let first = DirectoryQuery {
        limit: 1,
        ..DirectoryQuery::default()
    };
    let after = ops.users(first).await.unwrap().next;
    let turned = DirectoryQuery {
        descending: true,
        after,
        ..DirectoryQuery::default()
    };
    // A place in one order is none in another.
    let error = ops.users(turned).await.unwrap_err();
    assert_eq!(error.failure, Failure::Invalid);
    let groups = DirectoryQuery {
        sort: DirectorySort::Display,
        ..DirectoryQuery::default()
    };
    assert_eq!(ops.groups(groups).await.unwrap().total, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_external_id_of_several_is_nobodys_name() {
    let mut site = Site::guarded(GuardSettings::default(), RemovalPolicy::Delete).await;
    let ops = site.ops();
    let users = vec![
        ("ada".to_owned(), "7", "tok_a"),
        ("bob".to_owned(), "7", "tok_b"),
        ("cyd".to_owned(), "8", "tok_a"),
    ];
    insert(&site, OrgId::PRIMARY, users).await;
    assert_eq!(ops.user("0", "8").await.unwrap().line.user_name, "cyd");
    let page = HistoryPage::default();
    let refused: [OpsError; 4] = [
        ops.user("0", "7").await.unwrap_err(),
        ops.access("0", "7").await.unwrap_err(),
        ops.impact("0", Kind::User, "7").await.unwrap_err(),
        ops.history("0", Kind::User, "7", page).await.unwrap_err(),
    ];
    for error in refused {
        assert_eq!(error.failure, Failure::Conflict);
        assert!(error.message.contains("ambiguous"), "{error}");
    }
    // A manager that may be several does not inherit, and the removal goes on.
    let heirs = OrgChange {
        heirs: Some(vec![Heir::Manager]),
        ..OrgChange::default()
    };
    site.org = ops.change_org("0", heirs).await.unwrap();
    for (manager, heir) in [("8", "cyd"), ("7", "tsadmin")] {
        let name = format!("report-{manager}");
        let body = json!({
            "schemas": [USER_URN, ENTERPRISE_URN],
            "userName": name,
            ENTERPRISE_URN: { "manager": { "value": manager } },
        });
        let made = site.ask(Method::Post, Target::Users, body).await.body;
        assert_eq!(ops.user("0", &name).await.unwrap().heir.user_name, heir);
        let gone = site.delete(made["id"].as_str().unwrap()).await;
        assert_eq!(gone.status, 204);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_stands_for_the_one_who_is_there_or_else_for_the_last_who_was() {
    let site = Site::guarded(GuardSettings::default(), RemovalPolicy::Delete).await;
    let ops = site.ops();
    let first = site.user("ada").await;
    site.group("Team", &[&first]).await;
    site.delete(&first).await;
    let second = site.user("ADA").await;
    let history = async |which: &str| {
        let page = HistoryPage::default();
        let events = ops.history("0", Kind::User, which, page).await?;
        Ok::<_, OpsError>((
            events[0].subject.map(|id| id.to_string()),
            history_of(&events),
        ))
    };
    assert_eq!(
        history("ada").await.unwrap(),
        (Some(second.clone()), vec!["user-created"])
    );
    let earlier = ops.user("0", "ada").await.unwrap().removals;
    assert_eq!(earlier.len(), 1);
    assert_eq!(earlier[0].user.to_string(), first);
    let whole = ["user-created", "group-created", "user-removed"];
    assert_eq!(
        history(&first).await.unwrap(),
        (Some(first.clone()), whole.to_vec())
    );
    site.delete(&second).await;
    let last = ["user-created", "user-removed"];
    assert_eq!(
        history("Ada").await.unwrap(),
        (Some(second.clone()), last.to_vec())
    );
    // One that was erased has no name, not even an empty one.
    let all = ops.deletions(DeletionQuery::default()).await.unwrap();
    let which = Selected {
        deletions: all.iter().map(|deletion| deletion.seq).collect(),
        dry_run: false,
    };
    ops.purge(which).await.unwrap();
    for which in ["ada", "", "nobody"] {
        let error = history(which).await.unwrap_err();
        assert_eq!(error.failure, Failure::NotFound, "{which}");
    }
    assert_eq!(
        history(&second).await.unwrap().1.last(),
        Some(&"user-erased")
    );
    let unknown = ResourceId::new().to_string();
    let team = site.group("Gone", &[]).await;
    let delete = Target::Group(team.clone());
    site.ask(Method::Delete, delete, serde_json::Value::Null)
        .await;
    let page = HistoryPage::default();
    for (kind, which, known) in [
        (Kind::User, unknown.as_str(), false),
        (Kind::User, team.as_str(), false),
        (Kind::User, "tsadmin", true),
        (Kind::User, &system::TSADMIN.to_string(), true),
        (Kind::Group, unknown.as_str(), false),
        (Kind::Group, second.as_str(), false),
        (Kind::Group, team.as_str(), true),
        (Kind::Group, "gone", true),
        (Kind::Group, "all", true),
        (Kind::Group, &system::ALL.to_string(), true),
    ] {
        let found = ops.history("0", kind, which, page).await;
        let failure = found.map_err(|error| error.failure).err();
        let expected = (!known).then_some(Failure::NotFound);
        assert_eq!(failure, expected, "{kind:?} {which}");
    }
}
