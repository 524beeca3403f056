//! Slow answers: where, for whom, and what stands behind them.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{Silent, count, route, silence};
use crate::ids::RequestId;
use crate::model::diagnosis::{About, Check, Diagnosis};
use crate::model::exchange::{ExchangeSummary, Operation};
use crate::model::health::{Storage, WriterHealth};
use crate::text::{bytes, millis};

/// 99 of 100 answers to what changes something, and to what reads, are to be faster than this.
pub const WRITES: Duration = Duration::from_millis(500);
/// See [`WRITES`].
pub const READS: Duration = Duration::from_millis(300);
/// Fewer requests than this say nothing.
const LEAST: usize = 20;
/// A group with more members than this makes whole reads and replaces slow.
const BIG: u64 = 20_000;
/// Jobs that wait for the writer.
const QUEUE: u64 = 256;
/// The directory's log.
const LOG: u64 = 256 << 20;
/// Of 100 bytes of the file system, free.
const FREE: u64 = 10;

/// What is known of the server's answers.
#[derive(Clone, Debug)]
pub struct Facts<'a> {
    /// The Org's name, if only one is looked at.
    pub org: Option<&'a str>,
    /// Who has stopped asking.
    pub silent: Option<&'a Silent>,
    /// Exchanges of the span that is looked at, newest first.
    pub exchanges: &'a [ExchangeSummary],
    /// The name of an Org.
    pub orgs: &'a BTreeMap<i64, String>,
    /// Sizes.
    pub storage: &'a Storage,
    /// The writer.
    pub writer: &'a WriterHealth,
    /// The largest groups: Org, name, members.
    pub groups: &'a [(String, String, u64)],
}

/// What makes answers slow.
pub fn diagnose(facts: &Facts<'_>) -> Diagnosis {
    let checks = vec![
        times("writes", facts, WRITES, |one| !reads(one)),
        times("reads", facts, READS, reads),
        throttled(facts),
        silence(facts.silent),
        writer(facts),
        recording(facts),
        groups(facts),
        log(facts),
        disk(facts),
    ];
    Diagnosis::of(About::Latency, facts.org.map(str::to_owned), None, checks)
}

fn reads(exchange: &ExchangeSummary) -> bool {
    matches!(
        exchange.operation,
        Operation::Get | Operation::Query | Operation::Discovery | Operation::Me
    )
}

/// Nearest rank; `sorted` is not empty.
fn percentile(sorted: &[u64], of_100: usize) -> u64 {
    let rank = (sorted.len() * of_100).div_ceil(100).max(1);
    sorted.get(rank - 1).copied().unwrap_or_default()
}

fn sorted<'a>(of: impl Iterator<Item = &'a ExchangeSummary>) -> Vec<u64> {
    let mut times: Vec<u64> = of.map(|one| one.latency_us).collect();
    times.sort_unstable();
    times
}

fn times(
    name: &str,
    facts: &Facts<'_>,
    limit: Duration,
    wanted: impl Fn(&ExchangeSummary) -> bool,
) -> Check {
    let limit_us = u64::try_from(limit.as_micros()).unwrap_or(u64::MAX);
    let those: Vec<&ExchangeSummary> = facts
        .exchanges
        .iter()
        .filter(|one| one.operation != Operation::NoRoute && one.refusal.is_none())
        .filter(|one| wanted(one))
        .collect();
    if those.is_empty() {
        return Check::unknown(name, format!("no {name} in the last hour"));
    }
    let all = sorted(those.iter().copied());
    let numbers = |times: &[u64]| {
        format!(
            "p50 {} p95 {} p99 {} ms of {}",
            millis(percentile(times, 50)),
            millis(percentile(times, 95)),
            millis(percentile(times, 99)),
            times.len()
        )
    };
    let mut routes: BTreeMap<String, Vec<&ExchangeSummary>> = BTreeMap::new();
    for one in &those {
        let key = format!("{} {}", one.method, route(one));
        routes.entry(key).or_default().push(one);
    }
    let mut slow = Vec::new();
    for (key, some) in &routes {
        let times = sorted(some.iter().copied());
        let p99 = percentile(&times, 99);
        if times.len() >= LEAST && p99 > limit_us {
            slow.push((p99, key.clone(), numbers(&times), some));
        }
    }
    slow.sort_by(|(one, ..), (other, ..)| other.cmp(one));
    let Some((_, worst, measured, some)) = slow.first() else {
        let few = if all.len() < LEAST {
            ", too few to judge"
        } else {
            ""
        };
        return Check::fine(
            name,
            format!(
                "{name} {}, limit {} ms{few}",
                numbers(&all),
                limit.as_millis()
            ),
        );
    };
    let mut slowest: Vec<&&ExchangeSummary> = some.iter().collect();
    slowest.sort_by_key(|one| std::cmp::Reverse(one.latency_us));
    let others: Vec<_> = slow
        .iter()
        .skip(1)
        .map(|(_, key, ..)| key.as_str())
        .collect();
    let others = if others.is_empty() {
        String::new()
    } else {
        format!("; also {}", others.join(", "))
    };
    Check::problem(
        name,
        format!(
            "{worst} takes {measured}, limit {} ms for 99 of 100{}{others}",
            limit.as_millis(),
            whose(facts, some, limit_us)
        ),
        [format!(
            "look at the slowest: scimtop requests list --filter 'latency>{}ms since:1h'",
            limit.as_millis()
        )],
    )
    .shown_by(
        slowest
            .into_iter()
            .map(|one| one.request)
            .collect::<Vec<RequestId>>(),
    )
}

