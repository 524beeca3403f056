//! `scimtop deletions …`

use std::fmt::Write as _;

use super::CommandError;
use super::args::removals::{DeletionsCommand, WhichDeletions};
use super::events::actor;
use super::out::{Out, confirm, org_id};
use crate::model::content::KindCounts;
use crate::model::deletion::{Deletion, DeletionState};
use crate::model::transfer::Transfer;
use crate::ops::api::removals::{DeletionDetail, Left, Selected};
use crate::ops::api::{DeletionQuery, Ops};

pub(super) async fn run(
    ops: &dyn Ops,
    command: DeletionsCommand,
    out: &mut Out,
) -> Result<(), CommandError> {
    match command {
        DeletionsCommand::List(which) => list(ops, which, out).await,
        DeletionsCommand::Show { deletion } => {
            let detail = ops.deletion(deletion).await?;
            if out.json() {
                return Ok(out.value(&detail)?);
            }
            show(&detail, out)
        }
        DeletionsCommand::Restore { deletions, change } => {
            let which = Selected {
                deletions,
                dry_run: change.dry_run,
            };
            let restored = ops.restore(which).await?;
            if out.json() {
                return Ok(out.value(&restored)?);
            }
            let rows: Vec<[String; 4]> = restored
                .restored
                .iter()
                .map(|back| {
                    [
                        back.seq.to_string(),
                        back.user.user_name.clone(),
                        back.user.id.to_string(),
                        back.groups.to_string(),
                    ]
                })
                .collect();
            if !rows.is_empty() {
                out.table(["DELETION", "BACK", "ID", "GROUPS"], &rows)?;
            }
            left(&restored.left, out)?;
            dry(change.dry_run, out)
        }
        DeletionsCommand::Purge {
            deletions,
            yes,
            change,
        } => {
            if !change.dry_run {
                let (name, whom) = match deletions.as_slice() {
                    [one] => {
                        let name = ops.deletion(*one).await?.deletion.user_name;
                        (name.clone(), name)
                    }
                    many => ("purge".to_owned(), format!("{} accounts", many.len())),
                };
                let what =
                    format!("delete what is held of {whom} and erase the personal data, for good");
                // What is erased already has no name to type.
                let name = if name.is_empty() { "purge" } else { &name };
                confirm(name, &what, yes)?;
            }
            let which = Selected {
                deletions,
                dry_run: change.dry_run,
            };
            let purged = ops.purge(which).await?;
            if out.json() {
                return Ok(out.value(&purged)?);
            }
            out.pairs(&[
                ("deleted", purged.deleted.to_string()),
                ("erased", purged.erased.to_string()),
                ("events erased", purged.events.to_string()),
            ])?;
            left(&purged.left, out)?;
            dry(change.dry_run, out)
        }
    }
}

async fn list(ops: &dyn Ops, which: WhichDeletions, out: &mut Out) -> Result<(), CommandError> {
    let query = DeletionQuery {
        org: org_id(ops, which.org.as_deref()).await?,
        state: which.state.map(Into::into),
        batch: which.batch,
        name: which.name,
        limit: which.limit,
        ..DeletionQuery::default()
    };
    let mut deletions = ops.deletions(query).await?;
    deletions.reverse();
    if out.json() {
        return Ok(out.value(&deletions)?);
    }
    let rows: Vec<[String; 9]> = deletions.iter().map(row).collect();
    let heads = [
        "DELETION", "TIME", "ORG", "USER", "STATE", "SIGNAL", "BY", "GROUPS", "CONTENT",
    ];
    Ok(out.table(heads, &rows)?)
}

fn row(deletion: &Deletion) -> [String; 9] {
    [
        deletion.seq.to_string(),
        deletion.at.to_string(),
        deletion.org.to_string(),
        deletion.user_name.clone(),
        state(deletion),
        deletion.signal.as_str().to_owned(),
        actor(&deletion.actor),
        lost(deletion).len().to_string(),
        deletion.content.values().sum::<u64>().to_string(),
    ]
}

