//! Which attributes an answer has: `attributes`, `excludedAttributes` and the `returned`
//! characteristic (RFC 7644 §3.9, RFC 7643 §7).

use serde_json::{Map, Value};

use crate::scim::error::{ScimError, ScimType};
use crate::scim::filter::Limits;
use crate::scim::path;
use crate::scim::query::pairs;
use crate::scim::quirk::Tolerance;
use crate::scim::schema::{Attribute, ResourceType, Returned, Schema};

/// What a client asked for, resolved against one resource type.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    mode: Mode,
    names: Vec<Name>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Mode {
    /// Nothing was asked: what the schemas return by default.
    #[default]
    Default,
    /// `attributes`: these and what is always returned.
    Only,
    /// `excludedAttributes`: the default without these.
    Without,
}

/// A canonical name.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Name {
    /// URN of the extension.
    extension: Option<String>,
    /// `None` stands for the whole extension.
    attribute: Option<String>,
    sub: Option<String>,
}

impl Selection {
    /// Resolves lists of names; names that no schema declares are ignored (RFC 7644 §3.9).
    ///
    /// # Errors
    /// 400 `invalidValue` if both lists are given: they are mutually exclusive.
    pub fn new(
        attributes: &[String],
        excluded: &[String],
        rt: &ResourceType,
    ) -> Result<Self, ScimError> {
        let (mode, asked) = match (attributes.is_empty(), excluded.is_empty()) {
            (true, true) => return Ok(Self::default()),
            (false, true) => (Mode::Only, attributes),
            (true, false) => (Mode::Without, excluded),
            (false, false) => {
                return Err(ScimError::new(
                    ScimType::InvalidValue,
                    "Give `attributes` or `excludedAttributes`, not both.",
                ));
            }
        };
        let mut names = Vec::new();
        for name in asked.iter().filter_map(|text| Name::resolve(text, rt)) {
            // Keeps the list as short as the schema, however long the client's was.
            if !names.contains(&name) {
                names.push(name);
            }
        }
        Ok(Self { mode, names })
    }

    /// Reads `attributes` and `excludedAttributes` from a query string; the rest is ignored.
    ///
    /// # Errors
    /// As [`Selection::new`].
    pub fn from_query(query: &str, rt: &ResourceType) -> Result<Self, ScimError> {
        let (mut attributes, mut excluded) = (Vec::new(), Vec::new());
        for (name, value) in pairs(query) {
            if name.eq_ignore_ascii_case("attributes") {
                attributes.extend(split(&value));
            } else if name.eq_ignore_ascii_case("excludedAttributes") {
                excluded.extend(split(&value));
            }
        }
        Self::new(&attributes, &excluded, rt)
    }

    /// True if the client asked for nothing special.
    pub fn is_default(&self) -> bool {
        self.mode == Mode::Default
    }

    /// True if the core attribute `attribute`, which is returned by default, will be in the
    /// answer at least in part: whether `members` or `groups` need to be loaded.
    pub fn wants(&self, attribute: &str) -> bool {
        let mut named = self.names_of(None, attribute);
        match self.mode {
            Mode::Default => true,
            Mode::Only => named.next().is_some(),
            Mode::Without => named.all(|name| name.sub.is_some()),
        }
    }

    /// What of `resource`, a whole representation of the type `rt`, is returned.
    pub fn apply(&self, rt: &ResourceType, resource: Map<String, Value>) -> Map<String, Value> {
        let keep = |(key, value): (String, Value)| {
            let value = match rt.extension(&key) {
                Some(extension) => self.extension(&extension.schema, value)?,
                None => match rt
                    .common
                    .attribute(&key)
                    .or_else(|| rt.schema.attribute(&key))
                {
                    Some(attribute) => self.attribute(None, attribute, value)?,
                    None => value,
                },
            };
            Some((key, value))
        };
        resource.into_iter().filter_map(keep).collect()
    }

    fn extension(&self, schema: &Schema, value: Value) -> Option<Value> {
        let Value::Object(held) = value else {
            return None;
        };
        let keep = |(key, value): (String, Value)| {
            let attribute = schema.attribute(&key)?;
            Some((key, self.attribute(Some(&schema.id), attribute, value)?))
        };
        let held: Map<_, _> = held.into_iter().filter_map(keep).collect();
        (!held.is_empty()).then_some(Value::Object(held))
    }

    fn attribute(
        &self,
        extension: Option<&str>,
        attribute: &Attribute,
        value: Value,
    ) -> Option<Value> {
        let named: Vec<&Name> = self.names_of(extension, &attribute.name).collect();
        let whole = named.iter().any(|name| name.sub.is_none());
        let kept = match (attribute.returned, self.mode) {
            (Returned::Never, _) => false,
            (Returned::Always, _) => true,
            (_, Mode::Only) => !named.is_empty(),
            (returned, Mode::Without) => !whole && returned == Returned::Default,
            (returned, Mode::Default) => returned == Returned::Default,
        };
        if !kept {
            return None;
        }
        let is_kept = |key: &str| {
            let named = named.iter().any(|name| name.sub.as_deref() == Some(key));
            match (attribute.sub(key).map(|sub| sub.returned), self.mode) {
                (Some(Returned::Never), _) => false,
                (Some(Returned::Always), _) => true,
                (Some(Returned::Request), mode) => named && mode == Mode::Only,
                (_, Mode::Only) => named || whole || attribute.returned == Returned::Always,
                (_, Mode::Without) => !named,
                (_, Mode::Default) => true,
            }
        };
        keep_subs(value, &is_kept)
    }

    /// The names that concern an attribute: its own, its sub-attributes', its extension's.
    fn names_of(&self, extension: Option<&str>, attribute: &str) -> impl Iterator<Item = &Name> {
        self.names.iter().filter(move |name| {
            name.extension.as_deref() == extension
                && name
                    .attribute
                    .as_deref()
                    .is_none_or(|named| named == attribute)
        })
    }
}

impl Name {
    fn resolve(text: &str, rt: &ResourceType) -> Option<Self> {
        let path = path::parse(text.trim(), &Limits::default(), &mut Tolerance::default()).ok()?;
        if let Some(extension) = path.extension(rt) {
            return Some(Self {
                extension: Some(extension.schema.id.clone()),
                attribute: None,
                sub: None,
            });
        }
        let name = &path.attr;
        let found = rt.resolve(name.urn.as_deref(), &name.name, name.sub.as_deref())?;
        Some(Self {
            extension: found.extension.map(str::to_owned),
            attribute: Some(found.attribute.name.clone()),
            sub: found.sub.map(|sub| sub.name.clone()),
        })
    }
}

/// The names in a comma-separated list.
pub fn split(list: &str) -> impl Iterator<Item = String> {
    let names = list.split(',').map(str::trim);
    names.filter(|name| !name.is_empty()).map(str::to_owned)
}

/// Keeps the sub-attributes that `is_kept` names; `None` if nothing is left.
fn keep_subs(value: Value, is_kept: &impl Fn(&str) -> bool) -> Option<Value> {
    match value {
        Value::Object(object) => {
            let kept: Map<_, _> = object.into_iter().filter(|(key, _)| is_kept(key)).collect();
            (!kept.is_empty()).then_some(Value::Object(kept))
        }
        Value::Array(values) => {
            let element = |value| match value {
                Value::Object(_) => keep_subs(value, is_kept),
                simple => Some(simple),
            };
            let kept: Vec<_> = values.into_iter().filter_map(element).collect();
            Some(Value::Array(kept))
        }
        simple => Some(simple),
    }
}
