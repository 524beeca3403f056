//! When Entra keeps away from an application that does not work, and when it looks again.

use std::time::Duration;

use crate::clock::Timestamp;
use crate::simulate::machine::Quarantine;

const HOUR: Duration = Duration::from_secs(3600);
/// Waits before the first looks; from then on the last one.
const WAITS: [u32; 3] = [6, 12, 24];
/// After so long the job is disabled.
const PATIENCE: Duration = Duration::from_secs(28 * 24 * 3600);
/// Failures from which on their share is looked at.
const SAMPLE: u64 = 5000;
/// So many failures are too many, whatever their share.
const MOST: u64 = 40_000;
/// So many, references included, are too many in any case.
const MOST_OF_ALL: u64 = 60_000;

/// The present quarantine, if any, and those before.
#[derive(Clone, Debug, Default)]
pub(super) struct Ward {
    looks: usize,
    in_it: bool,
    pub past: Vec<Quarantine>,
}

/// What a job did since it was started.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Score {
    pub done: u64,
    pub failed: u64,
    /// Failures of managers and members.
    pub references: u64,
}

impl Score {
    /// Why this is reason for a quarantine, if it is.
    pub fn objection(&self) -> Option<&'static str> {
        let all = self.done + self.failed;
        // More than 40 %.
        let share = self.failed * 5 > all * 2;
        if self.failed + self.references >= MOST_OF_ALL {
            Some("60 000 failures")
        } else if self.failed > MOST {
            Some("more than 40 000 failures")
        } else if self.failed >= SAMPLE && share {
            Some("more than 40 % of the operations failed")
        } else {
            None
        }
    }
}

impl Ward {
    /// The application did not work; when it is looked at next, `None` if never again.
    pub fn enter(&mut self, now: Timestamp, reason: &str) -> Option<Timestamp> {
        if !self.in_it {
            self.in_it = true;
            self.looks = 0;
            self.past.push(Quarantine {
                from: now,
                until: None,
                reason: reason.to_owned(),
            });
        }
        let since = self.past.last().map_or(now, |quarantine| quarantine.from);
        let hours = WAITS.get(self.looks).or(WAITS.last()).copied()?;
        self.looks += 1;
        let next = now.plus(HOUR * hours);
        (next.since(since) <= PATIENCE).then_some(next)
    }

    /// The application works.
    pub fn leave(&mut self, now: Timestamp) {
        if std::mem::take(&mut self.in_it)
            && let Some(quarantine) = self.past.last_mut()
        {
            quarantine.until = Some(now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_looks_after_6_12_24_hours_then_daily_for_28_days() {
        let mut ward = Ward::default();
        let mut now = Timestamp(0);
        let mut waits = Vec::new();
        while let Some(next) = ward.enter(now, "401") {
            waits.push(next.since(now).as_secs() / 3600);
            now = next;
        }
        assert_eq!(waits[..5], [6, 12, 24, 24, 24]);
        assert_eq!(waits.iter().sum::<u64>() / 24, 27);
        assert_eq!(ward.past.len(), 1);
        ward.leave(now);
        assert_eq!(ward.past[0].until, Some(now));
        assert_eq!(ward.enter(now, "404").unwrap().since(now), HOUR * 6);
        assert_eq!(ward.past.len(), 2);
    }

    #[test]
    fn failures_count_from_5000_on() {
        let score = |done, failed, references| Score {
            done,
            failed,
            references,
        };
        assert_eq!(score(0, 4999, 0).objection(), None);
        assert!(score(7000, 5000, 0).objection().is_some());
        assert_eq!(score(8000, 5000, 50_000).objection(), None);
        assert!(score(0, 10, 59_990).objection().is_some());
        assert!(score(90_000_000, 40_001, 0).objection().is_some());
    }
}
