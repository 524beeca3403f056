//! What operators do with removed accounts: look at them, bring held ones back, purge them; and
//! the end of a hold.

use std::collections::BTreeMap;

use serde_json::json;

use crate::model::content::Person;
use crate::model::deletion::{Deletion, DeletionState};
use crate::model::event::{Actor, EventKind};
use crate::model::org::Org;
use crate::ops::api::removals::{BackAgain, DeletionDetail, Left, Purged, Restored, Selected};
use crate::ops::api::{Failure, OpsError};
use crate::ops::house::House;
use crate::ops::mandate::Mandates;
use crate::ops::removal;
use crate::ops::slices::{self, Worked, each, leave};
use crate::store::{self, EventQuery, StoreError, TransferQuery, Walk};

/// Lines of the ledger shown with a deletion.
const LINES: u64 = 1_000;
/// Records that one order may name.
const MOST: usize = 100_000;
/// Held accounts that are looked up at a time when their time is over.
const PAGE: u64 = 500;

/// One deletion record with everything that belongs to it.
pub(super) fn detail(house: &House, seq: u64) -> Result<DeletionDetail, OpsError> {
    let found = house.store.read(|reader| {
        reader.snapshot(|reader| {
            let Some(deletion) = reader.deletion(seq)? else {
                return Ok(None);
            };
            let lines = TransferQuery {
                deletion: Some(seq),
                walk: Walk::Oldest { after: None },
                ..TransferQuery::default()
            };
            let about = EventQuery {
                org: Some(deletion.org),
                subject: Some(deletion.user),
                since: Some(deletion.at),
                walk: Walk::Oldest { after: None },
                ..EventQuery::default()
            };
            let kinds = [EventKind::UserRemoved, EventKind::UserHeld];
            let event = reader
                .events(&about, 10)?
                .into_iter()
                .find(|event| kinds.contains(&event.kind))
                .map(|event| (event.seq, event.hash));
            let held = deletion.state == DeletionState::Held;
            Ok(Some(DeletionDetail {
                transfers: reader.transfers(&lines, LINES)?,
                transfer_count: reader.transfer_count(seq)?,
                owns: if held {
                    reader.content_counts(deletion.org, &deletion.user)?
                } else {
                    BTreeMap::new()
                },
                batch: match deletion.batch {
                    Some(batch) => reader.batch(batch)?,
                    None => None,
                },
                event,
                deletion,
            }))
        })
    })?;
    found.ok_or_else(|| unknown(seq))
}

/// Brings held accounts back as they were.
pub(super) fn restore(
    house: &House,
    operator: &str,
    which: &Selected,
) -> Result<Restored, OpsError> {
    let selected = select(house, which)?;
    if which.dry_run {
        return would_restore(house, selected);
    }
    let mandates = Mandates::new(house, Actor::Operator(operator.to_owned()))?;
    let Worked { done, left } = each(&house.store, selected, move |tx, deletion| {
        bring_back(tx, &mandates, deletion)
    })?;
    Ok(Restored {
        restored: done,
        left,
    })
}

/// Brings one back.
pub(super) fn bring_back(
    tx: &mut store::Tx<'_>,
    mandates: &Mandates,
    deletion: &Deletion,
) -> Result<BackAgain, StoreError> {
    let mandate = mandates.of(deletion.org)?;
    let which = (deletion.seq, deletion.user);
    let groups = removal::bring_back(tx, &mandate, which, None, "operator")?;
    Ok(BackAgain {
        seq: deletion.seq,
        user: Person {
            id: deletion.user,
            user_name: deletion.user_name.clone(),
        },
        groups,
    })
}

/// What [`restore`] would do with these.
pub(super) fn would_restore(house: &House, selected: Vec<Deletion>) -> Result<Restored, OpsError> {
    let mut would = Restored::default();
    house.store.read(|reader| {
        for deletion in selected {
            match reader.held_memberships(deletion.seq)? {
                None => would.left.push(leave(&deletion, "it is not held any more")),
                Some(groups) => match reader.held_conflict(deletion.seq)? {
                    Some(attribute) => {
                        would.left.push(leave(&deletion, slices::taken(attribute)));
                    }
                    None => would.restored.push(BackAgain {
                        seq: deletion.seq,
                        user: Person {
                            id: deletion.user,
                            user_name: deletion.user_name,
                        },
                        groups,
                    }),
                },
            }
        }
        Ok(())
    })?;
    Ok(would)
}

