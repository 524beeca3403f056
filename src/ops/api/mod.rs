//! The operations API: everything an operator can see and do, as one trait.
//!
//! The dashboard and the commands are clients of [`Ops`] and of nothing else. It has a local
//! implementation (the daemon's own, or a command's on an idle store) and a remote one (a running
//! daemon's Unix socket), and both show the same.

pub mod content;
pub mod deliveries;
pub mod diagnose;
pub mod directory;
pub mod export;
pub mod import;
pub mod operator;
pub mod preview;
pub mod rebuild;
pub mod removals;
pub mod roles;
pub mod watch;

use std::pin::Pin;
use std::sync::Arc;

use futures_util::Stream;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::ids::{OrgId, ResourceId, TokenId};
use crate::model::event::{ChainReport, Event, EventKind};
use crate::model::exchange::{Exchange, ExchangeSummary};
use crate::model::operator::OperatorRole;
use crate::model::org::{Heir, Org, RemovalPolicy};
use crate::model::token::{Token, TokenKind};
use crate::scim::quirk::Dialect;

pub use content::Contents;
pub use deliveries::Webhooks;
pub use diagnose::Diagnose;
pub use directory::Directory;
pub use export::{ExportPage, ExportQuery};
pub use operator::WhoAmI;
pub use preview::Preview;
pub use removals::{DeletionQuery, Removals};
pub use roles::Roles;
pub use watch::Watch;

pub use crate::scim::schema::Kind;

/// What a call comes back with, later.
pub type Reply<'a, T> = Pin<Box<dyn Future<Output = Result<T, OpsError>> + Send + 'a>>;

/// A stream of what happens, until the daemon or the reader goes away.
pub type Feed = Pin<Box<dyn Stream<Item = Result<FeedItem, OpsError>> + Send>>;

/// The record of what happened.
pub trait Events: Send + Sync {
    /// Events, oldest first: after a position, or the newest before one.
    fn events(&self, query: EventQuery) -> Reply<'_, Vec<Event>>;
}

/// Everything an operator can see and do. Whoever holds an implementation acts as the operator
/// it was made for; that name goes into the events.
pub trait Ops:
    Directory
    + Removals
    + Contents
    + Roles
    + Preview
    + Watch
    + Diagnose
    + Webhooks
    + Events
    + Send
    + Sync
{
    /// How the daemon is.
    fn status(&self) -> Reply<'_, Status>;
    /// Who asks, and what that operator may do.
    fn whoami(&self) -> Reply<'_, WhoAmI>;

    /// All Orgs, by number.
    fn orgs(&self) -> Reply<'_, Vec<Org>>;
    /// Makes an Org; SCIM is off for it until it is switched on.
    fn create_org(&self, new: NewOrg) -> Reply<'_, Org>;
    /// Changes an Org, named by number or name.
    fn change_org<'a>(&'a self, org: &'a str, change: OrgChange) -> Reply<'a, Org>;

    /// The tokens of one Org (number or name), or of all.
    fn tokens<'a>(&'a self, org: Option<&'a str>) -> Reply<'a, Vec<Token>>;
    /// Issues a token; its secret is in the answer and nowhere else, ever.
    fn create_token(&self, new: NewToken) -> Reply<'_, IssuedToken>;
    /// Issues a successor and lets the old token end after the overlap.
    fn rotate_token<'a>(&'a self, token: &'a TokenId, rotation: Rotation)
    -> Reply<'a, IssuedToken>;
    /// Ends a token at once.
    fn revoke_token<'a>(&'a self, token: &'a TokenId) -> Reply<'a, Token>;

    /// Recorded exchanges, newest first.
    fn exchanges(&self, query: ExchangeQuery) -> Reply<'_, ExchangePage>;
    /// One exchange with its bodies, by position or by request id.
    fn exchange<'a>(&'a self, which: &'a str) -> Reply<'a, Exchange>;
    /// Recorded exchanges with their bodies, oldest first.
    fn export_exchanges(&self, query: ExportQuery) -> Reply<'_, ExportPage>;
    /// Exchanges as they are recorded.
    fn follow(&self, since: Since) -> Reply<'_, Feed>;

    /// Checks the hash chain of all events.
    fn verify_events(&self) -> Reply<'_, ChainReport>;
}

/// How the daemon is, in numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Status {
    /// Version of the program.
    pub version: String,
    /// When it started; `None`: no daemon runs and the store was opened for this one command.
    pub started: Option<Timestamp>,
    /// Its time.
    pub now: Timestamp,
    /// Base URL that identity providers are given (`http://127.0.0.1:8080/scim/v2`).
    pub base_url: String,
    /// Base URL that applications are given (`http://127.0.0.1:8081/api/v1`), if it is served.
    pub api_url: Option<String>,
    /// URL of the operations API for `--daemon` (`https://127.0.0.1:8082`), if it is served over
    /// TCP.
    pub ops_url: Option<String>,
    /// Data directory.
    pub data_dir: String,
    /// Orgs.
    pub orgs: u64,
    /// Live users in all Orgs.
    pub users: u64,
    /// Groups in all Orgs.
    pub groups: u64,
    /// Accounts removed within the last hour.
    pub removals_hour: u64,
    /// Accounts removed within the last 24 hours.
    pub removals_day: u64,
    /// Accounts removed within the last 7 days.
    pub removals_week: u64,
    /// Exchanges kept.
    pub exchanges: u64,
    /// Exchanges that could not be recorded since the start, because recording fell behind.
    pub exchanges_dropped: u64,
}

