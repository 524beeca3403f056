//! `roles …`

use clap::{Args, Subcommand};

use super::{Change, Plain};

/// `roles`
#[derive(Debug, Args)]
pub struct Roles {
    /// What to do with roles
    #[command(subcommand)]
    pub command: RolesCommand,
    /// The Org, by number or name
    #[arg(long, global = true, default_value = "0")]
    pub org: String,
    /// Common flags
    #[command(flatten)]
    pub common: Plain,
}

/// `roles …`
#[derive(Debug, Subcommand)]
pub enum RolesCommand {
    /// List all roles, the groups that carry them and their privileges
    List,
    /// Show one role
    Show {
        /// Its name
        name: String,
    },
    /// Make a role
    Create {
        /// Its name
        name: String,
        /// A privilege that it holds; may be given several times
        #[arg(long = "privilege", value_name = "PRIVILEGE")]
        privileges: Vec<String>,
        /// Flags of changes
        #[command(flatten)]
        change: Change,
    },
    /// Replace the privileges of a role
    #[command(name = "change")]
    Replace {
        /// Its name
        name: String,
        /// A privilege that it is to hold; may be given several times
        #[arg(long = "privilege", value_name = "PRIVILEGE", required = true)]
        privileges: Vec<String>,
        /// Flags of changes
        #[command(flatten)]
        change: Change,
    },
    /// Delete a role that no group carries and no rule names
    Delete {
        /// Its name
        name: String,
        /// Do not ask for its name to be typed
        #[arg(long)]
        yes: bool,
        /// Flags of changes
        #[command(flatten)]
        change: Change,
    },
    /// Give a role to a group
    Grant {
        /// The role
        role: String,
        /// The group, by id or displayName; `All` is everybody in the Org
        #[arg(long)]
        group: String,
        /// Flags of changes
        #[command(flatten)]
        change: Change,
    },
    /// Take back a role that an operator gave to a group
    Revoke {
        /// The role
        role: String,
        /// The group, by id or displayName
        #[arg(long)]
        group: String,
        /// Flags of changes
        #[command(flatten)]
        change: Change,
    },
    /// List the rules that give roles to groups by their names
    Rules,
    /// Make a rule: every group of that name carries the role
    Rule {
        /// The role
        role: String,
        /// displayName of the groups, compared without case
        #[arg(long, value_name = "NAME")]
        group_name: String,
        /// End the rule
        #[arg(long)]
        remove: bool,
        /// Flags of changes
        #[command(flatten)]
        change: Change,
    },
    /// List the privileges that a role may hold
    Privileges,
}
