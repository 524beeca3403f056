//! Held accounts: taken out of `users` with all they have, and put back as they were.
//!
//! What is held cannot be found by any read of users or groups; that is the point. Content keeps
//! its owner's id. Memberships are kept beside; what is written to a group in the meantime wins over
//! them (`store::members` calls in here).

use rusqlite::params;

use crate::clock::Timestamp;
use crate::ids::{OrgId, ResourceId, TokenId};
use crate::model::group::Member;
use crate::model::user::{UserDraft, UserRecord};
use crate::scim::fold::fold;
use crate::scim::schema::Kind;
use crate::store::column::{Count, signed};
use crate::store::error::StoreError;
use crate::store::tx::{Reader, Tx};
use crate::store::users;

impl Reader<'_> {
    /// A held account, without groups, by the number of its deletion record.
    pub fn held(&self, deletion: u64) -> Result<Option<UserRecord>, StoreError> {
        let sql = "SELECT key, org, id, user_name, external_id, active, created, modified, version,
                       source, doc
                   FROM held WHERE deletion = ?1";
        let held = self.row(sql, [signed(deletion)], users::from_row)?;
        Ok(held.map(|(_, user)| user))
    }

    /// The deletion record of the held account that a client knows by `externalId`.
    pub fn held_by_external_id(
        &self,
        org: OrgId,
        external_id: &str,
        source: &TokenId,
    ) -> Result<Option<(u64, ResourceId)>, StoreError> {
        // Of several the last: it is what the client knew last.
        let sql = "SELECT deletion, id FROM held
                   WHERE org = ?1 AND external_id = ?2 AND source = ?3
                   ORDER BY deletion DESC LIMIT 1";
        self.row(sql, params![org, external_id, source], |row| {
            Ok((row.get::<_, Count>(0)?.0, row.get(1)?))
        })
    }

    /// How many accounts each Org holds; none of those that hold nothing.
    pub fn held_counts(&self) -> Result<Vec<(OrgId, u64)>, StoreError> {
        let sql = "SELECT org, count(*) FROM held GROUP BY org";
        self.rows(sql, [], |row| Ok((row.get(0)?, row.get::<_, Count>(1)?.0)))
    }

    /// How many memberships a held account gets back; `None` if none is held under that record.
    pub fn held_memberships(&self, deletion: u64) -> Result<Option<u64>, StoreError> {
        let sql = "SELECT (SELECT count(*) FROM held_members m WHERE m.deletion = h.deletion)
                   FROM held h WHERE h.deletion = ?1";
        let count = self.row(sql, [signed(deletion)], |row| row.get::<_, Count>(0))?;
        Ok(count.map(|count| count.0))
    }

    /// The attribute that another account has now, so that a held one cannot come back.
    pub fn held_conflict(&self, deletion: u64) -> Result<Option<&'static str>, StoreError> {
        for (attribute, sql) in [
            (
                "userName",
                "SELECT 1 FROM held h JOIN users u
                 ON u.org = h.org AND u.user_name_key = h.user_name_key WHERE h.deletion = ?1",
            ),
            (
                "externalId",
                "SELECT 1 FROM held h JOIN users u
                 ON u.org = h.org AND u.external_id = h.external_id AND u.source = h.source
                 WHERE h.deletion = ?1",
            ),
        ] {
            if self.row(sql, [signed(deletion)], |_| Ok(()))?.is_some() {
                return Ok(Some(attribute));
            }
        }
        Ok(None)
    }

    /// Held accounts that would be members of a group: each with its deletion record.
    fn held_members(&self, group: i64) -> Result<Vec<(i64, Member)>, StoreError> {
        self.rows(
            "SELECT m.deletion, h.id, ifnull(h.display_name, h.user_name)
             FROM held_members m JOIN held h ON h.deletion = m.deletion WHERE m.group_key = ?1",
            [group],
            |row| {
                let member = Member {
                    id: row.get(1)?,
                    kind: Kind::User,
                    display: row.get(2)?,
                };
                Ok((row.get(0)?, member))
            },
        )
    }

    fn has_held_members(&self, group: i64) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM held_members WHERE group_key = ?1 LIMIT 1";
        Ok(self.row(sql, [group], |_| Ok(()))?.is_some())
    }
}

