//! A user as the store hands it out.

use serde_json::{Map, Value};

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

impl UserDraft {
    /// What is indexed of a document, whose text is `written`; `None` if it has no `userName`.
    pub fn of(doc: &Map<String, Value>, written: String) -> Option<Self> {
        let text = |name: &str| doc.get(name).and_then(Value::as_str).map(str::to_owned);
        let emails = doc.get("emails").and_then(Value::as_array);
        Some(Self {
            user_name: text("userName")?,
            display_name: text("displayName"),
            external_id: text("externalId"),
            active: doc.get("active").and_then(Value::as_bool).unwrap_or(true),
            emails: emails
                .into_iter()
                .flatten()
                .filter_map(|email| email["value"].as_str().map(str::to_owned))
                .collect(),
            doc: written,
        })
    }
}
