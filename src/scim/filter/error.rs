//! What is wrong with a filter, and where.

use super::ast::Span;
use crate::scim::error::{ScimError, ScimType};

/// A filter that cannot be understood or does not fit the schema.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("character {}: {message}", span.start + 1)]
pub struct FilterError {
    /// The part that is wrong; empty where something is missing.
    pub span: Span,
    /// What is wrong and what to write instead. Never holds any of the text.
    pub message: String,
}

impl FilterError {
    pub(super) fn new(span: Span, message: impl Into<String>) -> Self {
        Self {
            span,
            message: message.into(),
        }
    }

    /// 400 `invalidFilter`; the detail names the position, counted in characters from 1. In a
    /// PATCH path the count begins where the path does.
    pub fn into_scim(self) -> ScimError {
        ScimError::new(ScimType::InvalidFilter, format!("Filter, {self}"))
    }

    /// 400 `invalidPath`, for a fault in a PATCH path outside its brackets.
    pub fn into_path(self) -> ScimError {
        ScimError::new(ScimType::InvalidPath, format!("Path, {self}"))
    }
}
