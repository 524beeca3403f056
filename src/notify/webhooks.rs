//! Tells applications of events: runs a [`Queue`] for each webhook until it is told to stop.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::future::join_all;
use futures_util::stream::FuturesUnordered;
use http::{HeaderName, HeaderValue, Method};
use tokio::sync::watch;

use super::message::Message;
use super::networks::Reachable;
use super::queue::{Queue, Refusal};
use super::send::{self, Letter};
use super::settings::Outbound;
use super::sign::SigningKey;
use super::target::Target;
use crate::clock::{Clock, Timestamp};
use crate::model::delivery::{DeliveryState, Topics};
use crate::ops::deliveries::{Settled, Webhook};
use crate::ops::house::House;

/// Events that are read at once.
const PAGE: u64 = 500;
/// How often it is stored how far a webhook was told, at most.
const SETTLING: Duration = Duration::from_secs(1);
/// How long to wait after the store could not be read or written.
const STORE_REST: Duration = Duration::from_secs(2);
/// No wait is longer: a clock that was set shows by then.
const LONGEST_SLEEP: Duration = Duration::from_secs(60);

/// An application that is told of events.
#[derive(Clone, Debug)]
pub struct Hook {
    /// What is stored of it.
    pub webhook: Webhook,
    /// Which events, and under which names.
    pub topics: Topics,
    /// Where they go.
    pub target: Target,
    /// What signs them.
    pub key: SigningKey,
}

/// How an attempt went: the event, and why it was not taken. `Ok(false)`: there was nothing to
/// send.
type Outcome = (u64, Result<bool, Refusal>);

/// Tells every hook of its events until `stop`.
pub async fn run(
    house: Arc<House>,
    hooks: Vec<Hook>,
    outbound: Outbound,
    clock: Clock,
    mut stop: watch::Receiver<bool>,
) {
    let known: Vec<Webhook> = hooks.iter().map(|hook| hook.webhook.clone()).collect();
    let places = loop {
        match house.set_webhooks(known.clone()).await {
            Ok(places) => break places,
            Err(error) => tracing::warn!(%error, "webhooks wait for the store"),
        }
        tokio::select! {
            _ = stop.changed() => return,
            () = tokio::time::sleep(STORE_REST) => {}
        }
    };
    let told = hooks.into_iter().zip(places).map(|(hook, place)| {
        let teller = Teller {
            house: Arc::clone(&house),
            reachable: Reachable(outbound.allow_networks.clone()),
            outbound: outbound.clone(),
            clock: clock.clone(),
            hook,
        };
        let stop = stop.clone();
        async move { teller.run(place, stop).await }
    });
    join_all(told).await;
    // Without webhooks there is nothing to do but to wait.
    let _ = stop.wait_for(|stop| *stop).await;
}

struct Teller {
    house: Arc<House>,
    hook: Hook,
    reachable: Reachable,
    outbound: Outbound,
    clock: Clock,
}

impl Teller {
    async fn run(&self, place: u64, mut stop: watch::Receiver<bool>) {
        let name = &self.hook.webhook.name;
        let mut news = self.house.committed();
        let mut replays = self.house.replays();
        let mut queue = loop {
            match self.house.open_deliveries(name).await {
                Ok(open) => break Queue::new(name, self.outbound.policy(), place, open),
                Err(error) => tracing::warn!(%error, webhook = name, "waits for the store"),
            }
            tokio::select! {
                _ = stop.changed() => return,
                () = tokio::time::sleep(STORE_REST) => {}
            }
        };
        let mut under_way: FuturesUnordered<Pin<Box<dyn Future<Output = Outcome> + Send + '_>>> =
            FuturesUnordered::new();
        // What was settled and is not stored yet, and when the next is to be.
        let mut unsettled: Option<Settled> = None;
        let mut settling = self.clock.now();
        let mut changed = true;
        let mut failing = BTreeMap::new();
        loop {
            news.mark_unchanged();
            let read_to = queue.wants();
            let more = self.read(&mut queue).await;
            changed |= read_to != queue.wants();
            let now = self.clock.now();
            while let Some(event) = queue.next(now) {
                under_way.push(Box::pin(self.attempt(event)));
            }
            if changed && due(settling, now) {
                settling = now.plus(SETTLING);
                unsettled = unsettled.or_else(|| queue.settle());
                self.store(&mut unsettled).await;
                changed = unsettled.is_some();
            }
            let wake = queue.wake().into_iter().chain(changed.then_some(settling));
            let sleep = wake.min().map_or(LONGEST_SLEEP, |at| at.since(now));
            let sleep = match more {
                Some(rest) => rest.min(sleep),
                None => sleep.min(LONGEST_SLEEP),
            };
            tokio::select! {
                _ = stop.changed() => break,
                Some((event, outcome)) = under_way.next() => {
                    self.note(&mut queue, event, outcome, &mut failing);
                    changed = true;
                }
                _ = news.changed() => {}
                _ = replays.changed() => self.again(&mut queue).await,
                () = tokio::time::sleep(sleep) => {}
            }
        }
        // What is under way was not taken as far as anybody knows, and is sent again.
        drop(under_way);
        self.store(&mut unsettled).await;
        unsettled = queue.settle();
        self.store(&mut unsettled).await;
    }

