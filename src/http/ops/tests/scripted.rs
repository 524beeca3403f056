//! An [`Ops`] that answers everything with fixed data.

use std::sync::{Arc, Mutex};

use futures_util::stream::{self, StreamExt};
use serde_json::{Value, json};

use crate::clock::Timestamp;
use crate::ids::{OrgId, RequestId, ResourceId, TokenId};
use crate::model::content::{Content, Person, Schedule};
use crate::model::event::{Actor, ChainReport, Event, EventKind};
use crate::model::exchange::{Body, Client, Exchange, ExchangeSummary, Operation};
use crate::model::operator::OperatorRole;
use crate::model::org::{Org, RemovalPolicy};
use crate::model::role::{
    Access, Granted, Path as RolePath, Role, RoleGroup, RoleRule, RoleSource,
};
use crate::model::token::{Token, TokenKind};
use crate::model::transfer::{Transfer, Why};
use crate::ops::api::content::*;
use crate::ops::api::removals::Left;
use crate::ops::api::roles::{Grant, NewRole, SetRule};
use crate::ops::api::*;
use crate::scim::quirk::Dialect;

/// Answers everything with fixed data, and keeps what it was asked.
#[derive(Default)]
pub(super) struct Scripted {
    pub(super) asked: Mutex<Vec<String>>,
    /// What a feed holds; it goes on without end after that if `endless`.
    pub(super) feed: Vec<Result<FeedItem, OpsError>>,
    pub(super) endless: bool,
}

impl Scripted {
    pub(super) fn reply<T: Send + 'static>(&self, asked: String, value: T) -> Reply<'_, T> {
        self.asked.lock().unwrap().push(asked);
        Box::pin(async move { Ok(value) })
    }
}

fn org(name: &str) -> Org {
    Org {
        id: OrgId(7),
        name: name.into(),
        scim_enabled: true,
        policy: RemovalPolicy::Suspend,
        hold_days: 30,
        heirs: Vec::new(),
        dialect: Dialect::Strict,
        created: Timestamp(1),
        users: 2,
        groups: 3,
    }
}

fn token(id: &TokenId) -> Token {
    Token {
        id: id.clone(),
        org: OrgId(7),
        kind: TokenKind::Scim,
        role: None,
        lineage: id.clone(),
        label: "okta-prod".into(),
        hint: "abcd".into(),
        created: Timestamp(1),
        expires: Timestamp(2),
        revoked: None,
        successor: None,
        last_used: None,
    }
}

fn issued(id: &TokenId) -> IssuedToken {
    IssuedToken {
        token: token(id),
        secret: "s3cret".into(),
    }
}

pub(super) fn summary(seq: u64) -> ExchangeSummary {
    ExchangeSummary {
        seq,
        at: Timestamp(5),
        org: Some(OrgId(7)),
        token: None,
        token_label: None,
        client: Client::Okta,
        source: "127.0.0.1".into(),
        method: "PATCH".into(),
        path: "/scim/v2/Users/7".into(),
        query: String::new(),
        operation: Operation::Deactivate,
        subject: "ada\n\u{202e}é".into(),
        status: 200,
        scim_type: None,
        refusal: None,
        latency_us: 12,
        what: "members +4 −1".into(),
        quirks: vec!["op-case".into()],
        request: RequestId(uuid::Uuid::nil()),
    }
}

fn whole() -> Exchange {
    Exchange {
        summary: summary(3),
        user_agent: "Okta".into(),
        request_headers: vec![("accept".into(), "*/*".into())],
        request_body: Body::default(),
        response_headers: vec![],
        response_body: Body::default(),
        detail: None,
        changes: json!([{"path": "active", "before": true, "after": false}]),
    }
}

impl Events for Scripted {
    fn events(&self, query: EventQuery) -> Reply<'_, Vec<Event>> {
        self.reply(format!("events {query:?}"), vec![event()])
    }
}

