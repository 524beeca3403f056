//! `scimtop transfers …`

use super::CommandError;
use super::args::TransfersCommand;
use super::events::actor;
use super::out::{Out, org_id};
use crate::model::content::Person;
use crate::model::transfer::{Transfer, Why};
use crate::ops::api::content::{GiveBack, GivenBack, TransferQuery};
use crate::ops::api::{Failure, Ops, OpsError};

pub(super) async fn run(
    ops: &dyn Ops,
    command: TransfersCommand,
    out: &mut Out,
) -> Result<(), CommandError> {
    match command {
        TransfersCommand::List {
            org,
            deletion,
            open,
            limit,
        } => {
            let query = TransferQuery {
                org: org_id(ops, org.as_deref()).await?,
                deletion,
                open,
                limit,
                ..TransferQuery::default()
            };
            let mut transfers = ops.transfers(query).await?;
            transfers.reverse();
            if out.json() {
                return Ok(out.value(&transfers)?);
            }
            let rows: Vec<[String; 9]> = transfers.iter().map(row).collect();
            let heads = [
                "TRANSFER", "TIME", "ORG", "ITEM", "TITLE", "FROM", "TO", "WHY", "UNDO",
            ];
            Ok(out.table(heads, &rows)?)
        }
        TransfersCommand::Show { transfer } => show(ops, transfer, out).await,
        TransfersCommand::GiveBack {
            transfers,
            deletion,
            to,
            change,
        } => {
            let order = GiveBack {
                deletion,
                transfers,
                to,
                dry_run: change.dry_run,
            };
            let done = ops.give_back(order).await?;
            given(&done, change.dry_run, out)
        }
    }
}

async fn show(ops: &dyn Ops, seq: u64, out: &mut Out) -> Result<(), CommandError> {
    let query = TransferQuery {
        seq: Some(seq),
        ..TransferQuery::default()
    };
    let found = ops.transfers(query).await?;
    let line = found.first().ok_or_else(|| {
        let message = "no transfer has this number; `scimtop transfers list` shows them";
        OpsError::new(Failure::NotFound, message)
    })?;
    if out.json() {
        return Ok(out.value(line)?);
    }
    let [transfer, time, org, item, title, from, to, why, undone] = row(line);
    let recipient = line.recipient.clone().unwrap_or_default();
    let request = line.request.map_or_else(String::new, |id| id.to_string());
    Ok(out.pairs(&[
        ("transfer", transfer),
        ("time", time),
        ("org", org),
        ("item", item),
        ("title", title),
        ("from", from),
        ("to", to),
        ("why", why),
        ("recipient", recipient),
        ("deletion", line.deletion.to_string()),
        ("by", actor(&line.actor)),
        ("request", request),
        ("undo", undone),
    ])?)
}

/// Prints what a give-back did; it fails if nothing could be given.
fn given(done: &GivenBack, dry_run: bool, out: &mut Out) -> Result<(), CommandError> {
    if out.json() {
        out.value(done)?;
    } else {
        let would = if dry_run { "would be " } else { "" };
        out.pairs(&[
            ("to", done.to.user_name.clone()),
            ("given", format!("{would}{}", done.given)),
            ("left", done.left.len().to_string()),
        ])?;
        for left in &done.left {
            let subject = crate::text::clean(&left.subject);
            let why = crate::text::clean(&left.why);
            out.line(&format!("transfer {} {subject}: {why}", left.seq))?;
        }
    }
    if done.given == 0 && !done.left.is_empty() {
        let message = "nothing was given back";
        return Err(OpsError::new(Failure::Conflict, message).into());
    }
    Ok(())
}

fn row(line: &Transfer) -> [String; 9] {
    let why = match line.why {
        Why::Removal => "removal",
        Why::Recipient => "recipient",
        Why::GiveBack => "give-back",
    };
    [
        line.seq.to_string(),
        line.at.to_string(),
        line.org.to_string(),
        format!("{}/{}", line.kind, line.object),
        line.title.clone(),
        name(&line.from),
        name(&line.to),
        why.to_owned(),
        line.undone.map_or_else(String::new, |seq| seq.to_string()),
    ]
}

/// An erased person is shown by its id.
fn name(person: &Person) -> String {
    if person.user_name.is_empty() {
        person.id.to_string()
    } else {
        person.user_name.clone()
    }
}
