//! `scimtop replay`: recorded exchanges once more, to a scratch server.

use std::path::PathBuf;

use clap::Args;

use super::CommandError;
use super::out::Out;
use crate::replay::{self, GivenToken, LISTED, Options, RETRIES, ReplayError};

/// Sends recorded exchanges again and compares the answers.
#[derive(Clone, Debug, Args)]
pub struct ReplayArgs {
    /// What `requests export` wrote
    pub file: PathBuf,
    /// Base URL of a scratch server (`http://127.0.0.1:8080/scim/v2`)
    pub url: String,
    /// Token of the scratch server for an Org of the file, or without `ORG=` for all; may be
    /// given several times
    #[arg(
        long,
        value_name = "ORG=TOKEN",
        env = "SCIM_TOKEN",
        hide_env_values = true
    )]
    pub token: Vec<String>,
    /// File with such tokens, one a line, which no process list shows
    #[arg(long, value_name = "FILE")]
    pub tokens: Option<PathBuf>,
    /// So many times as fast as recorded [default: as fast as it is answered]
    #[arg(long, value_name = "N")]
    pub speed: Option<f64>,
    /// Times to send a request again while the server answers 429 or 503
    #[arg(long, default_value_t = RETRIES)]
    pub retries: u32,
    /// Differences to list
    #[arg(long, default_value_t = LISTED)]
    pub show: usize,
    /// Send even if the server holds users or groups already
    #[arg(long)]
    pub into_nonempty: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Why a replay did not end well.
#[derive(Debug, thiserror::Error)]
pub enum ReplayCommandError {
    /// It could not be made.
    #[error(transparent)]
    Replay(#[from] ReplayError),
    /// It was made and found differences; or nothing could be printed.
    #[error(transparent)]
    Command(#[from] CommandError),
}

/// Replays and prints the report; progress goes to standard error.
pub async fn run(args: ReplayArgs) -> Result<(), ReplayCommandError> {
    let mut options = Options::new(args.file, args.url);
    options.tokens = args
        .token
        .iter()
        .map(|text| GivenToken::read(text))
        .collect();
    if let Some(file) = &args.tokens {
        // Named tokens count before what the environment has for all.
        let text = super::tokens(file).map_err(|error| ReplayError::File {
            path: file.clone(),
            error,
        })?;
        let lines = super::lines(&text).map(GivenToken::read);
        options.tokens.splice(0..0, lines);
    }
    options.speed = args.speed;
    options.retries = args.retries;
    options.into_nonempty = args.into_nonempty;
    options.listed = args.show;
    let report = replay::run(options, super::progress).await?;
    let mut out = Out::stdout(args.json);
    out.report(&report)
        .and_then(|()| out.flush())
        .map_err(CommandError::Output)?;
    if report.different > 0 {
        let found = format!("{} requests were answered otherwise", report.different);
        return Err(CommandError::Found(found).into());
    }
    Ok(())
}
