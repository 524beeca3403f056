//! The transfer ledger: every change of an item's owner that a removal or a give-back made.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::ids::{OrgId, RequestId};
use crate::model::content::Person;
use crate::model::event::Actor;

/// Why an item changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// Its owner was removed: it moved to the heir.
    Removal,
    /// A recipient of the schedule was removed; the owner stayed.
    Recipient,
    /// An operator gave it back.
    GiveBack,
}

/// One line of the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Transfer {
    /// Position, from 1.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// In which Org.
    pub org: OrgId,
    /// Kind of the item.
    pub kind: String,
    /// The application's id of the item.
    pub object: String,
    /// Its title then.
    pub title: String,
    /// From whom.
    pub from: Person,
    /// To whom; the same as `from` for [`Why::Recipient`].
    pub to: Person,
    /// Why.
    pub why: Why,
    /// The recipient that a schedule lost, as it was written there; with [`Why::GiveBack`] the one
    /// it got again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recipient: Option<String>,
    /// The deletion record it belongs to.
    pub deletion: u64,
    /// Who asked.
    pub actor: Actor,
    /// By which request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<RequestId>,
    /// The give-back that undid it; for a give-back, the transfer it undid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undone: Option<u64>,
}
