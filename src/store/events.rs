//! Events: appended in the transaction of the change they tell of, chained by hashes, so that a
//! record that is edited, removed or moved shows.
//!
//! The hash of an event covers the one before it, its own fields and a salted digest of its
//! detail; the detail itself may be erased and the chain still holds. The last number and hash
//! stand in `meta` as well, and so do those of the last pruned event.

use rusqlite::{Row, params, params_from_iter};
use sha2::{Digest as _, Sha256};

use crate::clock::Timestamp;
use crate::ids::{OrgId, RequestId, ResourceId};
use crate::model::event::{ChainReport, Event, EventKind, NewEvent};
use crate::model::event_filter::EventFilter;
use crate::store::Walk;
use crate::store::column::{ActorColumn, Count, Json, Named, actor_text, name_of, signed};
use crate::store::error::StoreError;
use crate::store::sql::Conditions;
use crate::store::tx::{Reader, Tx};

/// Faults listed by a check; the chain is walked to its end all the same.
const MOST_FAULTS: usize = 100;
const HEAD: &str = "events.head";
const BASE: &str = "events.base";

type Hash = [u8; 32];

/// Which events to read. The default is every event, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventQuery {
    /// Of this Org.
    pub org: Option<OrgId>,
    /// About this user or group.
    pub subject: Option<ResourceId>,
    /// Of this kind.
    pub kind: Option<EventKind>,
    /// At or after.
    pub since: Option<Timestamp>,
    /// What else; its `since` is the one above.
    pub filter: EventFilter,
    /// Direction and where to start.
    pub walk: Walk,
}

/// The beginning of every statement whose rows [`from_row`] reads.
pub(super) const SELECT: &str =
    "SELECT seq, at, org, kind, actor, subject, request, cause, detail, hash FROM events ";

pub(super) fn from_row(row: &Row<'_>) -> rusqlite::Result<Event> {
    Ok(Event {
        seq: row.get::<_, Count>(0)?.0,
        at: row.get(1)?,
        org: row.get(2)?,
        kind: row.get::<_, Named<_>>(3)?.0,
        actor: row.get::<_, ActorColumn>(4)?.0,
        subject: row.get(5)?,
        request: row.get(6)?,
        cause: row.get(7)?,
        detail: row.get::<_, Json<_>>(8)?.0,
        hash: hex(&row.get::<_, Hash>(9)?),
    })
}

/// The conditions of a filter, but for its `since`.
fn narrow(filter: &EventFilter, conditions: &mut Conditions) {
    if !filter.kinds.is_empty() {
        let kinds: Vec<String> = filter.kinds.iter().map(name_of).collect();
        conditions.and("kind IN (SELECT value FROM json_each(?))", [&json(&kinds)]);
    }
    for names in &filter.by {
        conditions.and(
            "EXISTS (SELECT 1 FROM json_each(?) AS name WHERE instr(lower(actor), name.value) > 0
                 OR actor IN (SELECT 'token:' || id FROM tokens
                     WHERE instr(lower(label), name.value) > 0))",
            [&json(names)],
        );
    }
    for word in &filter.words {
        // An id is written with dashes and kept as bytes; a part of one is a word like others.
        let id = Some(word.replace('-', "")).filter(|id| id.len() >= 8);
        conditions.and(
            "(instr(lower(concat_ws(char(10), json_extract(detail, '$.subject'),
                 json_extract(detail, '$.label'), json_extract(detail, '$.predecessor'), cause)), ?) > 0
                 OR instr(lower(hex(subject)), ?) = 1)",
            [word, &id],
        );
    }
    let request = filter.request.as_ref();
    conditions.and_some(
        "instr(lower(hex(request)), ?) = 1",
        request.map(|request| request as _),
    );
}

fn json(values: &[String]) -> String {
    serde_json::json!(values).to_string()
}

