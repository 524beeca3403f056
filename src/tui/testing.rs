//! Made-up traffic and a scripted [`Ops`] for the dashboard's tests.

pub mod diagnose;
pub mod house;
mod script;
pub mod watch;

pub use script::SECRET;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{FutureExt as _, StreamExt as _};
use serde_json::json;

use crate::clock::Timestamp;
use crate::ids::{OrgId, RequestId, TokenId};
use crate::model::content::Content;
use crate::model::event::{ChainReport, Event};
use crate::model::exchange::{Body, Client, Exchange, ExchangeSummary, Operation};
use crate::model::exchange_filter::ExchangeFilter;
use crate::model::operator::OperatorRole;
use crate::model::org::Org;
use crate::model::role::{Access, Role, RoleRule};
use crate::model::token::{Refusal, Token, TokenKind};
use crate::model::transfer::Transfer;
use crate::ops::api::Kind;
use crate::ops::api::content::{
    Batch, ContentPage, ContentQuery, GiveBack, GivenBack, Imported, Register, Registered,
    TransferQuery,
};
use crate::ops::api::preview::{Impact, Simulated, Simulation};
use crate::ops::api::roles::{Grant, NewRole, SetRule};
use crate::ops::api::{
    Contents, EventQuery, Events, ExchangePage, ExchangeQuery, ExportPage, ExportQuery, Failure,
    Feed, FeedItem, IssuedToken, NewOrg, NewToken, Ops, OpsError, OrgChange, Preview, Reply, Roles,
    Rotation, Since, Status, WhoAmI,
};
use crate::tui::FirstRun;
use crate::tui::action::{Action, Wake};
use crate::tui::call::{Answer, Call};
use crate::tui::event::Event as Happened;
use crate::tui::state::{Model, update};

/// 2026-08-23T14:00:31Z
const NOW: Timestamp = Timestamp(1_787_493_631_000);

pub fn first_run() -> FirstRun {
    FirstRun {
        base_url: "http://127.0.0.1:8080/scim/v2".to_owned(),
        secret: "scimtop_0a1b2c3d_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA_AbCdEf".to_owned(),
    }
}

pub fn status() -> Status {
    Status {
        version: "0.1.0".to_owned(),
        started: Some(NOW.minus(Duration::from_secs(12 * 86_400))),
        now: NOW,
        api_url: None,
        ops_url: None,
        base_url: "https://scim.example.com:8443/scim/v2".to_owned(),
        data_dir: "/var/lib/scimtop".to_owned(),
        orgs: 1,
        users: 4_812,
        groups: 63,
        removals_hour: 2,
        removals_day: 19,
        removals_week: 121,
        exchanges: 12_406,
        exchanges_dropped: 0,
    }
}

pub fn tokens() -> Vec<Token> {
    let token = |id: &str, label: &str, days: u64| Token {
        id: TokenId(id.to_owned()),
        org: OrgId(0),
        kind: TokenKind::Scim,
        role: None,
        lineage: TokenId(id.to_owned()),
        label: label.to_owned(),
        hint: "x9Qa".to_owned(),
        created: NOW.minus(Duration::from_secs(180 * 86_400)),
        expires: NOW.plus(Duration::from_secs(days * 86_400)),
        revoked: None,
        successor: None,
        last_used: None,
    };
    let mut expired = token("tok_7f300000", "okta-prod", 0);
    expired.expires = NOW.minus(Duration::from_secs(120));
    vec![
        expired,
        token("tok_a0100000", "entra-eu", 12),
        token("tok_c7700000", "okta-dev", 143),
    ]
}

/// Client, label and token; method, operation, status, path, subject, what.
type Case = (
    (Client, &'static str, &'static str),
    &'static str,
    Operation,
    u16,
    &'static str,
    &'static str,
    &'static str,
);

