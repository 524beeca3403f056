//! A made-up directory and its removals.

use std::time::Duration;

use serde_json::json;
use uuid::Uuid;

use super::NOW;
use crate::clock::Timestamp;
use crate::ids::{OrgId, RequestId, ResourceId, TokenId};
use crate::model::content::{Content, KindCounts, Person, Schedule};
use crate::model::deletion::{Deletion, DeletionState, Signal};
use crate::model::event::{Actor, Event, EventKind};
use crate::model::guard::{Allowance, Batch, GuardAction, GuardStatus, Verdict, WindowUse};
use crate::model::org::{Org, RemovalPolicy};
use crate::model::role::{Access, Granted, Path, RoleSource};
use crate::model::system;
use crate::model::transfer::{Transfer, Why};
use crate::ops::api::Kind;
use crate::ops::api::content::ContentPage;
use crate::ops::api::directory::{GroupDetail, GroupLine, GroupMember, UserDetail, UserLine};
use crate::ops::api::removals::DeletionDetail;
use crate::scim::quirk::Dialect;

const NAMES: [&str; 5] = ["ada.lovelace", "g.hopper", "j.doe", "m.chen", "n.okafor"];

/// What somebody who means harm calls himself.
pub const HOSTILE: &str = "\u{1b}[2J\u{202e}moc.elpmaxe@nimda\u{200b}\r\n\u{9b}31m日本";

fn ago(seconds: u64) -> Timestamp {
    NOW.minus(Duration::from_secs(seconds))
}

pub fn id(number: u64) -> ResourceId {
    ResourceId(Uuid::from_u128(u128::from(number)))
}

pub fn person(number: u64) -> Person {
    Person {
        id: id(number),
        user_name: user(number).user_name,
    }
}

fn tsadmin() -> Person {
    Person {
        id: system::TSADMIN,
        user_name: "tsadmin".to_owned(),
    }
}

fn kinds(of: &[(&str, u64)]) -> KindCounts {
    let each = of.iter().map(|(kind, count)| ((*kind).to_owned(), *count));
    each.collect()
}

pub fn orgs() -> Vec<Org> {
    let org = |id: i64, name: &str, policy| Org {
        id: OrgId(id),
        name: name.to_owned(),
        scim_enabled: true,
        policy,
        hold_days: 30,
        heirs: Vec::new(),
        dialect: Dialect::default(),
        created: ago(86_400),
        users: 4_812,
        groups: 63,
    };
    vec![
        org(0, "Primary", RemovalPolicy::Delete),
        org(1, "sales", RemovalPolicy::Hold),
    ]
}

pub fn user(number: u64) -> UserLine {
    let index = usize::try_from(number % 5).unwrap();
    let name = match number {
        0..5 => format!("{}@example.com", NAMES[index]),
        _ => format!("{}{number}@example.com", NAMES[index]),
    };
    UserLine {
        org: OrgId(0),
        id: id(number),
        display_name: name.split('@').next().unwrap().replace('.', " "),
        user_name: name,
        external_id: number.is_multiple_of(2).then(|| format!("00u{number}")),
        active: number % 4 != 3,
        groups: number % 3,
        content: number % 7 * 3,
        created: ago(86_400 * (number + 1)),
        modified: ago(3_600 * number),
    }
}

pub fn user_detail(number: u64) -> UserDetail {
    let line = user(number);
    UserDetail {
        resource: json!({
            "id": line.id.to_string(),
            "userName": line.user_name,
            "active": line.active,
            "name": {"givenName": "Ada", "familyName": "Lovelace"},
        }),
        line,
        content: kinds(&[("answer", 3), ("liveboard", 2), ("schedule", 1)]),
        heir: tsadmin(),
        roles: vec!["analyst".to_owned(), "editor".to_owned()],
        other_orgs: vec![OrgId(1)],
        removals: vec![deletion(3)],
    }
}

