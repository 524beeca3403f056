//! Silences: alerts that nobody is to be told of for a time.

use std::time::Duration;

use crate::model::alert::{Alert, Rule, Silence};
use crate::ops::api::watch::NewSilence;
use crate::ops::api::{Failure, OpsError};
use crate::ops::house::House;
use crate::ops::{orgs, rehearsal, watch};

/// Characters of a reason, a subject or a fingerprint at most.
const LONGEST: usize = 500;
/// Silences at once.
const MOST: usize = 1_000;

/// Those that have not ended, oldest first.
pub(super) fn list(house: &House) -> Result<Vec<Silence>, OpsError> {
    let now = house.clock.now();
    Ok(house.store.read(|reader| reader.silences(now))?)
}

fn usage(message: impl Into<String>) -> OpsError {
    OpsError::new(Failure::Invalid, message)
}

/// Makes one.
pub(super) fn add(house: &House, operator: &str, new: NewSilence) -> Result<Silence, OpsError> {
    let days = house.watcher.settings().silence_days;
    if new.seconds == 0 || new.seconds > 86_400 * u64::from(days) {
        return Err(usage(format!("a silence must end, within {days} days")));
    }
    let reason = new.reason.trim();
    let texts = [
        Some(reason),
        new.subject.as_deref(),
        new.fingerprint.as_deref(),
    ];
    if texts
        .iter()
        .flatten()
        .any(|text| text.trim().is_empty() || text.len() > LONGEST)
    {
        return Err(usage(format!(
            "a silence needs a reason; reason, subject and fingerprint have 1 to {LONGEST} characters"
        )));
    }
    let rule = match &new.rule {
        Some(name) => Some(Rule::parse(name).ok_or_else(|| usage("no rule has this id or name"))?),
        None => None,
    };
    if rule == Some(Rule::GuardOpen) {
        return Err(usage(
            "an open guard cannot be silenced: decide with scimtop guard",
        ));
    }
    if let Some(fingerprint) = &new.fingerprint {
        let alerts = watch::alerts(house)?;
        let named = alerts.iter().find(|one| one.fingerprint == *fingerprint);
        if named.is_some_and(Alert::is_loud) {
            return Err(usage(
                "an open guard and the last notice of a token's end cannot be silenced",
            ));
        }
    }
    let org = match &new.org {
        Some(which) => Some(orgs::find(house, which)?.id),
        None => None,
    };
    if rule.is_none() && org.is_none() && new.subject.is_none() && new.fingerprint.is_none() {
        return Err(usage(
            "say what is to be silent: a rule, an Org, a subject or a fingerprint",
        ));
    }
    if list(house)?.len() >= MOST {
        return Err(usage(format!("there are {MOST} silences: end some first")));
    }
    let now = house.clock.now();
    let silence = Silence {
        id: 0,
        rule,
        org,
        subject: new.subject,
        fingerprint: new.fingerprint,
        by: operator.to_owned(),
        at: now,
        until: now.plus(Duration::from_secs(new.seconds)),
        reason: reason.to_owned(),
    };
    rehearsal::carry_out(&house.store, new.dry_run, move |tx| {
        let id = tx.add_silence(&silence)?;
        Ok(Silence { id, ..silence })
    })
}

/// Ends one.
pub(super) fn end(house: &House, id: u64, dry_run: bool) -> Result<Silence, OpsError> {
    let silence = list(house)?.into_iter().find(|silence| silence.id == id);
    let silence = silence.ok_or_else(|| {
        OpsError::new(
            Failure::NotFound,
            "no silence has this number; `scimtop alerts silences` shows them",
        )
    })?;
    rehearsal::carry_out(&house.store, dry_run, move |tx| Ok(tx.end_silence(id)?))?;
    Ok(silence)
}
