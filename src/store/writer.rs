//! The one thread that writes the directory, with group commit.
//!
//! It takes every job that waits, runs each inside a savepoint of one transaction, commits once,
//! and only then answers them all: no answer leaves before its commit is on disk. A job that fails
//! or panics is rolled back alone. When the disk fails a commit, what SQLite holds in memory can no
//! longer be trusted to match it, so that no further write is accepted.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rusqlite::Connection;
use tokio::sync::{oneshot, watch};

use crate::clock::Stopwatch;
use crate::store::conn::BUSY_TIMEOUT;
use crate::store::error::StoreError;
use crate::store::tx::Tx;
use crate::store::{Options, WriteStats};

/// How long emptying the log waits for readers.
const EMPTYING: Duration = Duration::from_millis(20);

/// Pending for the writer, and the way back for its result.
trait Job: Send {
    /// Runs the work; false asks for its changes to be undone.
    fn run(&mut self, tx: &mut Tx<'_>) -> bool;
    /// Hands out the result, or the reason why the batch was not committed.
    fn answer(self: Box<Self>, committed: Result<(), StoreError>);
}

enum Message {
    Job(Box<dyn Job>),
    Stop,
}

struct Pending<F, T, E> {
    work: Option<F>,
    result: Option<Result<T, E>>,
    reply: oneshot::Sender<Result<T, E>>,
}

impl<F, T, E> Job for Pending<F, T, E>
where
    F: FnOnce(&mut Tx<'_>) -> Result<T, E> + Send,
    T: Send,
    E: From<StoreError> + Send,
{
    fn run(&mut self, tx: &mut Tx<'_>) -> bool {
        let Some(work) = self.work.take() else {
            return false;
        };
        let result = catch_unwind(AssertUnwindSafe(|| work(tx)))
            .unwrap_or_else(|_| Err(StoreError::Panicked.into()));
        self.result.insert(result).is_ok()
    }

    fn answer(self: Box<Self>, committed: Result<(), StoreError>) {
        let result = match (self.result, committed) {
            // A refusal stands whatever became of the batch.
            (Some(Err(error)), _) => Err(error),
            (Some(Ok(value)), Ok(())) => Ok(value),
            (_, Err(error)) => Err(error.into()),
            (None, Ok(())) => Err(StoreError::Closed.into()),
        };
        // Nobody may be waiting any more; what is committed stays committed.
        let _ = self.reply.send(result);
    }
}

#[derive(Default)]
struct Counters {
    queued: AtomicU64,
    jobs: AtomicU64,
    commits: AtomicU64,
}

/// The sending side.
pub(super) struct Writer {
    queue: SyncSender<Message>,
    counters: Arc<Counters>,
    committed: watch::Sender<u64>,
}

impl Writer {
    /// Starts the thread.
    pub fn start(conn: Connection, options: Options) -> Result<(Self, JoinHandle<()>), StoreError> {
        let (queue, jobs) = sync_channel(options.queue);
        let counters = Arc::new(Counters::default());
        let committed = watch::Sender::new(0);
        let thread = WriterThread {
            conn,
            jobs,
            counters: Arc::clone(&counters),
            committed: committed.clone(),
            options,
            failed: None,
            erased: Cell::new(false),
        };
        let handle = thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || thread.run())?;
        let writer = Self {
            queue,
            counters,
            committed,
        };
        Ok((writer, handle))
    }

    /// Changes with each commit.
    pub fn committed(&self) -> watch::Receiver<u64> {
        self.committed.subscribe()
    }

    /// Queues a job; the receiver gets its result after the commit.
    pub fn submit<T, E>(
        &self,
        work: impl FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<oneshot::Receiver<Result<T, E>>, StoreError>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (reply, result) = oneshot::channel();
        let job = Pending {
            work: Some(work),
            result: None,
            reply,
        };
        self.counters.queued.fetch_add(1, Ordering::Relaxed);
        match self.queue.try_send(Message::Job(Box::new(job))) {
            Ok(()) => Ok(result),
            Err(refused) => {
                self.counters.queued.fetch_sub(1, Ordering::Relaxed);
                Err(match refused {
                    TrySendError::Full(_) => StoreError::Busy,
                    TrySendError::Disconnected(_) => StoreError::Closed,
                })
            }
        }
    }

    /// Asks the thread to end after the jobs that wait now.
    pub fn stop(&self) {
        let _ = self.queue.send(Message::Stop);
    }

    pub fn stats(&self) -> WriteStats {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        WriteStats {
            queued: read(&self.counters.queued),
            jobs: read(&self.counters.jobs),
            commits: read(&self.counters.commits),
        }
    }
}

struct WriterThread {
    conn: Connection,
    jobs: Receiver<Message>,
    counters: Arc<Counters>,
    committed: watch::Sender<u64>,
    options: Options,
    /// Why nothing is written any more.
    failed: Option<StoreError>,
    /// The log holds what was erased.
    erased: Cell<bool>,
}

impl WriterThread {
    fn run(mut self) {
        while let Ok(Message::Job(first)) = self.jobs.recv() {
            if !self.batch(first) {
                break;
            }
            if self.erased.get() {
                self.erased.set(!self.empty_log());
            }
        }
        // All is committed; this only makes the next start quicker, so its failure is no loss.
        self.empty_log();
    }

