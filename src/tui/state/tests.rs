//! What events do to the state.

use std::sync::Arc;

use crossterm::event::KeyCode;

use super::detail::{Loaded, Tab};
use super::*;
use crate::ops::api::{ExchangePage, Failure, OpsError};
use crate::tui::action::Clipping;
use crate::tui::state::pane::Pane;
use crate::tui::testing::{exchange, first_run, page, status, summary};

mod diagnosis;
mod filters;
mod house;
mod marks;
mod outward;
mod pointer;
mod related;
mod roles;
mod silences;
mod sorting;
mod tokens;

fn model() -> Model {
    let mut model = Model::new((80, 24), true, None);
    update(&mut model, Event::Older(Ok(page(0))));
    update(&mut model, Event::Status(Ok(status())));
    for seq in 1..=56 {
        update(&mut model, Event::Arrived(Arc::new(summary(seq))));
    }
    model
}

fn press(model: &mut Model, keys: &str) -> Vec<Action> {
    keys.chars()
        .flat_map(|key| {
            let code = match key {
                '\n' => KeyCode::Enter,
                '\u{1b}' => KeyCode::Esc,
                '\t' => KeyCode::Tab,
                c => KeyCode::Char(c),
            };
            update(model, Event::Key(KeyEvent::from(code)))
        })
        .collect()
}

fn arrive(model: &mut Model, seq: u64) {
    update(model, Event::Arrived(Arc::new(summary(seq))));
}

#[test]
fn it_follows_until_the_selection_leaves_the_last_row() {
    let mut model = model();
    assert_eq!(model.live.selected, 55);
    arrive(&mut model, 57);
    assert_eq!(model.live.selected, 56);
    press(&mut model, "k");
    arrive(&mut model, 58);
    assert_eq!((model.live.selected, model.live.unseen), (55, 1));
    assert!(!model.live.following);
    press(&mut model, "G");
    assert_eq!((model.live.selected, model.live.unseen), (56, 0));
    press(&mut model, "  ");
    assert!(model.live.following);
}

#[test]
fn the_selected_row_is_always_on_the_screen() {
    let mut model = model();
    let height = usize::from(model.areas().table.height);
    for keys in [
        "k",
        "kkkkkkkkkkkkkkkkkkkk",
        "g",
        "j",
        "jjjjjjjjjjjjjjjjjjjjj",
        "G",
        "eee",
        "EE",
    ] {
        press(&mut model, keys);
        let live = &model.live;
        assert!(
            (live.top..live.top + height).contains(&live.selected),
            "{keys}"
        );
    }
}

#[test]
fn an_opened_exchange_is_loaded_and_esc_returns_to_the_row() {
    let mut model = model();
    press(&mut model, "/status<500\n");
    press(&mut model, "kkk");
    let (row, top) = (model.live.selected, model.live.top);
    let seq = model.live.row().unwrap().newest.seq;
    assert_eq!(press(&mut model, "\n"), [Action::Load(seq)]);
    let result = Ok(Box::new(exchange(seq)));
    update(&mut model, Event::Loaded { seq, result });
    assert!(matches!(
        model.detail.as_ref().unwrap().loaded,
        Loaded::Here(_)
    ));
    press(&mut model, "\t\t");
    assert_eq!(model.detail.as_ref().unwrap().tab, Tab::Response);
    arrive(&mut model, 57);
    press(&mut model, "\u{1b}");
    assert!(model.detail.is_none());
    assert_eq!((model.live.selected, model.live.top), (row, top));
    assert_eq!(model.live.filter, "status<500");
}

#[test]
fn an_answer_for_another_exchange_changes_nothing() {
    let mut model = model();
    press(&mut model, "\n");
    let result = Ok(Box::new(exchange(3)));
    update(&mut model, Event::Loaded { seq: 3, result });
    assert!(matches!(model.detail.unwrap().loaded, Loaded::Waiting));
}

#[test]
fn a_page_scrolls_no_further_than_its_end() {
    let mut model = model();
    press(&mut model, "\n");
    let seq = model.detail.as_ref().unwrap().summary.seq;
    let result = Ok(Box::new(exchange(seq)));
    update(&mut model, Event::Loaded { seq, result });
    press(&mut model, "\tG");
    let end = model.detail.as_ref().unwrap().scroll;
    assert!(end > 0 && end < 100);
    press(&mut model, "jjj");
    assert_eq!(model.detail.as_ref().unwrap().scroll, end);
    press(&mut model, "k");
    assert_eq!(model.detail.as_ref().unwrap().scroll, end - 1);
}

#[test]
fn a_filter_applies_as_typed_and_esc_takes_it_back() {
    let mut model = model();
    press(&mut model, "/op:delete");
    assert_eq!(model.live.log.shown(), 8);
    press(&mut model, " (");
    let Mode::Filter(editing) = &model.mode else {
        panic!("still typing");
    };
    assert!(editing.error.is_some());
    assert_eq!(model.live.log.shown(), 8, "the last valid filter stays");
    press(&mut model, "\n");
    assert!(model.notice.is_some(), "a faulty filter is not taken");
    press(&mut model, "\u{1b}");
    assert_eq!(
        (model.live.log.shown(), model.live.filter.as_str()),
        (56, "")
    );
    press(&mut model, "/op:delete\n\\");
    assert_eq!(model.live.log.shown(), 56);
    press(&mut model, "\\");
    assert_eq!(model.live.log.shown(), 8);
}

