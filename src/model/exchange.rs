//! Exchanges: one request to a SCIM endpoint and its answer, as recorded for the operator.
//!
//! No secret is ever in one: the `Authorization` header is not kept, and what looks like a token
//! or a password is removed from bodies and queries before they get here.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::clock::Timestamp;
use crate::ids::{OrgId, RequestId, TokenId};
use crate::model::token::Refusal;

/// What stands in place of a password.
pub const MASK: &str = "****";
/// What stands in place of a query or filter that asks about passwords.
pub const WITHHELD: &str = "(withheld)";

/// Which identity provider a request came from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)] // product names
pub enum Client {
    Okta,
    Entra,
    OneLogin,
    JumpCloud,
    Ping,
    CyberArk,
    SailPoint,
    Rippling,
    Keycloak,
    Authentik,
    Rauthy,
    Canaille,
    Scim2Cli,
    Curl,
    #[default]
    Unknown,
}

impl Client {
    /// Every client that can be told apart.
    pub const ALL: [Self; 15] = [
        Self::Okta,
        Self::Entra,
        Self::OneLogin,
        Self::JumpCloud,
        Self::Ping,
        Self::CyberArk,
        Self::SailPoint,
        Self::Rippling,
        Self::Keycloak,
        Self::Authentik,
        Self::Rauthy,
        Self::Canaille,
        Self::Scim2Cli,
        Self::Curl,
        Self::Unknown,
    ];

    /// Stable lower-case name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Okta => "okta",
            Self::Entra => "entra",
            Self::OneLogin => "onelogin",
            Self::JumpCloud => "jumpcloud",
            Self::Ping => "ping",
            Self::CyberArk => "cyberark",
            Self::SailPoint => "sailpoint",
            Self::Rippling => "rippling",
            Self::Keycloak => "keycloak",
            Self::Authentik => "authentik",
            Self::Rauthy => "rauthy",
            Self::Canaille => "canaille",
            Self::Scim2Cli => "scim2-cli",
            Self::Curl => "curl",
            Self::Unknown => "unknown",
        }
    }

    /// Reads [`Client::as_str`] back.
    pub fn parse(name: &str) -> Self {
        Self::ALL
            .into_iter()
            .find(|client| client.as_str() == name)
            .unwrap_or_default()
    }
}

/// What a request set out to do, as an operator names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Operation {
    /// POST of a resource.
    Create,
    /// GET by id.
    Get,
    /// List, filter, `/.search`.
    Query,
    /// PUT.
    Replace,
    /// PATCH.
    Patch,
    /// A PATCH or PUT that ended with `active` false.
    Deactivate,
    /// A PATCH or PUT that ended with `active` true again.
    Activate,
    /// DELETE.
    Delete,
    /// POST /Bulk.
    Bulk,
    /// /Schemas, /ResourceTypes, /ServiceProviderConfig.
    Discovery,
    /// /Me.
    Me,
    /// A path or method that does not exist here.
    NoRoute,
}

impl Operation {
    /// True if it may change the directory.
    pub const fn is_write(self) -> bool {
        matches!(
            self,
            Self::Create
                | Self::Replace
                | Self::Patch
                | Self::Deactivate
                | Self::Activate
                | Self::Delete
                | Self::Bulk
        )
    }

    /// Every operation.
    pub const ALL: [Self; 12] = [
        Self::Create,
        Self::Get,
        Self::Query,
        Self::Replace,
        Self::Patch,
        Self::Deactivate,
        Self::Activate,
        Self::Delete,
        Self::Bulk,
        Self::Discovery,
        Self::Me,
        Self::NoRoute,
    ];

    /// Stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Get => "get",
            Self::Query => "query",
            Self::Replace => "replace",
            Self::Patch => "patch",
            Self::Deactivate => "deactivate",
            Self::Activate => "activate",
            Self::Delete => "delete",
            Self::Bulk => "bulk",
            Self::Discovery => "discovery",
            Self::Me => "me",
            Self::NoRoute => "no-route",
        }
    }

    /// Reads [`Operation::as_str`] back.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|operation| operation.as_str() == name)
    }
}

/// One line of the Live view.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ExchangeSummary {
    /// Position in the traffic file; ascending, given when the exchange is stored.
    pub seq: u64,
    /// When the request began.
    pub at: Timestamp,
    /// The Org its token or its path selected.
    pub org: Option<OrgId>,
    /// Token, if the credential named one of ours (expired and revoked ones too).
    pub token: Option<TokenId>,
    /// The token's label when the exchange happened.
    pub token_label: Option<String>,
    /// Who it looks like.
    pub client: Client,
    /// Source address.
    pub source: String,
    /// HTTP method.
    pub method: String,
    /// Path below the server's root, without query.
    pub path: String,
    /// Query, as sent, percent-encoded, secrets removed; empty if none.
    pub query: String,
    /// What it set out to do.
    pub operation: Operation,
    /// What it was about: a `userName`, `displayName` or filter; else the path's end.
    pub subject: String,
    /// Status of the answer.
    pub status: u16,
    /// `scimType` of the answer.
    pub scim_type: Option<String>,
    /// Why a credential was refused.
    pub refusal: Option<Refusal>,
    /// From the first byte of the request to the last of the answer, in microseconds.
    pub latency_us: u64,
    /// What it changed, in a few words (`created`, `members +4 −1`, `removed`, `0 results`).
    pub what: String,
    /// Names of the quirks that were understood.
    pub quirks: Vec<String>,
    /// Request id, as in `X-Request-Id`.
    pub request: RequestId,
}

/// An exchange with everything that was kept of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Exchange {
    /// The line.
    #[serde(flatten)]
    pub summary: ExchangeSummary,
    /// `User-Agent`, as sent.
    pub user_agent: String,
    /// Request headers kept for the operator (never `Authorization` or `Cookie`).
    pub request_headers: Vec<(String, String)>,
    /// Request body.
    pub request_body: Body,
    /// Response headers.
    pub response_headers: Vec<(String, String)>,
    /// Response body.
    pub response_body: Body,
    /// The error's `detail`, if the answer was one.
    pub detail: Option<String>,
    /// Changes: `[{"path": "name.givenName", "before": …, "after": …}]`; members as
    /// `{"path": "members", "added": [ids], "removed": [ids]}`.
    pub changes: Value,
}

/// A recorded body.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Body {
    /// The text that was kept, secrets removed. Invalid UTF-8 is replaced.
    pub text: String,
    /// Size on the wire, in bytes.
    pub bytes: u64,
    /// True if `text` is only the beginning, or nothing at all, of what was sent.
    pub truncated: bool,
}
