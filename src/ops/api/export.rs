//! Recorded exchanges as a whole, page after page: what an export of them is made of.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::ids::OrgId;
use crate::model::exchange::Exchange;

/// Which exchanges to export.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ExportQuery {
    /// Only exchanges after this position.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<u64>,
    /// Only of this Org.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub org: Option<OrgId>,
    /// Only those that began then or later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// Only those that began before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// Filter language of the dashboard (`client:okta status>=400`); empty: all.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub filter: String,
}

/// Exchanges, oldest first; so many as make some megabytes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ExportPage {
    /// With everything that was kept of them.
    pub exchanges: Vec<Exchange>,
    /// Where to go on (`after` of the next query), if there may be more.
    pub next: Option<u64>,
}