    /// Reads what the queue has room for. Comes back with how long to wait before there is more,
    /// if that is known.
    async fn read(&self, queue: &mut Queue) -> Option<Duration> {
        let after = queue.wants()?;
        match self
            .house
            .event_marks(&self.hook.webhook, after, PAGE)
            .await
        {
            Ok(found) => {
                let full = found.marks.len() as u64 == PAGE;
                queue.offer(&found.marks, found.read_to);
                (full && queue.wants().is_some()).then_some(Duration::ZERO)
            }
            Err(error) => {
                tracing::warn!(%error, "events for webhooks could not be read");
                Some(STORE_REST)
            }
        }
    }

    async fn attempt(&self, event: u64) -> Outcome {
        let found = match self.house.event(event).await {
            Ok(found) => found,
            Err(error) => {
                let why = format!("the event could not be read: {error}");
                return (event, Err(Refusal { why, rest: None }));
            }
        };
        let Some(found) = found else {
            tracing::warn!(
                event,
                webhook = self.hook.webhook.name,
                "is not kept any more"
            );
            return (event, Ok(false));
        };
        let Some(kind) = self.hook.topics.name(&found) else {
            return (event, Ok(false));
        };
        let message = Message::of(&found, kind, self.outbound.message_bytes);
        let seconds = self.clock.now().0.div_euclid(1000);
        let letter = signed(&self.hook.key, message, seconds);
        let timeout = self.outbound.timeout();
        let sent = send::send(&self.hook.target, letter, &self.reachable, timeout).await;
        (event, sent.map(|()| true))
    }

    /// Notes how an attempt went. The log says when a webhook begins to fail and when it works
    /// again, not each attempt.
    fn note(
        &self,
        queue: &mut Queue,
        event: u64,
        outcome: Result<bool, Refusal>,
        failing: &mut BTreeMap<u64, u32>,
    ) {
        let webhook = self.hook.webhook.name.as_str();
        match outcome {
            Ok(sent) => {
                if sent {
                    queue.took(event);
                } else {
                    queue.passed_over(event);
                }
                if failing.remove(&event).is_some() && failing.is_empty() {
                    tracing::info!(webhook, "takes events again");
                }
            }
            Err(refusal) => {
                if failing.is_empty() {
                    let to = self.hook.target.shown();
                    tracing::warn!(webhook, to, why = refusal.why, "does not take events");
                }
                *failing.entry(event).or_default() += 1;
                queue.refused(event, refusal, self.clock.now(), luck());
            }
        }
    }

    /// Stores what is settled; if that fails it stays, for the next time.
    async fn store(&self, unsettled: &mut Option<Settled>) {
        let Some(settled) = unsettled else { return };
        let name = &self.hook.webhook.name;
        match self.house.settle_deliveries(name, settled.clone()).await {
            Ok(()) => *unsettled = None,
            Err(error) => tracing::warn!(%error, webhook = name, "its place could not be stored"),
        }
    }

    /// Takes up again what an operator wants to be tried again.
    async fn again(&self, queue: &mut Queue) {
        let name = &self.hook.webhook.name;
        match self.house.open_deliveries(name).await {
            Ok(open) => queue.again(
                open.into_iter()
                    .filter(|delivery| delivery.state == DeliveryState::Waiting)
                    .map(|delivery| delivery.event),
            ),
            Err(error) => tracing::warn!(%error, webhook = name, "could not be tried again"),
        }
    }
}

/// A moment farther away than the wait itself was noted before the clock went back.
fn due(at: Timestamp, now: Timestamp) -> bool {
    at <= now || at > now.plus(SETTLING)
}

/// A message with the headers of Standard Webhooks.
pub(super) fn signed(key: &SigningKey, message: Message, seconds: i64) -> Letter {
    let signature = key.sign(&message.id, seconds, &message.body);
    let header = |name, text: &str| {
        let value = HeaderValue::from_str(text).expect("ids and base64 are printable");
        (HeaderName::from_static(name), value)
    };
    Letter {
        method: Method::POST,
        media: "application/json",
        headers: vec![
            header("webhook-id", &message.id),
            header("webhook-timestamp", &seconds.to_string()),
            header("webhook-signature", &signature),
        ],
        body: message.body,
    }
}

/// From 0 to 1; without random bytes, the middle.
pub(super) fn luck() -> f64 {
    let mut bytes = [0; 4];
    match getrandom::fill(&mut bytes) {
        Ok(()) => f64::from(u32::from_le_bytes(bytes)) / f64::from(u32::MAX),
        Err(_) => 0.5,
    }
}
