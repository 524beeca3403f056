//! Content and transfers, of a running daemon.

use http::Method;
use serde_json::Value;

use super::{RemoteOps, encoded};
use crate::model::content::Content;
use crate::model::transfer::Transfer;
use crate::ops::api::content::{
    Batch, ContentPage, ContentQuery, GiveBack, GivenBack, Imported, Register, Registered,
    TransferQuery,
};
use crate::ops::api::{Contents, Reply};

impl Contents for RemoteOps {
    fn content<'a>(&'a self, org: &'a str, query: ContentQuery) -> Reply<'a, ContentPage> {
        self.get(&of(org), &query)
    }

    fn content_item<'a>(&'a self, org: &'a str, kind: &'a str, id: &'a str) -> Reply<'a, Content> {
        self.get(&item(org, kind, id), &())
    }

    fn register<'a>(&'a self, org: &'a str, items: Register) -> Reply<'a, Registered> {
        self.change(Method::POST, &of(org), &items)
    }

    fn import<'a>(&'a self, org: &'a str, batch: Batch) -> Reply<'a, Imported> {
        self.change(Method::POST, &format!("{}/import", of(org)), &batch)
    }

    fn unregister<'a>(&'a self, org: &'a str, kind: &'a str, id: &'a str) -> Reply<'a, Content> {
        self.change(Method::DELETE, &item(org, kind, id), &Value::Null)
    }

    fn transfers(&self, query: TransferQuery) -> Reply<'_, Vec<Transfer>> {
        self.get("/transfers", &query)
    }

    fn give_back(&self, order: GiveBack) -> Reply<'_, GivenBack> {
        self.change(Method::POST, "/transfers/give-back", &order)
    }
}

fn of(org: &str) -> String {
    format!("/orgs/{}/content", encoded(org))
}

fn item(org: &str, kind: &str, id: &str) -> String {
    format!("{}/{}/{}", of(org), encoded(kind), encoded(id))
}
