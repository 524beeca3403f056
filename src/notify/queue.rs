//! What a webhook is told of next: a machine without I/O, with time as an argument.
//!
//! Events come in their order and go out side by side, but those about the same subject one after
//! another: an event waits until the one before it about the same user, group or owner was taken.
//! One that fails is tried again, later each time. It is given up only if the receiver took others
//! since it failed first: a receiver that is down loses nothing, however long that takes, and is
//! asked with one event at a time. What is given up holds its subject back until an operator has
//! it tried again, so that no receiver ever sees a later state before an earlier one. For people
//! ([`Policy::holds`] false) it is the other way round: an old notice that nobody took must not
//! keep a new one from them, and is worth nothing after a day ([`Policy::patience`]).

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::time::Duration;

use super::backoff::Backoff;
use crate::clock::Timestamp;
use crate::model::delivery::{Delivery, DeliveryState, Mark};
use crate::ops::deliveries::Settled;

/// The longest wait that a receiver may ask for.
const LONGEST_ASKED: Duration = Duration::from_secs(3600);
/// A time that has come, whatever the time is.
const NOW: Timestamp = Timestamp(i64::MIN);

/// How events are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Events that may be open; further ones wait where they are stored.
    pub window: usize,
    /// Requests under way at one time.
    pub concurrency: usize,
    /// Attempts before an event is given up that alone is not taken.
    pub attempts: u32,
    /// How long an event is tried in any case; `None`: for ever.
    pub patience: Option<Duration>,
    /// What is given up holds later events about the same subject back.
    pub holds: bool,
    /// Waits between attempts.
    pub backoff: Backoff,
}

/// Why an event was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// In words that are fit to be shown.
    pub why: String,
    /// How long the receiver wants to be left alone.
    pub rest: Option<Duration>,
}

impl Refusal {
    /// For that reason, with nothing known of when to try again.
    pub fn because(why: impl Into<String>) -> Self {
        Self {
            why: why.into(),
            rest: None,
        }
    }
}

/// The events that a webhook is to be told of.
#[derive(Debug)]
pub struct Queue {
    webhook: String,
    policy: Policy,
    /// Up to this event all that are open are known.
    read_to: u64,
    /// What was settled last.
    settled: u64,
    open: BTreeMap<u64, Entry>,
    /// Open events by subject, in their order; only the first may be sent.
    lines: HashMap<Option<String>, VecDeque<u64>>,
    /// Firsts that may be sent, by when.
    due: BTreeSet<(Timestamp, u64)>,
    under_way: usize,
    /// Failures since the receiver last took something.
    failures: u32,
    /// The receiver is left alone until then.
    rest: Option<Timestamp>,
    /// Events taken.
    taken: u64,
    /// Stored events that are done.
    done: Vec<u64>,
}

#[derive(Debug)]
struct Entry {
    mark: Mark,
    state: State,
    attempts: u32,
    since: Option<Timestamp>,
    error: String,
    /// [`Queue::taken`] when it failed first.
    taken_then: u64,
    /// It has a row.
    stored: bool,
    /// Its row is out of date.
    changed: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Waiting(Timestamp),
    UnderWay,
    Failed,
}

impl Queue {
    /// A queue that goes on after `settled`, with what was open.
    pub fn new(webhook: &str, policy: Policy, settled: u64, open: Vec<Delivery>) -> Self {
        let mut queue = Self {
            webhook: webhook.to_owned(),
            policy,
            read_to: settled,
            settled,
            open: BTreeMap::new(),
            lines: HashMap::new(),
            due: BTreeSet::new(),
            under_way: 0,
            failures: 0,
            rest: None,
            taken: 0,
            done: Vec::new(),
        };
        for delivery in open {
            let mark = Mark {
                event: delivery.event,
                kind: delivery.kind,
                subject: delivery.subject,
            };
            queue.enter(Entry {
                mark,
                // The first attempt after a start need not wait.
                state: match delivery.state {
                    DeliveryState::Waiting => State::Waiting(NOW),
                    DeliveryState::Failed => State::Failed,
                },
                attempts: delivery.attempts,
                since: delivery.since,
                error: delivery.error,
                taken_then: 0,
                stored: true,
                changed: false,
            });
        }
        queue
    }

