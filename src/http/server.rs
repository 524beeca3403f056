//! The accept loop: connections within [`Limits`], on any listener, until told to stop.
//!
//! `axum::serve` and hyper's helpers hold a connection for as long as its client likes; here
//! every wait on a client has an end, and stopping has an order: no new connections, then the
//! requests in flight within a grace period, then nothing.

use std::convert::Infallible;
use std::error::Error;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response};
use hyper::body::{Body, Incoming};
use hyper::server::conn::http1;
use hyper::service::Service;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::{JoinError, JoinSet};

use crate::http::limits::Limits;
use crate::http::ops::peers::Peer;
use crate::http::patience::{Patience, Patient};

/// Turns true, or loses its sender, when the server is to stop.
pub type Stop = watch::Receiver<bool>;

/// A connection's place among [`Limits::connections`]; whoever holds a clone keeps it taken.
pub type Slot = Arc<OwnedSemaphorePermit>;

/// Read and write buffers of a connection grow to this, in bytes.
const BUFFER: usize = 64 << 10;

/// How long accepting rests after a failure such as too many open files.
const BACK_OFF: Duration = Duration::from_millis(200);

/// Where connections come from.
pub trait Listener: Send {
    /// A connection.
    type Io: AsyncRead + AsyncWrite + Unpin + Send + 'static;
    /// Who is at its other end.
    type Peer: Send;
    /// Waits for the next connection; may be dropped while waiting.
    fn accept(&self) -> impl Future<Output = io::Result<(Self::Io, Self::Peer)>> + Send;
}

impl Listener for TcpListener {
    type Io = TcpStream;
    type Peer = SocketAddr;

    async fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        let (stream, peer) = Self::accept(self).await?;
        stream.set_nodelay(true)?;
        Ok((stream, peer))
    }
}

impl Listener for UnixListener {
    type Io = UnixStream;
    type Peer = Peer;

    async fn accept(&self) -> io::Result<(UnixStream, Peer)> {
        let (stream, _) = Self::accept(self).await?;
        let peer = stream.peer_cred()?;
        let (uid, gid) = (peer.uid(), peer.gid());
        Ok((stream, Peer { uid, gid }))
    }
}

/// Resolves when the server is to stop.
pub async fn stopped(mut stop: Stop) {
    // A lost sender means that whoever could stop us is gone: the same as told to.
    let _ = stop.wait_for(|stop| *stop).await;
}

/// Serves the connections of `listener`, each with the service that `make` gives for its peer,
/// until `stop`; returns when the last one has ended or [`Limits::shutdown_grace_ms`] is over.
pub async fn serve<L, M, S, B>(listener: L, limits: &Limits, stop: Stop, make: M)
where
    L: Listener,
    M: Fn(L::Peer, Slot) -> S,
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible> + Send + 'static,
    S::Future: Send,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let room = limits.connections.clamp(1, Semaphore::MAX_PERMITS);
    let slots = Arc::new(Semaphore::new(room));
    let mut open = JoinSet::new();
    let mut stopping = pin!(stopped(stop.clone()));
    loop {
        let (slot, io, peer) = tokio::select! {
            biased;
            () = &mut stopping => break,
            next = next_connection(&listener, &slots) => next,
        };
        while let Some(ended) = open.try_join_next() {
            report(&ended);
        }
        let service = make(peer, Arc::clone(&slot));
        let patience = Patience::new(limits);
        let io = TokioIo::new(Patient::new(io, &patience, limits));
        let connection = http1::Builder::new()
            .timer(patience)
            // Only switches the timer on; `Patience` knows the times.
            .header_read_timeout(Duration::from_secs(1))
            .max_headers(limits.headers)
            .max_header_size(limits.header_bytes)
            .max_buf_size(BUFFER)
            .serve_connection(io, service);
        let stop = stop.clone();
        open.spawn(async move {
            let mut connection = pin!(connection);
            // How a connection ended is its client's affair: a fault of ours is an answer.
            let _ = tokio::select! {
                biased;
                ended = &mut connection => ended,
                () = stopped(stop) => {
                    connection.as_mut().graceful_shutdown();
                    connection.await
                }
            };
            drop(slot);
        });
    }
    drop(listener);
    let drained = async {
        while let Some(ended) = open.join_next().await {
            report(&ended);
        }
    };
    if tokio::time::timeout(limits.shutdown_grace(), drained)
        .await
        .is_err()
    {
        tracing::warn!("stopping: cut off the connections that outlasted the grace period");
        open.shutdown().await;
    }
}

/// Waits for room, then for a connection to fill it.
async fn next_connection<L: Listener>(
    listener: &L,
    slots: &Arc<Semaphore>,
) -> (Slot, L::Io, L::Peer) {
    let slot = Arc::clone(slots)
        .acquire_owned()
        .await
        .expect("the semaphore is never closed");
    loop {
        match listener.accept().await {
            Ok((io, peer)) => return (Arc::new(slot), io, peer),
            // The client was gone before we got to it.
            Err(error) if is_of_the_peer(&error) => {}
            Err(error) => {
                tracing::warn!(%error, "cannot accept connections; trying again");
                tokio::time::sleep(BACK_OFF).await;
            }
        }
    }
}

/// True for a failure that concerns one connection and says nothing about the next.
fn is_of_the_peer(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::NotConnected
            | io::ErrorKind::InvalidInput
    )
}

/// A request that panicked took its connection with it; the operator should know.
fn report(ended: &Result<(), JoinError>) {
    if ended.as_ref().is_err_and(JoinError::is_panic) {
        tracing::error!("a request ended in a panic; its connection was dropped");
    }
}
