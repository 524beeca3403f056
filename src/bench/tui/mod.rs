//! A stopwatch for the dashboard: runs it in a pseudo-terminal over made-up traffic, reads what it
//! writes as slowly as a link would carry it, presses keys, and reports bytes, frames, processor
//! time, memory, what became of requests, and how long a key takes until its effect is on the
//! screen.
//!
//! It knows the dashboard as a program with a terminal, nothing more.

mod link;
mod meter;
mod pty;
mod report;
mod script;

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use super::error::BenchError;
pub use report::{Counts, Keys, Measured, Memory, Spread};

/// What to measure.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Options {
    /// Requests a second that arrive.
    pub rate: u32,
    /// Seconds to measure for, once the dashboard is there.
    pub seconds: u64,
    /// Speed of the link in kilobits a second; `None`: faster than anything is written.
    pub link_kbps: Option<u64>,
    /// Columns and rows.
    pub size: (u16, u16),
    /// Press keys.
    pub keys: bool,
}

/// Measures the dashboard that `program` runs; what it prints is its screen. `scratch` is a
/// directory that may be written to.
pub fn run(options: &Options, program: Command) -> Result<Measured, BenchError> {
    let (columns, rows) = options.size;
    if options.seconds == 0 || columns < 20 || rows < 5 || options.link_kbps == Some(0) {
        let text = "give at least a second, 20x5 cells and a link that carries something";
        return Err(BenchError::Options(text.to_owned()));
    }
    let failed = |error: std::io::Error| BenchError::Terminal(error.to_string());
    let mut pty = pty::Pty::spawn(program, options.size).map_err(failed)?;
    let measured = meter::Meter::new(options, &mut pty).and_then(|meter| meter.run());
    pty.end();
    measured.map_err(failed)
}

/// A directory that goes when this does.
pub struct Scratch(std::path::PathBuf);

impl Scratch {
    /// Makes one.
    pub fn new() -> Result<Self, BenchError> {
        let path = std::env::temp_dir().join(format!("scimtop-bench-{}", std::process::id()));
        std::fs::create_dir_all(&path).map_err(|error| BenchError::Terminal(error.to_string()))?;
        Ok(Self(path))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // It is in the system's directory for what may go.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// How long something that has to happen is waited for.
const PATIENCE: Duration = Duration::from_secs(20);
