//! The schemas every server has (RFC 7643 §3.1, §4, §8.7.1) and the registry made of them and of
//! the extensions that the configuration declares.
//!
//! Beyond §8.7.1: `displayName` of a group is required and unique, `addresses` have `primary`
//! and `members` have `display` (both appear in the RFC's own examples), and references and
//! binary values are case-exact, as §2.3.6 and §2.3.7 say.

use std::collections::HashSet;
use std::sync::{Arc, LazyLock};

use serde::{Deserialize, Serialize};

use crate::scim::schema::{
    Attribute, Extension, Mutability, Registry, ResourceType, Returned, Schema, Type, Uniqueness,
};

/// URN of the core user schema.
pub const USER_URN: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
/// URN of the core group schema.
pub const GROUP_URN: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
/// URN of the enterprise user extension.
pub const ENTERPRISE_URN: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// URN of the extension by which clients give roles to groups.
pub const GROUP_ROLES_URN: &str = "urn:ietf:params:scim:schemas:extension:scimtop:2.0:Group";

static USER: LazyLock<Arc<Schema>> = LazyLock::new(|| load(include_str!("builtin/user.json")));
static GROUP: LazyLock<Arc<Schema>> = LazyLock::new(|| load(include_str!("builtin/group.json")));
static ENTERPRISE: LazyLock<Arc<Schema>> =
    LazyLock::new(|| load(include_str!("builtin/enterprise_user.json")));
static GROUP_ROLES: LazyLock<Arc<Schema>> =
    LazyLock::new(|| load(include_str!("builtin/group_roles.json")));
static COMMON: LazyLock<Arc<Schema>> = LazyLock::new(|| load(include_str!("builtin/common.json")));

fn load(text: &str) -> Arc<Schema> {
    Arc::new(serde_json::from_str(text).expect("the built-in schemas are valid; a test reads them"))
}

/// A resource type that can be extended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Extended {
    /// Users.
    User,
    /// Groups.
    Group,
}

/// An extension schema as the configuration declares it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeclaredExtension {
    /// What it extends.
    pub resource_type: Extended,
    /// True if every resource must carry it.
    #[serde(default)]
    pub required: bool,
    /// The schema, in the form of RFC 7643 §7.
    pub schema: Schema,
}

/// The registry of the built-in schemas and `extensions`, in their order after the built-in ones.
///
/// # Errors
/// A message for the operator that names the declaration and what to change in it.
pub fn registry(extensions: Vec<DeclaredExtension>) -> Result<Registry, String> {
    let mut registry = Registry {
        user: ResourceType {
            name: "User",
            endpoint: "/Users",
            description: "User account",
            schema: USER.clone(),
            extensions: vec![Extension {
                schema: ENTERPRISE.clone(),
                required: false,
            }],
            common: COMMON.clone(),
        },
        group: ResourceType {
            name: "Group",
            endpoint: "/Groups",
            description: "Group",
            schema: GROUP.clone(),
            extensions: vec![Extension {
                schema: GROUP_ROLES.clone(),
                required: false,
            }],
            common: COMMON.clone(),
        },
    };
    for declared in extensions {
        check_schema(&declared.schema, &registry)?;
        let resource_type = match declared.resource_type {
            Extended::User => &mut registry.user,
            Extended::Group => &mut registry.group,
        };
        resource_type.extensions.push(Extension {
            schema: Arc::new(declared.schema),
            required: declared.required,
        });
    }
    Ok(registry)
}

fn check_schema(schema: &Schema, registry: &Registry) -> Result<(), String> {
    let id = &schema.id;
    if !is_urn(id) {
        return Err(format!(
            "extension schema id {id:?} is not a URN; write `urn:<namespace>:<name>`, for example \
             `urn:example:params:scim:schemas:extension:acme:2.0:User`"
        ));
    }
    let taken = [&registry.user, &registry.group]
        .into_iter()
        .flat_map(|rt| {
            let extensions = rt.extensions.iter().map(|extension| &extension.schema.id);
            extensions.chain([&rt.schema.id, &rt.common.id])
        })
        .any(|other| other.eq_ignore_ascii_case(id));
    if taken {
        return Err(format!(
            "schema {id} is declared twice or built in; choose another URN"
        ));
    }
    if schema.attributes.is_empty() {
        return Err(format!("schema {id} has no attributes"));
    }
    check_attributes(id, &schema.attributes, true)
}

