//! Queries for lists, from a query string or a `/.search` body, and the ListResponse around what
//! they find (RFC 7644 §3.4.2, §3.4.3; RFC 9865).

use serde_json::{Map, Value, json};

use crate::scim::error::{ScimError, ScimType};
use crate::scim::message;
use crate::scim::project::split;
use crate::scim::query::pairs;
use crate::scim::quirk::Tolerance;

/// URN of the list message.
pub const LIST_URN: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";
/// URN of the search message.
pub const SEARCH_URN: &str = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";

/// What a client asks a list for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListRequest {
    /// `filter`
    pub filter: Option<String>,
    /// `sortBy`
    pub sort_by: Option<String>,
    /// `sortOrder` is `descending`.
    pub descending: bool,
    /// `startIndex`, 1 at least.
    pub start_index: Option<u64>,
    /// `count`; negative values are 0.
    pub count: Option<u64>,
    /// `cursor`; empty asks for the first page.
    pub cursor: Option<String>,
    /// `attributes`
    pub attributes: Vec<String>,
    /// `excludedAttributes`
    pub excluded: Vec<String>,
}

impl ListRequest {
    /// Reads a query string; parameters that are not known are ignored.
    ///
    /// # Errors
    /// 400 `invalidValue` for numbers that are none, `invalidCount` where a cursor is asked for.
    pub fn from_query(query: &str) -> Result<Self, ScimError> {
        let mut request = Self::default();
        let mut numbers = Numbers::default();
        for (name, value) in pairs(query) {
            match name.to_ascii_lowercase().as_str() {
                "filter" => request.filter = Some(value),
                "sortby" => request.sort_by = Some(value),
                "sortorder" => request.descending = value.eq_ignore_ascii_case("descending"),
                "startindex" => numbers.start_index = Some(whole(&value)),
                "count" => numbers.count = Some(whole(&value)),
                "cursor" => request.cursor = Some(value),
                "attributes" => request.attributes.extend(split(&value)),
                "excludedattributes" => request.excluded.extend(split(&value)),
                _ => {}
            }
        }
        numbers.into_request(request)
    }

    /// Reads a SearchRequest body.
    ///
    /// # Errors
    /// As [`ListRequest::from_query`], and 400 `invalidSyntax` for a body that is no object or
    /// holds values of a wrong type.
    pub fn from_body(body: &Value, tolerance: &mut Tolerance) -> Result<Self, ScimError> {
        let Value::Object(body) = body else {
            return Err(ScimError::syntax(
                "The body must be a SearchRequest object.",
            ));
        };
        message::check(body, SEARCH_URN, tolerance)?;
        let mut request = Self::default();
        let mut numbers = Numbers::default();
        for (name, value) in body.iter().filter(|(_, value)| !value.is_null()) {
            match name.to_ascii_lowercase().as_str() {
                "filter" => request.filter = Some(text(name, value)?),
                "sortby" => request.sort_by = Some(text(name, value)?),
                "sortorder" => {
                    request.descending = text(name, value)?.eq_ignore_ascii_case("descending");
                }
                "startindex" => numbers.start_index = Some(number(value)),
                "count" => numbers.count = Some(number(value)),
                "cursor" => request.cursor = Some(text(name, value)?),
                "attributes" => request.attributes = names(name, value)?,
                "excludedattributes" => request.excluded = names(name, value)?,
                _ => {}
            }
        }
        numbers.into_request(request)
    }
}

/// Numbers as read: absent, or read with what came of it.
#[derive(Default)]
struct Numbers {
    start_index: Option<Number>,
    count: Option<Number>,
}

type Number = Result<i64, NotWhole>;

/// What was sent is no whole number.
struct NotWhole;

impl Numbers {
    fn into_request(self, mut request: ListRequest) -> Result<ListRequest, ScimError> {
        let wrong = |scim_type, name| {
            ScimError::new(scim_type, format!("`{name}` must be a whole number."))
        };
        if let Some(start) = self.start_index {
            let start = start.map_err(|NotWhole| wrong(ScimType::InvalidValue, "startIndex"))?;
            request.start_index = Some(u64::try_from(start).unwrap_or(0).max(1));
        }
        if let Some(count) = self.count {
            let scim_type = if request.cursor.is_some() {
                ScimType::InvalidCount
            } else {
                ScimType::InvalidValue
            };
            let count = count.map_err(|NotWhole| wrong(scim_type, "count"))?;
            request.count = Some(u64::try_from(count).unwrap_or(0));
        }
        Ok(request)
    }
}

fn whole(text: &str) -> Number {
    let text = text.trim();
    match text.parse() {
        Ok(number) => Ok(number),
        // Larger than any list, but a number.
        Err(_) if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) => {
            Ok(i64::MAX)
        }
        Err(_) => Err(NotWhole),
    }
}

fn number(value: &Value) -> Number {
    match value {
        Value::String(text) => whole(text),
        other => other.as_i64().ok_or(NotWhole),
    }
}

fn text(name: &str, value: &Value) -> Result<String, ScimError> {
    value
        .as_str()
        .map(str::to_owned)
        .ok_or_else(|| ScimError::syntax(format!("`{name}` must be a string.")))
}

