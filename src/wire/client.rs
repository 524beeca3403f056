//! One persistent HTTP/1.1 connection to the server.
//!
//! The connection is driven by the task that uses it, not by one of its own: a hand-over between
//! threads would cost more than many of the answers.

use std::fmt;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::{self, Connection, SendRequest};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

use super::target::Target;

const SCIM_JSON: &str = "application/scim+json";
const AGENT: &str = concat!("scimtop/", env!("CARGO_PKG_VERSION"));

/// The patience of the identity providers (Okta's limit).
const TIMEOUT: Duration = Duration::from_secs(60);

/// The headers that a client sends with each of its requests.
///
/// Those of the connection and the credential are not among them.
pub type Headers = [(HeaderName, HeaderValue)];

/// A request: method, path below the base URL, body.
#[derive(Clone, Debug)]
pub struct Call {
    method: Method,
    path: String,
    headers: Option<Arc<Headers>>,
    body: Bytes,
}

impl Call {
    /// A request without a body.
    pub fn new(method: Method, path: impl Into<String>) -> Self {
        Self {
            method,
            path: path.into(),
            headers: None,
            body: Bytes::new(),
        }
    }

    /// A request that carries `body`.
    pub fn with(method: Method, path: impl Into<String>, body: &Value) -> Self {
        Self {
            body: body.to_string().into(),
            ..Self::new(method, path)
        }
    }

    /// A request whose body is `body`, whatever that is.
    pub fn carrying(method: Method, path: impl Into<String>, body: impl Into<Bytes>) -> Self {
        Self {
            body: body.into(),
            ..Self::new(method, path)
        }
    }

    /// The same, with `headers` instead of those of this program; `Content-Type` is sent only
    /// with a body.
    #[must_use]
    pub fn headed(self, headers: Arc<Headers>) -> Self {
        Self {
            headers: Some(headers),
            ..self
        }
    }

    /// The request as it goes to `target`, with its credential.
    pub fn to(&self, target: &Target) -> Request<Full<Bytes>> {
        let mut request = target
            .sign(Request::builder())
            .method(&self.method)
            .uri(format!("{}{}", target.base, self.path));
        if let Some(headers) = &self.headers {
            for (name, value) in headers.iter() {
                if *name != CONTENT_TYPE || !self.body.is_empty() {
                    request = request.header(name, value);
                }
            }
        } else {
            request = request.header(USER_AGENT, AGENT).header(ACCEPT, SCIM_JSON);
            if !self.body.is_empty() {
                request = request.header(CONTENT_TYPE, SCIM_JSON);
            }
        }
        request
            .body(Full::new(self.body.clone()))
            .expect("paths are built from encoded parts and headers are constants")
    }
}

/// A whole answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body, empty if there is none.
    pub body: Bytes,
}

/// Why there is no answer.
#[derive(Debug)]
pub enum Failure {
    /// No connection could be made.
    Connect(io::Error),
    /// The connection ended, or broke the protocol, before the answer was complete.
    Closed(hyper::Error),
    /// No complete answer within a minute.
    Timeout,
}

impl Failure {
    /// The kind under which it is counted.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Connect(_) => "no connection",
            Self::Closed(_) => "connection closed",
            Self::Timeout => "timeout",
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connect(error) => error.fmt(f),
            Self::Closed(error) => error.fmt(f),
            Self::Timeout => f.write_str(self.kind()),
        }
    }
}

struct Link {
    sender: SendRequest<Full<Bytes>>,
    driver: Connection<TokioIo<TcpStream>, Full<Bytes>>,
}

/// A client with one connection, made when first needed and again when it has ended.
pub struct Client {
    target: Arc<Target>,
    link: Option<Link>,
    /// Requests sent a second time, over a fresh connection.
    pub retries: u64,
}

impl Client {
    /// A client that has not connected yet.
    pub const fn new(target: Arc<Target>) -> Self {
        Self {
            target,
            link: None,
            retries: 0,
        }
    }

