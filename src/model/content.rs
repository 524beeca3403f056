//! Content: what users own in the application, as the application registers it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::ids::{OrgId, ResourceId};

/// A user by id and name: a live one, a removed one, or a system user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Person {
    /// `id`.
    pub id: ResourceId,
    /// `userName`; empty once it is erased.
    pub user_name: String,
}

/// One registered item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Content {
    /// The Org it belongs to.
    pub org: OrgId,
    /// `liveboard`, `answer`, `schedule` or any other word.
    pub kind: String,
    /// The application's own id of it; unique within Org and kind.
    pub id: String,
    /// Title.
    pub title: String,
    /// Who owns it.
    pub owner: Person,
    /// What only a schedule has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<Schedule>,
    /// Set when a removal changed the owner or the recipients of a schedule: somebody has to look at
    /// it. Registering it anew clears it.
    #[serde(default)]
    pub verify: bool,
    /// First registered.
    pub created: Timestamp,
    /// Last changed.
    pub modified: Timestamp,
}

/// When a schedule runs and who receives it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Schedule {
    /// A cron expression of five or six fields.
    pub cron: String,
    /// IANA time zone (`Europe/Berlin`).
    pub time_zone: String,
    /// Recipients: `userName`s, ids or mail addresses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub recipients: Vec<String>,
}

/// How many items of each kind.
pub type KindCounts = BTreeMap<String, u64>;
