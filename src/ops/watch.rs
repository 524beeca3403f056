//! What calls for an operator, who has seen it, and how the server does.

use std::time::Duration;

use tokio::sync::watch::Receiver;

use crate::model::alert::{Acknowledgement, Alert, AlertChange};
use crate::model::health::{Health, Storage, WriterHealth};
use crate::ops::api::watch::Seen;
use crate::ops::api::{Failure, OpsError};
use crate::ops::house::House;
use crate::ops::{rehearsal, watcher};
use crate::store::StoreError;

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
    house.watcher.turn(house)
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
        until: now.plus(Duration::from_secs(
            3_600 * u64::from(house.watcher.settings().acknowledged_hours),
        )),
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
    house.watcher.prime(house)?;
    let (storage, writer) = resources(house)?;
    Ok(Health {
        storage,
        writer,
        ..house.watcher.tally.health(house.clock.now())
    })
}

/// What the store takes and what its writer does.
pub(super) fn resources(house: &House) -> Result<(Storage, WriterHealth), OpsError> {
    let traffic = house.store.traffic();
    let recorded = traffic.stats()?;
    let sizes = house.store.sizes();
    let written = house.store.write_stats();
    let disk = watcher::disk(house);
    let storage = Storage {
        directory_bytes: sizes.directory,
        log_bytes: sizes.log,
        traffic_bytes: recorded.bytes,
        exchanges: recorded.rows,
        exchanges_dropped: traffic.dropped(),
        disk_free_bytes: disk.map(|(free, _)| free),
        disk_bytes: disk.map(|(_, size)| size),
    };
    let writer = WriterHealth {
        queued: written.queued,
        jobs: written.jobs,
        commits: written.commits,
    };
    Ok((storage, writer))
}
