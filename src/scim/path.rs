//! PATCH paths: `attrPath / valuePath [subAttr]` (RFC 7644 §3.5.2, figure 7).
//!
//! Only the text is read here. Which attribute a path stands for is
//! [`ResourceType::resolve`]'s answer; its filter is bound with
//! [`crate::scim::filter::bind_within`].

use std::fmt::{self, Display, Formatter};

use super::error::ScimError;
use super::filter::{AttrPath, Filter, FilterError, Limits, Parser};
use super::quirk::Tolerance;
use super::schema::{Extension, ResourceType};

/// Longest path, in bytes.
pub const MAX_BYTES: usize = 512;

/// A path as written.
///
/// A path may also be an extension's URN alone, standing for the whole extension object. No
/// schema is known to the parser, so such a path reads like any other: the text after the URN's
/// last colon is in `attr.name`, which is then not always a legal attribute name (`1.0`). Ask
/// [`Path::extension`] before resolving `attr`.
#[derive(Clone, Debug, PartialEq)]
pub struct Path {
    /// The attribute.
    pub attr: AttrPath,
    /// Which of its values: what stands in the brackets.
    pub filter: Option<Filter>,
    /// The sub-attribute after the brackets.
    pub sub: Option<String>,
}

impl Path {
    /// The extension that the path names as a whole, if it does.
    pub fn extension<'a>(&self, resource_type: &'a ResourceType) -> Option<&'a Extension> {
        match self.filter {
            None => resource_type.extension(&self.attr.to_string()),
            Some(_) => None,
        }
    }
}

impl Display for Path {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.attr.fmt(f)?;
        if let Some(filter) = &self.filter {
            write!(f, "[{filter}]")?;
        }
        if let Some(sub) = &self.sub {
            write!(f, ".{sub}")?;
        }
        Ok(())
    }
}

/// Reads a path of at most [`MAX_BYTES`]: 400 `invalidPath`, or `invalidFilter` where the fault
/// lies in the brackets.
pub fn parse(text: &str, limits: &Limits, tolerance: &mut Tolerance) -> Result<Path, ScimError> {
    let limits = Limits {
        bytes: MAX_BYTES,
        ..*limits
    };
    let mut parser = Parser::new(text, &limits, tolerance).map_err(FilterError::into_path)?;
    let attr = parser.attr_path_or_urn().map_err(FilterError::into_path)?;
    let filter = parser.brackets().map_err(FilterError::into_scim)?;
    let sub = match filter {
        Some(_) => parser.sub_attribute().map_err(FilterError::into_path)?,
        None => None,
    };
    parser
        .end("End the path here: a path is one attribute, with at most one pair of brackets.")
        .map_err(FilterError::into_path)?;
    Ok(Path {
        attr,
        filter,
        sub: sub.map(|sub| sub.name),
    })
}
