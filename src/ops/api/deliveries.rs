//! How far applications are told of events and people of alerts, and what was not taken.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Reply;
use crate::model::delivery::{Delivery, WebhookStatus};

/// Webhooks and sinks, and what could not be delivered to them.
pub trait Webhooks: Send + Sync {
    /// How far each webhook is told, and what is open.
    fn deliveries(&self, query: DeliveryQuery) -> Reply<'_, Deliveries>;
    /// Has what was given up tried again; says what that is.
    fn replay(&self, order: Replay) -> Reply<'_, Vec<Delivery>>;
    /// Sends a test notice to sinks, and says of each how that went.
    fn test_sinks(&self, order: TestOrder) -> Reply<'_, Vec<SinkTest>>;
}

/// Which sinks to test.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TestOrder {
    /// Only this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sink: Option<String>,
    /// Only say which would be told.
    #[serde(default)]
    pub dry_run: bool,
}

/// How a test of a sink went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SinkTest {
    /// Its name.
    pub sink: String,
    /// What it is: `webhook`, `slack`, `ntfy`, `mail`, `command` or `log`.
    pub kind: String,
    /// Where that goes, without secrets.
    pub to: String,
    /// Why it was not taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// Which deliveries to list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DeliveryQuery {
    /// Only to this webhook.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub webhook: Option<String>,
    /// How many at most; 0 means the default of 100.
    #[serde(default)]
    pub limit: u32,
}

/// Webhooks, and what they did not take.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Deliveries {
    /// All webhooks, by name.
    pub webhooks: Vec<WebhookStatus>,
    /// Events that were sent in vain, and those that wait behind them; oldest first.
    pub open: Vec<Delivery>,
}

/// What to try again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Replay {
    /// Only to this webhook.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub webhook: Option<String>,
    /// Numbers of events; none: everything that was given up.
    #[serde(default)]
    pub events: Vec<u64>,
    /// Only say what would be tried.
    #[serde(default)]
    pub dry_run: bool,
}
