//! The bounds within which requests are read and answered; every one can be set in the
//! configuration.

use std::num::NonZeroU32;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What one client, and all together, may take of this server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Largest request body, in bytes; above it 413. Room for `members` of 20 000.
    pub body_bytes: usize,
    /// Request bodies held in memory at one time, in bytes, over all requests; above it 503.
    /// [`Limits::body_bytes`] at least.
    pub body_budget_bytes: usize,
    /// Connections at one time, per listener. Further ones wait in the kernel's queue until one
    /// ends: an identity provider that is refused gives up, one that waits a moment does not
    /// notice, and every connection is held to the times below.
    pub connections: usize,
    /// Header lines of a request; above it 431.
    pub headers: usize,
    /// Size of a request's head, in bytes; above it 431.
    pub header_bytes: usize,
    /// From the first byte of a request to the end of its head, in milliseconds.
    pub header_timeout_ms: u64,
    /// Silence before a request, on a new connection or between two requests, in milliseconds.
    pub idle_timeout_ms: u64,
    /// For the whole of a request's body, in milliseconds; above it 408.
    pub body_timeout_ms: u64,
    /// How long a client may take none of an answer, in milliseconds.
    pub write_timeout_ms: u64,
    /// For the whole of a streamed answer, in milliseconds: it keeps a view of the store open.
    pub answer_timeout_ms: u64,
    /// What requests in flight are given to end when the server stops, in milliseconds.
    pub shutdown_grace_ms: u64,
    /// Requests per second and token, with as many at once; above it 429. `None`: no limit.
    pub requests_per_second: Option<NonZeroU32>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 8 << 20,
            body_budget_bytes: 64 << 20,
            connections: 1024,
            headers: 64,
            header_bytes: 16 << 10,
            header_timeout_ms: 10_000,
            idle_timeout_ms: 75_000,
            body_timeout_ms: 30_000,
            write_timeout_ms: 30_000,
            answer_timeout_ms: 300_000,
            shutdown_grace_ms: 10_000,
            requests_per_second: None,
        }
    }
}

impl Limits {
    /// [`Limits::shutdown_grace_ms`] as a duration.
    pub const fn shutdown_grace(&self) -> Duration {
        Duration::from_millis(self.shutdown_grace_ms)
    }
}