fn names(name: &str, value: &Value) -> Result<Vec<String>, ScimError> {
    let wrong = || ScimError::syntax(format!("`{name}` must be a list of attribute names."));
    match value {
        Value::String(list) => Ok(split(list).collect()),
        Value::Array(list) => list
            .iter()
            .map(|item| item.as_str().map(str::to_owned).ok_or_else(wrong))
            .collect(),
        _ => Err(wrong()),
    }
}

/// Where a page stands in its list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// By index: the number of the first resource, from 1.
    Index(u64),
    /// By cursor: the cursor of the next page, if there is one.
    Cursor(Option<String>),
}

/// What follows the resources of a ListResponse.
pub const TAIL: &str = "]}";

/// The beginning of a ListResponse up to its resources, which follow as JSON text separated by
/// commas, and then [`TAIL`]: a list need not be held in memory to be sent.
pub fn head(total: u64, place: &Place, count: usize) -> String {
    let mut head = Map::new();
    head.insert("schemas".to_owned(), Value::from(vec![LIST_URN]));
    head.insert("totalResults".to_owned(), total.into());
    match place {
        Place::Index(start) => {
            head.insert("startIndex".to_owned(), (*start).into());
        }
        Place::Cursor(Some(next)) => {
            head.insert("nextCursor".to_owned(), next.as_str().into());
        }
        Place::Cursor(None) => {}
    }
    head.insert("itemsPerPage".to_owned(), count.into());
    let mut text = Value::Object(head).to_string();
    text.pop();
    text.push_str(",\"Resources\":[");
    text
}

/// A whole ListResponse of all there is.
pub fn all(resources: &[Value]) -> Value {
    json!({
        "schemas": [LIST_URN],
        "totalResults": resources.len(),
        "startIndex": 1,
        "itemsPerPage": resources.len(),
        "Resources": resources,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn query_strings_are_read_as_clients_send_them() {
        let request = ListRequest::from_query(
            "filter=userName+eq+%22a%40b%22&startIndex=0&count=-5&SortBy=name.familyName\
             &sortOrder=Descending&attributes=id,%20userName&aadOptscim062020",
        )
        .unwrap();
        assert_eq!(request.filter.as_deref(), Some("userName eq \"a@b\""));
        assert_eq!((request.start_index, request.count), (Some(1), Some(0)));
        assert_eq!(request.sort_by.as_deref(), Some("name.familyName"));
        assert!(request.descending);
        assert_eq!(request.attributes, ["id", "userName"]);
        let huge = ListRequest::from_query("startIndex=99999999999999999999999").unwrap();
        assert_eq!(huge.start_index, Some(i64::MAX.unsigned_abs()));
    }

    #[test]
    fn wrong_numbers_are_told_apart_by_the_way_of_paging() {
        for (query, scim_type) in [
            ("count=ten", ScimType::InvalidValue),
            ("startIndex=1.5", ScimType::InvalidValue),
            ("cursor=&count=ten", ScimType::InvalidCount),
            ("count=&startIndex=1", ScimType::InvalidValue),
        ] {
            let error = ListRequest::from_query(query).unwrap_err();
            assert_eq!(error.scim_type, Some(scim_type), "{query}");
        }
    }

    #[test]
    fn search_bodies_say_the_same() {
        let body = json!({
            "schemas": [SEARCH_URN],
            "attributes": ["displayName", "userName"],
            "filter": "displayName sw \"smith\"",
            "startIndex": 1,
            "count": 10,
        });
        let request = ListRequest::from_body(&body, &mut Tolerance::default()).unwrap();
        assert_eq!(request.attributes, ["displayName", "userName"]);
        assert_eq!((request.start_index, request.count), (Some(1), Some(10)));
        for body in [
            json!([]),
            json!({ "filter": 3 }),
            json!({ "attributes": [1] }),
        ] {
            assert_eq!(
                ListRequest::from_body(&body, &mut Tolerance::default())
                    .unwrap_err()
                    .scim_type,
                Some(ScimType::InvalidSyntax)
            );
        }
        assert!(
            ListRequest::from_body(&json!({ "count": true }), &mut Tolerance::default()).is_err()
        );
    }

    #[test]
    fn a_list_response_has_what_its_page_needs() {
        let whole = |place: &Place, total, resources: &[&str]| {
            let text = format!(
                "{}{}{TAIL}",
                head(total, place, resources.len()),
                resources.join(",")
            );
            serde_json::from_str::<Value>(&text).unwrap()
        };
        let two = [json!({ "id": 1 }), json!({ "id": 2 })];
        assert_eq!(
            whole(&Place::Index(1), 2, &["{\"id\":1}", "{\"id\":2}"]),
            all(&two)
        );
        assert_eq!(
            whole(&Place::Cursor(None), 0, &[]),
            json!({ "schemas": [LIST_URN], "totalResults": 0, "itemsPerPage": 0, "Resources": [] })
        );
        assert_eq!(
            whole(&Place::Cursor(Some("x".to_owned())), 9, &["3"])["nextCursor"],
            "x"
        );
    }
}
