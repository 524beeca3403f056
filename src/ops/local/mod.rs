//! The operations API on the house itself.
//!
//! Each call runs on a thread that may block and goes on if its caller goes away, so that what is
//! in memory and what is stored cannot part: a revocation whose caller hung up still takes effect.

mod content;
mod deliveries;
mod diagnose;
mod directory;
mod export;
mod follow;
mod preview;
mod removals;
mod roles;
mod watch;

use std::sync::Arc;
use std::time::Duration;

use crate::ids::{OrgId, RequestId, TokenId};
use crate::model::event::{Actor, ChainReport, Event, EventKind};
use crate::model::event_filter::EventFilter;
use crate::model::exchange::Exchange;
use crate::model::exchange_filter::ExchangeFilter;
use crate::model::operator::OperatorRole;
use crate::model::org::Org;
use crate::model::token::Token;
use crate::ops::api::{
    Contents, EventQuery, Events, ExchangePage, ExchangeQuery, ExportPage, ExportQuery, Failure,
    Feed, IssuedToken, NewOrg, NewToken, Ops, OpsError, OrgChange, Reply, Rotation, Since, Status,
    WhoAmI,
};
use crate::ops::house::House;
use crate::ops::{orgs, tokens};
use crate::store::{self, StoreError, TrafficQuery, Walk};

/// Rows returned if the caller does not say.
const DEFAULT_LIMIT: u32 = 100;
/// Rows returned at most.
const MAX_LIMIT: u32 = 10_000;
/// Exchanges read at a time.
const PAGE: u64 = 500;
/// Exchanges looked at by one filtered list before it answers with what it found.
const LOOKED_AT: u64 = 50_000;

/// The operations API for one operator.
#[derive(Clone)]
pub struct LocalOps {
    house: Arc<House>,
    operator: Arc<str>,
    actor: Actor,
    /// The token that a feed ends with.
    token: Option<TokenId>,
}

impl LocalOps {
    /// The API for the operator of that name, which events will show.
    pub fn new(house: Arc<House>, operator: &str) -> Self {
        Self {
            house,
            operator: operator.into(),
            actor: Actor::Operator(operator.to_owned()),
            token: None,
        }
    }

    /// The API for the operator with that token, whose label and id events will show.
    pub fn with_token(house: Arc<House>, token: &Token) -> Self {
        let operator = format!("{} ({})", token.label, token.id);
        Self {
            token: Some(token.id.clone()),
            ..Self::new(house, &operator)
        }
    }

    /// The events that the application with that token may read: those of its Org that webhooks
    /// tell of.
    pub fn events_for_application(
        house: Arc<House>,
        token: &TokenId,
        org: OrgId,
    ) -> impl Events + use<> {
        follow::OfOrg {
            house,
            token: token.clone(),
            org,
        }
    }

    /// The registry of content for the application with that token, which events will show.
    pub fn for_application(house: Arc<House>, token: &TokenId) -> impl Contents + use<> {
        Self {
            house,
            operator: token.0.as_str().into(),
            actor: Actor::Token(token.clone()),
            token: None,
        }
    }

    fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&House, &str) -> Result<T, OpsError> + Send + 'static,
    ) -> Reply<'static, T> {
        let (house, operator) = (Arc::clone(&self.house), Arc::clone(&self.operator));
        let running = tokio::task::spawn_blocking(move || work(&house, &operator));
        Box::pin(async move {
            running.await.unwrap_or_else(|_| {
                Err(OpsError::new(
                    Failure::Internal,
                    "the operation failed; please report it",
                ))
            })
        })
    }
}

impl From<StoreError> for OpsError {
    fn from(error: StoreError) -> Self {
        let failure = match &error {
            StoreError::NotFound => Failure::NotFound,
            StoreError::Conflict { .. } | StoreError::Ambiguous => Failure::Conflict,
            StoreError::Busy
            | StoreError::Closed
            | StoreError::Full
            | StoreError::Locked(_)
            | StoreError::Io(_) => Failure::Unreachable,
            _ => Failure::Internal,
        };
        Self::new(failure, error.to_string())
    }
}

impl Events for LocalOps {
    fn events(&self, query: EventQuery) -> Reply<'_, Vec<Event>> {
        let house = Arc::clone(&self.house);
        Box::pin(follow::events(house, query, None, self.token.clone()))
    }
}

