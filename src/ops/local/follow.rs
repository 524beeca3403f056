//! Exchanges as they are recorded: first what is stored, then what arrives, without a gap.

use std::collections::VecDeque;
use std::future::ready;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use tokio::sync::broadcast::{self, error::RecvError};

use super::PAGE;
use crate::ids::{OrgId, TokenId};
use crate::model::delivery::TOPICS;
use crate::model::event::{Event, EventKind};
use crate::model::exchange::ExchangeSummary;
use crate::ops::api::{EventQuery, Events, Failure, Feed, FeedItem, OpsError, Reply, Since};
use crate::ops::house::House;
use crate::store::{StoreError, TrafficQuery, Walk};

/// Seconds that a reader of events may wait for one.
const LONGEST_WAIT: u32 = 60;

/// Exchanges from a position on, or new ones only.
pub(super) fn feed(house: Arc<House>, since: Since) -> Feed {
    let following = Following {
        live: house.listen(),
        house,
        behind: since.behind,
        stored: since.after,
        last: since.after,
        waiting: VecDeque::new(),
    };
    stream::unfold(following, Following::next).boxed()
}

/// A feed that ends with a token, and says so.
pub(super) fn while_valid(feed: Feed, house: Arc<House>, token: TokenId) -> Feed {
    let ended = Box::pin(async move { house.doorkeeper.ended(&token, &house.clock).await });
    stream::unfold(Some((feed, ended)), |open| async {
        let (mut feed, mut ended) = open?;
        tokio::select! {
            biased;
            () = &mut ended => {
                Some((Err(token_ended()), None))
            }
            item = feed.next() => item.map(|item| (item, Some((feed, ended)))),
        }
    })
    .boxed()
}

/// Events; if there are none after a position, waits for one as long as the caller wants to.
/// A wait ends with the reader's token.
pub(super) async fn events(
    house: Arc<House>,
    query: EventQuery,
    visible: Option<Arc<[EventKind]>>,
    token: Option<TokenId>,
) -> Result<Vec<Event>, OpsError> {
    let wait = match query.after {
        Some(_) => Duration::from_secs(query.wait.min(LONGEST_WAIT).into()),
        None => Duration::ZERO,
    };
    let mut news = house.store.committed();
    let waiting = async {
        loop {
            news.mark_unchanged();
            let (house, query, visible) = (Arc::clone(&house), query.clone(), visible.clone());
            let read = tokio::task::spawn_blocking(move || {
                super::events(&house, &query, visible.as_deref())
            });
            let found = read
                .await
                .unwrap_or_else(|_| Err(StoreError::Panicked.into()))?;
            if !found.is_empty() || wait.is_zero() || news.changed().await.is_err() {
                return Ok(found);
            }
        }
    };
    if wait.is_zero() {
        return waiting.await;
    }
    let ended = async {
        match &token {
            Some(token) => house.doorkeeper.ended(token, &house.clock).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        biased;
        () = ended => Err(token_ended()),
        found = tokio::time::timeout(wait, waiting) => found.unwrap_or_else(|_| Ok(Vec::new())),
    }
}

/// The events of one Org, for its application.
pub(super) struct OfOrg {
    pub house: Arc<House>,
    pub token: TokenId,
    pub org: OrgId,
}

impl Events for OfOrg {
    fn events(&self, query: EventQuery) -> Reply<'_, Vec<Event>> {
        if query.org.is_some_and(|org| org != self.org) {
            let message = "this token opens the events of its own Org alone";
            return Box::pin(ready(Err(OpsError::new(Failure::Denied, message))));
        }
        let query = EventQuery {
            org: Some(self.org),
            ..query
        };
        let visible = TOPICS.iter().map(|(kind, _)| *kind).collect();
        let (house, token) = (Arc::clone(&self.house), self.token.clone());
        Box::pin(events(house, query, Some(visible), Some(token)))
    }
}

fn token_ended() -> OpsError {
    let message = "the token was revoked or has expired; use another";
    OpsError::new(Failure::Denied, message)
}

/// A reader of the feed.
struct Following {
    house: Arc<House>,
    live: broadcast::Receiver<Arc<ExchangeSummary>>,
    /// How many exchanges the reader may be behind, if it does not want all.
    behind: Option<u64>,
    /// Where to go on in the store, while there is more of it.
    stored: Option<u64>,
    /// The last position given out, or told to be missing.
    last: Option<u64>,
    waiting: VecDeque<Arc<ExchangeSummary>>,
}

impl Following {
    async fn next(mut self) -> Option<(Result<FeedItem, OpsError>, Self)> {
        loop {
            if let Some(item) = self.waiting() {
                return Some((Ok(item), self));
            }
            if let Some(after) = self.stored.take() {
                match self.read(after).await {
                    Ok(()) => continue,
                    Err(error) => return Some((Err(error), self)),
                }
            }
            match self.live.recv().await {
                Ok(summary) => self.waiting.push_back(summary),
                // What is missed is stored, unless it is not known what was given out.
                Err(RecvError::Lagged(count)) => match self.last {
                    Some(last) => self.stored = Some(last),
                    None => return Some((Ok(FeedItem::Skipped(count)), self)),
                },
                Err(RecvError::Closed) => return None,
            }
        }
    }

    /// The next item of what waits: an exchange that was not given out yet, or how many before it
    /// are not kept any more.
    fn waiting(&mut self) -> Option<FeedItem> {
        while let Some(next) = self.waiting.front() {
            let gap = self.last.map(|last| next.seq.saturating_sub(last));
            if let Some(missing @ 1..) = gap.map(|gap| gap.saturating_sub(1)) {
                self.last = Some(next.seq - 1);
                return Some(FeedItem::Skipped(missing));
            }
            let summary = self.waiting.pop_front()?;
            if gap != Some(0) {
                self.last = Some(summary.seq);
                return Some(FeedItem::Exchange(summary));
            }
        }
        None
    }

    /// Reads a page of what is stored, which begins later for a reader that is too far behind; a
    /// full one may not be the last.
    async fn read(&mut self, after: u64) -> Result<(), OpsError> {
        let house = Arc::clone(&self.house);
        let behind = self.behind;
        let read = move || {
            let mut from = after;
            if let Some(behind) = behind {
                let last = house.store.traffic().stats()?.last;
                from = from.max(last.saturating_sub(behind));
            }
            let query = TrafficQuery {
                walk: Walk::Oldest { after: Some(from) },
                ..TrafficQuery::default()
            };
            let page = house.store.traffic().page(&query, PAGE)?;
            let newest = match page.last() {
                Some(newest) => newest.seq,
                None => house.store.traffic().stats()?.last,
            };
            Ok((page, newest))
        };
        let (page, newest) = tokio::task::spawn_blocking(read)
            .await
            .unwrap_or(Err(StoreError::Panicked))?;
        if newest < after {
            // A position of another store: its numbers mean nothing here.
            self.last = Some(newest).filter(|newest| *newest > 0);
        }
        if page.len() as u64 == PAGE {
            self.stored = page.last().map(|summary| summary.seq);
        }
        self.waiting.extend(page.into_iter().map(Arc::new));
        Ok(())
    }
}
