//! Operators: who may do what through the operations API.

use schemars::JsonSchema;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

/// What an operator may do; each role may do what those before it may.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum OperatorRole {
    /// Reads everything.
    Viewer,
    /// Decides about removals, brings accounts and content back, registers content, gives roles
    /// to groups, tries requests out.
    Operator,
    /// Everything: Orgs, tokens, purges, what roles hold.
    Admin,
}

impl OperatorRole {
    /// Stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Operator => "operator",
            Self::Admin => "admin",
        }
    }
}

/// Whom a rule is about: names as passwd(5) and group(5) have them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Whom {
    /// The user of that name.
    User(String),
    /// Everybody in the group of that name.
    Group(String),
}

/// A rule of the configuration: who else than root and the daemon's own user may use the
/// operations socket, and as what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct OperatorRule {
    /// A user or a group.
    #[serde(flatten)]
    pub whom: Whom,
    /// What they may do.
    pub role: OperatorRole,
}

impl<'de> Deserialize<'de> for OperatorRule {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        #[derive(Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields)]
        struct Written {
            user: Option<String>,
            group: Option<String>,
            role: OperatorRole,
        }
        let Written { user, group, role } = Written::deserialize(from)?;
        let whom = match (user, group) {
            (Some(user), None) => Whom::User(user),
            (None, Some(group)) => Whom::Group(group),
            _ => return Err(D::Error::custom("name either a `user` or a `group`")),
        };
        Ok(Self { whom, role })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_role_may_do_what_those_before_it_may() {
        use OperatorRole::{Admin, Operator, Viewer};
        assert!(Viewer < Operator && Operator < Admin);
        for role in [Viewer, Operator, Admin] {
            assert_eq!(serde_json::to_value(role).unwrap(), role.as_str());
        }
    }

    #[test]
    fn a_rule_names_a_user_or_a_group() {
        let read = |text| serde_json::from_str::<OperatorRule>(text).map_err(|e| e.to_string());
        let rule = read(r#"{"user":"ada","role":"operator"}"#).unwrap();
        assert_eq!(rule.whom, Whom::User("ada".into()));
        let text = serde_json::to_string(&rule).unwrap();
        assert_eq!(read(&text).unwrap(), rule);
        for wrong in [
            r#"{"role":"viewer"}"#,
            r#"{"user":"a","group":"b","role":"viewer"}"#,
        ] {
            assert!(read(wrong).unwrap_err().contains("either"), "{wrong}");
        }
        assert!(read(r#"{"user":"a","role":"root"}"#).is_err());
    }
}
