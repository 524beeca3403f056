//! Lines above a view: the alerts that cannot wait; open guards and which list is shown in the
//! Removals view; numbers in the Health view.

use ratatui::layout::Rect;

use super::{Canvas, page};
use crate::model::alert::Severity;
use crate::model::guard::{Batch, GuardAction, GuardStatus, Verdict};
use crate::text::clean;
use crate::tui::state::pane::{Pane, View};
use crate::tui::state::{Model, alerts, health};
use crate::tui::theme::Role;
use crate::tui::widget::rich::Line;

/// Draws them; lists come before guards when there is room for one of them only.
pub fn draw(model: &Model, area: Rect, canvas: &mut Canvas<'_>) {
    let mut y = 0;
    if let Some(line) = banner(model) {
        canvas.line(page::padded(area), y, &line);
        y += 1;
    }
    if let (View::Health, Some(health)) = (model.view, &model.health.now) {
        let told = health::deliveries(&model.health.targets, model.now, model.size.1);
        for line in health::lines(health, model.size).into_iter().chain(told) {
            canvas.line(page::padded(area), y, &line);
            y += 1;
        }
    }
    if model.view != View::Removals {
        return;
    }
    let alarms = model.removals.alarms().take(2);
    for (guard, batch) in alarms {
        canvas.line(page::padded(area), y, &alarm(guard, batch));
        y += 1;
    }
    if y < area.height {
        let row = Rect {
            y: area.y + y,
            height: 1,
            ..area
        };
        let panes = Pane::REMOVALS.iter();
        let tabs = panes.map(|pane| (pane.name(), *pane == model.removals.pane));
        page::line_of_tabs(tabs, page::padded(row), canvas);
    }
}

/// The worst alert that nobody has seen, and how many more there are.
fn banner(model: &Model) -> Option<Line> {
    let (worst, more) = alerts::banner(model)?;
    let (_, word, role) = alerts::severity(worst.severity);
    let mark = if worst.severity == Severity::Critical {
        "!!"
    } else {
        "▲"
    };
    let more = match more {
        0 => String::new(),
        more => format!("+{more} more  "),
    };
    Some(vec![
        (role, format!("{mark} {word}  {}  ", worst.rule.title())),
        (Role::Subject, format!("{}  ", clean(&worst.subject))),
        (Role::Dim, format!("{more}2 alerts")),
    ])
}

fn alarm(guard: &GuardStatus, batch: &Batch) -> Line {
    let org = &guard.org_name;
    let number = batch.id;
    let Some(verdict) = batch.verdict else {
        let (state, step) = match batch.action {
            GuardAction::Freeze => (format!("{} frozen", batch.frozen), "a approve, r restore"),
            GuardAction::Reject => (format!("{} refused", batch.removals), "a closes it"),
            GuardAction::Alert => (format!("{} let through", batch.removals), "a closes it"),
        };
        return vec![
            (Role::Crit, format!("!! GUARD OPEN  {state}  {org}  ")),
            (Role::Text, format!("{}  ", batch.why)),
            (Role::Dim, format!("{step} (list Guard)")),
        ];
    };
    let doing = match verdict {
        Verdict::Approve => "APPROVING",
        Verdict::Restore => "RESTORING",
    };
    let done = batch.removals.saturating_sub(batch.frozen);
    let progress = format!("{done} of {} done, {} left", batch.removals, batch.frozen);
    vec![
        (Role::Warn, format!("▲ {doing}  ")),
        (Role::Text, format!("{progress}  ")),
        (Role::Dim, format!("{org}  batch {number}")),
    ]
}
