//! The registry of content, for applications and operators.

mod give_back;
mod item;

use std::collections::HashMap;

use serde_json::json;

pub(super) use give_back::{give_back, transfers};

use crate::clock::Timestamp;
use crate::ids::OrgId;
use crate::model::content::{Content, Person};
use crate::model::event::{Actor, EventKind, NewEvent};
use crate::model::system;
use crate::ops::api::content::{
    BATCH, Batch, ContentPage, ContentQuery, Imported, MOST_ITEMS, NewContent, Register,
    Registered, WrongLine,
};
use crate::ops::api::{Failure, OpsError};
use crate::ops::house::House;
use crate::ops::orgs;
use crate::ops::rehearsal::carry_out;
use crate::store::{self, ContentDraft, Put, Reader, StoreError, Tx};

/// Items of a page if the caller does not say, and at most.
const PAGE: u32 = 100;
const LARGEST_PAGE: u32 = 1_000;
/// Items that an event names.
const NAMED: usize = 10;
/// Between kind and id in the position of a page; neither a kind nor an id holds it.
const BETWEEN: char = '/';

/// A page of an Org's items.
pub(super) fn page(
    house: &House,
    org: &str,
    query: &ContentQuery,
) -> Result<ContentPage, OpsError> {
    let org = orgs::find(house, org)?.id;
    let after = query.after.as_deref().map(position).transpose()?;
    let count = match query.limit {
        0 => PAGE,
        some => some.min(LARGEST_PAGE),
    };
    let mut items = house.store.read(|reader| {
        let owner = match &query.owner {
            None => None,
            Some(which) => match reader.owner(org, which)? {
                Some(owner) => Some(owner.id),
                None => return Ok(None),
            },
        };
        let query = store::ContentQuery {
            owner,
            kind: query.kind.clone(),
            title: query.title.clone(),
            verify: query.verify,
            after,
        };
        // One more than asked for tells whether there are more.
        reader
            .content_page(org, &query, u64::from(count) + 1)
            .map(Some)
    })?;
    let items = items.as_mut().ok_or_else(no_owner)?;
    let more = items.len() > count as usize;
    items.truncate(count as usize);
    let next = items
        .last()
        .filter(|_| more)
        .map(|item| format!("{}{BETWEEN}{}", item.kind, item.id));
    Ok(ContentPage {
        items: std::mem::take(items),
        next,
    })
}

fn position(after: &str) -> Result<store::ContentPosition, OpsError> {
    let (kind, id) = after
        .split_once(BETWEEN)
        .ok_or_else(|| invalid("`after` must be the `next` of the page before"))?;
    Ok((kind.to_owned(), id.to_owned()))
}

/// One item.
pub(super) fn item(house: &House, org: &str, kind: &str, id: &str) -> Result<Content, OpsError> {
    let org = orgs::find(house, org)?.id;
    let found = house.store.read(|reader| reader.content(org, kind, id))?;
    found.ok_or_else(not_registered)
}

/// Registers all items of a call or none.
pub(super) fn register(
    house: &House,
    actor: &Actor,
    org: &str,
    order: Register,
) -> Result<Registered, OpsError> {
    has_room(house)?;
    let org = orgs::find(house, org)?.id;
    if order.items.len() > MOST_ITEMS {
        return Err(invalid(&format!(
            "{MOST_ITEMS} items may be registered at once"
        )));
    }
    let (now, actor) = (house.clock.now(), actor.clone());
    carry_out(&house.store, order.dry_run, move |tx| {
        let mut registrar = Registrar::new(org, now);
        for (at, item) in order.items.iter().enumerate() {
            registrar.put(tx, item).map_err(|error| {
                let message = format!("item {}: {error}", at + 1);
                OpsError::new(error.failure, message)
            })?;
        }
        registrar.end(tx, actor)
    })
}

/// With next to no room on the disk nothing is added.
fn has_room(house: &House) -> Result<(), OpsError> {
    if house.provision.is_full() {
        return Err(StoreError::Full.into());
    }
    Ok(())
}

