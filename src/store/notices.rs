//! Sinks of alerts: the notices that each is to be told, and the groups they are made from.

use rusqlite::params;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::ids::OrgId;
use crate::model::delivery::Mark;
use crate::model::notice::Notice;
use crate::store::column::{Count, Json, signed};
use crate::store::deliveries::Marks;
use crate::store::error::StoreError;
use crate::store::tx::{Reader, Tx};

/// The kind of every notice among deliveries.
const ALERT: &str = "alert";

/// How far a sink is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SinkPlace {
    /// Up to this change of an alert notices were made.
    pub change: u64,
    /// Up to this notice all is told, or open.
    pub notice: u64,
}

impl Reader<'_> {
    /// Up to `count` notices for a sink after number `after`, oldest first.
    pub fn notice_marks(&self, sink: &str, after: u64, count: u64) -> Result<Marks, StoreError> {
        let sql =
            "SELECT seq, line FROM notices WHERE sink = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3";
        let marks = self.rows(sql, params![sink, signed(after), signed(count)], |row| {
            Ok(Mark {
                event: row.get::<_, Count>(0)?.0,
                kind: ALERT.to_owned(),
                subject: row.get(1)?,
            })
        })?;
        let read_to = marks.last().map_or(after, |last| last.event);
        Ok(Marks { marks, read_to })
    }

    /// A notice by number; `None`: it was told, or erased.
    pub fn notice(&self, number: u64) -> Result<Option<Notice>, StoreError> {
        let sql = "SELECT body FROM notices WHERE seq = ?1";
        self.row(sql, [signed(number)], |row| {
            Ok(row.get::<_, Json<Notice>>(0)?.0)
        })
    }

    /// The groups of a sink, as they were kept.
    pub fn sink_groups<T: DeserializeOwned>(&self, sink: &str) -> Result<Vec<T>, StoreError> {
        let sql = "SELECT body FROM sink_groups WHERE sink = ?1 ORDER BY line";
        self.rows(sql, [sink], |row| Ok(row.get::<_, Json<T>>(0)?.0))
    }
}

impl Tx<'_> {
    /// Notes which sinks there are, each with the Org whose alerts alone it is told, and says how
    /// far each is. A new one begins with what happens from now on; one that is gone keeps its
    /// place.
    pub fn set_sinks(
        &mut self,
        sinks: &[(String, Option<OrgId>)],
    ) -> Result<Vec<SinkPlace>, StoreError> {
        let sql = "UPDATE webhooks SET configured = 0 WHERE change IS NOT NULL";
        self.exec(sql, [])?;
        let last = self.last_alert_change()?;
        let mut places = Vec::new();
        for (name, org) in sinks {
            // A name that a webhook had is another thing now.
            self.forget_receiver(name, "change IS NULL")?;
            self.exec(
                "INSERT INTO webhooks (name, kinds, org, configured, seq, change)
                 VALUES (?1, '[]', ?2, 1, 0, ?3)
                 ON CONFLICT (name) DO UPDATE SET org = excluded.org, configured = 1",
                params![name, org, signed(last)],
            )?;
            let sql = "SELECT change, seq FROM webhooks WHERE name = ?1";
            let place = self.row(sql, [name], |row| {
                Ok(SinkPlace {
                    change: row.get::<_, Count>(0)?.0,
                    notice: row.get::<_, Count>(1)?.0,
                })
            })?;
            places.push(place.ok_or(StoreError::NotFound)?);
        }
        Ok(places)
    }

    /// Notes that a sink's notices are made up to a change of an alert: these, of groups that are
    /// now as given (`None`: over). All or nothing, so that a restart makes none twice.
    pub fn make_notices<T: Serialize>(
        &mut self,
        sink: &str,
        change: u64,
        notices: &[Notice],
        groups: &[(String, Option<T>)],
    ) -> Result<(), StoreError> {
        for notice in notices {
            let sql = "INSERT INTO notices (sink, at, line, body) VALUES (?1, ?2, ?3, ?4)";
            self.exec(sql, params![sink, notice.at, notice.line(), Json(notice)])?;
        }
        for (line, group) in groups {
            if let Some(group) = group {
                self.exec(
                    "INSERT INTO sink_groups (sink, line, body) VALUES (?1, ?2, ?3)
                     ON CONFLICT (sink, line) DO UPDATE SET body = excluded.body",
                    params![sink, line, Json(group)],
                )?;
            } else {
                let sql = "DELETE FROM sink_groups WHERE sink = ?1 AND line = ?2";
                self.exec(sql, [sink, line])?;
            }
        }
        let sql = "UPDATE webhooks SET change = ?2 WHERE name = ?1";
        self.exec(sql, params![sink, signed(change)])?;
        Ok(())
    }
}
