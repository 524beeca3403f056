//! Rates, latencies and per-client figures, computed from the exchanges that are held.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::clock::Timestamp;
use crate::tui::state::live::client;
use crate::tui::state::log::Log;

/// How many steps a sparkline has.
pub const STEPS: usize = 26;
/// What a sparkline spans.
const SPAN: Duration = Duration::from_secs(15 * 60);
/// What a rate is taken over.
const RATE: Duration = Duration::from_secs(60);

/// Figures of the last 15 minutes, as far as the exchanges held go back.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stats {
    /// Answers below 400.
    pub ok: Series,
    /// Answers from 400 to 499.
    pub client_errors: Series,
    /// Answers from 500.
    pub server_errors: Series,
    /// Latency percentiles in microseconds: 50th, 95th, 99th.
    pub latency_us: Option<[u64; 3]>,
    /// Who asked, by name.
    pub clients: BTreeMap<String, ClientStats>,
}

/// One class of answers over time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Series {
    /// A second, over the last minute.
    pub rate: f64,
    /// Per step, oldest first.
    pub steps: [u32; STEPS],
}

/// One client.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ClientStats {
    /// A second, over the last minute.
    pub rate: f64,
    /// Exchanges.
    pub total: u32,
    /// Exchanges that failed.
    pub failed: u32,
    /// The last one.
    pub last: Timestamp,
}

impl Stats {
    /// Figures of `log` at `now`.
    pub fn of(log: &Log, now: Timestamp) -> Self {
        let mut stats = Self::default();
        let mut latencies = Vec::new();
        let mut clients: BTreeMap<&str, ClientStats> = BTreeMap::new();
        let mut oldest = now;
        let step = SPAN.as_millis() / STEPS as u128;
        for exchange in log.newest_first() {
            let age = now.since(exchange.at);
            if age >= SPAN {
                break;
            }
            oldest = exchange.at;
            latencies.push(exchange.latency_us);
            let at = usize::try_from(age.as_millis() / step).unwrap_or(STEPS);
            let recent = age < RATE;
            let series = match exchange.status {
                ..400 => &mut stats.ok,
                400..500 => &mut stats.client_errors,
                _ => &mut stats.server_errors,
            };
            if let Some(count) = STEPS.checked_sub(at + 1).map(|at| &mut series.steps[at]) {
                *count += 1;
            }
            series.rate += f64::from(u8::from(recent));
            let client = clients.entry(client(exchange)).or_default();
            client.rate += f64::from(u8::from(recent));
            client.total += 1;
            client.failed += u32::from(exchange.status >= 400);
            client.last = client.last.max(exchange.at);
        }
        let named = clients.into_iter();
        stats.clients = named
            .map(|(name, client)| (name.to_owned(), client))
            .collect();
        // A full log may not reach back a minute.
        let over = if log.is_full() {
            RATE.min(now.since(oldest)).max(Duration::from_secs(1))
        } else {
            RATE
        };
        stats.divide(over.as_secs_f64());
        stats.latency_us = percentiles(&mut latencies);
        stats
    }

    fn divide(&mut self, seconds: f64) {
        for series in [
            &mut self.ok,
            &mut self.client_errors,
            &mut self.server_errors,
        ] {
            series.rate /= seconds;
        }
        for client in self.clients.values_mut() {
            client.rate /= seconds;
        }
    }
}

