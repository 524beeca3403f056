//! Events as lines: the history of a user or group.

use serde_json::Value;

use crate::model::event::{Event, EventKind};
use crate::text::clean;
use crate::tui::state::Model;
use crate::tui::state::removal::actor;
use crate::tui::theme::Role;
use crate::tui::widget::rich::{Line, line};

/// One line an event, oldest first, with the attributes that it changed.
pub fn lines(model: &Model, events: &[Event]) -> Vec<Line> {
    if events.is_empty() {
        return vec![line(Role::Dim, "no events are kept")];
    }
    events.iter().map(|event| one(model, event)).collect()
}

fn one(model: &Model, event: &Event) -> Line {
    let (glyph, role) = severity(event.kind);
    let at = event.at.to_utc().format("%Y-%m-%d %H:%M:%S");
    let mut line = vec![
        (role, format!("{glyph} ")),
        (Role::Dim, format!("{at}  ")),
        (role, format!("{:<16} ", event.kind.as_str())),
        (Role::Client, actor(model, &event.actor)),
    ];
    if !event.cause.is_empty() {
        line.push((Role::Text, format!("  {}", clean(&event.cause))));
    }
    let paths = changed(&event.detail);
    if !paths.is_empty() {
        line.push((Role::Dim, format!("  {paths}")));
    }
    line.push((Role::Dim, format!("  #{}", event.seq)));
    line
}

const fn severity(kind: EventKind) -> (&'static str, Role) {
    match kind {
        EventKind::UserRemoved | EventKind::GroupDeleted | EventKind::UserErased => {
            ("D", Role::Removed)
        }
        EventKind::UserHeld => ("H", Role::Warn),
        EventKind::UserCreated
        | EventKind::GroupCreated
        | EventKind::UserRestored
        | EventKind::UserReturned => ("+", Role::Created),
        _ => (" ", Role::Changed),
    }
}

/// Names of the attributes that an event changed, without their values.
fn changed(detail: &Value) -> String {
    let changes = detail["changes"].as_array();
    let paths: Vec<String> = changes
        .into_iter()
        .flatten()
        .filter_map(|change| change["path"].as_str())
        .map(clean)
        .collect();
    paths.join(", ")
}