    /// From where events are to be read; `None`: there are enough.
    pub fn wants(&self) -> Option<u64> {
        (self.open.len() < self.policy.window).then_some(self.read_to)
    }

    /// Takes in the next events: `marks`, and none beside them up to `read_to`.
    pub fn offer(&mut self, marks: &[Mark], read_to: u64) {
        for mark in marks {
            if mark.event > self.settled && !self.open.contains_key(&mark.event) {
                self.enter(Entry {
                    mark: mark.clone(),
                    state: State::Waiting(NOW),
                    attempts: 0,
                    since: None,
                    error: String::new(),
                    taken_then: 0,
                    stored: false,
                    changed: false,
                });
            }
        }
        self.read_to = self.read_to.max(read_to);
    }

    /// Rows come before the events behind them, but not before those between them: a line is kept
    /// in the order of events.
    fn enter(&mut self, entry: Entry) {
        let event = entry.mark.event;
        if entry.state == State::Failed && !self.policy.holds {
            self.open.insert(event, entry);
            return;
        }
        let line = self.lines.entry(entry.mark.subject.clone()).or_default();
        let at = line.partition_point(|other| *other < event);
        let was_first = line.front().copied();
        line.insert(at, event);
        if at == 0 {
            if let Some(second) = was_first
                && let Some(State::Waiting(until)) = self.open.get(&second).map(|entry| entry.state)
            {
                self.due.remove(&(until, second));
            }
            if let State::Waiting(until) = entry.state {
                self.due.insert((until, event));
            }
        }
        self.open.insert(event, entry);
    }

    /// The next event to send now; it is under way from then on.
    pub fn next(&mut self, now: Timestamp) -> Option<u64> {
        if self.under_way >= self.side_by_side() || self.rest.is_some_and(|rest| later(rest, now)) {
            return None;
        }
        let (until, event) = *self.due.first()?;
        if later(until, now) {
            return None;
        }
        self.due.pop_first();
        self.open.get_mut(&event)?.state = State::UnderWay;
        self.under_way += 1;
        Some(event)
    }

    /// When [`Self::next`] has to be asked again, if nothing else happens.
    pub fn wake(&self) -> Option<Timestamp> {
        if self.under_way >= self.side_by_side() {
            return None;
        }
        let (until, _) = self.due.first()?;
        Some(self.rest.map_or(*until, |rest| rest.max(*until)))
    }

    /// A receiver that fails again and again gets one request at a time.
    fn side_by_side(&self) -> usize {
        if self.failures > 1 {
            1
        } else {
            self.policy.concurrency.max(1)
        }
    }

    /// The receiver took an event.
    pub fn took(&mut self, event: u64) {
        self.taken += 1;
        if self.failures > 1 {
            // It is back: whatever waits need not wait longer.
            for (_, event) in std::mem::take(&mut self.due) {
                if let Some(entry) = self.open.get_mut(&event) {
                    entry.state = State::Waiting(NOW);
                }
                self.due.insert((NOW, event));
            }
        }
        (self.failures, self.rest) = (0, None);
        self.remove(event);
    }

    /// There is nothing to send for an event.
    pub fn passed_over(&mut self, event: u64) {
        self.remove(event);
    }

    fn remove(&mut self, event: u64) {
        let Some(entry) = self.open.remove(&event) else {
            return;
        };
        match entry.state {
            State::UnderWay => self.under_way -= 1,
            State::Waiting(until) => {
                self.due.remove(&(until, event));
            }
            State::Failed => {}
        }
        if entry.stored {
            self.done.push(event);
        }
        self.leave(&entry.mark);
    }

    /// Takes an event out of its line; the next one is first then.
    fn leave(&mut self, mark: &Mark) {
        let Some(line) = self.lines.get_mut(&mark.subject) else {
            return;
        };
        line.retain(|other| *other != mark.event);
        match line.front().copied() {
            Some(first) => self.make_due(first),
            None => {
                self.lines.remove(&mark.subject);
            }
        }
    }

    fn make_due(&mut self, event: u64) {
        let Some(entry) = self.open.get(&event) else {
            return;
        };
        let line = self.lines.get(&entry.mark.subject);
        let first = line.and_then(|line| line.front()) == Some(&event);
        if let State::Waiting(until) = entry.state
            && first
        {
            self.due.insert((until, event));
        }
    }

