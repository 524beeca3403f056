//! What rules remember: moments within a span, and a bounded number of subjects.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::time::Duration;

use super::EVIDENCE;
use crate::clock::Timestamp;
use crate::model::alert::Alert;

/// Moments with the exchange that marks each, the last few of them.
#[derive(Clone, Debug, Default)]
pub(super) struct Marks(VecDeque<(Timestamp, u64)>);

impl Marks {
    /// One more; the oldest of more than `most` are forgotten.
    pub fn push(&mut self, at: Timestamp, seq: u64, most: usize) {
        // Requests are recorded when they end and marked with their beginning.
        let later = self.0.iter().rev().take_while(|mark| mark.0 > at).count();
        self.0.insert(self.0.len() - later, (at, seq));
        while self.0.len() > most.max(1) {
            self.0.pop_front();
        }
    }

    fn within(
        &self,
        now: Timestamp,
        span: Duration,
    ) -> impl DoubleEndedIterator<Item = &(Timestamp, u64)> {
        self.0.iter().filter(move |(at, _)| now.since(*at) < span)
    }

    /// How many within the last `span`.
    pub fn count(&self, now: Timestamp, span: Duration) -> usize {
        self.within(now, span).count()
    }

    /// The last one.
    pub fn last(&self) -> Timestamp {
        self.0.back().map(|mark| mark.0).unwrap_or_default()
    }

    /// When fewer than `least` will be within `span`, if it is as many now.
    pub fn falls(&self, now: Timestamp, span: Duration, least: usize) -> Option<Timestamp> {
        let least = least.max(1);
        if self.count(now, span) < least {
            return None;
        }
        let (at, _) = self.0.get(self.0.len().checked_sub(least)?)?;
        Some(at.plus(span))
    }

    /// Count, times and evidence of those within `span`.
    pub fn tell(&self, now: Timestamp, span: Duration, alert: &mut Alert) {
        alert.count = self.count(now, span) as u64;
        alert.since = self
            .within(now, span)
            .next()
            .map(|mark| mark.0)
            .unwrap_or_default();
        alert.last = self.last();
        alert.evidence = self
            .within(now, span)
            .rev()
            .map(|mark| mark.1)
            .take(EVIDENCE)
            .collect();
    }
}

/// Subjects, the one seen least lately forgotten first.
#[derive(Debug)]
pub(super) struct Keyed<K, V> {
    most: usize,
    of: HashMap<K, (Timestamp, V)>,
}

impl<K: Clone + Eq + Hash, V: Default> Keyed<K, V> {
    /// Room for `most` subjects.
    pub fn new(most: usize) -> Self {
        Self {
            most: most.max(1),
            of: HashMap::new(),
        }
    }

    /// What is remembered of `key`, which was seen at `at`.
    pub fn at(&mut self, key: &K, at: Timestamp) -> &mut V {
        if self.of.len() >= self.most && !self.of.contains_key(key) {
            let oldest = self.of.iter().min_by_key(|(_, (last, _))| *last);
            if let Some(oldest) = oldest.map(|(key, _)| key.clone()) {
                self.of.remove(&oldest);
            }
        }
        let (last, value) = self.of.entry(key.clone()).or_default();
        *last = at.max(*last);
        value
    }

    /// What is remembered of `key`.
    pub fn get(&self, key: &K) -> Option<&V> {
        self.of.get(key).map(|(_, value)| value)
    }

    /// When `key` was last seen.
    pub fn last(&self, key: &K) -> Option<Timestamp> {
        self.of.get(key).map(|(last, _)| *last)
    }

    /// Forgets what was not seen for `span`.
    pub fn forget(&mut self, now: Timestamp, span: Duration) {
        self.of.retain(|_, (last, _)| now.since(*last) < span);
    }

    /// Forgets `key`.
    pub fn remove(&mut self, key: &K) -> Option<V> {
        self.of.remove(key).map(|(_, value)| value)
    }

    /// All.
    pub fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.of.iter().map(|(key, (_, value))| (key, value))
    }

    /// When the first of them is forgotten.
    pub fn deadline(&self, now: Timestamp, span: Duration) -> Option<Timestamp> {
        let ends = self.of.values().map(|(last, _)| last.plus(span));
        ends.filter(|end| *end > now).min()
    }

    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.of.len()
    }
}

/// The network of an address: 24 bits of IPv4, 64 of IPv6; what is no address is its own.
pub(super) fn network(source: &str) -> String {
    use std::net::IpAddr;
    match source.parse() {
        Ok(IpAddr::V4(ip)) => {
            let [a, b, c, _] = ip.octets();
            format!("{a}.{b}.{c}.0/24")
        }
        Ok(IpAddr::V6(ip)) => {
            let [a, b, c, d, ..] = ip.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
        Err(_) => source.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_bounded_ordered_and_say_when_they_are_too_few() {
        let mut marks = Marks::default();
        let span = Duration::from_millis(100);
        for (at, seq) in [(10, 1), (30, 2), (20, 3), (40, 4)] {
            marks.push(Timestamp(at), seq, 3);
        }
        assert_eq!(marks.count(Timestamp(50), span), 3);
        assert_eq!(marks.falls(Timestamp(50), span, 2), Some(Timestamp(130)));
        assert_eq!(marks.count(Timestamp(129), span), 2);
        assert_eq!(marks.count(Timestamp(130), span), 1);
        assert_eq!(marks.falls(Timestamp(130), span, 2), None);
    }

    #[test]
    fn no_more_subjects_than_there_is_room_for() {
        let mut keyed = Keyed::<u32, u32>::new(2);
        for (key, at) in [(1, 1), (2, 2), (1, 3), (3, 4)] {
            *keyed.at(&key, Timestamp(at)) += 1;
        }
        assert_eq!(
            (keyed.len(), keyed.get(&1), keyed.get(&2)),
            (2, Some(&2), None)
        );
        keyed.forget(Timestamp(10), Duration::from_millis(7));
        assert_eq!(keyed.get(&1), None);
    }

    #[test]
    fn networks() {
        for (source, expected) in [
            ("10.1.2.3", "10.1.2.0/24"),
            ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
            ("-", "-"),
        ] {
            assert_eq!(network(source), expected);
        }
    }
}
