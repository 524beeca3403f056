//! What the mouse does: a click selects, a second one opens, the wheel scrolls, a click on the name
//! of a view, a list or a tab shows it, one on the head of a column sorts by it. Nothing that acts or asks is reached by it.

use std::time::Duration;

use ratatui::layout::{Position, Rect};

use crate::tui::action::Action;
use crate::tui::event::{Mouse, Press};
use crate::tui::keymap::Command;
use crate::tui::layout::{VIEWS_FROM, padded, tabs, views};
use crate::tui::state::detail::Tab as ExchangeTab;
use crate::tui::state::pane::{Pane, View};
use crate::tui::state::{Mode, Model, alerts, fetch, moved, places, sort};

/// Two clicks on one row within this time open it.
const DOUBLE: Duration = Duration::from_millis(400);
/// Rows that a step of the wheel moves.
const STEP: usize = 3;

/// A click on a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clicked {
    view: View,
    row: usize,
    at: Duration,
}

/// Takes in what the mouse did.
pub fn take(model: &mut Model, mouse: Mouse) -> Vec<Action> {
    match mouse.press {
        Press::Up | Press::Down => wheel(model, mouse.press),
        Press::Click => {
            let point = Position::new(mouse.x, mouse.y);
            click(model, point, mouse.at)
        }
    }
}

/// The wheel does what the arrows do, where those move or scroll.
fn wheel(model: &mut Model, press: Press) -> Vec<Action> {
    let free = match model.mode {
        Mode::Help(_) => true,
        Mode::Normal => model.issued.is_none() && model.welcome.is_none(),
        _ => false,
    };
    if !free {
        return Vec::new();
    }
    let command = if press == Press::Up {
        Command::Up
    } else {
        Command::Down
    };
    let mut actions = Vec::new();
    for _ in 0..STEP {
        actions.extend(moved(model, command));
    }
    actions
}

fn click(model: &mut Model, point: Position, at: Duration) -> Vec<Action> {
    let over = model.issued.is_some()
        || model.sheet.is_some()
        || model.report.is_some()
        || model.welcome.is_some();
    if over || !matches!(model.mode, Mode::Normal) {
        return Vec::new();
    }
    let areas = model.areas();
    if areas.header.contains(point) {
        let view = view_at(model, point);
        return view.map_or_else(Vec::new, |view| places::show(model, view));
    }
    if areas.bands.contains(point) {
        return list_at(model, areas.bands, point);
    }
    let beside = !areas.inspector.is_empty();
    if model.has_open() && (!beside || areas.inspector.contains(point)) {
        return tab_at(model, areas.detail, point);
    }
    if areas.head.contains(point) {
        return sort::pick(model, point.x - areas.head.x);
    }
    if areas.table.contains(point) {
        return row_at(model, usize::from(point.y - areas.table.y), at);
    }
    Vec::new()
}

/// The view whose name in line 1 is there.
fn view_at(model: &Model, point: Position) -> Option<View> {
    if model.size.0 < VIEWS_FROM {
        return None;
    }
    let named = views(alerts::urgent(model).count());
    let found = named
        .into_iter()
        .find(|(_, x, width)| (*x..*x + *width).contains(&point.x));
    found.map(|(view, ..)| view)
}

/// Shows the list of Removals whose name is there, or the alerts where one is told of.
fn list_at(model: &mut Model, bands: Rect, point: Position) -> Vec<Action> {
    let banner = alerts::banner(model).is_some();
    if banner && point.y == bands.y {
        return places::show(model, View::Alerts);
    }
    let above = usize::from(banner) + model.removals.alarms().take(2).count();
    if model.view != View::Removals || usize::from(point.y - bands.y) != above {
        return Vec::new();
    }
    let names = Pane::REMOVALS.map(Pane::name);
    let open = Pane::REMOVALS
        .iter()
        .position(|pane| *pane == model.removals.pane);
    let Some(index) = label_at(&names, open, padded(bands), point) else {
        return Vec::new();
    };
    model.removals.pane = Pane::REMOVALS[index];
    fetch::reload(model)
}

/// Opens the tab whose name is there.
fn tab_at(model: &mut Model, area: Rect, point: Position) -> Vec<Action> {
    if point.y != area.y {
        return Vec::new();
    }
    let area = padded(area);
    if let (View::Live, Some(detail)) = (model.view, &mut model.detail) {
        let names = ExchangeTab::ALL.map(ExchangeTab::name);
        let open = ExchangeTab::ALL.iter().position(|tab| *tab == detail.tab);
        if let Some(index) = label_at(&names, open, area, point) {
            detail.tab = ExchangeTab::ALL[index];
            detail.scroll = 0;
        }
        return Vec::new();
    }
    let Some(open) = model.open_mut() else {
        return Vec::new();
    };
    let all = open.object.tabs();
    let names: Vec<&str> = all.iter().map(|tab| tab.name()).collect();
    let at = all.iter().position(|tab| *tab == open.tab);
    let Some(index) = label_at(&names, at, area, point) else {
        return Vec::new();
    };
    let by = isize::try_from(index).unwrap_or(0) - isize::try_from(at.unwrap_or(0)).unwrap_or(0);
    open.turn(by);
    fetch::tab(model, false).into_iter().collect()
}

fn label_at(names: &[&str], open: Option<usize>, area: Rect, point: Position) -> Option<usize> {
    let x = point.x.checked_sub(area.x)?;
    tabs(names, open.unwrap_or(0), area.width)
        .into_iter()
        .find(|(_, from, width)| (*from..*from + *width).contains(&x))
        .map(|(index, ..)| index)
}

/// Selects the row on line `y` of the table; the second click opens it.
fn row_at(model: &mut Model, y: usize, at: Duration) -> Vec<Action> {
    let live = &model.live;
    let (row, count) = match model.cursor() {
        Some(cursor) => (cursor.top + y, cursor.count()),
        None if live.in_storm() => (y, live.storm.groups().len()),
        None => (live.top + y, live.log.rows().len()),
    };
    if row >= count {
        return Vec::new();
    }
    let clicked = Clicked {
        view: model.view,
        row,
        at,
    };
    let before = model.clicked.replace(clicked);
    let again = before.is_some_and(|before| {
        before.view == clicked.view && before.row == row && at.saturating_sub(before.at) <= DOUBLE
    });
    if model.has_open() {
        // What is opened beside the list belongs to another row now.
        return close_beside(model, row);
    }
    select(model, row);
    if again {
        model.clicked = None;
        return moved(model, Command::Open);
    }
    fetch::further(model).into_iter().collect()
}

fn select(model: &mut Model, row: usize) {
    if let Some(cursor) = model.cursor_mut() {
        cursor.selected = row;
    } else if model.live.in_storm() {
        model.live.storm.select(row);
    } else {
        model.live.select(row);
    }
}

fn close_beside(model: &mut Model, row: usize) -> Vec<Action> {
    let actions = places::escape(model);
    if !model.has_open() {
        select(model, row);
    }
    actions
}
