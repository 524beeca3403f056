//! Groups, without their members: reading one never touches them.

use rusqlite::{Row, params};

use crate::clock::Timestamp;
use crate::ids::{OrgId, ResourceId, TokenId};
use crate::model::group::{GroupDraft, GroupRecord};
use crate::scim::fold::fold;
use crate::store::column::{Count, Source};
use crate::store::error::StoreError;
use crate::store::tx::{Reader, Tx};

macro_rules! select {
    ($tail:literal) => {
        concat!(
            "SELECT key, org, id, display_name, external_id, created, modified, version, source, ",
            "member_count, doc FROM groups ",
            $tail
        )
    };
}

/// The beginning of every statement whose rows [`from_row`] reads.
pub(super) const SELECT: &str = select!("");

/// Key and record.
pub(super) fn from_row(row: &Row<'_>) -> rusqlite::Result<(i64, GroupRecord)> {
    let record = GroupRecord {
        org: row.get(1)?,
        id: row.get(2)?,
        display_name: row.get(3)?,
        external_id: row.get(4)?,
        created: row.get(5)?,
        modified: row.get(6)?,
        version: row.get::<_, Count>(7)?.0,
        source: row.get::<_, Source>(8)?.0,
        member_count: row.get::<_, Count>(9)?.0,
        doc: row.get(10)?,
    };
    Ok((row.get(0)?, record))
}

fn record(row: &Row<'_>) -> rusqlite::Result<GroupRecord> {
    from_row(row).map(|(_, record)| record)
}

impl Reader<'_> {
    /// The group with that `id`.
    pub fn group(&self, org: OrgId, id: &ResourceId) -> Result<Option<GroupRecord>, StoreError> {
        self.row(
            select!("WHERE org = ?1 AND id = ?2"),
            params![org, id],
            record,
        )
    }

    /// The group with that `displayName`, compared without case.
    pub fn group_by_name(&self, org: OrgId, name: &str) -> Result<Option<GroupRecord>, StoreError> {
        let sql = select!("WHERE org = ?1 AND display_name_key = ?2");
        self.row(sql, params![org, fold(name)], record)
    }

    /// The group that somebody means: by `id`, by `displayName` or by `externalId`.
    ///
    /// # Errors
    /// [`StoreError::Ambiguous`] if several have it as `externalId`.
    pub fn find_group(&self, org: OrgId, which: &str) -> Result<Option<GroupRecord>, StoreError> {
        if let Some(id) = ResourceId::parse(which)
            && let Some(group) = self.group(org, &id)?
        {
            return Ok(Some(group));
        }
        if let Some(group) = self.group_by_name(org, which)? {
            return Ok(Some(group));
        }
        let sql = select!("WHERE org = ?1 AND external_id = ?2 LIMIT 2");
        self.only(sql, params![org, which], record)
    }

    pub(super) fn group_key(&self, org: OrgId, id: &ResourceId) -> Result<Option<i64>, StoreError> {
        let sql = "SELECT key FROM groups WHERE org = ?1 AND id = ?2";
        self.row(sql, params![org, id], |row| row.get(0))
    }
}

impl Tx<'_> {
    /// Makes a group without members and with an `id` chosen beforehand.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] on `displayName`, or on `externalId` within the same source.
    pub fn insert_group(
        &mut self,
        org: OrgId,
        id: ResourceId,
        draft: &GroupDraft,
        source: Option<&TokenId>,
        now: Timestamp,
    ) -> Result<GroupRecord, StoreError> {
        self.exec(
            "INSERT INTO groups (org, id, display_name, display_name_key, external_id, source,
                 created, modified, version, doc)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7, 1, ?8)",
            params![
                org,
                id,
                draft.display_name,
                fold(&draft.display_name),
                draft.external_id,
                Source(source.cloned()),
                now,
                draft.doc
            ],
        )?;
        self.exec(
            "UPDATE orgs SET group_count = group_count + 1 WHERE id = ?1",
            [org],
        )?;
        Ok(GroupRecord {
            org,
            id,
            display_name: draft.display_name.clone(),
            external_id: draft.external_id.clone(),
            created: now,
            modified: now,
            version: 1,
            source: source.cloned(),
            member_count: 0,
            doc: draft.doc.clone(),
        })
    }

    /// Replaces what is stored of a group, its members apart, and counts its version up.
    ///
    /// # Errors
    /// [`StoreError::NotFound`]; [`StoreError::Conflict`] as for [`Tx::insert_group`].
    pub fn update_group(
        &mut self,
        org: OrgId,
        id: &ResourceId,
        draft: &GroupDraft,
        now: Timestamp,
    ) -> Result<GroupRecord, StoreError> {
        let key = self.group_key(org, id)?.ok_or(StoreError::NotFound)?;
        self.exec(
            "UPDATE groups SET display_name = ?2, display_name_key = ?3, external_id = ?4,
                 modified = ?5, version = version + 1, doc = ?6
             WHERE key = ?1",
            params![
                key,
                draft.display_name,
                fold(&draft.display_name),
                draft.external_id,
                now,
                draft.doc
            ],
        )?;
        self.row(select!("WHERE key = ?1"), [key], record)?
            .ok_or(StoreError::NotFound)
    }

    /// Removes a group, its memberships, in it and of it, and its roles; never a user. False if there is no
    /// such group.
    pub fn remove_group(
        &mut self,
        org: OrgId,
        id: &ResourceId,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let Some(key) = self.group_key(org, id)? else {
            return Ok(false);
        };
        self.exec(
            "UPDATE groups SET member_count = member_count - 1, version = version + 1, modified = ?2
             WHERE key IN (SELECT parent FROM subgroups WHERE child = ?1)",
            params![key, now],
        )?;
        self.exec("DELETE FROM subgroups WHERE child = ?1", [key])?;
        self.exec("DELETE FROM subgroups WHERE parent = ?1", [key])?;
        self.exec("DELETE FROM members WHERE group_key = ?1", [key])?;
        self.drop_held_members(key)?;
        self.exec(
            "DELETE FROM group_roles WHERE org = ?1 AND group_id = ?2",
            params![org, id],
        )?;
        self.exec("DELETE FROM groups WHERE key = ?1", [key])?;
        self.exec(
            "UPDATE orgs SET group_count = group_count - 1, removed = removed + 1 WHERE id = ?1",
            [org],
        )?;
        Ok(true)
    }
}
