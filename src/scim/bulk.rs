//! Bulk requests (RFC 7644 §3.7): reading them, resolving `bulkId` references, and in which order
//! operations can be carried out.
//!
//! Ids of what a request creates are chosen before anything is created, so that every reference,
//! forward and circular ones too, is replaced first; the order then sees to it that what is
//! referred to exists in time, and operations that refer to each other form one unit.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

use serde_json::{Value, json};

use crate::ids::ResourceId;
use crate::scim::error::ScimError;
use crate::scim::message;
use crate::scim::quirk::Tolerance;
use crate::scim::schema::Kind;

/// URN of the request.
pub const REQUEST_URN: &str = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";
/// URN of the response.
pub const RESPONSE_URN: &str = "urn:ietf:params:scim:api:messages:2.0:BulkResponse";

const REFERENCE: &str = "bulkId:";

/// What an operation does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // HTTP's names
pub enum Method {
    Post,
    Put,
    Patch,
    Delete,
}

impl Method {
    /// The method's name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

/// One usable operation.
#[derive(Clone, Debug, PartialEq)]
pub struct Operation {
    /// What it does.
    pub method: Method,
    /// Whose resources.
    pub kind: Kind,
    /// The id in its path, as sent; may be a `bulkId:` reference. `None` for POST.
    pub id: Option<String>,
    /// `data`; null for DELETE.
    pub data: Value,
    /// `version`, to be taken as If-Match.
    pub version: Option<String>,
}

/// An operation as sent: usable, or why not.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// `method` as sent, for the response; empty if there is none.
    pub method: String,
    /// `bulkId` as sent.
    pub bulk_id: Option<String>,
    /// The operation.
    pub operation: Result<Operation, ScimError>,
}

/// A Bulk request.
#[derive(Clone, Debug, PartialEq)]
pub struct BulkRequest {
    /// Errors after which to stop; `None`: never.
    pub fail_on_errors: Option<u64>,
    /// Operations in the order sent.
    pub entries: Vec<Entry>,
}

/// Reads a request of at most `max_operations` operations.
///
/// # Errors
/// 400 `invalidSyntax` for a message that is none, 413 for too many operations. What is wrong
/// with one operation alone is an error of that operation.
pub fn parse(
    body: Value,
    max_operations: u64,
    tolerance: &mut Tolerance,
) -> Result<BulkRequest, ScimError> {
    let Value::Object(mut body) = body else {
        return Err(ScimError::syntax("The body must be a BulkRequest object."));
    };
    message::check(&body, REQUEST_URN, tolerance)?;
    let named = |name: &str| {
        body.keys()
            .find(|key| key.eq_ignore_ascii_case(name))
            .cloned()
    };
    let (operations, fail_on_errors) = (named("Operations"), named("failOnErrors"));
    let fail_on_errors =
        match fail_on_errors.and_then(|key| body.remove(&key)) {
            None | Some(Value::Null) => None,
            Some(count) => Some(count.as_u64().filter(|count| *count > 0).ok_or_else(|| {
                ScimError::syntax("`failOnErrors` must be a whole number from 1.")
            })?),
        };
    let Some(Value::Array(operations)) = operations.and_then(|key| body.remove(&key)) else {
        return Err(ScimError::syntax("`Operations` must be a list."));
    };
    if operations.len() as u64 > max_operations {
        return Err(ScimError::status(
            413,
            format!(
                "The request has more operations than maxOperations ({max_operations}) allows."
            ),
        ));
    }
    let mut seen = BTreeSet::new();
    let mut entries = Vec::with_capacity(operations.len());
    for operation in operations {
        let mut entry = entry(operation);
        if let Some(bulk_id) = &entry.bulk_id
            && !seen.insert(bulk_id.clone())
        {
            entry.operation = Err(ScimError::invalid(
                "This `bulkId` is used by an operation before.",
            ));
        }
        entries.push(entry);
    }
    Ok(BulkRequest {
        fail_on_errors,
        entries,
    })
}

fn entry(operation: Value) -> Entry {
    let Value::Object(mut fields) = operation else {
        return Entry {
            method: String::new(),
            bulk_id: None,
            operation: Err(ScimError::syntax("An operation must be an object.")),
        };
    };
    let mut take = |name: &str| {
        let key = fields
            .keys()
            .find(|key| key.eq_ignore_ascii_case(name))
            .cloned()?;
        fields.remove(&key).filter(|value| !value.is_null())
    };
    let text = |value: Option<Value>| value.and_then(|value| value.as_str().map(str::to_owned));
    let method = text(take("method")).unwrap_or_default();
    let bulk_id = text(take("bulkId")).filter(|id| !id.is_empty());
    let path = text(take("path")).unwrap_or_default();
    let version = text(take("version"));
    let data = take("data").unwrap_or_default();
    let operation = usable(&method, bulk_id.is_some(), &path, data, version);
    Entry {
        method,
        bulk_id,
        operation,
    }
}

fn usable(
    method: &str,
    has_bulk_id: bool,
    path: &str,
    data: Value,
    version: Option<String>,
) -> Result<Operation, ScimError> {
    let method = [Method::Post, Method::Put, Method::Patch, Method::Delete]
        .into_iter()
        .find(|known| known.as_str().eq_ignore_ascii_case(method))
        .ok_or_else(|| ScimError::syntax("`method` must be POST, PUT, PATCH or DELETE."))?;
    let mut segments = path.split('/').filter(|segment| !segment.is_empty());
    let kind = match segments.next() {
        Some("Users") => Kind::User,
        Some("Groups") => Kind::Group,
        _ => {
            return Err(ScimError::invalid(
                "`path` must be /Users or /Groups, with an id unless it is a POST.",
            ));
        }
    };
    let id = segments.next().map(str::to_owned);
    if segments.next().is_some() || id.is_some() == (method == Method::Post) {
        return Err(ScimError::invalid(
            "`path` must name one resource, or an endpoint for a POST.",
        ));
    }
    if method == Method::Post && !has_bulk_id {
        return Err(ScimError::invalid("A POST needs a `bulkId`."));
    }
    if method != Method::Delete && !data.is_object() {
        return Err(ScimError::syntax("`data` must be an object."));
    }
    Ok(Operation {
        method,
        kind,
        id,
        data,
        version,
    })
}

