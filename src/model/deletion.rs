//! Deletion records: what a removal took away and by which request.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::clock::Timestamp;
use crate::ids::{OrgId, RequestId, ResourceId};
use crate::model::event::Actor;

/// The signal that led to a removal (PRODUCT: De-provisioning).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Signal {
    /// DELETE of the user.
    Delete,
    /// PATCH or PUT that ends with `active` false.
    Deactivate,
    /// POST of a user with `active:false`: nothing was created.
    CreatedInactive,
}

impl Signal {
    /// Stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Delete => "delete",
            Self::Deactivate => "deactivate",
            Self::CreatedInactive => "created-inactive",
        }
    }

    /// Reads [`Signal::as_str`] back.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Delete, Self::Deactivate, Self::CreatedInactive]
            .into_iter()
            .find(|signal| signal.as_str() == name)
    }
}

/// One removed account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Deletion {
    /// Position, from 1.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// From which Org.
    pub org: OrgId,
    /// `id` that is now gone.
    pub user: ResourceId,
    /// Its `userName`.
    pub user_name: String,
    /// Its `externalId`.
    pub external_id: Option<String>,
    /// What asked for it.
    pub signal: Signal,
    /// Who.
    pub actor: Actor,
    /// By which request.
    pub request: Option<RequestId>,
    /// Groups lost: `[{"value": id, "display": name}]`.
    pub groups: Value,
    /// The last representation.
    pub snapshot: Value,
}
