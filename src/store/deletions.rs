//! Deletion records: append-only, newest read first.

use rusqlite::{Row, params, params_from_iter};

use crate::clock::Timestamp;
use crate::ids::{OrgId, ResourceId};
use crate::model::content::Person;
use crate::model::deletion::{Deletion, DeletionState};
use crate::scim::fold::fold;
use crate::store::Walk;
use crate::store::column::{ActorColumn, Count, Json, Named, signed};
use crate::store::error::StoreError;
use crate::store::sql::Conditions;
use crate::store::tx::{Reader, Tx};

/// Which deletion records to read. The default is every one, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeletionQuery {
    /// Of this Org.
    pub org: Option<OrgId>,
    /// Of the account with this `id`.
    pub user: Option<ResourceId>,
    /// Of this batch of the guard.
    pub batch: Option<u64>,
    /// In this state.
    pub state: Option<DeletionState>,
    /// Of accounts whose `userName` contains this, without case.
    pub name: String,
    /// Direction and where to start.
    pub walk: Walk,
}

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
    /// Up to `count` deletion records.
    pub fn deletions(
        &self,
        query: &DeletionQuery,
        count: u64,
    ) -> Result<Vec<Deletion>, StoreError> {
        let mut conditions = Conditions::new();
        conditions.and_some("org = ?", query.org.as_ref().map(|org| org as _));
        conditions.and_some("user = ?", query.user.as_ref().map(|user| user as _));
        let batch = query.batch.map(signed);
        conditions.and_some("batch = ?", batch.as_ref().map(|batch| batch as _));
        let state = query.state.map(Named);
        conditions.and_some("state = ?", state.as_ref().map(|state| state as _));
        if !query.name.is_empty() {
            let name = fold(&query.name);
            conditions.and("instr(user_name_key, ?) > 0", [&name]);
        }
        query.walk.apply(&mut conditions, count);
        let sql = format!("{}WHERE {}", select!(""), conditions.text());
        self.rows(&sql, params_from_iter(conditions.values()), from_row)
    }

    /// Up to `count` accounts that a batch still keeps frozen, oldest first, behind `after`.
    pub fn frozen(&self, batch: u64, after: u64, count: u64) -> Result<Vec<Deletion>, StoreError> {
        self.rows(
            select!(
                "WHERE batch = ?1 AND state = 'held' AND until IS NULL AND seq > ?2
                 ORDER BY seq LIMIT ?3"
            ),
            params![signed(batch), signed(after), signed(count)],
            from_row,
        )
    }

    /// Up to `count` held accounts whose time is over.
    pub fn expired_holds(&self, now: Timestamp, count: u64) -> Result<Vec<Deletion>, StoreError> {
        self.rows(
            select!("WHERE state = 'held' AND until <= ?1 ORDER BY until LIMIT ?2"),
            params![now, signed(count)],
            from_row,
        )
    }

    /// Up to `count` deletions of accounts with that `userName`, compared without case, newest
    /// first. What is erased has no name and is none of them.
    pub fn deletions_of(
        &self,
        org: OrgId,
        user_name: &str,
        count: u64,
    ) -> Result<Vec<Deletion>, StoreError> {
        if user_name.is_empty() {
            return Ok(Vec::new());
        }
        self.rows(
            select!("WHERE org = ?1 AND user_name_key = ?2 ORDER BY seq DESC LIMIT ?3"),
            params![org, fold(user_name), signed(count)],
            from_row,
        )
    }

    /// One deletion.
    pub fn deletion(&self, seq: u64) -> Result<Option<Deletion>, StoreError> {
        self.row(select!("WHERE seq = ?1"), [signed(seq)], from_row)
    }

    /// The number of the newest record; 0 if there is none.
    pub fn last_deletion(&self) -> Result<u64, StoreError> {
        let sql = "SELECT ifnull(max(seq), 0) FROM deletions";
        let last = self.row(sql, [], |row| row.get::<_, Count>(0))?;
        Ok(last.map_or(0, |last| last.0))
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

    /// Notes what became of a held account; its content moved to `heir`, if it did. It counts no
    /// more if it is back.
    pub fn settle_deletion(
        &mut self,
        seq: u64,
        state: DeletionState,
        heir: Option<&Person>,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.exec(
            "UPDATE deletions SET state = ?2, settled = ?3, until = NULL, heir = ?4, heir_name = ?5,
                 counted = iif(?2 = 'deleted', counted, 0)
             WHERE seq = ?1",
            params![
                signed(seq),
                Named(state),
                at,
                heir.map(|heir| heir.id),
                heir.map(|heir| heir.user_name.as_str())
            ],
        )?;
        Ok(())
    }

    /// Lets a held account be deleted at `until`.
    pub fn hold_until(&mut self, seq: u64, until: Timestamp) -> Result<(), StoreError> {
        let sql = "UPDATE deletions SET until = ?2 WHERE seq = ?1";
        self.exec(sql, params![signed(seq), until])?;
        Ok(())
    }

    /// Notes who received the content of a deleted account.
    pub fn set_heir(&mut self, seq: u64, heir: &Person) -> Result<(), StoreError> {
        let sql = "UPDATE deletions SET heir = ?2, heir_name = ?3 WHERE seq = ?1";
        self.exec(sql, params![signed(seq), heir.id, heir.user_name])?;
        Ok(())
    }

    /// Erases a removed person's data from deletion records, the ledger and events, whose chain still
    /// holds; returns how many events that were.
    pub fn erase_person(&mut self, org: OrgId, user: &ResourceId) -> Result<u64, StoreError> {
        self.erased = true;
        self.erase_transfer_names(org, user)?;
        self.exec(
            "UPDATE deletions SET user_name = '', user_name_key = '', external_id = NULL,
                 snapshot = 'null', groups = '[]'
             WHERE org = ?1 AND user = ?2",
            params![org, user],
        )?;
        self.erase_event_details(org, user)
    }
}
