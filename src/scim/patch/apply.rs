//! Operations carried out on a document: the half of PATCH that runs inside the transaction.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::target::Slot;
use super::{Action, Change, Edit, Operation, Patched, Select};
use crate::scim::document::{arrange, missing};
use crate::scim::error::{ScimError, ScimType};
use crate::scim::filter::matches;
use crate::scim::limits::Limits;
use crate::scim::quirk::{Quirk, Tolerance};
use crate::scim::schema::{Attribute, Mutability, ResourceType};
use crate::scim::validate::immutable_changed;
use crate::scim::value::{Distinct, is_primary, only_describes};

/// Carries out `operations` in order on a copy of `current`, a canonical document. Nothing that
/// `current` lacked before is asked of a PATCH that did not remove it.
///
/// # Errors
/// 400 `noTarget` (a filter that matched nothing), `mutability` (an immutable attribute would
/// change, a required one would be gone), `invalidValue` (a list over its cap).
pub fn apply(
    current: &Map<String, Value>,
    operations: &[Operation],
    rt: &ResourceType,
    limits: &Limits,
    tolerance: &mut Tolerance,
) -> Result<Patched, ScimError> {
    let mut doc = current.clone();
    let mut members = Vec::new();
    for operation in operations {
        match operation {
            Operation::Members(op) => members.push(op.clone()),
            Operation::Edit(edit) => carry_out(&mut doc, edit, limits, tolerance)?,
        }
    }
    // An unassigned `active` counts as active: taking it away must not enable an account unseen.
    if current.get("active") == Some(&Value::Bool(false)) && !doc.contains_key("active") {
        return Err(ScimError::new(
            ScimType::Mutability,
            "`active` is false and cannot be removed; set it to true to enable the account.",
        ));
    }
    let doc = arrange(rt, doc);
    let before = missing(rt, current);
    match missing(rt, &doc).iter().find(|path| !before.contains(path)) {
        Some(path) => Err(ScimError::new(
            ScimType::Mutability,
            format!("`{path}` is required and cannot be removed."),
        )),
        None => Ok(Patched { doc, members }),
    }
}

fn carry_out(
    doc: &mut Map<String, Value>,
    edit: &Edit,
    limits: &Limits,
    tolerance: &mut Tolerance,
) -> Result<(), ScimError> {
    let attribute = edit.slot.attribute();
    let held = holder(doc, &edit.slot);
    let guarded = is_immutable(attribute)
        .then(|| held.get(&attribute.name).cloned())
        .flatten();
    match &edit.action {
        Action::Set(None, value) => {
            held.insert(attribute.name.clone(), value.clone());
        }
        Action::Clear(None) => {
            held.remove(&attribute.name);
        }
        Action::Set(Some(sub), value) => {
            set_sub(object(held, attribute), edit.slot.sub(*sub), value)?;
        }
        Action::Clear(Some(sub)) => clear_sub(object(held, attribute), edit.slot.sub(*sub))?,
        Action::ReplaceAll(values) => list(held, attribute).clone_from(values),
        Action::Append(values) => append(list(held, attribute), values),
        Action::RemoveValues(values) => remove_values(list(held, attribute), values),
        Action::Elements(select, change) => {
            change_elements(list(held, attribute), &edit.slot, select, change, tolerance)?;
        }
    }
    if let Some(Value::Array(values)) = held.get(&attribute.name) {
        Limits::check_count(&attribute.name, values.len(), limits.values)?;
    }
    match guarded {
        Some(before) if held.get(&attribute.name) != Some(&before) => {
            Err(immutable_changed(&attribute.name))
        }
        _ => Ok(()),
    }
}

fn append(held: &mut Vec<Value>, values: &[Value]) {
    let mut all: Distinct = std::mem::take(held).into_iter().collect();
    let mut primary = None;
    for value in values {
        let index = all.put(value.clone()).index;
        if is_primary(value) {
            primary = Some(index);
        }
    }
    *held = all.into_values();
    if let Some(index) = primary {
        only_primary(held, index);
    }
}

/// Takes away what is listed: by `value` alone where that has one.
fn remove_values(held: &mut Vec<Value>, listed: &[Value]) {
    fn id(value: &Value) -> &Value {
        value.get("value").unwrap_or(value)
    }
    let gone: HashSet<&Value> = listed.iter().map(id).collect();
    held.retain(|value| !gone.contains(id(value)));
}

