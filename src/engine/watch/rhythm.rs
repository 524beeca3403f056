//! How a client asks: its pauses of the last two weeks, and at which hours of the week it asks.
//!
//! Both are counted in minutes in which there was a request, so that a burst of thousands counts
//! as the minutes that it took. One rhythm is a few kilobytes, and is kept over a restart.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::DAY;
use crate::clock::Timestamp;

/// Days that pauses are kept for, and weeks that hours are.
const PAUSE_DAYS: i64 = 14;
const WEEKS: i64 = 8;
const HOUR_MS: i64 = 3_600_000;
const WEEK: i64 = 7 * 24;
const WEEK_HOURS: usize = 7 * 24;
/// No client is waited for longer.
const AHEAD: i64 = 2 * WEEK;
/// Of so many pauses one may be longer without saying anything about the client.
const RARE: u64 = 1_000;
/// What is expected is counted in so many parts of a minute with a request.
const PARTS: f64 = 1_000.0;

/// Lengths by powers of the fourth root of two: how many there were of each, by day.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Lengths(Vec<(i64, u8, u32)>);

impl Lengths {
    fn step(length: f64) -> u8 {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // 0 to 255
        let step = (4.0 * length.max(1.0).log2()).floor().min(255.0) as u8;
        step
    }

    /// The least length that is beyond the step.
    fn end(step: u8) -> f64 {
        ((f64::from(step) + 1.0) * 0.25).exp2()
    }

    fn start(step: u8) -> f64 {
        (f64::from(step) * 0.25).exp2()
    }

    fn note(&mut self, day: i64, length: f64, keep: i64) {
        let step = Self::step(length);
        self.0.retain(|(of, ..)| *of > day - keep);
        match self
            .0
            .iter_mut()
            .find(|(of, at, _)| (*of, *at) == (day, step))
        {
            Some((.., count)) => *count = count.saturating_add(1),
            None => self.0.push((day, step, 1)),
        }
    }

    fn counts(&self, after: i64) -> [u64; 256] {
        let mut counts = [0; 256];
        for (_, step, count) in self.0.iter().filter(|(day, ..)| *day > after) {
            if let Some(sum) = counts.get_mut(usize::from(*step)) {
                *sum += u64::from(*count);
            }
        }
        counts
    }

    /// The length that one in [`RARE`] exceeds, and `exceptions` more.
    fn rare(&self, after: i64, exceptions: u64) -> f64 {
        let counts = self.counts(after);
        let mut beyond = counts.iter().sum::<u64>() / RARE + exceptions;
        for step in (0..=u8::MAX).rev() {
            let here = counts.get(usize::from(step)).copied().unwrap_or(0);
            if here > beyond {
                return Self::end(step);
            }
            beyond -= here;
        }
        0.0
    }

    /// How many are longer than `length` for certain.
    fn longer(&self, after: i64, length: f64) -> u64 {
        let counts = self.counts(after);
        let beyond = (0..=u8::MAX).filter(|step| Self::start(*step) > length);
        beyond
            .filter_map(|step| counts.get(usize::from(step)))
            .sum()
    }
}

/// The rhythm of one token.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rhythm {
    /// The last exchange that was counted.
    seq: u64,
    /// Observed since.
    first: Timestamp,
    /// When it last asked.
    last: Timestamp,
    /// Pauses, in seconds.
    pauses: Lengths,
    /// What was expected in each pause, in thousandths of a minute with a request.
    missed: Lengths,
    /// Minutes with a request, by hours since 1970.
    hours: Vec<(i64, u8)>,
}

fn hour(at: Timestamp) -> i64 {
    at.0.div_euclid(HOUR_MS)
}

fn day(at: Timestamp) -> i64 {
    hour(at).div_euclid(24)
}

fn minute(at: Timestamp) -> i64 {
    at.0.div_euclid(60_000)
}

/// How many minutes with a request each hour of the week has on average.
pub struct Expectation([f64; WEEK_HOURS]);

impl Expectation {
    fn at(&self, hour: i64) -> f64 {
        let place = usize::try_from(hour.rem_euclid(WEEK)).unwrap_or(0);
        self.0.get(place).copied().unwrap_or(0.0)
    }

    /// How many a week.
    pub fn week(&self) -> f64 {
        self.0.iter().sum()
    }

