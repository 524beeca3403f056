//! What a replay found: counts, and the exchanges that were answered otherwise.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;
use serde_json::Value;

use super::compare::Change;
use crate::text::clean;

/// Characters of a value in the table.
const SHOWN: usize = 40;

/// A whole replay.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Report {
    /// Exchanges in the file.
    pub exchanges: u64,
    /// Requests that were sent and answered.
    pub sent: u64,
    /// Answered as recorded.
    pub same: u64,
    /// Answered otherwise.
    pub different: u64,
    /// Exchanges that were not sent, by why.
    pub not_sent: BTreeMap<String, u64>,
    /// Sent without what the record does not hold, or compared without it, by what that is.
    pub incomplete: BTreeMap<String, u64>,
    /// Requests sent again because the server answered 429 or 503.
    pub retried: u64,
    /// Recorded ids for which the server's own stood.
    pub ids: u64,
    /// How long it took.
    pub seconds: f64,
    /// The first of those answered otherwise.
    pub differences: Vec<Difference>,
}

/// An exchange that was answered otherwise.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Difference {
    /// Line of the file.
    pub line: u64,
    /// Position in the record.
    pub seq: u64,
    /// Request id in the record.
    pub request: String,
    /// Method.
    pub method: String,
    /// Path and query as recorded.
    pub target: String,
    /// What differs.
    pub changes: Vec<Change>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} exchanges, {} sent in {:.1} s: {} answered as recorded, {} otherwise",
            self.exchanges, self.sent, self.seconds, self.same, self.different
        )?;
        for (why, count) in &self.not_sent {
            writeln!(f, "not sent: {count}, {why}")?;
        }
        for (what, count) in &self.incomplete {
            writeln!(f, "not in the record: {count} times {what}")?;
        }
        if self.retried > 0 {
            writeln!(f, "sent again after 429 or 503: {} times", self.retried)?;
        }
        for difference in &self.differences {
            let method = &difference.method;
            writeln!(
                f,
                "\nline {}  {method} {}  (request {})",
                difference.line,
                clean(&difference.target),
                difference.seq
            )?;
            for change in &difference.changes {
                let (before, now) = (shown(&change.recorded), shown(&change.now));
                writeln!(f, "  {}: recorded {before}, now {now}", clean(&change.at))?;
            }
        }
        let listed = self.differences.len() as u64;
        if listed < self.different {
            writeln!(f, "\nand {} more", self.different - listed)?;
        }
        Ok(())
    }
}

/// A value, short enough for a line.
fn shown(value: &Value) -> String {
    let text = match value {
        Value::Null => "nothing".to_owned(),
        other => other.to_string(),
    };
    let mut short: String = text.chars().take(SHOWN).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    clean(&short)
}
