//! Deletion records: append-only, newest read first.

use rusqlite::{Row, params};

use crate::clock::Timestamp;
use crate::ids::{OrgId, ResourceId};
use crate::model::deletion::Deletion;
use crate::scim::fold::fold;
use crate::store::column::{ActorColumn, Count, Json, Named, signed};
use crate::store::error::StoreError;
use crate::store::tx::{Reader, Tx};

macro_rules! select {
    ($tail:literal) => {
        concat!(
            "SELECT seq, at, org, user, user_name, external_id, signal, actor, request, groups, ",
            "snapshot FROM deletions ",
            $tail
        )
    };
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<Deletion> {
    Ok(Deletion {
        seq: row.get::<_, Count>(0)?.0,
        at: row.get(1)?,
        org: row.get(2)?,
        user: row.get(3)?,
        user_name: row.get(4)?,
        external_id: row.get(5)?,
        signal: row.get::<_, Named<_>>(6)?.0,
        actor: row.get::<_, ActorColumn>(7)?.0,
        request: row.get(8)?,
        groups: row.get::<_, Json<_>>(9)?.0,
        snapshot: row.get::<_, Json<_>>(10)?.0,
    })
}

impl Reader<'_> {
    /// Deletions of one Org, or of all, newest first: at most `count` of those with a number
    /// below `before`.
    pub fn deletions(
        &self,
        org: Option<OrgId>,
        before: Option<u64>,
        count: u64,
    ) -> Result<Vec<Deletion>, StoreError> {
        self.rows(
            select!("WHERE seq < ?1 AND (?2 IS NULL OR org = ?2) ORDER BY seq DESC LIMIT ?3"),
            params![before.map_or(i64::MAX, signed), org, signed(count)],
            from_row,
        )
    }

    /// Deletions of accounts with that `userName`, compared without case, newest first.
    pub fn deletions_of(&self, org: OrgId, user_name: &str) -> Result<Vec<Deletion>, StoreError> {
        self.rows(
            select!("WHERE org = ?1 AND user_name_key = ?2 ORDER BY seq DESC"),
            params![org, fold(user_name)],
            from_row,
        )
    }

    /// One deletion.
    pub fn deletion(&self, seq: u64) -> Result<Option<Deletion>, StoreError> {
        self.row(select!("WHERE seq = ?1"), [signed(seq)], from_row)
    }

    /// True if an account with that `id` was removed from the Org.
    pub fn was_removed(&self, org: OrgId, user: &ResourceId) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM deletions WHERE org = ?1 AND user = ?2 LIMIT 1";
        Ok(self.row(sql, params![org, user], |_| Ok(()))?.is_some())
    }

    /// How many accounts an Org lost at or after `since`.
    pub fn deletions_since(&self, org: OrgId, since: Timestamp) -> Result<u64, StoreError> {
        let sql = "SELECT count(*) FROM deletions WHERE org = ?1 AND at >= ?2";
        let count = self.row(sql, params![org, since], |row| row.get::<_, Count>(0))?;
        Ok(count.map_or(0, |count| count.0))
    }
}

impl Tx<'_> {
    /// Appends a record; returns its number. `deletion.seq` is not looked at.
    pub fn record_deletion(&mut self, deletion: &Deletion) -> Result<u64, StoreError> {
        self.exec(
            "INSERT INTO deletions (at, org, user, user_name, user_name_key, external_id, signal,
                 actor, request, groups, snapshot)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
            params![
                deletion.at,
                deletion.org,
                deletion.user,
                deletion.user_name,
                fold(&deletion.user_name),
                deletion.external_id,
                Named(deletion.signal),
                ActorColumn(deletion.actor.clone()),
                deletion.request,
                Json(&deletion.groups),
                Json(&deletion.snapshot)
            ],
        )?;
        Ok(self.conn.last_insert_rowid().unsigned_abs())
    }
}
