//! The order of a list: by which column, and which way. Long lists are sorted by the operations
//! API; short ones, which are here as a whole, are sorted here.

use crate::clock::Timestamp;
use crate::model::alert::Alert;
use crate::model::deletion::Deletion;
use crate::model::guard::GuardStatus;
use crate::model::health::ClientHealth;
use crate::model::token::Token;
use crate::model::transfer::Transfer;
use crate::tui::action::Action;
use crate::tui::heads::{self, Column, Way};
use crate::tui::state::list::{Keyed, List};
use crate::tui::state::pane::Pane;
use crate::tui::state::removals::{batch, owned, state};
use crate::tui::state::{Model, fetch, guard, health, removal, tokens};

/// The order of a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Order {
    /// The head of the column; `None`: as the list comes.
    pub by: Option<&'static str>,
    /// Which way.
    pub way: Way,
}

/// What a row has in a column.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Value {
    /// Nothing.
    None,
    Number(i64),
    Text(String),
}

/// Sorts by the next column on the screen; after the last, as the list comes.
pub fn turn(model: &mut Model) -> Vec<Action> {
    let (Some(pane), Some(at)) = (model.pane(), model.cursor()) else {
        return Vec::new();
    };
    let places = heads::places(pane, model.areas().table.width);
    let mut columns = places.iter().map(|place| place.column);
    if let Some(by) = at.order.by {
        // A column that is not there any more is behind all others.
        columns.find(|column| column.head == by);
    }
    let next = columns.find_map(first);
    sort(model, pane, next.unwrap_or_default())
}

/// Turns the order around.
pub fn reverse(model: &mut Model) -> Vec<Action> {
    let (Some(pane), Some(at)) = (model.pane(), model.cursor()) else {
        return Vec::new();
    };
    let Order { by, way } = at.order;
    let way = way.back();
    sort(model, pane, Order { by, way })
}

/// Sorts by the column at `x` of the table; if it is that already, the other way round.
pub fn pick(model: &mut Model, x: u16) -> Vec<Action> {
    let (Some(pane), Some(at)) = (model.pane(), model.cursor()) else {
        return Vec::new();
    };
    let places = heads::places(pane, model.areas().table.width);
    let hit = places
        .iter()
        .find(|place| (place.x..=place.x + place.width).contains(&x));
    let Some(order) = hit.and_then(|place| first(place.column)) else {
        return Vec::new();
    };
    if at.order.by == order.by {
        return reverse(model);
    }
    sort(model, pane, order)
}

/// The order by a column, if a list is sorted by it.
fn first(column: &Column) -> Option<Order> {
    let by = Some(column.head);
    column.sorts.map(|way| Order { by, way })
}

fn sort(model: &mut Model, pane: Pane, order: Order) -> Vec<Action> {
    let remote = matches!(pane, Pane::Users | Pane::Groups);
    let at = model.cursor_of(pane);
    if !remote && at.has_more() {
        let loaded = at.count();
        model.say(format!(
            "only the newest {loaded} are loaded: a filter that leaves fewer can be sorted"
        ));
        return Vec::new();
    }
    at.order = order;
    let comes_sorted = remote || order.by.is_none();
    if comes_sorted {
        at.to_top();
    }
    model.say(told(order));
    if comes_sorted {
        return fetch::reload(model);
    }
    arrange(model, pane);
    let at = model.cursor_of(pane);
    (at.selected, at.top) = (0, 0);
    Vec::new()
}

fn told(order: Order) -> String {
    match (order.by, order.way) {
        (Some(by), Way::Up) => format!("sorted by {by}, from the least to the greatest"),
        (Some(by), Way::Down) => format!("sorted by {by}, from the greatest to the least"),
        (None, Way::Up) => "in the usual order".to_owned(),
        (None, Way::Down) => "in the usual order, from its end".to_owned(),
    }
}

/// Sorts the rows of a list that is here as a whole; one that is not any more is as it came.
pub fn arrange(model: &mut Model, pane: Pane) {
    let at = model.cursor_of(pane);
    let order = at.order;
    if order == Order::default() || matches!(pane, Pane::Users | Pane::Groups) {
        return;
    }
    if at.has_more() {
        at.order = Order::default();
        return;
    }
    macro_rules! arrange {
        ($($list:ident).+, $value:expr) => {{
            let mut list = std::mem::take(&mut model.$($list).+);
            list.with_all(|list| in_order(list, order, |row, by| $value(model, row, by)));
            model.$($list).+ = list;
        }};
    }
    match pane {
        Pane::Deletions => arrange!(removals.deletions, of_deletion),
        Pane::Holds => arrange!(removals.holds, of_deletion),
        Pane::Guard => arrange!(removals.guard, of_guard),
        Pane::Transfers => arrange!(removals.transfers, of_transfer),
        Pane::Alerts => arrange!(alerts, of_alert),
        Pane::Clients => arrange!(health.clients, of_client),
        Pane::Tokens => arrange!(token_list.list, of_token),
        Pane::Users | Pane::Groups | Pane::Audit => {}
    }
}

