//! Where requests go and what each of them carries.

use http::header::{AUTHORIZATION, HOST};
use http::request::Builder;
use http::{HeaderValue, Uri};

use super::token::Token;

/// A SCIM service and the credential for it.
#[derive(Clone, Debug)]
pub struct Target {
    /// Host and port, as `connect` takes them.
    pub address: String,
    /// Value of the `Host` header.
    host: HeaderValue,
    /// Value of the `Authorization` header.
    authorization: HeaderValue,
    /// Path of the base URL, without a slash at its end.
    pub base: String,
}

/// Why no request can be sent with a URL or a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// The base URL does not parse, or is no base URL.
    #[error(
        "the base URL is not usable: give one such as http://127.0.0.1:8080/scim/v2, without query"
    )]
    Url,
    /// The base URL asks for TLS.
    #[error(
        "https is not spoken here yet: give the server's http address, behind whatever terminates TLS"
    )]
    Https,
    /// The token holds characters that no HTTP header may carry.
    #[error("the token holds line breaks or control characters: paste it again, in one line")]
    Token,
}

impl Target {
    /// Takes a base URL apart and makes the headers that every request carries.
    pub fn new(url: &str, token: &Token) -> Result<Self, Unusable> {
        let uri: Uri = url.parse().map_err(|_| Unusable::Url)?;
        match uri.scheme_str() {
            Some("http") => {}
            Some("https") => return Err(Unusable::Https),
            _ => return Err(Unusable::Url),
        }
        let host = uri.host().filter(|host| !host.is_empty());
        let host = host.ok_or(Unusable::Url)?;
        if uri.query().is_some() {
            return Err(Unusable::Url);
        }
        let address = format!("{host}:{}", uri.port_u16().unwrap_or(80));
        let mut authorization = HeaderValue::from_str(&format!("Bearer {}", token.reveal()))
            .map_err(|_| Unusable::Token)?;
        authorization.set_sensitive(true);
        Ok(Self {
            host: HeaderValue::from_str(&address).map_err(|_| Unusable::Url)?,
            authorization,
            base: uri.path().trim_end_matches('/').to_owned(),
            address,
        })
    }

    /// Puts the headers on that every request to this server carries.
    pub(super) fn sign(&self, request: Builder) -> Builder {
        request
            .header(HOST, &self.host)
            .header(AUTHORIZATION, &self.authorization)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(url: &str) -> Result<Target, Unusable> {
        Target::new(url, &Token::from("t".to_owned()))
    }

    #[test]
    fn base_urls_are_taken_apart() {
        let table = [
            ("http://h", "h:80", ""),
            ("http://h:8080/", "h:8080", ""),
            ("http://h/scim/v2/", "h:80", "/scim/v2"),
            ("http://[::1]:81/scim", "[::1]:81", "/scim"),
        ];
        for (url, address, base) in table {
            let target = target(url).unwrap();
            assert_eq!(
                (target.address.as_str(), target.base.as_str()),
                (address, base)
            );
        }
    }

    #[test]
    fn unusable_urls_and_tokens_say_why() {
        assert_eq!(target("https://h/scim").unwrap_err(), Unusable::Https);
        for url in [
            "",
            "h:80",
            "ftp://h",
            "/scim",
            "http://h/?flag",
            "http:// h",
        ] {
            assert_eq!(target(url).unwrap_err(), Unusable::Url, "{url}");
        }
        let broken = Token::from("a\nb".to_owned());
        assert_eq!(
            Target::new("http://h", &broken).unwrap_err(),
            Unusable::Token
        );
    }
}
