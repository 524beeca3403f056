//! `theme …` as clap sees it.

use clap::Subcommand;

/// `theme …`
#[derive(Debug, Subcommand)]
pub enum ThemeCommand {
    /// List the themes: the shipped ones, and those in the configuration directory
    List,
    /// Check contrast, and that what must be told apart can be, by everybody: exit 1 if not
    Check {
        /// Files, or names of themes [default: all]
        #[arg(value_name = "FILE")]
        themes: Vec<String>,
    },
}
