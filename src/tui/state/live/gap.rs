//! What happened while the daemon was out of reach: how long that was, how many requests there
//! were meanwhile, and how many of them did not come: they are not kept any more, or were too many to show.

use crate::clock::Timestamp;
use crate::model::exchange::ExchangeSummary;

/// Gaps that are remembered.
const GAPS: usize = 100;

/// Times without a feed.
#[derive(Debug, Default)]
pub struct Gaps(Vec<Gap>);

/// A time without a feed.
#[derive(Debug)]
pub struct Gap {
    /// Position of the last exchange before it, if there was one.
    after: Option<u64>,
    /// Position of the last exchange in it.
    last: Option<u64>,
    /// Exchanges of it that came later.
    loaded: u64,
    from: Timestamp,
    /// `None` while it lasts.
    until: Option<Timestamp>,
    /// All that was in it has come.
    whole: bool,
}

impl Gaps {
    /// The feed broke off at `at`, after the exchange at position `after`.
    pub fn begin(&mut self, after: Option<u64>, at: Timestamp) {
        if self.0.last().is_some_and(|gap| gap.until.is_none()) {
            return;
        }
        if self.0.len() >= GAPS {
            self.0.remove(0);
        }
        self.0.push(Gap {
            after,
            last: None,
            loaded: 0,
            from: at,
            until: None,
            whole: false,
        });
    }

    /// The feed is there again.
    pub fn end(&mut self, at: Timestamp) {
        if let Some(gap) = self.0.last_mut() {
            gap.until.get_or_insert(at);
        }
    }

    /// Takes in what the feed brings.
    pub fn arrive(&mut self, exchange: &ExchangeSummary) {
        let Some(gap) = self.0.last_mut().filter(|gap| !gap.whole) else {
            return;
        };
        if gap.until.is_some_and(|until| exchange.at > until) {
            gap.whole = true;
            // What is missing right before it was in the gap, or right after: nobody knows.
            gap.last = exchange.seq.checked_sub(1).max(gap.last);
        } else {
            gap.loaded += 1;
            gap.last = Some(exchange.seq);
        }
    }

    /// Since when the daemon is out of reach, if it is.
    pub fn since(&self) -> Option<Timestamp> {
        let last = self.0.last().filter(|gap| gap.until.is_none())?;
        Some(last.from)
    }

    /// The gaps that are over: the position after which each is to be shown, and the gap.
    pub fn over(&self) -> impl Iterator<Item = (u64, &Gap)> {
        let over = self.0.iter().filter(|gap| gap.until.is_some());
        over.map(|gap| (gap.after.unwrap_or_default(), gap))
    }
}

impl Gap {
    /// What there is to say of it.
    pub fn text(&self) -> String {
        // Positions are without holes, so that what is missing can be counted.
        let between = self
            .after
            .zip(self.last)
            .map_or(0, |(after, last)| last.saturating_sub(after));
        let lost = between.saturating_sub(self.loaded);
        let requests = match self.loaded + lost {
            0 => "no requests".to_owned(),
            1 => "1 request".to_owned(),
            many => format!("{many} requests"),
        };
        let time = |at: Timestamp| at.to_utc().format("%H:%M:%S").to_string();
        let mut text = format!("{requests} while disconnected {}", time(self.from));
        if let Some(until) = self.until {
            text.push('–');
            text.push_str(&time(until));
        }
        if lost > 0 {
            text = format!("{text}, {lost} not loaded");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::exchange_filter::tests::exchange;

    fn at(seconds: i64) -> Timestamp {
        Timestamp((1_700_000_000 + seconds) * 1_000)
    }

    fn arrive(gaps: &mut Gaps, seq: u64, seconds: i64) {
        gaps.arrive(&ExchangeSummary {
            seq,
            at: at(seconds),
            ..exchange()
        });
    }

    fn texts(gaps: &Gaps) -> Vec<String> {
        gaps.over().map(|(_, gap)| gap.text()).collect()
    }

    #[test]
    fn what_came_meanwhile_is_counted_with_what_is_missing() {
        let mut gaps = Gaps::default();
        gaps.begin(Some(10), at(0));
        gaps.begin(Some(10), at(1));
        assert!(texts(&gaps).is_empty());
        gaps.end(at(29));
        assert_eq!(
            texts(&gaps),
            ["no requests while disconnected 22:13:20–22:13:49"]
        );
        // 11 to 13 are not kept any more.
        arrive(&mut gaps, 14, 3);
        arrive(&mut gaps, 15, 20);
        arrive(&mut gaps, 16, 31);
        arrive(&mut gaps, 17, 32);
        assert_eq!(
            texts(&gaps),
            ["5 requests while disconnected 22:13:20–22:13:49, 3 not loaded"]
        );
        assert_eq!(
            gaps.over().map(|(after, _)| after).collect::<Vec<_>>(),
            [10]
        );
    }

    #[test]
    fn what_is_missing_before_the_first_exchange_after_it_counts_too() {
        let mut gaps = Gaps::default();
        gaps.begin(Some(10), at(0));
        gaps.end(at(5));
        arrive(&mut gaps, 13, 9);
        assert_eq!(
            texts(&gaps),
            ["2 requests while disconnected 22:13:20–22:13:25, 2 not loaded"]
        );
        gaps.end(at(50));
        gaps.begin(None, at(60));
        gaps.end(at(61));
        arrive(&mut gaps, 700, 60);
        assert_eq!(
            texts(&gaps)[1],
            "1 request while disconnected 22:14:20–22:14:21"
        );
    }

    #[test]
    fn only_so_many_are_remembered() {
        let mut gaps = Gaps::default();
        for second in 0..300 {
            gaps.begin(Some(1), at(second));
            gaps.end(at(second));
        }
        assert_eq!(gaps.over().count(), GAPS);
    }
}
