//! The settings of what goes out, as they stand in the configuration file. None of them is a
//! secret: where one is needed, they name a file or an environment variable that holds it.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::backoff::Backoff;
use super::groups::Cadence;
use super::queue::Policy;
use crate::model::alert::Severity;
use crate::model::network::Network;

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
            patience: None,
            holds: true,
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

/// When people are told of alerts (`[notices]`).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct NoticeSettings {
    /// Seconds from the first alert of a group to its notice.
    pub wait_seconds: u64,
    /// Seconds from one notice of a group to the next one about changes.
    pub regroup_seconds: u64,
    /// Seconds from a notice to a reminder that its alerts still stand.
    pub repeat_seconds: u64,
    /// A notice that a sink does not take is given up after so many hours.
    pub patience_hours: u32,
}

impl Default for NoticeSettings {
    fn default() -> Self {
        Self {
            wait_seconds: 30,
            regroup_seconds: 5 * 60,
            repeat_seconds: 4 * 3_600,
            patience_hours: 24,
        }
    }
}

impl NoticeSettings {
    /// How notices are spaced.
    pub const fn cadence(&self) -> Cadence {
        Cadence {
            wait: Duration::from_secs(self.wait_seconds),
            regroup: Duration::from_secs(self.regroup_seconds),
            repeat: Duration::from_secs(self.repeat_seconds),
        }
    }

    /// How a sink's queue works.
    pub const fn policy(&self, outbound: &Outbound) -> Policy {
        Policy {
            patience: Some(Duration::from_secs(3_600 * self.patience_hours as u64)),
            holds: false,
            ..outbound.policy()
        }
    }
}

/// What a sink is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SinkKind {
    /// A signed message, as applications get them.
    Webhook,
    /// A chat's incoming webhook: Slack, Mattermost, and what reads the same.
    Slack,
    /// A topic of ntfy.
    Ntfy,
    /// E-mail by SMTP.
    Mail,
    /// A program that reads JSON.
    Command,
    /// The daemon's own log, and so journald under systemd.
    Log,
}

impl SinkKind {
    /// Stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Webhook => "webhook",
            Self::Slack => "slack",
            Self::Ntfy => "ntfy",
            Self::Mail => "mail",
            Self::Command => "command",
            Self::Log => "log",
        }
    }
}

/// How mail is encrypted on its way to the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum MailTls {
    /// From the first byte on (port 465, RFC 8314).
    Implicit,
    /// By `STARTTLS`, which must succeed (port 587).
    Starttls,
    /// Not at all: only to networks that are named, and without a password (port 25).
    None,
}

/// Where people are told of alerts (`[[sinks]]`).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct SinkSettings {
    /// Its name; the daemon remembers by it how far it was told.
    pub name: String,
    /// What it is.
    #[serde(rename = "type")]
    pub kind: SinkKind,
    /// Only alerts that are at least so bad.
    #[serde(default = "mildest")]
    pub severity: Severity,
    /// Only alerts of this Org, by number or name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub org: Option<String>,
    /// Where notices are posted: webhook and ntfy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// File that holds the URL instead, where it is a secret: webhook, slack and ntfy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url_file: Option<PathBuf>,
    /// Environment variable that holds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url_env: Option<String>,
    /// File that holds the secret: of signatures (webhook), an access token (ntfy), the password of
    /// `user` (mail).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_file: Option<PathBuf>,
    /// Environment variable that holds it instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_env: Option<String>,
    /// PEM file with the authorities to trust instead of those of this system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<PathBuf>,
    /// Host of the SMTP server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<String>,
    /// Its port, if it is not the usual one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// How mail is encrypted; the default is `implicit`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls: Option<MailTls>,
    /// Who logs in at the SMTP server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Sender (`scimtop <scimtop@example.com>`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Recipients.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub to: Vec<String>,
    /// Absolute path of a program, and its arguments.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub command: Vec<String>,
}

const fn mildest() -> Severity {
    Severity::Info
}

/// A watchdog elsewhere that raises an alarm when it is not asked any more (`[dead_man]`).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct DeadMan {
    /// What is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// File that holds the URL instead, where it is a secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url_file: Option<PathBuf>,
    /// Environment variable that holds it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url_env: Option<String>,
    /// Seconds between two requests.
    pub every_seconds: u64,
    /// PEM file with the authorities to trust instead of those of this system.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<PathBuf>,
}

impl Default for DeadMan {
    fn default() -> Self {
        Self {
            url: None,
            url_file: None,
            url_env: None,
            every_seconds: 60,
            ca_file: None,
        }
    }
}
