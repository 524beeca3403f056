//! What a client says about one object, as a sequence that is written down like a conversation
//! and yet does no I/O: a [`Job`] gives out its next request and is given the answer.
//!
//! The sequences are `async` functions over a [`Line`]; nothing but the machine polls them, and
//! they wait for nothing but their line.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use http::Method;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

/// A request of a client.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Request {
    pub method: Method,
    /// Path below the base URL, with query.
    pub path: String,
    pub body: Option<Value>,
}

/// An answer, or none.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Reply {
    /// 0 if there was no answer.
    pub status: u16,
    /// `Retry-After`, as sent.
    pub retry_after: Option<String>,
    pub body: Value,
}

/// Why a sequence was not finished.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Trouble {
    /// The answer's status; 0 if there was none.
    pub status: u16,
    /// What was asked: `PATCH /Users/{id}`.
    pub operation: String,
    /// What the server said about it.
    pub detail: String,
}

/// How a sequence ends.
pub(super) type Outcome = Result<Vec<Effect>, Trouble>;

/// What a sequence found out or brought about, for the client's memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// The object has this id at the server, and is as it should be there.
    Linked(String),
    /// Like [`Effect::Linked`], and the server has only just made it.
    Created(String),
    /// The account was disabled.
    Disabled,
    /// The object is not there any more, or is no longer cared for.
    Unlinked,
    /// The account stays as it is and is no longer cared for.
    LetGo,
    /// The group now has exactly these members, by id.
    Members(Vec<String>),
    /// The manager now is this one, by id.
    Manager(Option<String>),
}

const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// A value as a segment of a path, or of a query.
pub(super) fn encode(text: &str) -> String {
    utf8_percent_encode(text, SEGMENT).to_string()
}

/// `text` as the value of a query parameter, spaces as `+`.
pub(super) fn encode_plus(text: &str) -> String {
    encode(text).replace("%20", "+")
}

impl Request {
    /// A request without a body.
    pub fn get(path: impl Into<String>) -> Self {
        Self {
            method: Method::GET,
            path: path.into(),
            body: None,
        }
    }

    /// `DELETE`.
    pub fn delete(path: impl Into<String>) -> Self {
        Self {
            method: Method::DELETE,
            ..Self::get(path)
        }
    }

    /// `POST`.
    pub fn post(path: impl Into<String>, body: Value) -> Self {
        Self {
            method: Method::POST,
            path: path.into(),
            body: Some(body),
        }
    }

    /// `PUT`.
    pub fn put(path: impl Into<String>, body: Value) -> Self {
        Self {
            method: Method::PUT,
            ..Self::post(path, body)
        }
    }

    /// `PATCH` with these operations (RFC 7644 §3.5.2).
    pub fn patch(path: impl Into<String>, operations: &Value) -> Self {
        let body = serde_json::json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": operations,
        });
        Self {
            method: Method::PATCH,
            ..Self::post(path, body)
        }
    }

    /// The kind of request, for counting: ids and values left out.
    pub fn operation(&self) -> String {
        let (path, query) = self.path.split_once('?').unwrap_or((&self.path, ""));
        let mut parts = path.trim_start_matches('/').splitn(2, '/');
        let root = parts.next().unwrap_or_default();
        let id = match (root, parts.next()) {
            ("Users" | "Groups", Some(_)) => "/{id}",
            _ => "",
        };
        let filter = if query.contains("filter=") {
            "?filter"
        } else {
            ""
        };
        format!("{} /{root}{id}{filter}", self.method)
    }
}

impl Reply {
    /// True for 2xx.
    pub const fn ok(&self) -> bool {
        matches!(self.status, 200..=299)
    }

    /// The `Resources` of a list.
    pub fn resources(&self) -> &[Value] {
        self.body["Resources"].as_array().map_or(&[], Vec::as_slice)
    }

    /// The id of the resource that is the body.
    pub fn id(&self) -> Option<String> {
        self.body["id"].as_str().map(str::to_owned)
    }
}

#[derive(Debug, Default)]
struct Slot {
    said: Option<Said>,
    reply: Option<Reply>,
}

#[derive(Debug)]
enum Said {
    Asks(Request),
    Pauses(Duration),
}

/// Where a sequence asks and is answered.
#[derive(Clone, Debug, Default)]
pub(super) struct Line(Arc<Mutex<Slot>>);

