//! Members of groups, as rows: users in `members`, nested groups in `subgroups`.
//!
//! Adding or removing a member costs the same in a group of ten and of a million. Ids are looked
//! up in the group's own Org and nowhere else. Every method says what really changed, and counts
//! the group's version up only if something did. Held accounts are no members, but what happens to
//! a group while they are away counts for them too.

use std::collections::{HashMap, HashSet};

use rusqlite::{Row, params};
use serde_json::json;

use crate::clock::Timestamp;
use crate::ids::{OrgId, ResourceId};
use crate::model::group::Member;
use crate::scim::filter;
use crate::scim::filter::ast::{CompareOp, Expr, Operand};
use crate::scim::schema::Kind;
use crate::store::column::{Count, signed};
use crate::store::error::StoreError;
use crate::store::tx::{Reader, Tx};

/// Members read at a time where all of them must be looked at.
const CHUNK: u64 = 1000;

/// What adding members did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Added {
    /// New members, in the order asked for.
    pub added: Vec<ResourceId>,
    /// Ids that are no user and no group of the Org.
    pub unknown: Vec<ResourceId>,
}

/// What replacing members did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Replaced {
    /// New members, in the order asked for.
    pub added: Vec<ResourceId>,
    /// Members no more.
    pub removed: Vec<ResourceId>,
    /// Ids that are no user and no group of the Org.
    pub unknown: Vec<ResourceId>,
}

/// Where a page of members ended: users come first, each kind in order of creation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemberPosition(Key);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Key {
    User(i64),
    Group(i64),
}

impl Reader<'_> {
    /// Up to `count` direct members after `after`, and where to continue if there are more.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if there is no such group.
    pub fn members_page(
        &self,
        org: OrgId,
        group: &ResourceId,
        after: Option<MemberPosition>,
        count: u64,
    ) -> Result<(Vec<Member>, Option<MemberPosition>), StoreError> {
        let group = self.group_key(org, group)?.ok_or(StoreError::NotFound)?;
        let page = self.keyed_members(group, after, count)?;
        // A full page may be the last one; then the next is empty.
        let next = page
            .last()
            .filter(|_| page.len() as u64 >= count)
            .map(|(key, _)| MemberPosition(*key));
        Ok((page.into_iter().map(|(_, member)| member).collect(), next))
    }

    /// True if `id` is a direct member.
    pub fn is_member(
        &self,
        org: OrgId,
        group: &ResourceId,
        id: &ResourceId,
    ) -> Result<bool, StoreError> {
        let found = self.row(
            "SELECT 1 FROM members
             WHERE group_key = (SELECT key FROM groups WHERE org = ?1 AND id = ?2)
             AND user_key = (SELECT key FROM users WHERE org = ?1 AND id = ?3)
             UNION ALL
             SELECT 1 FROM subgroups
             WHERE parent = (SELECT key FROM groups WHERE org = ?1 AND id = ?2)
             AND child = (SELECT key FROM groups WHERE org = ?1 AND id = ?3)",
            params![org, group, id],
            |_| Ok(()),
        )?;
        Ok(found.is_some())
    }

    /// Number of direct members, users and groups; `None` if there is no such group.
    pub fn member_count(&self, org: OrgId, group: &ResourceId) -> Result<Option<u64>, StoreError> {
        let sql = "SELECT member_count FROM groups WHERE org = ?1 AND id = ?2";
        let count = self.row(sql, params![org, group], |row| row.get::<_, Count>(0))?;
        Ok(count.map(|count| count.0))
    }

    fn keyed_members(
        &self,
        group: i64,
        after: Option<MemberPosition>,
        count: u64,
    ) -> Result<Vec<(Key, Member)>, StoreError> {
        let (after_user, after_group) = match after {
            None => (Some(0), 0),
            Some(MemberPosition(Key::User(key))) => (Some(key), 0),
            Some(MemberPosition(Key::Group(key))) => (None, key),
        };
        let mut page = match after_user {
            None => Vec::new(),
            Some(after) => self.rows(
                "SELECT u.key, u.id, ifnull(u.display_name, u.user_name)
                 FROM members m JOIN users u ON u.key = m.user_key
                 WHERE m.group_key = ?1 AND m.user_key > ?2 ORDER BY m.user_key LIMIT ?3",
                params![group, after, signed(count)],
                |row| Ok((Key::User(row.get(0)?), member(row, Kind::User)?)),
            )?,
        };
        let rest = count.saturating_sub(page.len() as u64);
        if rest > 0 {
            page.extend(self.rows(
                "SELECT g.key, g.id, g.display_name
                 FROM subgroups s JOIN groups g ON g.key = s.child
                 WHERE s.parent = ?1 AND s.child > ?2 ORDER BY s.child LIMIT ?3",
                params![group, after_group, signed(rest)],
                |row| Ok((Key::Group(row.get(0)?), member(row, Kind::Group)?)),
            )?);
        }
        Ok(page)
    }

    /// Calls `visit` with every direct member, a chunk at a time, until it returns false.
    pub(super) fn visit_members(
        &self,
        group: i64,
        mut visit: impl FnMut(&[Member]) -> bool,
    ) -> Result<(), StoreError> {
        let mut after = None;
        loop {
            let (keys, chunk): (Vec<_>, Vec<_>) =
                self.keyed_members(group, after, CHUNK)?.into_iter().unzip();
            let Some(last) = keys.last() else {
                return Ok(());
            };
            if !visit(&chunk) {
                return Ok(());
            }
            after = Some(MemberPosition(*last));
        }
    }

    fn member_key(&self, org: OrgId, id: &ResourceId) -> Result<Option<Key>, StoreError> {
        if let Some(key) = self.user_key(org, id)? {
            return Ok(Some(Key::User(key)));
        }
        Ok(self.group_key(org, id)?.map(Key::Group))
    }
}

