//! The order of a list by an attribute (RFC 7644 §3.4.2.3): a missing value comes last, in a
//! descending order first; of several values the primary one counts, or else the first.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::clock::Timestamp;
use crate::scim::filter::Target;
use crate::scim::fold::fold;
use crate::scim::schema::Type;

/// By what a list is sorted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sort {
    /// The attribute; `None` is the order of creation.
    pub target: Option<Target>,
    /// From the greatest to the least.
    pub descending: bool,
}

/// The value that places a resource in a sorted list. Values of one attribute have one kind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum SortKey {
    Bool(bool),
    Number(f64),
    Time(i64),
    Text(String),
    Missing,
}

impl SortKey {
    /// The key of `resource` for the attribute `target`.
    pub fn of(target: &Target, resource: &Value) -> Self {
        leaf(target, resource)
            .and_then(|leaf| match target.kind {
                Type::Boolean => leaf.as_bool().map(Self::Bool),
                Type::Integer | Type::Decimal => leaf.as_f64().map(Self::Number),
                Type::DateTime => Timestamp::parse(leaf.as_str()?).map(|at| Self::Time(at.0)),
                _ if target.case_exact => leaf.as_str().map(|text| Self::Text(text.to_owned())),
                _ => leaf
                    .as_str()
                    .map(|text| Self::Text(fold(text).into_owned())),
            })
            .unwrap_or(Self::Missing)
    }

    fn rank(&self) -> u8 {
        match self {
            Self::Bool(_) => 0,
            Self::Number(_) => 1,
            Self::Time(_) => 2,
            Self::Text(_) => 3,
            Self::Missing => 4,
        }
    }

    /// Ascending order.
    pub fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Bool(a), Self::Bool(b)) => a.cmp(b),
            (Self::Number(a), Self::Number(b)) => a.total_cmp(b),
            (Self::Time(a), Self::Time(b)) => a.cmp(b),
            (Self::Text(a), Self::Text(b)) => a.cmp(b),
            _ => self.rank().cmp(&other.rank()),
        }
    }
}

fn leaf<'a>(target: &Target, resource: &'a Value) -> Option<&'a Value> {
    let holder = match &target.extension {
        Some(urn) => resource.get(urn)?,
        None => resource,
    };
    let item = chosen(holder.get(&target.attribute)?)?;
    match &target.sub {
        Some(sub) => chosen(item.get(sub)?),
        // `sortBy=emails` can only mean what each of them holds.
        None => Some(item.get("value").unwrap_or(item)),
    }
}

/// Of a list, the primary value or else the first.
fn chosen(value: &Value) -> Option<&Value> {
    let Value::Array(items) = value else {
        return Some(value);
    };
    items
        .iter()
        .find(|item| item.get("primary") == Some(&Value::Bool(true)))
        .or(items.first())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_primary_value_or_the_first_counts() {
        let target = Target {
            extension: None,
            attribute: "emails".to_owned(),
            sub: Some("value".to_owned()),
            kind: Type::String,
            case_exact: false,
            multi_valued: true,
        };
        for (emails, expected) in [
            (
                json!([{"value": "B"}, {"value": "a", "primary": true}]),
                SortKey::Text("a".into()),
            ),
            (
                json!([{"value": "B"}, {"value": "a"}]),
                SortKey::Text("b".into()),
            ),
            (json!([]), SortKey::Missing),
            (json!(null), SortKey::Missing),
            (json!([{"value": 7}]), SortKey::Missing),
        ] {
            assert_eq!(SortKey::of(&target, &json!({ "emails": emails })), expected);
        }
    }

    #[test]
    fn a_missing_value_is_greater_than_any() {
        let text = SortKey::Text("z".into());
        assert_eq!(text.cmp(&SortKey::Missing), Ordering::Less);
        assert_eq!(
            SortKey::Number(2.0).cmp(&SortKey::Number(10.0)),
            Ordering::Less
        );
        assert_eq!(SortKey::Missing.cmp(&SortKey::Missing), Ordering::Equal);
    }
}
