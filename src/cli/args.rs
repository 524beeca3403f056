//! The command line as clap sees it.

mod content;
pub mod deliveries;
mod demo;
pub mod diagnose;
pub mod directory;
mod org;
mod place;
mod records;
pub mod removals;
pub mod roles;
mod theme;
mod time;
mod token;
pub mod watch;

use std::net::SocketAddr;
use std::num::NonZeroU32;

use clap::{Args, Parser, Subcommand};

pub use content::{ContentCommand, FormatName, ItemArgs, OfOrg, TransfersCommand};
pub use demo::Demo;
pub use org::{DialectName, OrgCommand, PolicyName};
pub use place::{Attach, Place, Reach};
pub use records::{
    EventsCommand, ReadEvents, RebuildArgs, RequestsCommand, RequestsExport, WhichEvents,
};
pub use theme::ThemeCommand;
pub use time::When;
use time::when;
pub(super) use time::{duration, moment};
pub use token::{Life, TokenCommand, TokenKindName};

/// A SCIM 2.0 server with a live operations dashboard.
#[derive(Debug, Parser)]
#[command(name = "scimtop", version, about)]
pub struct Cli {
    /// What to do; without a command the server starts.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Where settings and data are.
    #[command(flatten)]
    pub place: Place,
    /// Flags of `serve`, which is what happens without a command.
    #[command(flatten)]
    pub serve: Serve,
}

impl Cli {
    /// What to do.
    ///
    /// # Errors
    /// When flags of `serve` stand before another command, or those of its clients with it.
    pub fn into_command(self) -> Result<Command, clap::Error> {
        let conflict = |what| {
            clap::Error::raw(
                clap::error::ErrorKind::ArgumentConflict,
                format!("{what}\n"),
            )
        };
        match self.command {
            None | Some(Command::Serve(_)) if self.place.reach != Reach::default() => Err(
                conflict("--daemon, --token-file and --ca are for commands that talk to a daemon"),
            ),
            None => Ok(Command::Serve(self.serve)),
            Some(command) if self.serve == Serve::default() => Ok(command),
            Some(_) => Err(conflict(
                "flags of `serve` cannot stand before another command",
            )),
        }
    }
}

/// Starts the server.
#[derive(Clone, Debug, Default, PartialEq, Eq, Args)]
pub struct Serve {
    /// Address and port of the SCIM endpoint [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDR")]
    pub listen: Option<SocketAddr>,
    /// Address and port of the content API for applications [default: off]
    #[arg(long, value_name = "ADDR")]
    pub api_listen: Option<SocketAddr>,
    /// URL under which clients reach the server, if it is not the listen address
    #[arg(long, value_name = "URL")]
    pub public_url: Option<String>,
    /// Print requests as lines instead of showing the dashboard
    #[arg(long)]
    pub no_tui: bool,
    /// Accept that the address is open to others without TLS, because a proxy ends it
    #[arg(long)]
    pub insecure_http: bool,
    /// Look of the dashboard
    #[command(flatten)]
    pub look: Look,
}

