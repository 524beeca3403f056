//! PUT and PATCH of what exists: from the document as it is to the document as it is to be,
//! alike for users and groups.

use serde_json::{Map, Value};

use super::context::Context;
use crate::model::exchange::Operation;
use crate::scim::error::ScimError;
use crate::scim::patch::{self, MemberOp};
use crate::scim::quirk::Quirks;
use crate::scim::schema::Kind;
use crate::scim::validate;

/// A change of a whole resource.
pub(super) enum Edit {
    /// PUT (RFC 7644 §3.5.1). A body without `members` leaves them as they are.
    Replace(Value),
    /// PATCH (RFC 7644 §3.5.2).
    Patch(Vec<patch::Operation>),
}

/// What an edit makes of a document.
pub(super) struct Edited {
    pub doc: Map<String, Value>,
    /// What happens to a group's members, in order.
    pub members: Vec<MemberOp>,
    pub quirks: Quirks,
}

impl Edit {
    /// What it makes of the document `before`.
    pub fn of(
        &self,
        context: &Context,
        kind: Kind,
        before: &Map<String, Value>,
    ) -> Result<Edited, ScimError> {
        let (rt, limits) = (context.registry.of(kind), &context.limits);
        let mut tolerance = context.tolerance();
        let (doc, members) = match self {
            Self::Replace(body) => {
                let incoming = validate::replace(rt, body, before, limits, &mut tolerance)?;
                let members = incoming.members.map(MemberOp::Replace);
                (incoming.doc, members.into_iter().collect())
            }
            Self::Patch(operations) => {
                let patched = patch::apply(before, operations, rt, limits, &mut tolerance)?;
                (patched.doc, patched.members)
            }
        };
        Ok(Edited {
            doc,
            members,
            quirks: tolerance.seen,
        })
    }

    /// How an operator calls it.
    pub const fn operation(&self) -> Operation {
        match self {
            Self::Replace(_) => Operation::Replace,
            Self::Patch(_) => Operation::Patch,
        }
    }
}
