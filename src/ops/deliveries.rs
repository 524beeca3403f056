//! What webhooks are told of: the events after a position, and what was sent in vain.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use tokio::sync::watch::Receiver;

use crate::ids::OrgId;
use crate::model::delivery::Delivery;
use crate::model::event::{Actor, Event, EventKind, NewEvent};
use crate::model::notice::Notice;
pub use crate::ops::api::deliveries::SinkTest;
use crate::ops::api::deliveries::{Deliveries, DeliveryQuery, Replay, TestOrder};
use crate::ops::api::{OpsError, Reply};
use crate::ops::house::House;
use crate::ops::rehearsal;
use crate::store::{EventQuery, StoreError, Walk};

pub use crate::ops::metrics::counters::Outcome;
pub use crate::store::{Marks, Settled, SinkPlace, StoreError as Fault, Webhook};

/// Who can send a test notice: it knows the sinks, which the house does not.
pub trait SinkTester: Send + Sync {
    /// Sends one to each sink that the order names.
    fn test(&self, order: TestOrder) -> Reply<'_, Vec<SinkTest>>;
}

/// Open deliveries that are read at once.
const MOST_OPEN: u64 = 1_000_000;

/// What whoever sends the events needs.
impl House {
    /// Notes which webhooks there are; returns up to which event each was told, in their order.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn set_webhooks(&self, webhooks: Vec<Webhook>) -> Result<Vec<u64>, StoreError> {
        let names = webhooks.iter().map(|webhook| webhook.name.as_str());
        self.watcher.counters.expect_deliveries(names);
        self.store.write(move |tx| tx.set_webhooks(&webhooks)).await
    }

    /// Notes which sinks there are; returns how far each is, in their order.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn set_sinks(
        &self,
        sinks: Vec<(String, Option<OrgId>)>,
    ) -> Result<Vec<SinkPlace>, StoreError> {
        let names = sinks.iter().map(|(name, _)| name.as_str());
        self.watcher.counters.expect_deliveries(names);
        self.store.write(move |tx| tx.set_sinks(&sinks)).await
    }

    /// The groups of a sink, as they were kept.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn sink_groups<T>(&self, sink: &str) -> Result<Vec<T>, StoreError>
    where
        T: DeserializeOwned + Send + 'static,
    {
        let sink = sink.to_owned();
        self.store
            .scan(move |reader| reader.sink_groups(&sink))
            .await
    }

    /// Notes that a sink's notices are made up to a change of an alert: these, of groups that are
    /// now as given (`None`: over).
    ///
    /// # Errors
    /// Those of the store; nothing is noted then.
    pub async fn make_notices<T>(
        &self,
        sink: &str,
        change: u64,
        notices: Vec<Notice>,
        groups: Vec<(String, Option<T>)>,
    ) -> Result<(), StoreError>
    where
        T: Serialize + Send + 'static,
    {
        let (sink, mut notices) = (sink.to_owned(), notices);
        self.store
            .write(move |tx| {
                for notice in &mut notices {
                    let org = notice.org.map(|org| tx.org(org)).transpose()?;
                    notice.org_name = org.flatten().map(|org| org.name);
                }
                tx.make_notices(&sink, change, &notices, &groups)
            })
            .await
    }

    /// The notices for a sink after `after`, `count` at most.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn notice_marks(
        &self,
        sink: &str,
        after: u64,
        count: u64,
    ) -> Result<Marks, StoreError> {
        let sink = sink.to_owned();
        self.store
            .scan(move |reader| reader.notice_marks(&sink, after, count))
            .await
    }

    /// A notice by number; `None`: it was told, or erased.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn notice(&self, number: u64) -> Result<Option<Notice>, StoreError> {
        self.store.scan(move |reader| reader.notice(number)).await
    }

    /// What a webhook or a sink was told in vain.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn open_deliveries(&self, webhook: &str) -> Result<Vec<Delivery>, StoreError> {
        let webhook = webhook.to_owned();
        self.store
            .scan(move |reader| reader.deliveries(Some(&webhook), MOST_OPEN))
            .await
    }

    /// The events for a webhook after `after`, `count` at most.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn event_marks(
        &self,
        webhook: &Webhook,
        after: u64,
        count: u64,
    ) -> Result<Marks, StoreError> {
        let (kinds, org) = (webhook.kinds.clone(), webhook.org);
        self.store
            .scan(move |reader| reader.event_marks(after, &kinds, org, count))
            .await
    }

    /// An event by number; `None`: it is not kept any more.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn event(&self, number: u64) -> Result<Option<Event>, StoreError> {
        let query = EventQuery {
            walk: Walk::Oldest {
                after: Some(number.saturating_sub(1)),
            },
            ..EventQuery::default()
        };
        let found = self.store.scan(move |reader| reader.events(&query, 1));
        let found = found.await?.pop();
        Ok(found.filter(|event| event.seq == number))
    }

    /// Counts an attempt to tell a webhook or a sink something.
    pub fn delivered(&self, target: &str, outcome: Outcome) {
        self.watcher.counters.delivered(target, outcome);
    }

    /// Notes how a webhook got on.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn settle_deliveries(&self, webhook: &str, by: Settled) -> Result<(), StoreError> {
        let webhook = webhook.to_owned();
        self.store
            .write(move |tx| tx.settle_deliveries(&webhook, &by))
            .await
    }

    /// Changes whenever there may be new events.
    pub fn committed(&self) -> Receiver<u64> {
        self.store.committed()
    }

    /// Changes whenever an operator has deliveries tried again.
    pub fn replays(&self) -> Receiver<u64> {
        self.replays.subscribe()
    }
}

/// How far each webhook is told, and what is open.
pub(super) fn list(
    house: &House,
    query: &DeliveryQuery,
    limit: u64,
) -> Result<Deliveries, OpsError> {
    let named = query.webhook.as_deref();
    let (mut webhooks, open) = house
        .store
        .read(|reader| Ok((reader.webhooks()?, reader.deliveries(named, limit)?)))?;
    webhooks.retain(|status| named.is_none_or(|name| status.webhook == name));
    Ok(Deliveries { webhooks, open })
}

/// Has what was given up tried again.
pub(super) fn replay(
    house: &House,
    operator: &str,
    order: Replay,
) -> Result<Vec<Delivery>, OpsError> {
    let now = house.clock.now();
    let actor = Actor::Operator(operator.to_owned());
    let dry_run = order.dry_run;
    let again = rehearsal::carry_out(&house.store, dry_run, move |tx| {
        let again = tx.replay_deliveries(order.webhook.as_deref(), &order.events)?;
        if !again.is_empty() {
            let events: Vec<u64> = again.iter().map(|delivery| delivery.event).collect();
            let detail = json!({ "subject": order.webhook, "events": events });
            let kind = EventKind::DeliveriesReplayed;
            tx.append_event(&NewEvent::of(actor, now, OrgId::PRIMARY, kind, detail))?;
        }
        Ok(again)
    })?;
    if !dry_run && !again.is_empty() {
        house.replays.send_modify(|count| *count += 1);
    }
    Ok(again)
}
