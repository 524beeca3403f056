//! Whole runs against the stub.

use std::cell::RefCell;
use std::sync::Arc;
use std::time::Duration;

use http::Method;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::stub::{Behaviour, Stub, TOKEN};
use super::*;
use crate::wire::{Call, Client, Target};

/// Small enough for a test; the duration is out of reach, so that counts are exact.
fn small(url: &str) -> Options {
    let mut options = Options::new(url, TOKEN.to_owned());
    options.concurrency = vec![3];
    options.size = 60;
    options.operations = 45;
    options.duration = Duration::from_secs(600);
    options.group_sizes = vec![10, 50];
    options.repeats = 2;
    options
}

const FULL: Behaviour = Behaviour {
    bulk: true,
    cursor: true,
    fail_every: None,
    deaf: false,
};

async fn measure(options: Options) -> Report {
    run(options, |_| {}).await.unwrap()
}

#[tokio::test]
async fn every_phase_runs_counts_right_and_leaves_nothing() {
    let stub = Stub::start(FULL).await;
    let lines = RefCell::new(Vec::new());
    let progress = |line: &str| lines.borrow_mut().push(line.to_owned());
    let report = run(small(&stub.url), progress).await.unwrap();

    let order: Vec<_> = report
        .rows
        .iter()
        .map(|row| (row.phase, row.members))
        .collect();
    let mut expected = Vec::new();
    for phase in Phase::ALL {
        if !phase.by_group_size() {
            expected.push((phase, None));
        } else if phase == Phase::PatchAdd {
            for members in [Some(10), Some(50)] {
                for phase in [Phase::PatchAdd, Phase::PatchRemove, Phase::GroupGet] {
                    expected.push((phase, members));
                }
            }
        }
    }
    assert_eq!(order, expected);
    for row in &report.rows {
        assert!(row.errors.is_empty(), "{}: {:?}", row.phase, row.errors);
        let operations = 45_u64.div_ceil(row.phase.requests());
        let expected = (operations, operations * row.phase.requests());
        assert_eq!((row.operations, row.requests), expected, "{}", row.phase);
        assert_eq!(row.repeats.len(), 2);
        assert!(row.requests_per_second > 0.0 && row.latency.p50 > 0.0);
    }
    assert_eq!(report.server.software.as_deref(), Some("stub/1"));
    assert!(report.loaded[0].bulk);
    assert_eq!(
        report
            .growth
            .iter()
            .map(|growth| growth.by)
            .collect::<Vec<_>>(),
        ["members"; 3]
    );
    assert!(report.skipped.is_empty());
    assert!(
        lines
            .borrow()
            .iter()
            .any(|line| line.starts_with("okta-cycle at 3: "))
    );

    let store = stub.store.lock().unwrap();
    assert_eq!((store.resources(), report.left_behind), (0, 0));
    // 7 operations a request: 9 for the first 60 users, and 7, 7 to provide for the deletions.
    assert!(store.calls("POST Bulk") >= 9);
    // Each measured change of a membership is taken back: 45 × 2 requests, 2 repeats, 2 phases,
    // 2 sizes; each filled by one; 4 of Entra's cycles with 1 each, 2 of Okta's with 2.
    assert_eq!(
        store.calls("PATCH Groups"),
        45 * 2 * 2 * 2 * 2 + 2 + 4 + 2 * 2
    );
    // Deactivations, and Entra's updates.
    assert_eq!(store.calls("PATCH Users"), 45 * 2 + 4 * 10);
}

#[tokio::test]
async fn errors_are_counted_apart_and_by_kind() {
    let stub = Stub::start(Behaviour {
        fail_every: Some(5),
        ..FULL
    })
    .await;
    let mut options = small(&stub.url);
    options.phases = vec![Phase::Get];
    let report = measure(options).await;
    let row = &report.rows[0];
    assert_eq!(row.errors, [("status 500".to_owned(), 2 * 45 / 5)].into());
    assert_eq!((row.operations, row.requests), (36, 36));

    let stub = Stub::start(Behaviour { deaf: true, ..FULL }).await;
    let mut options = small(&stub.url);
    options.phases = vec![Phase::Hit, Phase::Sw, Phase::Miss];
    let report = measure(options).await;
    for row in &report.rows {
        assert_eq!(row.errors, [("wrong totalResults".to_owned(), 90)].into());
        assert_eq!((row.requests, row.latency), (0, Latency::default()));
    }
    assert_eq!(stub.store.lock().unwrap().resources(), 0);
}

