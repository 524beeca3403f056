//! The directory on disk: all SQL of the house, behind methods named after the domain.
//!
//! Two SQLite files: `scimtop.db` holds Orgs, users, groups, tokens, events and deletions, and a
//! write is on disk before its answer; `traffic.db` holds recorded exchanges and never holds a
//! request up. One thread writes each file (`store::writer` explains group commit); reads run on a
//! small pool of read-only connections, where the caller is.
//!
//! Nothing here decides anything about provisioning, and no SQL text, rusqlite value or row
//! number leaves: another engine could stand behind the same methods.

mod alerts;
mod anchor;
mod column;
mod conn;
mod content;
mod deletions;
mod deliveries;
mod error;
mod events;
mod filter_sql;
mod groups;
mod guard;
mod happenings;
mod held;
mod history;
pub mod inspect;
mod list;
mod members;
mod meta;
mod migrate;
mod notices;
mod order;
mod orgs;
mod pool;
mod query;
mod rebuild;
mod roles;
mod sort;
mod sql;
mod tokens;
mod traffic;
mod transfers;
mod tx;
mod users;
mod walk;
mod walked;
mod writer;

#[cfg(test)]
mod tests;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use prometheus_client::metrics::histogram::Histogram;
use tokio::sync::{Semaphore, watch};

use crate::clock::Clock;
use anchor::Anchors;
use conn::Kind;
use pool::Pool;
use writer::Writer;

pub use content::{ContentDraft, ContentPosition, ContentQuery, Put};
pub use deletions::DeletionQuery;
pub use deliveries::{Marks, Settled, Webhook};
pub use error::StoreError;
pub use events::EventQuery;
pub use guard::Guard;
pub use members::{Added, MemberPosition, Replaced};
pub use notices::SinkPlace;
pub use query::{GroupQuery, Listed, Page, Position, UserQuery};
pub use sort::Sort;
pub use traffic::{Subscriber, Traffic, TrafficQuery, TrafficStats};
pub use transfers::{GiveBack, Given, Move, Refused, TransferQuery};
pub use tx::{Reader, Tx};
pub use walk::Walk;

/// How a store is run. The defaults suit every machine; tests choose smaller ones.
#[derive(Clone, Debug)]
pub struct Options {
    /// Write jobs that may wait; one more is refused with [`StoreError::Busy`].
    pub queue: usize,
    /// Write jobs in one commit at most.
    pub batch: usize,
    /// After this long a batch takes no further job.
    pub batch_time: Duration,
    /// Connections for reading; scans leave two of them to point reads.
    pub readers: usize,
    /// Rows that one sort may hold in memory; beyond, [`StoreError::TooMany`].
    pub scan_rows: usize,
    /// Exchanges that may wait to be recorded; further ones are dropped and counted.
    pub traffic_queue: usize,
    /// Bytes of exchanges that may wait; beyond half of it bodies are left out.
    pub traffic_bytes: usize,
}

impl Default for Options {
    fn default() -> Self {
        let cores = thread::available_parallelism().map_or(2, usize::from);
        Self {
            queue: 1024,
            batch: 256,
            batch_time: Duration::from_millis(10),
            readers: cores + 3,
            scan_rows: 200_000,
            traffic_queue: 16_384,
            traffic_bytes: 32 << 20,
        }
    }
}

/// Counts of the writer since the store was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WriteStats {
    /// Jobs that wait or run.
    pub queued: u64,
    /// Jobs answered.
    pub jobs: u64,
    /// Transactions committed.
    pub commits: u64,
    /// How long the oldest job that runs has waited and run.
    pub oldest: Duration,
}

/// Batches of the writer since the store was opened; clones count on together.
#[derive(Clone, Debug)]
pub struct WriteMeasures {
    /// Jobs that shared a commit.
    pub batch_jobs: Histogram,
    /// How long commits took, the failed ones too.
    pub commit_seconds: Histogram,
}

/// Sizes of the directory's files in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sizes {
    /// The database.
    pub directory: u64,
    /// Its write-ahead log.
    pub log: u64,
}

/// An open store. Clones share it; the last one to go closes it.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    /// The directory's file.
    path: PathBuf,
    writer: Writer,
    thread: Mutex<Option<JoinHandle<()>>>,
    readers: Pool,
    scans: Arc<Semaphore>,
    anchors: Anchors,
    scan_rows: usize,
    traffic: Traffic,
    /// Held, not read: the lock on the directory ends with it.
    _lock: File,
}