/// Registers what is right of a batch.
pub(super) fn import(
    house: &House,
    actor: &Actor,
    org: &str,
    batch: Batch,
) -> Result<Imported, OpsError> {
    has_room(house)?;
    let org = orgs::find(house, org)?.id;
    if batch.lines.len() > BATCH {
        return Err(invalid(&format!("a batch has {BATCH} items at most")));
    }
    let (now, actor) = (house.clock.now(), actor.clone());
    carry_out(&house.store, batch.dry_run, move |tx| {
        let mut registrar = Registrar::new(org, now);
        let mut errors = Vec::new();
        for line in &batch.lines {
            match registrar.put(tx, &line.item) {
                Ok(()) => {}
                Err(error) if error.failure == Failure::Invalid => errors.push(WrongLine {
                    line: line.line,
                    why: error.message,
                }),
                Err(error) => return Err(error),
            }
        }
        Ok(Imported {
            registered: registrar.end(tx, actor)?,
            failed: errors.len() as u64,
            errors,
        })
    })
}

/// Forgets an item.
pub(super) fn unregister(
    house: &House,
    actor: &Actor,
    org: &str,
    kind: String,
    id: String,
) -> Result<Content, OpsError> {
    let org = orgs::find(house, org)?.id;
    let (now, actor) = (house.clock.now(), actor.clone());
    house.store.write_blocking(move |tx| {
        let gone = tx
            .unregister_content(org, &kind, &id)?
            .ok_or_else(not_registered)?;
        let detail = json!({ "subject": name(&kind, &id), "owner": gone.owner.id });
        let event = NewEvent::of(actor, now, org, EventKind::ContentRemoved, detail);
        tx.append_event(&event)?;
        Ok(gone)
    })
}

/// Registers items within one transaction and tells of them in one event.
struct Registrar {
    org: OrgId,
    now: Timestamp,
    owners: HashMap<String, Person>,
    done: Registered,
    named: Vec<String>,
}

impl Registrar {
    fn new(org: OrgId, now: Timestamp) -> Self {
        Self {
            org,
            now,
            owners: HashMap::new(),
            done: Registered::default(),
            named: Vec::new(),
        }
    }

    /// # Errors
    /// [`Failure::Invalid`] if something is wrong with the item; then nothing was changed.
    fn put(&mut self, tx: &mut Tx<'_>, new: &NewContent) -> Result<(), OpsError> {
        let schedule = item::check(new).map_err(|why| invalid(&why))?;
        let draft = ContentDraft {
            kind: new.kind.clone(),
            id: new.id.clone(),
            title: new.title.clone(),
            owner: self.owner(tx, &new.owner)?.id,
            schedule,
        };
        let count = match tx.register_content(self.org, &draft, self.now)? {
            Put::Created => &mut self.done.created,
            Put::Changed => &mut self.done.changed,
            Put::Unchanged => {
                self.done.unchanged += 1;
                return Ok(());
            }
        };
        *count += 1;
        if self.named.len() < NAMED {
            self.named.push(name(&new.kind, &new.id));
        }
        Ok(())
    }

    fn owner(&mut self, reader: &Reader<'_>, which: &str) -> Result<Person, OpsError> {
        if let Some(owner) = self.owners.get(which) {
            return Ok(owner.clone());
        }
        let owner = reader
            .owner(self.org, which)?
            .filter(|owner| owner.id != system::SYSTEM)
            .ok_or_else(no_owner)?;
        self.owners.insert(which.to_owned(), owner.clone());
        Ok(owner)
    }

    fn end(self, tx: &mut Tx<'_>, actor: Actor) -> Result<Registered, OpsError> {
        let touched = self.done.created + self.done.changed;
        if touched > 0 {
            let subject = match self.named.as_slice() {
                [only] => only.clone(),
                _ => format!("{touched} items"),
            };
            let detail = json!({
                "subject": subject,
                "created": self.done.created,
                "changed": self.done.changed,
                "items": self.named,
            });
            let kind = EventKind::ContentRegistered;
            tx.append_event(&NewEvent::of(actor, self.now, self.org, kind, detail))?;
        }
        Ok(self.done)
    }
}

fn name(kind: &str, id: &str) -> String {
    format!("{kind}{BETWEEN}{id}")
}

fn invalid(message: &str) -> OpsError {
    OpsError::new(Failure::Invalid, message)
}

fn no_owner() -> OpsError {
    invalid(
        "owner: no user of the Org has this id or userName; name a live or held one, or tsadmin",
    )
}

fn not_registered() -> OpsError {
    OpsError::new(
        Failure::NotFound,
        "no item of this kind and id is registered; `scimtop content list` shows them",
    )
}