#[tokio::test]
async fn growth_measures_the_reads_at_each_size_and_compares() {
    let stub = Stub::start(FULL).await;
    let mut options = small(&stub.url);
    options.growth = vec![200, 50, 100];
    options.group_sizes = vec![100, 20];
    options.phases = vec![Phase::Get, Phase::Deep, Phase::Create, Phase::PatchAdd];
    options.keep = true;
    let report = measure(options).await;
    let seen: Vec<_> = report
        .growth
        .iter()
        .map(|growth| {
            (
                growth.phase,
                growth.points.iter().map(|p| p.size).collect::<Vec<_>>(),
            )
        })
        .collect();
    assert_eq!(
        seen,
        [
            (Phase::Get, vec![50, 100, 200]),
            (Phase::Deep, vec![50, 100, 200]),
            (Phase::PatchAdd, vec![20, 100]),
        ]
    );
    assert_eq!(report.growth[0].points[0].ratio, Some(1.0));
    assert_eq!(
        report
            .loaded
            .iter()
            .map(|loaded| loaded.users)
            .collect::<Vec<_>>(),
        [50, 50, 100]
    );
    assert_eq!(report.left_behind, 201);
    assert_eq!(stub.store.lock().unwrap().resources(), 201);
    assert!(
        report
            .to_string()
            .contains("201 users and groups of this run kept as asked")
    );
}

#[tokio::test]
async fn without_bulk_users_are_posted_and_without_cursors_none_is_asked_for() {
    let stub = Stub::start(Behaviour::default()).await;
    let mut options = small(&stub.url);
    options.phases = vec![Phase::Cursor, Phase::List];
    let report = measure(options).await;
    assert_eq!(report.rows.len(), 1);
    assert_eq!(report.skipped[0].phase, Phase::Cursor);
    assert!(!report.loaded[0].bulk);
    let store = stub.store.lock().unwrap();
    assert_eq!(
        (store.calls("POST Users"), store.calls("POST Bulk")),
        (60, 0)
    );
}

#[tokio::test]
async fn an_open_loop_makes_the_operations_that_fall_into_its_duration() {
    let stub = Stub::start(FULL).await;
    let mut options = small(&stub.url);
    options.phases = vec![Phase::Get];
    options.rate = Some(1_000.0);
    options.duration = Duration::from_millis(20);
    options.repeats = 1;
    let report = measure(options).await;
    assert_eq!(
        report.rows[0].requests + report.rows[0].errors.values().sum::<u64>(),
        20
    );
}

#[tokio::test]
async fn what_keeps_a_run_from_starting_is_told_apart() {
    let stub = Stub::start(FULL).await;
    let failure = async |url: &str, token: &str| {
        let options = Options::new(url, token.to_owned());
        run(options, |_| {}).await.unwrap_err()
    };
    assert!(matches!(
        failure(&stub.url, "wrong").await,
        BenchError::Unauthorized { status: 401 }
    ));
    let elsewhere = stub.url.replace("/scim/v2", "/api");
    assert!(matches!(
        failure(&elsewhere, TOKEN).await,
        BenchError::NotScim { status: 404, .. }
    ));
    let gone = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", gone.local_addr().unwrap());
    drop(gone);
    assert!(matches!(
        failure(&url, TOKEN).await,
        BenchError::Unreachable { .. }
    ));
    assert_eq!(stub.store.lock().unwrap().resources(), 0);
}

#[tokio::test]
async fn a_connection_that_ends_unanswered_is_made_again_once() {
    const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi";
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let options = Options::new(
        format!("http://{}", listener.local_addr().unwrap()),
        TOKEN.to_owned(),
    );
    let mut server = JoinSet::new();
    server.spawn(async move {
        for answered in [false, true, true, false, false] {
            let (mut stream, _) = listener.accept().await.unwrap();
            let read = stream.read(&mut [0; 4096]).await.unwrap();
            if answered && read > 0 {
                stream.write_all(ANSWER).await.unwrap();
            }
        }
    });
    let mut client = Client::new(Arc::new(Target::new(&options.url, &options.token).unwrap()));
    let call = Call::new(Method::GET, "/");
    for retries in [1, 1] {
        assert_eq!(client.send(&call).await.unwrap().body, "hi");
        assert_eq!(client.retries, retries);
    }
    assert_eq!(
        client.send(&call).await.unwrap_err().kind(),
        "connection closed"
    );
    assert_eq!(client.retries, 2);
}
