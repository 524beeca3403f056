//! The daemon's own log: to standard error, or to a file while the dashboard has the terminal.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::fmt::MakeWriter;

/// Logs to standard error.
pub fn to_stderr() {
    begin(std::io::stderr);
}

/// Logs to `scimtop.log` in the data directory.
pub fn to_file(dir: &Path) -> std::io::Result<()> {
    let file = OpenOptions::new()
        .create(true)
        .append(true)
        .mode(0o600)
        .open(dir.join("scimtop.log"))?;
    begin(file);
    Ok(())
}

fn begin(writer: impl for<'w> MakeWriter<'w> + Send + Sync + 'static) {
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(LevelFilter::INFO)
        .with_writer(writer)
        .with_ansi(false)
        .finish();
    // A second subscriber in one process (tests) is refused; the first goes on.
    let _ = tracing::subscriber::set_global_default(subscriber);
}
