//! From a verb, a target and a value to edits of the document: values are checked here, so that
//! nothing is left to go wrong with them when the edits are carried out.

use serde_json::{Map, Value};

use super::members;
use super::request::{Reader, Verb, mutability, remove_with_value};
use super::target::{Slot, Target, position};
use super::{Action, Change, Edit, Operation, Select};
use crate::scim::error::ScimError;
use crate::scim::filter::{self, CompValue, CompareOp, Filter};
use crate::scim::quirk::Quirk;
use crate::scim::schema::{Attribute, Mutability, Type};
use crate::scim::validate::{is_members, is_unassigned};

impl Reader<'_> {
    /// Appends what `verb` does to `target`.
    pub(super) fn target(
        &mut self,
        verb: Verb,
        target: Target,
        value: Option<&Value>,
    ) -> Result<(), ScimError> {
        let attribute = target.slot.attribute();
        if attribute.mutability == Mutability::WriteOnly {
            self.checker.tolerance.seen.note(Quirk::PasswordDropped);
            return Ok(());
        }
        if is_members(self.rt, attribute) {
            let op = members::operation(&mut self.checker, verb, &target, value)?;
            self.out.extend(op.map(Operation::Members));
            return Ok(());
        }
        match (verb, value) {
            (Verb::Remove, value) => self.remove(target, value),
            (_, None) => Err(ScimError::invalid("The operation needs a `value`.")),
            (_, Some(value)) if !is_unassigned(value) => self.assign(verb, target, value),
            (Verb::Add, _) => Ok(()),
            (Verb::Replace, _) => self.remove(target, None),
        }
    }

    fn remove(&mut self, target: Target, value: Option<&Value>) -> Result<(), ScimError> {
        let Target { slot, filter, sub } = target;
        let attribute = slot.attribute();
        let leaf = sub.map_or(attribute, |sub| slot.sub(sub));
        if leaf.required && filter.is_none() | sub.is_some() {
            return Err(mutability(leaf, "is required"));
        }
        let listed = value.filter(|value| !value.is_null());
        let action = match (filter, sub) {
            (Some(filter), sub) => {
                let expr = self.bind(&filter, attribute)?;
                let change = sub.map_or(Change::Remove, Change::ClearSub);
                Action::Elements(Select::Where { expr, seed: None }, change)
            }
            (None, Some(sub)) if attribute.multi_valued => {
                Action::Elements(Select::Every, Change::ClearSub(sub))
            }
            (None, None) if attribute.multi_valued && listed.is_some() => {
                self.checker
                    .understand(Quirk::RemoveByValueList, remove_with_value)?;
                let values = self.checker.list(attribute, &as_list(value))?;
                Action::RemoveValues(values)
            }
            (None, sub) => Action::Clear(sub),
        };
        self.out.push(edit(slot, action));
        Ok(())
    }

    fn assign(&mut self, verb: Verb, target: Target, value: &Value) -> Result<(), ScimError> {
        let Target { slot, filter, sub } = target;
        let attribute = slot.attribute();
        let action = match (filter, sub) {
            (Some(filter), sub) => {
                let expr = self.bind(&filter, attribute)?;
                let seed = self.seed(&filter, attribute);
                let change = match sub {
                    Some(sub) => self.set_sub(&slot, sub, value)?,
                    None => match (self.element(attribute, value)?, verb) {
                        (Some(element), Verb::Add) => Change::Merge(element),
                        (Some(element), _) => Change::Replace(element),
                        (None, Verb::Add) => return Ok(()),
                        (None, _) => Change::Remove,
                    },
                };
                Action::Elements(Select::Where { expr, seed }, change)
            }
            (None, Some(sub)) if attribute.multi_valued => {
                Action::Elements(Select::Every, self.set_sub(&slot, sub, value)?)
            }
            (None, None) if attribute.multi_valued => {
                let values = self.checker.list(attribute, &as_list(Some(value)))?;
                match verb {
                    Verb::Add => Action::Append(values),
                    _ => Action::ReplaceAll(values),
                }
            }
            (None, None) if attribute.kind == Type::Complex => return self.merge(&slot, value),
            (None, sub) => {
                let leaf = sub.map_or(attribute, |sub| slot.sub(sub));
                match self.checker.whole(leaf, value)? {
                    Some(value) => Action::Set(sub, value),
                    None if leaf.required => return Err(mutability(leaf, "is required")),
                    None => Action::Clear(sub),
                }
            }
        };
        self.out.push(edit(slot, action));
        Ok(())
    }

    /// A singular complex attribute: its named sub-attributes change, the others stay
    /// (RFC 7644 §3.5.2.3).
    fn merge(&mut self, slot: &Slot, value: &Value) -> Result<(), ScimError> {
        let attribute = slot.attribute();
        let object = self.checker.object(attribute, value)?;
        let mut actions = Vec::new();
        for (key, value) in object.iter() {
            let Some(sub) = self.checker.sub(attribute, key)? else {
                continue;
            };
            let value = self.checker.whole(sub, value)?;
            let Some(index) = position(&attribute.sub_attributes, sub) else {
                continue;
            };
            actions.push((index, value));
        }
        // In schema order, so that a new `value` comes before the `$ref` that belongs to it.
        actions.sort_by_key(|(index, _)| *index);
        self.out.extend(actions.into_iter().map(|(index, value)| {
            let action = match value {
                Some(value) => Action::Set(Some(index), value),
                None => Action::Clear(Some(index)),
            };
            edit(slot.clone(), action)
        }));
        Ok(())
    }

    fn set_sub(&mut self, slot: &Slot, sub: usize, value: &Value) -> Result<Change, ScimError> {
        let leaf = slot.sub(sub);
        match self.checker.whole(leaf, value)? {
            Some(value) => Ok(Change::SetSub(sub, value)),
            None if leaf.required => Err(mutability(leaf, "is required")),
            None => Ok(Change::ClearSub(sub)),
        }
    }

    /// One element of a list, also as a list of one.
    fn element(
        &mut self,
        attribute: &Attribute,
        value: &Value,
    ) -> Result<Option<Map<String, Value>>, ScimError> {
        let value = match value {
            Value::Array(values) if values.len() == 1 => &values[0],
            single => single,
        };
        match self.checker.one(attribute, value)? {
            Some(Value::Object(element)) => Ok(Some(element)),
            _ => Ok(None),
        }
    }

    fn bind(&mut self, filter: &Filter, attribute: &Attribute) -> Result<filter::Expr, ScimError> {
        filter::bind_within(filter, attribute, self.checker.tolerance)
            .map_err(filter::FilterError::into_scim)
    }

    /// The element that the filter's `eq` terms describe, for an operation that finds none.
    fn seed(&mut self, filter: &Filter, attribute: &Attribute) -> Option<Map<String, Value>> {
        let terms = match filter {
            Filter::And(terms) => terms.as_slice(),
            single => std::slice::from_ref(single),
        };
        let mut seed = Map::new();
        for term in terms {
            let Filter::Compare {
                path,
                op: CompareOp::Eq,
                value,
                ..
            } = term
            else {
                return None;
            };
            let sub = attribute.sub(&path.name)?;
            let value = match value {
                CompValue::Null => return None,
                CompValue::Bool(value) => (*value).into(),
                CompValue::Number(value) => value.clone().into(),
                CompValue::String(value) => value.as_str().into(),
            };
            let value = self.checker.whole(sub, &value).ok()??;
            seed.insert(sub.name.clone(), value);
        }
        Some(seed)
    }
}

/// An edit as an operation.
pub(super) fn edit(slot: Slot, action: Action) -> Operation {
    Operation::Edit(Edit { slot, action })
}

/// In a PATCH one value may stand for a list of one (RFC 7644 §3.5.2.1).
fn as_list(value: Option<&Value>) -> Value {
    match value {
        Some(value @ Value::Array(_)) => value.clone(),
        Some(Value::String(text)) if text.is_empty() => Value::Array(Vec::new()),
        Some(single) => Value::Array(vec![single.clone()]),
        None => Value::Null,
    }
}
