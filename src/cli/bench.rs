//! `scimtop bench …`: the load generator's arguments.

use std::time::Duration;

use clap::Args;

use super::args::duration;
use super::out::Out;
use crate::bench::{self, BenchError, Options, Phase};

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
    let report = bench::run(options, |line| {
        use std::io::Write as _;
        // Progress that cannot be shown is no reason to stop.
        let _ = writeln!(std::io::stderr(), "{line}");
    })
    .await?;
    let mut out = Out::stdout(args.json);
    if args.json {
        out.value(&report)?;
    } else {
        out.line(report.to_string().trim_end())?;
    }
    Ok(out.flush()?)
}

fn phase(name: &str) -> Result<Phase, String> {
    name.parse().map_err(|_| {
        let all: Vec<_> = Phase::ALL.iter().map(|phase| phase.name()).collect();
        format!("the phases are {}", all.join(", "))
    })
}
