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
use crate::model::exchange::ExchangeSummary;
use crate::ops::api::{Failure, FeedItem, OpsError, Since};
use crate::ops::wire::{ERROR, EXCHANGE, HEARTBEAT, SKIPPED, STREAM, Skipped};

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

pub(super) fn route() -> Route {
    get(
        "/stream",
        stream,
        "Recorded requests as they happen, from a position on",
    )
    .query::<Since>()
    .answers_with(STREAM, events)
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

/// The position that a stream is taken up at.
pub(super) fn last_event_id(headers: &HeaderMap) -> Result<Option<u64>, Failed> {
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

pub(super) fn event(item: Result<FeedItem, OpsError>) -> Event {
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
            more or the reader is farther behind than `behind`. `error`: something failed; if the \
            stream ends then, connect again. A comment comes every 15 seconds.",
        "contentMediaType": STREAM,
        "contentSchema": { "anyOf": data },
    })
}
