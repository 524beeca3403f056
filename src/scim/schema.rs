//! Schemas, attributes and resource types with all their characteristics (RFC 7643 §2, §6, §7).
//!
//! A [`Registry`] holds what one server speaks: the built-in schemas plus the extensions that the
//! configuration declares. Validation, filters, PATCH paths, projection and discovery all read
//! it; no attribute is known anywhere else.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Data type of an attribute (RFC 7643 §2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)] // the names are the RFC's
pub enum Type {
    String,
    Boolean,
    Decimal,
    Integer,
    DateTime,
    Binary,
    Reference,
    Complex,
}

/// When a client may write an attribute (RFC 7643 §7).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub enum Mutability {
    ReadOnly,
    #[default]
    ReadWrite,
    Immutable,
    WriteOnly,
}

/// When an attribute is returned (RFC 7643 §7).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub enum Returned {
    Always,
    Never,
    #[default]
    Default,
    Request,
}

/// How far a value must be unique (RFC 7643 §7).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub enum Uniqueness {
    #[default]
    None,
    Server,
    Global,
}

/// One attribute or sub-attribute. Serializes as in /Schemas (RFC 7643 §7).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Attribute {
    /// Name as it is written back to clients; compared without case.
    pub name: String,
    /// Data type.
    #[serde(rename = "type")]
    pub kind: Type,
    /// Sub-attributes of a complex attribute; empty otherwise.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sub_attributes: Vec<Attribute>,
    /// True if the value is a list.
    #[serde(default)]
    pub multi_valued: bool,
    /// What it is for.
    #[serde(default)]
    pub description: String,
    /// True if a resource without it is refused.
    #[serde(default)]
    pub required: bool,
    /// Suggested values; others are accepted (RFC 7643 §7).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub canonical_values: Vec<String>,
    /// True if strings compare with case.
    #[serde(default)]
    pub case_exact: bool,
    /// When a client may write it.
    #[serde(default)]
    pub mutability: Mutability,
    /// When it is returned.
    #[serde(default)]
    pub returned: Returned,
    /// How far its values are unique.
    #[serde(default)]
    pub uniqueness: Uniqueness,
    /// What a `reference` may point to: resource type names, `external`, `uri`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reference_types: Vec<String>,
}

impl Attribute {
    /// The sub-attribute of that name, compared without case.
    pub fn sub(&self, name: &str) -> Option<&Self> {
        find(&self.sub_attributes, name)
    }
}

/// A schema: a URN and its attributes (RFC 7643 §7).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Schema {
    /// URN.
    pub id: String,
    /// Human-readable name.
    pub name: String,
    /// What it is for.
    #[serde(default)]
    pub description: String,
    /// Its attributes.
    pub attributes: Vec<Attribute>,
}

impl Schema {
    /// The attribute of that name, compared without case.
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        find(&self.attributes, name)
    }
}

fn find<'a>(attributes: &'a [Attribute], name: &str) -> Option<&'a Attribute> {
    attributes
        .iter()
        .find(|attribute| attribute.name.eq_ignore_ascii_case(name))
}

/// An extension schema on a resource type (RFC 7643 §3.3, §6).
#[derive(Clone, Debug)]
pub struct Extension {
    /// The schema.
    pub schema: Arc<Schema>,
    /// True if every resource must carry it.
    pub required: bool,
}

/// A resource type: an endpoint, a core schema, extensions (RFC 7643 §6).
#[derive(Clone, Debug)]
pub struct ResourceType {
    /// `User` or `Group`; also its id.
    pub name: &'static str,
    /// Path below the base URL: `/Users` or `/Groups`.
    pub endpoint: &'static str,
    /// What it is for.
    pub description: &'static str,
    /// Core schema, without the common attributes.
    pub schema: Arc<Schema>,
    /// Extensions, in the order they are declared.
    pub extensions: Vec<Extension>,
    /// The common attributes `schemas`, `id`, `externalId`, `meta` (RFC 7643 §3.1).
    pub common: Arc<Schema>,
}

/// What an attribute name in a filter, a path or a body stands for.
#[derive(Clone, Copy, Debug)]
pub struct Resolved<'a> {
    /// URN of the extension that holds it; `None` for core and common attributes.
    pub extension: Option<&'a str>,
    /// The attribute.
    pub attribute: &'a Attribute,
    /// The sub-attribute, where one was named.
    pub sub: Option<&'a Attribute>,
}

impl<'a> Resolved<'a> {
    /// The attribute that the name ends in: the sub-attribute if there is one.
    pub fn leaf(&self) -> &'a Attribute {
        self.sub.unwrap_or(self.attribute)
    }
}

impl ResourceType {
    /// Finds what `urn:name.sub` stands for; names and URNs compare without case. Without a URN
    /// the core schema and the common attributes are searched, then (a tolerance no reading of
    /// RFC 7644 §3.10 forbids) the extensions in order. `None` if nothing has that name.
    pub fn resolve(
        &self,
        urn: Option<&str>,
        name: &str,
        sub: Option<&str>,
    ) -> Option<Resolved<'_>> {
        let (extension, attribute) = match urn {
            None => self
                .common
                .attribute(name)
                .or_else(|| self.schema.attribute(name))
                .map(|attribute| (None, attribute))
                .or_else(|| {
                    self.extensions.iter().find_map(|extension| {
                        let attribute = extension.schema.attribute(name)?;
                        Some((Some(extension.schema.id.as_str()), attribute))
                    })
                })?,
            Some(urn) if urn.eq_ignore_ascii_case(&self.schema.id) => {
                let attribute = self
                    .schema
                    .attribute(name)
                    .or_else(|| self.common.attribute(name))?;
                (None, attribute)
            }
            Some(urn) => {
                let extension = self.extension(urn)?;
                let attribute = extension.schema.attribute(name)?;
                (Some(extension.schema.id.as_str()), attribute)
            }
        };
        let sub = match sub {
            None => None,
            Some(sub) => Some(attribute.sub(sub)?),
        };
        Some(Resolved {
            extension,
            attribute,
            sub,
        })
    }

    /// The extension with that URN, compared without case.
    pub fn extension(&self, urn: &str) -> Option<&Extension> {
        self.extensions
            .iter()
            .find(|extension| extension.schema.id.eq_ignore_ascii_case(urn))
    }
}

/// Everything one server speaks.
#[derive(Clone, Debug)]
pub struct Registry {
    /// Users.
    pub user: ResourceType,
    /// Groups.
    pub group: ResourceType,
}

impl Registry {
    /// The resource type of a kind.
    pub const fn of(&self, kind: Kind) -> &ResourceType {
        match kind {
            Kind::User => &self.user,
            Kind::Group => &self.group,
        }
    }
}

/// The kinds of resources.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// `/Users`
    User,
    /// `/Groups`
    Group,
}

impl Kind {
    /// The resource type's name; also the `type` of a group's member (RFC 7643 §4.2).
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "User",
            Self::Group => "Group",
        }
    }
}
