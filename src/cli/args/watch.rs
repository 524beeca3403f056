//! `alerts …` as clap sees it.

use clap::{Args, Subcommand};

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
}
