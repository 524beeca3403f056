//! Events as lines: the history of a user or group.

use crate::model::event::{Event, EventKind};
use crate::text::{clean, wrap};
use crate::tui::state::Model;
use crate::tui::state::removal::actor;
use crate::tui::theme::Role;
use crate::tui::widget::rich::{Line, line};

/// Where what happened begins, behind glyph and time.
const INDENT: usize = 23;

/// One line an event, oldest first, and below it the attributes that it changed.
pub fn lines(model: &Model, events: &[Event], columns: usize) -> Vec<Line> {
    if events.is_empty() {
        return vec![line(Role::Dim, "no events are kept")];
    }
    let one = |event| {
        let paths = wrap(&changed(event), columns.saturating_sub(INDENT));
        let paths = paths.into_iter().filter(|paths| !paths.is_empty());
        let indented = |paths| vec![(Role::Dim, format!("{:INDENT$}{paths}", ""))];
        std::iter::once(headline(model, event)).chain(paths.map(indented))
    };
    events.iter().flat_map(one).collect()
}

fn headline(model: &Model, event: &Event) -> Line {
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
    line.push((Role::Dim, format!("  #{}", event.seq)));
    line
}

/// Glyph and role of a kind of event.
pub const fn severity(kind: EventKind) -> (&'static str, Role) {
    match kind {
        EventKind::UserRemoved | EventKind::GroupDeleted | EventKind::UserErased => {
            ("D", Role::Removed)
        }
        EventKind::UserHeld => ("H", Role::Warn),
        EventKind::GuardOpened => ("!", Role::Crit),
        EventKind::TokenRevoked => ("×", Role::Warn),
        EventKind::UserCreated
        | EventKind::GroupCreated
        | EventKind::UserRestored
        | EventKind::UserReturned => ("+", Role::Created),
        _ => (" ", Role::Changed),
    }
}

/// Names of the attributes that an event changed, without their values.
fn changed(event: &Event) -> String {
    let changes = event.detail["changes"].as_array();
    let paths: Vec<String> = changes
        .into_iter()
        .flatten()
        .filter_map(|change| change["path"].as_str())
        .map(|path| clean(short(path)))
        .collect();
    paths.join(", ")
}

/// A path with no more of its schema's URN than the resource: `User:department`.
fn short(path: &str) -> &str {
    if !path.starts_with("urn:") {
        return path;
    }
    let colon = path.rmatch_indices(':').nth(1);
    colon.map_or(path, |(at, _)| &path[at + 1..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schema_is_named_by_its_resource() {
        let enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value";
        for (path, shown) in [
            (enterprise, "User:manager.value"),
            ("name.givenName", "name.givenName"),
            ("urn:x", "urn:x"),
        ] {
            assert_eq!(short(path), shown);
        }
    }
}
