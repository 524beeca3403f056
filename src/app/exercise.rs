//! The dashboard over a house of its own with made-up traffic: what `scimtop bench tui` measures.
//!
//! Everything is real but the requests: they go into the record as if they had been answered.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::Context as _;
use serde_json::json;

use super::connect::{open, operator};
use super::{look, serve};
use crate::cli::args::Look;
use crate::cli::bench::{Exercise, Profile};
use crate::clock::{Clock, Stopwatch, Timestamp};
use crate::config::Loaded;
use crate::ids::{OrgId, RequestId, TokenId};
use crate::model::exchange::{Body, Client, Exchange, ExchangeSummary, Operation};
use crate::model::token::{Refusal, TokenKind};
use crate::ops::api::{NewToken, Ops};
use crate::ops::gateway::Gateway as _;
use crate::ops::house::{House, Plan};
use crate::ops::local::LocalOps;
use crate::ops::provision::request::{Method, Request, Target};
use crate::scim::quirk::Quirks;
use crate::store::Store;
use crate::tui::{self, Link, TuiOptions};

/// Requests that are there already.
const BEFORE: u64 = 600;
/// Users in the directory: more than a screen of them.
const PEOPLE: u64 = 120;
/// How often requests arrive at most; what a rate asks for beyond it comes together.
const BEAT: Duration = Duration::from_millis(5);

/// Runs the dashboard until it is left.
pub async fn run(loaded: Loaded, args: Exercise) -> anyhow::Result<()> {
    let clock = Clock::system();
    let store = open(&loaded, &clock).await?;
    let registry = loaded.registry().map_err(anyhow::Error::msg)?;
    let origin = "https://scim.example.com:8443";
    let plan = Plan {
        started: Some(clock.now()),
        ..serve::plan(&loaded, registry, origin)
    };
    let house = House::new(store.clone(), clock.clone(), plan)?;
    let ops: Arc<dyn Ops> = Arc::new(LocalOps::new(Arc::clone(&house), &operator()));
    let mut secret = String::new();
    for client in &CLIENTS {
        let new = NewToken {
            org: "0".to_owned(),
            kind: TokenKind::Scim,
            role: None,
            label: client.0.to_owned(),
            expires: None,
        };
        secret = ops.create_token(new).await?.secret;
    }
    people(&house, &secret).await?;
    for number in 0..BEFORE {
        let at = clock.now().minus(Duration::from_secs(BEFORE - number));
        store.traffic().record(exchange(number, at));
    }
    while ops.status().await?.exchanges < BEFORE {
        tokio::task::yield_now().await;
    }
    let ends = Arc::new(AtomicBool::new(false));
    let feeder = feed(store, clock, args.rate, Arc::clone(&ends))?;
    let options = TuiOptions {
        ascii: false,
        link: match args.profile {
            Profile::Local => Link::LOCAL,
            Profile::Ssh => Link::SSH,
        },
        ..look::options(&loaded, &Look::default(), false)?
    };
    // On a thread of its own, so that its processor time can be told from the house's.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let dashboard = thread::Builder::new()
        .name("dashboard".to_owned())
        .spawn(move || runtime.block_on(tui::run(ops, options, std::future::pending())))?;
    let shown = tokio::task::spawn_blocking(move || dashboard.join()).await?;
    ends.store(true, Ordering::Relaxed);
    tokio::task::spawn_blocking(move || {
        let _ = feeder.join(); // it has nothing to say
        house.close();
    })
    .await?;
    shown.map_err(|_| anyhow::anyhow!("the dashboard panicked"))??;
    Ok(())
}

