//! [`Ops`] over the Unix socket of a running daemon.
//!
//! Every call is a connection of its own: connecting locally costs microseconds, and there is
//! no state to repair after the daemon was restarted.

use std::future::poll_fn;
use std::path::{Path, PathBuf};
use std::pin::{Pin, pin};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::future::Fuse;
use futures_util::{FutureExt, stream};
use http::header::{CONTENT_TYPE, HOST};
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::net::UnixStream;
use tokio::time::timeout;

use crate::ids::TokenId;
use crate::model::deletion::Deletion;
use crate::model::event::{ChainReport, Event};
use crate::model::exchange::Exchange;
use crate::model::org::Org;
use crate::model::token::Token;
use crate::ops::api::{
    DeletionQuery, EventQuery, ExchangePage, ExchangeQuery, Failure, Feed, FeedItem, IssuedToken,
    NewOrg, NewToken, Ops, OpsError, OrgChange, Reply, Rotation, Status,
};
use crate::ops::wire::{BASE, Line, OfOrg, Problem, Since};

/// Checking the events of a year takes seconds; whoever takes longer than this hangs.
const PATIENCE: Duration = Duration::from_secs(120);

/// A line of a feed is a summary; more than this is not one.
const LONGEST_LINE: usize = 1 << 20;

/// The operations of a running daemon.
#[derive(Clone, Debug)]
pub struct RemoteOps {
    socket: PathBuf,
}

impl RemoteOps {
    /// Finds the daemon that listens on `socket`.
    ///
    /// # Errors
    /// [`Failure::Unreachable`] if none does.
    pub fn connect(socket: &Path) -> Result<Self, OpsError> {
        std::os::unix::net::UnixStream::connect(socket)
            .map_err(|error| unreachable(socket, &error))?;
        Ok(Self {
            socket: socket.to_owned(),
        })
    }

    fn get<T>(&self, path: &str, query: &impl Serialize) -> Reply<'_, T>
    where
        T: DeserializeOwned + Send + 'static,
    {
        let target = format!("{path}{}", query_string(query));
        self.call(request(Method::GET, &target, Bytes::new()))
    }

    fn change<T>(&self, method: Method, path: &str, input: &impl Serialize) -> Reply<'_, T>
    where
        T: DeserializeOwned + Send + 'static,
    {
        let body = serde_json::to_vec(input).map_err(|_| internal("cannot write the request"));
        self.call(body.and_then(|body| request(method, path, body.into())))
    }

    fn call<T>(&self, request: Result<Request<Full<Bytes>>, OpsError>) -> Reply<'_, T>
    where
        T: DeserializeOwned + Send + 'static,
    {
        Box::pin(async move {
            let answered = async {
                let (mut link, response) = Link::ask(&self.socket, request?).await?;
                let body = link.whole(response).await?;
                serde_json::from_slice(&body).map_err(|_| misunderstood())
            };
            timeout(PATIENCE, answered)
                .await
                .unwrap_or_else(|_| Err(hangs()))
        })
    }
}

impl Ops for RemoteOps {
    fn status(&self) -> Reply<'_, Status> {
        self.get("/status", &())
    }

    fn orgs(&self) -> Reply<'_, Vec<Org>> {
        self.get("/orgs", &())
    }

    fn create_org(&self, new: NewOrg) -> Reply<'_, Org> {
        self.change(Method::POST, "/orgs", &new)
    }

    fn change_org<'a>(&'a self, org: &'a str, change: OrgChange) -> Reply<'a, Org> {
        self.change(Method::PATCH, &format!("/orgs/{}", encoded(org)), &change)
    }

    fn tokens<'a>(&'a self, org: Option<&'a str>) -> Reply<'a, Vec<Token>> {
        let org = org.map(str::to_owned);
        self.get("/tokens", &OfOrg { org })
    }

    fn create_token(&self, new: NewToken) -> Reply<'_, IssuedToken> {
        self.change(Method::POST, "/tokens", &new)
    }

    fn rotate_token<'a>(
        &'a self,
        token: &'a TokenId,
        rotation: Rotation,
    ) -> Reply<'a, IssuedToken> {
        let path = format!("/tokens/{}/rotate", encoded(&token.0));
        self.change(Method::POST, &path, &rotation)
    }

    fn revoke_token<'a>(&'a self, token: &'a TokenId) -> Reply<'a, Token> {
        let path = format!("/tokens/{}/revoke", encoded(&token.0));
        self.change(Method::POST, &path, &Value::Null)
    }

    fn exchanges(&self, query: ExchangeQuery) -> Reply<'_, ExchangePage> {
        self.get("/exchanges", &query)
    }

    fn exchange<'a>(&'a self, which: &'a str) -> Reply<'a, Exchange> {
        self.get(&format!("/exchanges/{}", encoded(which)), &())
    }

    fn follow(&self, after: Option<u64>) -> Reply<'_, Feed> {
        let target = format!("/follow{}", query_string(&Since { after }));
        Box::pin(async move {
            let request = request(Method::GET, &target, Bytes::new())?;
            let (mut link, response) = timeout(PATIENCE, Link::ask(&self.socket, request))
                .await
                .unwrap_or_else(|_| Err(hangs()))?;
            if response.status() != StatusCode::OK {
                let failed = link.whole(response).await;
                return Err(failed.err().unwrap_or_else(misunderstood));
            }
            let lines = Lines {
                link,
                body: response.into_body(),
                read: BytesMut::new(),
            };
            let feed = stream::unfold(Some(lines), |lines| async {
                let mut lines = lines?;
                match lines.next().await {
                    Ok(item) => item.map(|item| (item, Some(lines))),
                    Err(broken) => Some((Err(broken), None)),
                }
            });
            Ok(Box::pin(feed) as Feed)
        })
    }

    fn events(&self, query: EventQuery) -> Reply<'_, Vec<Event>> {
        self.get("/events", &query)
    }

    fn verify_events(&self) -> Reply<'_, ChainReport> {
        self.get("/events/verify", &())
    }

    fn deletions(&self, query: DeletionQuery) -> Reply<'_, Vec<Deletion>> {
        self.get("/deletions", &query)
    }
}

