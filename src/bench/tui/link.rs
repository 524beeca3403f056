//! A link of a given speed, between the program and whoever looks at the screen.
//!
//! It buffers without bound, as SSH and TCP nearly do: what is written faster than it carries
//! waits, and every key behind it. That is worked out and not slept through.

use std::time::Duration;

/// The link.
pub(super) struct Link {
    bytes_per_second: Option<f64>,
    /// When everything so far has been carried.
    free: Duration,
}

impl Link {
    /// A link of so many kilobits a second; `None`: no delay at all.
    #[allow(clippy::cast_precision_loss)] // no link is that fast
    pub fn new(kbps: Option<u64>) -> Self {
        Self {
            bytes_per_second: kbps.map(|kbps| kbps as f64 * 1_000.0 / 8.0),
            free: Duration::ZERO,
        }
    }

    /// When the last of `bytes` arrives that were written at `at`.
    #[allow(clippy::cast_precision_loss)] // no frame is that large
    pub fn carry(&mut self, at: Duration, bytes: usize) -> Duration {
        let Some(speed) = self.bytes_per_second else {
            return at;
        };
        self.free = self.free.max(at) + Duration::from_secs_f64(bytes as f64 / speed);
        self.free
    }
}
