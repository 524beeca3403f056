//! The directory of the past: what the events give must be what the store was.

use std::collections::HashSet;
use std::sync::Arc;

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::clock::{Clock, Timestamp};
use crate::ids::{OrgId, ResourceId};
use crate::model::deletion::DeletionState;
use crate::model::group::{GroupRecord, Member};
use crate::model::guard::GuardSettings;
use crate::model::org::{Org, RemovalPolicy};
use crate::model::role::{Role, RoleRule};
use crate::model::user::UserRecord;
use crate::ops::api::rebuild::Rebuilt;
use crate::ops::api::removals::Selected;
use crate::ops::api::roles::{Grant, NewRole, SetRule};
use crate::ops::api::{DeletionQuery, Ops as _, OrgChange, Removals as _, Roles as _};
use crate::ops::provision::request::{Method, Target};
use crate::ops::rebuild;
use crate::ops::testing::Site;
use crate::scim::builtin::{ENTERPRISE_URN, GROUP_ROLES_URN, GROUP_URN, USER_URN, registry};
use crate::store::{GroupQuery, Options, Page, Store, StoreError, UserQuery};

/// Names to choose from: few, so that they meet.
const NAMES: u8 = 9;

/// Everything that a rebuild has to bring back.
#[derive(Clone, Debug, PartialEq)]
struct Picture {
    orgs: Vec<Org>,
    users: Vec<UserRecord>,
    groups: Vec<(GroupRecord, Vec<Member>)>,
    roles: Vec<Role>,
    rules: Vec<RoleRule>,
}

impl Picture {
    fn of(store: &Store) -> Self {
        let page = Page::Index {
            start: 1,
            count: 10_000,
        };
        store
            .read(|reader| {
                let users = UserQuery {
                    org: OrgId::PRIMARY,
                    base: String::new(),
                    filter: None,
                    words: Vec::new(),
                    sort: None,
                    page: page.clone(),
                    groups: true,
                };
                let groups = GroupQuery {
                    org: OrgId::PRIMARY,
                    base: String::new(),
                    filter: None,
                    words: Vec::new(),
                    sort: None,
                    page,
                };
                let groups = reader.groups(&groups)?.rows.into_iter().map(|group| {
                    let members = reader.members_page(group.org, &group.id, None, 10_000)?.0;
                    Ok::<_, StoreError>((group, members))
                });
                Ok(Self {
                    orgs: reader.orgs()?,
                    users: reader.users(&users)?.rows,
                    groups: groups.collect::<Result<_, _>>()?,
                    roles: reader.roles(None)?,
                    rules: reader.role_rules(None)?,
                })
            })
            .unwrap()
    }

    /// The same without these people; and, if there are any, without the versions of groups: how
    /// often such people left one is erased too.
    fn without(mut self, erased: &HashSet<ResourceId>) -> Self {
        if erased.is_empty() {
            return self;
        }
        self.users.retain(|user| !erased.contains(&user.id));
        self.orgs[0].users = self.users.len() as u64;
        for (group, members) in &mut self.groups {
            members.retain(|member| !erased.contains(&member.id));
            group.member_count = members.len() as u64;
            (group.version, group.modified) = (0, Timestamp(0));
        }
        self
    }
}

/// The past, and what is still to be compared with it.
struct Moment {
    at: Timestamp,
    picture: Picture,
    held: HashSet<ResourceId>,
}

async fn held(site: &Site) -> Vec<(u64, ResourceId)> {
    let query = DeletionQuery {
        state: Some(DeletionState::Held),
        limit: 1_000,
        ..DeletionQuery::default()
    };
    let held = site.ops().deletions(query).await.unwrap();
    held.iter().map(|one| (one.seq, one.user)).collect()
}

async fn moment(site: &Site) -> Moment {
    Moment {
        at: site.clock.now(),
        picture: Picture::of(&site.house.store),
        held: held(site).await.into_iter().map(|(_, id)| id).collect(),
    }
}