impl Ops for Scripted {
    fn status(&self) -> Reply<'_, Status> {
        let status = Status {
            version: "1.2.3".into(),
            users: 9,
            ..Status::default()
        };
        self.reply("status".into(), status)
    }
    fn whoami(&self) -> Reply<'_, WhoAmI> {
        let whoami = WhoAmI {
            operator: "ada".into(),
            role: OperatorRole::Admin,
            token: Some(TokenId("tok_1".into())),
        };
        self.reply("whoami".into(), whoami)
    }
    fn orgs(&self) -> Reply<'_, Vec<Org>> {
        self.reply("orgs".into(), vec![org("a"), org("b")])
    }
    fn create_org(&self, new: NewOrg) -> Reply<'_, Org> {
        self.reply(format!("create_org {new:?}"), org(&new.name))
    }
    fn change_org<'a>(&'a self, name: &'a str, change: OrgChange) -> Reply<'a, Org> {
        self.reply(format!("change_org {name} {change:?}"), org(name))
    }
    fn tokens<'a>(&'a self, org: Option<&'a str>) -> Reply<'a, Vec<Token>> {
        self.reply(format!("tokens {org:?}"), vec![token(&TokenId("t".into()))])
    }
    fn create_token(&self, new: NewToken) -> Reply<'_, IssuedToken> {
        self.reply(
            format!("create_token {new:?}"),
            issued(&TokenId("t".into())),
        )
    }
    fn rotate_token<'a>(&'a self, id: &'a TokenId, rotation: Rotation) -> Reply<'a, IssuedToken> {
        self.reply(format!("rotate_token {id} {rotation:?}"), issued(id))
    }
    fn revoke_token<'a>(&'a self, id: &'a TokenId) -> Reply<'a, Token> {
        if id.0 == "tok_none" {
            let error = OpsError::new(Failure::NotFound, "no token has this name");
            return Box::pin(async { Err(error) });
        }
        self.reply(format!("revoke_token {id}"), token(id))
    }
    fn exchanges(&self, query: ExchangeQuery) -> Reply<'_, ExchangePage> {
        let page = ExchangePage {
            exchanges: vec![Arc::new(summary(2)), Arc::new(summary(1))],
            older: Some(1),
        };
        self.reply(format!("exchanges {query:?}"), page)
    }
    fn exchange<'a>(&'a self, which: &'a str) -> Reply<'a, Exchange> {
        self.reply(format!("exchange {which}"), whole())
    }
    fn export_exchanges(&self, query: ExportQuery) -> Reply<'_, ExportPage> {
        let page = ExportPage {
            exchanges: vec![whole()],
            next: Some(3),
        };
        self.reply(format!("export_exchanges {query:?}"), page)
    }
    fn follow(&self, since: Since) -> Reply<'_, Feed> {
        let items = stream::iter(self.feed.clone());
        let feed: Feed = if self.endless {
            Box::pin(items.chain(stream::pending()))
        } else {
            Box::pin(items)
        };
        let Since { after, behind } = since;
        self.reply(format!("follow {after:?} {behind:?}"), feed)
    }
    fn verify_events(&self) -> Reply<'_, ChainReport> {
        let report = ChainReport {
            checked: 3,
            range: Some((1, 3)),
            head: "ff".into(),
            faults: vec!["2: changed".into()],
        };
        self.reply("verify_events".into(), report)
    }
}

impl Contents for Scripted {
    fn content<'a>(&'a self, org: &'a str, query: ContentQuery) -> Reply<'a, ContentPage> {
        let page = ContentPage {
            items: vec![item("s1")],
            next: Some("schedule/s1".into()),
        };
        self.reply(format!("content {org} {query:?}"), page)
    }
    fn content_item<'a>(&'a self, org: &'a str, kind: &'a str, id: &'a str) -> Reply<'a, Content> {
        self.reply(format!("content_item {org} {kind} {id}"), item(id))
    }
    fn register<'a>(&'a self, org: &'a str, items: Register) -> Reply<'a, Registered> {
        self.reply(format!("register {org} {items:?}"), registered())
    }
    fn import<'a>(&'a self, org: &'a str, batch: Batch) -> Reply<'a, Imported> {
        let imported = Imported {
            registered: registered(),
            failed: 1,
            errors: vec![WrongLine {
                line: 3,
                why: "kind: …".into(),
            }],
        };
        self.reply(format!("import {org} {batch:?}"), imported)
    }
    fn unregister<'a>(&'a self, org: &'a str, kind: &'a str, id: &'a str) -> Reply<'a, Content> {
        self.reply(format!("unregister {org} {kind} {id}"), item(id))
    }
    fn transfers(&self, query: TransferQuery) -> Reply<'_, Vec<Transfer>> {
        self.reply(format!("transfers {query:?}"), vec![transfer()])
    }
    fn give_back(&self, order: GiveBack) -> Reply<'_, GivenBack> {
        let given = GivenBack {
            to: person("ada"),
            given: 2,
            left: vec![Left {
                seq: 5,
                subject: "t".into(),
                why: "has a new owner since: bob".into(),
            }],
        };
        self.reply(format!("give_back {order:?}"), given)
    }
}

