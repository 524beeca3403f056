//! What carrying out an operation came to, before it is rendered.

use serde_json::Value;

use crate::ids::ResourceId;
use crate::model::exchange::Operation;
use crate::model::group::GroupRecord;
use crate::model::represent;
use crate::model::user::UserRecord;
use crate::scim::error::ScimError;
use crate::scim::quirk::Quirks;

/// A carried-out operation.
#[derive(Debug)]
pub(super) struct Done {
    /// HTTP status of a single request; the operation's status in Bulk.
    pub status: u16,
    /// The resource to show or to point to.
    pub shown: Shown,
    pub operation: Operation,
    pub subject: String,
    pub what: String,
    /// For the exchange.
    pub changes: Value,
    pub quirks: Quirks,
}

/// What an operation leaves to be shown.
#[derive(Debug)]
pub(super) enum Shown {
    Nothing,
    /// The request failed, and what it led to is committed all the same.
    Refused(ScimError),
    User(Box<UserRecord>),
    Group(Box<GroupRecord>),
}

impl Shown {
    /// Path below the base URL.
    pub fn path(&self) -> Option<String> {
        match self {
            Self::Nothing | Self::Refused(_) => None,
            Self::User(user) => Some(user_path(&user.id)),
            Self::Group(group) => Some(group_path(&group.id)),
        }
    }

    /// ETag.
    pub fn version(&self) -> Option<String> {
        match self {
            Self::Nothing | Self::Refused(_) => None,
            Self::User(user) => Some(represent::user_version(user)),
            Self::Group(group) => Some(represent::group_version(group)),
        }
    }
}

pub(super) fn user_path(id: &ResourceId) -> String {
    format!("/Users/{id}")
}

pub(super) fn group_path(id: &ResourceId) -> String {
    format!("/Groups/{id}")
}
