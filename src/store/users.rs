//! Users: a document each, what is indexed of it, and the folded addresses of `emails`.

use std::collections::BTreeSet;

use rusqlite::{Row, params};

use crate::clock::Timestamp;
use crate::ids::{OrgId, ResourceId, TokenId};
use crate::model::user::{GroupRef, UserDraft, UserRecord};
use crate::scim::fold::fold;
use crate::store::column::{Count, Source};
use crate::store::error::StoreError;
use crate::store::tx::{Reader, Tx};

macro_rules! select {
    ($tail:literal) => {
        concat!(
            "SELECT key, org, id, user_name, external_id, active, created, modified, version, ",
            "source, doc FROM users ",
            $tail
        )
    };
}

/// The beginning of every statement whose rows [`from_row`] reads.
pub(super) const SELECT: &str = select!("");

/// Key and record, without groups.
pub(super) fn from_row(row: &Row<'_>) -> rusqlite::Result<(i64, UserRecord)> {
    let record = UserRecord {
        org: row.get(1)?,
        id: row.get(2)?,
        user_name: row.get(3)?,
        external_id: row.get(4)?,
        active: row.get(5)?,
        created: row.get(6)?,
        modified: row.get(7)?,
        version: row.get::<_, Count>(8)?.0,
        source: row.get::<_, Source>(9)?.0,
        doc: row.get(10)?,
        groups: Vec::new(),
        roles: Vec::new(),
    };
    Ok((row.get(0)?, record))
}

fn record(row: &Row<'_>) -> rusqlite::Result<UserRecord> {
    from_row(row).map(|(_, record)| record)
}

impl Reader<'_> {
    /// The user with that `id`, without groups.
    pub fn user(&self, org: OrgId, id: &ResourceId) -> Result<Option<UserRecord>, StoreError> {
        self.row(
            select!("WHERE org = ?1 AND id = ?2"),
            params![org, id],
            record,
        )
    }

    /// The user with that `userName`, compared without case; without groups.
    pub fn user_by_name(&self, org: OrgId, name: &str) -> Result<Option<UserRecord>, StoreError> {
        let sql = select!("WHERE org = ?1 AND user_name_key = ?2");
        self.row(sql, params![org, fold(name)], record)
    }

    /// The user that somebody means: by `id`, by `userName` or by `externalId`; without groups.
    ///
    /// # Errors
    /// [`StoreError::Ambiguous`] if several have it as `externalId`.
    pub fn find_user(&self, org: OrgId, which: &str) -> Result<Option<UserRecord>, StoreError> {
        if let Some(id) = ResourceId::parse(which)
            && let Some(user) = self.user(org, &id)?
        {
            return Ok(Some(user));
        }
        if let Some(user) = self.user_by_name(org, which)? {
            return Ok(Some(user));
        }
        let sql = select!("WHERE org = ?1 AND external_id = ?2 LIMIT 2");
        self.only(sql, params![org, which], record)
    }

    /// The user with that `id`, its groups and roles.
    pub fn user_with_groups(
        &self,
        org: OrgId,
        id: &ResourceId,
    ) -> Result<Option<UserRecord>, StoreError> {
        let sql = select!("WHERE org = ?1 AND id = ?2");
        let Some((key, mut user)) = self.row(sql, params![org, id], from_row)? else {
            return Ok(None);
        };
        self.join_groups(key, &mut user)?;
        Ok(Some(user))
    }

    /// Fills in the groups and roles of a user.
    pub(super) fn join_groups(&self, key: i64, user: &mut UserRecord) -> Result<(), StoreError> {
        user.groups = self.groups_of(key, None)?;
        user.roles = self.roles_of(user.org, key)?;
        Ok(())
    }

    /// The groups that a user is in: those it is a member of, in order of their creation, then
    /// those that contain one of these.
    pub fn user_groups(&self, org: OrgId, id: &ResourceId) -> Result<Vec<GroupRef>, StoreError> {
        match self.user_key(org, id)? {
            Some(key) => self.groups_of(key, None),
            None => Ok(Vec::new()),
        }
    }

    /// [`Reader::user_groups`] as they would be if the user were no member of `group`.
    pub fn groups_without(
        &self,
        org: OrgId,
        id: &ResourceId,
        group: &ResourceId,
    ) -> Result<Vec<GroupRef>, StoreError> {
        let left = self.group_key(org, group)?;
        match self.user_key(org, id)? {
            Some(key) => self.groups_of(key, left),
            None => Ok(Vec::new()),
        }
    }

    pub(super) fn user_key(&self, org: OrgId, id: &ResourceId) -> Result<Option<i64>, StoreError> {
        let sql = "SELECT key FROM users WHERE org = ?1 AND id = ?2";
        self.row(sql, params![org, id], |row| row.get(0))
    }

    /// `left` is a group whose member the user is taken not to be.
    fn groups_of(&self, user: i64, left: Option<i64>) -> Result<Vec<GroupRef>, StoreError> {
        let reference = |direct| {
            move |row: &Row<'_>| {
                Ok(GroupRef {
                    id: row.get(0)?,
                    display: row.get(1)?,
                    direct,
                })
            }
        };
        let mut groups = self.rows(
            "SELECT g.id, g.display_name FROM members m JOIN groups g ON g.key = m.group_key
             WHERE m.user_key = ?1 AND m.group_key IS NOT ?2 ORDER BY m.group_key",
            params![user, left],
            reference(true),
        )?;
        if !groups.is_empty() && self.has_subgroups()? {
            // UNION keeps each group once, so that groups inside each other end the walk.
            groups.extend(self.rows(
                "WITH RECURSIVE above (key) AS (
                     SELECT s.parent FROM members m JOIN subgroups s ON s.child = m.group_key
                     WHERE m.user_key = ?1 AND m.group_key IS NOT ?2
                     UNION
                     SELECT s.parent FROM above JOIN subgroups s ON s.child = above.key
                 )
                 SELECT g.id, g.display_name FROM above JOIN groups g ON g.key = above.key
                 WHERE NOT EXISTS (
                     SELECT 1 FROM members m
                     WHERE m.group_key = above.key AND m.user_key = ?1 AND m.group_key IS NOT ?2
                 )
                 ORDER BY above.key",
                params![user, left],
                reference(false),
            )?);
        }
        Ok(groups)
    }

    fn has_subgroups(&self) -> Result<bool, StoreError> {
        let any = self.row("SELECT 1 FROM subgroups LIMIT 1", [], |_| Ok(()))?;
        Ok(any.is_some())
    }
}

