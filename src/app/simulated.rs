//! A server in simulated time, for `scimtop simulate-idp` without a URL: everything is that of a
//! daemon but the clock, the network and the machine.
//!
//! Requests go through the endpoint and are authenticated, carried out, recorded and counted. What
//! a daemon does by timers is done here when its time has come: uses of tokens are stored, removals
//! settled, records pruned, and alerts looked for, once a second while something happens and else
//! from deadline to deadline. How long an answer takes and how full the disk is is made up, because
//! simulated time has neither.

mod scene;

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::Request;
use http_body_util::Full;
use tempfile::TempDir;
use tokio::task::spawn_blocking;

use scene::{ROLE, primary};

use super::serve;
use crate::cli::simulate::{self as command, SimulateArgs};
use crate::clock::{Clock, Timestamp};
use crate::config::Loaded;
use crate::engine::watch::Gauges;
use crate::http::limits::Limits;
use crate::http::scim::Endpoint;
use crate::ids::OrgId;
use crate::model::alert::AlertChange;
use crate::model::diagnosis::Diagnosis;
use crate::ops::api::diagnose::Question;
use crate::ops::api::directory::DirectoryQuery;
use crate::ops::api::roles::Grant;
use crate::ops::api::{ExchangeQuery, Ops, OpsError, OrgChange};
use crate::ops::gateway::{Gateway, Observed, Refused};
use crate::ops::house::{House, Keep, Plan};
use crate::ops::local::LocalOps;
use crate::ops::provision::request::{Answer, Caller, Request as Provision};
use crate::scim::quirk::Dialect;
use crate::simulate::{self, Deed, Inside, Network, Options, Question as Asked};
use crate::store::{self, Store};
use crate::wire;

/// Scheme and authority of the server: nobody listens there.
const ORIGIN: &str = "http://scim.example.com";
/// Addresses of who asks (RFC 5737).
const PROVIDER: ([u8; 4], u16) = ([198, 51, 100, 7], 443);
const ELSEWHERE: ([u8; 4], u16) = ([203, 0, 113, 9], 443);
/// How long an answer takes where nothing is slow.
const LATENCY: Duration = Duration::from_millis(5);
/// How often alerts are looked for at most.
const WATCHING: Duration = Duration::from_secs(1);
/// How often it is looked whether a hold or a record has come to its end.
const HOUSEKEEPING: Duration = Duration::from_secs(3_600);
/// Changes of alerts read at once.
const READ: u64 = 1_000;
/// Size of the disk that is made up, in bytes.
const DISK: u64 = 100 << 30;

/// Simulates against a server of its own, and prints the report.
///
/// # Errors
/// The server could not be set up or go on; the report is not as the scenario wants it.
pub async fn run(own: Loaded, args: SimulateArgs) -> anyhow::Result<()> {
    let json = args.json;
    let mut options = command::options(args)?;
    let server = Server::start(own, &mut options).await?;
    let ran = command::run(options, Some(&server), json).await;
    server.close().await?;
    Ok(ran?)
}

struct Server {
    clock: Clock,
    house: Arc<House>,
    ops: Arc<dyn Ops>,
    endpoint: Arc<Endpoint>,
    stage: Arc<Stage>,
    keep: Keep,
    /// Secret of another client of the Org.
    rival: wire::Token,
    time: Mutex<Time>,
    /// What was told: the store keeps it for a month only.
    told: Mutex<Vec<AlertChange>>,
    home: TempDir,
}

/// What is due when.
struct Time {
    /// Something came in or was done since alerts were looked for.
    news: bool,
    looked: Timestamp,
    deadline: Option<Timestamp>,
    housekeeping: Timestamp,
}

/// The house as the endpoint sees it, with what is made up.
struct Stage {
    house: Arc<House>,
    broken: Arc<Mutex<Broken>>,
}

struct Broken {
    /// So many of a hundred requests fail, and how many there were since.
    fails: u64,
    requests: u64,
    latency: Duration,
    /// So many of a hundred parts of the disk are free.
    free: u64,
}

/// What a panic elsewhere left is whole.
fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Stage {
    fn broken(&self) -> MutexGuard<'_, Broken> {
        lock(&self.broken)
    }

    /// True if the next request fails: evenly, so that every run is the same.
    fn fails(&self) -> bool {
        let mut broken = self.broken();
        broken.requests += 1;
        broken.requests * broken.fails % 100 < broken.fails
    }
}

impl Gateway for Stage {
    fn authenticate(
        &self,
        authorization: Option<&str>,
        org: Option<&str>,
    ) -> Result<Caller, Refused> {
        self.house.authenticate(authorization, org)
    }

