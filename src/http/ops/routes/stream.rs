//! What is recorded, as it happens: server-sent events that can be taken up again.

use std::convert::Infallible;
use std::time::Duration;

use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use http::{HeaderMap, HeaderName};
use schemars::{Schema, SchemaGenerator, json_schema};

use crate::http::ops::extract::{Failed, Params, Session, failed};
use crate::http::ops::route::{Route, get, shape};
use crate::http::server::stopped;
use crate::model::event::Event as DirectoryEvent;
use crate::model::exchange::ExchangeSummary;
use crate::ops::api::{EventQuery, Failure, FeedItem, OpsError, Since};
use crate::ops::wire::{ERROR, EVENT, EXCHANGE, HEARTBEAT, SKIPPED, STREAM, Skipped};

/// How long one read of events waits for the next, in seconds.
const HEARTBEAT_WAIT: u32 = 30;

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

pub(super) fn routes() -> [Route; 2] {
    [
        get(
            "/stream",
            stream,
            "Recorded requests as they happen, from a position on",
        )
        .query::<Since>()
        .answers_with(STREAM, events),
        get(
            "/events/stream",
            stream_events,
            "Events as they happen, from a position on",
        )
        .query::<EventQuery>()
        .answers_with(STREAM, directory_events),
    ]
}

/// The position in `Last-Event-ID` counts for more than the one in the URL, which a browser
/// repeats whenever it connects again.
async fn stream(
    session: Session,
    Params(since): Params<Since>,
    headers: HeaderMap,
) -> Result<Response, Failed> {
    let after = last_event_id(&headers)?.or(since.after);
    let feed = session.ops.follow(Since { after, ..since }).await?;
    let events = feed
        .take_until(stopped(session.stop))
        .map(|item| Ok::<_, Infallible>(event(item)));
    let beat = KeepAlive::new().interval(Duration::from_secs(HEARTBEAT));
    Ok(Sse::new(events).keep_alive(beat).into_response())
}

/// Events as they happen, read in waits that end soon enough for the daemon to notice that nobody
/// listens any more.
async fn stream_events(
    session: Session,
    Params(query): Params<EventQuery>,
    headers: HeaderMap,
) -> Result<Response, Failed> {
    let after = if let Some(after) = last_event_id(&headers)?.or(query.after) {
        after
    } else {
        // From now on.
        let newest = EventQuery {
            limit: 1,
            ..EventQuery::default()
        };
        let newest = session.ops.events(newest).await?;
        newest.last().map_or(0, |event| event.seq)
    };
    let query = EventQuery {
        after: Some(after),
        wait: HEARTBEAT_WAIT,
        ..query
    };
    // A filter that cannot be read is told before the stream begins.
    let check = EventQuery {
        wait: 0,
        limit: 1,
        ..query.clone()
    };
    session.ops.events(check).await?;
    let Session { ops, stop, .. } = session;
    let pages = futures_util::stream::unfold(Some((ops, query)), |open| async move {
        let (ops, mut query) = open?;
        match ops.events(query.clone()).await {
            // Nothing beyond what was asked for: it would be the same again for ever.
            Ok(found)
                if found
                    .last()
                    .is_some_and(|last| Some(last.seq) <= query.after) =>
            {
                None
            }
            Ok(found) => {
                query.after = found.last().map(|event| event.seq).or(query.after);
                let sent = found.iter().map(directory_event).collect();
                Some((sent, Some((ops, query))))
            }
            Err(error) => Some((vec![event(Err(error))], None)),
        }
    });
    let events = pages
        .flat_map(|sent: Vec<Event>| futures_util::stream::iter(sent))
        .take_until(stopped(stop))
        .map(Ok::<_, Infallible>);
    let beat = KeepAlive::new().interval(Duration::from_secs(HEARTBEAT));
    Ok(Sse::new(events).keep_alive(beat).into_response())
}

fn directory_event(of: &DirectoryEvent) -> Event {
    let event = Event::default().event(EVENT).id(of.seq.to_string());
    event.json_data(of).expect("an event has only string keys")
}

/// The position that a stream is taken up at.
fn last_event_id(headers: &HeaderMap) -> Result<Option<u64>, Failed> {
    let id = headers.get(LAST_EVENT_ID).map(|id| {
        position(id.as_bytes()).ok_or_else(|| {
            failed(
                Failure::Invalid,
                "Last-Event-ID must be the id of an event of this stream",
            )
        })
    });
    id.transpose()
}

fn position(id: &[u8]) -> Option<u64> {
    std::str::from_utf8(id).ok()?.parse().ok()
}

fn event(item: Result<FeedItem, OpsError>) -> Event {
    let event = Event::default();
    let event = match item {
        Ok(FeedItem::Exchange(exchange)) => event
            .event(EXCHANGE)
            .id(exchange.seq.to_string())
            .json_data(&*exchange),
        Ok(FeedItem::Skipped(count)) => event.event(SKIPPED).json_data(Skipped { count }),
        Err(error) => event.event(ERROR).json_data(error),
    };
    event.expect("an item has only string keys")
}

fn events(generator: &mut SchemaGenerator) -> Schema {
    let data = [
        shape::<ExchangeSummary>(generator),
        shape::<Skipped>(generator),
        shape::<OpsError>(generator),
    ];
    json_schema!({
        "type": "string",
        "description": "Server-sent events. `exchange`: a request; its `id` is the position to go \
            on from. `skipped`: requests in between are left out, because they are not kept any \
            more or the reader is farther behind than `behind`. `error`: something failed; if the stream ends then, connect again. A comment comes every 15 seconds.",
        "contentMediaType": STREAM,
        "contentSchema": { "anyOf": data },
    })
}

fn directory_events(generator: &mut SchemaGenerator) -> Schema {
    let data = [
        shape::<DirectoryEvent>(generator),
        shape::<OpsError>(generator),
    ];
    json_schema!({
        "type": "string",
        "description": "Server-sent events. `event`: an event; its `id` is the position to go on \
            from. `error`: something failed, and the stream ends. A comment comes every 15 seconds.",
        "contentMediaType": STREAM,
        "contentSchema": { "anyOf": data },
    })
}