pub(super) fn state(deletion: &Deletion) -> String {
    match (deletion.state, deletion.until) {
        (DeletionState::Held, Some(until)) => format!("held until {}", &until.to_string()[..10]),
        (DeletionState::Held, None) => "frozen".to_owned(),
        (state, _) => state.as_str().to_owned(),
    }
}

/// Names of the groups lost.
fn lost(deletion: &Deletion) -> Vec<&str> {
    let groups = deletion.groups.as_array();
    groups
        .into_iter()
        .flatten()
        .map(|group| group["display"].as_str().unwrap_or_default())
        .collect()
}

fn show(detail: &DeletionDetail, out: &mut Out) -> Result<(), CommandError> {
    let deletion = &detail.deletion;
    let mut pairs = vec![
        ("deletion", deletion.seq.to_string()),
        ("user", deletion.user_name.clone()),
        ("id", deletion.user.to_string()),
        (
            "external id",
            deletion.external_id.clone().unwrap_or_default(),
        ),
        ("org", deletion.org.to_string()),
        ("time", deletion.at.to_string()),
        ("state", state(deletion)),
        ("signal", deletion.signal.as_str().to_owned()),
        ("by", actor(&deletion.actor)),
        (
            "request",
            deletion
                .request
                .map_or_else(String::new, |request| request.to_string()),
        ),
        ("groups lost", lost(deletion).join(", ")),
        ("roles lost", deletion.roles.join(", ")),
        ("content", counts(&deletion.content)),
    ];
    if let Some(heir) = &deletion.heir {
        pairs.push(("heir", heir.user_name.clone()));
    }
    if let Some(batch) = &detail.batch {
        pairs.push(("batch", format!("{}: {}", batch.id, batch.why)));
    }
    if let Some((seq, hash)) = &detail.event {
        pairs.push((
            "event",
            format!("{seq}, hash {}", &hash[..hash.len().min(16)]),
        ));
    }
    out.pairs(&pairs)?;
    if detail.transfers.is_empty() {
        return Ok(());
    }
    out.line("")?;
    let rows: Vec<[String; 7]> = detail.transfers.iter().map(moved).collect();
    let heads = ["TRANSFER", "KIND", "ID", "TITLE", "BEFORE", "AFTER", "WHY"];
    out.table(heads, &rows)?;
    let more = detail.transfer_count - detail.transfers.len() as u64;
    if more > 0 {
        out.line(&format!(
            "… {more} more: scimtop transfers list --deletion {}",
            deletion.seq
        ))?;
    }
    Ok(())
}

fn moved(line: &Transfer) -> [String; 7] {
    let why = serde_json::to_value(line.why).unwrap_or_default();
    [
        line.seq.to_string(),
        line.kind.clone(),
        line.object.clone(),
        line.title.clone(),
        line.from.user_name.clone(),
        line.to.user_name.clone(),
        why.as_str().unwrap_or_default().to_owned(),
    ]
}

/// `3 liveboard, 1 schedule`
pub(super) fn counts(counts: &KindCounts) -> String {
    let mut text = String::new();
    for (kind, count) in counts {
        let comma = if text.is_empty() { "" } else { ", " };
        let _ = write!(text, "{comma}{count} {kind}");
    }
    if text.is_empty() {
        text.push_str("none");
    }
    text
}

/// Lists what was left as it is, and why.
pub(super) fn left(left: &[Left], out: &mut Out) -> Result<(), CommandError> {
    if left.is_empty() {
        return Ok(());
    }
    let rows: Vec<[String; 3]> = left
        .iter()
        .map(|left| [left.seq.to_string(), left.subject.clone(), left.why.clone()])
        .collect();
    Ok(out.table(["LEFT", "SUBJECT", "WHY"], &rows)?)
}

/// Says that nothing was changed, if so.
pub(super) fn dry(dry_run: bool, out: &mut Out) -> Result<(), CommandError> {
    if dry_run {
        out.line("This is what would happen; nothing was changed.")?;
    }
    Ok(())
}
