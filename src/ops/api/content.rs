//! The registry of content: what applications tell about what their users own, and the ledger of
//! what removals moved.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Reply;
use super::removals::Left;
use crate::ids::OrgId;
use crate::model::content::{Content, Person};
use crate::model::transfer::Transfer;

/// Items of one call of [`Contents::register`] at most.
pub const MOST_ITEMS: usize = 10_000;
/// Items of one call of [`Contents::import`] at most, which is one transaction.
pub const BATCH: usize = 1_000;

/// The content of Orgs.
pub trait Contents: Send + Sync {
    /// Registered items of an Org (number or name), by kind and id.
    fn content<'a>(&'a self, org: &'a str, query: ContentQuery) -> Reply<'a, ContentPage>;
    /// One item.
    fn content_item<'a>(&'a self, org: &'a str, kind: &'a str, id: &'a str) -> Reply<'a, Content>;
    /// Registers items or changes what is known of them, all or none of a call.
    fn register<'a>(&'a self, org: &'a str, items: Register) -> Reply<'a, Registered>;
    /// Registers the items of a batch that can be, and says of each other what is wrong with it.
    fn import<'a>(&'a self, org: &'a str, batch: Batch) -> Reply<'a, Imported>;
    /// Forgets an item: the application deleted it.
    fn unregister<'a>(&'a self, org: &'a str, kind: &'a str, id: &'a str) -> Reply<'a, Content>;

    /// The transfer ledger, newest first.
    fn transfers(&self, query: TransferQuery) -> Reply<'_, Vec<Transfer>>;
    /// Gives what a removal moved to a user. Transfers are given back 1 000 in a transaction.
    fn give_back(&self, order: GiveBack) -> Reply<'_, GivenBack>;
}

/// Which items to list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ContentQuery {
    /// Only of this owner: id or `userName`, also of a held user or a system user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Only of this kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Only with a title that contains this, without case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Only those to be verified.
    #[serde(default)]
    pub verify: bool,
    /// Go on behind this (`next` of the page before).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// How many at most; 0 means the default of 100; 1 000 at most.
    #[serde(default)]
    pub limit: u32,
}

/// A page of items.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ContentPage {
    /// The items.
    pub items: Vec<Content>,
    /// Where to go on, if there are more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// Items to register.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Register {
    /// The items; 10 000 at most.
    pub items: Vec<NewContent>,
    /// Only say what would happen.
    #[serde(default)]
    pub dry_run: bool,
}

/// An item as an application tells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewContent {
    /// `liveboard`, `answer`, `schedule` or any other word: 1 to 64 lower-case letters, digits, `-`,
    /// `_`.
    pub kind: String,
    /// The application's own id, 1 to 256 characters.
    pub id: String,
    /// Title, up to 1 024 characters.
    pub title: String,
    /// Who owns it: id or `userName` of a live or held user, or `tsadmin`.
    pub owner: String,
    /// A cron expression; required for `schedule`, refused for `liveboard` and `answer`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cron: Option<String>,
    /// IANA time zone of `cron`; without it UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    /// Recipients of a schedule: `userName`s, ids or mail addresses; 1 000 at most.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub recipients: Vec<String>,
}

/// What a registration did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Registered {
    /// Items that are new.
    pub created: u64,
    /// Items that were changed.
    pub changed: u64,
    /// Items that were known as they are.
    pub unchanged: u64,
}

/// A part of a file to import.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "ImportBatch")]
pub struct Batch {
    /// The items; [`BATCH`] at most.
    pub lines: Vec<BatchLine>,
    /// Only say what would happen.
    #[serde(default)]
    pub dry_run: bool,
}

/// An item and where it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BatchLine {
    /// Number of its line, from 1.
    pub line: u64,
    /// The item.
    pub item: NewContent,
}

/// What an import did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Imported {
    /// What became of the lines that are right.
    #[serde(flatten)]
    pub registered: Registered,
    /// Lines that are wrong.
    pub failed: u64,
    /// The first 1 000 of them.
    pub errors: Vec<WrongLine>,
}

/// A line that was not registered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WrongLine {
    /// Its number, from 1.
    pub line: u64,
    /// What is wrong with it.
    pub why: String,
}

/// Which transfers to list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TransferQuery {
    /// Only this Org.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub org: Option<OrgId>,
    /// Only of this deletion.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deletion: Option<u64>,
    /// Only this line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seq: Option<u64>,
    /// Only those not given back yet.
    #[serde(default)]
    pub open: bool,
    /// Only before this position.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<u64>,
    /// How many at most; 0 means the default of 100.
    #[serde(default)]
    pub limit: u32,
}

/// An order to give content back.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GiveBack {
    /// Everything that this deletion moved …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deletion: Option<u64>,
    /// … or these lines of the ledger.
    #[serde(default)]
    pub transfers: Vec<u64>,
    /// To whom: id or `userName` of a live user of the Org.
    pub to: String,
    /// Only say what would happen.
    #[serde(default)]
    pub dry_run: bool,
}

/// What a give-back did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GivenBack {
    /// To whom.
    pub to: Person,
    /// Items given.
    pub given: u64,
    /// Items left as they are: owned by somebody else meanwhile, or given back before.
    pub left: Vec<Left>,
}