impl Operation {
    /// The `bulkId`s that it refers to, in its path or anywhere in its data.
    pub fn references(&self) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        let mut note = |text: &str| {
            found.extend(references_in(text).map(|(_, name)| name.to_owned()));
        };
        if let Some(id) = &self.id {
            note(id);
        }
        let mut open = vec![&self.data];
        while let Some(value) = open.pop() {
            match value {
                Value::String(text) => note(text),
                Value::Array(items) => open.extend(items),
                Value::Object(members) => open.extend(members.values()),
                _ => {}
            }
        }
        found
    }

    /// Puts ids in the place of references; those not in `ids` stay.
    pub fn resolve(&mut self, ids: &HashMap<String, ResourceId>) {
        if let Some(id) = &mut self.id {
            resolve_text(id, ids);
        }
        let mut open = vec![&mut self.data];
        while let Some(value) = open.pop() {
            match value {
                Value::String(text) => resolve_text(text, ids),
                Value::Array(items) => open.extend(items),
                Value::Object(members) => open.extend(members.values_mut()),
                _ => {}
            }
        }
    }
}

/// Each `bulkId:` in `text` with where it stands and the name behind it, which goes on to a quote,
/// a slash, a bracket, a space or the end. One begins where the one before has ended, so that no
/// part of a text is looked at twice.
fn references_in(text: &str) -> impl Iterator<Item = (Range<usize>, &str)> {
    let mut from = 0;
    std::iter::from_fn(move || {
        let start = from + text[from..].find(REFERENCE)?;
        let name = &text[start + REFERENCE.len()..];
        let name = &name[..name.find(['"', '/', ']', ' ']).unwrap_or(name.len())];
        from = start + REFERENCE.len() + name.len();
        Some((start..from, name))
    })
}

fn resolve_text(text: &mut String, ids: &HashMap<String, ResourceId>) {
    let mut resolved = String::new();
    let mut done = 0;
    for (place, name) in references_in(text) {
        if let Some(id) = ids.get(name) {
            resolved.push_str(&text[done..place.start]);
            resolved.push_str(&id.to_string());
            done = place.end;
        }
    }
    if done > 0 {
        resolved.push_str(&text[done..]);
        *text = resolved;
    }
}

/// The order in which to carry out operations, given for each the operations it needs: units
/// that only need earlier units. A unit is one operation, or several that need each other (the
/// strongly connected components of the references, after Tarjan, in linear time and without
/// recursion). Operations keep the order they were sent in wherever nothing else is needed.
pub fn schedule(needs: &[BTreeSet<usize>]) -> Vec<Vec<usize>> {
    const NEW: usize = usize::MAX;
    let mut units = Vec::new();
    let (mut number, mut low) = (vec![NEW; needs.len()], vec![0; needs.len()]);
    let mut in_unit = vec![false; needs.len()];
    let mut stack = Vec::new();
    let mut next = 0;
    for root in 0..needs.len() {
        if number[root] != NEW {
            continue;
        }
        let mut path = vec![(root, needs[root].iter())];
        while let Some((at, rest)) = path.last_mut() {
            let at = *at;
            if number[at] == NEW {
                (number[at], low[at]) = (next, next);
                next += 1;
                stack.push(at);
            }
            match rest.next() {
                Some(to) if number[*to] == NEW => path.push((*to, needs[*to].iter())),
                Some(to) if !in_unit[*to] => low[at] = low[at].min(number[*to]),
                Some(_) => {}
                None => {
                    path.pop();
                    if let Some((above, _)) = path.last() {
                        low[*above] = low[*above].min(low[at]);
                    }
                    if low[at] == number[at] {
                        let start = stack.iter().rposition(|on| *on == at).unwrap_or(0);
                        let mut unit = stack.split_off(start);
                        unit.sort_unstable();
                        for member in &unit {
                            in_unit[*member] = true;
                        }
                        units.push(unit);
                    }
                }
            }
        }
    }
    units
}

/// What became of an operation.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// `location`: of everything but a POST that failed.
    pub location: Option<String>,
    /// `version` of the resource now.
    pub version: Option<String>,
    /// Status, or the error.
    pub status: Result<u16, ScimError>,
}

/// One element of the response's `Operations`.
pub fn response_entry(entry: &Entry, result: &Outcome) -> Value {
    let mut value = json!({ "method": entry.method });
    if let Some(bulk_id) = &entry.bulk_id {
        value["bulkId"] = bulk_id.as_str().into();
    }
    if let Some(version) = &result.version {
        value["version"] = version.as_str().into();
    }
    if let Some(location) = &result.location {
        value["location"] = location.as_str().into();
    }
    match &result.status {
        Ok(status) => value["status"] = status.to_string().into(),
        Err(error) => {
            value["status"] = error.status.to_string().into();
            value["response"] = error.to_json();
        }
    }
    value
}

/// The response.
pub fn response(operations: &[Value]) -> Value {
    json!({ "schemas": [RESPONSE_URN], "Operations": operations })
}

#[cfg(test)]
mod tests;
