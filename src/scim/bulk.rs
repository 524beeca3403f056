//! Bulk requests: reading them, the order to run them in, the answer (RFC 7644 §3.7).
//!
//! An operation may refer to a resource that another one creates as `bulkId:…`, anywhere, also
//! before that operation and in a circle; [`plan`] says in which order that works.

mod plan;
mod reference;
#[cfg(test)]
mod tests;

use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};

pub use plan::{Step, plan};
pub use reference::{defer, substitute, substitute_path};

use crate::scim::error::{ScimError, ScimType};
use crate::scim::quirk::{Quirk, Tolerance};

/// URN of the request (RFC 7644 §3.7).
pub const REQUEST_URN: &str = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";
/// URN of the response (RFC 7644 §3.7).
pub const RESPONSE_URN: &str = "urn:ietf:params:scim:api:messages:2.0:BulkResponse";

/// What an operation does; the names on the wire are in upper case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
#[allow(missing_docs)] // HTTP's names
pub enum Method {
    Post,
    Put,
    Patch,
    Delete,
}

/// Which resources a path is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // the endpoints' names
pub enum Endpoint {
    Users,
    Groups,
}

/// A bulk request.
#[derive(Clone, Debug, PartialEq)]
pub struct BulkRequest {
    /// Errors after which the rest is not run; `None`: run all.
    pub fail_on_errors: Option<u64>,
    /// In the order sent.
    pub operations: Vec<BulkOperation>,
}

/// One operation of a bulk request.
#[derive(Clone, Debug, PartialEq)]
pub struct BulkOperation {
    /// What it does.
    pub method: Method,
    /// The client's name for the operation and, of a POST, for the resource it makes.
    pub bulk_id: Option<String>,
    /// Path below the base URL, as sent; see [`BulkOperation::target`].
    pub path: String,
    /// The body; always there but for DELETE.
    pub data: Option<Value>,
    /// Compared as `If-Match`.
    pub version: Option<String>,
}

impl BulkOperation {
    /// The endpoint and the id in `path`; `substitute_path` first replaces a `bulkId:` in it.
    ///
    /// # Errors
    /// 404 for a path that is not here; 400 `invalidPath` for a POST with an id or anything else
    /// without one.
    pub fn target<'p>(&self, path: &'p str) -> Result<(Endpoint, Option<&'p str>), ScimError> {
        let mut parts = path.trim_matches('/').split('/');
        let endpoint = match parts.next() {
            Some(name) if name.eq_ignore_ascii_case("Users") => Endpoint::Users,
            Some(name) if name.eq_ignore_ascii_case("Groups") => Endpoint::Groups,
            _ => {
                return Err(ScimError::status(
                    404,
                    "`path` must begin with /Users or /Groups.",
                ));
            }
        };
        let id = parts.next();
        if parts.next().is_some() || id.is_some() == (self.method == Method::Post) {
            return Err(ScimError::new(
                ScimType::InvalidPath,
                "`path` must be /Users or /Groups for POST, followed by an id for every other method.",
            ));
        }
        Ok((endpoint, id))
    }
}

/// Reads a bulk request of at most `max_operations`.
///
/// # Errors
/// 400 `invalidSyntax` for a broken message, 413 naming the limit for too many operations.
pub fn parse(
    body: &Value,
    max_operations: usize,
    tolerance: &mut Tolerance,
) -> Result<BulkRequest, ScimError> {
    let Value::Object(body) = body else {
        return Err(syntax("The body must be a JSON object."));
    };
    check_schemas(body, tolerance)?;
    let fail_on_errors = match field(body, "failOnErrors") {
        None => None,
        Some(value) => {
            let count = value.as_u64().filter(|count| *count > 0);
            Some(count.ok_or_else(|| syntax("`failOnErrors` must be a positive integer."))?)
        }
    };
    let Some(Value::Array(operations)) = field(body, "Operations") else {
        return Err(syntax("`Operations` must be a list of operations."));
    };
    if operations.len() > max_operations {
        return Err(ScimError::status(
            413,
            format!(
                "The request has more than {max_operations} operations (maxOperations); send fewer at once."
            ),
        ));
    }
    let mut read: Vec<BulkOperation> = Vec::with_capacity(operations.len());
    let mut bulk_ids = std::collections::HashSet::new();
    for (index, operation) in operations.iter().enumerate() {
        let operation = read_operation(operation).map_err(|error| ScimError {
            detail: format!("Operation {}: {}", index + 1, error.detail),
            ..error
        })?;
        if let Some(id) = &operation.bulk_id
            && !bulk_ids.insert(id.clone())
        {
            return Err(syntax("Two operations have the same `bulkId`."));
        }
        read.push(operation);
    }
    Ok(BulkRequest {
        fail_on_errors,
        operations: read,
    })
}

