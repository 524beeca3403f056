//! Puts a WHERE clause together from fixed texts and bound values: no text from outside ever
//! becomes SQL.

use rusqlite::ToSql;
use rusqlite::types::{ToSqlOutput, Value};

use crate::store::column::signed;

/// Conditions joined by AND, with their values in order.
#[derive(Clone, Debug)]
pub(super) struct Conditions {
    text: String,
    values: Vec<Value>,
}

impl Conditions {
    /// No condition yet: true for every row.
    pub fn new() -> Self {
        Self {
            text: "1".to_owned(),
            values: Vec::new(),
        }
    }

    /// Adds a condition; each `?` in it takes the next of `values`.
    pub fn and<const N: usize>(&mut self, condition: &str, values: [&dyn ToSql; N]) {
        self.text.push_str(" AND ");
        self.text.push_str(condition);
        self.values.extend(values.into_iter().map(value));
    }

    /// Adds `condition` if there is a value for its one `?`.
    pub fn and_some(&mut self, condition: &str, value: Option<&dyn ToSql>) {
        if let Some(value) = value {
            self.and(condition, [value]);
        }
    }

    /// Adds another clause with its values.
    pub fn and_clause(&mut self, text: &str, values: Vec<Value>) {
        self.text.push_str(" AND ");
        self.text.push_str(text);
        self.values.extend(values);
    }

    /// Adds what follows the conditions, such as an order with its limit.
    pub fn then(&mut self, tail: &str, limit: u64) {
        self.text.push_str(tail);
        self.values.push(signed(limit).into());
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    pub fn values(&self) -> &[Value] {
        &self.values
    }
}

/// The value as SQLite stores it.
pub(super) fn value(value: &dyn ToSql) -> Value {
    match value.to_sql() {
        Ok(ToSqlOutput::Owned(value)) => value,
        Ok(ToSqlOutput::Borrowed(value)) => value.try_into().unwrap_or(Value::Null),
        // None of the house's column types refuses; NULL compares true with nothing.
        _ => Value::Null,
    }
}