/// How the dashboard looks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Args)]
pub struct Look {
    /// Theme: the name of a shipped one or a TOML file
    #[arg(long, value_name = "NAME")]
    pub theme: Option<String>,
    /// Draw without box characters
    #[arg(long)]
    pub ascii: bool,
    /// Leave the mouse to the terminal, to mark text with it
    #[arg(long)]
    pub no_mouse: bool,
    /// Most redraws a second for incoming data; keys are answered at once [default: 3]
    #[arg(long, value_name = "N")]
    pub fps: Option<NonZeroU32>,
    /// Bytes a second that incoming data may cost; 0: no limit [default: 0, over SSH 12288]
    #[arg(long, value_name = "N")]
    pub byte_rate: Option<u32>,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Start the server, with the dashboard unless --no-tui is given
    Serve(Serve),
    /// Show what scimtop does: a throw-away server with simulated Okta and Entra, dashboard on
    Demo(Demo),
    /// Show the dashboard of a running daemon
    Attach(Attach),
    /// How the daemon is, in one screen
    Status(Plain),
    /// Orgs and their settings
    Org {
        /// What to do with Orgs
        #[command(subcommand)]
        command: OrgCommand,
        /// Common flags
        #[command(flatten)]
        common: Plain,
    },
    /// Bearer tokens
    Token {
        /// What to do with tokens
        #[command(subcommand)]
        command: TokenCommand,
        /// Common flags
        #[command(flatten)]
        common: Plain,
    },
    /// Recorded requests
    Requests {
        /// What to do with requests
        #[command(subcommand)]
        command: RequestsCommand,
        /// Common flags
        #[command(flatten)]
        common: Plain,
    },
    /// The append-only record of changes and operator actions
    Events {
        /// What to do with events
        #[command(subcommand)]
        command: EventsCommand,
        /// Common flags
        #[command(flatten)]
        common: Plain,
    },
    /// Removed accounts
    Deletions {
        /// What to do with deletion records
        #[command(subcommand)]
        command: removals::DeletionsCommand,
        /// Common flags
        #[command(flatten)]
        common: Plain,
    },
    /// What users own in the application
    Content {
        /// What to do with content
        #[command(subcommand)]
        command: ContentCommand,
        /// Which Org
        #[command(flatten)]
        of: OfOrg,
        /// Common flags
        #[command(flatten)]
        common: Plain,
    },
    /// The ledger of what removals moved
    Transfers {
        /// What to do with transfers
        #[command(subcommand)]
        command: TransfersCommand,
        /// Common flags
        #[command(flatten)]
        common: Plain,
    },
    /// The guard against mass removals
    Guard {
        /// What to do with the guard
        #[command(subcommand)]
        command: removals::GuardCommand,
        /// Common flags
        #[command(flatten)]
        common: Plain,
    },
    /// What would be lost if a user or group went; an estimate
    Impact {
        /// Of what
        #[arg(value_enum)]
        kind: removals::KindName,
        /// Id, name or externalId
        which: String,
        /// The Org, by number or name
        #[arg(long, default_value = "0")]
        org: String,
        /// Common flags
        #[command(flatten)]
        common: Plain,
    },
    /// What requests would change; changes nothing
    Simulate {
        /// JSON requests, one a line or in an array (`-`: standard input); or the number or id of a
        /// recorded request
        request: String,
        /// The Org, by number or name
        #[arg(long, default_value = "0")]
        org: String,
        /// Common flags
        #[command(flatten)]
        common: Plain,
    },
    /// What calls for an operator now
    Alerts {
        /// What to do with alerts
        #[command(subcommand)]
        command: watch::AlertsCommand,
        /// Common flags
        #[command(flatten)]
        common: Plain,
    },
    /// How the server does: rates, latencies, clients, storage
    Health(watch::Health),
    /// How far applications are told of events and sinks of alerts, and what they did not take
    Deliveries {
        /// What to do with deliveries
        #[command(subcommand)]
        command: deliveries::DeliveriesCommand,
        /// Common flags
        #[command(flatten)]
        common: Plain,
    },
    /// What is wrong with a user, a group, latencies or credentials, and what to do
    Diagnose(diagnose::Diagnose),
    /// What to do about an alert: a rule's number (A1 … P1), or `list`
    Runbook(diagnose::Runbook),
    /// Whether the installation is sound; exit 0: ok, 1: warnings, 2: critical
    Doctor(Plain),
    /// Roles: sets of privileges that groups carry
    Roles(roles::Roles),
    /// Users
    Users(directory::Users),
    /// Groups
    Groups(directory::Groups),
    /// The configuration
    Config {
        /// What to do with the configuration
        #[command(subcommand)]
        command: ConfigCommand,
        /// Common flags
        #[command(flatten)]
        common: Plain,
    },
    /// Themes of the dashboard
    Theme {
        /// What to do with themes
        #[command(subcommand)]
        command: ThemeCommand,
        /// Common flags
        #[command(flatten)]
        common: Plain,
    },
    /// The keys of the dashboard, as they are in force
    Keys {
        /// Print Markdown
        #[arg(long, conflicts_with = "json")]
        markdown: bool,
        /// Common flags
        #[command(flatten)]
        common: Plain,
    },
    /// Send recorded requests again to a scratch server and compare the answers
    Replay(super::replay::ReplayArgs),
    /// Load any SCIM server and measure it; or measure the dashboard
    Bench(super::bench::Bench),
    /// Play an identity provider against any SCIM server, and compare the directories
    SimulateIdp(super::simulate::SimulateArgs),
}

/// Flags of commands that print something.
#[derive(Clone, Copy, Debug, Default, Args)]
pub struct Plain {
    /// Print JSON
    #[arg(long, global = true)]
    pub json: bool,
}

/// Flags of commands that change something.
#[derive(Clone, Copy, Debug, Default, Args)]
#[group(skip)]
pub struct Change {
    /// Say what would be done and do nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// `config …`
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Read the configuration and say what is wrong with it
    Check,
    /// Print the settings in force and where each came from
    Show,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        <Cli as clap::CommandFactory>::command().debug_assert();
    }

    #[test]
    fn no_command_means_serve_and_flags_go_anywhere() {
        let cli = Cli::try_parse_from(["scimtop", "--no-tui", "--listen", "127.0.0.1:9"]).unwrap();
        assert!(cli.command.is_none() && cli.serve.no_tui);
        for line in [
            "scimtop token create --org 1 --label okta --for 30d --json --data /x",
            "scimtop token create --kind application",
            "scimtop content register --kind answer --id 1 --title x --owner ada --org 1 --dry-run",
            "scimtop content import items.csv --json",
            "scimtop transfers give-back 3 4 --to ada",
            "scimtop transfers give-back --deletion 7 --to ada",
            "scimtop org policy 0 suspend --dry-run",
            "scimtop requests list --filter status>=400 --json",
            "scimtop events tail --kind user-removed",
            "scimtop --data /x org list",
            "scimtop org list --data /x",
            "scimtop roles create a --privilege A --privilege B --org 1 --json",
            "scimtop roles --org 1 rule a --group-name b --remove",
            "scimtop users access ada --org 1",
            "scimtop theme check mine.toml dark --json",
            "scimtop keys --markdown",
            "scimtop token create --kind operator --role viewer --label grafana",
            "scimtop status --daemon https://h:8082 --token-file t --ca ca.pem",
            "scimtop simulate-idp entra http://h/scim/v2 --token t --people 50 --span 2d",
            "scimtop simulate-idp --scenario f.toml http://h --token t --other-token expired=x",
            "scimtop deliveries replay 3 4 --webhook app --dry-run",
            "scimtop attach https://h:8082 --token-file t --theme base",
            "scimtop diagnose user ada@example.com --org sales --json",
            "scimtop diagnose --org 1 auth --daemon https://h:8082 --token-file t",
            "scimtop runbook A1",
            "scimtop doctor --json",
        ] {
            Cli::try_parse_from(line.split(' ')).unwrap_or_else(|error| panic!("{line}: {error}"));
        }
        for line in [
            "scimtop token create --kind operator",
            "scimtop attach http://a --daemon http://b",
        ] {
            assert!(Cli::try_parse_from(line.split(' ')).is_err(), "{line}");
        }
        for line in ["scimtop --daemon http://a", "scimtop serve --ca x"] {
            let cli = Cli::try_parse_from(line.split(' ')).unwrap();
            assert!(cli.into_command().is_err(), "{line}");
        }
    }
}