impl Tx<'_> {
    /// Takes a user out of the directory and keeps it, with its memberships, under a deletion
    /// record.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if there is no such user.
    pub fn hold_user(
        &mut self,
        org: OrgId,
        id: &ResourceId,
        deletion: u64,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let key = self.user_key(org, id)?.ok_or(StoreError::NotFound)?;
        let deletion = signed(deletion);
        self.exec(
            "INSERT INTO held (deletion, key, org, id, user_name, user_name_key, display_name,
                 display_name_key, external_id, source, active, created, modified, version, doc,
                 emails)
             SELECT ?2, key, org, id, user_name, user_name_key, display_name, display_name_key,
                 external_id, source, active, created, modified, version, doc,
                 (SELECT json_group_array(email_key) FROM emails WHERE user = ?1)
             FROM users WHERE key = ?1",
            params![key, deletion],
        )?;
        self.exec(
            "INSERT INTO held_members (group_key, deletion)
             SELECT group_key, ?2 FROM members WHERE user_key = ?1",
            params![key, deletion],
        )?;
        self.remove_user(org, id, now)?;
        Ok(())
    }

    /// Puts a held account back: the same id and place in every list, its memberships, and a
    /// version that no client has seen; with `draft` in place of its attributes. Returns the number
    /// of memberships.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if none is held under that record; [`StoreError::Conflict`] if its
    /// `userName` or `externalId` is taken.
    pub fn restore_user(
        &mut self,
        deletion: u64,
        draft: Option<&UserDraft>,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        let deletion = signed(deletion);
        let found = self.row(
            "SELECT key, org FROM held WHERE deletion = ?1",
            [deletion],
            |row| Ok((row.get::<_, i64>(0)?, row.get::<_, OrgId>(1)?)),
        )?;
        let (key, org) = found.ok_or(StoreError::NotFound)?;
        // The client saw the version after the one held, with `active` false.
        self.exec(
            "INSERT INTO users (key, org, id, user_name, user_name_key, display_name,
                 display_name_key, external_id, source, active, created, modified, version, doc)
             SELECT key, org, id, ifnull(?2, user_name), ifnull(?3, user_name_key),
                 iif(?2 IS NULL, display_name, ?4), iif(?2 IS NULL, display_name_key, ?5),
                 iif(?2 IS NULL, external_id, ?6), source, ifnull(?7, active), created, ?9,
                 version + 2, ifnull(?8, doc)
             FROM held WHERE deletion = ?1",
            params![
                deletion,
                draft.map(|draft| draft.user_name.as_str()),
                draft.map(|draft| fold(&draft.user_name)),
                draft.and_then(|draft| draft.display_name.as_deref()),
                draft.and_then(|draft| draft.display_name.as_deref().map(fold)),
                draft.and_then(|draft| draft.external_id.as_deref()),
                draft.map(|draft| draft.active),
                draft.map(|draft| draft.doc.as_str()),
                now
            ],
        )?;
        match draft {
            Some(draft) => self.insert_emails(org, key, draft)?,
            None => {
                self.exec(
                    "INSERT INTO emails (user, email_key, org)
                     SELECT ?2, e.value, ?3 FROM held h, json_each(h.emails) e
                     WHERE h.deletion = ?1",
                    params![deletion, key, org],
                )?;
            }
        }
        let groups = self.exec(
            "INSERT INTO members (group_key, user_key)
             SELECT group_key, ?2 FROM held_members WHERE deletion = ?1",
            params![deletion, key],
        )?;
        self.exec(
            "UPDATE groups SET member_count = member_count + 1, version = version + 1, modified = ?2
             WHERE key IN (SELECT group_key FROM held_members WHERE deletion = ?1)",
            params![deletion, now],
        )?;
        // An account in the middle of a list moves every index position behind it.
        self.exec(
            "UPDATE orgs SET user_count = user_count + 1, removed = removed + 1 WHERE id = ?1",
            [org],
        )?;
        self.drop_held(deletion)?;
        Ok(groups as u64)
    }

    /// Forgets a held account for good. False if none is held under that record.
    pub fn forget_held(&mut self, deletion: u64) -> Result<bool, StoreError> {
        self.drop_held(signed(deletion))
    }

    fn drop_held(&mut self, deletion: i64) -> Result<bool, StoreError> {
        let sql = "DELETE FROM held_members WHERE deletion = ?1";
        self.exec(sql, [deletion])?;
        let sql = "DELETE FROM held WHERE deletion = ?1";
        Ok(self.exec(sql, [deletion])? == 1)
    }

    /// Notes that held accounts among `ids` are to be members of a group once they are back.
    pub(super) fn join_held(
        &mut self,
        org: OrgId,
        group: i64,
        ids: &[ResourceId],
    ) -> Result<(), StoreError> {
        for id in ids {
            self.exec(
                "INSERT INTO held_members (group_key, deletion)
                 SELECT ?1, deletion FROM held WHERE org = ?2 AND id = ?3
                 ON CONFLICT DO NOTHING",
                params![group, org, id],
            )?;
        }
        Ok(())
    }

    /// Notes that held accounts are not to be members of a group any more: those for which `leaves`
    /// holds.
    pub(super) fn leave_held(
        &mut self,
        group: i64,
        leaves: impl Fn(&Member) -> bool,
    ) -> Result<(), StoreError> {
        if !self.has_held_members(group)? {
            return Ok(());
        }
        for (deletion, member) in self.held_members(group)? {
            if leaves(&member) {
                let sql = "DELETE FROM held_members WHERE group_key = ?1 AND deletion = ?2";
                self.exec(sql, [group, deletion])?;
            }
        }
        Ok(())
    }

    /// Notes that the held accounts among `ids` are not to be members of a group any more.
    pub(super) fn leave_held_ids(
        &mut self,
        org: OrgId,
        group: i64,
        ids: &[ResourceId],
    ) -> Result<(), StoreError> {
        if !self.has_held_members(group)? {
            return Ok(());
        }
        for id in ids {
            self.exec(
                "DELETE FROM held_members WHERE group_key = ?1
                 AND deletion = (SELECT deletion FROM held WHERE org = ?2 AND id = ?3)",
                params![group, org, id],
            )?;
        }
        Ok(())
    }

    /// Forgets the memberships of held accounts in a group that goes.
    pub(super) fn drop_held_members(&mut self, group: i64) -> Result<(), StoreError> {
        self.exec("DELETE FROM held_members WHERE group_key = ?1", [group])?;
        Ok(())
    }
}