/// The 413 for a body over `max_bytes` (RFC 7644 §3.7.3).
pub fn payload_too_large(max_bytes: u64) -> ScimError {
    ScimError::status(
        413,
        format!(
            "The body is larger than {max_bytes} bytes (maxPayloadSize); send fewer operations at once."
        ),
    )
}

fn check_schemas(body: &Map<String, Value>, tolerance: &mut Tolerance) -> Result<(), ScimError> {
    let is_bulk = |urn: &Value| {
        urn.as_str()
            .is_some_and(|urn| urn.eq_ignore_ascii_case(REQUEST_URN))
    };
    match field(body, "schemas") {
        Some(Value::Array(urns)) if urns.iter().any(is_bulk) => Ok(()),
        None if tolerance.allows(Quirk::MissingSchemas) => Ok(()),
        _ => Err(syntax(
            "`schemas` must be [\"urn:ietf:params:scim:api:messages:2.0:BulkRequest\"].",
        )),
    }
}

fn read_operation(operation: &Value) -> Result<BulkOperation, ScimError> {
    let Value::Object(operation) = operation else {
        return Err(syntax("an operation must be a JSON object."));
    };
    let text = |name| match field(operation, name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(syntax(&format!("`{name}` must be a string."))),
    };
    let method = match text("method")?
        .unwrap_or_default()
        .to_ascii_uppercase()
        .as_str()
    {
        "POST" => Method::Post,
        "PUT" => Method::Put,
        "PATCH" => Method::Patch,
        "DELETE" => Method::Delete,
        _ => return Err(syntax("`method` must be POST, PUT, PATCH or DELETE.")),
    };
    let bulk_id = text("bulkId")?.filter(|id| !id.is_empty());
    if method == Method::Post && bulk_id.is_none() {
        return Err(syntax("a POST needs a `bulkId`."));
    }
    let data = field(operation, "data").cloned();
    if method != Method::Delete && data.is_none() {
        return Err(syntax("the operation needs `data`."));
    }
    Ok(BulkOperation {
        method,
        bulk_id,
        path: text("path")?.ok_or_else(|| syntax("the operation needs a `path`."))?,
        data,
        version: text("version")?,
    })
}

/// A member of a message by name, without regard to case; null counts as absent.
fn field<'b>(body: &'b Map<String, Value>, name: &str) -> Option<&'b Value> {
    let found = body.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
    found
        .map(|(_, value)| value)
        .filter(|value| !value.is_null())
}

/// What became of one operation.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BulkResult {
    /// As sent.
    pub method: Method,
    /// As sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bulk_id: Option<String>,
    /// Tag of the resource afterwards.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Address of the resource; not for a failed POST.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// HTTP status; a string on the wire.
    #[serde(serialize_with = "as_string")]
    pub status: u16,
    /// The error, if it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response: Option<Value>,
}

fn as_string<S: Serializer>(status: &u16, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(status)
}

/// The bulk response.
pub fn response(results: &[BulkResult]) -> Value {
    json!({ "schemas": [RESPONSE_URN], "Operations": results })
}

fn syntax(detail: &str) -> ScimError {
    ScimError::new(ScimType::InvalidSyntax, detail)
}
