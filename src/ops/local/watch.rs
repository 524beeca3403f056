//! Alerts and health, over the house.

use super::LocalOps;
use crate::model::alert::{Alert, Silence};
use crate::model::health::Health;
use crate::ops::api::watch::{Exposition, NewSilence, Seen};
use crate::ops::api::{Reply, Watch};
use crate::ops::{metrics, silences, watch};

impl Watch for LocalOps {
    fn alerts(&self) -> Reply<'_, Vec<Alert>> {
        self.run(|house, _| watch::alerts(house))
    }

    fn acknowledge<'a>(&'a self, fingerprint: &'a str, seen: Seen) -> Reply<'a, Alert> {
        let fingerprint = fingerprint.to_owned();
        self.run(move |house, operator| watch::acknowledge(house, operator, &fingerprint, seen))
    }

    fn silences(&self) -> Reply<'_, Vec<Silence>> {
        self.run(|house, _| silences::list(house))
    }

    fn silence(&self, new: NewSilence) -> Reply<'_, Silence> {
        self.run(move |house, operator| silences::add(house, operator, new))
    }

    fn unsilence(&self, id: u64, dry_run: bool) -> Reply<'_, Silence> {
        self.run(move |house, _| silences::end(house, id, dry_run))
    }

    fn health(&self) -> Reply<'_, Health> {
        self.run(|house, _| watch::health(house))
    }

    fn metrics(&self, form: Exposition) -> Reply<'_, String> {
        self.run(move |house, _| metrics::exposition(house, form))
    }
}
