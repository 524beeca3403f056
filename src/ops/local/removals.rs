//! Removals, holds and the guard, over the house.

use super::{LocalOps, limit};
use crate::model::deletion::Deletion;
use crate::model::guard::GuardStatus;
use crate::ops::api::removals::{
    Decided, Decision, DeletionDetail, NewAllowance, Purged, Restored, Selected,
};
use crate::ops::api::{DeletionQuery, Removals, Reply};
use crate::ops::{guard, holds};
use crate::store::{self, Walk};

impl Removals for LocalOps {
    fn deletions(&self, query: DeletionQuery) -> Reply<'_, Vec<Deletion>> {
        self.run(move |house, _| {
            let count = limit(query.limit);
            let which = store::DeletionQuery {
                org: query.org,
                user: query.user,
                batch: query.batch,
                state: query.state,
                name: query.name,
                walk: Walk::Newest {
                    before: query.before,
                },
            };
            Ok(house.store.read(|reader| reader.deletions(&which, count))?)
        })
    }

    fn deletion(&self, seq: u64) -> Reply<'_, DeletionDetail> {
        self.run(move |house, _| holds::detail(house, seq))
    }

    fn restore(&self, which: Selected) -> Reply<'_, Restored> {
        self.run(move |house, operator| holds::restore(house, operator, &which))
    }

    fn purge(&self, which: Selected) -> Reply<'_, Purged> {
        self.run(move |house, operator| holds::purge(house, operator, &which))
    }

    fn guard<'a>(&'a self, org: Option<&'a str>) -> Reply<'a, Vec<GuardStatus>> {
        let org = org.map(str::to_owned);
        self.run(move |house, _| guard::status(house, org.as_deref()))
    }

    fn decide<'a>(&'a self, org: &'a str, decision: Decision) -> Reply<'a, Decided> {
        let org = org.to_owned();
        self.run(move |house, operator| guard::decide(house, operator, &org, &decision))
    }

    fn allow<'a>(&'a self, org: &'a str, new: NewAllowance) -> Reply<'a, GuardStatus> {
        let org = org.to_owned();
        self.run(move |house, operator| guard::allow(house, operator, &org, &new))
    }
}
