//! A load generator for any SCIM 2.0 server, ours or another's; and in [`tui`] a stopwatch for
//! the dashboard.
//!
//! It creates its own users and groups under a prefix of its own, measures phases against them
//! (what identity providers do: create, look up, filter, list, add a member …) and deletes what
//! it created. It knows the server by its protocol alone: of the other rooms it
//! imports nothing but the HTTP client, [`wire`](crate::wire).
//!
//! An answer counts as a success only if its status and its content are what the request asked
//! for; everything else is counted apart, by kind, and never enters a latency.

mod cycles;
mod directory;
mod drive;
mod error;
mod growth;
mod load;
mod options;
mod pace;
pub(crate) mod people;
mod phases;
mod report;
mod runner;
#[cfg(test)]
mod stub;
mod table;
mod tally;
mod target;
pub mod tenants;
#[cfg(test)]
mod tests;
pub mod tui;

pub use error::BenchError;
pub use options::{Options, Phase};
pub use report::{Growth, Loaded, Machine, Point, Report, Row, Skipped, ratio};
pub use tally::Latency;
pub use target::Server;

/// Measures the server that `options` name and reports; `progress` hears a line per step.
///
/// What was created is deleted again, also after a failed measurement, unless `options.keep`.
pub async fn run(options: Options, progress: impl Fn(&str)) -> Result<Report, BenchError> {
    options.check()?;
    let mut runner = runner::Runner::connect(options, &progress).await?;
    let measured = runner.measure().await;
    runner.clean_up().await;
    measured?;
    Ok(runner.into_report())
}
