//! `users …`

use clap::{Args, Subcommand};

use super::Plain;

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
    /// What a user may do, and through which role and group
    Access {
        /// Its id, userName or externalId
        user: String,
    },
}
