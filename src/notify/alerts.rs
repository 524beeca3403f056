//! Tells people of alerts: for each sink a machine that makes notices of what became of alerts, and
//! an outbox that sends them.

use std::pin::pin;
use std::sync::Arc;

use futures_util::future::join_all;
use tokio::sync::watch;

use super::groups::{Group, Groups};
use super::queue::Refusal;
use super::send::Door;
use super::settings::{NoticeSettings, Outbound};
use super::sinks::Sink;
use super::teller::{LONGEST_SLEEP, Outbox, Teller, insist};
use crate::clock::Clock;
use crate::model::alert::{Alert, Rule, Severity};
use crate::model::notice::{Notice, Reason};
use crate::ops::deliveries::{Fault, Marks, SinkPlace, SinkTest};
use crate::ops::house::House;

/// Changes of alerts that are read at once.
const PAGE: u64 = 500;

/// Tells every sink of alerts until `stop`.
pub async fn run(
    house: &Arc<House>,
    sinks: &[Sink],
    notices: &NoticeSettings,
    outbound: &Outbound,
    clock: &Clock,
    mut stop: watch::Receiver<bool>,
) {
    let known: Vec<_> = sinks
        .iter()
        .map(|sink| (sink.name.clone(), sink.org))
        .collect();
    let places = insist("sinks", &mut stop, || house.set_sinks(known.clone()));
    let Some(places) = places.await else {
        return;
    };
    let told = sinks.iter().zip(places).map(|(sink, place)| {
        let teller = Teller {
            house,
            clock,
            policy: notices.policy(outbound),
            outbox: Notices {
                house,
                clock,
                sink,
                door: Door::of(outbound),
            },
        };
        let stop = stop.clone();
        async move {
            let grouping = group(house, clock, sink, notices, place, stop.clone());
            tokio::join!(grouping, teller.run(place.notice, stop));
        }
    });
    join_all(told).await;
    // Without sinks there is nothing to do but to wait.
    let _ = stop.wait_for(|stop| *stop).await;
}

/// Makes the notices of a sink.
async fn group(
    house: &Arc<House>,
    clock: &Clock,
    sink: &Sink,
    settings: &NoticeSettings,
    place: SinkPlace,
    mut stop: watch::Receiver<bool>,
) {
    let mut news = house.alert_news();
    let mut ended = stop.clone();
    let mut ended = pin!(ended.wait_for(|stop| *stop));
    let mut read_to = place.change;
    let mut kept = read_to;
    let name = sink.name.as_str();
    let kept_groups = insist(name, &mut stop, || house.sink_groups::<Group>(name)).await;
    let Some(kept_groups) = kept_groups else {
        return;
    };
    let mut groups = Groups::new(settings.cadence(), kept_groups);
    loop {
        news.mark_unchanged();
        if let Err(error) = read(house, clock, sink, &mut groups, &mut read_to).await {
            tracing::warn!(%error, sink = name, "what became of alerts could not be read");
            // It is read again when there is more, or soon.
        }
        let loud = house.loud_alerts();
        let notices = groups.turn(clock.now(), &loud);
        let changed = groups.take_changed();
        if read_to != kept || !notices.is_empty() || !changed.is_empty() {
            // Machine and store must not part: nothing else happens until this is stored.
            let made = insist(name, &mut stop, || {
                house.make_notices(name, read_to, notices.clone(), changed.clone())
            });
            if made.await.is_none() {
                return;
            }
            kept = read_to;
        }
        let now = clock.now();
        let wake = groups.next_deadline().map(|at| at.since(now));
        let sleep = wake.map_or(LONGEST_SLEEP, |wake| wake.min(LONGEST_SLEEP));
        tokio::select! {
            _ = &mut ended => return,
            _ = news.changed() => {}
            () = tokio::time::sleep(sleep) => {}
        }
    }
}

/// Takes in what became of alerts since.
async fn read(
    house: &Arc<House>,
    clock: &Clock,
    sink: &Sink,
    groups: &mut Groups,
    read_to: &mut u64,
) -> Result<(), Fault> {
    loop {
        let (reading, after) = (Arc::clone(house), *read_to);
        let read = tokio::task::spawn_blocking(move || reading.alert_changes(after, PAGE));
        let changes = read.await.unwrap_or(Err(Fault::Panicked))?;
        for change in &changes {
            if sink.may_know(change) {
                groups.note(change, sink.wants(change), clock.now());
            }
            *read_to = change.seq;
        }
        if (changes.len() as u64) < PAGE {
            return Ok(());
        }
    }
}

/// The notices for a sink.
struct Notices<'a> {
    house: &'a House,
    clock: &'a Clock,
    sink: &'a Sink,
    door: Door,
}

impl Outbox for Notices<'_> {
    fn name(&self) -> &str {
        &self.sink.name
    }

    fn shown(&self) -> String {
        self.sink.way.shown()
    }

    async fn marks(&self, after: u64, count: u64) -> Result<Marks, Fault> {
        self.house.notice_marks(&self.sink.name, after, count).await
    }

    async fn attempt(&self, number: u64) -> Result<bool, Refusal> {
        let found = self.house.notice(number).await;
        let found = found
            .map_err(|error| Refusal::because(format!("the notice could not be read: {error}")))?;
        let Some(notice) = found else {
            return Ok(false);
        };
        let now = self.clock.now();
        self.sink.way.tell(&notice, number, now, &self.door).await?;
        Ok(true)
    }
}

/// Sends a test notice to each of `sinks`, one after another, and says how that went.
pub async fn test(sinks: &[&Sink], outbound: &Outbound, clock: &Clock) -> Vec<SinkTest> {
    let door = Door::of(outbound);
    let mut results = Vec::new();
    for sink in sinks {
        let now = clock.now();
        let alert = Alert {
            why: "this is a test; nothing is wrong".to_owned(),
            advice: "nothing".to_owned(),
            ..Alert::new(Rule::Backlog, Severity::Info, None, &sink.name)
        };
        let notice = Notice {
            at: now,
            org: None,
            org_name: None,
            family: 'T',
            reason: Reason::Test,
            alerts: vec![alert.change(now)],
            standing: 0,
        };
        let told = sink.way.tell(&notice, 0, now, &door).await;
        results.push(described(sink, told.err().map(|refusal| refusal.why)));
    }
    results
}

/// What a test of a sink says.
pub fn described(sink: &Sink, error: Option<String>) -> SinkTest {
    SinkTest {
        sink: sink.name.clone(),
        kind: sink.way.kind().as_str().to_owned(),
        to: sink.way.shown(),
        error,
    }
}
