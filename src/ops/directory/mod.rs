//! Users and groups as operators see them: lists over Orgs, one with all that belongs to it, and
//! histories.

mod history;
mod search;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub(super) use history::history;

use crate::ids::OrgId;
use crate::model::group::GroupRecord;
use crate::model::org::Org;
use crate::model::represent;
use crate::model::user::UserRecord;
use crate::ops::api::directory::{
    DirectoryPage, DirectoryQuery, GroupDetail, GroupLine, GroupMember, UserDetail, UserLine,
};
use crate::ops::api::{Failure, OpsError};
use crate::ops::house::House;
use crate::ops::{lookup, orgs, removal};
use crate::scim::schema::Kind;
use crate::store::{GroupQuery, Listed, Page, Position, Reader, StoreError, UserQuery};
use search::Search;

/// Lines of a page if the caller does not say, and at most.
const PAGE: u32 = 100;
const LARGEST_PAGE: u32 = 1_000;
/// Members shown with a group.
const MEMBERS: u64 = 1_000;
/// Earlier removals shown with a user.
const REMOVALS: u64 = 100;

/// A page of users.
pub(super) fn users(
    house: &House,
    query: &DirectoryQuery,
) -> Result<DirectoryPage<UserLine>, OpsError> {
    let Search { filter, words } = Search::read(house, Kind::User, &query.filter)?;
    pages(house, query, |reader, org, page| {
        let listed = reader.users(&UserQuery {
            org,
            base: house.base_url.clone(),
            filter: filter.clone(),
            words: words.clone(),
            sort: None,
            page,
            groups: false,
        })?;
        lines(listed, |user| user_line(reader, user))
    })
}

/// A page of groups.
pub(super) fn groups(
    house: &House,
    query: &DirectoryQuery,
) -> Result<DirectoryPage<GroupLine>, OpsError> {
    let Search { filter, words } = Search::read(house, Kind::Group, &query.filter)?;
    pages(house, query, |reader, org, page| {
        let listed = reader.groups(&GroupQuery {
            org,
            base: house.base_url.clone(),
            filter: filter.clone(),
            words: words.clone(),
            sort: None,
            page,
        })?;
        lines(listed, |group| group_line(reader, group))
    })
}

/// One user.
pub(super) fn user(house: &House, org: &str, which: &str) -> Result<UserDetail, OpsError> {
    let org = orgs::find(house, org)?;
    let found = house.store.read(|reader| {
        reader.snapshot(|reader| {
            let found = lookup::user(reader, org.id, which)?;
            found.then(|user| user_detail(house, reader, &org, user))
        })
    })?;
    found.or_error(Kind::User)
}

/// One group.
pub(super) fn group(house: &House, org: &str, which: &str) -> Result<GroupDetail, OpsError> {
    let org = orgs::find(house, org)?;
    let found = house.store.read(|reader| {
        reader.snapshot(|reader| {
            let found = lookup::group(reader, org.id, which)?;
            found.then(|group| group_detail(house, reader, &group))
        })
    })?;
    found.or_error(Kind::Group)
}

/// Where a page ended: in an Org, behind a position or before its first line.
#[derive(Serialize, Deserialize)]
struct Place {
    #[serde(rename = "o")]
    org: OrgId,
    #[serde(rename = "p", default, skip_serializing_if = "Option::is_none")]
    position: Option<Position>,
}

impl Place {
    fn read(text: &str) -> Result<Self, OpsError> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok();
        let place = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        place.ok_or_else(|| {
            let message = "`after` must be the `next` of the page before";
            OpsError::new(Failure::Invalid, message)
        })
    }

    fn write(&self) -> String {
        let text = serde_json::to_vec(self).expect("a place has only string keys");
        URL_SAFE_NO_PAD.encode(text)
    }
}

