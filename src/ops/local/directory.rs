//! Users and groups, over the house.

use super::{LocalOps, limit};
use crate::model::event::Event;
use crate::ops::api::directory::{
    DirectoryPage, DirectoryQuery, GroupDetail, GroupLine, HistoryPage, UserDetail, UserLine,
};
use crate::ops::api::{Directory, Reply};
use crate::ops::directory;
use crate::scim::schema::Kind;

impl Directory for LocalOps {
    fn users(&self, query: DirectoryQuery) -> Reply<'_, DirectoryPage<UserLine>> {
        self.run(move |house, _| directory::users(house, &query))
    }

    fn user<'a>(&'a self, org: &'a str, which: &'a str) -> Reply<'a, UserDetail> {
        let (org, which) = (org.to_owned(), which.to_owned());
        self.run(move |house, _| directory::user(house, &org, &which))
    }

    fn groups(&self, query: DirectoryQuery) -> Reply<'_, DirectoryPage<GroupLine>> {
        self.run(move |house, _| directory::groups(house, &query))
    }

    fn group<'a>(&'a self, org: &'a str, which: &'a str) -> Reply<'a, GroupDetail> {
        let (org, which) = (org.to_owned(), which.to_owned());
        self.run(move |house, _| directory::group(house, &org, &which))
    }

    fn history<'a>(
        &'a self,
        org: &'a str,
        kind: Kind,
        which: &'a str,
        page: HistoryPage,
    ) -> Reply<'a, Vec<Event>> {
        let (org, which) = (org.to_owned(), which.to_owned());
        self.run(move |house, _| {
            directory::history(house, &org, (kind, &which), page, limit(page.limit))
        })
    }
}
