//! When the next frame may go out: often enough for a person, and within what the link carries.
//!
//! Frames that data causes wait for each other and for the byte budget, a token bucket that each
//! frame is charged to once its size is known. A frame that a key causes has a lane of its own: it
//! goes at once, and what it costs is taken from the data that comes after it. Where bytes count,
//! such a frame is kept small: what the key did not ask for follows when it can be afforded.

use std::time::Duration;

use tokio::time::Instant;

use crate::tui::Link;

/// Shortest time between two frames that keys cause.
const KEY_FRAME: Duration = Duration::from_millis(33);
/// Bytes of a frame that a key causes, where bytes count: 64 ms of a link of 64 KB/s.
const KEY_BYTES: usize = 4_096;
/// Seconds of budget that may be saved up.
const SAVED: f64 = 0.25;
/// Most seconds of budget that may be owed: after a burst of keys, data comes again soon.
const OWED: f64 = 1.0;

/// What a frame is drawn for. The later one is the more urgent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lane {
    /// Something arrived.
    Data,
    /// A frame left something out.
    Rest,
    /// Somebody waits for it: a key, or an answer to one.
    Key,
}

/// The pace of a link.
#[derive(Debug)]
pub struct Pace {
    frame: Duration,
    /// Bytes a second, if they are counted.
    rate: Option<f64>,
    /// Bytes that may be sent; below zero they are owed.
    budget: f64,
    /// When the budget was worked out.
    counted: Instant,
    last_frame: Option<Instant>,
    last_key: Option<Instant>,
}

impl Pace {
    /// A link on which nothing was sent yet.
    pub fn new(link: Link, now: Instant) -> Self {
        Self {
            frame: Duration::from_secs(1) / link.frames.max(1),
            rate: link.bytes.map(f64::from),
            budget: 0.0,
            counted: now,
            last_frame: None,
            last_key: None,
        }
    }

    /// When a frame for `lane` may go out.
    pub fn due(&self, lane: Lane) -> Instant {
        let after = |last: Option<Instant>, wait| last.map_or(self.counted, |last| last + wait);
        match lane {
            Lane::Key => after(self.last_key, KEY_FRAME.min(self.frame)),
            Lane::Rest => self.affordable(),
            Lane::Data => after(self.last_frame, self.frame).max(self.affordable()),
        }
    }

    /// How many bytes a frame for `lane` should have at most, if it can be made of two.
    pub fn most(&self, lane: Lane) -> Option<usize> {
        (lane == Lane::Key && self.rate.is_some()).then_some(KEY_BYTES)
    }

    /// A frame of so many bytes goes out.
    pub fn sent(&mut self, lane: Lane, bytes: usize, now: Instant) {
        if let Some(rate) = self.rate {
            let since = now.saturating_duration_since(self.counted).as_secs_f64();
            let budget = (self.budget + rate * since).min(rate * SAVED);
            // No frame has so many bytes that this would be inexact.
            let bytes = f64::from(u32::try_from(bytes).unwrap_or(u32::MAX));
            self.budget = (budget - bytes).max(-rate * OWED);
        }
        self.counted = now;
        self.last_frame = Some(now);
        if lane == Lane::Key {
            self.last_key = Some(now);
        }
    }

    /// When nothing is owed any more.
    fn affordable(&self) -> Instant {
        let owed = self
            .rate
            .map_or(0.0, |rate| (-self.budget / rate.max(1.0)).clamp(0.0, OWED));
        self.counted + Duration::from_secs_f64(owed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SSH: Link = Link {
        frames: 10,
        bytes: Some(12_000),
    };

    /// Sends frames of `bytes` for `lane` as early as they may go, for ten seconds; returns how
    /// many there were.
    fn run(link: Link, lane: Lane, bytes: usize) -> usize {
        let start = Instant::now();
        let (mut pace, mut frames) = (Pace::new(link, start), 0);
        loop {
            let due = pace.due(lane);
            if due > start + Duration::from_secs(10) {
                return frames;
            }
            pace.sent(lane, bytes, due);
            frames += 1;
        }
    }

    #[test]
    fn small_frames_are_bounded_by_their_number_and_large_ones_by_their_bytes() {
        let local = Link {
            frames: 30,
            bytes: None,
        };
        assert_eq!(run(local, Lane::Data, 1 << 20), 301);
        assert_eq!(run(SSH, Lane::Data, 100), 101);
        let frames = run(SSH, Lane::Data, 4_000);
        assert!((29..=32).contains(&frames), "{frames}");
    }

    #[test]
    fn a_key_goes_at_once_and_data_pays_for_it() {
        let start = Instant::now();
        let mut pace = Pace::new(SSH, start);
        pace.sent(Lane::Data, 12_000, start);
        let millis = |millis| start + Duration::from_millis(millis);
        assert!(pace.due(Lane::Key) <= start);
        assert_eq!(pace.due(Lane::Data), millis(1_000));
        pace.sent(Lane::Key, 6_000, millis(500));
        assert_eq!(pace.due(Lane::Key), millis(533));
        assert_eq!(pace.due(Lane::Data), millis(1_500));
        assert_eq!(pace.due(Lane::Rest), millis(1_500));
        // Nor is it made to wait for what it did not ask for.
        assert_eq!(pace.most(Lane::Key), Some(KEY_BYTES));
        assert_eq!(pace.most(Lane::Data), None);
        assert_eq!(Pace::new(Link::LOCAL, start).most(Lane::Key), None);
        for at in 600..700 {
            pace.sent(Lane::Key, 6_000, millis(at));
        }
        // However much keys took, data comes again within a second.
        assert_eq!(pace.due(Lane::Data), millis(1_699));
    }

    #[test]
    fn what_was_not_used_is_saved_for_a_moment_only() {
        let start = Instant::now();
        let mut pace = Pace::new(SSH, start);
        let later = start + Duration::from_secs(60);
        pace.sent(Lane::Data, 3_000, later);
        assert_eq!(pace.due(Lane::Data), later + Duration::from_millis(100));
        pace.sent(Lane::Data, 3_000, later);
        assert_eq!(pace.due(Lane::Data), later + Duration::from_millis(250));
    }
}