/// Fills the directory, as a client does.
async fn people(house: &House, secret: &str) -> anyhow::Result<()> {
    let caller = house
        .authenticate(Some(&format!("Bearer {secret}")), None)
        .ok()
        .context("a new token is refused")?;
    for number in 0..PEOPLE {
        let name = format!("user{number}@example.com");
        let user = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
            "userName": name,
            "displayName": format!("Person {number}"),
            "externalId": format!("00u{number:08x}"),
            "title": "Engineer",
        });
        let request = Request {
            id: RequestId::new(),
            caller: caller.clone(),
            base: "https://scim.example.com:8443/scim/v2".to_owned(),
            method: Method::Post,
            target: Target::Users,
            query: String::new(),
            body: user.to_string().into(),
            quirks: Quirks::default(),
            if_match: None,
            if_none_match: None,
        };
        let status = house.answer(request).await.status;
        anyhow::ensure!(status == 201, "a made-up user is refused with {status}");
    }
    Ok(())
}

/// Records `rate` requests a second, evenly.
fn feed(
    store: Store,
    clock: Clock,
    rate: u32,
    ends: Arc<AtomicBool>,
) -> std::io::Result<thread::JoinHandle<()>> {
    thread::Builder::new()
        .name("feeder".to_owned())
        .spawn(move || {
            let (watch, mut sent) = (Stopwatch::start(), 0);
            while !ends.load(Ordering::Relaxed) {
                let due = watch.micros().saturating_mul(rate.into()) / 1_000_000;
                while sent < due {
                    store.traffic().record(exchange(BEFORE + sent, clock.now()));
                    sent += 1;
                }
                thread::sleep(BEAT);
            }
        })
}

/// Label, client, share of failures in a hundred.
const CLIENTS: [(&str, Client, u64); 3] = [
    ("entra-eu", Client::Entra, 3),
    ("okta-prod", Client::Okta, 8),
    ("hr-sync", Client::Unknown, 1),
];

/// Operation, method, status, path, what it did.
const REQUESTS: [(Operation, &str, u16, &str, &str); 6] = [
    (Operation::Query, "GET", 200, "/Users", "1 result"),
    (Operation::Create, "POST", 201, "/Users", "created"),
    (
        Operation::Patch,
        "PATCH",
        200,
        "/Users",
        "title, department",
    ),
    (Operation::Patch, "PATCH", 204, "/Groups", "members +1"),
    (Operation::Get, "GET", 200, "/Users", ""),
    (
        Operation::Deactivate,
        "PATCH",
        200,
        "/Users",
        "active: false",
    ),
];

/// The exchange of that number: much the same, never twice the same.
fn exchange(number: u64, at: Timestamp) -> Exchange {
    let dice = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 17;
    let pick = |from: u64, of: usize| usize::try_from(from % of as u64).unwrap_or(0);
    let (label, client, failing) = CLIENTS[pick(dice, CLIENTS.len())];
    let (operation, method, status, path, what) = REQUESTS[pick(dice >> 4, REQUESTS.len())];
    let refused = dice.is_multiple_of(1_000);
    let fails = (dice >> 9) % 100 < failing;
    let (status, what) = match (refused, fails) {
        (true, _) => (401, ""),
        (false, true) => (409, "userName already exists"),
        (false, false) => (status, what),
    };
    let user = dice % 4_000;
    Exchange {
        summary: ExchangeSummary {
            seq: 0,
            at,
            org: Some(OrgId::PRIMARY),
            token: Some(TokenId(format!("tok_{label}"))),
            token_label: Some(label.to_owned()),
            client,
            source: format!("10.2.0.{}", dice % 7),
            method: method.to_owned(),
            path: format!("/scim/v2{path}/{dice:x}"),
            query: String::new(),
            operation,
            subject: format!("user{user}@example.com"),
            status,
            scim_type: (status == 409).then(|| "uniqueness".to_owned()),
            refusal: refused.then_some(Refusal::Unknown),
            latency_us: 300 + (dice >> 3) % 9_000,
            what: what.to_owned(),
            quirks: Vec::new(),
            request: RequestId(uuid::Uuid::from_u128(u128::from(number))),
        },
        user_agent: "made-up/1.0".to_owned(),
        request_headers: Vec::new(),
        request_body: Body::default(),
        response_headers: Vec::new(),
        response_body: Body::default(),
        detail: None,
        changes: json!([]),
    }
}
