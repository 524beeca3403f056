//! The house: the pieces that a running daemon, or a command on an idle store, works with.

use std::net::IpAddr;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::sync::{broadcast, watch};

use crate::clock::{Clock, Timestamp};
use crate::engine::expiry;
use crate::engine::privileges::Privileges;
use crate::engine::watch::Gauges;
use crate::ids::{OrgId, TokenId};
use crate::model::alert_settings::AlertSettings;
use crate::model::event::{Actor, EventKind, NewEvent};
use crate::model::exchange::{ExchangeSummary, Operation};
use crate::model::guard::GuardSettings;
use crate::model::token::{LastUse, TokenKind};
use crate::ops::api::OpsError;
use crate::ops::auth::Doorkeeper;
use crate::ops::deliveries::SinkTester;
use crate::ops::gateway::{
    Admitted, AdmittedOperator, ContentGateway, Gateway, Observed, OperatorGateway, Refused,
};
use crate::ops::local::LocalOps;
use crate::ops::metrics::counters::Api;
use crate::ops::provision::request::{Answer, Caller, Request};
use crate::ops::provision::{Provision, ProvisionLimits};
use crate::ops::record::Recorder;
use crate::ops::watcher::Watcher;
use crate::ops::{guard, holds};
use crate::scim::schema::Registry;
use crate::store::{Store, StoreError, Tx};

/// Summaries that a slow reader of the feed may be behind before it is told that it skipped some.
const FEED: usize = 4096;
/// Events pruned in one transaction.
const PRUNE: u64 = 1000;

/// What the house is made with.
pub struct Plan {
    /// SCIM schemas.
    pub registry: Registry,
    /// Privileges that are declared beside the known ones.
    pub privileges: Vec<String>,
    /// Limits of provisioning.
    pub limits: ProvisionLimits,
    /// The guard.
    pub guard: GuardSettings,
    /// When an operator is called.
    pub alerts: AlertSettings,
    /// Body limit in bytes, which Bulk announces.
    pub bulk_payload: u64,
    /// Data directory, for the operator.
    pub data_dir: PathBuf,
    /// Base URL for identity providers.
    pub base_url: String,
    /// Base URL for applications, if they are served.
    pub api_url: Option<String>,
    /// URL for operators, if they are served over TCP.
    pub ops_url: Option<String>,
    /// When the daemon started; `None` for a command on an idle store.
    pub started: Option<Timestamp>,
    /// Who can send test notices.
    pub sinks: Option<Arc<dyn SinkTester>>,
    /// Measures instead of the machine, where that is made up.
    pub gauges: Option<Measure>,
}

/// Measures a machine.
pub type Measure = Arc<dyn Fn() -> Gauges + Send + Sync>;

/// How long records are kept.
#[derive(Clone, Copy, Debug)]
pub struct Keep {
    /// Exchanges.
    pub traffic: Duration,
    /// Exchanges, in bytes.
    pub traffic_bytes: u64,
    /// Events.
    pub events: Duration,
}

/// Store, authentication, provisioning and recording together.
pub struct House {
    pub(super) store: Store,
    pub(super) clock: Clock,
    pub(super) doorkeeper: Doorkeeper,
    pub(super) started: Option<Timestamp>,
    pub(super) data_dir: PathBuf,
    pub(super) base_url: String,
    pub(super) api_url: Option<String>,
    pub(super) ops_url: Option<String>,
    pub(super) guard: GuardSettings,
    pub(super) privileges: Privileges,
    pub(super) provision: Provision,
    /// Counts what is recorded, and looks for what calls for an operator.
    pub(super) watcher: Arc<Watcher>,
    /// Number of the last change of an alert.
    pub(super) alert_news: watch::Sender<u64>,
    /// Counts orders to try deliveries again.
    pub(super) replays: watch::Sender<u64>,
    pub(super) sinks: Option<Arc<dyn SinkTester>>,
    pub(super) gauges: Option<Measure>,
    recorder: Recorder,
    feed: broadcast::Sender<Arc<ExchangeSummary>>,
}

