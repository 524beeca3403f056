//! Deletion records: what a removal took away and by which request.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::clock::Timestamp;
use crate::ids::{OrgId, RequestId, ResourceId};
use crate::model::content::{KindCounts, Person};
use crate::model::event::Actor;

/// The signal that led to a removal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
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

/// What became of a removed account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DeletionState {
    /// It is gone for good, and its content moved to the heir.
    Deleted,
    /// It is kept inside, intact: by the policy `hold` until [`Deletion::until`], or frozen by the
    /// guard in [`Deletion::batch`] until an operator decides.
    Held,
    /// An operator brought it back as it was.
    Restored,
    /// The identity provider brought it back (POST with the same `externalId`).
    Returned,
}

impl DeletionState {
    /// Stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Deleted => "deleted",
            Self::Held => "held",
            Self::Restored => "restored",
            Self::Returned => "returned",
        }
    }
}

/// One removed account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Deletion {
    /// Position, from 1.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// From which Org.
    pub org: OrgId,
    /// What became of it.
    pub state: DeletionState,
    /// When it came to that state, if that was not at once.
    pub settled: Option<Timestamp>,
    /// While it is held: when it is deleted; `None`: an operator decides.
    pub until: Option<Timestamp>,
    /// The batch of the guard that it came in, if the guard was open.
    pub batch: Option<u64>,
    /// Whether it counts towards the guard's thresholds; connection tests and announced removals
    /// do not.
    pub counted: bool,
    /// `id` that is now gone.
    pub user: ResourceId,
    /// Its `userName`; empty once personal data is erased.
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
    /// Names of the roles lost with the groups.
    pub roles: Vec<String>,
    /// What it owned, by kind, when it was removed.
    pub content: KindCounts,
    /// Who received the content; `None` as long as none moved.
    pub heir: Option<Person>,
    /// The last representation; null once personal data is erased.
    pub snapshot: Value,
}
