//! An API for whoever has the right kind of token, over TCP.
//!
//! The token is checked before anything is read or told, so that without one every path answers
//! alike. Bodies and heads have the bounds of the SCIM endpoint.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::Router;
use axum::response::Response;
use http::header::{CACHE_CONTROL, HeaderName, RETRY_AFTER, USER_AGENT, WWW_AUTHENTICATE};
use http::request::Parts;
use http::{HeaderValue, Request};
use hyper::body::Incoming;
use hyper::service::service_fn;

use crate::http::limits::Limits;
use crate::http::ops::extract::problem;
use crate::http::ops::whole::Whole;
use crate::http::rate::Rates;
use crate::http::server::{self, Listener, Stop};
use crate::ids::TokenId;
use crate::ops::api::Failure;
use crate::ops::gateway::Refused;

/// Who is let in, and how others are turned away.
pub trait Door: Send + Sync + 'static {
    /// The API in the log.
    const API: &'static str;
    /// Of whom a token is needed.
    const HOLDER: &'static str;
    /// `WWW-Authenticate` of a 401.
    const CHALLENGE: &'static str;

    /// Sorts out the credential of a request, and adds what handlers need to it.
    ///
    /// # Errors
    /// Why the credential was refused.
    fn admit(&self, head: &mut Parts, source: IpAddr) -> Result<TokenId, Refused>;
}

/// Serves an API behind a door.
pub struct Endpoint<D> {
    door: D,
    limits: Limits,
    rates: Rates,
    whole: Whole,
}

impl<D: Door> Endpoint<D> {
    /// `router` behind `door`.
    pub(super) fn new(door: D, limits: Limits, router: Router) -> Arc<Self> {
        Arc::new(Self {
            door,
            rates: Rates::new(limits.requests_per_second),
            whole: Whole::new(&limits, router),
            limits,
        })
    }

    /// Serves the connections of `listener` until `stop`.
    pub async fn serve<L>(self: Arc<Self>, listener: L, stop: Stop)
    where
        L: Listener<Peer = SocketAddr>,
    {
        server::serve(listener, &self.limits, stop, |source, _slot| {
            let endpoint = Arc::clone(&self);
            service_fn(move |request| {
                let endpoint = Arc::clone(&endpoint);
                async move {
                    let mut response = endpoint.respond(request, source).await;
                    response
                        .headers_mut()
                        .insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
                    Ok::<_, Infallible>(response)
                }
            })
        })
        .await;
    }

    async fn respond(&self, request: Request<Incoming>, source: SocketAddr) -> Response {
        let (mut head, body) = request.into_parts();
        let refusal = match self.door.admit(&mut head, source.ip().to_canonical()) {
            Ok(token) => match self.rates.admit(&token) {
                Ok(()) => return self.whole.answer(head, body).await,
                Err(seconds) => slow_down(seconds),
            },
            Err(refused) => turn_away::<D>(&refused, source),
        };
        self.whole.refuse(body, refusal).await
    }
}

/// A header's text; `None` if it is absent or not text.
pub(super) fn text<'h>(head: &'h Parts, name: &HeaderName) -> Option<&'h str> {
    head.headers.get(name).and_then(|value| value.to_str().ok())
}

/// `User-Agent`, as sent.
pub(super) fn agent(head: &Parts) -> &str {
    text(head, &USER_AGENT).unwrap_or_default()
}

/// The reason is for the operator's log; the answer depends on the status alone.
fn turn_away<D: Door>(refused: &Refused, source: SocketAddr) -> Response {
    tracing::warn!(
        reason = refused.refusal.as_str(),
        token = refused.token.as_ref().map(|(id, _)| id.0.as_str()),
        source = %source.ip().to_canonical(),
        "{} refused a credential", D::API
    );
    if refused.status == 403 {
        return problem(
            403,
            "Denied",
            Failure::Denied,
            "this token does not open this Org; ask the operator of this server",
        );
    }
    let detail = format!("a valid bearer token of {} is needed", D::HOLDER);
    let mut response = problem(401, "Unauthorized", Failure::Denied, &detail);
    response
        .headers_mut()
        .insert(WWW_AUTHENTICATE, HeaderValue::from_static(D::CHALLENGE));
    response
}

fn slow_down(seconds: u32) -> Response {
    let mut response = problem(
        429,
        "Too many requests",
        Failure::Unreachable,
        "this token sends more requests a second than are allowed; slow down",
    );
    response.headers_mut().insert(RETRY_AFTER, seconds.into());
    response
}
