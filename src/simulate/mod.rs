//! Identity providers, simulated: each keeps a directory of its own, decides what changed, and
//! sends what the real client would.
//!
//! The machines (`direct`, `entra`) and the `simulation` around them are pure: state, time
//! and the last answers in, requests out. `drive` alone does I/O. Everything follows from the
//! seed: the same requests in the same order, whatever the server's speed. Requests of one wave
//! are in flight together, and their answers are taken in the order of the requests.
//!
//! At the end the provider's directory is held against what the server lists.

mod asked;
mod book;
mod client;
mod company;
mod compare;
mod dice;
mod direct;
mod drive;
mod entra;
mod event;
mod incident;
mod inside;
mod life;
mod machine;
mod pool;
mod report;
mod scenario;
mod simulation;
mod talk;
#[cfg(test)]
mod tests;
mod urn;
mod watched;

use std::collections::BTreeMap;
use std::time::Duration;

pub use asked::{Asked, Question};
pub use book::Failed;
pub use client::Client;
pub use compare::{Difference, Policy};
pub use incident::{Deed, Incident, Timed};
pub use inside::{Inside, Network};
pub use machine::Quarantine;
pub use report::{Counts, Report};
pub use scenario::{Check, Checked, Scenario};
pub use simulation::{Plan, start};
pub use watched::{Expected, Others, Watched};

use crate::wire::{Token, Unusable};
use drive::Driver;
use simulation::Simulation;

/// A simulation against a server.
#[derive(Clone, Debug)]
pub struct Options {
    /// Base URL of the SCIM service, `http` only.
    pub url: String,
    /// Its bearer token.
    pub token: Token,
    /// Tokens that incidents may name.
    pub other_tokens: BTreeMap<String, Token>,
    /// What is simulated.
    pub plan: Plan,
    /// What the server does with disabled accounts.
    pub policy: Policy,
    /// Simulated seconds in a second; `None`: as fast as the server answers.
    pub speed: Option<f64>,
    /// What an operator is to see.
    pub expect: Option<String>,
    /// What the report has to show.
    pub checks: Vec<Check>,
    /// What the scenario says of a server of the simulation's own.
    pub watching: Watching,
}

/// What a scenario says of a server of the simulation's own.
#[derive(Clone, Debug, Default)]
pub struct Watching {
    /// How long the client's token lives; `None`: as long as can be.
    pub token_lasts: Option<Duration>,
    /// The token that the comparison is made with: the client's own may have ended.
    pub reader: Option<Token>,
    /// What an operator asks it.
    pub questions: Vec<Question>,
    /// Alerts that it has to raise.
    pub alerts: Vec<Expected>,
    /// What else it may raise.
    pub others: Others,
}

/// Why a simulation could not be made or finished.
#[derive(Debug, thiserror::Error)]
pub enum SimulateError {
    /// The URL or a token cannot be used.
    #[error(transparent)]
    Target(#[from] Unusable),
    /// An option that cannot be honoured; the text names it and the way out.
    #[error("{0}")]
    Options(String),
    /// The server in this process could not go on; the text says why.
    #[error("the simulation's own server: {0}")]
    Inside(String),
    /// The server's directory could not be read for the comparison.
    #[error(
        "the comparison failed: GET {path} answered {status} (0: nothing); give a base URL and \
         a token that may read everything"
    )]
    List {
        /// `/Users` or `/Groups`.
        path: String,
        /// The answer's status.
        status: u16,
    },
}

/// Runs a simulation and compares; `progress` hears a line for every simulated day. Requests go to
/// the server that is `inside` this process, or over the network to the one at the URL.
pub async fn run(
    options: Options,
    inside: Option<&dyn Inside>,
    progress: impl Fn(&str) + Sync,
) -> Result<Report, SimulateError> {
    if options
        .speed
        .is_some_and(|speed| !speed.is_finite() || speed <= 0.0)
    {
        return Err(SimulateError::Options(
            "--speed is simulated seconds in a second: give a number above 0".to_owned(),
        ));
    }
    if let Some(of_server) = of_server(&options.plan).filter(|_| inside.is_none()) {
        return Err(SimulateError::Options(format!(
            "`{of_server}` happens to a server of the simulation's own: leave the URL out"
        )));
    }
    let mut simulation = Simulation::new(&options.plan, options.url.trim_end_matches('/'));
    let mut driver = Driver::new(&options, inside, &simulation.way)?;
    driver.run(&mut simulation, &progress).await?;
    let seconds = driver.seconds();
    let watching = &options.watching;
    let watched = inside.map(|inside| {
        Watched::new(
            &inside.told(),
            &options.plan.incidents,
            simulation.start,
            &watching.alerts,
            watching.others,
            std::mem::take(&mut driver.answers),
        )
    });
    let listed = driver.list().await?;
    let machine = &*simulation.machine;
    let book = machine.book();
    let mut report = Report {
        client: options.plan.client.to_string(),
        seed: options.plan.seed,
        policy: options.policy,
        from: simulation.start,
        to: simulation.now,
        seconds,
        people: simulation.company.people.len(),
        events: simulation.events,
        requests: driver.requests,
        resent: driver.resent(),
        retries: driver.retries,
        scanned: driver.scanned,
        failed: book.failed,
        failures: book.failures.clone(),
        quarantines: machine.quarantines().to_vec(),
        listed: Counts::of(&listed.users, &listed.groups),
        differences: compare::compare(&simulation.company, machine, options.policy, &listed),
        operations: driver.operations,
        statuses: driver.statuses,
        made_up_tokens: driver.made_up,
        expect: options.expect,
        watched,
        checks: Vec::new(),
    };
    let seen = serde_json::to_value(&report).unwrap_or_default();
    report.checks = options.checks.iter().map(|check| check.of(&seen)).collect();
    Ok(report)
}

/// An incident that only a server of the simulation's own can meet.
fn of_server(plan: &Plan) -> Option<String> {
    let mut incidents = plan.incidents.iter().map(|timed| &timed.incident);
    incidents.find(|one| one.of_server()).map(Incident::name)
}
