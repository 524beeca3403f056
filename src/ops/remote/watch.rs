//! Alerts and health, of a running daemon.

use http::Method;

use super::{RemoteOps, encoded};
use crate::model::alert::Alert;
use crate::model::health::Health;
use crate::ops::api::watch::Seen;
use crate::ops::api::{Reply, Watch};

impl Watch for RemoteOps {
    fn alerts(&self) -> Reply<'_, Vec<Alert>> {
        self.get("/alerts", &())
    }

    fn acknowledge<'a>(&'a self, fingerprint: &'a str, seen: Seen) -> Reply<'a, Alert> {
        let path = format!("/alerts/{}/acknowledge", encoded(fingerprint));
        self.change(Method::POST, &path, &seen)
    }

    fn health(&self) -> Reply<'_, Health> {
        self.get("/health", &())
    }
}
