//! Runs a [`Queue`] until it is told to stop: reads what is to be told, tells it, and stores how
//! far that got.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::sync::watch;

use super::queue::{Policy, Queue, Refusal};
use crate::clock::{Clock, Timestamp};
use crate::model::delivery::DeliveryState;
use crate::ops::deliveries::{Fault, Marks, Outcome, Settled};
use crate::ops::house::House;

/// Events that are read at once.
const PAGE: u64 = 500;
/// How often it is stored how far somebody was told, at most.
const SETTLING: Duration = Duration::from_secs(1);
/// How long to wait after the store could not be read or written.
const STORE_REST: Duration = Duration::from_secs(2);
/// How long answers are waited for at the end.
const LAST_ANSWERS: Duration = Duration::from_secs(5);
/// No wait is longer: a clock that was set shows by then.
pub(super) const LONGEST_SLEEP: Duration = Duration::from_secs(60);

/// Asks the store until it answers; `None`: `stop` came first. `who` waits meanwhile.
pub(super) async fn insist<T, F>(
    who: &str,
    stop: &mut watch::Receiver<bool>,
    mut ask: impl FnMut() -> F,
) -> Option<T>
where
    F: Future<Output = Result<T, Fault>>,
{
    loop {
        match ask().await {
            Ok(answer) => return Some(answer),
            Err(error) => tracing::warn!(%error, to = who, "waits for the store"),
        }
        tokio::select! {
            _ = stop.wait_for(|stop| *stop) => return None,
            () = tokio::time::sleep(STORE_REST) => {}
        }
    }
}

/// What somebody is to be told, in numbers that only rise.
pub(super) trait Outbox: Sync {
    /// Name of who is told.
    fn name(&self) -> &str;
    /// Where that goes, without secrets.
    fn shown(&self) -> String;
    /// Up to `count` marks after a number.
    fn marks(&self, after: u64, count: u64) -> impl Future<Output = Result<Marks, Fault>> + Send;
    /// Tells one; `Ok(false)`: there is nothing to tell any more.
    fn attempt(&self, number: u64) -> impl Future<Output = Result<bool, Refusal>> + Send;
}

/// How the attempt of that number went.
type Attempted = (u64, Result<bool, Refusal>);

/// Tells what is in an outbox.
pub(super) struct Teller<'a, O> {
    pub house: &'a House,
    pub clock: &'a Clock,
    pub outbox: O,
    pub policy: Policy,
}

impl<O: Outbox> Teller<'_, O> {
    /// Goes on after `place`, until `stop`.
    pub async fn run(&self, place: u64, mut stop: watch::Receiver<bool>) {
        let name = self.outbox.name();
        let mut news = self.house.committed();
        let mut replays = self.house.replays();
        let open = insist(name, &mut stop, || self.house.open_deliveries(name)).await;
        let Some(open) = open else {
            return;
        };
        let mut queue = Queue::new(name, self.policy, place, open);
        let mut under_way: FuturesUnordered<Pin<Box<dyn Future<Output = Attempted> + Send + '_>>> =
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
            while let Some(number) = queue.next(now) {
                under_way.push(Box::pin(async move {
                    (number, self.outbox.attempt(number).await)
                }));
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
                Some((number, outcome)) = under_way.next() => {
                    self.note(&mut queue, number, outcome, &mut failing);
                    changed = true;
                }
                _ = news.changed() => {}
                _ = replays.changed() => self.again(&mut queue).await,
                () = tokio::time::sleep(sleep) => {}
            }
        }
        let answers = async {
            while let Some((number, outcome)) = under_way.next().await {
                self.note(&mut queue, number, outcome, &mut failing);
            }
        };
        // What is not answered by then was not taken as far as anybody knows, and is sent again.
        let _ = tokio::time::timeout(LAST_ANSWERS, answers).await;
        drop(under_way);
        self.store(&mut unsettled).await;
        unsettled = queue.settle();
        self.store(&mut unsettled).await;
    }

    /// Reads what the queue has room for. Comes back with how long to wait before there is more,
    /// if that is known.
    async fn read(&self, queue: &mut Queue) -> Option<Duration> {
        let after = queue.wants()?;
        match self.outbox.marks(after, PAGE).await {
            Ok(found) => {
                let full = found.marks.len() as u64 == PAGE;
                queue.offer(&found.marks, found.read_to);
                (full && queue.wants().is_some()).then_some(Duration::ZERO)
            }
            Err(error) => {
                tracing::warn!(%error, to = self.outbox.name(), "what to tell could not be read");
                Some(STORE_REST)
            }
        }
    }

    /// Notes how an attempt went. The log says when somebody begins to fail and when it works
    /// again, not each attempt.
    fn note(
        &self,
        queue: &mut Queue,
        number: u64,
        outcome: Result<bool, Refusal>,
        failing: &mut BTreeMap<u64, u32>,
    ) {
        let name = self.outbox.name();
        match outcome {
            Ok(sent) => {
                if sent {
                    self.house.delivered(name, Outcome::Taken);
                    queue.took(number);
                } else {
                    queue.passed_over(number);
                }
                if failing.remove(&number).is_some() && failing.is_empty() {
                    tracing::info!(to = name, "takes what it is told again");
                }
            }
            Err(refusal) => {
                if failing.is_empty() {
                    let at = self.outbox.shown();
                    tracing::warn!(
                        to = name,
                        at,
                        why = refusal.why,
                        "does not take what it is told"
                    );
                }
                *failing.entry(number).or_default() += 1;
                let given_up = queue.refused(number, refusal, self.clock.now(), luck());
                let outcome = if given_up {
                    Outcome::GivenUp
                } else {
                    Outcome::Refused
                };
                self.house.delivered(name, outcome);
            }
        }
    }

    /// Stores what is settled; if that fails it stays, for the next time.
    async fn store(&self, unsettled: &mut Option<Settled>) {
        let Some(settled) = unsettled else { return };
        let name = self.outbox.name();
        match self.house.settle_deliveries(name, settled.clone()).await {
            Ok(()) => *unsettled = None,
            Err(error) => tracing::warn!(%error, to = name, "its place could not be stored"),
        }
    }

    /// Takes up again what an operator wants to be tried again.
    async fn again(&self, queue: &mut Queue) {
        let name = self.outbox.name();
        match self.house.open_deliveries(name).await {
            Ok(open) => queue.again(
                open.into_iter()
                    .filter(|delivery| delivery.state == DeliveryState::Waiting)
                    .map(|delivery| delivery.event),
            ),
            Err(error) => tracing::warn!(%error, to = name, "could not be tried again"),
        }
    }
}

/// A moment farther away than the wait itself was noted before the clock went back.
fn due(at: Timestamp, now: Timestamp) -> bool {
    at <= now || at > now.plus(SETTLING)
}

/// From 0 to 1; without random bytes, the middle.
fn luck() -> f64 {
    let mut bytes = [0; 4];
    match getrandom::fill(&mut bytes) {
        Ok(()) => f64::from(u32::from_le_bytes(bytes)) / f64::from(u32::MAX),
        Err(_) => 0.5,
    }
}
