//! How the server does, in numbers.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::ids::TokenId;
use crate::model::exchange::Client;

/// How the server does.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Health {
    /// The last quarter of an hour, oldest first; the last entry is the current minute.
    pub minutes: Vec<MinuteRate>,
    /// Latency of GET and searches within that time.
    pub reads: Latency,
    /// Latency of everything that changes something.
    pub writes: Latency,
    /// Who asks, busiest first; 50 at most.
    pub clients: Vec<ClientHealth>,
    /// The store.
    pub storage: Storage,
    /// The writer of the directory.
    pub writer: WriterHealth,
}

/// Requests of a minute.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MinuteRate {
    /// Its beginning.
    pub at: Timestamp,
    /// Answered with less than 400.
    pub ok: u64,
    /// Answered with 4xx.
    pub client_errors: u64,
    /// Answered with 5xx.
    pub server_errors: u64,
}

/// Latencies in microseconds; all 0 if nothing was measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Latency {
    /// How many requests.
    pub count: u64,
    /// Half were faster.
    pub p50_us: u64,
    /// 95 of 100 were faster.
    pub p95_us: u64,
    /// 99 of 100 were faster.
    pub p99_us: u64,
    /// The slowest.
    pub max_us: u64,
}

/// One client with one token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ClientHealth {
    /// What kind of client.
    pub client: Client,
    /// Its token; `None`: none of ours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<TokenId>,
    /// What the operator calls the token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Requests since the start.
    pub requests: u64,
    /// Those answered with 400 or more.
    pub errors: u64,
    /// Those within the last quarter of an hour.
    pub recent: u64,
    /// The last one.
    pub last: Timestamp,
}

/// Sizes in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Storage {
    /// The directory's file.
    pub directory_bytes: u64,
    /// Its log.
    pub log_bytes: u64,
    /// The recorded exchanges' file, as far as it is in use.
    pub traffic_bytes: u64,
    /// Exchanges kept.
    pub exchanges: u64,
    /// Exchanges that could not be recorded since the start.
    pub exchanges_dropped: u64,
    /// Free on the file system; `None` if the system does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disk_free_bytes: Option<u64>,
    /// Size of the file system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disk_bytes: Option<u64>,
}

/// What the writer has done since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WriterHealth {
    /// Jobs that wait.
    pub queued: u64,
    /// Jobs done.
    pub jobs: u64,
    /// Commits; several jobs share one.
    pub commits: u64,
}
