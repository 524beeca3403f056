//! What calls for an operator, and how the server does.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Reply;
use crate::model::alert::Alert;
use crate::model::health::Health;

/// Alerts and health.
pub trait Watch: Send + Sync {
    /// What calls for an operator now: worst first, then newest.
    fn alerts(&self) -> Reply<'_, Vec<Alert>>;
    /// Says that somebody has seen an alert, by fingerprint, for 24 hours or until it gets worse.
    fn acknowledge<'a>(&'a self, fingerprint: &'a str, seen: Seen) -> Reply<'a, Alert>;
    /// How the server does.
    fn health(&self) -> Reply<'_, Health>;
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
