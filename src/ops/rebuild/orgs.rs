//! Orgs as they were: those of today, with every later change of their settings undone.

use serde_json::Value;

use super::build::Builder;
use crate::clock::Timestamp;
use crate::ids::OrgId;
use crate::model::event::EventKind;
use crate::model::org::Org;
use crate::ops::api::{EventQuery, Ops, OpsError};
use crate::store::{StoreError, Tx};

/// Events read at a time.
const PAGE: u32 = 1000;

/// The Orgs that were there at that moment, by number.
pub(super) async fn as_of(ops: &dyn Ops, at: Timestamp) -> Result<Vec<Org>, OpsError> {
    let mut orgs = ops.orgs().await?;
    orgs.retain(|org| org.id == OrgId::PRIMARY || org.created <= at);
    let mut query = EventQuery {
        kind: Some(EventKind::OrgChanged),
        limit: PAGE,
        ..EventQuery::default()
    };
    loop {
        // Of each page the newest last.
        let events = ops.events(query.clone()).await?;
        for event in events.iter().rev() {
            if event.at <= at {
                return Ok(orgs);
            }
            let org = orgs.iter_mut().find(|org| org.id == event.org);
            if let (Some(org), Some(changes)) = (org, event.detail["changes"].as_array()) {
                for change in changes {
                    undo(org, change);
                }
            }
        }
        match events.first() {
            Some(first) => query.before = Some(first.seq),
            None => return Ok(orgs),
        }
    }
}

/// Puts a setting back to what it was before a change.
fn undo(org: &mut Org, change: &Value) {
    let Some(path) = change["path"].as_str() else {
        return;
    };
    let Ok(Value::Object(mut settings)) = serde_json::to_value(&*org) else {
        return;
    };
    settings.insert(path.to_owned(), change["before"].clone());
    if let Ok(before) = serde_json::from_value(settings.into()) {
        *org = before;
    }
}

/// Makes them in a new store.
pub(super) fn make(
    tx: &mut Tx<'_>,
    orgs: Vec<Org>,
    mut builder: Builder,
) -> Result<Builder, StoreError> {
    for org in orgs {
        if org.id != OrgId::PRIMARY && tx.insert_org(&org.name, org.created)?.id != org.id {
            return Err(StoreError::Corrupt("an Org's number that is missing"));
        }
        tx.update_org(&org)?;
        builder.report.orgs += 1;
    }
    Ok(builder)
}
