//! Answers as HTTP: error bodies, headers, and the three kinds of body.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::{
    ALLOW, CACHE_CONTROL, CONNECTION, CONTENT_TYPE, ETAG, LOCATION, RETRY_AFTER, WWW_AUTHENTICATE,
    X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderName, HeaderValue};
use hyper::body::{Body, Frame, SizeHint};
use serde_json::Value;

use crate::http::observe::Streamed;
use crate::ids::RequestId;
use crate::model::exchange::Operation;
use crate::ops::provision::request::{Answer, AnswerBody, Record};
use crate::scim::error::ScimError;
use crate::scim::quirk::Quirks;

/// Names the exchange to the client.
const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What the client may try again after, in seconds, if nothing says better.
const RETRY: u32 = 1;

/// A record that says only what was asked for.
pub(super) fn blank(operation: Operation) -> Record {
    Record {
        operation,
        subject: String::new(),
        what: String::new(),
        changes: Value::Null,
        quirks: Quirks::default(),
        scim_type: None,
        detail: None,
    }
}

/// An error of this side of the gateway as an answer; overload names a time to try again.
pub(super) fn refusal(error: ScimError, operation: Operation) -> Answer {
    Answer {
        status: error.status,
        location: None,
        etag: None,
        retry_after: (error.status == 503).then_some(RETRY),
        body: AnswerBody::Json(error.to_json().to_string().into()),
        record: Record {
            what: "refused".into(),
            scim_type: error.scim_type,
            detail: Some(error.detail),
            ..blank(operation)
        },
    }
}

/// What HTTP adds to an answer.
pub(super) struct Manner {
    /// Name of the exchange.
    pub(super) request: RequestId,
    /// Media type for a body.
    pub(super) media: &'static str,
    /// Methods that the target has, if the client used another.
    pub(super) allow: Option<&'static str>,
    /// Whether the connection ends with this answer.
    pub(super) close: bool,
}

/// All headers of an answer but those that frame it.
pub(super) fn headers(answer: &Answer, manner: &Manner) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(10);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if !matches!(answer.body, AnswerBody::Empty) {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(manner.media));
    }
    let request = manner.request.to_string();
    for (name, value) in [
        (X_REQUEST_ID, Some(&request)),
        (LOCATION, answer.location.as_ref()),
        (ETAG, answer.etag.as_ref()),
    ] {
        // Text that HTTP cannot carry in a header is left out.
        if let Some(Ok(value)) = value.map(HeaderValue::try_from) {
            headers.insert(name, value);
        }
    }
    if let Some(seconds) = answer.retry_after {
        headers.insert(RETRY_AFTER, seconds.into());
    }
    if let Some(allow) = manner.allow {
        headers.insert(ALLOW, HeaderValue::from_static(allow));
    }
    if answer.status == 401 {
        headers.insert(
            WWW_AUTHENTICATE,
            HeaderValue::from_static("Bearer realm=\"scim\""),
        );
    }
    if manner.close {
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
    }
    headers
}

/// A response's body.
pub(super) enum ReplyBody {
    /// All of it, or what is left of it.
    Whole(Bytes),
    /// In pieces.
    Stream(Box<Streamed>),
}

impl Body for ReplyBody {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<std::io::Result<Frame<Bytes>>>> {
        match self.get_mut() {
            Self::Whole(bytes) if bytes.is_empty() => Poll::Ready(None),
            Self::Whole(bytes) => Poll::Ready(Some(Ok(Frame::data(std::mem::take(bytes))))),
            Self::Stream(stream) => stream.poll_piece(cx).map_ok(Frame::data),
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Self::Whole(bytes) if bytes.is_empty())
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Self::Stream(_) => SizeHint::default(),
        }
    }
}
