//! The guard's memory: what counts, what is open, what was announced. It survives a restart
//! because it is kept here and nowhere else.

use rusqlite::{Row, params};

use crate::clock::Timestamp;
use crate::ids::OrgId;
use crate::model::guard::{Allowance, Batch, GuardAction, Verdict};
use crate::store::column::{Count, Named, signed};
use crate::store::error::StoreError;
use crate::store::tx::{Reader, Tx};

/// The guard of one Org.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Guard {
    /// Deletion records up to this number do not count any more.
    pub since: u64,
    /// The open batch.
    pub batch: Option<u64>,
    /// What an operator announced, used up or not.
    pub allowance: Option<Allowance>,
}

macro_rules! select_batch {
    ($tail:literal) => {
        concat!(
            "SELECT id, org, opened, why, action, removals, verdict, by, closed,
                 (SELECT count(*) FROM deletions d
                  WHERE d.batch = b.id AND d.state = 'held' AND d.until IS NULL)
             FROM batches b ",
            $tail
        )
    };
}

fn guard_from(row: &Row<'_>) -> rusqlite::Result<Guard> {
    let allowance = match row.get::<_, Option<Count>>(2)? {
        None => None,
        Some(count) => Some(Allowance {
            count: count.0,
            left: row.get::<_, Count>(3)?.0,
            until: row.get(4)?,
            reason: row.get(5)?,
            by: row.get(6)?,
        }),
    };
    Ok(Guard {
        since: row.get::<_, Count>(0)?.0,
        batch: row.get::<_, Option<Count>>(1)?.map(|batch| batch.0),
        allowance,
    })
}

fn batch_from(row: &Row<'_>) -> rusqlite::Result<Batch> {
    Ok(Batch {
        id: row.get::<_, Count>(0)?.0,
        org: row.get(1)?,
        opened: row.get(2)?,
        why: row.get(3)?,
        action: row.get::<_, Named<_>>(4)?.0,
        removals: row.get::<_, Count>(5)?.0,
        verdict: row.get::<_, Option<Named<_>>>(6)?.map(|verdict| verdict.0),
        by: row.get(7)?,
        closed: row.get(8)?,
        frozen: row.get::<_, Count>(9)?.0,
    })
}

impl Reader<'_> {
    /// The guard of an Org.
    pub fn guard(&self, org: OrgId) -> Result<Guard, StoreError> {
        let sql =
            "SELECT since, batch, allow_count, allow_left, allow_until, allow_reason, allow_by
                   FROM guards WHERE org = ?1";
        Ok(self.row(sql, [org], guard_from)?.unwrap_or_default())
    }

    /// One batch.
    pub fn batch(&self, id: u64) -> Result<Option<Batch>, StoreError> {
        self.row(select_batch!("WHERE id = ?1"), [signed(id)], batch_from)
    }

    /// The newest batch of an Org.
    pub fn last_batch(&self, org: OrgId) -> Result<Option<Batch>, StoreError> {
        let sql = select_batch!("WHERE org = ?1 ORDER BY id DESC LIMIT 1");
        self.row(sql, [org], batch_from)
    }

    /// Batches whose verdict is not carried out on every account yet.
    pub fn unsettled_batches(&self) -> Result<Vec<Batch>, StoreError> {
        self.rows(
            select_batch!(
                "WHERE verdict IS NOT NULL AND closed IS NOT NULL AND EXISTS (
                     SELECT 1 FROM deletions d
                     WHERE d.batch = b.id AND d.state = 'held' AND d.until IS NULL)
                 ORDER BY id"
            ),
            [],
            batch_from,
        )
    }

    /// How many accounts were removed since `at` that count, each `userName` once; `most` or more
    /// is reported as `most`.
    pub fn counted_removals(
        &self,
        org: OrgId,
        guard: &Guard,
        at: Timestamp,
        most: u64,
    ) -> Result<u64, StoreError> {
        let sql = "SELECT count(*) FROM (
                       SELECT DISTINCT user_name_key FROM deletions
                       WHERE org = ?1 AND at > ?2 AND counted = 1 AND seq > ?3 LIMIT ?4)";
        let params = params![org, at, signed(guard.since), signed(most)];
        let count = self.row(sql, params, |row| row.get::<_, Count>(0))?;
        Ok(count.map_or(0, |count| count.0))
    }
}

impl Tx<'_> {
    /// Opens the guard; returns the number of the batch.
    pub fn open_guard(
        &mut self,
        org: OrgId,
        why: &str,
        action: GuardAction,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        self.exec(
            "INSERT INTO batches (org, opened, why, action) VALUES (?1, ?2, ?3, ?4)",
            params![org, now, why, Named(action)],
        )?;
        let batch = self.conn.last_insert_rowid();
        self.exec(
            "INSERT INTO guards (org, since, batch) VALUES (?1, 0, ?2)
             ON CONFLICT (org) DO UPDATE SET batch = excluded.batch",
            params![org, batch],
        )?;
        Ok(batch.unsigned_abs())
    }

    /// Counts one removal that came while the guard was open.
    pub fn count_in_batch(&mut self, batch: u64) -> Result<(), StoreError> {
        let sql = "UPDATE batches SET removals = removals + 1 WHERE id = ?1";
        self.exec(sql, [signed(batch)])?;
        Ok(())
    }

    /// Closes the guard of an Org with a verdict on its batch; what was removed so far does not
    /// count any more.
    pub fn close_guard(
        &mut self,
        org: OrgId,
        batch: u64,
        verdict: Verdict,
        by: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.exec(
            "UPDATE batches SET verdict = ?2, by = ?3, closed = ?4 WHERE id = ?1",
            params![signed(batch), Named(verdict), by, now],
        )?;
        self.exec(
            "UPDATE guards SET batch = NULL,
                 since = (SELECT ifnull(max(seq), 0) FROM deletions)
             WHERE org = ?1",
            [org],
        )?;
        Ok(())
    }

    /// Stores what an operator announced.
    pub fn set_allowance(&mut self, org: OrgId, allowance: &Allowance) -> Result<(), StoreError> {
        self.exec(
            "INSERT INTO guards (org, since, allow_count, allow_left, allow_until, allow_reason,
                 allow_by)
             VALUES (?1, 0, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT (org) DO UPDATE SET allow_count = excluded.allow_count,
                 allow_left = excluded.allow_left, allow_until = excluded.allow_until,
                 allow_reason = excluded.allow_reason, allow_by = excluded.allow_by",
            params![
                org,
                signed(allowance.count),
                signed(allowance.left),
                allowance.until,
                allowance.reason,
                allowance.by
            ],
        )?;
        Ok(())
    }

    /// Uses up one of the removals announced.
    pub fn use_allowance(&mut self, org: OrgId) -> Result<(), StoreError> {
        let sql = "UPDATE guards SET allow_left = allow_left - 1 WHERE org = ?1 AND allow_left > 0";
        self.exec(sql, [org])?;
        Ok(())
    }
}
