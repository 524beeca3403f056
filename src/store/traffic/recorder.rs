//! The thread that writes `traffic.db`: gathers what arrives within a moment, stores it in one
//! commit, tells the subscribers, and prunes a little when it was asked to.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension as _, TransactionBehavior, params};

use super::erase::{Erasure, Person};
use super::read::live_bytes;
use super::{Kept, Shared};
use crate::clock::{Stopwatch, Timestamp};
use crate::model::exchange::{Exchange, ExchangeSummary};
use crate::scim::fold::fold;
use crate::store::column::{Count, Json, Named, signed};
use crate::store::error::StoreError;

/// An exchange is stored this long after it came at the latest.
const GATHER: Duration = Duration::from_millis(50);
/// Exchanges in one commit at most.
const BATCH: usize = 1000;
/// What the daemon's log says if a purge was not whole.
const NOT_ERASED: &str = "exchanges about purged accounts were not erased; purge again";
/// Exchanges pruned between two commits.
const PRUNE: i64 = 500;

pub(super) enum Message {
    /// An exchange and its size in the budget.
    Record(Box<Exchange>, usize),
    Prune {
        before: Timestamp,
        bytes: u64,
    },
    /// Removes every exchange that names one of these.
    Erase(Vec<Person>),
    /// Stores at once what came before, and says when it is told.
    Flush(SyncSender<()>),
    Stop,
}

pub(super) struct Recorder {
    conn: Connection,
    messages: Receiver<Message>,
    shared: Arc<Shared>,
    /// Number of the last exchange stored.
    last: u64,
    pruning: Option<(Timestamp, u64)>,
    /// Whose exchanges are to be erased once all that came before is stored.
    purged: Vec<Vec<Person>>,
    erasing: VecDeque<Erasure>,
    /// Who waits for what was gathered.
    flushing: Vec<SyncSender<()>>,
    stopped: bool,
}

impl Recorder {
    pub fn new(
        conn: Connection,
        messages: Receiver<Message>,
        shared: Arc<Shared>,
    ) -> Result<Self, StoreError> {
        // Remembered by SQLite even if every exchange has been pruned.
        let sql = "SELECT seq FROM sqlite_sequence WHERE name = 'exchanges'";
        let last = conn
            .query_row(sql, [], |row| row.get::<_, Count>(0))
            .optional()?;
        Ok(Self {
            conn,
            messages,
            shared,
            last: last.map_or(0, |last| last.0),
            pruning: None,
            purged: Vec::new(),
            erasing: VecDeque::new(),
            flushing: Vec::new(),
            stopped: false,
        })
    }

