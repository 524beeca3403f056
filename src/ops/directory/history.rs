//! Histories, of removed users and groups too.

use crate::ids::{OrgId, ResourceId};
use crate::model::event::{Event, EventKind};
use crate::ops::api::OpsError;
use crate::ops::api::directory::HistoryPage;
use crate::ops::house::House;
use crate::ops::lookup::{self, Found, Looked};
use crate::ops::orgs;
use crate::scim::schema::Kind;
use crate::store::{EventQuery, Reader, StoreError, Walk};

/// A page of a history, oldest first.
pub(in crate::ops) fn history(
    house: &House,
    org: &str,
    kind: Kind,
    which: &str,
    page: HistoryPage,
    count: u64,
) -> Result<Vec<Event>, OpsError> {
    let org = orgs::find(house, org)?.id;
    let walk = match page.after {
        None => Walk::Newest { before: None },
        after => Walk::Oldest { after },
    };
    let found = house.store.read(|reader| {
        reader.snapshot(|reader| {
            let subject = match subject(reader, org, kind, which)? {
                Found::None => gone(reader, org, kind, which)?.map_or(Found::None, Found::One),
                found => found,
            };
            subject.then(|id| reader.history(org, &id, walk, count))
        })
    })?;
    let mut events = found.or_error(kind)?;
    if page.after.is_none() {
        events.reverse();
    }
    Ok(events)
}

fn subject(reader: &Reader<'_>, org: OrgId, kind: Kind, which: &str) -> Looked<ResourceId> {
    match kind {
        Kind::User => lookup::user(reader, org, which)?.then(|user| Ok(user.id)),
        Kind::Group => lookup::any_group(reader, org, which)?.then(|(id, _)| Ok(id)),
    }
}

/// A removed user by id or, of several the last, by name; a deleted group by id.
fn gone(
    reader: &Reader<'_>,
    org: OrgId,
    kind: Kind,
    which: &str,
) -> Result<Option<ResourceId>, StoreError> {
    let id = ResourceId::parse(which);
    match (kind, id) {
        (Kind::User, Some(id)) if reader.was_removed(org, &id)? => Ok(Some(id)),
        (Kind::User, _) => {
            let last = reader.deletions_of(org, which, 1)?;
            Ok(last.first().map(|deletion| deletion.user))
        }
        (Kind::Group, None) => Ok(None),
        (Kind::Group, Some(id)) => {
            let query = EventQuery {
                org: Some(org),
                subject: Some(id),
                kind: Some(EventKind::GroupDeleted),
                ..EventQuery::default()
            };
            let deleted = reader.events(&query, 1)?;
            Ok(deleted.first().map(|_| id))
        }
    }
}
