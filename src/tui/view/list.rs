//! Users, Groups and Removals: a list, what there is to say of its selected row, and what is
//! opened in its place or beside it.

use ratatui::layout::Rect;

use super::{Canvas, bands, columns, page};
use crate::tui::keymap::Command;
use crate::tui::state::open::Open;
use crate::tui::state::pane::Pane;
use crate::tui::state::{Model, glance, page as pages};
use crate::tui::theme::Role;

/// Draws it.
pub fn draw(model: &Model, canvas: &mut Canvas<'_>) {
    let areas = model.areas();
    bands::draw(model, areas.bands, canvas);
    let open = model.open();
    if let Some(open) = open.filter(|_| areas.inspector.is_empty()) {
        opened(model, open, areas.detail, canvas);
        return;
    }
    columns::draw(model, canvas);
    nothing(model, canvas);
    canvas.divide(areas.inspector);
    explain(model, areas.explain, canvas);
    match open {
        Some(open) => opened(model, open, areas.inspector, canvas),
        None => inspect(model, areas.inspector, canvas),
    }
}

fn opened(model: &Model, open: &Open, area: Rect, canvas: &mut Canvas<'_>) {
    let lines = pages::lines(model, open, usize::from(page::padded(area).width));
    let tabs = open.object.tabs().iter();
    let tabs = tabs.map(|tab| (tab.name(), *tab == open.tab));
    page::draw(tabs, &lines, open.at.scroll, area, canvas);
}

/// What stands in an empty table.
fn nothing(model: &Model, canvas: &mut Canvas<'_>) {
    let (Some(pane), Some(at)) = (model.pane(), model.cursor()) else {
        return;
    };
    if at.count() > 0 {
        return;
    }
    let message = match (&at.error, pane) {
        (Some(error), _) => {
            let message = format!("! {error}");
            canvas.put(model.areas().table, 2, 1, Role::Crit, &message);
            return;
        }
        (None, _) if !at.loaded => "loading",
        (None, _) if !at.filter().is_empty() => {
            let off = model.keys().of(Command::FilterToggle);
            let message = format!("nothing matches the filter: {off} switches it off");
            canvas.put(model.areas().table, 2, 1, Role::Dim, &message);
            return;
        }
        (None, Pane::Deletions) => "no account has been removed",
        (None, Pane::Holds) => "no account is held",
        (None, Pane::Guard) => "there is no Org",
        (None, Pane::Transfers) => "no content has moved",
        (None, Pane::Alerts) => "nothing calls for you",
        (None, Pane::Clients) => "nobody has asked yet",
        (None, Pane::Users) => "no users: identity providers create them",
        (None, Pane::Tokens) => {
            let keys = model.keys();
            let [unlock, create] =
                [Command::Unlock, Command::CreateToken].map(|command| keys.of(command));
            let message = format!("no tokens: {unlock}, then {create} creates one");
            canvas.put(model.areas().table, 2, 1, Role::Dim, &message);
            return;
        }
        (None, Pane::Audit) => "no events yet",
        (None, Pane::Groups) => "no groups: identity providers create them",
    };
    canvas.put(model.areas().table, 2, 1, Role::Dim, message);
}

/// Three lines between rules: what, why, do.
fn explain(model: &Model, area: Rect, canvas: &mut Canvas<'_>) {
    if area.is_empty() {
        return;
    }
    canvas.rule(area, 0);
    canvas.rule(area, area.height - 1);
    let Some((what, why, step)) = glance::explain(model) else {
        return;
    };
    let inner = page::padded(area);
    canvas.line(inner, 1, &what);
    for (y, label, text) in [(2, "why  ", why), (3, "do   ", step)] {
        canvas.line(
            inner,
            y,
            &[(Role::Why, label.to_owned()), (Role::Text, text)],
        );
    }
}

/// The selected row beside the table.
fn inspect(model: &Model, area: Rect, canvas: &mut Canvas<'_>) {
    let area = page::padded(area);
    let lines = glance::inspect(model, usize::from(area.width));
    for (line, y) in lines.iter().zip(0..area.height) {
        canvas.line(area, y, line);
    }
}
