//! `scimtop guard …`

use super::CommandError;
use super::args::removals::{GuardCommand, Verdict};
use super::deletions::{dry, left};
use super::out::{Out, confirm, find_org};
use crate::model::guard::{self, Batch, GuardStatus};
use crate::ops::api::Ops;
use crate::ops::api::removals::{Decision, NewAllowance};

pub(super) async fn run(
    ops: &dyn Ops,
    command: GuardCommand,
    out: &mut Out,
) -> Result<(), CommandError> {
    match command {
        GuardCommand::Status { org } => {
            let guards = ops.guard(org.as_deref()).await?;
            if out.json() {
                return Ok(out.value(&guards)?);
            }
            let rows: Vec<[String; 7]> = guards.iter().map(row).collect();
            let heads = [
                "ORG", "NAME", "GUARD", "1 HOUR", "24 HOURS", "ALLOWED", "BATCH",
            ];
            out.table(heads, &rows)?;
            for batch in guards.iter().filter_map(|guard| guard.last.as_ref()) {
                out.line("")?;
                print(batch, out)?;
            }
            Ok(())
        }
        GuardCommand::Approve(verdict) => decide(ops, guard::Verdict::Approve, verdict, out).await,
        GuardCommand::Restore(verdict) => decide(ops, guard::Verdict::Restore, verdict, out).await,
        GuardCommand::Allow {
            org,
            count,
            lasts,
            reason,
            change,
        } => {
            let new = NewAllowance {
                count,
                seconds: lasts.as_secs(),
                reason,
                dry_run: change.dry_run,
            };
            let status = ops.allow(&org, new).await?;
            if out.json() {
                return Ok(out.value(&status)?);
            }
            if let Some(allowed) = &status.allowance {
                out.line(&format!(
                    "{} removals pass the guard of Org {} until {}",
                    allowed.left, status.org, allowed.until
                ))?;
            }
            dry(change.dry_run, out)
        }
    }
}

async fn decide(
    ops: &dyn Ops,
    verdict: guard::Verdict,
    order: Verdict,
    out: &mut Out,
) -> Result<(), CommandError> {
    let mut decision = Decision {
        verdict,
        only: order.only,
        dry_run: true,
    };
    if !order.change.dry_run {
        let org = find_org(ops, &order.org).await?;
        if !order.yes {
            let count = ops.decide(&order.org, decision.clone()).await?.done;
            let what = match verdict {
                guard::Verdict::Approve => format!("delete {count} frozen accounts for good"),
                guard::Verdict::Restore => format!("bring {count} frozen accounts back"),
            };
            confirm(&org.name, &what, false)?;
        }
        decision.dry_run = false;
    }
    let decided = ops.decide(&order.org, decision).await?;
    if out.json() {
        return Ok(out.value(&decided)?);
    }
    let what = match verdict {
        guard::Verdict::Approve => "deleted",
        guard::Verdict::Restore => "restored",
    };
    out.line(&format!("{} accounts {what}", decided.done))?;
    left(&decided.left, out)?;
    print(&decided.batch, out)?;
    dry(order.change.dry_run, out)
}

fn row(guard: &GuardStatus) -> [String; 7] {
    let state = match (&guard.open, guard.enabled) {
        (Some(batch), _) => format!("OPEN, {}", batch.action.as_str()),
        (None, true) => "closed".to_owned(),
        (None, false) => "off".to_owned(),
    };
    let allowed = guard.allowance.as_ref().map_or_else(String::new, |those| {
        format!("{} until {} ({})", those.left, those.until, those.reason)
    });
    [
        guard.org.to_string(),
        guard.org_name.clone(),
        state,
        format!("{} of {}", guard.hour.count, guard.hour.threshold),
        format!("{} of {}", guard.day.count, guard.day.threshold),
        allowed,
        guard
            .open
            .as_ref()
            .map_or_else(String::new, |batch| batch.id.to_string()),
    ]
}

fn print(batch: &Batch, out: &mut Out) -> Result<(), CommandError> {
    let state = match (batch.closed, batch.verdict, batch.frozen) {
        (None, ..) => "open: `guard approve` or `guard restore`".to_owned(),
        (Some(_), Some(guard::Verdict::Approve), 0) => "approved".to_owned(),
        (Some(_), Some(guard::Verdict::Restore), 0) => "restored".to_owned(),
        (Some(_), _, left) => format!("being carried out, {left} accounts to go"),
    };
    Ok(out.pairs(&[
        ("batch", batch.id.to_string()),
        ("org", batch.org.to_string()),
        ("opened", batch.opened.to_string()),
        ("why", batch.why.clone()),
        ("action", batch.action.as_str().to_owned()),
        ("removals", batch.removals.to_string()),
        ("frozen", batch.frozen.to_string()),
        ("state", state),
        ("decided by", batch.by.clone().unwrap_or_default()),
    ])?)
}
