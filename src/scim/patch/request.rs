//! From a PATCH body to operations: the half of PATCH that needs no resource.

use serde_json::{Map, Value};

use super::members;
use super::target::{Slot, Target, position};
use super::{Action, Change, Edit, Operation, Select};
use crate::scim::error::{ScimError, ScimType};
use crate::scim::filter::{self, CompValue, CompareOp, Filter};
use crate::scim::limits::Limits;
use crate::scim::path;
use crate::scim::quirk::{Quirk, Tolerance};
use crate::scim::schema::{Attribute, Mutability, ResourceType, Schema, Type};
use crate::scim::validate::{bare_manager, is_known, is_members, unknown_key};
use crate::scim::value::Checker;

/// URN of the PATCH message (RFC 7644 §3.5.2).
pub const PATCH_URN: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// What an operation does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verb {
    Add,
    Replace,
    Remove,
}

/// Reads a PATCH body.
///
/// # Errors
/// 400 `invalidSyntax` (the message), `invalidPath`, `invalidFilter`, `noTarget` (remove without
/// path), `mutability` (read-only or required), `invalidValue`. The detail names the operation,
/// counted from 1.
pub fn parse(
    body: &Value,
    rt: &ResourceType,
    limits: &Limits,
    tolerance: &mut Tolerance,
) -> Result<Vec<Operation>, ScimError> {
    let checker = Checker { limits, tolerance };
    let mut reader = Reader {
        rt,
        checker,
        out: Vec::new(),
    };
    let operations = reader.message(body)?;
    if operations.is_empty() {
        return Err(syntax("`Operations` must have at least one operation."));
    }
    Limits::check_count("Operations", operations.len(), limits.operations)?;
    for (index, operation) in operations.iter().enumerate() {
        reader.operation(operation).map_err(|error| ScimError {
            detail: format!("Operation {}: {}", index + 1, error.detail),
            ..error
        })?;
    }
    Ok(reader.out)
}

struct Reader<'a> {
    rt: &'a ResourceType,
    checker: Checker<'a>,
    out: Vec<Operation>,
}

