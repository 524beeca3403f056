//! What operators do with the guard: look at it, close it with a verdict, announce removals.

use std::time::Duration;

use serde_json::json;

use crate::clock::Timestamp;
use crate::engine::guard::{DAY, HOUR, let_through};
use crate::model::deletion::{Deletion, DeletionState};
use crate::model::event::{Actor, EventKind};
use crate::model::guard::{
    Allowance, Batch, GuardSettings, GuardStatus, Guarded, Threshold, Verdict, WindowUse,
};
use crate::model::org::Org;
use crate::ops::api::removals::{Decided, Decision, Left, NewAllowance};
use crate::ops::api::{Failure, OpsError};
use crate::ops::holds;
use crate::ops::house::House;
use crate::ops::mandate::{Mandate, Mandates};
use crate::ops::orgs;
use crate::ops::rehearsal;
use crate::ops::removal;
use crate::ops::slices::{each, leave};
use crate::store::{Guard, Reader, StoreError, Tx};

/// Frozen accounts looked up at a time.
const PAGE: u64 = 500;
/// For how long removals may be announced.
const LONGEST: u64 = 30 * 86_400;
/// Characters of a reason.
const REASON: usize = 200;

/// The guard of one Org, or of all.
pub(super) fn status(house: &House, org: Option<&str>) -> Result<Vec<GuardStatus>, OpsError> {
    let orgs = match org {
        Some(which) => vec![orgs::find(house, which)?],
        None => house.store.read(|reader| reader.orgs())?,
    };
    let now = house.clock.now();
    Ok(house.store.read(|reader| {
        orgs.iter()
            .map(|org| one(&house.guard, reader, org, now))
            .collect()
    })?)
}

/// Which guards are open, of all Orgs; nothing is counted for that.
pub(super) fn guarded(house: &House) -> Result<Vec<Guarded>, OpsError> {
    let guarded = house.store.read(|reader| {
        let orgs = reader.orgs()?.into_iter();
        let one = |org: Org| {
            Ok(Guarded {
                open: open(reader, &reader.guard(org.id)?)?,
                org: org.id,
                org_name: org.name,
            })
        };
        orgs.map(one).collect()
    })?;
    Ok(guarded)
}

fn open(reader: &Reader<'_>, guard: &Guard) -> Result<Option<Batch>, StoreError> {
    match guard.batch {
        Some(batch) => reader.batch(batch),
        None => Ok(None),
    }
}

fn one(
    settings: &GuardSettings,
    reader: &Reader<'_>,
    org: &Org,
    now: Timestamp,
) -> Result<GuardStatus, StoreError> {
    let guard = reader.guard(org.id)?;
    let used = |threshold: &Threshold, window: Duration| {
        let count = reader.counted_removals(org.id, &guard, now.minus(window), threshold.max)?;
        let threshold = let_through(threshold, org.users, count);
        Ok::<_, StoreError>(WindowUse { count, threshold })
    };
    Ok(GuardStatus {
        org: org.id,
        org_name: org.name.clone(),
        enabled: settings.enabled,
        action: settings.action,
        hour: used(&settings.hour, HOUR)?,
        day: used(&settings.day, DAY)?,
        open: open(reader, &guard)?,
        last: reader.last_batch(org.id)?,
        allowance: guard
            .allowance
            .filter(|those| those.left > 0 && those.until > now),
    })
}

/// Closes the guard with a verdict, or carries it out on chosen accounts and leaves it open.
pub(super) fn decide(
    house: &House,
    operator: &str,
    which: &str,
    decision: &Decision,
) -> Result<Decided, OpsError> {
    let mandate = Mandate::operator(house, operator, which)?;
    let org = &mandate.org;
    let guard = house.store.read(|reader| reader.guard(org.id))?;
    let Some(batch) = guard.batch else {
        return Err(closed(house, org)?);
    };
    let chosen = choose(house, batch, &decision.only)?;
    if decision.dry_run {
        return would(house, batch, decision.verdict, chosen);
    }
    let (verdict, by) = (decision.verdict, operator.to_owned());
    let (done, left) = if let Some(chosen) = chosen {
        carry_out(house, &mandate.actor, verdict, chosen)?
    } else {
        let closing = mandate.clone();
        house
            .store
            .write_blocking(move |tx| close(tx, &closing, batch, verdict, &by))?;
        settle(house, org, batch, verdict, &mandate.actor)?
    };
    Ok(Decided {
        done,
        left,
        batch: found(house, batch)?,
    })
}

/// Closes the guard: from now on removals are counted afresh.
fn close(
    tx: &mut Tx<'_>,
    mandate: &Mandate,
    batch: u64,
    verdict: Verdict,
    by: &str,
) -> Result<(), StoreError> {
    let org = &mandate.org;
    if tx.guard(org.id)?.batch != Some(batch) {
        return Err(StoreError::NotFound);
    }
    tx.close_guard(org.id, batch, verdict, by, mandate.now)?;
    let detail = json!({ "subject": org.name, "batch": batch, "verdict": verdict });
    tx.append_event(&mandate.event(EventKind::GuardClosed, detail))?;
    Ok(())
}

/// Carries the verdict out on everything that a batch still keeps frozen.
fn settle(
    house: &House,
    org: &Org,
    batch: u64,
    verdict: Verdict,
    actor: &Actor,
) -> Result<(u64, Vec<Left>), OpsError> {
    let (mut done, mut left, mut after) = (0, Vec::new(), 0);
    loop {
        let frozen = house
            .store
            .read(|reader| reader.frozen(batch, after, PAGE))?;
        let Some(last) = frozen.last() else {
            break;
        };
        after = last.seq;
        let (some, stay) = carry_out(house, actor, verdict, frozen)?;
        // What cannot come back is held like any other account: the batch is settled.
        holds::keep(house, org, &stay)?;
        done += some;
        left.extend(stay);
    }
    Ok((done, left))
}

