//! What is counted for metrics alone: requests, from the same exchanges as everything else in the
//! tally, off the request path, by the thread that records them, as they are stored; and what goes
//! out, by whoever sends it.
//!
//! Labels come from closed sets: Orgs, routes, the methods of HTTP, classes of status, reasons, and
//! webhooks and sinks of the configuration. Whatever a client sends beside those is one label.

use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use crate::ids::OrgId;
use crate::model::exchange::ExchangeSummary;
use crate::model::token::Refusal;
use crate::ops::gateway::Refused;
use crate::ops::provision::request::Target;

/// Bounds of a histogram of latencies, in seconds; 0.3 and 0.5 are what reads and writes are
/// measured against.
const LATENCIES: [f64; 14] = [
    0.000_25, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.3, 0.5, 1.0, 5.0, 30.0,
];
/// The route of a path that names nothing.
const UNKNOWN: &str = "unknown";
/// The Org of a request that belongs to none.
const NOBODY: &str = "none";

/// Which of the APIs refused a credential.
#[derive(Clone, Copy, Debug)]
pub(in crate::ops) enum Api {
    Scim,
    Content,
    Operations,
}

impl Api {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Scim => "scim",
            Self::Content => "content",
            Self::Operations => "operations",
        }
    }
}

/// How an attempt to tell somebody something ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was taken.
    Taken,
    /// It was not, and is tried again.
    Refused,
    /// It was not, and is given up.
    GivenUp,
}

impl Outcome {
    const ALL: [Self; 3] = [Self::Taken, Self::Refused, Self::GivenUp];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Taken => "taken",
            Self::Refused => "refused",
            Self::GivenUp => "given-up",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfRequest {
    org: String,
    route: &'static str,
    method: &'static str,
    code: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfRoute {
    route: &'static str,
    method: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfFailure {
    api: &'static str,
    org: String,
    reason: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfDelivery {
    target: String,
    outcome: &'static str,
}

/// Requests, latencies, refused credentials and deliveries since the process started.
pub(in crate::ops) struct Counters {
    requests: Family<OfRequest, Counter>,
    latencies: Family<OfRoute, Histogram, fn() -> Histogram>,
    failures: Family<OfFailure, Counter>,
    deliveries: Family<OfDelivery, Counter>,
}

impl Default for Counters {
    fn default() -> Self {
        Self {
            requests: Family::default(),
            latencies: Family::new_with_constructor(|| Histogram::new(LATENCIES)),
            failures: Family::default(),
            deliveries: Family::default(),
        }
    }
}

impl Counters {
    /// Counts an exchange.
    pub fn count(&self, summary: &ExchangeSummary) {
        let (route, method) = (route(&summary.path), method(&summary.method));
        self.requests
            .get_or_create(&OfRequest {
                org: name(summary.org),
                route,
                method,
                code: class(summary.status),
            })
            .inc();
        self.latencies
            .get_or_create(&OfRoute { route, method })
            .observe(Duration::from_micros(summary.latency_us).as_secs_f64());
        if let Some(refusal) = summary.refusal {
            self.fail(Api::Scim, summary.org, refusal);
        }
    }

    /// Counts a credential that an API refused whose requests are not recorded.
    pub fn turned_away(&self, api: Api, refused: &Refused) {
        self.fail(api, refused.org, refused.refusal);
    }

    fn fail(&self, api: Api, org: Option<OrgId>, refusal: Refusal) {
        self.failures
            .get_or_create(&OfFailure {
                api: api.as_str(),
                org: name(org),
                reason: refusal.as_str(),
            })
            .inc();
    }

    /// Counts from 0 what a webhook or sink is told, so that its first failure shows as a rise.
    pub fn expect_deliveries<'a>(&self, targets: impl Iterator<Item = &'a str>) {
        for target in targets {
            for outcome in Outcome::ALL {
                drop(self.deliveries_of(target, outcome));
            }
        }
    }

    /// Counts an attempt to tell a webhook or sink something.
    pub fn delivered(&self, target: &str, outcome: Outcome) {
        self.deliveries_of(target, outcome).inc();
    }

    fn deliveries_of(&self, target: &str, outcome: Outcome) -> Counter {
        self.deliveries.get_or_create_owned(&OfDelivery {
            target: target.to_owned(),
            outcome: outcome.as_str(),
        })
    }

    /// Adds what was counted to an exposition.
    pub fn register(&self, registry: &mut Registry) {
        registry.register(
            "scimtop_http_requests",
            "Requests to the SCIM endpoint by Org, route, method and class of the status",
            self.requests.clone(),
        );
        registry.register_with_unit(
            "scimtop_http_request_duration",
            "From the first byte of a request to the last of its answer",
            Unit::Seconds,
            self.latencies.clone(),
        );
        registry.register(
            "scimtop_auth_failures",
            "Credentials that were refused, by API, Org (if the credential or the path names one) \
             and reason",
            self.failures.clone(),
        );
        registry.register(
            "scimtop_deliveries",
            "Attempts to tell webhooks and sinks something: taken, refused (to be tried again), or \
             given up",
            self.deliveries.clone(),
        );
    }
}

fn name(org: Option<OrgId>) -> String {
    org.map_or_else(|| NOBODY.to_owned(), |org| org.to_string())
}

/// The template of a recorded path.
fn route(path: &str) -> &'static str {
    let mut segments = path.split('/').filter(|segment| !segment.is_empty());
    let mut first = segments.next();
    if first == Some("orgs") {
        segments.next();
        first = segments.next();
    }
    if (first, segments.next()) != (Some("scim"), Some("v2")) {
        return UNKNOWN;
    }
    Target::below(segments).map_or(UNKNOWN, |target| target.template())
}

/// The method, if it is one of those that clients of SCIM use.
fn method(sent: &str) -> &'static str {
    const KNOWN: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    let known = KNOWN.into_iter().find(|known| *known == sent);
    known.unwrap_or("other")
}

const fn class(status: u16) -> &'static str {
    match status {
        100..200 => "1xx",
        200..300 => "2xx",
        300..400 => "3xx",
        400..500 => "4xx",
        _ => "5xx",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_a_client_asks_for_is_one_of_a_few_routes_and_methods() {
        for (path, expected) in [
            ("/scim/v2/Users", "/Users"),
            ("//scim/v2/Users/", "/Users"),
            ("/scim/v2/Users/2819c223", "/Users/{id}"),
            ("/orgs/sales/scim/v2/Groups/x%2Fy", "/Groups/{id}"),
            ("/orgs/7/scim/v2/Users/.search", "/Users/.search"),
            ("/scim/v2/Schemas/urn:x", "/Schemas/{urn}"),
            ("/scim/v2/Bulk", "/Bulk"),
            ("/scim/v2", UNKNOWN),
            ("/scim/v2/Users/7/groups", UNKNOWN),
            ("/scim/v3/Users", UNKNOWN),
            ("/orgs/scim/v2/Users", UNKNOWN),
            ("/.env", UNKNOWN),
            ("", UNKNOWN),
        ] {
            assert_eq!(route(path), expected, "{path}");
        }
        assert_eq!(method("PATCH"), "PATCH");
        for odd in ["patch", "PROPFIND", "", "GET\n"] {
            assert_eq!(method(odd), "other");
        }
    }
}
