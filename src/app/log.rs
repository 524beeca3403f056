//! The daemon's own log: to standard error, or to a file while the dashboard has the terminal.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use tracing::level_filters::LevelFilter;

/// Logs to standard error.
pub fn to_stderr() {
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(LevelFilter::INFO)
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .finish();
    // A second subscriber in one process (tests) is refused; the first goes on.
    let _ = tracing::subscriber::set_global_default(subscriber);
}

/// Logs to `scimtop.log` in the data directory.
pub fn to_file(dir: &Path) -> std::io::Result<()> {
    let file: File = OpenOptions::new()
        .create(true)
        .append(true)
        .mode(0o600)
        .open(dir.join("scimtop.log"))?;
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(LevelFilter::INFO)
        .with_writer(file)
        .with_ansi(false)
        .finish();
    let _ = tracing::subscriber::set_global_default(subscriber);
    Ok(())
}
