//! From a stored record to the resource a client sees: `id`, `meta`, `groups` and `roles` are put
//! into the document's text where they belong, without reading the rest of it.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use crate::clock::Timestamp;
use crate::ids::ResourceId;
use crate::model::group::{GroupRecord, Member};
use crate::model::user::{GroupRef, UserRecord};
use crate::scim::schema::Kind;

/// The `ETag` of a user (RFC 7644 §3.14): `W/"3"`, or `W/"3-5e1f0a2b"` for one that has groups or
/// roles, as these belong to the representation and change without it. The record must carry them.
pub fn user_version(user: &UserRecord) -> String {
    if user.groups.is_empty() && user.roles.is_empty() {
        return format!("W/\"{}\"", user.version);
    }
    let mut sum = crc32fast::Hasher::new();
    for group in &user.groups {
        sum.update(group.id.0.as_bytes());
        sum.update(&[u8::from(group.direct)]);
        sum.update(group.display.as_bytes());
    }
    for role in &user.roles {
        sum.update(&[0]);
        sum.update(role.as_bytes());
    }
    format!("W/\"{}-{:08x}\"", user.version, sum.finalize())
}

/// The `ETag` of a group: `W/"3"`.
pub fn group_version(group: &GroupRecord) -> String {
    format!("W/\"{}\"", group.version)
}

/// The whole user resource. `base` is the URL before `/Users`.
pub fn user_value(user: &UserRecord, base: &str) -> Map<String, Value> {
    let mut text = String::new();
    write_user(user, base, &mut text);
    object(&text)
}

/// Appends the whole user resource as JSON text.
pub fn write_user(user: &UserRecord, base: &str, out: &mut String) {
    write_document(&user.doc, &user.id, out);
    write_list("groups", &user.groups, out, |group, out| {
        write_group_ref(group, base, out);
    });
    write_list("roles", &user.roles, out, |role, out| write_role(role, out));
    write_meta(
        &Meta {
            kind: Kind::User,
            id: &user.id,
            created: user.created,
            modified: user.modified,
            version: &user_version(user),
        },
        base,
        out,
    );
    out.push('}');
}

/// The group resource without `members`. `base` is the URL before `/Groups`.
pub fn group_value(group: &GroupRecord, base: &str) -> Map<String, Value> {
    let mut text = String::new();
    write_group(group, base, &mut text);
    text.push('}');
    object(&text)
}

/// Appends the group resource as JSON text, without `members` and without the closing brace, so
/// that the caller can stream `,"members":[…]` before it.
pub fn write_group(group: &GroupRecord, base: &str, out: &mut String) {
    write_document(&group.doc, &group.id, out);
    write_meta(
        &Meta {
            kind: Kind::Group,
            id: &group.id,
            created: group.created,
            modified: group.modified,
            version: &group_version(group),
        },
        base,
        out,
    );
}

/// Appends one element of `members` (RFC 7643 §4.2) as JSON text, as it is returned by default:
/// without `display`.
pub fn write_member(member: &Member, base: &str, out: &mut String) {
    let _ = write!(out, "{{\"value\":\"{}\",\"$ref\":", member.id);
    write_location(base, member.kind, &member.id, out);
    let _ = write!(out, ",\"type\":\"{}\"}}", member.kind.as_str());
}

/// One element of `members`, with everything a client may ask for.
pub fn member_value(member: &Member, base: &str) -> Value {
    let mut text = String::new();
    write_member(member, base, &mut text);
    let mut value = object(&text);
    value.insert("display".to_owned(), member.display.as_str().into());
    Value::Object(value)
}

/// Appends `,"name":[…]`, or nothing if there are no values.
fn write_list<T>(name: &str, values: &[T], out: &mut String, write: impl Fn(&T, &mut String)) {
    if values.is_empty() {
        return;
    }
    let _ = write!(out, ",\"{name}\":[");
    for (at, value) in values.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        write(value, out);
    }
    out.push(']');
}

/// Appends one element of `roles` (RFC 7643 §4.1.2).
fn write_role(name: &str, out: &mut String) {
    out.push_str("{\"value\":");
    write_string(name, out);
    out.push_str(",\"display\":");
    write_string(name, out);
    out.push('}');
}

fn write_group_ref(group: &GroupRef, base: &str, out: &mut String) {
    let _ = write!(out, "{{\"value\":\"{}\",\"$ref\":", group.id);
    write_location(base, Kind::Group, &group.id, out);
    out.push_str(",\"display\":");
    write_string(&group.display, out);
    let kind = if group.direct { "direct" } else { "indirect" };
    let _ = write!(out, ",\"type\":\"{kind}\"}}");
}

struct Meta<'a> {
    kind: Kind,
    id: &'a ResourceId,
    created: Timestamp,
    modified: Timestamp,
    version: &'a str,
}

fn write_meta(meta: &Meta<'_>, base: &str, out: &mut String) {
    let _ = write!(
        out,
        ",\"meta\":{{\"resourceType\":\"{}\",\"created\":\"{}\",\"lastModified\":\"{}\",\"location\":",
        meta.kind.as_str(),
        meta.created,
        meta.modified
    );
    write_location(base, meta.kind, meta.id, out);
    out.push_str(",\"version\":");
    write_string(meta.version, out);
    out.push('}');
}

