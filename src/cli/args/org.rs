//! `org …` as clap sees it.

use clap::{Subcommand, ValueEnum};

use super::Change;
use crate::model::org::RemovalPolicy;
use crate::scim::quirk::Dialect;

/// `org …`
#[derive(Debug, Subcommand)]
pub enum OrgCommand {
    /// List all Orgs
    List,
    /// Make an Org; SCIM is off for it until `org enable-scim`
    Create {
        /// Its name
        name: String,
        /// What a removal does
        #[arg(long, value_enum, default_value = "delete")]
        policy: PolicyName,
        /// Understand what real clients send wrong, or hold them to the RFCs
        #[arg(long, value_enum, default_value = "auto")]
        dialect: DialectName,
        /// Flags of changes
        #[command(flatten)]
        change: Change,
    },
    /// Show one Org
    Show {
        /// Number or name
        org: String,
    },
    /// Switch SCIM on for an Org
    EnableScim {
        /// Number or name
        org: String,
        /// Flags of changes
        #[command(flatten)]
        change: Change,
    },
    /// Switch SCIM off for an Org; its tokens get 403
    DisableScim {
        /// Number or name
        org: String,
        /// Flags of changes
        #[command(flatten)]
        change: Change,
    },
    /// Set what a removal does in an Org
    Policy {
        /// Number or name
        org: String,
        /// The policy; without it, only what the flags say is changed
        #[arg(value_enum)]
        policy: Option<PolicyName>,
        /// Days that a held account is kept [default: as it is, 30 at first]
        #[arg(long)]
        hold_days: Option<u32>,
        /// Who receives content, in this order: `manager`, or a user by name or id; `tsadmin`
        /// alone clears the list
        #[arg(long = "heir", value_name = "WHO")]
        heirs: Vec<String>,
        /// Do not ask for the Org's name to be typed before `delete`
        #[arg(long)]
        yes: bool,
        /// Flags of changes
        #[command(flatten)]
        change: Change,
    },
    /// Set whether an Org's clients are understood or held to the RFCs
    Dialect {
        /// Number or name
        org: String,
        /// The dialect
        #[arg(value_enum)]
        dialect: DialectName,
        /// Flags of changes
        #[command(flatten)]
        change: Change,
    },
}

/// Removal policies on the command line.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum PolicyName {
    /// The account is permanently removed
    Delete,
    /// The account is kept inside for a time
    Hold,
    /// `active:false` only disables; DELETE does what it does under `hold`
    Suspend,
}

impl From<PolicyName> for RemovalPolicy {
    fn from(name: PolicyName) -> Self {
        match name {
            PolicyName::Delete => Self::Delete,
            PolicyName::Hold => Self::Hold,
            PolicyName::Suspend => Self::Suspend,
        }
    }
}

/// Dialects on the command line.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum DialectName {
    /// Understand and record what real clients send wrong
    Auto,
    /// Refuse what the RFCs do not allow
    Strict,
}

impl From<DialectName> for Dialect {
    fn from(name: DialectName) -> Self {
        match name {
            DialectName::Auto => Self::Auto,
            DialectName::Strict => Self::Strict,
        }
    }
}
