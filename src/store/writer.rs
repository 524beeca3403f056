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

use prometheus_client::metrics::histogram::Histogram;
use rusqlite::Connection;
use tokio::sync::{oneshot, watch};

use crate::clock::Stopwatch;
use crate::store::conn::BUSY_TIMEOUT;
use crate::store::error::StoreError;
use crate::store::tx::Tx;
use crate::store::{Options, WriteMeasures, WriteStats};

/// How long emptying the log waits for readers.
const EMPTYING: Duration = Duration::from_millis(20);
/// Bounds of a histogram of jobs in a batch.
const BATCHES: [f64; 9] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0];
/// Bounds of a histogram of commits, in seconds: from memory to a disk that is about to fail.
const COMMITS: [f64; 12] = [
    0.0001, 0.000_25, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2.5,
];

/// Pending for the writer, and the way back for its result.
trait Job: Send {
    /// When it was queued.
    fn queued(&self) -> u64;
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
    queued: u64,
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
    fn queued(&self) -> u64 {
        self.queued
    }

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

struct Counters {
    queued: AtomicU64,
    jobs: AtomicU64,
    commits: AtomicU64,
    measures: WriteMeasures,
    began: Stopwatch,
    /// When the first job of the batch in work was queued, in microseconds since `began`; `MAX`:
    /// none is in work.
    first: AtomicU64,
}

impl Counters {
    fn new() -> Self {
        Self {
            queued: AtomicU64::new(0),
            jobs: AtomicU64::new(0),
            commits: AtomicU64::new(0),
            measures: WriteMeasures {
                batch_jobs: Histogram::new(BATCHES),
                commit_seconds: Histogram::new(COMMITS),
            },
            began: Stopwatch::start(),
            first: AtomicU64::new(u64::MAX),
        }
    }
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
        let counters = Arc::new(Counters::new());
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
            queued: self.counters.began.micros(),
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
        let first = read(&self.counters.first);
        let oldest = match first {
            u64::MAX => 0,
            first => self.counters.began.micros().saturating_sub(first),
        };
        WriteStats {
            oldest: Duration::from_micros(oldest),
            queued: read(&self.counters.queued),
            jobs: read(&self.counters.jobs),
            commits: read(&self.counters.commits),
        }
    }

    pub fn measures(&self) -> WriteMeasures {
        self.counters.measures.clone()
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
        self.counters.first.store(first.queued(), Ordering::Relaxed);
        let (committed, go_on) = match &self.failed {
            Some(failed) => {
                done.push(first);
                (Err(failed.clone()), true)
            }
            None => self.transaction(first, &mut done),
        };
        let count = done.len() as u64;
        self.counters.first.store(u64::MAX, Ordering::Relaxed);
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
        let committed = ran.and_then(|()| {
            let started = Stopwatch::start();
            let committed = run_sql(&self.conn, "COMMIT");
            let took = started.elapsed().as_secs_f64();
            self.counters.measures.commit_seconds.observe(took);
            committed
        });
        match &committed {
            Ok(()) => {
                let before = self.counters.commits.fetch_add(1, Ordering::Relaxed);
                self.committed.send_replace(before + 1);
                let jobs = u32::try_from(done.len()).unwrap_or(u32::MAX);
                self.counters.measures.batch_jobs.observe(jobs.into());
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
