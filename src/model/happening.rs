//! Changes of the directory as detection rules look at them: events without their details.

use crate::clock::Timestamp;
use crate::ids::{OrgId, ResourceId};
use crate::model::event::EventKind;

/// A change of the directory, as far as rules look at it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Happening {
    /// Number of the event.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// In which Org.
    pub org: OrgId,
    /// What.
    pub kind: EventKind,
    /// The user or group.
    pub subject: ResourceId,
    /// Its name.
    pub name: String,
    /// The name it had before, if that changed.
    pub renamed_from: Option<String>,
    /// Members that came.
    pub added: Vec<ResourceId>,
    /// How many members went.
    pub removed: u64,
    /// Of a group: its members now. Of a user: its groups; for a removal, those it had.
    pub size: u64,
    /// Of a group: whether roles hang on it.
    pub roles: bool,
    /// Of a user: whether another live account has one of its addresses.
    pub twin: bool,
}
