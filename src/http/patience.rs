//! How long a silent or slow client is waited for, below HTTP.
//!
//! hyper has one timer for a request's head, and runs it between requests too. [`Patience`]
//! makes two of it: a long one until the first byte of a request, a short one from there to the
//! end of the head. [`Patient`] adds what hyper lacks, an end to writes that nobody takes.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use hyper::rt;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

use crate::http::limits::Limits;

/// The clock of one connection, for hyper: it waits as [`Limits`] say, whatever hyper asks for.
#[derive(Clone)]
pub(super) struct Patience {
    idle: Duration,
    head: Duration,
    /// Set when a byte arrives, cleared when waiting for a request begins.
    touched: Arc<AtomicBool>,
}

impl Patience {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            idle: Duration::from_millis(limits.idle_timeout_ms),
            head: Duration::from_millis(limits.header_timeout_ms),
            touched: Arc::default(),
        }
    }
}

impl rt::Timer for Patience {
    fn sleep(&self, _: Duration) -> Pin<Box<dyn rt::Sleep>> {
        self.touched.store(false, Ordering::Relaxed);
        Box::pin(HeadSleep {
            timer: Box::pin(tokio::time::sleep(self.idle)),
            begun: false,
            patience: self.clone(),
        })
    }

    fn sleep_until(&self, _: Instant) -> Pin<Box<dyn rt::Sleep>> {
        self.sleep(Duration::ZERO)
    }
}

/// Waits for a request's first byte, then for the rest of its head.
struct HeadSleep {
    timer: Pin<Box<Sleep>>,
    begun: bool,
    patience: Patience,
}

impl rt::Sleep for HeadSleep {}

impl Future for HeadSleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if !self.begun && self.patience.touched.load(Ordering::Relaxed) {
            self.begun = true;
            let head = self.patience.head;
            self.timer.set(tokio::time::sleep(head));
        }
        self.timer.as_mut().poll(cx)
    }
}

/// A connection that notes arriving bytes and gives up on a peer that takes none.
pub(super) struct Patient<I> {
    io: I,
    touched: Arc<AtomicBool>,
    write: Duration,
    /// Runs while a write waits.
    stalled: Option<Pin<Box<Sleep>>>,
}

impl<I> Patient<I> {
    pub(super) fn new(io: I, patience: &Patience, limits: &Limits) -> Self {
        Self {
            io,
            touched: Arc::clone(&patience.touched),
            write: Duration::from_millis(limits.write_timeout_ms),
            stalled: None,
        }
    }

    /// Passes the result of a write on, unless writing has waited for too long.
    fn bounded<T>(
        &mut self,
        cx: &mut Context<'_>,
        written: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.stalled = None;
            return written;
        }
        let write = self.write;
        let stalled = self
            .stalled
            .get_or_insert_with(|| Box::pin(tokio::time::sleep(write)));
        ready!(stalled.as_mut().poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<I: AsyncRead + Unpin> AsyncRead for Patient<I> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let read = Pin::new(&mut self.io).poll_read(cx, buf);
        if buf.filled().len() > before {
            self.touched.store(true, Ordering::Relaxed);
        }
        read
    }
}

impl<I: AsyncWrite + Unpin> AsyncWrite for Patient<I> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.io).poll_write(cx, buf);
        self.bounded(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.io).poll_write_vectored(cx, bufs);
        self.bounded(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.io).poll_flush(cx);
        self.bounded(cx, flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let shut = Pin::new(&mut self.io).poll_shutdown(cx);
        self.bounded(cx, shut)
    }
}
