//! Recorded exchanges.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};

use super::*;
use crate::ids::RequestId;
use crate::model::exchange::{Body, Client, Exchange, ExchangeSummary, Operation};
use crate::model::token::Refusal;

fn exchange(n: i64) -> Exchange {
    Exchange {
        summary: ExchangeSummary {
            seq: 0,
            at: Timestamp(NOW.0 + n),
            org: (n % 2 == 0).then_some(ORG),
            token: (n % 3 == 0).then(|| TokenId("tok_1".to_owned())),
            token_label: None,
            client: if n % 2 == 0 {
                Client::Okta
            } else {
                Client::Entra
            },
            source: "10.0.0.1".to_owned(),
            method: "POST".to_owned(),
            path: "/scim/v2/Users".to_owned(),
            query: String::new(),
            operation: if n % 2 == 0 {
                Operation::Create
            } else {
                Operation::Query
            },
            subject: format!("Ada{n}@x"),
            status: if n % 4 == 0 { 401 } else { 201 },
            scim_type: None,
            refusal: (n % 4 == 0).then_some(Refusal::Expired),
            latency_us: 1234,
            what: "created".to_owned(),
            quirks: vec!["op-case".to_owned()],
            request: RequestId::new(),
        },
        user_agent: "Okta SCIM Client".to_owned(),
        request_headers: vec![("accept".to_owned(), "*/*".to_owned())],
        request_body: Body {
            text: "{\"userName\":\"ada\"}".to_owned(),
            bytes: 18,
            truncated: false,
        },
        response_headers: Vec::new(),
        response_body: Body::default(),
        detail: Some("no".to_owned()),
        changes: json!([{ "path": "userName", "after": "ada" }]),
    }
}

type Told = Receiver<Vec<Arc<ExchangeSummary>>>;

fn told(house: &House) -> Told {
    let (tell, told) = channel();
    house.store.traffic().subscribe(Box::new(move |summaries| {
        let _ = tell.send(summaries.to_vec());
    }));
    told
}

fn wait(told: &Told, count: usize) -> Vec<Arc<ExchangeSummary>> {
    let mut all = Vec::new();
    while all.len() < count {
        all.extend(told.recv().unwrap());
    }
    all
}

fn recorded(count: i64) -> (House, Told) {
    let house = House::new();
    let told = told(&house);
    for n in 1..=count {
        house.store.traffic().record(exchange(n));
    }
    (house, told)
}

#[test]
fn what_is_told_is_stored_numbered_and_in_order() {
    let (house, told) = recorded(20);
    let traffic = house.store.traffic();
    for (n, summary) in (1..).zip(wait(&told, 20)) {
        assert_eq!(
            (summary.seq, summary.subject.as_str()),
            (n, &*format!("Ada{n}@x"))
        );
        let stored = traffic.get(summary.seq).unwrap().unwrap();
        assert_eq!(stored.summary, *summary);
        let sent = exchange(i64::try_from(n).unwrap());
        assert_eq!(stored.request_body, sent.request_body);
        assert_eq!((stored.changes, stored.detail), (sent.changes, sent.detail));
        let by_request = traffic.by_request(summary.request).unwrap().unwrap();
        assert_eq!(by_request.summary, *summary);
    }
    assert_eq!(traffic.get(21).unwrap(), None);
    assert_eq!(traffic.by_request(RequestId::new()).unwrap(), None);
    let stats = traffic.stats().unwrap();
    assert_eq!((stats.rows, stats.last, traffic.dropped()), (20, 20, 0));
}

#[test]
fn lines_are_filtered_and_paged_in_both_directions() {
    let (house, told) = recorded(12);
    wait(&told, 12);
    let numbers = |query: TrafficQuery, count| {
        let page = house.store.traffic().page(&query, count).unwrap();
        page.into_iter()
            .map(|summary| summary.seq)
            .collect::<Vec<_>>()
    };
    let any = TrafficQuery::default;
    assert_eq!(numbers(any(), 3), [12, 11, 10]);
    let walk = |walk| TrafficQuery { walk, ..any() };
    assert_eq!(numbers(walk(Walk::Newest { before: Some(3) }), 9), [2, 1]);
    assert_eq!(numbers(walk(Walk::Oldest { after: Some(10) }), 9), [11, 12]);
    assert_eq!(
        numbers(
            TrafficQuery {
                org: Some(ORG),
                ..any()
            },
            2
        ),
        [12, 10]
    );
    let token = Some(TokenId("tok_1".to_owned()));
    assert_eq!(numbers(TrafficQuery { token, ..any() }, 9), [12, 9, 6, 3]);
    assert_eq!(
        numbers(
            TrafficQuery {
                client: Some(Client::Entra),
                ..any()
            },
            2
        ),
        [11, 9]
    );
    let operation = Some(Operation::Create);
    assert_eq!(numbers(TrafficQuery { operation, ..any() }, 2), [12, 10]);
    assert_eq!(
        numbers(
            TrafficQuery {
                status: Some(400..=499),
                ..any()
            },
            9
        ),
        [12, 8, 4]
    );
    let subject = Some("ADA1".to_owned());
    assert_eq!(
        numbers(TrafficQuery { subject, ..any() }, 9),
        [12, 11, 10, 1]
    );
    let since = Some(Timestamp(NOW.0 + 11));
    assert_eq!(numbers(TrafficQuery { since, ..any() }, 9), [12, 11]);
}

