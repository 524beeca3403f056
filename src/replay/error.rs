//! What keeps a replay from being made, and what to do about it. Nothing of a file or an answer
//! is repeated here: both may hold personal data.

use std::path::PathBuf;

/// Why a replay could not be made or finished.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The file cannot be opened or read.
    #[error("cannot read {path}: {error}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: std::io::Error,
    },
    /// A place in the file that is not as it has to be.
    #[error("line {line}, column {column}: {what}")]
    Line {
        /// From 1.
        line: u64,
        /// From 1.
        column: usize,
        /// What is wrong and what to do.
        what: String,
    },
    /// An option that cannot be honoured; the text names it and the way out.
    #[error("{0}")]
    Options(String),
    /// The server refuses a token.
    #[error(
        "the server answered {status} to the token for Org {org}: give one of the scratch server's \
         that may read and write, as --token {org}=TOKEN"
    )]
    Unauthorized {
        /// The Org in the file.
        org: String,
        /// 401 or 403.
        status: u16,
    },
    /// The server holds something already.
    #[error(
        "{url} is not empty ({users} users, {groups} groups for Org {org}): it may be the server \
         that this was recorded from. Replay into an empty Org of a scratch server, or add \
         --into-nonempty if you are sure"
    )]
    NotEmpty {
        /// The server.
        url: String,
        /// The Org in the file.
        org: String,
        /// Its users.
        users: u64,
        /// Its groups.
        groups: u64,
    },
    /// No SCIM server answers.
    #[error(
        "{url} is no SCIM server: it answered {status} to a list of users; check the path of \
             the URL (often /scim/v2)"
    )]
    NotScim {
        /// The server.
        url: String,
        /// The answer's status.
        status: u16,
    },
    /// No answer.
    #[error(
        "no answer from {url} ({reason}){}: is the server running, and is the port right?",
        at_line(*.line)
    )]
    Unreachable {
        /// The server.
        url: String,
        /// What the attempt ended with.
        reason: String,
        /// The line that was being sent; 0 before the first.
        line: u64,
    },
}

fn at_line(line: u64) -> String {
    match line {
        0 => String::new(),
        line => format!(" at line {line}, after everything before it was sent"),
    }
}
