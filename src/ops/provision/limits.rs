//! Limits of provisioning, beside those of the HTTP endpoint.

use serde::{Deserialize, Serialize};

use crate::scim::{filter, limits};

/// Limits of what one request may ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ProvisionLimits {
    /// Values, keys and list elements in one JSON body.
    pub json_values: usize,
    /// Resources on a page if the client does not say.
    pub default_page: u64,
    /// Resources on a page at most.
    pub max_page: u64,
    /// Operations of one Bulk request.
    pub bulk_operations: u64,
    /// Seconds a cursor can be used.
    pub cursor_timeout: u64,
    /// Members of groups held in memory for one answer; more are streamed.
    pub inline_members: u64,
    /// Limits of filters.
    pub filter: filter::Limits,
    /// Limits of attribute values.
    pub values: limits::Limits,
}

impl Default for ProvisionLimits {
    fn default() -> Self {
        Self {
            json_values: 400_000,
            default_page: 100,
            max_page: 1_000,
            bulk_operations: 1_000,
            cursor_timeout: 3_600,
            inline_members: 1_000,
            filter: filter::Limits::default(),
            values: limits::Limits::default(),
        }
    }
}
