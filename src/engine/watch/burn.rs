//! B1: requests that fail on this side. B2: answers that take too long. Both against an objective:
//! the rate at which the budget of bad answers burns, in a long window and in a short one.

use std::collections::HashMap;
use std::hash::Hash;

use super::{Known, MINUTE, Machine, minutes};
use crate::clock::Timestamp;
use crate::ids::OrgId;
use crate::model::alert::{Alert, Rule, Severity};
use crate::model::alert_settings::{AlertSettings, Burn, FailureRate, Latencies};
use crate::model::exchange::{ExchangeSummary, Operation};
use crate::text::length;

/// Minutes kept one by one, then tens of minutes: six hours, and three days.
const FINE: (u32, u32) = (360, 1);
const COARSE: (u32, u32) = (432, 10);

/// Good and bad requests of a ring of slots.
#[derive(Debug)]
struct Ring {
    minutes: u32,
    slots: Vec<(i64, u32, u32)>,
}

impl Ring {
    fn new((slots, minutes): (u32, u32)) -> Self {
        Self {
            minutes,
            slots: (0..slots).map(|_| (i64::MIN, 0, 0)).collect(),
        }
    }

    fn number(&self, at: Timestamp) -> i64 {
        at.0.div_euclid(60_000 * i64::from(self.minutes))
    }

    fn note(&mut self, at: Timestamp, bad: bool) {
        let number = self.number(at);
        let slots = i64::try_from(self.slots.len()).unwrap_or(i64::MAX);
        let place = usize::try_from(number.rem_euclid(slots)).unwrap_or(0);
        let Some(slot) = self.slots.get_mut(place) else {
            return;
        };
        if slot.0 > number {
            return;
        }
        if slot.0 != number {
            *slot = (number, 0, 0);
        }
        slot.1 = slot.1.saturating_add(1);
        slot.2 = slot.2.saturating_add(u32::from(bad));
    }

    /// Requests and bad ones within the last `minutes`.
    fn sum(&self, now: Timestamp, minutes: u32) -> (u64, u64) {
        let last = self.number(now);
        let first = last - i64::from(minutes / self.minutes);
        let within = self
            .slots
            .iter()
            .filter(|slot| slot.0 > first && slot.0 <= last);
        within.fold((0, 0), |sum, slot| {
            (sum.0 + u64::from(slot.1), sum.1 + u64::from(slot.2))
        })
    }
}

#[derive(Debug)]
struct Budget {
    fine: Ring,
    coarse: Ring,
    last: Timestamp,
    last_bad: Timestamp,
    evidence: Vec<u64>,
}

impl Budget {
    fn new() -> Self {
        Self {
            fine: Ring::new(FINE),
            coarse: Ring::new(COARSE),
            last: Timestamp::default(),
            last_bad: Timestamp::default(),
            evidence: Vec::new(),
        }
    }

    fn sum(&self, now: Timestamp, minutes: u32) -> (u64, u64) {
        if minutes <= FINE.0 * FINE.1 {
            self.fine.sum(now, minutes)
        } else {
            self.coarse.sum(now, minutes)
        }
    }

    /// The first pair of windows in which the budget burns too fast, with the long one's counts.
    fn burns(
        &self,
        now: Timestamp,
        allowed: f64,
        least: u64,
        burns: &[Burn],
    ) -> Option<(Burn, u64, u64)> {
        burns.iter().find_map(|burn| {
            let fast =
                |(all, bad): (u64, u64)| bad > 0 && share(bad, all) + 1e-9 >= burn.rate * allowed;
            let long = self.sum(now, burn.long_minutes);
            (long.1 >= least && fast(long) && fast(self.sum(now, burn.short_minutes)))
                .then_some((*burn, long.0, long.1))
        })
    }
}

/// Budgets by what they belong to; at most `most`, the one least lately used forgotten first.
struct Budgets<K> {
    most: usize,
    of: HashMap<K, Budget>,
}

impl<K: Copy + Eq + Hash> Budgets<K> {
    fn new(most: usize) -> Self {
        Self {
            most: most.max(1),
            of: HashMap::new(),
        }
    }

