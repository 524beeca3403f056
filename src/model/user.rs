//! A user as the store hands it out.

use crate::clock::Timestamp;
use crate::ids::{OrgId, ResourceId, TokenId};

/// A stored user: one JSON document plus what is indexed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserRecord {
    /// Org.
    pub org: OrgId,
    /// `id`.
    pub id: ResourceId,
    /// `userName`, as sent.
    pub user_name: String,
    /// `externalId`, as sent.
    pub external_id: Option<String>,
    /// `active`.
    pub active: bool,
    /// `meta.created`.
    pub created: Timestamp,
    /// `meta.lastModified`.
    pub modified: Timestamp,
    /// Counts changes of the document from 1; part of the ETag.
    pub version: u64,
    /// The lineage of the token that created it (`None`: made by an operator).
    pub source: Option<TokenId>,
    /// The document: a JSON object with `schemas` and every stored attribute in schema order,
    /// without `id`, `meta`, `groups`, `roles` and anything never returned.
    pub doc: String,
    /// Groups the user is in, in order of creation. Empty unless the read asked for them.
    pub groups: Vec<GroupRef>,
    /// Names of the roles that the groups carry, sorted. Read together with them.
    pub roles: Vec<String>,
}

/// A group that a user is in (`groups` of RFC 7643 §4.1.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupRef {
    /// Group `id`.
    pub id: ResourceId,
    /// Group `displayName`.
    pub display: String,
    /// True for a member of the group itself, false for a member of a group inside it.
    pub direct: bool,
}

/// What makes a new user or replaces an old one: the document and what is indexed of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserDraft {
    /// `userName`, as sent.
    pub user_name: String,
    /// `displayName`, if any.
    pub display_name: Option<String>,
    /// `externalId`, if any.
    pub external_id: Option<String>,
    /// `active`.
    pub active: bool,
    /// Every `emails.value`, in order.
    pub emails: Vec<String>,
    /// See [`UserRecord::doc`].
    pub doc: String,
}
