//! Alerts and expectations, by hand.

use super::*;
use crate::model::alert::{Alert, Quiet};
use crate::simulate::incident::Incident;

const START: Timestamp = Timestamp(0);

fn changed(minute: i64, rule: Rule, severity: Severity, state: State) -> AlertChange {
    let alert = Alert {
        state,
        why: "because".to_owned(),
        advice: "ask Ada".to_owned(),
        ..Alert::new(rule, severity, None, "subject")
    };
    alert.change(Timestamp(minute * 60_000))
}

fn watched(changes: &[AlertChange], expected: &[Expected], others: Others) -> Watched {
    let incidents = [10, 100].map(|minute| Timed {
        at: Duration::from_secs(minute * 60),
        incident: Incident::Import,
    });
    Watched::new(changes, &incidents, START, expected, others, Vec::new())
}

fn expected(rule: Rule, severity: Severity, minutes: u64, count: usize) -> Expected {
    Expected {
        rule,
        severity,
        within: Duration::from_secs(minutes * 60),
        count,
        names: Vec::new(),
    }
}

#[test]
fn alerts_have_a_beginning_a_worst_time_and_an_end() {
    let (warning, critical) = (Severity::Warning, Severity::Critical);
    let changes = [
        changed(12, Rule::RevokedTokenInUse, warning, State::Firing),
        changed(70, Rule::RevokedTokenInUse, critical, State::Firing),
        changed(80, Rule::RevokedTokenInUse, critical, State::Ok),
        AlertChange {
            quiet: Some(Quiet::Inhibited),
            ..changed(90, Rule::ClientErrors, warning, State::Firing)
        },
        changed(101, Rule::RevokedTokenInUse, warning, State::Firing),
    ];
    let seen = watched(&changes, &[], Others::Any);
    assert_eq!((seen.alerts.len(), seen.changes.len()), (2, 5));
    let first = &seen.alerts[0];
    assert_eq!((first.severity, first.times), (critical, 2));
    assert_eq!(first.after_seconds, Some(60 * 60));
    assert_eq!(first.until, Some(Timestamp(80 * 60_000)));
    assert_eq!(seen.alerts[1].after_seconds, Some(60));
    let after: Vec<_> = seen.incidents.iter().map(|one| one.after_seconds).collect();
    assert_eq!(after, [Some(120), Some(60)]);
    assert_eq!((seen.counts["critical"], seen.counts["warning"]), (1, 1));
}

#[test]
fn expectations_are_on_rule_severity_time_number_words_and_what_else_comes() {
    let changes = [
        changed(
            12,
            Rule::RevokedTokenInUse,
            Severity::Warning,
            State::Firing,
        ),
        changed(13, Rule::Duplicates, Severity::Warning, State::Firing),
    ];
    let ok = |one: &Expected, others| watched(&changes, std::slice::from_ref(one), others).ok();
    let right = expected(Rule::RevokedTokenInUse, Severity::Warning, 2, 1);
    assert!(ok(&right, Others::Any) && ok(&right, Others::Warning));
    assert!(!ok(&right, Others::Info) && !ok(&right, Others::None));
    for wrong in [
        expected(Rule::RevokedTokenInUse, Severity::Critical, 2, 1),
        expected(Rule::RevokedTokenInUse, Severity::Warning, 1, 1),
        expected(Rule::RevokedTokenInUse, Severity::Warning, 2, 2),
        expected(Rule::GuardOpen, Severity::Warning, 2, 1),
    ] {
        assert!(!ok(&wrong, Others::Any), "{wrong:?}");
    }
    for (name, found) in [("ADA", true), ("because", true), ("Bob", false)] {
        let named = Expected {
            names: vec![name.to_owned()],
            ..right.clone()
        };
        assert_eq!(ok(&named, Others::Any), found, "{name}");
    }
    let none = expected(Rule::GuardOpen, Severity::Critical, 1, 0);
    assert!(ok(&none, Others::Any));
}
