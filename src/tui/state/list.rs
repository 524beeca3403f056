//! One list for every view: rows loaded page by page, a selection, marks, a filter.
//!
//! Rows are asked for outside; an answer that nobody waits for any more is dropped. A row keeps
//! being selected across reloads by its key and not by its place.

use std::collections::BTreeSet;

use crate::tui::keymap::Command;
use crate::tui::state::sort::Order;

mod marks;

/// Rows asked for at once.
pub const PAGE: u32 = 200;
/// Most rows that are held of a list that grows at its beginning.
const HELD: usize = 10_000;
/// Most rows asked for at once: what the operations API answers at most.
const MOST: u32 = 1_000;

/// A row: what tells it from all others of its list.
pub trait Keyed {
    /// A position or an id.
    fn key(&self) -> u128;
}

/// A part of a list to be asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// The filter in force.
    pub filter: String,
    /// The order.
    pub order: Order,
    /// Go on behind this.
    pub after: Option<String>,
    /// Those that came before the first, since.
    pub newer: bool,
    /// How many at most.
    pub limit: u32,
}

/// What came of it.
#[derive(Debug)]
pub struct Rows<T> {
    /// The rows.
    pub items: Vec<T>,
    /// How many there are in all, if that is known.
    pub total: Option<u64>,
    /// Where to go on.
    pub next: Option<String>,
}

impl<T> From<Vec<T>> for Rows<T> {
    fn from(items: Vec<T>) -> Self {
        Self {
            items,
            total: None,
            next: None,
        }
    }
}

/// A list.
#[derive(Debug)]
pub struct List<T> {
    /// Its rows, as far as they are loaded and shown.
    pub items: Vec<T>,
    /// All that are loaded, while only the marked are shown.
    whole: Option<Vec<T>>,
    /// Everything but the rows.
    pub at: Cursor,
}

impl<T> Default for List<T> {
    fn default() -> Self {
        Self {
            items: Vec::new(),
            whole: None,
            at: Cursor::default(),
        }
    }
}

/// Where a list is: selection, filter, what is loaded.
#[derive(Debug, Default)]
pub struct Cursor {
    /// Index of the selected row.
    pub selected: usize,
    /// Index of the first row on the screen.
    pub top: usize,
    /// The filter as typed.
    pub filter: String,
    /// The filter is switched off.
    pub filter_off: bool,
    /// The order of its rows.
    pub order: Order,
    /// Keys of marked rows.
    pub marks: BTreeSet<u128>,
    /// How many rows there are in all, if that is known.
    pub total: Option<u64>,
    /// Why the last page did not come.
    pub error: Option<String>,
    /// Rows have come at least once.
    pub loaded: bool,
    /// There was a change since the rows came, and they are too many to be asked for again.
    pub stale: bool,
    /// Rows that are loaded but not shown; `None`: all are.
    hidden: Option<usize>,
    count: usize,
    next: Option<String>,
    waiting: Option<Waiting>,
    anchor: Option<u128>,
}

/// A page on its way.
#[derive(Clone, Copy, Debug)]
struct Waiting {
    ticket: u64,
    part: Part,
    limit: u32,
}

/// Which rows are on their way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    /// All from the first on.
    All,
    /// Those after the last.
    Further,
    /// Those before the first.
    Newer,
}

impl Cursor {
    /// How many rows are shown.
    pub const fn count(&self) -> usize {
        self.count
    }

    /// True if there are more rows than are loaded.
    pub const fn has_more(&self) -> bool {
        self.next.is_some()
    }

    /// True while a page is on its way.
    pub const fn is_waiting(&self) -> bool {
        self.waiting.is_some()
    }

    /// Only the marked rows are shown.
    pub const fn only_marked(&self) -> bool {
        self.hidden.is_some()
    }

    fn held(&self) -> usize {
        self.count + self.hidden.unwrap_or(0)
    }

    /// True if more rows are loaded than one call can bring again.
    pub fn is_deep(&self) -> bool {
        self.held() > MOST as usize
    }

    /// The filter in force.
    pub fn filter(&self) -> &str {
        if self.filter_off { "" } else { &self.filter }
    }

