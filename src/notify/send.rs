//! HTTP to the outside: a request over a connection of its own, to an address that was checked.
//!
//! The name is resolved once, and the connection goes to an address that this gave, so that a name
//! cannot mean one thing when it is checked and another when it is used. Redirects are not
//! followed: an answer may not send the daemon elsewhere. Of an answer only its status and
//! `Retry-After` count; what else it says is not read, so that it can neither fill memory nor
//! reach a log.

use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HOST, RETRY_AFTER, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

use super::networks::Reachable;
use super::queue::Refusal;
use super::settings::Outbound;
use super::target::Target;
use crate::ops::remote::tls::TlsFault;

const AGENT: &str = concat!("scimtop/", env!("CARGO_PKG_VERSION"));

/// What everything that goes out has to keep to.
#[derive(Clone, Debug)]
pub(super) struct Door {
    /// Where it may go.
    pub reachable: Reachable,
    /// How long it may take, from the name being resolved to the answer.
    pub patience: Duration,
}

impl Door {
    /// As the settings say.
    pub fn of(outbound: &Outbound) -> Self {
        Self {
            reachable: Reachable(outbound.allow_networks.clone()),
            patience: outbound.timeout(),
        }
    }

    /// Why something that took too long failed.
    pub fn no_answer(&self) -> Refusal {
        refusal(format!(
            "no answer within {} s",
            self.patience.as_secs_f32()
        ))
    }
}

/// A request on its way.
#[derive(Clone, Debug)]
pub(super) struct Letter {
    pub method: Method,
    pub media: &'static str,
    pub headers: Vec<(HeaderName, HeaderValue)>,
    pub body: Bytes,
}

/// Sends `letter` to `target`; an answer of 2xx means that it was taken.
pub(super) async fn send(target: &Target, letter: Letter, door: &Door) -> Result<(), Refusal> {
    match timeout(door.patience, attempt(target, letter, &door.reachable)).await {
        Ok(done) => done,
        Err(_) => Err(door.no_answer()),
    }
}

async fn attempt(target: &Target, letter: Letter, reachable: &Reachable) -> Result<(), Refusal> {
    let secure = target.tls.is_some();
    let address = resolve(&target.host, target.port, secure, reachable).await?;
    let stream = TcpStream::connect(address)
        .await
        .and_then(|stream| stream.set_nodelay(true).map(|()| stream))
        .map_err(|error| refusal(format!("cannot connect: {}", plain(&error))))?;
    let request = request(target, letter);
    let response = match &target.tls {
        None => ask(stream, request).await?,
        Some(tls) => {
            let stream = tls.connect(stream).await;
            let stream = stream.map_err(|error| refusal(no_tls(&error)))?;
            ask(stream, request).await?
        }
    };
    let status = response.status();
    if status.is_success() {
        return Ok(());
    }
    let why = if status.is_redirection() {
        format!("answered {}: redirects are not followed", status.as_u16())
    } else {
        format!("answered {}", status.as_u16())
    };
    Err(Refusal {
        why,
        rest: rest(response.headers()),
    })
}

/// An address of a host that may be reached, with TLS (`secure`) or without.
pub(super) async fn resolve(
    host: &str,
    port: u16,
    secure: bool,
    reachable: &Reachable,
) -> Result<SocketAddr, Refusal> {
    let found = lookup_host((host, port)).await;
    let found: Vec<_> = found
        .map_err(|_| refusal("its name is not found".to_owned()))?
        .collect();
    let allowed = |address: &&SocketAddr| {
        if secure {
            reachable.allows(address.ip())
        } else {
            reachable.names(address.ip())
        }
    };
    found.iter().find(allowed).copied().ok_or_else(|| {
        let shown = found.first().map(|address| address.ip().to_string());
        let shown = shown.unwrap_or_else(|| "nowhere".to_owned());
        let unnamed = format!("it leads to {shown}, which outbound.allow_networks does not name");
        refusal(if secure {
            unnamed
        } else {
            format!("{unnamed}, and without TLS nothing else is reached")
        })
    })
}

/// Why there is no TLS, and what to do.
pub(super) fn no_tls(error: &io::Error) -> String {
    match TlsFault::of(error) {
        Some(fault @ TlsFault::UnknownAuthority) => {
            format!("{fault}: name a PEM file with that authority in ca_file")
        }
        Some(fault @ TlsFault::OtherName) => {
            format!("{fault} than the settings have: write one that is in the certificate")
        }
        Some(fault) => fault.to_string(),
        None => format!("TLS failed: {}", plain(error)),
    }
}

fn request(target: &Target, letter: Letter) -> Request<Full<Bytes>> {
    let mut request = Request::new(Full::new(letter.body));
    *request.method_mut() = letter.method;
    *request.uri_mut() = target.path.clone().into();
    let headers = request.headers_mut();
    headers.insert(HOST, target.authority.clone());
    headers.insert(USER_AGENT, HeaderValue::from_static(AGENT));
    if !letter.media.is_empty() {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(letter.media));
    }
    headers.extend(
        letter
            .headers
            .into_iter()
            .map(|(name, value)| (Some(name), value)),
    );
    request
}

/// Sends one request over `stream`; the head of the answer is all that is read.
async fn ask(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    request: Request<Full<Bytes>>,
) -> Result<Response<Incoming>, Refusal> {
    let broken = |_| refusal("the connection ended before an answer".to_owned());
    let (mut sender, driver) = http1::handshake(TokioIo::new(stream))
        .await
        .map_err(broken)?;
    let mut driver = pin!(driver);
    let mut over = false;
    let mut answer = pin!(sender.send_request(request));
    poll_fn(|cx| {
        if !over {
            over = driver.as_mut().poll(cx).is_ready();
        }
        answer.as_mut().poll(cx)
    })
    .await
    .map_err(broken)
}

/// `Retry-After` in seconds (RFC 9110 §10.2.3); the form with a date is not understood.
fn rest(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers
        .get(RETRY_AFTER)?
        .to_str()
        .ok()?
        .trim()
        .parse()
        .ok()?;
    Some(Duration::from_secs(seconds))
}

/// The kind of an error of the system.
fn plain(error: &io::Error) -> String {
    error.kind().to_string()
}

fn refusal(why: String) -> Refusal {
    Refusal::because(why)
}
