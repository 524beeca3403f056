//! `scimtop serve`: the daemon, with the dashboard or with lines; and `scimtop attach`.

use std::io::IsTerminal as _;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval};

use super::connect::{daemon, open, operator};
use super::tasks::Tasks;
use super::{demo, log, look, operators, outgoing, reload, socket_path};
use crate::cli::args::{Look, Reach, Serve};
use crate::clock::Clock;
use crate::config::Loaded;
use crate::http::api;
use crate::http::listen::{origin, refuse_exposed};
use crate::http::ops::socket::Socket;
use crate::http::scim::Endpoint;
use crate::model::token::TokenKind;
use crate::ops::api::{Failure, NewToken, Ops, OpsError};
use crate::ops::house::{House, Keep, Plan};
use crate::ops::local::LocalOps;
use crate::ops::wire::BASE;
use crate::scim::schema::Registry;
use crate::tui::plain::{self, PlainOptions};
use crate::tui::{self, Exit, FirstRun, TuiOptions};

/// How often the last uses of tokens are stored.
const USES: Duration = Duration::from_secs(5);
/// How often old records are pruned.
const PRUNING: Duration = Duration::from_secs(3600);
/// How often held accounts are looked through.
const HOLDS: Duration = Duration::from_secs(60);
/// How often it is looked whether something calls for an operator.
const WATCHING: Duration = Duration::from_secs(1);
/// What tasks get to end beyond the grace that requests in flight have.
const LAST_GRACE: Duration = Duration::from_secs(5);

/// What a server is started for.
#[derive(Clone, Copy, Debug)]
pub enum Purpose {
    /// To serve, until it is told to stop.
    Serve,
    /// To be looked at, with simulated identity providers; it ends with its dashboard.
    Demo {
        /// Simulated seconds in a second.
        speed: f64,
    },
}

impl Purpose {
    const fn outlives_the_dashboard(self) -> bool {
        matches!(self, Self::Serve)
    }
}

/// Runs the daemon until it is told to stop.
pub async fn run(loaded: Loaded, args: &Serve, purpose: Purpose) -> anyhow::Result<()> {
    let settings = &loaded.settings;
    for addr in [Some(settings.listen), settings.api_listen]
        .into_iter()
        .flatten()
    {
        refuse_exposed(addr, settings.insecure_http).map_err(anyhow::Error::msg)?;
    }
    let registry = loaded.registry().map_err(anyhow::Error::msg)?;
    let dashboard = !args.no_tui
        && !look::is_dumb()
        && std::io::stdout().is_terminal()
        && std::io::stdin().is_terminal();
    let options = dashboard
        .then(|| look::options(&loaded, &args.look, purpose.outlives_the_dashboard()))
        .transpose()?;

    let clock = Clock::system();
    let store = open(&loaded, &clock).await?;
    if dashboard {
        log::to_file(&loaded.data_dir).context("cannot open the log file")?;
    } else {
        log::to_stderr();
    }
    let listener = listen(settings.listen, "--listen").await?;
    let api = match settings.api_listen {
        Some(addr) => Some(listen(addr, "--api-listen").await?),
        None => None,
    };
    let api_url = api
        .as_ref()
        .map(|api| Ok::<_, std::io::Error>(origin(None, api.local_addr()?) + BASE))
        .transpose()?;
    let operators = operators::Listener::bind(settings).await?;
    let ops_url = operators
        .as_ref()
        .map(operators::Listener::url)
        .transpose()?;
    let origin = origin(settings.public_url.as_deref(), listener.local_addr()?);
    let started = clock.now();
    let house = House::new(
        store,
        clock.clone(),
        Plan {
            api_url,
            ops_url,
            started: Some(started),
            ..plan(&loaded, registry, &origin)
        },
    )?;
    let orgs = LocalOps::new(house.clone(), &operator()).orgs().await?;
    let going_out = outgoing::read(&loaded, Some(&orgs))?;
    let ops: Arc<dyn Ops> = Arc::new(LocalOps::new(house.clone(), &operator()));
    let socket = Socket::bind(&socket_path(&loaded), settings.ops.socket_group.as_deref())
        .context("cannot listen on the operations socket")?;
    // Last of what can fail: a token that nobody gets to see would be lost.
    let first_run = match purpose {
        Purpose::Serve => first_token(&*ops, &origin).await?,
        Purpose::Demo { .. } => None,
    };

    let mut tasks = Tasks::new();
    let base_url = base_url(&origin);
    let telling = clock.clone();
    let endpoint = Endpoint::new(house.clone(), clock, settings.limits.clone(), origin);
    tasks.start("the SCIM endpoint", endpoint.serve(listener, tasks.stop()));
    if let Some(listener) = api {
        let endpoint = api::endpoint(
            Arc::new(house.clone()),
            settings.limits.clone(),
            tasks.stop(),
        );
        tasks.start("the content API", endpoint.serve(listener, tasks.stop()));
    }
    if let Some(listener) = operators {
        listener.start(house.clone(), settings.limits.clone(), &mut tasks);
    }
    operators::start_socket(
        socket,
        settings.ops.operators.clone(),
        house.clone(),
        settings.limits.clone(),
        &mut tasks,
    );
    tasks.start(
        "housekeeping",
        housekeeping(house.clone(), keep(&loaded), tasks.stop()),
    );

    let told = watch::Sender::new(Arc::new(going_out));
    tasks.start(
        "what goes out",
        outgoing::run(house.clone(), telling, told.subscribe(), tasks.stop()),
    );

    // Ends holds whose time is over, and goes on with verdicts that a restart interrupted.
    let removals = repeat(
        house.clone(),
        HOLDS,
        House::settle_removals,
        "held accounts could not be settled",
        tasks.stop(),
    );
    tasks.start("removals", removals);
    let alerts = repeat(
        house.clone(),
        WATCHING,
        House::watch,
        "alerts could not be looked for",
        tasks.stop(),
    );
    tasks.start("alerts", alerts);
    let hangups = signal(SignalKind::hangup())?;
    let in_force = reload::InForce::new(house.clone(), loaded.clone(), told);
    tasks.start("settings", in_force.keep(hangups, tasks.stop()));

    if let Purpose::Demo { speed } = purpose {
        let play = demo::play(Arc::clone(&ops), base_url, speed, tasks.stop());
        tasks.start("the demonstration", play);
    }

    let show = Show {
        first_run,
        dashboard: options,
        ascii: look::ascii(&args.look),
        goes_on: purpose.outlives_the_dashboard(),
    };
    let ended = until_stopped(&mut tasks, ops, show).await;
    tasks
        .end(settings.limits.shutdown_grace() + LAST_GRACE)
        .await;
    let stored = house.store_uses().await;
    tokio::task::spawn_blocking(move || house.close()).await?;
    stored?;
    ended
}