impl Reader<'_> {
    /// Up to `count` events.
    pub fn events(&self, query: &EventQuery, count: u64) -> Result<Vec<Event>, StoreError> {
        let mut conditions = Conditions::new();
        conditions.and_some("subject = ?", query.subject.as_ref().map(|id| id as _));
        conditions.and_some("org = ?", query.org.as_ref().map(|org| org as _));
        let kind = query.kind.map(Named);
        conditions.and_some("kind = ?", kind.as_ref().map(|kind| kind as _));
        conditions.and_some("at >= ?", query.since.as_ref().map(|at| at as _));
        narrow(&query.filter, &mut conditions);
        query.walk.apply(&mut conditions, count);
        let sql = format!("{SELECT}WHERE {}", conditions.text());
        self.rows(&sql, params_from_iter(conditions.values()), from_row)
    }

    /// Walks the whole chain in one snapshot and reports what does not fit.
    pub fn verify_events(&self) -> Result<ChainReport, StoreError> {
        self.verify_last_events(u64::MAX)
    }

    /// Walks the last `count` events in one snapshot and reports what does not fit.
    pub fn verify_last_events(&self, count: u64) -> Result<ChainReport, StoreError> {
        self.snapshot(|reader| {
            let (mut seq, mut hash) = reader.end(BASE)?;
            let before = reader.end(HEAD)?.0.saturating_sub(count);
            if before > seq {
                let sql = "SELECT hash FROM events WHERE seq = ?1";
                let found = reader.row(sql, [signed(before)], |row| row.get::<_, Hash>(0))?;
                (seq, hash) = (before, found.unwrap_or_default());
            }
            let first = seq;
            let mut report = ChainReport {
                checked: 0,
                range: None,
                head: String::new(),
                faults: Vec::new(),
            };
            let mut statement = reader.conn.prepare_cached(
                "SELECT seq, at, org, kind, actor, subject, request, cause, salt, detail,
                     detail_hash, hash
                 FROM events WHERE seq > ?1 ORDER BY seq",
            )?;
            let mut rows = statement.query([signed(first)])?;
            while let Some(row) = rows.next()? {
                let link = Link::from_row(row)?;
                link.check(seq, &hash, &mut report.faults);
                (seq, hash) = (link.seq, link.hash);
                report.checked += 1;
                report.range = Some((report.range.map_or(seq, |(first, _)| first), seq));
            }
            if reader.end(HEAD)? != (seq, hash) {
                report
                    .faults
                    .push(format!("after event {seq}: the last events are missing"));
            }
            report.faults.truncate(MOST_FAULTS);
            report.head = hex(&hash);
            Ok(report)
        })
    }

    /// Number and hash of the event that `name` keeps; before the first, 0 and zeros.
    fn end(&self, name: &str) -> Result<(u64, Hash), StoreError> {
        let Some(end) = self.meta::<40>(name)? else {
            return Ok((0, [0; 32]));
        };
        let (seq, hash) = end.split_at(8);
        Ok((
            u64::from_be_bytes(seq.try_into().expect("8 bytes")),
            hash.try_into().expect("32 bytes"),
        ))
    }
}

impl Tx<'_> {
    /// Appends an event; returns its number.
    pub fn append_event(&mut self, event: &NewEvent) -> Result<u64, StoreError> {
        let (last, previous) = self.end(HEAD)?;
        let seq = last + 1;
        let mut salt = [0_u8; 16];
        getrandom::fill(&mut salt).map_err(|_| StoreError::Io("no random bytes".to_owned()))?;
        let detail = event.detail.to_string();
        let kind = name_of(&event.kind);
        let actor = actor_text(&event.actor);
        let mut link = Link {
            seq,
            at: event.at,
            org: event.org,
            kind: &kind,
            actor: &actor,
            subject: event.subject,
            request: event.request,
            cause: &event.cause,
            detail: Some((&salt, &detail)),
            detail_hash: detail_hash(&salt, &detail),
            hash: [0; 32],
        };
        link.hash = link.expected(&previous);
        self.exec(
            "INSERT INTO events (seq, at, org, kind, actor, subject, request, cause, salt, detail,
                 detail_hash, hash)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
            params![
                signed(seq),
                link.at,
                link.org,
                link.kind,
                link.actor,
                link.subject,
                link.request,
                link.cause,
                salt,
                detail,
                link.detail_hash,
                link.hash
            ],
        )?;
        self.set_end(HEAD, seq, &link.hash)?;
        Ok(seq)
    }

    /// Erases names and values from all events about a user or group; the chain still holds.
    /// Returns how many events that were.
    pub fn erase_event_details(
        &mut self,
        org: OrgId,
        subject: &ResourceId,
    ) -> Result<u64, StoreError> {
        let erased = self.exec(
            "UPDATE events SET salt = NULL, detail = NULL
             WHERE subject = ?1 AND org = ?2 AND detail IS NOT NULL",
            params![subject, org],
        )?;
        Ok(erased as u64)
    }

    /// Removes the oldest events, up to the first that happened at or after `before`, at most
    /// `count` of them; returns how many. What remains can still be checked.
    pub fn prune_events(&mut self, before: Timestamp, count: u64) -> Result<u64, StoreError> {
        let (base, _) = self.end(BASE)?;
        let kept = self.row(
            "SELECT seq FROM events WHERE at >= ?1 AND seq <= ?2 ORDER BY seq LIMIT 1",
            params![before, signed(base.saturating_add(count))],
            |row| row.get::<_, Count>(0),
        )?;
        let (head, _) = self.end(HEAD)?;
        let last = kept.map_or(head.min(base.saturating_add(count)), |kept| kept.0 - 1);
        if last <= base {
            return Ok(0);
        }
        let sql = "SELECT hash FROM events WHERE seq = ?1";
        let hash = self
            .row(sql, [signed(last)], |row| row.get::<_, Hash>(0))?
            .ok_or(StoreError::Corrupt("a missing event"))?;
        self.exec("DELETE FROM event_members WHERE seq <= ?1", [signed(last)])?;
        let pruned = self.exec("DELETE FROM events WHERE seq <= ?1", [signed(last)])?;
        self.set_end(BASE, last, &hash)?;
        Ok(pruned as u64)
    }

    fn set_end(&mut self, name: &str, seq: u64, hash: &Hash) -> Result<(), StoreError> {
        let mut end = [0_u8; 40];
        end[..8].copy_from_slice(&seq.to_be_bytes());
        end[8..].copy_from_slice(hash);
        self.set_meta(name, &end)
    }
}