/// What makes an Org.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NewOrg {
    /// Name, unique without case; letters, digits, `-`, `_`, `.`; not a number.
    pub name: String,
    /// Removal policy; the default is `delete`.
    #[serde(default)]
    pub policy: RemovalPolicy,
    /// Dialect; the default is `auto`.
    #[serde(default)]
    pub dialect: Dialect,
}

/// What to change of an Org; `None` leaves a setting alone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OrgChange {
    /// Switches SCIM on or off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scim_enabled: Option<bool>,
    /// Removal policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<RemovalPolicy>,
    /// Days that a held account is kept, 1 to 3 650.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hold_days: Option<u32>,
    /// Who receives content; users of the Org must be live.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heirs: Option<Vec<Heir>>,
    /// Dialect.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dialect: Option<Dialect>,
}

/// What makes a token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NewToken {
    /// Org, by number or name; Primary for an operator's, which opens all.
    pub org: String,
    /// What it opens.
    #[serde(default)]
    pub kind: TokenKind,
    /// What an operator's token may do: it must have a role, other kinds none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<OperatorRole>,
    /// What the operator calls it (`okta-prod`).
    pub label: String,
    /// End of its life; `None`: six calendar months from now, which is also the longest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Timestamp>,
}

/// How to rotate a token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Rotation {
    /// How long the old token stays valid, in seconds; `None`: 24 hours. At most 30 days.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overlap_seconds: Option<u64>,
    /// End of the successor's life; `None`: six calendar months from now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Timestamp>,
}

/// A token at the one moment its secret is known.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct IssuedToken {
    /// What is kept.
    pub token: Token,
    /// The secret, to be shown once. Never log it.
    pub secret: String,
}

impl std::fmt::Debug for IssuedToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IssuedToken")
            .field("token", &self.token)
            .finish_non_exhaustive()
    }
}

/// Which exchanges to list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ExchangeQuery {
    /// Filter language of the dashboard (`client:okta status>=400`); empty: all.
    #[serde(default)]
    pub filter: String,
    /// Only exchanges before this position.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<u64>,
    /// How many at most; 0 means the default of 100.
    #[serde(default)]
    pub limit: u32,
}

/// Exchanges, newest first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ExchangePage {
    /// The lines.
    pub exchanges: Vec<Arc<ExchangeSummary>>,
    /// Where to go on (`before` of the next query), if older ones may match.
    pub older: Option<u64>,
}

/// Which events to list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EventQuery {
    /// The oldest `limit` events after this position; `None`: the newest `limit`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<u64>,
    /// Without `after`: the newest `limit` events before this position.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<u64>,
    /// Only this Org.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub org: Option<OrgId>,
    /// Only this kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<EventKind>,
    /// Only about this user or group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<ResourceId>,
    /// With `after`: if there are none, wait this many seconds for one; 60 at most.
    #[serde(default, skip_serializing_if = "no_wait")]
    pub wait: u32,
    /// Filter language for events (`kind:user-removed by:okta since:2d ada`); empty: all.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub filter: String,
    /// How many at most; 0 means the default of 100.
    #[serde(default)]
    pub limit: u32,
}

#[allow(clippy::trivially_copy_pass_by_ref)] // what serde calls
const fn no_wait(seconds: &u32) -> bool {
    *seconds == 0
}

/// What a feed begins with, and how far behind its reader may be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Since {
    /// Stored exchanges after this position come first; `None`: only new ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<u64>,
    /// A reader that is more exchanges behind than this is taken ahead, and told how many it
    /// skipped; `None`: nothing that is kept is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub behind: Option<u64>,
}

/// One thing on a [`Feed`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FeedItem {
    /// A recorded exchange.
    Exchange(Arc<ExchangeSummary>),
    /// This many exchanges in between are left out: they are not kept any more, or the reader is
    /// farther behind than [`Since::behind`]; those can be listed.
    Skipped(u64),
}

/// What kind of failure; decides a command's exit code and the API's status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Failure {
    /// The request makes no sense (400; exit 1).
    Invalid,
    /// Nothing has that name (404; exit 1).
    NotFound,
    /// Not allowed (403; exit 4).
    Denied,
    /// Contradicts what is there (409; exit 5).
    Conflict,
    /// The daemon or the store cannot be reached or is overloaded (503; exit 3).
    Unreachable,
    /// A fault on this side (500; exit 1).
    Internal,
}

/// Why an operation failed, for the operator.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize, JsonSchema)]
#[error("{message}")]
pub struct OpsError {
    /// Kind.
    pub failure: Failure,
    /// What is wrong and what to do.
    pub message: String,
}

impl OpsError {
    /// A failure of that kind.
    pub fn new(failure: Failure, message: impl Into<String>) -> Self {
        Self {
            failure,
            message: message.into(),
        }
    }
}
