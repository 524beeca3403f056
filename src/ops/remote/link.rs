//! One connection to the daemon: a request, its answer or its feed, and how each can fail.

use std::future::poll_fn;
use std::path::Path;
use std::pin::{Pin, pin};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::FutureExt;
use futures_util::future::Fuse;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde::de::DeserializeOwned;
use tokio::time::timeout;

use super::place::Place;
use crate::ops::api::{Failure, FeedItem, OpsError};
use crate::ops::wire::{ERROR, EXCHANGE, HEARTBEAT, Problem, SKIPPED, Skipped};

/// A line of a feed is a summary; more than this is not one.
const LONGEST_LINE: usize = 1 << 20;
/// A feed that is silent for longer than this has lost its daemon: three heartbeats.
const SILENCE: Duration = Duration::from_secs(3 * HEARTBEAT);

/// A connection, driven by whoever waits for something from it.
pub(super) struct Link {
    driver: Fuse<Pin<Box<dyn Future<Output = ()> + Send>>>,
}

impl Link {
    /// Connects and sends the one request.
    pub(super) async fn ask(
        place: &Place,
        mut request: Request<Full<Bytes>>,
    ) -> Result<(Self, Response<Incoming>), OpsError> {
        place.address(request.headers_mut());
        let stream = place.connect().await?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream))
            .await
            .map_err(|_| broken())?;
        let driver: Pin<Box<dyn Future<Output = ()> + Send>> = Box::pin(connection.map(|_| ()));
        let mut link = Self {
            driver: driver.fuse(),
        };
        let sent = link.drive(sender.send_request(request)).await;
        Ok((link, sent.map_err(|_| broken())?))
    }

    /// Runs `work`, and the connection that it waits on.
    async fn drive<T>(&mut self, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        poll_fn(|cx| {
            let _ = self.driver.poll_unpin(cx);
            work.as_mut().poll(cx)
        })
        .await
    }

    /// The body of an answer; a problem becomes the error that it carries.
    pub(super) async fn whole(&mut self, response: Response<Incoming>) -> Result<Bytes, OpsError> {
        let status = response.status();
        let body = self.drive(response.into_body().collect()).await;
        let body = body.map_err(|_| broken())?.to_bytes();
        if status.is_success() {
            return Ok(body);
        }
        let problem = serde_json::from_slice::<Problem>(&body);
        Err(problem.map_or_else(|_| misunderstood(), OpsError::from))
    }
}

/// A feed as it arrives.
pub(super) struct Items {
    link: Link,
    body: Incoming,
    read: BytesMut,
    event: Unfinished,
}

/// What has been read of an event (WHATWG HTML, 9.2.6).
#[derive(Default)]
struct Unfinished {
    kind: String,
    data: Vec<u8>,
}

impl Items {
    /// The events of an answer's body.
    pub(super) fn new(link: Link, body: Incoming) -> Self {
        Self {
            link,
            body,
            read: BytesMut::new(),
            event: Unfinished::default(),
        }
    }

    /// The next item; `None` when the daemon ended the feed in good order.
    pub(super) async fn next(&mut self) -> Result<Option<Result<FeedItem, OpsError>>, OpsError> {
        loop {
            while let Some(end) = self.read.iter().position(|byte| *byte == b'\n') {
                let line = self.read.split_to(end + 1);
                if let Some(item) = self.event.line(&line[..end])? {
                    return Ok(Some(item));
                }
            }
            if self.read.len() > LONGEST_LINE {
                return Err(misunderstood());
            }
            match timeout(SILENCE, self.link.drive(self.body.frame())).await {
                Err(_) => return Err(hangs()),
                Ok(None) => return Ok(None),
                Ok(Some(Err(_))) => return Err(broken()),
                Ok(Some(Ok(frame))) => self
                    .read
                    .extend_from_slice(&frame.into_data().unwrap_or_default()),
            }
        }
    }
}

impl Unfinished {
    /// Takes a line in; an empty one ends the event. Comments and what is not known are passed
    /// over.
    fn line(&mut self, line: &[u8]) -> Result<Option<Result<FeedItem, OpsError>>, OpsError> {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() {
            return std::mem::take(self).item();
        }
        let colon = line.iter().position(|byte| *byte == b':');
        let (field, value) = line.split_at(colon.unwrap_or(line.len()));
        let value = value.strip_prefix(b":").unwrap_or(value);
        let value = value.strip_prefix(b" ").unwrap_or(value);
        match field {
            b"event" => self.kind = String::from_utf8_lossy(value).into_owned(),
            b"data" if self.data.len() + value.len() > LONGEST_LINE => return Err(misunderstood()),
            b"data" => self.data.extend_from_slice(value),
            _ => {}
        }
        Ok(None)
    }

    fn item(self) -> Result<Option<Result<FeedItem, OpsError>>, OpsError> {
        fn read<T: DeserializeOwned>(data: &[u8]) -> Result<T, OpsError> {
            serde_json::from_slice(data).map_err(|_| misunderstood())
        }
        Ok(match self.kind.as_str() {
            EXCHANGE => Some(Ok(FeedItem::Exchange(read(&self.data)?))),
            SKIPPED => Some(Ok(FeedItem::Skipped(read::<Skipped>(&self.data)?.count))),
            ERROR => Some(Err(read(&self.data)?)),
            _ => None,
        })
    }
}

pub(super) fn unreachable(socket: &Path, error: &std::io::Error) -> OpsError {
    let socket = socket.display();
    if error.kind() == std::io::ErrorKind::PermissionDenied {
        return OpsError::new(
            Failure::Denied,
            format!(
                "{socket} is not open to you; run this as the user of the daemon, or have a group \
                 named in its ops.socket_group"
            ),
        );
    }
    OpsError::new(
        Failure::Unreachable,
        format!(
            "no daemon answers on {socket}; start one with `scimtop serve`, or name its data \
             directory with --data"
        ),
    )
}

pub(super) fn broken() -> OpsError {
    OpsError::new(
        Failure::Unreachable,
        "the daemon went away in the middle of an answer; see its log and try again",
    )
}

pub(super) fn hangs() -> OpsError {
    OpsError::new(
        Failure::Unreachable,
        "the daemon does not answer; see its log, and restart it if it hangs",
    )
}

pub(super) fn misunderstood() -> OpsError {
    internal("the daemon's answer is not understood; use the same version for both")
}

pub(super) fn internal(message: &str) -> OpsError {
    OpsError::new(Failure::Internal, message)
}
