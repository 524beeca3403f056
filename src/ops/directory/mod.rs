//! Users and groups as operators read them, and their histories.

mod list;
mod search;

use serde_json::Value;

pub(super) use list::{groups, users};

use crate::ids::{OrgId, ResourceId};
use crate::model::event::Event;
use crate::model::group::GroupRecord;
use crate::model::org::Org;
use crate::model::represent;
use crate::model::system;
use crate::model::user::UserRecord;
use crate::ops::api::directory::{
    GroupDetail, GroupLine, GroupMember, HistoryPage, UserDetail, UserLine,
};
use crate::ops::api::{Failure, OpsError};
use crate::ops::house::House;
use crate::ops::{orgs, removal};
use crate::scim::schema::Kind;
use crate::store::{Reader, StoreError, Walk};

/// Members shown with a group.
const MEMBERS: u64 = 1_000;
/// Earlier removals shown with a user.
const REMOVALS: u64 = 100;

/// One user.
pub(super) fn user(house: &House, org: &str, which: &str) -> Result<UserDetail, OpsError> {
    let org = orgs::find(house, org)?;
    let detail = house.store.read(|reader| {
        reader.snapshot(|reader| {
            let Some(found) = reader.find_user(org.id, which)? else {
                return Ok(None);
            };
            let user = reader.user_with_groups(org.id, &found.id)?;
            user.map(|user| user_detail(house, reader, &org, user))
                .transpose()
        })
    })?;
    detail.ok_or_else(|| missing(Kind::User))
}

fn user_detail(
    house: &House,
    reader: &Reader<'_>,
    org: &Org,
    user: UserRecord,
) -> Result<UserDetail, StoreError> {
    let content = reader.content_counts(org.id, &user.id)?;
    let mut other_orgs = Vec::new();
    for other in reader.orgs()? {
        if other.id != org.id && reader.user_by_name(other.id, &user.user_name)?.is_some() {
            other_orgs.push(other.id);
        }
    }
    Ok(UserDetail {
        line: user_line(&user, content.values().sum()),
        resource: Value::Object(represent::user_value(&user, &house.base_url)),
        heir: removal::heir(reader, org, &user)?,
        removals: reader.deletions_of(org.id, &user.user_name, REMOVALS)?,
        roles: user.roles,
        content,
        other_orgs,
    })
}

/// `user` has its groups.
fn user_line(user: &UserRecord, content: u64) -> UserLine {
    let display = document(&user.doc)["displayName"]
        .as_str()
        .map(str::to_owned);
    UserLine {
        org: user.org,
        id: user.id,
        user_name: user.user_name.clone(),
        display_name: display.unwrap_or_default(),
        external_id: user.external_id.clone(),
        active: user.active,
        groups: user.groups.iter().filter(|group| group.direct).count() as u64,
        content,
        created: user.created,
        modified: user.modified,
    }
}

/// One group.
pub(super) fn group(house: &House, org: &str, which: &str) -> Result<GroupDetail, OpsError> {
    let org = orgs::find(house, org)?.id;
    let detail = house.store.read(|reader| {
        reader.snapshot(|reader| {
            let Some(group) = reader.find_group(org, which)? else {
                return Ok(None);
            };
            let (members, _) = reader.members_page(org, &group.id, None, MEMBERS)?;
            let members = members.into_iter().map(|member| GroupMember {
                id: member.id,
                kind: member.kind,
                display: member.display,
            });
            Ok(Some(GroupDetail {
                resource: Value::Object(represent::group_value(&group, &house.base_url)),
                members: members.collect(),
                line: group_line(reader, group)?,
            }))
        })
    })?;
    detail.ok_or_else(|| missing(Kind::Group))
}

fn group_line(reader: &Reader<'_>, group: GroupRecord) -> Result<GroupLine, StoreError> {
    Ok(GroupLine {
        roles: reader.group_roles(group.org, &group.id)?,
        org: group.org,
        id: group.id,
        display_name: group.display_name,
        external_id: group.external_id,
        members: group.member_count,
        created: group.created,
        modified: group.modified,
    })
}

/// Every change of a user or group, oldest first; of one that is gone too.
pub(super) fn history(
    house: &House,
    org: &str,
    (kind, which): (Kind, &str),
    page: HistoryPage,
    count: u64,
) -> Result<Vec<Event>, OpsError> {
    let org = orgs::find(house, org)?.id;
    let walk = match page.after {
        Some(after) => Walk::Oldest { after: Some(after) },
        None => Walk::Newest { before: None },
    };
    let events = house.store.read(|reader| {
        let Some(id) = once(reader, org, kind, which)? else {
            return Ok(None);
        };
        reader.history(org, &id, walk, count).map(Some)
    })?;
    let mut events = events.ok_or_else(|| missing(kind))?;
    if page.after.is_none() {
        events.reverse();
    }
    Ok(events)
}

/// The id of somebody who is there, of a system user or group, or of one that is gone: by id, or the
/// last that had the name.
fn once(
    reader: &Reader<'_>,
    org: OrgId,
    kind: Kind,
    which: &str,
) -> Result<Option<ResourceId>, StoreError> {
    let id = ResourceId::parse(which);
    match kind {
        Kind::User => {
            if let Some(user) = reader.find_user(org, which)? {
                return Ok(Some(user.id));
            }
            let system = id.filter(|id| system::user_name(id).is_some());
            match (system.or_else(|| system::user_named(which)), id) {
                (Some(id), _) => Ok(Some(id)),
                (None, Some(id)) => Ok(reader.was_removed(org, &id)?.then_some(id)),
                (None, None) => {
                    let removed = reader.deletions_of(org, which, 1)?;
                    Ok(removed.first().map(|deletion| deletion.user))
                }
            }
        }
        Kind::Group => {
            if let Some(group) = reader.find_group(org, which)? {
                return Ok(Some(group.id));
            }
            let system = id.filter(|id| system::group_name(id).is_some());
            match (system.or_else(|| system::group_named(which)), id) {
                (Some(id), _) => Ok(Some(id)),
                (None, Some(id)) => Ok(reader.was_deleted(org, &id)?.then_some(id)),
                (None, None) => reader.last_deleted_group(org, which),
            }
        }
    }
}

fn document(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_default()
}

/// The error for a name that stands for nobody.
pub(super) fn missing(kind: Kind) -> OpsError {
    let message = match kind {
        Kind::User => {
            "no user of this Org has this id, userName or externalId; `scimtop users list` shows them"
        }
        Kind::Group => {
            "no group of this Org has this id, displayName or externalId; `scimtop groups list` \
             shows them"
        }
    };
    OpsError::new(Failure::NotFound, message)
}
