//! A connection on which nothing is read ahead.
//!
//! After `STARTTLS` whatever came in the clear must be forgotten (RFC 3207 §6): somebody on the way
//! may have added answers to that of the server, and the message would seem to be taken. What is
//! not read ahead stays for TLS, which is no TLS then.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use lettre::transport::smtp::client::AsyncTokioStream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// Gives one byte at a time, however many are asked for. An answer of a mail server is short.
#[derive(Debug)]
pub(super) struct ByteWise(pub TcpStream);

impl AsyncRead for ByteWise {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let mut byte = [0; 1];
        let room = into.remaining().min(byte.len());
        let mut read = ReadBuf::new(&mut byte[..room]);
        ready!(Pin::new(&mut self.0).poll_read(cx, &mut read))?;
        into.put_slice(read.filled());
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for ByteWise {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

impl AsyncTokioStream for ByteWise {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.0.peer_addr()
    }
}