/// What the hash of an event covers.
struct Link<'a> {
    seq: u64,
    at: Timestamp,
    org: OrgId,
    kind: &'a str,
    actor: &'a str,
    subject: Option<ResourceId>,
    request: Option<RequestId>,
    cause: &'a str,
    /// Salt and detail, until they are erased.
    detail: Option<(&'a [u8], &'a str)>,
    detail_hash: Hash,
    hash: Hash,
}

impl<'a> Link<'a> {
    fn from_row(row: &'a Row<'_>) -> Result<Self, StoreError> {
        let text = |at| row.get_ref(at)?.as_str().map_err(rusqlite::Error::from);
        let salt = row
            .get_ref(8)?
            .as_blob_or_null()
            .map_err(rusqlite::Error::from)?;
        let detail = row
            .get_ref(9)?
            .as_str_or_null()
            .map_err(rusqlite::Error::from)?;
        Ok(Self {
            seq: row.get::<_, Count>(0)?.0,
            at: row.get(1)?,
            org: row.get(2)?,
            kind: text(3)?,
            actor: text(4)?,
            subject: row.get(5)?,
            request: row.get(6)?,
            cause: text(7)?,
            detail: salt.zip(detail),
            detail_hash: row.get(10)?,
            hash: row.get(11)?,
        })
    }

    /// The hash that belongs to these fields behind `previous`. Texts go in with their length, so
    /// that no two events give the same bytes.
    fn expected(&self, previous: &Hash) -> Hash {
        let mut hash = Sha256::new();
        hash.update(b"scimtop event 1");
        hash.update(previous);
        hash.update(self.seq.to_be_bytes());
        hash.update(self.at.0.to_be_bytes());
        hash.update(self.org.0.to_be_bytes());
        for text in [self.kind, self.actor, self.cause] {
            hash.update((text.len() as u64).to_be_bytes());
            hash.update(text);
        }
        for id in [self.subject.map(|id| id.0), self.request.map(|id| id.0)] {
            hash.update([u8::from(id.is_some())]);
            hash.update(id.unwrap_or_default().as_bytes());
        }
        hash.update(self.detail_hash);
        hash.finalize().into()
    }

    fn check(&self, last: u64, previous: &Hash, faults: &mut Vec<String>) {
        if faults.len() >= MOST_FAULTS {
            return;
        }
        let seq = self.seq;
        if seq != last + 1 {
            faults.push(format!("before event {seq}: events are missing"));
        } else if self.hash != self.expected(previous) {
            faults.push(format!("event {seq}: the record was changed"));
        }
        if let Some((salt, detail)) = self.detail
            && self.detail_hash != detail_hash(salt, detail)
        {
            faults.push(format!("event {seq}: the detail was changed"));
        }
    }
}

fn detail_hash(salt: &[u8], detail: &str) -> Hash {
    let mut hash = Sha256::new();
    hash.update(salt);
    hash.update(detail);
    hash.finalize().into()
}

fn hex(hash: &Hash) -> String {
    use std::fmt::Write as _;
    hash.iter()
        .fold(String::with_capacity(64), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}
