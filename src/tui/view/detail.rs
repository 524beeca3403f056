//! The opened exchange: tabs and the open one's lines.

use ratatui::layout::Rect;

use super::Canvas;
use crate::tui::state::Model;
use crate::tui::state::detail::{Detail, Tab};
use crate::tui::theme::Role;

/// Draws it into `area`.
pub fn draw(model: &Model, detail: &Detail, area: Rect, canvas: &mut Canvas<'_>) {
    let area = padded(area);
    if area.is_empty() {
        return;
    }
    let mut x = 0;
    for (number, tab) in (1..).zip(Tab::ALL) {
        let (role, label) = if tab == detail.tab {
            (Role::TabActive, format!("[{number} {}]", tab.name()))
        } else {
            (Role::Tab, format!(" {number} {} ", tab.name()))
        };
        x += canvas.put(area, x, 0, role, &label);
    }
    let page = Rect {
        y: area.y + 1,
        height: area.height - 1,
        ..area
    };
    let lines = detail.lines(model.advice(), usize::from(page.width));
    let from = detail
        .scroll
        .min(lines.len().saturating_sub(usize::from(page.height)));
    for (line, y) in lines.iter().skip(from).zip(0..page.height) {
        canvas.line(page, y, line);
    }
    let below = lines.len().saturating_sub(from + usize::from(page.height));
    if below > 0 {
        canvas.put_right(area, x + 1, 0, Role::Dim, &format!("{below} lines below"));
    }
}

/// An area without a column on either side.
pub fn padded(area: Rect) -> Rect {
    Rect {
        x: area.x + 1,
        width: area.width.saturating_sub(2),
        ..area
    }
}