async fn rebuilt(site: &Site, at: Timestamp) -> (Rebuilt, Picture) {
    let dir = tempfile::tempdir().unwrap();
    let (path, clock) = (dir.path().to_owned(), Clock::manual(site.org.created));
    let open = move || Store::open(&path, Options::default(), clock).unwrap();
    let store = tokio::task::spawn_blocking(open).await.unwrap();
    let schemas = Arc::new(registry(Vec::new()).unwrap());
    let report = rebuild::run(&site.ops(), &store, schemas, at)
        .await
        .unwrap();
    let picture = Picture::of(&store);
    tokio::task::spawn_blocking(move || drop((store, dir)))
        .await
        .unwrap();
    (report, picture)
}

/// Numbers that decide what happens.
type Draw = (u8, u8, u8, u8);

/// Does something that identity providers or operators do; it may be refused.
async fn step(site: &mut Site, (what, a, b, c): Draw) {
    let picture = Picture::of(&site.house.store);
    let user = |n: u8| {
        picture
            .users
            .get(usize::from(n) % picture.users.len().max(1))
    };
    let group = |n: u8| {
        picture
            .groups
            .get(usize::from(n) % picture.groups.len().max(1))
    };
    let id = |n: u8| user(n).map(|user| user.id.to_string()).unwrap_or_default();
    let group_id = |n: u8| {
        group(n)
            .map(|(group, _)| group.id.to_string())
            .unwrap_or_default()
    };
    let member = |n: u8| {
        let id = if n.is_multiple_of(5) {
            group_id(n)
        } else {
            id(n)
        };
        json!({ "value": id })
    };
    match what % 16 {
        0..=2 => {
            let body = person(a, b, c);
            site.ask(Method::Post, Target::Users, body).await;
        }
        3 => {
            let mut body = person(a, b, c);
            body["active"] = (!c.is_multiple_of(7)).into();
            site.ask(Method::Put, Target::User(id(a)), body).await;
        }
        4 | 5 => {
            let operations: Vec<_> = [a, b, c].map(edit).into();
            patch(site, Target::User(id(a)), operations).await;
        }
        6 => {
            site.delete(&id(a)).await;
        }
        7 => {
            let mut body = json!({
                "schemas": [GROUP_URN], "displayName": format!("group-{}", a % NAMES),
                "externalId": format!("g-{b}"), "members": [member(b), member(c)],
            });
            if c.is_multiple_of(3) {
                body[GROUP_ROLES_URN] = json!({ "roles": ["Analyst"] });
            }
            site.ask(Method::Post, Target::Groups, body).await;
        }
        8 => {
            let mut body = json!({
                "schemas": [GROUP_URN], "displayName": format!("group-{}", b % NAMES),
            });
            if c.is_multiple_of(2) {
                body["members"] = json!([member(a), member(b), member(c)]);
            }
            site.ask(Method::Put, Target::Group(group_id(a)), body)
                .await;
        }
        9 | 10 => {
            let add = |n| json!({ "op": "add", "path": "members", "value": [member(n)] });
            let path = format!("members[value eq \"{}\"]", id(b));
            let away = json!({ "op": "remove", "path": path });
            let clear = json!({ "op": "remove", "path": "members" });
            let all =
                json!({ "op": "replace", "path": "members", "value": [member(b), member(c)] });
            let name = format!("group-{}", c % NAMES);
            let rename = json!({ "op": "replace", "path": "displayName", "value": name });
            let where_ = json!({ "op": "remove", "path": "members[display co \"1\"]" });
            let choice = [
                vec![add(a)],
                vec![add(b), away.clone()],
                vec![away.clone(), add(b)],
                vec![away],
                vec![clear, add(c)],
                vec![all, rename.clone()],
                vec![rename, add(a), add(b)],
                vec![where_],
            ];
            let operations = choice[usize::from(c) % choice.len()].clone();
            patch(site, Target::Group(group_id(a)), operations).await;
        }
        11 => {
            let target = Target::Group(group_id(a));
            site.ask(Method::Delete, target, Value::Null).await;
        }
        12 => {
            let made = person(a, b, c);
            let body = json!({ "Operations": [
                { "method": "POST", "path": "/Users", "bulkId": "u", "data": made },
                { "method": "POST", "path": "/Groups", "bulkId": "g", "data": {
                    "schemas": [GROUP_URN], "displayName": format!("group-{}", b % NAMES),
                    "members": [{ "value": "bulkId:u" }, member(b)] } },
                { "method": "PATCH", "path": format!("/Users/{}", id(b)), "data": {
                    "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
                    "Operations": [edit(c)] } },
                { "method": "DELETE", "path": format!("/Users/{}", id(c)) },
            ] });
            site.ask(Method::Post, Target::Bulk, body).await;
        }
        13 | 14 => {
            let held = held(site).await;
            if let Some((seq, _)) = held.get(usize::from(a) % held.len().max(1)) {
                let which = Selected {
                    deletions: vec![*seq],
                    dry_run: false,
                };
                if b.is_multiple_of(5) {
                    site.ops().purge(which).await.unwrap();
                } else {
                    site.ops().restore(which).await.unwrap();
                }
            }
        }
        _ => operator(site, (a, b, c), group_id(a)).await,
    }
}

