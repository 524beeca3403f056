//! Lives of alerts, moment by moment.

use super::super::testing::NOW;
use super::*;
use crate::ids::OrgId;

fn alert(rule: Rule, severity: Severity) -> Alert {
    Alert::new(rule, severity, Some(OrgId(0)), "it")
}

struct Told {
    lives: Lives,
    hushed: Hushed,
}

impl Told {
    fn new() -> Self {
        Self {
            lives: Lives::new(&AlertSettings::default()),
            hushed: Hushed::default(),
        }
    }

    /// What is told `minute` minutes on, when those stand.
    fn at(&mut self, minute: u32, stands: &[Alert]) -> Vec<(Rule, State, Option<Quiet>)> {
        let now = NOW.plus(minutes(minute));
        let changes = self.lives.turn(now, stands.to_vec(), &self.hushed);
        changes
            .iter()
            .map(|change| (change.rule, change.state, change.quiet))
            .collect()
    }

    fn states(&self) -> Vec<State> {
        self.lives
            .alerts()
            .iter()
            .map(|alert| alert.state)
            .collect()
    }

    fn acknowledge(&mut self, severity: Severity, minute: u32) {
        let at = NOW.plus(minutes(minute));
        for fingerprint in self.lives.known.keys() {
            let seen = Acknowledgement {
                by: "root".to_owned(),
                at,
                until: at.plus(super::super::DAY),
                severity,
            };
            self.hushed.acknowledged.insert(fingerprint.clone(), seen);
        }
    }
}

#[test]
fn a_measured_one_recovers_after_its_time_and_is_told_twice() {
    let mut told = Told::new();
    let burst = [alert(Rule::RefusalBurst, Severity::Warning)];
    assert_eq!(
        told.at(0, &burst),
        [(Rule::RefusalBurst, State::Firing, None)]
    );
    assert_eq!(told.at(1, &burst), []);
    assert_eq!(told.at(2, &[]), []);
    assert_eq!(told.states(), [State::Recovering]);
    let deadline = told.lives.next_deadline(NOW.plus(minutes(2)), &told.hushed);
    assert_eq!(deadline, Some(NOW.plus(minutes(7))));
    assert_eq!(told.at(7, &[]), [(Rule::RefusalBurst, State::Ok, None)]);
    assert_eq!(told.states(), []);
}

#[test]
fn a_gauge_must_be_beyond_its_limit_for_a_minute() {
    let mut told = Told::new();
    let storage = [alert(Rule::Storage, Severity::Warning)];
    assert_eq!((told.at(0, &storage), told.at(0, &[])), (vec![], vec![]));
    assert_eq!(told.at(2, &storage), []);
    assert_eq!(told.states(), []);
    assert_eq!(told.at(3, &storage), [(Rule::Storage, State::Firing, None)]);
}

#[test]
fn a_critical_one_that_is_over_stays_until_it_was_seen() {
    let mut told = Told::new();
    told.at(0, &[alert(Rule::ExpiredTokenInUse, Severity::Critical)]);
    assert_eq!(
        told.at(1, &[]),
        [(Rule::ExpiredTokenInUse, State::Ok, None)]
    );
    assert_eq!(told.at(2, &[]), []);
    assert_eq!(told.states(), [State::Ok]);
    told.acknowledge(Severity::Critical, 3);
    assert_eq!(told.at(3, &[]), []);
    assert_eq!(told.states(), []);
    let last = told.lives.take_changed();
    assert!(last.iter().all(|(_, life)| life.is_none()));
}

#[test]
fn an_acknowledgement_ends_when_it_gets_worse_and_after_a_day() {
    let mut told = Told::new();
    let of = |severity| [alert(Rule::TokenExpiry, severity)];
    told.at(0, &of(Severity::Warning));
    told.acknowledge(Severity::Warning, 0);
    assert_eq!(told.at(1, &of(Severity::Warning)), []);
    let firing = (Rule::TokenExpiry, State::Firing, None);
    assert_eq!(told.at(2, &of(Severity::Critical)), [firing]);
    told.acknowledge(Severity::Critical, 3);
    assert_eq!(told.at(3, &of(Severity::Critical)), []);
    assert_eq!(told.at(3 + 1_439, &of(Severity::Critical)), []);
    assert_eq!(told.at(3 + 1_440, &of(Severity::Critical)), [firing]);
}

#[test]
fn every_rung_is_told_once() {
    let mut told = Told::new();
    let mut counts = Vec::new();
    for (minute, rung) in [(0, 3), (1, 3), (2, 1), (3, 1), (4, 0), (5, 0)] {
        let alert = Alert {
            rung: Some(rung),
            ..alert(Rule::TokenExpiry, Severity::Critical)
        };
        counts.push(told.at(minute, &[alert]).len());
    }
    assert_eq!(counts, [1, 0, 1, 0, 1, 0]);
}

