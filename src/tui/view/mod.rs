//! State to screen: pure, changes nothing. All text goes through `Canvas`, which cleans it.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::widgets::{Clear, Widget as _};

use crate::text;
use crate::tui::layout::{Form, form};
use crate::tui::state::pane::View;
use crate::tui::state::{Mode, Model};
use crate::tui::theme::{Role, Theme};

mod bands;
mod bars;
mod columns;
mod confirm;
mod dialog;
mod field;
mod list;
mod live;
mod page;
mod palette;
mod rail;
mod storm;
mod table;
mod welcome;

pub use table::outcome;

/// Draws `model` on `buffer`.
pub fn draw(model: &Model, theme: &Theme, buffer: &mut Buffer) {
    let mut canvas = Canvas { buffer, theme };
    let screen = canvas.buffer.area;
    canvas.buffer.set_style(screen, theme.style(Role::Text));
    if screen.is_empty() {
        return;
    }
    // The model may not have heard of the newest size yet; its own is what it laid out for.
    if screen.as_size() != model.size.into() {
        return;
    }
    if form(screen.width, screen.height) == Form::Line {
        match &model.mode {
            Mode::Palette(palette) => palette::draw(model, palette, &mut canvas),
            _ => bars::line(model, &mut canvas),
        }
        return;
    }
    bars::header(model, &mut canvas);
    bars::filter(model, &mut canvas);
    if let Mode::Help(from) = &model.mode {
        dialog::help(model, *from, &mut canvas);
    } else {
        view(model, &mut canvas);
    }
    match &model.mode {
        Mode::Quit => dialog::quit(model, &mut canvas),
        Mode::Orgs(at) => dialog::orgs(model, *at, &mut canvas),
        Mode::Confirm(confirm) => confirm::draw(model, confirm, &mut canvas),
        Mode::Normal => {
            if let Some(issued) = &model.issued {
                dialog::issued(model, issued, &mut canvas);
            } else if let Some(sheet) = &model.sheet {
                dialog::sheet(model, sheet, &mut canvas);
            } else if let Some(report) = &model.report {
                dialog::report(model, report, &mut canvas);
            }
        }
        // What is copied from stays in sight.
        Mode::Copy => {
            if let Some(sheet) = &model.sheet {
                dialog::sheet(model, sheet, &mut canvas);
            }
        }
        _ => {}
    }
    bars::status(model, &mut canvas);
    bars::keys(model, &mut canvas);
    if let Mode::Palette(palette) = &model.mode {
        palette::draw(model, palette, &mut canvas);
    }
}

fn view(model: &Model, canvas: &mut Canvas<'_>) {
    if model.welcome.is_some() {
        welcome::draw(model, canvas);
    } else if model.view != View::Live {
        list::draw(model, canvas);
    } else if model.live.log.total() == 0 && model.detail.is_none() {
        welcome::draw(model, canvas);
    } else {
        live::draw(model, canvas);
    }
}

/// Replaces what is not ASCII on the screen, for terminals and locales without it.
pub fn to_ascii(buffer: &mut Buffer) {
    for cell in &mut buffer.content {
        let ascii = text::ascii(cell.symbol()).to_owned();
        cell.set_symbol(&ascii);
    }
}

/// What views draw on.
struct Canvas<'a> {
    buffer: &'a mut Buffer,
    theme: &'a Theme,
}

impl Canvas<'_> {
    /// Writes `text`, cleaned and cut, into one row of `area`, from column `x` of it on. Returns
    /// the columns used.
    fn put(&mut self, area: Rect, x: u16, y: u16, role: Role, text: &str) -> u16 {
        let room = area.width.saturating_sub(x);
        if y >= area.height || room == 0 {
            return 0;
        }
        let text = text::cut(&text::clean(text), usize::from(room));
        let style = self.theme.style(role);
        let (end, _) = self.buffer.set_stringn(
            area.x + x,
            area.y + y,
            text,
            usize::from(room),
            Style { bg: None, ..style },
        );
        if let Some(bg) = style.bg {
            let used = Rect::new(area.x + x, area.y + y, end - area.x - x, 1);
            self.buffer.set_style(used, Style::new().bg(bg));
        }
        end - area.x - x
    }

    /// Writes `text` so that it ends at the end of the row, if there is room after column `from`.
    fn put_right(&mut self, area: Rect, from: u16, y: u16, role: Role, text: &str) {
        let columns = u16::try_from(text::width(&text::clean(text))).unwrap_or(u16::MAX);
        if let Some(x) = area.width.checked_sub(columns).filter(|x| *x >= from) {
            self.put(area, x, y, role, text);
        }
    }

    /// Writes pieces one after the other.
    fn line(&mut self, area: Rect, y: u16, line: &[(Role, String)]) {
        let mut x = 0;
        for (role, text) in line {
            x += self.put(area, x, y, *role, text);
        }
    }

    /// Gives all of `area` the look of `role`.
    fn fill(&mut self, area: Rect, role: Role) {
        self.buffer.set_style(area, self.theme.style(role));
    }

    /// Empties `area`.
    fn clear(&mut self, area: Rect) {
        Clear.render(area, self.buffer);
        self.fill(area, Role::Text);
    }

    /// Empties `area` and draws a box around it, with `title` in its upper edge; returns what is
    /// inside.
    fn boxed(&mut self, area: Rect, title: &str, role: Role) -> Rect {
        self.clear(area);
        let edge = "─".repeat(usize::from(area.width.saturating_sub(2)));
        let last = area.height.saturating_sub(1);
        self.put(area, 0, 0, Role::Border, &format!("┌{edge}┐"));
        for y in 1..last {
            self.put(area, 0, y, Role::Border, "│");
            self.put(area, area.width.saturating_sub(1), y, Role::Border, "│");
        }
        self.put(area, 0, last, Role::Border, &format!("└{edge}┘"));
        let room = usize::from(area.width.saturating_sub(4));
        self.put(area, 2, 0, role, &text::cut(&format!(" {title} "), room));
        Rect {
            x: area.x + 2,
            y: area.y + 1,
            width: area.width.saturating_sub(4),
            height: area.height.saturating_sub(2),
        }
    }

    /// A line across the top of `area`.
    fn rule(&mut self, area: Rect, y: u16) {
        let line = "─".repeat(usize::from(area.width));
        self.put(area, 0, y, Role::Border, &line);
    }

    /// A line down the column before `area`.
    fn divide(&mut self, area: Rect) {
        let Some(x) = area.x.checked_sub(1).filter(|_| !area.is_empty()) else {
            return;
        };
        for y in 0..area.height {
            self.put(
                Rect {
                    x,
                    width: 1,
                    ..area
                },
                0,
                y,
                Role::Border,
                "│",
            );
        }
    }
}

#[cfg(test)]
mod tests;
