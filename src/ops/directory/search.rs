//! What an operator looks for: a SCIM filter, or words.

use crate::ops::api::{Failure, OpsError};
use crate::ops::house::House;
use crate::scim::filter::{self, Expr, FilterError, Limits, Unknown};
use crate::scim::quirk::{Dialect, Tolerance};
use crate::scim::schema::{Kind, ResourceType};

/// Words looked for at most.
const MOST_WORDS: usize = 16;
/// The comparisons of RFC 7644 §3.4.2.2, `pr` apart.
const OPERATORS: [&str; 9] = ["eq", "ne", "co", "sw", "ew", "gt", "lt", "ge", "le"];

/// One of both, or none: everything.
#[derive(Debug, PartialEq)]
pub(super) struct Search {
    pub filter: Option<Expr>,
    pub words: Vec<String>,
}

impl Search {
    /// What a text means for users or groups.
    pub fn read(house: &House, kind: Kind, text: &str) -> Result<Self, OpsError> {
        let provision = &house.provision;
        Self::of(text, &provision.limits.filter, provision.registry.of(kind))
    }

    /// A text that can be read as a filter is one. One that cannot, but compares something, was
    /// meant as one.
    fn of(text: &str, limits: &Limits, resource_type: &ResourceType) -> Result<Self, OpsError> {
        let mut tolerance = Tolerance::new(Dialect::Auto);
        match filter::parse(text, limits, &mut tolerance) {
            Ok(written) => {
                let bound = filter::bind(&written, resource_type, Unknown::Refuse, &mut tolerance);
                Ok(Self {
                    filter: Some(bound.map_err(|error| not_a_filter(&error))?),
                    words: Vec::new(),
                })
            }
            Err(error) if text.len() > limits.bytes || compares(text) => Err(not_a_filter(&error)),
            Err(_) => Self::of_words(text),
        }
    }

    fn of_words(text: &str) -> Result<Self, OpsError> {
        let words: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
        if words.len() > MOST_WORDS {
            let message = format!("look for {MOST_WORDS} words at most, or write a SCIM filter");
            return Err(OpsError::new(Failure::Invalid, message));
        }
        Ok(Self {
            filter: None,
            words,
        })
    }
}

/// True if something stands on both sides of an operator, or before a `pr`.
fn compares(text: &str) -> bool {
    let words: Vec<&str> = text.split_whitespace().collect();
    let is = |word: &str, operator: &str| word.eq_ignore_ascii_case(operator);
    words.iter().enumerate().skip(1).any(|(at, word)| {
        let last = at + 1 == words.len();
        is(word, "pr") || !last && OPERATORS.iter().any(|operator| is(word, operator))
    })
}

fn not_a_filter(error: &FilterError) -> OpsError {
    let message = format!(
        "the filter is wrong at {error} To look for words instead, leave out words that are operators."
    );
    OpsError::new(Failure::Invalid, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scim::schema::Registry;

    fn read(text: &str) -> Result<Search, OpsError> {
        let registry = Registry::new(Vec::new()).unwrap();
        Search::of(text, &Limits::default(), registry.of(Kind::User))
    }

    #[test]
    fn filters_and_words_are_told_apart() {
        for text in [
            "userName eq \"ada\"",
            "USERNAME EQ ada",
            "userName sw \"a\" and not (active eq true)",
            "externalId pr",
            "emails[type eq \"work\" and value co \"@x\"]",
        ] {
            assert!(read(text).unwrap().filter.is_some(), "{text}");
        }
        for (text, words) in [
            ("", &[][..]),
            (" \t", &[]),
            ("ada", &["ada"]),
            (" Ada  LOVELACE\n", &["Ada", "LOVELACE"]),
            ("ada@example.com", &["ada@example.com"]),
            ("(ada", &["(ada"]),
            ("rock and roll", &["rock", "and", "roll"]),
            ("eq", &["eq"]),
            ("pr ada", &["pr", "ada"]),
            ("ada eq", &["ada", "eq"]),
            ("le carré", &["le", "carré"]),
        ] {
            let search = read(text).unwrap();
            assert_eq!(
                (search.filter, search.words),
                (None, words.iter().map(|&word| word.to_owned()).collect()),
                "{text}"
            );
        }
    }

    #[test]
    fn a_wrong_filter_is_said_with_its_place_and_never_taken_for_words() {
        for (text, place) in [
            ("userName eq", None),
            ("userName eq \"ada", Some("character 13")),
            ("userName eq \"a\" and", Some("character 20")),
            ("secret eq \"a\"", Some("character 1:")),
            ("active gt true", Some("character")),
            ("(userName pr", Some("character 13")),
        ] {
            match (read(text), place) {
                (Ok(search), None) => assert!(search.filter.is_none()),
                (Err(error), Some(place)) => {
                    assert_eq!(error.failure, Failure::Invalid);
                    assert!(error.message.contains(place), "{text}: {error}");
                    assert!(!error.message.contains("secret"), "{error}");
                }
                (other, _) => panic!("{text}: {other:?}"),
            }
        }
        let error = read(&"x ".repeat(MOST_WORDS + 1)).unwrap_err();
        assert!(error.message.contains("16 words"), "{error}");
        assert!(read(&"x".repeat(5000)).is_err());
    }
}
