//! TLS to whoever shows a certificate for a name, from an authority that is trusted.

use std::io;
use std::path::Path;
use std::sync::Arc;

use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{self, CertificateError, ClientConfig, RootCertStore};

/// The client's side of TLS with one server.
#[derive(Clone)]
pub struct Tls {
    connector: TlsConnector,
    name: ServerName<'static>,
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tls")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl Tls {
    /// With the server of that name; trusts the certificates in the PEM file `roots`, or those of
    /// this system.
    ///
    /// # Errors
    /// Why it cannot be set up.
    pub fn to(name: &str, roots: Option<&Path>) -> Result<Self, String> {
        let mut trusted = RootCertStore::empty();
        match roots {
            Some(file) => {
                for authority in authorities(file)? {
                    trusted.add(authority).map_err(|error| {
                        format!("{} holds no certificate authority: {error}", file.display())
                    })?;
                }
            }
            None => {
                trusted.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            }
        }
        if trusted.is_empty() {
            return Err("no certificate authority is known".to_owned());
        }
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|_| "TLS cannot be set up".to_owned())?
            .with_root_certificates(trusted)
            .with_no_client_auth();
        Ok(Self {
            connector: TlsConnector::from(Arc::new(config)),
            name: ServerName::try_from(name.to_owned())
                .map_err(|_| "the host is neither a name nor an address".to_owned())?,
        })
    }

    /// Agrees with the server on `stream`.
    ///
    /// # Errors
    /// Those of the connection; [`TlsFault::of`] tells those of TLS.
    pub async fn connect(&self, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        self.connector.connect(self.name.clone(), stream).await
    }
}

/// All certificates in a PEM file; one at least.
///
/// # Errors
/// The file cannot be read, or holds none.
pub fn authorities(file: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let found =
        CertificateDer::pem_file_iter(file).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    match found {
        Ok(found) if found.is_empty() => Err(format!("no certificate is in {}", file.display())),
        Ok(found) => Ok(found),
        Err(why) => Err(format!("cannot read {} as PEM: {why}", file.display())),
    }
}

/// Why there is no TLS with a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TlsFault {
    /// Its certificate comes from an authority that is not trusted.
    UnknownAuthority,
    /// Its certificate is for other names.
    OtherName,
    /// Its certificate is not trusted for another reason.
    Untrusted(String),
    /// It does not speak as it should.
    Other(String),
}

impl TlsFault {
    /// The fault of TLS in an error of a connection, if it is one.
    pub fn of(error: &io::Error) -> Option<Self> {
        Some(match error.get_ref()?.downcast_ref()? {
            rustls::Error::InvalidCertificate(why) => match why {
                // An authority of the same name with another key is another one.
                CertificateError::UnknownIssuer | CertificateError::BadSignature => {
                    Self::UnknownAuthority
                }
                CertificateError::NotValidForName
                | CertificateError::NotValidForNameContext { .. } => Self::OtherName,
                CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                    Self::Untrusted("it has expired".to_owned())
                }
                CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                    Self::Untrusted("it is not valid yet".to_owned())
                }
                why => Self::Untrusted(format!("{why:?}")),
            },
            other => Self::Other(other.to_string()),
        })
    }
}

impl std::fmt::Display for TlsFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::UnknownAuthority => {
                f.write_str("its certificate comes from an authority that is not known here")
            }
            Self::OtherName => f.write_str("its certificate is for another name"),
            Self::Untrusted(why) => write!(f, "its certificate is not trusted: {why}"),
            Self::Other(why) => write!(f, "it does not speak TLS as it should: {why}"),
        }
    }
}
