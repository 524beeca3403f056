//! When people are told of which alerts together: a machine without I/O, with time as an argument.
//!
//! Alerts of one Org and one family go into one notice: a fault that shows in twenty places is told
//! once. A new group waits a little for what comes with it; later changes are gathered for longer;
//! what still stands is told again after hours, unless somebody has seen it. A recovery is told to
//! whoever was told of the alert.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::ids::OrgId;
use crate::model::alert::{AlertChange, State};
use crate::model::notice::{Notice, Reason, line};

/// How notices are spaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cadence {
    /// From the first change of a group to its notice.
    pub wait: Duration,
    /// From one notice of a group to the next one about changes.
    pub regroup: Duration,
    /// From the last notice of a group to a reminder that it still stands.
    pub repeat: Duration,
}

/// Alerts of one Org and one family.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    org: Option<OrgId>,
    family: char,
    /// What was told and stands, by fingerprint.
    standing: BTreeMap<String, AlertChange>,
    /// What is to be told, by fingerprint: the last that became of each.
    news: BTreeMap<String, AlertChange>,
    /// When the first of the news came.
    since: Option<Timestamp>,
    /// When the last notice was made.
    told: Option<Timestamp>,
}

/// The groups of a sink.
#[derive(Debug)]
pub struct Groups {
    cadence: Cadence,
    known: BTreeMap<String, Group>,
    /// Groups that are not kept as they are now.
    dirty: BTreeSet<String>,
}

impl Groups {
    /// Goes on with what was kept.
    pub fn new(cadence: Cadence, kept: Vec<Group>) -> Self {
        let kept = kept.into_iter();
        Self {
            cadence,
            known: kept
                .map(|group| (line(group.org, group.family), group))
                .collect(),
            dirty: BTreeSet::new(),
        }
    }

    /// Takes in what became of an alert. One that is not `wanted`, because it is too mild, matters
    /// only to who was told of it before.
    pub fn note(&mut self, change: &AlertChange, wanted: bool, now: Timestamp) {
        let family = change.rule.id().chars().next().unwrap_or('?');
        let name = line(change.org, family);
        let print = &change.fingerprint;
        let group = self.known.get(&name);
        let was_told = group.is_some_and(|group| group.standing.contains_key(print));
        let waits = group.is_some_and(|group| group.news.contains_key(print));
        let tells = if change.state == State::Ok {
            was_told || waits
        } else {
            change.quiet.is_none() && (wanted || was_told)
        };
        if !tells {
            return;
        }
        let group = self.known.entry(name.clone()).or_insert_with(|| Group {
            org: change.org,
            family,
            standing: BTreeMap::new(),
            news: BTreeMap::new(),
            since: None,
            told: None,
        });
        group.news.insert(print.clone(), change.clone());
        group.since.get_or_insert(now);
        self.dirty.insert(name);
    }

    /// The notices that are due. Reminders are only of what is `loud`: it stands, and nobody has
    /// seen, silenced or explained it.
    pub fn turn(&mut self, now: Timestamp, loud: &BTreeSet<String>) -> Vec<Notice> {
        let cadence = self.cadence;
        let mut notices = Vec::new();
        for (name, group) in &mut self.known {
            group.not_later_than(now);
            if group.due(&cadence).is_none_or(|due| due > now) {
                continue;
            }
            self.dirty.insert(name.clone());
            group.told = Some(now);
            let (reason, alerts) = if group.news.is_empty() {
                let standing = group.standing.iter();
                let loud = standing.filter(|(print, _)| loud.contains(*print));
                (
                    Reason::Repeat,
                    loud.map(|(_, alert)| alert.clone()).collect(),
                )
            } else {
                (Reason::Change, group.tell())
            };
            if !alerts.is_empty() {
                notices.push(group.notice(now, reason, alerts));
            }
        }
        let dirty = &mut self.dirty;
        self.known.retain(|name, group| {
            let over = group.is_over(now, &cadence);
            if over {
                dirty.insert(name.clone());
            }
            !over
        });
        notices
    }

    /// Groups that changed since this was last asked; `None`: over.
    pub fn take_changed(&mut self) -> Vec<(String, Option<Group>)> {
        let dirty = std::mem::take(&mut self.dirty).into_iter();
        dirty
            .map(|name| {
                let group = self.known.get(&name).cloned();
                (name, group)
            })
            .collect()
    }

    /// When [`Self::turn`] has something to do, if nothing else happens.
    pub fn next_deadline(&self) -> Option<Timestamp> {
        let groups = self.known.values();
        groups.filter_map(|group| group.due(&self.cadence)).min()
    }
}

impl Group {
    /// When it has something to tell.
    fn due(&self, cadence: &Cadence) -> Option<Timestamp> {
        let told = |after| self.told.map(|told| told.plus(after));
        match self.since {
            Some(since) => Some(since.plus(cadence.wait)).max(told(cadence.regroup)),
            None if self.standing.is_empty() => None,
            None => told(cadence.repeat),
        }
    }

    /// Takes the news: what stands of them was told from now on, what is over is forgotten.
    fn tell(&mut self) -> Vec<AlertChange> {
        self.since = None;
        let news = std::mem::take(&mut self.news);
        for (print, alert) in &news {
            if alert.state == State::Ok {
                self.standing.remove(print);
            } else {
                self.standing.insert(print.clone(), alert.clone());
            }
        }
        news.into_values().collect()
    }

    fn notice(&self, at: Timestamp, reason: Reason, mut alerts: Vec<AlertChange>) -> Notice {
        alerts.sort_by_key(|alert| {
            (
                alert.state == State::Ok,
                std::cmp::Reverse(alert.severity),
                alert.at,
            )
        });
        Notice {
            at,
            org: self.org,
            org_name: None,
            family: self.family,
            reason,
            alerts,
            standing: self.standing.len(),
        }
    }

    /// It has nothing to tell, and the next change of it may begin anew.
    fn is_over(&self, now: Timestamp, cadence: &Cadence) -> bool {
        let told = self.told.map(|told| told.plus(cadence.regroup));
        self.since.is_none() && self.standing.is_empty() && told.is_none_or(|at| at <= now)
    }

    /// A moment in the future was noted before the clock went back; nobody shall wait for it.
    fn not_later_than(&mut self, now: Timestamp) {
        for at in [&mut self.since, &mut self.told] {
            *at = at.map(|at| at.min(now));
        }
    }
}

#[cfg(test)]
mod tests;
