//! What calls for an operator: alerts, and that somebody has seen them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::ids::{OrgId, TokenId};

/// How bad it is.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Good to know.
    Info,
    /// To be looked at within days.
    Warning,
    /// Something does not work, or something is about to be lost.
    Critical,
}

impl Severity {
    /// Stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }
}

/// What an alert is about.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// A token past its end is used.
    ExpiredTokenInUse,
    /// A revoked token is used.
    RevokedTokenInUse,
    /// Many requests are refused.
    RefusalBurst,
    /// A token that is in use nears its end.
    TokenExpiry,
    /// The guard is open.
    GuardOpen,
}

impl Rule {
    /// Stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ExpiredTokenInUse => "expired-token-in-use",
            Self::RevokedTokenInUse => "revoked-token-in-use",
            Self::RefusalBurst => "refusal-burst",
            Self::TokenExpiry => "token-expiry",
            Self::GuardOpen => "guard-open",
        }
    }

    /// In words.
    pub const fn title(self) -> &'static str {
        match self {
            Self::ExpiredTokenInUse => "expired token in use",
            Self::RevokedTokenInUse => "revoked token in use",
            Self::RefusalBurst => "401/403 burst",
            Self::TokenExpiry => "token about to expire",
            Self::GuardOpen => "guard open",
        }
    }
}

/// Something that calls for an operator. Two with the same fingerprint are the same alert.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Alert {
    /// Made from rule, Org and subject; never from counts or words.
    pub fingerprint: String,
    /// What it is about.
    pub rule: Rule,
    /// How bad it is.
    pub severity: Severity,
    /// The Org; `None`: the whole server.
    pub org: Option<OrgId>,
    /// A token, an Org or the server, by name.
    pub subject: String,
    /// Since when.
    pub since: Timestamp,
    /// When it was last seen.
    pub last: Timestamp,
    /// How often it was seen.
    pub count: u64,
    /// The cause, in a line.
    pub why: String,
    /// The next step.
    pub advice: String,
    /// The token it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<TokenId>,
    /// Exchanges that show it, newest first; five at most.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<u64>,
    /// Who has seen it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acknowledged: Option<Acknowledgement>,
}

/// That an operator has seen an alert.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Acknowledgement {
    /// Who.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// It ends then, or when the alert gets worse.
    pub until: Timestamp,
    /// How bad the alert was.
    pub severity: Severity,
}
