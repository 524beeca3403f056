//! Lines above the lists of the Removals view: open guards, and which list is shown.

use ratatui::layout::Rect;

use super::{Canvas, page};
use crate::model::guard::{Batch, GuardAction, GuardStatus, Verdict};
use crate::tui::state::Model;
use crate::tui::state::pane::{Pane, View};
use crate::tui::theme::Role;
use crate::tui::widget::rich::Line;

/// Draws them; lists come before guards when there is room for one of them only.
pub fn draw(model: &Model, area: Rect, canvas: &mut Canvas<'_>) {
    if model.view != View::Removals {
        return;
    }
    let alarms = model.removals.alarms().take(2);
    let mut y = 0;
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
