//! The operations API as JSON over HTTP: what its server and [`crate::ops::remote`] agree on.
//!
//! Errors are problem details (RFC 9457) that carry an [`OpsError`]; a feed is a stream of
//! server-sent events. Nothing here does I/O.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ops::api::{Failure, OpsError};
use crate::scim::schema::Kind;

/// What every path of the operations API begins with.
pub const BASE: &str = "/api/v1";
/// Where metrics are, as everybody expects them.
pub const METRICS: &str = "/metrics";
/// Media type of a [`Problem`].
pub const PROBLEM: &str = "application/problem+json";
/// Media type of a feed: server-sent events.
pub const STREAM: &str = "text/event-stream";
/// A recorded exchange in a feed; its id is the exchange's position.
pub const EXCHANGE: &str = "exchange";
/// An event of the directory in a feed; its id is the event's number.
pub const EVENT: &str = "event";
/// A [`Skipped`] in a feed.
pub const SKIPPED: &str = "skipped";
/// An [`OpsError`] in a feed.
pub const ERROR: &str = "error";
/// A feed in which nothing happens has a comment this often, in seconds.
pub const HEARTBEAT: u64 = 15;

/// An [`OpsError`] on the wire (RFC 9457 §3.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Problem {
    /// Always `about:blank`: the title says what the status says.
    #[serde(rename = "type")]
    pub kind: String,
    /// The kind of failure in words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What is wrong and what to do.
    pub detail: String,
    /// The kind of failure.
    pub failure: Failure,
}

impl From<OpsError> for Problem {
    fn from(error: OpsError) -> Self {
        let (status, title) = match error.failure {
            Failure::Invalid => (400, "Invalid request"),
            Failure::NotFound => (404, "Not found"),
            Failure::Denied => (403, "Denied"),
            Failure::Conflict => (409, "Conflict"),
            Failure::Unreachable => (503, "Unreachable"),
            Failure::Internal => (500, "Internal fault"),
        };
        Self {
            kind: "about:blank".into(),
            title: title.into(),
            status,
            detail: error.message,
            failure: error.failure,
        }
    }
}

impl From<Problem> for OpsError {
    fn from(problem: Problem) -> Self {
        Self::new(problem.failure, problem.detail)
    }
}

/// Says in a feed that requests in between are left out: they are not kept any more, or the reader
/// is farther behind than it wants to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Skipped {
    /// How many.
    pub count: u64,
}

/// Whose tokens are listed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OfOrg {
    /// Number or name of an Org; `None`: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub org: Option<String>,
}

/// A user or group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Which {
    /// User or group.
    pub kind: Kind,
    /// Id, name or `externalId`.
    pub which: String,
}

/// Whether something is only checked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Rehearse {
    /// True: nothing is changed.
    #[serde(default)]
    pub dry_run: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_failure_survives_the_way_as_a_problem() {
        for (failure, status) in [
            (Failure::Invalid, 400),
            (Failure::NotFound, 404),
            (Failure::Denied, 403),
            (Failure::Conflict, 409),
            (Failure::Unreachable, 503),
            (Failure::Internal, 500),
        ] {
            let error = OpsError::new(failure, "do this");
            let problem = Problem::from(error.clone());
            assert_eq!(problem.status, status);
            let json = serde_json::to_string(&problem).unwrap();
            assert!(json.starts_with("{\"type\":\"about:blank\""), "{json}");
            let back: Problem = serde_json::from_str(&json).unwrap();
            assert_eq!(OpsError::from(back), error);
        }
    }
}