/// A line for each number: a cycle of eight that ends with refused ones.
pub fn summary(seq: u64) -> ExchangeSummary {
    let okta = (Client::Okta, "okta-prod", "tok_7f300000");
    let entra = (Client::Entra, "entra-eu", "tok_a0100000");
    let cases: [Case; 7] = [
        (
            entra,
            "GET",
            Operation::Query,
            200,
            "/Users",
            "userName eq \"ada@example.com\"",
            "0 results",
        ),
        (
            entra,
            "POST",
            Operation::Create,
            201,
            "/Users",
            "n.okafor@example.com",
            "created",
        ),
        (
            okta,
            "PATCH",
            Operation::Patch,
            200,
            "/Groups/0b1e",
            "Finance",
            "members +4 −1",
        ),
        (
            okta,
            "DELETE",
            Operation::Delete,
            204,
            "/Users/77aa",
            "j.doe@example.com",
            "removed",
        ),
        (
            entra,
            "PATCH",
            Operation::Deactivate,
            200,
            "/Users/31c0",
            "m.chen@example.com",
            "removed",
        ),
        (
            okta,
            "POST",
            Operation::Create,
            409,
            "/Users",
            "ada.l@example.com",
            "userName already exists",
        ),
        (
            okta,
            "PATCH",
            Operation::Patch,
            400,
            "/Users/0fe1",
            "Users/0fe1a9b2",
            "unknown path \"nickname\"",
        ),
    ];
    let refused = seq > 56;
    let index = usize::try_from(seq % 7).unwrap();
    let ((client, label, token), method, operation, status, path, subject, what) = if refused {
        (
            okta,
            "GET",
            Operation::Query,
            401,
            "/Users",
            "userName eq \"q@example.com\"",
            "",
        )
    } else {
        cases[index]
    };
    ExchangeSummary {
        seq,
        at: NOW.minus(Duration::from_secs(5 * (60_u64.saturating_sub(seq)))),
        org: Some(OrgId(0)),
        token: Some(TokenId(token.to_owned())),
        token_label: Some(label.to_owned()),
        client,
        source: "10.2.0.7".to_owned(),
        method: method.to_owned(),
        path: format!("/scim/v2{path}"),
        query: String::new(),
        operation,
        subject: subject.to_owned(),
        status,
        scim_type: (status == 409).then(|| "uniqueness".to_owned()),
        refusal: refused.then_some(Refusal::Expired),
        latency_us: 400 + seq % 7 * 3_100,
        what: what.to_owned(),
        quirks: if index == 2 {
            vec!["op-case".to_owned(), "remove-by-value-list".to_owned()]
        } else {
            Vec::new()
        },
        request: RequestId(uuid::Uuid::from_u128(u128::from(seq))),
    }
}

pub fn exchange(seq: u64) -> Exchange {
    let body = |text: &str| Body {
        text: text.to_owned(),
        bytes: u64::try_from(text.len()).unwrap(),
        truncated: false,
    };
    Exchange {
        summary: summary(seq),
        user_agent: "Okta SCIM Client 1.0.0".to_owned(),
        request_headers: vec![(
            "content-type".to_owned(),
            "application/scim+json".to_owned(),
        )],
        request_body: body(
            "{\"schemas\":[\"urn:ietf:params:scim:api:messages:2.0:PatchOp\"],\"Operations\":\
             [{\"op\":\"Replace\",\"path\":\"active\",\"value\":false},{\"op\":\"add\",\
             \"path\":\"members\",\"value\":[{\"value\":\"0b1e\"}]}]}",
        ),
        response_headers: vec![("etag".to_owned(), "W/\"3\"".to_owned())],
        response_body: body("{\"id\":\"31c0\",\"active\":false,\"n\":1.50,\"x\":null}"),
        detail: Some("The path is unknown.".to_owned()),
        changes: json!([
            {"path": "active", "before": true, "after": false},
            {"path": "name.givenName", "before": null, "after": "Ada"},
            {"path": "members", "added": ["0b1e", "31c0"], "removed": ["77aa"]},
        ]),
    }
}

/// A line made by somebody who means harm.
pub fn hostile(seq: u64) -> ExchangeSummary {
    ExchangeSummary {
        subject: "\u{1b}[2J\u{1b}]52;c;aGk=\u{7}\u{202e}moc.elpmaxe@nimda\u{200b}\r\n日本"
            .to_owned(),
        path: "/scim/v2/\u{9b}31m/\u{feff}Users".to_owned(),
        query: "filter=\u{1b}[8m".to_owned(),
        method: "GE\u{8}T".to_owned(),
        what: format!(
            "{}\t\u{2028}",
            "e\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}"
        ),
        token_label: Some("okta\u{1b}c".to_owned()),
        source: "\u{1b}[1A".to_owned(),
        quirks: vec!["\u{1b}[5m".to_owned()],
        status: 200,
        refusal: None,
        scim_type: None,
        ..summary(seq)
    }
}

