//! What a removal would take away. An estimate: SCIM does not tell what else an identity provider
//! has assigned.

use crate::engine::guard::{DAY, HOUR, let_through};
use crate::model::content::Person;
use crate::model::group::GroupRecord;
use crate::model::org::{Org, RemovalPolicy};
use crate::model::user::UserRecord;
use crate::ops::api::OpsError;
use crate::ops::api::preview::{AtRisk, Impact};
use crate::ops::house::House;
use crate::ops::{lookup, orgs, removal};
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
                Kind::User => {
                    lookup::user(reader, org.id, which)?.then(|user| of_user(reader, &org, &user))
                }
                Kind::Group => lookup::group(reader, org.id, which)?
                    .then(|group| of_group(reader, &org, group)),
            };
            found?.then(|mut impact| {
                impact.guard_opens = opens(house, reader, &org, impact.alone_count)?;
                impact.outcome = outcome(&org, &impact);
                Ok(impact)
            })
        })
    })?;
    impact.or_error(kind)
}

fn of_user(reader: &Reader<'_>, org: &Org, user: &UserRecord) -> Result<Impact, StoreError> {
    let mut impact = Impact {
        subject: user.user_name.clone(),
        users: 1,
        ..Impact::default()
    };
    risk(reader, org, user, &mut impact)?;
    Ok(impact)
}

fn of_group(reader: &Reader<'_>, org: &Org, group: GroupRecord) -> Result<Impact, StoreError> {
    let mut impact = Impact {
        subject: group.display_name,
        ..Impact::default()
    };
    let mut after = None;
    loop {
        let (page, next) = reader.members_page(org.id, &group.id, after, PAGE)?;
        for member in page.iter().filter(|member| member.kind == Kind::User) {
            impact.users += 1;
            let Some(user) = reader.user_with_groups(org.id, &member.id)? else {
                continue;
            };
            if !user.groups.iter().any(|other| other.id != group.id) {
                risk(reader, org, &user, &mut impact)?;
            }
        }
        match next {
            Some(position) => after = Some(position),
            None => return Ok(impact),
        }
    }
}

/// Adds a user that would go.
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
    if impact.alone_count == 0 {
        return "nobody would be without a group; nothing is removed by that".to_owned();
    }
    let how = match org.policy {
        RemovalPolicy::Delete => "permanently removed, and their content moves to the heir",
        RemovalPolicy::Hold => "held and can be restored",
        RemovalPolicy::Suspend => "disabled by active:false, held by DELETE",
    };
    format!(
        "if the identity provider unassigns these users, each of the {} accounts is {how}",
        impact.alone_count
    )
}
