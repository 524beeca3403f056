//! The operations API over HTTP: on a Unix socket, and over TCP if that is wanted.
//!
//! One route for each method of [`Ops`], under [`crate::ops::wire::BASE`]. On the socket the user
//! is the credential, and the kernel says who connects; over TCP it is an operator's token.

pub(super) mod extract;
mod openapi;
pub mod peers;
pub(super) mod route;
pub(super) mod routes;
pub mod socket;
pub mod tcp;
#[cfg(test)]
mod tests;
pub(super) mod whole;

use std::convert::Infallible;
use std::fs;
use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use http::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;

use crate::http::limits::Limits;
use crate::http::ops::extract::{Session, failed};
use crate::http::ops::peers::{Accounts, Peer};
use crate::http::ops::socket::Socket;
use crate::http::ops::whole::Whole;
use crate::http::server::{self, Stop};
use crate::model::operator::OperatorRule;
use crate::ops::api::{Failure, Ops};

/// Gives each operator, by login name, the operations done in that name.
pub type Operators = Arc<dyn Fn(String) -> Arc<dyn Ops> + Send + Sync>;

/// Serves the operations API on `socket` until `stop`, to root, the daemon's own user and those
/// that `rules` name; removes the socket's file then.
pub async fn serve(
    socket: Socket,
    limits: &Limits,
    rules: &[OperatorRule],
    operators: Operators,
    stop: Stop,
) {
    let whole = Arc::new(Whole::new(limits, routes::router()));
    server::serve(
        socket.listener,
        limits,
        stop.clone(),
        |peer: Peer, _slot| {
            let accounts = Accounts::read();
            let role = accounts.role(peer, socket.owner, rules);
            let session = role.map(|role| Session {
                ops: operators(accounts.name(peer.uid)),
                role,
                stop: stop.clone(),
            });
            let whole = Arc::clone(&whole);
            service_fn(move |request| {
                let (whole, session) = (Arc::clone(&whole), session.clone());
                async move { Ok::<_, Infallible>(respond(&whole, session, request).await) }
            })
        },
    )
    .await;
    if let Err(error) = fs::remove_file(&socket.path) {
        tracing::warn!(%error, "the socket's file could not be removed");
    }
}

async fn respond(whole: &Whole, session: Option<Session>, request: Request<Incoming>) -> Response {
    let (mut head, body) = request.into_parts();
    let Some(session) = session else {
        let denied = failed(
            Failure::Denied,
            "only root, the user that runs the daemon, and those whom its configuration names \
             in [[ops.operators]] may operate it",
        );
        return whole.refuse(body, denied.into_response()).await;
    };
    session.enter(&mut head);
    whole.answer(head, body).await
}
