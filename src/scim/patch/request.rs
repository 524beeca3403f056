//! From a PATCH body to operations: the half of PATCH that needs no resource.

use serde_json::Value;

use super::edits::edit;
use super::target::{Slot, Target};
use super::{Action, Operation};
use crate::scim::document::elements;
use crate::scim::error::{ScimError, ScimType};
use crate::scim::filter;
use crate::scim::limits::Limits;
use crate::scim::message;
use crate::scim::path;
use crate::scim::quirk::{Quirk, Tolerance};
use crate::scim::schema::{Attribute, Mutability, ResourceType, Schema};
use crate::scim::validate::{bare_manager, is_known, is_roles, unknown_key};
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
        path_keys: 0,
    };
    let operations = reader.message(body)?;
    if operations.is_empty() {
        return Err(ScimError::syntax(
            "`Operations` must have at least one operation.",
        ));
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

/// Collects operations.
pub(super) struct Reader<'a> {
    pub rt: &'a ResourceType,
    pub checker: Checker<'a>,
    pub out: Vec<Operation>,
    /// Keys met that may be paths; each can cost as much as an operation.
    path_keys: usize,
}

impl Reader<'_> {
    /// Checks the message around the operations and returns them.
    fn message<'b>(&mut self, body: &'b Value) -> Result<&'b [Value], ScimError> {
        let Value::Object(body) = body else {
            return Err(ScimError::syntax("The body must be a JSON object."));
        };
        let mut operations = None;
        for (key, value) in body {
            if key.eq_ignore_ascii_case("Operations") {
                self.checker.note_case("Operations", key);
                operations = Some(value);
            } else if !key.eq_ignore_ascii_case("schemas") {
                self.checker.understand(Quirk::ExtraPatchKeys, || {
                    ScimError::syntax("A PATCH body has only `schemas` and `Operations`.")
                })?;
            }
        }
        message::check(body, PATCH_URN, self.checker.tolerance)?;
        match operations {
            Some(Value::Array(operations)) => Ok(operations),
            _ => Err(ScimError::syntax(
                "`Operations` must be a list of operations.",
            )),
        }
    }

    fn operation(&mut self, operation: &Value) -> Result<(), ScimError> {
        let Value::Object(operation) = operation else {
            return Err(ScimError::syntax("An operation must be a JSON object."));
        };
        let (mut op, mut path, mut value) = (None, None, None);
        for (key, given) in operation {
            let (name, slot) = match key.to_ascii_lowercase().as_str() {
                "op" => ("op", &mut op),
                "path" => ("path", &mut path),
                "value" => ("value", &mut value),
                _ => {
                    self.checker.understand(Quirk::ExtraPatchKeys, || {
                        ScimError::syntax("An operation has only `op`, `path` and `value`.")
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
        let error = || ScimError::syntax("`op` must be `add`, `replace` or `remove`.");
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
        if is_read_only(&target) {
            let error = || mutability(target.leaf(), "is read-only");
            return if is_roles(self.rt, target.slot.attribute()) {
                self.checker.understand(Quirk::ComputedRoles, error)
            } else {
                Err(error())
            };
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
            return Err(ScimError::invalid(
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
        if is_read_only(&target) {
            let quirk = if is_roles(rt, target.slot.attribute()) {
                Quirk::ComputedRoles
            } else {
                Quirk::ReadOnlyInValue
            };
            let error = || mutability(target.leaf(), "is read-only");
            return self.checker.understand(quirk, error);
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
        self.path_keys += 1;
        let most = self.checker.limits.operations;
        Limits::check_count("value", self.path_keys, most)?;
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
            _ => {
                return Err(ScimError::invalid(
                    "The value of an extension must be an object.",
                ));
            }
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
        for urn in elements(value) {
            if !urn.as_str().is_some_and(|urn| is_known(self.rt, urn)) {
                self.checker.understand(Quirk::UnknownSchema, unknown_key)?;
            }
        }
        Ok(())
    }
}

fn is_read_only(target: &Target) -> bool {
    [target.slot.attribute(), target.leaf()]
        .iter()
        .any(|attribute| attribute.mutability == Mutability::ReadOnly)
}

fn is_schemas(target: &Target) -> bool {
    target.slot.extension().is_none() && target.slot.attribute().name == "schemas"
}

/// The error for a remove that has a value where the dialect does not understand it.
pub(super) fn remove_with_value() -> ScimError {
    ScimError::syntax("A remove operation takes no `value`; say which values in the `path`.")
}

/// The error for writing what may not be written.
pub(super) fn mutability(attribute: &Attribute, why: &str) -> ScimError {
    ScimError::new(ScimType::Mutability, format!("`{}` {why}.", attribute.name))
}
