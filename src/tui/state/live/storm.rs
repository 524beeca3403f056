//! More rows than a person can read: groups by client, operation and code, with counts and rates.
//!
//! A storm begins above one rate and is over a while below a lower one, so that the screen does
//! not flutter between the two. Everything is counted; nothing is skipped for it.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::clock::Timestamp;
use crate::model::exchange::{ExchangeSummary, Operation};
use crate::model::exchange_filter::quote;
use crate::tui::state::live::client;

/// Rows a second above which a storm begins.
const BEGINS: u32 = 40;
/// Rows a second below which it calms down.
const CALM: u32 = 20;
/// Seconds below that, after which it is over.
const OVER: i64 = 3;
/// Most groups; what fits in none is counted.
const GROUPS: usize = 500;

/// What a group has in common: who asks, for what, with which outcome.
pub type Key = (String, &'static str, u16);

/// The exchanges of a storm with the same client, operation and code.
#[derive(Debug)]
pub struct Group {
    /// The newest of them.
    pub newest: Arc<ExchangeSummary>,
    /// How many there were since the storm began.
    pub count: u64,
    pace: Pace,
}

impl Group {
    /// What all of them have in common.
    pub fn key(&self) -> Key {
        key(&self.newest)
    }

    /// How many came in the last whole second.
    pub fn rate(&self, now: Timestamp) -> u32 {
        self.pace.rate(now)
    }

    /// The filter that leaves only them.
    pub fn filter(&self) -> String {
        let exchange = &self.newest;
        format!(
            "client:{} op:{} status:{}",
            quote(client(exchange)),
            exchange.operation.as_str(),
            exchange.status
        )
    }
}

fn key(exchange: &ExchangeSummary) -> Key {
    let operation: Operation = exchange.operation;
    (
        client(exchange).to_owned(),
        operation.as_str(),
        exchange.status,
    )
}

/// Whether it storms, and the groups while it does.
#[derive(Debug, Default)]
pub struct Storm {
    /// When it began, while it lasts.
    pub since: Option<Timestamp>,
    /// Exchanges that fit in no group, because there are too many.
    pub others: u64,
    groups: BTreeMap<Key, Group>,
    selected: Option<Key>,
    rows: Pace,
    /// The last second with too many rows to read.
    loud: i64,
}

impl Storm {
    /// Counts an exchange that the filter lets through, and whether it made a row of its own.
    pub fn count(&mut self, exchange: &Arc<ExchangeSummary>, new_row: bool) {
        if new_row {
            self.rows.count(exchange.at);
        }
        if self.rows.recent() > CALM {
            self.loud = self.rows.second;
        }
        if self.since.is_none() && self.rows.recent() > BEGINS {
            *self = Self {
                since: Some(exchange.at),
                rows: std::mem::take(&mut self.rows),
                loud: self.loud,
                ..Self::default()
            };
        }
        self.tick(exchange.at);
        if self.since.is_some() {
            self.add(exchange);
        }
    }

    /// Ends a storm that has calmed down.
    pub fn tick(&mut self, now: Timestamp) {
        if self.since.is_some() && second(now) - self.loud > OVER {
            *self = Self {
                rows: std::mem::take(&mut self.rows),
                ..Self::default()
            };
        }
    }

    fn add(&mut self, exchange: &Arc<ExchangeSummary>) {
        let key = key(exchange);
        if self.groups.len() >= GROUPS && !self.groups.contains_key(&key) {
            self.others += 1;
            return;
        }
        let group = self.groups.entry(key).or_insert_with(|| Group {
            newest: Arc::clone(exchange),
            count: 0,
            pace: Pace::default(),
        });
        group.newest = Arc::clone(exchange);
        group.count += 1;
        group.pace.count(exchange.at);
    }

    /// The groups, the largest first.
    pub fn groups(&self) -> Vec<&Group> {
        let mut groups: Vec<&Group> = self.groups.values().collect();
        groups.sort_by_key(|group| Reverse(group.count));
        groups
    }

    /// How many exchanges are counted in groups.
    pub fn total(&self) -> u64 {
        self.groups.values().map(|group| group.count).sum()
    }

    /// Index of the selected one among them.
    pub fn selected(&self) -> usize {
        let Some(key) = &self.selected else { return 0 };
        let at = self.groups().iter().position(|group| group.key() == *key);
        at.unwrap_or(0)
    }

    /// The selected one.
    pub fn group(&self) -> Option<&Group> {
        self.groups().get(self.selected()).copied()
    }

    /// Selects the group at that index, or else the last.
    pub fn select(&mut self, index: usize) {
        let last = self.groups.len().saturating_sub(1);
        self.selected = self.groups().get(index.min(last)).map(|group| group.key());
    }

    /// Rows a second.
    pub fn rate(&self, now: Timestamp) -> u32 {
        self.rows.rate(now)
    }
}

/// How many came in this second and the one before, by their own times.
#[derive(Debug, Default)]
struct Pace {
    second: i64,
    this: u32,
    before: u32,
}

impl Pace {
    fn count(&mut self, at: Timestamp) {
        let second = second(at);
        if second > self.second {
            self.before = if second == self.second + 1 {
                self.this
            } else {
                0
            };
            self.second = second;
            self.this = 0;
        }
        self.this = self.this.saturating_add(1);
    }

    /// The larger of the last two seconds.
    fn recent(&self) -> u32 {
        self.this.max(self.before)
    }

    /// How many came in the last whole second before `now`.
    fn rate(&self, now: Timestamp) -> u32 {
        match second(now) - self.second {
            ..=0 => self.before,
            1 => self.this,
            _ => 0,
        }
    }
}

fn second(at: Timestamp) -> i64 {
    at.0.div_euclid(1_000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::testing::summary;

    const NOW: i64 = 1_787_493_631_000;

    fn at(seq: u64, millis: i64) -> Arc<ExchangeSummary> {
        Arc::new(ExchangeSummary {
            at: Timestamp(NOW + millis),
            ..summary(seq % 7 + 1)
        })
    }

    /// Feeds `rate` rows a second for `seconds`, from second `from` on.
    fn feed(storm: &mut Storm, from: i64, seconds: i64, rate: i64) {
        for second in from..from + seconds {
            for n in 0..rate {
                let seq = u64::try_from(n).unwrap();
                storm.count(&at(seq, second * 1_000 + n * 1_000 / rate), true);
            }
        }
    }

    #[test]
    fn it_begins_above_one_rate_and_ends_below_a_lower_one() {
        let mut storm = Storm::default();
        feed(&mut storm, 0, 3, 40);
        assert!(storm.since.is_none());
        feed(&mut storm, 3, 3, 41);
        assert!(storm.since.is_some());
        feed(&mut storm, 6, 10, 30);
        assert!(storm.since.is_some(), "between the two it stays");
        feed(&mut storm, 16, 3, 5);
        assert!(storm.since.is_some(), "for a while");
        feed(&mut storm, 19, 3, 5);
        assert!(storm.since.is_none());
        feed(&mut storm, 22, 3, 30);
        assert!(storm.since.is_none(), "and does not begin between the two");
    }

    #[test]
    fn it_ends_when_nothing_comes_any_more() {
        let mut storm = Storm::default();
        feed(&mut storm, 0, 2, 100);
        storm.tick(Timestamp(NOW + 3_000));
        assert!(storm.since.is_some());
        storm.tick(Timestamp(NOW + 9_000));
        assert!(storm.since.is_none() && storm.groups().is_empty());
    }

    #[test]
    fn groups_count_everything_and_the_selected_one_stays() {
        let mut storm = Storm::default();
        feed(&mut storm, 0, 1, 41);
        let before: u64 = storm.groups().iter().map(|group| group.count).sum();
        feed(&mut storm, 1, 2, 140);
        let after: u64 = storm.groups().iter().map(|group| group.count).sum();
        assert_eq!(after - before, 280);
        let now = Timestamp(NOW + 3_000);
        let rates: u32 = storm.groups().iter().map(|group| group.rate(now)).sum();
        assert_eq!((rates, storm.rate(now)), (140, 140));
        storm.select(3);
        let key = storm.group().unwrap().key();
        let odd = at(0, 2_900);
        for _ in 0..500 {
            storm.count(&odd, false);
        }
        assert_eq!(storm.group().unwrap().key(), key);
        storm.select(99);
        assert_eq!(storm.selected() + 1, storm.groups().len());
    }

    #[test]
    fn memory_is_bounded() {
        let mut storm = Storm::default();
        feed(&mut storm, 0, 1, 60);
        for status in 0..2_000 {
            let odd = ExchangeSummary {
                status,
                ..(*at(0, 500)).clone()
            };
            storm.count(&Arc::new(odd), true);
        }
        assert_eq!(storm.groups().len(), GROUPS);
        assert!(storm.others > 1_000);
    }
}
