//! The feed of recorded requests: nothing that is kept is left out, and what is not is counted.

use std::time::Duration;

use futures_util::StreamExt as _;
use tokio::time::timeout;

use super::watch::request;
use crate::clock::Stopwatch;
use crate::model::operator::OperatorRole;
use crate::model::token::TokenKind;
use crate::ops::api::{Failure, Feed, FeedItem, NewToken, Ops as _, Since};
use crate::ops::gateway::{Gateway as _, OperatorGateway as _};
use crate::ops::testing::Site;

const LONG: Duration = Duration::from_secs(20);

/// Records requests and waits until the one with the number `last` is stored.
async fn record(site: &Site, count: usize, last: u64) {
    for _ in 0..count {
        site.house.record(request(site, 200));
    }
    let started = Stopwatch::start();
    while site.house.store.traffic().stats().unwrap().last < last {
        assert!(started.elapsed() < LONG, "never stored");
        tokio::task::yield_now().await;
    }
}

fn after(position: u64) -> Since {
    Since {
        after: Some(position),
        behind: None,
    }
}

/// The next item: a position, or how many are missing.
async fn next(feed: &mut Feed) -> Result<u64, u64> {
    match timeout(LONG, feed.next()).await.unwrap().unwrap().unwrap() {
        FeedItem::Exchange(exchange) => Ok(exchange.seq),
        FeedItem::Skipped(count) => Err(count),
    }
}

#[tokio::test]
async fn a_reader_that_falls_behind_gets_everything_all_the_same() {
    let site = Site::new().await;
    let mut feed = site.ops().follow(after(0)).await.unwrap();
    record(&site, 1, 1).await;
    assert_eq!(next(&mut feed).await, Ok(1));
    // More than wait for a reader.
    let mut stored = 1;
    for _ in 0..6 {
        record(&site, 1000, stored + 1000).await;
        stored += 1000;
    }
    for position in 2..=stored {
        assert_eq!(next(&mut feed).await, Ok(position));
    }
}

#[tokio::test]
async fn a_viewer_that_is_too_far_behind_skips_ahead_and_is_told_how_much() {
    let site = Site::new().await;
    let since = |position| Since {
        behind: Some(1000),
        ..after(position)
    };
    let mut feed = site.ops().follow(since(0)).await.unwrap();
    record(&site, 1, 1).await;
    assert_eq!(next(&mut feed).await, Ok(1));
    // More than wait for a reader.
    let mut stored = 1;
    for _ in 0..6 {
        record(&site, 1000, stored + 1000).await;
        stored += 1000;
    }
    // As it falls behind, and as it is taken up again.
    let mut again = site.ops().follow(since(1)).await.unwrap();
    for feed in [&mut feed, &mut again] {
        assert_eq!(next(feed).await, Err(5000));
        for position in 5002..=stored {
            assert_eq!(next(feed).await, Ok(position));
        }
    }
    // Within what it may be behind, nothing is skipped.
    let mut near = site.ops().follow(since(stored - 1000)).await.unwrap();
    assert_eq!(next(&mut near).await, Ok(stored - 999));
}

#[tokio::test]
async fn what_is_not_kept_any_more_is_counted() {
    let site = Site::new().await;
    record(&site, 5, 5).await;
    site.wait(10);
    record(&site, 2, 7).await;
    let traffic = site.house.store.traffic();
    traffic.prune(site.clock.now(), u64::MAX);
    let started = Stopwatch::start();
    while traffic.stats().unwrap().rows > 2 {
        assert!(started.elapsed() < LONG, "never pruned");
        tokio::task::yield_now().await;
    }
    for (position, expected) in [
        (0, [Err(5), Ok(6), Ok(7)]),
        (3, [Err(2), Ok(6), Ok(7)]),
        (5, [Ok(6), Ok(7), Ok(8)]),
        // Of another store.
        (70, [Ok(9), Ok(10), Ok(11)]),
    ] {
        let mut feed = site.ops().follow(after(position)).await.unwrap();
        let mut seen = Vec::new();
        while seen.len() < 3 {
            match timeout(Duration::from_millis(200), next(&mut feed)).await {
                Ok(item) => seen.push(item),
                Err(_) => site.house.record(request(&site, 200)),
            }
        }
        assert_eq!(seen, expected, "after {position}");
    }
}

#[tokio::test]
async fn a_feed_ends_with_the_token_it_was_asked_with() {
    let site = Site::new().await;
    let new = NewToken {
        org: "0".to_owned(),
        kind: TokenKind::Operator,
        role: Some(OperatorRole::Viewer),
        label: "grafana".to_owned(),
        expires: None,
    };
    let issued = site.ops().create_token(new).await.unwrap();
    let header = format!("Bearer {}", issued.secret);
    let source = [10, 0, 0, 7].into();
    let operator = site.house.operator(Some(&header), source, "curl").unwrap();
    assert_eq!(operator.role, OperatorRole::Viewer);
    let mut feed = operator.ops.follow(Since::default()).await.unwrap();
    record(&site, 1, 1).await;
    assert_eq!(next(&mut feed).await, Ok(1));
    site.ops().revoke_token(&operator.token).await.unwrap();
    let last = timeout(LONG, feed.next()).await.unwrap().unwrap();
    assert_eq!(last.unwrap_err().failure, Failure::Denied);
    assert!(timeout(LONG, feed.next()).await.unwrap().is_none());
    assert!(site.house.operator(Some(&header), source, "curl").is_err());
    let tokens = site.ops().tokens(None).await.unwrap();
    let found = tokens
        .iter()
        .find(|token| token.id == operator.token)
        .unwrap();
    assert_eq!(found.last_used.as_ref().unwrap().source, "10.0.0.7");
}
