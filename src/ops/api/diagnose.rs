//! Questions of the support desk.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::diagnosis::{About, Diagnosis};
use crate::ops::api::Reply;

/// What finds causes.
pub trait Diagnose: Send + Sync {
    /// Walks the checks of a question.
    fn diagnose(&self, question: Question) -> Reply<'_, Diagnosis>;
}

/// A question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Question {
    /// What it is about.
    pub about: About,
    /// The user (id, `userName`, `externalId`) or group (id, `displayName`, `externalId`), whether
    /// it is there or not; nothing for `latency` and `auth`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub which: Option<String>,
    /// The Org, by number or name; without it Primary for a user or group, else all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub org: Option<String>,
}
