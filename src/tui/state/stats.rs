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
            let name = client(exchange);
            // No `entry`: it would need an owned name for each of thousands of exchanges.
            if !stats.clients.contains_key(name) {
                stats
                    .clients
                    .insert(name.to_owned(), ClientStats::default());
            }
            let Some(client) = stats.clients.get_mut(name) else {
                continue;
            };
            client.rate += f64::from(u8::from(recent));
            client.total += 1;
            client.failed += u32::from(exchange.status >= 400);
            client.last = client.last.max(exchange.at);
        }
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

fn percentiles(latencies: &mut [u64]) -> Option<[u64; 3]> {
    latencies.sort_unstable();
    let last = latencies.len().checked_sub(1)?;
    Some([50, 95, 99].map(|percent| latencies[(latencies.len() * percent / 100).min(last)]))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::model::exchange::ExchangeSummary;
    use crate::model::exchange_filter::tests::exchange;

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
}
