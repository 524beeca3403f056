//! Orders of lists: keys, the mouse, and who sorts.

use super::house::{at, work};
use super::*;
use crate::ops::api::directory::DirectorySort::{self, Created, Display, Modified, Name};
use crate::tui::call::{Answer, Call};
use crate::tui::event::{Mouse, Press};
use crate::tui::heads::{self, Way};
use crate::tui::state::sort::Order;
use crate::tui::testing::{carry_out, carry_out_with};

fn wide(keys: &str) -> Model {
    let mut model = at("");
    update(&mut model, Event::Resize(200, 60));
    work(&mut model, keys);
    model
}

fn labels(model: &Model) -> Vec<&str> {
    let tokens = model.token_list.list.items.iter();
    tokens.map(|token| token.label.as_str()).collect()
}

fn click_head(model: &mut Model, head: &str) -> Vec<Call> {
    let areas = model.areas();
    let places = heads::places(model.pane().unwrap(), areas.table.width);
    let place = places.iter().find(|place| place.column.head == head);
    let mouse = Mouse {
        press: Press::Click,
        x: areas.head.x + place.unwrap().x,
        y: areas.head.y,
        at: Duration::ZERO,
    };
    let actions = update(model, Event::Mouse(mouse));
    carry_out(model, actions)
}

#[test]
fn users_and_groups_are_sorted_by_the_daemon() {
    let asked = |calls: &[Call]| -> Option<(DirectorySort, bool)> {
        calls.iter().find_map(|call| match call {
            Call::Users(query) | Call::Groups(query) => Some((query.sort, query.descending)),
            _ => None,
        })
    };
    let mut model = wide("3jj");
    for (keys, expected) in [
        ("s", (Name, false)),
        ("S", (Name, true)),
        ("s", (Display, false)),
        ("s", (Modified, true)),
        ("s", (Created, true)),
        ("S", (Created, false)),
        ("s", (Created, false)),
        ("S", (Created, true)),
        ("s", (Name, false)),
    ] {
        let calls = work(&mut model, keys);
        assert_eq!(asked(&calls), Some(expected), "{keys}");
        assert_eq!(model.users.list.at.selected, 0);
    }
    // The order is that of further pages and of reloads too.
    let wanted = model.users.list.at.ask(9, true);
    assert_eq!(wanted.order.by, Some("USER"));
    assert_eq!(asked(&click_head(&mut model, "USER")), Some((Name, true)));
    assert_eq!(asked(&click_head(&mut model, "ORG")), None);
    let mut model = wide("4");
    assert_eq!(asked(&work(&mut model, "s")), Some((Name, false)));
    assert_eq!(
        asked(&click_head(&mut model, "CREATED")),
        Some((Created, true))
    );
}

#[test]
fn lists_that_are_here_are_sorted_here_and_stay_so() {
    let mut model = wide("6");
    let usual: Vec<String> = labels(&model).into_iter().map(str::to_owned).collect();
    let mut expected: Vec<&str> = usual.iter().map(String::as_str).collect();
    expected.sort_unstable();
    assert_ne!(labels(&model), expected, "there is something to sort");
    assert_eq!(work(&mut model, "s"), []);
    assert_eq!(labels(&model), expected);
    work(&mut model, "j");
    let selected = model.token_list.list.selected().unwrap().id.clone();
    // Loaded again, they are in the same order, and the same one is selected.
    let actions = fetch::reload(&mut model);
    carry_out(&mut model, actions);
    assert_eq!(labels(&model), expected);
    assert_eq!(model.token_list.list.selected().unwrap().id, selected);
    work(&mut model, "S");
    expected.reverse();
    assert_eq!(labels(&model), expected);
    while model.token_list.list.at.order.by.is_some() {
        work(&mut model, "s");
    }
    assert_eq!(labels(&model), usual);
    work(&mut model, "S");
    assert_eq!(
        labels(&model).first(),
        usual.last().map(String::as_str).as_ref()
    );
}

#[test]
fn every_column_that_sorts_has_its_turn() {
    for keys in ["5", "5\t", "5\t\t", "5\t\t\t", "2", "6", "7"] {
        let mut model = wide(keys);
        let pane = model.pane().unwrap();
        let all: Vec<_> = heads::of(pane)
            .iter()
            .filter(|one| one.sorts.is_some())
            .collect();
        assert!(all.len() >= 5, "{pane:?}");
        for column in &all {
            work(&mut model, "s");
            let Order { by, way } = model.cursor().unwrap().order;
            assert_eq!(
                (by, Some(way)),
                (Some(column.head), column.sorts),
                "{pane:?}"
            );
        }
        work(&mut model, "s");
        assert_eq!(model.cursor().unwrap().order, Order::default(), "{pane:?}");
    }
}

#[test]
fn a_part_of_a_list_is_not_sorted() {
    let mut model = at("");
    let actions = update(&mut model, Event::Key(KeyEvent::from(KeyCode::Char('5'))));
    carry_out_with(&mut model, actions, |answer| match answer {
        // As many as were asked for: there may be more.
        Answer::Deletions(rows) => {
            let many = rows.into_iter().cycle().take(list::PAGE as usize);
            Answer::Deletions(many.collect())
        }
        other => other,
    });
    let list = &model.removals.deletions;
    assert!(list.at.has_more());
    work(&mut model, "s");
    assert_eq!(model.removals.deletions.at.order, Order::default());
    assert!(model.notice.unwrap().contains("only the newest 200"));
}

#[test]
fn heads_of_columns_tell_them_apart() {
    for pane in Pane::REMOVALS.into_iter().chain([
        Pane::Alerts,
        Pane::Clients,
        Pane::Users,
        Pane::Groups,
        Pane::Tokens,
        Pane::Audit,
    ]) {
        let heads: Vec<_> = heads::of(pane).iter().map(|column| column.head).collect();
        let distinct: std::collections::BTreeSet<_> = heads.iter().collect();
        assert_eq!(distinct.len(), heads.len(), "{pane:?}");
    }
    assert_eq!(Way::Up.back(), Way::Down);
}
