//! Text being typed: its fault underlined, its cursor visible, scrolled to the cursor.

use std::ops::Range;

use ratatui::layout::Rect;
use tui_input::Input;

use super::Canvas;
use crate::text;
use crate::tui::theme::Role;

/// Draws `input` into the first row of `area`; without `focus` there is no cursor.
pub fn draw(
    input: &Input,
    fault: Option<&Range<usize>>,
    focus: bool,
    area: Rect,
    canvas: &mut Canvas<'_>,
) {
    let value = input.value();
    let cursor: usize = value.chars().take(input.cursor()).map(char::len_utf8).sum();
    let room = usize::from(area.width.saturating_sub(1));
    let before = text::width(&text::clean(&value[..cursor]));
    let mut skip = before.saturating_sub(room);
    let mut x = 0;
    for (at, c) in value.char_indices() {
        let shown = text::clean(c.encode_utf8(&mut [0; 4]));
        let columns = text::width(&shown);
        if skip > 0 {
            skip = skip.saturating_sub(columns.max(1));
            continue;
        }
        let role = match fault {
            Some(span) if span.contains(&at) => Role::Fault,
            _ => Role::Input,
        };
        let used = canvas.put(area, x, 0, role, &shown);
        if focus && at == cursor && used > 0 {
            let cell = Rect::new(area.x + x, area.y, used, 1);
            canvas.fill(cell, Role::Selection);
        }
        x += used;
    }
    if focus && cursor == value.len() && x < area.width && area.height > 0 {
        let cell = Rect::new(area.x + x, area.y, 1, 1);
        canvas.fill(cell, Role::Selection);
    }
}
