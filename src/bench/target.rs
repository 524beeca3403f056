//! What the server under measurement says about itself.

use http::Method;
use serde::Serialize;
use serde_json::Value;

use super::error::BenchError;
use super::options::Phase;
use crate::wire::{Answer, Call, Client};

/// Users in one `/Bulk` request at most, whatever the server would take.
const BULK: u64 = 500;

/// More than a user of ours takes in a `/Bulk` request, in bytes.
const BULK_USER: u64 = 1_200;

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

    /// How many users a `/Bulk` request holds; `None` if they have to be created one by one.
    pub(super) fn bulk_size(&self) -> Option<u64> {
        let fitting = self.bulk_bytes.unwrap_or(u64::MAX) / BULK_USER;
        let users = self.bulk_operations?.min(fitting).min(BULK);
        Some(users).filter(|&users| users > 1)
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

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
