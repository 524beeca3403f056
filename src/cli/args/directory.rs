//! `users …` and `groups …`

use clap::{Args, Subcommand, ValueEnum};

use super::Plain;
use crate::ops::api::directory::DirectorySort;

/// `users`
#[derive(Debug, Args)]
pub struct Users {
    /// What to do with users
    #[command(subcommand)]
    pub command: UsersCommand,
    /// The Org, by number or name
    #[arg(long, global = true, default_value = "0")]
    pub org: String,
    /// Common flags
    #[command(flatten)]
    pub common: Plain,
}

/// `users …`
#[derive(Debug, Subcommand)]
pub enum UsersCommand {
    /// List users, oldest first unless --sort says otherwise
    List(Listed),
    /// Show a user: groups, roles, content and its heir, earlier removals
    Show {
        /// Its id, userName or externalId
        user: String,
    },
    /// What a user may do, and through which role and group
    Access {
        /// Its id, userName or externalId
        user: String,
    },
    /// Every change of a user, with its cause; of a removed one too
    History {
        /// Its id, userName or externalId; of a removed one its id or userName
        user: String,
        /// Which part
        #[command(flatten)]
        part: Part,
    },
}

/// `groups`
#[derive(Debug, Args)]
pub struct Groups {
    /// What to do with groups
    #[command(subcommand)]
    pub command: GroupsCommand,
    /// The Org, by number or name
    #[arg(long, global = true, default_value = "0")]
    pub org: String,
    /// Common flags
    #[command(flatten)]
    pub common: Plain,
}

/// `groups …`
#[derive(Debug, Subcommand)]
pub enum GroupsCommand {
    /// List groups, oldest first unless --sort says otherwise
    List(Listed),
    /// Show a group: members and roles
    Show {
        /// Its id, displayName or externalId
        group: String,
    },
    /// Every change of a group, with its cause; of a deleted one too
    History {
        /// Its id, displayName or externalId; of a deleted one its id or displayName
        group: String,
        /// Which part
        #[command(flatten)]
        part: Part,
    },
}

/// Which users or groups to list.
#[derive(Clone, Debug, Args)]
pub struct Listed {
    /// A SCIM filter, or words that names, addresses or externalId contain
    #[arg(long, default_value = "")]
    pub filter: String,
    /// By what they are sorted
    #[arg(long, value_enum, default_value_t)]
    pub sort: SortBy,
    /// From the last to the first
    #[arg(long)]
    pub reverse: bool,
    /// How many at most
    #[arg(long, default_value_t = 100)]
    pub limit: u32,
}

/// By what a list is sorted.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub enum SortBy {
    /// When it was created
    #[default]
    Created,
    /// userName of users, displayName of groups
    Name,
    /// displayName
    Display,
    /// When it was changed last
    Modified,
}

impl From<SortBy> for DirectorySort {
    fn from(by: SortBy) -> Self {
        match by {
            SortBy::Created => Self::Created,
            SortBy::Name => Self::Name,
            SortBy::Display => Self::Display,
            SortBy::Modified => Self::Modified,
        }
    }
}

/// Which part of a history.
#[derive(Clone, Copy, Debug, Args)]
pub struct Part {
    /// Only events after this number, oldest first; else the newest
    #[arg(long)]
    pub after: Option<u64>,
    /// How many at most
    #[arg(long, default_value_t = 100)]
    pub limit: u32,
}