    pub fn run(mut self) {
        while !self.stopped {
            let (exchanges, size) = self.gather();
            if !exchanges.is_empty() {
                self.store(exchanges);
            }
            self.shared.queued.fetch_sub(size, Ordering::Relaxed);
            for waiting in self.flushing.drain(..) {
                // Whoever does not wait any more need not be told.
                let _ = waiting.try_send(());
            }
            if let Some((before, bytes)) = self.pruning
                && !matches!(self.prune(before, bytes), Ok(true))
            {
                self.pruning = None;
            }
            self.begin_erasing();
            self.erase();
        }
        while !self.erasing.is_empty() {
            self.erase();
        }
        // All is stored; this only makes the next start quicker.
        let _ = self.conn.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)");
    }

    /// Waits for an exchange and takes what follows it within a moment. Returns with nothing when
    /// there is other work.
    fn gather(&mut self) -> (Vec<Exchange>, usize) {
        let (mut exchanges, mut size) = (Vec::new(), 0);
        let mut since = None;
        while exchanges.len() < BATCH && self.flushing.is_empty() && !self.stopped {
            let wait = match since {
                None if self.pruning.is_some() || !self.erasing.is_empty() => Duration::ZERO,
                None => Duration::from_secs(3600),
                Some(since) => GATHER.saturating_sub(Stopwatch::elapsed(since)),
            };
            match self.messages.recv_timeout(wait) {
                Ok(Message::Record(exchange, bytes)) => {
                    exchanges.push(*exchange);
                    size += bytes;
                    since.get_or_insert_with(Stopwatch::start);
                }
                Ok(Message::Prune { before, bytes }) => {
                    self.pruning = Some((before, bytes));
                    since.get_or_insert_with(Stopwatch::start);
                }
                Ok(Message::Erase(people)) => {
                    self.purged.push(people);
                    since.get_or_insert_with(Stopwatch::start);
                }
                Ok(Message::Flush(waiting)) => self.flushing.push(waiting),
                Ok(Message::Stop) | Err(RecvTimeoutError::Disconnected) => self.stopped = true,
                Err(RecvTimeoutError::Timeout) => break,
            }
        }
        (exchanges, size)
    }

    fn store(&mut self, exchanges: Vec<Exchange>) {
        let count = exchanges.len() as u64;
        match self.insert(exchanges) {
            Ok(summaries) => {
                self.last += count;
                self.tell(&summaries);
            }
            Err(error) => {
                tracing::warn!(%error, count, "exchanges could not be recorded");
                self.shared.dropped.fetch_add(count, Ordering::Relaxed);
            }
        }
    }

    fn insert(
        &mut self,
        exchanges: Vec<Exchange>,
    ) -> Result<Vec<Arc<ExchangeSummary>>, StoreError> {
        let tx = self
            .conn
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut summaries = Vec::with_capacity(exchanges.len());
        for (seq, exchange) in (self.last + 1..).zip(exchanges) {
            let (mut summary, kept) = parts(exchange);
            summary.seq = seq;
            tx.prepare_cached(
                "INSERT INTO exchanges (seq, at, org, token, client, operation, status, subject,
                     request, summary)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            )?
            .execute(params![
                signed(seq),
                summary.at,
                summary.org,
                summary.token,
                summary.client.as_str(),
                Named(summary.operation),
                summary.status,
                fold(&summary.subject),
                summary.request,
                Json(&summary)
            ])?;
            tx.prepare_cached("INSERT INTO bodies (seq, detail) VALUES (?1, ?2)")?
                .execute(params![signed(seq), Json(&kept)])?;
            summaries.push(Arc::new(summary));
        }
        tx.commit()?;
        Ok(summaries)
    }

    fn tell(&self, summaries: &[Arc<ExchangeSummary>]) {
        let subscribers = self
            .shared
            .subscribers
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        for subscriber in &*subscribers {
            // A defect of a viewer must not end the recording.
            if catch_unwind(AssertUnwindSafe(|| subscriber(summaries))).is_err() {
                tracing::error!("a subscriber to the recorded traffic panicked");
            }
        }
    }

    fn begin_erasing(&mut self) {
        for people in self.purged.drain(..) {
            match Erasure::new(&people, self.last) {
                Ok(erasure) => self.erasing.push_back(erasure),
                Err(error) => tracing::error!(%error, "{NOT_ERASED}"),
            }
        }
    }

    /// Looks through some exchanges for purged people.
    fn erase(&mut self) {
        let Some(erasure) = self.erasing.front_mut() else {
            return;
        };
        // Pruning need not overwrite what it frees; this has to.
        let _ = self.conn.pragma_update(None, "secure_delete", "ON");
        let more = erasure.go_on(&mut self.conn);
        let _ = self.conn.pragma_update(None, "secure_delete", "FAST");
        if let Err(error) = &more {
            tracing::error!(%error, "{NOT_ERASED}");
        }
        if !matches!(more, Ok(true)) {
            self.erasing.pop_front();
            // The log still holds what was overwritten in the file.
            let _ = self.conn.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)");
        }
    }

    /// Removes a few of the oldest exchanges if there is cause; true if there may be more.
    fn prune(&mut self, before: Timestamp, bytes: u64) -> Result<bool, StoreError> {
        let tx = self
            .conn
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        let oldest: Vec<(i64, Timestamp)> = tx
            .prepare_cached("SELECT seq, at FROM exchanges ORDER BY seq LIMIT ?1")?
            .query_map([PRUNE], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<Result<_, _>>()?;
        let last = if live_bytes(&tx)? > bytes {
            oldest.last()
        } else {
            oldest.iter().take_while(|(_, at)| *at < before).last()
        };
        let pruned = last.is_some();
        if let Some((seq, _)) = last {
            tx.prepare_cached("DELETE FROM bodies WHERE seq <= ?1")?
                .execute([seq])?;
            tx.prepare_cached("DELETE FROM exchanges WHERE seq <= ?1")?
                .execute([seq])?;
        }
        tx.commit()?;
        Ok(self.give_back()? || pruned)
    }

    /// Gives a few free pages back to the disk; true if there were any.
    fn give_back(&self) -> Result<bool, StoreError> {
        let mut statement = self.conn.prepare_cached("PRAGMA incremental_vacuum(500)")?;
        let mut freed = statement.query([])?;
        let mut any = false;
        // Each step frees one page.
        while freed.next()?.is_some() {
            any = true;
        }
        Ok(any)
    }
}

fn parts(exchange: Exchange) -> (ExchangeSummary, Kept) {
    let kept = Kept {
        user_agent: exchange.user_agent,
        request_headers: exchange.request_headers,
        request_body: exchange.request_body,
        response_headers: exchange.response_headers,
        response_body: exchange.response_body,
        detail: exchange.detail,
        changes: exchange.changes,
    };
    (exchange.summary, kept)
}
