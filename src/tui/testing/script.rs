//! The parts of the scripted [`Ops`] that show the made-up house.
//!
//! [`Ops`]: crate::ops::api::Ops

use super::house::{
    EVENTS, batch, deletion, deletion_detail, event, group, group_detail, guards, history, id,
    person, tokens, user, user_detail,
};
use super::{Scripted, refuse, reply};
use crate::model::content::Person;
use crate::model::deletion::Deletion;
use crate::model::event::Event;
use crate::model::guard::GuardStatus;
use crate::ops::api::Kind;
use crate::ops::api::content::{GiveBack, GivenBack};
use crate::ops::api::directory::{
    DirectoryPage, DirectoryQuery, GroupDetail, GroupLine, HistoryPage, UserDetail, UserLine,
};
use crate::ops::api::removals::{
    BackAgain, Decided, Decision, DeletionDetail, Left, NewAllowance, Purged, Restored, Selected,
};
use crate::ops::api::{
    DeletionQuery, Directory, EventQuery, Failure, IssuedToken, OpsError, Removals, Reply,
};

fn taken(seq: u64) -> Left {
    Left {
        seq,
        subject: deletion(seq).user_name,
        why: "its userName is taken by a newer account; remove that first".to_owned(),
    }
}

pub fn given_back(order: &GiveBack) -> Reply<'static, GivenBack> {
    if order.to == "nobody" {
        let error = OpsError::new(Failure::NotFound, "there is no such live user in the Org");
        return Box::pin(std::future::ready(Err(error)));
    }
    reply(GivenBack {
        to: Person {
            id: id(4),
            user_name: order.to.clone(),
        },
        given: 11,
        left: vec![Left {
            seq: 2,
            subject: "Finance weekly".to_owned(),
            why: "it has a new owner since: m.chen@example.com".to_owned(),
        }],
    })
}

/// The secret of every token that is issued.
pub const SECRET: &str = "scimtop_0b1e31c0_ZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZ_QwErTy";

pub fn issued(label: &str) -> Reply<'static, IssuedToken> {
    let mut token = tokens().remove(1);
    label.clone_into(&mut token.label);
    "erTy".clone_into(&mut token.hint);
    reply(IssuedToken {
        token,
        secret: SECRET.to_owned(),
    })
}

/// Twelve hundred events; a filter finds those whose cause contains it.
pub fn events(query: &EventQuery) -> Reply<'static, Vec<Event>> {
    let wanted = query.filter.trim_matches('"');
    let fits = |event: &Event| event.cause.contains(wanted) || wanted.starts_with("tok_");
    let limit = usize::try_from(query.limit).unwrap();
    if let Some(after) = query.after {
        let some = (after + 1..=EVENTS).map(event).filter(fits).take(limit);
        return reply(some.collect());
    }
    let end = query.before.unwrap_or(EVENTS + 1);
    let newest = (1..end).rev().map(event).filter(fits).take(limit);
    let mut newest: Vec<Event> = newest.collect();
    newest.reverse();
    reply(newest)
}

impl Directory for Scripted {
    fn users(&self, query: DirectoryQuery) -> Reply<'_, DirectoryPage<UserLine>> {
        let items: Vec<UserLine> = (0..40)
            .map(user)
            .filter(|user| user.user_name.contains(&query.filter))
            .collect();
        reply(DirectoryPage {
            total: Some(items.len().try_into().unwrap()),
            items,
            next: None,
        })
    }
    fn user<'a>(&'a self, _: &'a str, which: &'a str) -> Reply<'a, UserDetail> {
        let named = |user: &UserLine| user.id.to_string() == which || user.user_name == which;
        if let Some(number) = (0..40).find(|number| named(&user(*number))) {
            return reply(user_detail(number));
        }
        let error = OpsError::new(Failure::NotFound, "there is no such user");
        Box::pin(std::future::ready(Err(error)))
    }
    fn groups(&self, _: DirectoryQuery) -> Reply<'_, DirectoryPage<GroupLine>> {
        reply(DirectoryPage {
            items: (0..3).map(group).collect(),
            total: Some(3),
            next: None,
        })
    }
    fn group<'a>(&'a self, _: &'a str, which: &'a str) -> Reply<'a, GroupDetail> {
        if let Some(number) = (0..3).find(|number| group(*number).id.to_string() == which) {
            return reply(group_detail(number));
        }
        let error = OpsError::new(Failure::NotFound, "there is no such group");
        Box::pin(std::future::ready(Err(error)))
    }
    fn history<'a>(
        &'a self,
        _: &'a str,
        _: Kind,
        _: &'a str,
        _: HistoryPage,
    ) -> Reply<'a, Vec<Event>> {
        reply(history())
    }
}

impl Removals for Scripted {
    fn deletions(&self, query: DeletionQuery) -> Reply<'_, Vec<Deletion>> {
        let fits = |deletion: &Deletion| {
            deletion.user_name.contains(&query.name)
                && query.state.is_none_or(|state| state == deletion.state)
                && query
                    .batch
                    .is_none_or(|batch| Some(batch) == deletion.batch)
        };
        reply((1..=12).rev().map(deletion).filter(fits).collect())
    }
    fn deletion(&self, seq: u64) -> Reply<'_, DeletionDetail> {
        reply(deletion_detail(seq))
    }
    fn restore(&self, which: Selected) -> Reply<'_, Restored> {
        let (left, back): (Vec<u64>, Vec<u64>) =
            which.deletions.into_iter().partition(|seq| *seq == 10);
        reply(Restored {
            restored: back
                .into_iter()
                .map(|seq| BackAgain {
                    seq,
                    user: person(seq),
                    groups: 2,
                })
                .collect(),
            left: left.into_iter().map(taken).collect(),
        })
    }
    fn purge(&self, which: Selected) -> Reply<'_, Purged> {
        let erased = which.deletions.len().try_into().unwrap();
        reply(Purged {
            deleted: erased,
            erased,
            events: 4 * erased,
            left: Vec::new(),
        })
    }
    fn guard<'a>(&'a self, _: Option<&'a str>) -> Reply<'a, Vec<GuardStatus>> {
        reply(guards())
    }
    fn decide<'a>(&'a self, _: &'a str, decision: Decision) -> Reply<'a, Decided> {
        let mut batch = batch(3);
        let done = match decision.only.len() {
            0 => 120,
            some => some.try_into().unwrap(),
        };
        if !decision.dry_run {
            batch.frozen -= done;
            batch.verdict = (batch.frozen == 0).then_some(decision.verdict);
        }
        reply(Decided {
            done,
            left: Vec::new(),
            batch,
        })
    }
    fn allow<'a>(&'a self, _: &'a str, _: NewAllowance) -> Reply<'a, GuardStatus> {
        refuse()
    }
}
