//! The scripted answers about users and groups.

use serde_json::json;

use super::scripted::{Scripted, event, person};
use crate::clock::Timestamp;
use crate::ids::{OrgId, ResourceId};
use crate::model::content::KindCounts;
use crate::model::event::Event;
use crate::model::role::RoleSource;
use crate::ops::api::directory::*;
use crate::ops::api::{Directory, Reply};
use crate::scim::schema::Kind;

impl Directory for Scripted {
    fn users(&self, query: DirectoryQuery) -> Reply<'_, DirectoryPage<UserLine>> {
        self.reply(format!("users {query:?}"), page(user_line()))
    }
    fn user<'a>(&'a self, org: &'a str, which: &'a str) -> Reply<'a, UserDetail> {
        let detail = UserDetail {
            line: user_line(),
            resource: json!({ "userName": "ada" }),
            content: KindCounts::from([("answer".to_owned(), 2)]),
            heir: person("tsadmin"),
            roles: vec!["Analyst".into()],
            other_orgs: vec![OrgId(8)],
            removals: Vec::new(),
        };
        self.reply(format!("user {org} {which}"), detail)
    }
    fn groups(&self, query: DirectoryQuery) -> Reply<'_, DirectoryPage<GroupLine>> {
        self.reply(format!("groups {query:?}"), page(group_line()))
    }
    fn group<'a>(&'a self, org: &'a str, which: &'a str) -> Reply<'a, GroupDetail> {
        let detail = GroupDetail {
            line: group_line(),
            resource: json!({ "displayName": "Eng" }),
            members: vec![GroupMember {
                id: ResourceId(uuid::Uuid::nil()),
                kind: Kind::Group,
                display: "é".into(),
            }],
        };
        self.reply(format!("group {org} {which}"), detail)
    }
    fn history<'a>(
        &'a self,
        org: &'a str,
        kind: Kind,
        which: &'a str,
        page: HistoryPage,
    ) -> Reply<'a, Vec<Event>> {
        self.reply(
            format!("history {org} {kind:?} {which} {page:?}"),
            vec![event()],
        )
    }
}

fn page<T>(line: T) -> DirectoryPage<T> {
    DirectoryPage {
        items: vec![line],
        total: Some(7),
        next: Some("bmV4dA".into()),
    }
}

fn user_line() -> UserLine {
    UserLine {
        org: OrgId(7),
        id: ResourceId(uuid::Uuid::nil()),
        user_name: "ada".into(),
        display_name: "é".into(),
        external_id: Some("00u1".into()),
        active: true,
        groups: 2,
        content: 3,
        created: Timestamp(1),
        modified: Timestamp(2),
    }
}

fn group_line() -> GroupLine {
    GroupLine {
        org: OrgId(7),
        id: ResourceId(uuid::Uuid::nil()),
        display_name: "Eng".into(),
        external_id: None,
        members: 4,
        roles: vec![("Analyst".into(), RoleSource::Rule)],
        created: Timestamp(1),
        modified: Timestamp(2),
    }
}