    /// Moves the selection by `rows`.
    pub fn step(&mut self, rows: isize) {
        let last = self.count.saturating_sub(1);
        self.selected = self.selected.saturating_add_signed(rows).min(last);
    }

    /// Selects the row with that key as soon as it is there.
    pub fn aim(&mut self, key: Option<u128>, top: usize) {
        self.anchor = key;
        self.top = top;
    }

    /// Selects the first row, now and when the rows have come again.
    pub fn to_top(&mut self) {
        // No row has this key, so that none is looked for.
        self.aim(Some(u128::MAX), 0);
        self.selected = 0;
    }

    /// True if the selection is at the end of what is loaded and there is more.
    pub fn wants_more(&self) -> bool {
        !self.only_marked()
            && self.selected + 1 >= self.count
            && self.next.is_some()
            && self.waiting.is_none()
    }

    /// True if there is more, nothing is on its way, and what is loaded leaves `height` rows empty.
    pub fn is_short(&self, height: usize) -> bool {
        !self.only_marked() && self.count < height && self.next.is_some() && self.waiting.is_none()
    }

    /// What to ask for: the rows after those loaded, or all from the first on.
    pub fn ask(&mut self, ticket: u64, further: bool) -> Wanted {
        let again = u32::try_from(self.held()).unwrap_or(MOST).clamp(PAGE, MOST);
        let (part, limit) = if further {
            (Part::Further, PAGE)
        } else {
            (Part::All, again)
        };
        self.waiting = Some(Waiting {
            ticket,
            part,
            limit,
        });
        Wanted {
            filter: self.filter().to_owned(),
            order: self.order,
            after: self.next.clone().filter(|_| further),
            newer: false,
            limit,
        }
    }

    /// What to ask for: the rows that came before the first.
    pub fn ask_newer(&mut self, ticket: u64) -> Wanted {
        self.waiting = Some(Waiting {
            ticket,
            part: Part::Newer,
            limit: MOST,
        });
        Wanted {
            filter: self.filter().to_owned(),
            order: self.order,
            after: None,
            newer: true,
            limit: MOST,
        }
    }

    /// True if `items` is as many as were asked for last: there may be more.
    pub fn is_full(&self, items: usize) -> bool {
        self.waiting
            .is_some_and(|page| items >= page.limit as usize)
    }

    /// Says why what `ticket` asked for did not come, if it is still waited for.
    pub fn fail(&mut self, ticket: u64, why: String) {
        if self.answered(ticket).is_some() {
            self.error = Some(why);
        }
    }

    fn answered(&mut self, ticket: u64) -> Option<Waiting> {
        self.waiting.take_if(|waiting| waiting.ticket == ticket)
    }

    /// Brings selection and scroll position in order for a table of `height` rows.
    pub fn settle(&mut self, height: usize) {
        self.selected = self.selected.min(self.count.saturating_sub(1));
        let height = height.max(1);
        self.top = self
            .top
            .clamp((self.selected + 1).saturating_sub(height), self.selected)
            .min(self.count.saturating_sub(height));
    }
}

impl<T: Keyed + Clone> List<T> {
    /// The selected row.
    pub fn selected(&self) -> Option<&T> {
        self.items.get(self.at.selected)
    }

    /// Takes in what `ticket` asked for, if it is still waited for.
    pub fn take(&mut self, ticket: u64, rows: Rows<T>) {
        if let Some(page) = self.at.answered(ticket) {
            self.with_all(|list| list.accept(rows, page.part));
        }
    }

    fn accept(&mut self, rows: Rows<T>, part: Part) {
        let aimed = self.at.anchor.take();
        let anchor = aimed.or_else(|| self.selected().map(Keyed::key));
        let mut next = rows.next;
        match part {
            Part::Further => self.items.extend(rows.items),
            Part::All => {
                self.items = rows.items;
                self.at.stale = false;
            }
            Part::Newer => {
                next = self.at.next.take();
                self.items.splice(0..0, rows.items);
                if self.items.len() > HELD {
                    self.items.truncate(HELD);
                    next = self.items.last().map(|last| last.key().to_string());
                }
            }
        }
        // At the very beginning the newest row stays selected.
        let anchor = anchor.filter(|_| part != Part::Newer || self.at.selected > 0);
        let at = &mut self.at;
        at.count = self.items.len();
        at.total = rows.total;
        at.next = next;
        at.loaded = true;
        at.error = None;
        let before = at.selected;
        let found = anchor.and_then(|key| self.items.iter().position(|row| row.key() == key));
        if let Some(found) = found {
            if aimed.is_none() {
                // The row stays where it was on the screen.
                at.top = (at.top + found).saturating_sub(before);
            }
            at.selected = found;
        }
        if part == Part::All && !at.marks.is_empty() {
            let here: BTreeSet<u128> = self.items.iter().map(Keyed::key).collect();
            at.marks.retain(|key| here.contains(key));
        }
    }
}

