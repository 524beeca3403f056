//! `scimtop users …` and `scimtop groups …`

use serde::Serialize;
use serde_json::Value;

use super::CommandError;
use super::args::directory::{GroupsCommand, Listed, Part, UsersCommand};
use super::deletions;
use super::events::actor;
use super::out::{Out, find_org};
use super::roles;
use crate::ids::ResourceId;
use crate::model::event::{Event, EventKind};
use crate::ops::api::directory::{
    DirectoryPage, DirectoryQuery, GroupDetail, GroupLine, HistoryPage, UserDetail, UserLine,
};
use crate::ops::api::{Ops, Reply};
use crate::scim::schema::Kind;

/// Changes of one event that are told one by one.
const TOLD: usize = 3;

pub(super) async fn users(
    ops: &dyn Ops,
    org: &str,
    command: UsersCommand,
    out: &mut Out,
) -> Result<(), CommandError> {
    match command {
        UsersCommand::List(which) => {
            let users = list(ops, org, which, |query| ops.users(query)).await?;
            let heads = [
                "USERNAME",
                "DISPLAY",
                "EXTERNAL ID",
                "ACTIVE",
                "GROUPS",
                "CONTENT",
                "ID",
            ];
            table(&users, heads, user_row, out)
        }
        UsersCommand::Show { user } => show_user(&ops.user(org, &user).await?, out),
        UsersCommand::Access { user } => roles::access(ops, org, &user, out).await,
        UsersCommand::History { user, part } => {
            history(ops, org, (Kind::User, &user), part, out).await
        }
    }
}

pub(super) async fn groups(
    ops: &dyn Ops,
    org: &str,
    command: GroupsCommand,
    out: &mut Out,
) -> Result<(), CommandError> {
    match command {
        GroupsCommand::List(which) => {
            let groups = list(ops, org, which, |query| ops.groups(query)).await?;
            let heads = ["DISPLAYNAME", "EXTERNAL ID", "MEMBERS", "ROLES", "ID"];
            table(&groups, heads, group_row, out)
        }
        GroupsCommand::Show { group } => show_group(&ops.group(org, &group).await?, out),
        GroupsCommand::History { group, part } => {
            history(ops, org, (Kind::Group, &group), part, out).await
        }
    }
}

/// As many lines as are asked for, page by page.
async fn list<'a, L>(
    ops: &dyn Ops,
    org: &str,
    which: Listed,
    mut read: impl FnMut(DirectoryQuery) -> Reply<'a, DirectoryPage<L>>,
) -> Result<Vec<L>, CommandError> {
    let org = find_org(ops, org).await?.id;
    let (mut lines, mut after) = (Vec::new(), None);
    loop {
        let left = which
            .limit
            .saturating_sub(u32::try_from(lines.len()).unwrap_or(u32::MAX));
        if left == 0 {
            return Ok(lines);
        }
        let query = DirectoryQuery {
            org: Some(org),
            filter: which.filter.clone(),
            after,
            limit: left,
        };
        let page = read(query).await?;
        lines.extend(page.items);
        after = page.next;
        if after.is_none() {
            return Ok(lines);
        }
    }
}

fn table<L: Serialize, const N: usize>(
    lines: &[L],
    heads: [&str; N],
    row: impl FnMut(&L) -> [String; N],
    out: &mut Out,
) -> Result<(), CommandError> {
    if out.json() {
        return Ok(out.value(&lines)?);
    }
    let rows: Vec<_> = lines.iter().map(row).collect();
    Ok(out.table(heads, &rows)?)
}

fn user_row(user: &UserLine) -> [String; 7] {
    [
        user.user_name.clone(),
        user.display_name.clone(),
        user.external_id.clone().unwrap_or_default(),
        if user.active { "yes" } else { "no" }.to_owned(),
        user.groups.to_string(),
        user.content.to_string(),
        user.id.to_string(),
    ]
}

fn group_row(group: &GroupLine) -> [String; 5] {
    [
        group.display_name.clone(),
        group.external_id.clone().unwrap_or_default(),
        group.members.to_string(),
        carried(group),
        group.id.to_string(),
    ]
}

fn carried(group: &GroupLine) -> String {
    let roles = group.roles.iter();
    let roles = roles.map(|(role, source)| format!("{role} ({})", roles::source(*source)));
    roles.collect::<Vec<_>>().join(", ")
}

fn show_user(user: &UserDetail, out: &mut Out) -> Result<(), CommandError> {
    if out.json() {
        return Ok(out.value(user)?);
    }
    let line = &user.line;
    let groups = user.resource["groups"].as_array().into_iter().flatten();
    let groups: Vec<_> = groups
        .map(|group| {
            let name = group["display"].as_str().unwrap_or_default();
            match group["type"].as_str() {
                Some("indirect") => format!("{name} (nested)"),
                _ => name.to_owned(),
            }
        })
        .collect();
    let others: Vec<_> = user.other_orgs.iter().map(ToString::to_string).collect();
    let removals: Vec<_> = user
        .removals
        .iter()
        .map(|gone| format!("{} ({})", gone.seq, deletions::state(gone)))
        .collect();
    Ok(out.pairs(&[
        ("userName", line.user_name.clone()),
        ("displayName", line.display_name.clone()),
        ("id", line.id.to_string()),
        ("externalId", line.external_id.clone().unwrap_or_default()),
        ("org", line.org.to_string()),
        ("active", if line.active { "yes" } else { "no" }.to_owned()),
        ("groups", groups.join(", ")),
        ("roles", user.roles.join(", ")),
        ("content", deletions::counts(&user.content)),
        ("heir", user.heir.user_name.clone()),
        ("other orgs", others.join(", ")),
        ("earlier removals", removals.join(", ")),
        ("created", line.created.to_string()),
        ("last modified", line.modified.to_string()),
    ])?)
}

