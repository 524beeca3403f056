//! `scimtop simulate-idp …`: arguments of the simulated identity providers.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::args::duration;
use super::out::Out;
use crate::simulate::{
    self, Client, Inside, Options, Plan, Policy, Scenario, SimulateError, Watching,
};
use crate::wire::Token;

/// Plays an identity provider against any SCIM server, and compares the directories; without a URL
/// against a server of its own in simulated time, and shows the alerts that it raises.
#[derive(Clone, Debug, Args)]
pub struct SimulateArgs {
    /// The identity provider, or with --scenario the base URL
    #[arg(value_name = "CLIENT", required_unless_present = "scenario")]
    pub client: Option<String>,
    /// Base URL of the server (`http://127.0.0.1:8080/scim/v2`); without one the simulation has a
    /// server of its own
    #[arg(conflicts_with = "scenario")]
    pub url: Option<String>,
    /// Bearer token for that URL
    #[arg(long, env = "SCIM_TOKEN", hide_env_values = true)]
    pub token: Option<String>,
    /// Another token that incidents name, such as an expired one
    #[arg(long, value_name = "NAME=TOKEN", value_parser = named)]
    pub other_token: Vec<(String, Token)>,
    /// A scenario file
    #[arg(long, value_name = "FILE")]
    pub scenario: Option<PathBuf>,
    /// People at the start [default: 200]
    #[arg(long)]
    pub people: Option<usize>,
    /// Simulated time [default: 30d]
    #[arg(long, value_parser = duration)]
    pub span: Option<Duration>,
    /// Decides names, events and their times [default: 1]
    #[arg(long)]
    pub seed: Option<u64>,
    /// How much happens, in thousandths of the usual [default: 1000]
    #[arg(long)]
    pub pace: Option<u64>,
    /// What the server does with disabled accounts: delete, hold, suspend, any [default: any]
    #[arg(long)]
    pub policy: Option<Policy>,
    /// What every userName ends with [default: CLIENT-SEED.example]
    #[arg(long)]
    pub domain: Option<String>,
    /// What the names of groups begin with; two providers in one Org need to differ [default: nothing]
    #[arg(long, value_name = "TEXT")]
    pub group_prefix: Option<String>,
    /// Removals in a cycle that Entra lets pass; 0: any number [default: 500]
    #[arg(long)]
    pub threshold: Option<usize>,
    /// Simulated seconds in a second [default: as fast as the server answers]
    #[arg(long)]
    pub speed: Option<f64>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Why a simulation was not printed, or what it found.
#[derive(Debug, thiserror::Error)]
pub enum SimulateCommandError {
    /// It could not be made.
    #[error(transparent)]
    Simulate(#[from] SimulateError),
    /// The scenario file is of no use.
    #[error("{file}: {reason}")]
    Scenario {
        /// Its name.
        file: String,
        /// Why.
        reason: String,
    },
    /// A name that no client has.
    #[error("no client `{0}`: {1}")]
    Client(String, String),
    /// The directories differ, or a check failed.
    #[error("{0}")]
    Differs(String),
    /// Nothing could be printed.
    #[error("cannot write the output: {0}")]
    Output(#[from] std::io::Error),
}

/// What Entra's prevention of accidental deletions lets pass unless told otherwise.
const THRESHOLD: usize = 500;

/// `NAME=TOKEN`
fn named(text: &str) -> Result<(String, Token), String> {
    text.split_once('=')
        .filter(|(name, _)| !name.is_empty())
        .map(|(name, token)| (name.to_owned(), Token::from(token.to_owned())))
        // The text is not repeated: it may be a token.
        .ok_or_else(|| "give a name and a token, such as expired=scimtop_…".to_owned())
}

impl SimulateArgs {
    /// True if no server is named: the simulation has one of its own.
    pub const fn own_server(&self) -> bool {
        match self.scenario {
            Some(_) => self.client.is_none(),
            None => self.url.is_none(),
        }
    }

    /// Refuses what only a server that is named can have.
    fn check_own(&self) -> Result<(), SimulateError> {
        let flags = [
            ("--speed", self.speed.is_some()),
            ("--other-token", !self.other_token.is_empty()),
        ];
        match flags.iter().find(|(_, given)| *given) {
            Some((flag, _)) => Err(SimulateError::Options(format!(
                "{flag} is for a server that is named: give its URL"
            ))),
            None => Ok(()),
        }
    }
}

/// Simulates against the server that is `inside`, or the one that was named, and prints the report;
/// progress goes to standard error.
pub async fn run(
    options: Options,
    inside: Option<&dyn Inside>,
    json: bool,
) -> Result<(), SimulateCommandError> {
    let report = simulate::run(options, inside, |line| {
        use std::io::Write as _;
        // Progress that cannot be shown is no reason to stop.
        let _ = writeln!(std::io::stderr(), "{line}");
    })
    .await?;
    let mut out = Out::stdout(json);
    out.report(&report)?;
    out.flush()?;
    if report.ok() {
        return Ok(());
    }
    let watched = report.watched.iter().flat_map(|seen| &seen.expected);
    let failed = report.checks.iter().filter(|check| !check.ok).count()
        + watched.filter(|found| !found.ok).count();
    Err(SimulateCommandError::Differs(if failed > 0 {
        format!("{failed} of the scenario's checks failed")
    } else {
        format!(
            "the directories differ in {} points",
            report.differences.len()
        )
    }))
}

/// What is asked for. URL and tokens of a server of the simulation's own are yet to be filled in.
///
/// # Errors
/// The scenario cannot be read, or options do not go together.
pub fn options(args: SimulateArgs) -> Result<Options, SimulateCommandError> {
    let own = args.own_server();
    if own {
        args.check_own()?;
    } else if args.token.is_none() {
        return Err(SimulateError::Options(
            "the server at the URL wants a bearer token: give it with --token".to_owned(),
        )
        .into());
    }
    let scenario = args.scenario.as_deref().map(read).transpose()?;
    let (client, url) = match (&scenario, args.client) {
        (Some(scenario), url) => (scenario.client, url),
        (None, name) => {
            let name = name.unwrap_or_default();
            let client: Client = name
                .parse()
                .map_err(|all| SimulateCommandError::Client(name, all))?;
            (client, args.url)
        }
    };
    let of = scenario.as_ref();
    let seed = args.seed.or(of.map(|of| of.seed)).unwrap_or(1);
    let threshold = args.threshold.or(of.and_then(|of| of.threshold));
    let month = Duration::from_secs(30 * 24 * 3600);
    let plan = Plan {
        client,
        seed,
        people: args.people.or(of.map(|of| of.people)).unwrap_or(200),
        span: args.span.or(of.map(|of| of.span)).unwrap_or(month),
        around_the_clock: of.is_some_and(|of| of.around_the_clock),
        pace: args.pace.or(of.map(|of| of.pace)).unwrap_or(1000),
        domain: args
            .domain
            .unwrap_or_else(|| format!("{client}-{seed}.example")),
        groups: args.group_prefix.unwrap_or_default(),
        threshold: Some(threshold.unwrap_or(THRESHOLD)).filter(|most| *most > 0),
        incidents: of.map(|of| of.incidents.clone()).unwrap_or_default(),
    };
    let other_tokens: BTreeMap<_, _> = args.other_token.into_iter().collect();
    Ok(Options {
        url: url.unwrap_or_default(),
        token: args.token.filter(|_| !own).unwrap_or_default().into(),
        other_tokens,
        policy: args.policy.or(of.map(|of| of.policy)).unwrap_or_default(),
        speed: args.speed,
        plan,
        expect: of.map(|of| of.expect.clone()),
        watching: of.map_or_else(Watching::default, |of| Watching {
            token_lasts: of.token_lasts,
            reader: None,
            questions: of.questions.clone(),
            alerts: of.alerts.clone(),
            others: of.others,
        }),
        checks: scenario.map(|of| of.checks).unwrap_or_default(),
    })
}

fn read(file: &std::path::Path) -> Result<Scenario, SimulateCommandError> {
    let wrong = |reason| SimulateCommandError::Scenario {
        file: file.display().to_string(),
        reason,
    };
    let text = std::fs::read_to_string(file).map_err(|error| wrong(error.to_string()))?;
    Scenario::parse(&text).map_err(wrong)
}
