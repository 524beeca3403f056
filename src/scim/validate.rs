//! Bodies of POST and PUT against a resource type: from what a client sent to the document that
//! is stored (RFC 7644 §3.3, §3.5.1).
//!
//! Decides nothing that needs the directory: uniqueness and whether members exist are the
//! store's business.

use std::ptr;

use serde_json::{Map, Value};

use crate::ids::ResourceId;
use crate::scim::document::{arrange, keep_active, missing};
use crate::scim::error::{ScimError, ScimType};
use crate::scim::limits::Limits;
use crate::scim::members::{self, Stranger};
use crate::scim::quirk::{Quirk, Tolerance};
use crate::scim::schema::{Attribute, Extension, Mutability, ResourceType, Schema};
use crate::scim::value::Checker;

/// A validated body.
#[derive(Clone, Debug, PartialEq)]
pub struct Incoming {
    /// The canonical document: `schemas` and every stored attribute in schema order.
    pub doc: Map<String, Value>,
    /// Members a group's body names; `None` if it has no `members`.
    pub members: Option<Vec<ResourceId>>,
    /// True if the body itself said whether the user is active.
    pub has_active: bool,
}

/// Validates the body of a POST. A user without `active` is active.
///
/// # Errors
/// 400 `invalidSyntax` for what no schema knows (strict dialect), `invalidValue` for wrong types,
/// missing required attributes and broken caps.
pub fn create(
    rt: &ResourceType,
    body: &Value,
    limits: &Limits,
    tolerance: &mut Tolerance,
) -> Result<Incoming, ScimError> {
    let incoming = read(rt, body, &mut Checker { limits, tolerance })?;
    finish(rt, incoming, &Map::new())
}

/// Validates the body of a PUT that replaces `current`. Attributes the body does not have are
/// cleared, except `active` and immutable ones, which keep their value.
///
/// # Errors
/// As [`create`], and 400 `mutability` if an immutable attribute would change.
pub fn replace(
    rt: &ResourceType,
    body: &Value,
    current: &Map<String, Value>,
    limits: &Limits,
    tolerance: &mut Tolerance,
) -> Result<Incoming, ScimError> {
    let mut incoming = read(rt, body, &mut Checker { limits, tolerance })?;
    keep_immutable(&rt.schema, &mut incoming.doc, current)?;
    for Extension { schema, .. } in &rt.extensions {
        let Some(current) = current.get(&schema.id).and_then(Value::as_object) else {
            continue;
        };
        let entry = incoming.doc.entry(schema.id.clone());
        if let Value::Object(held) = entry.or_insert_with(|| Map::new().into()) {
            keep_immutable(schema, held, current)?;
        }
    }
    finish(rt, incoming, current)
}

fn finish(
    rt: &ResourceType,
    mut incoming: Incoming,
    current: &Map<String, Value>,
) -> Result<Incoming, ScimError> {
    keep_active(rt, &mut incoming.doc, current);
    incoming.doc = arrange(rt, incoming.doc);
    match missing(rt, &incoming.doc).first() {
        Some(path) => Err(ScimError::new(
            ScimType::InvalidValue,
            format!("`{path}` is required."),
        )),
        None => Ok(incoming),
    }
}

fn keep_immutable(
    schema: &Schema,
    incoming: &mut Map<String, Value>,
    current: &Map<String, Value>,
) -> Result<(), ScimError> {
    let immutable = |attribute: &&Attribute| attribute.mutability == Mutability::Immutable;
    for Attribute { name, .. } in schema.attributes.iter().filter(immutable) {
        let Some(before) = current.get(name) else {
            continue;
        };
        match incoming.get(name) {
            Some(after) if after != before => return Err(immutable_changed(name)),
            Some(_) => {}
            None => {
                incoming.insert(name.clone(), before.clone());
            }
        }
    }
    Ok(())
}

/// The error for a change of an immutable attribute.
pub(crate) fn immutable_changed(name: &str) -> ScimError {
    ScimError::new(
        ScimType::Mutability,
        format!("`{name}` is immutable and already has another value."),
    )
}