    /// The receiver did not take an event; whether it is given up. `luck` is from 0 to 1, for
    /// [`Backoff::after`].
    pub fn refused(&mut self, event: u64, refusal: Refusal, now: Timestamp, luck: f64) -> bool {
        self.failures = self.failures.saturating_add(1);
        let asked = refusal.rest.map(|rest| rest.min(LONGEST_ASKED));
        if self.failures > 1 || asked.is_some() {
            let wait = self.policy.backoff.after(self.failures - 1, luck);
            self.rest = Some(now.plus(wait.max(asked.unwrap_or_default())));
        }
        let Some(entry) = self.open.get_mut(&event) else {
            return false;
        };
        if entry.since.is_none() {
            entry.taken_then = self.taken;
        }
        entry.since = entry.since.or(Some(now));
        entry.attempts = entry.attempts.saturating_add(1);
        entry.error = refusal.why;
        entry.changed = true;
        let others_pass = self.taken > entry.taken_then;
        let stale = entry.since.zip(self.policy.patience);
        let stale = stale.is_some_and(|(since, patience)| now.since(since) >= patience);
        let gives_up = stale || (entry.attempts >= self.policy.attempts && others_pass);
        entry.state = if gives_up {
            State::Failed
        } else {
            State::Waiting(now.plus(self.policy.backoff.after(entry.attempts, luck)))
        };
        self.under_way -= 1;
        if gives_up && !self.policy.holds {
            let mark = entry.mark.clone();
            self.leave(&mark);
        } else {
            self.make_due(event);
        }
        gives_up
    }

    /// An operator wants these tried again.
    pub fn again(&mut self, events: impl IntoIterator<Item = u64>) {
        for event in events {
            if let Some(entry) = self.open.get_mut(&event)
                && entry.state == State::Failed
            {
                (entry.state, entry.attempts) = (State::Waiting(NOW), 0);
                (entry.since, entry.taken_then) = (None, 0);
                if self.policy.holds {
                    self.make_due(event);
                } else if let Some(entry) = self.open.remove(&event) {
                    self.enter(entry);
                }
            }
        }
    }

    /// What has to be stored, so that after a restart nothing is lost and little is sent twice;
    /// `None`: nothing has changed. It counts as stored; if it could not be, the next one has to be
    /// made by a new queue.
    pub fn settle(&mut self) -> Option<Settled> {
        // Whatever was tried in vain, or waits behind such an event, becomes a row, and does not
        // hold the place of the webhook.
        let mut stuck: BTreeSet<Option<String>> = BTreeSet::new();
        let mut place = self.read_to;
        let mut open = Vec::new();
        for (event, entry) in &mut self.open {
            if entry.attempts > 0 || entry.stored {
                stuck.insert(entry.mark.subject.clone());
            } else if !stuck.contains(&entry.mark.subject) {
                place = event - 1;
                break;
            }
            if !entry.stored || entry.changed {
                (entry.stored, entry.changed) = (true, false);
                open.push(entry.row(&self.webhook));
            }
        }
        if place == self.settled && open.is_empty() && self.done.is_empty() {
            return None;
        }
        self.settled = place;
        let done = std::mem::take(&mut self.done);
        Some(Settled {
            event: place,
            open,
            done,
        })
    }
}

impl Entry {
    fn row(&self, webhook: &str) -> Delivery {
        let failed = self.state == State::Failed;
        Delivery {
            webhook: webhook.to_owned(),
            event: self.mark.event,
            kind: self.mark.kind.clone(),
            subject: self.mark.subject.clone(),
            state: if failed {
                DeliveryState::Failed
            } else {
                DeliveryState::Waiting
            },
            attempts: self.attempts,
            next: match self.state {
                State::Waiting(until) if until > NOW => Some(until),
                _ => None,
            },
            since: self.since,
            error: self.error.clone(),
        }
    }
}

/// Whether `at` is yet to come. A moment farther away than any wait was noted before the clock
/// went back.
fn later(at: Timestamp, now: Timestamp) -> bool {
    at > now && at <= now.plus(2 * LONGEST_ASKED)
}

#[cfg(test)]
mod tests;
