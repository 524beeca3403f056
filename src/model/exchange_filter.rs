//! The filter language for exchanges, the same in the dashboard and in every command.
//!
//! ```text
//! client:okta op:delete,deactivate status>=400 latency>200ms not subject:"ada l" since:10m
//! ```
//!
//! Bare words match subject, path and what was done; values after a comma are alternatives;
//! `source:` takes a part of an address or a network (`10.2.0.0/16`); `and` (which may be left
//! out), `or`, `not` and parentheses combine. Pure: the time that `since:` counts from is an
//! argument, and length and nesting are bounded.

use std::ops::Range;
use std::time::Duration;

use crate::clock::Timestamp;
use crate::model::exchange::{ExchangeSummary, Operation};
use crate::model::network::Network;

mod parse;

/// A parsed filter. The default matches everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExchangeFilter(Option<Node>);

/// Why a filter could not be read, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct FilterError {
    /// The bytes at fault; never empty unless the fault is at the end.
    pub span: Range<usize>,
    /// What is wrong and what to write instead.
    pub message: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Node {
    And(Vec<Node>),
    Or(Vec<Node>),
    Not(Box<Node>),
    Term(Term),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Term {
    /// A bare word.
    Any(String),
    /// A text field that contains one of these (in lower case).
    Text(Field, Vec<String>),
    /// The operation is one of these.
    Operation(Vec<Operation>),
    /// The status compares so with one of these ranges.
    Status(Comparison, Vec<Range<u64>>),
    /// The latency, in microseconds, compares so.
    Latency(Comparison, u64),
    /// It began no longer ago than this.
    Since(Duration),
    /// An operator marked it in a dashboard.
    Marked,
}

/// A field that is searched as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Client,
    Subject,
    User,
    Group,
    Org,
    Token,
    Method,
    Quirk,
    ScimType,
    Path,
    What,
    Source,
    Request,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comparison {
    Equal,
    Unequal,
    Less,
    AtMost,
    Greater,
    AtLeast,
}

impl ExchangeFilter {
    /// Reads a filter; empty text matches everything.
    pub fn parse(text: &str) -> Result<Self, FilterError> {
        parse::parse(text).map(Self)
    }

    /// True if it matches everything.
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// True if its outermost part is an `or`: a further term needs parentheses around it.
    pub fn is_or(&self) -> bool {
        matches!(self.0, Some(Node::Or(_)))
    }

    /// Reads a filter for where there are no marks.
    pub fn without_marks(text: &str) -> Result<Self, FilterError> {
        let filter = Self::parse(text)?;
        if filter.is_about_marks() {
            return Err(FilterError {
                span: 0..text.len(),
                message: "`is:marked` is for the dashboard, where the marks are.".to_owned(),
            });
        }
        Ok(filter)
    }

    /// True if marking an exchange may change whether it matches.
    pub fn is_about_marks(&self) -> bool {
        self.0.as_ref().is_some_and(Node::is_about_marks)
    }

    /// True if `exchange`, which is not marked, is one to show; `now` is what `since:` counts from.
    pub fn matches(&self, exchange: &ExchangeSummary, now: Timestamp) -> bool {
        self.admits(exchange, now, false)
    }

    /// True if `exchange` is one to show.
    pub fn admits(&self, exchange: &ExchangeSummary, now: Timestamp, marked: bool) -> bool {
        self.0
            .as_ref()
            .is_none_or(|node| node.matches(exchange, now, marked))
    }
}

impl Node {
    // Recursion is bounded by the parser's depth.
    fn matches(&self, exchange: &ExchangeSummary, now: Timestamp, marked: bool) -> bool {
        let matches = |node: &Self| node.matches(exchange, now, marked);
        match self {
            Self::And(nodes) => nodes.iter().all(matches),
            Self::Or(nodes) => nodes.iter().any(matches),
            Self::Not(node) => !matches(node),
            Self::Term(term) => term.matches(exchange, now, marked),
        }
    }

    fn is_about_marks(&self) -> bool {
        match self {
            Self::And(nodes) | Self::Or(nodes) => nodes.iter().any(Self::is_about_marks),
            Self::Not(node) => node.is_about_marks(),
            Self::Term(term) => *term == Term::Marked,
        }
    }
}

impl Term {
    fn matches(&self, exchange: &ExchangeSummary, now: Timestamp, marked: bool) -> bool {
        match self {
            Self::Any(word) => [&exchange.subject, &exchange.path, &exchange.what]
                .into_iter()
                .any(|text| contains(text, word)),
            Self::Text(field, words) => words.iter().any(|word| field.matches(exchange, word)),
            Self::Operation(operations) => operations.contains(&exchange.operation),
            Self::Status(comparison, ranges) => ranges
                .iter()
                .any(|range| comparison.holds(u64::from(exchange.status), range)),
            Self::Latency(comparison, micros) => {
                comparison.holds(exchange.latency_us, &(*micros..micros.saturating_add(1)))
            }
            Self::Since(span) => exchange.at >= now.minus(*span),
            Self::Marked => marked,
        }
    }
}

impl Field {
    fn matches(self, exchange: &ExchangeSummary, word: &str) -> bool {
        let label = exchange.token_label.as_deref().unwrap_or_default();
        match self {
            Self::Client => exchange.client.as_str() == word || contains(label, word),
            Self::Subject => contains(&exchange.subject, word),
            Self::User => on(&exchange.path, "/Users") && contains(&exchange.subject, word),
            Self::Group => on(&exchange.path, "/Groups") && contains(&exchange.subject, word),
            Self::Org => exchange
                .org
                .is_some_and(|org| org.to_string() == word || (org.0 == 0 && word == "primary")),
            Self::Token => {
                exchange.token.as_ref().is_some_and(|id| id.0 == word) || contains(label, word)
            }
            Self::Method => exchange.method.eq_ignore_ascii_case(word),
            Self::Quirk => exchange.quirks.iter().any(|quirk| contains(quirk, word)),
            Self::ScimType => {
                let named = exchange.scim_type.as_deref();
                named.is_some_and(|named| named.eq_ignore_ascii_case(word))
            }
            Self::Path => contains(&exchange.path, word),
            Self::What => contains(&exchange.what, word),
            Self::Source if word.contains('/') => is_within(&exchange.source, word),
            Self::Source => contains(&exchange.source, word),
            Self::Request => exchange.request.to_string().starts_with(word),
        }
    }
}

impl Comparison {
    /// Compares with a range: equal means inside, less means below, greater means above.
    fn holds(self, value: u64, range: &Range<u64>) -> bool {
        match self {
            Self::Equal => range.contains(&value),
            Self::Unequal => !range.contains(&value),
            Self::Less => value < range.start,
            Self::AtMost => value < range.end,
            Self::Greater => value >= range.end,
            Self::AtLeast => value >= range.start,
        }
    }
}

fn on(path: &str, resource: &str) -> bool {
    path.contains(resource)
}

/// Whether an address is one of a network, such as `10.2.0.0/16`.
fn is_within(address: &str, network: &str) -> bool {
    match (network.parse::<Network>(), address.parse()) {
        (Ok(network), Ok(address)) => network.holds(address),
        _ => false,
    }
}

/// Whether `text` contains `word`, which is in lower case, without regard to case.
fn contains(text: &str, word: &str) -> bool {
    text.to_lowercase().contains(word)
}

/// Writes `value` as one value of the filter language, in quotes where it needs them.
pub fn quote(value: &str) -> String {
    let plain = !value.is_empty()
        && value
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '@' | '/' | '+'))
        && !["and", "or", "not"].contains(&value.to_lowercase().as_str());
    if plain {
        return value.to_owned();
    }
    let mut out = String::with_capacity(value.len() + 2);
    out.push('"');
    for c in value.chars() {
        if matches!(c, '"' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out.push('"');
    out
}

#[cfg(test)]
pub(crate) mod tests;
