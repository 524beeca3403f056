//! A router before which bodies are read whole, within the limits of the SCIM endpoint.

use axum::Router;
use axum::body::Body;
use axum::response::Response;
use http::Request;
use http::request::Parts;
use hyper::body::Incoming;
use tower::ServiceExt;

use crate::http::body::{Bodies, Taken};
use crate::http::limits::Limits;
use crate::http::ops::extract::problem;
use crate::ops::api::Failure;

/// A router and the bounds of what it gets to read.
pub(in crate::http) struct Whole {
    bodies: Bodies,
    router: Router,
}

impl Whole {
    pub(in crate::http) fn new(limits: &Limits, router: Router) -> Self {
        Self {
            bodies: Bodies::new(limits),
            router,
        }
    }

    /// Reads the body and lets the router answer.
    pub(in crate::http) async fn answer(&self, head: Parts, mut body: Incoming) -> Response {
        let mut taken = Taken::default();
        if let Err(error) = self.bodies.read(&mut body, &mut taken).await {
            let failure = match error.status {
                503 => Failure::Unreachable,
                _ => Failure::Invalid,
            };
            let refusal = problem(error.status, "Body refused", failure, &error.detail);
            return self.refuse(body, refusal).await;
        }
        // Its share of the memory for bodies is held until the answer is there.
        let request = Request::from_parts(head, Body::from(taken.bytes.clone()));
        let answered = self.router.clone().oneshot(request).await;
        drop(taken);
        answered.unwrap_or_else(|never| match never {})
    }

    /// Answers without the router, so that the sender of a body comes to read it.
    pub(in crate::http) async fn refuse(&self, body: Incoming, refusal: Response) -> Response {
        self.bodies.discard(body).await;
        refusal
    }
}
