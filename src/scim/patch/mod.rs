//! PATCH (RFC 7644 §3.5.2) in two steps.
//!
//! [`parse`] reads a request against the schema alone: names, types, mutability and every shape
//! clients send become a flat list of [`Operation`]s. [`apply`] carries them out on a copy of the
//! current document, so that an error leaves nothing half done. Members of a group are not in the
//! document: what happens to them comes out as [`MemberOp`]s for the store, and a group's members
//! are never loaded for a PATCH.

mod apply;
mod edits;
mod members;
mod request;
mod target;
#[cfg(test)]
mod tests;

#[cfg(test)]
pub(in crate::scim) use tests::any_json;

use serde_json::{Map, Value};

use crate::ids::ResourceId;
use crate::scim::filter::Expr;

pub use apply::apply;
pub use request::{PATCH_URN, parse};
use target::Slot;

/// One validated step of a PATCH.
#[derive(Clone, Debug, PartialEq)]
pub enum Operation {
    /// Changes a group's members.
    Members(MemberOp),
    /// Changes the document.
    Edit(Edit),
}

/// A change of a group's members, to be carried out in order.
#[derive(Clone, Debug, PartialEq)]
pub enum MemberOp {
    /// These become members, if they are not yet.
    Add(Vec<ResourceId>),
    /// These are members no longer, if they were.
    Remove(Vec<ResourceId>),
    /// Every member that matches is one no longer. Bound within `members`: targets are `value`,
    /// `type`, `display` and `$ref`.
    RemoveWhere(Expr),
    /// Nobody is a member.
    Clear,
    /// These are the members, nobody else.
    Replace(Vec<ResourceId>),
}

/// What a PATCH makes of a resource.
#[derive(Clone, Debug, PartialEq)]
pub struct Patched {
    /// The new document; equal to the old one if nothing in it changed.
    pub doc: Map<String, Value>,
    /// What happens to the members, in order.
    pub members: Vec<MemberOp>,
}

/// A change of one attribute of the document. Values are canonical.
#[derive(Clone, Debug, PartialEq)]
pub struct Edit {
    slot: Slot,
    action: Action,
}

#[derive(Clone, Debug, PartialEq)]
enum Action {
    /// Assigns a singular attribute or, with its index, a sub-attribute of one.
    Set(Option<usize>, Value),
    /// Unassigns an attribute or a sub-attribute of a singular one.
    Clear(Option<usize>),
    /// Adds values to a list, those it has already excepted.
    Append(Vec<Value>),
    /// These are the values of a list, no others.
    ReplaceAll(Vec<Value>),
    /// Takes these values from a list.
    RemoveValues(Vec<Value>),
    /// Changes those elements of a list that match.
    Elements(Select, Change),
}

/// Which elements of a list are meant.
#[derive(Clone, Debug, PartialEq)]
enum Select {
    /// All.
    Every,
    /// Those that match the filter. If none does and the filter says what an element is to be
    /// like, `seed` is that element.
    Where {
        expr: Expr,
        seed: Option<Map<String, Value>>,
    },
}

#[derive(Clone, Debug, PartialEq)]
enum Change {
    SetSub(usize, Value),
    ClearSub(usize),
    Merge(Map<String, Value>),
    Replace(Map<String, Value>),
    Remove,
}