fn show_group(group: &GroupDetail, out: &mut Out) -> Result<(), CommandError> {
    if out.json() {
        return Ok(out.value(group)?);
    }
    let line = &group.line;
    out.pairs(&[
        ("displayName", line.display_name.clone()),
        ("id", line.id.to_string()),
        ("externalId", line.external_id.clone().unwrap_or_default()),
        ("org", line.org.to_string()),
        ("roles", carried(line)),
        ("members", line.members.to_string()),
        ("created", line.created.to_string()),
        ("last modified", line.modified.to_string()),
    ])?;
    let rows: Vec<[String; 3]> = group
        .members
        .iter()
        .map(|member| {
            [
                member.display.clone(),
                member.kind.as_str().to_owned(),
                member.id.to_string(),
            ]
        })
        .collect();
    if !rows.is_empty() {
        out.line("")?;
        out.table(["MEMBER", "TYPE", "ID"], &rows)?;
    }
    Ok(())
}

async fn history(
    ops: &dyn Ops,
    org: &str,
    (kind, which): (Kind, &str),
    part: Part,
    out: &mut Out,
) -> Result<(), CommandError> {
    let page = HistoryPage {
        after: part.after,
        limit: part.limit,
    };
    let events = ops.history(org, kind, which, page).await?;
    let heads = [
        "EVENT", "TIME", "KIND", "SUBJECT", "WHAT", "BY", "CAUSE", "REQUEST",
    ];
    // A removed user may have been named by its name; what happened to it tells its id.
    let whose = ResourceId::parse(which).or_else(|| {
        let own = |event: &&Event| event.kind.as_str().starts_with("user-");
        events.iter().find(own).and_then(|event| event.subject)
    });
    let whose = whose.filter(|_| kind == Kind::User);
    table(&events, heads, |event| history_row(event, whose), out)
}

fn history_row(event: &Event, whose: Option<ResourceId>) -> [String; 8] {
    let request = event.request.map(|request| request.to_string());
    [
        event.seq.to_string(),
        event.at.to_string(),
        event.kind.as_str().to_owned(),
        event.detail["subject"]
            .as_str()
            .unwrap_or_default()
            .to_owned(),
        whose
            .and_then(|id| moved(event, id))
            .map_or_else(|| what(event), str::to_owned),
        actor(&event.actor),
        event.cause.clone(),
        request.unwrap_or_default(),
    ]
}

/// How an event about a group moved a user.
fn moved(event: &Event, user: ResourceId) -> Option<&'static str> {
    if event.subject == Some(user) {
        return None;
    }
    let user = user.to_string();
    let among = |key: &str| {
        let changes = event.detail["changes"].as_array().into_iter().flatten();
        let mut ids = changes
            .filter_map(|change| change[key].as_array())
            .flatten();
        ids.any(|id| *id == *user)
    };
    if among("added") {
        Some("joined")
    } else if among("removed") || event.kind == EventKind::GroupDeleted {
        Some("left")
    } else {
        None
    }
}

/// What an event changed, in a line.
fn what(event: &Event) -> String {
    let changes = event.detail["changes"].as_array();
    let changes: Vec<_> = changes.into_iter().flatten().collect();
    let mut told: Vec<_> = changes
        .iter()
        .take(TOLD)
        .map(|change| one(change))
        .collect();
    if changes.len() > TOLD {
        told.push(format!("{} more", changes.len() - TOLD));
    }
    told.join("; ")
}

/// `title Boss → Queen`, `members +2 −1`.
fn one(change: &Value) -> String {
    let path = change["path"].as_str().unwrap_or_default();
    let count = |key: &str| change[key].as_array().map_or(0, Vec::len);
    match (count("added"), count("removed")) {
        (0, 0) => format!(
            "{path} {} → {}",
            brief(&change["before"]),
            brief(&change["after"])
        ),
        (added, 0) => format!("{path} +{added}"),
        (0, removed) => format!("{path} −{removed}"),
        (added, removed) => format!("{path} +{added} −{removed}"),
    }
}

fn brief(value: &Value) -> String {
    match value {
        Value::Null => "–".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(_) | Value::Object(_) => "…".to_owned(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn changes_are_told_briefly() {
        for (change, expected) in [
            (
                json!({ "path": "title", "before": "Boss", "after": "Queen" }),
                "title Boss → Queen",
            ),
            (
                json!({ "path": "active", "before": true, "after": false }),
                "active true → false",
            ),
            (
                json!({ "path": "emails", "before": [1], "after": null }),
                "emails … → –",
            ),
            (
                json!({ "path": "members", "added": ["a", "b"], "removed": [] }),
                "members +2",
            ),
            (json!({ "path": "members", "removed": ["a"] }), "members −1"),
            (
                json!({ "path": "members", "added": ["a"], "removed": ["b"] }),
                "members +1 −1",
            ),
        ] {
            assert_eq!(one(&change), expected);
        }
    }
}
