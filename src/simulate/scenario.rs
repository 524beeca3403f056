//! Scenarios: a simulation with its incidents, and what is to come of it, as a TOML file.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, de};
use serde_json::Value;

use super::asked::Question;
use super::client::Client;
use super::compare::Policy;
use super::incident::Timed;
use super::watched::{Expected, Others};
use crate::clock::parse_duration;

/// A scenario file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// What it is about, in a few words.
    pub title: String,
    /// The client.
    pub client: Client,
    /// Decides names, events and their times.
    #[serde(default = "one")]
    pub seed: u64,
    /// People at the start.
    pub people: usize,
    /// How long.
    #[serde(deserialize_with = "span")]
    pub span: Duration,
    /// How much happens beside the incidents, in thousandths of the usual.
    #[serde(default = "usual")]
    pub pace: u64,
    /// It happens at night and on weekends too.
    #[serde(default)]
    pub around_the_clock: bool,
    /// Removals in a cycle that Entra lets pass; 0: any number.
    pub threshold: Option<usize>,
    /// How long the client's own token lives, on a server of the simulation's own; as long as can
    /// be if it is not said.
    #[serde(default, deserialize_with = "some_span")]
    pub token_lasts: Option<Duration>,
    /// The policy that the scenario is meant for.
    #[serde(default)]
    pub policy: Policy,
    /// What an operator of the server should see.
    pub expect: String,
    /// What goes wrong.
    #[serde(default, rename = "incident")]
    pub incidents: Vec<Timed>,
    /// What the report has to show.
    #[serde(default, rename = "check")]
    pub checks: Vec<Check>,
    /// What the server has to raise, if it is the simulation's own.
    #[serde(default, rename = "alert")]
    pub alerts: Vec<Expected>,
    /// What an operator asks it, and which cause the diagnosis has to name.
    #[serde(default, rename = "diagnosis")]
    pub questions: Vec<Question>,
    /// What else it may raise.
    #[serde(default)]
    pub others: Others,
}

const fn one() -> u64 {
    1
}

const fn usual() -> u64 {
    1000
}

pub(super) fn span<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let text = String::deserialize(deserializer)?;
    parse_duration(&text)
        .ok_or_else(|| de::Error::custom("expected a length of time such as 12h or 30d"))
}

pub(super) fn some_span<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Duration>, D::Error> {
    span(deserializer).map(Some)
}

/// A number of the report and its bounds.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// Where in the report: a JSON pointer. Of a list or an object its length counts; what is
    /// not there counts as 0.
    pub of: String,
    /// At least so much.
    #[serde(default)]
    pub at_least: Option<u64>,
    /// At most so much.
    #[serde(default)]
    pub at_most: Option<u64>,
    /// Exactly so much.
    #[serde(default)]
    pub is: Option<u64>,
}

/// A check that was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Checked {
    /// What was looked at.
    pub of: String,
    /// What was asked for.
    pub wanted: String,
    /// What was there.
    pub found: u64,
    /// Whether that is right.
    pub ok: bool,
}

impl Scenario {
    /// Reads a scenario; the error says where it is wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        let scenario: Self = toml::from_str(text).map_err(|error| error.to_string())?;
        for question in &scenario.questions {
            question.check(scenario.span)?;
        }
        Ok(scenario)
    }
}

impl Check {
    /// Looks at a report.
    pub(super) fn of(&self, report: &Value) -> Checked {
        let found = match report.pointer(&self.of) {
            Some(Value::Array(all)) => u64::try_from(all.len()).unwrap_or(u64::MAX),
            Some(Value::Object(all)) => u64::try_from(all.len()).unwrap_or(u64::MAX),
            Some(value) => value.as_u64().unwrap_or(0),
            None => 0,
        };
        let bounds = [
            ("exactly", self.is, self.is.is_none_or(|is| found == is)),
            (
                "at least",
                self.at_least,
                self.at_least.is_none_or(|least| found >= least),
            ),
            (
                "at most",
                self.at_most,
                self.at_most.is_none_or(|most| found <= most),
            ),
        ];
        let wanted: Vec<_> = bounds
            .iter()
            .filter_map(|(word, bound, _)| bound.map(|bound| format!("{word} {bound}")))
            .collect();
        Checked {
            of: self.of.clone(),
            wanted: wanted.join(" and "),
            found,
            ok: bounds.iter().all(|(_, _, fine)| *fine),
        }
    }
}

impl fmt::Display for Checked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = if self.ok { "ok" } else { "NOT OK" };
        write!(
            f,
            "{verdict}: {} is {}, wanted {}",
            self.of, self.found, self.wanted
        )
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::simulate::incident::Incident;

    #[test]
    fn a_file_is_read_and_mistakes_in_it_are_refused() {
        let text = r#"
            title = "t"
            client = "entra-legacy"
            people = 10
            span = "2d"
            expect = "nothing"
            [[incident]]
            at = "90m"
            what = "flap"
            times = 3
            every = "1h"
            [[check]]
            of = "/differences"
            is = 0
            [[alert]]
            rule = "D6"
            severity = "warning"
            within = "6h"
        "#;
        let scenario = Scenario::parse(text).unwrap();
        assert_eq!(scenario.client, Client::EntraLegacy);
        assert_eq!(
            scenario.incidents[0].incident,
            Incident::Flap {
                times: 3,
                every: Duration::from_secs(3600)
            }
        );
        for (from, to) in [
            ("times = 3", "times = 3\nevry = 2"),
            ("90m", "90"),
            ("flap", "flop"),
            ("people", "peple"),
            ("is = 0", "equals = 0"),
            ("\"D6\"", "\"D66\""),
            ("severity", "badness"),
        ] {
            assert!(Scenario::parse(&text.replace(from, to)).is_err(), "{to}");
        }
    }

    #[test]
    fn checks_count_lists_and_compare_numbers() {
        let report = json!({"statuses": {"401": 7}, "differences": [1, 2], "failed": 3});
        let check = |of: &str, least, most, is| {
            let check = Check {
                of: of.to_owned(),
                at_least: least,
                at_most: most,
                is,
            };
            let checked = check.of(&report);
            (checked.found, checked.ok)
        };
        assert_eq!(check("/statuses/401", Some(7), None, None), (7, true));
        assert_eq!(check("/statuses/500", None, Some(0), None), (0, true));
        assert_eq!(check("/differences", None, None, Some(3)), (2, false));
        assert_eq!(check("/failed", Some(1), Some(2), None), (3, false));
    }
}
