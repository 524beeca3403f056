//! Versions of resources: `ETag`, `If-Match`, `If-None-Match` (RFC 7644 §3.14, RFC 9110 §13.1).
//!
//! SCIM's own examples send weak tags in `If-Match`, where RFC 9110 never lets them match; a
//! version of a resource is exact here, so tags are compared without their `W/`.

use std::fmt::Display;

use crate::scim::error::ScimError;
use crate::scim::quirk::{Quirk, Tolerance};

/// The tag of a version, as in `ETag` and `meta.version`. `version` must not hold a quote.
pub fn format(version: impl Display) -> String {
    format!("W/\"{version}\"")
}

/// Checks `If-Match` (or the `version` of a bulk operation) against the tag of the resource.
///
/// # Errors
/// 412 if the resource has another version.
pub fn if_match(header: &str, current: &str, tolerance: &mut Tolerance) -> Result<(), ScimError> {
    if tags(header).any(is_weak) {
        tolerance.seen.note(Quirk::IfMatchWeak);
    }
    if names(header, current) {
        return Ok(());
    }
    Err(ScimError::status(
        412,
        "The resource has changed since that version; read it again and repeat the change.",
    ))
}

/// True if `If-None-Match` names the tag of the resource: 304 for a read, 412 for a write.
pub fn if_none_match(header: &str, current: &str) -> bool {
    names(header, current)
}

fn names(header: &str, current: &str) -> bool {
    header.trim() == "*" || tags(header).any(|tag| opaque(tag) == opaque(current))
}

/// The tags of a list. This server's versions hold no comma, so that a tag cut at one is a tag
/// that does not match, as before.
fn tags(header: &str) -> impl Iterator<Item = &str> {
    header
        .split(',')
        .map(str::trim)
        .filter(|tag| !tag.is_empty())
}

fn is_weak(tag: &str) -> bool {
    tag.starts_with("W/") || tag.starts_with("w/")
}

/// The tag without `W/` and quotes; clients leave out either.
fn opaque(tag: &str) -> &str {
    let strong = if is_weak(tag) { &tag[2..] } else { tag };
    let unquoted = strong
        .strip_prefix('"')
        .and_then(|tag| tag.strip_suffix('"'));
    unquoted.unwrap_or(strong)
}

#[cfg(test)]
mod tests {
    use super::{format, if_match, if_none_match};
    use crate::scim::quirk::{Quirk, Tolerance};

    #[test]
    fn tags_are_compared_without_their_weakness() {
        let current = format(7);
        assert_eq!(current, "W/\"7\"");
        let rows = [
            ("*", true),
            (" * ", true),
            ("W/\"7\"", true),
            ("\"7\"", true),
            ("7", true),
            ("\"1\", W/\"7\"", true),
            ("\"8\"", false),
            ("\"77\"", false),
            ("", false),
            ("\"", false),
            ("W/", false),
            ("\"é", false),
        ];
        for (header, expected) in rows {
            assert_eq!(if_none_match(header, &current), expected, "{header}");
            let matched = if_match(header, &current, &mut Tolerance::default());
            assert_eq!(matched.is_ok(), expected, "{header}");
            assert!(matched.err().is_none_or(|error| error.status == 412));
        }
    }

    #[test]
    fn a_weak_tag_is_a_quirk() {
        for (header, expected) in [("W/\"7\"", true), ("\"7\"", false)] {
            let mut tolerance = Tolerance::default();
            let _ = if_match(header, "W/\"7\"", &mut tolerance);
            assert_eq!(tolerance.seen.has(Quirk::IfMatchWeak), expected);
        }
    }
}
