//! A limit of requests per second for each token.
//!
//! Kept as one number per token: the time at which its requests, spaced evenly, would be spent
//! (the generic cell rate algorithm). Only tokens that were accepted get here, so the table is
//! as small as the list of tokens.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::clock::Stopwatch;
use crate::ids::TokenId;

/// Counts the requests of every token.
pub(super) struct Rates {
    /// Between two requests; `None`: no limit.
    spacing: Option<Duration>,
    clock: Stopwatch,
    spent: Mutex<HashMap<TokenId, Duration>>,
}

impl Rates {
    pub(super) fn new(per_second: Option<NonZeroU32>) -> Self {
        Self {
            spacing: per_second.map(|rate| Duration::from_secs(1) / rate.get()),
            clock: Stopwatch::start(),
            spent: Mutex::default(),
        }
    }

    /// Counts a request; the error is how many seconds to wait before the next try.
    pub(super) fn admit(&self, token: &TokenId) -> Result<(), u32> {
        match self.spacing {
            Some(spacing) => self.admit_at(token, spacing, self.clock.elapsed()),
            None => Ok(()),
        }
    }

    fn admit_at(&self, token: &TokenId, spacing: Duration, now: Duration) -> Result<(), u32> {
        let mut spent = self.spent.lock().unwrap_or_else(PoisonError::into_inner);
        let before = spent.get(token).copied().unwrap_or_default();
        let after = before.max(now) + spacing;
        // A second's worth may come at once.
        let early = after.saturating_sub(now + Duration::from_secs(1));
        if early.is_zero() {
            spent.insert(token.clone(), after);
            return Ok(());
        }
        let seconds = early.as_secs() + u64::from(early.subsec_nanos() > 0);
        Err(u32::try_from(seconds).unwrap_or(u32::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_holds_as_many_as_the_rate_for_each_token() {
        let rates = Rates::new(NonZeroU32::new(4));
        let (one, two) = (TokenId("tok_1".into()), TokenId("tok_2".into()));
        let spacing = rates.spacing.unwrap();
        let admit = |token, at| rates.admit_at(token, spacing, Duration::from_millis(at));
        for _ in 0..4 {
            assert_eq!(admit(&one, 0), Ok(()));
        }
        assert_eq!(admit(&one, 0), Err(1));
        assert_eq!(admit(&one, 249), Err(1));
        assert_eq!(admit(&two, 249), Ok(()));
        assert_eq!(admit(&one, 250), Ok(()));
        assert_eq!(admit(&one, 250), Err(1));
        assert_eq!(admit(&one, 60_000), Ok(()));
        let admitted = (0..10).filter(|_| admit(&one, 60_000).is_ok()).count();
        assert_eq!(admitted, 3);
    }

    #[test]
    fn no_rate_is_no_limit() {
        let rates = Rates::new(None);
        assert!((0..10_000).all(|_| rates.admit(&TokenId("tok_1".into())).is_ok()));
    }
}
