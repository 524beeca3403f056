//! What a server of the simulation's own told its operators: alerts, how long after their cause,
//! diagnoses, and whether that is what the scenario expects.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, de};

use super::asked::Asked;
use super::incident::Timed;
use super::scenario::span;
use crate::clock::Timestamp;
use crate::model::alert::{AlertChange, Rule, Severity, State};
use crate::text::{clean, length};

/// An alert that a scenario expects.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    /// Id or name of the rule.
    #[serde(deserialize_with = "rule")]
    pub rule: Rule,
    /// The worst that it gets.
    pub severity: Severity,
    /// It is that bad so long after the incident before it at the latest.
    #[serde(deserialize_with = "span")]
    pub within: Duration,
    /// How many of them there are.
    #[serde(default = "one")]
    pub count: usize,
    /// What each of them says: in its subject, its cause or its next steps, without case.
    #[serde(default)]
    pub names: Vec<String>,
}

const fn one() -> usize {
    1
}

fn rule<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Rule, D::Error> {
    let text = String::deserialize(deserializer)?;
    Rule::parse(&text).ok_or_else(|| de::Error::custom("expected a rule such as A1"))
}

/// What may be told beside what is expected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Others {
    /// Nothing.
    None,
    /// Information.
    Info,
    /// Nothing critical.
    Warning,
    /// Anything.
    #[default]
    Any,
}

impl Others {
    const fn allow(self, severity: Severity) -> bool {
        match self {
            Self::None => false,
            Self::Info => matches!(severity, Severity::Info),
            Self::Warning => !matches!(severity, Severity::Critical),
            Self::Any => true,
        }
    }
}

/// An alert from its beginning to its end, as far as it was told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Told {
    /// Id of the rule.
    pub rule: &'static str,
    /// The rule in words.
    pub title: String,
    /// What it is about.
    pub subject: String,
    /// The worst it was.
    pub severity: Severity,
    /// When it was told first.
    pub from: Timestamp,
    /// When it was that bad.
    pub worst: Timestamp,
    /// When it was over; `None`: it was not.
    pub until: Option<Timestamp>,
    /// Seconds from the last incident before it until it was that bad.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after_seconds: Option<u64>,
    /// How often something about it was told.
    pub times: usize,
    /// The cause, when it was worst.
    pub why: String,
    /// What to do.
    pub steps: Vec<String>,
}

/// A change of an alert.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// When.
    pub at: Timestamp,
    /// Id of the rule.
    pub rule: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// Firing or ok.
    pub state: State,
    /// What it is about.
    pub subject: String,
    /// The cause.
    pub why: String,
    /// What to do.
    pub steps: Vec<String>,
    /// Why nobody is told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quiet: Option<&'static str>,
}

/// An incident, and the first alert after it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Cause {
    /// When.
    pub at: Timestamp,
    /// What, as the scenario names it.
    pub what: String,
    /// Rule of the first alert that began before the next incident.
    pub rule: Option<&'static str>,
    /// Seconds until then.
    pub after_seconds: Option<u64>,
}

/// Whether what was expected came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Found {
    /// What was expected.
    pub wanted: String,
    /// What came.
    pub came: String,
    /// Whether that is right.
    pub ok: bool,
}

/// Everything that was told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Watched {
    /// How many alerts, by the worst they were.
    pub counts: BTreeMap<&'static str, usize>,
    /// Each incident and the first alert after it.
    pub incidents: Vec<Cause>,
    /// Every alert.
    pub alerts: Vec<Told>,
    /// Every change, those that nobody is told of too.
    pub changes: Vec<Change>,
    /// What was asked, and what the diagnosis was.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub diagnoses: Vec<Asked>,
    /// What the scenario expects.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub expected: Vec<Found>,
}

