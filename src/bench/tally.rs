//! What is counted while a measurement runs, and what is computed from it.

use std::collections::BTreeMap;
use std::time::Duration;

use hdrhistogram::Histogram;
use serde::Serialize;

/// Latencies are cut off at ten hours, in nanoseconds: no request is waited for that long.
const LONGEST: u64 = 36_000_000_000_000;

/// Counts of one connection, or of a whole measurement once merged.
pub(super) struct Tally {
    /// Latencies of successful requests in nanoseconds.
    latency: Histogram<u32>,
    /// Operations of which every request succeeded.
    pub operations: u64,
    /// Successful requests.
    pub requests: u64,
    /// Requests sent again over a new connection.
    pub retries: u64,
    /// Bytes of the bodies of successful answers.
    pub bytes: u64,
    /// Requests that failed, by kind.
    pub errors: BTreeMap<String, u64>,
    /// Time spent on requests off the record.
    pub aside: Duration,
    /// How long the measurement took, without what was off the record.
    pub seconds: f64,
}

impl Tally {
    pub fn new() -> Self {
        Self {
            latency: Histogram::new(3).expect("three significant digits are a legal precision"),
            operations: 0,
            requests: 0,
            retries: 0,
            bytes: 0,
            errors: BTreeMap::new(),
            aside: Duration::ZERO,
            seconds: 0.0,
        }
    }

    /// Counts a request that succeeded.
    pub fn success(&mut self, latency: Duration, bytes: usize) {
        let nanos = u64::try_from(latency.as_nanos()).unwrap_or(u64::MAX);
        self.latency
            .record(nanos.clamp(1, LONGEST))
            .expect("a histogram that resizes itself takes every value");
        self.requests += 1;
        self.bytes += u64::try_from(bytes).unwrap_or(u64::MAX);
    }

    /// Counts a request that failed.
    pub fn failure(&mut self, kind: &str) {
        match self.errors.get_mut(kind) {
            Some(count) => *count += 1,
            None => drop(self.errors.insert(kind.to_owned(), 1)),
        }
    }

    /// Adds the counts of another connection.
    pub fn merge(&mut self, other: &Self) {
        self.latency
            .add(&other.latency)
            .expect("a histogram that resizes itself takes every value of another");
        self.operations += other.operations;
        self.requests += other.requests;
        self.retries += other.retries;
        self.bytes += other.bytes;
        self.aside += other.aside;
        for (kind, count) in &other.errors {
            *self.errors.entry(kind.clone()).or_default() += count;
        }
    }

    /// The most frequent kind of error.
    pub fn main_error(&self) -> String {
        let most = self.errors.iter().max_by_key(|(_, count)| **count);
        most.map_or_else(|| "none".to_owned(), |(kind, _)| kind.clone())
    }

    /// Successful requests a second.
    pub fn rate(&self) -> f64 {
        per_second(self.requests, self.seconds)
    }

    /// The latencies' distribution.
    pub fn latency(&self) -> Latency {
        let at = |quantile| micros(self.latency.value_at_quantile(quantile));
        Latency {
            p50: at(0.5),
            p90: at(0.9),
            p99: at(0.99),
            p999: at(0.999),
            max: micros(self.latency.max()),
            mean: self.latency.mean() / 1_000.0,
        }
    }
}

/// Latencies of successful requests in microseconds; all 0 if there were none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Latency {
    /// Half of the requests took no longer.
    pub p50: f64,
    /// Nine in ten took no longer.
    pub p90: f64,
    /// 99 in 100 took no longer.
    pub p99: f64,
    /// 999 in 1 000 took no longer.
    pub p999: f64,
    /// The longest.
    pub max: f64,
    /// The mean.
    pub mean: f64,
}

#[allow(clippy::cast_precision_loss)] // latencies are far below 2^52 ns (52 days)
fn micros(nanos: u64) -> f64 {
    nanos as f64 / 1_000.0
}

/// `count` over `seconds`; 0 if no time has passed.
#[allow(clippy::cast_precision_loss)] // counts are far below 2^52
pub(super) fn per_second(count: u64, seconds: f64) -> f64 {
    if seconds > 0.0 {
        count as f64 / seconds
    } else {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_those_of_the_recorded_latencies() {
        let mut tally = Tally::new();
        for micros in 1..=1_000 {
            tally.success(Duration::from_micros(micros), 2);
        }
        let latency = tally.latency();
        let close = |value: f64, expected: f64| (value - expected).abs() <= expected / 500.0;
        assert!(close(latency.p50, 500.0), "{latency:?}");
        assert!(close(latency.p90, 900.0), "{latency:?}");
        assert!(close(latency.p99, 990.0), "{latency:?}");
        assert!(close(latency.p999, 999.0), "{latency:?}");
        assert!(close(latency.max, 1_000.0), "{latency:?}");
        assert!(close(latency.mean, 500.5), "{latency:?}");
        assert_eq!((tally.requests, tally.bytes), (1_000, 2_000));
        assert_eq!(Tally::new().latency(), Latency::default());
    }

    #[test]
    fn merging_adds_counts_and_keeps_failures_out_of_latencies() {
        let (mut a, mut b) = (Tally::new(), Tally::new());
        a.success(Duration::from_micros(10), 1);
        a.failure("status 500");
        b.success(Duration::from_secs(3_000), 1);
        b.failure("status 500");
        b.failure("timeout");
        a.merge(&b);
        assert_eq!(a.requests, 2);
        assert_eq!(
            a.errors,
            [("status 500".to_owned(), 2), ("timeout".to_owned(), 1)].into()
        );
        assert_eq!(a.main_error(), "status 500");
        assert!(a.latency().max > 2_990_000_000.0);
        a.seconds = 4.0;
        assert!((a.rate() - 0.5).abs() < f64::EPSILON);
        assert!(per_second(5, 0.0).abs() < f64::EPSILON);
    }
}