/// The newest page of `count` exchanges.
pub fn page(count: u64) -> ExchangePage {
    ExchangePage {
        exchanges: (1..=count)
            .rev()
            .map(|seq| Arc::new(summary(seq)))
            .collect(),
        older: None,
    }
}

/// Holds `stored` exchanges and feeds `live` more, then goes quiet.
pub struct Scripted {
    pub stored: u64,
    pub live: u64,
}

fn reply<'a, T: Send + 'a>(value: T) -> Reply<'a, T> {
    Box::pin(std::future::ready(Ok(value)))
}

fn refuse<'a, T: Send + 'a>() -> Reply<'a, T> {
    let error = OpsError::new(Failure::Denied, "not in this script");
    Box::pin(std::future::ready(Err(error)))
}

impl Events for Scripted {
    fn events(&self, query: EventQuery) -> Reply<'_, Vec<Event>> {
        script::events(&query)
    }
}

impl Ops for Scripted {
    fn status(&self) -> Reply<'_, Status> {
        reply(status())
    }
    fn whoami(&self) -> Reply<'_, WhoAmI> {
        reply(watch::whoami(OperatorRole::Admin))
    }
    fn orgs(&self) -> Reply<'_, Vec<Org>> {
        reply(house::orgs())
    }
    fn create_org(&self, _: NewOrg) -> Reply<'_, Org> {
        refuse()
    }
    fn change_org<'a>(&'a self, _: &'a str, _: OrgChange) -> Reply<'a, Org> {
        refuse()
    }
    fn tokens<'a>(&'a self, _: Option<&'a str>) -> Reply<'a, Vec<Token>> {
        reply(house::tokens())
    }
    fn create_token(&self, new: NewToken) -> Reply<'_, IssuedToken> {
        script::issued(&new.label)
    }
    fn rotate_token<'a>(&'a self, _: &'a TokenId, _: Rotation) -> Reply<'a, IssuedToken> {
        script::issued("entra-eu")
    }
    fn revoke_token<'a>(&'a self, _: &'a TokenId) -> Reply<'a, Token> {
        reply(tokens().remove(1))
    }
    fn exchanges(&self, query: ExchangeQuery) -> Reply<'_, ExchangePage> {
        let end = query.before.map_or(self.stored, |before| before - 1);
        let limit = u64::from(query.limit);
        let mut page = page(end);
        let filter = ExchangeFilter::parse(&query.filter).unwrap();
        page.exchanges
            .retain(|exchange| filter.matches(exchange, NOW));
        page.exchanges.truncate(usize::try_from(limit).unwrap());
        page.older = (end > limit).then(|| end - limit + 1);
        reply(page)
    }
    fn exchange<'a>(&'a self, which: &'a str) -> Reply<'a, Exchange> {
        let seq = which.parse().ok();
        let request = which.parse::<uuid::Uuid>().ok();
        let seq = seq.or_else(|| request.and_then(|id| u64::try_from(id.as_u128()).ok()));
        reply(exchange(seq.unwrap()))
    }
    fn export_exchanges(&self, _: ExportQuery) -> Reply<'_, ExportPage> {
        refuse()
    }
    fn follow(&self, since: Since) -> Reply<'_, Feed> {
        let from = since.after.unwrap_or(self.stored) + 1;
        let items = (from..=self.stored + self.live)
            .map(|seq| Ok(FeedItem::Exchange(Arc::new(summary(seq)))))
            .chain([Ok(FeedItem::Skipped(3))]);
        let feed = futures_util::stream::iter(items).chain(futures_util::stream::pending());
        reply(Box::pin(feed) as Feed)
    }
    fn verify_events(&self) -> Reply<'_, ChainReport> {
        reply(house::chain())
    }
}

/// Carries out what `actions` ask of the operations API, and what follows from the answers, until
/// nothing more is asked; returns the calls. What waits for a while happens at once, but nothing is
/// refreshed.
pub fn carry_out(model: &mut Model, actions: Vec<Action>) -> Vec<Call> {
    carry_out_with(model, actions, |answer| answer)
}