async fn operator(site: &mut Site, (a, b, c): (u8, u8, u8), group: String) {
    let ops = site.ops();
    let role = ["Analyst", "Editor"][usize::from(b % 2)].to_owned();
    // What makes no sense is refused.
    match a % 5 {
        0 => {
            let policies = [
                RemovalPolicy::Delete,
                RemovalPolicy::Hold,
                RemovalPolicy::Suspend,
            ];
            let change = OrgChange {
                policy: Some(policies[usize::from(b) % 3]),
                hold_days: Some(u32::from(c) + 1),
                ..OrgChange::default()
            };
            site.org = ops.change_org("0", change).await.unwrap();
        }
        1 => {
            let privileges = ["DEVELOPER", "DATADOWNLOADING"][usize::from(c % 2)];
            let new = NewRole {
                name: role,
                privileges: vec![privileges.to_owned()],
                dry_run: false,
            };
            ops.put_role("0", new).await.unwrap();
        }
        2 => {
            let grant = Grant {
                role,
                group,
                given: !c.is_multiple_of(3),
                dry_run: false,
            };
            let _ = ops.grant_role("0", grant).await;
        }
        3 => {
            let set = SetRule {
                role,
                group: format!("group-{}", c % NAMES),
                given: !c.is_multiple_of(3),
                dry_run: false,
            };
            let _ = ops.set_role_rule("0", set).await;
        }
        // A hold may end.
        _ => {
            site.wait(60 * 24 * u64::from(c));
            site.settle().await;
        }
    }
}

fn person(a: u8, b: u8, c: u8) -> Value {
    let name = format!("user-{}", a % NAMES);
    let mut body = json!({
        "schemas": [USER_URN, ENTERPRISE_URN], "userName": name,
        "externalId": format!("e-{}", b % NAMES), "active": !c.is_multiple_of(11),
    });
    if b.is_multiple_of(2) {
        body["name"] = json!({ "givenName": format!("G{c}"), "familyName": "F" });
        body["emails"] = json!([{ "value": format!("{name}@x"), "type": "work", "primary": true }]);
    }
    if b.is_multiple_of(3) {
        body[ENTERPRISE_URN] =
            json!({ "department": format!("D{c}"), "manager": { "value": "m" } });
    }
    body
}

fn edit(n: u8) -> Value {
    let department = format!("{ENTERPRISE_URN}:department");
    match n % 10 {
        0 => json!({ "op": "replace", "path": "title", "value": format!("T{n}") }),
        1 => json!({ "op": "remove", "path": "title" }),
        2 => json!({ "op": "add", "path": department, "value": format!("D{n}") }),
        3 => json!({ "op": "remove", "path": department }),
        4 => json!({ "op": "replace", "path": "name.familyName", "value": format!("F{n}") }),
        5 => {
            json!({ "op": "add", "path": "emails", "value": [{ "value": format!("{n}@y"), "type": "home" }] })
        }
        6 => json!({ "op": "remove", "path": "emails[type eq \"work\"]" }),
        7 => {
            json!({ "op": "replace", "value": { "active": n.is_multiple_of(3), "displayName": format!("N{n}") } })
        }
        8 => json!({ "op": "replace", "path": "userName", "value": format!("user-{}", n % NAMES) }),
        _ => json!({ "op": "replace", "path": "externalId", "value": format!("e-{}", n % NAMES) }),
    }
}

async fn patch(site: &Site, target: Target, operations: Vec<Value>) {
    let body = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": operations,
    });
    site.ask(Method::Patch, target, body).await;
}