fn read(rt: &ResourceType, body: &Value, checker: &mut Checker<'_>) -> Result<Incoming, ScimError> {
    let Value::Object(body) = body else {
        return Err(ScimError::syntax("The body must be a JSON object."));
    };
    let listed = listed_schemas(rt, body, checker)?;
    let mut incoming = Incoming {
        doc: Map::new(),
        members: None,
        has_active: false,
    };
    for (key, value) in body {
        if let Some(extension) = rt.extension(key) {
            read_extension(
                &extension.schema,
                value,
                &listed,
                &mut incoming.doc,
                checker,
            )?;
        } else {
            read_attribute(rt, key, value, &mut incoming, checker)?;
        }
    }
    incoming.has_active = incoming.doc.contains_key("active");
    Ok(incoming)
}

fn read_attribute(
    rt: &ResourceType,
    key: &str,
    value: &Value,
    incoming: &mut Incoming,
    checker: &mut Checker<'_>,
) -> Result<(), ScimError> {
    if key.eq_ignore_ascii_case("schemas") {
        return Ok(());
    }
    let common = rt.common.attribute(key);
    let Some(attribute) = common.or_else(|| rt.schema.attribute(key)) else {
        return read_unknown(rt, key, value, incoming, checker);
    };
    checker.note_case(&attribute.name, key);
    match attribute.mutability {
        Mutability::ReadOnly if is_roles(rt, attribute) => {
            // Null and [] assert nothing (RFC 7643 §2.5).
            if !is_unassigned(value) {
                checker.tolerance.seen.note(Quirk::ComputedRoles);
            }
        }
        Mutability::ReadOnly => checker.tolerance.seen.note(Quirk::ReadOnlyIgnored),
        Mutability::WriteOnly => checker.tolerance.seen.note(Quirk::PasswordDropped),
        _ if is_members(rt, attribute) => {
            if value.is_object() {
                checker.understand(Quirk::ObjectForList, || {
                    ScimError::new(ScimType::InvalidValue, "`members` must be a list.")
                })?;
            }
            incoming.members = Some(members::ids(checker, value, Stranger::Refuse)?);
        }
        _ => insert(
            &mut incoming.doc,
            attribute,
            checker.whole(attribute, value)?,
        ),
    }
    Ok(())
}

/// `manager` outside its extension is understood; everything else that no schema declares is
/// dropped.
fn read_unknown(
    rt: &ResourceType,
    key: &str,
    value: &Value,
    incoming: &mut Incoming,
    checker: &mut Checker<'_>,
) -> Result<(), ScimError> {
    if let Some((schema, manager)) = bare_manager(rt, key) {
        checker.understand(Quirk::BareManager, unknown_key)?;
        if let Some(value) = checker.whole(manager, value)? {
            insert(
                extension_object(&mut incoming.doc, schema),
                manager,
                Some(value),
            );
        }
        return Ok(());
    }
    let is_urn = key.contains(':');
    checker.understand(
        if is_urn {
            Quirk::UnknownSchema
        } else {
            Quirk::UnknownAttribute
        },
        unknown_key,
    )
}

fn read_extension(
    schema: &Schema,
    value: &Value,
    listed: &[&str],
    doc: &mut Map<String, Value>,
    checker: &mut Checker<'_>,
) -> Result<(), ScimError> {
    let body = match value {
        Value::Null => return Ok(()),
        Value::Object(body) => body,
        _ => {
            return Err(ScimError::new(
                ScimType::InvalidValue,
                format!("`{}` must be an object.", schema.id),
            ));
        }
    };
    if !body.is_empty()
        && !listed
            .iter()
            .any(|urn| urn.eq_ignore_ascii_case(&schema.id))
    {
        checker.understand(Quirk::MissingSchemas, missing_schemas)?;
    }
    let held = extension_object(doc, schema);
    for (key, value) in body {
        let Some(attribute) = schema.attribute(key) else {
            checker.understand(Quirk::UnknownAttribute, unknown_key)?;
            continue;
        };
        checker.note_case(&attribute.name, key);
        if attribute.mutability == Mutability::ReadOnly {
            checker.tolerance.seen.note(Quirk::ReadOnlyIgnored);
        } else {
            insert(held, attribute, checker.whole(attribute, value)?);
        }
    }
    Ok(())
}