/// Where clients that reach the server at `origin` find SCIM.
fn base_url(origin: &str) -> String {
    format!("{origin}/scim/v2")
}

async fn listen(addr: SocketAddr, flag: &str) -> anyhow::Result<TcpListener> {
    TcpListener::bind(addr)
        .await
        .with_context(|| format!("cannot listen on {addr}: choose another address with {flag}"))
}

/// What the house is made with when no daemon runs.
pub fn plan(loaded: &Loaded, registry: Registry, origin: &str) -> Plan {
    Plan {
        registry,
        privileges: loaded.settings.privileges.clone(),
        limits: loaded.settings.scim,
        guard: loaded.settings.guard,
        alerts: loaded.settings.alerts.clone(),
        bulk_payload: loaded.settings.limits.body_bytes as u64,
        data_dir: loaded.data_dir.clone(),
        base_url: base_url(origin),
        api_url: None,
        ops_url: None,
        started: None,
        sinks: Some(outgoing::tester(loaded)),
        gauges: None,
    }
}

/// Issues a token if there has never been one, so that a newcomer has a working endpoint.
async fn first_token(ops: &dyn Ops, origin: &str) -> anyhow::Result<Option<FirstRun>> {
    if !ops.tokens(None).await?.is_empty() {
        return Ok(None);
    }
    let issued = ops
        .create_token(NewToken {
            org: "0".to_owned(),
            kind: TokenKind::Scim,
            role: None,
            label: "first".to_owned(),
            expires: None,
        })
        .await?;
    Ok(Some(FirstRun {
        base_url: base_url(origin),
        secret: issued.secret,
    }))
}

/// How long records are kept.
pub fn keep(loaded: &Loaded) -> Keep {
    let days = |days: u32| Duration::from_secs(u64::from(days) * 24 * 3600);
    Keep {
        traffic: days(loaded.settings.traffic.keep_days),
        traffic_bytes: loaded.settings.traffic.max_bytes,
        events: days(loaded.settings.events.keep_days),
    }
}

async fn housekeeping(house: Arc<House>, keep: Keep, mut stop: watch::Receiver<bool>) {
    let (mut uses, mut pruning) = (interval(USES), interval(PRUNING));
    uses.set_missed_tick_behavior(MissedTickBehavior::Delay);
    pruning.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let done = tokio::select! {
            _ = stop.changed() => return,
            _ = uses.tick() => house.store_uses().await,
            _ = pruning.tick() => house.prune(keep).await,
        };
        if let Err(error) = done {
            tracing::warn!(%error, "housekeeping failed; it is tried again");
        }
    }
}

