//! Something opened: its tabs, and the open one's lines.

use ratatui::layout::Rect;

use super::Canvas;
use crate::text;
use crate::tui::theme::Role;
use crate::tui::widget::rich::Line;

/// Draws a line of tabs, each with whether it is open, and lines below it from `scroll` on.
pub fn draw<'a>(
    tabs: impl Iterator<Item = (&'a str, bool)>,
    lines: &[Line],
    scroll: usize,
    area: Rect,
    canvas: &mut Canvas<'_>,
) {
    let area = padded(area);
    if area.is_empty() {
        return;
    }
    let x = line_of_tabs(tabs, area, canvas);
    let page = Rect {
        y: area.y + 1,
        height: area.height - 1,
        ..area
    };
    let height = usize::from(page.height);
    let from = scroll.min(lines.len().saturating_sub(height));
    for (line, y) in lines.iter().skip(from).zip(0..page.height) {
        canvas.line(page, y, line);
    }
    let below = lines.len().saturating_sub(from + height);
    if below > 0 {
        canvas.put_right(area, x + 1, 0, Role::Dim, &format!("{below} lines below"));
    }
}

/// Draws tabs into the first row of `area`, the open one in brackets; returns the columns used.
/// What does not fit is left out on the side that is farther from the open one.
pub fn line_of_tabs<'a>(
    tabs: impl Iterator<Item = (&'a str, bool)>,
    area: Rect,
    canvas: &mut Canvas<'_>,
) -> u16 {
    let tabs: Vec<(&str, bool)> = tabs.collect();
    let end = tabs.iter().position(|(_, open)| *open).unwrap_or(0);
    let columns = |from: usize| -> usize {
        let shown = tabs.iter().take(end + 1).skip(from);
        shown.map(|(name, _)| text::width(name) + 2).sum()
    };
    let from = (0..end)
        .find(|from| columns(*from) <= usize::from(area.width))
        .unwrap_or(end);
    let mut x = 0;
    for (name, open) in tabs.into_iter().skip(from) {
        let (role, label) = if open {
            (Role::TabActive, format!("[{name}]"))
        } else {
            (Role::Tab, format!(" {name} "))
        };
        x += canvas.put(area, x, 0, role, &label);
    }
    x
}

/// An area without a column on either side.
pub fn padded(area: Rect) -> Rect {
    Rect {
        x: area.x + 1,
        width: area.width.saturating_sub(2),
        ..area
    }
}
