//! The Live view's state: which rows, which one is selected, whether it follows.

pub mod gap;
pub mod keys;
pub mod storm;

use std::sync::Arc;

use crate::clock::Timestamp;
use crate::ids::OrgId;
use crate::model::exchange::ExchangeSummary;
use crate::model::exchange_filter::{ExchangeFilter, FilterError, quote};
use crate::ops::api::ExchangePage;
use crate::tui::state::live::gap::Gaps;
use crate::tui::state::log::{Log, Row};
use crate::tui::state::stats::Stats;
use storm::Storm;

/// A column of the table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)] // their heads say it
pub enum Column {
    Time,
    #[default]
    Client,
    Operation,
    Code,
    Subject,
    Latency,
    What,
}

impl Column {
    /// All, from left to right.
    pub const ALL: [Self; 7] = [
        Self::Time,
        Self::Client,
        Self::Operation,
        Self::Code,
        Self::Subject,
        Self::Latency,
        Self::What,
    ];

    fn step(self, by: isize) -> Self {
        Self::ALL
            .iter()
            .position(|column| *column == self)
            .and_then(|at| at.checked_add_signed(by))
            .and_then(|at| Self::ALL.get(at).copied())
            .unwrap_or(self)
    }

    /// The filter term for this column's value in `exchange`.
    fn term(self, exchange: &ExchangeSummary) -> Option<String> {
        Some(match self {
            Self::Time => return None,
            Self::Client => format!("client:{}", quote(client(exchange))),
            Self::Operation => format!("op:{}", exchange.operation.as_str()),
            Self::Code => format!("status:{}", exchange.status),
            Self::Subject => format!("subject:{}", quote(&exchange.subject)),
            Self::Latency => format!("latency>={}ms", exchange.latency_us / 1_000),
            Self::What => format!("what:{}", quote(&exchange.what)),
        })
    }
}

/// Who asked: the token's label, or else what the client looks like.
pub fn client(exchange: &ExchangeSummary) -> &str {
    match &exchange.token_label {
        Some(label) => label,
        None => exchange.client.as_str(),
    }
}

/// What is known about older exchanges than those held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Older {
    /// Nothing yet: the first page is on its way.
    #[default]
    Unknown,
    /// There are some before this position.
    Before(u64),
    /// They are on their way.
    Loading(u64),
    /// There are none.
    None,
}

/// State of the Live view.
#[derive(Debug)]
pub struct Live {
    /// The exchanges and rows.
    pub log: Log,
    /// Groups, while more comes than can be read.
    pub storm: Storm,
    /// Index of the selected row.
    pub selected: usize,
    /// Index of the first row on the screen.
    pub top: usize,
    /// The newest row is selected and stays so.
    pub following: bool,
    /// Exchanges that came while it did not follow.
    pub unseen: u64,
    /// Exchanges that were recorded but never got here.
    pub skipped: u64,
    /// Times when the daemon was out of reach.
    pub gaps: Gaps,
    /// Figures, as of the beginning of this second.
    pub stats: Stats,
    /// The second that they are of.
    figured: Option<i64>,
    /// The column under the cursor.
    pub column: Column,
    /// Older exchanges.
    pub older: Older,
    /// The filter as typed.
    pub filter: String,
    /// Whether it is applied.
    pub filter_on: bool,
}

impl Default for Live {
    fn default() -> Self {
        Self {
            log: Log::default(),
            storm: Storm::default(),
            selected: 0,
            top: 0,
            following: true,
            unseen: 0,
            skipped: 0,
            gaps: Gaps::default(),
            stats: Stats::default(),
            figured: None,
            column: Column::default(),
            older: Older::default(),
            filter: String::new(),
            filter_on: true,
        }
    }
}

impl Live {
    /// The selected row.
    pub fn row(&self) -> Option<&Row> {
        self.log.rows().get(self.selected)
    }

    /// True while groups stand in place of rows: in a storm, unless it is paused.
    pub const fn in_storm(&self) -> bool {
        self.following && self.storm.since.is_some()
    }

    /// What is selected, and how many exchanges it stands for.
    pub fn current(&self) -> Option<(&Arc<ExchangeSummary>, u64)> {
        if self.in_storm() {
            return self.storm.group().map(|group| (&group.newest, group.count));
        }
        self.row().map(|row| (&row.newest, u64::from(row.count)))
    }

    /// Takes in a new exchange.
    pub fn arrive(&mut self, exchange: &Arc<ExchangeSummary>, now: Timestamp) {
        self.gaps.arrive(exchange);
        let change = self.log.push(Arc::clone(exchange), now);
        if change.shown {
            self.storm.count(exchange, change.new_row);
        }
        if let Some(gone) = change.gone {
            self.selected -= usize::from(gone < self.selected);
            self.top -= usize::from(gone < self.top);
        }
        if change.shown && !self.following {
            self.unseen += 1;
        }
    }

    /// Works the figures out anew, once in a second of `now`: nobody reads them faster.
    ///
    /// They go through all that is held. To keep them instead, for windows that begin and end with
    /// every moment, over exchanges that come in the order in which they ended, go when there are
    /// too many and come in pages from before, would take more code than a walk a second costs.
    pub fn figure(&mut self, now: Timestamp) {
        let second = Some(now.0.div_euclid(1_000));
        if self.figured != second {
            self.figured = second;
            self.stats = Stats::of(&self.log, now);
        }
    }

    /// Takes in a page of older ones; returns how many rows came before the selected one.
    pub fn take_older(&mut self, page: &ExchangePage, now: Timestamp) -> usize {
        self.older = page.older.map_or(Older::None, Older::Before);
        self.figured = None;
        let anchor = self.anchor();
        let rows = self.log.rows().len();
        self.log.prepend(&page.exchanges, now);
        self.return_to(anchor);
        self.log.rows().len().saturating_sub(rows)
    }