impl Ops for LocalOps {
    fn status(&self) -> Reply<'_, Status> {
        self.run(|house, _| status(house))
    }

    fn whoami(&self) -> Reply<'_, WhoAmI> {
        let whoami = WhoAmI {
            operator: self.operator.to_string(),
            // Whoever holds this may do everything; it is the listener that lets in with less.
            role: OperatorRole::Admin,
            token: self.token.clone(),
        };
        Box::pin(std::future::ready(Ok(whoami)))
    }

    fn orgs(&self) -> Reply<'_, Vec<Org>> {
        self.run(|house, _| Ok(house.store.read(|reader| reader.orgs())?))
    }

    fn create_org(&self, new: NewOrg) -> Reply<'_, Org> {
        self.run(move |house, operator| orgs::create(house, operator, new))
    }

    fn change_org<'a>(&'a self, org: &'a str, change: OrgChange) -> Reply<'a, Org> {
        let org = org.to_owned();
        self.run(move |house, operator| orgs::change(house, operator, &org, change))
    }

    fn tokens<'a>(&'a self, org: Option<&'a str>) -> Reply<'a, Vec<Token>> {
        let org = org.map(str::to_owned);
        self.run(move |house, _| tokens::list(house, org.as_deref()))
    }

    fn create_token(&self, new: NewToken) -> Reply<'_, IssuedToken> {
        self.run(move |house, operator| tokens::create(house, operator, &new))
    }

    fn rotate_token<'a>(
        &'a self,
        token: &'a TokenId,
        rotation: Rotation,
    ) -> Reply<'a, IssuedToken> {
        let token = token.clone();
        self.run(move |house, operator| tokens::rotate(house, operator, &token, rotation))
    }

    fn revoke_token<'a>(&'a self, token: &'a TokenId) -> Reply<'a, Token> {
        let token = token.clone();
        self.run(move |house, operator| tokens::revoke(house, operator, &token))
    }

    fn exchanges(&self, query: ExchangeQuery) -> Reply<'_, ExchangePage> {
        self.run(move |house, _| exchanges(house, &query))
    }

    fn exchange<'a>(&'a self, which: &'a str) -> Reply<'a, Exchange> {
        let which = which.to_owned();
        self.run(move |house, _| exchange(house, &which))
    }

    fn export_exchanges(&self, query: ExportQuery) -> Reply<'_, ExportPage> {
        self.run(move |house, _| export::page(house, &query))
    }

    fn follow(&self, since: Since) -> Reply<'_, Feed> {
        let house = Arc::clone(&self.house);
        let feed = follow::feed(Arc::clone(&house), since);
        let feed = match self.token.clone() {
            None => feed,
            Some(token) => follow::while_valid(feed, house, token),
        };
        Box::pin(async move { Ok(feed) })
    }

    fn verify_events(&self) -> Reply<'_, ChainReport> {
        self.run(|house, _| Ok(house.store.read(|reader| reader.verify_events())?))
    }
}

fn limit(asked: u32) -> u64 {
    match asked {
        0 => DEFAULT_LIMIT.into(),
        some => some.min(MAX_LIMIT).into(),
    }
}

fn status(house: &House) -> Result<Status, OpsError> {
    const HOUR: u64 = 3600;
    let now = house.clock.now();
    let mut status = Status {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        started: house.started,
        now,
        base_url: house.base_url.clone(),
        api_url: house.api_url.clone(),
        ops_url: house.ops_url.clone(),
        data_dir: house.data_dir.display().to_string(),
        ..Status::default()
    };
    house.store.read(|reader| {
        for org in reader.orgs()? {
            let removals = |hours| {
                reader.deletions_since(org.id, now.minus(Duration::from_secs(hours * HOUR)))
            };
            status.orgs += 1;
            status.users += org.users;
            status.groups += org.groups;
            status.removals_hour += removals(1)?;
            status.removals_day += removals(24)?;
            status.removals_week += removals(24 * 7)?;
        }
        Ok(())
    })?;
    let traffic = house.store.traffic();
    status.exchanges = traffic.stats()?.rows;
    status.exchanges_dropped = traffic.dropped();
    Ok(status)
}

fn exchanges(house: &House, query: &ExchangeQuery) -> Result<ExchangePage, OpsError> {
    let filter = ExchangeFilter::without_marks(&query.filter)
        .map_err(|error| OpsError::new(Failure::Invalid, error.to_string()))?;
    let now = house.clock.now();
    let wanted = limit(query.limit);
    let mut page = ExchangePage::default();
    let (mut before, mut looked_at) = (query.before, 0);
    loop {
        let walk = Walk::Newest { before };
        let some = house.store.traffic().page(
            &TrafficQuery {
                walk,
                ..TrafficQuery::default()
            },
            PAGE,
        )?;
        let more = some.len() as u64 == PAGE;
        looked_at += some.len() as u64;
        for summary in some {
            before = Some(summary.seq);
            if filter.matches(&summary, now) {
                page.exchanges.push(Arc::new(summary));
                if page.exchanges.len() as u64 == wanted {
                    page.older = before;
                    return Ok(page);
                }
            }
        }
        if !more {
            return Ok(page);
        }
        if looked_at >= LOOKED_AT {
            page.older = before;
            return Ok(page);
        }
    }
}

/// One exchange, by number or request id.
pub(super) fn exchange(house: &House, which: &str) -> Result<Exchange, OpsError> {
    let traffic = house.store.traffic();
    let found = match (which.parse::<u64>(), which.parse::<RequestId>()) {
        (Ok(seq), _) => traffic.get(seq)?,
        (_, Ok(request)) => traffic.by_request(request)?,
        _ => {
            return Err(OpsError::new(
                Failure::Invalid,
                "give a request's number or its X-Request-Id",
            ));
        }
    };
    found.ok_or_else(|| {
        OpsError::new(
            Failure::NotFound,
            "no recorded request has this number or id; `scimtop requests list` shows them",
        )
    })
}

/// Events for somebody who may see all kinds, or only these.
pub(super) fn events(
    house: &House,
    query: &EventQuery,
    visible: Option<&[EventKind]>,
) -> Result<Vec<Event>, OpsError> {
    let mut filter =
        EventFilter::parse(&query.filter).map_err(|why| OpsError::new(Failure::Invalid, why))?;
    if let Some(visible) = visible {
        if filter.kinds.is_empty() {
            filter.kinds = visible.to_vec();
        }
        filter.kinds.retain(|kind| visible.contains(kind));
        if filter.kinds.is_empty() {
            let message = "events of these kinds are for operators alone";
            return Err(OpsError::new(Failure::Denied, message));
        }
    }
    let walk = match query.after {
        Some(after) => Walk::Oldest { after: Some(after) },
        None => Walk::Newest {
            before: query.before,
        },
    };
    let asked = store::EventQuery {
        org: query.org,
        subject: query.subject,
        kind: query.kind,
        since: filter.since.map(|span| house.clock.now().minus(span)),
        filter,
        walk,
    };
    let mut events = house
        .store
        .read(|reader| reader.events(&asked, limit(query.limit)))?;
    if query.after.is_none() {
        events.reverse();
    }
    Ok(events)
}
