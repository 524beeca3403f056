//! What an operator asks a server of the simulation's own, and whether the diagnosis names the
//! cause that the scenario planted.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::scenario::some_span;
use super::watched::{Found, said_and_not};
use crate::clock::Timestamp;
use crate::model::diagnosis::{About, Diagnosis};
use crate::text::clean;

/// A question, and what the diagnosis has to say.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// When, after the start; `None`: at the end.
    #[serde(default, deserialize_with = "some_span")]
    pub at: Option<Duration>,
    /// What it is about.
    pub about: About,
    /// The user or group, by name.
    #[serde(default)]
    pub which: Option<String>,
    /// The user or group that the newest request was about that this filter finds.
    #[serde(default)]
    pub of: Option<String>,
    /// The check whose finding is told; `None`: nothing is wrong.
    #[serde(default)]
    pub cause: Option<String>,
    /// What the sentence says, without case.
    #[serde(default)]
    pub names: Vec<String>,
}

/// A question that was asked, and its answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Asked {
    /// When.
    pub at: Timestamp,
    /// As on the command line: `user ada@example.com`.
    pub question: String,
    /// The check whose finding is told.
    pub cause: Option<String>,
    /// What the identity provider's administrator is told.
    pub sentence: String,
}

impl Question {
    /// Refuses one that names nobody, or too many, or comes after a scenario of that span.
    pub(super) fn check(&self, span: Duration) -> Result<(), String> {
        if self.at.is_some_and(|at| at > span) {
            return Err("a diagnosis after the end: leave `at` out to ask there".to_owned());
        }
        let named = usize::from(self.which.is_some()) + usize::from(self.of.is_some());
        let wanted = usize::from(matches!(self.about, About::User | About::Group));
        if named == wanted {
            return Ok(());
        }
        let about = self.about.as_str();
        Err(match wanted {
            1 => format!("a diagnosis of a {about} wants either `which` or `of`"),
            _ => format!("a diagnosis of {about} is about nobody: leave out `which` and `of`"),
        })
    }

    /// The answer, held against what is expected.
    pub(super) fn answered(&self, at: Timestamp, diagnosis: Diagnosis) -> (Asked, Found) {
        let cause = diagnosis.cause().map(|check| check.name.clone());
        let question = match &diagnosis.subject {
            Some(subject) => format!("{} {subject}", diagnosis.about.as_str()),
            None => diagnosis.about.as_str().to_owned(),
        };
        let said = diagnosis.sentence.to_lowercase();
        let (names, unsaid) = said_and_not(&self.names, |name| said.contains(name));
        let found = Found {
            wanted: format!("diagnose {question}: {}{names}", named(self.cause.as_ref())),
            came: format!("{}{unsaid}", named(cause.as_ref())),
            ok: cause == self.cause && unsaid.is_empty(),
        };
        let asked = Asked {
            at,
            question,
            cause,
            sentence: diagnosis.sentence,
        };
        (asked, found)
    }
}

fn named(cause: Option<&String>) -> &str {
    cause.map_or("nothing wrong", String::as_str)
}

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} diagnosis: {}", self.at, clean(&self.sentence))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::model::diagnosis::Check;

    fn question(wanted: Value) -> Question {
        serde_json::from_value(wanted).unwrap()
    }

    #[test]
    fn a_question_is_about_somebody_or_about_nobody_and_comes_in_time() {
        let day = Duration::from_secs(86_400);
        for (fine, wanted) in [
            (true, json!({"about": "auth"})),
            (true, json!({"about": "user", "which": "ada"})),
            (true, json!({"about": "group", "of": "status:400"})),
            (false, json!({"about": "group"})),
            (
                false,
                json!({"about": "user", "which": "ada", "of": "status:400"}),
            ),
            (false, json!({"about": "latency", "which": "ada"})),
            (true, json!({"about": "latency", "at": "24h"})),
            (false, json!({"about": "latency", "at": "25h"})),
        ] {
            let question = question(wanted);
            assert_eq!(question.check(day).is_ok(), fine, "{question:?}");
        }
    }

    #[test]
    fn the_cause_and_the_words_of_the_sentence_are_what_counts() {
        let at = Timestamp(0);
        let checks = vec![
            Check::fine("auth", "one refused"),
            Check::problem("expired", "okta has an expired token", ["paste another"]),
            Check::problem("scan", "somebody tries tokens", ["block it"]),
        ];
        let diagnosis = Diagnosis::of(About::Auth, None, None, checks);
        for (ok, cause, names) in [
            (true, Some("expired"), vec!["Okta", "PASTE"]),
            (false, Some("expired"), vec!["block it"]),
            (false, Some("scan"), vec![]),
            (false, None, vec![]),
        ] {
            let question = question(json!({"about": "auth", "cause": cause, "names": names}));
            let (asked, found) = question.answered(at, diagnosis.clone());
            assert_eq!(found.ok, ok, "{found:?}");
            assert_eq!(asked.cause.as_deref(), Some("expired"));
        }
        let well = Diagnosis::of(About::Auth, None, None, vec![Check::fine("auth", "none")]);
        let (asked, found) = question(json!({"about": "auth"})).answered(at, well);
        assert!(found.ok && asked.sentence.contains("nothing wrong"));
    }
}