/// Deletes what is held and erases the personal data of all.
pub(super) fn purge(house: &House, operator: &str, which: &Selected) -> Result<Purged, OpsError> {
    let (mut purge, mut alive) = (Vec::new(), Vec::new());
    for deletion in select(house, which)? {
        match deletion.state {
            DeletionState::Deleted | DeletionState::Held => purge.push(deletion),
            DeletionState::Restored | DeletionState::Returned => {
                alive.push(leave(
                    &deletion,
                    "the account came back: purge its last removal, or remove it first",
                ));
            }
        }
    }
    let held = |deletion: &Deletion| deletion.state == DeletionState::Held;
    if which.dry_run {
        return Ok(Purged {
            deleted: purge.iter().filter(|deletion| held(deletion)).count() as u64,
            erased: purge.len() as u64,
            events: 0,
            left: alive,
        });
    }
    let mandates = Mandates::new(house, Actor::Operator(operator.to_owned()))?;
    let people: Vec<_> = purge
        .iter()
        .map(|gone| (gone.org, gone.user, gone.user_name.clone()))
        .collect();
    let Worked { done, mut left } = each(&house.store, purge, move |tx, deletion| {
        let mandate = mandates.of(deletion.org)?;
        let ends = held(deletion);
        if ends {
            removal::end(tx, &mandate, deletion, "purge")?;
        }
        let events = tx.erase_person(deletion.org, &deletion.user)?;
        tx.erase_from_alerts(&deletion.user_name)?;
        let detail = json!({ "deletion": deletion.seq });
        let event = mandate.event(EventKind::UserErased, detail);
        tx.append_event(&event.about(deletion.user).because("purge"))?;
        Ok((ends, events))
    })?;
    house.store.traffic().erase(people);
    left.append(&mut alive);
    Ok(Purged {
        deleted: done.iter().filter(|(ends, _)| *ends).count() as u64,
        erased: done.len() as u64,
        events: done.iter().map(|(_, events)| events).sum(),
        left,
    })
}

/// Deletes the held accounts whose time is over; returns how many. Blocks.
///
/// # Errors
/// Those of the store.
pub(super) fn end_expired(house: &House) -> Result<u64, OpsError> {
    let mut ended = 0;
    loop {
        let now = house.clock.now();
        let over = house.store.read(|reader| reader.expired_holds(now, PAGE))?;
        let mandates = Mandates::new(house, Actor::System)?;
        let last = (over.len() as u64) < PAGE;
        let worked = each(&house.store, over, move |tx, deletion| {
            removal::end(tx, &mandates.of(deletion.org)?, deletion, "hold over")
        })?;
        ended += worked.done.len() as u64;
        if last || worked.done.is_empty() {
            return Ok(ended);
        }
    }
}

/// The records that an order names, each once, in the order given.
fn select(house: &House, which: &Selected) -> Result<Vec<Deletion>, OpsError> {
    if which.deletions.is_empty() || which.deletions.len() > MOST {
        return Err(OpsError::new(
            Failure::Invalid,
            format!("name 1 to {MOST} deletion records, as `deletions list` shows them"),
        ));
    }
    let mut seen = std::collections::HashSet::new();
    let mut selected = Vec::new();
    for seq in which.deletions.iter().filter(|seq| seen.insert(**seq)) {
        let deletion = house.store.read(|reader| reader.deletion(*seq))?;
        selected.push(deletion.ok_or_else(|| unknown(*seq))?);
    }
    Ok(selected)
}

/// Keeps those that could not come back for as long as the Org holds accounts.
pub(super) fn keep(house: &House, org: &Org, left: &[Left]) -> Result<(), StoreError> {
    let until = crate::engine::plan::held_until(org, house.clock.now());
    let seqs: Vec<u64> = left.iter().map(|left| left.seq).collect();
    house.store.write_blocking(move |tx| {
        for seq in seqs {
            tx.hold_until(seq, until)?;
        }
        Ok(())
    })
}

fn unknown(seq: u64) -> OpsError {
    OpsError::new(
        Failure::NotFound,
        format!("there is no deletion record {seq}; `deletions list` shows them"),
    )
}