impl Tx<'_> {
    /// Makes a user with an `id` chosen beforehand; `source` is the lineage of the token that asked.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] on `userName`, or on `externalId` within the same source.
    pub fn insert_user(
        &mut self,
        org: OrgId,
        id: ResourceId,
        draft: &UserDraft,
        source: Option<&TokenId>,
        now: Timestamp,
    ) -> Result<UserRecord, StoreError> {
        self.exec(
            "INSERT INTO users (org, id, user_name, user_name_key, display_name, display_name_key,
                 external_id, source, active, created, modified, version, doc)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?10, 1, ?11)",
            params![
                org,
                id,
                draft.user_name,
                fold(&draft.user_name),
                draft.display_name,
                draft.display_name.as_deref().map(fold),
                draft.external_id,
                Source(source.cloned()),
                draft.active,
                now,
                draft.doc
            ],
        )?;
        let key = self.conn.last_insert_rowid();
        self.insert_emails(org, key, draft)?;
        self.exec(
            "UPDATE orgs SET user_count = user_count + 1 WHERE id = ?1",
            [org],
        )?;
        Ok(UserRecord {
            org,
            id,
            user_name: draft.user_name.clone(),
            external_id: draft.external_id.clone(),
            active: draft.active,
            created: now,
            modified: now,
            version: 1,
            source: source.cloned(),
            doc: draft.doc.clone(),
            groups: Vec::new(),
            roles: Vec::new(),
        })
    }

    /// Replaces what is stored of a user and counts its version up.
    ///
    /// # Errors
    /// [`StoreError::NotFound`]; [`StoreError::Conflict`] as for [`Tx::insert_user`].
    pub fn update_user(
        &mut self,
        org: OrgId,
        id: &ResourceId,
        draft: &UserDraft,
        now: Timestamp,
    ) -> Result<UserRecord, StoreError> {
        let key = self.user_key(org, id)?.ok_or(StoreError::NotFound)?;
        self.exec(
            "UPDATE users SET user_name = ?2, user_name_key = ?3, display_name = ?4,
                 display_name_key = ?5, external_id = ?6, active = ?7, modified = ?8,
                 version = version + 1, doc = ?9
             WHERE key = ?1",
            params![
                key,
                draft.user_name,
                fold(&draft.user_name),
                draft.display_name,
                draft.display_name.as_deref().map(fold),
                draft.external_id,
                draft.active,
                now,
                draft.doc
            ],
        )?;
        let before: BTreeSet<String> = self
            .rows(
                "SELECT email_key FROM emails WHERE user = ?1",
                [key],
                |row| row.get(0),
            )?
            .into_iter()
            .collect();
        let after = email_keys(draft);
        for gone in before.difference(&after) {
            let sql = "DELETE FROM emails WHERE user = ?1 AND email_key = ?2";
            self.exec(sql, params![key, gone])?;
        }
        for new in after.difference(&before) {
            self.insert_email(org, key, new)?;
        }
        self.row(select!("WHERE key = ?1"), [key], record)?
            .ok_or(StoreError::NotFound)
    }

    pub(super) fn insert_emails(
        &mut self,
        org: OrgId,
        user: i64,
        draft: &UserDraft,
    ) -> Result<(), StoreError> {
        for email in email_keys(draft) {
            self.insert_email(org, user, &email)?;
        }
        Ok(())
    }

    fn insert_email(&mut self, org: OrgId, user: i64, email: &str) -> Result<(), StoreError> {
        self.exec(
            "INSERT INTO emails (org, user, email_key) VALUES (?1, ?2, ?3)",
            params![org, user, email],
        )?;
        Ok(())
    }

    /// Removes a user, its memberships with it; its groups count one member less and a version
    /// more. False if there is no such user.
    pub fn remove_user(
        &mut self,
        org: OrgId,
        id: &ResourceId,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let Some(key) = self.user_key(org, id)? else {
            return Ok(false);
        };
        self.exec(
            "UPDATE groups SET member_count = member_count - 1, version = version + 1, modified = ?2
             WHERE key IN (SELECT group_key FROM members WHERE user_key = ?1)",
            params![key, now],
        )?;
        self.exec("DELETE FROM members WHERE user_key = ?1", [key])?;
        self.exec("DELETE FROM emails WHERE user = ?1", [key])?;
        self.exec("DELETE FROM users WHERE key = ?1", [key])?;
        self.exec(
            "UPDATE orgs SET user_count = user_count - 1, removed = removed + 1 WHERE id = ?1",
            [org],
        )?;
        Ok(true)
    }
}

/// Each address once, as it is compared.
fn email_keys(draft: &UserDraft) -> BTreeSet<String> {
    draft
        .emails
        .iter()
        .map(|email| fold(email).into_owned())
        .collect()
}
