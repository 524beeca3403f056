//! `scimtop bench …`: arguments of the load generator and of the dashboard's stopwatch.

use std::time::Duration;

use std::path::{Path, PathBuf};
use std::process::Command;

use clap::{Args, Subcommand, ValueEnum};

use super::args::duration;
use super::out::Out;
use crate::bench::tenants::{self, ImportBy, Tenant, TenantsOptions};
use crate::bench::{self, BenchError, Options, Phase, tui};
use crate::wire::Token;

/// `bench …`: a server, or the dashboard.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Bench {
    /// What to measure instead of a server
    #[command(subcommand)]
    pub command: Option<BenchCommand>,
    /// How to measure a server
    #[command(flatten)]
    pub server: Option<BenchArgs>,
}

/// What is measured instead of a server.
#[derive(Debug, Subcommand)]
pub enum BenchCommand {
    /// Measure the dashboard in a pseudo-terminal over made-up traffic
    Tui(TuiArgs),
    /// Measure a server with many Orgs at once, each with an identity provider of its own
    Tenants(TenantsArgs),
    /// The dashboard over made-up traffic
    #[command(hide = true)]
    Dashboard(Exercise),
}

/// Loads any SCIM server as the identity providers of many Orgs.
#[derive(Clone, Debug, Args)]
pub struct TenantsArgs {
    /// Base URL of the server (`http://127.0.0.1:8080/scim/v2`)
    pub url: String,
    /// File with a token for each Org, one a line; `NAME=TOKEN` names the Org in the report
    #[arg(long, value_name = "FILE")]
    pub tokens: PathBuf,
    /// Use only so many of them
    #[arg(long, value_name = "N")]
    pub orgs: Option<usize>,
    /// Requests a second of each Org
    #[arg(long, default_value_t = 25.0)]
    pub rate: f64,
    /// How long to measure
    #[arg(long, default_value = "120s", value_parser = duration)]
    pub duration: Duration,
    /// Measure once more while the first Org imports users as fast as it can
    #[arg(long, value_enum, value_name = "HOW")]
    pub import: Option<ImportName>,
    /// Seed of the made-up names
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Leave behind what was created
    #[arg(long)]
    pub keep: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// How one Org imports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ImportName {
    /// User after user over a few connections, as identity providers do
    Posts,
    /// In /Bulk requests as large as the server takes them
    Bulk,
}

impl From<ImportName> for ImportBy {
    fn from(name: ImportName) -> Self {
        match name {
            ImportName::Posts => Self::Posts,
            ImportName::Bulk => Self::Bulk,
        }
    }
}

/// Measures the dashboard.
#[derive(Clone, Copy, Debug, Args)]
pub struct TuiArgs {
    /// What the dashboard runs with
    #[command(flatten)]
    pub exercise: Exercise,
    /// Seconds to measure for
    #[arg(long, default_value_t = 20)]
    pub seconds: u64,
    /// Speed of the link in kilobits a second (512 are 64 KB/s) [default: no delay]
    #[arg(long, value_name = "K")]
    pub link_kbps: Option<u64>,
    /// Columns and rows
    #[arg(long, default_value = "200x50", value_parser = size)]
    pub size: (u16, u16),
    /// Press no keys
    #[arg(long)]
    pub no_keys: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Made-up traffic and the terminal it is shown on.
#[derive(Clone, Copy, Debug, Args)]
pub struct Exercise {
    /// Requests a second
    #[arg(long, default_value_t = 10)]
    pub rate: u32,
    /// Frames and bytes as for a terminal here, or over SSH
    #[arg(long, value_enum, default_value_t = Profile::Ssh)]
    pub profile: Profile,
}

/// Where the terminal is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Profile {
    /// On the same machine.
    Local,
    /// At the other end of an SSH session.
    Ssh,
}

impl Profile {
    const fn name(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Ssh => "ssh",
        }
    }
}

