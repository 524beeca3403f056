//! The confirmation of an act: what it would do, what has to be typed, and the two verbs.

use ratatui::layout::Rect;

use super::{Canvas, dialog, field};
use crate::text;
use crate::tui::layout::DIALOG;
use crate::tui::state::Model;
use crate::tui::state::acts::{Act, Confirm};
use crate::tui::theme::Role;
use crate::tui::widget::rich::{Line, entry};

/// Draws it over the view.
pub fn draw(model: &Model, confirm: &Confirm, canvas: &mut Canvas<'_>) {
    let body = model.areas().body;
    let width = body.width.min(DIALOG);
    let columns = usize::from(width.saturating_sub(4));
    let above = above(confirm, columns);
    let rows = 2 + u16::from(confirm.to.is_some());
    let wanted = u16::try_from(above.len()).unwrap_or(u16::MAX);
    let roomy = wanted.saturating_add(2 * rows + 2);
    let height = roomy.min(body.height);
    // Without room for all of it, the empty lines go first.
    let below = if height < roomy { rows } else { 2 * rows };
    let area = dialog::centred(body, width, height);
    let (title, role) = match confirm.act {
        Act::Purge(_) => ("DESTROYS FOR GOOD", Role::Crit),
        _ => ("CHANGES THE SERVER", Role::Warn),
    };
    let inner = canvas.boxed(area, title, role);
    // The verbs are always seen, then what has to be typed; what it is about goes first.
    let room = inner.height.saturating_sub(below);
    let gaps = below > rows;
    for (line, y) in above.iter().zip(0..room) {
        canvas.line(inner, y, line);
    }
    let lower = Rect {
        y: inner.y + room,
        height: inner.height - room,
        ..inner
    };
    fields(confirm, gaps, lower, canvas);
}

/// What it is about and what it would do.
fn above(confirm: &Confirm, columns: usize) -> Vec<Line> {
    let title = format!("{} {}", confirm.act.verb(), confirm.about);
    let mut lines = vec![vec![(Role::Title, text::clean(&title))], Line::new()];
    match &confirm.plan {
        Some(Ok(plan)) => {
            for (name, text) in &plan.facts {
                lines.extend(entry(name, text, columns));
            }
            if !plan.possible {
                lines.extend(entry("", "There is nothing to do.", columns));
            }
        }
        Some(Err(why)) => {
            let broken = text::wrap(&text::clean(&format!("! {why}")), columns);
            lines.extend(broken.into_iter().map(|text| vec![(Role::Crit, text)]));
        }
        None if confirm.to.is_some() => {
            lines.extend(entry(
                "",
                "Say to whom; what would happen stands here then.",
                columns,
            ));
        }
        None => lines.extend(entry("", "asking what would happen", columns)),
    }
    lines
}

/// From the bottom up: verbs, what has to be typed, the receiver.
fn fields(confirm: &Confirm, gaps: bool, area: Rect, canvas: &mut Canvas<'_>) {
    let mut rows = (0..area.height).rev();
    let mut next = || {
        let y = rows.next();
        if gaps {
            rows.next();
        }
        y.map(|y| Rect {
            y: area.y + y,
            height: 1,
            ..area
        })
    };
    if let Some(row) = next() {
        verbs(confirm, row, canvas);
    }
    if let Some(row) = next() {
        let label = match confirm.word.as_str() {
            "" => format!("Then type the {} to confirm:", confirm.named),
            word => {
                let full = format!("Type {word} ({}) to confirm:", confirm.named);
                // What is typed needs as much room as the word.
                if text::width(&full) + text::width(word) + 2 <= usize::from(row.width) {
                    full
                } else {
                    format!("Type {word} to confirm:")
                }
            }
        };
        let x = canvas.put(row, 0, 0, Role::Text, &short(&label, row)) + 1;
        let typing = !confirm.in_to;
        field::draw(&confirm.input, None, typing, from(row, x), canvas);
    }
    if let Some(to) = &confirm.to
        && let Some(row) = next()
    {
        let label = "To (userName or id of a live user):";
        let x = canvas.put(row, 0, 0, Role::Text, &short(label, row)) + 1;
        field::draw(to, None, confirm.in_to, from(row, x), canvas);
    }
}

/// A label that leaves room for what is typed behind it.
fn short(label: &str, row: Rect) -> String {
    text::cut(&text::clean(label), usize::from(row.width / 4 * 3))
}

fn from(row: Rect, x: u16) -> Rect {
    let x = x.min(row.width);
    Rect {
        x: row.x + x,
        width: row.width - x,
        ..row
    }
}

fn verbs(confirm: &Confirm, row: Rect, canvas: &mut Canvas<'_>) {
    let act = format!("{} {}", confirm.act.verb(), confirm.about);
    let mut x = 0;
    for (chosen, label) in [
        (!confirm.agreed, "Keep as it is"),
        (confirm.agreed, act.as_str()),
    ] {
        let (mark, role) = if chosen {
            ("> ", Role::Title)
        } else {
            ("  ", Role::Text)
        };
        let used = canvas.put(row, x, 0, role, &format!("{mark}{label} "));
        if chosen {
            canvas.fill(
                Rect {
                    width: used,
                    ..from(row, x)
                },
                Role::Selection,
            );
        }
        x += used + 4;
    }
}
