//! What was measured, for people and as data.

use std::fmt;

use hdrhistogram::Histogram;
use serde::Serialize;

use super::Options;

/// One measurement.
#[derive(Clone, Debug, Serialize)]
pub struct Measured {
    /// What was asked for.
    pub options: Options,
    /// Bytes a second that the dashboard wrote.
    pub bytes_per_second: f64,
    /// Bytes of the second in which it wrote most.
    pub bytes_in_fullest_second: u64,
    /// Frames a second.
    pub frames_per_second: f64,
    /// Bytes of a frame.
    pub frame_bytes: Spread,
    /// Processor time of the dashboard's threads, in percent of one core, where it is known.
    pub cpu_percent: Option<f64>,
    /// Memory of the program, which is dashboard, recording and store in one, where it is known.
    pub memory: Option<Memory>,
    /// What the screen said of requests last.
    pub counts: Counts,
    /// Keys, if any were pressed.
    pub keys: Option<Keys>,
}

/// Resident memory in bytes.
#[derive(Clone, Copy, Debug, Serialize)]
#[allow(missing_docs)] // their names say it
pub struct Memory {
    pub start: u64,
    pub end: u64,
    /// Since the program began.
    pub highest: u64,
}

/// Requests by what became of them; `None`: the screen did not say.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Counts {
    /// Counted in the groups of a storm since it began.
    pub grouped: Option<u64>,
    /// Skipped, because the dashboard was too far behind.
    pub skipped: Option<u64>,
    /// Not recorded, because recording was.
    pub not_recorded: Option<u64>,
}

/// What became of keys.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Keys {
    /// How many had their effect.
    pub answered: u64,
    /// How many of them were moves among the groups of a storm.
    pub among_groups: u64,
    /// How many had none.
    pub unanswered: u64,
    /// From the key to its effect on the screen at the other end of the link.
    pub milliseconds: Spread,
    /// The same of keys that move within a page.
    pub moves: Spread,
    /// The same of keys after which most of the page is another one.
    pub pages: Spread,
}

/// Percentiles.
#[derive(Clone, Copy, Debug, Serialize)]
#[allow(missing_docs)] // percentiles
pub struct Spread {
    pub p50: f64,
    pub p95: f64,
    pub p99: f64,
    pub max: f64,
}

impl Spread {
    #[allow(clippy::cast_precision_loss)] // bytes and microseconds of a run
    pub(super) fn of(histogram: &Histogram<u64>, unit: f64) -> Self {
        let at = |quantile| histogram.value_at_quantile(quantile) as f64 / unit;
        Self {
            p50: at(0.5),
            p95: at(0.95),
            p99: at(0.99),
            max: histogram.max() as f64 / unit,
        }
    }
}

impl fmt::Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Options {
            rate,
            seconds,
            link_kbps,
            size: (columns, rows),
            ..
        } = &self.options;
        let link = link_kbps.map_or_else(|| "no delay".to_owned(), |kbps| format!("{kbps} kbit/s"));
        writeln!(
            f,
            "{columns}x{rows}, {rate} req/s, {seconds} s, link: {link}"
        )?;
        let kilo = self.bytes_per_second / 1_000.0;
        writeln!(
            f,
            "bytes     {kilo:.2} KB/s, {} in the fullest second",
            self.bytes_in_fullest_second
        )?;
        let Spread { p50, p95, p99, max } = self.frame_bytes;
        writeln!(
            f,
            "frames    {:.1} a second, bytes of one: p50 {p50} p95 {p95} p99 {p99} max {max}",
            self.frames_per_second
        )?;
        match self.cpu_percent {
            Some(percent) => writeln!(f, "processor {percent:.2} % of a core")?,
            None => writeln!(f, "processor not known here")?,
        }
        if let Some(Memory {
            start,
            end,
            highest,
        }) = self.memory
        {
            let [start, end, highest] = [start, end, highest].map(|bytes| bytes >> 20);
            writeln!(
                f,
                "memory    {start} MiB at the start, {end} at the end, {highest} at the highest"
            )?;
        }
        let Counts {
            grouped,
            skipped,
            not_recorded,
        } = self.counts;
        let [grouped, skipped, not_recorded] =
            [grouped, skipped, not_recorded].map(Option::unwrap_or_default);
        writeln!(
            f,
            "requests  {grouped} counted in groups, {skipped} skipped, {not_recorded} not recorded"
        )?;
        if let Some(keys) = &self.keys {
            writeln!(
                f,
                "keys      {} answered ({} among groups), {} not",
                keys.answered, keys.among_groups, keys.unanswered
            )?;
            for (name, spread) in [
                ("all", keys.milliseconds),
                ("moves", keys.moves),
                ("pages", keys.pages),
            ] {
                let Spread { p50, p95, p99, max } = spread;
                writeln!(
                    f,
                    "  {name:<8}ms: p50 {p50:.1} p95 {p95:.1} p99 {p99:.1} max {max:.1}"
                )?;
            }
        }
        Ok(())
    }
}
