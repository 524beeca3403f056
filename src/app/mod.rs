//! The composition root: reads the configuration, builds the pieces, runs them and ends them in
//! order. Nothing here decides anything about provisioning.

mod connect;
mod demo;
mod doctor;
mod exercise;
mod keys;
mod log;
mod look;
mod operators;
mod outgoing;
mod rebuild;
mod reload;
mod serve;
mod simulated;
mod tasks;
mod theme;

use std::path::PathBuf;

use anyhow::Context as _;

use serve::Purpose;

use crate::cli::args::{Command, ConfigCommand, EventsCommand, Place, Serve};
use crate::cli::bench::{Bench, BenchCommand};
use crate::cli::{self, ApiCommand, Out};
use crate::config::{self, Loaded, Overrides};

/// Does what the command line says.
///
/// # Errors
/// Whatever went wrong, with what to do about it; [`exit_code`] has the number for it.
pub fn run(place: &Place, command: Command) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    let result = runtime.block_on(dispatch(place, command));
    // What still runs was told to end and was waited for; a blocking read of a terminal cannot be.
    runtime.shutdown_background();
    result
}

async fn dispatch(place: &Place, command: Command) -> anyhow::Result<()> {
    let (common, command) = match command {
        Command::Serve(serve) => {
            let loaded = load_for(place, &serve)?;
            return serve::run(loaded, &serve, Purpose::Serve).await;
        }
        Command::Demo(args) => return Box::pin(demo::run(place, &args)).await,
        Command::Attach(attach) => {
            let mut reach = place.reach.clone();
            reach.daemon = attach.url.or(reach.daemon);
            return serve::attach(&load(place)?, &reach, &attach.look).await;
        }
        Command::Bench(args) => return bench(place, args).await,
        Command::SimulateIdp(args) if args.own_server() => {
            return simulated::run(load(place)?, args).await;
        }
        Command::SimulateIdp(args) => {
            let json = args.json;
            return Ok(cli::simulate::run(cli::simulate::options(args)?, None, json).await?);
        }
        Command::Replay(args) => return Ok(cli::replay::run(args).await?),
        Command::Config { command, common } => {
            let loaded = load(place)?;
            loaded.registry().map_err(anyhow::Error::msg)?;
            if matches!(command, ConfigCommand::Check) {
                outgoing::read(&loaded, None)?;
            }
            let mut out = Out::stdout(common.json);
            cli::config::run(&loaded, &command, &mut out)?;
            return Ok(out.flush()?);
        }
        Command::Theme { command, common } => {
            return theme::run(&load(place)?, &command, &mut Out::stdout(common.json));
        }
        Command::Keys { markdown, common } => {
            return keys::run(&load(place)?, markdown, &mut Out::stdout(common.json));
        }
        Command::Runbook(asked) => {
            let mut out = Out::stdout(asked.common.json);
            cli::diagnose::runbook(&asked.which, &mut out)?;
            return Ok(out.flush()?);
        }
        Command::Doctor(common) => {
            return doctor::run(place, &mut Out::stdout(common.json)).await;
        }
        Command::Status(common) => (common, ApiCommand::Status),
        Command::Org { command, common } => (common, ApiCommand::Org(command)),
        Command::Token { command, common } => (common, ApiCommand::Token(command)),
        Command::Requests { command, common } => (common, ApiCommand::Requests(command)),
        Command::Events { command, common } => match command {
            EventsCommand::Read(command) => (common, ApiCommand::Events(command)),
            EventsCommand::Rebuild(args) => {
                let mut out = Out::stdout(common.json);
                return rebuild::run(&load(place)?, place, &args, &mut out).await;
            }
        },
        Command::Content {
            command,
            of,
            common,
        } => (common, ApiCommand::Content(command, of)),
        Command::Transfers { command, common } => (common, ApiCommand::Transfers(command)),
        Command::Deletions { command, common } => (common, ApiCommand::Deletions(command)),
        Command::Deliveries { command, common } => (common, ApiCommand::Deliveries(command)),
        Command::Guard { command, common } => (common, ApiCommand::Guard(command)),
        Command::Impact {
            kind,
            which,
            org,
            common,
        } => {
            let kind = kind.into();
            (common, ApiCommand::Impact { kind, which, org })
        }
        Command::Simulate {
            request,
            org,
            common,
        } => (common, ApiCommand::Simulate { request, org }),
        Command::Alerts { command, common } => (common, ApiCommand::Alerts(command)),
        Command::Health(health) => (health.common, ApiCommand::Health(health.metrics)),
        Command::Diagnose(asked) => (asked.common, ApiCommand::Diagnose(asked.into())),
        Command::Roles(roles) => (roles.common, ApiCommand::Roles(roles.org, roles.command)),
        Command::Users(users) => (users.common, ApiCommand::Users(users.org, users.command)),
        Command::Groups(groups) => (
            groups.common,
            ApiCommand::Groups(groups.org, groups.command),
        ),
    };
    let connection = connect::connect(&load(place)?, &place.reach).await?;
    let mut out = Out::stdout(common.json);
    let result = cli::run(&*connection.ops, command, &mut out).await;
    let flushed = out.flush();
    connection.close().await;
    result?;
    Ok(flushed?)
}