/// The same, with each answer changed.
pub fn carry_out_with(
    model: &mut Model,
    actions: Vec<Action>,
    change: impl Fn(Answer) -> Answer,
) -> Vec<Call> {
    let ops = Scripted {
        stored: 60,
        live: 0,
    };
    let (mut calls, mut actions) = (Vec::new(), VecDeque::from(actions));
    while let Some(action) = actions.pop_front() {
        let event = match action {
            Action::Call {
                ticket,
                purpose,
                call,
            } => {
                calls.push(call.clone());
                let result = call.run(&ops).now_or_never().expect("replies are ready");
                Happened::Answered {
                    ticket,
                    purpose,
                    result: result.map(&change),
                }
            }
            Action::Wake(wake) if wake != Wake::Refresh => Happened::Woke(wake),
            _ => continue,
        };
        actions.extend(update(model, event));
    }
    calls
}

/// Not a check but a look: runs the dashboard over the scripted traffic on this terminal.
/// `cargo test --lib tui::testing::look -- --ignored --nocapture`
#[test]
#[ignore = "needs a terminal and a person"]
fn look() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let depth = crate::tui::theme::ColorDepth::default();
    let looks = crate::tui::theme::Looks::new("base", "themes".into(), depth, false);
    let options = crate::tui::TuiOptions {
        mouse: true,
        looks: looks.unwrap(),
        keymap: crate::tui::keymap::Keymap::default(),
        notice: None,
        filters: std::env::temp_dir().join("scimtop-look-filters.toml"),
        ascii: false,
        first_token: Some(first_run()),
        embedded: true,
        link: crate::tui::Link::LOCAL,
    };
    let ops = Arc::new(Scripted {
        stored: 40,
        live: 20,
    });
    runtime
        .block_on(crate::tui::run(ops, options, std::future::pending()))
        .unwrap();
}

impl Contents for Scripted {
    fn content<'a>(&'a self, _: &'a str, _: ContentQuery) -> Reply<'a, ContentPage> {
        reply(house::content())
    }
    fn content_item<'a>(&'a self, _: &'a str, _: &'a str, _: &'a str) -> Reply<'a, Content> {
        refuse()
    }
    fn register<'a>(&'a self, _: &'a str, _: Register) -> Reply<'a, Registered> {
        refuse()
    }
    fn import<'a>(&'a self, _: &'a str, _: Batch) -> Reply<'a, Imported> {
        refuse()
    }
    fn unregister<'a>(&'a self, _: &'a str, _: &'a str, _: &'a str) -> Reply<'a, Content> {
        refuse()
    }
    fn transfers(&self, _: TransferQuery) -> Reply<'_, Vec<Transfer>> {
        reply(house::transfers())
    }
    fn give_back(&self, order: GiveBack) -> Reply<'_, GivenBack> {
        script::given_back(&order)
    }
}

impl Preview for Scripted {
    fn impact<'a>(&'a self, _: &'a str, _: Kind, _: &'a str) -> Reply<'a, Impact> {
        refuse()
    }
    fn simulate<'a>(&'a self, _: &'a str, _: Vec<Simulated>) -> Reply<'a, Vec<Simulation>> {
        refuse()
    }
}

impl Roles for Scripted {
    fn privileges(&self) -> Reply<'_, Vec<String>> {
        reply(Vec::new())
    }
    fn roles<'a>(&'a self, _: Option<&'a str>) -> Reply<'a, Vec<Role>> {
        reply(Vec::new())
    }
    fn put_role<'a>(&'a self, _: &'a str, _: NewRole) -> Reply<'a, Role> {
        refuse()
    }
    fn remove_role<'a>(&'a self, _: &'a str, _: &'a str, _: bool) -> Reply<'a, Role> {
        refuse()
    }
    fn grant_role<'a>(&'a self, _: &'a str, _: Grant) -> Reply<'a, Role> {
        refuse()
    }
    fn role_rules<'a>(&'a self, _: Option<&'a str>) -> Reply<'a, Vec<RoleRule>> {
        reply(Vec::new())
    }
    fn set_role_rule<'a>(&'a self, _: &'a str, _: SetRule) -> Reply<'a, Vec<RoleRule>> {
        reply(Vec::new())
    }
    fn access<'a>(&'a self, _: &'a str, _: &'a str) -> Reply<'a, Access> {
        reply(house::access())
    }
}
