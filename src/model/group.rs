//! A group as the store hands it out. Members are rows, never part of the document.

use serde_json::{Map, Value};

use crate::clock::Timestamp;
use crate::ids::{OrgId, ResourceId, TokenId};
use crate::scim::builtin::GROUP_ROLES_URN;
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

impl GroupDraft {
    /// What is indexed of a document, whose text is `written`; `None` if it has no `displayName`.
    pub fn of(doc: &Map<String, Value>, written: String) -> Option<Self> {
        let text = |name: &str| doc.get(name).and_then(Value::as_str).map(str::to_owned);
        Some(Self {
            display_name: text("displayName")?,
            external_id: text("externalId"),
            doc: written,
        })
    }
}

/// The roles that a group's document names.
pub fn named_roles(doc: &Map<String, Value>) -> impl Iterator<Item = &str> {
    let named = doc.get(GROUP_ROLES_URN).and_then(|held| held.get("roles"));
    named
        .into_iter()
        .filter_map(Value::as_array)
        .flatten()
        .filter_map(Value::as_str)
}
