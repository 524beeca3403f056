//! What keeps a measurement from being made, and what to do about it.

use crate::wire::Unusable;

/// Why a run could not be made or finished.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// An option that cannot be honoured; the text names it and the way out.
    #[error("{0}")]
    Options(String),
    /// The URL or the token cannot be used.
    #[error(transparent)]
    Target(#[from] Unusable),
    /// No connection, or none that answers HTTP.
    #[error("no answer from {address} ({reason}): is the server running, and is the port right?")]
    Unreachable {
        /// Host and port.
        address: String,
        /// What the connection attempt ended with.
        reason: String,
    },
    /// The server refuses the token.
    #[error(
        "the server answered {status}: give a valid token that may read and write with --token"
    )]
    Unauthorized {
        /// 401 or 403.
        status: u16,
    },
    /// One of several Orgs cannot be measured.
    #[error("{org}: {error}")]
    Org {
        /// Which.
        org: String,
        /// Why.
        error: Box<BenchError>,
    },
    /// No `ServiceProviderConfig` under the base URL (RFC 7644 §4).
    #[error(
        "no SCIM server at {address}: GET {path} answered {status} without a ServiceProviderConfig; \
         check the path of the base URL (often /scim/v2)"
    )]
    NotScim {
        /// Host and port.
        address: String,
        /// The path asked for.
        path: String,
        /// The answer's status.
        status: u16,
    },
    /// The dashboard could not be run in a pseudo-terminal.
    #[error("the dashboard cannot be measured: {0}")]
    Terminal(String),
    /// Users or groups needed for the measurement could not be created.
    #[error(
        "only {done} of {wanted} {what} could be prepared (most frequent error: {cause}); \
         lower --size or --group-size, or look at the server's log"
    )]
    Load {
        /// `users`, `groups` or `members`.
        what: &'static str,
        /// How many succeeded.
        done: u64,
        /// How many were needed.
        wanted: u64,
        /// The most frequent error's kind.
        cause: String,
    },
}

impl BenchError {
    /// The same, said of one of several Orgs.
    pub(super) fn of_org(self, org: &str) -> Self {
        Self::Org {
            org: org.to_owned(),
            error: Box::new(self),
        }
    }
}