#[test]
fn closing_stores_what_waits_and_numbers_go_on() {
    let (house, _) = recorded(5);
    let house = house.reopen();
    assert_eq!(house.store.traffic().stats().unwrap().rows, 5);
    let told = told(&house);
    house.store.traffic().record(exchange(6));
    assert_eq!(wait(&told, 1)[0].seq, 6);
}

#[test]
fn old_exchanges_are_pruned_by_age_and_by_size_and_numbers_go_on() {
    let (house, told) = recorded(1500);
    wait(&told, 1500);
    let traffic = house.store.traffic();
    // Pruning goes on between commits, so that each recorded exchange sees more of it done.
    let until = |done: &dyn Fn() -> bool| {
        let more = (0..200).take_while(|_| {
            traffic.record(exchange(9999));
            wait(&told, 1);
            !done()
        });
        assert!(more.count() < 200, "{:?}", traffic.stats());
    };
    let before = traffic.stats().unwrap();
    traffic.prune(Timestamp(NOW.0 + 1201), u64::MAX);
    until(&|| traffic.get(1200).unwrap().is_none());
    assert!(traffic.get(1201).unwrap().is_some());
    let after = traffic.stats().unwrap();
    assert!(
        after.rows < 700 && after.bytes < before.bytes / 2,
        "{after:?}"
    );
    traffic.prune(Timestamp(0), 1);
    until(&|| traffic.stats().unwrap().rows < 5);
    // SQLite remembers the last number even when nothing is left.
    traffic.record(exchange(1));
    let last = wait(&told, 1)[0].seq;
    let house = house.reopen();
    let told = super::traffic::told(&house);
    house.store.traffic().record(exchange(2));
    assert_eq!(wait(&told, 1)[0].seq, last + 1);
}

#[test]
fn under_pressure_bodies_go_first_then_whole_exchanges_which_are_counted() {
    let house = House::with(Options {
        traffic_bytes: 12_000,
        ..Options::default()
    });
    let (tell, told) = channel();
    let (release, wait) = channel::<()>();
    let (entered, inside) = channel();
    house.store.traffic().subscribe(Box::new(move |summaries| {
        let _ = entered.send(());
        let _ = wait.recv();
        let _ = tell.send(summaries.to_vec());
    }));
    house.store.traffic().record(exchange(1));
    // The recorder now waits for its subscriber, so that everything else queues up.
    inside.recv().unwrap();
    for n in 2..=30 {
        house.store.traffic().record(exchange(n));
    }
    let dropped = house.store.traffic().dropped();
    assert!(dropped > 10, "{dropped}");
    drop(release);
    let mut seen = Vec::new();
    while (seen.len() as u64) < 30 - dropped {
        seen.extend(told.recv().unwrap());
    }
    let bodies: Vec<_> = seen
        .iter()
        .map(|summary| {
            house
                .store
                .traffic()
                .get(summary.seq)
                .unwrap()
                .unwrap()
                .request_body
        })
        .collect();
    let kept = bodies.iter().filter(|body| !body.text.is_empty()).count();
    assert!(
        kept > 1 && kept < bodies.len(),
        "{kept} of {}",
        bodies.len()
    );
    for body in &bodies[kept..] {
        assert_eq!(
            (body.text.as_str(), body.bytes, body.truncated),
            ("", 18, true)
        );
    }
}

#[test]
fn a_subscriber_that_panics_does_not_end_the_recording() {
    let house = House::new();
    house
        .store
        .traffic()
        .subscribe(Box::new(|_| panic!("a defect")));
    let told = told(&house);
    for n in 1..=2 {
        house.store.traffic().record(exchange(n));
        wait(&told, 1);
    }
    assert_eq!(house.store.traffic().stats().unwrap().rows, 2);
}

#[test]
fn exchanges_about_purged_people_are_erased_even_those_recorded_just_before() {
    let (house, told) = recorded(1199);
    let traffic = house.store.traffic();
    let mut last = exchange(1200);
    last.request_body.text = r#"{"members":[{"display":"ADA42@X"}]}"#.to_owned();
    traffic.record(last);
    let gone = |n: i64| format!("Ada{n}@x");
    traffic.erase(vec![
        (ORG, ResourceId::new(), gone(4)),
        (ORG, ResourceId::new(), gone(42)),
        (OrgId(7), ResourceId::new(), gone(6)),
    ]);
    wait(&told, 1200);
    let started = crate::clock::Stopwatch::start();
    while traffic.get(1200).unwrap().is_some() {
        assert!(started.elapsed() < std::time::Duration::from_secs(20));
        std::thread::yield_now();
    }
    for (seq, there) in [
        (4, false),
        (42, false),
        (1200, false),
        (6, true),
        (40, true),
    ] {
        assert_eq!(traffic.get(seq).unwrap().is_some(), there, "{seq}");
    }
    let (path, canary) = (house.path().join("traffic.db"), b"Ada42@x");
    drop(house.store);
    let bytes = std::fs::read(path).unwrap();
    assert!(!bytes.windows(canary.len()).any(|at| at == canary));
}
