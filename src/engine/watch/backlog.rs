//! B4: messages that wait to be taken.

use super::{Known, Machine, minutes};
use crate::clock::Timestamp;
use crate::model::alert::{Alert, Rule, Severity};
use crate::model::alert_settings::{AlertSettings, BacklogLimits};

/// B4, for each webhook and sink.
pub(super) struct Backlogs {
    settings: BacklogLimits,
}

impl Backlogs {
    pub fn new(settings: &AlertSettings) -> Self {
        Self {
            settings: settings.backlog.clone(),
        }
    }
}

impl Machine for Backlogs {
    fn standing(&mut self, known: &Known<'_>, alerts: &mut Vec<Alert>) {
        let (warning, critical) = (
            minutes(self.settings.warning_minutes),
            minutes(self.settings.critical_minutes),
        );
        for (receiver, oldest) in known.backlogs {
            let waits = known.now.since(*oldest);
            if waits <= warning.min(critical) {
                continue;
            }
            let severity = if waits > critical {
                Severity::Critical
            } else {
                Severity::Warning
            };
            alerts.push(Alert {
                since: *oldest,
                last: known.now,
                why: format!(
                    "its oldest message has waited for {} minutes",
                    waits.as_secs() / 60
                ),
                advice: "scimtop deliveries list says why; nothing is lost meanwhile".to_owned(),
                ..Alert::new(Rule::Backlog, severity, None, receiver)
            });
        }
    }

    /// Gauges change by themselves; who measures them says when.
    fn next_deadline(&self, _: Timestamp) -> Option<Timestamp> {
        None
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::testing::*;
    use super::*;

    #[test]
    fn each_receiver_has_its_own_alert_by_the_age_of_its_oldest_message() {
        let mut rule = Backlogs::new(&AlertSettings::default());
        for (seconds, told) in [
            (0, None),
            (300, None),
            (301, Some(Severity::Warning)),
            (1_800, Some(Severity::Warning)),
            (1_801, Some(Severity::Critical)),
            (864_000, Some(Severity::Critical)),
        ] {
            let waiting = NOW.minus(Duration::from_secs(seconds));
            let backlogs = [("app".to_owned(), waiting), ("pager".to_owned(), NOW)];
            let known = Known {
                backlogs: &backlogs,
                ..known(&[])
            };
            let alerts = standing(&mut rule, &known);
            let found: Vec<_> = alerts
                .iter()
                .map(|alert| (alert.rule, alert.severity, alert.subject.as_str()))
                .collect();
            let expected: Vec<_> = told
                .map(|severity| (Rule::Backlog, severity, "app"))
                .into_iter()
                .collect();
            assert_eq!(found, expected, "after {seconds} s");
        }
        // Two that wait are two alerts, and each keeps its fingerprint as it gets worse.
        let at = |minutes: u64| NOW.minus(Duration::from_secs(60 * minutes));
        let both = |minutes| {
            [
                ("app".to_owned(), at(minutes)),
                ("pager".to_owned(), at(minutes)),
            ]
        };
        let mut prints = |minutes| {
            let backlogs = both(minutes);
            let known = Known {
                backlogs: &backlogs,
                ..known(&[])
            };
            let alerts = standing(&mut rule, &known);
            alerts
                .into_iter()
                .map(|alert| alert.fingerprint)
                .collect::<Vec<_>>()
        };
        let (early, late) = (prints(6), prints(60));
        assert_eq!(early, late);
        assert_ne!(early[0], early[1]);
    }
}
