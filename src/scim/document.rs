//! The stored form of a resource as a whole: its order, its `schemas`, what it must hold.
//!
//! A document has `schemas` first, then the attributes in schema order, then one object per
//! extension under its URN. `id`, `meta`, `groups`, `members`, `roles` of a user and passwords are never in it.

use serde_json::{Map, Value};

use crate::scim::schema::{Attribute, ResourceType};

/// Puts a document's parts in order and writes `schemas`: the core schema and the extensions
/// that hold something (RFC 7643 §3.3). Whatever no schema declares is dropped.
pub(crate) fn arrange(rt: &ResourceType, mut parts: Map<String, Value>) -> Map<String, Value> {
    let mut urns = vec![Value::from(rt.schema.id.as_str())];
    let mut extensions = Map::new();
    for extension in &rt.extensions {
        let schema = &extension.schema;
        if let Some(Value::Object(held)) = parts.remove(&schema.id)
            && !held.is_empty()
        {
            urns.push(schema.id.as_str().into());
            extensions.insert(
                schema.id.clone(),
                canonical(&schema.attributes, held).into(),
            );
        }
    }
    parts.remove("schemas");
    let external_id = parts.remove_entry("externalId");
    let mut doc = Map::from_iter([("schemas".to_owned(), Value::Array(urns))]);
    doc.extend(external_id);
    doc.extend(canonical(&rt.schema.attributes, parts));
    doc.extend(extensions);
    doc
}

/// `held` in the order of `attributes`, sub-attributes too, without what is empty.
pub(crate) fn canonical(
    attributes: &[Attribute],
    mut held: Map<String, Value>,
) -> Map<String, Value> {
    let take = |attribute: &Attribute| {
        let (name, value) = held.remove_entry(&attribute.name)?;
        let value = match value {
            Value::Object(object) => Value::Object(canonical(&attribute.sub_attributes, object)),
            Value::Array(values) => Value::Array(canonical_list(attribute, values)),
            simple => simple,
        };
        (!is_empty(&value)).then_some((name, value))
    };
    attributes.iter().filter_map(take).collect()
}

fn canonical_list(attribute: &Attribute, values: Vec<Value>) -> Vec<Value> {
    let element = |value| match value {
        Value::Object(object) => Value::Object(canonical(&attribute.sub_attributes, object)),
        simple => simple,
    };
    let values = values.into_iter().map(element);
    values.filter(|value| !is_empty(value)).collect()
}

/// True for null, `[]` and `{}`: unassigned by RFC 7643 §2.5.
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(values) => values.is_empty(),
        Value::Object(object) => object.is_empty(),
        _ => false,
    }
}

/// The paths of the required attributes that `doc` does not have.
pub(crate) fn missing(rt: &ResourceType, doc: &Map<String, Value>) -> Vec<String> {
    let mut paths = Vec::new();
    missing_in("", &rt.schema.attributes, doc, &mut paths);
    for extension in &rt.extensions {
        let schema = &extension.schema;
        match doc.get(&schema.id).and_then(Value::as_object) {
            Some(held) => missing_in(
                &format!("{}:", schema.id),
                &schema.attributes,
                held,
                &mut paths,
            ),
            None if extension.required => paths.push(schema.id.clone()),
            None => {}
        }
    }
    paths
}

fn missing_in(
    prefix: &str,
    attributes: &[Attribute],
    held: &Map<String, Value>,
    paths: &mut Vec<String>,
) {
    for attribute in attributes {
        let needs_subs = attribute.sub_attributes.iter().any(|sub| sub.required);
        match held.get(&attribute.name) {
            None if attribute.required => paths.push(format!("{prefix}{}", attribute.name)),
            Some(value) if needs_subs => {
                let inner = format!("{prefix}{}.", attribute.name);
                for element in elements(value).filter_map(Value::as_object) {
                    missing_in(&inner, &attribute.sub_attributes, element, paths);
                }
            }
            _ => {}
        }
    }
}

/// A user whose `active` a body does not name keeps the state it had; a new one is active.
pub(crate) fn keep_active(
    rt: &ResourceType,
    doc: &mut Map<String, Value>,
    current: &Map<String, Value>,
) {
    if rt.schema.attribute("active").is_some() && !doc.contains_key("active") {
        let active = current.get("active").cloned().unwrap_or(Value::Bool(true));
        doc.insert("active".to_owned(), active);
    }
}

/// The values of a list, or the one value that is no list.
pub(crate) fn elements(value: &Value) -> impl Iterator<Item = &Value> {
    match value {
        Value::Array(values) => values.as_slice(),
        single => std::slice::from_ref(single),
    }
    .iter()
}
