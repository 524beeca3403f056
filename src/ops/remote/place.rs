//! Where a daemon is reached, and a connection to it.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use http::header::{AUTHORIZATION, HOST};
use http::{HeaderMap, HeaderValue, Uri};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};
use tokio::time::timeout;
use zeroize::Zeroizing;

use super::link::unreachable;
use super::tls::{Tls, TlsFault};
use crate::ops::api::{Failure, OpsError};

/// A network or a proxy that says nothing is given up on after this.
const PATIENCE: Duration = Duration::from_secs(15);

/// A stream of bytes, of whatever kind.
pub(super) trait Io: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Io for T {}

/// Where a daemon is reached.
#[derive(Clone, Debug)]
pub(super) enum Place {
    /// At a Unix socket; the user is the credential.
    Socket(PathBuf),
    /// At a host, with a token.
    Host(Arc<Host>),
}

/// A daemon somewhere.
#[derive(Debug)]
pub(super) struct Host {
    /// Its URL without a path, for messages.
    url: String,
    name: String,
    port: u16,
    tls: Option<Tls>,
    /// `Host`.
    authority: HeaderValue,
    /// `Authorization`; marked as sensitive, so that nothing prints it.
    authorization: HeaderValue,
}

impl Place {
    /// Reads a URL. Without TLS only this machine is reached, so that no token crosses a network
    /// in the clear.
    pub(super) fn read(url: &str, token: &str, roots: Option<&Path>) -> Result<Self, OpsError> {
        let uri: Uri = url.parse().map_err(|_| not_a_url())?;
        let authority = uri.authority().filter(|it| !it.as_str().contains('@'));
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), authority) else {
            return Err(not_a_url());
        };
        if !matches!(uri.path(), "" | "/") || uri.query().is_some() {
            return Err(not_a_url());
        }
        let name = authority.host().trim_matches(['[', ']']).to_owned();
        let (tls, port) = match scheme {
            "https" => (Some(tls(&name, roots)?), 443),
            "http" if is_here(&name) => (None, 80),
            "http" => {
                return Err(invalid(
                    "plain http reaches this machine alone (127.0.0.1, ::1, localhost): a token \
                     would cross the network in the clear; use https",
                ));
            }
            _ => return Err(not_a_url()),
        };
        let text = Zeroizing::new(format!("Bearer {}", token.trim()));
        let mut authorization =
            HeaderValue::from_str(&text).map_err(|_| invalid("the token is not one of ours"))?;
        authorization.set_sensitive(true);
        Ok(Self::Host(Arc::new(Host {
            url: format!("{scheme}://{authority}"),
            authority: HeaderValue::from_str(authority.as_str()).map_err(|_| not_a_url())?,
            port: authority.port_u16().unwrap_or(port),
            name,
            tls,
            authorization,
        })))
    }

    /// Adds to a request what it needs to get through.
    pub(super) fn address(&self, headers: &mut HeaderMap) {
        match self {
            Self::Socket(_) => {
                headers.insert(HOST, HeaderValue::from_static("scimtop"));
            }
            Self::Host(host) => {
                headers.insert(HOST, host.authority.clone());
                headers.insert(AUTHORIZATION, host.authorization.clone());
            }
        }
    }

    /// Connects.
    pub(super) async fn connect(&self) -> Result<Box<dyn Io>, OpsError> {
        match self {
            Self::Socket(socket) => match UnixStream::connect(socket).await {
                Ok(stream) => Ok(Box::new(stream)),
                Err(error) => Err(unreachable(socket, &error)),
            },
            Self::Host(host) => timeout(PATIENCE, host.connect())
                .await
                .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
                .map_err(|error| host.unreachable(&error)),
        }
    }
}

impl Host {
    async fn connect(&self) -> io::Result<Box<dyn Io>> {
        let stream = TcpStream::connect((self.name.as_str(), self.port)).await?;
        stream.set_nodelay(true)?;
        match &self.tls {
            Some(tls) => Ok(Box::new(tls.connect(stream).await?)),
            // `localhost` is a name, and might be another machine's.
            None if !stream.peer_addr()?.ip().to_canonical().is_loopback() => {
                Err(io::Error::other("the name does not lead to this machine"))
            }
            None => Ok(Box::new(stream)),
        }
    }

    fn unreachable(&self, error: &io::Error) -> OpsError {
        let url = &self.url;
        let message = match TlsFault::of(error) {
            Some(fault @ TlsFault::UnknownAuthority) => {
                format!("there is no TLS with {url}: {fault}; name it with --ca")
            }
            Some(fault) => format!("there is no TLS with {url}: {fault}"),
            None => format!("no daemon answers on {url}: {error}"),
        };
        OpsError::new(Failure::Unreachable, message)
    }
}

fn tls(name: &str, roots: Option<&Path>) -> Result<Tls, OpsError> {
    Tls::to(name, roots).map_err(|why| invalid(&format!("{why}; name a PEM file with --ca")))
}

/// Whether a host's name means this machine.
fn is_here(name: &str) -> bool {
    let address = name.parse::<std::net::IpAddr>();
    address.map_or(name == "localhost", |ip| ip.to_canonical().is_loopback())
}

fn not_a_url() -> OpsError {
    invalid("the daemon's URL is `https://HOST:PORT` or, on this machine, `http://127.0.0.1:PORT`")
}

fn invalid(message: &str) -> OpsError {
    OpsError::new(Failure::Invalid, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_https_leaves_this_machine_and_nothing_prints_the_token() {
        for (url, expected) in [
            ("http://127.0.0.1:8082", Some(8082)),
            ("http://localhost:8082/", Some(8082)),
            ("http://[::1]:8082", Some(8082)),
            ("http://127.0.0.1", Some(80)),
            ("http://192.0.2.1:8082", None),
            ("http://[2001:db8::1]:8082", None),
            ("http://daemon.example:8082", None),
            ("http://localhost.example:8082", None),
            ("http://127.0.0.1:8082/api/v1", None),
            ("http://127.0.0.1:8082?x=y", None),
            ("http://ada:secret@127.0.0.1:8082", None),
            ("ftp://127.0.0.1", None),
            ("127.0.0.1:8082", None),
            ("", None),
        ] {
            match (Place::read(url, "s3cret\n", None), expected) {
                (Ok(Place::Host(host)), Some(port)) => {
                    assert_eq!(host.port, port);
                    assert!(!format!("{host:?}").contains("s3cret"));
                }
                (Err(error), None) => {
                    assert_eq!(error.failure, Failure::Invalid);
                    assert!(!error.message.contains("secret"), "{error}");
                }
                (read, _) => panic!("{url}: {read:?}"),
            }
        }
        assert!(Place::read("http://127.0.0.1", "a\nb", None).is_err());
    }

    #[test]
    fn authorities_are_read_from_a_file() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("ca.pem");
        let read = || Place::read("https://daemon.example", "t", Some(&file));
        let failed = |part: &str| {
            let error = read().unwrap_err();
            assert!(error.message.contains(part), "{error}");
        };
        failed("ca.pem");
        std::fs::write(&file, "nothing").unwrap();
        failed("--ca");
        let key = rcgen::generate_simple_self_signed(["daemon.example".to_owned()]).unwrap();
        std::fs::write(&file, key.cert.pem()).unwrap();
        let Place::Host(host) = read().unwrap() else {
            panic!("not a host");
        };
        assert_eq!(host.port, 443);
    }
}
