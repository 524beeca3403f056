//! `scimtop events …`

use super::CommandError;
use super::args::{ReadEvents, WhichEvents};
use super::out::{Out, org_id};
use crate::ids::ResourceId;
use crate::model::event::{Actor, Event};
use crate::ops::api::{EventQuery, Ops};

/// Events fetched at once by an export.
const PAGE: u32 = 1000;

pub(super) async fn run(
    ops: &dyn Ops,
    command: ReadEvents,
    out: &mut Out,
) -> Result<(), CommandError> {
    match command {
        ReadEvents::Tail { limit, which } => {
            let query = EventQuery {
                limit,
                ..query(ops, which).await?
            };
            let events = ops.events(query).await?;
            if out.json() {
                return Ok(out.value(&events)?);
            }
            let rows: Vec<[String; 7]> = events.iter().map(row).collect();
            let heads = ["EVENT", "TIME", "ORG", "KIND", "SUBJECT", "BY", "CAUSE"];
            Ok(out.table(heads, &rows)?)
        }
        ReadEvents::Export { after, which } => {
            let mut query = query(ops, which).await?;
            query.limit = PAGE;
            query.after = Some(after);
            loop {
                let events = ops.events(query.clone()).await?;
                let Some(last) = events.last() else {
                    return Ok(());
                };
                query.after = Some(last.seq);
                for event in &events {
                    out.json_line(event)?;
                }
            }
        }
        ReadEvents::Verify => {
            let report = ops.verify_events().await?;
            if out.json() {
                out.value(&report)?;
            } else {
                let range = report.range.map_or_else(
                    || "none".to_owned(),
                    |(first, last)| format!("{first} to {last}"),
                );
                out.pairs(&[
                    ("checked", report.checked.to_string()),
                    ("events", range),
                    ("head", report.head.clone()),
                ])?;
            }
            match report.faults.as_slice() {
                [] => Ok(()),
                faults => Err(CommandError::Found(format!(
                    "the chain is broken: {}",
                    faults.join("; ")
                ))),
            }
        }
    }
}

async fn query(ops: &dyn Ops, which: WhichEvents) -> Result<EventQuery, CommandError> {
    Ok(EventQuery {
        org: org_id(ops, which.org.as_deref()).await?,
        kind: which.kind,
        subject: which.subject.map(ResourceId),
        filter: which.filter,
        ..EventQuery::default()
    })
}

fn row(event: &Event) -> [String; 7] {
    let subject = event.detail["subject"]
        .as_str()
        .map(str::to_owned)
        .or_else(|| event.subject.map(|id| id.to_string()))
        .unwrap_or_default();
    [
        event.seq.to_string(),
        event.at.to_string(),
        event.org.to_string(),
        event.kind.as_str().to_owned(),
        subject,
        actor(&event.actor),
        event.cause.clone(),
    ]
}

pub(super) fn actor(actor: &Actor) -> String {
    match actor {
        Actor::Token(id) => id.to_string(),
        Actor::Operator(name) => name.clone(),
        Actor::System => "scimtop".to_owned(),
    }
}
