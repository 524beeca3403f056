//! The ledger of transfers, and giving back what a removal moved.

use serde_json::json;

use super::{NAMED, invalid, name};
use crate::ids::OrgId;
use crate::model::content::Person;
use crate::model::event::{Actor, EventKind, NewEvent};
use crate::model::transfer::{Transfer, Why};
use crate::ops::api::content::{GiveBack, GivenBack, TransferQuery};
use crate::ops::api::removals::Left;
use crate::ops::api::{Failure, OpsError};
use crate::ops::house::House;
use crate::ops::rehearsal::carry_out;
use crate::ops::removal::addresses;
use crate::store::{self, Given, Refused, Tx, Walk};

/// Lines given back in one transaction.
const CHUNK: usize = 1_000;

/// Lines of the ledger, newest first.
pub(in crate::ops) fn transfers(
    house: &House,
    query: &TransferQuery,
    count: u64,
) -> Result<Vec<Transfer>, OpsError> {
    let query = store::TransferQuery {
        org: query.org,
        deletion: query.deletion,
        seq: query.seq,
        open: query.open,
        walk: Walk::Newest {
            before: query.before,
        },
    };
    Ok(house.store.read(|reader| reader.transfers(&query, count))?)
}

/// Carries an order out.
pub(in crate::ops) fn give_back(
    house: &House,
    actor: &Actor,
    order: &GiveBack,
) -> Result<GivenBack, OpsError> {
    let (org, lines) = lines(house, order)?;
    let (to, addresses) = receiver(house, org, &order.to)?;
    let giving = store::GiveBack {
        org,
        to: to.clone(),
        addresses,
        actor: actor.clone(),
        at: house.clock.now(),
    };
    let mut done = GivenBack {
        to,
        given: 0,
        left: Vec::new(),
    };
    for chunk in lines.chunks(CHUNK) {
        let (chunk, giving) = (chunk.to_vec(), giving.clone());
        let (given, left) = carry_out(&house.store, order.dry_run, move |tx| {
            give(tx, &chunk, &giving)
        })?;
        done.given += given;
        done.left.extend(left);
    }
    Ok(done)
}

/// Gives lines back, as far as that is possible, with one event.
fn give(
    tx: &mut Tx<'_>,
    lines: &[u64],
    giving: &store::GiveBack,
) -> Result<(u64, Vec<Left>), OpsError> {
    let (mut given, mut left, mut named) = (0, Vec::new(), Vec::new());
    for &seq in lines {
        match tx.give_back(seq, giving)? {
            Given::Left { title, why } => left.push(Left {
                seq,
                subject: title,
                why: words(&why),
            }),
            Given::Back(line) => {
                given += 1;
                if named.len() < NAMED {
                    let query = store::TransferQuery {
                        seq: Some(line),
                        ..store::TransferQuery::default()
                    };
                    let line = tx.transfers(&query, 1)?;
                    named.extend(line.iter().map(|line| name(&line.kind, &line.object)));
                }
            }
        }
    }
    if given > 0 {
        let detail = json!({
            "subject": giving.to.user_name,
            "given": given,
            "left": left.len(),
            "items": named,
        });
        let (kind, actor) = (EventKind::ContentGivenBack, giving.actor.clone());
        let event = NewEvent::of(actor, giving.at, giving.org, kind, detail);
        tx.append_event(&event.about(giving.to.id))?;
    }
    Ok((given, left))
}

/// The Org that an order is about and the lines that it names.
fn lines(house: &House, order: &GiveBack) -> Result<(OrgId, Vec<u64>), OpsError> {
    match (order.deletion, order.transfers.as_slice()) {
        (Some(deletion), []) => {
            let found = house.store.read(|reader| reader.deletion(deletion))?;
            let org = found
                .ok_or_else(|| missing("no deletion has this number"))?
                .org;
            Ok((org, moved_by(house, deletion)?))
        }
        (None, [first, ..]) => {
            let query = TransferQuery {
                seq: Some(*first),
                ..TransferQuery::default()
            };
            let found = transfers(house, &query, 1)?;
            let line = found
                .first()
                .ok_or_else(|| missing("no transfer has this number"))?;
            Ok((line.org, order.transfers.clone()))
        }
        _ => Err(invalid("name either a deletion or transfers to give back")),
    }
}

/// Numbers of the lines that a removal wrote, oldest first.
fn moved_by(house: &House, deletion: u64) -> Result<Vec<u64>, OpsError> {
    let mut seqs = Vec::new();
    let mut after = None;
    loop {
        let query = store::TransferQuery {
            deletion: Some(deletion),
            walk: Walk::Oldest { after },
            ..store::TransferQuery::default()
        };
        let page = house
            .store
            .read(|reader| reader.transfers(&query, CHUNK as u64))?;
        let Some(last) = page.last() else {
            return Ok(seqs);
        };
        after = Some(last.seq);
        let removals = page.iter().filter(|line| line.why != Why::GiveBack);
        seqs.extend(removals.map(|line| line.seq));
    }
}

/// A live user, and every spelling that names it as a recipient.
fn receiver(house: &House, org: OrgId, which: &str) -> Result<(Person, Vec<String>), OpsError> {
    let user = house
        .store
        .read(|reader| match reader.owner(org, which)? {
            Some(person) => reader.user(org, &person.id),
            None => Ok(None),
        })?
        .ok_or_else(|| {
            invalid("content is given to a live user of the Org: name one by id or userName")
        })?;
    let addresses = addresses(&user);
    let person = Person {
        id: user.id,
        user_name: user.user_name,
    };
    Ok((person, addresses))
}

fn words(why: &Refused) -> String {
    match why {
        Refused::NoSuchLine => "the Org has no transfer with this number".to_owned(),
        Refused::NoRemoval => "this is a give-back, not something that a removal moved".to_owned(),
        Refused::Before(line) => format!("was given back before (transfer {line})"),
        Refused::Unregistered => "the application has removed it meanwhile".to_owned(),
        Refused::NewOwner(owner) => format!("has a new owner since: {}", owner.user_name),
    }
}

fn missing(message: &str) -> OpsError {
    OpsError::new(
        Failure::NotFound,
        format!("{message}; `scimtop transfers list` shows them"),
    )
}
