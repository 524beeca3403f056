//! One value against one attribute: types, caps and the tolerances that concern values
//! (RFC 7643 §2.3, §2.4, §2.5).
//!
//! What comes out is canonical: names in the schema's spelling and order, no nulls, no empty
//! lists or objects, no value twice, at most one primary. `None` stands for an unassigned
//! value; whether an attribute may be unassigned is decided where whole documents are seen.

use std::borrow::Cow;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use serde_json::{Map, Value};

use crate::clock::Timestamp;
use crate::scim::document::canonical;
use crate::scim::error::{ScimError, ScimType};
use crate::scim::limits::Limits;
use crate::scim::quirk::{Quirk, Tolerance};
use crate::scim::schema::{Attribute, Mutability, Type};

/// What values are checked with.
pub(crate) struct Checker<'a> {
    /// Caps.
    pub limits: &'a Limits,
    /// What is understood, and what was met.
    pub tolerance: &'a mut Tolerance,
}

impl Checker<'_> {
    /// The canonical form of `value` as the whole of `attribute`.
    pub fn whole(
        &mut self,
        attribute: &Attribute,
        value: &Value,
    ) -> Result<Option<Value>, ScimError> {
        if attribute.multi_valued {
            let values = self.list(attribute, value)?;
            return Ok((!values.is_empty()).then_some(Value::Array(values)));
        }
        self.one(attribute, value)
    }

    /// The canonical values of a multi-valued attribute.
    pub fn list(&mut self, attribute: &Attribute, value: &Value) -> Result<Vec<Value>, ScimError> {
        let values = match value {
            Value::Null => &[],
            Value::Array(values) => values.as_slice(),
            // Some clients send "" for a list that has no values.
            Value::String(text) if text.is_empty() => {
                self.understand(Quirk::EmptyClears, || wrong_type(attribute, "a list"))?;
                &[]
            }
            single => {
                self.understand(Quirk::ObjectForList, || wrong_type(attribute, "a list"))?;
                std::slice::from_ref(single)
            }
        };
        Limits::check_count(&attribute.name, values.len(), self.limits.values)?;
        let mut kept = Distinct::default();
        for value in values {
            if let Some(value) = self.one(attribute, value)?
                && kept.put(value).known
            {
                self.tolerance.seen.note(Quirk::DuplicateValue);
            }
        }
        let mut kept = kept.into_values();
        self.one_primary(attribute, &mut kept)?;
        Ok(kept)
    }

    /// The canonical form of one value: of a singular attribute or of one element of a list.
    pub fn one(
        &mut self,
        attribute: &Attribute,
        value: &Value,
    ) -> Result<Option<Value>, ScimError> {
        match (attribute.kind, value) {
            (_, Value::Null) => Ok(None),
            (Type::Complex, value) => self.complex(attribute, value),
            // In strict dialect an empty string is a string like any other; empty numbers, dates
            // and booleans are no values there.
            (_, Value::String(text))
                if text.is_empty() && self.tolerance.allows(Quirk::EmptyClears) =>
            {
                Ok(None)
            }
            (kind, value) => self.simple(attribute, kind, value).map(Some),
        }
    }

    /// The object that stands for a value of a complex attribute; not yet canonical.
    pub fn object<'v>(
        &mut self,
        attribute: &Attribute,
        value: &'v Value,
    ) -> Result<Cow<'v, Map<String, Value>>, ScimError> {
        match value {
            Value::Object(object) => Ok(Cow::Borrowed(object)),
            Value::Array(values) if is_manager(attribute) && values.len() <= 1 => {
                self.understand(Quirk::BareManager, || wrong_type(attribute, "an object"))?;
                match values.first() {
                    Some(Value::Array(_)) => Err(wrong_type(attribute, "an object")),
                    Some(value) => self.object(attribute, value),
                    None => Ok(Cow::default()),
                }
            }
            Value::String(id) if is_manager(attribute) => {
                self.understand(Quirk::BareManager, || wrong_type(attribute, "an object"))?;
                let object = Map::from_iter([("value".to_owned(), id.as_str().into())]);
                Ok(Cow::Owned(object))
            }
            _ => Err(wrong_type(attribute, "an object")),
        }
    }

    /// Finds the sub-attribute that a client's key names and may write; `None` drops the key.
    pub fn sub<'s>(
        &mut self,
        attribute: &'s Attribute,
        key: &str,
    ) -> Result<Option<&'s Attribute>, ScimError> {
        let Some(sub) = attribute.sub(key) else {
            self.understand(Quirk::UnknownAttribute, || unknown(&attribute.name))?;
            return Ok(None);
        };
        self.note_case(&sub.name, key);
        if sub.mutability == Mutability::ReadOnly {
            self.tolerance.seen.note(Quirk::ReadOnlyIgnored);
            return Ok(None);
        }
        Ok(Some(sub))
    }

    /// Notes a key that is not in its canonical case (legal by RFC 7643 §2.1).
    pub fn note_case(&mut self, canonical: &str, key: &str) {
        if canonical != key {
            self.tolerance.seen.note(Quirk::CaseInsensitiveKeys);
        }
    }

    /// Goes on if the dialect understands `quirk`, else ends with `error`.
    pub fn understand(
        &mut self,
        quirk: Quirk,
        error: impl FnOnce() -> ScimError,
    ) -> Result<(), ScimError> {
        if self.tolerance.allows(quirk) {
            Ok(())
        } else {
            Err(error())
        }
    }

    fn complex(
        &mut self,
        attribute: &Attribute,
        value: &Value,
    ) -> Result<Option<Value>, ScimError> {
        let object = self.object(attribute, value)?;
        let mut found = Map::new();
        for (key, value) in object.iter() {
            if let Some(sub) = self.sub(attribute, key)?
                && let Some(value) = self.whole(sub, value)?
            {
                found.insert(sub.name.clone(), value);
            }
        }
        let emptied = object.contains_key("value") && !found.contains_key("value");
        if emptied && only_describes(&found) {
            return Ok(None);
        }
        let ordered = canonical(&attribute.sub_attributes, found);
        Ok((!ordered.is_empty()).then_some(Value::Object(ordered)))
    }

    fn simple(
        &mut self,
        attribute: &Attribute,
        kind: Type,
        value: &Value,
    ) -> Result<Value, ScimError> {
        match kind {
            Type::Boolean => self.boolean(attribute, value).map(Value::Bool),
            Type::Integer | Type::Decimal => self.number(attribute, kind, value),
            _ => self.text(attribute, kind, value).map(Value::String),
        }
    }

    fn boolean(&mut self, attribute: &Attribute, value: &Value) -> Result<bool, ScimError> {
        let error = || wrong_type(attribute, "true or false");
        match value {
            Value::Bool(value) => Ok(*value),
            Value::String(text) => {
                let value = if text.eq_ignore_ascii_case("true") {
                    true
                } else if text.eq_ignore_ascii_case("false") {
                    false
                } else {
                    return Err(error());
                };
                self.understand(Quirk::StringBoolean, error)?;
                Ok(value)
            }
            _ => Err(error()),
        }
    }

    fn number(
        &mut self,
        attribute: &Attribute,
        kind: Type,
        value: &Value,
    ) -> Result<Value, ScimError> {
        let integer = kind == Type::Integer;
        let error = || wrong_type(attribute, if integer { "an integer" } else { "a number" });
        let number = match value {
            Value::Number(number) => number.clone(),
            Value::String(text) => {
                self.understand(Quirk::NumberAsString, error)?;
                text.trim().parse().map_err(|_| error())?
            }
            _ => return Err(error()),
        };
        if integer && number.as_i64().is_none() {
            return Err(error());
        }
        Ok(Value::Number(number))
    }

    fn text(
        &mut self,
        attribute: &Attribute,
        kind: Type,
        value: &Value,
    ) -> Result<String, ScimError> {
        let error = || wrong_type(attribute, "a string");
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Number(number) if kind == Type::String => {
                self.understand(Quirk::NumberAsString, error)?;
                number.to_string()
            }
            _ => return Err(error()),
        };
        self.limits.check_text(attribute, &text)?;
        match kind {
            Type::DateTime if Timestamp::parse(&text).is_none() => Err(wrong_type(
                attribute,
                "a date and time such as 2026-11-24T19:54:36Z",
            )),
            Type::Binary if !is_base64(&text) => Err(wrong_type(attribute, "base 64")),
            _ => Ok(text),
        }
    }

    fn one_primary(
        &mut self,
        attribute: &Attribute,
        values: &mut [Value],
    ) -> Result<(), ScimError> {
        let mut primaries = values.iter_mut().filter(|value| is_primary(value));
        let _first = primaries.next();
        for value in primaries {
            let error = || {
                ScimError::new(
                    ScimType::InvalidValue,
                    format!("`{}` has several primary values; mark one.", attribute.name),
                )
            };
            if !self.tolerance.allows(Quirk::ManyPrimaries) {
                return Err(error());
            }
            value["primary"] = false.into();
        }
        Ok(())
    }
}