/// Who most of the slow ones are from, if that is one of several.
fn whose(facts: &Facts<'_>, those: &[&ExchangeSummary], limit: u64) -> String {
    let mut slow: BTreeMap<(String, &str), usize> = BTreeMap::new();
    for one in those.iter().filter(|one| one.latency_us > limit) {
        let org = one.org.and_then(|org| facts.orgs.get(&org.0));
        let org = org.map_or_else(|| "?".to_owned(), Clone::clone);
        *slow.entry((org, one.client.as_str())).or_default() += 1;
    }
    let all: usize = slow.values().sum();
    let most = slow.iter().max_by_key(|(_, count)| **count);
    most.map_or(String::new(), |((org, client), count)| {
        format!("; {count} of the {all} slow ones are from {client} in Org {org}")
    })
}

/// Whether clients are told to come again: what they send then is late, however fast answers are.
fn throttled(facts: &Facts<'_>) -> Check {
    const NAME: &str = "throttled";
    let late: Vec<_> = facts
        .exchanges
        .iter()
        .filter(|one| one.status == 429)
        .collect();
    let Some(newest) = late.first() else {
        return Check::fine(NAME, "no client was told to send more slowly");
    };
    let label = newest.token_label.as_deref().unwrap_or("a token");
    Check::problem(
        NAME,
        format!(
            "{} answered 429 in the last hour, last at {} to {} with token {label}: it sends more \
             requests a second than limits.requests_per_second allows, and waits",
            count(late.len(), "request"),
            newest.at,
            newest.client.as_str()
        ),
        [
            "raise limits.requests_per_second, or leave it out",
            "let the identity provider send less at once",
        ],
    )
    .shown_by(late.iter().map(|one| one.request))
}

fn writer(facts: &Facts<'_>) -> Check {
    const NAME: &str = "writer";
    let queued = facts.writer.queued;
    let finding = format!(
        "{queued} jobs wait; {} jobs in {} commits so far",
        facts.writer.jobs, facts.writer.commits
    );
    if queued < QUEUE {
        return Check::fine(NAME, finding);
    }
    Check::problem(
        NAME,
        format!("{finding}: the disk does not keep up with the writes"),
        ["see the time a commit takes (scimtop health) and what else uses the disk"],
    )
}

fn recording(facts: &Facts<'_>) -> Check {
    const NAME: &str = "recording";
    match facts.storage.exchanges_dropped {
        0 => Check::fine(NAME, "every exchange was recorded"),
        dropped => Check::problem(
            NAME,
            format!("{dropped} exchanges could not be recorded: the disk was too slow"),
            ["put the data directory on a faster disk"],
        ),
    }
}

fn groups(facts: &Facts<'_>) -> Check {
    const NAME: &str = "groups";
    let big: Vec<_> = facts
        .groups
        .iter()
        .filter(|(_, _, members)| *members > BIG)
        .map(|(org, name, members)| format!("{name} in Org {org} ({members} members)"))
        .collect();
    if big.is_empty() {
        return Check::fine(NAME, format!("no group has more than {BIG} members"));
    }
    // Alone it is no fault: members are rows, and only reading or replacing all of them is slow.
    let slow = facts
        .exchanges
        .iter()
        .filter(|one| route(one).starts_with("/Groups"))
        .filter(|one| u128::from(one.latency_us) > WRITES.as_micros());
    let slow: Vec<_> = slow.map(|one| one.request).collect();
    let finding = format!("big groups: {}", big.join(", "));
    if slow.is_empty() {
        return Check::fine(NAME, finding);
    }
    Check::problem(
        NAME,
        format!("{finding}; requests about groups were slow"),
        [
            "let the client send changes of members (PATCH), not whole groups (PUT)",
            "let it read groups with excludedAttributes=members",
        ],
    )
    .shown_by(slow)
}

fn log(facts: &Facts<'_>) -> Check {
    const NAME: &str = "storage";
    let storage = facts.storage;
    let finding = format!(
        "directory {}, log {}, exchanges {}",
        bytes(storage.directory_bytes),
        bytes(storage.log_bytes),
        bytes(storage.traffic_bytes)
    );
    if storage.log_bytes <= LOG {
        return Check::fine(NAME, finding);
    }
    Check::problem(
        NAME,
        format!("{finding}: a long read keeps the log from being taken over"),
        [
            "end what reads for long (exports, backups), then restart the server if it does not shrink",
        ],
    )
}

fn disk(facts: &Facts<'_>) -> Check {
    const NAME: &str = "disk";
    let (Some(free), Some(all)) = (facts.storage.disk_free_bytes, facts.storage.disk_bytes) else {
        return Check::unknown(NAME, "the system does not say how full the disk is");
    };
    let finding = format!("{} free of {}", bytes(free), bytes(all));
    if u128::from(free) * 100 >= u128::from(all) * u128::from(FREE) {
        return Check::fine(NAME, finding);
    }
    Check::problem(
        NAME,
        format!("the disk is nearly full: {finding}"),
        ["make room, or keep less: traffic.keep_days, traffic.max_bytes"],
    )
}
