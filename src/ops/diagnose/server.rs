//! What is known of slow answers and of refused credentials.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use super::{silent, walk};
use crate::clock::Timestamp;
use crate::engine::diagnose::{auth as refusals, latency as slowness};
use crate::ids::OrgId;
use crate::model::diagnosis::Diagnosis;
use crate::model::exchange::{Client, Operation};
use crate::model::org::Org;
use crate::model::token::TokenKind;
use crate::ops::api::OpsError;
use crate::ops::api::directory::{DirectoryQuery, DirectorySort};
use crate::ops::house::House;
use crate::ops::provision::request::decode;
use crate::ops::{directory, orgs, tokens, watch};

/// How far back latencies are looked at.
const HOUR: Duration = Duration::from_secs(3600);
/// Exchanges whose latencies are looked at.
const MEASURED: usize = 20_000;
/// Groups that are looked at: those changed last.
const GROUPS: u32 = 1_000;
/// Refused exchanges that are judged.
const REFUSED: usize = 10_000;

fn narrowed(house: &House, org: Option<&str>) -> Result<Option<Org>, OpsError> {
    org.map(|org| orgs::find(house, org)).transpose()
}

pub(super) fn latency(house: &House, org: Option<&str>) -> Result<Diagnosis, OpsError> {
    let org = narrowed(house, org)?;
    let only = org.as_ref().map(|org| org.id);
    let since = house.clock.now().minus(HOUR);
    let mut exchanges = Vec::new();
    walk(house, |exchange| {
        if exchange.at < since || exchanges.len() >= MEASURED {
            return false;
        }
        if only.is_none() || exchange.org == only {
            exchanges.push(exchange);
        }
        true
    })?;
    let orgs: BTreeMap<i64, String> = house
        .store
        .read(|reader| reader.orgs())?
        .into_iter()
        .map(|org| (org.id.0, org.name))
        .collect();
    let query = DirectoryQuery {
        org: only,
        sort: DirectorySort::Modified,
        descending: true,
        limit: GROUPS,
        ..DirectoryQuery::default()
    };
    let groups = directory::groups(house, &query)?.items.into_iter();
    let mut groups: Vec<(String, String, u64)> = groups
        .map(|group| {
            let org = orgs.get(&group.org.0).cloned().unwrap_or_default();
            (org, group.display_name, group.members)
        })
        .collect();
    groups.sort_by_key(|(_, _, members)| std::cmp::Reverse(*members));
    groups.truncate(5);
    let silent = silent(house, only)?;
    let health = watch::health(house)?;
    Ok(slowness::diagnose(&slowness::Facts {
        org: org.as_ref().map(|org| org.name.as_str()),
        silent: silent.as_ref(),
        exchanges: &exchanges,
        orgs: &orgs,
        storage: &health.storage,
        writer: &health.writer,
        groups: &groups,
    }))
}

/// True if the path begins with an Org, and it is this one.
fn leads_to(path: &str, org: &Org) -> bool {
    let below = path.strip_prefix("/orgs/");
    let which = below.and_then(|below| below.split('/').next());
    which.is_some_and(|which| org.is(&decode(which)))
}

pub(super) fn auth(house: &House, org: Option<&str>) -> Result<Diagnosis, OpsError> {
    let org = narrowed(house, org)?;
    let only = org.as_ref().map(|org| org.id);
    let number = only.map(|org| org.to_string());
    let tokens = tokens::list(house, number.as_deref())?;
    let now = house.clock.now();
    let since = now.minus(refusals::SPAN);
    // Of an Org that nobody was served in for longer, the refusals before that count too: a provider
    // in quarantine asks once a day, then not at all.
    let of_providers = tokens.iter().filter(|token| token.kind == TokenKind::Scim);
    let mut unheard: BTreeSet<OrgId> = of_providers.map(|token| token.org).collect();
    let mut refused = Vec::new();
    let mut served: HashMap<(String, Client), Timestamp> = HashMap::new();
    walk(house, |exchange| {
        if exchange.at < since && unheard.is_empty() {
            return false;
        }
        let stray = exchange.operation == Operation::NoRoute;
        if exchange.refusal.is_some() || stray {
            // Whoever is not let in may belong to no Org, and a token may be that of another.
            let here = org.as_ref().is_none_or(|org| {
                exchange.org.is_none_or(|of| of == org.id) || leads_to(&exchange.path, org)
            });
            let counts =
                exchange.at >= since || exchange.org.is_none_or(|of| unheard.contains(&of));
            if here && counts && refused.len() < REFUSED {
                refused.push(exchange);
            }
        } else if exchange.status != 401 && exchange.status != 403 {
            if let Some(org) = exchange.org {
                unheard.remove(&org);
            }
            let last = served
                .entry((exchange.source, exchange.client))
                .or_default();
            *last = exchange.at.max(*last);
        }
        true
    })?;
    let silent = silent(house, only)?;
    Ok(refusals::diagnose(&refusals::Facts {
        now,
        org: org.as_ref().map(|org| org.name.as_str()),
        base_url: &house.base_url,
        tokens: &tokens,
        refused: &refused,
        silent: silent.as_ref(),
        served: &served,
    }))
}
