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

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{ScimType, Selection};
    use crate::scim::builtin::{DeclaredExtension, ENTERPRISE_URN, registry};
    use crate::scim::schema::ResourceType;

    const ACME: &str = "urn:example:acme";

    fn user_type() -> ResourceType {
        let declared = json!({"resource_type": "User", "schema": {"id": ACME, "name": "A", "attributes": [
            {"name": "always", "type": "string", "returned": "always"},
            {"name": "asked", "type": "string", "returned": "request"},
        ]}});
        let declared: DeclaredExtension = serde_json::from_value(declared).unwrap();
        registry(vec![declared]).unwrap().user
    }

    fn ada() -> Value {
        json!({
            "schemas": ["s"], "id": "1", "userName": "ada", "name": {"familyName": "L", "givenName": "A"},
            "password": "secret", "emails": [{"value": "a@x", "type": "work"}, {"type": "home"}],
            "groups": [{"value": "g"}], ENTERPRISE_URN: {"department": "IT", "manager": {"value": "2"}},
            ACME: {"always": "y", "asked": "n"}, "meta": {"version": "v", "resourceType": "User"},
        })
    }

    #[test]
    fn what_is_returned() {
        let base = |more: Value| {
            let mut base = json!({"schemas": ["s"], "id": "1", ACME: {"always": "y"}});
            if let (Value::Object(base), Value::Object(more)) = (&mut base, more) {
                base.extend(more);
            }
            base
        };
        let without = |names: &[&str]| {
            let mut all = ada();
            if let Value::Object(all) = &mut all {
                all.shift_remove("password");
                for name in names {
                    all.shift_remove(*name);
                }
            }
            all[ACME] = json!({"always": "y"});
            all
        };
        let mut no_department = without(&[]);
        no_department[ENTERPRISE_URN] = json!({"manager": {"value": "2"}});
        let mut no_family_name = without(&[]);
        no_family_name["name"] = json!({"givenName": "A"});
        let rows = [
            (String::new(), without(&[])),
            (
                "attributes=userName".into(),
                base(json!({"userName": "ada"})),
            ),
            (
                "attributes=USERNAME,shoe,id&x=1".into(),
                base(json!({"userName": "ada"})),
            ),
            ("attributes=shoe".into(), base(json!({}))),
            ("attributes=password".into(), base(json!({}))),
            (
                "attributes=name.familyName,emails.value".into(),
                base(json!({"name": {"familyName": "L"}, "emails": [{"value": "a@x"}]})),
            ),
            ("attributes=name.formatted".into(), base(json!({}))),
            (
                "attributes=name,name.familyName".into(),
                base(json!({"name": {"familyName": "L", "givenName": "A"}})),
            ),
            (
                "attributes=meta.version".into(),
                base(json!({"meta": {"version": "v"}})),
            ),
            (
                format!("attributes={ENTERPRISE_URN}"),
                base(json!({ENTERPRISE_URN: {"department": "IT", "manager": {"value": "2"}}})),
            ),
            (
                format!("attributes={ENTERPRISE_URN}:department"),
                base(json!({ENTERPRISE_URN: {"department": "IT"}})),
            ),
            (
                format!("attributes={ACME}:asked"),
                base(json!({ACME: {"always": "y", "asked": "n"}})),
            ),
            (
                "attributes=urn:ietf:params:scim:schemas:core:2.0:User:userName".into(),
                base(json!({"userName": "ada"})),
            ),
            (
                "excludedAttributes=groups,id,schemas".into(),
                without(&["groups"]),
            ),
            ("excludedAttributes=name.familyName".into(), no_family_name),
            (
                format!("excludedAttributes={ENTERPRISE_URN}:department"),
                no_department,
            ),
            (
                format!("excludedAttributes={ENTERPRISE_URN},{ACME}"),
                without(&[ENTERPRISE_URN]),
            ),
        ];
        let rt = user_type();
        for (query, expected) in rows {
            let selection = Selection::from_query(&query, &rt).unwrap();
            let whole = ada().as_object().cloned().unwrap();
            let projected = Value::Object(selection.apply(&rt, whole));
            assert_eq!(projected, expected, "{query}");
        }
    }

    #[test]
    fn what_needs_to_be_loaded() {
        let rt = registry(Vec::new()).unwrap().group;
        let rows = [
            ("", true, true),
            ("attributes=members", true, false),
            ("attributes=members.value", true, false),
            ("attributes=id", false, false),
            ("excludedAttributes=Members", false, false),
            ("excludedAttributes=members.display", true, false),
            ("excludedAttributes=displayName", true, false),
        ];
        for (query, wants, is_default) in rows {
            let selection = Selection::from_query(query, &rt).unwrap();
            assert_eq!(
                (selection.wants("members"), selection.is_default()),
                (wants, is_default),
                "{query}"
            );
        }
    }

    #[test]
    fn one_or_the_other() {
        let rt = user_type();
        let error =
            Selection::from_query("attributes=id&excludedAttributes=name", &rt).unwrap_err();
        assert_eq!(
            (error.status, error.scim_type.map(ScimType::as_str)),
            (400, Some("invalidValue"))
        );
        assert!(Selection::from_query("attributes=&excludedAttributes=name", &rt).is_ok());
    }
}
