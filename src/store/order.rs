//! Orders that an index gives, as SQL: the ORDER BY, and where a page behind a position begins.

use std::fmt::Write as _;

use rusqlite::types::Value;

use crate::ids::ResourceId;
use crate::store::query::{Listable, Position};
use crate::store::sort::{Sort, SortKey};
use crate::store::sql::Conditions;

/// An order that an index gives.
pub(super) struct Order {
    column: &'static str,
    nullable: bool,
    descending: bool,
}

/// Rows that have a value, and rows that have none.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Values,
    Missing,
}

impl Order {
    pub fn of<R: Listable>(sort: Option<&Sort>) -> Option<Self> {
        let target = sort.and_then(|sort| sort.target.as_ref());
        let (column, nullable) = target.map_or(Some(("key", false)), R::order_column)?;
        Some(Self {
            column,
            nullable,
            descending: sort.is_some_and(|sort| sort.descending),
        })
    }

    pub fn clause(&self) -> String {
        let direction = if self.descending { " DESC" } else { "" };
        let mut text = format!(" ORDER BY {}{direction}", self.column);
        if self.nullable {
            text.push_str(if self.descending {
                " NULLS FIRST"
            } else {
                " NULLS LAST"
            });
        }
        if self.column != "key" {
            let _ = write!(text, ", key{direction}");
        }
        text.push_str(" LIMIT ?");
        text
    }

    pub fn parts(&self) -> &'static [Part] {
        match (self.nullable, self.descending) {
            (false, _) => &[Part::Values],
            (true, false) => &[Part::Values, Part::Missing],
            (true, true) => &[Part::Missing, Part::Values],
        }
    }

    /// Adds where `part` begins behind `position`; false if all of it lies before.
    pub fn start(
        &self,
        part: Part,
        position: Option<&Position>,
        conditions: &mut Conditions,
    ) -> bool {
        let (column, beyond) = (self.column, if self.descending { "<" } else { ">" });
        if self.nullable {
            let null = if part == Part::Missing {
                "IS NULL"
            } else {
                "IS NOT NULL"
            };
            conditions.and(&format!("{column} {null}"), []);
        }
        let Some(position) = position else {
            return true;
        };
        let key = &position.key;
        if column == "key" {
            conditions.and(&format!("key {beyond} ?"), [key]);
            return true;
        }
        match (part, position.value == SortKey::Missing) {
            (Part::Missing, true) => conditions.and(&format!("key {beyond} ?"), [key]),
            // The part of the other kind is over, or still to come as a whole.
            (Part::Missing, false) => return !self.descending,
            (Part::Values, true) => return self.descending,
            (Part::Values, false) => {
                let value = self.bound(&position.value);
                // The first comparison is what the index seeks by.
                conditions.and(
                    &format!("{column} {beyond}= ? AND ({column} {beyond} ? OR key {beyond} ?)"),
                    [&value, &value, key],
                );
            }
        }
        true
    }

    fn bound(&self, value: &SortKey) -> Value {
        match value {
            SortKey::Text(id) if self.column == "id" => {
                ResourceId::parse(id).map_or(Value::Null, |id| id.0.as_bytes().to_vec().into())
            }
            SortKey::Text(text) => text.clone().into(),
            SortKey::Time(at) => (*at).into(),
            _ => Value::Null,
        }
    }
}
