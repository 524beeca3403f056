//! PATCH paths: `attrPath / valuePath [subAttr]` (RFC 7644 §3.5.2, figure 7).
//!
//! Only the text is read here. Which attribute a path stands for is
//! [`ResourceType::resolve`]'s answer; its filter is bound with
//! [`crate::scim::filter::bind_within`].

use std::fmt::{self, Display, Formatter};

use super::error::ScimError;
use super::filter::{AttrPath, Filter, FilterError, Limits, Parser};
use super::quirk::Tolerance;
use super::schema::{Extension, ResourceType};

/// Longest path, in bytes.
pub const MAX_BYTES: usize = 512;

/// A path as written.
///
/// A path may also be an extension's URN alone, standing for the whole extension object. No
/// schema is known to the parser, so such a path reads like any other: the text after the URN's
/// last colon is in `attr.name`, which is then not always a legal attribute name (`1.0`). Ask
/// [`Path::extension`] before resolving `attr`.
#[derive(Clone, Debug, PartialEq)]
pub struct Path {
    /// The attribute.
    pub attr: AttrPath,
    /// Which of its values: what stands in the brackets.
    pub filter: Option<Filter>,
    /// The sub-attribute after the brackets.
    pub sub: Option<String>,
}

impl Path {
    /// The extension that the path names as a whole, if it does.
    pub fn extension<'a>(&self, resource_type: &'a ResourceType) -> Option<&'a Extension> {
        match self.filter {
            None => resource_type.extension(&self.attr.to_string()),
            Some(_) => None,
        }
    }
}

impl Display for Path {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.attr.fmt(f)?;
        if let Some(filter) = &self.filter {
            write!(f, "[{filter}]")?;
        }
        if let Some(sub) = &self.sub {
            write!(f, ".{sub}")?;
        }
        Ok(())
    }
}

/// Reads a path of at most [`MAX_BYTES`]: 400 `invalidPath`, or `invalidFilter` where the fault
/// lies in the brackets.
pub fn parse(text: &str, limits: &Limits, tolerance: &mut Tolerance) -> Result<Path, ScimError> {
    let limits = Limits {
        bytes: MAX_BYTES,
        ..*limits
    };
    let mut parser = Parser::new(text, &limits, tolerance).map_err(FilterError::into_path)?;
    let attr = parser.attr_path_or_urn().map_err(FilterError::into_path)?;
    let filter = parser.brackets().map_err(FilterError::into_scim)?;
    let sub = match filter {
        Some(_) => parser.sub_attribute().map_err(FilterError::into_path)?,
        None => None,
    };
    parser
        .end("End the path here: a path is one attribute, with at most one pair of brackets.")
        .map_err(FilterError::into_path)?;
    Ok(Path {
        attr,
        filter,
        sub: sub.map(|sub| sub.name),
    })
}

#[cfg(test)]
mod tests {
    use super::{MAX_BYTES, parse};
    use crate::scim::error::ScimType;
    use crate::scim::filter::fixture::{ENTERPRISE, HR, full_user, user_type};
    use crate::scim::filter::{Limits, bind_within, matches};
    use crate::scim::quirk::{Dialect, Quirk, Tolerance};

    fn read(text: &str) -> Result<super::Path, crate::scim::error::ScimError> {
        parse(text, &Limits::default(), &mut Tolerance::default())
    }