pub fn group(number: u64) -> GroupLine {
    let names = ["Analysts", "Engineering", "Finance"];
    let index = usize::try_from(number % 3).unwrap();
    GroupLine {
        org: OrgId(0),
        id: id(1_000 + number),
        display_name: names[index].to_owned(),
        external_id: None,
        members: number % 3 * 40,
        roles: match number % 3 {
            1 => vec![("editor".to_owned(), RoleSource::Operator)],
            2 => vec![
                ("analyst".to_owned(), RoleSource::Rule),
                ("editor".to_owned(), RoleSource::Scim),
            ],
            _ => Vec::new(),
        },
        created: ago(86_400 * 40),
        modified: ago(7_200),
    }
}

pub fn group_detail(number: u64) -> GroupDetail {
    let line = group(number);
    GroupDetail {
        resource: json!({"id": line.id.to_string(), "displayName": line.display_name}),
        members: (0..line.members.min(3))
            .map(|number| GroupMember {
                id: id(number),
                kind: Kind::User,
                display: user(number).display_name,
            })
            .collect(),
        line,
    }
}

pub fn access() -> Access {
    let path = |role: &str, group: &str, source, direct| Path {
        role: role.to_owned(),
        group: group.to_owned(),
        group_id: id(1_001),
        source,
        direct,
    };
    Access {
        privileges: vec![
            Granted {
                privilege: "DATADOWNLOADING".to_owned(),
                through: vec![
                    path("analyst", "Finance", RoleSource::Rule, true),
                    path("editor", "Engineering", RoleSource::Operator, false),
                ],
            },
            Granted {
                privilege: "SHAREWITHALL".to_owned(),
                through: vec![path("editor", "Engineering", RoleSource::Scim, true)],
            },
        ],
        roles: vec!["analyst".to_owned(), "editor".to_owned()],
    }
}

pub fn history() -> Vec<Event> {
    let kinds = [
        (EventKind::UserCreated, "POST"),
        (EventKind::MembersChanged, "PATCH"),
        (EventKind::UserPatched, "PATCH"),
        (EventKind::UserRemoved, "DELETE"),
    ];
    (1..)
        .zip(kinds)
        .map(|(seq, (kind, cause))| Event {
            seq,
            at: ago(3_600 * (10 - seq)),
            org: OrgId(0),
            kind,
            actor: Actor::Token(TokenId("tok_7f300000".to_owned())),
            subject: Some(id(2)),
            request: None,
            cause: cause.to_owned(),
            detail: json!({"changes": [{"path": "displayName"}]}),
            hash: "9f2c".to_owned(),
        })
        .collect()
}

/// Twelve records: frozen ones, held ones, gone ones, one that was restored, one that returned.
pub fn deletion(seq: u64) -> Deletion {
    let (state, until, batch) = match seq {
        9.. => (DeletionState::Held, None, Some(3)),
        6..=8 => (
            DeletionState::Held,
            Some(NOW.plus(Duration::from_secs(30 * 86_400))),
            None,
        ),
        5 => (DeletionState::Restored, None, Some(2)),
        4 => (DeletionState::Returned, None, None),
        _ => (DeletionState::Deleted, None, None),
    };
    let back = matches!(state, DeletionState::Restored | DeletionState::Returned);
    Deletion {
        seq,
        at: ago(600 * (13 - seq.min(12))),
        org: OrgId(i64::from(seq % 5 == 2)),
        state,
        settled: back.then(|| ago(60)),
        until,
        batch,
        counted: seq != 1,
        user: id(seq),
        user_name: if seq == 1 {
            String::new()
        } else {
            user(seq).user_name
        },
        external_id: None,
        signal: [Signal::Delete, Signal::Deactivate][usize::try_from(seq % 2).unwrap()],
        actor: Actor::Token(TokenId("tok_7f300000".to_owned())),
        request: (seq != 2).then(|| RequestId(Uuid::from_u128(u128::from(seq)))),
        groups: json!([{"value": "0b1e", "display": "Finance"}, {"value": "31c0"}]),
        roles: vec!["analyst".to_owned()],
        content: kinds(&[("answer", 3), ("liveboard", 8), ("schedule", 1)]),
        heir: (state == DeletionState::Deleted).then(tsadmin),
        snapshot: json!({}),
    }
}