/// Lives through `draws` and then compares every ninth moment, and the last, with its rebuild.
/// Returns how many users and groups these held in all.
async fn live(draws: Vec<Draw>, policy: RemovalPolicy) -> usize {
    let mut site = Site::guarded(GuardSettings::default(), policy).await;
    let org = OrgChange {
        policy: Some(policy),
        ..OrgChange::default()
    };
    site.ops().change_org("0", org).await.unwrap();
    operator(&mut site, (1, 0, 0), String::new()).await;
    let (last, mut moments) = (draws.len(), Vec::new());
    for (number, draw) in draws.into_iter().enumerate() {
        site.wait(1);
        step(&mut site, draw).await;
        if number.is_multiple_of(9) || number + 1 == last {
            moments.push(moment(&site).await);
        }
    }
    let mut seen = 0;
    for Moment { at, picture, held } in moments {
        let (report, past) = rebuilt(&site, at).await;
        let erased: HashSet<_> = report.erased.iter().copied().collect();
        assert!(report.is_whole(), "{:?}", report.lost);
        assert_eq!(report.held, held.difference(&erased).count() as u64);
        seen += picture.users.len() + picture.groups.len();
        assert_eq!(past.without(&erased), picture.without(&erased), "{at}");
    }
    seen
}

fn run(work: impl Future<Output = usize>) -> usize {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .build()
        .unwrap();
    runtime.block_on(work)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn the_past_comes_back_as_it_was(
        draws in prop::collection::vec(any::<Draw>(), 20..90),
        policy in prop::sample::select(vec![
            RemovalPolicy::Delete, RemovalPolicy::Hold, RemovalPolicy::Suspend,
        ]),
    ) {
        // The first steps make sure that there is somebody.
        let first = (0..NAMES).map(|n| (0, n, n, 1)).chain([(7, 0, 1, 3), (7, 1, 0, 5)]);
        let seen = run(live(first.chain(draws).collect(), policy));
        prop_assert!(seen > 0);
    }
}

#[tokio::test]
async fn who_was_purged_stays_purged_and_is_named() {
    let mut site = Site::guarded(GuardSettings::default(), RemovalPolicy::Hold).await;
    let ada = site.user("ada").await;
    let bob = site.user("bob").await;
    site.group("staff", &[&ada, &bob]).await;
    site.wait(1);
    let before = moment(&site).await;
    site.wait(1);
    site.delete(&ada).await;
    step(&mut site, (13, 0, 0, 0)).await;
    let (report, past) = rebuilt(&site, before.at).await;
    let ada = ResourceId::parse(&ada).unwrap();
    assert_eq!(report.erased, [ada]);
    assert!(report.is_whole());
    assert_eq!((report.users, report.groups, report.held), (1, 1, 0));
    assert!(!format!("{past:?}{report:?}").contains("ada"));
    let ada = HashSet::from([ada]);
    assert_eq!(past.without(&ada), before.picture.without(&ada));
}

#[tokio::test]
async fn what_pruned_events_made_is_named_and_not_made_up() {
    let site = Site::guarded(GuardSettings::default(), RemovalPolicy::Delete).await;
    let ada = site.user("ada").await;
    let group = site.group("staff", &[]).await;
    site.wait(1);
    let kept = site.clock.now();
    let bob = site.user("bob").await;
    let bob = ResourceId::parse(&bob).unwrap();
    site.add_member(&group, &[&ada]).await;
    site.patch(Target::User(ada.clone()), edit(0)).await;
    let prune = site.house.store.write(move |tx| tx.prune_events(kept, 100));
    assert_eq!(prune.await.unwrap(), 2);
    let (report, past) = rebuilt(&site, site.clock.now()).await;
    assert_eq!(report.kept_since, Some(kept));
    let lost: Vec<_> = report
        .lost
        .iter()
        .map(|lost| lost.id.unwrap().to_string())
        .collect();
    assert_eq!(lost, [group, ada]);
    assert!(report.lost.iter().all(|lost| lost.why.contains("not kept")));
    let there: Vec<_> = past.users.iter().map(|user| user.id).collect();
    assert_eq!((there, past.groups.len()), (vec![bob], 0));
}