impl Reader<'_> {
    /// Checks the message around the operations and returns them.
    fn message<'b>(&mut self, body: &'b Value) -> Result<&'b [Value], ScimError> {
        let Value::Object(body) = body else {
            return Err(syntax("The body must be a JSON object."));
        };
        let (mut schemas, mut operations) = (None, None);
        for (key, value) in body {
            if key.eq_ignore_ascii_case("schemas") {
                schemas = Some(value);
            } else if key.eq_ignore_ascii_case("Operations") {
                self.checker.note_case("Operations", key);
                operations = Some(value);
            } else {
                self.checker.understand(Quirk::ExtraPatchKeys, || {
                    syntax("A PATCH body has only `schemas` and `Operations`.")
                })?;
            }
        }
        match schemas {
            None | Some(Value::Null) => {
                self.checker
                    .understand(Quirk::MissingSchemas, wrong_message)?;
            }
            Some(Value::Array(urns)) if urns.iter().any(is_patch_urn) => {}
            Some(urn) if is_patch_urn(urn) => {
                self.checker
                    .understand(Quirk::ObjectForList, wrong_message)?;
            }
            Some(_) => return Err(wrong_message()),
        }
        match operations {
            Some(Value::Array(operations)) => Ok(operations),
            _ => Err(syntax("`Operations` must be a list of operations.")),
        }
    }

    fn operation(&mut self, operation: &Value) -> Result<(), ScimError> {
        let Value::Object(operation) = operation else {
            return Err(syntax("An operation must be a JSON object."));
        };
        let (mut op, mut path, mut value) = (None, None, None);
        for (key, given) in operation {
            let (name, slot) = match key.to_ascii_lowercase().as_str() {
                "op" => ("op", &mut op),
                "path" => ("path", &mut path),
                "value" => ("value", &mut value),
                _ => {
                    self.checker.understand(Quirk::ExtraPatchKeys, || {
                        syntax("An operation has only `op`, `path` and `value`.")
                    })?;
                    continue;
                }
            };
            self.checker.note_case(name, key);
            *slot = Some(given);
        }
        let verb = self.verb(op)?;
        match path {
            None | Some(Value::Null) => self.without_path(verb, value),
            Some(Value::String(path)) => self.with_path(verb, path, value),
            Some(_) => Err(ScimError::new(
                ScimType::InvalidPath,
                "`path` must be a string.",
            )),
        }
    }

    fn verb(&mut self, op: Option<&Value>) -> Result<Verb, ScimError> {
        let error = || syntax("`op` must be `add`, `replace` or `remove`.");
        let op = op.and_then(Value::as_str).ok_or_else(error)?;
        let lower = op.to_ascii_lowercase();
        let verb = match lower.as_str() {
            "add" => Verb::Add,
            "replace" => Verb::Replace,
            "remove" => Verb::Remove,
            _ => return Err(error()),
        };
        if lower != op {
            self.checker.understand(Quirk::OpCase, error)?;
        }
        Ok(verb)
    }

    fn with_path(
        &mut self,
        verb: Verb,
        text: &str,
        value: Option<&Value>,
    ) -> Result<(), ScimError> {
        let path = path::parse(text, &filter::Limits::default(), self.checker.tolerance)?;
        if let Some(extension) = path.extension(self.rt) {
            return self.extension(verb, &extension.schema, value.unwrap_or(&Value::Null));
        }
        let target = Target::resolve(self.rt, path, &mut self.checker)?;
        if is_schemas(&target) {
            return self.schemas(verb, value);
        }
        let read_only = |attribute: &Attribute| attribute.mutability == Mutability::ReadOnly;
        if read_only(target.slot.attribute()) || read_only(target.leaf()) {
            return Err(mutability(target.leaf(), "is read-only"));
        }
        self.target(verb, target, value)
    }

    /// The value's keys are the paths (RFC 7644 §3.5.2.1, §3.5.2.3).
    fn without_path(&mut self, verb: Verb, value: Option<&Value>) -> Result<(), ScimError> {
        if verb == Verb::Remove {
            return Err(ScimError::new(
                ScimType::NoTarget,
                "A remove operation needs a `path`.",
            ));
        }
        let Some(Value::Object(value)) = value else {
            return Err(invalid(
                "Without a `path` the `value` must be an object of attributes.",
            ));
        };
        for (key, value) in value {
            match self.rt.extension(key) {
                Some(extension) => self.extension(verb, &extension.schema, value)?,
                None => self.key(verb, key, value)?,
            }
        }
        Ok(())
    }

    fn key(&mut self, verb: Verb, key: &str, value: &Value) -> Result<(), ScimError> {
        let rt = self.rt;
        let target = match rt
            .common
            .attribute(key)
            .or_else(|| rt.schema.attribute(key))
        {
            Some(attribute) => {
                self.checker.note_case(&attribute.name, key);
                Target::whole(rt, attribute)
            }
            None => self.odd_key(key)?,
        };
        let Some(target) = target else {
            let quirk = if key.contains(':') {
                Quirk::UnknownSchema
            } else {
                Quirk::UnknownAttribute
            };
            return self.checker.understand(quirk, unknown_key);
        };
        if is_schemas(&target) {
            return self.schemas(verb, Some(value));
        }
        let read_only = |attribute: &Attribute| attribute.mutability == Mutability::ReadOnly;
        if read_only(target.slot.attribute()) || read_only(target.leaf()) {
            let name = target.leaf();
            return self
                .checker
                .understand(Quirk::ReadOnlyInValue, || mutability(name, "is read-only"));
        }
        self.target(verb, target, Some(value))
    }

    /// `manager` alone, or a path where an attribute's name should be.
    fn odd_key(&mut self, key: &str) -> Result<Option<Target>, ScimError> {
        if let Some((_, manager)) = bare_manager(self.rt, key) {
            self.checker.understand(Quirk::BareManager, unknown_key)?;
            return Ok(Target::whole(self.rt, manager));
        }
        if !key.contains(['.', ':', '[']) {
            return Ok(None);
        }
        let path = path::parse(key, &filter::Limits::default(), self.checker.tolerance);
        let target = path
            .and_then(|path| Target::resolve(self.rt, path, &mut self.checker))
            .ok();
        if target.is_some() {
            self.checker.understand(Quirk::DottedKeys, unknown_key)?;
        }
        Ok(target)
    }

    /// A whole extension: its attributes one by one, all of them for remove and null.
    fn extension(&mut self, verb: Verb, schema: &Schema, value: &Value) -> Result<(), ScimError> {
        let rt = self.rt;
        match value {
            _ if verb == Verb::Remove => {}
            Value::Null => {}
            Value::Object(value) => {
                for (key, value) in value {
                    let Some(attribute) = schema.attribute(key) else {
                        self.checker
                            .understand(Quirk::UnknownAttribute, unknown_key)?;
                        continue;
                    };
                    self.checker.note_case(&attribute.name, key);
                    if attribute.mutability == Mutability::ReadOnly {
                        self.checker.understand(Quirk::ReadOnlyInValue, || {
                            mutability(attribute, "is read-only")
                        })?;
                    } else if let Some(target) = Target::whole(rt, attribute) {
                        self.target(verb, target, Some(value))?;
                    }
                }
                return Ok(());
            }
            _ => return Err(invalid("The value of an extension must be an object.")),
        }
        if verb != Verb::Add {
            if rt
                .extension(&schema.id)
                .is_some_and(|extension| extension.required)
            {
                return Err(ScimError::new(
                    ScimType::Mutability,
                    format!("`{}` is required and cannot be removed.", schema.id),
                ));
            }
            let slots = schema
                .attributes
                .iter()
                .filter_map(|attribute| Slot::of(rt, attribute));
            self.out
                .extend(slots.map(|slot| edit(slot, Action::Clear(None))));
        }
        Ok(())
    }

    /// `schemas` follows from what a resource holds (RFC 7644 §3.5.2), so that writing it changes
    /// nothing; an unknown URN in it is worth knowing, and it cannot be removed.
    fn schemas(&mut self, verb: Verb, value: Option<&Value>) -> Result<(), ScimError> {
        let value = value.unwrap_or(&Value::Null);
        if verb == Verb::Remove {
            return Err(ScimError::new(
                ScimType::Mutability,
                "`schemas` is required; remove the attributes of the extension instead.",
            ));
        }
        for urn in crate::scim::document::elements(value) {
            if !urn.as_str().is_some_and(|urn| is_known(self.rt, urn)) {
                self.checker.understand(Quirk::UnknownSchema, unknown_key)?;
            }
        }
        Ok(())
    }

    fn target(
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
            (_, None) => Err(invalid("The operation needs a `value`.")),
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
            (None, None) if attribute.kind == Type::Complex => return self.merge(slot, value),
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
    fn merge(&mut self, slot: Slot, value: &Value) -> Result<(), ScimError> {
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

fn edit(slot: Slot, action: Action) -> Operation {
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

/// Null, and by RFC 7643 §2.5 the empty list.
fn is_unassigned(value: &Value) -> bool {
    value.is_null() || value.as_array().is_some_and(Vec::is_empty)
}

fn is_schemas(target: &Target) -> bool {
    target.slot.extension().is_none() && target.slot.attribute().name == "schemas"
}

fn is_patch_urn(urn: &Value) -> bool {
    urn.as_str()
        .is_some_and(|urn| urn.eq_ignore_ascii_case(PATCH_URN))
}

fn wrong_message() -> ScimError {
    syntax("`schemas` of a PATCH must be [\"urn:ietf:params:scim:api:messages:2.0:PatchOp\"].")
}

/// The error for a remove that has a value where the dialect does not understand it.
pub(super) fn remove_with_value() -> ScimError {
    syntax("A remove operation takes no `value`; say which values in the `path`.")
}

/// The error for writing what may not be written.
pub(super) fn mutability(attribute: &Attribute, why: &str) -> ScimError {
    ScimError::new(ScimType::Mutability, format!("`{}` {why}.", attribute.name))
}

fn syntax(detail: &str) -> ScimError {
    ScimError::new(ScimType::InvalidSyntax, detail)
}

fn invalid(detail: &str) -> ScimError {
    ScimError::new(ScimType::InvalidValue, detail)
}
