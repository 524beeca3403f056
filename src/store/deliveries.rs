//! Webhooks and sinks: how far each was told, and what it was told in vain.
//!
//! Nothing is written here when an event is: the events are the queue, and a webhook is a
//! position in them.

use rusqlite::{Row, params};

use crate::clock::Timestamp;
use crate::ids::{OrgId, ResourceId};
use crate::model::delivery::{Delivery, Mark, Told, WebhookStatus};
use crate::model::event::EventKind;
use crate::store::column::{Count, Json, Named, signed};
use crate::store::error::StoreError;
use crate::store::tx::{Reader, Tx};

/// A webhook as the settings have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    /// Its name.
    pub name: String,
    /// What it is told of.
    pub kinds: Vec<EventKind>,
    /// Of this Org alone.
    pub org: Option<OrgId>,
}

/// A part of the events.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    /// Those that were asked for.
    pub marks: Vec<Mark>,
    /// Up to this event there are no others.
    pub read_to: u64,
}

/// How a webhook got on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settled {
    /// Up to this event everything is told or stands in the table of open deliveries.
    pub event: u64,
    /// What is open, as it is now.
    pub open: Vec<Delivery>,
    /// What is open no more.
    pub done: Vec<u64>,
}

/// The events that a webhook is told of, as a condition on `events`: ?1 kinds, ?2 Org.
const CHOSEN: &str = "kind IN (SELECT value FROM json_each(?1)) AND (?2 IS NULL OR org = ?2)";

/// Notices of the sink ?1 that it is to be told yet.
const UNTOLD: &str = "sink = ?1 AND NOT EXISTS (SELECT 1 FROM deliveries
     WHERE webhook = sink AND event = notices.seq AND state = 'failed')";

fn delivery(row: &Row<'_>) -> rusqlite::Result<Delivery> {
    Ok(Delivery {
        webhook: row.get(0)?,
        event: row.get::<_, Count>(1)?.0,
        kind: row.get(2)?,
        subject: row.get(3)?,
        state: row.get::<_, Named<_>>(4)?.0,
        attempts: row.get(5)?,
        next: row.get(6)?,
        since: row.get(7)?,
        error: row.get(8)?,
    })
}

