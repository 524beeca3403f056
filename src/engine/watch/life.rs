//! The life of alerts: `ok → pending → firing → recovering → ok`.
//!
//! What stands goes in; states, and changes worth telling, come out. One that comes and goes is
//! kept firing for a while and told once. A critical one that is over stays until somebody has seen
//! it.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{MINUTE, minutes};
use crate::clock::Timestamp;
use crate::model::alert::{
    Acknowledgement, Alert, AlertChange, Quiet, Rule, Severity, Silence, State,
};
use crate::model::alert_settings::AlertSettings;

/// A gauge must be beyond its limit for so long.
const PENDING: Duration = MINUTE;

/// Whom nobody is to be told of.
#[derive(Clone, Debug, Default)]
pub struct Hushed {
    /// Acknowledgements by fingerprint.
    pub acknowledged: HashMap<String, Acknowledgement>,
    /// Silences.
    pub silences: Vec<Silence>,
}

/// An alert in its life, as it is kept over a restart.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Life {
    alert: Alert,
    /// When it came into its state.
    entered: Timestamp,
    /// Whether its condition holds.
    stands: bool,
    /// The worst it has been.
    worst: Severity,
    /// When it last began or stopped to stand.
    turns: VecDeque<Timestamp>,
    /// It is kept firing until then.
    flapping: Option<Timestamp>,
}

/// All of them.
#[derive(Debug)]
pub struct Lives {
    recover: Duration,
    flap: (usize, Duration),
    known: HashMap<String, Life>,
    /// Those that are not kept as they are now.
    dirty: BTreeSet<String>,
}

impl Lives {
    /// None.
    pub fn new(settings: &AlertSettings) -> Self {
        Self {
            recover: minutes(settings.recover_minutes),
            flap: (settings.flap_changes.max(1), minutes(settings.flap_minutes)),
            known: HashMap::new(),
            dirty: BTreeSet::new(),
        }
    }

    /// With other settings from now on.
    pub fn set(&mut self, settings: &AlertSettings) {
        self.recover = minutes(settings.recover_minutes);
        self.flap = (settings.flap_changes.max(1), minutes(settings.flap_minutes));
    }

    /// Goes on with one that was kept.
    pub fn resume(&mut self, life: Life) {
        self.known.insert(life.alert.fingerprint.clone(), life);
    }

    /// Takes those that changed since this was last asked; `None`: over.
    pub fn take_changed(&mut self) -> Vec<(String, Option<Life>)> {
        let dirty = std::mem::take(&mut self.dirty).into_iter();
        dirty
            .map(|fingerprint| {
                let life = self.known.get(&fingerprint).cloned();
                (fingerprint, life)
            })
            .collect()
    }

    /// Those were not kept after all.
    pub fn keep_again(&mut self, fingerprints: impl Iterator<Item = String>) {
        self.dirty.extend(fingerprints);
    }

    /// What calls for an operator: worst first, then newest; last what is over and was not seen.
    pub fn alerts(&self) -> Vec<Alert> {
        let lives = self.known.values().map(|life| &life.alert);
        let mut alerts: Vec<_> = lives
            .filter(|alert| alert.state != State::Pending)
            .cloned()
            .collect();
        alerts.sort_by_key(|alert| {
            (
                alert.state == State::Ok,
                std::cmp::Reverse(alert.severity),
                std::cmp::Reverse(alert.since),
                alert.fingerprint.clone(),
            )
        });
        alerts
    }

