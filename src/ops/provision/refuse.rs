//! Answers that refuse, and whom they are about.

use serde_json::Value;

use super::Provision;
use super::context::Context;
use super::render;
use super::reply::{Notes, aim, name_in, plain};
use super::request::{Answer, Record, Request, Target};
use crate::ids::ResourceId;
use crate::scim::error::ScimError;
use crate::store::StoreError;

impl Provision {
    /// The answer to a request that fails on this side; nothing was changed. For trying out what
    /// follows from that.
    pub(in crate::ops) fn fault(&self, request: &Request) -> Answer {
        let context = self.context(request.caller.clone(), request.id, request.base.clone());
        self.turn_away(&context, request, &StoreError::Panicked.into())
    }

    /// The answer to a request that is not looked at. Only of what is to be created the body says
    /// whom it is about.
    pub(super) fn turn_away(
        &self,
        context: &Context,
        request: &Request,
        error: &ScimError,
    ) -> Answer {
        let body = match request.target {
            Target::Users | Target::Groups => self.body(request).unwrap_or_default(),
            _ => Value::Null,
        };
        let notes = Notes {
            subject: name_in(&body).unwrap_or_default().to_owned(),
            quirks: request.quirks,
        };
        self.refuse(context, request, notes, error)
    }

    pub(super) fn refuse(
        &self,
        context: &Context,
        request: &Request,
        notes: Notes,
        error: &ScimError,
    ) -> Answer {
        let mut subject = notes.subject;
        if subject.is_empty() && error.status != 404 {
            subject = self.name_of(context, &request.target).unwrap_or_default();
        }
        Answer {
            retry_after: (error.status == 503).then_some(1),
            record: Record {
                operation: aim(request),
                subject,
                what: error.detail.trim_end_matches('.').to_owned(),
                changes: Value::Null,
                quirks: notes.quirks,
                scim_type: error.scim_type,
                detail: Some(error.detail.clone()),
            },
            ..plain(error.status, render::error(error))
        }
    }

    /// The name of the resource that a request is about, for the operator.
    fn name_of(&self, context: &Context, target: &Target) -> Option<String> {
        let org = context.org();
        let name = self.store.read(|reader| {
            Ok(match target {
                Target::User(id) => match ResourceId::parse(id) {
                    Some(id) => reader.user(org, &id)?.map(|user| user.user_name),
                    None => None,
                },
                Target::Group(id) => match ResourceId::parse(id) {
                    Some(id) => reader.group(org, &id)?.map(|group| group.display_name),
                    None => None,
                },
                _ => None,
            })
        });
        name.ok().flatten()
    }
}