/// The URNs in `schemas` (RFC 7643 §3).
fn listed_schemas<'b>(
    rt: &ResourceType,
    body: &'b Map<String, Value>,
    checker: &mut Checker<'_>,
) -> Result<Vec<&'b str>, ScimError> {
    let key = |(key, _): &(&String, &Value)| key.eq_ignore_ascii_case("schemas");
    let urns = match body.iter().find(key).map(|(_, value)| value) {
        None | Some(Value::Null) => &[],
        Some(Value::Array(urns)) => urns.as_slice(),
        Some(single) => {
            checker.understand(Quirk::ObjectForList, missing_schemas)?;
            std::slice::from_ref(single)
        }
    };
    let mut listed = Vec::with_capacity(urns.len());
    let mut strange = false;
    for urn in urns {
        let urn = urn.as_str().ok_or_else(missing_schemas)?;
        if !is_known(rt, urn) {
            strange = true;
            checker.understand(Quirk::UnknownSchema, unknown_key)?;
        }
        listed.push(urn);
    }
    let core = listed
        .iter()
        .any(|urn| urn.eq_ignore_ascii_case(&rt.schema.id));
    if !core && !strange {
        checker.understand(Quirk::MissingSchemas, missing_schemas)?;
    }
    Ok(listed)
}

/// True if resources of this type may have the schema `urn`.
pub(crate) fn is_known(rt: &ResourceType, urn: &str) -> bool {
    urn.eq_ignore_ascii_case(&rt.schema.id) || rt.extension(urn).is_some()
}

/// True if this is the list that is kept as rows and never in a document.
pub(crate) fn is_members(rt: &ResourceType, attribute: &Attribute) -> bool {
    attribute.name == "members" && rt.name == "Group"
}

/// True if this is the list that follows from a user's groups.
pub(crate) fn is_roles(rt: &ResourceType, attribute: &Attribute) -> bool {
    attribute.name == "roles"
        && rt
            .schema
            .attribute("roles")
            .is_some_and(|own| ptr::eq(own, attribute))
}

/// Null, and by RFC 7643 §2.5 the empty list.
pub(crate) fn is_unassigned(value: &Value) -> bool {
    value.is_null() || value.as_array().is_some_and(Vec::is_empty)
}

/// The manager attribute of the extension that has it, if `key` names it without a URN.
pub(crate) fn bare_manager<'a>(
    rt: &'a ResourceType,
    key: &str,
) -> Option<(&'a Schema, &'a Attribute)> {
    if !key.eq_ignore_ascii_case("manager") {
        return None;
    }
    rt.extensions
        .iter()
        .find_map(|extension| Some((&*extension.schema, extension.schema.attribute("manager")?)))
}

fn extension_object<'d>(
    doc: &'d mut Map<String, Value>,
    schema: &Schema,
) -> &'d mut Map<String, Value> {
    doc.entry(schema.id.clone())
        .or_insert_with(|| Map::new().into())
        .as_object_mut()
        .expect("only objects are put under an extension's URN")
}

fn insert(held: &mut Map<String, Value>, attribute: &Attribute, value: Option<Value>) {
    match value {
        Some(value) => {
            held.insert(attribute.name.clone(), value);
        }
        None => {
            held.remove(&attribute.name);
        }
    }
}

fn missing_schemas() -> ScimError {
    ScimError::syntax("`schemas` must be a list of the URNs of every schema the resource uses.")
}

/// The error for a name that no schema declares.
pub(crate) fn unknown_key() -> ScimError {
    ScimError::syntax(
        "The body has an attribute or a schema URN that is not declared; see /Schemas.",
    )
}

#[cfg(test)]
mod tests;