    /// Takes in what stands at `now`; gives what is to be told.
    pub fn turn(
        &mut self,
        now: Timestamp,
        standing: Vec<Alert>,
        hushed: &Hushed,
    ) -> Vec<AlertChange> {
        let mut stands: HashMap<String, Alert> = HashMap::new();
        for alert in standing {
            let other = stands.get(&alert.fingerprint);
            if other.is_none_or(|other| other.severity < alert.severity) {
                stands.insert(alert.fingerprint.clone(), alert);
            }
        }
        let mut told = BTreeSet::new();
        let before: Vec<String> = self.known.keys().cloned().collect();
        for fingerprint in before {
            let stands = stands.remove(&fingerprint);
            if self.step(now, &fingerprint, stands, hushed) {
                told.insert(fingerprint);
            }
        }
        for (fingerprint, alert) in stands {
            if self.begin(now, alert) {
                told.insert(fingerprint);
            }
        }
        self.hush(now, hushed, &mut told);
        let mut changes: Vec<_> = told
            .iter()
            .filter_map(|fingerprint| Some(self.known.get(fingerprint)?.alert.change(now)))
            .collect();
        changes.sort_by_key(|change| std::cmp::Reverse(change.severity));
        self.dirty.extend(told);
        // One that is over goes, but for one that somebody has to see.
        let (lives, dirty) = (&mut self.known, &mut self.dirty);
        lives.retain(|fingerprint, life| {
            let seen = life.alert.acknowledged.is_some();
            let stays =
                life.alert.state != State::Ok || (life.worst == Severity::Critical && !seen);
            if !stays {
                dirty.insert(fingerprint.clone());
            }
            stays
        });
        changes
    }

    /// A new one; true if it is to be told.
    fn begin(&mut self, now: Timestamp, alert: Alert) -> bool {
        let pending = alert.rule == Rule::Storage;
        let mut life = Life {
            entered: now,
            stands: true,
            worst: alert.severity,
            turns: [now].into(),
            flapping: None,
            alert,
        };
        if life.alert.since == Timestamp::default() {
            life.alert.since = now;
        }
        life.alert.state = if pending {
            State::Pending
        } else {
            State::Firing
        };
        self.known.insert(life.alert.fingerprint.clone(), life);
        !pending
    }

    /// One more moment of one that is known; true if that is to be told.
    fn step(
        &mut self,
        now: Timestamp,
        fingerprint: &str,
        stands: Option<Alert>,
        hushed: &Hushed,
    ) -> bool {
        let (recover, (changes, span)) = (self.recover, self.flap);
        let Some(life) = self.known.get_mut(fingerprint) else {
            return false;
        };
        let before = life.alert.state;
        let mut flaps = life.flapping.is_some_and(|until| now < until);
        let mut starts = false;
        if !flaps {
            life.flapping = None;
        }
        if stands.is_some() != life.stands {
            life.stands = stands.is_some();
            life.turns.push_back(now);
            let old = |at: &Timestamp| now.since(*at) >= span;
            while life.turns.front().is_some_and(old) || life.turns.len() > changes {
                life.turns.pop_front();
            }
            // Whoever has seen it need not be told that it flaps.
            let seen = hushed.acknowledged.contains_key(fingerprint);
            starts = !flaps && !seen && life.turns.len() >= changes;
            if starts {
                life.flapping = Some(now.plus(span));
                flaps = true;
            }
        }
        let Some(mut alert) = stands else {
            match before {
                State::Pending => {
                    self.known.remove(fingerprint);
                    return false;
                }
                State::Firing | State::Recovering if flaps => {
                    life.alert.state = State::Firing;
                    return starts;
                }
                State::Firing => {
                    life.alert.state = State::Recovering;
                    life.entered = now;
                    self.dirty.insert(fingerprint.to_owned());
                }
                State::Recovering | State::Ok => {}
            }
            let over = definite(life.alert.rule) || now.since(life.entered) >= recover;
            if life.alert.state == State::Recovering && over {
                life.alert.state = State::Ok;
                life.entered = now;
                return true;
            }
            return false;
        };
        let worse = alert.severity != life.alert.severity
            || alert
                .rung
                .is_some_and(|rung| life.alert.rung.is_none_or(|before| rung < before));
        alert.since = match before {
            State::Ok => alert.since,
            _ => alert.since.min(life.alert.since),
        };
        alert.quiet = life.alert.quiet;
        alert.state = match before {
            State::Pending if now.since(life.entered) < PENDING => State::Pending,
            _ => State::Firing,
        };
        if before == State::Ok {
            life.worst = alert.severity;
        }
        life.worst = life.worst.max(alert.severity);
        if alert.state != before {
            life.entered = now;
            self.dirty.insert(fingerprint.to_owned());
        }
        let begins = alert.state == State::Firing && matches!(before, State::Pending | State::Ok);
        life.alert = alert;
        begins || starts || (worse && life.alert.state == State::Firing)
    }

