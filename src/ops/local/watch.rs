//! Alerts and health, over the house.

use super::LocalOps;
use crate::model::alert::Alert;
use crate::model::health::Health;
use crate::ops::api::watch::{Exposition, Seen};
use crate::ops::api::{Reply, Watch};
use crate::ops::{metrics, watch};

impl Watch for LocalOps {
    fn alerts(&self) -> Reply<'_, Vec<Alert>> {
        self.run(|house, _| watch::alerts(house))
    }

    fn acknowledge<'a>(&'a self, fingerprint: &'a str, seen: Seen) -> Reply<'a, Alert> {
        let fingerprint = fingerprint.to_owned();
        self.run(move |house, operator| watch::acknowledge(house, operator, &fingerprint, seen))
    }

    fn health(&self) -> Reply<'_, Health> {
        self.run(|house, _| watch::health(house))
    }

    fn metrics(&self, form: Exposition) -> Reply<'_, String> {
        self.run(move |house, _| metrics::exposition(house, form))
    }
}
