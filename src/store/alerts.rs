//! What became of alerts, who has seen which, and what is silenced. The alerts themselves follow
//! from everything else.

use std::collections::HashMap;

use rusqlite::params;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::clock::Timestamp;
use crate::ids::TokenId;
use crate::model::alert::{Acknowledgement, AlertChange, Silence};
use crate::store::column::{Count, Json, Named, signed};
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

    /// Up to `count` changes of alerts after number `after`, oldest first.
    pub fn alert_changes(&self, after: u64, count: u64) -> Result<Vec<AlertChange>, StoreError> {
        let sql = "SELECT seq, body FROM alert_changes WHERE seq > ?1 ORDER BY seq LIMIT ?2";
        self.rows(sql, [signed(after), signed(count)], |row| {
            let change = row.get::<_, Json<AlertChange>>(1)?.0;
            Ok(AlertChange {
                seq: row.get::<_, Count>(0)?.0,
                ..change
            })
        })
    }

    /// Number of the last change of an alert; 0: there was none.
    pub fn last_alert_change(&self) -> Result<u64, StoreError> {
        let sql = "SELECT COALESCE(MAX(seq), 0) FROM alert_changes";
        let last = self.row(sql, [], |row| Ok(row.get::<_, Count>(0)?.0))?;
        Ok(last.unwrap_or(0))
    }
}

impl Reader<'_> {
    /// Lives of alerts, as they were kept.
    pub fn alert_lives<T: DeserializeOwned>(&self) -> Result<Vec<T>, StoreError> {
        let sql = "SELECT body FROM alert_lives ORDER BY fingerprint";
        self.rows(sql, [], |row| Ok(row.get::<_, Json<T>>(0)?.0))
    }

    /// Rhythms of clients, by token, as they were kept.
    pub fn rhythms<T: DeserializeOwned>(&self) -> Result<Vec<(TokenId, T)>, StoreError> {
        let sql = "SELECT token, body FROM rhythms ORDER BY token";
        self.rows(sql, [], |row| {
            Ok((row.get(0)?, row.get::<_, Json<T>>(1)?.0))
        })
    }

    /// All silences that have not ended, oldest first.
    pub fn silences(&self, now: Timestamp) -> Result<Vec<Silence>, StoreError> {
        let sql = "SELECT id, body FROM silences WHERE until > ?1 ORDER BY id";
        self.rows(sql, [now], |row| {
            let silence = row.get::<_, Json<Silence>>(1)?.0;
            Ok(Silence {
                id: row.get::<_, Count>(0)?.0,
                ..silence
            })
        })
    }
}

impl Tx<'_> {
    /// Keeps the life of an alert; `None`: it is over.
    pub fn keep_alert_life<T: Serialize>(
        &mut self,
        fingerprint: &str,
        life: Option<&T>,
    ) -> Result<(), StoreError> {
        match life {
            Some(life) => self.exec(
                "INSERT INTO alert_lives (fingerprint, body) VALUES (?1, ?2)
                 ON CONFLICT (fingerprint) DO UPDATE SET body = excluded.body",
                params![fingerprint, Json(life)],
            ),
            None => self.exec(
                "DELETE FROM alert_lives WHERE fingerprint = ?1",
                [fingerprint],
            ),
        }?;
        Ok(())
    }

    /// Keeps the rhythm of the client that uses a token, unless the token is gone.
    pub fn keep_rhythm<T: Serialize>(
        &mut self,
        token: &TokenId,
        rhythm: &T,
    ) -> Result<(), StoreError> {
        self.exec(
            "INSERT INTO rhythms (token, body) SELECT id, ?2 FROM tokens WHERE id = ?1
             ON CONFLICT (token) DO UPDATE SET body = excluded.body",
            params![token, Json(rhythm)],
        )?;
        Ok(())
    }

    /// Forgets every change and life of an alert that names `person`, and every notice.
    pub fn erase_from_alerts(&mut self, person: &str) -> Result<(), StoreError> {
        for table in ["alert_changes", "alert_lives", "notices", "sink_groups"] {
            let sql = format!("DELETE FROM {table} WHERE instr(lower(body), lower(?1)) > 0");
            self.exec(&sql, [person])?;
        }
        Ok(())
    }

    /// Adds a silence; returns its number. Those that have ended go.
    pub fn add_silence(&mut self, silence: &Silence) -> Result<u64, StoreError> {
        self.exec("DELETE FROM silences WHERE until <= ?1", [silence.at])?;
        let sql = "INSERT INTO silences (until, body) VALUES (?1, ?2)";
        self.exec(sql, params![silence.until, Json(silence)])?;
        Ok(u64::try_from(self.conn.last_insert_rowid()).unwrap_or(0))
    }

    /// Ends a silence.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if there is none with that number.
    pub fn end_silence(&mut self, id: u64) -> Result<(), StoreError> {
        match self.exec("DELETE FROM silences WHERE id = ?1", [signed(id)])? {
            0 => Err(StoreError::NotFound),
            _ => Ok(()),
        }
    }

    /// Notes what became of an alert; returns the change's number.
    pub fn append_alert_change(&mut self, change: &AlertChange) -> Result<u64, StoreError> {
        let sql = "INSERT INTO alert_changes (at, body) VALUES (?1, ?2)";
        self.exec(sql, params![change.at, Json(change)])?;
        Ok(u64::try_from(self.conn.last_insert_rowid()).unwrap_or(0))
    }

    /// Forgets the changes of alerts from before `before`.
    pub fn prune_alert_changes(&mut self, before: Timestamp) -> Result<(), StoreError> {
        self.exec("DELETE FROM alert_changes WHERE at < ?1", [before])?;
        Ok(())
    }

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
