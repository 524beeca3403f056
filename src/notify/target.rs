//! Where requests go: a URL taken apart once, at the start, so that what is wrong with it is said
//! then and not in the night.

use std::path::Path;

use http::uri::PathAndQuery;
use http::{HeaderValue, Uri};

use crate::ops::remote::tls::Tls;

/// A place on the web. Its path may be a secret (that of a chat's webhook is one), so that nothing
/// prints more than scheme, host and port.
#[derive(Clone)]
pub struct Target {
    /// Host without brackets, as it is resolved.
    pub host: String,
    /// Port.
    pub port: u16,
    /// `Host`.
    pub authority: HeaderValue,
    /// Path and query.
    pub path: PathAndQuery,
    /// TLS with that host; without it only networks are reached that are named.
    pub tls: Option<Tls>,
}

impl std::fmt::Debug for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Target({})", self.shown())
    }
}

impl Target {
    /// Reads `https://HOST[:PORT][/PATH][?QUERY]`, or `http://…`. Trusts the authorities in the
    /// PEM file `roots`, or those of this system.
    ///
    /// # Errors
    /// What is wrong, without the URL.
    pub fn read(url: &str, roots: Option<&Path>) -> Result<Self, String> {
        let wrong = || "a URL is `https://HOST[:PORT]/PATH`, without user and password".to_owned();
        let uri: Uri = url.trim().parse().map_err(|_| wrong())?;
        let authority = uri.authority().filter(|it| !it.as_str().contains('@'));
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), authority) else {
            return Err(wrong());
        };
        let host = authority.host().trim_matches(['[', ']']).to_owned();
        if host.is_empty() {
            return Err(wrong());
        }
        let (tls, port) = match scheme {
            "https" => (Some(Tls::to(&host, roots)?), 443),
            "http" => (None, 80),
            _ => return Err(wrong()),
        };
        Ok(Self {
            host,
            port: authority.port_u16().unwrap_or(port),
            authority: HeaderValue::from_str(authority.as_str()).map_err(|_| wrong())?,
            path: uri
                .path_and_query()
                .cloned()
                .unwrap_or_else(|| PathAndQuery::from_static("/")),
            tls,
        })
    }

    /// Scheme, host and port.
    pub fn shown(&self) -> String {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        if self.host.contains(':') {
            format!("{scheme}://[{}]:{}", self.host, self.port)
        } else {
            format!("{scheme}://{}:{}", self.host, self.port)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_taken_apart_and_nothing_prints_their_paths() {
        let target = Target::read(" http://h.example/T0/secret?x=secret\n", None).unwrap();
        assert_eq!((target.host.as_str(), target.port), ("h.example", 80));
        assert_eq!(target.path.as_str(), "/T0/secret?x=secret");
        assert_eq!(format!("{target:?}"), "Target(http://h.example:80)");
        let six = Target::read("http://[::1]:81", None).unwrap();
        assert_eq!((six.host.as_str(), six.path.as_str()), ("::1", "/"));
        assert_eq!(six.shown(), "http://[::1]:81");
        for wrong in [
            "",
            "h",
            "ftp://h/",
            "http://",
            "http://a:secret@h/",
            "/x",
            "http://h h/",
        ] {
            let error = Target::read(wrong, None).unwrap_err();
            assert!(!error.contains("secret"), "{error}");
        }
    }
}
