//! The stored form of a resource as a whole: its order, its `schemas`, what it must hold.
//!
//! A document has `schemas` first, then the attributes in schema order, then one object per
//! extension under its URN. `id`, `meta`, `groups`, `members` and passwords are never in it.

use serde_json::{Map, Value};

use crate::scim::schema::{Attribute, ResourceType};
use crate::scim::value::in_order;

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
            extensions.insert(schema.id.clone(), in_order(&schema.attributes, held).into());
        }
    }
    parts.remove("schemas");
    let external_id = parts.remove_entry("externalId");
    let mut doc = Map::from_iter([("schemas".to_owned(), Value::Array(urns))]);
    doc.extend(external_id);
    doc.extend(in_order(&rt.schema.attributes, parts));
    doc.extend(extensions);
    doc
}

/// The path of the first required attribute that `doc` does not have.
pub(crate) fn missing(rt: &ResourceType, doc: &Map<String, Value>) -> Option<String> {
    let core = missing_in(&rt.schema.attributes, doc);
    core.or_else(|| {
        rt.extensions.iter().find_map(|extension| {
            let urn = &extension.schema.id;
            match doc.get(urn).and_then(Value::as_object) {
                Some(held) => missing_in(&extension.schema.attributes, held)
                    .map(|name| format!("{urn}:{name}")),
                None => extension.required.then(|| urn.clone()),
            }
        })
    })
}

fn missing_in(attributes: &[Attribute], held: &Map<String, Value>) -> Option<String> {
    attributes.iter().find_map(|attribute| {
        let name = &attribute.name;
        let Some(value) = held.get(name) else {
            return attribute.required.then(|| name.clone());
        };
        let mut elements = elements(value).filter_map(Value::as_object);
        elements
            .find_map(|element| missing_in(&attribute.sub_attributes, element))
            .map(|sub| format!("{name}.{sub}"))
    })
}

/// The values of a list, or the one value that is no list.
pub(crate) fn elements(value: &Value) -> impl Iterator<Item = &Value> {
    match value {
        Value::Array(values) => values.as_slice(),
        single => std::slice::from_ref(single),
    }
    .iter()
}
