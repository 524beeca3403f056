//! The settings of what goes out, as they stand in the configuration file. None of them is a
//! secret: where one is needed, they name a file or an environment variable that holds it.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::backoff::Backoff;
use super::networks::Network;
use super::queue::Policy;

/// How requests go out (`[outbound]`).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Outbound {
    /// Networks that may be reached although they are none of the internet, and without TLS.
    pub allow_networks: Vec<Network>,
    /// For one request, from its name being resolved to its answer, in milliseconds.
    pub timeout_ms: u64,
    /// Requests under way to one webhook at one time.
    pub concurrency: usize,
    /// Attempts before an event is given up that a webhook does not take although it takes others.
    pub attempts: u32,
    /// Wait after the first failure, in milliseconds; it doubles each time.
    pub first_wait_ms: u64,
    /// The longest wait, in milliseconds.
    pub longest_wait_ms: u64,
    /// Events of one webhook that may be open in memory; further ones wait in the store.
    pub window: usize,
    /// Largest message, in bytes; in place of a larger one its detail is left out.
    pub message_bytes: usize,
}

impl Default for Outbound {
    fn default() -> Self {
        Self {
            allow_networks: Vec::new(),
            timeout_ms: 10_000,
            concurrency: 4,
            attempts: 8,
            first_wait_ms: 1_000,
            longest_wait_ms: 300_000,
            window: 10_000,
            message_bytes: 1 << 20,
        }
    }
}

impl Outbound {
    /// [`Self::timeout_ms`] as a duration.
    pub const fn timeout(&self) -> Duration {
        Duration::from_millis(self.timeout_ms)
    }

    /// How a webhook's queue works.
    pub const fn policy(&self) -> Policy {
        Policy {
            window: self.window,
            concurrency: self.concurrency,
            attempts: self.attempts,
            backoff: Backoff {
                first: Duration::from_millis(self.first_wait_ms),
                longest: Duration::from_millis(self.longest_wait_ms),
            },
        }
    }
}

/// An application that is told of events (`[[webhooks]]`).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct WebhookSettings {
    /// Its name; the daemon remembers by it how far it was told.
    pub name: String,
    /// Where messages are posted.
    pub url: String,
    /// File that holds the secret of its signatures.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_file: Option<PathBuf>,
    /// Environment variable that holds it instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_env: Option<String>,
    /// Only events of this Org, by number or name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub org: Option<String>,
    /// Which events: `user.created`, `group.*`, `*`.
    #[serde(default = "everything")]
    pub kinds: Vec<String>,
    /// PEM file with the authorities to trust instead of those of this system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<PathBuf>,
}

fn everything() -> Vec<String> {
    vec!["*".to_owned()]
}
