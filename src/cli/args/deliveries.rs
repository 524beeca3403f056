//! `deliveries …` as clap sees it.

use clap::Subcommand;

use super::Change;

/// `deliveries …`
#[derive(Debug, Subcommand)]
pub enum DeliveriesCommand {
    /// List webhooks and sinks with how far each is told, and what they did not take
    List {
        /// Only this webhook or sink
        #[arg(long)]
        webhook: Option<String>,
        /// How many events at most
        #[arg(long, default_value_t = 50)]
        limit: u32,
    },
    /// Try again what was given up; later events about the same subject follow
    Replay {
        /// Numbers of events, or of a sink's notices; without any, all
        events: Vec<u64>,
        /// Only this webhook or sink
        #[arg(long)]
        webhook: Option<String>,
        /// Flags of changes
        #[command(flatten)]
        change: Change,
    },
}
