//! Bearer tokens as the operator sees them, and why a credential was refused.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::ids::{OrgId, TokenId};
use crate::model::operator::OperatorRole;
use crate::secret::TokenHash;

pub use crate::secret::TokenKind;

/// What is kept of a token: never the secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Token {
    /// Public name.
    pub id: TokenId,
    /// The Org it opens; Primary for an operator's, which opens all.
    pub org: OrgId,
    /// What it opens there.
    pub kind: TokenKind,
    /// What an operator's token may do; other kinds have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<OperatorRole>,
    /// The first token of its rotation chain: a rotated token stays the same source.
    pub lineage: TokenId,
    /// What the operator calls it (`okta-prod`).
    pub label: String,
    /// Last four characters, to tell tokens apart beside the client's own display.
    pub hint: String,
    /// Issued.
    pub created: Timestamp,
    /// Valid until (exclusive); six calendar months after `created` at most.
    pub expires: Timestamp,
    /// When it was revoked by an operator.
    pub revoked: Option<Timestamp>,
    /// The token that a rotation made to follow this one.
    pub successor: Option<TokenId>,
    /// Last accepted request.
    pub last_used: Option<LastUse>,
}

impl Token {
    /// What the token is worth at `now`.
    pub fn state(&self, now: Timestamp) -> TokenState {
        if self.revoked.is_some_and(|at| at <= now) {
            TokenState::Revoked
        } else if self.expires <= now {
            TokenState::Expired
        } else if self.successor.is_some() {
            TokenState::Rotating
        } else {
            TokenState::Active
        }
    }
}

/// When and from where a token was last accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LastUse {
    /// When.
    pub at: Timestamp,
    /// Source address.
    pub source: String,
    /// `User-Agent`, as sent.
    pub user_agent: String,
}

/// State of a token at some moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TokenState {
    /// Valid.
    Active,
    /// Valid for the rest of a rotation's overlap.
    Rotating,
    /// Past its end.
    Expired,
    /// Ended by an operator.
    Revoked,
}

/// A token with its hash, as the store keeps it.
#[derive(Clone, Debug)]
pub struct StoredToken {
    /// All but the hash.
    pub token: Token,
    /// SHA-256 of the secret.
    pub hash: TokenHash,
}

/// Why a credential was refused. For the operator; every client sees the same 401.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Refusal {
    /// No `Authorization` header, or an empty one.
    Missing,
    /// A token without `Bearer` before it.
    SchemeMissing,
    /// Another scheme (`Basic`, `Digest`).
    WrongScheme,
    /// Not one of our tokens.
    Foreign,
    /// One of ours with characters lost or changed on the way.
    Damaged,
    /// Well-formed, but never issued here (or forgotten after 400 days).
    Unknown,
    /// Ours, past its end.
    Expired,
    /// Ours, revoked.
    Revoked,
    /// Ours, but of another kind than is used here (an application's token at the SCIM endpoint).
    WrongKind,
    /// Valid, but on another Org's path (403).
    WrongOrg,
    /// Valid, but SCIM is not switched on for the Org (403).
    ScimDisabled,
    /// On a path that names no Org (401 or 403 as for any other).
    NoSuchOrg,
}

impl Refusal {
    /// Stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::SchemeMissing => "scheme-missing",
            Self::WrongScheme => "wrong-scheme",
            Self::Foreign => "foreign",
            Self::Damaged => "damaged",
            Self::Unknown => "unknown",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
            Self::WrongKind => "wrong-kind",
            Self::WrongOrg => "wrong-org",
            Self::ScimDisabled => "scim-disabled",
            Self::NoSuchOrg => "no-such-org",
        }
    }

    /// The reason in a few words, for a line of a table.
    pub const fn describe(self) -> &'static str {
        match self {
            Self::Missing => "no credential",
            Self::SchemeMissing => "token without Bearer",
            Self::WrongScheme => "not a bearer token",
            Self::Foreign => "not one of our tokens",
            Self::Damaged => "token damaged",
            Self::Unknown => "token never issued here",
            Self::Expired => "token expired",
            Self::Revoked => "token revoked",
            Self::WrongKind => "token of another kind",
            Self::WrongOrg => "token of another Org",
            Self::ScimDisabled => "SCIM is off for this Org",
            Self::NoSuchOrg => "no such Org",
        }
    }

    /// Every reason.
    pub const ALL: [Self; 12] = [
        Self::Missing,
        Self::SchemeMissing,
        Self::WrongScheme,
        Self::Foreign,
        Self::Damaged,
        Self::Unknown,
        Self::Expired,
        Self::Revoked,
        Self::WrongKind,
        Self::WrongOrg,
        Self::ScimDisabled,
        Self::NoSuchOrg,
    ];

    /// Reads [`Refusal::as_str`] back.
    pub fn parse(name: &str) -> Option<Self> {
        let mut all = Self::ALL.into_iter();
        all.find(|refusal| refusal.as_str() == name)
    }
}
