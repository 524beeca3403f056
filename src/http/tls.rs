//! TLS 1.2 and 1.3 on a TCP listener.
//!
//! A handshake is done by the connection's own task, so that a client that is slow with it holds
//! nobody up; it has the time that a silent connection has.

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{self, ServerConfig};
use tokio_rustls::server::TlsStream;
use tokio_rustls::{Accept, TlsAcceptor};

use crate::http::server::Listener;

/// What the server shows its clients.
#[derive(Clone)]
pub struct Identity(TlsAcceptor);

impl Identity {
    /// Reads the PEM files of a certificate chain, the server's own first, and of its key.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn read(cert: &Path, key: &Path) -> Result<Self, String> {
        let unread = |path: &Path, why: &dyn std::fmt::Display| {
            format!("cannot read {} as PEM: {why}", path.display())
        };
        let chain: Vec<_> = CertificateDer::pem_file_iter(cert)
            .and_then(Iterator::collect)
            .map_err(|error| unread(cert, &error))?;
        if chain.is_empty() {
            return Err(unread(cert, &"no certificate is in it"));
        }
        let secret = PrivateKeyDer::from_pem_file(key).map_err(|error| unread(key, &error))?;
        let config = config(chain, secret).map_err(|error| {
            let (cert, key) = (cert.display(), key.display());
            format!("{cert} and {key} cannot be used together: {error}")
        })?;
        Ok(Self(TlsAcceptor::from(Arc::new(config))))
    }
}

fn config(
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
) -> Result<ServerConfig, rustls::Error> {
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

/// A listener whose connections speak TLS.
pub struct Secured {
    /// Where they come from.
    pub tcp: TcpListener,
    /// What they are shown.
    pub identity: Identity,
}

impl Listener for Secured {
    type Io = Stream;
    type Peer = SocketAddr;

    async fn accept(&self) -> io::Result<(Stream, SocketAddr)> {
        let (stream, peer) = Listener::accept(&self.tcp).await?;
        let shaking = self.identity.0.accept(stream);
        Ok((Stream::Shaking(Box::new(shaking)), peer))
    }
}

/// A connection: its handshake, then what is behind that.
pub enum Stream {
    /// The handshake goes on.
    Shaking(Box<Accept<TcpStream>>),
    /// It is done.
    Ready(Box<TlsStream<TcpStream>>),
}

impl Stream {
    fn poll_ready(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<Pin<&mut TlsStream<TcpStream>>>> {
        if let Self::Shaking(shaking) = self {
            let stream = ready!(Pin::new(shaking.as_mut()).poll(cx))?;
            *self = Self::Ready(Box::new(stream));
        }
        match self {
            Self::Ready(stream) => Poll::Ready(Ok(Pin::new(stream.as_mut()))),
            Self::Shaking(_) => Poll::Pending,
        }
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        ready!(self.poll_ready(cx))?.poll_read(cx, buf)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        ready!(self.poll_ready(cx))?.poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_ready(cx))?.poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut *self {
            // There is nothing to say good-bye to.
            Self::Shaking(_) => Poll::Ready(Ok(())),
            Self::Ready(stream) => Pin::new(stream.as_mut()).poll_shutdown(cx),
        }
    }
}
