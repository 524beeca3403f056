//! How long to wait before the next attempt: twice as long each time, up to a bound, and not all
//! at the same moment.

use std::time::Duration;

/// Waiting times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// After the first failure.
    pub first: Duration,
    /// At most.
    pub longest: Duration,
}

impl Backoff {
    /// The wait after `failures` failures in a row; `luck` from 0 to 1 chooses between half of it
    /// and all of it.
    pub fn after(&self, failures: u32, luck: f64) -> Duration {
        let doubled = 2_u32.saturating_pow(failures.saturating_sub(1).min(31));
        let full = self.first.saturating_mul(doubled).min(self.longest);
        full.mul_f64(0.5 + luck.clamp(0.0, 1.0) / 2.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest_and_vary_by_half() {
        let backoff = Backoff {
            first: Duration::from_secs(1),
            longest: Duration::from_secs(300),
        };
        let millis = |failures, luck| backoff.after(failures, luck).as_millis();
        for (failures, full) in [(0, 1), (1, 1), (2, 2), (5, 16), (9, 256), (10, 300)] {
            assert_eq!(millis(failures, 1.0), full * 1000);
            assert_eq!(millis(failures, 0.0), full * 500);
        }
        assert_eq!(millis(u32::MAX, 2.0), 300_000);
        assert_eq!(millis(3, -1.0), 2_000);
    }
}
