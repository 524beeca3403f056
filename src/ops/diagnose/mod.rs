//! Collects what a diagnosis is made from: the store, and the recorded exchanges as far back as a
//! bounded walk goes.

mod group;
mod server;
mod user;

use serde_json::Value;

use crate::clock::Timestamp;
use crate::engine::diagnose::{Failure, Scene, Silent, mentions};
use crate::ids::OrgId;
use crate::model::alert::{Rule, State};
use crate::model::diagnosis::{About, Diagnosis};
use crate::model::exchange::{Client, ExchangeSummary, Operation};
use crate::model::org::Org;
use crate::model::token::Token;
use crate::ops::api::diagnose::Question;
use crate::ops::api::{Failure as Kind, OpsError};
use crate::ops::house::House;
use crate::ops::{orgs, tokens, watch};
use crate::store::{StoreError, TrafficQuery, Walk};

/// Exchanges read at a time.
const PAGE: u64 = 500;
/// Exchanges looked at.
const LOOKED_AT: u64 = 50_000;
/// Exchanges about a user or group that are judged.
const ABOUT: usize = 500;
/// Refused exchanges of an Org that are judged.
const REFUSED: usize = 100;
/// Exchanges whose bodies are read.
const READ: usize = 10;

/// The answer to a question.
pub(super) fn answer(house: &House, question: &Question) -> Result<Diagnosis, OpsError> {
    let which = || {
        let which = question.which.as_deref().map(str::trim).unwrap_or_default();
        if which.is_empty() {
            let message = "name the user or group (`which`)";
            return Err(OpsError::new(Kind::Invalid, message));
        }
        Ok(which)
    };
    let org = question.org.as_deref();
    match question.about {
        About::User => user::diagnose(house, org.unwrap_or("0"), which()?),
        About::Group => group::diagnose(house, org.unwrap_or("0"), which()?),
        About::Latency => server::latency(house, org),
        About::Auth => server::auth(house, org),
    }
}

/// Shows recorded exchanges to `look`, newest first, until it has seen enough. Returns when the
/// last one that was looked at was recorded.
fn walk(
    house: &House,
    mut look: impl FnMut(ExchangeSummary) -> bool,
) -> Result<Option<Timestamp>, StoreError> {
    let (mut before, mut looked_at, mut back) = (None, 0, None);
    while looked_at < LOOKED_AT {
        let query = TrafficQuery {
            walk: Walk::Newest { before },
            ..TrafficQuery::default()
        };
        let page = house.store.traffic().page(&query, PAGE)?;
        let more = page.len() as u64 == PAGE;
        looked_at += page.len() as u64;
        for summary in page {
            (before, back) = (Some(summary.seq), Some(summary.at));
            if !look(summary) {
                return Ok(back);
            }
        }
        if !more {
            break;
        }
    }
    Ok(back)
}

/// Who has stopped asking in an Org, or in any.
fn silent(house: &House, org: Option<OrgId>) -> Result<Option<Silent>, OpsError> {
    let alert = watch::alerts(house)?.into_iter().find(|alert| {
        matches!(alert.rule, Rule::Silence | Rule::SilenceBursty)
            && alert.state != State::Ok
            && (org.is_none() || alert.org == org)
    });
    let Some(alert) = alert else {
        return Ok(None);
    };
    let last = match alert.evidence.first() {
        Some(seq) => house.store.traffic().get(*seq)?,
        None => None,
    };
    Ok(Some(Silent {
        alert,
        last: last.map(|exchange| exchange.summary),
    }))
}

/// What the exchanges of an Org say about something that has these names.
struct Seen {
    org: Org,
    tokens: Vec<Token>,
    client: Client,
    about: Vec<ExchangeSummary>,
    refused: Vec<ExchangeSummary>,
    looked_back: Option<Timestamp>,
    silent: Option<Silent>,
}

