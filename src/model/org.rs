//! Orgs: the tenants of a cluster and their settings.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::ids::{OrgId, ResourceId};
use crate::scim::fold::fold;
use crate::scim::quirk::Dialect;

/// What a de-provisioning signal does in an Org.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum RemovalPolicy {
    /// The account is permanently removed.
    #[default]
    Delete,
    /// The identity provider sees a deletion; the account is kept inside for a time and can be
    /// restored.
    Hold,
    /// `active:false` only disables; DELETE does what it does under `hold`.
    Suspend,
}

impl RemovalPolicy {
    /// The word in settings and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Delete => "delete",
            Self::Hold => "hold",
            Self::Suspend => "suspend",
        }
    }
}

/// Who receives the content of a removed user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Heir {
    /// The manager (`manager` of the enterprise extension), if that is a live user of the Org.
    Manager,
    /// A user of the Org, as long as it lives.
    User(ResourceId),
}

/// Days that a held account is kept if nobody says otherwise.
pub const HOLD_DAYS: u32 = 30;

/// An Org.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Org {
    /// Number; 0 is Primary.
    pub id: OrgId,
    /// Name, unique without case; stands in `/orgs/{name}/scim/v2` as well as the number.
    pub name: String,
    /// Whether its tokens may be used.
    pub scim_enabled: bool,
    /// What a removal does.
    pub policy: RemovalPolicy,
    /// Days that a held account is kept before it is deleted.
    pub hold_days: u32,
    /// Who receives content: the first that is there, and else `tsadmin`.
    pub heirs: Vec<Heir>,
    /// Whether quirks are understood.
    pub dialect: Dialect,
    /// When it was made.
    pub created: Timestamp,
    /// Live users.
    pub users: u64,
    /// Groups.
    pub groups: u64,
}

impl Org {
    /// True if `which` is its number or, without case, its name.
    pub fn is(&self, which: &str) -> bool {
        match which.parse() {
            Ok(number) => self.id == OrgId(number),
            Err(_) => fold(&self.name) == fold(which),
        }
    }
}