#[test]
fn values_under_the_cursor_become_terms() {
    let mut model = model();
    press(&mut model, "*");
    assert_eq!(model.live.filter, "client:entra-eu");
    press(&mut model, "l!");
    assert_eq!(model.live.filter, "client:entra-eu not op:query");
    press(&mut model, "/\u{1b}/ or status:500\n*");
    assert_eq!(
        model.live.filter,
        "(client:entra-eu not op:query or status:500) op:deactivate"
    );
    press(&mut model, "hhh*");
    assert!(model.notice.is_some(), "a time is no term");
}

#[test]
fn older_ones_are_asked_for_once_and_the_row_stays() {
    let mut model = Model::new((80, 24), false, None);
    let newest = ExchangePage {
        exchanges: (30..=40).rev().map(|seq| Arc::new(summary(seq))).collect(),
        older: Some(30),
    };
    update(&mut model, Event::Older(Ok(newest)));
    assert!(model.live.following);
    press(&mut model, "g");
    assert_eq!(press(&mut model, "k"), [Action::ListOlder(Some(30))]);
    assert_eq!(press(&mut model, "k"), []);
    let error = OpsError::new(Failure::Unreachable, "gone");
    update(&mut model, Event::Older(Err(error)));
    assert_eq!(press(&mut model, "k"), [Action::ListOlder(Some(30))]);
    update(&mut model, Event::Older(Ok(page(29))));
    assert_eq!(model.live.row().unwrap().newest.seq, 29);
    press(&mut model, "g");
    assert_eq!(press(&mut model, "k"), []);
    assert_eq!(
        model.notice.as_deref(),
        Some("this is the oldest exchange kept")
    );
}

#[test]
fn errors_are_sought_in_both_directions() {
    let mut model = model();
    press(&mut model, "E");
    assert_eq!(model.live.row().unwrap().newest.seq, 55);
    press(&mut model, "E");
    assert_eq!(model.live.row().unwrap().newest.seq, 54);
    press(&mut model, "e");
    assert_eq!(model.live.row().unwrap().newest.seq, 55);
    press(&mut model, "e");
    assert_eq!(model.notice.as_deref(), Some("no failed exchange that way"));
}

#[test]
fn the_next_error_of_who_follows_is_the_latest() {
    let mut model = model();
    assert!(model.live.following);
    press(&mut model, "e");
    assert_eq!(model.live.row().unwrap().newest.seq, 55);
    assert!(!model.live.following);
}

#[test]
fn leaving_an_embedded_run_asks_and_an_attached_one_does_not() {
    let mut model = model();
    assert_eq!(press(&mut model, "q"), []);
    assert_eq!(press(&mut model, "qx"), []);
    assert_eq!(press(&mut model, "\u{1b}"), []);
    assert!(matches!(model.mode, Mode::Normal));
    assert_eq!(press(&mut model, "qs"), [Action::Leave(Exit::Quit)]);
    model.mode = Mode::Normal;
    assert_eq!(press(&mut model, "qd"), [Action::Leave(Exit::Detach)]);
    model.mode = Mode::Normal;
    model.embedded = false;
    assert_eq!(press(&mut model, "q"), [Action::Leave(Exit::Detach)]);
}

#[test]
fn the_first_token_is_shown_until_dismissed_and_never_printed() {
    let mut model = Model::new((80, 24), true, Some(first_run()));
    let secret = first_run().secret;
    let actions = press(&mut model, "y");
    assert_eq!(actions, [Action::Copy(Clipping(secret.clone()))]);
    assert!(!format!("{model:?} {actions:?}").contains(&secret));
    arrive(&mut model, 1);
    assert!(model.welcome.is_some());
    press(&mut model, "\n");
    assert!(model.welcome.is_none());
}

#[test]
fn a_lost_feed_is_said_until_it_is_back() {
    let mut model = model();
    let error = OpsError::new(Failure::Unreachable, "the daemon is gone");
    update(&mut model, Event::FeedLost(error, Timestamp(1)));
    assert_eq!(model.lost.as_deref(), Some("the daemon is gone"));
    update(&mut model, Event::Skipped(7));
    update(&mut model, Event::FeedOpened(Timestamp(2)));
    assert_eq!((model.lost, model.live.skipped), (None, 7));
}

#[test]
fn matches_are_sought_while_the_filter_is_off() {
    let mut model = model();
    press(&mut model, "/op:delete\n\\gn");
    let operation = |model: &Model| {
        model
            .live
            .row()
            .unwrap()
            .newest
            .operation
            .as_str()
            .to_owned()
    };
    assert_eq!(operation(&model), "delete");
    let first = model.live.selected;
    press(&mut model, "n");
    assert_eq!(operation(&model), "delete");
    assert!(model.live.selected > first);
    press(&mut model, "N");
    assert_eq!(model.live.selected, first);
    press(&mut model, "N");
    assert!(
        model
            .notice
            .as_deref()
            .is_some_and(|said| said.contains("filter"))
    );
}

#[test]
fn a_line_is_drawn_below_the_newest() {
    let mut model = model();
    press(&mut model, ",");
    arrive(&mut model, 57);
    let ruled: Vec<usize> = (0..57)
        .filter(|at| model.live.log.rows()[*at].ruled.is_some())
        .collect();
    assert_eq!(ruled, [55]);
}