    /// How many between two moments; the time after two weeks does not count.
    pub fn between(&self, from: Timestamp, to: Timestamp) -> f64 {
        let mut sum = 0.0;
        let mut at = from.0;
        let end = to.0.min(from.0.saturating_add(AHEAD * HOUR_MS));
        while at < end {
            let next = (at.div_euclid(HOUR_MS) + 1)
                .saturating_mul(HOUR_MS)
                .min(end);
            sum += self.at(at.div_euclid(HOUR_MS)) * part(next - at);
            at = next;
        }
        sum
    }

    /// When so many are expected since `from`; `None`: not within two weeks.
    pub fn reached(&self, from: Timestamp, many: f64) -> Option<Timestamp> {
        let mut left = many;
        let mut at = from.0;
        let end = from.0.saturating_add(AHEAD * HOUR_MS);
        while at < end {
            let next = (at.div_euclid(HOUR_MS) + 1).saturating_mul(HOUR_MS);
            let rate = self.at(at.div_euclid(HOUR_MS));
            let here = rate * part(next - at);
            if here > left {
                let hours = Duration::try_from_secs_f64(left / rate * 3_600.0).ok()?;
                return Some(Timestamp(at).plus(hours).plus(Duration::from_millis(1)));
            }
            left -= here;
            at = next;
        }
        None
    }
}

/// Of an hour.
#[allow(clippy::cast_precision_loss)] // an hour has few milliseconds
fn part(ms: i64) -> f64 {
    ms as f64 / HOUR_MS as f64
}

impl Rhythm {
    /// Takes in a request; one that was counted before a restart is not counted again.
    ///
    /// `began`: the server did not run before; what a client did then is not known.
    pub fn note(&mut self, seq: u64, at: Timestamp, began: Timestamp) {
        if seq <= self.seq {
            return;
        }
        self.seq = seq;
        if self.hours.is_empty() {
            self.first = at;
        } else if minute(at) <= minute(self.last) {
            return;
        } else if self.last >= began || at < began {
            let pause = at.since(self.last);
            let missed = self.expectation(at).between(self.last, at) * PARTS;
            self.pauses.note(day(at), pause.as_secs_f64(), PAUSE_DAYS);
            self.missed.note(day(at), missed, 7 * WEEKS);
        }
        self.last = self.last.max(at);
        let now = hour(at);
        match self.hours.last_mut() {
            Some((of, minutes)) if *of >= now => *minutes = minutes.saturating_add(1),
            _ => self.hours.push((now, 1)),
        }
        self.hours.retain(|(of, _)| *of > now - WEEK * WEEKS);
    }

    /// The last request.
    pub const fn seq(&self) -> u64 {
        self.seq
    }

    /// When it last asked.
    pub const fn last(&self) -> Timestamp {
        self.last
    }

    /// Since when it has been observed.
    pub const fn first(&self) -> Timestamp {
        self.first
    }

    /// What its successor goes on with: a token that is rotated stays one client.
    pub fn join(&mut self, other: &Self) {
        if self.hours.is_empty() || other.first < self.first {
            self.first = other.first;
        }
        self.seq = self.seq.max(other.seq);
        self.last = self.last.max(other.last);
        self.pauses.0.extend_from_slice(&other.pauses.0);
        self.missed.0.extend_from_slice(&other.missed.0);
        self.hours.extend_from_slice(&other.hours);
    }

    /// The average of the weeks that were observed, up to `now`.
    pub fn expectation(&self, now: Timestamp) -> Expectation {
        let mut week = [0.0; WEEK_HOURS];
        let end = hour(now);
        let begin = hour(self.first).max(end - WEEK * WEEKS);
        for (of, minutes) in self.hours.iter().filter(|(of, _)| *of > end - WEEK * WEEKS) {
            let place = usize::try_from(of.rem_euclid(WEEK)).unwrap_or(0);
            if let Some(sum) = week.get_mut(place) {
                *sum += f64::from(*minutes);
            }
        }
        let weeks = ((end - begin) / WEEK).clamp(1, WEEKS);
        let weeks = f64::from(u32::try_from(weeks).unwrap_or(1));
        Expectation(week.map(|sum| sum / weeks))
    }

    /// `times` the length that one pause in a thousand of two weeks exceeded, and `exceptions`
    /// more, or `least` if that is more; and how many pauses were longer.
    pub fn pauses(
        &self,
        now: Timestamp,
        exceptions: u64,
        times: f64,
        least: Duration,
    ) -> (Duration, u64) {
        let after = day(now) - PAUSE_DAYS;
        let limit = (times * self.pauses.rare(after, exceptions)).max(least.as_secs_f64());
        let longer = self.pauses.longer(after, limit);
        (Duration::try_from_secs_f64(limit).unwrap_or(DAY), longer)
    }