impl House {
    /// The answer to a SCIM request that fails on this side; nothing was changed. For trying out
    /// what follows from that.
    pub fn fault(&self, request: &Request) -> Answer {
        self.provision.fault(request)
    }

    /// Puts the pieces together around an open store.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn new(store: Store, clock: Clock, plan: Plan) -> Result<Arc<Self>, StoreError> {
        let (tokens, orgs) = store.read(|reader| Ok((reader.stored_tokens()?, reader.orgs()?)))?;
        let last_change = store.read(|reader| reader.last_alert_change())?;
        let (feed, _) = broadcast::channel(FEED);
        let watcher = Arc::new(Watcher::new(&plan.alerts));
        let (sender, watching) = (feed.clone(), Arc::clone(&watcher));
        store.traffic().subscribe(Box::new(move |stored| {
            watching.note(stored);
            for summary in stored {
                // Nobody listening is fine.
                let _ = sender.send(Arc::clone(summary));
            }
        }));
        let provision = Provision::new(
            store.clone(),
            plan.registry,
            clock.clone(),
            plan.limits,
            plan.guard,
            plan.bulk_payload,
        )?;
        Ok(Arc::new(Self {
            doorkeeper: Doorkeeper::new(tokens, orgs),
            store,
            clock,
            started: plan.started,
            data_dir: plan.data_dir,
            base_url: plan.base_url,
            api_url: plan.api_url,
            ops_url: plan.ops_url,
            guard: plan.guard,
            privileges: Privileges::new(plan.privileges),
            provision,
            watcher,
            alert_news: watch::Sender::new(last_change),
            replays: watch::Sender::new(0),
            sinks: plan.sinks,
            gauges: plan.gauges,
            recorder: Recorder::default(),
            feed,
        }))
    }

    /// What is recorded from now on.
    pub(super) fn listen(&self) -> broadcast::Receiver<Arc<ExchangeSummary>> {
        self.feed.subscribe()
    }

    /// Stores when tokens were last used. For every few seconds, and the end.
    ///
    /// # Errors
    /// Those of the store; the uses are noted again.
    pub async fn store_uses(&self) -> Result<(), StoreError> {
        let uses = self.doorkeeper.take_used();
        if uses.is_empty() {
            return Ok(());
        }
        let again = uses.clone();
        let stored = self.store.write(move |tx| tx.touch_tokens(&uses)).await;
        if stored.is_err() {
            for (token, last) in again {
                self.doorkeeper.used(&token, last);
            }
        }
        stored
    }

    /// Forgets what is older than it is kept. For once an hour.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn prune(&self, keep: Keep) -> Result<(), StoreError> {
        let now = self.clock.now();
        self.store
            .traffic()
            .prune(now.minus(keep.traffic), keep.traffic_bytes);
        let gone = self
            .store
            .write(move |tx| {
                let gone = tx.prune_tokens(now.minus(expiry::KEEP_ENDED))?;
                for token in &gone {
                    let detail = json!({ "subject": token.id, "label": token.label });
                    housekeeping(tx, now, token.org, EventKind::TokenPruned, detail)?;
                }
                Ok::<_, StoreError>(gone)
            })
            .await?;
        for token in gone {
            self.doorkeeper.forget_token(&token.id);
        }
        let mut pruned = 0;
        loop {
            let before = now.minus(keep.events);
            let some = self
                .store
                .write(move |tx| tx.prune_events(before, PRUNE))
                .await?;
            pruned += some;
            if some < PRUNE {
                break;
            }
        }
        if pruned > 0 {
            let detail = json!({ "subject": "events", "count": pruned });
            self.store
                .write(move |tx| {
                    housekeeping(tx, now, OrgId::PRIMARY, EventKind::EventsPruned, detail)
                })
                .await?;
        }
        Ok(())
    }

    /// Goes on with verdicts of the guard that were interrupted, and deletes held accounts whose time
    /// is over. For once a minute, and the start. Blocks.
    ///
    /// # Errors
    /// Those of the store; what is left is done the next time.
    pub fn settle_removals(&self) -> Result<(), OpsError> {
        guard::resume(self)?;
        let ended = holds::end_expired(self)?;
        if ended > 0 {
            tracing::info!(ended, "held accounts were deleted: their time was over");
        }
        Ok(())
    }

    fn note_use(&self, token: &TokenId, at: Timestamp, source: IpAddr, user_agent: &str) {
        let last = LastUse {
            at,
            source: source.to_string(),
            user_agent: crate::secret::scrub(user_agent).into_owned(),
        };
        self.doorkeeper.used(token, last);
    }

    /// Finishes what waits and closes the store. Blocks.
    pub fn close(&self) {
        self.store.close();
    }
}