/// A connection, driven by whoever waits for something from it.
struct Link {
    driver: Fuse<Pin<Box<dyn Future<Output = ()> + Send>>>,
}

impl Link {
    /// Connects and sends the one request.
    async fn ask(
        socket: &Path,
        request: Request<Full<Bytes>>,
    ) -> Result<(Self, Response<Incoming>), OpsError> {
        let stream = UnixStream::connect(socket)
            .await
            .map_err(|error| unreachable(socket, &error))?;
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
    async fn whole(&mut self, response: Response<Incoming>) -> Result<Bytes, OpsError> {
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
struct Lines {
    link: Link,
    body: Incoming,
    read: BytesMut,
}

impl Lines {
    /// The next item; `None` when the daemon ended the feed in good order.
    async fn next(&mut self) -> Result<Option<Result<FeedItem, OpsError>>, OpsError> {
        loop {
            if let Some(end) = self.read.iter().position(|byte| *byte == b'\n') {
                let line = self.read.split_to(end + 1);
                let line: Line = serde_json::from_slice(&line).map_err(|_| misunderstood())?;
                return Ok(Some(line.into()));
            }
            if self.read.len() > LONGEST_LINE {
                return Err(misunderstood());
            }
            match self.link.drive(self.body.frame()).await {
                None => return Ok(None),
                Some(Err(_)) => return Err(broken()),
                Some(Ok(frame)) => self
                    .read
                    .extend_from_slice(&frame.into_data().unwrap_or_default()),
            }
        }
    }
}

fn request(method: Method, target: &str, body: Bytes) -> Result<Request<Full<Bytes>>, OpsError> {
    Request::builder()
        .method(method)
        .uri(format!("{BASE}{target}"))
        .header(HOST, "scimtop")
        .header(CONTENT_TYPE, "application/json")
        .body(Full::new(body))
        .map_err(|_| internal("cannot write the request"))
}

/// The fields of `query` as `?name=value&…`; empty if there are none.
fn query_string(query: &impl Serialize) -> String {
    let Ok(Value::Object(fields)) = serde_json::to_value(query) else {
        return String::new();
    };
    let mut text = String::new();
    for (name, value) in &fields {
        let value = match value {
            Value::String(value) => value.clone(),
            other => other.to_string(),
        };
        text.push(if text.is_empty() { '?' } else { '&' });
        text.push_str(name);
        text.push('=');
        text.extend(utf8_percent_encode(&value, NON_ALPHANUMERIC));
    }
    text
}

fn encoded(segment: &str) -> String {
    utf8_percent_encode(segment, NON_ALPHANUMERIC).to_string()
}

fn unreachable(socket: &Path, error: &std::io::Error) -> OpsError {
    let socket = socket.display();
    if error.kind() == std::io::ErrorKind::PermissionDenied {
        return OpsError::new(
            Failure::Denied,
            format!("{socket} belongs to another user; run this as the user of the daemon"),
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

fn broken() -> OpsError {
    OpsError::new(
        Failure::Unreachable,
        "the daemon went away in the middle of an answer; see its log and try again",
    )
}

fn hangs() -> OpsError {
    OpsError::new(
        Failure::Unreachable,
        "the daemon does not answer; see its log, and restart it if it hangs",
    )
}

fn misunderstood() -> OpsError {
    internal("the daemon's answer is not understood; use the same version for both")
}

fn internal(message: &str) -> OpsError {
    OpsError::new(Failure::Internal, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::OrgId;
    use crate::model::event::EventKind;

    #[test]
    fn queries_are_written_so_that_every_value_survives() {
        assert_eq!(query_string(&()), "");
        assert_eq!(query_string(&Since { after: None }), "");
        let query = ExchangeQuery {
            filter: "client:okta status>=400 a&b=c%".into(),
            before: Some(7),
            limit: 10,
        };
        assert_eq!(
            query_string(&query),
            "?filter=client%3Aokta%20status%3E%3D400%20a%26b%3Dc%25&before=7&limit=10"
        );
        let query = EventQuery {
            org: Some(OrgId(3)),
            kind: Some(EventKind::UserRemoved),
            ..EventQuery::default()
        };
        assert_eq!(query_string(&query), "?org=3&kind=user%2Dremoved&limit=0");
    }

    #[test]
    fn a_missing_daemon_is_said_with_what_to_do() {
        let error = RemoteOps::connect(Path::new("/nowhere/scimtop.sock")).unwrap_err();
        assert_eq!(error.failure, Failure::Unreachable);
        assert!(error.message.contains("scimtop serve"), "{error}");
    }
}
