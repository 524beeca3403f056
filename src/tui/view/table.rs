//! The table of exchanges: columns by priority, a glyph and a style for each severity.

use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use super::Canvas;
use crate::clock::Timestamp;
use crate::model::exchange::{ExchangeSummary, Operation};
use crate::text::{clean, fit, fit_right};
use crate::tui::layout::{Form, form};
use crate::tui::state::Model;
use crate::tui::state::detail::millis;
use crate::tui::state::live::gap::Gap;
use crate::tui::state::live::{Column, client};
use crate::tui::state::log::Row;
use crate::tui::theme::Role;

/// Columns that glyph and marker take.
const MARGIN: u16 = 2;

/// Which columns fit into `width`, and how wide each is.
fn columns(width: u16) -> Vec<(Column, usize)> {
    let wide = width >= 84;
    let mut columns = vec![
        (Column::Time, if wide { 10 } else { 8 }),
        (Column::Client, if wide { 12 } else { 9 }),
        (Column::Operation, 10),
        (Column::Code, 4),
    ];
    if width < 50 {
        columns.remove(1);
    }
    let fixed: usize = columns.iter().map(|(_, width)| width + 1).sum();
    let latency = if wide { 7 } else { 0 };
    let rest = usize::from(width.saturating_sub(MARGIN)).saturating_sub(fixed + latency);
    if width < 60 {
        columns.push((Column::Subject, rest));
        return columns;
    }
    let subject = rest / 2;
    columns.push((Column::Subject, subject));
    if wide {
        columns.push((Column::Latency, latency - 1));
    }
    columns.push((Column::What, rest.saturating_sub(subject + 1)));
    columns
}

/// Heads and rows.
pub fn draw(model: &Model, canvas: &mut Canvas<'_>) {
    let areas = model.areas();
    let columns = columns(areas.table.width);
    heads(model, areas.head, &columns, canvas);
    let live = &model.live;
    let gaps: Vec<_> = live
        .gaps
        .over()
        .filter_map(|(after, gap)| Some((live.log.row_of(after)?, gap)))
        .collect();
    let rows = live.log.rows().iter().enumerate().skip(live.top);
    for ((index, row), y) in rows.zip(0..areas.table.height) {
        let area = Rect::new(areas.table.x, areas.table.y + y, areas.table.width, 1);
        let selected = index == live.selected;
        cells(row, selected, area, &columns, canvas);
        if let Some((_, gap)) = gaps.iter().find(|(below, _)| *below == index) {
            gap_below(gap, area, canvas);
        }
        if let Some(at) = row.ruled {
            ruled(at, area, canvas);
        }
        if selected {
            canvas.fill(area, Role::Selection);
            if form(model.size.0, model.size.1) == Form::Full {
                cursor(live.column, area, &columns, canvas);
            }
        }
    }
}

/// A line below the row: what was missed after it.
fn gap_below(gap: &Gap, area: Rect, canvas: &mut Canvas<'_>) {
    canvas.put_right(area, MARGIN, 0, Role::Paused, &format!(" {} ", gap.text()));
    let line = Style::new().add_modifier(Modifier::UNDERLINED);
    canvas.buffer.set_style(area, line);
}

fn heads(model: &Model, area: Rect, columns: &[(Column, usize)], canvas: &mut Canvas<'_>) {
    let mut x = MARGIN;
    for (column, width) in columns {
        let head = match column {
            Column::Time => "TIME",
            Column::Client => "CLIENT",
            Column::Operation => "OP",
            Column::Code => "CODE",
            Column::Subject => "SUBJECT",
            Column::Latency => "LAT ms",
            Column::What => "WHAT",
        };
        let head = match column {
            Column::Latency => fit_right(head, *width),
            _ => fit(head, *width),
        };
        let role = if *column == model.live.column {
            Role::Title
        } else {
            Role::Column
        };
        canvas.put(area, x, 0, role, &head);
        x += u16::try_from(*width).unwrap_or(0) + 1;
    }
}