impl Seen {
    fn of(house: &House, org: &str, names: &[String]) -> Result<Self, OpsError> {
        let org = orgs::find(house, org)?;
        let tokens = tokens::list(house, Some(&org.id.to_string()))?;
        let silent = silent(house, Some(org.id))?;
        let mut seen = Self {
            org,
            tokens,
            client: Client::Unknown,
            about: Vec::new(),
            refused: Vec::new(),
            looked_back: None,
            silent,
        };
        let back = walk(house, |exchange| {
            seen.take(exchange, names);
            true
        })?;
        seen.looked_back = back;
        if let (Client::Unknown, Some(newest)) = (seen.client, seen.about.first()) {
            seen.client = newest.client;
        }
        Ok(seen)
    }

    fn take(&mut self, exchange: ExchangeSummary, names: &[String]) {
        if exchange.org != Some(self.org.id) {
            return;
        }
        if self.client == Client::Unknown {
            self.client = exchange.client;
        }
        if exchange.refusal.is_some() {
            if self.refused.len() < REFUSED {
                self.refused.push(exchange);
            }
            return;
        }
        let is_named =
            |name: &String| mentions(&exchange.subject, name) || mentions(&exchange.path, name);
        if self.about.len() < ABOUT && names.iter().any(is_named) {
            self.about.push(exchange);
        }
    }

    fn scene<'a>(&'a self, house: &'a House) -> Scene<'a> {
        Scene {
            now: house.clock.now(),
            org: &self.org,
            tokens: &self.tokens,
            base_url: &house.base_url,
            client: self.client,
            silent: self.silent.as_ref(),
            refused: &self.refused,
            looked_back: self.looked_back,
        }
    }

    /// Leaves those about one kind of resource.
    fn keep(&mut self, kind: &str) {
        self.about.retain(|one| one.path.contains(kind));
    }

    /// Those that failed, newest first; of the newest it is known whom what they ask for belongs
    /// to.
    fn failed(&self, house: &House) -> Result<Vec<Failure<'_>>, OpsError> {
        let failed = self.about.iter().filter(|one| {
            one.status >= 400 && !(one.status == 404 && one.operation == Operation::Query)
        });
        let mut failures = Vec::new();
        for exchange in failed {
            let holders = if exchange.status == 409 && failures.len() < READ {
                holders(house, self.org.id, exchange)?
            } else {
                Vec::new()
            };
            failures.push(Failure { exchange, holders });
        }
        Ok(failures)
    }
}

/// The body of a request or of its answer, as far as it was kept.
fn body(house: &House, seq: u64, answer: bool) -> Result<Option<Value>, StoreError> {
    let Some(exchange) = house.store.traffic().get(seq)? else {
        return Ok(None);
    };
    let body = if answer {
        exchange.response_body
    } else {
        exchange.request_body
    };
    Ok(serde_json::from_str(&body.text).ok())
}

/// Whom the names in a refused body belong to.
fn holders(
    house: &House,
    org: OrgId,
    exchange: &ExchangeSummary,
) -> Result<Vec<(String, String, String)>, OpsError> {
    let Some(body) = body(house, exchange.seq, false)? else {
        return Ok(Vec::new());
    };
    let mut holders = Vec::new();
    for attribute in ["userName", "externalId", "displayName"] {
        let Some(value) = body[attribute].as_str() else {
            continue;
        };
        let user = exchange.path.contains("/Users");
        if user && attribute == "displayName" {
            continue;
        }
        let holder = house.store.read(|reader| {
            Ok(match (user, attribute) {
                (true, "userName") => reader.user_by_name(org, value)?.map(|user| user.user_name),
                (true, _) => reader.find_user(org, value)?.map(|user| user.user_name),
                (false, "displayName") => {
                    let group = reader.group_by_name(org, value)?;
                    group.map(|group| format!("{} ({})", group.display_name, group.id))
                }
                (false, _) => reader
                    .find_group(org, value)?
                    .map(|group| group.display_name),
            })
        });
        match holder {
            Ok(Some(name)) => holders.push((attribute.to_owned(), value.to_owned(), name)),
            Ok(None) | Err(StoreError::Ambiguous) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(holders)
}

/// What is not found, or found too often, is nobody; other errors are errors.
fn lenient<T>(result: Result<Option<T>, StoreError>) -> Result<Option<T>, StoreError> {
    match result {
        Err(StoreError::Ambiguous | StoreError::NotFound) => Ok(None),
        other => other,
    }
}
