//! `alerts …` as clap sees it.

use std::time::Duration;

use clap::{Args, Subcommand};

use super::time::duration;
use super::{Change, Plain};

/// `health`
#[derive(Debug, Args)]
pub struct Health {
    /// Print what Prometheus reads at /metrics
    #[arg(long, conflicts_with = "json")]
    pub metrics: bool,
    /// Flags
    #[command(flatten)]
    pub common: Plain,
}

/// `alerts …`
#[derive(Debug, Subcommand)]
pub enum AlertsCommand {
    /// List what calls for an operator now, worst first
    List,
    /// Show one with everything known of it
    Show {
        /// Its fingerprint
        alert: String,
    },
    /// Say that you have seen an alert: for 24 hours, or until it gets worse
    Ack {
        /// Its fingerprint
        alert: String,
        /// Take it back
        #[arg(long)]
        undo: bool,
        /// Flags of changes
        #[command(flatten)]
        change: Change,
    },
    /// Send a test notice to each sink, and say how that went
    Test {
        /// Only this sink
        sink: Option<String>,
        /// Flags of changes
        #[command(flatten)]
        change: Change,
    },
    /// List silences
    Silences,
    /// Silence alerts for a time: those that have all of this in common
    Silence {
        /// Id or name of a rule, such as B3
        #[arg(long)]
        rule: Option<String>,
        /// Number or name of an Org
        #[arg(long)]
        org: Option<String>,
        /// A part of the subject
        #[arg(long)]
        subject: Option<String>,
        /// The fingerprint of one
        #[arg(long)]
        alert: Option<String>,
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
    /// End a silence
    Unsilence {
        /// Its number
        silence: u64,
        /// Flags of changes
        #[command(flatten)]
        change: Change,
    },
}
