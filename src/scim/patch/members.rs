//! What a PATCH does to a group's members, without looking at them.

use serde_json::Value;

use super::MemberOp;
use super::request::{Verb, mutability, remove_with_value};
use super::target::Target;
use crate::ids::ResourceId;
use crate::scim::error::{ScimError, ScimType};
use crate::scim::filter::{self, CompareOp, Expr, FilterError, Operand};
use crate::scim::members::{Stranger, ids};
use crate::scim::quirk::Quirk;
use crate::scim::value::Checker;

/// The change that an operation on `members` stands for; `None` if it changes nothing.
pub(super) fn operation(
    checker: &mut Checker<'_>,
    verb: Verb,
    target: &Target,
    value: Option<&Value>,
) -> Result<Option<MemberOp>, ScimError> {
    let attribute = target.slot.attribute();
    match (&target.filter, target.sub, verb) {
        (_, Some(_), _) | (Some(_), None, Verb::Add | Verb::Replace) => Err(mutability(
            attribute,
            "can be added and removed, but not changed in place",
        )),
        (Some(filter), None, Verb::Remove) => {
            let expr = filter::bind_within(filter, attribute, checker.tolerance)
                .map_err(FilterError::into_scim)?;
            Ok(Some(
                by_id(&expr).map_or(MemberOp::RemoveWhere(expr), MemberOp::Remove),
            ))
        }
        (None, None, Verb::Remove) => remove(checker, value).map(Some),
        (None, None, verb) => assign(checker, verb, value),
    }
}

/// Entra's value list removes those alone and must never be read as "remove all".
fn remove(checker: &mut Checker<'_>, value: Option<&Value>) -> Result<MemberOp, ScimError> {
    match value {
        None | Some(Value::Null) => Ok(MemberOp::Clear),
        Some(value) => {
            checker.understand(Quirk::RemoveByValueList, remove_with_value)?;
            Ok(MemberOp::Remove(ids(checker, value, Stranger::Ignore)?))
        }
    }
}

fn assign(
    checker: &mut Checker<'_>,
    verb: Verb,
    value: Option<&Value>,
) -> Result<Option<MemberOp>, ScimError> {
    let needs_value =
        || ScimError::new(ScimType::InvalidValue, "`members` needs a list as `value`.");
    let value = value.ok_or_else(needs_value)?;
    if verb == Verb::Replace && value.is_null() {
        checker.understand(Quirk::NullMembers, needs_value)?;
    }
    let ids = ids(checker, value, Stranger::Refuse)?;
    Ok(match (verb, ids.is_empty()) {
        (Verb::Replace, true) => Some(MemberOp::Clear),
        (Verb::Replace, false) => Some(MemberOp::Replace(ids)),
        (_, true) => None,
        (_, false) => Some(MemberOp::Add(ids)),
    })
}

/// The ids of `value eq "…" or value eq "…" …`; ids that cannot exist are left out.
fn by_id(expr: &Expr) -> Option<Vec<ResourceId>> {
    let terms = match expr {
        Expr::Or(terms) => terms.as_slice(),
        single => std::slice::from_ref(single),
    };
    let mut ids = Vec::with_capacity(terms.len());
    for term in terms {
        let Expr::Compare {
            target,
            op: CompareOp::Eq,
            value: Operand::String(id),
        } = term
        else {
            return None;
        };
        if !target.is("value", None) {
            return None;
        }
        ids.extend(ResourceId::parse(id));
    }
    Some(ids)
}
