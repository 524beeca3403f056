//! What a client remembers of the server: which id each of its objects has there.

use std::collections::{BTreeMap, BTreeSet};

use super::company::{GroupNo, PersonNo};
use super::machine::Presence;
use super::talk::Trouble;
use crate::clock::Timestamp;

/// Failures that are remembered one by one; the others are counted.
const REMEMBERED: usize = 1000;

/// A user that the client made or matched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Link {
    /// `id` at the server.
    pub id: String,
    /// The client has disabled it.
    pub disabled: bool,
    /// The manager that it was given, by id.
    pub manager: Option<String>,
}

/// A group that the client made or matched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct GroupLink {
    /// `id` at the server.
    pub id: String,
    /// Its members there, by id, as the client believes.
    pub members: BTreeSet<String>,
}

/// The client's memory.
#[derive(Clone, Debug, Default)]
pub(super) struct Book {
    pub users: BTreeMap<PersonNo, Link>,
    pub groups: BTreeMap<GroupNo, GroupLink>,
    /// People who ever had an account, and what its end was.
    pub ended: BTreeMap<PersonNo, Ending>,
    /// Every group that the client ever made or matched, by id.
    pub known_groups: BTreeSet<String>,
    /// What could not be done, oldest first; of very many the first ones.
    pub failures: Vec<Failed>,
    /// How much could not be done.
    pub failed: u64,
}

/// How an account ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// Disabled; what becomes of it is the server's policy.
    Disabled,
    /// Deleted.
    Deleted,
    /// None: the client let go of it.
    LetGo,
}

/// Something that could not be done.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Failed {
    /// When, in the simulation.
    pub at: Timestamp,
    /// Whom or what it was about.
    pub subject: String,
    /// What was asked: `PATCH /Users/{id}`.
    pub operation: String,
    /// The answer's status; 0 if there was none.
    pub status: u16,
    /// What the server said.
    pub detail: String,
}

impl Book {
    /// The id of a user that works, for references to it.
    pub fn id(&self, person: PersonNo) -> Option<&str> {
        self.users.get(&person).map(|link| link.id.as_str())
    }

    /// What the server has to show of somebody who has left or is out of scope.
    pub fn presence(&self, person: PersonNo) -> Presence {
        match self.ended.get(&person) {
            Some(Ending::Deleted) => Presence::Absent,
            Some(Ending::LetGo) => Presence::Unmanaged,
            Some(Ending::Disabled) => Presence::Disabled,
            None if self.users.contains_key(&person) => Presence::Disabled,
            None => Presence::Absent,
        }
    }

    /// A person's account was found, or made (`new`).
    pub fn link(&mut self, person: PersonNo, id: String, new: bool) {
        self.ended.remove(&person);
        if new {
            // An account that comes back under its old id is in no group that anybody knows of.
            for group in self.groups.values_mut() {
                group.members.remove(&id);
            }
        }
        let manager = self
            .users
            .remove(&person)
            .filter(|link| link.id == id && !new)
            .and_then(|link| link.manager);
        let link = Link {
            id,
            disabled: false,
            manager,
        };
        self.users.insert(person, link);
    }

    /// A group was made or found.
    pub fn link_group(&mut self, group: GroupNo, id: String) {
        self.known_groups.insert(id.clone());
        let members = self
            .groups
            .remove(&group)
            .filter(|link| link.id == id)
            .map_or_else(BTreeSet::new, |link| link.members);
        self.groups.insert(group, GroupLink { id, members });
    }

    /// Something could not be done.
    pub fn fail(&mut self, at: Timestamp, subject: String, trouble: Trouble) {
        self.failed += 1;
        if self.failures.len() < REMEMBERED {
            self.failures.push(Failed {
                at,
                subject,
                operation: trouble.operation,
                status: trouble.status,
                detail: trouble.detail,
            });
        }
    }
}