/// Rows that are equal stay as they came; the selected one stays selected.
fn in_order<T: Keyed + Clone>(list: &mut List<T>, order: Order, value: impl Fn(&T, &str) -> Value) {
    let selected = list.selected().map(Keyed::key);
    match (order.by, order.way) {
        (None, Way::Up) => {}
        (None, Way::Down) => list.items.reverse(),
        (Some(by), way) => {
            let rows = std::mem::take(&mut list.items).into_iter();
            let mut rows: Vec<_> = rows.map(|row| (value(&row, by), row)).collect();
            rows.sort_by(|(one, _), (other, _)| match way {
                Way::Up => one.cmp(other),
                Way::Down => other.cmp(one),
            });
            list.items = rows.into_iter().map(|(_, row)| row).collect();
        }
    }
    let found = list
        .items
        .iter()
        .position(|row| Some(row.key()) == selected);
    list.at.selected = found.unwrap_or(list.at.selected);
}

fn text(text: impl AsRef<str>) -> Value {
    Value::Text(text.as_ref().to_lowercase())
}

fn number(number: u64) -> Value {
    Value::Number(i64::try_from(number).unwrap_or(i64::MAX))
}

fn time(at: Option<Timestamp>) -> Value {
    at.map_or(Value::None, |at| Value::Number(at.0))
}

fn of_deletion(model: &Model, row: &Deletion, by: &str) -> Value {
    match by {
        "REMOVED" => time(Some(row.at)),
        "STATE" => text(state(row).1),
        "USER" => text(removal::name(row)),
        "ORG" => text(model.org_name(row.org)),
        "BY" => text(removal::actor(model, &row.actor)),
        "SIGNAL" => text(row.signal.as_str()),
        "ITEMS" => number(owned(row)),
        _ => Value::None,
    }
}

fn of_guard(_: &Model, row: &GuardStatus, by: &str) -> Value {
    match by {
        "ORG" => text(&row.org_name),
        "STATE" => text(guard::state(row).1),
        "1 HOUR" => number(row.hour.count),
        "24 HOURS" => number(row.day.count),
        "FROZEN" => batch(row).map_or(Value::None, |batch| number(batch.frozen)),
        "OPENED" => time(batch(row).map(|batch| batch.opened)),
        _ => Value::None,
    }
}

fn of_transfer(_: &Model, row: &Transfer, by: &str) -> Value {
    match by {
        "MOVED" => time(Some(row.at)),
        "KIND" => text(&row.kind),
        "TITLE" => text(&row.title),
        "FROM" => text(&row.from.user_name),
        "TO" => text(&row.to.user_name),
        _ => Value::None,
    }
}

fn of_alert(model: &Model, row: &Alert, by: &str) -> Value {
    match by {
        "SINCE" => time(Some(row.since)),
        "SEVERITY" => number(row.severity as u64),
        "WHAT" => text(row.rule.title()),
        "ABOUT" => text(&row.subject),
        "ORG" => row.org.map_or(Value::None, |org| text(model.org_name(org))),
        "COUNT" => number(row.count),
        _ => Value::None,
    }
}

fn of_client(_: &Model, row: &ClientHealth, by: &str) -> Value {
    match by {
        "CLIENT" => text(row.client.as_str()),
        "TOKEN" => text(health::token(row)),
        "15 MIN" => number(row.recent),
        "REQUESTS" => number(row.requests),
        "FAILED" => number(row.errors),
        "LAST" => time(Some(row.last)),
        _ => Value::None,
    }
}

fn of_token(model: &Model, row: &Token, by: &str) -> Value {
    let used = || tokens::last_use(model, row);
    match by {
        "LABEL" => text(&row.label),
        "ORG" => text(model.org_name(row.org)),
        "KIND" => text(row.kind.as_str()),
        "EXPIRES IN" => time(Some(row.revoked.unwrap_or(row.expires))),
        "ISSUED" => time(Some(row.created)),
        "LAST USED" => time(used().map(|(at, _)| at)),
        "BY" => used().map_or(Value::None, |(_, by)| text(by)),
        _ => Value::None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::testing::{house, watch};

    fn check<T>(pane: Pane, rows: &[T], value: impl Fn(&T, &str) -> Value) {
        let columns = heads::of(pane).iter();
        for column in columns.filter(|column| column.sorts.is_some()) {
            let some = |row: &T| value(row, column.head) != Value::None;
            assert!(rows.iter().any(some), "{pane:?} {}", column.head);
        }
    }

    #[test]
    fn every_column_that_sorts_has_values() {
        let model = Model::default();
        let model = &model;
        check(Pane::Deletions, &[house::deletion(1)], |row, by| {
            of_deletion(model, row, by)
        });
        check(Pane::Guard, &house::guards(), |row, by| {
            of_guard(model, row, by)
        });
        check(Pane::Transfers, &house::transfers(), |row, by| {
            of_transfer(model, row, by)
        });
        check(Pane::Alerts, &watch::alerts(), |row, by| {
            of_alert(model, row, by)
        });
        check(Pane::Clients, &watch::health().clients, |row, by| {
            of_client(model, row, by)
        });
        check(Pane::Tokens, &house::tokens(), |row, by| {
            of_token(model, row, by)
        });
    }
}
