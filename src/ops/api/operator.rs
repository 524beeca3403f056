//! Who asks, and what it takes: the least role for each thing that changes something. The
//! operations API enforces these, and the dashboard says them beforehand.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ids::TokenId;
use crate::model::operator::OperatorRole;

/// The operator that asks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WhoAmI {
    /// The name that events show: a login name, or a token's label and id.
    pub operator: String,
    /// What the operator may do.
    pub role: OperatorRole,
    /// The token that was shown; `None`: the user of the socket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<TokenId>,
}

/// Bringing held accounts back.
pub const RESTORE: OperatorRole = OperatorRole::Operator;
/// A verdict on what the guard froze.
pub const DECIDE: OperatorRole = OperatorRole::Operator;
/// Giving back content that a removal moved.
pub const GIVE_BACK: OperatorRole = OperatorRole::Operator;
/// Saying that an alert was seen.
pub const ACKNOWLEDGE: OperatorRole = OperatorRole::Operator;
/// Silencing alerts, and ending that.
pub const SILENCE: OperatorRole = OperatorRole::Operator;
/// Sending test notices.
pub const TEST: OperatorRole = OperatorRole::Operator;
/// Having given-up deliveries tried again.
pub const REPLAY: OperatorRole = OperatorRole::Operator;
/// Deleting held accounts and erasing personal data.
pub const PURGE: OperatorRole = OperatorRole::Admin;
/// Issuing, rotating and revoking tokens.
pub const TOKENS: OperatorRole = OperatorRole::Admin;