fn carry_out(
    house: &House,
    actor: &Actor,
    verdict: Verdict,
    deletions: Vec<Deletion>,
) -> Result<(u64, Vec<Left>), OpsError> {
    let mandates = Mandates::new(house, actor.clone())?;
    let worked = each(&house.store, deletions, move |tx, deletion| match verdict {
        Verdict::Restore => holds::bring_back(tx, &mandates, deletion).map(drop),
        Verdict::Approve => removal::end(tx, &mandates.of(deletion.org)?, deletion, "approved"),
    })?;
    Ok((worked.done.len() as u64, worked.left))
}

/// Goes on with verdicts whose carrying out was interrupted. Blocks.
///
/// # Errors
/// Those of the store.
pub(super) fn resume(house: &House) -> Result<(), OpsError> {
    for batch in house.store.read(|reader| reader.unsettled_batches())? {
        let org = house.store.read(|reader| reader.org(batch.org))?;
        if let (Some(verdict), Some(by), Some(org)) = (batch.verdict, batch.by, org) {
            settle(house, &org, batch.id, verdict, &Actor::Operator(by))?;
        }
    }
    Ok(())
}

/// The accounts of a batch that an operator chose; `None`: all of it.
fn choose(house: &House, batch: u64, only: &[u64]) -> Result<Option<Vec<Deletion>>, OpsError> {
    if only.is_empty() {
        return Ok(None);
    }
    let mut chosen = Vec::with_capacity(only.len());
    for seq in only {
        let deletion = house.store.read(|reader| reader.deletion(*seq))?;
        let deletion = deletion.filter(|deletion| deletion.batch == Some(batch));
        chosen.push(deletion.ok_or_else(|| {
            OpsError::new(
                Failure::NotFound,
                format!("deletion {seq} is not in this batch; `deletions list --batch {batch}`"),
            )
        })?);
    }
    Ok(Some(chosen))
}

fn would(
    house: &House,
    batch: u64,
    verdict: Verdict,
    chosen: Option<Vec<Deletion>>,
) -> Result<Decided, OpsError> {
    let found = found(house, batch)?;
    let those = match chosen {
        Some(chosen) => chosen,
        None => house
            .store
            .read(|reader| reader.frozen(batch, 0, found.frozen))?,
    };
    let (done, left) = match verdict {
        Verdict::Restore => {
            let would = holds::would_restore(house, those)?;
            (would.restored.len() as u64, would.left)
        }
        Verdict::Approve => {
            let (held, gone): (Vec<_>, Vec<_>) = those
                .into_iter()
                .partition(|deletion| deletion.state == DeletionState::Held);
            let left = gone
                .iter()
                .map(|gone| leave(gone, "it is not held any more"));
            (held.len() as u64, left.collect())
        }
    };
    Ok(Decided {
        done,
        left,
        batch: found,
    })
}

/// Announces removals.
pub(super) fn allow(
    house: &House,
    operator: &str,
    which: &str,
    new: &NewAllowance,
) -> Result<GuardStatus, OpsError> {
    let mandate = Mandate::operator(house, operator, which)?;
    let reason = new.reason.trim().to_owned();
    let problem = if new.count == 0 {
        Some("announce at least one removal".to_owned())
    } else if new.seconds == 0 || new.seconds > LONGEST {
        Some("removals can be announced for up to 30 days".to_owned())
    } else if reason.is_empty() || reason.chars().count() > REASON {
        Some(format!("say why, in 1 to {REASON} characters"))
    } else {
        None
    };
    if let Some(problem) = problem {
        return Err(OpsError::new(Failure::Invalid, problem));
    }
    if house
        .store
        .read(|reader| reader.guard(mandate.org.id))?
        .batch
        .is_some()
    {
        return Err(OpsError::new(
            Failure::Conflict,
            "the guard is open: approve or restore its batch first",
        ));
    }
    let settings = house.guard;
    let allowance = Allowance {
        count: new.count,
        left: new.count,
        until: mandate.now.plus(Duration::from_secs(new.seconds)),
        reason,
        by: operator.to_owned(),
    };
    rehearsal::carry_out(&house.store, new.dry_run, move |tx| {
        let Mandate { org, now, .. } = &mandate;
        tx.set_allowance(org.id, &allowance)?;
        let detail = json!({ "subject": org.name, "allowance": allowance });
        tx.append_event(&mandate.event(EventKind::GuardAllowed, detail))?;
        Ok(one(&settings, tx, org, *now)?)
    })
}

fn found(house: &House, batch: u64) -> Result<Batch, OpsError> {
    let found = house.store.read(|reader| reader.batch(batch))?;
    found.ok_or_else(|| OpsError::new(Failure::Internal, "the batch is gone"))
}

/// Why there is nothing to decide.
fn closed(house: &House, org: &Org) -> Result<OpsError, OpsError> {
    let last = house.store.read(|reader| reader.last_batch(org.id))?;
    let message = match last {
        Some(batch) if batch.frozen > 0 => {
            "the last verdict is still being carried out; `guard status` shows how far it is"
        }
        _ => "the guard is closed: there is nothing to decide",
    };
    Ok(OpsError::new(Failure::Conflict, message))
}
