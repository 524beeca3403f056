//! The directory as it was: an empty store is filled by doing once more what the events tell, up
//! to a moment.
//!
//! Users, groups, memberships, held accounts, roles, and the settings of Orgs come back as they
//! were, with ids, times and versions. What the events do not tell is left out and named, never
//! made up: above all the people whose data a purge erased. Tokens, content, the ledger and the
//! records of requests are not part of it.

mod build;
mod orgs;

use std::collections::HashMap;
use std::sync::Arc;

use crate::clock::Timestamp;
use crate::ids::TokenId;
use crate::model::event::EventKind;
use crate::ops::api::rebuild::Rebuilt;
use crate::ops::api::{EventQuery, Ops, OpsError};
use crate::scim::schema::Registry;
use crate::store::{Store, StoreError};
use build::Builder;

/// Events read and carried out at a time.
const PAGE: u32 = 1000;

/// Fills `store`, which has to be new, with the directory behind `ops` as it was at the moment
/// `at`: after the last event before the first that happened later. `registry` has the schemas of
/// the documents.
///
/// # Errors
/// Those of `ops`, and of the store.
pub async fn run(
    ops: &dyn Ops,
    store: &Store,
    registry: Arc<Registry>,
    at: Timestamp,
) -> Result<Rebuilt, OpsError> {
    let chain = ops.verify_events().await?;
    let orgs = orgs::as_of(ops, at).await?;
    let base = ops.status().await?.base_url;
    let mut builder = Builder::new(registry, base, lineages(ops).await?);
    builder.report.at = at;
    builder.report.faults = chain.faults;
    builder = store.write(move |tx| orgs::make(tx, orgs, builder)).await?;
    let mut after = 0;
    loop {
        let query = EventQuery {
            after: Some(after),
            limit: PAGE,
            ..EventQuery::default()
        };
        let mut events = ops.events(query).await?;
        if after == 0 {
            let first = events.first().filter(|first| first.seq > 1);
            builder.report.kept_since = first.map(|first| first.at);
        }
        let more = events.len() as u64 == u64::from(PAGE);
        let end = events.iter().position(|event| event.at > at);
        events.truncate(end.unwrap_or(events.len()));
        let Some(last) = events.last() else {
            break;
        };
        after = last.seq;
        builder.report.last_event = Some((last.seq, last.at));
        builder = store
            .write(move |tx| {
                for event in &events {
                    builder.carry_out(tx, event)?;
                }
                Ok::<_, StoreError>(builder)
            })
            .await?;
        if end.is_some() || !more {
            break;
        }
    }
    let report = store.write(move |tx| builder.finish(tx)).await?;
    Ok(report)
}

/// Which chain each rotated token belongs to: the source of what was made with it.
async fn lineages(ops: &dyn Ops) -> Result<HashMap<TokenId, TokenId>, OpsError> {
    let mut lineages = HashMap::new();
    let mut query = EventQuery {
        after: Some(0),
        kind: Some(EventKind::TokenRotated),
        limit: PAGE,
        ..EventQuery::default()
    };
    loop {
        let events = ops.events(query.clone()).await?;
        let Some(last) = events.last() else {
            break;
        };
        query.after = Some(last.seq);
        for event in &events {
            let name = |member: &str| {
                event.detail[member]
                    .as_str()
                    .map(str::to_owned)
                    .map(TokenId)
            };
            if let (Some(token), Some(before)) = (name("subject"), name("predecessor")) {
                let first = lineages.get(&before).cloned().unwrap_or(before);
                lineages.insert(token, first);
            }
        }
    }
    // The rotations of tokens that are listed may have been pruned from the events.
    for token in ops.tokens(None).await? {
        if token.lineage != token.id {
            lineages.insert(token.id, token.lineage);
        }
    }
    Ok(lineages)
}
