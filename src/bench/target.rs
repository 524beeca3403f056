//! The server under measurement: where it is, and what it says about itself.

use http::HeaderValue;
use http::header::HOST;
use http::{Method, Uri};
use serde::Serialize;
use serde_json::Value;

use super::client::{Answer, Call, Client};
use super::error::BenchError;
use super::options::{Options, Phase};

/// Where requests go and what each of them carries.
#[derive(Debug)]
pub(super) struct Target {
    /// Host and port, as `connect` takes them.
    pub address: String,
    /// Value of the `Host` header.
    pub host: HeaderValue,
    /// Value of the `Authorization` header.
    pub authorization: HeaderValue,
    /// Path of the base URL, without a slash at its end.
    pub base: String,
}

impl Target {
    /// Takes the options' URL and token apart.
    pub fn new(options: &Options) -> Result<Self, BenchError> {
        let uri: Uri = options.url.parse().map_err(|_| BenchError::Url)?;
        match uri.scheme_str() {
            Some("http") => {}
            Some("https") => return Err(BenchError::Https),
            _ => return Err(BenchError::Url),
        }
        let host = uri.host().filter(|host| !host.is_empty());
        let host = host.ok_or(BenchError::Url)?;
        if uri.query().is_some() {
            return Err(BenchError::Url);
        }
        let address = format!("{host}:{}", uri.port_u16().unwrap_or(80));
        let mut authorization =
            HeaderValue::from_str(&format!("Bearer {}", options.token.reveal()))
                .map_err(|_| BenchError::Token)?;
        authorization.set_sensitive(true);
        Ok(Self {
            host: HeaderValue::from_str(&address).map_err(|_| BenchError::Url)?,
            authorization,
            base: uri.path().trim_end_matches('/').to_owned(),
            address,
        })
    }
}

/// What the server says about itself in its `ServiceProviderConfig` (RFC 7643 §5).
#[derive(Clone, Debug, Default, Serialize)]
pub struct Server {
    /// The `Server` header, if it sends one.
    pub software: Option<String>,
    /// `patch.supported`.
    pub patch: bool,
    /// `pagination.cursor` (RFC 9865 §4).
    pub cursor: bool,
    /// `bulk.maxOperations`; `None` without `/Bulk`.
    pub bulk_operations: Option<u64>,
    /// `bulk.maxPayloadSize` in bytes; `None` without `/Bulk` or without a limit.
    pub bulk_bytes: Option<u64>,
}

impl Server {
    /// Asks the server for its configuration and whether the token may read users.
    pub(super) async fn probe(client: &mut Client) -> Result<Self, BenchError> {
        let config = ask(client, "/ServiceProviderConfig").await?;
        let software = config.headers.get(http::header::SERVER);
        let software = software
            .and_then(|name| name.to_str().ok())
            .map(str::to_owned);
        let server = serde_json::from_slice(&config.body)
            .ok()
            .filter(|_| config.status.is_success())
            .and_then(|body| Self::from_config(&body))
            .ok_or_else(|| BenchError::NotScim {
                address: client.target().address.clone(),
                path: format!("{}/ServiceProviderConfig", client.target().base),
                status: config.status.as_u16(),
            })?;
        // The configuration may be public: only a resource shows if the token is any good.
        ask(client, "/Users?count=1").await?;
        Ok(Self { software, ..server })
    }

    /// Reads a `ServiceProviderConfig`; `None` if `config` is none.
    fn from_config(config: &Value) -> Option<Self> {
        let supported = |feature: &str| config[feature]["supported"].as_bool();
        let bulk = supported("bulk") == Some(true);
        let limit = |name: &str| {
            config["bulk"][name]
                .as_u64()
                .filter(|&limit| bulk && limit > 0)
        };
        Some(Self {
            software: None,
            patch: supported("patch")?,
            cursor: config["pagination"]["cursor"].as_bool() == Some(true),
            bulk_operations: limit("maxOperations"),
            bulk_bytes: limit("maxPayloadSize"),
        })
    }

    /// Why `phase` cannot be measured here, if it cannot.
    pub(super) fn lacks(&self, phase: Phase) -> Option<&'static str> {
        if phase == Phase::Cursor && !self.cursor {
            Some("the server does not advertise pagination by cursor")
        } else if phase.needs_patch() && !self.patch {
            Some("the server does not advertise PATCH")
        } else {
            None
        }
    }
}

async fn ask(client: &mut Client, path: &str) -> Result<Answer, BenchError> {
    let call = Call::new(Method::GET, path);
    let answer = client
        .send(&call)
        .await
        .map_err(|failure| BenchError::Unreachable {
            address: client.target().address.clone(),
            reason: failure.to_string(),
        })?;
    match answer.status.as_u16() {
        status @ (401 | 403) => Err(BenchError::Unauthorized { status }),
        _ => Ok(answer),
    }
}

impl Target {
    /// Puts the headers on that every request to this server carries.
    pub fn sign(&self, request: http::request::Builder) -> http::request::Builder {
        request
            .header(HOST, &self.host)
            .header(http::header::AUTHORIZATION, &self.authorization)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn target(url: &str) -> Result<Target, BenchError> {
        Target::new(&Options::new(url, "t".to_owned()))
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
        assert!(matches!(target("https://h/scim"), Err(BenchError::Https)));
        for url in [
            "",
            "h:80",
            "ftp://h",
            "/scim",
            "http://h/?flag",
            "http:// h",
        ] {
            assert!(matches!(target(url), Err(BenchError::Url)), "{url}");
        }
        let broken = Options::new("http://h", "a\nb".to_owned());
        assert!(matches!(Target::new(&broken), Err(BenchError::Token)));
    }

    #[test]
    fn the_configuration_tells_what_can_be_measured() {
        let full = json!({
            "patch": {"supported": true},
            "bulk": {"supported": true, "maxOperations": 100, "maxPayloadSize": 1000},
            "pagination": {"cursor": true, "index": true},
        });
        let full = Server::from_config(&full).unwrap();
        assert_eq!(
            (full.bulk_operations, full.bulk_bytes),
            (Some(100), Some(1000))
        );
        assert!(Phase::ALL.iter().all(|&phase| full.lacks(phase).is_none()));

        let bare = json!({"patch": {"supported": false}, "bulk": {"supported": false, "maxOperations": 9}});
        let bare = Server::from_config(&bare).unwrap();
        assert_eq!(bare.bulk_operations, None);
        assert!(bare.lacks(Phase::Cursor).is_some());
        assert!(bare.lacks(Phase::Deactivate).is_some());
        assert!(bare.lacks(Phase::Get).is_none());

        assert!(Server::from_config(&json!({"hello": "world"})).is_none());
        assert!(Server::from_config(&json!([])).is_none());
    }
}
