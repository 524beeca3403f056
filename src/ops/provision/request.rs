//! A SCIM request and its answer, without HTTP: what `http` hands in and gets back.

use std::borrow::Cow;

use bytes::Bytes;
use futures_util::stream::BoxStream;
use percent_encoding::percent_decode_str;
use serde_json::Value;

use crate::ids::{RequestId, TokenId};
use crate::model::exchange::Operation;
use crate::model::org::Org;
use crate::scim::error::ScimType;
use crate::scim::quirk::Quirks;

/// Who asks, as far as authentication found out.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The Org that the token opens.
    pub org: Org,
    /// The token.
    pub token: TokenId,
    /// What the operator calls it.
    pub token_label: String,
    /// First token of its rotation chain: names the source of what it creates.
    pub lineage: TokenId,
}

/// HTTP methods that SCIM uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Method {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

/// What a path below the base URL names. Ids are as sent: not decoded into anything yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// `/Users`
    Users,
    /// `/Users/{id}`
    User(String),
    /// `/Groups`
    Groups,
    /// `/Groups/{id}`
    Group(String),
    /// `/.search`
    Search,
    /// `/Users/.search`
    SearchUsers,
    /// `/Groups/.search`
    SearchGroups,
    /// `/Bulk`
    Bulk,
    /// `/Me`
    Me,
    /// `/ServiceProviderConfig`
    ServiceProviderConfig,
    /// `/Schemas`
    Schemas,
    /// `/Schemas/{urn}`
    Schema(String),
    /// `/ResourceTypes`
    ResourceTypes,
    /// `/ResourceTypes/{name}`
    ResourceType(String),
}

impl Target {
    /// What `segments` below the base URL name, none of them empty; `None` if there is no such
    /// thing.
    pub fn below<'p>(mut segments: impl Iterator<Item = &'p str>) -> Option<Self> {
        let (kind, rest) = (segments.next()?, segments.next());
        if segments.next().is_some() {
            return None;
        }
        Some(match (kind, rest) {
            ("Users", None) => Self::Users,
            ("Users", Some(".search")) => Self::SearchUsers,
            ("Users", Some(id)) => Self::User(decode(id).into_owned()),
            ("Groups", None) => Self::Groups,
            ("Groups", Some(".search")) => Self::SearchGroups,
            ("Groups", Some(id)) => Self::Group(decode(id).into_owned()),
            (".search", None) => Self::Search,
            ("Bulk", None) => Self::Bulk,
            ("Me", None) => Self::Me,
            ("ServiceProviderConfig", None) => Self::ServiceProviderConfig,
            ("Schemas", None) => Self::Schemas,
            ("Schemas", Some(urn)) => Self::Schema(decode(urn).into_owned()),
            ("ResourceTypes", None) => Self::ResourceTypes,
            ("ResourceTypes", Some(name)) => Self::ResourceType(decode(name).into_owned()),
            _ => return None,
        })
    }

    /// The path with its variable segment named: one of a fixed set.
    pub const fn template(&self) -> &'static str {
        match self {
            Self::Users => "/Users",
            Self::User(_) => "/Users/{id}",
            Self::Groups => "/Groups",
            Self::Group(_) => "/Groups/{id}",
            Self::Search => "/.search",
            Self::SearchUsers => "/Users/.search",
            Self::SearchGroups => "/Groups/.search",
            Self::Bulk => "/Bulk",
            Self::Me => "/Me",
            Self::ServiceProviderConfig => "/ServiceProviderConfig",
            Self::Schemas => "/Schemas",
            Self::Schema(_) => "/Schemas/{urn}",
            Self::ResourceTypes => "/ResourceTypes",
            Self::ResourceType(_) => "/ResourceTypes/{name}",
        }
    }
}

/// Percent-decoding; what is not UTF-8 then becomes U+FFFD, which no name here contains.
pub fn decode(segment: &str) -> Cow<'_, str> {
    percent_decode_str(segment).decode_utf8_lossy()
}

/// An authenticated request. The method is one that [`Target`] has; anything else was answered
/// 405 before.
#[derive(Clone, Debug)]
pub struct Request {
    /// Names the exchange.
    pub id: RequestId,
    /// Who asks.
    pub caller: Caller,
    /// Base URL under which the client reached us, for `meta.location` and `$ref`; without a
    /// slash at its end.
    pub base: String,
    /// Method.
    pub method: Method,
    /// What.
    pub target: Target,
    /// Query, percent-encoded, without `?`.
    pub query: String,
    /// Body; empty if none.
    pub body: Bytes,
    /// Quirks that reading the request already met (media type).
    pub quirks: Quirks,
    /// `If-Match`, as sent.
    pub if_match: Option<String>,
    /// `If-None-Match`, as sent.
    pub if_none_match: Option<String>,
}

/// An answer's body.
pub enum AnswerBody {
    /// None (204, 304).
    Empty,
    /// A JSON document.
    Json(Bytes),
    /// A JSON document in pieces, for groups too large to hold in memory. An error ends the
    /// connection without a proper end, so that the client does not take it for the whole.
    Stream(BoxStream<'static, Result<Bytes, std::io::Error>>),
}

/// A finished answer. Errors are answers too.
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// `Location` header.
    pub location: Option<String>,
    /// `ETag` header.
    pub etag: Option<String>,
    /// `Retry-After` header, in seconds.
    pub retry_after: Option<u32>,
    /// Body.
    pub body: AnswerBody,
    /// For the record.
    pub record: Record,
}

/// What the exchange's record says beyond request and response.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// What the request set out to do, refined by what it did (a PATCH that disabled is
    /// [`Operation::Deactivate`]).
    pub operation: Operation,
    /// What it was about: `userName`, `displayName`, a filter; empty: the path says it.
    pub subject: String,
    /// What it did, in a few words (`created`, `members +4 −1`, `removed`, `0 results`).
    pub what: String,
    /// Changes, in the form of [`crate::model::exchange::Exchange::changes`]; null if none.
    pub changes: Value,
    /// Quirks that were understood.
    pub quirks: Quirks,
    /// `scimType` of an error.
    pub scim_type: Option<ScimType>,
    /// `detail` of an error.
    pub detail: Option<String>,
}