/// Where a value went in a list.
pub(crate) struct Merged {
    /// Its index.
    pub index: usize,
    /// True if the list had the value already.
    pub known: bool,
}

/// A list that has no value twice (RFC 7643 §2.4). Values with a `value` are the same if that and
/// their type are; others if they are all alike. Found by hash, as a client decides how many
/// there are.
#[derive(Default)]
pub(crate) struct Distinct {
    values: Vec<Value>,
    places: HashMap<(Value, Value), usize>,
}

impl Distinct {
    /// Puts `value` into the list. If it is there already its sub-attributes are merged into the
    /// one that is held.
    pub fn put(&mut self, value: Value) -> Merged {
        match self.places.entry(identity(&value)) {
            Entry::Occupied(place) => {
                let index = *place.get();
                if let (Value::Object(held), Value::Object(value)) =
                    (&mut self.values[index], value)
                {
                    held.extend(value);
                }
                Merged { index, known: true }
            }
            Entry::Vacant(place) => {
                let index = *place.insert(self.values.len());
                self.values.push(value);
                Merged {
                    index,
                    known: false,
                }
            }
        }
    }

    /// The values, in the order they came.
    pub fn into_values(self) -> Vec<Value> {
        self.values
    }
}

impl FromIterator<Value> for Distinct {
    fn from_iter<I: IntoIterator<Item = Value>>(values: I) -> Self {
        let mut distinct = Self::default();
        for value in values {
            distinct.put(value);
        }
        distinct
    }
}