    fn answer(&self, request: Provision) -> Pin<Box<dyn Future<Output = Answer> + Send + '_>> {
        if self.fails() {
            return Box::pin(std::future::ready(self.house.fault(&request)));
        }
        self.house.answer(request)
    }

    fn record(&self, mut observed: Observed) {
        observed.latency = self.broken().latency;
        self.house.record(observed);
    }

    fn ready(&self) -> Result<(), String> {
        self.house.ready()
    }
}

impl Server {
    /// Sets up a server as the options want it, and puts its URL and tokens into them.
    async fn start(own: Loaded, options: &mut Options) -> anyhow::Result<Self> {
        let home = tempfile::Builder::new()
            .prefix("scimtop-simulated-")
            .tempdir()
            .context("cannot make a temporary directory")?;
        let loaded = Loaded {
            data_dir: home.path().join("data"),
            ..own
        };
        let registry = loaded.registry().map_err(anyhow::Error::msg)?;
        let now = simulate::start();
        let clock = Clock::manual(now);
        let (dir, its) = (loaded.data_dir.clone(), clock.clone());
        let opening = spawn_blocking(move || Store::open(&dir, store::Options::default(), its));
        let store = opening.await?.map_err(OpsError::from)?;
        let broken = Arc::new(Mutex::new(Broken {
            fails: 0,
            requests: 0,
            latency: LATENCY,
            free: 100,
        }));
        let machine = Arc::clone(&broken);
        let plan = Plan {
            started: Some(now),
            gauges: Some(Arc::new(move || Gauges {
                disk: (DISK / 100 * lock(&machine).free, DISK),
                ..Gauges::default()
            })),
            ..serve::plan(&loaded, registry, ORIGIN)
        };
        let house = House::new(store, clock.clone(), plan)?;
        let stage = Arc::new(Stage {
            house: Arc::clone(&house),
            broken,
        });
        // Rates are measured in real time.
        let limits = Limits {
            requests_per_second: None,
            ..loaded.settings.limits.clone()
        };
        let gateway: Arc<dyn Gateway> = Arc::clone(&stage) as _;
        let ops: Arc<dyn Ops> = Arc::new(LocalOps::new(Arc::clone(&house), "operator"));
        options.url = format!("{ORIGIN}/scim/v2");
        let rival = scene::set(&*ops, options, now).await?;
        Ok(Self {
            endpoint: Endpoint::new(gateway, clock.clone(), limits, ORIGIN.to_owned()),
            clock,
            house,
            ops,
            stage,
            keep: serve::keep(&loaded),
            rival,
            time: Mutex::new(Time {
                news: true,
                looked: now,
                deadline: None,
                housekeeping: now.plus(HOUSEKEEPING),
            }),
            told: Mutex::default(),
            home,
        })
    }

