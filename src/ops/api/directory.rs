//! The directory as operators read it. It is changed by identity providers alone.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Reply;
use crate::clock::Timestamp;
use crate::ids::{OrgId, ResourceId};
use crate::model::content::{KindCounts, Person};
use crate::model::deletion::Deletion;
use crate::model::event::Event;
use crate::model::role::RoleSource;
use crate::scim::schema::Kind;

/// Users and groups.
pub trait Directory: Send + Sync {
    /// Users of one Org or of all: by Org, and in each as `sort` says.
    fn users(&self, query: DirectoryQuery) -> Reply<'_, DirectoryPage<UserLine>>;
    /// One user of an Org (number or name): by id, `userName` or `externalId`.
    fn user<'a>(&'a self, org: &'a str, which: &'a str) -> Reply<'a, UserDetail>;
    /// Groups of one Org or of all, likewise.
    fn groups(&self, query: DirectoryQuery) -> Reply<'_, DirectoryPage<GroupLine>>;
    /// One group of an Org: by id, `displayName` or `externalId`.
    fn group<'a>(&'a self, org: &'a str, which: &'a str) -> Reply<'a, GroupDetail>;
    /// Every change of a user or group, oldest first: events about it, and those that moved the
    /// user in or out of a group. Of removed ones too: by id, or by the name of the last removed.
    fn history<'a>(
        &'a self,
        org: &'a str,
        kind: Kind,
        which: &'a str,
        page: HistoryPage,
    ) -> Reply<'a, Vec<Event>>;
}

/// By what users or groups are sorted within an Org. Those with the same value stand in order of
/// creation; one without a value comes last, in a descending order first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DirectorySort {
    /// In order of creation.
    #[default]
    Created,
    /// A user's `userName`, a group's `displayName`, without case.
    Name,
    /// `displayName`, without case.
    Display,
    /// `meta.lastModified`.
    Modified,
}

/// Which users or groups to list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DirectoryQuery {
    /// Only this Org.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub org: Option<OrgId>,
    /// A SCIM filter (RFC 7644 §3.4.2.2), or words that names, addresses or `externalId` must
    /// contain; empty: all.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub filter: String,
    /// By what they are sorted.
    #[serde(default, skip_serializing_if = "is_default")]
    pub sort: DirectorySort,
    /// From the greatest to the least.
    #[serde(default, skip_serializing_if = "is_default")]
    pub descending: bool,
    /// Go on behind this (`next` of the page before, which was sorted the same).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// How many at most; 0 means the default of 100; 1 000 at most.
    #[serde(default)]
    pub limit: u32,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// A page of users or groups.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "PageOf{T}")]
pub struct DirectoryPage<T> {
    /// The lines.
    pub items: Vec<T>,
    /// How many match in all, as far as that is known without counting.
    pub total: Option<u64>,
    /// Where to go on, if there are more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// A user in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UserLine {
    /// Org.
    pub org: OrgId,
    /// `id`.
    pub id: ResourceId,
    /// `userName`.
    pub user_name: String,
    /// `displayName`, or the empty string.
    pub display_name: String,
    /// `externalId`.
    pub external_id: Option<String>,
    /// `active`.
    pub active: bool,
    /// Groups it is a direct member of.
    pub groups: u64,
    /// Items it owns.
    pub content: u64,
    /// `meta.created`.
    pub created: Timestamp,
    /// `meta.lastModified`.
    pub modified: Timestamp,
}

/// Everything about a user.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UserDetail {
    /// The line.
    pub line: UserLine,
    /// The resource as the identity provider sees it.
    pub resource: Value,
    /// Items it owns, by kind.
    pub content: KindCounts,
    /// The heir of its content.
    pub heir: Person,
    /// Names of its roles.
    pub roles: Vec<String>,
    /// Numbers of other Orgs where the same `userName` is.
    pub other_orgs: Vec<OrgId>,
    /// Earlier removals of accounts with that `userName`, newest first.
    pub removals: Vec<Deletion>,
}

/// A group in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GroupLine {
    /// Org.
    pub org: OrgId,
    /// `id`.
    pub id: ResourceId,
    /// `displayName`.
    pub display_name: String,
    /// `externalId`.
    pub external_id: Option<String>,
    /// Direct members.
    pub members: u64,
    /// Roles it carries, by whatever source.
    pub roles: Vec<(String, RoleSource)>,
    /// `meta.created`.
    pub created: Timestamp,
    /// `meta.lastModified`.
    pub modified: Timestamp,
}

/// Everything about a group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GroupDetail {
    /// The line.
    pub line: GroupLine,
    /// The resource as the identity provider sees it, without members.
    pub resource: Value,
    /// Direct members: users first; at most 1 000.
    pub members: Vec<GroupMember>,
}

/// A member of a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GroupMember {
    /// `id`.
    pub id: ResourceId,
    /// User or group.
    pub kind: Kind,
    /// A user's `displayName` or else `userName`; a group's `displayName`.
    pub display: String,
}

/// A page of a history.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HistoryPage {
    /// Only events after this position; `None`: the newest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<u64>,
    /// How many at most; 0 means the default of 100.
    #[serde(default)]
    pub limit: u32,
}
