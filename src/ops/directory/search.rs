//! What an operator looks for: a SCIM filter, or words.

use crate::ops::api::directory::{DirectoryQuery, DirectorySort};
use crate::ops::api::{Failure, OpsError};
use crate::ops::house::House;
use crate::scim::filter::{self, Expr, FilterError, Limits, Unknown};
use crate::scim::quirk::{Dialect, Tolerance};
use crate::scim::schema::{Kind, ResourceType};
use crate::store::Sort;

/// Words looked for at most.
const MOST_WORDS: usize = 16;
/// What only a filter says (RFC 7644 §3.4.2.2).
const OPERATORS: [&str; 10] = ["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le", "pr"];

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
        Self::of(
            text,
            &provision.limits.filter,
            provision.registry().of(kind),
        )
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

/// The order that is asked for; `None`: that of creation.
pub(super) fn order(
    house: &House,
    kind: Kind,
    query: &DirectoryQuery,
) -> Result<Option<Sort>, OpsError> {
    let DirectoryQuery {
        sort, descending, ..
    } = *query;
    let name = match (sort, kind) {
        (DirectorySort::Created, _) if !descending => return Ok(None),
        (DirectorySort::Created, _) => "",
        (DirectorySort::Name, Kind::User) => "userName",
        (DirectorySort::Name, Kind::Group) | (DirectorySort::Display, _) => "displayName",
        (DirectorySort::Modified, _) => "meta.lastModified",
    };
    let target = if name.is_empty() {
        None
    } else {
        // An attribute is resolved like the `pr` of a filter.
        let Some(Expr::Present(target)) = Search::read(house, kind, &format!("{name} pr"))?.filter
        else {
            let message = format!("the schemas in force have no {name} to sort by");
            return Err(OpsError::new(Failure::Invalid, message));
        };
        Some(target)
    };
    Ok(Some(Sort { target, descending }))
}

/// True if a word that is an operator stands behind another.
fn compares(text: &str) -> bool {
    text.split_whitespace().skip(1).any(|word| {
        OPERATORS
            .iter()
            .any(|operator| word.eq_ignore_ascii_case(operator))
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
    use crate::scim::builtin::registry;

    fn read(text: &str) -> Result<Search, OpsError> {
        let registry = registry(Vec::new()).unwrap();
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
            ("userName eq", "character 12"),
            ("userName eq \"ada", "character 13"),
            ("userName eq \"a\" and", "character 20"),
            ("secret eq \"a\"", "character 1:"),
            ("active gt true", "character"),
            ("(userName pr", "character 13"),
            ("ada pr", "character 1:"),
        ] {
            let error = read(text).unwrap_err();
            assert_eq!(error.failure, Failure::Invalid);
            assert!(error.message.contains(place), "{text}: {error}");
            assert!(!error.message.contains("secret"), "{error}");
        }
        let error = read(&"x ".repeat(MOST_WORDS + 1)).unwrap_err();
        assert!(error.message.contains("16 words"), "{error}");
        assert!(read(&"x".repeat(5000)).is_err());
    }
}
