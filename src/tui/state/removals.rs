//! The Removals view's state: deletions, holds, the guard, transfers.

use crate::clock::Timestamp;
use crate::ids::ResourceId;
use crate::model::deletion::{Deletion, DeletionState};
use crate::model::guard::{Batch, GuardStatus};
use crate::model::transfer::{Transfer, Why};
use crate::ops::api::DeletionQuery;
use crate::ops::api::content::TransferQuery;
use crate::tui::call::Call;
use crate::tui::state::list::{Cursor, Keyed, List, Rows, Wanted};
use crate::tui::state::open::Open;
use crate::tui::state::pane::{Pane, neighbour};

/// State of the view.
#[derive(Debug, Default)]
pub struct Removals {
    /// The list that is shown.
    pub pane: Pane,
    /// Every deletion record.
    pub deletions: List<Deletion>,
    /// Those of held accounts.
    pub holds: List<Deletion>,
    /// The guard of each Org.
    pub guard: List<GuardStatus>,
    /// The ledger.
    pub transfers: List<Transfer>,
    /// The opened deletion record.
    pub open: Option<Open>,
}

impl Keyed for Deletion {
    fn key(&self) -> u128 {
        u128::from(self.seq)
    }
}

impl Keyed for Transfer {
    fn key(&self) -> u128 {
        u128::from(self.seq)
    }
}

impl Keyed for GuardStatus {
    fn key(&self) -> u128 {
        u128::from(self.org.0.unsigned_abs())
    }
}

impl Removals {
    /// The deletion records on the screen, if those are shown.
    pub const fn records(&self) -> Option<&List<Deletion>> {
        match self.pane {
            Pane::Deletions => Some(&self.deletions),
            Pane::Holds => Some(&self.holds),
            _ => None,
        }
    }

    /// Shows the list `by` places further, around the end.
    pub fn turn(&mut self, by: isize) {
        self.pane = neighbour(&Pane::REMOVALS, self.pane, by);
    }

    /// Guards that an operator should know of: open ones, and those whose verdict is being
    /// carried out.
    pub fn alarms(&self) -> impl Iterator<Item = (&GuardStatus, &Batch)> {
        let alarm = |guard| batch(guard).map(|batch| (guard, batch));
        self.guard.items.iter().filter_map(alarm)
    }

    /// True while a verdict is being carried out.
    pub fn is_settling(&self) -> bool {
        self.alarms().any(|(_, batch)| batch.verdict.is_some())
    }

    /// The open batch of that number.
    pub fn open_batch(&self, id: u64) -> Option<(&GuardStatus, &Batch)> {
        let open = |guard: &'_ GuardStatus| guard.open.as_ref().is_some_and(|open| open.id == id);
        let guard = self.guard.items.iter().find(|guard| open(guard))?;
        Some((guard, guard.open.as_ref()?))
    }
}

/// The batch of a guard that is open or not settled yet.
pub fn batch(guard: &GuardStatus) -> Option<&Batch> {
    let settling = |batch: &&Batch| batch.verdict.is_some() && batch.frozen > 0;
    guard
        .open
        .as_ref()
        .or_else(|| guard.last.as_ref().filter(settling))
}

/// The call for a part of a list of deletion records. The filter holds words of a `userName`, an
/// account's id, `batch:N` and `state:held`; the list of holds has its state already.
pub fn deletions(wanted: &Wanted, state: Option<DeletionState>) -> Call {
    let mut query = DeletionQuery {
        state,
        before: wanted.after.as_ref().and_then(|after| after.parse().ok()),
        limit: wanted.limit,
        ..DeletionQuery::default()
    };
    let mut name = Vec::new();
    for word in wanted.filter.split_whitespace() {
        if let Some(batch) = word.strip_prefix("batch:").and_then(|id| id.parse().ok()) {
            query.batch = Some(batch);
        } else if let Some(named) = word.strip_prefix("state:").and_then(state_named) {
            query.state = state.or(Some(named));
        } else if let Some(user) = ResourceId::parse(word) {
            query.user = Some(user);
        } else {
            name.push(word);
        }
    }
    query.name = name.join(" ");
    Call::Deletions(query)
}

/// The state with that name, as the list or as the operations API calls it.
fn state_named(name: &str) -> Option<DeletionState> {
    match name {
        "deleted" | "removed" => Some(DeletionState::Deleted),
        "held" | "frozen" => Some(DeletionState::Held),
        "restored" => Some(DeletionState::Restored),
        "returned" => Some(DeletionState::Returned),
        _ => None,
    }
}

/// The call for a part of the ledger.
pub fn transfers(wanted: &Wanted) -> Call {
    Call::Transfers(TransferQuery {
        before: wanted.after.as_ref().and_then(|after| after.parse().ok()),
        limit: wanted.limit,
        ..TransferQuery::default()
    })
}

/// Rows of an answer that is a list by descending position: the last one says where to go on.
pub fn page<T>(items: Vec<T>, at: &Cursor, seq: impl Fn(&T) -> u64) -> Rows<T> {
    let full = at.is_full(items.len());
    let next = items.last().filter(|_| full).map(seq);
    Rows {
        next: next.map(|seq| seq.to_string()),
        total: None,
        items,
    }
}

/// What became of a removed account, in one word, with its glyph.
pub const fn state(deletion: &Deletion) -> (&'static str, &'static str) {
    match (deletion.state, deletion.until) {
        (DeletionState::Deleted, _) => ("D", "removed"),
        (DeletionState::Held, Some(_)) => ("H", "held"),
        (DeletionState::Held, None) => ("▲", "frozen"),
        (DeletionState::Restored, _) => ("+", "restored"),
        (DeletionState::Returned, _) => ("+", "returned"),
    }
}

/// Names of the groups that a removed account was in.
pub fn groups_lost(deletion: &Deletion) -> Vec<&str> {
    let groups = deletion.groups.as_array();
    groups
        .into_iter()
        .flatten()
        .map(|group| {
            let name = group["display"].as_str();
            name.or_else(|| group["value"].as_str()).unwrap_or_default()
        })
        .collect()
}

/// How many items a removed account owned.
pub fn owned(deletion: &Deletion) -> u64 {
    deletion.content.values().sum()
}

/// True if the line of the ledger can be undone by a give-back.
pub const fn can_be_given_back(transfer: &Transfer) -> bool {
    !matches!(transfer.why, Why::GiveBack) && transfer.undone.is_none()
}

/// A moment in a table: the time today, else the date.
pub fn when(at: Timestamp, now: Timestamp) -> String {
    let (at, now) = (at.to_utc(), now.to_utc());
    let format = if at.date_naive() == now.date_naive() {
        "%H:%M:%S"
    } else if at.format("%Y").to_string() == now.format("%Y").to_string() {
        "%m-%d %H:%M"
    } else {
        "%Y-%m-%d"
    };
    at.format(format).to_string()
}
