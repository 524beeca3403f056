//! Alerts and health, of a running daemon.

use http::Method;

use super::{RemoteOps, encoded, query_string};
use crate::model::alert::{Alert, Silence};
use crate::model::health::Health;
use crate::ops::api::watch::{NewSilence, Seen};
use crate::ops::api::{Reply, Watch};
use crate::ops::wire::Rehearse;

impl Watch for RemoteOps {
    fn alerts(&self) -> Reply<'_, Vec<Alert>> {
        self.get("/alerts", &())
    }

    fn acknowledge<'a>(&'a self, fingerprint: &'a str, seen: Seen) -> Reply<'a, Alert> {
        let path = format!("/alerts/{}/acknowledge", encoded(fingerprint));
        self.change(Method::POST, &path, &seen)
    }

    fn silences(&self) -> Reply<'_, Vec<Silence>> {
        self.get("/silences", &())
    }

    fn silence(&self, new: NewSilence) -> Reply<'_, Silence> {
        self.change(Method::POST, "/silences", &new)
    }

    fn unsilence(&self, id: u64, dry_run: bool) -> Reply<'_, Silence> {
        let path = format!("/silences/{id}{}", query_string(&Rehearse { dry_run }));
        self.change(Method::DELETE, &path, &())
    }

    fn health(&self) -> Reply<'_, Health> {
        self.get("/health", &())
    }
}