#[test]
fn one_that_comes_and_goes_is_told_once_and_kept_firing() {
    let mut told = Told::new();
    let burst = [alert(Rule::RefusalBurst, Severity::Warning)];
    let firing = (Rule::RefusalBurst, State::Firing, None);
    assert_eq!(told.at(0, &burst), [firing]);
    assert_eq!(told.at(2, &[]), []);
    assert_eq!(told.at(4, &burst), []);
    // The fourth change within half an hour: it flaps.
    assert_eq!(told.at(6, &[]), [firing]);
    for minute in 7..36 {
        let stands: &[Alert] = if minute % 2 == 0 { &burst } else { &[] };
        assert_eq!(told.at(minute, stands), [], "{minute}");
        assert_eq!(told.lives.alerts()[0].quiet, Some(Quiet::Flapping));
        assert_eq!(told.states(), [State::Firing]);
    }
    assert_eq!(told.at(36, &[]), []);
    assert_eq!(told.at(41, &[]), [(Rule::RefusalBurst, State::Ok, None)]);
}

#[test]
fn what_follows_from_another_alert_is_quiet_until_that_is_over() {
    for (cause, follows, other_org) in [
        (Rule::ExpiredTokenInUse, Rule::ClientErrors, false),
        (Rule::RevokedTokenInUse, Rule::Silence, false),
        (Rule::WrongBaseUrl, Rule::SilenceBursty, false),
        (Rule::GuardOpen, Rule::GroupEmptied, false),
        (Rule::GuardOpen, Rule::UserFlapping, false),
        (Rule::Storage, Rule::FailureRate, true),
        (Rule::Storage, Rule::Latency, true),
    ] {
        let mut told = Told::new();
        let cause = alert(cause, Severity::Critical);
        let follows = alert(follows, Severity::Warning);
        let elsewhere = Alert::new(follows.rule, Severity::Warning, Some(OrgId(1)), "it");
        told.at(0, std::slice::from_ref(&cause));
        let all = [cause.clone(), follows.clone(), elsewhere.clone()];
        let changes = told.at(2, &all);
        let quiet = |org: OrgId| {
            let alerts = told.lives.alerts();
            let found = alerts
                .iter()
                .find(|a| a.rule == follows.rule && a.org == Some(org));
            found.unwrap().quiet
        };
        assert_eq!(quiet(OrgId(0)), Some(Quiet::Inhibited), "{changes:?}");
        assert_eq!(quiet(OrgId(1)).is_some(), other_org, "{changes:?}");
        told.at(3, &all[1..]);
        let over = told.at(8, &all[1..]);
        let quiet = told.lives.alerts().iter().any(|a| a.quiet.is_some());
        assert!(!quiet, "{over:?}");
    }
}

#[test]
fn silences_end_and_never_cover_the_guard_or_the_last_rung() {
    let silence = Silence {
        id: 1,
        rule: None,
        org: Some(OrgId(0)),
        subject: Some("IT".to_owned()),
        fingerprint: None,
        by: "root".to_owned(),
        at: NOW,
        until: NOW.plus(minutes(10)),
        reason: "planned".to_owned(),
    };
    let last = Alert {
        rung: Some(0),
        ..alert(Rule::TokenExpiry, Severity::Critical)
    };
    for (alert, covered) in [
        (alert(Rule::RefusalBurst, Severity::Warning), true),
        (
            Alert::new(Rule::RefusalBurst, Severity::Warning, Some(OrgId(1)), "it"),
            false,
        ),
        (
            Alert::new(Rule::RefusalBurst, Severity::Warning, Some(OrgId(0)), "x"),
            false,
        ),
        (alert(Rule::GuardOpen, Severity::Critical), false),
        (last, false),
    ] {
        let mut told = Told::new();
        told.hushed.silences.push(silence.clone());
        let rule = alert.rule;
        let quiet = covered.then_some(Quiet::Silenced);
        assert_eq!(
            told.at(0, std::slice::from_ref(&alert)),
            [(rule, State::Firing, quiet)]
        );
        let again = told.at(10, &[alert]);
        assert_eq!(!again.is_empty(), covered, "loud again at its end");
    }
}

#[test]
fn a_life_goes_on_after_a_restart() {
    let mut told = Told::new();
    let burst = [alert(Rule::RefusalBurst, Severity::Warning)];
    told.at(0, &burst);
    let kept = told.lives.take_changed();
    assert_eq!(kept.len(), 1);
    let mut again = Told::new();
    for (_, life) in kept {
        let text = serde_json::to_string(&life.unwrap()).unwrap();
        again.lives.resume(serde_json::from_str(&text).unwrap());
    }
    assert_eq!(again.at(1, &burst), []);
    assert_eq!(again.at(2, &[]), []);
    assert_eq!(again.at(7, &[]).len(), 1);
}

#[test]
fn duplicates_say_what_the_conflicts_of_a_client_come_from() {
    let duplicates = alert(Rule::Duplicates, Severity::Warning);
    for (kind, expected) in [
        ("uniqueness", Some(Quiet::Inhibited)),
        ("invalidValue", None),
    ] {
        let errors = Alert::new(Rule::ClientErrors, Severity::Warning, Some(OrgId(0)), kind);
        let mut told = Told::new();
        let changes = told.at(0, &[duplicates.clone(), errors]);
        let quiet = changes
            .iter()
            .find(|change| change.0 == Rule::ClientErrors)
            .map(|change| change.2);
        assert_eq!(quiet, Some(expected), "{kind}");
    }
}
