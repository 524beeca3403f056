//! `scimtop deliveries …`

use super::CommandError;
use super::args::deliveries::DeliveriesCommand;
use super::out::Out;
use crate::clock::Timestamp;
use crate::model::delivery::{Delivery, WebhookStatus};
use crate::ops::api::Ops;
use crate::ops::api::deliveries::{DeliveryQuery, Replay};

pub(super) async fn run(
    ops: &dyn Ops,
    command: DeliveriesCommand,
    out: &mut Out,
) -> Result<(), CommandError> {
    match command {
        DeliveriesCommand::List { webhook, limit } => {
            let found = ops.deliveries(DeliveryQuery { webhook, limit }).await?;
            if out.json() {
                return Ok(out.value(&found)?);
            }
            if found.webhooks.is_empty() {
                return Ok(out.line(
                    "There is none such; [[webhooks]] and [[sinks]] in the configuration make them.",
                )?);
            }
            let rows: Vec<[String; 7]> = found.webhooks.iter().map(status).collect();
            let heads = [
                "NAME", "TOLD", "ORG", "TOLD TO", "WAITING", "SINCE", "GIVEN UP",
            ];
            out.table(heads, &rows)?;
            if found.open.is_empty() {
                return Ok(());
            }
            out.line("")?;
            open(&found.open, out)
        }
        DeliveriesCommand::Replay {
            events,
            webhook,
            change,
        } => {
            let order = Replay {
                webhook,
                events,
                dry_run: change.dry_run,
            };
            let again = ops.replay(order).await?;
            if out.json() {
                return Ok(out.value(&again)?);
            }
            if again.is_empty() {
                return Ok(out.line("Nothing of this was given up.")?);
            }
            open(&again, out)?;
            if change.dry_run {
                out.line("This is what would be tried again; nothing was changed.")?;
            }
            Ok(())
        }
    }
}

fn status(status: &WebhookStatus) -> [String; 7] {
    let name = if status.configured {
        status.webhook.clone()
    } else {
        format!("{} (not configured)", status.webhook)
    };
    [
        name,
        status.told.as_str().to_owned(),
        status
            .org
            .map_or_else(|| "all".to_owned(), |org| org.to_string()),
        status.event.to_string(),
        status.waiting.to_string(),
        moment(status.oldest),
        status.failed.to_string(),
    ]
}

fn open(open: &[Delivery], out: &mut Out) -> Result<(), CommandError> {
    let rows: Vec<[String; 8]> = open
        .iter()
        .map(|delivery| {
            let subject = delivery.subject.clone();
            let why = match delivery.attempts {
                0 if delivery.error.is_empty() => "waits behind an earlier one".to_owned(),
                _ => delivery.error.clone(),
            };
            [
                delivery.event.to_string(),
                delivery.webhook.clone(),
                delivery.kind.clone(),
                subject.unwrap_or_default(),
                delivery.state.as_str().to_owned(),
                delivery.attempts.to_string(),
                moment(delivery.next),
                why,
            ]
        })
        .collect();
    let heads = [
        "NUMBER", "NAME", "KIND", "SUBJECT", "STATE", "TRIED", "NEXT", "WHY",
    ];
    Ok(out.table(heads, &rows)?)
}

fn moment(at: Option<Timestamp>) -> String {
    at.map(|at| at.to_string()).unwrap_or_default()
}
