//! Diagnoses: questions of the support desk, each answered by checks in a fixed order and one
//! sentence for the identity provider's administrator.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ids::RequestId;

/// What is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum About {
    /// A user that was not created, or is not what it should be.
    User,
    /// A group that does not follow the identity provider.
    Group,
    /// Slow answers.
    Latency,
    /// Refused credentials, and requests that reach nothing.
    Auth,
}

impl About {
    /// Stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Group => "group",
            Self::Latency => "latency",
            Self::Auth => "auth",
        }
    }
}

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// Nothing is wrong there.
    Ok,
    /// This is a cause.
    Problem,
    /// It cannot be told from what is kept.
    Unknown,
}

impl Outcome {
    /// Stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Problem => "problem",
            Self::Unknown => "unknown",
        }
    }
}

/// One check and what it found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Check {
    /// Stable name.
    pub name: String,
    /// How it ended.
    pub outcome: Outcome,
    /// What was found, as a clause that goes on a sentence.
    pub finding: String,
    /// Requests that show it, newest first; five at most.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<RequestId>,
    /// What to do, in order; empty if nothing needs doing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<String>,
}

/// Requests named as evidence.
const EVIDENCE: usize = 5;

impl Check {
    fn new(name: &str, outcome: Outcome, finding: impl Into<String>) -> Self {
        Self {
            name: name.to_owned(),
            outcome,
            finding: finding.into(),
            evidence: Vec::new(),
            steps: Vec::new(),
        }
    }

    /// Nothing is wrong.
    pub fn fine(name: &str, finding: impl Into<String>) -> Self {
        Self::new(name, Outcome::Ok, finding)
    }

    /// A cause, and what to do about it.
    pub fn problem<S: Into<String>>(
        name: &str,
        finding: impl Into<String>,
        steps: impl IntoIterator<Item = S>,
    ) -> Self {
        Self {
            steps: steps.into_iter().map(Into::into).collect(),
            ..Self::new(name, Outcome::Problem, finding)
        }
    }

    /// It cannot be told.
    pub fn unknown(name: &str, finding: impl Into<String>) -> Self {
        Self::new(name, Outcome::Unknown, finding)
    }

    /// The same, with what to do if it is one.
    #[must_use]
    pub fn advising(mut self, steps: Vec<String>) -> Self {
        self.steps = steps;
        self
    }

    /// The same, shown by these requests.
    #[must_use]
    pub fn shown_by(mut self, requests: impl IntoIterator<Item = RequestId>) -> Self {
        self.evidence = requests.into_iter().take(EVIDENCE).collect();
        self
    }
}

/// The answer to a question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Diagnosis {
    /// What was asked about.
    pub about: About,
    /// The Org's name; `None`: all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub org: Option<String>,
    /// The user or group, as it was named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// The checks, in the order in which causes are looked for.
    pub checks: Vec<Check>,
    /// For the identity provider's administrator.
    pub sentence: String,
}

impl Diagnosis {
    /// The causes that were found.
    pub fn problems(&self) -> impl Iterator<Item = &Check> {
        self.checks
            .iter()
            .filter(|check| check.outcome == Outcome::Problem)
    }

    /// Puts the checks together; the sentence tells the first cause and what to do about it.
    pub fn of(
        about: About,
        org: Option<String>,
        subject: Option<String>,
        checks: Vec<Check>,
    ) -> Self {
        let mut diagnosis = Self {
            about,
            org,
            subject,
            checks,
            sentence: String::new(),
        };
        diagnosis.sentence = diagnosis.conclude();
        diagnosis
    }

    /// The check that the sentence tells: the first cause, or else the first that may be one.
    pub fn cause(&self) -> Option<&Check> {
        let may_be = |check: &&Check| check.outcome == Outcome::Unknown && !check.steps.is_empty();
        let first = self.problems().next();
        first.or_else(|| self.checks.iter().find(may_be))
    }

    fn conclude(&self) -> String {
        let whom = match (&self.subject, &self.org) {
            (Some(subject), Some(org)) => format!("{} {subject} in Org {org}", self.about.as_str()),
            (Some(subject), None) => format!("{} {subject}", self.about.as_str()),
            (None, Some(org)) => format!("{} in Org {org}", self.about.as_str()),
            (None, None) => self.about.as_str().to_owned(),
        };
        let Some(first) = self.cause() else {
            let state = self
                .checks
                .iter()
                .find(|check| check.name == self.about.as_str());
            let state = state.map_or(String::new(), |check| format!(" ({})", check.finding));
            return format!("{whom}: the SCIM server finds nothing wrong on its side{state}.");
        };
        let request = match first.evidence.first() {
            Some(request) => format!(" (request {request})"),
            None => String::new(),
        };
        let steps = if first.steps.is_empty() {
            String::new()
        } else {
            format!("; to do: {}", first.steps.join(", then "))
        };
        format!("{whom}: {}{request}{steps}.", first.finding)
    }
}
