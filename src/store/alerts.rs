//! Who has seen which alert. The alerts themselves follow from everything else.

use std::collections::HashMap;

use rusqlite::params;

use crate::clock::Timestamp;
use crate::model::alert::Acknowledgement;
use crate::store::column::Named;
use crate::store::error::StoreError;
use crate::store::tx::{Reader, Tx};

impl Reader<'_> {
    /// All acknowledgements, by fingerprint.
    pub fn acknowledgements(&self) -> Result<HashMap<String, Acknowledgement>, StoreError> {
        let sql = "SELECT fingerprint, by, at, until, severity FROM acknowledgements";
        let all = self.rows(sql, [], |row| {
            let seen = Acknowledgement {
                by: row.get(1)?,
                at: row.get(2)?,
                until: row.get(3)?,
                severity: row.get::<_, Named<_>>(4)?.0,
            };
            Ok((row.get(0)?, seen))
        })?;
        Ok(all.into_iter().collect())
    }
}

impl Tx<'_> {
    /// Notes who has seen an alert; `None`: nobody.
    pub fn acknowledge(
        &mut self,
        fingerprint: &str,
        seen: Option<&Acknowledgement>,
    ) -> Result<(), StoreError> {
        let Some(seen) = seen else {
            let sql = "DELETE FROM acknowledgements WHERE fingerprint = ?1";
            self.exec(sql, [fingerprint])?;
            return Ok(());
        };
        self.exec(
            "INSERT INTO acknowledgements (fingerprint, by, at, until, severity)
             VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (fingerprint) DO UPDATE SET
                 by = excluded.by, at = excluded.at, until = excluded.until,
                 severity = excluded.severity",
            params![
                fingerprint,
                seen.by,
                seen.at,
                seen.until,
                Named(seen.severity)
            ],
        )?;
        Ok(())
    }

    /// Forgets the acknowledgements that have ended.
    pub fn forget_acknowledgements(&mut self, now: Timestamp) -> Result<(), StoreError> {
        self.exec("DELETE FROM acknowledgements WHERE until <= ?1", [now])?;
        Ok(())
    }
}
