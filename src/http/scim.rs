//! The SCIM endpoint: from a request's head to its answer and its record.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{AUTHORIZATION, EXPECT};
use http::request::Parts;
use http::{Request, Response};
use http_body_util::BodyExt as _;
use hyper::body::Body;
use hyper::service::service_fn;
use tokio::net::TcpListener;

use crate::clock::Clock;
use crate::http::admit;
use crate::http::body::{Bodies, Taken};
use crate::http::finish::{Abandoned, Lasting};
use crate::http::health;
use crate::http::limits::Limits;
use crate::http::observe::Exchange;
use crate::http::rate::Rates;
use crate::http::reply::{self, ReplyBody};
use crate::http::route::{self, Route};
use crate::http::server::{self, Slot, Stop};
use crate::model::exchange::Operation;
use crate::ops::gateway::Gateway;

/// Serves SCIM and the health probes.
pub struct Endpoint {
    pub(super) gateway: Arc<dyn Gateway>,
    clock: Clock,
    /// Scheme and authority of every URL in answers.
    pub(super) origin: String,
    limits: Limits,
    bodies: Bodies,
    pub(super) rates: Rates,
    abandoned: Arc<Abandoned>,
}

impl Endpoint {
    /// An endpoint before `gateway`. `origin` comes before `/scim/v2` in every URL of an answer;
    /// see [`crate::http::listen::origin`]. To be called on the runtime that will serve.
    pub fn new(
        gateway: Arc<dyn Gateway>,
        clock: Clock,
        limits: Limits,
        origin: String,
    ) -> Arc<Self> {
        Arc::new(Self {
            gateway,
            clock,
            origin,
            bodies: Bodies::new(&limits),
            rates: Rates::new(limits.requests_per_second),
            abandoned: Arc::new(Abandoned::new()),
            limits,
        })
    }

    /// Serves the connections of `listener` until `stop`. When it returns, every request that
    /// was begun has been answered, committed and recorded, or its grace period is over.
    pub async fn serve(self: Arc<Self>, listener: TcpListener, stop: Stop) {
        server::serve(listener, &self.limits, stop, |source, slot| {
            let endpoint = Arc::clone(&self);
            service_fn(move |request| {
                let (endpoint, slot) = (Arc::clone(&endpoint), Arc::clone(&slot));
                async move {
                    let response = endpoint.respond(request, source, Some(slot)).await;
                    Ok::<_, Infallible>(response)
                }
            })
        })
        .await;
        self.abandoned.settle(self.limits.shutdown_grace()).await;
    }

    /// The whole answer to a request of this process, which is served and recorded like one that
    /// came from `source` over a connection.
    ///
    /// # Errors
    /// A streamed answer broke off.
    pub async fn ask<B>(
        &self,
        request: Request<B>,
        source: SocketAddr,
    ) -> io::Result<Response<Bytes>>
    where
        B: Body<Data = Bytes> + Unpin,
    {
        let (head, body) = self.respond(request, source, None).await.into_parts();
        let body = body.collect().await?.to_bytes();
        Ok(Response::from_parts(head, body))
    }

    async fn respond<B>(
        &self,
        request: Request<B>,
        source: SocketAddr,
        slot: Option<Slot>,
    ) -> Response<ReplyBody>
    where
        B: Body<Data = Bytes> + Unpin,
    {
        let (head, mut body) = request.into_parts();
        let route = match route::find(head.uri.path()) {
            Route::Live => return health::probe(&head.method, Ok(())),
            Route::Ready => return health::probe(&head.method, self.gateway.ready()),
            route => route,
        };
        let mut exchange = Exchange::begin(&self.gateway, self.clock.now(), &head, source);
        let admitted = if let Route::Scim { org, target } = route {
            let has_body = !body.is_end_stream();
            self.admit(&head, has_body, org.as_deref(), target, &mut exchange)
        } else {
            // Whose client has the wrong base URL, for the operator.
            let authorization = admit::text(&head, &AUTHORIZATION);
            exchange.seen.caller = self.gateway.authenticate(authorization, None).ok();
            Err(reply::refusal(
                admit::no_such_endpoint(),
                Operation::NoRoute,
            ))
        };
        let mut request = match admitted {
            Ok(request) => request,
            Err(answer) => {
                let response = exchange.finish(answer, self.patience());
                self.see_off(&head, body).await;
                return response;
            }
        };
        let mut taken = Taken::default();
        let read = self.bodies.read(&mut body, &mut taken).await;
        exchange.seen.request_body = taken.bytes.clone();
        if let Err(error) = read {
            let operation = route::operation(&request.target, request.method);
            let response = exchange.finish(reply::refusal(error, operation), self.patience());
            self.see_off(&head, body).await;
            return response;
        }
        request.body = taken.bytes;
        let (gateway, patience) = (Arc::clone(&self.gateway), self.patience());
        let work = async move {
            let answer = gateway.answer(request).await;
            // Held until here, so that work whose client left still counts.
            drop((taken.share, slot));
            exchange.finish(answer, patience)
        };
        Lasting::new(work, &self.abandoned).await
    }

    /// Takes in the rest of a body that nobody wants, unless its sender waits to be asked for it.
    async fn see_off<B: Body<Data = Bytes> + Unpin>(&self, head: &Parts, body: B) {
        if !head.headers.contains_key(EXPECT) && !body.is_end_stream() {
            self.bodies.discard(body).await;
        }
    }

    fn patience(&self) -> Duration {
        Duration::from_millis(self.limits.answer_timeout_ms)
    }
}