    fn note(&mut self, key: K, seen: &ExchangeSummary, bad: bool) {
        if self.of.len() >= self.most && !self.of.contains_key(&key) {
            let oldest = self.of.iter().min_by_key(|(_, budget)| budget.last);
            if let Some(oldest) = oldest.map(|(key, _)| *key) {
                self.of.remove(&oldest);
            }
        }
        let budget = self.of.entry(key).or_insert_with(Budget::new);
        budget.fine.note(seen.at, bad);
        budget.coarse.note(seen.at, bad);
        budget.last = budget.last.max(seen.at);
        if bad {
            budget.last_bad = budget.last_bad.max(seen.at);
            budget.evidence.insert(0, seen.seq);
            budget.evidence.truncate(super::EVIDENCE);
        }
    }

    /// Only the passing of minutes changes what stands, and only where something was bad.
    fn next_deadline(&self, now: Timestamp) -> Option<Timestamp> {
        let reach = MINUTE * (COARSE.0 * COARSE.1);
        let bad = self
            .of
            .values()
            .any(|budget| now.since(budget.last_bad) < reach);
        bad.then(|| Timestamp(now.0.div_euclid(60_000) * 60_000).plus(MINUTE))
    }
}

/// How many of `all` are bad, of 1.
#[allow(clippy::cast_precision_loss)] // counts of three days are far below 2^52
pub(super) fn share(bad: u64, all: u64) -> f64 {
    bad as f64 / all.max(1) as f64
}

fn severity(burn: &Burn) -> Severity {
    if burn.critical {
        Severity::Critical
    } else {
        Severity::Warning
    }
}

fn allowed(objective: f64) -> f64 {
    ((100.0 - objective.clamp(0.0, 99.999)) / 100.0).max(0.000_01)
}

/// B1.
pub(super) struct Failures {
    settings: FailureRate,
    budgets: Budgets<Option<OrgId>>,
}

impl Failures {
    pub fn new(settings: &AlertSettings) -> Self {
        Self {
            settings: settings.failure_rate.clone(),
            budgets: Budgets::new(settings.remember),
        }
    }
}

impl Machine for Failures {
    fn exchange(&mut self, seen: &ExchangeSummary) {
        let bad = matches!(seen.status, 408 | 500..);
        self.budgets.note(seen.org, seen, bad);
    }

    fn standing(&mut self, known: &Known<'_>, alerts: &mut Vec<Alert>) {
        let set = &self.settings;
        let allowed = allowed(set.objective);
        for (org, budget) in &self.budgets.of {
            let (hour, hour_bad) = budget.sum(known.now, 60);
            let few = hour < set.few;
            let (severity, count, why) = if few {
                if hour_bad < set.few_bad {
                    continue;
                }
                let why = format!("{hour_bad} of {hour} requests failed within 1 h");
                (Severity::Warning, hour_bad, why)
            } else if let Some((burn, all, bad)) =
                budget.burns(known.now, allowed, set.bad, &set.burn)
            {
                let why = format!(
                    "{bad} of {all} requests failed within {}: {} times what {} % allow",
                    length(minutes(burn.long_minutes)),
                    (share(bad, all) / allowed).round(),
                    set.objective
                );
                (severity(&burn), bad, why)
            } else {
                continue;
            };
            let whose = org.map_or_else(String::new, |org| format!("org:{org} "));
            alerts.push(Alert {
                subject: known.org_name(*org),
                since: budget.last_bad,
                last: budget.last_bad,
                count,
                why,
                advice: "read the log of the server, and scimtop health: storage and writer first"
                    .to_owned(),
                evidence: budget.evidence.clone(),
                filter: Some(format!("{whose}status:408,5xx")),
                ..Alert::new(Rule::FailureRate, severity, *org, "")
            });
        }
    }

    fn next_deadline(&self, now: Timestamp) -> Option<Timestamp> {
        self.budgets.next_deadline(now)
    }
}

/// B2: by what a request sets out to do.
pub(super) struct Slow {
    settings: Latencies,
    burn: Vec<Burn>,
    budgets: Budgets<Operation>,
}

impl Slow {
    pub fn new(settings: &AlertSettings) -> Self {
        Self {
            settings: settings.latency.clone(),
            burn: settings.failure_rate.burn.clone(),
            budgets: Budgets::new(Operation::ALL.len()),
        }
    }

    const fn limit(&self, operation: Operation) -> u32 {
        match operation {
            Operation::Get | Operation::Query | Operation::Discovery | Operation::Me => {
                self.settings.read_ms
            }
            _ => self.settings.write_ms,
        }
    }
}

