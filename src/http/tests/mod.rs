//! The endpoint over real sockets, before a scripted gateway.

mod lifecycle;
mod limits;
mod wire;

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Mutex, mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::clock::{Clock, Timestamp};
use crate::http::limits::Limits;
use crate::http::reply::blank;
use crate::http::scim::Endpoint;
use crate::ids::{OrgId, TokenId};
use crate::model::exchange::Operation;
use crate::model::org::{Org, RemovalPolicy};
use crate::model::token::Refusal;
use crate::ops::gateway::{Gateway, Observed, Refused};
use crate::ops::provision::request::{Answer, AnswerBody, Caller, Request};
use crate::scim::quirk::Dialect;

/// No wait in a test that passes takes this long.
const LONG: Duration = Duration::from_secs(20);

type Script = Box<dyn Fn(Request) -> BoxFuture<'static, Answer> + Send + Sync>;

/// A gateway that answers by script and shows what it was handed.
struct Scripted {
    script: Script,
    records: mpsc::UnboundedSender<Observed>,
    ready: Result<(), String>,
}

impl Gateway for Scripted {
    fn authenticate(
        &self,
        authorization: Option<&str>,
        org: Option<&str>,
    ) -> Result<Caller, Refused> {
        let refused = |refusal, status| {
            Err(Refused {
                refusal,
                status,
                org: None,
                token: None,
            })
        };
        let dialect = match authorization {
            None => return refused(Refusal::Missing, 401),
            Some("naked") => return refused(Refusal::SchemeMissing, 401),
            Some("Basic x") => return refused(Refusal::WrongScheme, 401),
            Some("Bearer expired") => return refused(Refusal::Expired, 401),
            Some("Bearer revoked") => return refused(Refusal::Revoked, 401),
            Some("Bearer disabled") => return refused(Refusal::ScimDisabled, 403),
            Some("Bearer good") if org.is_some_and(|org| org != "0") => {
                return refused(Refusal::WrongOrg, 403);
            }
            Some("Bearer good") => Dialect::Auto,
            Some("Bearer strict") => Dialect::Strict,
            Some(_) => return refused(Refusal::Foreign, 401),
        };
        Ok(Caller {
            org: Org {
                hold_days: 30,
                heirs: Vec::new(),
                id: OrgId::PRIMARY,
                name: "Primary".into(),
                scim_enabled: true,
                policy: RemovalPolicy::Delete,
                dialect,
                created: Timestamp(0),
                users: 0,
                groups: 0,
            },
            token: TokenId("tok_00000001".into()),
            token_label: "okta-prod".into(),
            lineage: TokenId("tok_00000001".into()),
        })
    }

    fn answer(&self, request: Request) -> Pin<Box<dyn Future<Output = Answer> + Send + '_>> {
        (self.script)(request)
    }

    fn record(&self, observed: Observed) {
        let _ = self.records.send(observed);
    }

    fn ready(&self) -> Result<(), String> {
        self.ready.clone()
    }
}

/// An answer with that status and body.
fn answer(status: u16, body: AnswerBody) -> Answer {
    Answer {
        status,
        location: None,
        etag: None,
        retry_after: None,
        body,
        record: blank(Operation::Get),
    }
}

/// Answers every request with a small document.
fn plain(_: Request) -> BoxFuture<'static, Answer> {
    Box::pin(async { answer(200, AnswerBody::Json("{\"ok\":1}".into())) })
}

/// A running endpoint.
struct Server {
    addr: SocketAddr,
    stop: watch::Sender<bool>,
    records: Mutex<mpsc::UnboundedReceiver<Observed>>,
    serving: JoinSet<()>,
}

impl Server {
    async fn start(
        limits: Limits,
        script: impl Fn(Request) -> BoxFuture<'static, Answer> + Send + Sync + 'static,
    ) -> Self {
        Self::start_as(limits, Ok(()), Box::new(script)).await
    }