async fn bench(place: &Place, args: Bench) -> anyhow::Result<()> {
    match (args.command, args.server) {
        (Some(BenchCommand::Tui(args)), _) => {
            Ok(tokio::task::spawn_blocking(move || cli::bench::run_tui(args)).await??)
        }
        (Some(BenchCommand::Tenants(args)), _) => Ok(cli::bench::run_tenants(args).await?),
        (Some(BenchCommand::Dashboard(args)), _) => exercise::run(load(place)?, args).await,
        (None, Some(args)) => Ok(cli::bench::run(args).await?),
        (None, None) => anyhow::bail!("name the server: `scimtop bench http://HOST:PORT/scim/v2`"),
    }
}

/// The number that a failed command exits with: 1 failed, 3 unreachable, 4 denied, 5 conflict.
/// (2 is for a command line that makes no sense, which clap refuses.)
pub fn exit_code(error: &anyhow::Error) -> u8 {
    use crate::ops::api::{Failure, OpsError};
    let command = error.downcast_ref::<cli::CommandError>();
    if let Some(cli::CommandError::Unsound(code, _)) = command {
        return *code;
    }
    let ops = error.downcast_ref::<OpsError>().or(match command {
        Some(cli::CommandError::Ops(error)) => Some(error),
        _ => None,
    });
    match ops.map(|error| error.failure) {
        Some(Failure::Unreachable) => 3,
        Some(Failure::Denied) => 4,
        Some(Failure::Conflict) => 5,
        _ => 1,
    }
}

fn load(place: &Place) -> anyhow::Result<Loaded> {
    Ok(config::load(&overrides(place))?)
}

fn load_for(place: &Place, serve: &Serve) -> anyhow::Result<Loaded> {
    let mut overrides = overrides(place);
    let mut set = |flag, key, value: Option<String>| {
        if let Some(value) = value {
            overrides.flags.push((flag, key, value.into()));
        }
    };
    set(
        "--listen",
        "listen",
        serve.listen.map(|addr| addr.to_string()),
    );
    set(
        "--api-listen",
        "api_listen",
        serve.api_listen.map(|addr| addr.to_string()),
    );
    set("--public-url", "public_url", serve.public_url.clone());
    set("--theme", "theme", serve.look.theme.clone());
    if serve.insecure_http {
        overrides
            .flags
            .push(("--insecure-http", "insecure_http", true.into()));
    }
    Ok(config::load(&overrides)?)
}

fn overrides(place: &Place) -> Overrides {
    let data = place.data.as_ref().map(|dir| dir.display().to_string());
    Overrides {
        config: place.config.clone(),
        flags: data
            .into_iter()
            .map(|dir| ("--data", "data_dir", dir.into()))
            .collect(),
    }
}

/// Where the daemon's operations API listens.
fn socket_path(loaded: &Loaded) -> PathBuf {
    let named = loaded.settings.ops.socket.clone();
    named.unwrap_or_else(|| loaded.data_dir.join("scimtop.sock"))
}