impl Reader<'_> {
    /// Up to `count` events after `after` of these kinds, oldest first.
    pub fn event_marks(
        &self,
        after: u64,
        kinds: &[EventKind],
        org: Option<OrgId>,
        count: u64,
    ) -> Result<Marks, StoreError> {
        self.snapshot(|reader| {
            let sql = format!(
                "SELECT seq, kind, subject FROM events WHERE {CHOSEN} AND seq > ?3
                 ORDER BY seq LIMIT ?4"
            );
            let marks = reader.rows(
                &sql,
                params![Json(kinds), org, signed(after), signed(count)],
                |row| {
                    Ok(Mark {
                        event: row.get::<_, Count>(0)?.0,
                        kind: row.get(1)?,
                        subject: row
                            .get::<_, Option<ResourceId>>(2)?
                            .map(|subject| subject.to_string()),
                    })
                },
            )?;
            let read_to = match marks.last() {
                Some(last) if marks.len() as u64 == count => last.event,
                _ => reader.last_event()?.max(after),
            };
            Ok(Marks { marks, read_to })
        })
    }

    /// What a webhook was told of in vain, or all; oldest event first.
    pub fn deliveries(
        &self,
        webhook: Option<&str>,
        count: u64,
    ) -> Result<Vec<Delivery>, StoreError> {
        let sql = "SELECT webhook, event, kind, subject, state, attempts, next, since, error
             FROM deliveries WHERE ?1 IS NULL OR webhook = ?1
             ORDER BY event, webhook LIMIT ?2";
        self.rows(sql, params![webhook, signed(count)], delivery)
    }

    /// How far each webhook and sink is told.
    pub fn webhooks(&self) -> Result<Vec<WebhookStatus>, StoreError> {
        self.snapshot(|reader| {
            let sql =
                "SELECT name, kinds, org, configured, seq, change FROM webhooks ORDER BY name";
            let all = reader.rows(sql, [], |row| {
                let status = WebhookStatus {
                    webhook: row.get(0)?,
                    told: match row.get::<_, Option<i64>>(5)? {
                        Some(_) => Told::Alerts,
                        None => Told::Events,
                    },
                    org: row.get(2)?,
                    configured: row.get(3)?,
                    event: row.get::<_, Count>(4)?.0,
                    waiting: 0,
                    oldest: None,
                    failed: 0,
                };
                Ok((status, row.get::<_, String>(1)?))
            })?;
            let fill = |(mut status, kinds): (WebhookStatus, String)| {
                let counted = |sql: &str, params: &[&dyn rusqlite::ToSql]| {
                    let row = reader.row(sql, params, |row| {
                        Ok((
                            row.get::<_, Count>(0)?.0,
                            row.get::<_, Option<Timestamp>>(1)?,
                        ))
                    })?;
                    Ok::<_, StoreError>(row.unwrap_or_default())
                };
                let given_up = "SELECT count(*), NULL FROM deliveries
                     WHERE webhook = ?1 AND state = 'failed' AND event <= ?2";
                let place = signed(status.event);
                status.failed = counted(given_up, &[&status.webhook, &place])?.0;
                if status.told == Told::Alerts {
                    let sql = format!("SELECT count(*), min(at) FROM notices WHERE {UNTOLD}");
                    (status.waiting, status.oldest) = counted(&sql, &[&status.webhook])?;
                    return Ok(status);
                }
                let (new, oldest_new) = counted(
                    &format!("SELECT count(*), min(at) FROM events WHERE {CHOSEN} AND seq > ?3"),
                    &[&kinds, &status.org, &place],
                )?;
                let (old, oldest_old) = counted(
                    "SELECT count(*), min(at) FROM deliveries JOIN events ON seq = event
                     WHERE webhook = ?1 AND state = 'waiting' AND event <= ?2",
                    &[&status.webhook, &place],
                )?;
                status.waiting = new + old;
                status.oldest = oldest_old.into_iter().chain(oldest_new).min();
                Ok(status)
            };
            all.into_iter().map(fill).collect()
        })
    }
}

impl Reader<'_> {
    /// When the oldest thing happened that each configured webhook and sink is to be told yet.
    pub fn backlogs(&self) -> Result<Vec<(String, Timestamp)>, StoreError> {
        let sql = format!(
            "SELECT name, CASE WHEN change IS NULL THEN
                 (SELECT min(at) FROM (
                     SELECT at FROM (SELECT at FROM events
                         WHERE kind IN (SELECT value FROM json_each(webhooks.kinds))
                             AND (webhooks.org IS NULL OR events.org = webhooks.org)
                             AND events.seq > webhooks.seq
                         ORDER BY events.seq LIMIT 1)
                     UNION ALL
                     SELECT at FROM deliveries JOIN events ON events.seq = event
                         WHERE webhook = name AND state = 'waiting'))
             ELSE (SELECT min(at) FROM notices WHERE {}) END
             FROM webhooks WHERE configured = 1 ORDER BY name",
            UNTOLD.replace("?1", "name")
        );
        let all = self.rows(&sql, [], |row| {
            Ok((row.get(0)?, row.get::<_, Option<Timestamp>>(1)?))
        })?;
        let waiting = all.into_iter();
        Ok(waiting.filter_map(|(name, at)| Some((name, at?))).collect())
    }
}