pub(super) fn transfer() -> Transfer {
    Transfer {
        seq: 4,
        at: Timestamp(1),
        org: OrgId(7),
        kind: "schedule".into(),
        object: "s1".into(),
        title: "é".into(),
        from: person("ada"),
        to: person("tsadmin"),
        why: Why::Removal,
        recipient: Some("ada".into()),
        deletion: 3,
        actor: Actor::System,
        request: None,
        undone: Some(5),
    }
}

pub(super) fn event() -> Event {
    Event {
        seq: 1,
        at: Timestamp(1),
        org: OrgId(0),
        kind: EventKind::TokenRevoked,
        actor: Actor::Operator("ada".into()),
        subject: None,
        request: None,
        cause: "operator".into(),
        detail: Value::Null,
        hash: "00".into(),
    }
}

pub(super) fn person(name: &str) -> Person {
    Person {
        id: ResourceId(uuid::Uuid::nil()),
        user_name: name.into(),
    }
}

fn item(id: &str) -> Content {
    Content {
        org: OrgId(7),
        kind: "schedule".into(),
        id: id.into(),
        title: "é".into(),
        owner: person("ada"),
        schedule: Some(Schedule {
            cron: "0 8 * * *".into(),
            time_zone: "UTC".into(),
            recipients: vec!["ada".into()],
        }),
        verify: true,
        created: Timestamp(1),
        modified: Timestamp(2),
    }
}

fn registered() -> Registered {
    Registered {
        created: 1,
        changed: 2,
        unchanged: 3,
    }
}

impl Roles for Scripted {
    fn privileges(&self) -> Reply<'_, Vec<String>> {
        self.reply("privileges".into(), vec!["DEVELOPER".into()])
    }
    fn roles<'a>(&'a self, org: Option<&'a str>) -> Reply<'a, Vec<Role>> {
        self.reply(format!("roles {org:?}"), vec![role("Analyst")])
    }
    fn put_role<'a>(&'a self, org: &'a str, new: NewRole) -> Reply<'a, Role> {
        self.reply(format!("put_role {org} {new:?}"), role(&new.name))
    }
    fn remove_role<'a>(&'a self, org: &'a str, name: &'a str, dry_run: bool) -> Reply<'a, Role> {
        self.reply(format!("remove_role {org} {name} {dry_run}"), role(name))
    }
    fn grant_role<'a>(&'a self, org: &'a str, grant: Grant) -> Reply<'a, Role> {
        self.reply(format!("grant_role {org} {grant:?}"), role(&grant.role))
    }
    fn role_rules<'a>(&'a self, org: Option<&'a str>) -> Reply<'a, Vec<RoleRule>> {
        self.reply(format!("role_rules {org:?}"), vec![rule()])
    }
    fn set_role_rule<'a>(&'a self, org: &'a str, set: SetRule) -> Reply<'a, Vec<RoleRule>> {
        self.reply(format!("set_role_rule {org} {set:?}"), vec![rule()])
    }
    fn access<'a>(&'a self, org: &'a str, which: &'a str) -> Reply<'a, Access> {
        let access = Access {
            roles: vec!["Analyst".into()],
            privileges: vec![Granted {
                privilege: "DEVELOPER".into(),
                through: vec![RolePath {
                    role: "Analyst".into(),
                    group: "é".into(),
                    group_id: ResourceId(uuid::Uuid::nil()),
                    source: RoleSource::Rule,
                    direct: true,
                }],
            }],
        };
        self.reply(format!("access {org} {which}"), access)
    }
}

fn role(name: &str) -> Role {
    Role {
        org: OrgId(7),
        name: name.into(),
        privileges: vec!["DEVELOPER".into()],
        groups: vec![RoleGroup {
            id: ResourceId(uuid::Uuid::nil()),
            display: "All".into(),
            source: RoleSource::Scim,
        }],
        created: Timestamp(1),
    }
}

fn rule() -> RoleRule {
    RoleRule {
        org: OrgId(7),
        group: "Eng".into(),
        role: "Analyst".into(),
    }
}
