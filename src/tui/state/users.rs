//! The Users view's state, and what an opened user shows.

use crate::clock::Timestamp;
use crate::ids::OrgId;
use crate::model::role::{Access, RoleSource};
use crate::ops::api::content::ContentPage;
use crate::ops::api::directory::{
    DirectoryPage, DirectoryQuery, DirectorySort, UserDetail, UserLine,
};
use crate::text::{clean, cut, fit};
use crate::tui::call::Call;
use crate::tui::heads::Way;
use crate::tui::keymap::{Command, Keys};
use crate::tui::state::list::{Keyed, List, Rows, Wanted};
use crate::tui::state::open::Open;
use crate::tui::state::removal::counts;
use crate::tui::state::removals::{state, when};
use crate::tui::theme::Role;
use crate::tui::widget::rich::{Line, fact, line, paragraph};

/// State of the view.
#[derive(Debug, Default)]
pub struct Users {
    /// The users.
    pub list: List<UserLine>,
    /// The opened one.
    pub open: Option<Open>,
}

impl Keyed for UserLine {
    fn key(&self) -> u128 {
        self.id.0.as_u128()
    }
}

/// The query for a part of a list of users or groups.
pub fn query(wanted: Wanted) -> DirectoryQuery {
    let sort = match wanted.order.by {
        Some("USER" | "GROUP") => DirectorySort::Name,
        Some("NAME") => DirectorySort::Display,
        Some("MODIFIED") => DirectorySort::Modified,
        _ => DirectorySort::Created,
    };
    DirectoryQuery {
        sort,
        descending: wanted.order.way == Way::Down,
        filter: wanted.filter,
        after: wanted.after,
        limit: wanted.limit,
        ..DirectoryQuery::default()
    }
}

/// The call for a part of the list.
pub fn call(wanted: Wanted) -> Call {
    Call::Users(query(wanted))
}

impl<T> From<DirectoryPage<T>> for Rows<T> {
    fn from(page: DirectoryPage<T>) -> Self {
        Self {
            items: page.items,
            total: page.total,
            next: page.next,
        }
    }
}

/// What the list knows of a user.
pub fn outline(user: &UserLine, org: &str, now: Timestamp, columns: usize) -> Vec<Line> {
    let mut lines = vec![headline(user)];
    lines.extend(fact("name", &user.display_name, columns));
    lines.extend(fact("org", org, columns));
    lines.extend(fact("id", &user.id.to_string(), columns));
    let external = user.external_id.as_deref().unwrap_or("none");
    lines.extend(fact("external", external, columns));
    lines.extend(fact("created", &when(user.created, now), columns));
    lines.extend(fact("modified", &when(user.modified, now), columns));
    lines.extend(fact("groups", &user.groups.to_string(), columns));
    lines
}

/// Name and state in a line.
pub fn headline(user: &UserLine) -> Line {
    let (role, word) = if user.active {
        (Role::Ok, "active")
    } else {
        (Role::Warn, "disabled")
    };
    vec![
        (Role::Subject, clean(&user.user_name)),
        (role, format!("  {word}")),
    ]
}

/// Why a user is as it is, and the next step.
pub fn explain(user: &UserLine, keys: Keys<'_>) -> (&'static str, String) {
    if user.active {
        (
            "the account lives; the identity provider is the source of truth for it",
            format!(
                "{} shows access, content, history; {} its groups, {} earlier removals",
                keys.of(Command::Open),
                keys.to(Command::ToGroups),
                keys.to(Command::ToRemovals)
            ),
        )
    } else {
        (
            "active is false: the Org's policy is suspend, so the account is kept, disabled",
            "nothing; the identity provider enables it".to_owned(),
        )
    }
}

