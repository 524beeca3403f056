//! Diagnoses and runbooks: what is asked of what, where the answer stands, what of it is copied.

use super::house::{at, work};
use super::*;
use crate::ids::RequestId;
use crate::model::diagnosis::About;
use crate::model::exchange::{ExchangeSummary, Operation};
use crate::model::runbook;
use crate::model::token::Refusal;
use crate::ops::api::diagnose::Question;
use crate::tui::call::{Answer, Call};
use crate::tui::keymap::Context;
use crate::tui::state::pane::Tab;
use crate::tui::state::sheet::Text;
use crate::tui::testing::diagnose::diagnosis;

fn questions(calls: Vec<Call>) -> Vec<Question> {
    let questions = calls.into_iter().filter_map(|call| match call {
        Call::Diagnose(question) => Some(question),
        _ => None,
    });
    questions.collect()
}

fn copied(model: &mut Model, keys: &str) -> String {
    match press(model, keys).as_slice() {
        [Action::Copy(text)] => text.0.clone(),
        other => panic!("{keys:?}: {other:?}"),
    }
}

#[test]
fn users_and_groups_are_diagnosed_on_their_pages() {
    for (list, about) in [("3", About::User), ("4", About::Group)] {
        let mut model = at(list);
        let (_, id, _) = model.resource().unwrap();
        let asked = questions(work(&mut model, "od"));
        let [question] = asked.as_slice() else {
            panic!("{asked:?}")
        };
        assert_eq!(question.about, about);
        assert_eq!(question.which.as_deref(), Some(id.as_str()));
        let open = model.open().unwrap();
        assert_eq!(open.tab, Tab::Diagnosis);
        let sentence = open.diagnosis.here.as_ref().unwrap().sentence.clone();
        assert_eq!(copied(&mut model, "yt"), sentence);
        assert!(copied(&mut model, "yj").contains("\"checks\""));
        // What changed elsewhere is no reason to walk through everything again; coming back is.
        let actions = update(&mut model, Event::Woke(Wake::Refresh));
        let calls = crate::tui::testing::carry_out(&mut model, actions);
        assert!(!calls.is_empty() && questions(calls).is_empty());
        assert_eq!(questions(work(&mut model, "lh")).len(), 1);
        // It is a tab like the others.
        work(&mut model, "\u{1b}\n");
        assert_eq!(model.open().unwrap().tab, Tab::Summary);
        assert!(questions(work(&mut model, "\thh")).is_empty());
        assert_eq!(questions(work(&mut model, "h")).len(), 1);
    }
}

#[test]
fn what_is_chosen_decides_what_is_asked() {
    for (keys, about, which) in [
        ("7d", About::Latency, false),
        ("2d", About::Auth, false),
        ("6od", About::Auth, false),
        ("6\nod", About::Auth, false),
        ("5od", About::User, true),
        ("5\nod", About::User, true),
    ] {
        let mut model = model();
        let asked = questions(work(&mut model, keys));
        let [question] = asked.as_slice() else {
            panic!("{keys:?}: {asked:?}")
        };
        assert_eq!((question.about, question.which.is_some()), (about, which));
        let sheet = model.sheet.as_ref().unwrap();
        assert_eq!(sheet.diagnosis(), Some(&diagnosis(question.clone())));
    }
    // Of the guard nothing is asked.
    let mut model = at("8");
    assert!(questions(work(&mut model, ":diagnose\n")).is_empty());
}

#[test]
fn a_request_is_asked_about_by_whom_it_names() {
    type Change = fn(&mut ExchangeSummary);
    let cases: [(Change, About, Option<&str>); 6] = [
        (|_| {}, About::User, Some("ada@example.com")),
        (
            |one| one.refusal = Some(Refusal::Expired),
            About::Auth,
            None,
        ),
        (
            |one| {
                "/scim".clone_into(&mut one.path);
                one.operation = Operation::NoRoute;
            },
            About::Auth,
            None,
        ),
        (
            |one| {
                "/scim/v2/Groups".clone_into(&mut one.path);
                "displayName eq \"All staff\"".clone_into(&mut one.subject);
            },
            About::Group,
            Some("All staff"),
        ),
        (
            |one| {
                "/scim/v2/Groups".clone_into(&mut one.path);
                "All staff".clone_into(&mut one.subject);
            },
            About::Group,
            Some("All staff"),
        ),
        (
            |one| {
                "/scim/v2/Schemas".clone_into(&mut one.path);
                one.subject.clear();
            },
            About::Latency,
            None,
        ),
    ];
    for (change, about, which) in cases {
        let mut model = Model::new((80, 24), true, None);
        let mut exchange = ExchangeSummary {
            path: "/scim/v2/Users".to_owned(),
            subject: "ada@example.com".to_owned(),
            operation: Operation::Create,
            refusal: None,
            ..summary(1)
        };
        change(&mut exchange);
        update(&mut model, Event::Arrived(Arc::new(exchange)));
        let asked = questions(work(&mut model, "od"));
        let [question] = asked.as_slice() else {
            panic!("{asked:?}")
        };
        assert_eq!((question.about, question.which.as_deref()), (about, which));
    }
}

#[test]
fn a_sheet_is_read_copied_and_closed() {
    let mut model = at("7d");
    assert_eq!(model.context(), Context::Sheet);
    let sentence = model.sheet.as_ref().unwrap().diagnosis().unwrap();
    let sentence = sentence.sentence.clone();
    assert_eq!(copied(&mut model, "yt"), sentence);
    assert!(model.notice.as_ref().unwrap().contains("sentence"));
    assert_eq!(copied(&mut model, "yi"), "latency");
    work(&mut model, "\u{1b}");
    assert_eq!(
        (model.context(), model.sheet.is_none()),
        (Context::Health, true)
    );
    // An answer that comes when nobody waits any more opens nothing.
    let actions = press(&mut model, "d");
    work(&mut model, "\u{1b}");
    crate::tui::testing::carry_out(&mut model, actions);
    assert!(model.sheet.is_none());
}

