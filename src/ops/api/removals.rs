//! What operators do about removals: look at them, decide what the guard froze, bring accounts
//! and content back.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Reply;
use crate::ids::{OrgId, ResourceId};
use crate::model::content::{KindCounts, Person};
use crate::model::deletion::{Deletion, DeletionState};
use crate::model::guard::{Batch, GuardStatus, Verdict};
use crate::model::transfer::Transfer;

/// Removals, holds, the guard and transfers.
pub trait Removals: Send + Sync {
    /// Deletion records, newest first.
    fn deletions(&self, query: DeletionQuery) -> Reply<'_, Vec<Deletion>>;
    /// One deletion record with everything that belongs to it.
    fn deletion(&self, seq: u64) -> Reply<'_, DeletionDetail>;
    /// Brings held accounts back as they were. One that cannot come back is reported and the others
    /// come back all the same.
    fn restore(&self, which: Selected) -> Reply<'_, Restored>;
    /// Deletes held accounts now, and erases the personal data of all of these accounts from
    /// deletion records, transfers and events. For good.
    fn purge(&self, which: Selected) -> Reply<'_, Purged>;

    /// The guard of one Org (number or name), or of all.
    fn guard<'a>(&'a self, org: Option<&'a str>) -> Reply<'a, Vec<GuardStatus>>;
    /// Closes an open guard: carries the verdict out on every account that is still frozen, and
    /// returns when that is done. Goes on if the caller goes away or the daemon restarts.
    fn decide<'a>(&'a self, org: &'a str, decision: Decision) -> Reply<'a, Decided>;
    /// Announces removals, so that they pass the guard.
    fn allow<'a>(&'a self, org: &'a str, new: NewAllowance) -> Reply<'a, GuardStatus>;
}

/// Which deletions to list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DeletionQuery {
    /// Only this Org.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub org: Option<OrgId>,
    /// Only in this state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<DeletionState>,
    /// Only of this batch of the guard.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch: Option<u64>,
    /// Only of accounts whose `userName` contains this, without case.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Only of the account with this `id`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<ResourceId>,
    /// Only deletions before this position.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<u64>,
    /// How many at most; 0 means the default of 100.
    #[serde(default)]
    pub limit: u32,
}

/// A deletion record with everything that belongs to it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DeletionDetail {
    /// The record.
    pub deletion: Deletion,
    /// What moved, oldest first; at most 1 000 lines, the rest by `transfers`.
    pub transfers: Vec<Transfer>,
    /// How many lines there are.
    pub transfer_count: u64,
    /// For a held account: what it still owns.
    pub owns: KindCounts,
    /// The guard's batch, if it came in one.
    pub batch: Option<Batch>,
    /// Number and chain hash of the event.
    pub event: Option<(u64, String)>,
}

/// Deletion records to act on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Selected {
    /// Positions of the records.
    pub deletions: Vec<u64>,
    /// Only say what would happen.
    #[serde(default)]
    pub dry_run: bool,
}

/// Something that was left as it is, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Left {
    /// Position of the deletion record or transfer.
    pub seq: u64,
    /// Its subject: `userName` or title.
    pub subject: String,
    /// Why, and what to do.
    pub why: String,
}

/// What a restore did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Restored {
    /// Accounts that came back.
    pub restored: Vec<BackAgain>,
    /// Accounts that did not.
    pub left: Vec<Left>,
}

/// An account that came back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BackAgain {
    /// Position of the deletion record.
    pub seq: u64,
    /// The account.
    pub user: Person,
    /// Memberships it has again.
    pub groups: u64,
}

/// What a purge did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Purged {
    /// Accounts deleted that were held.
    pub deleted: u64,
    /// Accounts whose personal data is erased.
    pub erased: u64,
    /// Events whose details are erased.
    pub events: u64,
    /// Records that were left.
    pub left: Vec<Left>,
}

/// What to do with a batch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Decision {
    /// Approve or restore. With `only`, the guard stays open for the others.
    pub verdict: Verdict,
    /// Positions of chosen deletion records; empty: the whole batch.
    #[serde(default)]
    pub only: Vec<u64>,
    /// Only say what would happen.
    #[serde(default)]
    pub dry_run: bool,
}

/// What a decision led to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Decided {
    /// Accounts the verdict was carried out on.
    pub done: u64,
    /// Accounts that were left, such as one whose name is taken meanwhile.
    pub left: Vec<Left>,
    /// The batch as it is now.
    pub batch: Batch,
}

/// An announcement of removals.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NewAllowance {
    /// Removals, at least 1.
    pub count: u64,
    /// For how long, in seconds; 30 days at most.
    pub seconds: u64,
    /// Why; stands in the events.
    pub reason: String,
    /// Only say what would happen.
    #[serde(default)]
    pub dry_run: bool,
}