    /// What one pause in a thousand of eight weeks, and `exceptions` more, had expected more of, in
    /// minutes with a request.
    pub fn missed(&self, now: Timestamp, exceptions: u64) -> f64 {
        self.missed.rare(day(now) - 7 * WEEKS, exceptions) / PARTS
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::NOW;
    use super::super::{MINUTE, hours};
    use super::*;

    /// Asks at each of these moments.
    fn rhythm(moments: impl Iterator<Item = Timestamp>) -> Rhythm {
        let mut rhythm = Rhythm::default();
        for (seq, at) in (1..).zip(moments) {
            rhythm.note(seq, at, Timestamp(0));
        }
        rhythm
    }

    fn every(minutes: u32, days: u32) -> impl Iterator<Item = Timestamp> {
        (0..=days * 1_440 / minutes)
            .map(move |number| NOW.minus(DAY * days).plus(MINUTE * number * minutes))
    }

    #[test]
    fn the_longest_pauses_but_one_in_a_thousand() {
        let even = rhythm(every(40, 14));
        let (limit, longer) = even.pauses(NOW, 1, 1.5, hours(2));
        assert_eq!((limit, longer), (hours(2), 0));
        let slow = rhythm(every(180, 14));
        let (limit, longer) = slow.pauses(NOW, 1, 1.5, hours(2));
        // A step is a fifth.
        assert!(limit >= MINUTE * 270 && limit <= MINUTE * 330, "{limit:?}");
        assert_eq!(longer, 0);
        // One long pause is an exception, two are not; what lies before two weeks is forgotten.
        let but = |days: &'static [u32]| {
            let away = move |at: Timestamp| {
                let ago = NOW.since(at);
                days.iter()
                    .any(|day| (DAY * *day..DAY * (day + 1)).contains(&ago))
            };
            rhythm(every(40, 30).filter(move |at| !away(*at)))
        };
        let (limit, longer) = but(&[2]).pauses(NOW, 1, 1.5, hours(2));
        assert_eq!((limit, longer), (hours(2), 1));
        let (limit, longer) = but(&[2, 5]).pauses(NOW, 1, 1.5, hours(2));
        assert!(limit >= hours(36) && longer == 0, "{limit:?}");
        let (limit, longer) = but(&[16, 20]).pauses(NOW, 1, 1.5, hours(2));
        assert_eq!((limit, longer), (hours(2), 0));
    }

    #[test]
    fn what_is_expected_follows_the_hour_of_the_week() {
        // NOW is a Friday, 8:00. Every five minutes, from 8 to 10.
        let early = every(5, 21).filter(|at| matches!(hour(*at).rem_euclid(24), 8 | 9));
        let rhythm = rhythm(early);
        let week = rhythm.expectation(NOW);
        assert!((week.week() - 24.0 * 7.0).abs() < 1.0, "{}", week.week());
        let expected = week.between(NOW, NOW.plus(hours(1)));
        assert!((12.0..13.0).contains(&expected), "{expected}");
        let night = week.between(NOW.plus(hours(2)), NOW.plus(hours(24)));
        assert!(night.abs() < 0.1, "{night}");
        let at = week.reached(NOW.plus(hours(2)), 6.0).unwrap();
        assert!(at.since(NOW.plus(hours(24))) <= MINUTE * 31, "{at}");
        assert!(at >= NOW.plus(hours(24)));
        assert_eq!(week.reached(NOW, 1_000.0), None);
    }

    #[test]
    fn a_burst_counts_as_its_minutes_and_nothing_counts_twice() {
        let burst = (0..5_000).map(|number| NOW.plus(Duration::from_millis(number * 24)));
        let mut rhythm = rhythm(burst);
        assert_eq!(rhythm.hours.iter().map(|(_, of)| *of).sum::<u8>(), 2);
        let before = rhythm.clone();
        rhythm.note(5_000, NOW.plus(DAY), Timestamp(0));
        assert_eq!(rhythm, before);
        // A pause in which the server did not run is none of the client's.
        rhythm.note(5_001, NOW.plus(DAY), NOW.plus(hours(1)));
        assert_eq!(rhythm.pauses, before.pauses);
        rhythm.note(5_002, NOW.plus(DAY * 2), NOW.plus(hours(1)));
        assert_ne!(rhythm.pauses, before.pauses);
        let kept: Rhythm = serde_json::from_str(&serde_json::to_string(&rhythm).unwrap()).unwrap();
        assert_eq!(kept, rhythm);
    }
}
