//! Recorded exchanges, in a file of their own with a writer of their own, so that recording never
//! holds a request or the directory up.
//!
//! [`Traffic::record`] never blocks: when the disk does not keep up, bodies are left out first,
//! then whole exchanges, and those are counted. What is stored is told to subscribers after the
//! commit, in order: rows first, broadcast second.

mod erase;
mod read;
mod recorder;

use std::path::Path;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::clock::Timestamp;
use crate::model::exchange::{Body, Exchange, ExchangeSummary};
use crate::store::Options;
use crate::store::conn::{self, Kind};
use crate::store::error::StoreError;
use crate::store::migrate::{TRAFFIC, migrate};
use crate::store::pool::Pool;
use recorder::{Message, Recorder};

pub use erase::Person;
pub use read::{TrafficQuery, TrafficStats};

/// Connections for reading the file.
const READERS: usize = 2;

/// Called on the recorder's thread with what was just stored, in order. Must be quick.
pub type Subscriber = Box<dyn Fn(&[Arc<ExchangeSummary>]) + Send>;

/// The recorded exchanges. Clones share them.
#[derive(Clone)]
pub struct Traffic(Arc<Inner>);

struct Inner {
    queue: SyncSender<Message>,
    shared: Arc<Shared>,
    thread: Mutex<Option<JoinHandle<()>>>,
    readers: Pool,
    budget: usize,
}

#[derive(Default)]
struct Shared {
    /// Bytes of exchanges that wait.
    queued: AtomicUsize,
    /// Exchanges that were not stored.
    dropped: AtomicU64,
    subscribers: Mutex<Vec<Subscriber>>,
}

/// What is kept of an exchange beside its line.
#[derive(Serialize, Deserialize)]
struct Kept {
    user_agent: String,
    request_headers: Vec<(String, String)>,
    request_body: Body,
    response_headers: Vec<(String, String)>,
    response_body: Body,
    detail: Option<String>,
    changes: Value,
}

impl Traffic {
    pub(super) fn open(dir: &Path, options: &Options) -> Result<Self, StoreError> {
        let path = dir.join(TRAFFIC.file);
        let mut conn = conn::open_writer(&path, Kind::Traffic)?;
        migrate(&mut conn, &TRAFFIC)?;
        let readers = Pool::open(&path, READERS)?;
        let (queue, messages) = sync_channel(options.traffic_queue);
        let shared = Arc::new(Shared::default());
        let recorder = Recorder::new(conn, messages, Arc::clone(&shared))?;
        let thread = thread::Builder::new()
            .name("traffic-writer".to_owned())
            .spawn(move || recorder.run())?;
        Ok(Self(Arc::new(Inner {
            queue,
            shared,
            thread: Mutex::new(Some(thread)),
            readers,
            budget: options.traffic_bytes,
        })))
    }

    /// Hands an exchange over for storing; its `seq` is given then. Never blocks.
    pub fn record(&self, mut exchange: Exchange) {
        let shared = &self.0.shared;
        let queued = shared.queued.load(Ordering::Relaxed);
        let mut size = size_of_exchange(&exchange);
        if queued + size > self.0.budget / 2 {
            shed(&mut exchange.request_body);
            shed(&mut exchange.response_body);
            exchange.changes = Value::Null;
            size = size_of_exchange(&exchange);
        }
        if queued + size > self.0.budget {
            shared.dropped.fetch_add(1, Ordering::Relaxed);
            return;
        }
        shared.queued.fetch_add(size, Ordering::Relaxed);
        let message = Message::Record(Box::new(exchange), size);
        if self.0.queue.try_send(message).is_err() {
            shared.queued.fetch_sub(size, Ordering::Relaxed);
            shared.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Exchanges that could not be stored since the store was opened.
    pub fn dropped(&self) -> u64 {
        self.0.shared.dropped.load(Ordering::Relaxed)
    }

    /// Calls `subscriber` with everything stored from now on.
    pub fn subscribe(&self, subscriber: Subscriber) {
        self.0
            .shared
            .subscribers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(subscriber);
    }

    /// Removes, a little at a time, the exchanges from before `before` and then the oldest until
    /// the file needs no more than `bytes`. Returns at once; asking again replaces the limits.
    pub fn prune(&self, before: Timestamp, bytes: u64) {
        // A full queue means that the next time will do.
        let _ = self.0.queue.try_send(Message::Prune { before, bytes });
    }

    /// Removes, a little at a time, every recorded exchange that names one of these people in
    /// its line or in its bodies. Returns once it is queued; waits while the queue is full.
    pub fn erase(&self, people: Vec<Person>) {
        let _ = self.0.queue.send(Message::Erase(people));
    }

    /// Waits until everything that was recorded before is stored and told to subscribers.
    pub fn flush(&self) {
        let (done, stored) = sync_channel(1);
        if self.0.queue.send(Message::Flush(done)).is_ok() {
            // A sender that is gone means that the file is closed.
            let _ = stored.recv();
        }
    }

    pub(super) fn close(&self) {
        self.0.close();
    }
}

impl Inner {
    fn close(&self) {
        let thread = self
            .thread
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let Some(thread) = thread else { return };
        let _ = self.queue.send(Message::Stop);
        // A subscriber may hold the last clone: its thread cannot wait for itself.
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

fn shed(body: &mut Body) {
    if !body.text.is_empty() {
        body.text = String::new();
        body.truncated = true;
    }
}

/// About what an exchange takes in memory: the texts whose length a client chooses, and a fixed
/// sum for the rest.
fn size_of_exchange(exchange: &Exchange) -> usize {
    let headers = |headers: &[(String, String)]| -> usize {
        headers
            .iter()
            .map(|(name, value)| name.len() + value.len())
            .sum()
    };
    // Changes repeat values of the bodies.
    let changes = if exchange.changes.is_null() {
        0
    } else {
        exchange.request_body.text.len()
    };
    1024 + exchange.request_body.text.len()
        + exchange.response_body.text.len()
        + exchange.summary.query.len()
        + exchange.user_agent.len()
        + headers(&exchange.request_headers)
        + headers(&exchange.response_headers)
        + changes
}
