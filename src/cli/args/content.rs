//! `content …` and `transfers …` on the command line.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::Change;
use crate::ops::api::import::Format;

/// Which Org.
#[derive(Clone, Debug, Args)]
pub struct OfOrg {
    /// Org, by number or name
    #[arg(long, global = true, default_value = "0")]
    pub org: String,
}

/// `content …`
#[derive(Debug, Subcommand)]
pub enum ContentCommand {
    /// Register an item, or change what is known of it
    Register {
        /// The item
        #[command(flatten)]
        item: ItemArgs,
        /// Flags of changes
        #[command(flatten)]
        change: Change,
    },
    /// Register the items of a file, 1 000 in each transaction; lines that are wrong are reported
    Import {
        /// The file; `-` is standard input
        file: PathBuf,
        /// What is in it [default: by the file's name]
        #[arg(long, value_enum)]
        format: Option<FormatName>,
        /// Flags of changes
        #[command(flatten)]
        change: Change,
    },
    /// List items, by kind and id
    List {
        /// Only of this owner: id or userName
        #[arg(long)]
        owner: Option<String>,
        /// Only of this kind
        #[arg(long)]
        kind: Option<String>,
        /// Only with a title that contains this
        #[arg(long)]
        title: Option<String>,
        /// Only schedules that somebody has to look at
        #[arg(long)]
        verify: bool,
        /// How many at most
        #[arg(long, default_value_t = 50)]
        limit: u32,
    },
    /// Forget an item that the application deleted
    Remove {
        /// Its kind
        kind: String,
        /// The application's id of it
        id: String,
        /// Flags of changes
        #[command(flatten)]
        change: Change,
    },
}

/// An item.
#[derive(Clone, Debug, Args)]
pub struct ItemArgs {
    /// liveboard, answer, schedule or any other word
    #[arg(long)]
    pub kind: String,
    /// The application's id of it
    #[arg(long)]
    pub id: String,
    /// Its title
    #[arg(long)]
    pub title: String,
    /// Who owns it: id or userName
    #[arg(long)]
    pub owner: String,
    /// When a schedule runs: five or six fields
    #[arg(long)]
    pub cron: Option<String>,
    /// IANA time zone of the schedule, such as Europe/Berlin [default: UTC]
    #[arg(long)]
    pub time_zone: Option<String>,
    /// Who receives it: userName, id or mail address; may be given several times
    #[arg(long = "recipient")]
    pub recipients: Vec<String>,
}

/// Formats of files on the command line.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum FormatName {
    /// A header row, then an item a line; recipients are separated by `;`
    Csv,
    /// A JSON object a line
    Jsonl,
}

impl From<FormatName> for Format {
    fn from(name: FormatName) -> Self {
        match name {
            FormatName::Csv => Self::Csv,
            FormatName::Jsonl => Self::JsonLines,
        }
    }
}

/// `transfers …`
#[derive(Debug, Subcommand)]
pub enum TransfersCommand {
    /// List transfers, newest last
    List {
        /// Only this Org, by number or name
        #[arg(long)]
        org: Option<String>,
        /// Only of this deletion
        #[arg(long)]
        deletion: Option<u64>,
        /// Only those that can still be given back
        #[arg(long)]
        open: bool,
        /// How many at most
        #[arg(long, default_value_t = 50)]
        limit: u32,
    },
    /// Show one transfer
    Show {
        /// Its number
        transfer: u64,
    },
    /// Give back what a removal moved
    GiveBack {
        /// Numbers of transfers
        #[arg(required_unless_present = "deletion", conflicts_with = "deletion")]
        transfers: Vec<u64>,
        /// All that this deletion moved
        #[arg(long)]
        deletion: Option<u64>,
        /// To whom: id or userName of a user of the Org
        #[arg(long)]
        to: String,
        /// Flags of changes
        #[command(flatten)]
        change: Change,
    },
}