fn check_attributes(owner: &str, attributes: &[Attribute], top: bool) -> Result<(), String> {
    let mut names = HashSet::new();
    for attribute in attributes {
        let name = &attribute.name;
        if !is_attribute_name(name) {
            return Err(format!(
                "{owner}: attribute name {name:?} must begin with a letter and go on with letters, \
                 digits, `-`, `_` or `$`"
            ));
        }
        if !names.insert(name.to_ascii_lowercase()) {
            return Err(format!("{owner}: attribute {name} is declared twice"));
        }
        check_attribute(owner, attribute, top)?;
    }
    Ok(())
}

fn check_attribute(owner: &str, attribute: &Attribute, top: bool) -> Result<(), String> {
    let place = format!("{owner}: attribute {}", attribute.name);
    let complex = attribute.kind == Type::Complex;
    if complex && !top {
        return Err(format!("{place} is complex inside a complex attribute"));
    }
    if complex && attribute.sub_attributes.is_empty() {
        return Err(format!("{place} is complex and needs subAttributes"));
    }
    if !complex && !attribute.sub_attributes.is_empty() {
        return Err(format!(
            "{place} has subAttributes; set its type to complex"
        ));
    }
    if !top && attribute.multi_valued {
        return Err(format!(
            "{place} is a list inside a complex attribute, which is not supported"
        ));
    }
    if attribute.uniqueness != Uniqueness::None {
        return Err(format!(
            "{place}: uniqueness is not supported for extensions; set it to none"
        ));
    }
    if attribute.mutability == Mutability::WriteOnly || attribute.returned == Returned::Never {
        return Err(format!(
            "{place}: attributes that are never returned are not supported for extensions"
        ));
    }
    if attribute.required && attribute.mutability == Mutability::ReadOnly {
        return Err(format!(
            "{place} is required and readOnly, so nobody could set it"
        ));
    }
    check_attributes(&place, &attribute.sub_attributes, false)
}

/// RFC 8141: `urn:`, a namespace of letters, digits and hyphens, and a name.
fn is_urn(text: &str) -> bool {
    let mut parts = text.splitn(3, ':');
    let scheme = parts.next().unwrap_or_default();
    let namespace = parts.next().unwrap_or_default();
    let name = parts.next().unwrap_or_default();
    let in_name = |c: char| c.is_ascii_alphanumeric() || "-._~:/()+,=@;$!*'%".contains(c);
    scheme.eq_ignore_ascii_case("urn")
        && namespace.len() >= 2
        && namespace.starts_with(|c: char| c.is_ascii_alphanumeric())
        && namespace
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '-')
        && !name.is_empty()
        && !name.ends_with(':')
        && name.chars().all(in_name)
}

