//! Which changes make which notices, and when.

use super::*;
use crate::model::alert::{Alert, Quiet, Rule, Severity};

const START: Timestamp = Timestamp(1_700_000_000_000);
const CADENCE: Cadence = Cadence {
    wait: Duration::from_secs(30),
    regroup: Duration::from_secs(300),
    repeat: Duration::from_secs(14_400),
};

/// What it is, what happens when, when it ends, and what is told.
type Case = (&'static str, Vec<(u64, Step)>, u64, Vec<&'static str>);

/// What happens, at a second.
enum Step {
    Fires(Rule, i64, &'static str, Severity),
    Ends(Rule, i64, &'static str),
    /// It fires, but nobody is to be told.
    Hushed(Rule, i64, &'static str),
    /// Nobody is spared any alert, or everybody is.
    Loud(bool),
    Restart,
}

use Step::{Ends, Fires, Hushed, Loud, Restart};

fn change(rule: Rule, org: i64, key: &str, severity: Severity, state: State) -> AlertChange {
    let alert = Alert {
        state,
        ..Alert::new(rule, severity, Some(OrgId(org)), key)
    };
    alert.change(START)
}

fn at(seconds: u64) -> Timestamp {
    START.plus(Duration::from_secs(seconds))
}

/// `second line: subject[!|~|.]…`; `!` critical, `.` over, `*` a reminder.
fn show(second: u64, notice: &Notice) -> String {
    let alerts = notice.alerts.iter().map(|alert| {
        let mark = match (alert.state, alert.severity) {
            (State::Ok, _) => ".",
            (_, Severity::Critical) => "!",
            _ => "",
        };
        format!("{}{mark}", alert.subject)
    });
    let alerts: Vec<_> = alerts.collect();
    let reminder = if notice.reason == Reason::Repeat {
        "*"
    } else {
        ""
    };
    let line = notice.line();
    format!(
        "{second} {line}{reminder}: {} of {}",
        alerts.join(" "),
        notice.standing
    )
}

/// Plays steps at their seconds, lets time jump from deadline to deadline up to `end`, and says
/// what was told.
fn play(steps: &[(u64, Step)], end: u64, least: Severity) -> Vec<String> {
    let mut groups = Groups::new(CADENCE, Vec::new());
    let mut prints = BTreeSet::new();
    let mut all_loud = true;
    let mut told = Vec::new();
    let mut steps = steps.iter().peekable();
    let mut second = 0;
    loop {
        while let Some((_, step)) = steps.next_if(|(at, _)| *at <= second) {
            let (change, wanted) = match step {
                Fires(rule, org, key, severity) => {
                    let change = change(*rule, *org, key, *severity, State::Firing);
                    (change, *severity >= least)
                }
                Hushed(rule, org, key) => {
                    let change = AlertChange {
                        quiet: Some(Quiet::Silenced),
                        ..change(*rule, *org, key, Severity::Critical, State::Firing)
                    };
                    (change, true)
                }
                Ends(rule, org, key) => {
                    let over = change(*rule, *org, key, Severity::Info, State::Ok);
                    (over, Severity::Info >= least)
                }
                Loud(loud) => {
                    all_loud = *loud;
                    continue;
                }
                Restart => {
                    let kept = groups.known.values().cloned();
                    let kept: Vec<String> = kept
                        .map(|group| serde_json::to_string(&group).unwrap())
                        .collect();
                    let kept = kept
                        .iter()
                        .map(|group| serde_json::from_str(group).unwrap());
                    groups = Groups::new(CADENCE, kept.collect());
                    continue;
                }
            };
            prints.insert(change.fingerprint.clone());
            groups.note(&change, wanted, at(second));
        }
        let loud = if all_loud {
            prints.clone()
        } else {
            BTreeSet::new()
        };
        for notice in groups.turn(at(second), &loud) {
            told.push(show(second, &notice));
        }
        let deadline = groups.next_deadline().map(|at| at.since(START).as_secs());
        let step = steps.peek().map(|(at, _)| *at);
        match deadline.into_iter().chain(step).min() {
            Some(next) if next <= end => {
                assert!(next > second, "a deadline that does not move: {next}");
                second = next;
            }
            _ => return told,
        }
    }
}

#[test]
fn who_is_told_what_and_when() {
    let (a1, a2, b3) = (
        Rule::ExpiredTokenInUse,
        Rule::RevokedTokenInUse,
        Rule::ClientErrors,
    );
    let (warning, critical) = (Severity::Warning, Severity::Critical);
    let table: Vec<Case> = vec![
        (
            "one alert and its recovery, once each",
            vec![(0, Fires(a1, 7, "t", critical)), (600, Ends(a1, 7, "t"))],
            9_000,
            vec!["30 7/A: t! of 1", "630 7/A: t. of 0"],
        ),
        (
            "what comes within the wait is told together, worst first",
            vec![
                (0, Fires(a2, 7, "old", warning)),
                (29, Fires(a1, 7, "t", critical)),
            ],
            9_000,
            vec!["30 7/A: t! old of 2"],
        ),
        (
            "Orgs and families apart",
            vec![
                (0, Fires(a1, 7, "t", critical)),
                (0, Fires(a1, 8, "t", critical)),
                (0, Fires(b3, 7, "errors", warning)),
            ],
            9_000,
            vec!["30 7/A: t! of 1", "30 7/B: errors of 1", "30 8/A: t! of 1"],
        ),
        (
            "changes soon after a notice are gathered",
            vec![
                (0, Fires(a1, 7, "t", critical)),
                (60, Fires(a2, 7, "u", warning)),
                (100, Fires(a2, 7, "v", warning)),
                (200, Ends(a2, 7, "u")),
            ],
            9_000,
            vec!["30 7/A: t! of 1", "330 7/A: v u. of 2"],
        ),
        (
            "a group that ended lately still gathers",
            vec![
                (0, Fires(a1, 7, "t", critical)),
                (40, Ends(a1, 7, "t")),
                (340, Fires(a1, 7, "t", critical)),
                (2_000, Ends(a1, 7, "t")),
                (3_000, Fires(a1, 7, "t", critical)),
            ],
            9_000,
            vec![
                "30 7/A: t! of 1",
                "330 7/A: t. of 0",
                "630 7/A: t! of 1",
                "2030 7/A: t. of 0",
                "3030 7/A: t! of 1",
            ],
        ),
        (
            "what is over before it is told is told as over",
            vec![(0, Fires(a1, 7, "t", critical)), (10, Ends(a1, 7, "t"))],
            90_000,
            vec!["30 7/A: t. of 0"],
        ),
        (
            "what stands is told again, what was seen is not",
            vec![
                (0, Fires(a1, 7, "t", critical)),
                (20_000, Loud(false)),
                (40_000, Loud(true)),
            ],
            50_000,
            vec![
                "30 7/A: t! of 1",
                "14430 7/A*: t! of 1",
                "43230 7/A*: t! of 1",
            ],
        ),
        (
            "what is quiet is not told, and neither is its end",
            vec![(0, Hushed(a1, 7, "t")), (600, Ends(a1, 7, "t"))],
            90_000,
            vec![],
        ),
        (
            "the end of what was told is, whatever became of it meanwhile",
            vec![
                (0, Fires(a1, 7, "t", critical)),
                (400, Hushed(a1, 7, "t")),
                (500, Loud(false)),
                (900, Ends(a1, 7, "t")),
            ],
            90_000,
            vec!["30 7/A: t! of 1", "930 7/A: t. of 0"],
        ),
        (
            "a restart tells nothing twice and loses nothing",
            vec![
                (0, Fires(a1, 7, "t", critical)),
                (10, Restart),
                (31, Restart),
                (600, Ends(a1, 7, "t")),
                (610, Restart),
            ],
            9_000,
            vec!["30 7/A: t! of 1", "630 7/A: t. of 0"],
        ),
    ];
    for (what, steps, end, expected) in table {
        assert_eq!(play(&steps, end, Severity::Info), expected, "{what}");
    }
}

#[test]
fn a_sink_of_the_worst_hears_when_that_gets_better_and_nothing_else() {
    let rule = Rule::TokenExpiry;
    let steps = [
        (0, Fires(rule, 7, "mild", Severity::Warning)),
        (0, Fires(rule, 7, "t", Severity::Critical)),
        (600, Fires(rule, 7, "t", Severity::Warning)),
        (1_200, Ends(rule, 7, "t")),
        (1_200, Ends(rule, 7, "mild")),
    ];
    assert_eq!(
        play(&steps, 9_000, Severity::Critical),
        ["30 7/A: t! of 1", "630 7/A: t of 1", "1230 7/A: t. of 0"]
    );
}

#[test]
fn a_clock_that_goes_back_keeps_nobody_waiting() {
    let mut groups = Groups::new(CADENCE, Vec::new());
    let fires = |key| {
        change(
            Rule::ExpiredTokenInUse,
            7,
            key,
            Severity::Critical,
            State::Firing,
        )
    };
    groups.note(&fires("t"), true, at(86_400));
    let none = BTreeSet::new();
    assert!(groups.turn(at(0), &none).is_empty());
    assert_eq!(groups.next_deadline(), Some(at(30)));
    assert_eq!(groups.turn(at(30), &none).len(), 1);
}

#[test]
fn a_group_that_is_over_is_forgotten() {
    let mut groups = Groups::new(CADENCE, Vec::new());
    let print = |state| change(Rule::ExpiredTokenInUse, 7, "t", Severity::Critical, state);
    let none = BTreeSet::new();
    groups.note(&print(State::Firing), true, at(0));
    groups.turn(at(30), &none);
    groups.note(&print(State::Ok), true, at(400));
    groups.turn(at(430), &none);
    assert!(matches!(groups.take_changed().as_slice(), [(_, Some(_))]));
    groups.turn(at(730), &none);
    assert_eq!(groups.take_changed(), [("7/A".to_owned(), None)]);
}
