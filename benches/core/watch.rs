//! `watch/…`: what the rules cost each recorded request, on the thread that records; and what
//! looking for alerts costs, once a second.
//!
//! To be read against what a request costs otherwise: `resource/…`, and `token/…` for one that is
//! refused.

use std::hint::black_box;
use std::time::Duration;

use criterion::{BatchSize, Criterion, Throughput};
use scimtop::clock::Timestamp;
use scimtop::engine::watch::{Gauges, Known, Rules};
use scimtop::ids::{OrgId, RequestId, TokenId};
use scimtop::model::alert_settings::AlertSettings;
use scimtop::model::exchange::{Client, ExchangeSummary, Operation};
use scimtop::model::token::Refusal;

/// Requests a run, a millisecond apart.
const MANY: u64 = 1_000;
const START: Timestamp = Timestamp(1_772_438_400_000);

/// A change of one of many users, with one of eight tokens, that was carried out.
fn served(seq: u64) -> ExchangeSummary {
    ExchangeSummary {
        seq,
        at: START.plus(Duration::from_millis(seq)),
        org: Some(OrgId(i64::try_from(seq % 8).unwrap_or_default())),
        token: Some(TokenId(format!("tok_{:08x}", seq % 8))),
        token_label: Some("okta-prod".to_owned()),
        client: Client::Okta,
        source: "198.51.100.7".to_owned(),
        method: "PATCH".to_owned(),
        path: format!("/scim/v2/Users/01a224c2-63d7-77f4-a8e2-{seq:012}"),
        query: String::new(),
        operation: Operation::Patch,
        subject: format!("user{seq}@example.com"),
        status: 200,
        scim_type: None,
        refusal: None,
        latency_us: 900,
        what: "title".to_owned(),
        quirks: Vec::new(),
        request: RequestId::new(),
    }
}

/// The same with a token that was never issued, from one of many addresses.
fn refused(seq: u64) -> ExchangeSummary {
    ExchangeSummary {
        org: None,
        token: None,
        token_label: None,
        source: format!("10.{}.{}.9", seq / 250 % 250, seq % 250),
        status: 401,
        refusal: Some(Refusal::Unknown),
        ..served(seq)
    }
}

/// The same for a user who is not there.
fn missing(seq: u64) -> ExchangeSummary {
    ExchangeSummary {
        status: 404,
        ..served(seq)
    }
}

fn rules() -> Rules {
    Rules::new(&AlertSettings::default())
}

/// Rules.
pub fn benches(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("watch");
    group.throughput(Throughput::Elements(MANY));
    let makers: [fn(u64) -> ExchangeSummary; 3] = [served, refused, missing];
    let names = ["served", "refused", "missing"];
    for (name, make) in names.into_iter().zip(makers) {
        // Beyond what is remembered, so that something is forgotten for each that is new.
        let warm: Vec<_> = (1..=2 * MANY).map(make).collect();
        let seen: Vec<_> = (2 * MANY + 1..=3 * MANY).map(make).collect();
        let ready = || {
            let mut rules = rules();
            for one in &warm {
                rules.exchange(one);
            }
            rules
        };
        group.bench_function(format!("exchange/{name}"), |bencher| {
            bencher.iter_batched_ref(
                ready,
                |rules| {
                    for one in &seen {
                        rules.exchange(black_box(one));
                    }
                },
                BatchSize::LargeInput,
            );
        });
    }
    group.throughput(Throughput::Elements(1));
    let mut rules = rules();
    for one in makers.into_iter().flat_map(|make| (1..=MANY).map(make)) {
        rules.exchange(&one);
    }
    let known = Known {
        now: START.plus(Duration::from_secs(2)),
        tokens: &[],
        guards: &[],
        base_url: super::sample::BASE,
        gauges: Gauges::default(),
        backlogs: &[],
    };
    group.bench_function("standing", |bencher| {
        bencher.iter(|| rules.standing(black_box(&known)));
    });
    group.finish();
}
