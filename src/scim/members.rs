//! The members that a body or a PATCH value names, in the shapes clients send them
//! (RFC 7643 §4.2).

use std::collections::HashSet;

use serde_json::{Map, Value};

use crate::ids::ResourceId;
use crate::scim::error::{ScimError, ScimType};
use crate::scim::limits::Limits;
use crate::scim::quirk::Quirk;
use crate::scim::value::Checker;

/// What becomes of a member whose id cannot be one of this server's.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stranger {
    /// 400 `invalidValue`: it cannot be added.
    Refuse,
    /// Left out: it cannot be a member, so there is nothing to remove.
    Ignore,
}

/// The ids that `value` names, each once, in order. `value` is a list of members or one member.
pub(crate) fn ids(
    checker: &mut Checker<'_>,
    value: &Value,
    stranger: Stranger,
) -> Result<Vec<ResourceId>, ScimError> {
    let members = match value {
        Value::Null => &[],
        Value::Array(members) => members.as_slice(),
        single => std::slice::from_ref(single),
    };
    Limits::check_count("members", members.len(), checker.limits.members)?;
    let mut seen = HashSet::with_capacity(members.len());
    let mut ids = Vec::with_capacity(members.len());
    for member in members.iter().filter(|member| !member.is_null()) {
        match id(checker, member)? {
            Some(id) if seen.insert(id) => ids.push(id),
            Some(_) => checker.tolerance.seen.note(Quirk::DuplicateValue),
            None if stranger == Stranger::Ignore => {}
            None => {
                return Err(ScimError::invalid(
                    "A member's `value` is not the id of a resource here; send the `id` this server gave.",
                ));
            }
        }
    }
    Ok(ids)
}

fn id(checker: &mut Checker<'_>, member: &Value) -> Result<Option<ResourceId>, ScimError> {
    match member {
        Value::String(id) => {
            checker.understand(Quirk::MemberShape, shape)?;
            Ok(ResourceId::parse(id))
        }
        Value::Object(member) => id_of_object(checker, member),
        _ => Err(shape()),
    }
}

fn id_of_object(
    checker: &mut Checker<'_>,
    member: &Map<String, Value>,
) -> Result<Option<ResourceId>, ScimError> {
    let (mut id, mut reference) = (None, None);
    for (key, value) in member {
        let is = |name: &str| key.eq_ignore_ascii_case(name);
        let slot = if is("value") {
            &mut id
        } else if is("$ref") {
            &mut reference
        } else {
            if !is("type") && !is("display") {
                checker.understand(Quirk::UnknownAttribute, undeclared)?;
            }
            continue;
        };
        *slot = match value {
            Value::Null => None,
            Value::String(text) => Some(text.as_str()),
            _ => return Err(shape()),
        };
    }
    let absolute = reference.is_some_and(|reference| reference.contains("://"));
    if member.contains_key("$ref") && !absolute {
        // Legal (RFC 7643 §2.3.7, §2.5), but worth knowing: it is what some clients stumble over.
        checker.tolerance.seen.note(Quirk::MemberShape);
    }
    let last_segment =
        reference.and_then(|reference| reference.trim_end_matches('/').rsplit('/').next());
    match id.or(last_segment) {
        Some(id) => Ok(ResourceId::parse(id)),
        None => Err(shape()),
    }
}

fn undeclared() -> ScimError {
    ScimError::new(
        ScimType::InvalidSyntax,
        "A member has a sub-attribute that no schema declares; leave it out.",
    )
}

fn shape() -> ScimError {
    ScimError::invalid("A member must be an object with `value`, the id of a user or group.")
}
