//! When an operation starts: as soon as a connection is free, or at a fixed rate.
//!
//! At a fixed rate an operation belongs to its scheduled time. If all connections are still busy
//! then, the wait is the server's doing and is added to the latency; otherwise a stalled server
//! would be asked less and look faster (coordinated omission). Pure: the time is an argument.

use std::time::Duration;

/// At a fixed rate, operations are started late up to this many times the duration asked for;
/// what has not started by then never could and is counted as overdue.
const PATIENCE: u32 = 3;

/// The plan of one measurement.
#[derive(Clone, Copy, Debug)]
pub(super) struct Schedule {
    /// Operations a second, or `None` for a closed loop.
    pub rate: Option<f64>,
    /// How many operations at most.
    pub operations: u64,
    /// How long at most; `None` for preparation, which has to be finished.
    pub duration: Option<Duration>,
}

/// What to do with the `n`th operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// Begin after `wait`; `late` has passed already since it was due.
    Begin { wait: Duration, late: Duration },
    /// Was due too long ago: count it as an error.
    Overdue,
    /// The measurement is over.
    Over,
}

impl Schedule {
    /// A closed loop that runs until all `operations` are done.
    pub const fn all(operations: u64) -> Self {
        Self {
            rate: None,
            operations,
            duration: None,
        }
    }

    /// Decides about operation `n` (from 0) when `now` has passed since the start.
    pub fn turn(&self, n: u64, now: Duration) -> Turn {
        if n >= self.operations {
            return Turn::Over;
        }
        let end = self.duration.unwrap_or(Duration::MAX);
        let Some(rate) = self.rate else {
            return if now < end {
                Turn::Begin {
                    wait: Duration::ZERO,
                    late: Duration::ZERO,
                }
            } else {
                Turn::Over
            };
        };
        #[allow(clippy::cast_precision_loss)] // an operation count is far below 2^52
        let due = Duration::try_from_secs_f64(n as f64 / rate).unwrap_or(Duration::MAX);
        if due >= end {
            Turn::Over
        } else if now >= end.saturating_mul(PATIENCE) {
            Turn::Overdue
        } else {
            Turn::Begin {
                wait: due.saturating_sub(now),
                late: now.saturating_sub(due),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    const fn begin(wait: u64, late: u64) -> Turn {
        Turn::Begin {
            wait: ms(wait),
            late: ms(late),
        }
    }

    #[test]
    fn a_closed_loop_starts_at_once_until_count_or_time_is_up() {
        let closed = Schedule {
            rate: None,
            operations: 10,
            duration: Some(ms(500)),
        };
        assert_eq!(closed.turn(0, ms(0)), begin(0, 0));
        assert_eq!(closed.turn(9, ms(499)), begin(0, 0));
        assert_eq!(closed.turn(9, ms(500)), Turn::Over);
        assert_eq!(closed.turn(10, ms(1)), Turn::Over);
        assert_eq!(Schedule::all(3).turn(2, ms(9_999_999)), begin(0, 0));
    }

    #[test]
    fn an_open_loop_keeps_its_schedule_whatever_the_server_does() {
        let open = Schedule {
            rate: Some(100.0),
            operations: 1_000,
            duration: Some(ms(500)),
        };
        let table = [
            (0, 0, begin(0, 0)),
            (3, 10, begin(20, 0)),
            (3, 30, begin(0, 0)),
            (3, 450, begin(0, 420)),
            // Due before the end: still made after it, and charged in full.
            (49, 900, begin(0, 410)),
            (50, 10, Turn::Over),
            (49, 1_500, Turn::Overdue),
            (1_000, 0, Turn::Over),
        ];
        for (n, now, expected) in table {
            assert_eq!(open.turn(n, ms(now)), expected, "{n} at {now} ms");
        }
    }

    #[test]
    fn a_stall_of_the_server_is_charged_to_every_operation_it_delayed() {
        let open = Schedule {
            rate: Some(1_000.0),
            operations: 100,
            duration: Some(ms(1_000)),
        };
        let charged: u64 = (0..100)
            .map(|n| match open.turn(n, ms(100)) {
                Turn::Begin { late, .. } => u64::try_from(late.as_millis()).unwrap(),
                other => panic!("{other:?}"),
            })
            .sum();
        assert_eq!(charged, (1..=100).sum::<u64>());
    }
}