fn member(row: &Row<'_>, kind: Kind) -> rusqlite::Result<Member> {
    Ok(Member {
        id: row.get(1)?,
        kind,
        display: row.get(2)?,
    })
}

impl Tx<'_> {
    /// Adds users or groups of the same Org; those that are members already are passed over.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if there is no such group.
    pub fn add_members(
        &mut self,
        org: OrgId,
        group: &ResourceId,
        ids: &[ResourceId],
        now: Timestamp,
    ) -> Result<Added, StoreError> {
        let group = self.group_key(org, group)?.ok_or(StoreError::NotFound)?;
        let mut result = Added::default();
        for id in ids {
            match self.member_key(org, id)? {
                None => result.unknown.push(*id),
                Some(key) => {
                    if self.insert_member(group, key)? {
                        result.added.push(*id);
                    }
                }
            }
        }
        self.join_held(org, group, &result.unknown)?;
        self.changed_members(group, result.added.len(), 0, now)?;
        Ok(result)
    }

    /// Removes members; returns those that were.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if there is no such group.
    pub fn remove_members(
        &mut self,
        org: OrgId,
        group: &ResourceId,
        ids: &[ResourceId],
        now: Timestamp,
    ) -> Result<Vec<ResourceId>, StoreError> {
        let group = self.group_key(org, group)?.ok_or(StoreError::NotFound)?;
        let mut removed = Vec::new();
        for id in ids {
            if let Some(key) = self.member_key(org, id)?
                && self.delete_member(group, key)?
            {
                removed.push(*id);
            }
        }
        self.leave_held_ids(org, group, ids)?;
        self.changed_members(group, 0, removed.len(), now)?;
        Ok(removed)
    }

    /// Removes the members that match `filter`, whose targets are `value`, `type` and `display`;
    /// returns them. A comparison with `value` costs one look-up, anything else a walk.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if there is no such group.
    pub fn remove_members_where(
        &mut self,
        org: OrgId,
        group: &ResourceId,
        filter: &Expr,
        now: Timestamp,
    ) -> Result<Vec<ResourceId>, StoreError> {
        if let Some(ids) = named_ids(filter) {
            return self.remove_members(org, group, &ids, now);
        }
        let key = self.group_key(org, group)?.ok_or(StoreError::NotFound)?;
        let matches = |member: &Member| {
            filter::matches(
                filter,
                &json!({
                    "value": member.id.to_string(),
                    "type": member.kind.as_str(),
                    "display": member.display,
                }),
            )
        };
        let mut matching = Vec::new();
        self.visit_members(key, |chunk| {
            let found = chunk.iter().filter(|member| matches(member));
            matching.extend(found.map(|member| member.id));
            true
        })?;
        self.leave_held(key, matches)?;
        self.remove_members(org, group, &matching, now)
    }

    /// Removes every member; returns them.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if there is no such group.
    pub fn clear_members(
        &mut self,
        org: OrgId,
        group: &ResourceId,
        now: Timestamp,
    ) -> Result<Vec<ResourceId>, StoreError> {
        let key = self.group_key(org, group)?.ok_or(StoreError::NotFound)?;
        let removed: Vec<_> = self.all_members(key)?.into_values().collect();
        self.exec("DELETE FROM members WHERE group_key = ?1", [key])?;
        self.exec("DELETE FROM subgroups WHERE parent = ?1", [key])?;
        self.drop_held_members(key)?;
        self.changed_members(key, 0, removed.len(), now)?;
        Ok(removed)
    }

    /// Makes `ids` the members, changing only the difference.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if there is no such group.
    pub fn replace_members(
        &mut self,
        org: OrgId,
        group: &ResourceId,
        ids: &[ResourceId],
        now: Timestamp,
    ) -> Result<Replaced, StoreError> {
        let group = self.group_key(org, group)?.ok_or(StoreError::NotFound)?;
        let before = self.all_members(group)?;
        let mut result = Replaced::default();
        let mut after = HashSet::with_capacity(ids.len());
        for id in ids {
            let Some(key) = self.member_key(org, id)? else {
                result.unknown.push(*id);
                continue;
            };
            if after.insert(key) && !before.contains_key(&key) {
                self.insert_member(group, key)?;
                result.added.push(*id);
            }
        }
        for (key, id) in before {
            if !after.contains(&key) {
                self.delete_member(group, key)?;
                result.removed.push(id);
            }
        }
        let staying: HashSet<_> = result.unknown.iter().copied().collect();
        self.leave_held(group, |member| !staying.contains(&member.id))?;
        self.join_held(org, group, &result.unknown)?;
        self.changed_members(group, result.added.len(), result.removed.len(), now)?;
        Ok(result)
    }

    fn all_members(&self, group: i64) -> Result<HashMap<Key, ResourceId>, StoreError> {
        let mut all: HashMap<_, _> = self
            .rows(
                "SELECT u.key, u.id FROM members m JOIN users u ON u.key = m.user_key
                 WHERE m.group_key = ?1",
                [group],
                |row| Ok((Key::User(row.get(0)?), row.get(1)?)),
            )?
            .into_iter()
            .collect();
        all.extend(self.rows(
            "SELECT g.key, g.id FROM subgroups s JOIN groups g ON g.key = s.child
             WHERE s.parent = ?1",
            [group],
            |row| Ok((Key::Group(row.get(0)?), row.get(1)?)),
        )?);
        Ok(all)
    }

    fn insert_member(&mut self, group: i64, member: Key) -> Result<bool, StoreError> {
        let (sql, member) = match member {
            Key::User(key) => (
                "INSERT INTO members (group_key, user_key) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
                key,
            ),
            Key::Group(key) => (
                "INSERT INTO subgroups (parent, child) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
                key,
            ),
        };
        Ok(self.exec(sql, [group, member])? == 1)
    }

    fn delete_member(&mut self, group: i64, member: Key) -> Result<bool, StoreError> {
        let (sql, member) = match member {
            Key::User(key) => (
                "DELETE FROM members WHERE group_key = ?1 AND user_key = ?2",
                key,
            ),
            Key::Group(key) => (
                "DELETE FROM subgroups WHERE parent = ?1 AND child = ?2",
                key,
            ),
        };
        Ok(self.exec(sql, [group, member])? == 1)
    }

    fn changed_members(
        &mut self,
        group: i64,
        added: usize,
        removed: usize,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        if added + removed > 0 {
            self.exec(
                "UPDATE groups SET member_count = member_count + ?2 - ?3, version = version + 1,
                     modified = ?4
                 WHERE key = ?1",
                params![group, signed(added as u64), signed(removed as u64), now],
            )?;
        }
        Ok(())
    }
}

/// The ids that `value eq "…"`, or several of these joined by `or`, name.
fn named_ids(filter: &Expr) -> Option<Vec<ResourceId>> {
    match filter {
        Expr::Compare {
            target,
            op: CompareOp::Eq,
            value: Operand::String(id),
        } if target.is("value", None) => Some(ResourceId::parse(id).into_iter().collect()),
        Expr::Or(arms) => {
            let ids: Option<Vec<_>> = arms.iter().map(named_ids).collect();
            ids.map(|ids| ids.concat())
        }
        _ => None,
    }
}
