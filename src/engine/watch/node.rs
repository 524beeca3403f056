//! P1: bursts that do not end and writes that wait. B6: storage.

use std::time::Duration;

use super::marks::Keyed;
use super::{Gauges, Known, Machine, minutes};
use crate::clock::Timestamp;
use crate::ids::OrgId;
use crate::model::alert::{Alert, Rule, Severity};
use crate::model::alert_settings::{AlertSettings, Lag, StorageLimits};
use crate::model::exchange::{ExchangeSummary, Operation};

#[derive(Debug, Default)]
struct Burst {
    first: Timestamp,
    last: Timestamp,
    count: u64,
    evidence: Vec<u64>,
}

/// What changes the directory, as values of the filter language.
fn writes() -> String {
    let writes = Operation::ALL.into_iter().filter(|one| one.is_write());
    writes.map(Operation::as_str).collect::<Vec<_>>().join(",")
}

/// P1: writes of an Org without a pause.
pub(super) struct Bursts {
    settings: Lag,
    orgs: Keyed<OrgId, Burst>,
}

impl Bursts {
    pub fn new(settings: &AlertSettings) -> Self {
        Self {
            settings: settings.provisioning_lag.clone(),
            orgs: Keyed::new(settings.remember),
        }
    }
}

impl Machine for Bursts {
    fn exchange(&mut self, seen: &ExchangeSummary) {
        let writes = seen.operation.is_write() && seen.refusal.is_none();
        let Some(org) = seen.org.filter(|_| writes) else {
            return;
        };
        let pause = minutes(self.settings.pause_minutes);
        let burst = self.orgs.at(&org, seen.at);
        if burst.count == 0 || seen.at.since(burst.last) >= pause {
            *burst = Burst {
                first: seen.at,
                ..Burst::default()
            };
        }
        burst.last = burst.last.max(seen.at);
        burst.count += 1;
        burst.evidence.insert(0, seen.seq);
        burst.evidence.truncate(super::EVIDENCE);
    }

    fn standing(&mut self, known: &Known<'_>, alerts: &mut Vec<Alert>) {
        self.orgs
            .forget(known.now, minutes(self.settings.pause_minutes));
        let long = minutes(self.settings.minutes);
        for (org, burst) in self.orgs.iter() {
            let lasts = burst.last.since(burst.first);
            if lasts < long {
                continue;
            }
            alerts.push(Alert {
                subject: known.org_name(Some(*org)),
                since: burst.first,
                last: burst.last,
                count: burst.count,
                why: format!(
                    "{} writes for {} minutes without a pause",
                    burst.count,
                    lasts.as_secs() / 60
                ),
                advice:
                    "a first synchronisation takes as long as it takes; else look for a provider \
                         that starts over: scimtop requests list"
                        .to_owned(),
                evidence: burst.evidence.clone(),
                filter: Some(format!("org:{org} op:{}", writes())),
                ..Alert::new(Rule::ProvisioningLag, Severity::Warning, Some(*org), "")
            });
        }
        let waits = known.gauges.oldest_write;
        if waits >= Duration::from_secs(u64::from(self.settings.queue_seconds)) {
            alerts.push(Alert {
                subject: "the writer".to_owned(),
                since: known.now.minus(waits),
                last: known.now,
                why: format!("the oldest write has waited for {} s", waits.as_secs()),
                advice: "scimtop health: is the disk slow or full? Long work of an operator also takes turns"
                    .to_owned(),
                ..Alert::new(Rule::ProvisioningLag, Severity::Warning, None, "queue")
            });
        }
    }

    fn next_deadline(&self, now: Timestamp) -> Option<Timestamp> {
        self.orgs
            .deadline(now, minutes(self.settings.pause_minutes))
    }
}

/// True if less than `share` per cent of a disk are free; `(0, 0)` says nothing.
fn is_below((free, all): (u64, u64), share: u64) -> bool {
    u128::from(free) * 100 < u128::from(all) * u128::from(share)
}

/// True if there is so little room that clients' writes are refused.
pub fn refuses_writes(set: &StorageLimits, gauges: &Gauges) -> bool {
    is_below(gauges.disk, set.disk_refuse)
}

/// B6.
pub(super) struct Node {
    settings: StorageLimits,
}

impl Node {
    pub fn new(settings: &AlertSettings) -> Self {
        Self {
            settings: settings.storage.clone(),
        }
    }
}

