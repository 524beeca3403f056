//! `requests …` and `events …` as clap sees them: what was recorded.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{When, when};

use crate::cli::siem::Format;
use crate::model::event::EventKind;

/// `requests …`
#[derive(Debug, Subcommand)]
pub enum RequestsCommand {
    /// List requests, newest last
    List {
        /// The dashboard's filter language, e.g. `client:okta status>=400`
        #[arg(long, default_value = "")]
        filter: String,
        /// How many at most
        #[arg(long, default_value_t = 50)]
        limit: u32,
        /// Go on with new ones as they arrive
        #[arg(long)]
        follow: bool,
    },
    /// Write requests with their bodies as JSON lines, oldest first, for `replay`
    Export(RequestsExport),
    /// Show one request and its answer
    Show {
        /// Number or request id
        request: String,
    },
    /// Print a curl command that sends it again; the token is taken from `$SCIM_TOKEN`
    Curl {
        /// Number or request id
        request: String,
    },
}

/// Which requests to export.
#[derive(Clone, Debug, Args)]
pub struct RequestsExport {
    /// Only requests begun then or later: `2027-01-31`, RFC 3339, or `2h` ago
    #[arg(long, value_name = "WHEN", value_parser = when)]
    pub since: Option<When>,
    /// Only requests begun before
    #[arg(long, value_name = "WHEN", value_parser = when)]
    pub until: Option<When>,
    /// Only this Org, by number or name
    #[arg(long)]
    pub org: Option<String>,
    /// The dashboard's filter language, e.g. `client:okta status>=400`
    #[arg(long, default_value = "", hide_default_value = true)]
    pub filter: String,
}

/// `events …`
#[derive(Debug, Subcommand)]
pub enum EventsCommand {
    /// Those that read the record
    #[command(flatten)]
    Read(ReadEvents),
    /// Fill an empty directory with users, groups and memberships as they were; changes nothing
    Rebuild(RebuildArgs),
}

/// The past in a directory of its own.
#[derive(Clone, Debug, Args)]
pub struct RebuildArgs {
    /// The moment: `2027-01-31`, RFC 3339, or `2h` ago
    #[arg(long, value_name = "WHEN", value_parser = when)]
    pub at: When,
    /// A data directory that is empty or not there yet
    #[arg(long, value_name = "DIR")]
    pub into: PathBuf,
}

/// `events …` that read the record.
#[derive(Debug, Subcommand)]
pub enum ReadEvents {
    /// Print the newest events
    Tail {
        /// How many
        #[arg(long, default_value_t = 20)]
        limit: u32,
        /// One line each, in this form
        #[arg(long)]
        format: Option<Format>,
        /// Go on with new ones as they come; without --format as JSON lines
        #[arg(long)]
        follow: bool,
        /// Which events
        #[command(flatten)]
        which: WhichEvents,
    },
    /// Print all events, oldest first, one a line
    Export {
        /// Only events after this number
        #[arg(long, default_value_t = 0)]
        after: u64,
        /// In this form
        #[arg(long, default_value = "jsonl")]
        format: Format,
        /// Then the recorded requests whose credential was refused, of the Org or of all
        #[arg(long)]
        refusals: bool,
        /// Which events
        #[command(flatten)]
        which: WhichEvents,
    },
    /// Check the hash chain: exit 1 if a record was changed or removed
    Verify,
}

/// Which events.
#[derive(Clone, Debug, Default, Args)]
pub struct WhichEvents {
    /// Only this Org, by number or name
    #[arg(long)]
    pub org: Option<String>,
    /// Only this kind, e.g. user-removed
    #[arg(long, value_parser = event_kind)]
    pub kind: Option<EventKind>,
    /// Only about this user or group, by id
    #[arg(long)]
    pub subject: Option<uuid::Uuid>,
    /// Filter, e.g. 'kind:group-,token- by:okta since:2d ada'
    #[arg(long, default_value = "", hide_default_value = true)]
    pub filter: String,
}

fn event_kind(text: &str) -> Result<EventKind, String> {
    serde_json::from_value(text.into()).map_err(|_| "no kind of event has this name".to_owned())
}
