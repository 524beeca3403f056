//! The content API for applications: what their users own, and nothing else, over TCP.
//!
//! An application's token is checked before anything is read or told, so that without one every
//! path answers alike; it opens the content of its own Org. Bodies and heads have the bounds of the
//! SCIM endpoint.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::response::Response;
use http::header::{
    AUTHORIZATION, CACHE_CONTROL, HeaderName, RETRY_AFTER, USER_AGENT, WWW_AUTHENTICATE,
};
use http::request::Parts;
use http::{HeaderValue, Request};
use hyper::body::Incoming;
use hyper::service::service_fn;
use percent_encoding::percent_decode_str;
use tokio::net::TcpListener;
use tower::ServiceExt;

use crate::http::body::{Bodies, Taken};
use crate::http::limits::Limits;
use crate::http::ops::extract::{Registry, problem};
use crate::http::ops::route::open;
use crate::http::ops::routes;
use crate::http::rate::Rates;
use crate::http::server::{self, Stop};
use crate::ops::api::Failure;
use crate::ops::gateway::{ContentGateway, Refused};
use crate::ops::wire::BASE;

/// Serves the content API.
pub struct Endpoint {
    gateway: Arc<dyn ContentGateway>,
    limits: Limits,
    bodies: Bodies,
    rates: Rates,
    router: Router,
}

impl Endpoint {
    /// An endpoint before `gateway`.
    pub fn new(gateway: Arc<dyn ContentGateway>, limits: Limits) -> Arc<Self> {
        Arc::new(Self {
            gateway,
            bodies: Bodies::new(&limits),
            rates: Rates::new(limits.requests_per_second),
            router: open(routes::content::routes()),
            limits,
        })
    }

    /// Serves the connections of `listener` until `stop`.
    pub async fn serve(self: Arc<Self>, listener: TcpListener, stop: Stop) {
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
        let (mut head, mut body) = request.into_parts();
        let admitted = self.gateway.admit(
            text(&head, &AUTHORIZATION),
            org(head.uri.path()).as_deref(),
            source.ip().to_canonical(),
            text(&head, &USER_AGENT).unwrap_or_default(),
        );
        let refusal = match admitted {
            Ok(admitted) => match self.rates.admit(&admitted.token) {
                Ok(()) => {
                    head.extensions.insert(Registry(admitted.contents));
                    None
                }
                Err(seconds) => Some(slow_down(seconds)),
            },
            Err(refused) => Some(turn_away(&refused, source)),
        };
        if let Some(response) = refusal {
            self.bodies.discard(body).await;
            return response;
        }
        let mut taken = Taken::default();
        if let Err(error) = self.bodies.read(&mut body, &mut taken).await {
            self.bodies.discard(body).await;
            let failure = match error.status {
                503 => Failure::Unreachable,
                _ => Failure::Invalid,
            };
            return problem(error.status, "Body refused", failure, &error.detail);
        }
        // Its share of the memory for bodies is held until the answer is there.
        let request = Request::from_parts(head, Body::from(taken.bytes.clone()));
        let answered = self.router.clone().oneshot(request).await;
        drop(taken);
        answered.unwrap_or_else(|never| match never {})
    }
}

fn text<'h>(head: &'h Parts, name: &HeaderName) -> Option<&'h str> {
    head.headers.get(name).and_then(|value| value.to_str().ok())
}

/// The Org that a path names, as the router reads it.
fn org(path: &str) -> Option<String> {
    let below = path.strip_prefix(BASE)?.strip_prefix("/orgs/")?;
    let segment = below.split('/').next()?;
    let name = percent_decode_str(segment).decode_utf8().ok()?;
    Some(name.into_owned())
}

/// The reason is for the operator's log; the answer depends on the status alone.
fn turn_away(refused: &Refused, source: SocketAddr) -> Response {
    tracing::warn!(
        reason = refused.refusal.as_str(),
        token = refused.token.as_ref().map(|(id, _)| id.0.as_str()),
        source = %source.ip().to_canonical(),
        "the content API refused a credential"
    );
    if refused.status == 403 {
        return problem(
            403,
            "Denied",
            Failure::Denied,
            "this token does not open this Org; ask the operator of this server",
        );
    }
    let mut response = problem(
        401,
        "Unauthorized",
        Failure::Denied,
        "a valid bearer token of an application is needed",
    );
    response.headers_mut().insert(
        WWW_AUTHENTICATE,
        HeaderValue::from_static("Bearer realm=\"content\""),
    );
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_org_of_a_path() {
        for (path, expected) in [
            ("/api/v1/orgs/0/content", Some("0")),
            ("/api/v1/orgs/sal%C3%A9s/content/a/b", Some("salés")),
            ("/api/v1/orgs/a%2Fb/content", Some("a/b")),
            ("/api/v1/orgs/%ff/content", None),
            ("/api/v1/tokens", None),
            ("/api/v1//orgs/0/content", None),
            ("/", None),
        ] {
            assert_eq!(org(path).as_deref(), expected, "{path}");
        }
    }
}
