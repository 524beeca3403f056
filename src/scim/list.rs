//! Queries over resources: what is asked (`GET` with a query string, `POST …/.search`) and the
//! ListResponse that answers (RFC 7644 §3.4.2, §3.4.3; RFC 9865).

use serde_json::{Map, Value};

use crate::scim::error::{ScimError, ScimType};
use crate::scim::project::split;
use crate::scim::query::pairs;
use crate::scim::quirk::{Quirk, Tolerance};

/// URN of the SearchRequest message (RFC 7644 §3.4.3).
pub const SEARCH_URN: &str = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";
/// URN of the ListResponse message (RFC 7644 §3.4.2).
pub const LIST_URN: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";

/// `sortOrder` (RFC 7644 §3.4.2.3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)] // the names are the RFC's
pub enum SortOrder {
    #[default]
    Ascending,
    Descending,
}

/// A query as a client asks it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListRequest {
    /// Filter text.
    pub filter: Option<String>,
    /// Attribute to sort by.
    pub sort_by: Option<String>,
    /// Direction; means nothing without `sort_by`.
    pub sort_order: SortOrder,
    /// First resource wanted, from 1. `None`: not said, which is 1.
    pub start_index: Option<i64>,
    /// Most resources wanted; never negative. `None`: the server's default.
    pub count: Option<i64>,
    /// Asks for paging by cursor; empty for the first page.
    pub cursor: Option<String>,
    /// Names of `attributes`.
    pub attributes: Vec<String>,
    /// Names of `excludedAttributes`.
    pub excluded_attributes: Vec<String>,
}

impl ListRequest {
    /// Reads a query string. Names match without regard to case; unknown ones are ignored.
    ///
    /// # Errors
    /// 400 `invalidValue`; 400 `invalidCount` for a bad `count` of a cursor request.
    pub fn from_query(query: &str) -> Result<Self, ScimError> {
        let mut raw = Raw::default();
        for (name, value) in pairs(query) {
            raw.set(&name, value);
        }
        raw.read()
    }

    /// Reads the body of a `.search`.
    ///
    /// # Errors
    /// As [`ListRequest::from_query`], and 400 `invalidSyntax` for what is no SearchRequest.
    pub fn from_body(body: &Value, tolerance: &mut Tolerance) -> Result<Self, ScimError> {
        let Value::Object(body) = body else {
            return Err(syntax("The body must be a JSON object."));
        };
        check_message(body, tolerance)?;
        let mut raw = Raw::default();
        for (name, value) in body {
            if let Some(text) = text(value)? {
                raw.set(name, text);
            }
        }
        raw.read()
    }
}

fn check_message(body: &Map<String, Value>, tolerance: &mut Tolerance) -> Result<(), ScimError> {
    let error =
        || syntax("`schemas` must be [\"urn:ietf:params:scim:api:messages:2.0:SearchRequest\"].");
    let is_search = |urn: &Value| {
        urn.as_str()
            .is_some_and(|urn| urn.eq_ignore_ascii_case(SEARCH_URN))
    };
    let schemas = body
        .iter()
        .find(|(key, _)| key.eq_ignore_ascii_case("schemas"));
    match schemas.map(|(_, value)| value) {
        Some(Value::Array(urns)) if urns.iter().any(is_search) => Ok(()),
        None if tolerance.allows(Quirk::MissingSchemas) => Ok(()),
        _ => Err(error()),
    }
}

/// A parameter's value as a query string would have it; `None` for null.
fn text(value: &Value) -> Result<Option<String>, ScimError> {
    let unsuitable = || syntax("A parameter of the search has the wrong type.");
    match value {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text.clone())),
        Value::Number(number) => Ok(Some(number.to_string())),
        Value::Array(names) => {
            let names: Option<Vec<_>> = names.iter().map(Value::as_str).collect();
            Ok(Some(names.ok_or_else(unsuitable)?.join(",")))
        }
        Value::Bool(_) | Value::Object(_) => Err(unsuitable()),
    }
}

/// Parameters as text, the last of each name.
#[derive(Default)]
struct Raw {
    filter: String,
    sort_by: String,
    sort_order: String,
    start_index: String,
    count: String,
    cursor: Option<String>,
    attributes: String,
    excluded_attributes: String,
}