impl Watched {
    /// Looks through what was told in a simulation that began at `start`.
    pub fn new(
        changes: &[AlertChange],
        incidents: &[Timed],
        start: Timestamp,
        expected: &[Expected],
        others: Others,
        answers: Vec<(Asked, Found)>,
    ) -> Self {
        let causes: Vec<_> = incidents
            .iter()
            .map(|timed| (start.plus(timed.at), timed.incident.name()))
            .collect();
        let alerts = told(changes, &causes);
        let mut counts: BTreeMap<_, _> = [Severity::Critical, Severity::Warning, Severity::Info]
            .map(|severity| (severity.as_str(), 0))
            .into();
        for alert in &alerts {
            *counts.entry(alert.severity.as_str()).or_default() += 1;
        }
        let mut found: Vec<_> = expected.iter().map(|one| one.of(&alerts)).collect();
        if others != Others::Any {
            found.push(surplus(&alerts, expected, others));
        }
        let (diagnoses, named): (Vec<_>, Vec<_>) = answers.into_iter().unzip();
        found.extend(named);
        Self {
            counts,
            diagnoses,
            incidents: first_alerts(causes, &alerts),
            expected: found,
            changes: changes.iter().map(change).collect(),
            alerts,
        }
    }

    /// True if everything that was expected came, and nothing else.
    pub fn ok(&self) -> bool {
        self.expected.iter().all(|found| found.ok)
    }
}

fn change(change: &AlertChange) -> Change {
    Change {
        at: change.at,
        rule: change.rule.id(),
        severity: change.severity,
        state: change.state,
        subject: change.subject.clone(),
        why: change.why.clone(),
        steps: change.steps.clone(),
        quiet: change.quiet.map(|quiet| quiet.as_str()),
    }
}

/// Alerts from their beginnings to their ends, in the order of their beginnings.
fn told(changes: &[AlertChange], causes: &[(Timestamp, String)]) -> Vec<Told> {
    let mut open: BTreeMap<&str, usize> = BTreeMap::new();
    let mut all: Vec<Told> = Vec::new();
    for change in changes {
        let print = change.fingerprint.as_str();
        if change.state == State::Ok {
            if let Some(place) = open.remove(print) {
                all[place].until = Some(change.at);
            }
            continue;
        }
        if change.quiet.is_some() {
            continue;
        }
        let place = *open.entry(print).or_insert(all.len());
        if place == all.len() {
            all.push(Told {
                rule: change.rule.id(),
                title: change.title.clone(),
                subject: change.subject.clone(),
                severity: change.severity,
                from: change.at,
                worst: change.at,
                until: None,
                after_seconds: None,
                times: 0,
                why: change.why.clone(),
                steps: change.steps.clone(),
            });
        }
        let alert = &mut all[place];
        alert.times += 1;
        if change.severity > alert.severity {
            alert.severity = change.severity;
            alert.worst = change.at;
            alert.why.clone_from(&change.why);
            alert.steps.clone_from(&change.steps);
        }
    }
    for alert in &mut all {
        let before = causes.iter().filter(|(at, _)| *at <= alert.from);
        let cause = before.map(|(at, _)| *at).max();
        alert.after_seconds = cause.map(|at| alert.worst.since(at).as_secs());
    }
    all
}

fn first_alerts(causes: Vec<(Timestamp, String)>, alerts: &[Told]) -> Vec<Cause> {
    let times: Vec<_> = causes.iter().map(|(at, _)| *at).collect();
    let causes = causes.into_iter().map(|(at, what)| {
        let next = times.iter().filter(|time| **time > at).min();
        let first = alerts
            .iter()
            .filter(|alert| alert.from >= at && next.is_none_or(|next| alert.from < *next))
            .min_by_key(|alert| alert.from);
        Cause {
            at,
            what,
            rule: first.map(|alert| alert.rule),
            after_seconds: first.map(|alert| alert.from.since(at).as_secs()),
        }
    });
    causes.collect()
}

impl Expected {
    fn is(&self, alert: &Told) -> bool {
        alert.rule == self.rule.id() && alert.severity == self.severity
    }

