//! What every step of one request needs, owned, so that it can move into the writer.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::clock::Timestamp;
use crate::ids::{OrgId, RequestId, ResourceId};
use crate::model::event::{Actor, EventKind, NewEvent};
use crate::model::guard::GuardSettings;
use crate::model::org::RemovalPolicy;
use crate::ops::mandate::Mandate;
use crate::ops::provision::request::Caller;
use crate::scim::diff::Change;
use crate::scim::error::{ScimError, ScimType};
use crate::scim::limits::Limits;
use crate::scim::quirk::Tolerance;
use crate::scim::schema::Registry;
use crate::store::StoreError;

/// One request's surroundings.
#[derive(Clone)]
pub(super) struct Context {
    pub registry: Arc<Registry>,
    pub limits: Arc<Limits>,
    pub guard: GuardSettings,
    pub caller: Caller,
    pub request: RequestId,
    /// Base URL for `meta.location` and `$ref`.
    pub base: String,
    pub now: Timestamp,
}

impl Context {
    pub fn org(&self) -> OrgId {
        self.caller.org.id
    }

    pub fn policy(&self) -> RemovalPolicy {
        self.caller.org.policy
    }

    /// For what removes accounts and brings them back.
    pub fn mandate(&self) -> Mandate {
        Mandate {
            org: self.caller.org.clone(),
            actor: self.actor(),
            request: Some(self.request),
            now: self.now,
        }
    }

    pub fn tolerance(&self) -> Tolerance {
        Tolerance::new(self.caller.org.dialect)
    }

    pub fn actor(&self) -> Actor {
        Actor::Token(self.caller.token.clone())
    }

    /// A document as text.
    ///
    /// # Errors
    /// 400 `invalidValue` if it is larger than a resource may be.
    pub fn written(&self, doc: &Map<String, Value>) -> Result<String, ScimError> {
        let text = serde_json::to_string(doc)
            .map_err(|_| ScimError::status(500, "The resource cannot be written."))?;
        let most = self.limits.document_bytes;
        if text.len() > most {
            return Err(ScimError::new(
                ScimType::InvalidValue,
                format!("The resource would be larger than {most} bytes (document_bytes)."),
            ));
        }
        Ok(text)
    }

    /// An event of this request about a user or group.
    pub fn event(
        &self,
        kind: EventKind,
        id: ResourceId,
        subject: &str,
        cause: &str,
        changes: Value,
    ) -> NewEvent {
        let mut detail = json!({ "subject": subject });
        if !changes.is_null() {
            detail["changes"] = changes;
        }
        NewEvent {
            at: self.now,
            org: self.org(),
            kind,
            actor: self.actor(),
            subject: Some(id),
            request: Some(self.request),
            cause: cause.to_owned(),
            detail,
        }
    }
}

/// The id in a path; whatever is not one of ours names nothing.
pub(super) fn resource_id(text: &str) -> Result<ResourceId, ScimError> {
    ResourceId::parse(text).ok_or_else(ScimError::not_found)
}

/// A stored document as an object. The store only holds what was serialized from one.
pub(super) fn document(text: &str) -> Result<Map<String, Value>, ScimError> {
    serde_json::from_str(text).map_err(|_| {
        ScimError::status(
            500,
            "A stored resource cannot be read; its administrator has to restore a backup.",
        )
    })
}

/// Changes as they are recorded; null if there are none.
pub(super) fn recorded(changes: &[Change]) -> Value {
    if changes.is_empty() {
        return Value::Null;
    }
    serde_json::to_value(changes).unwrap_or_default()
}

impl From<StoreError> for ScimError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound => Self::not_found(),
            StoreError::Conflict { attribute } => Self::new(
                ScimType::Uniqueness,
                format!("{attribute} is taken: another resource has it."),
            ),
            StoreError::TooMany => Self::new(
                ScimType::TooMany,
                "Too many resources match to sort them; narrow the filter or sort by userName.",
            ),
            StoreError::Busy => Self::status(503, "The server is busy; try again shortly."),
            StoreError::Closed => {
                Self::status(503, "The server is shutting down; try again shortly.")
            }
            StoreError::Full => Self::status(
                503,
                "The server's disk is full: nothing is written until there is room; nothing was changed.",
            ),
            StoreError::Io(_) => Self::status(
                503,
                "The server cannot store anything right now; nothing was changed.",
            ),
            _ => Self::status(
                500,
                "The server failed; nothing was changed. Its operator finds the cause in the log.",
            ),
        }
    }
}
