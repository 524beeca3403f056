//! The `scimtop` command. Everything it does is in the library.

use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser as _;
use scimtop::{app, cli, secret, text};

fn main() -> ExitCode {
    let parsed = cli::Cli::try_parse().and_then(|cli| Ok((cli.place.clone(), cli.into_command()?)));
    let (place, command) = match parsed {
        Ok(parsed) => parsed,
        // Help and version are errors to clap.
        Err(error) if !error.use_stderr() => error.exit(),
        Err(error) => {
            // A secret pasted where it does not belong is not repeated.
            report(&secret::scrub(&error.to_string()));
            return ExitCode::from(2);
        }
    };
    match app::run(&place, command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report(&format!("scimtop: {error:#}"));
            ExitCode::from(app::exit_code(&error))
        }
    }
}

fn report(message: &str) {
    let lines: Vec<_> = message.lines().map(text::clean).collect();
    // Nowhere left to say that this failed.
    let _ = writeln!(std::io::stderr(), "{}", lines.join("\n"));
}
