//! The command line: arguments in, text or JSON out. All clap lives here.
//!
//! Commands are clients of the operations API; whether that is a running daemon or the store
//! itself is decided by whoever calls [`run`].

pub mod args;
pub mod bench;
pub mod config;
mod content;
mod deletions;
mod deliveries;
pub mod diagnose;
mod directory;
pub mod doctor;
mod events;
mod export;
mod guard;
mod history;
mod org;
mod out;
mod preview;
pub mod rebuild;
pub mod replay;
mod requests;
mod roles;
pub mod siem;
pub mod simulate;
mod status;
mod token;
mod transfers;
mod watch;

pub use args::Cli;
pub use out::Out;

use crate::ops::api::{Ops, OpsError};
use crate::scim::schema::Kind;

/// Why a command did not do what it should.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// The operation failed.
    #[error(transparent)]
    Ops(#[from] OpsError),
    /// Nothing could be printed.
    #[error("cannot write the output: {0}")]
    Output(#[from] std::io::Error),
    /// The command was not confirmed.
    #[error("{0}")]
    Unconfirmed(String),
    /// The installation is not sound: 1 for warnings, 2 for what is critical.
    #[error("{1}")]
    Unsound(u8, String),
    /// The command ran and found what it looks for.
    #[error("{0}")]
    Found(String),
}

/// A file of tokens, which no process list shows.
fn tokens(file: &std::path::Path) -> std::io::Result<zeroize::Zeroizing<String>> {
    std::fs::read_to_string(file).map(Into::into)
}

/// Its lines that hold something.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty())
}

/// Progress of a long command, on standard error.
fn progress(line: &str) {
    use std::io::Write as _;
    // Progress that cannot be shown is no reason to stop.
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// A command that needs the operations API.
pub enum ApiCommand {
    /// `status`
    Status,
    /// `org …`
    Org(args::OrgCommand),
    /// `token …`
    Token(args::TokenCommand),
    /// `requests …`
    Requests(args::RequestsCommand),
    /// `events …`
    Events(args::ReadEvents),
    /// `content …`
    Content(args::ContentCommand, args::OfOrg),
    /// `transfers …`
    Transfers(args::TransfersCommand),
    /// `deletions …`
    Deletions(args::removals::DeletionsCommand),
    /// `deliveries …`
    Deliveries(args::deliveries::DeliveriesCommand),
    /// `guard …`
    Guard(args::removals::GuardCommand),
    /// `impact …`
    Impact {
        /// User or group.
        kind: Kind,
        /// Id, name or `externalId`.
        which: String,
        /// Org.
        org: String,
    },
    /// `simulate …`
    Simulate {
        /// File, `-`, or a recorded request.
        request: String,
        /// Org.
        org: String,
    },
    /// `alerts …`
    Alerts(args::watch::AlertsCommand),
    /// `health`, as metrics or not
    Health(bool),
    /// `diagnose …`
    Diagnose(crate::ops::api::diagnose::Question),
    /// `roles …`, in an Org
    Roles(String, args::roles::RolesCommand),
    /// `users …`, in an Org
    Users(String, args::directory::UsersCommand),
    /// `groups …`, in an Org
    Groups(String, args::directory::GroupsCommand),
}

/// Runs a command against the operations API and prints what comes back.
pub async fn run(ops: &dyn Ops, command: ApiCommand, out: &mut Out) -> Result<(), CommandError> {
    match command {
        ApiCommand::Status => status::run(ops, out).await,
        ApiCommand::Org(command) => org::run(ops, command, out).await,
        ApiCommand::Token(command) => token::run(ops, command, out).await,
        ApiCommand::Requests(command) => requests::run(ops, command, out).await,
        ApiCommand::Events(command) => events::run(ops, command, out).await,
        ApiCommand::Content(command, of) => content::run(ops, command, &of.org, out).await,
        ApiCommand::Transfers(command) => transfers::run(ops, command, out).await,
        ApiCommand::Deletions(command) => deletions::run(ops, command, out).await,
        ApiCommand::Deliveries(command) => deliveries::run(ops, command, out).await,
        ApiCommand::Guard(command) => guard::run(ops, command, out).await,
        ApiCommand::Impact { kind, which, org } => {
            preview::impact(ops, kind, &which, &org, out).await
        }
        ApiCommand::Simulate { request, org } => preview::simulate(ops, &request, &org, out).await,
        ApiCommand::Alerts(command) => watch::alerts(ops, command, out).await,
        ApiCommand::Health(metrics) => watch::health(ops, metrics, out).await,
        ApiCommand::Diagnose(question) => diagnose::run(ops, question, out).await,
        ApiCommand::Roles(org, command) => roles::run(ops, &org, command, out).await,
        ApiCommand::Users(org, command) => directory::users(ops, &org, command, out).await,
        ApiCommand::Groups(org, command) => directory::groups(ops, &org, command, out).await,
    }
}