impl Store {
    /// Opens the store in `dir`, making directory, files and Org Primary if they do not exist.
    ///
    /// # Errors
    /// Another process has it open; others may write to the directory; a file is damaged, foreign or
    /// of a newer version; the disk refuses.
    pub fn open(dir: &Path, options: Options, clock: Clock) -> Result<Self, StoreError> {
        let lock = conn::lock_dir(dir)?;
        let path = dir.join(migrate::DIRECTORY.file);
        let mut conn = conn::open_writer(&path, Kind::Directory)?;
        migrate::migrate(&mut conn, &migrate::DIRECTORY)?;
        let traffic = Traffic::open(dir, &options)?;
        let (readers, scan_rows) = (options.readers.max(1), options.scan_rows);
        let (writer, thread) = Writer::start(conn, options)?;
        let store = Self(Arc::new(Inner {
            writer,
            thread: Mutex::new(Some(thread)),
            readers: Pool::open(&path, readers)?,
            path,
            scans: Arc::new(Semaphore::new(readers.saturating_sub(2).max(1))),
            anchors: Anchors::default(),
            scan_rows,
            traffic,
            _lock: lock,
        }));
        store.write_blocking(move |tx| {
            tx.ensure_secret_keys()?;
            tx.ensure_primary(clock.now())
        })?;
        Ok(store)
    }

    /// Runs `work` in the writer and returns its result once it is on disk. If it fails, its
    /// changes are undone. A caller that stops waiting does not stop the work.
    ///
    /// # Errors
    /// Those of `work`; [`StoreError::Busy`] when the queue is full; why a commit failed.
    pub async fn write<T, E>(
        &self,
        work: impl FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let result = self.0.writer.submit(work)?;
        result
            .await
            .unwrap_or_else(|_| Err(StoreError::Closed.into()))
    }

    /// [`Store::write`] for commands that run without an async runtime; must not be called
    /// inside one.
    pub fn write_blocking<T, E>(
        &self,
        work: impl FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let result = self.0.writer.submit(work)?;
        result
            .blocking_recv()
            .unwrap_or_else(|_| Err(StoreError::Closed.into()))
    }

    /// Runs `work` here and now. For reads that an index answers: they take microseconds, less
    /// than handing them to another thread would.
    pub fn read<T>(
        &self,
        work: impl FnOnce(&Reader<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.0.readers.with(|conn| {
            work(&Reader {
                conn,
                anchors: Some(&self.0.anchors),
                scan_rows: self.0.scan_rows,
            })
        })
    }

    /// Runs `work` on a thread that may be busy for long. For reads that walk many rows.
    pub async fn scan<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Reader<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let permit = Arc::clone(&self.0.scans)
            .acquire_owned()
            .await
            .map_err(|_| StoreError::Closed)?;
        let store = self.clone();
        tokio::task::spawn_blocking(move || {
            let _permit = permit;
            store.read(work)
        })
        .await
        .unwrap_or(Err(StoreError::Panicked))
    }

    /// The recorded exchanges.
    pub fn traffic(&self) -> &Traffic {
        &self.0.traffic
    }

    /// How large the directory's files are; 0 if the system does not say.
    pub fn sizes(&self) -> Sizes {
        let size = |path: &Path| std::fs::metadata(path).map_or(0, |file| file.len());
        Sizes {
            directory: size(&self.0.path),
            log: size(&self.0.path.with_extension("db-wal")),
        }
    }

    /// Changes with each commit, so that whoever waits for something new need not ask for it.
    pub fn committed(&self) -> watch::Receiver<u64> {
        self.0.writer.committed()
    }

    /// What the writer has done so far.
    pub fn write_stats(&self) -> WriteStats {
        self.0.writer.stats()
    }

    /// How large its batches were and how long their commits took.
    pub fn write_measures(&self) -> WriteMeasures {
        self.0.writer.measures()
    }

    /// Commits and answers what waits, then ends the writer; later writes get
    /// [`StoreError::Closed`]. Blocks until the files are at rest.
    pub fn close(&self) {
        self.0.close();
    }
}

impl Inner {
    fn close(&self) {
        self.traffic.close();
        let thread = self
            .thread
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let Some(thread) = thread else { return };
        self.writer.stop();
        // A job may hold the last clone: its thread cannot wait for itself.
        if thread.thread().id() != thread::current().id() {
            let _ = thread.join();
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.close();
    }
}