/// Carries out some work of the house every so often, until `stop`.
async fn repeat(
    house: Arc<House>,
    often: Duration,
    work: fn(&House) -> Result<(), OpsError>,
    failed: &'static str,
    mut stop: watch::Receiver<bool>,
) {
    let mut every = interval(often);
    every.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = stop.changed() => return,
            _ = every.tick() => {}
        }
        let house = Arc::clone(&house);
        let done = tokio::task::spawn_blocking(move || work(&house)).await;
        if let Ok(Err(error)) = done {
            tracing::warn!(%error, "{failed}; it is tried again");
        }
    }
}

/// What is shown while the daemon runs.
struct Show {
    first_run: Option<FirstRun>,
    /// The dashboard; without it there are lines.
    dashboard: Option<TuiOptions>,
    ascii: bool,
    /// The endpoint goes on without a dashboard.
    goes_on: bool,
}

/// Shows what happens until a signal, the operator, or a fault ends it.
async fn until_stopped(tasks: &mut Tasks, ops: Arc<dyn Ops>, show: Show) -> anyhow::Result<()> {
    let (mut terminate, mut interrupt, mut hangup) = signals()?;
    let ends = watch::Sender::new(false);
    let mut screen_ends = ends.subscribe();
    let shutdown = async move {
        // A sender that is gone means the same.
        let _ = screen_ends.wait_for(|ends| *ends).await;
    };
    let Show {
        first_run,
        dashboard,
        ascii,
        goes_on,
    } = show;
    let show = async {
        tokio::pin!(shutdown);
        let (left, first_token) = if let Some(mut options) = dashboard {
            options.first_token = first_run;
            let exit = tui::run(Arc::clone(&ops), options, &mut shutdown).await?;
            if exit == Exit::Quit || !goes_on {
                return Ok(Exit::Quit);
            }
            (true, None)
        } else {
            (false, first_run)
        };
        let options = PlainOptions {
            ascii,
            first_token,
            left,
        };
        plain::run(ops, std::io::stdout(), options, shutdown).await?;
        Ok::<_, anyhow::Error>(Exit::Detach)
    };
    tokio::pin!(show);
    let mut showing = true;
    let ended = loop {
        tokio::select! {
            shown = &mut show, if showing => {
                showing = false;
                match shown {
                    Ok(Exit::Quit) if !*ends.borrow() => break Ok(()),
                    // The terminal went away; the endpoint goes on.
                    Ok(_) => {}
                    Err(error) if goes_on => tracing::warn!(%error, "the display ended"),
                    Err(error) => break Err(error),
                }
            }
            _ = terminate.recv() => break Ok(()),
            _ = interrupt.recv() => break Ok(()),
            // A dropped terminal ends the screen, not the endpoint; where there is none, nothing.
            _ = hangup.recv() => {
                if !goes_on {
                    break Ok(());
                }
                if std::io::stdout().is_terminal() {
                    ends.send_replace(true);
                }
            }
            fault = tasks.fault() => break Err(anyhow::anyhow!("{fault} unexpectedly; see the log")),
        }
    };
    ends.send_replace(true);
    if showing {
        // The terminal has to be put back before the program ends.
        let _ = tokio::time::timeout(LAST_GRACE, &mut show).await;
    }
    ended
}

/// SIGTERM, SIGINT, SIGHUP.
fn signals() -> std::io::Result<(Signal, Signal, Signal)> {
    Ok((
        signal(SignalKind::terminate())?,
        signal(SignalKind::interrupt())?,
        signal(SignalKind::hangup())?,
    ))
}

/// Shows the dashboard of a running daemon.
pub async fn attach(loaded: &Loaded, reach: &Reach, flags: &Look) -> anyhow::Result<()> {
    let Some(ops) = daemon(loaded, reach)? else {
        bail!(OpsError::new(
            Failure::Unreachable,
            format!(
                "no daemon runs on {}: start one with `scimtop`",
                loaded.data_dir.display()
            ),
        ));
    };
    let options = look::options(loaded, flags, false)?;
    // For a daemon elsewhere there may be no data directory here, and nothing to log into.
    if loaded.data_dir.exists() {
        log::to_file(&loaded.data_dir).context("cannot open the log file")?;
    }
    let (mut terminate, mut interrupt, mut hangup) = signals()?;
    let ends = async {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
            _ = hangup.recv() => {}
        }
    };
    tui::run(ops, options, ends).await?;
    Ok(())
}