    /// The server it talks to.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// Connects ahead of the first request, so that this is not measured; a failure shows again
    /// with that request.
    pub async fn warm(&mut self) {
        self.link = self.connect().await.ok();
    }

    /// Sends `call` and reads the whole answer. If the connection is refused or ends before the
    /// answer, tries once more over a new one.
    pub async fn send(&mut self, call: &Call) -> Result<Answer, Failure> {
        match self.attempt(call).await {
            Err(Failure::Connect(_) | Failure::Closed(_)) => {
                self.retries += 1;
                self.attempt(call).await
            }
            done => done,
        }
    }

    async fn attempt(&mut self, call: &Call) -> Result<Answer, Failure> {
        let request = call.to(&self.target);
        // A link that failed or timed out is not put back: its next answer would be the last one's.
        let link = match self.link.take() {
            Some(link) => link,
            None => self.connect().await?,
        };
        let (answer, link) = tokio::time::timeout(TIMEOUT, link.exchange(request))
            .await
            .map_err(|_| Failure::Timeout)??;
        self.link = link;
        Ok(answer)
    }

    async fn connect(&self) -> Result<Link, Failure> {
        let stream = tokio::time::timeout(TIMEOUT, TcpStream::connect(&self.target.address))
            .await
            .map_err(|_| Failure::Timeout)?
            .map_err(Failure::Connect)?;
        stream.set_nodelay(true).map_err(Failure::Connect)?;
        let (sender, driver) = http1::handshake(TokioIo::new(stream))
            .await
            .map_err(Failure::Closed)?;
        Ok(Link { sender, driver })
    }
}

impl Link {
    /// The answer, and the connection if it can be used again.
    async fn exchange(
        self,
        request: Request<Full<Bytes>>,
    ) -> Result<(Answer, Option<Self>), Failure> {
        let Self {
            mut sender,
            mut driver,
        } = self;
        let mut talk = pin!(async move {
            sender.ready().await?;
            let (head, body) = sender.send_request(request).await?.into_parts();
            let answer = Answer {
                status: head.status,
                headers: head.headers,
                body: body.collect().await?.to_bytes(),
            };
            Ok::<_, hyper::Error>((answer, sender))
        });
        let done = tokio::select! {
            biased;
            _ = &mut driver => {
                // The end of the connection may leave an answer behind, complete and not yet
                // read. A request that was not taken would wait for its driver for ever.
                drop(driver);
                talk.await.map(|(answer, _)| (answer, None))
            }
            done = &mut talk => {
                done.map(|(answer, sender)| (answer, Some(Self { sender, driver })))
            }
        };
        done.map_err(Failure::Closed)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;
    use std::sync::mpsc;
    use std::thread;

    use super::*;
    use crate::wire::Token;

    /// A server that ends every connection after one answer, without saying so in it.
    #[test]
    fn a_connection_that_ended_while_idle_is_made_anew() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/scim", listener.local_addr().unwrap());
        let (ended, idle) = mpsc::channel();
        let server = thread::spawn(move || {
            for _ in 0..2 {
                let (mut stream, _) = listener.accept().unwrap();
                let mut request = Vec::new();
                while !request.ends_with(b"\r\n\r\n") {
                    let mut byte = [0];
                    stream.read_exact(&mut byte).unwrap();
                    request.push(byte[0]);
                }
                let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";
                stream.write_all(answer).unwrap();
                drop(stream);
                ended.send(()).unwrap();
            }
        });
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let target = Target::new(&url, &Token::from("secret".to_owned())).unwrap();
        let mut client = Client::new(Arc::new(target));
        runtime.block_on(async {
            for _ in 0..2 {
                let answer = client.send(&Call::new(Method::GET, "/Users")).await;
                assert_eq!(answer.unwrap().status, StatusCode::OK);
                idle.recv().unwrap();
            }
        });
        server.join().unwrap();
        assert!(client.retries <= 1);
    }
}
