//! What a removal would take away. An estimate: SCIM does not tell what else an identity provider
//! has assigned.

use std::collections::HashSet;

use crate::engine::access;
use crate::engine::guard::{DAY, HOUR, let_through};
use crate::ids::ResourceId;
use crate::model::content::Person;
use crate::model::org::{Org, RemovalPolicy};
use crate::model::system;
use crate::model::user::{GroupRef, UserRecord};
use crate::ops::api::OpsError;
use crate::ops::api::preview::{AtRisk, Impact};
use crate::ops::directory::missing;
use crate::ops::house::House;
use crate::ops::{orgs, removal};
use crate::scim::schema::Kind;
use crate::store::{Reader, StoreError};

/// Users listed.
const LISTED: usize = 1_000;
/// Members read at a time.
const PAGE: u64 = 1_000;

/// The impact of removing a user, or of a group going.
pub(super) fn of(house: &House, org: &str, kind: Kind, which: &str) -> Result<Impact, OpsError> {
    let org = orgs::find(house, org)?;
    let impact = house.store.read(|reader| {
        reader.snapshot(|reader| {
            let found = match kind {
                Kind::User => user(reader, &org, which)?,
                Kind::Group => group(reader, &org, which)?,
            };
            let Some(mut impact) = found else {
                return Ok(None);
            };
            impact.guard_opens = opens(house, reader, &org, impact.alone_count)?;
            impact.outcome = outcome(&org, &impact);
            Ok(Some(impact))
        })
    })?;
    impact.ok_or_else(|| missing(kind))
}

fn user(reader: &Reader<'_>, org: &Org, which: &str) -> Result<Option<Impact>, StoreError> {
    let Some(user) = reader.find_user(org.id, which)? else {
        return Ok(None);
    };
    let mut impact = Impact {
        subject: user.user_name.clone(),
        users: 1,
        ..Impact::default()
    };
    risk(reader, org, &user, &mut impact)?;
    Ok(Some(impact))
}

fn group(reader: &Reader<'_>, org: &Org, which: &str) -> Result<Option<Impact>, StoreError> {
    let Some(group) = reader.find_group(org.id, which)? else {
        return Ok(None);
    };
    let mut impact = Impact {
        subject: group.display_name,
        ..Impact::default()
    };
    let mut after = None;
    loop {
        let (page, next) = reader.members_page(org.id, &group.id, after, PAGE)?;
        for member in page.iter().filter(|member| member.kind == Kind::User) {
            impact.users += 1;
            let Some(user) = reader.user(org.id, &member.id)? else {
                continue;
            };
            let stays = reader.groups_without(org.id, &user.id, &group.id)?;
            if stays.is_empty() {
                risk(reader, org, &user, &mut impact)?;
            } else {
                lose(reader, &user, &stays, &mut impact)?;
            }
        }
        match next {
            Some(position) => after = Some(position),
            None => return Ok(Some(impact)),
        }
    }
}

/// Counts the privileges that a user has now and would not have with these groups alone.
fn lose(
    reader: &Reader<'_>,
    user: &UserRecord,
    stays: &[GroupRef],
    impact: &mut Impact,
) -> Result<(), StoreError> {
    let everybody = !stays.is_empty();
    let stays: HashSet<_> = stays.iter().map(|group| group.id).collect();
    let carries =
        |group: &ResourceId| stays.contains(group) || (everybody && *group == system::ALL);
    for granted in access::effective(reader.roles_carried(user.org, &user.id)?).privileges {
        if !granted.through.iter().any(|path| carries(&path.group_id)) {
            *impact.privileges.entry(granted.privilege).or_default() += 1;
        }
    }
    Ok(())
}

/// Adds a user that would go, with all its privileges.
fn risk(
    reader: &Reader<'_>,
    org: &Org,
    user: &UserRecord,
    impact: &mut Impact,
) -> Result<(), StoreError> {
    let mut owns = 0;
    for (kind, count) in reader.content_counts(org.id, &user.id)? {
        owns += count;
        *impact.content.entry(kind).or_default() += count;
    }
    lose(reader, user, &[], impact)?;
    impact.alone_count += 1;
    if impact.alone.len() < LISTED {
        impact.alone.push(AtRisk {
            user: Person {
                id: user.id,
                user_name: user.user_name.clone(),
            },
            content: owns,
            heir: removal::heir(reader, org, user)?,
        });
    }
    Ok(())
}

/// Whether the guard would stop so many removals.
fn opens(house: &House, reader: &Reader<'_>, org: &Org, more: u64) -> Result<bool, StoreError> {
    let settings = &house.guard;
    let guard = reader.guard(org.id)?;
    let now = house.clock.now();
    let windows = [(&settings.hour, HOUR), (&settings.day, DAY)];
    for (threshold, window) in windows {
        let count = reader.counted_removals(org.id, &guard, now.minus(window), threshold.max)?;
        if settings.enabled && count + more > let_through(threshold, org.users, count) {
            return Ok(true);
        }
    }
    Ok(settings.enabled && guard.batch.is_some())
}

fn outcome(org: &Org, impact: &Impact) -> String {
    let accounts = match impact.alone_count {
        0 => return "nobody would be without a group; nothing is removed by that".to_owned(),
        1 => "1 account is".to_owned(),
        many => format!("{many} accounts are"),
    };
    let how = match org.policy {
        RemovalPolicy::Delete => "permanently removed, and the content moves to the heir",
        RemovalPolicy::Hold => "held and can be restored",
        RemovalPolicy::Suspend => "disabled by active:false, held by DELETE",
    };
    format!("if the identity provider unassigns, {accounts} {how}")
}
