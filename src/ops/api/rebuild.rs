//! What a rebuilt directory holds, and what it lacks.

use serde::Serialize;

use crate::clock::Timestamp;
use crate::ids::{OrgId, ResourceId};

/// A rebuilt directory.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Rebuilt {
    /// The moment asked for.
    pub at: Timestamp,
    /// Number and time of the last event that was carried out.
    pub last_event: Option<(u64, Timestamp)>,
    /// Orgs.
    pub orgs: u64,
    /// Users.
    pub users: u64,
    /// Groups.
    pub groups: u64,
    /// Held accounts.
    pub held: u64,
    /// People whose data a purge erased: they are left out, with their memberships.
    pub erased: Vec<ResourceId>,
    /// If older events were pruned, when the first that is kept happened. What was made before,
    /// and is named by no event since, is left out and not counted.
    pub kept_since: Option<Timestamp>,
    /// Users and groups that could not be rebuilt, or not whole.
    pub lost: Vec<Lost>,
    /// What is wrong with the chain of events.
    pub faults: Vec<String>,
}

/// A user or group that could not be rebuilt, or not whole.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Lost {
    /// Org.
    pub org: OrgId,
    /// `id`, unless the event is about something else.
    pub id: Option<ResourceId>,
    /// The first event that shows it.
    pub event: u64,
    /// What is missing.
    pub why: String,
}

impl Rebuilt {
    /// True if nothing is missing but what a purge erased.
    pub fn is_whole(&self) -> bool {
        self.lost.is_empty() && self.faults.is_empty() && self.kept_since.is_none()
    }
}
