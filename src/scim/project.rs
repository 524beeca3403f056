//! Which attributes an answer has: `attributes`, `excludedAttributes` and the `returned`
//! characteristic (RFC 7644 §3.9, RFC 7643 §7).

use serde_json::{Map, Value};

use crate::scim::error::{ScimError, ScimType};
use crate::scim::filter;
use crate::scim::path;
use crate::scim::quirk::{Dialect, Tolerance};
use crate::scim::schema::{Attribute, ResourceType, Returned};

/// Longest list of names that is read, in bytes.
const MAX_BYTES: usize = 8 * 1024;

/// What a client asked for, resolved against one resource type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selection {
    mode: Mode,
    names: Vec<Name>,
    /// Attributes that are returned whatever is asked, and those only when asked for.
    characteristics: Vec<(Name, Returned)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Default,
    Only,
    Without,
}

/// A canonical name; `attribute` is `None` for a whole extension.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Name {
    extension: Option<String>,
    attribute: Option<String>,
    sub: Option<String>,
}