#[test]
fn a_sheet_scrolls_to_its_end_and_no_further() {
    let mut model = at("2R");
    work(&mut model, "G");
    let end = model.sheet.as_ref().unwrap().at.scroll;
    assert!(end > 0 && end < 100);
    work(&mut model, "jk");
    assert_eq!(model.sheet.as_ref().unwrap().at.scroll, end - 1);
    work(&mut model, "g");
    assert_eq!(model.sheet.as_ref().unwrap().at.scroll, 0);
}

#[test]
fn an_alert_and_a_failed_request_have_their_runbooks() {
    let mut model = at("2R");
    let rule = model.alerts.selected().unwrap().rule;
    let expected = runbook::of_rule(rule).unwrap();
    assert!(matches!(model.sheet.as_ref().unwrap().text, Text::Runbook(is) if is == expected));
    assert_eq!(copied(&mut model, "yi"), expected.id);
    assert_eq!(copied(&mut model, "yt"), expected.text);
    work(&mut model, "q");
    assert_eq!(model.context(), Context::Alerts);

    let mut model = Model::new((80, 24), true, None);
    for (seq, status) in [(1, 500), (2, 200)] {
        let exchange = ExchangeSummary {
            status,
            refusal: None,
            ..summary(seq)
        };
        update(&mut model, Event::Arrived(Arc::new(exchange)));
    }
    work(&mut model, "R");
    assert!(model.sheet.is_none() && model.notice.is_some());
    work(&mut model, "kR");
    let sheet = model.sheet.as_ref().unwrap();
    assert!(sheet.title().starts_with("B1: "), "{}", sheet.title());
}

#[test]
fn diagnoses_and_runbooks_can_be_typed() {
    let mut model = model();
    let asked = questions(work(&mut model, ":diagnose user nobody@example.com\n"));
    assert_eq!(asked[0].which.as_deref(), Some("nobody@example.com"));
    assert_eq!((asked[0].about, asked[0].org.clone()), (About::User, None));
    let asked = questions(work(&mut model, "\u{1b}:diagnose group All staff\n"));
    assert_eq!(asked[0].which.as_deref(), Some("All staff"));
    let asked = questions(work(&mut model, "\u{1b}:diagnose auth\n"));
    assert_eq!(asked[0].about, About::Auth);
    work(&mut model, "\u{1b}:runbook D1\n");
    assert!(model.sheet.as_ref().unwrap().title().starts_with("D1: "));
}

/// One of several requests, in checks that are to be read in between.
fn shown(answer: Answer) -> Answer {
    let Answer::Diagnosis(mut found) = answer else {
        return answer;
    };
    let ids = |numbers: &[u128]| -> Vec<RequestId> {
        let ids = numbers.iter().map(|number| uuid::Uuid::from_u128(*number));
        ids.map(RequestId).collect()
    };
    found.checks[0].evidence = ids(&[1]);
    found.checks[1].evidence = ids(&[7, 5]);
    found.checks[2].evidence = ids(&[3]);
    Answer::Diagnosis(found)
}

fn go(model: &mut Model, keys: &str) {
    for key in keys.chars() {
        let actions = press(model, &key.to_string());
        crate::tui::testing::carry_out_with(model, actions, shown);
    }
}

fn opened(model: &Model) -> Option<u64> {
    let detail = model.detail.as_ref().filter(|_| model.view == View::Live);
    detail.map(|detail| detail.summary.seq)
}

#[test]
fn requests_of_a_diagnosis_are_selected_opened_and_come_back_from() {
    for (list, view) in [("3", View::Users), ("4", View::Groups)] {
        let mut model = model();
        go(&mut model, list);
        go(&mut model, "od\n");
        assert_eq!((model.view, opened(&model)), (View::Live, Some(7)));
        go(&mut model, "\u{1b}");
        assert_eq!((model.view, opened(&model)), (view, None));
        assert_eq!(model.open().unwrap().tab, Tab::Diagnosis);
        // What is fine shows nothing: the next ones are those of the causes.
        for (keys, expected) in [("j\n", 5), ("j\n", 3), ("kk\n", 7)] {
            go(&mut model, keys);
            assert_eq!(opened(&model), Some(expected), "{keys:?}");
            go(&mut model, "\u{1b}");
        }
        // Nothing to open, nothing happens.
        go(&mut model, "h\n");
        assert_eq!((model.view, opened(&model)), (view, None));
    }
}

#[test]
fn requests_of_a_sheet_are_opened_and_esc_comes_back_to_it() {
    for keys in ["2d", "7d", "5od", "6od", "kkod", "kk\nod"] {
        let mut model = model();
        go(&mut model, keys);
        let (view, before) = (model.view, opened(&model));
        go(&mut model, "j\n");
        assert_eq!(
            (model.view, opened(&model)),
            (View::Live, Some(5)),
            "{keys:?}"
        );
        assert_eq!(model.context(), Context::Detail, "{keys:?}");
        go(&mut model, "\u{1b}");
        assert_eq!((model.view, opened(&model)), (view, before), "{keys:?}");
        let sheet = model.sheet.as_ref().unwrap();
        assert_eq!(sheet.at.chosen, 1, "{keys:?}");
        assert!(sheet.diagnosis().is_some());
        go(&mut model, "\u{1b}");
        assert!(model.sheet.is_none() && model.view == view, "{keys:?}");
    }
    // What shows no request is closed, as before.
    let mut model = at("2R");
    work(&mut model, "\n");
    assert_eq!(model.context(), Context::Alerts);
}
