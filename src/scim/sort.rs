//! The order of resources under `sortBy` and `sortOrder` (RFC 7644 §3.4.2.3).

use std::cmp::Ordering;

use serde_json::Value;

use crate::clock::Timestamp;
use crate::scim::document::elements;
use crate::scim::error::{ScimError, ScimType};
use crate::scim::filter::Limits;
use crate::scim::fold::fold;
use crate::scim::list::SortOrder;
use crate::scim::path;
use crate::scim::quirk::Tolerance;
use crate::scim::schema::{ResourceType, Type};
use crate::scim::value::is_primary;

/// What to sort by, resolved against one resource type; names are canonical.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sort {
    /// URN of the extension that holds the attribute.
    pub extension: Option<String>,
    /// Attribute.
    pub attribute: String,
    /// Sub-attribute.
    pub sub: Option<String>,
    /// Direction.
    pub order: SortOrder,
    kind: Type,
    case_exact: bool,
}

/// The value of one resource under a [`Sort`].
#[derive(Clone, Debug, PartialEq)]
pub enum SortKey {
    /// False before true.
    Bool(bool),
    /// A number.
    Number(f64),
    /// A moment.
    DateTime(Timestamp),
    /// A string; folded unless the attribute is case-exact.
    Text(String),
    /// No value: last when ascending, first when descending.
    Missing,
}

impl Sort {
    /// Resolves `sortBy`. A complex attribute stands for its `value`.
    ///
    /// # Errors
    /// 400 `invalidValue` if there is no such attribute, or it has no single value to sort by.
    pub fn new(sort_by: &str, order: SortOrder, rt: &ResourceType) -> Result<Self, ScimError> {
        let error = || {
            ScimError::new(
                ScimType::InvalidValue,
                "`sortBy` must name an attribute that has an order, such as `userName` or `name.familyName`.",
            )
        };
        let path = path::parse(
            sort_by.trim(),
            &Limits::default(),
            &mut Tolerance::default(),
        );
        let path = path
            .ok()
            .filter(|path| path.filter.is_none())
            .ok_or_else(error)?;
        let name = &path.attr;
        let found = rt
            .resolve(name.urn.as_deref(), &name.name, name.sub.as_deref())
            .ok_or_else(error)?;
        let sub = match found.leaf().kind {
            Type::Complex => Some(found.attribute.sub("value").ok_or_else(error)?),
            _ => found.sub,
        };
        let leaf = sub.unwrap_or(found.attribute);
        if leaf.kind == Type::Binary {
            return Err(error());
        }
        Ok(Self {
            extension: found.extension.map(str::to_owned),
            attribute: found.attribute.name.clone(),
            sub: sub.map(|sub| sub.name.clone()),
            order,
            kind: leaf.kind,
            case_exact: leaf.case_exact,
        })
    }

    /// The key of `resource`, a whole representation: of a list its primary value, else its first.
    pub fn key(&self, resource: &Value) -> SortKey {
        let holder = match &self.extension {
            Some(urn) => resource.get(urn),
            None => Some(resource),
        };
        let value = holder.and_then(|holder| holder.get(&self.attribute));
        let element = value.and_then(|value| {
            let primary = elements(value).find(|element| is_primary(element));
            primary.or_else(|| elements(value).next())
        });
        let leaf = match &self.sub {
            Some(sub) => element.and_then(|element| element.get(sub)),
            None => element,
        };
        leaf.and_then(|leaf| self.typed(leaf))
            .unwrap_or(SortKey::Missing)
    }

    /// Compares two keys of this sort in its direction.
    pub fn compare(&self, left: &SortKey, right: &SortKey) -> Ordering {
        let ascending = left.cmp(right);
        match self.order {
            SortOrder::Ascending => ascending,
            SortOrder::Descending => ascending.reverse(),
        }
    }

    fn typed(&self, value: &Value) -> Option<SortKey> {
        match self.kind {
            Type::Boolean => value.as_bool().map(SortKey::Bool),
            Type::Integer | Type::Decimal => value.as_f64().map(SortKey::Number),
            Type::DateTime => Timestamp::parse(value.as_str()?).map(SortKey::DateTime),
            _ if self.case_exact => value.as_str().map(|text| SortKey::Text(text.to_owned())),
            _ => value
                .as_str()
                .map(|text| SortKey::Text(fold(text).into_owned())),
        }
    }
}

impl SortKey {
    /// Order among keys of different kinds, which one [`Sort`] only makes with `Missing`.
    fn rank(&self) -> u8 {
        match self {
            Self::Bool(_) => 0,
            Self::Number(_) => 1,
            Self::DateTime(_) => 2,
            Self::Text(_) => 3,
            Self::Missing => 4,
        }
    }
}

impl Ord for SortKey {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Bool(left), Self::Bool(right)) => left.cmp(right),
            (Self::Number(left), Self::Number(right)) => left.total_cmp(right),
            (Self::DateTime(left), Self::DateTime(right)) => left.cmp(right),
            (Self::Text(left), Self::Text(right)) => left.cmp(right),
            _ => self.rank().cmp(&other.rank()),
        }
    }
}

impl PartialOrd for SortKey {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Eq for SortKey {}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Sort, SortOrder};
    use crate::scim::builtin::registry;

    #[test]
    fn orders() {
        let rt = registry(Vec::new()).unwrap().user;
        let users = [
            json!({"id": "1", "userName": "Bob", "externalId": "b", "active": true,
                "emails": [{"value": "z@x"}, {"value": "a@x", "primary": true}]}),
            json!({"id": "2", "userName": "alice", "externalId": "B", "active": false,
                "emails": [{"value": "M@x"}], "name": {"familyName": "Zed"},
                "meta": {"created": "2026-01-01T00:00:00+01:00"}}),
            json!({"id": "3", "userName": "Émile", "meta": {"created": "2025-12-31T23:30:00Z"},
                "name": {"familyName": "adams"}}),
        ];
        let rows = [
            ("userName", "2 1 3"),
            ("externalId", "2 1 3"),
            ("active", "2 1 3"),
            ("emails", "1 2 3"),
            ("emails.value", "1 2 3"),
            ("name.familyName", "3 2 1"),
            ("meta.created", "2 3 1"),
        ];
        for (sort_by, ascending) in rows {
            for (order, expected) in [
                (SortOrder::Ascending, ascending.to_owned()),
                (SortOrder::Descending, ascending.chars().rev().collect()),
            ] {
                let sort = Sort::new(sort_by, order, &rt).unwrap();
                let mut sorted: Vec<_> = users.iter().collect();
                sorted.sort_by(|left, right| sort.compare(&sort.key(left), &sort.key(right)));
                let ids: Vec<_> = sorted
                    .iter()
                    .filter_map(|user| user["id"].as_str())
                    .collect();
                assert_eq!(ids.join(" "), expected, "{sort_by} {order:?}");
            }
        }
    }

    #[test]
    fn what_has_no_order() {
        let rt = registry(Vec::new()).unwrap().user;
        for sort_by in [
            "shoeSize",
            "name",
            "addresses",
            "x509Certificates",
            "emails[type eq \"x\"]",
            "a b",
            "",
        ] {
            assert!(
                Sort::new(sort_by, SortOrder::Ascending, &rt).is_err(),
                "{sort_by}"
            );
        }
    }
}