impl Raw {
    fn set(&mut self, name: &str, value: String) {
        match name.to_ascii_lowercase().as_str() {
            "filter" => self.filter = value,
            "sortby" => self.sort_by = value,
            "sortorder" => self.sort_order = value,
            "startindex" => self.start_index = value,
            "count" => self.count = value,
            "cursor" => self.cursor = Some(value),
            "attributes" => self.attributes = value,
            "excludedattributes" => self.excluded_attributes = value,
            _ => {}
        }
    }

    fn read(self) -> Result<ListRequest, ScimError> {
        let count_error = match self.cursor {
            Some(_) => ScimType::InvalidCount,
            None => ScimType::InvalidValue,
        };
        let count = integer(&self.count)
            .map_err(|()| ScimError::new(count_error, "`count` must be an integer."))?;
        let start_index = integer(&self.start_index).map_err(|()| {
            ScimError::new(ScimType::InvalidValue, "`startIndex` must be an integer.")
        })?;
        let filled = |text: String| (!text.trim().is_empty()).then_some(text);
        Ok(ListRequest {
            filter: filled(self.filter),
            sort_by: filled(self.sort_by),
            sort_order: sort_order(&self.sort_order)?,
            start_index: start_index.map(|index| index.max(1)),
            count: count.map(|count| count.max(0)),
            cursor: self.cursor,
            attributes: split(&self.attributes).collect(),
            excluded_attributes: split(&self.excluded_attributes).collect(),
        })
    }
}

fn sort_order(text: &str) -> Result<SortOrder, ScimError> {
    match text.to_ascii_lowercase().as_str() {
        "" | "ascending" => Ok(SortOrder::Ascending),
        "descending" => Ok(SortOrder::Descending),
        _ => Err(ScimError::new(
            ScimType::InvalidValue,
            "`sortOrder` must be `ascending` or `descending`.",
        )),
    }
}

/// An integer of any size, clamped to 64 bits; `None` for an empty text.
fn integer(text: &str) -> Result<Option<i64>, ()> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(());
    }
    let limit = if text.starts_with('-') {
        i64::MIN
    } else {
        i64::MAX
    };
    Ok(Some(text.parse().unwrap_or(limit)))
}

/// How a ListResponse says where it stands in the whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Page<'a> {
    /// By index: number of the first resource on the page, from 1.
    Index(i64),
    /// By cursor: where the next page begins; `None` on the last one.
    Cursor(Option<&'a str>),
}

/// A ListResponse around resources that are JSON text already.
pub fn render<T: AsRef<str>>(total: u64, page: Page<'_>, resources: &[T]) -> String {
    let position = match page {
        Page::Index(start) => format!(",\"startIndex\":{start}"),
        Page::Cursor(Some(next)) => format!(",\"nextCursor\":{}", Value::from(next)),
        Page::Cursor(None) => String::new(),
    };
    let items = resources.len();
    let length: usize = resources
        .iter()
        .map(|resource| resource.as_ref().len() + 1)
        .sum();
    let mut out = String::with_capacity(length + 256);
    out.push_str(&format!(
        "{{\"schemas\":[\"{LIST_URN}\"],\"totalResults\":{total}{position},\"itemsPerPage\":{items},\"Resources\":["
    ));
    for (index, resource) in resources.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        out.push_str(resource.as_ref());
    }
    out.push_str("]}");
    out
}