impl Machine for Node {
    fn standing(&mut self, known: &Known<'_>, alerts: &mut Vec<Alert>) {
        let set = &self.settings;
        let told = |severity, key: &str, why, advice: &str| Alert {
            since: known.now,
            last: known.now,
            why,
            advice: advice.to_owned(),
            ..Alert::new(Rule::Storage, severity, None, key)
        };
        let log = known.gauges.log_bytes;
        if log > set.log_megabytes << 20 {
            alerts.push(told(
                Severity::Warning,
                "log",
                format!("the directory's log has {} MB", log >> 20),
                "something holds it open: a backup or a long export that hangs, or a stuck process",
            ));
        }
        let disk = known.gauges.disk;
        let below = |share: u64| is_below(disk, share);
        let critical = set.disk_critical.max(set.disk_refuse);
        if below(set.disk_warning.max(critical)) {
            let severity = if below(critical) {
                Severity::Critical
            } else {
                Severity::Warning
            };
            let (free, all) = disk;
            let percent = u128::from(free) * 100 / u128::from(all).max(1);
            let refused = if below(set.disk_refuse) {
                "; clients' writes are refused"
            } else {
                ""
            };
            alerts.push(told(
                severity,
                "disk",
                format!("{percent} % of the disk are free{refused}"),
                "make room; traffic.max_bytes and traffic.keep_days say what recorded requests may take",
            ));
        }
    }

    /// Gauges change by themselves; who measures them says when.
    fn next_deadline(&self, _: Timestamp) -> Option<Timestamp> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::super::MINUTE;
    use super::super::testing::*;
    use super::*;
    use crate::model::exchange::Operation;

    #[test]
    fn a_burst_is_told_after_forty_minutes_and_until_it_pauses() {
        let mut rule = Bursts::new(&AlertSettings::default());
        for minute in 0..=40 {
            let now = NOW.plus(MINUTE * minute);
            let mut seen = request(now);
            seen.operation = Operation::Create;
            rule.exchange(&seen);
            assert_eq!(at(&mut rule, now).len(), usize::from(minute == 40));
        }
        let end = rule.next_deadline(NOW.plus(MINUTE * 40)).unwrap();
        assert_eq!(end, NOW.plus(MINUTE * 42));
        assert!(at(&mut rule, end).is_empty());
        // With pauses, and by reading, it never comes.
        for minute in 0..=30 {
            let now = NOW.plus(MINUTE * 2 * minute);
            let mut seen = request(now);
            rule.exchange(&seen);
            seen.operation = Operation::Create;
            rule.exchange(&seen);
            assert!(at(&mut rule, now).is_empty());
        }
    }

    #[test]
    fn gauges_at_their_limits() {
        let told = |gauges| {
            let known = Known {
                gauges,
                ..known(&[])
            };
            let mut alerts = standing(&mut Node::new(&AlertSettings::default()), &known);
            alerts.extend(standing(
                &mut Bursts::new(&AlertSettings::default()),
                &known,
            ));
            alerts.first().map(|alert| (alert.rule, alert.severity))
        };
        let disk = |free| Gauges {
            disk: (free, 1_000),
            ..Gauges::default()
        };
        let log = |log_bytes| Gauges {
            log_bytes,
            ..Gauges::default()
        };
        let write = |seconds| Gauges {
            oldest_write: Duration::from_secs(seconds),
            ..Gauges::default()
        };
        let storage = |severity| Some((Rule::Storage, severity));
        assert_eq!(told(Gauges::default()), None);
        assert_eq!(told(disk(100)), None);
        assert_eq!(told(disk(99)), storage(Severity::Warning));
        assert_eq!(told(disk(50)), storage(Severity::Warning));
        assert_eq!(told(disk(49)), storage(Severity::Critical));
        let set = StorageLimits::default();
        for (free, refuses) in [(20, false), (19, true)] {
            assert_eq!(refuses_writes(&set, &disk(free)), refuses, "{free}");
        }
        assert!(!refuses_writes(&set, &Gauges::default()));
        assert_eq!(told(log(256 << 20)), None);
        assert_eq!(told(log((256 << 20) + 1)), storage(Severity::Warning));
        assert_eq!(told(write(29)), None);
        assert_eq!(
            told(write(30)),
            Some((Rule::ProvisioningLag, Severity::Warning))
        );
    }
}
