//! What was recorded lately, counted: rates, latencies, who asks. In memory and bounded; begun anew
//! from the last recorded exchanges when the process starts.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hdrhistogram::Histogram;

use crate::clock::Timestamp;
use crate::ids::TokenId;
use crate::model::exchange::{Client, ExchangeSummary, Operation};
use crate::model::health::{ClientHealth, Health, Latency, MinuteRate};

/// Minutes that rates are kept for.
const MINUTES: i64 = 15;
/// Clients remembered.
const REMEMBER: usize = 1_000;
/// Clients told of.
const TOLD: usize = 50;
const MINUTE: Duration = Duration::from_secs(60);

type Asker = (Client, Option<TokenId>);

/// The counts.
#[derive(Default)]
pub(super) struct Tally(Mutex<State>);

#[derive(Default)]
struct State {
    minutes: BTreeMap<i64, Minute>,
    clients: HashMap<Asker, ClientHealth>,
}

struct Minute {
    rate: MinuteRate,
    reads: Histogram<u64>,
    writes: Histogram<u64>,
    askers: HashMap<Asker, u64>,
}

impl Minute {
    /// `None` never happens: the bounds of the histograms are fixed and fine.
    fn new(number: i64) -> Option<Self> {
        let latencies = || Histogram::new_with_bounds(1, 60_000_000, 2).ok();
        Some(Self {
            rate: MinuteRate {
                at: Timestamp(number * 60_000),
                ..MinuteRate::default()
            },
            reads: latencies()?,
            writes: latencies()?,
            askers: HashMap::new(),
        })
    }
}

impl Tally {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts an exchange.
    pub fn note(&self, summary: &ExchangeSummary) {
        self.state().count(summary);
    }

    /// Rates, latencies and clients.
    pub fn health(&self, now: Timestamp) -> Health {
        let state = self.state();
        let current = number(now);
        let (mut reads, mut writes) = (None, None);
        let mut recent: HashMap<&Asker, u64> = HashMap::new();
        let mut minutes = Vec::new();
        for minute in current - MINUTES + 1..=current {
            let Some(counted) = state.minutes.get(&minute) else {
                minutes.push(MinuteRate {
                    at: Timestamp(minute * 60_000),
                    ..MinuteRate::default()
                });
                continue;
            };
            minutes.push(counted.rate);
            add(&mut reads, &counted.reads);
            add(&mut writes, &counted.writes);
            for (asker, count) in &counted.askers {
                *recent.entry(asker).or_default() += count;
            }
        }
        let mut clients: Vec<_> = state
            .clients
            .iter()
            .map(|(asker, client)| ClientHealth {
                recent: recent.get(asker).copied().unwrap_or(0),
                ..client.clone()
            })
            .collect();
        clients.sort_by_key(|client| std::cmp::Reverse((client.recent, client.last)));
        clients.truncate(TOLD);
        Health {
            minutes,
            reads: reads.as_ref().map(latency).unwrap_or_default(),
            writes: writes.as_ref().map(latency).unwrap_or_default(),
            clients,
            ..Health::default()
        }
    }
}

impl State {
    fn count(&mut self, summary: &ExchangeSummary) {
        let asker = (summary.client, summary.token.clone());
        self.count_minute(summary, &asker);
        self.count_client(summary, asker);
    }

    fn count_minute(&mut self, summary: &ExchangeSummary, asker: &Asker) {
        let minute = number(summary.at);
        if !self.minutes.contains_key(&minute)
            && let Some(new) = Minute::new(minute)
        {
            self.minutes.insert(minute, new);
            while self.minutes.len() > usize::try_from(MINUTES).unwrap_or(1) {
                self.minutes.pop_first();
            }
        }
        let Some(counted) = self.minutes.get_mut(&minute) else {
            return;
        };
        match summary.status {
            500.. => counted.rate.server_errors += 1,
            400.. => counted.rate.client_errors += 1,
            _ => counted.rate.ok += 1,
        }
        let latencies = if reads(summary.operation) {
            &mut counted.reads
        } else {
            &mut counted.writes
        };
        latencies.saturating_record(summary.latency_us.max(1));
        if counted.askers.len() < REMEMBER || counted.askers.contains_key(asker) {
            *counted.askers.entry(asker.clone()).or_default() += 1;
        }
    }

    fn count_client(&mut self, summary: &ExchangeSummary, asker: Asker) {
        make_room(&mut self.clients, &asker, |client| client.last);
        let client = self
            .clients
            .entry(asker)
            .or_insert_with_key(|(client, token)| ClientHealth {
                client: *client,
                token: token.clone(),
                label: None,
                requests: 0,
                errors: 0,
                recent: 0,
                last: summary.at,
            });
        client.label.clone_from(&summary.token_label);
        client.requests += 1;
        client.errors += u64::from(summary.status >= 400);
        client.last = client.last.max(summary.at);
    }
}

/// Forgets whatever was seen least lately if a new key would be one too many.
fn make_room<K: Clone + Eq + Hash, V>(
    of: &mut HashMap<K, V>,
    key: &K,
    last: impl Fn(&V) -> Timestamp,
) {
    if of.len() < REMEMBER || of.contains_key(key) {
        return;
    }
    let oldest = of.iter().min_by_key(|(_, value)| last(value));
    if let Some(oldest) = oldest.map(|(key, _)| key.clone()) {
        of.remove(&oldest);
    }
}

fn number(at: Timestamp) -> i64 {
    at.0.div_euclid(i64::try_from(MINUTE.as_millis()).unwrap_or(i64::MAX))
}

const fn reads(operation: Operation) -> bool {
    matches!(
        operation,
        Operation::Get | Operation::Query | Operation::Discovery | Operation::Me
    )
}

fn add(sum: &mut Option<Histogram<u64>>, more: &Histogram<u64>) {
    match sum {
        // Of the same bounds, so that nothing is out of them.
        Some(sum) => drop(sum.add(more)),
        None => *sum = Some(more.clone()),
    }
}

fn latency(of: &Histogram<u64>) -> Latency {
    if of.is_empty() {
        return Latency::default();
    }
    Latency {
        count: of.len(),
        p50_us: of.value_at_quantile(0.50),
        p95_us: of.value_at_quantile(0.95),
        p99_us: of.value_at_quantile(0.99),
        max_us: of.max(),
    }
}
