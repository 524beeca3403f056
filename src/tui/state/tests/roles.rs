//! What an operator's role allows, and when the daemon is asked for it.

use super::house::{acts, at, work};
use super::*;
use crate::model::operator::OperatorRole;
use crate::tui::call::{Answer, Call, Purpose};
use crate::tui::testing::watch::whoami;

fn answer(model: &mut Model, result: Result<Answer, OpsError>) {
    let answered = Event::Answered {
        ticket: 0,
        purpose: Purpose::WhoAmI,
        result,
    };
    update(model, answered);
}

fn at_as(role: OperatorRole, keys: &str) -> Model {
    let mut model = at("");
    answer(&mut model, Ok(Answer::WhoAmI(whoami(role))));
    work(&mut model, keys);
    model
}

fn asks(actions: &[Action]) -> bool {
    let is = |action: &Action| {
        matches!(
            action,
            Action::Call {
                call: Call::WhoAmI,
                ..
            }
        )
    };
    actions.iter().any(is)
}

#[test]
fn a_viewer_begins_nothing_and_learns_why() {
    for keys in ["5r", "5a", "5p", "5\t\t\tb", "6c", "6r", "6d", "2a"] {
        let (last, before) = (&keys[keys.len() - 1..], &keys[..keys.len() - 1]);
        let mut model = at_as(OperatorRole::Viewer, before);
        let calls = work(&mut model, last);
        assert_eq!(calls, [], "{keys:?}");
        assert!(matches!(model.mode, Mode::Normal), "{keys:?}");
        let notice = model.notice.unwrap();
        assert!(
            notice.contains("takes the role") && notice.ends_with("viewer"),
            "{notice}"
        );
    }
}

#[test]
fn unlocking_as_a_viewer_says_what_it_takes_and_how_to_get_it() {
    for keys in ["u", "5u", ":unlock\n"] {
        let model = at_as(OperatorRole::Viewer, keys);
        assert_eq!(model.unlocked, None);
        let report = model.report.unwrap();
        let text: String = report
            .lines
            .iter()
            .flatten()
            .map(|(_, text)| text.as_str())
            .collect();
        assert!(
            text.contains("--role operator") && text.contains("tok_0e110000"),
            "{text}"
        );
    }
    let mut model = at("");
    let mut me = whoami(OperatorRole::Viewer);
    me.token = None;
    answer(&mut model, Ok(Answer::WhoAmI(me)));
    work(&mut model, "u");
    let lines = model.report.unwrap().lines;
    let text = lines.iter().flatten().map(|(_, text)| text.as_str());
    assert!(text.collect::<String>().contains("[[ops.operators]]"));
}

#[test]
fn an_operator_does_what_an_operator_may() {
    let mut model = at_as(OperatorRole::Operator, "5umr");
    assert!(matches!(model.mode, Mode::Confirm(_)));
    let calls = work(&mut model, "\u{1b}p");
    assert!(acts(&calls).is_empty() && matches!(model.mode, Mode::Normal));
    assert!(model.notice.unwrap().contains("role admin"));
    assert!(matches!(
        at_as(OperatorRole::Admin, "5up").mode,
        Mode::Confirm(_)
    ));
}

#[test]
fn the_role_is_asked_for_when_the_feed_opens_and_until_it_is_known() {
    let mut model = model();
    let opened = |model: &mut Model| update(model, Event::FeedOpened(status().now));
    let told = |model: &mut Model| update(model, Event::Status(Ok(status())));
    assert!(asks(&opened(&mut model)));
    assert!(asks(&told(&mut model)));
    let gone = OpsError::new(Failure::Unreachable, "gone");
    answer(&mut model, Err(gone));
    assert!(asks(&told(&mut model)));
    answer(&mut model, Ok(Answer::WhoAmI(whoami(OperatorRole::Admin))));
    assert!(!asks(&told(&mut model)));
    work(&mut model, "u");
    assert!(model.unlocked.is_some());
    // Another daemon came, with other rules.
    assert!(asks(&opened(&mut model)));
    answer(&mut model, Ok(Answer::WhoAmI(whoami(OperatorRole::Viewer))));
    assert_eq!(
        (model.unlocked, model.role()),
        (None, Some(OperatorRole::Viewer))
    );
    // And one of an earlier version, which does not know the question.
    assert!(asks(&opened(&mut model)));
    answer(
        &mut model,
        Err(OpsError::new(Failure::NotFound, "no such path")),
    );
    assert_eq!(model.role(), None);
    assert!(!asks(&told(&mut model)) && asks(&opened(&mut model)));
}
