//! The guard: does a removal pass, or is it one of too many.

use std::time::Duration;

use crate::clock::Timestamp;
use crate::model::guard::{GuardAction, GuardSettings, Threshold};

/// Length of the short window.
pub const HOUR: Duration = Duration::from_secs(3_600);
/// Length of the long window.
pub const DAY: Duration = Duration::from_secs(86_400);

/// What the guard of an Org knows when a removal comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Situation {
    /// What is done with removals, if the guard is open.
    pub open: Option<GuardAction>,
    /// True for a connection test: its client created the account just now.
    pub test: bool,
    /// True if announced removals are left.
    pub announced: bool,
    /// Users that live, the one in question included.
    pub live: u64,
    /// Accounts removed within the hour that count.
    pub hour: u64,
    /// Accounts removed within the day that count.
    pub day: u64,
}

/// What becomes of a removal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ruling {
    /// It takes effect and counts.
    Pass,
    /// It takes effect and does not count.
    Uncounted,
    /// It takes effect, does not count, and uses up one of those announced.
    Announced,
    /// The guard is open, or opens with this removal for the reason given.
    Stop {
        /// What is done with it.
        action: GuardAction,
        /// Why the guard opens; `None`: it is open already.
        opens: Option<String>,
    },
}

/// How many removals are let through: the share of those who lived when the window began, within
/// bounds.
pub fn let_through(threshold: &Threshold, live: u64, removed: u64) -> u64 {
    let all = live.saturating_add(removed);
    let share = u128::from(all) * u128::from(threshold.percent) / 100;
    let share = u64::try_from(share).unwrap_or(u64::MAX);
    share.clamp(threshold.min.min(threshold.max), threshold.max)
}

/// Decides about one removal.
pub fn rule(settings: &GuardSettings, situation: &Situation) -> Ruling {
    if !settings.enabled {
        return Ruling::Pass;
    }
    if let Some(action) = situation.open {
        return Ruling::Stop {
            action,
            opens: None,
        };
    }
    if situation.test {
        return Ruling::Uncounted;
    }
    if situation.announced {
        return Ruling::Announced;
    }
    let windows = [
        (&settings.hour, situation.hour, "1 hour"),
        (&settings.day, situation.day, "24 hours"),
    ];
    for (threshold, removed, window) in windows {
        let most = let_through(threshold, situation.live, removed);
        if removed >= most {
            return Ruling::Stop {
                action: settings.action,
                opens: Some(format!(
                    "{} accounts within {window}, {most} are let through",
                    removed + 1
                )),
            };
        }
    }
    Ruling::Pass
}

/// True if an account was created by the client that removes it, less than `test_minutes` ago: an
/// identity provider that tests its connection, or a loop that began there.
pub fn is_test(
    settings: &GuardSettings,
    same_client: bool,
    created: Timestamp,
    now: Timestamp,
) -> bool {
    let young = Duration::from_secs(u64::from(settings.test_minutes) * 60);
    same_client && created <= now && now.since(created) < young
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETTINGS: fn() -> GuardSettings = GuardSettings::default;

    #[test]
    fn thresholds_are_a_share_within_bounds() {
        let settings = SETTINGS();
        for (live, removed, hour, day) in [
            (0, 0, 10, 25),
            (400, 0, 10, 25),
            (2_000, 0, 40, 100),
            (1_960, 40, 40, 100),
            (1_000_000, 0, 500, 2_000),
            (u64::MAX, u64::MAX, 500, 2_000),
        ] {
            assert_eq!(let_through(&settings.hour, live, removed), hour, "{live}");
            assert_eq!(let_through(&settings.day, live, removed), day, "{live}");
        }
        let odd = Threshold {
            percent: 50,
            min: 9,
            max: 3,
        };
        assert_eq!(let_through(&odd, 100, 0), 3, "the upper bound wins");
    }

    #[test]
    fn exactly_as_many_as_are_let_through_pass() {
        let settings = SETTINGS();
        let quiet = Situation {
            open: None,
            test: false,
            announced: false,
            live: 2_000,
            hour: 0,
            day: 0,
        };
        let after = |removed: u64| Situation {
            live: 2_000 - removed,
            hour: removed,
            day: removed,
            ..quiet
        };
        for removed in 0..40 {
            assert_eq!(rule(&settings, &after(removed)), Ruling::Pass, "{removed}");
        }
        let opened = Ruling::Stop {
            action: GuardAction::Freeze,
            opens: Some("41 accounts within 1 hour, 40 are let through".to_owned()),
        };
        assert_eq!(rule(&settings, &after(40)), opened);
        let slow = Situation {
            live: 1_900,
            hour: 3,
            day: 100,
            ..quiet
        };
        let Ruling::Stop { opens, .. } = rule(&settings, &slow) else {
            panic!("the day counts too");
        };
        assert_eq!(
            opens.unwrap(),
            "101 accounts within 24 hours, 100 are let through"
        );
    }

    #[test]
    fn what_is_open_stops_everything_and_what_is_announced_passes() {
        let settings = SETTINGS();
        let busy = Situation {
            open: None,
            test: false,
            announced: true,
            live: 100,
            hour: 10,
            day: 10,
        };
        assert_eq!(rule(&settings, &busy), Ruling::Announced);
        let test = Situation { test: true, ..busy };
        assert_eq!(rule(&settings, &test), Ruling::Uncounted);
        let open = Situation {
            open: Some(GuardAction::Reject),
            ..test
        };
        let stopped = Ruling::Stop {
            action: GuardAction::Reject,
            opens: None,
        };
        assert_eq!(rule(&settings, &open), stopped);
        let off = GuardSettings {
            enabled: false,
            ..settings
        };
        assert_eq!(rule(&off, &open), Ruling::Pass);
    }

    #[test]
    fn a_connection_test_is_young_and_of_the_same_client() {
        let settings = SETTINGS();
        let created = Timestamp(1_000_000);
        let minutes = |minutes: u64| created.plus(Duration::from_secs(60 * minutes));
        assert!(is_test(&settings, true, created, minutes(9)));
        assert!(!is_test(&settings, true, created, minutes(10)));
        assert!(!is_test(&settings, false, created, minutes(1)));
        assert!(
            !is_test(&settings, true, minutes(1), created),
            "the clock went back"
        );
    }
}