    /// The examples of RFC 7644 §3.5.2 and other legal paths: attribute, filter, sub-attribute.
    #[test]
    fn legal_paths() {
        let members = r#"value eq "2819c223-7f76-453a-919d-413861904646""#;
        let table: [(String, &str, Option<&str>, Option<&str>); 12] = [
            ("members".into(), "members", None, None),
            ("name.familyName".into(), "name.familyName", None, None),
            (
                r#"addresses[type eq "work"]"#.into(),
                "addresses",
                Some(r#"type eq "work""#),
                None,
            ),
            (
                r#"addresses[type eq "work"].streetAddress"#.into(),
                "addresses",
                Some(r#"type eq "work""#),
                Some("streetAddress"),
            ),
            (
                format!("members[{members}]").replace("eq ", "eq\n              "),
                "members",
                Some(members),
                None,
            ),
            (
                format!("members[{members}].displayName"),
                "members",
                Some(members),
                Some("displayName"),
            ),
            (
                r#"emails[type eq "work" and value ew "example.com"]"#.into(),
                "emails",
                Some(r#"type eq "work" and value ew "example.com""#),
                None,
            ),
            (
                format!("{ENTERPRISE}:manager.value"),
                "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value",
                None,
                None,
            ),
            (
                format!("{HR}:level"),
                "urn:example:params:hr:1.0:level",
                None,
                None,
            ),
            (
                format!("{HR}:desks[floor eq 3].codes"),
                "urn:example:params:hr:1.0:desks",
                Some("floor eq 3"),
                Some("codes"),
            ),
            ("  title ".into(), "title", None, None),
            ("members.$ref".into(), "members.$ref", None, None),
        ];
        for (text, attr, filter, sub) in table {
            let mut strict = Tolerance::new(Dialect::Strict);
            let path = parse(&text, &Limits::default(), &mut strict).expect(&text);
            assert_eq!(path.attr.to_string(), attr);
            assert_eq!(
                path.filter.as_ref().map(ToString::to_string).as_deref(),
                filter
            );
            assert_eq!(path.sub.as_deref(), sub);
            assert!(path.extension(&user_type()).is_none(), "{text}");
        }
    }

    #[test]
    fn the_filter_in_a_path_selects_elements() {
        let user_type = user_type();
        let user = full_user();
        for (text, selected) in [
            (r#"addresses[type eq "work"]"#, vec![0]),
            (r#"addresses[type eq "work"].streetAddress"#, vec![0]),
            (
                r#"emails[type eq "work" and value ew "example.com"]"#,
                vec![0],
            ),
            ("emails[value pr].display", vec![0, 1]),
            (r#"emails[primary eq "True"]"#, vec![0]),
            (r#"phoneNumbers[type eq "fax"].value"#, vec![]),
        ] {
            let tolerance = &mut Tolerance::default();
            let path = parse(text, &Limits::default(), tolerance).unwrap();
            let attribute = user_type
                .resolve(None, &path.attr.name, None)
                .unwrap()
                .attribute;
            let expr = bind_within(&path.filter.unwrap(), attribute, tolerance).unwrap();
            let elements = user[&attribute.name].as_array().unwrap();
            let hits: Vec<usize> = (0..elements.len())
                .filter(|at| matches(&expr, &elements[*at]))
                .collect();
            assert_eq!(hits, selected, "{text}");
        }
    }

    #[test]
    fn a_urn_alone_names_the_extension() {
        let user_type = user_type();
        for urn in [ENTERPRISE, HR, &HR.to_uppercase()] {
            let path = read(urn).unwrap();
            let extension = path.extension(&user_type).expect(urn);
            assert!(extension.schema.id.eq_ignore_ascii_case(urn));
            assert_eq!(path.to_string(), urn);
        }
        let filtered = format!("{ENTERPRISE}[value pr]");
        for other in ["urn:example:other:2.0", "urn:x", "title", &filtered] {
            assert!(read(other).unwrap().extension(&user_type).is_none());
        }
    }

    #[test]
    fn refused_paths() {
        let long = "a".repeat(MAX_BYTES + 1);
        let deep = format!("a[{}", "(".repeat(400));
        let (path, filter) = (ScimType::InvalidPath, ScimType::InvalidFilter);
        for (text, keyword, detail) in [
            ("", path, "Path, character 1: "),
            (" ", path, "Path, character 2: "),
            (".title", path, "Path, character 1: "),
            ("name.", path, "Path, character 1: "),
            ("a.b.c", path, "Path, character 1: "),
            ("1.0", path, "Path, character 1: "),
            ("/name", path, "Path, character 1: "),
            ("name familyName", path, "Path, character 6: "),
            ("[value pr]", path, "Path, character 1: "),
            (":x", path, "Path, character 1: "),
            ("urn:x:", path, "Path, character 7: "),
            ("emails[value pr]x", path, "Path, character 17: "),
            ("emails[value pr].", path, "Path, character 18: "),
            ("emails[value pr].a.b", path, "Path, character 18: "),
            ("emails[value pr] .a", path, "Path, character 18: "),
            ("emails[value pr][value pr]", path, "Path, character 17: "),
            ("emails[value pr] eq 1", path, "Path, character 18: "),
            (&long, path, "512 bytes"),
            ("emails[", filter, "Filter, character 8: "),
            ("emails[]", filter, "Filter, character 8: "),
            ("emails[type]", filter, "Filter, character 12: "),
            (
                r#"emails[type is "work"]"#,
                filter,
                "Filter, character 13: ",
            ),
            (r#"emails[type eq "work""#, filter, "Filter, character 22: "),
            ("emails[a[b pr]]", filter, "Filter, character 10: "),
            (&deep, filter, "nested too deeply"),
        ] {
            let error = read(text).expect_err(text);
            assert_eq!(error.scim_type, Some(keyword), "{text}: {error}");
            assert!(error.detail.contains(detail), "{text}: {error}");
        }
    }

    #[test]
    fn the_dialect_decides_on_quirks_in_the_brackets() {
        let text = "emails[type eq work]";
        let mut auto = Tolerance::default();
        assert!(parse(text, &Limits::default(), &mut auto).is_ok());
        assert!(auto.seen.has(Quirk::UnquotedFilterValue));
        let strict = &mut Tolerance::new(Dialect::Strict);
        let error = parse(text, &Limits::default(), strict).unwrap_err();
        assert_eq!(error.scim_type, Some(ScimType::InvalidFilter));
    }
}