/// Puts just these three in their place: sorting all of them takes several times as long.
fn percentiles(latencies: &mut [u64]) -> Option<[u64; 3]> {
    let last = latencies.len().checked_sub(1)?;
    Some([50, 95, 99].map(|percent| {
        let place = (latencies.len() * percent / 100).min(last);
        *latencies.select_nth_unstable(place).1
    }))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;
    use crate::ids::OrgId;
    use crate::model::exchange::ExchangeSummary;
    use crate::model::exchange_filter::tests::exchange;
    use crate::ops::api::ExchangePage;
    use crate::tui::state::live::Live;
    use crate::tui::state::log::CAPACITY;

    #[test]
    fn percentiles_are_those_of_the_sorted() {
        for count in [0, 1, 2, 3, 50, 99, 100, 101, 1_000] {
            let mut latencies: Vec<u64> = (0..count).map(|n| n * 7_919 % 1_009).collect();
            let found = percentiles(&mut latencies);
            latencies.sort_unstable();
            let at = |percent| latencies.get(latencies.len() * percent / 100).copied();
            let expected = (count > 0).then(|| [50, 95, 99].map(|percent| at(percent).unwrap()));
            assert_eq!(found, expected, "{count}");
        }
    }

    #[test]
    fn figures_cover_the_last_quarter_of_an_hour() {
        let now = Timestamp(1_700_000_000_000);
        let mut log = Log::default();
        let cases = [(1_000, 200), (100, 500), (30, 401), (1, 200), (0, 200)];
        for (seq, (age, status)) in (1..).zip(cases) {
            let exchange = ExchangeSummary {
                seq,
                status,
                at: now.minus(Duration::from_secs(age)),
                latency_us: seq * 1_000,
                ..exchange()
            };
            log.push(Arc::new(exchange), now);
        }
        let stats = Stats::of(&log, now);
        assert!((stats.ok.rate - 2.0 / 60.0).abs() < 1e-9);
        assert_eq!(stats.ok.steps[STEPS - 1], 2);
        assert_eq!(stats.server_errors.steps.iter().sum::<u32>(), 1);
        assert_eq!(stats.latency_us, Some([4_000, 5_000, 5_000]));
        let client = &stats.clients["okta-prod"];
        assert_eq!((client.total, client.failed, client.last), (4, 2, now));
    }

    /// What happens to Live, at most so many milliseconds later.
    #[derive(Clone, Copy, Debug)]
    enum Step {
        Arrive(u64, u16),
        Older,
        Filter(&'static str),
        Org(Option<i64>),
        Nothing,
    }

    fn steps() -> impl Strategy<Value = Vec<(u64, Step)>> {
        let step = prop_oneof![
            8 => (0_u64..90_000, 200_u16..600).prop_map(|(age, status)| Step::Arrive(age, status)),
            1 => Just(Step::Older),
            1 => prop_oneof![Just("status>=400"), Just("")].prop_map(Step::Filter),
            1 => proptest::option::of(0_i64..2).prop_map(Step::Org),
            2 => Just(Step::Nothing),
        ];
        let pause = prop_oneof![4 => 0_u64..40, 1 => 0_u64..2_500, 1 => 0_u64..400_000];
        proptest::collection::vec((pause, step), 1..60)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn figures_are_made_once_a_second_and_of_all_that_is_held(
            steps in steps(),
            held in prop_oneof![4 => 0_usize..50, 1 => CAPACITY - 20..CAPACITY],
        ) {
            let mut now = Timestamp(1_700_000_000_000);
            let mut live = Live::default();
            let mut seq = 1_000_000;
            let mut next = |at: Timestamp, status: u16| {
                seq += 1;
                Arc::new(ExchangeSummary {
                    seq,
                    at,
                    status,
                    org: Some(OrgId(i64::from(status % 2))),
                    latency_us: seq * 7_919 % 100_000,
                    token_label: Some(format!("client {}", status % 5)),
                    ..exchange()
                })
            };
            for _ in 0..held {
                live.arrive(&next(now, 200), now);
            }
            let mut second = None;
            for (pause, step) in steps {
                now = now.plus(Duration::from_millis(pause));
                let before = live.stats.clone();
                match step {
                    Step::Arrive(age, status) => {
                        let at = now.minus(Duration::from_millis(age));
                        live.arrive(&next(at, status), now);
                    }
                    Step::Older => {
                        let at = now.minus(Duration::from_secs(300));
                        let older = ExchangeSummary { seq: 1, at, ..exchange() };
                        let page = ExchangePage { exchanges: vec![Arc::new(older)], older: None };
                        live.take_older(&page, now);
                        second = None;
                    }
                    Step::Filter(text) => live.set_filter(text, now).unwrap(),
                    Step::Org(org) => live.narrow_to(org.map(OrgId), now),
                    Step::Nothing => {}
                }
                live.figure(now);
                let this = now.0.div_euclid(1_000);
                let expected = match second.replace(this) {
                    Some(made) if made == this => before,
                    _ => Stats::of(&live.log, now),
                };
                prop_assert_eq!(&live.stats, &expected);
            }
            // A second later they tell of everything.
            now = now.plus(Duration::from_secs(1));
            live.figure(now);
            prop_assert_eq!(&live.stats, &Stats::of(&live.log, now));
        }
    }
}
