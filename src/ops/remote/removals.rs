//! Removals, holds and the guard, of a running daemon.

use http::Method;

use super::{RemoteOps, encoded};
use crate::model::deletion::Deletion;
use crate::model::guard::GuardStatus;
use crate::ops::api::removals::{
    Decided, Decision, DeletionDetail, NewAllowance, Purged, Restored, Selected,
};
use crate::ops::api::{DeletionQuery, Removals, Reply};
use crate::ops::wire::OfOrg;

impl Removals for RemoteOps {
    fn deletions(&self, query: DeletionQuery) -> Reply<'_, Vec<Deletion>> {
        self.get("/deletions", &query)
    }

    fn deletion(&self, seq: u64) -> Reply<'_, DeletionDetail> {
        self.get(&format!("/deletions/{seq}"), &())
    }

    fn restore(&self, which: Selected) -> Reply<'_, Restored> {
        self.change(Method::POST, "/deletions/restore", &which)
    }

    fn purge(&self, which: Selected) -> Reply<'_, Purged> {
        self.change(Method::POST, "/deletions/purge", &which)
    }

    fn guard<'a>(&'a self, org: Option<&'a str>) -> Reply<'a, Vec<GuardStatus>> {
        let org = org.map(str::to_owned);
        self.get("/guard", &OfOrg { org })
    }

    fn decide<'a>(&'a self, org: &'a str, decision: Decision) -> Reply<'a, Decided> {
        let path = format!("/guard/{}/decide", encoded(org));
        self.change(Method::POST, &path, &decision)
    }

    fn allow<'a>(&'a self, org: &'a str, new: NewAllowance) -> Reply<'a, GuardStatus> {
        let path = format!("/guard/{}/allow", encoded(org));
        self.change(Method::POST, &path, &new)
    }
}