fn write_location(base: &str, kind: Kind, id: &ResourceId, out: &mut String) {
    write_string(base, out);
    out.pop();
    let _ = write!(out, "/{}s/{id}\"", kind.as_str());
}

/// Appends the document with `id` behind `schemas`, and leaves the object open.
fn write_document(doc: &str, id: &ResourceId, out: &mut String) {
    let body = doc
        .strip_prefix('{')
        .and_then(|body| body.strip_suffix('}'))
        .unwrap_or_default();
    let (schemas, rest) = body.split_at(schemas_end(body));
    out.reserve(doc.len() + 512);
    out.push('{');
    if !schemas.is_empty() {
        out.push_str(schemas);
        out.push(',');
    }
    let _ = write!(out, "\"id\":\"{id}\"");
    if !rest.is_empty() {
        out.push_str(if schemas.is_empty() { "," } else { "" });
        out.push_str(rest);
    }
}

/// Length of `"schemas":[…]` at the beginning of a document's text; 0 if something else is there.
fn schemas_end(body: &str) -> usize {
    const KEY: &str = "\"schemas\":[";
    let Some(list) = body.strip_prefix(KEY) else {
        return 0;
    };
    let (mut in_string, mut escaped) = (false, false);
    let end = list.bytes().position(|byte| {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = in_string,
            b'"' => in_string = !in_string,
            b']' => return !in_string,
            _ => {}
        }
        false
    });
    end.map_or(0, |end| KEY.len() + end + 1)
}

fn write_string(text: &str, out: &mut String) {
    let plain = |byte: u8| byte >= 0x20 && byte != b'"' && byte != b'\\';
    if text.bytes().all(plain) {
        out.push('"');
        out.push_str(text);
        out.push('"');
    } else {
        let _ = write!(out, "{}", Value::from(text));
    }
}

/// What was written here is an object; a damaged document reads as an empty one.
fn object(text: &str) -> Map<String, Value> {
    serde_json::from_str(text).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::ids::OrgId;

    fn user(doc: &str) -> UserRecord {
        UserRecord {
            org: OrgId(0),
            id: ResourceId::new(),
            user_name: "ada".to_owned(),
            external_id: None,
            active: true,
            created: Timestamp(0),
            modified: Timestamp(1500),
            version: 3,
            source: None,
            doc: doc.to_owned(),
            groups: Vec::new(),
            roles: Vec::new(),
        }
    }

    fn keys(value: &Map<String, Value>) -> Vec<&str> {
        value.keys().map(String::as_str).collect()
    }

    #[test]
    fn a_user_is_written_in_the_order_of_the_rfc() {
        let mut ada = user(r#"{"schemas":["a]\"","b"],"externalId":"e","userName":"ada"}"#);
        let value = user_value(&ada, "https://x/scim/v2");
        assert_eq!(
            keys(&value),
            ["schemas", "id", "externalId", "userName", "meta"]
        );
        assert_eq!(value["schemas"], json!(["a]\"", "b"]));
        assert_eq!(
            value["meta"],
            json!({
                "resourceType": "User",
                "created": "1970-01-01T00:00:00.000Z",
                "lastModified": "1970-01-01T00:00:01.500Z",
                "location": format!("https://x/scim/v2/Users/{}", ada.id),
                "version": "W/\"3\"",
            })
        );
        let alone = user_version(&ada);
        ada.groups.push(GroupRef {
            id: ResourceId::new(),
            display: "Say \"hi\"\n".to_owned(),
            direct: false,
        });
        assert_ne!(user_version(&ada), alone);
        let value = user_value(&ada, "https://x/scim/v2");
        assert_eq!(
            value["groups"],
            json!([{
                "value": ada.groups[0].id.to_string(),
                "$ref": format!("https://x/scim/v2/Groups/{}", ada.groups[0].id),
                "display": "Say \"hi\"\n",
                "type": "indirect",
            }])
        );
        assert_eq!(value["meta"]["version"], user_version(&ada));
        let in_groups = user_version(&ada);
        ada.roles = vec!["A\"b".to_owned(), "C".to_owned()];
        let value = user_value(&ada, "");
        assert_eq!(
            value["roles"],
            json!([
                { "value": "A\"b", "display": "A\"b" },
                { "value": "C", "display": "C" },
            ])
        );
        assert_ne!(user_version(&ada), in_groups);
        ada.groups.clear();
        assert_ne!(user_version(&ada), alone);
        assert_eq!(
            keys(&user_value(&ada, "")),
            ["schemas", "id", "externalId", "userName", "roles", "meta"]
        );
    }

    #[test]
    fn any_document_gives_an_object() {
        for (doc, expected) in [
            ("{}", vec!["id", "meta"]),
            (r#"{"schemas":[]}"#, vec!["schemas", "id", "meta"]),
            (r#"{"userName":"a"}"#, vec!["id", "userName", "meta"]),
            (
                r#"{"userName":"a","schemas":["x"]}"#,
                vec!["id", "userName", "schemas", "meta"],
            ),
            ("", vec!["id", "meta"]),
            (r#"{"schemas":["#, vec!["id", "meta"]),
        ] {
            assert_eq!(keys(&user_value(&user(doc), "")), expected, "{doc}");
        }
    }
}
