//! `alerts …` as clap sees it.

use clap::Subcommand;

use super::Change;

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
