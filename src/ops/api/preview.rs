//! What would happen: asked beforehand, changing nothing.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Reply;
use crate::model::content::{KindCounts, Person};
use crate::model::deletion::Deletion;
use crate::model::transfer::Transfer;
use crate::scim::schema::Kind;

/// Impact and simulation.
pub trait Preview: Send + Sync {
    /// What would be lost if a user were removed, or a group deleted or unassigned. An estimate:
    /// SCIM does not tell what else an identity provider has assigned.
    fn impact<'a>(&'a self, org: &'a str, kind: Kind, which: &'a str) -> Reply<'a, Impact>;
    /// What requests would change, one after the other; changes nothing.
    fn simulate<'a>(&'a self, org: &'a str, requests: Vec<Simulated>)
    -> Reply<'a, Vec<Simulation>>;
}

/// What a removal would take away.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Impact {
    /// The user or group.
    pub subject: String,
    /// The users it is about: the user itself, or the members of the group.
    pub users: u64,
    /// Those for whom no other group remains; at most 1 000 are listed.
    pub alone: Vec<AtRisk>,
    /// How many these are.
    pub alone_count: u64,
    /// What those own, by kind.
    pub content: KindCounts,
    /// Privileges that some of the users lose altogether, with the number of users.
    pub privileges: BTreeMap<String, u64>,
    /// Whether the guard would let so many removals through.
    pub guard_opens: bool,
    /// What the policy would do, in a sentence.
    pub outcome: String,
}

/// A user that a removal would concern.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AtRisk {
    /// The user.
    pub user: Person,
    /// What it owns.
    pub content: u64,
    /// Who would receive that.
    pub heir: Person,
}

/// A request to try out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Simulated {
    /// One that was recorded: its number or request id.
    Recorded {
        /// Number or request id.
        exchange: String,
    },
    /// One written by hand.
    Written {
        /// HTTP method.
        method: String,
        /// Path below the base URL (`/Users/…`), with its query.
        path: String,
        /// Body.
        #[serde(default)]
        body: Value,
    },
}

/// What a request would do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Simulation {
    /// Method and path.
    pub request: String,
    /// HTTP status of the answer.
    pub status: u16,
    /// What it would do, in a few words; of an error its detail.
    pub what: String,
    /// What it is about.
    pub subject: String,
    /// Changes, as they would be recorded.
    pub changes: Value,
    /// Accounts that would be removed.
    pub deletions: Vec<Deletion>,
    /// Content that would move.
    pub transfers: Vec<Transfer>,
}
