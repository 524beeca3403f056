//! `bulkId:…` in data and paths: finding and replacing it (RFC 7644 §3.7.2).
//!
//! A reference ends at a quote, a slash, a bracket or the end of the string, so that it is also
//! found in `$ref` and in the filter of a PATCH path. Documents are walked with a list of what is
//! left to do, not by recursion.

use std::ops::Range;

use serde_json::{Map, Value};

use crate::scim::error::{ScimError, ScimType};

const PREFIX: &str = "bulkId:";

/// The ids that `text` refers to, with the range of the whole reference.
fn references(text: &str) -> impl Iterator<Item = (Range<usize>, &str)> {
    text.match_indices(PREFIX).map(|(start, _)| {
        let rest = &text[start + PREFIX.len()..];
        let length = rest.find(['"', '/', ']', '[']).unwrap_or(rest.len());
        let id = &rest[..length];
        (start..start + PREFIX.len() + length, id)
    })
}

/// Calls `found` with every id that `text` refers to.
pub(super) fn in_text<'t>(text: &'t str, found: &mut impl FnMut(&'t str)) {
    references(text).for_each(|(_, id)| found(id));
}

/// Calls `found` with every id that `value` refers to.
pub(super) fn in_value<'v>(value: &'v Value, found: &mut impl FnMut(&'v str)) {
    let mut left = vec![value];
    while let Some(value) = left.pop() {
        match value {
            Value::String(text) => in_text(text, found),
            Value::Array(values) => left.extend(values),
            Value::Object(object) => left.extend(object.values()),
            _ => {}
        }
    }
}

/// `data` with every reference replaced by the id that `resolve` gives for it.
///
/// # Errors
/// 409 if one has no id: no operation creates it, or that operation failed.
pub fn substitute(
    data: &Value,
    resolve: &dyn Fn(&str) -> Option<String>,
) -> Result<Value, ScimError> {
    let mut data = data.clone();
    let mut left = vec![&mut data];
    while let Some(value) = left.pop() {
        match value {
            Value::String(text) if text.contains(PREFIX) => *text = substitute_path(text, resolve)?,
            Value::Array(values) => left.extend(values),
            Value::Object(object) => left.extend(object.values_mut()),
            _ => {}
        }
    }
    Ok(data)
}

/// As [`substitute`], for one string such as an operation's path.
///
/// # Errors
/// As [`substitute`].
pub fn substitute_path(
    text: &str,
    resolve: &dyn Fn(&str) -> Option<String>,
) -> Result<String, ScimError> {
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for (range, id) in references(text) {
        // A reference cannot begin inside another: an id may hold the prefix itself.
        if range.start < done {
            continue;
        }
        let id = resolve(id).ok_or_else(unresolved)?;
        out.push_str(&text[done..range.start]);
        out.push_str(&id);
        done = range.end;
    }
    out.push_str(&text[done..]);
    Ok(out)
}

/// Splits the attributes of a POST in a circle into those it can be created with now, and those
/// that refer to any of `unresolved` and are to be added, as the `value` of a path-less PATCH,
/// once these exist.
pub fn defer(data: &Value, unresolved: &[String]) -> (Value, Value) {
    let Value::Object(attributes) = data else {
        return (data.clone(), Value::Object(Map::new()));
    };
    let waits = |value: &Value| {
        let mut waits = false;
        in_value(value, &mut |id| {
            waits |= unresolved.iter().any(|other| other == id)
        });
        waits
    };
    let attributes = attributes
        .iter()
        .map(|(key, value)| (key.clone(), value.clone()));
    let (later, now): (Map<_, _>, Map<_, _>) = attributes.partition(|(_, value)| waits(value));
    (now.into(), later.into())
}

fn unresolved() -> ScimError {
    ScimError {
        status: 409,
        scim_type: Some(ScimType::InvalidValue),
        detail: "The operation refers to a `bulkId` that no operation of this request has created."
            .to_owned(),
    }
}