/// What makes a value that value; merging never changes it.
fn identity(value: &Value) -> (Value, Value) {
    match value.get("value") {
        Some(id) => (id.clone(), value.get("type").cloned().unwrap_or_default()),
        None => (Value::Null, value.clone()),
    }
}

/// True if a complex value holds nothing but what describes a `value` that is not there.
pub(crate) fn only_describes(object: &Map<String, Value>) -> bool {
    let describes = |key: &String| {
        matches!(
            key.as_str(),
            "type" | "primary" | "display" | "displayName" | "$ref"
        )
    };
    object.keys().all(describes)
}

/// True if an element of a list is marked primary.
pub(crate) fn is_primary(value: &Value) -> bool {
    value.get("primary") == Some(&Value::Bool(true))
}

fn is_manager(attribute: &Attribute) -> bool {
    attribute.name == "manager" && !attribute.multi_valued
}

/// RFC 7643 §2.3.6 allows both alphabets of RFC 4648; padding is taken as it comes.
fn is_base64(text: &str) -> bool {
    let text = text.trim_end_matches('=');
    STANDARD_NO_PAD.decode(text).is_ok() || URL_SAFE_NO_PAD.decode(text).is_ok()
}

fn wrong_type(attribute: &Attribute, expected: &str) -> ScimError {
    ScimError::new(
        ScimType::InvalidValue,
        format!("`{}` must be {expected}.", attribute.name),
    )
}

fn unknown(owner: &str) -> ScimError {
    ScimError::new(
        ScimType::InvalidSyntax,
        format!("`{owner}` has a sub-attribute that no schema declares; leave it out."),
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_value_is_held_once_and_learns_from_its_repetition() {
        let mut list = Distinct::default();
        let places: Vec<_> = [
            json!({ "value": "a", "type": "work" }),
            json!({ "value": "a", "type": "home" }),
            json!({ "value": "a" }),
            json!({ "type": "work", "value": "a", "primary": true }),
            json!({ "type": "work" }),
            json!({ "type": "work" }),
            json!("a"),
            json!("a"),
        ]
        .into_iter()
        .map(|value| list.put(value))
        .map(|merged| (merged.index, merged.known))
        .collect();
        assert_eq!(
            places,
            [
                (0, false),
                (1, false),
                (2, false),
                (0, true),
                (3, false),
                (3, true),
                (4, false),
                (4, true),
            ]
        );
        assert_eq!(
            list.into_values(),
            [
                json!({ "value": "a", "type": "work", "primary": true }),
                json!({ "value": "a", "type": "home" }),
                json!({ "value": "a" }),
                json!({ "type": "work" }),
                json!("a"),
            ]
        );
    }
}
