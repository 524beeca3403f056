//! The record of what happened: pages of events, reads that wait for the next one, and a stream.
//! The same paths for operators and, on the content API, for applications.

use std::convert::Infallible;
use std::time::Duration;

use axum::Json;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use http::HeaderMap;
use schemars::{Schema, SchemaGenerator, json_schema};

use super::stream;
use crate::http::ops::extract::{Answered, Failed, Params, Record};
use crate::http::ops::route::{Route, get, shape};
use crate::http::server::stopped;
use crate::model::event::Event as DirectoryEvent;
use crate::ops::api::{EventQuery, OpsError};
use crate::ops::wire::{EVENT, HEARTBEAT, STREAM};

/// How long one read of events waits for the next, in seconds.
const HEARTBEAT_WAIT: u32 = 30;

/// What reads events.
pub(in crate::http) fn routes() -> Vec<Route> {
    vec![
        get("/events", page, "Events, oldest first")
            .query::<EventQuery>()
            .answers::<Vec<DirectoryEvent>>(),
        get(
            "/events/stream",
            stream_events,
            "Events as they happen, from a position on",
        )
        .query::<EventQuery>()
        .answers_with(STREAM, directory_events),
    ]
}

async fn page(
    Record { events, .. }: Record,
    Params(query): Params<EventQuery>,
) -> Answered<Vec<DirectoryEvent>> {
    Ok(Json(events.events(query).await?))
}

/// Events as they happen, read in waits that end soon enough for the daemon to notice that nobody
/// listens any more.
async fn stream_events(
    Record { events, stop }: Record,
    Params(query): Params<EventQuery>,
    headers: HeaderMap,
) -> Result<Response, Failed> {
    let after = if let Some(after) = stream::last_event_id(&headers)?.or(query.after) {
        after
    } else {
        // From now on.
        let newest = EventQuery {
            limit: 1,
            ..EventQuery::default()
        };
        let newest = events.events(newest).await?;
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
    events.events(check).await?;
    let pages = futures_util::stream::unfold(Some((events, query)), |open| async move {
        let (events, mut query) = open?;
        match events.events(query.clone()).await {
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
                Some((sent, Some((events, query))))
            }
            Err(error) => Some((vec![stream::event(Err(error))], None)),
        }
    });
    let pages = pages
        .flat_map(|sent: Vec<Event>| futures_util::stream::iter(sent))
        .take_until(stopped(stop))
        .map(Ok::<_, Infallible>);
    let beat = KeepAlive::new().interval(Duration::from_secs(HEARTBEAT));
    Ok(Sse::new(pages).keep_alive(beat).into_response())
}

fn directory_event(of: &DirectoryEvent) -> Event {
    let event = Event::default().event(EVENT).id(of.seq.to_string());
    event.json_data(of).expect("an event has only string keys")
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
