//! Whether a JSON resource matches a bound filter.
//!
//! Runs on each row that no index has excluded: it allocates only to fold a string that is not
//! already folded. Recursion is bounded by the filter's depth, never by the resource's.

use std::cmp::Ordering;

use serde_json::Value;

use super::ast::{CompareOp, Expr, Operand, Target};
use crate::clock::Timestamp;
use crate::scim::fold::fold;

/// True if `resource` matches. For an expression bound within a complex attribute, `resource` is
/// one element of it. Keys are expected in canonical case.
pub fn matches(expr: &Expr, resource: &Value) -> bool {
    match expr {
        Expr::And(all) => all.iter().all(|expr| matches(expr, resource)),
        Expr::Or(any) => any.iter().any(|expr| matches(expr, resource)),
        Expr::Not(inner) => !matches(inner, resource),
        Expr::Present(target) => any_value(target, resource, &is_present),
        Expr::Compare { target, op, value } => compares(target, *op, value, resource),
        Expr::Any { target, filter } => {
            any_value(target, resource, &|element| matches(filter, element))
        }
        Expr::Never => false,
    }
}

fn compares(target: &Target, op: CompareOp, operand: &Operand, resource: &Value) -> bool {
    match (op, operand) {
        (CompareOp::Ne, _) => !compares(target, CompareOp::Eq, operand, resource),
        (CompareOp::Eq, Operand::Null) => !any_value(target, resource, &is_present),
        _ => any_value(target, resource, &|value| {
            holds(value, op, operand, target.case_exact)
        }),
    }
}

/// True if any value that the target names satisfies `test`.
fn any_value(target: &Target, resource: &Value, test: &dyn Fn(&Value) -> bool) -> bool {
    let holder = match &target.extension {
        Some(urn) => resource.get(urn),
        None => Some(resource),
    };
    let Some(attribute) = holder.and_then(|holder| holder.get(&target.attribute)) else {
        return false;
    };
    any_item(attribute, &|item| match &target.sub {
        None => test(item),
        Some(sub) => item.get(sub).is_some_and(|leaf| any_item(leaf, test)),
    })
}

/// Tries each element of a list, or the value itself.
fn any_item(value: &Value, test: &dyn Fn(&Value) -> bool) -> bool {
    match value {
        Value::Array(items) => items.iter().any(test),
        single => test(single),
    }
}

/// `pr`: not null, not empty; an object has a member that is neither (RFC 7644 table 3).
fn is_present(value: &Value) -> bool {
    match value {
        Value::Object(members) => members.values().any(is_filled),
        other => is_filled(other),
    }
}

fn is_filled(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(_) | Value::Number(_) => true,
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(members) => !members.is_empty(),
    }
}

/// One value against the operand. Values of another type match nothing.
fn holds(value: &Value, op: CompareOp, operand: &Operand, case_exact: bool) -> bool {
    match operand {
        Operand::Null => false,
        Operand::Bool(wanted) => value
            .as_bool()
            .is_some_and(|given| in_order(op, given.cmp(wanted))),
        Operand::Number(wanted) => value
            .as_f64()
            .and_then(|given| given.partial_cmp(wanted))
            .is_some_and(|order| in_order(op, order)),
        Operand::DateTime(wanted) => value
            .as_str()
            .and_then(Timestamp::parse)
            .is_some_and(|given| in_order(op, given.cmp(wanted))),
        Operand::String(wanted) => value.as_str().is_some_and(|given| {
            if case_exact {
                string_holds(given, op, wanted)
            } else {
                string_holds(&fold(given), op, wanted)
            }
        }),
    }
}

fn string_holds(given: &str, op: CompareOp, wanted: &str) -> bool {
    match op {
        CompareOp::Co => given.contains(wanted),
        CompareOp::Sw => given.starts_with(wanted),
        CompareOp::Ew => given.ends_with(wanted),
        // UTF-8 sorts as its code points do.
        _ => in_order(op, given.cmp(wanted)),
    }
}

fn in_order(op: CompareOp, order: Ordering) -> bool {
    match op {
        CompareOp::Eq => order.is_eq(),
        CompareOp::Ne => order.is_ne(),
        CompareOp::Gt => order.is_gt(),
        CompareOp::Ge => order.is_ge(),
        CompareOp::Lt => order.is_lt(),
        CompareOp::Le => order.is_le(),
        CompareOp::Co | CompareOp::Sw | CompareOp::Ew => false,
    }
}