pub fn deletion_detail(seq: u64) -> DeletionDetail {
    let deletion = deletion(seq);
    let gone = deletion.state == DeletionState::Deleted;
    DeletionDetail {
        transfers: if gone { transfers() } else { Vec::new() },
        transfer_count: if gone { 12 } else { 0 },
        owns: if gone {
            KindCounts::new()
        } else {
            deletion.content.clone()
        },
        batch: deletion.batch.map(batch),
        event: Some((88_121, "9f2c77aa0b1e41aa".to_owned())),
        deletion,
    }
}

pub fn content() -> ContentPage {
    let item = |kind: &str, title: &str, schedule: Option<Schedule>| Content {
        org: OrgId(0),
        kind: kind.to_owned(),
        id: title.to_lowercase(),
        title: title.to_owned(),
        owner: person(0),
        verify: title == "Churn",
        schedule,
        created: ago(86_400),
        modified: ago(3_600),
    };
    let weekly = Schedule {
        cron: "0 7 * * 1".to_owned(),
        time_zone: "Europe/Berlin".to_owned(),
        recipients: Vec::new(),
    };
    ContentPage {
        items: vec![
            item("liveboard", "Q3 pipeline", None),
            item("schedule", "Board pack", Some(weekly.clone())),
            item("schedule", "Churn", Some(weekly)),
        ],
        next: None,
    }
}

pub fn transfers() -> Vec<Transfer> {
    let titles = [
        ("liveboard", "Q3 pipeline", Why::Removal, None),
        ("liveboard", "Finance weekly", Why::Removal, Some(9)),
        ("answer", "ARR by region", Why::Removal, None),
        ("schedule", "Board pack, Mondays 07:00", Why::Removal, None),
        ("schedule", "Churn", Why::Recipient, None),
        ("liveboard", "Finance weekly", Why::GiveBack, Some(2)),
    ];
    let mut transfers: Vec<Transfer> = (1..)
        .zip(titles)
        .map(|(seq, (kind, title, why, undone))| Transfer {
            seq,
            at: ago(60 * (10 - seq)),
            org: OrgId(0),
            kind: kind.to_owned(),
            object: format!("obj-{seq}"),
            title: title.to_owned(),
            from: person(2),
            to: tsadmin(),
            why,
            recipient: (why == Why::Recipient).then(|| "j.doe@example.com".to_owned()),
            deletion: 3,
            actor: Actor::Token(TokenId("tok_7f300000".to_owned())),
            request: Some(RequestId(Uuid::from_u128(3))),
            undone,
        })
        .collect();
    transfers.reverse();
    transfers
}

pub fn batch(id: u64) -> Batch {
    Batch {
        id,
        org: OrgId(0),
        opened: ago(1_800),
        why: "41 accounts within 1 hour, 40 are let through".to_owned(),
        action: GuardAction::Freeze,
        removals: 120,
        frozen: 120,
        verdict: None,
        by: None,
        closed: None,
    }
}

/// An open guard, and a closed one.
pub fn guards() -> Vec<GuardStatus> {
    let window = |count, threshold| WindowUse { count, threshold };
    let open = GuardStatus {
        org: OrgId(0),
        org_name: "Primary".to_owned(),
        enabled: true,
        action: GuardAction::Freeze,
        hour: window(160, 40),
        day: window(170, 240),
        allowance: None,
        open: Some(batch(3)),
        last: Some(batch(3)),
    };
    let mut last = batch(2);
    last.verdict = Some(Verdict::Restore);
    last.frozen = 0;
    last.by = Some("root".to_owned());
    last.closed = Some(ago(900));
    let closed = GuardStatus {
        org: OrgId(1),
        org_name: "sales".to_owned(),
        hour: window(2, 10),
        day: window(4, 25),
        allowance: Some(Allowance {
            count: 50,
            left: 12,
            until: NOW.plus(Duration::from_secs(3_600)),
            reason: "end of the contract".to_owned(),
            by: "root".to_owned(),
        }),
        open: None,
        last: Some(last),
        ..open.clone()
    };
    vec![open, closed]
}

/// The same, with the verdict on the open batch being carried out: `left` accounts to go.
pub fn settling(left: u64) -> Vec<GuardStatus> {
    let mut guards = guards();
    let mut batch = batch(3);
    batch.verdict = Some(Verdict::Approve);
    batch.frozen = left;
    guards[0].open = None;
    guards[0].last = Some(batch);
    guards
}