/// A scroll position after a movement; whoever shows it bounds it below.
pub fn scrolled(from: usize, command: Command, page: usize) -> usize {
    match command {
        Command::Up => from.saturating_sub(1),
        Command::Down => from.saturating_add(1),
        Command::PageUp => from.saturating_sub(page),
        Command::PageDown => from.saturating_add(page),
        Command::Top => 0,
        Command::Bottom => usize::MAX,
        _ => from,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Keyed for u32 {
        fn key(&self) -> u128 {
            u128::from(*self)
        }
    }

    pub fn rows(items: impl IntoIterator<Item = u32>, next: Option<&str>) -> Rows<u32> {
        Rows {
            items: items.into_iter().collect(),
            total: Some(9),
            next: next.map(str::to_owned),
        }
    }

    pub fn loaded() -> List<u32> {
        let mut list = List::default();
        list.at.ask(1, false);
        list.take(1, rows([10, 20, 30], Some("c")));
        list
    }

    #[test]
    fn pages_follow_one_another() {
        let mut list = loaded();
        assert!(!list.at.wants_more());
        list.at.step(5);
        assert_eq!((list.at.selected, list.at.wants_more()), (2, true));
        let wanted = list.at.ask(2, true);
        assert_eq!((wanted.after.as_deref(), wanted.limit), (Some("c"), PAGE));
        assert!(!list.at.wants_more());
        list.take(2, rows([40, 50], None));
        assert_eq!(list.items, [10, 20, 30, 40, 50]);
        list.at.step(9);
        assert!(!list.at.wants_more() && !list.at.has_more());
    }

    #[test]
    fn the_same_row_stays_selected_and_gone_rows_lose_their_marks() {
        let mut list = loaded();
        list.mark();
        list.mark();
        list.at.ask(2, false);
        list.take(2, rows([5, 20, 25, 30], None));
        assert_eq!(list.selected(), Some(&30));
        assert_eq!(list.chosen(), [&20]);
        list.at.settle(2);
        assert!((list.at.top..list.at.top + 2).contains(&list.at.selected));
    }

    #[test]
    fn an_answer_nobody_waits_for_is_dropped_and_an_error_keeps_the_rows() {
        let mut list = loaded();
        list.at.ask(2, false);
        list.at.ask(3, false);
        list.take(2, rows([1], None));
        list.at.fail(2, "too late".to_owned());
        assert!(list.at.error.is_none() && list.at.is_waiting());
        list.at.fail(3, "no such attribute".to_owned());
        assert_eq!(list.items.len(), 3);
        assert_eq!(list.at.error.as_deref(), Some("no such attribute"));
    }

    #[test]
    fn newer_rows_come_before_the_others_and_the_selection_stays() {
        let mut list = loaded();
        list.at.step(1);
        assert!(list.at.ask_newer(2).newer);
        list.take(2, rows([3, 7], None));
        assert_eq!(list.items, [3, 7, 10, 20, 30]);
        assert_eq!(list.selected(), Some(&20));
        assert!(list.at.has_more(), "older ones are still to be had");
        list.at.step(isize::MIN);
        list.at.ask_newer(3);
        list.take(3, rows([1], None));
        assert_eq!(list.selected(), Some(&1), "at the beginning it follows");
    }

    #[test]
    fn a_place_returned_to_is_found_again() {
        let mut list = loaded();
        list.at.aim(Some(30), 0);
        list.at.ask(2, false);
        list.take(2, rows([10, 20, 30], None));
        assert_eq!(list.selected(), Some(&30));
    }
}
