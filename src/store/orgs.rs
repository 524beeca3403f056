//! Orgs, with their running totals.

use rusqlite::{Row, params};

use crate::clock::Timestamp;
use crate::ids::OrgId;
use crate::model::org::{HOLD_DAYS, Org, RemovalPolicy};
use crate::scim::fold::fold;
use crate::scim::quirk::Dialect;
use crate::store::column::{Count, Json, Named};
use crate::store::error::StoreError;
use crate::store::tx::{Reader, Tx};

macro_rules! select {
    ($tail:literal) => {
        concat!(
            "SELECT id, name, scim_enabled, policy, hold_days, heirs, dialect, created, user_count, ",
            "group_count FROM orgs ",
            $tail
        )
    };
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<Org> {
    Ok(Org {
        id: row.get(0)?,
        name: row.get(1)?,
        scim_enabled: row.get(2)?,
        policy: row.get::<_, Named<_>>(3)?.0,
        hold_days: row.get(4)?,
        heirs: row.get::<_, Json<_>>(5)?.0,
        dialect: row.get::<_, Named<_>>(6)?.0,
        created: row.get(7)?,
        users: row.get::<_, Count>(8)?.0,
        groups: row.get::<_, Count>(9)?.0,
    })
}

/// Totals of an Org, and its removal counter.
pub(super) struct Totals {
    pub users: u64,
    pub groups: u64,
    pub removed: u64,
}

impl Reader<'_> {
    /// The Org with that number.
    pub fn org(&self, id: OrgId) -> Result<Option<Org>, StoreError> {
        let sql = select!("WHERE id = ?1");
        self.row(sql, [id], from_row)
    }

    /// The Org of that name, compared without case.
    pub fn org_by_name(&self, name: &str) -> Result<Option<Org>, StoreError> {
        let sql = select!("WHERE name_key = ?1");
        self.row(sql, [fold(name)], from_row)
    }

    /// Every Org, by number.
    pub fn orgs(&self) -> Result<Vec<Org>, StoreError> {
        let sql = select!("ORDER BY id");
        self.rows(sql, [], from_row)
    }

    pub(super) fn totals(&self, org: OrgId) -> Result<Totals, StoreError> {
        let sql = "SELECT user_count, group_count, removed FROM orgs WHERE id = ?1";
        self.row(sql, [org], |row| {
            Ok(Totals {
                users: row.get::<_, Count>(0)?.0,
                groups: row.get::<_, Count>(1)?.0,
                removed: row.get::<_, Count>(2)?.0,
            })
        })?
        .ok_or(StoreError::NotFound)
    }
}

impl Tx<'_> {
    /// Makes an Org: SCIM off, every setting at its default.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] on `name`.
    pub fn insert_org(&mut self, name: &str, now: Timestamp) -> Result<Org, StoreError> {
        self.exec(
            "INSERT INTO orgs (name, name_key, scim_enabled, policy, hold_days, heirs, dialect, created)
             VALUES (?1, ?2, 0, ?3, ?4, '[]', ?5, ?6)",
            params![
                name,
                fold(name),
                Named(RemovalPolicy::default()),
                HOLD_DAYS,
                Named(Dialect::default()),
                now
            ],
        )?;
        let id = OrgId(self.conn.last_insert_rowid());
        self.org(id)?.ok_or(StoreError::NotFound)
    }

    /// Stores the name and the settings of `org`.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] on `name`; [`StoreError::NotFound`].
    pub fn update_org(&mut self, org: &Org) -> Result<(), StoreError> {
        let changed = self.exec(
            "UPDATE orgs SET name = ?2, name_key = ?3, scim_enabled = ?4, policy = ?5, hold_days = ?6,
                 heirs = ?7, dialect = ?8
             WHERE id = ?1",
            params![
                org.id,
                org.name,
                fold(&org.name),
                org.scim_enabled,
                Named(org.policy),
                org.hold_days,
                Json(&org.heirs),
                Named(org.dialect)
            ],
        )?;
        if changed == 0 {
            return Err(StoreError::NotFound);
        }
        Ok(())
    }

    /// Makes Org Primary, with SCIM on, if it does not exist.
    pub(super) fn ensure_primary(&mut self, now: Timestamp) -> Result<(), StoreError> {
        self.exec(
            "INSERT INTO orgs (id, name, name_key, scim_enabled, policy, hold_days, heirs, dialect,
                 created)
             VALUES (?1, 'Primary', 'primary', 1, ?2, ?3, '[]', ?4, ?5)
             ON CONFLICT (id) DO NOTHING",
            params![
                OrgId::PRIMARY,
                Named(RemovalPolicy::default()),
                HOLD_DAYS,
                Named(Dialect::default()),
                now
            ],
        )?;
        Ok(())
    }
}