/// Loads any SCIM server and measures it.
#[derive(Clone, Debug, Args)]
pub struct BenchArgs {
    /// Base URL of the server (`http://127.0.0.1:8080/scim/v2`)
    pub url: String,
    /// Bearer token
    #[arg(long, env = "SCIM_TOKEN", hide_env_values = true)]
    pub token: String,
    /// Phases, separated by commas [default: all]
    #[arg(long, value_delimiter = ',', value_parser = phase)]
    pub phases: Vec<Phase>,
    /// Requests in flight; several values are measured one after the other
    #[arg(long, value_delimiter = ',', default_values_t = [16])]
    pub concurrency: Vec<usize>,
    /// Users in the directory before measuring
    #[arg(long, default_value_t = 10_000)]
    pub size: u64,
    /// Operations of a phase
    #[arg(long, default_value_t = 2_000)]
    pub operations: u64,
    /// Longest time of a phase
    #[arg(long, default_value = "2s", value_parser = duration)]
    pub duration: Duration,
    /// Members of the groups that single members are added to and removed from
    #[arg(long, value_delimiter = ',', default_values_t = [1_000])]
    pub group_sizes: Vec<u64>,
    /// Directory sizes to measure growth at, rising
    #[arg(long, value_delimiter = ',')]
    pub growth: Vec<u64>,
    /// Open loop: requests a second, begun on time whatever the answers do [default: closed loop]
    #[arg(long)]
    pub rate: Option<f64>,
    /// Runs of each phase; the median is reported
    #[arg(long, default_value_t = 5)]
    pub repeats: usize,
    /// Seed of the made-up names
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Leave behind what was created
    #[arg(long)]
    pub keep: bool,
    /// Load without /Bulk even if the server has it
    #[arg(long)]
    pub no_bulk: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Why a measurement was not printed.
#[derive(Debug, thiserror::Error)]
pub enum BenchCommandError {
    /// It failed.
    #[error(transparent)]
    Bench(#[from] BenchError),
    /// Nothing could be printed.
    #[error("cannot write the output: {0}")]
    Output(#[from] std::io::Error),
}

/// Measures the dashboard of this very program and prints the report.
pub fn run_tui(args: TuiArgs) -> Result<(), BenchCommandError> {
    let scratch = tui::Scratch::new()?;
    let config = scratch.path().join("config.toml");
    // Nobody's settings but the defaults.
    std::fs::write(&config, "")?;
    let options = tui::Options {
        rate: args.exercise.rate,
        seconds: args.seconds,
        link_kbps: args.link_kbps,
        size: args.size,
        keys: !args.no_keys,
    };
    let program = dashboard(args.exercise, scratch.path(), &config)?;
    let measured = tui::run(&options, program)?;
    let mut out = Out::stdout(args.json);
    if args.json {
        out.value(&measured)?;
    } else {
        out.line(&format!("profile {}", args.exercise.profile.name()))?;
        out.line(measured.to_string().trim_end())?;
    }
    Ok(out.flush()?)
}

/// The command for this program's own dashboard over made-up traffic.
fn dashboard(exercise: Exercise, data: &Path, config: &Path) -> std::io::Result<Command> {
    let mut program = Command::new(std::env::current_exe()?);
    program
        .args(["bench", "dashboard", "--rate"])
        .arg(exercise.rate.to_string())
        .arg("--profile")
        .arg(exercise.profile.name())
        .arg("--data")
        .arg(data)
        .arg("--config")
        .arg(config);
    Ok(program)
}

/// `200x50`
fn size(text: &str) -> Result<(u16, u16), String> {
    text.split_once('x')
        .and_then(|(columns, rows)| Some((columns.parse().ok()?, rows.parse().ok()?)))
        .ok_or_else(|| "give columns and rows, such as 200x50".to_owned())
}

/// Measures and prints the report; progress goes to standard error.
pub async fn run(args: BenchArgs) -> Result<(), BenchCommandError> {
    let mut options = Options::new(args.url, args.token);
    if !args.phases.is_empty() {
        options.phases = args.phases;
    }
    options.concurrency = args.concurrency;
    options.size = args.size;
    options.operations = args.operations;
    options.duration = args.duration;
    options.group_sizes = args.group_sizes;
    options.growth = args.growth;
    options.rate = args.rate;
    options.repeats = args.repeats;
    options.seed = args.seed;
    options.keep = args.keep;
    options.bulk = !args.no_bulk;
    let report = bench::run(options, super::progress).await?;
    let mut out = Out::stdout(args.json);
    out.report(&report)?;
    Ok(out.flush()?)
}

/// Measures with many Orgs and prints the report; progress goes to standard error.
pub async fn run_tenants(args: TenantsArgs) -> Result<(), BenchCommandError> {
    let text = super::tokens(&args.tokens).map_err(|error| {
        let file = args.tokens.display();
        BenchError::Options(format!("cannot read {file}: {error}"))
    })?;
    let tenants = super::lines(&text).zip(1..).map(|(line, number)| {
        let (name, token) = Token::named(line);
        Tenant {
            name: name.unwrap_or_else(|| format!("line {number}")),
            token,
        }
    });
    let most = args.orgs.unwrap_or(usize::MAX);
    let mut options = TenantsOptions::new(args.url, tenants.take(most).collect());
    options.rate = args.rate;
    options.duration = args.duration;
    options.import = args.import.map(Into::into);
    options.seed = args.seed;
    options.keep = args.keep;
    let report = tenants::run(options, super::progress).await?;
    let mut out = Out::stdout(args.json);
    out.report(&report)?;
    Ok(out.flush()?)
}

fn phase(name: &str) -> Result<Phase, String> {
    name.parse().map_err(|_| {
        let all: Vec<_> = Phase::ALL.iter().map(|phase| phase.name()).collect();
        format!("the phases are {}", all.join(", "))
    })
}
