//! The newest exchanges in bounded memory, and the rows that the filter leaves of them.
//!
//! Equal consecutive exchanges are one row with a count.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use crate::clock::Timestamp;
use crate::ids::OrgId;
use crate::model::exchange::ExchangeSummary;
use crate::model::exchange_filter::ExchangeFilter;

/// How many exchanges are held.
pub const CAPACITY: usize = 10_000;

/// Most lines drawn below rows.
const RULES: usize = 100;

/// One line of the table.
#[derive(Debug)]
pub struct Row {
    id: u64,
    /// The newest exchange of the row.
    pub newest: Arc<ExchangeSummary>,
    /// How many exchanges it stands for.
    pub count: u32,
    /// An operator drew a line below it at this time.
    pub ruled: Option<Timestamp>,
    /// An operator marked it, all that it stands for.
    pub marked: bool,
}

#[derive(Debug)]
struct Entry {
    exchange: Arc<ExchangeSummary>,
    row: Option<u64>,
}

/// The newest exchanges and their rows.
#[derive(Debug, Default)]
pub struct Log {
    entries: VecDeque<Entry>,
    rows: VecDeque<Row>,
    filter: ExchangeFilter,
    /// Only exchanges of this Org are shown.
    org: Option<OrgId>,
    /// Positions of marked exchanges.
    marks: BTreeSet<u64>,
    /// Only these are shown.
    only_marked: bool,
    shown: usize,
    next_row: u64,
    /// Lines that an operator drew: below the exchange at this position, at this time.
    rules: Vec<(u64, Timestamp)>,
}

/// What an arrival did to the rows.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// The filter lets it through.
    pub shown: bool,
    /// It made a row of its own.
    pub new_row: bool,
    /// The row that went, because its last exchange did.
    pub gone: Option<usize>,
}

impl Log {
    /// Adds a newer exchange; one that is there already is ignored.
    pub fn push(&mut self, exchange: Arc<ExchangeSummary>, now: Timestamp) -> Change {
        if self.newest().is_some_and(|newest| exchange.seq <= newest) {
            return Change::default();
        }
        let gone = (self.entries.len() >= CAPACITY)
            .then(|| self.drop_oldest())
            .flatten();
        let next = self.next_row;
        let shown = self.add(exchange, now);
        let new_row = self.next_row > next;
        Change {
            shown,
            new_row,
            gone,
        }
    }

    /// Adds older exchanges (newest first, as they are listed), as far as there is room. Returns
    /// how many were added.
    pub fn prepend(&mut self, older: &[Arc<ExchangeSummary>], now: Timestamp) -> usize {
        let mut added = 0;
        for exchange in older {
            if self.entries.len() >= CAPACITY {
                break;
            }
            if self.oldest().is_none_or(|oldest| exchange.seq < oldest) {
                self.entries.push_front(Entry {
                    exchange: Arc::clone(exchange),
                    row: None,
                });
                added += 1;
            }
        }
        self.rebuild(now);
        added
    }

    /// Shows what `filter` lets through.
    pub fn set_filter(&mut self, filter: ExchangeFilter, now: Timestamp) {
        self.filter = filter;
        self.rebuild(now);
    }

    /// Marks what a row stands for, or not any more. True if there may be other rows now.
    pub fn mark(&mut self, row: usize, now: Timestamp) -> bool {
        let Some(row) = self.rows.get_mut(row) else {
            return false;
        };
        row.marked = !row.marked;
        let (id, marked) = (row.id, row.marked);
        for entry in self.entries.iter().filter(|entry| entry.row == Some(id)) {
            let seq = entry.exchange.seq;
            if marked {
                self.marks.insert(seq);
            } else {
                self.marks.remove(&seq);
            }
        }
        let anew = self.only_marked || self.filter.is_about_marks();
        if anew {
            self.rebuild(now);
        }
        anew
    }

    /// How many exchanges are marked.
    pub fn marked(&self) -> usize {
        self.marks.len()
    }

    /// Only marked exchanges are shown.
    pub fn only_marked(&self) -> bool {
        self.only_marked
    }

    /// Shows only marked exchanges, or all.
    pub fn set_only_marked(&mut self, only: bool, now: Timestamp) {
        self.only_marked = only;
        self.rebuild(now);
    }

    /// Draws a line below the newest exchange.
    pub fn rule(&mut self, at: Timestamp) {
        let Some(newest) = self.newest() else {
            return;
        };
        if self.rules.len() >= RULES {
            self.rules.remove(0);
        }
        self.rules.push((newest, at));
        self.draw_rules(u64::MAX);
    }

    /// Draws below the last row the line that is between the last exchange and `seq`, if any.
    fn draw_rules(&mut self, seq: u64) {
        let from = self.newest().unwrap_or_default();
        let between = |(below, _): &&(u64, Timestamp)| (from..seq).contains(below);
        if let Some((_, at)) = self.rules.iter().rev().find(between)
            && let Some(row) = self.rows.back_mut()
        {
            row.ruled = Some(*at);
        }
    }

    /// Shows only what that Org's clients send, or all.
    pub fn set_org(&mut self, org: Option<OrgId>, now: Timestamp) {
        self.org = org;
        self.rebuild(now);
    }

