//! `deletions`, `guard`, `impact` and `simulate` as clap sees them.

use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};

use super::{Change, duration};
use crate::model::deletion::DeletionState;
use crate::scim::schema::Kind;

/// `deletions …`
#[derive(Debug, Subcommand)]
pub enum DeletionsCommand {
    /// List removed accounts, newest last
    List(WhichDeletions),
    /// Show one deletion: what was lost, where the content went
    Show {
        /// Its number
        deletion: u64,
    },
    /// Bring held accounts back as they were
    Restore {
        /// Their numbers
        #[arg(required = true)]
        deletions: Vec<u64>,
        /// Flags of changes
        #[command(flatten)]
        change: Change,
    },
    /// Delete held accounts now, and erase the personal data of removed ones, for good
    Purge {
        /// Their numbers
        #[arg(required = true)]
        deletions: Vec<u64>,
        /// Do not ask for the name to be typed
        #[arg(long)]
        yes: bool,
        /// Flags of changes
        #[command(flatten)]
        change: Change,
    },
}

/// Which deletions to list.
#[derive(Clone, Debug, Default, Args)]
pub struct WhichDeletions {
    /// Only this Org, by number or name
    #[arg(long)]
    pub org: Option<String>,
    /// Only in this state
    #[arg(long, value_enum)]
    pub state: Option<StateName>,
    /// Only of this batch of the guard
    #[arg(long)]
    pub batch: Option<u64>,
    /// Only accounts whose userName contains this
    #[arg(long, default_value = "")]
    pub name: String,
    /// How many at most
    #[arg(long, default_value_t = 50)]
    pub limit: u32,
}

/// States of deletion records on the command line.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum StateName {
    /// Gone for good
    Deleted,
    /// Kept inside
    Held,
    /// Brought back by an operator
    Restored,
    /// Brought back by the identity provider
    Returned,
}

impl From<StateName> for DeletionState {
    fn from(name: StateName) -> Self {
        match name {
            StateName::Deleted => Self::Deleted,
            StateName::Held => Self::Held,
            StateName::Restored => Self::Restored,
            StateName::Returned => Self::Returned,
        }
    }
}

/// `guard …`
#[derive(Debug, Subcommand)]
pub enum GuardCommand {
    /// Show the guard of each Org: what counts, what is let through, what is frozen
    Status {
        /// Only this Org, by number or name
        #[arg(long)]
        org: Option<String>,
    },
    /// Close the guard and let the frozen deletions take effect
    Approve(Verdict),
    /// Close the guard and bring the frozen accounts back as they were
    Restore(Verdict),
    /// Announce removals, so that they pass the guard
    Allow {
        /// The Org, by number or name
        #[arg(long, default_value = "0")]
        org: String,
        /// How many accounts
        #[arg(long)]
        count: u64,
        /// For how long, e.g. 2h; 30d at most
        #[arg(long = "for", value_parser = duration, value_name = "DURATION")]
        lasts: Duration,
        /// Why
        #[arg(long)]
        reason: String,
        /// Flags of changes
        #[command(flatten)]
        change: Change,
    },
}

/// A verdict on an Org's batch.
#[derive(Clone, Debug, Args)]
pub struct Verdict {
    /// The Org, by number or name
    #[arg(long, default_value = "0")]
    pub org: String,
    /// Only these deletions; the guard stays open for the others
    #[arg(long, value_name = "DELETION")]
    pub only: Vec<u64>,
    /// Do not ask for the Org's name to be typed
    #[arg(long)]
    pub yes: bool,
    /// Flags of changes
    #[command(flatten)]
    pub change: Change,
}

/// What `impact` is asked about.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum KindName {
    /// A user
    User,
    /// A group
    Group,
}

impl From<KindName> for Kind {
    fn from(name: KindName) -> Self {
        match name {
            KindName::User => Self::User,
            KindName::Group => Self::Group,
        }
    }
}
