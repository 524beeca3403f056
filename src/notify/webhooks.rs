//! Tells applications of events, by a webhook each.

use futures_util::future::join_all;
use tokio::sync::watch;

use super::message::Message;
use super::queue::Refusal;
use super::send::{self, Door};
use super::settings::Outbound;
use super::sign::SigningKey;
use super::target::Target;
use super::teller::{Outbox, Teller, insist};
use crate::clock::Clock;
use crate::model::delivery::Topics;
use crate::ops::deliveries::{Fault, Marks, Webhook};
use crate::ops::house::House;

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

/// Tells every hook of its events until `stop`.
pub async fn run(
    house: &House,
    hooks: &[Hook],
    outbound: &Outbound,
    clock: &Clock,
    mut stop: watch::Receiver<bool>,
) {
    let known: Vec<Webhook> = hooks.iter().map(|hook| hook.webhook.clone()).collect();
    let places = insist("webhooks", &mut stop, || house.set_webhooks(known.clone()));
    let Some(places) = places.await else {
        return;
    };
    let told = hooks.iter().zip(places).map(|(hook, place)| {
        let teller = Teller {
            house,
            clock,
            policy: outbound.policy(),
            outbox: Events {
                house,
                clock,
                hook,
                door: Door::of(outbound),
                most: outbound.message_bytes,
            },
        };
        let stop = stop.clone();
        async move { teller.run(place, stop).await }
    });
    join_all(told).await;
    // Without webhooks there is nothing to do but to wait.
    let _ = stop.wait_for(|stop| *stop).await;
}

/// The events for a hook.
struct Events<'a> {
    house: &'a House,
    clock: &'a Clock,
    hook: &'a Hook,
    door: Door,
    /// Bytes of a message.
    most: usize,
}

impl Outbox for Events<'_> {
    fn name(&self) -> &str {
        &self.hook.webhook.name
    }

    fn shown(&self) -> String {
        self.hook.target.shown()
    }

    async fn marks(&self, after: u64, count: u64) -> Result<Marks, Fault> {
        self.house
            .event_marks(&self.hook.webhook, after, count)
            .await
    }

    async fn attempt(&self, number: u64) -> Result<bool, Refusal> {
        let found = self.house.event(number).await;
        let found = found
            .map_err(|error| Refusal::because(format!("the event could not be read: {error}")))?;
        let Some(found) = found else {
            let webhook = self.name();
            tracing::warn!(event = number, webhook, "is not kept any more");
            return Ok(false);
        };
        let Some(kind) = self.hook.topics.name(&found) else {
            return Ok(false);
        };
        let message = Message::of(&found, kind, self.most);
        let letter = message.signed(&self.hook.key, self.clock.now());
        send::send(&self.hook.target, letter, &self.door).await?;
        Ok(true)
    }
}