    fn of(&self, alerts: &[Told]) -> Found {
        let those: Vec<_> = alerts.iter().filter(|alert| self.is(alert)).collect();
        let latest = those.iter().filter_map(|alert| alert.after_seconds).max();
        let late = latest.is_some_and(|after| after > self.within.as_secs());
        let (names, unsaid) = said_and_not(&self.names, |name| {
            those.iter().all(|alert| alert.says(name))
        });
        let after = latest.map_or_else(String::new, |latest| {
            format!(", the last after {}", length(Duration::from_secs(latest)))
        });
        Found {
            ok: those.len() == self.count && !late && unsaid.is_empty(),
            wanted: format!(
                "{} {} {} within {}{names}",
                self.count,
                self.rule.id(),
                self.severity.as_str(),
                length(self.within)
            ),
            came: format!("{}{after}{unsaid}", those.len()),
        }
    }
}

/// `, naming a, b` of all that is to be said, and `, not naming b` of what is not; `says` gets
/// them in lower case.
pub(super) fn said_and_not(names: &[String], says: impl Fn(&str) -> bool) -> (String, String) {
    let listed = |what: &str, names: Vec<&str>| match names.as_slice() {
        [] => String::new(),
        names => format!(", {what} {}", names.join(", ")),
    };
    let all = names.iter().map(String::as_str);
    let unsaid = all.clone().filter(|name| !says(&name.to_lowercase()));
    (
        listed("naming", all.collect()),
        listed("not naming", unsaid.collect()),
    )
}

impl Told {
    fn says(&self, name: &str) -> bool {
        let all = format!("{} {} {}", self.subject, self.why, self.steps.join(" "));
        all.to_lowercase().contains(name)
    }
}

fn surplus(alerts: &[Told], expected: &[Expected], others: Others) -> Found {
    let surplus: Vec<_> = alerts
        .iter()
        .filter(|alert| !others.allow(alert.severity))
        .filter(|alert| !expected.iter().any(|one| one.is(alert)))
        .map(|alert| {
            format!(
                "{} {} {}",
                alert.rule,
                alert.severity.as_str(),
                alert.subject
            )
        })
        .collect();
    let wanted = match others {
        Others::None => "no other alert",
        Others::Info => "no other warning",
        Others::Warning | Others::Any => "no other critical alert",
    };
    Found {
        wanted: wanted.to_owned(),
        ok: surplus.is_empty(),
        came: match surplus.as_slice() {
            [] => "none".to_owned(),
            all => all.join("; "),
        },
    }
}

impl fmt::Display for Watched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = |name| self.counts.get(name).copied().unwrap_or(0);
        writeln!(
            f,
            "alerts: {} critical, {} warning, {} info",
            count("critical"),
            count("warning"),
            count("info")
        )?;
        for change in &self.changes {
            write!(
                f,
                "  {} {} {} {}",
                change.at,
                change.rule,
                change.severity.as_str(),
                change.state.as_str()
            )?;
            if let Some(quiet) = change.quiet {
                write!(f, " ({quiet})")?;
            }
            writeln!(f, " {}: {}", clean(&change.subject), clean(&change.why))?;
            if change.state != State::Ok {
                writeln!(f, "    next: {}", clean(&change.steps.join("; ")))?;
            }
        }
        for cause in &self.incidents {
            let first = match (cause.rule, cause.after_seconds) {
                (Some(rule), Some(after)) => {
                    format!("{rule} after {}", length(Duration::from_secs(after)))
                }
                _ => "no alert".to_owned(),
            };
            writeln!(f, "{} {}: {first}", cause.at, cause.what)?;
        }
        for asked in &self.diagnoses {
            writeln!(f, "{asked}")?;
        }
        for found in &self.expected {
            let verdict = if found.ok { "ok" } else { "NOT OK" };
            writeln!(
                f,
                "{verdict}: wanted {}; found {}",
                found.wanted,
                clean(&found.came)
            )?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