    /// The rows, oldest first.
    pub fn rows(&self) -> &VecDeque<Row> {
        &self.rows
    }

    /// All exchanges that are held, newest first, whatever the filter says.
    pub fn newest_first(&self) -> impl Iterator<Item = &Arc<ExchangeSummary>> {
        self.entries.iter().rev().map(|entry| &entry.exchange)
    }

    /// The marked exchanges, else those that the filter lets through; oldest first.
    pub fn chosen(&self) -> impl Iterator<Item = &Arc<ExchangeSummary>> {
        let chosen = self.entries.iter().filter(|entry| {
            if self.marks.is_empty() {
                entry.row.is_some()
            } else {
                self.marks.contains(&entry.exchange.seq)
            }
        });
        chosen.map(|entry| &entry.exchange)
    }

    /// How many exchanges are held.
    pub fn total(&self) -> usize {
        self.entries.len()
    }

    /// How many of them the filter lets through.
    pub fn shown(&self) -> usize {
        self.shown
    }

    /// True if no older ones fit in.
    pub fn is_full(&self) -> bool {
        self.entries.len() >= CAPACITY
    }

    /// Position of the newest.
    pub fn newest(&self) -> Option<u64> {
        self.entries.back().map(|entry| entry.exchange.seq)
    }

    /// Position of the oldest.
    pub fn oldest(&self) -> Option<u64> {
        self.entries.front().map(|entry| entry.exchange.seq)
    }

    /// The row that shows the exchange at position `seq`, or else the next newer one.
    pub fn row_of(&self, seq: u64) -> Option<usize> {
        let from = self
            .entries
            .partition_point(|entry| entry.exchange.seq < seq);
        let id = self.entries.iter().skip(from).find_map(|entry| entry.row)?;
        self.index(id)
    }

    fn rebuild(&mut self, now: Timestamp) {
        let entries = std::mem::take(&mut self.entries);
        self.rows.clear();
        self.shown = 0;
        for entry in entries {
            self.add(entry.exchange, now);
        }
        self.draw_rules(u64::MAX);
    }

    fn add(&mut self, exchange: Arc<ExchangeSummary>, now: Timestamp) -> bool {
        self.draw_rules(exchange.seq);
        let of_org = self.org.is_none() || exchange.org == self.org;
        let marked = self.marks.contains(&exchange.seq);
        let shown =
            of_org && (marked || !self.only_marked) && self.filter.admits(&exchange, now, marked);
        let row = shown.then(|| self.add_row(&exchange, marked));
        self.entries.push_back(Entry { exchange, row });
        shown
    }

    fn add_row(&mut self, exchange: &Arc<ExchangeSummary>, marked: bool) -> u64 {
        self.shown += 1;
        let joins = |row: &&mut Row| {
            row.ruled.is_none() && row.marked == marked && repeats(&row.newest, exchange)
        };
        if let Some(row) = self.rows.back_mut().filter(joins) {
            row.newest = Arc::clone(exchange);
            row.count += 1;
            return row.id;
        }
        let id = self.next_row;
        self.next_row += 1;
        self.rows.push_back(Row {
            id,
            newest: Arc::clone(exchange),
            count: 1,
            ruled: None,
            marked,
        });
        id
    }

    fn drop_oldest(&mut self) -> Option<usize> {
        let gone = self.entries.pop_front()?;
        self.marks.remove(&gone.exchange.seq);
        let id = gone.row?;
        self.shown -= 1;
        let index = self.index(id)?;
        let row = self.rows.get_mut(index)?;
        row.count -= 1;
        if row.count > 0 {
            return None;
        }
        self.rows.remove(index);
        Some(index)
    }

    fn index(&self, id: u64) -> Option<usize> {
        self.rows.binary_search_by_key(&id, |row| row.id).ok()
    }
}

