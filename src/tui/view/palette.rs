//! The palette: what is typed on the status line, and what fits it in a list above.

use ratatui::layout::Rect;

use super::{Canvas, field};
use crate::text::{clean, fit};
use crate::tui::layout::{Form, form};
use crate::tui::state::Model;
use crate::tui::state::palette::{Entry, Palette};
use crate::tui::theme::Role;

/// Most lines of the list.
const LINES: u16 = 12;

/// Draws it over the view.
pub fn draw(model: &Model, palette: &Palette, canvas: &mut Canvas<'_>) {
    let areas = model.areas();
    canvas.clear(areas.status);
    let x = canvas.put(areas.status, 0, 0, Role::Key, ":");
    let line = Rect {
        x: areas.status.x + x,
        width: areas.status.width - x,
        ..areas.status
    };
    field::draw(&palette.input, None, true, line, canvas);
    if form(model.size.0, model.size.1) != Form::Line {
        list(model, palette, areas.status.y, canvas);
    }
}

/// The list, with its last line just above row `bottom`.
fn list(model: &Model, palette: &Palette, bottom: u16, canvas: &mut Canvas<'_>) {
    let body = model.areas().body;
    let lines = u16::try_from(palette.matches.len()).unwrap_or(LINES);
    let height = (lines.clamp(1, LINES) + 1).min(body.height);
    let area = Rect::new(body.x, bottom.saturating_sub(height), body.width, height);
    canvas.clear(area);
    canvas.rule(area, 0);
    let (role, title) = match (&model.notice, palette.matches.is_empty()) {
        (Some(notice), _) => (Role::Crit, notice.clone()),
        (None, true) => (Role::Warn, "nothing fits".to_owned()),
        (None, false) => {
            let at = palette.selected + 1;
            (
                Role::Title,
                format!("COMMANDS {at} of {}", palette.matches.len()),
            )
        }
    };
    canvas.put(area, 1, 0, role, &format!(" {title} "));
    let shown = usize::from(height.saturating_sub(1));
    let from = (palette.selected + 1).saturating_sub(shown);
    let matches = palette.matches.iter().enumerate().skip(from);
    for ((at, entry), y) in matches.zip(1..height) {
        let row = Rect::new(area.x, area.y + y, area.width, 1);
        canvas.line(row, 0, &described(entry, usize::from(area.width)));
        if at == palette.selected {
            canvas.fill(row, Role::Selection);
            canvas.put(row, 0, 0, Role::Selection, ">");
        }
    }
}

fn described(entry: &Entry, columns: usize) -> Vec<(Role, String)> {
    let name = (columns * 2 / 5).clamp(8, 48);
    let mut line = vec![
        (Role::Text, " ".to_owned()),
        (Role::Text, fit(&clean(&entry.text), name)),
    ];
    if columns >= 60 {
        line.push((Role::Key, format!(" {}", fit(&entry.keys, 14))));
    }
    line.push((Role::Dim, format!(" {}", clean(&entry.help))));
    line
}