/// The summary of an opened user.
pub fn summary(
    detail: &UserDetail,
    org: impl Fn(OrgId) -> String,
    now: Timestamp,
    keys: Keys<'_>,
    columns: usize,
) -> Vec<Line> {
    let user = &detail.line;
    let mut lines = outline(user, &org(user.org), now, columns);
    lines.extend(fact("roles", &listed(&detail.roles), columns));
    let content = format!(
        "{}; would go to {}",
        counts(&detail.content),
        detail.heir.user_name
    );
    lines.extend(fact("content", &content, columns));
    if !detail.other_orgs.is_empty() {
        let orgs: Vec<String> = detail.other_orgs.iter().map(|id| org(*id)).collect();
        let text = format!("the same userName is in {}", listed(&orgs));
        lines.extend(fact("account", &text, columns));
    }
    lines.push(Line::new());
    let (why, step) = explain_all(detail, keys);
    lines.extend(paragraph("why", Role::Text, &why, columns));
    lines.extend(paragraph("do", Role::Text, &step, columns));
    if !detail.removals.is_empty() {
        lines.push(Line::new());
        lines.push(line(Role::Column, "EARLIER REMOVALS OF THIS userName"));
    }
    for deletion in &detail.removals {
        let (glyph, word) = state(deletion);
        lines.push(vec![
            (Role::Removed, format!("{glyph} {word:<9}")),
            (Role::Dim, format!("{:<12}", when(deletion.at, now))),
            (Role::Text, format!("{:<16} ", deletion.signal.as_str())),
            (
                Role::Dim,
                cut(
                    &format!("content {}", counts(&deletion.content)),
                    columns.saturating_sub(41),
                ),
            ),
        ]);
    }
    lines
}

/// The same, knowing of earlier accounts of that name too.
fn explain_all(detail: &UserDetail, keys: Keys<'_>) -> (String, String) {
    let removed = detail.removals.len();
    if removed == 0 || !detail.line.active {
        let (why, _) = explain(&detail.line, keys);
        return (
            why.to_owned(),
            format!(
                "nothing; {} lists its groups, {} earlier removals",
                keys.to(Command::ToGroups),
                keys.to(Command::ToRemovals)
            ),
        );
    }
    let why = format!(
        "a new account: {removed} of that userName were removed before, and it owns nothing of \
         theirs"
    );
    let list = keys.to(Command::ToRemovals);
    (
        why,
        format!("{list} lists them; give back from there what moved"),
    )
}

/// What a user may do, and why.
pub fn access(access: &Access, columns: usize) -> Vec<Line> {
    if access.privileges.is_empty() {
        let text = "no privileges: no group of this user carries a role";
        return vec![line(Role::Dim, text)];
    }
    let mut lines = Vec::new();
    lines.extend(fact("roles", &listed(&access.roles), columns));
    lines.push(Line::new());
    for granted in &access.privileges {
        lines.push(line(Role::Subject, &granted.privilege));
        for path in &granted.through {
            let source = source(path.source);
            let nested = if path.direct { "" } else { " (nested)" };
            lines.push(vec![
                (Role::Dim, "  ← ".to_owned()),
                (Role::Client, clean(&path.role)),
                (Role::Dim, format!("  by {source}  ← ")),
                (Role::Text, clean(&path.group)),
                (Role::Dim, nested.to_owned()),
            ]);
        }
    }
    lines
}

/// The items that a user owns, and which of them somebody has to look at.
pub fn content(page: &ContentPage, columns: usize) -> Vec<Line> {
    if page.items.is_empty() {
        return vec![line(Role::Dim, "owns nothing")];
    }
    let title = columns.saturating_sub(2 + 13 + 24).max(8);
    let mut lines = vec![line(
        Role::Column,
        &format!("  {} {} NOTE", fit("KIND", 12), fit("TITLE", title)),
    )];
    for item in &page.items {
        let (glyph, note) = match (&item.schedule, item.verify) {
            (_, true) => ("▲ ", "verify".to_owned()),
            (Some(schedule), false) => ("  ", format!("{} {}", schedule.cron, schedule.time_zone)),
            (None, false) => ("  ", String::new()),
        };
        lines.push(vec![
            (Role::Warn, glyph.to_owned()),
            (Role::Client, format!("{} ", fit(&clean(&item.kind), 12))),
            (Role::Text, format!("{} ", fit(&clean(&item.title), title))),
            (Role::Dim, cut(&clean(&note), 23)),
        ]);
    }
    if page.next.is_some() {
        let text = "… more: scimtop content list --owner";
        lines.push(line(Role::Dim, text));
    }
    lines
}

/// How a role came to a group, in a word.
pub const fn source(source: RoleSource) -> &'static str {
    match source {
        RoleSource::Operator => "operator",
        RoleSource::Scim => "scim",
        RoleSource::Rule => "rule",
    }
}

/// Names with commas, or `none`.
pub fn listed<S: AsRef<str>>(names: &[S]) -> String {
    if names.is_empty() {
        return "none".to_owned();
    }
    let names: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
    names.join(", ")
}
