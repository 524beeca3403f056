//! What operators type to find users and groups: a SCIM filter, or words.

use crate::ops::api::{Failure, OpsError};
use crate::ops::house::House;
use crate::scim::filter::{self, Expr, Unknown};
use crate::scim::quirk::{Dialect, Tolerance};
use crate::scim::schema::Kind;

/// What only a filter says.
const OPERATORS: [&str; 10] = ["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le", "pr"];

/// The bound filter that `text` stands for; `None` for an empty text.
pub(super) fn expr(house: &House, kind: Kind, text: &str) -> Result<Option<Expr>, OpsError> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    match bound(house, kind, text) {
        Ok(expr) => Ok(Some(expr)),
        Err(why) if looks_like_a_filter(text) => Err(why),
        Err(_) => bound(house, kind, &containing(kind, text)).map(Some),
    }
}

fn bound(house: &House, kind: Kind, text: &str) -> Result<Expr, OpsError> {
    let mut tolerance = Tolerance::new(Dialect::Auto);
    let resource_type = house.provision.registry().of(kind);
    filter::parse(text, &house.provision.limits.filter, &mut tolerance)
        .and_then(|filter| filter::bind(&filter, resource_type, Unknown::Refuse, &mut tolerance))
        .map_err(|error| OpsError::new(Failure::Invalid, format!("filter, {error}")))
}

/// True if a word that is an operator stands behind another.
fn looks_like_a_filter(text: &str) -> bool {
    text.split_whitespace().skip(1).any(|word| {
        OPERATORS
            .iter()
            .any(|operator| word.eq_ignore_ascii_case(operator))
    })
}

/// A filter for what holds every word in a name, an address or the `externalId`.
fn containing(kind: Kind, text: &str) -> String {
    let attributes: &[&str] = match kind {
        Kind::User => &["userName", "displayName", "emails.value", "externalId"],
        Kind::Group => &["displayName", "externalId"],
    };
    let words = text.split_whitespace().map(|word| {
        let quoted = serde_json::Value::from(word);
        let each = attributes.iter().map(|name| format!("{name} co {quoted}"));
        format!("({})", each.collect::<Vec<_>>().join(" or "))
    });
    words.collect::<Vec<_>>().join(" and ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_told_from_filters() {
        for (text, filter) in [
            ("ada", false),
            ("ada lovelace", false),
            ("prudence", false),
            ("pr", false),
            ("userName eq", true),
            ("userName EQ \"a\" and", true),
            ("title pr", true),
        ] {
            assert_eq!(looks_like_a_filter(text), filter, "{text}");
        }
        assert_eq!(
            containing(Kind::Group, "a\"b c"),
            r#"(displayName co "a\"b" or externalId co "a\"b") and (displayName co "c" or externalId co "c")"#
        );
    }
}
