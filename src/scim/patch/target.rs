//! What a path or a key in a PATCH stands for.

use std::ptr;
use std::sync::Arc;

use crate::scim::error::{ScimError, ScimType};
use crate::scim::filter::Filter;
use crate::scim::path::Path;
use crate::scim::quirk::Quirk;
use crate::scim::schema::{Attribute, Resolved, ResourceType, Schema};
use crate::scim::validate::bare_manager;
use crate::scim::value::Checker;

/// The place of an attribute: owns its schema, so that operations outlive the request.
#[derive(Clone, Debug)]
pub(super) struct Slot {
    schema: Arc<Schema>,
    index: usize,
    is_extension: bool,
}

impl PartialEq for Slot {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.schema, &other.schema) && self.index == other.index
    }
}

impl Slot {
    /// The slot of an attribute of `rt`.
    pub fn of(rt: &ResourceType, attribute: &Attribute) -> Option<Self> {
        let core = [&rt.common, &rt.schema].map(|schema| (schema, false));
        let extensions = rt
            .extensions
            .iter()
            .map(|extension| (&extension.schema, true));
        core.into_iter()
            .chain(extensions)
            .find_map(|(schema, is_extension)| {
                let index = position(&schema.attributes, attribute)?;
                Some(Self {
                    schema: schema.clone(),
                    index,
                    is_extension,
                })
            })
    }

    /// The attribute itself.
    pub fn attribute(&self) -> &Attribute {
        &self.schema.attributes[self.index]
    }

    /// URN of the extension the attribute is in.
    pub fn extension(&self) -> Option<&str> {
        self.is_extension.then_some(self.schema.id.as_str())
    }

    /// The sub-attribute with that index.
    pub fn sub(&self, index: usize) -> &Attribute {
        &self.attribute().sub_attributes[index]
    }
}

/// The index of `attribute` in the very list it stands in.
pub(super) fn position(attributes: &[Attribute], attribute: &Attribute) -> Option<usize> {
    attributes
        .iter()
        .position(|other| ptr::eq(other, attribute))
}

/// An attribute, some of its values, a sub-attribute of these.
pub(super) struct Target {
    pub slot: Slot,
    pub filter: Option<Filter>,
    pub sub: Option<usize>,
}

impl Target {
    /// The whole of an attribute.
    pub fn whole(rt: &ResourceType, attribute: &Attribute) -> Option<Self> {
        Some(Self {
            slot: Slot::of(rt, attribute)?,
            filter: None,
            sub: None,
        })
    }

    /// What `path` stands for: 400 `invalidPath` if there is no such attribute.
    pub fn resolve(
        rt: &ResourceType,
        path: Path,
        checker: &mut Checker<'_>,
    ) -> Result<Self, ScimError> {
        let attr = &path.attr;
        let sub = path.sub.as_deref().or(attr.sub.as_deref());
        let found = rt
            .resolve(attr.urn.as_deref(), &attr.name, sub)
            .ok_or_else(no_attribute)?;
        if attr.urn.is_none() && bare_manager(rt, &attr.name).is_some() {
            checker.tolerance.seen.note(Quirk::BareManager);
        }
        let two_subs = path.sub.is_some() && attr.sub.is_some();
        let singular = path.filter.is_some() && !found.attribute.multi_valued;
        if two_subs || singular {
            return Err(invalid_path(
                "Only a multi-valued attribute can have a filter in its path.",
            ));
        }
        note_case(&found, attr.name.as_str(), sub, checker);
        Ok(Self {
            sub: found
                .sub
                .and_then(|sub| position(&found.attribute.sub_attributes, sub)),
            slot: Slot::of(rt, found.attribute).ok_or_else(no_attribute)?,
            filter: path.filter,
        })
    }

    /// The attribute the path ends in.
    pub fn leaf(&self) -> &Attribute {
        match self.sub {
            Some(sub) => self.slot.sub(sub),
            None => self.slot.attribute(),
        }
    }
}

fn note_case(found: &Resolved<'_>, name: &str, sub: Option<&str>, checker: &mut Checker<'_>) {
    checker.note_case(&found.attribute.name, name);
    if let (Some(found), Some(sub)) = (found.sub, sub) {
        checker.note_case(&found.name, sub);
    }
}

fn no_attribute() -> ScimError {
    invalid_path("The path names an attribute that no schema of this resource declares.")
}

fn invalid_path(detail: &str) -> ScimError {
    ScimError::new(ScimType::InvalidPath, detail)
}
