//! The caps that keep one request from costing more than it should.

use crate::scim::error::ScimError;
use crate::scim::schema::Attribute;

/// Caps on bodies and PATCH requests. Every one is far above what identity providers send.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Bytes of UTF-8 in one string.
    pub string_bytes: usize,
    /// Code points in `userName`, `displayName` and `externalId`.
    pub name_chars: usize,
    /// Members named by one group body or PATCH operation.
    pub members: usize,
    /// Values of any other list.
    pub values: usize,
    /// Operations of one PATCH.
    pub operations: usize,
    /// Bytes of one stored resource, members of groups apart.
    pub document_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            string_bytes: 8 * 1024,
            name_chars: 256,
            members: 50_000,
            values: 1_000,
            operations: 1_000,
            document_bytes: 1024 * 1024,
        }
    }
}

impl Limits {
    /// Refuses a string that is too long for `attribute`, a blank name, and U+0000, where other
    /// software would cut the string.
    pub fn check_text(&self, attribute: &Attribute, text: &str) -> Result<(), ScimError> {
        let name = &attribute.name;
        if text.len() > self.string_bytes {
            return Err(ScimError::invalid(format!(
                "`{name}` is longer than {} bytes.",
                self.string_bytes
            )));
        }
        if is_name(name) && text.chars().count() > self.name_chars {
            return Err(ScimError::invalid(format!(
                "`{name}` is longer than {} characters.",
                self.name_chars
            )));
        }
        if is_shown(name) && text.trim().is_empty() {
            return Err(ScimError::invalid(format!("`{name}` must not be blank.")));
        }
        if text.contains('\0') {
            return Err(ScimError::invalid(format!(
                "`{name}` contains the character U+0000."
            )));
        }
        Ok(())
    }

    /// Refuses a list of more values than `most`.
    pub fn check_count(name: &str, count: usize, most: usize) -> Result<(), ScimError> {
        if count > most {
            return Err(ScimError::invalid(format!(
                "`{name}` has more than {most} values; send fewer in one request."
            )));
        }
        Ok(())
    }
}

/// True for the attributes that people and other systems look resources up by.
fn is_name(name: &str) -> bool {
    matches!(name, "userName" | "displayName" | "externalId")
}

/// True for the names that people read.
fn is_shown(name: &str) -> bool {
    matches!(name, "userName" | "displayName")
}
