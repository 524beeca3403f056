//! `scimtop events …`

use std::time::Duration;

use super::CommandError;
use super::args::{ReadEvents, WhichEvents};
use super::out::{Out, org_id};
use super::siem::{self, Format, Origin};
use crate::ids::{OrgId, RequestId, ResourceId};
use crate::model::event::{Actor, Event};
use crate::ops::api::{EventQuery, ExportQuery, Failure, Ops};

/// Events fetched at once by an export.
const PAGE: u32 = 1000;
/// New events are looked for this often.
const LOOK: Duration = Duration::from_secs(1);

pub(super) async fn run(
    ops: &dyn Ops,
    command: ReadEvents,
    out: &mut Out,
) -> Result<(), CommandError> {
    match command {
        ReadEvents::Tail {
            limit,
            format,
            follow,
            which,
        } => {
            let query = EventQuery {
                limit,
                ..query(ops, which).await?
            };
            let events = ops.events(query.clone()).await?;
            if let Some(format) = format.or(follow.then_some(Format::Jsonl)) {
                let mut teller = Teller::new(ops, format).await?;
                teller.tell(&events, out).await?;
                if !follow {
                    return Ok(());
                }
                let mut query = query;
                query.after = Some(events.last().map_or(0, |event| event.seq));
                return teller.go_on(query, out).await;
            }
            if out.json() {
                return Ok(out.value(&events)?);
            }
            let rows: Vec<[String; 7]> = events.iter().map(row).collect();
            let heads = ["EVENT", "TIME", "ORG", "KIND", "SUBJECT", "BY", "CAUSE"];
            Ok(out.table(heads, &rows)?)
        }
        ReadEvents::Export {
            after,
            format,
            refusals,
            which,
        } => {
            let mut teller = Teller::new(ops, format).await?;
            let mut query = query(ops, which).await?;
            query.limit = PAGE;
            query.after = Some(after);
            loop {
                let events = ops.events(query.clone()).await?;
                let Some(last) = events.last() else {
                    break;
                };
                query.after = Some(last.seq);
                teller.tell(&events, out).await?;
            }
            if refusals {
                teller.refusals(query.org, out).await?;
            }
            Ok(())
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

/// Writes events line by line.
struct Teller<'o> {
    ops: &'o dyn Ops,
    format: Format,
    /// The host that the base URL names.
    host: String,
    /// The last request that was looked up: several events may come of one.
    last: Option<(RequestId, Option<Origin>)>,
}

impl<'o> Teller<'o> {
    async fn new(ops: &'o dyn Ops, format: Format) -> Result<Self, CommandError> {
        let base = ops.status().await?.base_url;
        let authority = base.split('/').nth(2).unwrap_or_default();
        let host = authority
            .rsplit_once(':')
            .map_or(authority, |(host, _)| host);
        Ok(Self {
            ops,
            format,
            host: host.to_owned(),
            last: None,
        })
    }

    async fn tell(&mut self, events: &[Event], out: &mut Out) -> Result<(), CommandError> {
        for event in events {
            let origin = match (self.format, event.request) {
                (Format::Jsonl, _) | (_, None) => None,
                (_, Some(request)) => self.origin(request).await?,
            };
            out.line(&siem::event(
                self.format,
                &self.host,
                event,
                origin.as_ref(),
            ))?;
        }
        Ok(())
    }

    /// Where a request came from; `None` if it is not kept any more.
    async fn origin(&mut self, request: RequestId) -> Result<Option<Origin>, CommandError> {
        if let Some((last, origin)) = &self.last
            && *last == request
        {
            return Ok(origin.clone());
        }
        let origin = match self.ops.exchange(&request.to_string()).await {
            Ok(exchange) => Some(Origin {
                source: exchange.summary.source,
                user_agent: exchange.user_agent,
            }),
            Err(error) if error.failure == Failure::NotFound => None,
            Err(error) => return Err(error.into()),
        };
        self.last = Some((request, origin.clone()));
        Ok(origin)
    }

    /// Goes on with what comes, for ever.
    async fn go_on(&mut self, mut query: EventQuery, out: &mut Out) -> Result<(), CommandError> {
        query.limit = PAGE;
        loop {
            out.flush()?;
            tokio::time::sleep(LOOK).await;
            let events = self.ops.events(query.clone()).await?;
            query.after = events.last().map(|event| event.seq).or(query.after);
            self.tell(&events, out).await?;
        }
    }

    async fn refusals(&self, org: Option<OrgId>, out: &mut Out) -> Result<(), CommandError> {
        let mut query = ExportQuery {
            org,
            filter: "status>=401 status<=403".to_owned(),
            ..ExportQuery::default()
        };
        loop {
            let page = self.ops.export_exchanges(query.clone()).await?;
            for exchange in &page.exchanges {
                let line = siem::refusal(self.format, &self.host, &exchange.summary);
                line.map_or(Ok(()), |line| out.line(&line))?;
            }
            query.after = page.next;
            if query.after.is_none() {
                return Ok(());
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
