//! What lies over a view: the list of keys, and the question what quitting means.

use ratatui::layout::Rect;

use super::Canvas;
use super::detail::padded;
use crate::text::fit;
use crate::tui::keymap::{Context, bindings};
use crate::tui::state::Model;
use crate::tui::theme::Role;
use crate::tui::widget::rich::Line;

/// The keys, from line `from` on.
pub fn help(model: &Model, from: usize, canvas: &mut Canvas<'_>) {
    let area = padded(model.areas().body);
    let lines = help_lines();
    let from = from.min(lines.len().saturating_sub(usize::from(area.height)));
    for (line, y) in lines.iter().skip(from).zip(0..area.height) {
        canvas.line(area, y, line);
    }
}

fn help_lines() -> Vec<Line> {
    let mut lines = Vec::new();
    for (title, context) in [
        ("LIVE", Context::Live),
        ("OPENED EXCHANGE", Context::Detail),
        ("FILTER", Context::Filter),
        ("COPY (after y)", Context::Copying),
    ] {
        lines.push(vec![(Role::Title, title.to_owned())]);
        for binding in bindings(context) {
            let keys: Vec<String> = binding.keys.iter().map(|key| key.name()).collect();
            lines.push(vec![
                (Role::Key, format!("  {} ", fit(&keys.join(" "), 18))),
                (Role::Text, binding.help.to_owned()),
            ]);
        }
        lines.push(Line::new());
    }
    lines.push(vec![(Role::Title, "FILTER LANGUAGE".to_owned())]);
    for text in [
        "client:okta op:delete,deactivate status>=400 latency>200ms since:10m",
        "subject: user: group: org: token: method: quirk: path: what: source: request:",
        "words match subject, path and what was done; and or not ( ); \"in quotes\"",
    ] {
        lines.push(vec![(Role::Text, format!("  {text}"))]);
    }
    lines
}

/// What quitting would do.
pub fn quit(model: &Model, canvas: &mut Canvas<'_>) {
    let screen = model.areas().body;
    let text = [
        "The endpoint runs in this process.",
        "Stopping it makes identity providers fail until it runs again.",
        "",
        "s    stop the endpoint and leave",
        "Esc  stay",
    ];
    let width = 68.min(screen.width);
    let height = 7.min(screen.height);
    let area = Rect::new(
        (screen.width - width) / 2,
        screen.y + (screen.height - height) / 2,
        width,
        height,
    );
    canvas.clear(area);
    canvas.rule(area, 0);
    canvas.rule(area, height - 1);
    for (text, y) in text.iter().zip(1..height.saturating_sub(1)) {
        canvas.put(area, 2, y, Role::Text, text);
    }
}
