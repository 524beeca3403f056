//! [`Ops`] of a running daemon: over its Unix socket, or over TCP with a token.
//!
//! Every call is a connection of its own: connecting costs little, and there is
//! no state to repair after the daemon was restarted.

mod content;
mod deliveries;
mod diagnose;
mod directory;
mod link;
mod place;
mod preview;
mod removals;
mod roles;
pub mod tls;
mod watch;

use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use http::header::CONTENT_TYPE;
use http::{Method, Request, StatusCode};
use http_body_util::Full;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::time::timeout;

use crate::ids::TokenId;
use crate::model::event::{ChainReport, Event};
use crate::model::exchange::Exchange;
use crate::model::org::Org;
use crate::model::token::Token;
use crate::ops::api::{
    EventQuery, Events, ExchangePage, ExchangeQuery, ExportPage, ExportQuery, Feed, IssuedToken,
    NewOrg, NewToken, Ops, OpsError, OrgChange, Reply, Rotation, Since, Status, WhoAmI,
};
use crate::ops::remote::link::{Items, Link, hangs, internal, misunderstood, unreachable};
use crate::ops::remote::place::Place;
use crate::ops::wire::{BASE, OfOrg};

/// Checking the events of a year takes seconds; whoever takes longer than this hangs.
const PATIENCE: Duration = Duration::from_secs(120);

/// The operations of a running daemon.
#[derive(Clone, Debug)]
pub struct RemoteOps {
    place: Place,
}

impl RemoteOps {
    /// Finds the daemon that listens on `socket`.
    ///
    /// # Errors
    /// [`Failure::Unreachable`](crate::ops::api::Failure) if none does.
    pub fn connect(socket: &Path) -> Result<Self, OpsError> {
        std::os::unix::net::UnixStream::connect(socket)
            .map_err(|error| unreachable(socket, &error))?;
        Ok(Self {
            place: Place::Socket(socket.to_owned()),
        })
    }

    /// The daemon at `url` (`https://HOST:PORT`, or `http://` on this machine), for the operator
    /// with that token. Its certificate must come from an authority in the PEM file `roots`, or
    /// from one that this system trusts. Connects to nothing yet.
    ///
    /// # Errors
    /// [`Failure::Invalid`](crate::ops::api::Failure) if one of these is of no use.
    pub fn at(url: &str, token: &str, roots: Option<&Path>) -> Result<Self, OpsError> {
        let place = Place::read(url, token, roots)?;
        Ok(Self { place })
    }

    fn get<T>(&self, path: &str, query: &impl Serialize) -> Reply<'_, T>
    where
        T: DeserializeOwned + Send + 'static,
    {
        let target = format!("{path}{}", query_string(query));
        self.call(request(Method::GET, &target, Bytes::new()))
    }

    fn change<T>(&self, method: Method, path: &str, input: &impl Serialize) -> Reply<'_, T>
    where
        T: DeserializeOwned + Send + 'static,
    {
        let body = serde_json::to_vec(input).map_err(|_| internal("cannot write the request"));
        self.call(body.and_then(|body| request(method, path, body.into())))
    }

    fn call<T>(&self, request: Result<Request<Full<Bytes>>, OpsError>) -> Reply<'_, T>
    where
        T: DeserializeOwned + Send + 'static,
    {
        Box::pin(async move {
            let body = self.ask(request?).await?;
            serde_json::from_slice(&body).map_err(|_| misunderstood())
        })
    }

    /// The body of an answer that is no error.
    async fn ask(&self, request: Request<Full<Bytes>>) -> Result<Bytes, OpsError> {
        let answered = async {
            let (mut link, response) = Link::ask(&self.place, request).await?;
            link.whole(response).await
        };
        timeout(PATIENCE, answered)
            .await
            .unwrap_or_else(|_| Err(hangs()))
    }
}

impl Events for RemoteOps {
    fn events(&self, query: EventQuery) -> Reply<'_, Vec<Event>> {
        self.get("/events", &query)
    }
}