/// ATTRNAME of RFC 7643 §2.1; `$ref` is the one name that begins with `$`.
fn is_attribute_name(name: &str) -> bool {
    let starts_well = name.starts_with(|c: char| c.is_ascii_alphabetic()) || name == "$ref";
    starts_well
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "-_$".contains(c))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{ENTERPRISE_URN, GROUP_ROLES_URN, GROUP_URN, USER_URN, registry};
    use crate::scim::schema::{Mutability, Registry, Returned, Type, Uniqueness};

    fn declare(declared: Value) -> Result<Registry, String> {
        registry(serde_json::from_value(declared).map_err(|error| error.to_string())?)
    }

    /// One extension of users with these attributes.
    fn with(id: &str, attributes: &Value) -> Value {
        json!([{"resource_type": "User", "schema": {"id": id, "name": "X", "attributes": attributes}}])
    }

    #[test]
    fn the_built_in_schemas() {
        let Registry { user, group } = registry(Vec::new()).unwrap();
        assert_eq!(
            (user.schema.id.as_str(), user.schema.attributes.len()),
            (USER_URN, 21)
        );
        assert_eq!(
            (group.schema.id.as_str(), group.schema.attributes.len()),
            (GROUP_URN, 2)
        );
        assert_eq!(user.extensions[0].schema.id, ENTERPRISE_URN);
        let resolve = |name| user.resolve(None, name, None).unwrap().attribute;
        let name = resolve("USERNAME");
        assert!(name.required && !name.case_exact && name.uniqueness == Uniqueness::Server);
        assert!(resolve("id").case_exact && resolve("externalId").case_exact);
        assert_eq!(resolve("id").returned, Returned::Always);
        assert_eq!(resolve("groups").mutability, Mutability::ReadOnly);
        assert_eq!(resolve("roles").mutability, Mutability::ReadOnly);
        let roles = group.resolve(Some(GROUP_ROLES_URN), "roles", None).unwrap();
        assert_eq!(roles.attribute.mutability, Mutability::ReadWrite);
        assert!(roles.attribute.multi_valued && !group.extensions[0].required);
        let password = resolve("password");
        assert_eq!(
            (password.mutability, password.returned),
            (Mutability::WriteOnly, Returned::Never)
        );
        let members = group.schema.attribute("members").unwrap();
        assert_eq!(
            members.sub("value").unwrap().mutability,
            Mutability::Immutable
        );
        for attribute in &user.schema.attributes {
            assert_eq!(
                attribute.kind == Type::Complex,
                !attribute.sub_attributes.is_empty()
            );
            assert_eq!(
                attribute.multi_valued,
                attribute.sub("type").is_some(),
                "{}",
                attribute.name
            );
        }
    }

    #[test]
    fn extensions_follow_in_their_order() {
        let attributes = json!([{"name": "badge", "type": "integer"}]);
        let declared = json!([
            {"resource_type": "User", "required": true, "schema": {"id": "urn:x1:b", "name": "B", "attributes": attributes}},
            {"resource_type": "Group", "schema": {"id": "urn:x1:a", "name": "A", "attributes": attributes}},
        ]);
        let registry = declare(declared).unwrap();
        let user = &registry.user.extensions[1];
        assert_eq!((user.schema.id.as_str(), user.required), ("urn:x1:b", true));
        assert_eq!(registry.group.extensions[1].schema.id, "urn:x1:a");
    }

    #[test]
    fn bad_declarations_are_refused_with_what_to_change() {
        let badge = json!([{"name": "badge", "type": "string"}]);
        let sub = json!([{"name": "a", "type": "complex", "subAttributes": [{"name": "b", "type": "string"}]}]);
        let rows = [
            (with("acme", &badge), "is not a URN"),
            (with("urn:x:", &badge), "is not a URN"),
            (with("urn:x1:a b", &badge), "is not a URN"),
            (with(ENTERPRISE_URN, &badge), "declared twice or built in"),
            (with(GROUP_ROLES_URN, &badge), "declared twice or built in"),
            (with("urn:x1:a", &json!([])), "no attributes"),
            (
                with("urn:x1:a", &json!([{"name": "1a", "type": "string"}])),
                "must begin with a letter",
            ),
            (
                with("urn:x1:a", &json!([{"name": "a.b", "type": "string"}])),
                "must begin with a letter",
            ),
            (
                with(
                    "urn:x1:a",
                    &json!([badge[0], {"name": "Badge", "type": "string"}]),
                ),
                "is declared twice",
            ),
            (
                with("urn:x1:a", &json!([{"name": "a", "type": "complex"}])),
                "needs subAttributes",
            ),
            (
                with(
                    "urn:x1:a",
                    &json!([{"name": "a", "type": "string", "subAttributes": badge}]),
                ),
                "set its type to complex",
            ),
            (
                with(
                    "urn:x1:a",
                    &json!([{"name": "a", "type": "complex", "subAttributes": sub}]),
                ),
                "inside a complex",
            ),
            (
                with(
                    "urn:x1:a",
                    &json!([{"name": "a", "type": "string", "uniqueness": "server"}]),
                ),
                "uniqueness is not supported",
            ),
            (
                with(
                    "urn:x1:a",
                    &json!([{"name": "a", "type": "string", "returned": "never"}]),
                ),
                "never returned",
            ),
            (
                with(
                    "urn:x1:a",
                    &json!([{"name": "a", "type": "string", "mutability": "writeOnly"}]),
                ),
                "never returned",
            ),
            (
                with(
                    "urn:x1:a",
                    &json!([{"name": "a", "type": "string", "required": true, "mutability": "readOnly"}]),
                ),
                "nobody could set it",
            ),
            (
                with("urn:x1:a", &json!([{"name": "a", "type": "money"}])),
                "unknown variant",
            ),
            (
                json!([{"resource_type": "Device", "schema": {"id": "urn:x1:a", "name": "X", "attributes": badge}}]),
                "unknown variant",
            ),
        ];
        for (declared, expected) in rows {
            let message = declare(declared.clone()).err().unwrap_or_default();
            assert!(message.contains(expected), "{declared}: {message}");
        }
    }
}
