//! Where settings, data and the daemon are, on the command line.

use std::path::PathBuf;

use clap::Args;

use super::Look;

/// Where the settings and the data are; every command takes these.
#[derive(Clone, Debug, Default, Args)]
pub struct Place {
    /// Configuration file [default: scimtop/config.toml in the XDG configuration directory]
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Data directory [default: scimtop in the XDG state directory]
    #[arg(long, global = true, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Which daemon to talk to
    #[command(flatten)]
    pub reach: Reach,
}

/// How a daemon elsewhere is reached; every command that talks to one takes these.
#[derive(Clone, Debug, Default, PartialEq, Eq, Args)]
pub struct Reach {
    /// Daemon to talk to: its URL, or the path of its socket [env: `SCIMTOP_DAEMON`] [default: the
    /// one of the data directory]
    #[arg(long, global = true, value_name = "URL")]
    pub daemon: Option<String>,
    /// File with an operator's token for that URL [default: what `SCIMTOP_OPS_TOKEN` holds]
    #[arg(long, global = true, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
    /// Authorities that the daemon's certificate may come from, a PEM file [default: those of the
    /// system]
    #[arg(long, global = true, value_name = "FILE")]
    pub ca: Option<PathBuf>,
}

/// Shows the dashboard of a running daemon.
#[derive(Clone, Debug, Args)]
pub struct Attach {
    /// The same as --daemon
    #[arg(value_name = "URL", conflicts_with = "daemon")]
    pub url: Option<String>,
    /// Look of the dashboard
    #[command(flatten)]
    pub look: Look,
}