fn syntax(detail: &str) -> ScimError {
    ScimError::new(ScimType::InvalidSyntax, detail)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{ListRequest, Page, SEARCH_URN, SortOrder, render};
    use crate::scim::error::ScimType;
    use crate::scim::quirk::{Dialect, Quirk, Tolerance};

    #[test]
    fn a_query_string() {
        let query = "aadOptscim062020&filter=userName+eq%20%22a%2Bb%40x%22&StartIndex=0&count=-3\
                     &sortBy=name.familyName&sortOrder=Descending&attributes=id,%20userName,";
        let request = ListRequest::from_query(query).unwrap();
        assert_eq!(request.filter.as_deref(), Some("userName eq \"a+b@x\""));
        assert_eq!((request.start_index, request.count), (Some(1), Some(0)));
        assert_eq!(request.sort_by.as_deref(), Some("name.familyName"));
        assert_eq!(request.sort_order, SortOrder::Descending);
        assert_eq!(request.attributes, ["id", "userName"]);
        assert_eq!(request.cursor, None);
    }

    #[test]
    fn nothing_asked() {
        for query in ["", "&", "filter=&count=&startIndex=", "x=1"] {
            assert_eq!(
                ListRequest::from_query(query).unwrap(),
                ListRequest::default(),
                "{query}"
            );
        }
    }

    #[test]
    fn numbers_that_are_none() {
        let rows = [
            ("count=ten", ScimType::InvalidValue),
            ("count=1.5", ScimType::InvalidValue),
            ("startIndex=x", ScimType::InvalidValue),
            ("sortOrder=up", ScimType::InvalidValue),
            ("cursor&count=ten", ScimType::InvalidCount),
            ("count=ten&cursor=abc", ScimType::InvalidCount),
        ];
        for (query, expected) in rows {
            let error = ListRequest::from_query(query).unwrap_err();
            assert_eq!(
                (error.status, error.scim_type),
                (400, Some(expected)),
                "{query}"
            );
        }
        let huge = ListRequest::from_query("count=99999999999999999999&cursor=").unwrap();
        assert_eq!(
            (huge.count, huge.cursor.as_deref()),
            (Some(i64::MAX), Some(""))
        );
    }

    #[test]
    fn a_search_request() {
        let body = json!({"schemas": [SEARCH_URN], "attributes": ["displayName", "userName"], "cursor": "",
            "filter": "displayName sw \"smith\"", "startIndex": 1, "count": 10, "other": null});
        let request = ListRequest::from_body(&body, &mut Tolerance::new(Dialect::Strict)).unwrap();
        assert_eq!(request.attributes, ["displayName", "userName"]);
        assert_eq!(request.filter.as_deref(), Some("displayName sw \"smith\""));
        assert_eq!((request.start_index, request.count), (Some(1), Some(10)));
        assert_eq!(request.cursor.as_deref(), Some(""));
    }

    #[test]
    fn what_is_no_search_request() {
        let rows = [
            (json!([]), None),
            (json!({"schemas": ["urn:x:y"]}), None),
            (json!({"schemas": [SEARCH_URN], "filter": {}}), None),
            (json!({"schemas": [SEARCH_URN], "attributes": [1]}), None),
            (json!({"filter": "a pr"}), Some(Quirk::MissingSchemas)),
        ];
        for (body, quirk) in rows {
            let mut tolerance = Tolerance::new(Dialect::Auto);
            let auto = ListRequest::from_body(&body, &mut tolerance);
            assert_eq!(auto.is_ok(), quirk.is_some(), "{body}");
            assert!(
                quirk.is_none_or(|quirk| tolerance.seen.has(quirk)),
                "{body}"
            );
            let strict = ListRequest::from_body(&body, &mut Tolerance::new(Dialect::Strict));
            assert_eq!(
                strict.unwrap_err().scim_type,
                Some(ScimType::InvalidSyntax),
                "{body}"
            );
        }
    }

    #[test]
    fn envelopes() {
        let parse = |text: String| serde_json::from_str::<Value>(&text).unwrap();
        let index = parse(render(
            7,
            Page::Index(3),
            &["{\"id\":\"1\"}", "{\"id\":\"2\"}"],
        ));
        assert_eq!(
            index,
            json!({"schemas": [super::LIST_URN], "totalResults": 7, "startIndex": 3,
            "itemsPerPage": 2, "Resources": [{"id": "1"}, {"id": "2"}]})
        );
        let cursor = parse(render::<&str>(0, Page::Cursor(Some("a\"b")), &[]));
        assert_eq!(
            cursor,
            json!({"schemas": [super::LIST_URN], "totalResults": 0, "nextCursor": "a\"b",
            "itemsPerPage": 0, "Resources": []})
        );
        let last = parse(render::<&str>(0, Page::Cursor(None), &[]));
        assert!(last.get("nextCursor").is_none() && last.get("startIndex").is_none());
    }
}
