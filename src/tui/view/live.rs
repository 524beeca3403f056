//! The Live view: table, explanation or inspector, rail, and the opened exchange in its place.

use ratatui::layout::Rect;

use super::{Canvas, bands, page, rail, storm, table};
use crate::model::advice::advise;
use crate::text;
use crate::tui::keymap::Command;
use crate::tui::state::Model;
use crate::tui::state::detail::{Detail, Tab, facts, severity, summary, target};
use crate::tui::theme::Role;

/// Draws it.
pub fn draw(model: &Model, canvas: &mut Canvas<'_>) {
    let areas = model.areas();
    bands::draw(model, areas.bands, canvas);
    if let Some(open) = &model.detail
        && areas.inspector.is_empty()
    {
        opened(model, open, areas.detail, canvas);
        return;
    }
    if model.live.in_storm() {
        storm::draw(model, canvas);
    } else {
        table::draw(model, canvas);
    }
    rail::draw(model, areas.rail, canvas);
    if model.live.log.rows().is_empty() {
        let keys = model.keys();
        let message = if model.live.log.only_marked() {
            format!(
                "nothing is marked: {} shows all again",
                keys.of(Command::MarkedOnly)
            )
        } else {
            let off = keys.of(Command::FilterToggle);
            format!("no exchange matches the filter: {off} switches it off")
        };
        canvas.put(areas.table, 2, 1, Role::Dim, &message);
    }
    // The line between rail and table belongs to the table's side.
    if !areas.rail.is_empty() {
        let right = Rect {
            x: areas.rail.right() + 1,
            ..areas.rail
        };
        canvas.divide(right);
    }
    canvas.divide(areas.inspector);
    explain(model, areas.explain, canvas);
    match &model.detail {
        Some(open) => opened(model, open, areas.inspector, canvas),
        None => inspect(model, areas.inspector, canvas),
    }
}

fn opened(model: &Model, open: &Detail, area: Rect, canvas: &mut Canvas<'_>) {
    let columns = usize::from(page::padded(area).width);
    let lines = open.lines(model.advice(), columns);
    let tabs = Tab::ALL.iter().map(|tab| (tab.name(), *tab == open.tab));
    page::draw(tabs, &lines, open.scroll, area, canvas);
}

/// Three lines between rules: what, why, do.
fn explain(model: &Model, area: Rect, canvas: &mut Canvas<'_>) {
    if area.is_empty() {
        return;
    }
    canvas.rule(area, 0);
    canvas.rule(area, area.height - 1);
    let Some((exchange, _)) = model.live.current() else {
        return;
    };
    let advice = advise(exchange, model.advice());
    let what = format!(" {} {}  ", exchange.method, text::clean(&target(exchange)));
    let what = text::cut(&what, usize::from(area.width / 2));
    canvas.line(
        area,
        1,
        &[
            (severity(exchange.status), format!(" {}", exchange.status)),
            (Role::Text, what),
            (Role::Dim, format!(" {}", facts(exchange))),
        ],
    );
    canvas.line(
        area,
        2,
        &[(Role::Why, " why  ".to_owned()), (Role::Text, advice.why)],
    );
    let steps = if advice.steps.is_empty() && !exchange.quirks.is_empty() {
        format!("nothing; understood: {}", exchange.quirks.join(", "))
    } else {
        advice.steps.join("  then  ")
    };
    if !steps.is_empty() {
        canvas.line(
            area,
            3,
            &[(Role::Why, " do   ".to_owned()), (Role::Text, steps)],
        );
    }
}

/// The selected row beside the table.
fn inspect(model: &Model, area: Rect, canvas: &mut Canvas<'_>) {
    let area = page::padded(area);
    let Some((newest, count)) = model.live.current().filter(|_| !area.is_empty()) else {
        return;
    };
    let count = u32::try_from(count).unwrap_or(u32::MAX);
    let columns = usize::from(area.width);
    let lines = summary(newest, count, model.advice(), columns);
    for (line, y) in lines.iter().zip(0..area.height) {
        canvas.line(area, y, line);
    }
}
