//! `demo` as clap sees it.

use std::net::SocketAddr;

use clap::Args;

use super::{Look, Serve};

/// Starts a server to look at, with simulated identity providers.
#[derive(Clone, Debug, PartialEq, Args)]
pub struct Demo {
    /// Simulated seconds in a second
    #[arg(long, default_value_t = 120.0)]
    pub speed: f64,
    /// Address and port of the SCIM endpoint; port 0 is any that is free
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    pub listen: SocketAddr,
    /// Print requests as lines instead of showing the dashboard
    #[arg(long)]
    pub no_tui: bool,
    /// Look of the dashboard
    #[command(flatten)]
    pub look: Look,
}

impl Demo {
    /// The server's flags.
    pub fn serve(&self) -> Serve {
        Serve {
            no_tui: self.no_tui,
            look: self.look.clone(),
            ..Serve::default()
        }
    }
}
