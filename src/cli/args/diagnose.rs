//! `diagnose …` and `runbook …` as clap sees them.

use clap::{Args, Subcommand};

use super::Plain;

/// Walks the checks of a question of the support desk.
#[derive(Debug, Args)]
pub struct Diagnose {
    /// What is asked
    #[command(subcommand)]
    pub question: QuestionCommand,
    /// The Org, by number or name [default: 0 for a user or group, else all]
    #[arg(long, global = true)]
    pub org: Option<String>,
    /// Common flags
    #[command(flatten)]
    pub common: Plain,
}

/// `diagnose …`
#[derive(Debug, Subcommand)]
pub enum QuestionCommand {
    /// Why a user was not created, or is not what it should be
    User {
        /// Id, userName or externalId; of one that is not there too
        which: String,
    },
    /// Why a group does not follow the identity provider
    Group {
        /// Id, displayName or externalId; of one that is not there too
        which: String,
    },
    /// What makes answers slow, in the last hour
    Latency,
    /// Who is refused and why, in the last 24 hours
    Auth,
}

/// What to do about an alert.
#[derive(Debug, Args)]
pub struct Runbook {
    /// Number or name of the rule, or `list`
    pub which: String,
    /// Common flags
    #[command(flatten)]
    pub common: Plain,
}
