//! What calls for an operator, and how the server does.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Reply;
use crate::model::alert::{Alert, Silence};
use crate::model::health::Health;

/// Alerts and health.
pub trait Watch: Send + Sync {
    /// What calls for an operator now: worst first, then newest.
    fn alerts(&self) -> Reply<'_, Vec<Alert>>;
    /// Says that somebody has seen an alert, by fingerprint, for 24 hours or until it gets worse.
    fn acknowledge<'a>(&'a self, fingerprint: &'a str, seen: Seen) -> Reply<'a, Alert>;
    /// Silences that have not ended, oldest first.
    fn silences(&self) -> Reply<'_, Vec<Silence>>;
    /// Silences alerts for a time.
    fn silence(&self, new: NewSilence) -> Reply<'_, Silence>;
    /// Ends a silence; with `dry_run` only checks.
    fn unsilence(&self, id: u64, dry_run: bool) -> Reply<'_, Silence>;
    /// How the server does.
    fn health(&self) -> Reply<'_, Health>;
    /// Everything there is to measure, for Prometheus and what reads the same.
    fn metrics(&self, form: Exposition) -> Reply<'_, String>;
}

/// A form of metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exposition {
    /// Prometheus's text format 0.0.4.
    Text,
    /// OpenMetrics 1.0.
    OpenMetrics,
}

impl Exposition {
    /// Its media type.
    pub const fn media(self) -> &'static str {
        match self {
            Self::Text => "text/plain; version=0.0.4; charset=utf-8",
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }
}

/// Whether an alert was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Seen {
    /// False takes the acknowledgement back.
    pub seen: bool,
    /// Only say what would happen.
    #[serde(default)]
    pub dry_run: bool,
}

/// What makes a silence: alerts that have all of this in common; at least one thing must be given.
/// An open guard and the last rung before a token's end cannot be silenced.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NewSilence {
    /// Id or name of a rule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// Number or name of an Org.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub org: Option<String>,
    /// A part of the subject, without case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// The fingerprint of one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
    /// For so long; 30 days at most (`alerts.silence_days`).
    pub seconds: u64,
    /// Why.
    pub reason: String,
    /// Only say what would happen.
    #[serde(default)]
    pub dry_run: bool,
}