    /// Moves what is committed from the log into the file and overwrites the log. False if a reader
    /// is in the way; nobody who writes waits long for it.
    fn empty_log(&self) -> bool {
        let _ = self.conn.busy_timeout(EMPTYING);
        let busy = self
            .conn
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| {
                row.get::<_, bool>(0)
            });
        let _ = self.conn.busy_timeout(BUSY_TIMEOUT);
        matches!(busy, Ok(false))
    }

    /// Runs one batch and answers it. False when it met the order to stop.
    fn batch(&mut self, first: Box<dyn Job>) -> bool {
        let mut done = Vec::new();
        let (committed, go_on) = match &self.failed {
            Some(failed) => {
                done.push(first);
                (Err(failed.clone()), true)
            }
            None => self.transaction(first, &mut done),
        };
        let count = done.len() as u64;
        self.counters.queued.fetch_sub(count, Ordering::Relaxed);
        self.counters.jobs.fetch_add(count, Ordering::Relaxed);
        for job in done {
            job.answer(committed.clone());
        }
        go_on
    }

    fn transaction(
        &mut self,
        first: Box<dyn Job>,
        done: &mut Vec<Box<dyn Job>>,
    ) -> (Result<(), StoreError>, bool) {
        let (ran, go_on) = match run_sql(&self.conn, "BEGIN IMMEDIATE") {
            Ok(()) => self.run_jobs(first, done),
            Err(error) => {
                done.push(first);
                (Err(error), true)
            }
        };
        let committed = ran.and_then(|()| run_sql(&self.conn, "COMMIT"));
        match &committed {
            Ok(()) => {
                let before = self.counters.commits.fetch_add(1, Ordering::Relaxed);
                self.committed.send_replace(before + 1);
            }
            Err(error) => {
                if matches!(error, StoreError::Io(_) | StoreError::Corrupt(_)) {
                    tracing::error!(%error, "the store accepts no further writes");
                    self.failed = Some(error.clone());
                }
                if !self.conn.is_autocommit() {
                    let _ = self.conn.execute_batch("ROLLBACK");
                }
            }
        }
        (committed, go_on)
    }

    /// Runs `first` and what waits behind it, up to the batch's bounds.
    fn run_jobs(
        &self,
        first: Box<dyn Job>,
        done: &mut Vec<Box<dyn Job>>,
    ) -> (Result<(), StoreError>, bool) {
        let started = Stopwatch::start();
        let mut next = Some(first);
        while let Some(mut job) = next.take() {
            let ran = self.run_job(job.as_mut());
            done.push(job);
            if ran.is_err() {
                return (ran, true);
            }
            if done.len() < self.options.batch && started.elapsed() < self.options.batch_time {
                next = match self.jobs.try_recv() {
                    Ok(Message::Job(job)) => Some(job),
                    Ok(Message::Stop) => return (Ok(()), false),
                    Err(_) => None,
                };
            }
        }
        (Ok(()), true)
    }

    /// An error here concerns the whole transaction, not the job alone.
    fn run_job(&self, job: &mut dyn Job) -> Result<(), StoreError> {
        run_sql(&self.conn, "SAVEPOINT job")?;
        let mut tx = Tx::new(&self.conn, self.options.scan_rows);
        let keep = job.run(&mut tx);
        self.erased.set(self.erased.get() | tx.erased);
        if self.conn.is_autocommit() {
            // A full disk or an I/O error made SQLite roll back everything.
            return Err(tx.fault.unwrap_or(StoreError::Full));
        }
        if !keep {
            run_sql(&self.conn, "ROLLBACK TO job")?;
        }
        run_sql(&self.conn, "RELEASE job")
    }
}

fn run_sql(conn: &Connection, sql: &str) -> Result<(), StoreError> {
    conn.prepare_cached(sql)?.execute([])?;
    Ok(())
}
