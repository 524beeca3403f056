//! One write, prepared where the request is and carried out in the store's writer; alone, or as
//! an operation of Bulk.

use serde_json::Value;

use super::context::Context;
use super::edit::Edit;
use super::outcome::{Done, group_path, user_path};
use super::{groups, users};
use crate::ids::ResourceId;
use crate::scim::bulk::Method;
use crate::scim::error::ScimError;
use crate::scim::patch;
use crate::scim::quirk::Quirks;
use crate::scim::schema::Kind;
use crate::scim::validate;
use crate::store::Tx;

/// A prepared write.
pub(super) struct Step {
    pub kind: Kind,
    pub id: ResourceId,
    pub action: Action,
    /// `If-Match`, or a Bulk operation's `version`.
    pub if_match: Option<String>,
    /// Met while preparing.
    pub quirks: Quirks,
}

/// What a write does. Whatever can be checked without the directory has been.
pub(super) enum Action {
    CreateUser(Box<users::New>),
    CreateGroup(Box<groups::New>),
    Edit(Edit),
    Delete,
}

impl Step {
    /// Parses and validates. `id` is the target's, or the one chosen for what a POST creates.
    pub fn prepare(
        context: &Context,
        method: Method,
        kind: Kind,
        id: ResourceId,
        body: Value,
        if_match: Option<String>,
    ) -> Result<Self, ScimError> {
        let rt = context.registry.of(kind);
        let mut tolerance = context.tolerance();
        let action = match method {
            Method::Post => {
                let incoming = validate::create(rt, &body, &context.limits, &mut tolerance)?;
                match kind {
                    Kind::User => Action::CreateUser(Box::new(users::New::of(context, &incoming)?)),
                    Kind::Group => {
                        Action::CreateGroup(Box::new(groups::New::of(context, incoming)?))
                    }
                }
            }
            Method::Put => Action::Edit(Edit::Replace(body)),
            Method::Patch => {
                let operations = patch::parse(&body, rt, &context.limits, &mut tolerance)?;
                Action::Edit(Edit::Patch(operations))
            }
            Method::Delete => Action::Delete,
        };
        Ok(Self {
            kind,
            id,
            action,
            if_match,
            quirks: tolerance.seen,
        })
    }

    /// Carries it out, whole or not at all.
    pub fn execute(self, tx: &mut Tx<'_>, context: &Context) -> Result<Done, ScimError> {
        let (id, if_match) = (self.id, self.if_match.as_deref());
        let mut done = match (self.kind, self.action) {
            (_, Action::CreateUser(new)) => users::create(tx, context, id, *new),
            (Kind::User, Action::Edit(edit)) => users::edit(tx, context, id, &edit, if_match),
            (Kind::User, Action::Delete) => users::delete(tx, context, id, if_match),
            (_, Action::CreateGroup(new)) => groups::create(tx, context, id, *new),
            (Kind::Group, Action::Edit(edit)) => groups::edit(tx, context, id, &edit, if_match),
            (Kind::Group, Action::Delete) => groups::delete(tx, context, id, if_match),
        }?;
        done.quirks.merge(self.quirks);
        Ok(done)
    }

    /// Path below the base URL.
    pub fn path(&self) -> String {
        match self.kind {
            Kind::User => user_path(&self.id),
            Kind::Group => group_path(&self.id),
        }
    }
}
