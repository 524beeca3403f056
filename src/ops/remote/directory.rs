//! Users and groups, of a running daemon.

use super::{RemoteOps, encoded};
use crate::model::event::Event;
use crate::ops::api::directory::{
    DirectoryPage, DirectoryQuery, GroupDetail, GroupLine, HistoryPage, UserDetail, UserLine,
};
use crate::ops::api::{Directory, Reply};
use crate::scim::schema::Kind;

impl Directory for RemoteOps {
    fn users(&self, query: DirectoryQuery) -> Reply<'_, DirectoryPage<UserLine>> {
        self.get("/users", &query)
    }

    fn user<'a>(&'a self, org: &'a str, which: &'a str) -> Reply<'a, UserDetail> {
        self.get(&of(org, "users", which), &())
    }

    fn groups(&self, query: DirectoryQuery) -> Reply<'_, DirectoryPage<GroupLine>> {
        self.get("/groups", &query)
    }

    fn group<'a>(&'a self, org: &'a str, which: &'a str) -> Reply<'a, GroupDetail> {
        self.get(&of(org, "groups", which), &())
    }

    fn history<'a>(
        &'a self,
        org: &'a str,
        kind: Kind,
        which: &'a str,
        page: HistoryPage,
    ) -> Reply<'a, Vec<Event>> {
        let what = match kind {
            Kind::User => "users",
            Kind::Group => "groups",
        };
        self.get(&format!("{}/history", of(org, what, which)), &page)
    }
}

fn of(org: &str, what: &str, which: &str) -> String {
    format!("/orgs/{}/{what}/{}", encoded(org), encoded(which))
}