impl Line {
    fn slot(&self) -> MutexGuard<'_, Slot> {
        // Nothing in between can panic: the slot is only ever assigned.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn said(&self, said: Said) -> Reply {
        self.slot().said = Some(said);
        poll_fn(|_| match self.slot().reply.take() {
            Some(reply) => Poll::Ready(reply),
            None => Poll::Pending,
        })
        .await
    }

    /// Sends `request`; whatever is answered.
    pub async fn ask(&self, request: Request) -> Reply {
        self.said(Said::Asks(request)).await
    }

    /// Sends `request`; the answer, if it is a success.
    pub async fn expect(&self, request: Request) -> Result<Reply, Trouble> {
        let operation = request.operation();
        let reply = self.ask(request).await;
        if reply.ok() {
            Ok(reply)
        } else {
            Err(Trouble::new(operation, &reply))
        }
    }

    /// Deletes what is at `path`; what is gone already is as good.
    pub async fn delete(&self, path: String) -> Outcome {
        let request = Request::delete(path);
        let operation = request.operation();
        let reply = self.ask(request).await;
        if reply.ok() || reply.status == 404 {
            return Ok(vec![Effect::Unlinked]);
        }
        Err(Trouble::new(operation, &reply))
    }

    /// Waits for so long because the server asked for it.
    pub async fn pause(&self, time: Duration) {
        self.said(Said::Pauses(time)).await;
    }
}

impl Trouble {
    /// What `reply` to `operation` means.
    pub fn new(operation: String, reply: &Reply) -> Self {
        let detail = reply.body["detail"].as_str().unwrap_or_default();
        Self {
            status: reply.status,
            operation,
            detail: detail.to_owned(),
        }
    }

    /// An answer that succeeded and yet is of no use.
    pub fn useless(operation: String, reply: &Reply, what: &str) -> Self {
        Self {
            detail: what.to_owned(),
            ..Self::new(operation, reply)
        }
    }
}

type Work = Pin<Box<dyn Future<Output = Outcome> + Send>>;

/// A sequence in the making.
pub(super) struct Job {
    line: Line,
    work: Work,
}

/// What a sequence does next.
#[derive(Debug)]
pub(super) enum Step {
    /// Asks this, and goes on with the answer.
    Ask(Request),
    /// Goes on after so long.
    Pause(Duration),
    /// Is over.
    Done(Outcome),
}

impl Job {
    /// The sequence that `work` describes.
    pub fn new<F>(work: impl FnOnce(Line) -> F) -> Self
    where
        F: Future<Output = Outcome> + Send + 'static,
    {
        let line = Line::default();
        Self {
            work: Box::pin(work(line.clone())),
            line,
        }
    }

    /// Goes on with `reply`, or begins without one. After [`Step::Pause`] any reply will do.
    pub fn step(&mut self, reply: Option<Reply>) -> Step {
        self.line.slot().reply = reply;
        let mut context = Context::from_waker(Waker::noop());
        if let Poll::Ready(outcome) = self.work.as_mut().poll(&mut context) {
            return Step::Done(outcome);
        }
        let said = self.line.slot().said.take();
        match said.expect("sequences wait for nothing but their line") {
            Said::Asks(request) => Step::Ask(request),
            Said::Pauses(time) => Step::Pause(time),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sequence_asks_is_answered_and_ends() {
        let mut job = Job::new(|line| async move {
            let found = line.expect(Request::get("/Users?filter=x")).await?;
            line.pause(Duration::from_secs(3)).await;
            line.expect(Request::delete(format!("/Users/{}", found.body)))
                .await?;
            Ok(vec![Effect::Unlinked])
        });
        assert!(matches!(job.step(None), Step::Ask(request) if request.path == "/Users?filter=x"));
        let found = Reply {
            status: 200,
            body: 7.into(),
            ..Reply::default()
        };
        assert!(matches!(job.step(Some(found)), Step::Pause(time) if time.as_secs() == 3));
        let Step::Ask(request) = job.step(Some(Reply::default())) else {
            panic!("it asks");
        };
        assert_eq!(
            (request.operation().as_str(), request.path.as_str()),
            ("DELETE /Users/{id}", "/Users/7")
        );
        let Step::Done(Err(trouble)) = job.step(Some(Reply::default())) else {
            panic!("no answer is no success");
        };
        assert_eq!(
            (trouble.status, trouble.operation.as_str()),
            (0, "DELETE /Users/{id}")
        );
    }

    #[test]
    fn operations_are_counted_without_ids_and_values() {
        for (path, operation) in [
            ("/Users?startIndex=1&count=2", "GET /Users"),
            (
                "/Users?aadOptscim062020&filter=userName%20eq",
                "GET /Users?filter",
            ),
            ("/Groups/9?excludedAttributes=members", "GET /Groups/{id}"),
            ("/ServiceProviderConfig", "GET /ServiceProviderConfig"),
        ] {
            assert_eq!(Request::get(path).operation(), operation);
        }
    }
}
