//! `scimtop users …` and `scimtop groups …`

use serde::Serialize;

use super::CommandError;
use super::args::directory::{GroupsCommand, Listed, UsersCommand};
use super::deletions;
use super::history::history;
use super::out::{Out, find_org};
use super::roles;
use crate::ops::api::directory::{
    DirectoryPage, DirectoryQuery, GroupDetail, GroupLine, UserDetail, UserLine,
};
use crate::ops::api::{Ops, Reply};
use crate::scim::schema::Kind;

pub(super) async fn users(
    ops: &dyn Ops,
    org: &str,
    command: UsersCommand,
    out: &mut Out,
) -> Result<(), CommandError> {
    match command {
        UsersCommand::List(which) => {
            let (users, more) = list(ops, org, which, |query| ops.users(query)).await?;
            let heads = [
                "USERNAME",
                "DISPLAY",
                "EXTERNAL ID",
                "ACTIVE",
                "GROUPS",
                "CONTENT",
                "ID",
            ];
            table(&users, heads, user_row, more, out)
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
            let (groups, more) = list(ops, org, which, |query| ops.groups(query)).await?;
            let heads = ["DISPLAYNAME", "EXTERNAL ID", "MEMBERS", "ROLES", "ID"];
            table(&groups, heads, group_row, more, out)
        }
        GroupsCommand::Show { group } => show_group(&ops.group(org, &group).await?, out),
        GroupsCommand::History { group, part } => {
            history(ops, org, (Kind::Group, &group), part, out).await
        }
    }
}

/// As many lines as are asked for, page by page, and whether there are more.
async fn list<'a, L>(
    ops: &dyn Ops,
    org: &str,
    which: Listed,
    mut read: impl FnMut(DirectoryQuery) -> Reply<'a, DirectoryPage<L>>,
) -> Result<(Vec<L>, bool), CommandError> {
    let org = find_org(ops, org).await?.id;
    let (mut lines, mut after, mut left) = (Vec::new(), None, which.limit);
    while left > 0 {
        let query = DirectoryQuery {
            org: Some(org),
            filter: which.filter.clone(),
            sort: which.sort.into(),
            descending: which.reverse,
            after,
            limit: left,
        };
        let page = read(query).await?;
        left = left.saturating_sub(u32::try_from(page.items.len()).unwrap_or(left));
        lines.extend(page.items);
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    Ok((lines, after.is_some()))
}

fn table<L: Serialize, const N: usize>(
    lines: &[L],
    heads: [&str; N],
    row: impl FnMut(&L) -> [String; N],
    more: bool,
    out: &mut Out,
) -> Result<(), CommandError> {
    if out.json() {
        return Ok(out.value(&lines)?);
    }
    let rows: Vec<_> = lines.iter().map(row).collect();
    out.table(heads, &rows)?;
    if more {
        out.line("There are more: raise --limit, or narrow with --filter.")?;
    }
    Ok(())
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
