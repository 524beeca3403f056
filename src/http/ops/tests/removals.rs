//! The scripted answers about removals, the guard and what would happen.

use serde_json::json;

use super::scripted::{Scripted, person, transfer};
use crate::clock::Timestamp;
use crate::ids::{OrgId, ResourceId};
use crate::model::content::KindCounts;
use crate::model::deletion::{Deletion, DeletionState, Signal};
use crate::model::event::Actor;
use crate::model::guard::{Allowance, Batch, GuardAction, GuardStatus, Verdict, WindowUse};
use crate::ops::api::preview::{AtRisk, Impact, Simulated, Simulation};
use crate::ops::api::removals::{
    BackAgain, Decided, Decision, DeletionDetail, Left, NewAllowance, Purged, Restored, Selected,
};
use crate::ops::api::{DeletionQuery, Preview, Removals, Reply};
use crate::scim::schema::Kind;

impl Removals for Scripted {
    fn deletions(&self, query: DeletionQuery) -> Reply<'_, Vec<Deletion>> {
        self.reply(format!("deletions {query:?}"), vec![deletion()])
    }
    fn deletion(&self, seq: u64) -> Reply<'_, DeletionDetail> {
        let detail = DeletionDetail {
            deletion: deletion(),
            transfers: vec![transfer()],
            transfer_count: 1,
            owns: owns(),
            batch: Some(batch()),
            event: Some((9, "ab12".into())),
        };
        self.reply(format!("deletion {seq}"), detail)
    }
    fn restore(&self, which: Selected) -> Reply<'_, Restored> {
        let restored = Restored {
            restored: vec![BackAgain {
                seq: 1,
                user: person("ada"),
                groups: 2,
            }],
            left: left(),
        };
        self.reply(format!("restore {which:?}"), restored)
    }
    fn purge(&self, which: Selected) -> Reply<'_, Purged> {
        let purged = Purged {
            deleted: 1,
            erased: 2,
            events: 3,
            left: left(),
        };
        self.reply(format!("purge {which:?}"), purged)
    }
    fn guard<'a>(&'a self, org: Option<&'a str>) -> Reply<'a, Vec<GuardStatus>> {
        self.reply(format!("guard {org:?}"), vec![status()])
    }
    fn decide<'a>(&'a self, org: &'a str, decision: Decision) -> Reply<'a, Decided> {
        let decided = Decided {
            done: 4,
            left: left(),
            batch: batch(),
        };
        self.reply(format!("decide {org} {decision:?}"), decided)
    }
    fn allow<'a>(&'a self, org: &'a str, new: NewAllowance) -> Reply<'a, GuardStatus> {
        self.reply(format!("allow {org} {new:?}"), status())
    }
}

impl Preview for Scripted {
    fn impact<'a>(&'a self, org: &'a str, kind: Kind, which: &'a str) -> Reply<'a, Impact> {
        let impact = Impact {
            subject: "Eng".into(),
            users: 2,
            alone: vec![AtRisk {
                user: person("ada"),
                content: 3,
                heir: person("tsadmin"),
            }],
            alone_count: 1,
            content: owns(),
            privileges: [("DEVELOPER".to_owned(), 1)].into(),
            guard_opens: true,
            outcome: "1 account would go".into(),
        };
        self.reply(format!("impact {org} {kind:?} {which}"), impact)
    }
    fn simulate<'a>(
        &'a self,
        org: &'a str,
        requests: Vec<Simulated>,
    ) -> Reply<'a, Vec<Simulation>> {
        let simulation = Simulation {
            request: "DELETE /Users/7".into(),
            status: 204,
            what: "removed".into(),
            subject: "é".into(),
            changes: json!([]),
            deletions: vec![deletion()],
            transfers: vec![transfer()],
        };
        self.reply(format!("simulate {org} {requests:?}"), vec![simulation])
    }
}

fn deletion() -> Deletion {
    Deletion {
        seq: 1,
        at: Timestamp(1),
        org: OrgId(0),
        user: ResourceId(uuid::Uuid::nil()),
        user_name: "ada".into(),
        external_id: None,
        signal: Signal::Deactivate,
        actor: Actor::System,
        request: None,
        state: DeletionState::Held,
        settled: Some(Timestamp(2)),
        until: Some(Timestamp(3)),
        batch: Some(1),
        counted: true,
        roles: vec!["Analyst".into()],
        content: owns(),
        heir: Some(person("tsadmin")),
        groups: json!([]),
        snapshot: json!({ "active": false }),
    }
}

fn owns() -> KindCounts {
    KindCounts::from([("schedule".to_owned(), 2)])
}

fn left() -> Vec<Left> {
    vec![Left {
        seq: 2,
        subject: "bob".into(),
        why: "another account has its userName now".into(),
    }]
}

fn batch() -> Batch {
    Batch {
        id: 1,
        org: OrgId(7),
        opened: Timestamp(1),
        why: "11 accounts within 1 hour, 10 let through".into(),
        action: GuardAction::Freeze,
        removals: 4,
        frozen: 3,
        verdict: Some(Verdict::Restore),
        by: Some("root".into()),
        closed: Some(Timestamp(2)),
    }
}

fn status() -> GuardStatus {
    let used = WindowUse {
        count: 3,
        threshold: 10,
    };
    GuardStatus {
        org: OrgId(7),
        org_name: "ü".into(),
        enabled: true,
        action: GuardAction::Reject,
        hour: used,
        day: used,
        allowance: Some(Allowance {
            count: 5,
            left: 4,
            until: Timestamp(9),
            reason: "a move".into(),
            by: "root".into(),
        }),
        open: None,
        last: Some(batch()),
    }
}
