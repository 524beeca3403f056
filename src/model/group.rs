//! A group as the store hands it out. Members are rows, never part of the document.

use crate::clock::Timestamp;
use crate::ids::{OrgId, ResourceId, TokenId};
use crate::scim::schema::Kind;

/// A stored group, without its members.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupRecord {
    /// Org.
    pub org: OrgId,
    /// `id`.
    pub id: ResourceId,
    /// `displayName`, as sent.
    pub display_name: String,
    /// `externalId`, as sent.
    pub external_id: Option<String>,
    /// `meta.created`.
    pub created: Timestamp,
    /// `meta.lastModified`; a change of members counts.
    pub modified: Timestamp,
    /// Counts changes, of members too, from 1; part of the ETag.
    pub version: u64,
    /// The lineage of the token that created it.
    pub source: Option<TokenId>,
    /// Direct members, users and groups.
    pub member_count: u64,
    /// The document: a JSON object with `schemas` and every stored attribute in schema order,
    /// without `id`, `meta` and `members`.
    pub doc: String,
}

/// A member of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The user's or group's `id`.
    pub id: ResourceId,
    /// What it is (`type` of `members`, RFC 7643 §4.2).
    pub kind: Kind,
    /// A user's `displayName` or else `userName`; a group's `displayName`.
    pub display: String,
}

/// What makes a new group or replaces an old one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupDraft {
    /// `displayName`, as sent.
    pub display_name: String,
    /// `externalId`, if any.
    pub external_id: Option<String>,
    /// See [`GroupRecord::doc`].
    pub doc: String,
}
