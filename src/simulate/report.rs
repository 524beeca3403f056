//! What a simulation did and found. Serializes for `--json`; prints for people.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;
use serde_json::Value;

use super::book::Failed;
use super::compare::{Difference, Policy};
use super::machine::Quarantine;
use super::scenario::Checked;
use super::watched::Watched;
use crate::clock::Timestamp;
use crate::text::clean;

/// Differences and failures that are printed one by one.
const SHOWN: usize = 20;

/// A whole simulation.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The simulated client.
    pub client: String,
    /// What decided everything.
    pub seed: u64,
    /// What the server was taken to do with disabled accounts.
    pub policy: Policy,
    /// Begin of the simulated time.
    pub from: Timestamp,
    /// Its end.
    pub to: Timestamp,
    /// How long that took, in seconds.
    pub seconds: f64,
    /// People at the end, with those who left.
    pub people: usize,
    /// Events of working life.
    pub events: u64,
    /// Requests, without those of the comparison.
    pub requests: u64,
    /// Requests by kind.
    pub operations: BTreeMap<String, u64>,
    /// Answers by status; 0: none.
    pub statuses: BTreeMap<u16, u64>,
    /// Requests sent again over a new connection, because the old one had ended.
    pub resent: u64,
    /// Requests sent again because the server asked for a pause.
    pub retries: u64,
    /// Requests with tokens that were made up.
    pub scanned: u64,
    /// How much the client could not do.
    pub failed: u64,
    /// What it could not do, of very much the first; at Okta: tasks.
    pub failures: Vec<Failed>,
    /// When it kept away from the server.
    pub quarantines: Vec<Quarantine>,
    /// Tokens that incidents named and the command was not given.
    pub made_up_tokens: Vec<String>,
    /// Users and groups that the server lists at the end.
    pub listed: Counts,
    /// What the two directories do not agree on.
    pub differences: Vec<Difference>,
    /// What the scenario says that an operator is to see.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expect: Option<String>,
    /// What the server told its operators, if it was the simulation's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub watched: Option<Watched>,
    /// What the scenario asked to be checked.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<Checked>,
}

/// How much there is at the server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Users.
    pub users: usize,
    /// Of them active.
    pub active: usize,
    /// Groups.
    pub groups: usize,
    /// Members of all groups.
    pub members: usize,
}

impl Counts {
    /// Counts what was listed.
    pub(super) fn of(users: &[Value], groups: &[Value]) -> Self {
        let members = |group: &Value| group["members"].as_array().map_or(0, Vec::len);
        Self {
            users: users.len(),
            active: users.iter().filter(|user| user["active"] != false).count(),
            groups: groups.len(),
            members: groups.iter().map(members).sum(),
        }
    }
}

impl Report {
    /// True if everything is as it should be: what a scenario asks for, else no difference.
    pub fn ok(&self) -> bool {
        if !self.watched.as_ref().is_none_or(Watched::ok) {
            false
        } else if self.checks.is_empty() {
            self.differences.is_empty()
        } else {
            self.checks.iter().all(|check| check.ok)
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let days = self.to.since(self.from).as_secs_f64() / 86_400.0;
        writeln!(
            f,
            "{}: {days:.1} days of {} people, {} events in {:.1} s",
            self.client, self.people, self.events, self.seconds
        )?;
        writeln!(f, "{} requests", self.requests)?;
        for (operation, count) in &self.operations {
            writeln!(f, "  {count:>8}  {operation}")?;
        }
        let statuses: Vec<_> = self
            .statuses
            .iter()
            .map(|(status, count)| format!("{status}: {count}"))
            .collect();
        writeln!(f, "answers {}", statuses.join(", "))?;
        for name in &self.made_up_tokens {
            writeln!(
                f,
                "no token `{name}` was given: one that was never issued was used"
            )?;
        }
        if self.failed > 0 {
            writeln!(f, "{} could not be done:", self.failed)?;
        }
        for failed in self.failures.iter().take(SHOWN) {
            writeln!(
                f,
                "  {} {}: {} answered {} {}",
                failed.at,
                clean(&failed.subject),
                failed.operation,
                failed.status,
                clean(&failed.detail)
            )?;
        }
        for quarantine in &self.quarantines {
            let until = quarantine
                .until
                .map_or_else(|| "the end".to_owned(), |until| until.to_string());
            writeln!(
                f,
                "quarantine from {} until {until}: {}",
                quarantine.from,
                clean(&quarantine.reason)
            )?;
        }
        writeln!(
            f,
            "the server lists {} users ({} active), {} groups with {} members",
            self.listed.users, self.listed.active, self.listed.groups, self.listed.members
        )?;
        writeln!(f, "{} differences", self.differences.len())?;
        for difference in self.differences.iter().take(SHOWN) {
            writeln!(f, "  {}", clean(&difference.to_string()))?;
        }
        if self.differences.len() > SHOWN {
            writeln!(f, "  … and {} more", self.differences.len() - SHOWN)?;
        }
        if let Some(expect) = &self.expect {
            writeln!(f, "what an operator should see: {}", expect.trim())?;
        }
        if let Some(watched) = &self.watched {
            write!(f, "{watched}")?;
        }
        for check in &self.checks {
            writeln!(f, "{check}")?;
        }
        Ok(())
    }
}
