//! B3: requests that a client gets wrong, and loops in which it tries the same again.

use std::collections::{BTreeMap, HashMap};

use super::burn::share;
use super::{Known, MINUTE, Machine, hours};
use crate::clock::Timestamp;
use crate::ids::OrgId;
use crate::model::alert::{Alert, Rule, Severity};
use crate::model::alert_settings::ClientErrors;
use crate::model::exchange::ExchangeSummary;
use crate::model::exchange_filter::quote;

/// Kinds of errors of an Org, and subjects of a kind and minute, that are told apart.
const KINDS: usize = 20;
const SUBJECTS: usize = 50;
/// What Entra puts a job in quarantine for: so many per cent of at least so many failures.
const QUARANTINE: (u64, u64) = (40, 5_000);

#[derive(Debug, Default)]
struct Count {
    failed: u64,
    subjects: HashMap<String, u64>,
    evidence: Vec<u64>,
}

/// One minute of an Org.
#[derive(Debug, Default)]
struct Minute {
    requests: u64,
    failed: BTreeMap<String, Count>,
}

impl Minute {
    fn all_failed(&self) -> u64 {
        self.failed.values().map(|count| count.failed).sum()
    }
}

/// B3.
pub(super) struct Errors {
    settings: ClientErrors,
    remember: usize,
    orgs: HashMap<OrgId, BTreeMap<i64, Minute>>,
    /// What was told of an Org and a kind of error. A client tries again more and more seldom.
    told: HashMap<(OrgId, String), Alert>,
}

fn number(at: Timestamp) -> i64 {
    at.0.div_euclid(60_000)
}

impl Errors {
    pub fn new(settings: ClientErrors, remember: usize) -> Self {
        Self {
            settings,
            remember,
            orgs: HashMap::new(),
            told: HashMap::new(),
        }
    }

    /// How near each Org's provider is to being stopped by Entra's measure, of 1: failures against
    /// how many it takes, or their share against how large it must be, whichever is less.
    pub fn nearness(&self, now: Timestamp) -> Vec<(OrgId, f64)> {
        let first = number(now) - self.span() + 1;
        let of = |minutes: &BTreeMap<i64, Minute>| {
            let within = minutes.range(first..);
            let (requests, failed) = within.fold((0, 0), |(requests, failed), (_, minute)| {
                (requests + minute.requests, failed + minute.all_failed())
            });
            let (percent, least) = QUARANTINE;
            share(failed, least).min(share(failed * 100, requests * percent))
        };
        let orgs = self.orgs.iter();
        orgs.map(|(org, minutes)| (*org, of(minutes))).collect()
    }

    fn span(&self) -> i64 {
        i64::from(self.settings.minutes.clamp(1, 60))
    }

    /// When an alert is over that was last seen then.
    fn ends(&self, last: Timestamp) -> Timestamp {
        last.plus(hours(self.settings.hours))
    }

    fn tell(
        &self,
        known: &Known<'_>,
        org: OrgId,
        minutes: &BTreeMap<i64, Minute>,
    ) -> Vec<((OrgId, String), Alert)> {
        let requests: u64 = minutes.values().map(|minute| minute.requests).sum();
        let all: u64 = minutes.values().map(Minute::all_failed).sum();
        let mut kinds: BTreeMap<&str, (Count, i64, i64)> = BTreeMap::new();
        for (number, minute) in minutes {
            for (kind, count) in &minute.failed {
                let (sum, _, last) = kinds
                    .entry(kind)
                    .or_insert_with(|| (Count::default(), *number, *number));
                *last = *number;
                sum.failed += count.failed;
                sum.evidence.splice(0..0, count.evidence.iter().copied());
                sum.evidence.truncate(super::EVIDENCE);
                for (subject, failed) in &count.subjects {
                    *sum.subjects.entry(subject.clone()).or_default() += failed;
                }
            }
        }
        let told = kinds.into_iter().filter_map(|(kind, (sum, first, last))| {
            let share = sum.failed * 100 / requests.max(1);
            let many = sum.failed >= self.settings.count && share >= self.settings.percent;
            let worst = sum.subjects.iter().max_by_key(|(_, failed)| **failed);
            let looping = worst.filter(|(_, failed)| **failed >= self.settings.repeats);
            let what = match looping {
                _ if many => format!(
                    "{} of {requests} requests ({share} %) were answered {kind}",
                    sum.failed
                ),
                Some((subject, failed)) => format!(
                    "{subject} was answered {kind} {failed} times: the client tries the same again"
                ),
                None => return None,
            };
            let (percent, least) = QUARANTINE;
            let distance = format!(
                "{} % of its requests fail, {all} in all; Entra stops at {percent} % of {least}",
                all * 100 / requests.max(1)
            );
            let alert = Alert {
                subject: format!("{}, {kind}", known.org_name(Some(org))),
                since: Timestamp(first * 60_000),
                last: Timestamp(last * 60_000),
                count: sum.failed,
                why: format!("{what}; {distance}"),
                advice:
                    "read what the answers say and correct the attribute mapping at the provider"
                        .to_owned(),
                evidence: sum.evidence,
                filter: Some(filter(org, kind)),
                ..Alert::new(Rule::ClientErrors, Severity::Warning, Some(org), kind)
            };
            Some(((org, kind.to_owned()), alert))
        });
        told.collect()
    }
}

/// The requests of an Org that were answered with that `scimType`, or with that status and none.
fn filter(org: OrgId, kind: &str) -> String {
    let field = match kind.parse::<u16>() {
        Ok(_) => "status",
        Err(_) => "scimType",
    };
    format!("org:{org} {field}:{}", quote(kind))
}

