//! What keeps a measurement from being made, and what to do about it.

/// Why a run could not be made or finished.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// An option that cannot be honoured; the text names it and the way out.
    #[error("{0}")]
    Options(String),
    /// The base URL does not parse, or is no base URL.
    #[error(
        "the base URL is not usable: give one such as http://127.0.0.1:8080/scim/v2, without query"
    )]
    Url,
    /// The base URL asks for TLS.
    #[error(
        "https is not measured yet: give the server's http address, behind whatever terminates TLS"
    )]
    Https,
    /// The token holds characters that no HTTP header may carry.
    #[error("the token holds line breaks or control characters: paste it again, in one line")]
    Token,
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