fn change_elements(
    values: &mut Vec<Value>,
    slot: &Slot,
    select: &Select,
    change: &Change,
    tolerance: &mut Tolerance,
) -> Result<(), ScimError> {
    let is_selected = |value: &Value| match select {
        Select::Every => true,
        Select::Where { expr, .. } => matches(expr, value),
    };
    if *change == Change::Remove {
        values.retain(|value| !is_selected(value));
        return Ok(());
    }
    let mut selected: Vec<usize> = (0..values.len())
        .filter(|&index| is_selected(&values[index]))
        .collect();
    if selected.is_empty() {
        if matches!(change, Change::ClearSub(_)) {
            return Ok(());
        }
        let mut element = Value::Object(new_element(slot, select, tolerance)?);
        // What the filter says of the new element holds wherever the value does not say otherwise.
        let change = match change {
            Change::Replace(value) => &Change::Merge(value.clone()),
            other => other,
        };
        change_element(&mut element, slot, change)?;
        selected.push(values.len());
        values.push(element);
    } else {
        for &index in &selected {
            change_element(&mut values[index], slot, change)?;
        }
    }
    let sets_primary = match change {
        Change::SetSub(sub, value) => {
            slot.sub(*sub).name == "primary" && *value == Value::Bool(true)
        }
        Change::Merge(element) | Change::Replace(element) => {
            element.get("primary") == Some(&Value::Bool(true))
        }
        Change::ClearSub(_) | Change::Remove => false,
    };
    let is_new = selected.len() == 1 && selected[0] + 1 == values.len();
    if let Some(&last) = selected.last()
        && (sets_primary || is_new)
        && is_primary(&values[last])
    {
        only_primary(values, last);
    }
    let all: Distinct = std::mem::take(values).into_iter().collect();
    *values = all.into_values();
    Ok(())
}

/// The element to make when a filter matched none.
fn new_element(
    slot: &Slot,
    select: &Select,
    tolerance: &mut Tolerance,
) -> Result<Map<String, Value>, ScimError> {
    match select {
        Select::Every => Ok(Map::new()),
        Select::Where {
            seed: Some(seed), ..
        } if tolerance.allows(Quirk::CreateFromFilter) => Ok(seed.clone()),
        Select::Where { .. } => Err(ScimError::new(
            ScimType::NoTarget,
            format!(
                "No value of `{}` matches the path's filter.",
                slot.attribute().name
            ),
        )),
    }
}

fn change_element(value: &mut Value, slot: &Slot, change: &Change) -> Result<(), ScimError> {
    let Value::Object(element) = value else {
        return Ok(());
    };
    match change {
        Change::SetSub(sub, value) => set_sub(element, slot.sub(*sub), value),
        Change::ClearSub(sub) => clear_sub(element, slot.sub(*sub)),
        Change::Merge(new) => {
            element.extend(new.clone());
            Ok(())
        }
        Change::Replace(new) => {
            element.clone_from(new);
            Ok(())
        }
        Change::Remove => Ok(()),
    }
}

/// A new `value` makes the `$ref` of the old one wrong.
fn set_sub(
    object: &mut Map<String, Value>,
    sub: &Attribute,
    value: &Value,
) -> Result<(), ScimError> {
    let before = object.insert(sub.name.clone(), value.clone());
    let changed = before.as_ref() != Some(value);
    if changed && sub.name == "value" {
        object.remove("$ref");
    }
    match before {
        Some(_) if changed && is_immutable(sub) => Err(immutable_changed(&sub.name)),
        _ => Ok(()),
    }
}

/// Without its `value`, what only describes the value goes too.
fn clear_sub(object: &mut Map<String, Value>, sub: &Attribute) -> Result<(), ScimError> {
    let before = object.remove(&sub.name);
    if before.is_some() && is_immutable(sub) {
        return Err(immutable_changed(&sub.name));
    }
    if sub.name == "value" && only_describes(object) {
        object.clear();
    }
    Ok(())
}

/// RFC 7644 §3.5.2: what becomes primary ends that of all others.
fn only_primary(values: &mut [Value], index: usize) {
    for (other, value) in values.iter_mut().enumerate() {
        if other != index && is_primary(value) {
            value["primary"] = false.into();
        }
    }
}

fn is_immutable(attribute: &Attribute) -> bool {
    attribute.mutability == Mutability::Immutable
}

/// The object that holds the attribute: the document or an extension in it.
fn holder<'d>(doc: &'d mut Map<String, Value>, slot: &Slot) -> &'d mut Map<String, Value> {
    match slot.extension() {
        Some(urn) => object_at(doc, urn),
        None => doc,
    }
}

fn object<'d>(
    held: &'d mut Map<String, Value>,
    attribute: &Attribute,
) -> &'d mut Map<String, Value> {
    object_at(held, &attribute.name)
}

/// The object under `key`; anything else that stands there, or nothing, becomes an empty one.
fn object_at<'d>(held: &'d mut Map<String, Value>, key: &str) -> &'d mut Map<String, Value> {
    let value = held.entry(key).or_insert(Value::Null);
    if !value.is_object() {
        *value = Value::Object(Map::new());
    }
    value.as_object_mut().expect("made an object above")
}

/// The list of a multi-valued attribute; empty ones are dropped when the document is arranged.
fn list<'d>(held: &'d mut Map<String, Value>, attribute: &Attribute) -> &'d mut Vec<Value> {
    let value = held.entry(attribute.name.as_str()).or_insert(Value::Null);
    if !value.is_array() {
        *value = Value::Array(Vec::new());
    }
    value.as_array_mut().expect("made a list above")
}