impl Ops for RemoteOps {
    fn status(&self) -> Reply<'_, Status> {
        self.get("/status", &())
    }

    fn whoami(&self) -> Reply<'_, WhoAmI> {
        self.get("/whoami", &())
    }

    fn orgs(&self) -> Reply<'_, Vec<Org>> {
        self.get("/orgs", &())
    }

    fn create_org(&self, new: NewOrg) -> Reply<'_, Org> {
        self.change(Method::POST, "/orgs", &new)
    }

    fn change_org<'a>(&'a self, org: &'a str, change: OrgChange) -> Reply<'a, Org> {
        self.change(Method::PATCH, &format!("/orgs/{}", encoded(org)), &change)
    }

    fn tokens<'a>(&'a self, org: Option<&'a str>) -> Reply<'a, Vec<Token>> {
        let org = org.map(str::to_owned);
        self.get("/tokens", &OfOrg { org })
    }

    fn create_token(&self, new: NewToken) -> Reply<'_, IssuedToken> {
        self.change(Method::POST, "/tokens", &new)
    }

    fn rotate_token<'a>(
        &'a self,
        token: &'a TokenId,
        rotation: Rotation,
    ) -> Reply<'a, IssuedToken> {
        let path = format!("/tokens/{}/rotate", encoded(&token.0));
        self.change(Method::POST, &path, &rotation)
    }

    fn revoke_token<'a>(&'a self, token: &'a TokenId) -> Reply<'a, Token> {
        let path = format!("/tokens/{}/revoke", encoded(&token.0));
        self.change(Method::POST, &path, &Value::Null)
    }

    fn exchanges(&self, query: ExchangeQuery) -> Reply<'_, ExchangePage> {
        self.get("/exchanges", &query)
    }

    fn exchange<'a>(&'a self, which: &'a str) -> Reply<'a, Exchange> {
        self.get(&format!("/exchanges/{}", encoded(which)), &())
    }

    fn export_exchanges(&self, query: ExportQuery) -> Reply<'_, ExportPage> {
        self.get("/exchanges/export", &query)
    }

    fn follow(&self, since: Since) -> Reply<'_, Feed> {
        let target = format!("/stream{}", query_string(&since));
        Box::pin(async move {
            let request = request(Method::GET, &target, Bytes::new())?;
            let (mut link, response) = timeout(PATIENCE, Link::ask(&self.place, request))
                .await
                .unwrap_or_else(|_| Err(hangs()))?;
            if response.status() != StatusCode::OK {
                let failed = link.whole(response).await;
                return Err(failed.err().unwrap_or_else(misunderstood));
            }
            let items = Items::new(link, response.into_body());
            let feed = stream::unfold(Some(items), |items| async {
                let mut items = items?;
                match items.next().await {
                    Ok(item) => item.map(|item| (item, Some(items))),
                    Err(broken) => Some((Err(broken), None)),
                }
            });
            Ok(Box::pin(feed) as Feed)
        })
    }

    fn verify_events(&self) -> Reply<'_, ChainReport> {
        self.get("/events/verify", &())
    }
}

fn request(method: Method, target: &str, body: Bytes) -> Result<Request<Full<Bytes>>, OpsError> {
    Request::builder()
        .method(method)
        .uri(format!("{BASE}{target}"))
        .header(CONTENT_TYPE, "application/json")
        .body(Full::new(body))
        .map_err(|_| internal("cannot write the request"))
}

/// The fields of `query` as `?name=value&…`; empty if there are none.
fn query_string(query: &impl Serialize) -> String {
    let Ok(Value::Object(fields)) = serde_json::to_value(query) else {
        return String::new();
    };
    let mut text = String::new();
    for (name, value) in &fields {
        let value = match value {
            Value::String(value) => value.clone(),
            other => other.to_string(),
        };
        text.push(if text.is_empty() { '?' } else { '&' });
        text.push_str(name);
        text.push('=');
        text.extend(utf8_percent_encode(&value, NON_ALPHANUMERIC));
    }
    text
}

fn encoded(segment: &str) -> String {
    utf8_percent_encode(segment, NON_ALPHANUMERIC).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::OrgId;
    use crate::model::event::EventKind;
    use crate::ops::api::Failure;

    #[test]
    fn queries_are_written_so_that_every_value_survives() {
        assert_eq!(query_string(&()), "");
        assert_eq!(query_string(&Since::default()), "");
        let query = ExchangeQuery {
            filter: "client:okta status>=400 a&b=c%".into(),
            before: Some(7),
            limit: 10,
        };
        assert_eq!(
            query_string(&query),
            "?filter=client%3Aokta%20status%3E%3D400%20a%26b%3Dc%25&before=7&limit=10"
        );
        let query = EventQuery {
            org: Some(OrgId(3)),
            kind: Some(EventKind::UserRemoved),
            ..EventQuery::default()
        };
        assert_eq!(query_string(&query), "?org=3&kind=user%2Dremoved&limit=0");
    }

    #[test]
    fn a_missing_daemon_is_said_with_what_to_do() {
        let error = RemoteOps::connect(Path::new("/nowhere/scimtop.sock")).unwrap_err();
        assert_eq!(error.failure, Failure::Unreachable);
        assert!(error.message.contains("scimtop serve"), "{error}");
    }
}