fn cells(
    row: &Row,
    selected: bool,
    area: Rect,
    columns: &[(Column, usize)],
    canvas: &mut Canvas<'_>,
) {
    let exchange = &row.newest;
    let (glyph, role) = severity(exchange);
    canvas.put(area, 0, 0, role, glyph);
    if row.marked {
        canvas.put(area, 1, 0, Role::Notice, "*");
    } else if selected {
        canvas.put(area, 1, 0, Role::Text, ">");
    }
    let mut x = MARGIN;
    for (column, width) in columns {
        let (role, text) = cell(row, *column, *width, role);
        canvas.put(area, x, 0, role, &text);
        x += u16::try_from(*width).unwrap_or(0) + 1;
    }
}

fn cell(row: &Row, column: Column, width: usize, severity: Role) -> (Role, String) {
    let exchange = &row.newest;
    match column {
        Column::Time => {
            let format = if width >= 10 {
                "%H:%M:%S%.3f"
            } else {
                "%H:%M:%S"
            };
            let time = exchange.at.to_utc().format(format).to_string();
            (Role::Dim, time[..width.min(time.len())].to_owned())
        }
        Column::Client => (Role::Client, fit(&clean(client(exchange)), width)),
        Column::Operation => (Role::Operation, fit(exchange.operation.as_str(), width)),
        Column::Code => (severity, fit_right(&exchange.status.to_string(), width)),
        Column::Subject => (Role::Subject, fit(&clean(&exchange.subject), width)),
        Column::Latency => (Role::Dim, fit_right(&millis(exchange.latency_us), width)),
        Column::What => (severity, fit(&clean(&what(row)), width)),
    }
}

/// What it did, or why it did nothing, with the row's count before it.
fn what(row: &Row) -> String {
    let exchange = &row.newest;
    let text = outcome(exchange);
    if row.count > 1 {
        format!("×{} {text}", row.count)
    } else {
        text.to_owned()
    }
}

/// What it did, or why it did nothing, in a few words.
pub fn outcome(exchange: &ExchangeSummary) -> &str {
    match (
        &exchange.refusal,
        exchange.what.as_str(),
        &exchange.scim_type,
    ) {
        (Some(refusal), ..) => refusal.describe(),
        (None, "", Some(scim_type)) => scim_type,
        (None, what, _) => what,
    }
}

/// A line below the row, with the time at which it was drawn.
fn ruled(at: Timestamp, area: Rect, canvas: &mut Canvas<'_>) {
    let label = format!(" now {} ", at.to_utc().format("%H:%M:%SZ"));
    canvas.put_right(area, MARGIN, 0, Role::Notice, &label);
    let line = Style::new().add_modifier(Modifier::UNDERLINED);
    canvas.buffer.set_style(area, line);
}

fn cursor(column: Column, area: Rect, columns: &[(Column, usize)], canvas: &mut Canvas<'_>) {
    let mut x = area.x + MARGIN;
    for (other, width) in columns {
        let width = u16::try_from(*width).unwrap_or(0);
        if *other == column {
            let cell = Rect::new(x, area.y, width, 1).intersection(area);
            canvas.fill(cell, Role::Cursor);
        }
        x += width + 1;
    }
}

/// Glyph and role of an exchange: failures before what was done.
pub fn severity(exchange: &ExchangeSummary) -> (&'static str, Role) {
    let role = match (exchange.status, exchange.operation) {
        (401 | 403 | 500.., _) => Role::Crit,
        (400..=499, _) => Role::Warn,
        (_, Operation::Delete | Operation::Deactivate) => Role::Removed,
        (_, Operation::Create) => Role::Created,
        (_, Operation::Patch | Operation::Replace | Operation::Activate | Operation::Bulk) => {
            Role::Changed
        }
        _ => Role::Dim,
    };
    (role.glyph(), role)
}
