//! What calls for an operator, who has seen it, and how the server does.

use tokio::sync::watch::Receiver;

use crate::clock::Timestamp;
use crate::engine::watch::{self, ACKNOWLEDGED, Known};
use crate::model::alert::{Acknowledgement, Alert, AlertChange};
use crate::model::health::{Health, Storage, WriterHealth};
use crate::ops::api::watch::Seen;
use crate::ops::api::{Failure, OpsError};
use crate::ops::house::House;
use crate::ops::{guard, rehearsal, tokens};
use crate::store::{StoreError, TrafficQuery, Walk};

/// Recorded exchanges that are counted after a start.
const COUNTED: u64 = 5_000;

/// Changes of alerts, for who delivers them. Subscribe first, then read, and keep the number of
/// the last change that was delivered: `alert_changes(after)` goes on from there, after a restart
/// too. Changes are kept for 30 days.
impl House {
    /// Up to `count` changes after number `after`, oldest first.
    ///
    /// # Errors
    /// Those of the store.
    pub fn alert_changes(&self, after: u64, count: u64) -> Result<Vec<AlertChange>, StoreError> {
        self.store.read(|reader| reader.alert_changes(after, count))
    }

    /// Number of the last change, told anew whenever there are more.
    pub fn alert_news(&self) -> Receiver<u64> {
        self.alert_news.subscribe()
    }
}

/// What calls for an operator now: worst first, then newest.
pub(super) fn alerts(house: &House) -> Result<Vec<Alert>, OpsError> {
    prime(house)?;
    let now = house.clock.now();
    let (tokens, guards) = (tokens::list(house, None)?, guard::status(house, None)?);
    let mut alerts = watch::alerts(&Known {
        now,
        tokens: &tokens,
        guards: &guards,
        refused: &house.tally.refused(now),
        refusals: house.tally.refusals(now),
    });
    let acknowledged = house.store.read(|reader| reader.acknowledgements())?;
    for alert in &mut alerts {
        let seen = acknowledged.get(&alert.fingerprint);
        alert.acknowledged = seen.filter(|seen| watch::holds(seen, alert, now)).cloned();
    }
    Ok(alerts)
}

/// Notes that an operator has seen an alert, or has not.
pub(super) fn acknowledge(
    house: &House,
    operator: &str,
    fingerprint: &str,
    seen: Seen,
) -> Result<Alert, OpsError> {
    let alerts = alerts(house)?;
    let found = alerts
        .into_iter()
        .find(|alert| alert.fingerprint == fingerprint);
    let mut alert = found.ok_or_else(|| {
        OpsError::new(
            Failure::NotFound,
            "no alert has this fingerprint now; `scimtop alerts list` shows them",
        )
    })?;
    let now = house.clock.now();
    alert.acknowledged = seen.seen.then(|| Acknowledgement {
        by: operator.to_owned(),
        at: now,
        until: now.plus(ACKNOWLEDGED),
        severity: alert.severity,
    });
    let (fingerprint, noted) = (alert.fingerprint.clone(), alert.acknowledged.clone());
    rehearsal::carry_out(&house.store, seen.dry_run, move |tx| {
        tx.forget_acknowledgements(now)?;
        Ok(tx.acknowledge(&fingerprint, noted.as_ref())?)
    })?;
    Ok(alert)
}

/// How the server does.
pub(super) fn health(house: &House) -> Result<Health, OpsError> {
    prime(house)?;
    let traffic = house.store.traffic();
    let recorded = traffic.stats()?;
    let sizes = house.store.sizes();
    let written = house.store.write_stats();
    let disk = rustix::fs::statvfs(&house.data_dir).ok();
    Ok(Health {
        storage: Storage {
            directory_bytes: sizes.directory,
            log_bytes: sizes.log,
            traffic_bytes: recorded.bytes,
            exchanges: recorded.rows,
            exchanges_dropped: traffic.dropped(),
            disk_free_bytes: disk.as_ref().map(|disk| disk.f_bavail * disk.f_frsize),
            disk_bytes: disk.as_ref().map(|disk| disk.f_blocks * disk.f_frsize),
        },
        writer: WriterHealth {
            queued: written.queued,
            jobs: written.jobs,
            commits: written.commits,
        },
        ..house.tally.health(house.clock.now())
    })
}

/// Counts what was recorded before the start, once.
fn prime(house: &House) -> Result<(), OpsError> {
    if let Some(before) = house.tally.to_prime() {
        let since: Timestamp = house.clock.now().minus(watch::REMEMBERED);
        let query = TrafficQuery {
            walk: Walk::Newest {
                before: (before > 0).then_some(before),
            },
            ..TrafficQuery::default()
        };
        let mut earlier = house.store.traffic().page(&query, COUNTED)?;
        earlier.retain(|summary| summary.at >= since);
        earlier.reverse();
        house.tally.prime(&earlier);
    }
    Ok(())
}
