//! The guard: a breaker for each Org that opens when more accounts are removed than is usual.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::ids::OrgId;

/// What an open guard does with a removal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum GuardAction {
    /// The client gets its normal answer and access ends, but the account is held.
    #[default]
    Freeze,
    /// 503 with `Retry-After`; nothing happens.
    Reject,
    /// The removal takes effect; only the alert is raised.
    Alert,
}

impl GuardAction {
    /// The word in settings and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Freeze => "freeze",
            Self::Reject => "reject",
            Self::Alert => "alert",
        }
    }
}

/// How many removals are usual within a window: a share of the live users, within bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Threshold {
    /// Per cent of the live users.
    pub percent: u8,
    /// At least.
    pub min: u64,
    /// At most.
    pub max: u64,
}

/// Settings of the guard (`[guard]` in the configuration file), alike for all Orgs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct GuardSettings {
    /// Whether removals are counted at all.
    pub enabled: bool,
    /// What an open guard does.
    pub action: GuardAction,
    /// Removals within one hour.
    pub hour: Threshold,
    /// Removals within 24 hours.
    pub day: Threshold,
    /// An account that its own client created less than this many minutes ago is a connection
    /// test; its removal does not count.
    pub test_minutes: u32,
    /// `Retry-After` of a rejected removal, in seconds.
    pub retry_after: u32,
}

impl Default for GuardSettings {
    fn default() -> Self {
        Self {
            enabled: true,
            action: GuardAction::Freeze,
            hour: Threshold {
                percent: 2,
                min: 10,
                max: 500,
            },
            day: Threshold {
                percent: 5,
                min: 25,
                max: 2_000,
            },
            test_minutes: 10,
            retry_after: 3_600,
        }
    }
}

/// The guard of one Org, as far as alerts look at it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guarded {
    /// The Org.
    pub org: OrgId,
    /// Its name.
    pub org_name: String,
    /// The batch that waits for an operator, if the guard is open.
    pub open: Option<Batch>,
}

/// The guard of one Org, as an operator sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GuardStatus {
    /// The Org.
    pub org: OrgId,
    /// Its name.
    pub org_name: String,
    /// Whether removals are counted.
    pub enabled: bool,
    /// What an open guard does.
    pub action: GuardAction,
    /// Accounts removed within the last hour that count, and how many are let through.
    pub hour: WindowUse,
    /// The same within the last 24 hours.
    pub day: WindowUse,
    /// Removals that an operator announced, as far as they are left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allowance: Option<Allowance>,
    /// The open batch; `None`: the guard is closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open: Option<Batch>,
    /// The newest batch, open or not: while its `frozen` counts down, its verdict is being carried
    /// out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<Batch>,
}

/// Use of a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WindowUse {
    /// Accounts removed.
    pub count: u64,
    /// The guard opens with the removal after this many.
    pub threshold: u64,
}

/// An operator's announcement of removals: they pass and do not count.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Allowance {
    /// Removals announced.
    pub count: u64,
    /// Removals left of them.
    pub left: u64,
    /// Until when.
    pub until: Timestamp,
    /// Why.
    pub reason: String,
    /// Who.
    pub by: String,
}

/// What is to become of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// The deletions take effect.
    Approve,
    /// The accounts come back as they were.
    Restore,
}

/// What one opening of the guard led to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Batch {
    /// Number, from 1.
    pub id: u64,
    /// Org.
    pub org: OrgId,
    /// When the guard opened.
    pub opened: Timestamp,
    /// Which window ran over: `41 accounts within 1 hour, 40 let through`.
    pub why: String,
    /// What the guard did with removals.
    pub action: GuardAction,
    /// Removals that came while it was open (frozen, rejected or let through).
    pub removals: u64,
    /// Accounts still frozen.
    pub frozen: u64,
    /// What was decided, by whom and when; while `frozen` is above 0 it is being carried out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
    /// Who decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// When the guard closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed: Option<Timestamp>,
}