impl Machine for Slow {
    fn exchange(&mut self, seen: &ExchangeSummary) {
        let slow = seen.latency_us > 1_000 * u64::from(self.limit(seen.operation));
        // Bulk does the work of a thousand requests.
        if seen.refusal.is_none() && seen.operation != Operation::Bulk {
            self.budgets.note(seen.operation, seen, slow);
        }
    }

    fn standing(&mut self, known: &Known<'_>, alerts: &mut Vec<Alert>) {
        let set = &self.settings;
        for (operation, budget) in &self.budgets.of {
            let found = budget.burns(known.now, allowed(set.objective), set.bad, &self.burn);
            let Some((burn, all, slow)) = found else {
                continue;
            };
            alerts.push(Alert {
                since: budget.last_bad,
                last: budget.last_bad,
                count: slow,
                why: format!(
                    "{slow} of {all} requests took more than {} ms within {}; {} % are to be quicker",
                    self.limit(*operation),
                    length(minutes(burn.long_minutes)),
                    set.objective
                ),
                advice: "scimtop health: does the writer's queue grow, is the disk slow or full?"
                    .to_owned(),
                evidence: budget.evidence.clone(),
                filter: Some(format!(
                    "op:{} latency>{}ms",
                    operation.as_str(),
                    self.limit(*operation)
                )),
                ..Alert::new(Rule::Latency, Severity::Warning, None, operation.as_str())
            });
        }
    }

    fn next_deadline(&self, now: Timestamp) -> Option<Timestamp> {
        self.budgets.next_deadline(now)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;

    fn feed(rule: &mut dyn Machine, ago: u32, good: u32, bad: u32) {
        for number in 0..good + bad {
            let mut seen = request(NOW.minus(MINUTE * ago));
            if number < bad {
                (seen.status, seen.latency_us) = (500, 301_000);
            }
            rule.exchange(&seen);
        }
    }

    fn failures(fed: &[(u32, u32, u32)]) -> Option<Severity> {
        let mut rule = Failures::new(&AlertSettings::default());
        for (ago, good, bad) in fed {
            feed(&mut rule, *ago, *good, *bad);
        }
        at(&mut rule, NOW).first().map(|alert| alert.severity)
    }

    #[test]
    fn the_budget_burns_in_both_windows() {
        // 0.5 % are allowed: 7.2 % burn 14.4 times as fast, 3 % six times.
        for (fed, expected) in [
            (&[(1, 928, 72)][..], Some(Severity::Critical)),
            (&[(1, 971, 29)], Some(Severity::Warning)),
            (&[(1, 970, 30)], Some(Severity::Critical)),
            (&[(1, 996, 4)], None),
            // Enough within the hour, none within the last minutes: over.
            (&[(20, 900, 100), (1, 100, 0)], Some(Severity::Critical)),
            (&[(50, 900, 100), (1, 100, 0)], Some(Severity::Warning)),
            (&[(400, 900, 100), (1, 100, 0)], None),
            (&[(1, 150, 9)], None),
            (&[(1, 150, 10)], Some(Severity::Critical)),
        ] {
            assert_eq!(failures(fed), expected, "{fed:?}");
        }
    }

    #[test]
    fn with_few_requests_five_bad_ones_an_hour_are_told() {
        assert_eq!(failures(&[(30, 90, 4)]), None);
        assert_eq!(failures(&[(30, 90, 5)]), Some(Severity::Warning));
        assert_eq!(failures(&[(61, 90, 5), (1, 1, 0)]), None);
    }

    #[test]
    fn slow_answers_by_what_was_asked_for() {
        let mut rule = Slow::new(&AlertSettings::default());
        feed(&mut rule, 1, 91, 9);
        assert!(at(&mut rule, NOW).is_empty());
        feed(&mut rule, 1, 0, 1);
        let found = at(&mut rule, NOW);
        assert_eq!((found.len(), found[0].subject.as_str()), (1, "query"));
        assert_eq!(found[0].severity, Severity::Warning);
        assert!(rule.next_deadline(NOW).is_some_and(|next| next > NOW));
        let later = NOW.plus(MINUTE * 10 * 432 + MINUTE);
        assert!(at(&mut rule, later).is_empty());
        assert_eq!(rule.next_deadline(later), None);
    }
}