/// Whether two exchanges are the same thing happening to the same subject again.
pub fn repeats(one: &ExchangeSummary, other: &ExchangeSummary) -> bool {
    one.subject == other.subject
        && one.status == other.status
        && one.operation == other.operation
        && one.refusal == other.refusal
        && one.client == other.client
        && one.org == other.org
        && one.token == other.token
        && one.method == other.method
        && one.scim_type == other.scim_type
        && one.what == other.what
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::exchange_filter::tests::exchange;

    const NOW: Timestamp = Timestamp(1_700_000_000_000);

    fn at(seq: u64, subject: &str, millis: i64) -> Arc<ExchangeSummary> {
        Arc::new(ExchangeSummary {
            seq,
            subject: subject.to_owned(),
            at: Timestamp(NOW.0 + millis),
            ..exchange()
        })
    }

    fn counts(log: &Log) -> Vec<u32> {
        log.rows().iter().map(|row| row.count).collect()
    }

    #[test]
    fn equal_neighbours_are_one_row() {
        let mut log = Log::default();
        for (seq, subject) in [(1, "a"), (2, "a"), (3, "b"), (4, "a")] {
            log.push(at(seq, subject, i64::try_from(seq).unwrap() * 1_000), NOW);
        }
        assert_eq!(counts(&log), [2, 1, 1]);
        assert_eq!(log.row_of(1), Some(0));
        assert_eq!(log.row_of(4), Some(2));
        assert_eq!(log.row_of(5), None);
    }

    #[test]
    fn a_line_stays_where_it_was_drawn() {
        let mut log = Log::default();
        log.rule(NOW);
        for seq in 1..=3 {
            log.push(at(seq, "a", i64::try_from(seq).unwrap() * 1_000), NOW);
        }
        log.rule(NOW);
        log.push(at(4, "a", 4_000), NOW);
        log.push(at(5, "b", 5_000), NOW);
        let ruled = |log: &Log| -> Vec<bool> {
            let rows = log.rows().iter();
            rows.map(|row| row.ruled.is_some()).collect()
        };
        assert_eq!(counts(&log), [3, 1, 1]);
        assert_eq!(ruled(&log), [true, false, false]);
        log.set_filter(ExchangeFilter::parse("subject:b").unwrap(), NOW);
        assert_eq!(ruled(&log), [false]);
        log.set_filter(ExchangeFilter::default(), NOW);
        assert_eq!(ruled(&log), [true, false, false]);
        log.rule(NOW);
        assert_eq!(ruled(&log), [true, false, true]);
    }

    #[test]
    fn marks_are_of_exchanges_and_can_be_filtered_by() {
        let mut log = Log::default();
        for seq in 1..=4 {
            let subject = if seq < 4 { "a" } else { "b" };
            log.push(at(seq, subject, 0), NOW);
        }
        assert!(!log.mark(0, NOW));
        // What comes is not marked, and stays apart from what is.
        log.push(at(5, "b", 0), NOW);
        log.mark(1, NOW);
        log.push(at(6, "b", 0), NOW);
        let rows = |log: &Log| -> Vec<(u32, bool)> {
            let rows = log.rows().iter();
            rows.map(|row| (row.count, row.marked)).collect()
        };
        assert_eq!(rows(&log), [(3, true), (2, true), (1, false)]);
        assert_eq!((log.marked(), log.chosen().count()), (5, 5));
        for (filter, expected) in [
            ("is:marked", &[(3, true), (2, true)][..]),
            ("not is:marked", &[(1, false)]),
            ("is:marked subject:b", &[(2, true)]),
            ("", &[(3, true), (2, true), (1, false)]),
        ] {
            log.set_filter(ExchangeFilter::parse(filter).unwrap(), NOW);
            assert_eq!(rows(&log), expected, "{filter}");
        }
        log.set_only_marked(true, NOW);
        assert!(log.mark(0, NOW), "it goes");
        assert_eq!(rows(&log), [(2, true)]);
        log.set_only_marked(false, NOW);
        log.drop_oldest();
        assert_eq!(rows(&log), [(2, false), (2, true), (1, false)]);
        for _ in 0..3 {
            log.drop_oldest();
        }
        assert_eq!(log.marked(), 1, "what is gone is not marked");
    }

    #[test]
    fn what_is_there_already_is_ignored() {
        let mut log = Log::default();
        log.push(at(5, "a", 0), NOW);
        assert_eq!(log.push(at(5, "a", 0), NOW), Change::default());
        assert_eq!(log.prepend(&[at(5, "a", 0), at(4, "b", 0)], NOW), 1);
        assert_eq!(
            (log.total(), log.oldest(), log.newest()),
            (2, Some(4), Some(5))
        );
    }

    #[test]
    fn memory_is_bounded_and_the_oldest_go() {
        let mut log = Log::default();
        let capacity = u64::try_from(CAPACITY).unwrap();
        for seq in 1..=capacity + 3 {
            let subject = if seq % 2 == 0 { "a" } else { "b" };
            log.push(at(seq, subject, i64::try_from(seq).unwrap() * 1_000), NOW);
        }
        assert_eq!(log.total(), CAPACITY);
        assert_eq!(log.rows().len(), CAPACITY);
        assert_eq!(log.oldest(), Some(4));
        assert_eq!(log.prepend(&[at(3, "a", 0)], NOW), 0);
        let change = log.push(at(capacity + 4, "a", 0), NOW);
        assert_eq!(change.gone, Some(0));
    }

    proptest! {
        #[test]
        fn rows_account_for_every_exchange_shown(
            subjects in proptest::collection::vec(0_u8..3, 0..200),
            gap in 1_i64..100,
            dropped in 0_usize..50,
        ) {
            let mut log = Log::default();
            log.set_filter(ExchangeFilter::parse("not subject:s2").unwrap(), NOW);
            for (seq, subject) in (1..).zip(&subjects) {
                let millis = i64::try_from(seq).unwrap() * gap;
                log.push(at(seq, &format!("s{subject}"), millis), NOW);
            }
            for _ in 0..dropped {
                log.drop_oldest();
            }
            let sum: u32 = log.rows().iter().map(|row| row.count).sum();
            prop_assert_eq!(usize::try_from(sum).unwrap(), log.shown());
            prop_assert!(log.rows().iter().all(|row| row.count > 0));
        }
    }
}
