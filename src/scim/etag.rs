//! Versions as entity tags: `If-Match` and `If-None-Match` (RFC 7644 §3.14).
//!
//! SCIM's own examples send weak tags in `If-Match`, where RFC 9110 §13.1.1 would have them never
//! match; tags are compared by their opaque part here. A tag is `<version>` or, for users in
//! groups, `<version>-<hash of the groups>`: a change is made against the version, so that a
//! changed membership does not refuse it, while a read is fresh only if both are.

use crate::scim::error::ScimError;

/// Refuses a change that was made against another version. `current` is the resource's tag.
///
/// # Errors
/// 412 if the header is there and names no tag of the current version.
pub fn require(if_match: Option<&str>, current: &str) -> Result<(), ScimError> {
    match if_match {
        Some(header) if !tags(header).any(|tag| tag == "*" || version(tag) == version(current)) => {
            Err(ScimError::status(
                412,
                "The resource has changed since this version; read it again.",
            ))
        }
        _ => Ok(()),
    }
}

/// True if the client's copy is still good, so that a read answers 304.
pub fn fresh(if_none_match: Option<&str>, current: &str) -> bool {
    if_none_match
        .is_some_and(|header| tags(header).any(|tag| tag == "*" || opaque(tag) == opaque(current)))
}

/// The part of a tag that changes with the resource itself.
fn version(tag: &str) -> &str {
    opaque(tag).split('-').next().unwrap_or_default()
}

fn tags(header: &str) -> impl Iterator<Item = &str> {
    header.split(',').map(str::trim)
}

fn opaque(tag: &str) -> &str {
    tag.strip_prefix("W/").unwrap_or(tag).trim_matches('"')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_compare_versions_and_reads_whole_tags() {
        for (header, refused) in [
            (None, false),
            (Some("*"), false),
            (Some("W/\"3\""), false),
            (Some("\"3\""), false),
            (Some("3"), false),
            (Some("W/\"2\", W/\"3-0000\""), false),
            (Some("W/\"2\""), true),
            (Some("W/\"33\""), true),
            (Some(""), true),
        ] {
            let status = require(header, "W/\"3-5e1f0a2b\"")
                .err()
                .map(|error| error.status);
            assert_eq!(status, refused.then_some(412), "{header:?}");
        }
        assert!(fresh(Some("W/\"1\", W/\"3-5e1f0a2b\""), "W/\"3-5e1f0a2b\""));
        assert!(!fresh(Some("W/\"3\""), "W/\"3-5e1f0a2b\""));
        assert!(!fresh(None, "W/\"3\""));
    }
}