    /// Applies `text` as the filter; on an error the filter in force stays.
    pub fn set_filter(&mut self, text: &str, now: Timestamp) -> Result<(), FilterError> {
        let filter = ExchangeFilter::parse(text)?;
        text.clone_into(&mut self.filter);
        self.filter_on = true;
        self.apply(filter, now);
        Ok(())
    }

    /// Switches the filter off, or on again.
    pub fn toggle_filter(&mut self, now: Timestamp) {
        self.filter_on = !self.filter_on;
        let text = if self.filter_on { &self.filter } else { "" };
        // The text was valid when it was kept.
        let filter = ExchangeFilter::parse(text).unwrap_or_default();
        self.apply(filter, now);
    }

    /// Adds a term for the value under the cursor: only it, or all but it.
    pub fn narrow(&mut self, hide: bool, now: Timestamp) -> Result<(), String> {
        let Some((newest, _)) = self.current() else {
            return Ok(());
        };
        let Some(term) = self.column.term(newest) else {
            return Err("a time cannot be filtered so; write since:10m in the filter".to_owned());
        };
        let kept = if self.filter_on { &self.filter } else { "" };
        let kept = match ExchangeFilter::parse(kept) {
            Ok(filter) if filter.is_or() => format!("({kept})"),
            _ => kept.to_owned(),
        };
        let not = if hide { "not " } else { "" };
        let text = format!("{kept} {not}{term}");
        self.set_filter(text.trim_start(), now)
            .map_err(|error| error.to_string())
    }

    /// Shows only what that Org's clients send, or all.
    pub fn narrow_to(&mut self, org: Option<OrgId>, now: Timestamp) {
        let anchor = self.anchor();
        self.log.set_org(org, now);
        self.return_to(anchor);
    }

    /// Marks the selected row, or not any more, and goes on to the next.
    pub fn mark(&mut self, now: Timestamp) {
        let anchor = self.anchor();
        if self.log.mark(self.selected, now) {
            self.return_to(anchor);
        } else {
            self.step(1);
        }
    }

    /// Shows only the marked, or all again.
    pub fn toggle_marked(&mut self, now: Timestamp) {
        let anchor = self.anchor();
        self.log.set_only_marked(!self.log.only_marked(), now);
        self.storm = Storm::default();
        self.return_to(anchor);
    }

    fn apply(&mut self, filter: ExchangeFilter, now: Timestamp) {
        let anchor = self.anchor();
        self.log.set_filter(filter, now);
        self.storm = Storm::default();
        self.return_to(anchor);
    }

    fn anchor(&self) -> Option<u64> {
        self.row().map(|row| row.newest.seq)
    }

    fn return_to(&mut self, anchor: Option<u64>) {
        let last = self.log.rows().len().saturating_sub(1);
        let before = self.selected;
        self.selected = anchor.and_then(|seq| self.log.row_of(seq)).unwrap_or(last);
        // The row stays where it was on the screen.
        self.top = (self.top + self.selected).saturating_sub(before);
    }

    /// Moves the selection by `rows`; moving off the last row stops following.
    pub fn step(&mut self, rows: isize) {
        let last = self.log.rows().len().saturating_sub(1);
        self.selected = self.selected.saturating_add_signed(rows).min(last);
        if rows < 0 {
            self.following = false;
        }
    }

    /// Selects a row; any but the last stops following.
    pub fn select(&mut self, row: usize) {
        let last = self.log.rows().len().saturating_sub(1);
        self.selected = row.min(last);
        self.following &= self.selected == last;
    }

    /// To the first row.
    pub fn first(&mut self) {
        self.selected = 0;
        self.following = false;
    }

    /// Follows again, or not.
    pub fn follow(&mut self, following: bool) {
        self.following = following;
        if following {
            self.unseen = 0;
        }
    }

    /// Moves the cursor by `columns`.
    pub fn step_column(&mut self, columns: isize) {
        self.column = self.column.step(columns);
    }

    /// To the next failed exchange after the selected row, or the one before; false if none.
    pub fn seek_error(&mut self, forward: bool) -> bool {
        self.seek(forward, |row| row.newest.status >= 400)
    }

    /// To the next row that the filter as typed lets through, or the one before; false if none.
    pub fn seek_match(&mut self, forward: bool, now: Timestamp) -> bool {
        // The text was valid when it was kept.
        let filter = ExchangeFilter::parse(&self.filter).unwrap_or_default();
        self.seek(forward, |row| filter.admits(&row.newest, now, row.marked))
    }

    fn seek(&mut self, forward: bool, wanted: impl Fn(&Row) -> bool) -> bool {
        // Who follows is at the end, and means the latest.
        let forward = forward && !self.following;
        let wanted = |(_, row): &(usize, &Row)| wanted(row);
        let rows = self.log.rows().iter().enumerate();
        let found = if forward {
            rows.skip(self.selected + 1).find(wanted)
        } else {
            rows.take(self.selected).rfind(wanted)
        };
        let Some((index, _)) = found else {
            return false;
        };
        self.selected = index;
        self.following = false;
        true
    }

    /// Brings selection and scroll position in order for a table of `height` rows.
    pub fn settle(&mut self, height: usize) {
        let rows = self.log.rows().len();
        let last = rows.saturating_sub(1);
        if self.following {
            self.selected = last;
        }
        self.selected = self.selected.min(last);
        let height = height.max(1);
        let lowest = rows.saturating_sub(height);
        self.top = self
            .top
            .clamp((self.selected + 1).saturating_sub(height), self.selected)
            .min(lowest);
    }
}