fn housekeeping(
    tx: &mut Tx<'_>,
    at: Timestamp,
    org: OrgId,
    kind: EventKind,
    detail: serde_json::Value,
) -> Result<(), StoreError> {
    tx.append_event(&NewEvent::of(Actor::System, at, org, kind, detail).because("age"))?;
    Ok(())
}

impl ContentGateway for Arc<House> {
    fn admit(
        &self,
        authorization: Option<&str>,
        org: Option<&str>,
        source: IpAddr,
        user_agent: &str,
    ) -> Result<Admitted, Refused> {
        let now = self.clock.now();
        let caller = self
            .doorkeeper
            .authenticate(TokenKind::Application, authorization, org, now)
            .inspect_err(|refused| self.watcher.counters.turned_away(Api::Content, refused))?;
        let token = caller.token;
        self.note_use(&token, now, source, user_agent);
        let contents = Arc::new(LocalOps::for_application(Arc::clone(self), &token));
        let events = LocalOps::events_for_application(Arc::clone(self), &token, caller.org.id);
        Ok(Admitted {
            token,
            contents,
            events: Arc::new(events),
        })
    }
}

impl OperatorGateway for Arc<House> {
    fn operator(
        &self,
        authorization: Option<&str>,
        source: IpAddr,
        user_agent: &str,
    ) -> Result<AdmittedOperator, Refused> {
        let now = self.clock.now();
        let (token, role) = self
            .doorkeeper
            .operator(authorization, now)
            .inspect_err(|refused| self.watcher.counters.turned_away(Api::Operations, refused))?;
        self.note_use(&token.id, now, source, user_agent);
        let ops = Arc::new(LocalOps::with_token(Arc::clone(self), &token));
        Ok(AdmittedOperator {
            token: token.id,
            role,
            ops,
        })
    }
}

impl Gateway for House {
    fn authenticate(
        &self,
        authorization: Option<&str>,
        org: Option<&str>,
    ) -> Result<Caller, Refused> {
        self.doorkeeper
            .authenticate(TokenKind::Scim, authorization, org, self.clock.now())
    }

    fn answer(&self, request: Request) -> Pin<Box<dyn Future<Output = Answer> + Send + '_>> {
        Box::pin(self.provision.answer(request))
    }

    fn record(&self, observed: Observed) {
        let token = observed.caller.as_ref().map(|caller| caller.token.clone());
        let exchange = self.recorder.exchange(observed);
        // A request that leads nowhere does not show that the client works with the token.
        let somewhere = exchange.summary.operation != Operation::NoRoute;
        if let Some(token) = token.filter(|_| somewhere) {
            let last = LastUse {
                at: exchange.summary.at,
                source: exchange.summary.source.clone(),
                user_agent: exchange.user_agent.clone(),
            };
            self.doorkeeper.used(&token, last);
        }
        self.store.traffic().record(exchange);
    }

    fn ready(&self) -> Result<(), String> {
        self.store
            .read(|reader| reader.org(OrgId::PRIMARY).map(drop))
            .map_err(|error| error.to_string())
    }
}