    async fn start_as(limits: Limits, ready: Result<(), String>, script: Script) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let (records, recorded) = mpsc::unbounded_channel();
        let gateway = Arc::new(Scripted {
            script,
            records,
            ready,
        });
        let origin = "http://scim.test".to_owned();
        let clock = Clock::manual(Timestamp(1_000));
        let endpoint = Endpoint::new(gateway, clock, limits, origin);
        let (stop, stopping) = watch::channel(false);
        let mut serving = JoinSet::new();
        serving.spawn(endpoint.serve(listener, stopping));
        Self {
            addr,
            stop,
            records: Mutex::new(recorded),
            serving,
        }
    }

    async fn connect(&self) -> Client {
        Client {
            stream: TcpStream::connect(self.addr).await.unwrap(),
            read: Vec::new(),
        }
    }

    /// Sends one request on a connection of its own.
    async fn ask(&self, head: &str, body: &str) -> Reply {
        let mut client = self.connect().await;
        client.request(head, body).await;
        client.reply().await
    }

    /// The next exchange in the record.
    async fn recorded(&self) -> Observed {
        let mut records = self.records.lock().await;
        timeout(LONG, records.recv()).await.unwrap().unwrap()
    }

    /// True if nothing more has been recorded.
    async fn nothing_recorded(&self) -> bool {
        self.records.lock().await.is_empty()
    }

    /// Waits until serving has ended.
    async fn ended(&mut self) {
        let ended = timeout(LONG, self.serving.join_next()).await.unwrap();
        ended.unwrap().unwrap();
    }
}

/// A client that says exactly what it is told to.
struct Client {
    stream: TcpStream,
    read: Vec<u8>,
}

/// What came back.
#[derive(Debug)]
struct Reply {
    status: u16,
    head: String,
    body: String,
}

impl Reply {
    fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(": ")?;
            key.eq_ignore_ascii_case(name).then_some(value)
        })
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

impl Client {
    async fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.unwrap();
    }

    /// Sends `METHOD /path` and further header lines, with a good token unless `head` says
    /// otherwise.
    async fn request(&mut self, head: &str, body: &str) {
        let (line, headers) = head.split_once('\n').unwrap_or((head, ""));
        let mut text = format!("{line} HTTP/1.1\r\nHost: lies.example\r\n");
        if !headers.contains("Authorization") {
            text += "Authorization: Bearer good\r\n";
        }
        if !body.is_empty() {
            text = text + "Content-Length: " + &body.len().to_string() + "\r\n";
        }
        for header in headers.lines().filter(|header| !header.ends_with(": -")) {
            text = text + header + "\r\n";
        }
        self.send(format!("{text}\r\n{body}").as_bytes()).await;
    }

    /// Reads more; false at the end.
    async fn more(&mut self) -> bool {
        let read = timeout(LONG, self.stream.read_buf(&mut self.read)).await;
        // A reset is an end too: the server closed with bytes of ours unread.
        read.expect("the server says something or closes")
            .is_ok_and(|read| read > 0)
    }

    async fn reply(&mut self) -> Reply {
        self.reply_to("GET").await
    }

    async fn reply_to(&mut self, method: &str) -> Reply {
        let end = loop {
            if let Some(at) = self.read.windows(4).position(|four| four == b"\r\n\r\n") {
                break at;
            }
            assert!(self.more().await, "closed before an answer");
        };
        let head = String::from_utf8(self.read.drain(..end + 4).collect()).unwrap();
        let mut reply = Reply {
            status: head[9..12].parse().unwrap(),
            head,
            body: String::new(),
        };
        let length = reply.header("content-length").unwrap_or("0");
        let length: usize = length.parse().unwrap();
        if method != "HEAD" {
            while self.read.len() < length {
                assert!(self.more().await, "closed inside an answer");
            }
            reply.body = String::from_utf8(self.read.drain(..length).collect()).unwrap();
        }
        reply
    }

    /// Everything up to the end of the connection.
    async fn rest(&mut self) -> String {
        while self.more().await {}
        String::from_utf8(std::mem::take(&mut self.read)).unwrap()
    }
}
