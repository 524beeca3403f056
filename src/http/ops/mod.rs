//! The operations API over HTTP, on a Unix socket and nowhere else.
//!
//! One route for each method of [`Ops`], under [`crate::ops::wire::BASE`]. The socket is the credential: only
//! the user that runs the daemon, and root, may use it, and the kernel says who connects.

pub(super) mod extract;
mod openapi;
pub(super) mod route;
pub(super) mod routes;
pub mod socket;
#[cfg(test)]
mod tests;

use std::convert::Infallible;
use std::fs;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::response::IntoResponse;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::service::service_fn;
use tower::ServiceExt;

use crate::http::limits::Limits;
use crate::http::ops::extract::{Failed, Registry, Session};
use crate::http::ops::socket::Socket;
use crate::http::server::{self, Stop};
use crate::model::operator::OperatorRole;
use crate::ops::api::{Failure, Ops, OpsError};

/// Gives each operator, by login name, the operations done in that name.
pub type Operators = Arc<dyn Fn(String) -> Arc<dyn Ops> + Send + Sync>;

/// Serves the operations API on `socket` until `stop`, and removes the socket's file then.
pub async fn serve(socket: Socket, limits: &Limits, operators: Operators, stop: Stop) {
    let (router, owner) = (routes::router(), socket.owner);
    server::serve(socket.listener, limits, stop.clone(), |uid, _slot| {
        let session = may_operate(uid, owner).then(|| Session {
            ops: operators(socket::login(uid)),
            role: OperatorRole::Admin,
            stop: stop.clone(),
        });
        let router = router.clone();
        service_fn(move |request: Request<Incoming>| {
            respond(router.clone(), session.clone(), request.map(Body::new))
        })
    })
    .await;
    if let Err(error) = fs::remove_file(&socket.path) {
        tracing::warn!(%error, "the socket's file could not be removed");
    }
}

/// Whether a process of the user `uid` may operate the daemon of the user `owner`.
const fn may_operate(uid: u32, owner: u32) -> bool {
    uid == 0 || uid == owner
}

async fn respond(
    router: Router,
    session: Option<Session>,
    mut request: Request<Body>,
) -> Result<Response<Body>, Infallible> {
    let Some(session) = session else {
        let denied = OpsError::new(
            Failure::Denied,
            "only the user that runs the daemon, and root, may operate it",
        );
        return Ok(Failed(denied).into_response());
    };
    let extensions = request.extensions_mut();
    extensions.insert(Registry(session.ops.clone()));
    extensions.insert(session);
    router.oneshot(request).await
}
