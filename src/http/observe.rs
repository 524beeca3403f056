//! Exchanges on their way into the record: everything seen of a request and its answer.
//!
//! Bodies are shared, never copied; of a streamed answer the beginning is kept. What must not
//! be recorded in headers is left out here already.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use http::header::{AUTHORIZATION, COOKIE, PROXY_AUTHORIZATION, TRANSFER_ENCODING};
use http::request::Parts;
use http::{HeaderMap, Method, Response, StatusCode};

use crate::clock::{Stopwatch, Timestamp};
use crate::http::media;
use crate::http::reply::{self, Manner, ReplyBody};
use crate::ids::RequestId;
use crate::model::exchange::Operation;
use crate::ops::gateway::{Gateway, Observed};
use crate::ops::provision::request::{Answer, AnswerBody};

/// How much of a streamed answer is kept, in bytes.
const KEPT: usize = 64 << 10;

/// A request that has been read so far, and what will be said of it.
pub(super) struct Exchange {
    gateway: Arc<dyn Gateway>,
    watch: Stopwatch,
    /// How to answer.
    pub(super) manner: Manner,
    /// For the record.
    pub(super) seen: Observed,
}

impl Exchange {
    /// Begins with a request's head.
    pub(super) fn begin(
        gateway: &Arc<dyn Gateway>,
        at: Timestamp,
        head: &Parts,
        source: SocketAddr,
    ) -> Self {
        let request = RequestId::new();
        Self {
            gateway: Arc::clone(gateway),
            watch: Stopwatch::start(),
            manner: Manner {
                request,
                media: media::answer_type(&head.headers),
                allow: None,
                // A chunked body may have come with a Content-Length beside it, which hyper drops
                // unseen; whatever a confused proxy sent behind it is not read (RFC 9112 §6.1).
                close: head.headers.contains_key(TRANSFER_ENCODING),
            },
            seen: Observed {
                request,
                at,
                caller: None,
                refused: None,
                // One spelling for an address, however the socket was opened.
                source: SocketAddr::new(source.ip().to_canonical(), source.port()),
                method: head.method.to_string(),
                path: head.uri.path().to_owned(),
                query: head.uri.query().unwrap_or_default().to_owned(),
                request_headers: listed(&head.headers),
                request_body: Bytes::new(),
                status: 0,
                response_headers: Vec::new(),
                response_body: Bytes::new(),
                response_bytes: 0,
                latency: Duration::ZERO,
                record: reply::blank(Operation::NoRoute),
            },
        }
    }

    /// Renders `answer`; the exchange is recorded when its last byte has been produced. A
    /// streamed answer is given until `patience` after the request began.
    pub(super) fn finish(mut self, answer: Answer, patience: Duration) -> Response<ReplyBody> {
        let headers = reply::headers(&answer, &self.manner);
        let status = StatusCode::from_u16(answer.status).unwrap_or_default();
        let status = if status.as_u16() == answer.status {
            status
        } else {
            StatusCode::INTERNAL_SERVER_ERROR
        };
        self.seen.status = status.as_u16();
        self.seen.response_headers = listed(&headers);
        self.seen.record = answer.record;
        let body = self.body(answer.body, patience);
        let mut response = Response::new(body);
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        response
    }

    fn body(mut self, body: AnswerBody, patience: Duration) -> ReplyBody {
        let pieces = match body {
            AnswerBody::Stream(pieces) => pieces,
            AnswerBody::Json(bytes) => {
                self.seen.response_bytes = bytes.len() as u64;
                self.seen.response_body = bytes.clone();
                self.record();
                return ReplyBody::Whole(bytes);
            }
            AnswerBody::Empty => {
                self.record();
                return ReplyBody::Whole(Bytes::new());
            }
        };
        let mut streamed = Streamed {
            pieces,
            patience,
            kept: Vec::new(),
            exchange: None,
        };
        if self.seen.method == Method::HEAD.as_str() {
            // Of unknown length all the same, as for GET.
            streamed.pieces = stream::empty().boxed();
            self.record();
        } else {
            streamed.exchange = Some(self);
        }
        ReplyBody::Stream(Box::new(streamed))
    }

    fn record(mut self) {
        self.seen.latency = self.watch.elapsed();
        self.gateway.record(self.seen);
    }
}

/// Headers by name, without the ones that carry credentials.
fn listed(headers: &HeaderMap) -> Vec<(String, String)> {
    headers
        .iter()
        .filter(|(name, _)| ![AUTHORIZATION, PROXY_AUTHORIZATION, COOKIE].contains(name))
        .map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            (name.as_str().to_owned(), value)
        })
        .collect()
}

/// An answer in pieces; the exchange is recorded when it ends, breaks or loses its client.
pub(super) struct Streamed {
    pieces: BoxStream<'static, io::Result<Bytes>>,
    patience: Duration,
    kept: Vec<u8>,
    /// Until it is recorded.
    exchange: Option<Exchange>,
}

impl Streamed {
    /// The next piece. An error ends the connection, so that what was sent is not taken for all.
    pub(super) fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        if self
            .exchange
            .as_ref()
            .is_some_and(|exchange| exchange.watch.elapsed() > self.patience)
        {
            self.end(Some(
                "The client took too long to read the answer; it was cut short.",
            ));
            return Poll::Ready(Some(Err(io::ErrorKind::TimedOut.into())));
        }
        let polled = self.pieces.poll_next_unpin(cx);
        match &polled {
            Poll::Pending => {}
            Poll::Ready(Some(Ok(piece))) => self.count(piece),
            Poll::Ready(None) => self.end(None),
            Poll::Ready(Some(Err(error))) => {
                tracing::error!(%error, "a streamed answer broke off");
                self.end(Some(
                    "The answer broke off because of a fault on this side.",
                ));
            }
        }
        polled
    }

    fn count(&mut self, piece: &Bytes) {
        let room = KEPT - self.kept.len();
        self.kept.extend_from_slice(&piece[..room.min(piece.len())]);
        if let Some(exchange) = &mut self.exchange {
            exchange.seen.response_bytes += piece.len() as u64;
        }
    }

    /// Records the exchange, once.
    fn end(&mut self, fault: Option<&str>) {
        let Some(mut exchange) = self.exchange.take() else {
            return;
        };
        exchange.seen.response_body = std::mem::take(&mut self.kept).into();
        if let Some(fault) = fault {
            exchange.seen.record.detail = Some(fault.to_owned());
        }
        exchange.record();
    }
}

impl Drop for Streamed {
    fn drop(&mut self) {
        self.end(Some("The client went away before the end of the answer."));
    }
}
