//! Deletion records: append-only, newest read first.

use rusqlite::{Row, params};

use crate::clock::Timestamp;
use crate::ids::{OrgId, ResourceId};
use crate::model::content::Person;
use crate::model::deletion::Deletion;
use crate::scim::fold::fold;
use crate::store::column::{ActorColumn, Count, Json, Named, signed};
use crate::store::error::StoreError;
use crate::store::tx::{Reader, Tx};

macro_rules! select {
    ($tail:literal) => {
        concat!(
            "SELECT seq, at, org, state, settled, until, batch, counted, user, user_name, ",
            "external_id, signal, actor, request, groups, roles, content, heir, heir_name, ",
            "snapshot FROM deletions ",
            $tail
        )
    };
}

fn person(id: Option<ResourceId>, user_name: Option<String>) -> Option<Person> {
    let (id, user_name) = id.zip(user_name)?;
    Some(Person { id, user_name })
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<Deletion> {
    Ok(Deletion {
        seq: row.get::<_, Count>(0)?.0,
        at: row.get(1)?,
        org: row.get(2)?,
        state: row.get::<_, Named<_>>(3)?.0,
        settled: row.get(4)?,
        until: row.get(5)?,
        batch: row.get::<_, Option<Count>>(6)?.map(|batch| batch.0),
        counted: row.get(7)?,
        user: row.get(8)?,
        user_name: row.get(9)?,
        external_id: row.get(10)?,
        signal: row.get::<_, Named<_>>(11)?.0,
        actor: row.get::<_, ActorColumn>(12)?.0,
        request: row.get(13)?,
        groups: row.get::<_, Json<_>>(14)?.0,
        roles: row.get::<_, Json<_>>(15)?.0,
        content: row.get::<_, Json<_>>(16)?.0,
        heir: person(row.get(17)?, row.get(18)?),
        snapshot: row.get::<_, Json<_>>(19)?.0,
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
            "INSERT INTO deletions (at, org, state, settled, until, batch, counted, user, user_name,
                 user_name_key, external_id, signal, actor, request, groups, roles, content, heir,
                 heir_name, snapshot)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18,
                 ?19, ?20)",
            params![
                deletion.at,
                deletion.org,
                Named(deletion.state),
                deletion.settled,
                deletion.until,
                deletion.batch.map(signed),
                deletion.counted,
                deletion.user,
                deletion.user_name,
                fold(&deletion.user_name),
                deletion.external_id,
                Named(deletion.signal),
                ActorColumn(deletion.actor.clone()),
                deletion.request,
                Json(&deletion.groups),
                Json(&deletion.roles),
                Json(&deletion.content),
                deletion.heir.as_ref().map(|heir| heir.id),
                deletion.heir.as_ref().map(|heir| heir.user_name.as_str()),
                Json(&deletion.snapshot)
            ],
        )?;
        Ok(self.conn.last_insert_rowid().unsigned_abs())
    }
}
