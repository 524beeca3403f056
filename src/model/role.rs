//! Roles: sets of privileges that groups carry. A user's privileges are the union over the
//! user's groups, computed and never stored.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::ids::{OrgId, ResourceId};

/// A role of an Org.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Role {
    /// Org.
    pub org: OrgId,
    /// Name, unique in the Org without case.
    pub name: String,
    /// Privileges, sorted.
    pub privileges: Vec<String>,
    /// Groups that carry it.
    #[serde(default)]
    pub groups: Vec<RoleGroup>,
    /// When it was made.
    pub created: Timestamp,
}

/// How a role came to a group.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum RoleSource {
    /// An operator gave it.
    Operator,
    /// The identity provider gave it (`roles` of the group extension).
    Scim,
    /// A rule gives it to every group of that name.
    Rule,
}

/// A group that carries a role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RoleGroup {
    /// Group `id`.
    pub id: ResourceId,
    /// Group `displayName`.
    pub display: String,
    /// How it came to it.
    pub source: RoleSource,
}

/// A rule: every group named like this carries that role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RoleRule {
    /// Org.
    pub org: OrgId,
    /// Group `displayName`, compared without case.
    pub group: String,
    /// Role.
    pub role: String,
}

/// What a user may do, and why.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Access {
    /// Each privilege once, sorted, with every way it comes.
    pub privileges: Vec<Granted>,
    /// Names of all roles, sorted.
    pub roles: Vec<String>,
}

/// A privilege and where it comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Granted {
    /// Its name.
    pub privilege: String,
    /// Through which role and group; never empty.
    pub through: Vec<Path>,
}

/// A role that a user has through a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Carried {
    /// The role and the group.
    pub path: Path,
    /// Privileges of the role.
    pub privileges: Vec<String>,
}

/// One way to a privilege: privilege ← role ← group.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "RolePath")]
pub struct Path {
    /// The role.
    pub role: String,
    /// The group that carries it.
    pub group: String,
    /// The group's `id`.
    pub group_id: ResourceId,
    /// How the role came to the group.
    pub source: RoleSource,
    /// True if the user is in the group itself, false if in a group inside it.
    pub direct: bool,
}
