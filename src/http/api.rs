//! The content API for applications: what their users own, and the events that tell them who their
//! users are, over TCP.
//!
//! An application's token opens the content and the events of its own Org.

use std::net::IpAddr;
use std::sync::Arc;

use http::header::AUTHORIZATION;
use http::request::Parts;
use percent_encoding::percent_decode_str;

use crate::http::door::{self, Door};
use crate::http::limits::Limits;
use crate::http::ops::extract::{Record, Registry};
use crate::http::ops::route::open;
use crate::http::ops::routes;
use crate::http::server::Stop;
use crate::ids::TokenId;
use crate::ops::gateway::{ContentGateway, Refused};
use crate::ops::wire::BASE;

/// Lets applications in.
pub struct Applications {
    gateway: Arc<dyn ContentGateway>,
    /// Ends streams when the daemon stops.
    stop: Stop,
}

/// Serves the content API.
pub type Endpoint = door::Endpoint<Applications>;

/// An endpoint before `gateway`, until `stop`.
pub fn endpoint(gateway: Arc<dyn ContentGateway>, limits: Limits, stop: Stop) -> Arc<Endpoint> {
    let mut all = routes::content::routes();
    all.extend(routes::events::routes());
    Endpoint::new(Applications { gateway, stop }, limits, open(all))
}

impl Door for Applications {
    const API: &'static str = "the content API";
    const HOLDER: &'static str = "an application";
    const CHALLENGE: &'static str = "Bearer realm=\"content\"";

    fn admit(&self, head: &mut Parts, source: IpAddr) -> Result<TokenId, Refused> {
        let admitted = self.gateway.admit(
            door::text(head, &AUTHORIZATION),
            org(head.uri.path()).as_deref(),
            source,
            door::agent(head),
        )?;
        head.extensions.insert(Registry(admitted.contents));
        head.extensions.insert(Record {
            events: admitted.events,
            stop: self.stop.clone(),
        });
        Ok(admitted.token)
    }
}

/// The Org that a path names, as the router reads it.
fn org(path: &str) -> Option<String> {
    let below = path.strip_prefix(BASE)?.strip_prefix("/orgs/")?;
    let segment = below.split('/').next()?;
    let name = percent_decode_str(segment).decode_utf8().ok()?;
    Some(name.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_org_of_a_path() {
        for (path, expected) in [
            ("/api/v1/orgs/0/content", Some("0")),
            ("/api/v1/orgs/sal%C3%A9s/content/a/b", Some("salés")),
            ("/api/v1/orgs/a%2Fb/content", Some("a/b")),
            ("/api/v1/orgs/%ff/content", None),
            ("/api/v1/tokens", None),
            ("/api/v1//orgs/0/content", None),
            ("/", None),
        ] {
            assert_eq!(org(path).as_deref(), expected, "{path}");
        }
    }
}