/// Of the alert that requests of an Org are answered with that `scimType` or status.
pub(super) fn fingerprint(org: Option<OrgId>, kind: &str) -> String {
    Alert::new(Rule::ClientErrors, Severity::Warning, org, kind).fingerprint
}

impl Machine for Errors {
    fn exchange(&mut self, seen: &ExchangeSummary) {
        let Some(org) = seen.org.filter(|_| seen.refusal.is_none()) else {
            return;
        };
        if self.orgs.len() >= self.remember && !self.orgs.contains_key(&org) {
            let last = |minutes: &BTreeMap<i64, Minute>| minutes.keys().next_back().copied();
            let oldest = self.orgs.iter().min_by_key(|(_, minutes)| last(minutes));
            if let Some(oldest) = oldest.map(|(org, _)| *org) {
                self.orgs.remove(&oldest);
            }
        }
        let span = usize::try_from(self.span()).unwrap_or(1);
        let minutes = self.orgs.entry(org).or_default();
        let minute = minutes.entry(number(seen.at)).or_default();
        minute.requests += 1;
        if matches!(seen.status, 400 | 409 | 412) {
            let kind = seen
                .scim_type
                .clone()
                .unwrap_or_else(|| seen.status.to_string());
            if let Some(told) = self.told.get_mut(&(org, kind.clone())) {
                told.last = told.last.max(seen.at);
            }
            if minute.failed.len() < KINDS || minute.failed.contains_key(&kind) {
                let count = minute.failed.entry(kind).or_default();
                count.failed += 1;
                if count.subjects.len() < SUBJECTS || count.subjects.contains_key(&seen.subject) {
                    *count.subjects.entry(seen.subject.clone()).or_default() += 1;
                }
                count.evidence.insert(0, seen.seq);
                count.evidence.truncate(super::EVIDENCE);
            }
        }
        while minutes.len() > span {
            minutes.pop_first();
        }
    }

    fn standing(&mut self, known: &Known<'_>, alerts: &mut Vec<Alert>) {
        let first = number(known.now) - self.span() + 1;
        self.orgs.retain(|_, minutes| {
            *minutes = minutes.split_off(&first);
            !minutes.is_empty()
        });
        let failing = self.orgs.iter();
        let fresh: Vec<_> = failing
            .flat_map(|(org, minutes)| self.tell(known, *org, minutes))
            .collect();
        self.told.extend(fresh);
        let mut told = std::mem::take(&mut self.told);
        told.retain(|_, alert| known.now < self.ends(alert.last));
        alerts.extend(told.values().cloned());
        self.told = told;
    }

    fn next_deadline(&self, now: Timestamp) -> Option<Timestamp> {
        let failing = |minutes: &&BTreeMap<i64, Minute>| {
            minutes.values().any(|minute| !minute.failed.is_empty())
        };
        let next = Timestamp(number(now) * 60_000).plus(MINUTE);
        let next = self.orgs.values().find(failing).map(|_| next);
        let ends = self.told.values().map(|alert| self.ends(alert.last));
        ends.filter(|at| *at > now).chain(next).min()
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;

    fn failing(rule: &mut Errors, count: u64, subject: impl Fn(u64) -> String) {
        for number in 0..count {
            let mut seen = request(NOW);
            (seen.status, seen.scim_type) = (400, Some("invalidValue".to_owned()));
            seen.subject = subject(number);
            rule.exchange(&seen);
        }
    }

    #[test]
    fn a_fifth_of_the_requests_and_twenty() {
        for (good, bad, fires) in [
            (0, 19, false),
            (80, 20, true),
            (81, 20, false),
            (0, 20, true),
        ] {
            let mut rule = Errors::new(ClientErrors::default(), 9);
            for _ in 0..good {
                rule.exchange(&request(NOW));
            }
            failing(&mut rule, bad, |number| format!("user-{number}"));
            assert_eq!(!at(&mut rule, NOW).is_empty(), fires, "{good} {bad}");
            assert_eq!(!at(&mut rule, NOW.plus(MINUTE * 60)).is_empty(), fires);
            // A client that has stopped for now tries again within a day.
            let end = Timestamp(number(NOW) * 60_000).plus(hours(25));
            let next = rule.next_deadline(NOW.plus(MINUTE * 60));
            assert_eq!(next, fires.then_some(end));
            assert!(at(&mut rule, end).is_empty());
            assert_eq!(rule.next_deadline(end), None);
        }
    }

    #[test]
    fn how_near_a_quarantine_is() {
        for (good, bad, expected) in [
            (5_000, 0, 0.0),
            (0, 500, 0.1),
            (15_000, 5_000, 0.625),
            (5_000, 5_000, 1.0),
        ] {
            let mut rule = Errors::new(ClientErrors::default(), 9);
            for _ in 0..good {
                rule.exchange(&request(NOW));
            }
            failing(&mut rule, bad, |number| format!("user-{number}"));
            let near = rule.nearness(NOW);
            assert_eq!(near.len(), 1);
            assert!((near[0].1 - expected).abs() < 1e-9, "{near:?}");
            assert!(rule.nearness(NOW.plus(MINUTE * 60))[0].1.abs() < 1e-9);
        }
    }

    #[test]
    fn a_subject_that_fails_five_times_is_a_loop() {
        let mut rule = Errors::new(ClientErrors::default(), 9);
        failing(&mut rule, 4, |_| "ada".to_owned());
        failing(&mut rule, 1, |_| "bob".to_owned());
        assert!(at(&mut rule, NOW).is_empty());
        failing(&mut rule, 1, |_| "ada".to_owned());
        let found = at(&mut rule, NOW);
        assert!(found[0].why.starts_with("ada"), "{}", found[0].why);
        assert_eq!(found[0].evidence.len(), 5);
        assert!(rule.next_deadline(NOW).is_some_and(|next| next > NOW));
    }
}
