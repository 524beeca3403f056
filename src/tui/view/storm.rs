//! The Live view while more comes than can be read: a row for each group.

use ratatui::layout::Rect;

use super::Canvas;
use super::table::{outcome, severity};
use crate::text::{clean, fit, fit_right, grouped};
use crate::tui::state::Model;
use crate::tui::state::live::client;
use crate::tui::state::live::storm::Group;
use crate::tui::theme::Role;

/// Columns that glyph and marker take.
const MARGIN: u16 = 2;

/// Heads and rows.
pub fn draw(model: &Model, canvas: &mut Canvas<'_>) {
    let areas = model.areas();
    let storm = &model.live.storm;
    let heads = cells(
        areas.table.width,
        ["CLIENT", "OP", "CODE", "COUNT", "/s", "NEWEST", "WHAT"],
    );
    put(areas.head, &heads.map(|head| (Role::Column, head)), canvas);
    let groups = storm.groups();
    let selected = storm.selected();
    let height = usize::from(areas.table.height);
    let top = (selected + 1).saturating_sub(height);
    let shown = groups.iter().enumerate().skip(top);
    for ((index, group), y) in shown.zip(0..areas.table.height) {
        let area = Rect::new(areas.table.x, areas.table.y + y, areas.table.width, 1);
        row(model, group, area, canvas);
        if index == selected {
            canvas.put(area, 1, 0, Role::Text, ">");
            canvas.fill(area, Role::Selection);
        }
    }
}

fn row(model: &Model, group: &Group, area: Rect, canvas: &mut Canvas<'_>) {
    let exchange = &group.newest;
    let (glyph, role) = severity(exchange);
    canvas.put(area, 0, 0, role, glyph);
    let count = grouped(group.count);
    let texts = cells(
        area.width,
        [
            client(exchange),
            exchange.operation.as_str(),
            &exchange.status.to_string(),
            &count,
            &group.rate(model.now).to_string(),
            &exchange.subject,
            outcome(exchange),
        ],
    );
    let roles = [
        Role::Client,
        Role::Operation,
        role,
        Role::Text,
        Role::Title,
        Role::Subject,
        role,
    ];
    let mut at = 0;
    let pieces = texts.map(|text| {
        at += 1;
        (roles[at - 1], text)
    });
    put(area, &pieces, canvas);
}

/// Each text in its column; one that is not there is empty.
fn cells(width: u16, texts: [&str; 7]) -> [String; 7] {
    let rest = usize::from(width.saturating_sub(MARGIN)).saturating_sub(13 + 11 + 5 + 8 + 6);
    let what = if width >= 75 { rest * 2 / 5 } else { 0 };
    let widths = [12, 10, 4, 7, 5, rest.saturating_sub(what), what];
    let [client, operation, code, count, rate, subject, outcome] = texts.map(clean);
    [
        fit(&client, widths[0]),
        fit(&operation, widths[1]),
        fit_right(&code, widths[2]),
        fit_right(&count, widths[3]),
        fit_right(&rate, widths[4]),
        fit(&subject, widths[5].saturating_sub(1)),
        fit(&outcome, widths[6]),
    ]
}

fn put(area: Rect, pieces: &[(Role, String)], canvas: &mut Canvas<'_>) {
    let mut x = MARGIN;
    for (role, text) in pieces {
        let used = canvas.put(area, x, 0, *role, text);
        x += used + 1;
    }
}
