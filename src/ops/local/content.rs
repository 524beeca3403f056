//! Content and transfers, over the house.

use super::{LocalOps, limit};
use crate::model::content::Content;
use crate::model::transfer::Transfer;
use crate::ops::api::content::{
    Batch, ContentPage, ContentQuery, GiveBack, GivenBack, Imported, Register, Registered,
    TransferQuery,
};
use crate::ops::api::{Contents, Reply};
use crate::ops::content;

impl Contents for LocalOps {
    fn content<'a>(&'a self, org: &'a str, query: ContentQuery) -> Reply<'a, ContentPage> {
        let org = org.to_owned();
        self.run(move |house, _| content::page(house, &org, &query))
    }

    fn content_item<'a>(&'a self, org: &'a str, kind: &'a str, id: &'a str) -> Reply<'a, Content> {
        let [org, kind, id] = [org, kind, id].map(str::to_owned);
        self.run(move |house, _| content::item(house, &org, &kind, &id))
    }

    fn register<'a>(&'a self, org: &'a str, items: Register) -> Reply<'a, Registered> {
        let (org, actor) = (org.to_owned(), self.actor.clone());
        self.run(move |house, _| content::register(house, &actor, &org, items))
    }

    fn import<'a>(&'a self, org: &'a str, batch: Batch) -> Reply<'a, Imported> {
        let (org, actor) = (org.to_owned(), self.actor.clone());
        self.run(move |house, _| content::import(house, &actor, &org, batch))
    }

    fn unregister<'a>(&'a self, org: &'a str, kind: &'a str, id: &'a str) -> Reply<'a, Content> {
        let [org, kind, id] = [org, kind, id].map(str::to_owned);
        let actor = self.actor.clone();
        self.run(move |house, _| content::unregister(house, &actor, &org, kind, id))
    }

    fn transfers(&self, query: TransferQuery) -> Reply<'_, Vec<Transfer>> {
        self.run(move |house, _| content::transfers(house, &query, limit(query.limit)))
    }

    fn give_back(&self, order: GiveBack) -> Reply<'_, GivenBack> {
        let actor = self.actor.clone();
        self.run(move |house, _| content::give_back(house, &actor, &order))
    }
}
