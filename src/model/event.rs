//! Events: the append-only record of every change and every operator action.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::clock::Timestamp;
use crate::ids::{OrgId, RequestId, ResourceId, TokenId};

/// Who did it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase", tag = "kind", content = "name")]
pub enum Actor {
    /// A SCIM client, by its token.
    Token(TokenId),
    /// A person at this machine, by login name.
    Operator(String),
    /// The daemon itself (expiry, pruning).
    System,
}

/// What happened. The names are stable: they are stored, filtered on and exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)] // the names say it
pub enum EventKind {
    UserCreated,
    UserReplaced,
    UserPatched,
    UserDisabled,
    UserEnabled,
    UserRemoved,
    UserHeld,
    UserRestored,
    UserReturned,
    UserErased,
    GroupCreated,
    GroupReplaced,
    GroupPatched,
    GroupDeleted,
    MembersChanged,
    OrgCreated,
    OrgChanged,
    ContentRegistered,
    ContentRemoved,
    ContentGivenBack,
    TokenCreated,
    TokenRotated,
    TokenRevoked,
    TokenPruned,
    RoleCreated,
    RoleChanged,
    RoleRemoved,
    RoleGranted,
    RoleRevoked,
    RoleRuleSet,
    RoleRuleRemoved,
    EventsPruned,
    GuardOpened,
    GuardClosed,
    GuardAllowed,
    DeliveriesReplayed,
}

impl EventKind {
    /// All, in the order above.
    pub const ALL: [Self; 36] = [
        Self::UserCreated,
        Self::UserReplaced,
        Self::UserPatched,
        Self::UserDisabled,
        Self::UserEnabled,
        Self::UserRemoved,
        Self::UserHeld,
        Self::UserRestored,
        Self::UserReturned,
        Self::UserErased,
        Self::GroupCreated,
        Self::GroupReplaced,
        Self::GroupPatched,
        Self::GroupDeleted,
        Self::MembersChanged,
        Self::OrgCreated,
        Self::OrgChanged,
        Self::ContentRegistered,
        Self::ContentRemoved,
        Self::ContentGivenBack,
        Self::TokenCreated,
        Self::TokenRotated,
        Self::TokenRevoked,
        Self::TokenPruned,
        Self::RoleCreated,
        Self::RoleChanged,
        Self::RoleRemoved,
        Self::RoleGranted,
        Self::RoleRevoked,
        Self::RoleRuleSet,
        Self::RoleRuleRemoved,
        Self::EventsPruned,
        Self::GuardOpened,
        Self::GuardClosed,
        Self::GuardAllowed,
        Self::DeliveriesReplayed,
    ];

    /// Stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UserCreated => "user-created",
            Self::UserReplaced => "user-replaced",
            Self::UserPatched => "user-patched",
            Self::UserDisabled => "user-disabled",
            Self::UserEnabled => "user-enabled",
            Self::UserRemoved => "user-removed",
            Self::UserHeld => "user-held",
            Self::UserRestored => "user-restored",
            Self::UserReturned => "user-returned",
            Self::UserErased => "user-erased",
            Self::GroupCreated => "group-created",
            Self::GroupReplaced => "group-replaced",
            Self::GroupPatched => "group-patched",
            Self::GroupDeleted => "group-deleted",
            Self::MembersChanged => "members-changed",
            Self::OrgCreated => "org-created",
            Self::OrgChanged => "org-changed",
            Self::ContentRegistered => "content-registered",
            Self::ContentRemoved => "content-removed",
            Self::ContentGivenBack => "content-given-back",
            Self::TokenCreated => "token-created",
            Self::TokenRotated => "token-rotated",
            Self::TokenRevoked => "token-revoked",
            Self::TokenPruned => "token-pruned",
            Self::RoleCreated => "role-created",
            Self::RoleChanged => "role-changed",
            Self::RoleRemoved => "role-removed",
            Self::RoleGranted => "role-granted",
            Self::RoleRevoked => "role-revoked",
            Self::RoleRuleSet => "role-rule-set",
            Self::RoleRuleRemoved => "role-rule-removed",
            Self::EventsPruned => "events-pruned",
            Self::GuardOpened => "guard-opened",
            Self::GuardClosed => "guard-closed",
            Self::GuardAllowed => "guard-allowed",
            Self::DeliveriesReplayed => "deliveries-replayed",
        }
    }
}

/// A new event; the store gives it its number and its place in the hash chain.
#[derive(Clone, Debug, PartialEq)]
pub struct NewEvent {
    /// When.
    pub at: Timestamp,
    /// In which Org.
    pub org: OrgId,
    /// What.
    pub kind: EventKind,
    /// Who.
    pub actor: Actor,
    /// The user or group it is about.
    pub subject: Option<ResourceId>,
    /// The exchange that caused it.
    pub request: Option<RequestId>,
    /// Why, in a few words (`DELETE`, `active:false`, `operator`).
    pub cause: String,
    /// Names and values before and after: `{"subject": "ada@…", "changes": [...]}`. May hold
    /// personal data; the chain covers its salted digest, so that it can be erased later.
    pub detail: Value,
}

impl NewEvent {
    /// What somebody did by no recorded request, and to no user or group in particular.
    pub fn of(actor: Actor, at: Timestamp, org: OrgId, kind: EventKind, detail: Value) -> Self {
        let cause = match actor {
            Actor::Operator(_) => "operator",
            Actor::Token(_) => "application",
            Actor::System => "system",
        };
        Self {
            at,
            org,
            kind,
            actor,
            subject: None,
            request: None,
            cause: cause.to_owned(),
            detail,
        }
    }

    /// The same about a user or group.
    #[must_use]
    pub fn about(self, subject: ResourceId) -> Self {
        Self {
            subject: Some(subject),
            ..self
        }
    }

    /// The same for another cause.
    #[must_use]
    pub fn because(self, cause: &str) -> Self {
        Self {
            cause: cause.to_owned(),
            ..self
        }
    }
}

/// A stored event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Event {
    /// Position, from 1 without gaps.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// In which Org.
    pub org: OrgId,
    /// What.
    pub kind: EventKind,
    /// Who.
    pub actor: Actor,
    /// The user or group it is about.
    pub subject: Option<ResourceId>,
    /// The exchange that caused it.
    pub request: Option<RequestId>,
    /// Why.
    pub cause: String,
    /// Names and values before and after; null once erased.
    pub detail: Value,
    /// Chain hash, hex: SHA-256 over the previous hash and this record.
    pub hash: String,
}

/// What a check of the chain found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ChainReport {
    /// Events checked.
    pub checked: u64,
    /// First and last number.
    pub range: Option<(u64, u64)>,
    /// Hash of the last event, hex: keep it elsewhere to detect a cut tail.
    pub head: String,
    /// What is wrong, first fault first; empty if the chain holds.
    pub faults: Vec<String>,
}