    /// Sees to who has seen what and what follows from what. One that becomes loud again is told.
    fn hush(&mut self, now: Timestamp, hushed: &Hushed, told: &mut BTreeSet<String>) {
        let active = |life: &&Life| matches!(life.alert.state, State::Firing | State::Recovering);
        let causes: Vec<_> = self
            .known
            .values()
            .filter(active)
            .map(|life| (life.alert.rule, life.alert.org, life.alert.severity))
            .collect();
        for (fingerprint, life) in &mut self.known {
            let alert = &mut life.alert;
            let seen = hushed.acknowledged.get(fingerprint);
            let worst = if alert.state == State::Ok {
                life.worst
            } else {
                alert.severity
            };
            alert.acknowledged = seen.filter(|seen| seen.holds(worst, now)).cloned();
            let silence = hushed.silences.iter().find(|one| one.covers(alert, now));
            alert.silenced = silence.cloned();
            let quiet = if alert.acknowledged.is_some() {
                Some(Quiet::Acknowledged)
            } else if alert.silenced.is_some() {
                Some(Quiet::Silenced)
            } else if causes.iter().any(|cause| inhibits(*cause, alert)) {
                Some(Quiet::Inhibited)
            } else if life.flapping.is_some() && !told.contains(fingerprint) {
                Some(Quiet::Flapping)
            } else {
                None
            };
            let was = std::mem::replace(&mut alert.quiet, quiet);
            let loud = was.is_some_and(|was| was != Quiet::Flapping) && quiet.is_none();
            if was != quiet {
                self.dirty.insert(fingerprint.clone());
            }
            if loud && alert.state == State::Firing {
                told.insert(fingerprint.clone());
            }
        }
    }

    /// When time alone changes a state.
    pub fn next_deadline(&self, now: Timestamp, hushed: &Hushed) -> Option<Timestamp> {
        let lives = self.known.values().flat_map(|life| {
            let waits = match life.alert.state {
                State::Pending => Some(life.entered.plus(PENDING)),
                State::Recovering => Some(life.entered.plus(self.recover)),
                State::Firing | State::Ok => None,
            };
            [waits, life.flapping]
        });
        let ends = hushed.acknowledged.values().map(|seen| seen.until);
        let ends = ends.chain(hushed.silences.iter().map(|silence| silence.until));
        lives.flatten().chain(ends).filter(|at| *at > now).min()
    }
}

/// True for rules whose condition is a fact and not a measurement: when it is over, it is over.
const fn definite(rule: Rule) -> bool {
    matches!(
        rule,
        Rule::ExpiredTokenInUse
            | Rule::RevokedTokenInUse
            | Rule::TokenExpiry
            | Rule::GuardOpen
            | Rule::GroupEmptied
            | Rule::GroupRenamed
            | Rule::UserFlapping
            | Rule::CameBackBare
            | Rule::Silence
            | Rule::SilenceBursty
            | Rule::NotMonitorable
    )
}

/// True if an alert follows from a cause that stands.
fn inhibits(cause: (Rule, Option<crate::ids::OrgId>, Severity), alert: &Alert) -> bool {
    let (rule, org, severity) = cause;
    let silence = matches!(
        alert.rule,
        Rule::Silence | Rule::SilenceBursty | Rule::NotMonitorable
    );
    let same_org = org.is_some() && org == alert.org;
    match rule {
        Rule::ExpiredTokenInUse | Rule::RevokedTokenInUse | Rule::WrongBaseUrl => {
            same_org && (silence || alert.rule == Rule::ClientErrors)
        }
        Rule::Storage if severity == Severity::Critical => {
            let failures = matches!(
                alert.rule,
                Rule::FailureRate | Rule::Latency | Rule::ClientErrors
            );
            silence || failures
        }
        Rule::GuardOpen => {
            same_org && matches!(alert.rule, Rule::GroupEmptied | Rule::UserFlapping)
        }
        // The same conflicts, told with what to do about them.
        Rule::Duplicates => {
            let conflicts = super::errors::fingerprint(alert.org, "uniqueness");
            same_org && alert.fingerprint == conflicts
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests;
