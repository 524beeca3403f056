//! The Groups view's state, and what an opened group shows.

use crate::clock::Timestamp;
use crate::ops::api::Kind;
use crate::ops::api::directory::{GroupDetail, GroupLine};
use crate::text::{clean, fit};
use crate::tui::call::Call;
use crate::tui::keymap::{Command, Keys};
use crate::tui::state::list::{Keyed, List, Wanted};
use crate::tui::state::open::Open;
use crate::tui::state::removals::when;
use crate::tui::state::users::{listed, query, source};
use crate::tui::theme::Role;
use crate::tui::widget::rich::{Line, fact, line, paragraph};

/// State of the view.
#[derive(Debug, Default)]
pub struct Groups {
    /// The groups.
    pub list: List<GroupLine>,
    /// The opened one.
    pub open: Option<Open>,
}

impl Keyed for GroupLine {
    fn key(&self) -> u128 {
        self.id.0.as_u128()
    }
}

/// The call for a part of the list.
pub fn call(wanted: Wanted) -> Call {
    Call::Groups(query(wanted))
}

/// The roles of a group, each with its source.
pub fn roles(group: &GroupLine) -> String {
    let named = |(role, by): &(String, _)| format!("{role} ({})", source(*by));
    let roles: Vec<String> = group.roles.iter().map(named).collect();
    listed(&roles)
}

/// What the list knows of a group.
pub fn outline(
    group: &GroupLine,
    org: &str,
    now: Timestamp,
    keys: Keys<'_>,
    columns: usize,
) -> Vec<Line> {
    let mut lines = vec![headline(group)];
    lines.extend(fact("org", org, columns));
    lines.extend(fact("id", &group.id.to_string(), columns));
    let external = group.external_id.as_deref().unwrap_or("none");
    lines.extend(fact("external", external, columns));
    lines.extend(fact("created", &when(group.created, now), columns));
    lines.extend(fact("modified", &when(group.modified, now), columns));
    lines.extend(fact("roles", &roles(group), columns));
    lines.push(Line::new());
    let (why, step) = explain(group, keys);
    lines.extend(paragraph("why", Role::Text, why, columns));
    lines.extend(paragraph("do", Role::Text, &step, columns));
    lines
}

/// Name and size in a line.
pub fn headline(group: &GroupLine) -> Line {
    let members = match group.members {
        1 => "1 member".to_owned(),
        count => format!("{count} members"),
    };
    vec![
        (Role::Subject, clean(&group.display_name)),
        (Role::Text, format!("  {members}")),
    ]
}

/// Why a group is as it is, and the next step.
pub fn explain(group: &GroupLine, keys: Keys<'_>) -> (&'static str, String) {
    match (group.members, group.roles.is_empty()) {
        (0, _) => (
            "the group is there, but the identity provider has put nobody into it",
            "push its members: Okta Push Groups, Entra provisioning scope".to_owned(),
        ),
        (_, true) => (
            "its members gain no privilege: the group carries no role",
            "give it one: scimtop roles grant".to_owned(),
        ),
        (_, false) => (
            "its members have the privileges of these roles as long as they are in it",
            format!("{} lists its members", keys.to(Command::ToUsers)),
        ),
    }
}

/// The members of an opened group.
/// `selected` is the one that can be opened.
pub fn members(detail: &GroupDetail, selected: usize, keys: Keys<'_>, columns: usize) -> Vec<Line> {
    if detail.members.is_empty() {
        return vec![line(Role::Dim, "no members")];
    }
    // Beside the kind and an id.
    let name = columns.saturating_sub(9 + 38).clamp(8, 40);
    let mut lines: Vec<Line> = detail
        .members
        .iter()
        .enumerate()
        .map(|(number, member)| {
            let kind = match member.kind {
                Kind::User => "user ",
                Kind::Group => "group",
            };
            let mark = if number == selected { "> " } else { "  " };
            vec![
                (Role::Text, mark.to_owned()),
                (Role::Dim, format!("{kind}  ")),
                (Role::Subject, fit(&clean(&member.display), name)),
                (Role::Dim, format!("  {}", member.id)),
            ]
        })
        .collect();
    let listed = u64::try_from(detail.members.len()).unwrap_or(u64::MAX);
    if let Some(more) = detail
        .line
        .members
        .checked_sub(listed)
        .filter(|more| *more > 0)
    {
        let text = format!("… {more} more; {} lists all", keys.to(Command::ToUsers));
        lines.push(vec![(Role::Dim, text)]);
    }
    lines
}
