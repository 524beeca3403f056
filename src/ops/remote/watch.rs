//! Alerts and health, of a running daemon.

use http::header::ACCEPT;
use http::{Method, Request};
use http_body_util::Full;

use super::{RemoteOps, encoded, query_string};
use crate::model::alert::{Alert, Silence};
use crate::model::health::Health;
use crate::ops::api::watch::{Exposition, NewSilence, Seen};
use crate::ops::api::{Reply, Watch};
use crate::ops::remote::link::{internal, misunderstood};
use crate::ops::wire::{METRICS, Rehearse};

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

    fn metrics(&self, form: Exposition) -> Reply<'_, String> {
        Box::pin(async move {
            let request = Request::get(METRICS)
                .header(ACCEPT, form.media())
                .body(Full::default())
                .map_err(|_| internal("cannot write the request"))?;
            let body = self.ask(request).await?;
            String::from_utf8(body.into()).map_err(|_| misunderstood())
        })
    }
}