    fn time(&self) -> MutexGuard<'_, Time> {
        lock(&self.time)
    }

    fn told(&self) -> MutexGuard<'_, Vec<AlertChange>> {
        lock(&self.told)
    }

    /// When the next thing is due, and whether it is housekeeping.
    fn due(&self) -> (Timestamp, bool) {
        let time = self.time();
        let next = time.looked.plus(WATCHING).max(self.clock.now());
        let look = if time.news {
            Some(next)
        } else {
            time.deadline.map(|deadline| deadline.max(next))
        };
        match look {
            Some(look) if look <= time.housekeeping => (look, false),
            _ => (time.housekeeping, true),
        }
    }

    async fn keep_house(&self, now: Timestamp) -> anyhow::Result<()> {
        self.time().housekeeping = now.plus(HOUSEKEEPING);
        self.house.store_uses().await?;
        self.house.prune(self.keep).await?;
        let house = Arc::clone(&self.house);
        spawn_blocking(move || house.settle_removals()).await??;
        self.time().news = true;
        Ok(())
    }

    /// Looks for what calls for an operator.
    async fn look(&self, now: Timestamp) -> anyhow::Result<()> {
        let house = Arc::clone(&self.house);
        let last = self.told().last().map_or(0, |change| change.seq);
        let watched = spawn_blocking(move || {
            house.settle_record();
            let deadline = house.watch_now()?;
            Ok::<_, OpsError>((deadline, house.alert_changes(last, READ)?))
        });
        let (deadline, changes) = watched.await??;
        self.told().extend(changes);
        let mut time = self.time();
        (time.news, time.looked, time.deadline) = (false, now, deadline);
        Ok(())
    }

    async fn let_pass(&self, to: Timestamp) -> anyhow::Result<()> {
        loop {
            let (due, housekeeping) = self.due();
            if due > to {
                break;
            }
            self.clock.set(due);
            if housekeeping {
                self.keep_house(due).await?;
            } else {
                self.look(due).await?;
            }
        }
        self.clock.set(to);
        Ok(())
    }

    async fn ask(
        &self,
        request: Request<Full<Bytes>>,
        from: Network,
    ) -> std::io::Result<wire::Answer> {
        let source: SocketAddr = match from {
            Network::Provider => PROVIDER.into(),
            Network::Elsewhere => ELSEWHERE.into(),
        };
        self.time().news = true;
        let (head, body) = self.endpoint.ask(request, source).await?.into_parts();
        Ok(wire::Answer {
            status: head.status,
            headers: head.headers,
            body,
        })
    }

    async fn carry_out(&self, deed: Deed) -> anyhow::Result<()> {
        self.time().news = true;
        match deed {
            Deed::Fail(percent) => {
                let mut broken = self.stage.broken();
                (broken.fails, broken.requests) = (percent.min(100), 0);
            }
            Deed::Slow(latency) => self.stage.broken().latency = latency.max(LATENCY),
            Deed::Disk(free) => self.stage.broken().free = free.min(100),
            Deed::Grant(group) => {
                let grant = Grant {
                    role: ROLE.to_owned(),
                    group,
                    given: true,
                    dry_run: false,
                };
                self.ops.grant_role(&primary(), grant).await?;
            }
            Deed::Delete(percent) => self.delete(percent).await?,
            Deed::Strict => {
                let change = OrgChange {
                    dialect: Some(Dialect::Strict),
                    ..OrgChange::default()
                };
                self.ops.change_org(&primary(), change).await?;
            }
        }
        Ok(())
    }

    async fn look_into(&self, question: Asked) -> anyhow::Result<Diagnosis> {
        let house = Arc::clone(&self.house);
        spawn_blocking(move || house.settle_record()).await?;
        let mut which = question.which;
        if let Some(filter) = &question.of {
            which = Some(self.newest(filter).await?);
        }
        let question = Question {
            about: question.about,
            which,
            org: Some(primary()),
        };
        Ok(self.ops.diagnose(question).await?)
    }

    /// Whom the newest request was about that a filter finds.
    async fn newest(&self, filter: &str) -> anyhow::Result<String> {
        let mut before = None;
        loop {
            let query = ExchangeQuery {
                filter: filter.to_owned(),
                before,
                limit: 1,
            };
            let page = self.ops.exchanges(query).await?;
            if let Some(newest) = page.exchanges.first() {
                return Ok(newest.subject.clone());
            }
            before = page.older;
            anyhow::ensure!(before.is_some(), "no request fits the filter `{filter}`");
        }
    }

    /// Another client deletes users, as a client does.
    async fn delete(&self, percent: u64) -> anyhow::Result<()> {
        let query = DirectoryQuery {
            org: Some(OrgId::PRIMARY),
            limit: 10_000,
            ..DirectoryQuery::default()
        };
        let users = self.ops.users(query).await?.items;
        let most = users.len() as u64 * percent.min(100) / 100;
        let target = wire::Target::new(&format!("{ORIGIN}/scim/v2"), &self.rival)?;
        for user in users.iter().take(usize::try_from(most)?) {
            let call = wire::Call::new(http::Method::DELETE, format!("/Users/{}", user.id));
            self.ask(call.to(&target), Network::Elsewhere).await?;
        }
        Ok(())
    }

    async fn close(self) -> anyhow::Result<()> {
        let house = self.house;
        spawn_blocking(move || house.close()).await?;
        self.home
            .close()
            .context("the temporary directory could not be removed")
    }
}

impl Inside for Server {
    fn pass(&self, to: Timestamp) -> BoxFuture<'_, Result<(), String>> {
        Box::pin(async move {
            self.let_pass(to)
                .await
                .map_err(|error| format!("{error:#}"))
        })
    }

    fn answer(
        &self,
        request: Request<Full<Bytes>>,
        from: Network,
    ) -> BoxFuture<'_, Result<wire::Answer, String>> {
        Box::pin(async move {
            let answer = self.ask(request, from).await;
            answer.map_err(|error| error.to_string())
        })
    }

    fn act(&self, deed: Deed) -> BoxFuture<'_, Result<(), String>> {
        Box::pin(async move {
            self.carry_out(deed)
                .await
                .map_err(|error| format!("{error:#}"))
        })
    }

    fn diagnose(&self, question: Asked) -> BoxFuture<'_, Result<Diagnosis, String>> {
        Box::pin(async move {
            self.look_into(question)
                .await
                .map_err(|error| format!("{error:#}"))
        })
    }

    fn told(&self) -> Vec<AlertChange> {
        Self::told(self).clone()
    }
}