/// Lists one Org after the other, as one list.
fn pages<T>(
    house: &House,
    query: &DirectoryQuery,
    list: impl Fn(&Reader<'_>, OrgId, Page) -> Result<Listed<T>, StoreError>,
) -> Result<DirectoryPage<T>, OpsError> {
    let mut place = query.after.as_deref().map(Place::read).transpose()?;
    let mut left = u64::from(match query.limit {
        0 => PAGE,
        some => some.min(LARGEST_PAGE),
    });
    let begin = place.as_ref().map(|place| place.org);
    let (mut items, mut total, mut next) = (Vec::new(), 0, None);
    let known = house.store.read(|reader| {
        reader.snapshot(|reader| {
            let orgs = match query.org {
                Some(org) => reader.org(org)?.into_iter().collect(),
                None => reader.orgs()?,
            };
            for org in &orgs {
                // What lies before or behind the page is only counted.
                let here = begin.is_none_or(|begin| begin <= org.id) && next.is_none();
                let count = if here { left } else { 0 };
                let position = place
                    .take_if(|place| place.org == org.id)
                    .and_then(|place| place.position);
                let listed = list(reader, org.id, Page::After { position, count })?;
                total += listed.total;
                left -= listed.rows.len() as u64;
                items.extend(listed.rows);
                let unread = count == 0 && listed.total > 0;
                if here && (listed.next.is_some() || unread) {
                    next = Some(Place {
                        org: org.id,
                        position: listed.next,
                    });
                }
            }
            Ok(!orgs.is_empty())
        })
    })?;
    if !known {
        return Err(orgs::unknown());
    }
    Ok(DirectoryPage {
        items,
        total: Some(total),
        next: next.map(|place| place.write()),
    })
}

fn lines<R, T>(
    listed: Listed<R>,
    line: impl Fn(&R) -> Result<T, StoreError>,
) -> Result<Listed<T>, StoreError> {
    let rows: Result<_, _> = listed.rows.iter().map(line).collect();
    Ok(Listed {
        rows: rows?,
        total: listed.total,
        next: listed.next,
    })
}

fn user_line(reader: &Reader<'_>, user: &UserRecord) -> Result<UserLine, StoreError> {
    let doc: Value = serde_json::from_str(&user.doc).unwrap_or_default();
    Ok(UserLine {
        org: user.org,
        id: user.id,
        user_name: user.user_name.clone(),
        display_name: doc["displayName"].as_str().unwrap_or_default().to_owned(),
        external_id: user.external_id.clone(),
        active: user.active,
        groups: reader.user_group_count(user.org, &user.id)?,
        content: reader.content_count(user.org, &user.id)?,
        created: user.created,
        modified: user.modified,
    })
}

fn user_detail(
    house: &House,
    reader: &Reader<'_>,
    org: &Org,
    mut user: UserRecord,
) -> Result<UserDetail, StoreError> {
    user.groups = reader.user_groups(org.id, &user.id)?;
    user.roles = reader.roles_of_user(org.id, &user.id)?;
    let mut other_orgs = Vec::new();
    for other in reader.orgs()? {
        let there = || reader.user_by_name(other.id, &user.user_name);
        if other.id != org.id && there()?.is_some() {
            other_orgs.push(other.id);
        }
    }
    Ok(UserDetail {
        line: user_line(reader, &user)?,
        resource: represent::user_value(&user, &house.base_url).into(),
        content: reader.content_counts(org.id, &user.id)?,
        heir: removal::heir(reader, org, &user)?,
        removals: reader.deletions_of(org.id, &user.user_name, REMOVALS)?,
        roles: user.roles,
        other_orgs,
    })
}

fn group_line(reader: &Reader<'_>, group: &GroupRecord) -> Result<GroupLine, StoreError> {
    Ok(GroupLine {
        org: group.org,
        id: group.id,
        display_name: group.display_name.clone(),
        external_id: group.external_id.clone(),
        members: group.member_count,
        roles: reader.group_roles(group.org, &group.id)?,
        created: group.created,
        modified: group.modified,
    })
}

fn group_detail(
    house: &House,
    reader: &Reader<'_>,
    group: &GroupRecord,
) -> Result<GroupDetail, StoreError> {
    let (members, _) = reader.members_page(group.org, &group.id, None, MEMBERS)?;
    let members = members.into_iter().map(|member| GroupMember {
        id: member.id,
        kind: member.kind,
        display: member.display,
    });
    Ok(GroupDetail {
        line: group_line(reader, group)?,
        resource: represent::group_value(group, &house.base_url).into(),
        members: members.collect(),
    })
}
