//! Roles: sets of privileges, and the groups that carry them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Reply;
use crate::model::role::{Access, Role, RoleRule};

/// The roles of Orgs.
pub trait Roles: Send + Sync {
    /// Every privilege name that a role may hold, sorted.
    fn privileges(&self) -> Reply<'_, Vec<String>>;
    /// Roles of one Org (number or name), or of all, with the groups that carry them.
    fn roles<'a>(&'a self, org: Option<&'a str>) -> Reply<'a, Vec<Role>>;
    /// Makes a role or replaces its privileges.
    fn put_role<'a>(&'a self, org: &'a str, role: NewRole) -> Reply<'a, Role>;
    /// Removes a role that no group carries and no rule names; with `dry_run` only checks.
    fn remove_role<'a>(&'a self, org: &'a str, role: &'a str, dry_run: bool) -> Reply<'a, Role>;
    /// Gives a role to a group, or takes it away.
    fn grant_role<'a>(&'a self, org: &'a str, grant: Grant) -> Reply<'a, Role>;
    /// The rules of one Org, or of all.
    fn role_rules<'a>(&'a self, org: Option<&'a str>) -> Reply<'a, Vec<RoleRule>>;
    /// Makes a rule, or removes it: every group named like this carries the role.
    fn set_role_rule<'a>(&'a self, org: &'a str, rule: SetRule) -> Reply<'a, Vec<RoleRule>>;
    /// What the user with that `id`, `userName` or `externalId` may do, and through which role and
    /// group.
    fn access<'a>(&'a self, org: &'a str, which: &'a str) -> Reply<'a, Access>;
}

/// What makes a role or replaces one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NewRole {
    /// Name, 1 to 64 characters.
    pub name: String,
    /// Privileges; unknown names are refused.
    pub privileges: Vec<String>,
    /// Only check.
    #[serde(default)]
    pub dry_run: bool,
}

/// A role given to a group or taken from it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Grant {
    /// Role.
    pub role: String,
    /// Group: id or `displayName`; also `All`.
    pub group: String,
    /// False takes it away.
    pub given: bool,
    /// Only check.
    #[serde(default)]
    pub dry_run: bool,
}

/// A rule to make or to remove.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SetRule {
    /// Group `displayName`, compared without case.
    pub group: String,
    /// Role.
    pub role: String,
    /// False removes the rule.
    pub given: bool,
    /// Only check.
    #[serde(default)]
    pub dry_run: bool,
}