impl Tx<'_> {
    /// Notes which webhooks there are, and says how far each was told. A new one begins with what
    /// happens from now on; one that is gone keeps its place.
    pub fn set_webhooks(&mut self, webhooks: &[Webhook]) -> Result<Vec<u64>, StoreError> {
        let sql = "UPDATE webhooks SET configured = 0 WHERE change IS NULL";
        self.exec(sql, [])?;
        // A name that a sink had is another thing now.
        for webhook in webhooks {
            self.forget_receiver(&webhook.name, "change IS NOT NULL")?;
        }
        let last = self.last_event()?;
        let mut places = Vec::new();
        for webhook in webhooks {
            self.exec(
                "INSERT INTO webhooks (name, kinds, org, configured, seq)
                 VALUES (?1, ?2, ?3, 1, ?4)
                 ON CONFLICT (name) DO UPDATE SET
                     kinds = excluded.kinds, org = excluded.org, configured = 1",
                params![
                    webhook.name,
                    Json(&webhook.kinds),
                    webhook.org,
                    signed(last)
                ],
            )?;
            let sql = "SELECT seq FROM webhooks WHERE name = ?1";
            let place = self.row(sql, [&webhook.name], |row| row.get::<_, Count>(0))?;
            places.push(place.map_or(last, |place| place.0));
        }
        Ok(places)
    }

    /// Forgets a webhook or sink of that name under a condition, with all it was to be told.
    pub(super) fn forget_receiver(
        &mut self,
        name: &str,
        condition: &str,
    ) -> Result<(), StoreError> {
        let named = format!("SELECT 1 FROM webhooks WHERE name = ?1 AND {condition}");
        if self.row(&named, [name], |_| Ok(()))?.is_none() {
            return Ok(());
        }
        for sql in [
            "DELETE FROM deliveries WHERE webhook = ?1",
            "DELETE FROM notices WHERE sink = ?1",
            "DELETE FROM sink_groups WHERE sink = ?1",
            "DELETE FROM webhooks WHERE name = ?1",
        ] {
            self.exec(sql, [name])?;
        }
        Ok(())
    }

    /// Notes how a webhook or a sink got on; what a sink was told is forgotten.
    pub fn settle_deliveries(&mut self, webhook: &str, by: &Settled) -> Result<(), StoreError> {
        for delivery in &by.open {
            self.exec(
                "INSERT INTO deliveries
                     (webhook, event, kind, subject, state, attempts, next, since, error)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
                 ON CONFLICT (webhook, event) DO UPDATE SET
                     state = excluded.state, attempts = excluded.attempts, next = excluded.next,
                     since = excluded.since, error = excluded.error",
                params![
                    webhook,
                    signed(delivery.event),
                    delivery.kind,
                    delivery.subject,
                    Named(delivery.state),
                    delivery.attempts,
                    delivery.next,
                    delivery.since,
                    delivery.error
                ],
            )?;
        }
        for event in &by.done {
            let sql = "DELETE FROM deliveries WHERE webhook = ?1 AND event = ?2";
            self.exec(sql, params![webhook, signed(*event)])?;
        }
        let sql = "UPDATE webhooks SET seq = ?2 WHERE name = ?1";
        self.exec(sql, params![webhook, signed(by.event)])?;
        self.exec(
            "DELETE FROM notices WHERE sink = ?1 AND seq <= ?2 AND NOT EXISTS
                 (SELECT 1 FROM deliveries WHERE webhook = sink AND event = seq)",
            params![webhook, signed(by.event)],
        )?;
        Ok(())
    }

    /// Has what was given up tried again: these events, or all if there are none; returns which.
    pub fn replay_deliveries(
        &mut self,
        webhook: Option<&str>,
        events: &[u64],
    ) -> Result<Vec<Delivery>, StoreError> {
        let given_up = self.rows(
            "SELECT webhook, event, kind, subject, 'waiting', 0, NULL, since, error
             FROM deliveries
             WHERE state = 'failed' AND (?1 IS NULL OR webhook = ?1)
                 AND (json_array_length(?2) = 0 OR event IN (SELECT value FROM json_each(?2)))
             ORDER BY event, webhook",
            params![webhook, Json(events)],
            delivery,
        )?;
        for delivery in &given_up {
            self.exec(
                "UPDATE deliveries SET state = 'waiting', attempts = 0, next = NULL
                 WHERE webhook = ?1 AND event = ?2",
                params![delivery.webhook, signed(delivery.event)],
            )?;
        }
        Ok(given_up)
    }
}
