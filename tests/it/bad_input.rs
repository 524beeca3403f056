//! What clients should not send: every case is refused with its status and its `scimType`, and
//! leaves the directory exactly as it was. (PATCH, filters and queries are in
//! `bad_expressions`, what cannot be read as HTTP in `bad_wire`.)

use serde_json::{Value, json};

use crate::client::{Client, NOBODY, encode, group, patch_body, user};
use crate::daemon::{Daemon, Home};

/// An extension with the kinds of attributes that the built-in schemas lack.
const KINDS: &str = r#"
[[extensions]]
resource_type = "User"
[extensions.schema]
id = "urn:example:kinds:2.0:User"
name = "Kinds"
description = "Every kind of attribute"
attributes = [
  { name = "level", type = "integer" },
  { name = "share", type = "decimal" },
  { name = "since", type = "dateTime" },
  { name = "badge", type = "string", mutability = "immutable" },
]
"#;
pub const URN: &str = "urn:example:kinds:2.0:User";
/// An id that never was.
pub const NEVER: &str = "0b9e3a52-93b1-7a4c-8d60-3f1f0c6d2a11";

/// A case: what it is, the answer it must get (status, `scimType`), and how to ask.
pub struct Case {
    name: String,
    expected: (u16, Option<&'static str>),
    method: &'static str,
    path: String,
    headers: Vec<(&'static str, String)>,
    pub body: Option<Vec<u8>>,
}

impl Case {
    pub fn new(
        name: &str,
        expected: (u16, Option<&'static str>),
        method: &'static str,
        path: &str,
    ) -> Self {
        Self {
            name: name.to_owned(),
            expected,
            method,
            path: path.to_owned(),
            headers: Vec::new(),
            body: None,
        }
    }

    pub fn with(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = Some(body.into());
        self
    }

    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }
}

/// A directory with one user, one group, and the ids of both.
pub struct Site {
    _daemon: Daemon,
    pub client: Client,
    pub ada: String,
    pub team: String,
}

pub fn site() -> Site {
    let home = Home::new();
    home.configure(KINDS);
    let daemon = home.start();
    let mut client = daemon.primary();
    let mut ada = user("ada@example.com");
    ada["emails"] = json!([{ "value": "ada@example.com", "type": "work" }]);
    ada[URN] = json!({ "badge": "B1", "level": 7 });
    let ada = client.create("/Users", &ada);
    client.create("/Users", &user("bob@example.com"));
    let team = client.create("/Groups", &group("Team", &[&ada]));
    client.create("/Groups", &group("Other", NOBODY));
    Site {
        _daemon: daemon,
        client,
        ada,
        team,
    }
}

/// Asks everything; the directory must be the same before and after.
pub fn refused(mut site: Site, cases: Vec<Case>) {
    let before = site.client.directory();
    let mut wrong = Vec::new();
    for case in cases {
        let headers: Vec<(&str, &str)> = case
            .headers
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let body = case.body.as_deref();
        let reply = site.client.send(case.method, &case.path, &headers, body);
        let (status, scim_type) = case.expected;
        if let Some(difference) = reply.differs_from_error(status, scim_type) {
            wrong.push(format!("{}: {difference}", case.name));
        }
        if status == 405 && reply.header("allow").is_none_or(str::is_empty) {
            wrong.push(format!("{}: no Allow", case.name));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(site.client.directory(), before);
}

pub const SYNTAX: (u16, Option<&str>) = (400, Some("invalidSyntax"));
pub const VALUE: (u16, Option<&str>) = (400, Some("invalidValue"));
pub const FILTER: (u16, Option<&str>) = (400, Some("invalidFilter"));
pub const PATH: (u16, Option<&str>) = (400, Some("invalidPath"));
pub const MUTABILITY: (u16, Option<&str>) = (400, Some("mutability"));
pub const TARGET: (u16, Option<&str>) = (400, Some("noTarget"));
pub const TAKEN: (u16, Option<&str>) = (409, Some("uniqueness"));

/// `open` and `close` so often around nothing.
pub fn nested(open: &str, close: &str, depth: usize) -> String {
    open.repeat(depth) + &close.repeat(depth)
}

#[test]
fn bodies() {
    let site = site();
    let valid = user("new@example.com").to_string();
    let utf16: Vec<u8> = valid.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let deep_user = |inner: String| format!(r#"{{"userName":"x","title":{inner}}}"#);
    let mut cases = Vec::new();
    for (name, expected, body) in [
        ("empty", SYNTAX, Vec::new()),
        ("blank", SYNTAX, b"  \n".to_vec()),
        (
            "truncated",
            SYNTAX,
            valid.as_bytes()[..valid.len() - 1].to_vec(),
        ),
        (
            "two documents",
            SYNTAX,
            format!("{valid}{valid}").into_bytes(),
        ),
        ("a list", SYNTAX, b"[]".to_vec()),
        ("a string", SYNTAX, b"\"x\"".to_vec()),
        ("null", SYNTAX, b"null".to_vec()),
        ("open brackets", SYNTAX, "[".repeat(10_000).into_bytes()),
        ("open braces", SYNTAX, "{\"a\":".repeat(10_000).into_bytes()),
        (
            "deep list",
            SYNTAX,
            deep_user(nested("[", "]", 10_000)).into_bytes(),
        ),
        (
            "many values",
            (413, None),
            format!("[{}0]", "0,".repeat(450_000)).into_bytes(),
        ),
        ("Latin-1", SYNTAX, b"{\"userName\":\"jos\xe9\"}".to_vec()),
        (
            "overlong UTF-8",
            SYNTAX,
            b"{\"userName\":\"\xc0\xafx\"}".to_vec(),
        ),
        ("UTF-16", SYNTAX, utf16),
        ("gzip", SYNTAX, b"\x1f\x8b\x08\0\0\0\0\0\0\x03".to_vec()),
        (
            "lone surrogate",
            SYNTAX,
            br#"{"userName":"\ud800"}"#.to_vec(),
        ),
        ("form", SYNTAX, b"userName=x".to_vec()),
        ("comment", SYNTAX, b"{/**/}".to_vec()),
        ("NaN", SYNTAX, br#"{"userName":NaN}"#.to_vec()),
        ("no userName", VALUE, b"{}".to_vec()),
        ("NUL", VALUE, br#"{"userName":"a\u0000b"}"#.to_vec()),
        ("blank userName", VALUE, br#"{"userName":" \t"}"#.to_vec()),
        (
            "long userName",
            VALUE,
            user(&"n".repeat(257)).to_string().into_bytes(),
        ),
        (
            "long title",
            VALUE,
            deep_user(format!("\"{}\"", "t".repeat(8_193))).into_bytes(),
        ),
        (
            "taken",
            TAKEN,
            user("ADA@example.com").to_string().into_bytes(),
        ),
    ] {
        for method in ["POST", "PUT"] {
            let path = match method {
                "POST" => "/Users".to_owned(),
                _ => format!("/Users/{}", site.ada),
            };
            // Its own name is no conflict for a PUT.
            if method == "PUT" && expected == TAKEN {
                continue;
            }
            cases.push(
                Case::new(&format!("{method} {name}"), expected, method, &path).with(body.clone()),
            );
        }
    }
    for coding in ["gzip", "deflate", "br", "identity, gzip"] {
        let case = Case::new(coding, (415, None), "POST", "/Users").with(valid.clone());
        cases.push(case.header("Content-Encoding", coding));
    }
    for charset in ["iso-8859-1", "utf-16"] {
        let case = Case::new(charset, (415, None), "POST", "/Users").with(valid.clone());
        cases.push(case.header(
            "Content-Type",
            &format!("application/json; charset={charset}"),
        ));
    }
    refused(site, cases);
}

#[test]
fn wrong_types_for_every_kind_of_attribute() {
    let site = site();
    let mut cases = Vec::new();
    let mut both = |attribute: Value| {
        let mut body = user("typed@example.com");
        let fields = attribute.as_object().unwrap().clone();
        body.as_object_mut().unwrap().extend(fields);
        cases.push(
            Case::new(&format!("POST {attribute}"), VALUE, "POST", "/Users").with(body.to_string()),
        );
        let patch = patch_body(&json!([{ "op": "replace", "value": attribute }]));
        let path = format!("/Users/{}", site.ada);
        cases.push(
            Case::new(&format!("PATCH {attribute}"), VALUE, "PATCH", &path).with(patch.to_string()),
        );
    };
    for wrong in [json!(true), json!(["x"]), json!({ "a": 1 })] {
        for name in [
            "userName",
            "displayName",
            "externalId",
            "title",
            "profileUrl",
        ] {
            both(json!({ name: wrong }));
        }
    }
    for wrong in [
        json!("yes"),
        json!(1),
        json!([true]),
        json!({ "value": true }),
    ] {
        both(json!({ "active": wrong }));
    }
    for wrong in [
        json!("x"),
        json!(7),
        json!(["x"]),
        json!({ "givenName": ["x"] }),
    ] {
        both(json!({ "name": wrong }));
    }
    for wrong in [
        json!("x"),
        json!(["x"]),
        json!([[{ "value": "x" }]]),
        json!([{ "value": { "value": "x" } }]),
        json!([{ "value": "x", "primary": "maybe" }]),
        json!(vec![json!({ "value": "x" }); 1_001]),
    ] {
        both(json!({ "emails": wrong }));
    }
    both(json!({ "x509Certificates": [{ "value": "not base 64!" }] }));
    both(json!({ "photos": [{ "value": 7 }] }));
    both(json!({ URN: "x" }));
    for wrong in [
        json!("x"),
        json!(7.5),
        json!(true),
        json!(1e300),
        json!([7]),
    ] {
        both(json!({ URN: { "level": wrong } }));
    }
    for wrong in [json!("x"), json!(false), json!({ "a": 1 })] {
        both(json!({ URN: { "share": wrong } }));
    }
    for wrong in [
        json!("yesterday"),
        json!("2026-13-01T00:00:00Z"),
        json!(1_700_000_000),
    ] {
        both(json!({ URN: { "since": wrong } }));
    }
    let team = format!("/Groups/{}", site.team);
    for members in [
        json!([NEVER]),
        json!([{ "value": NEVER }]),
        json!([{ "value": "not an id" }]),
        json!([{ "value": 7 }]),
        json!([{ "display": "nobody" }]),
        json!([7]),
        json!(true),
        json!(vec![json!({ "value": NEVER }); 50_001]),
    ] {
        let mut body = group("Typed", NOBODY);
        body["members"] = members.clone();
        let name: String = members.to_string().chars().take(60).collect();
        cases.push(
            Case::new(&format!("POST {name}"), VALUE, "POST", "/Groups").with(body.to_string()),
        );
        cases.push(Case::new(&format!("PUT {name}"), VALUE, "PUT", &team).with(body.to_string()));
        let add = patch_body(&json!([{ "op": "add", "path": "members", "value": members }]));
        cases
            .push(Case::new(&format!("PATCH {name}"), VALUE, "PATCH", &team).with(add.to_string()));
    }
    let no_name = json!({ "members": [] }).to_string();
    cases.push(Case::new("group without name", VALUE, "POST", "/Groups").with(no_name));
    let taken = group("TEAM", NOBODY).to_string();
    cases.push(Case::new("group taken", TAKEN, "POST", "/Groups").with(taken));
    refused(site, cases);
}

#[test]
fn endpoints_methods_and_bulk() {
    let site = site();
    let ada = format!("/Users/{}", site.ada);
    let mut cases = Vec::new();
    for path in [
        "",
        "/",
        "/users",
        "/Nowhere",
        "/Users/x/y",
        "/Schemas/urn:nosuch",
        "/ResourceTypes/Nosuch",
        "/Users/not-an-id",
        "/Users/%00",
        "/Users/%ff",
        "/Users/..%2f..%2fetc%2fpasswd",
        "/Users/' OR 1=1 --".replace(' ', "%20").as_str(),
        "/Groups/7",
        &format!("/Users/{NEVER}"),
        &format!("/Groups/{}", site.ada),
        &format!("/Users/{}", site.team),
    ] {
        cases.push(Case::new(path, (404, None), "GET", path));
    }
    for (path, methods) in [
        (
            "/Users",
            &["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"][..],
        ),
        (ada.as_str(), &["POST", "OPTIONS"]),
        ("/Groups", &["PUT", "DELETE"]),
        ("/.search", &["GET", "PUT", "DELETE"]),
        ("/Users/.search", &["GET", "PATCH"]),
        ("/Bulk", &["GET", "PUT"]),
        ("/Schemas", &["POST", "PUT", "PATCH", "DELETE"]),
        ("/ResourceTypes/User", &["POST", "DELETE"]),
        ("/ServiceProviderConfig", &["POST", "PUT"]),
    ] {
        for method in methods {
            cases.push(Case::new(
                &format!("{method} {path}"),
                (405, None),
                method,
                path,
            ));
        }
    }
    for path in ["/Schemas", "/ResourceTypes", "/ServiceProviderConfig"] {
        let path = format!("{path}?filter={}", encode("name eq \"User\""));
        cases.push(Case::new(&path, (403, None), "GET", &path));
    }
    for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
        cases.push(Case::new(
            &format!("{method} /Me"),
            (501, None),
            method,
            "/Me",
        ));
    }
    let delete = json!({ "method": "DELETE", "path": ada });
    for (expected, operations, errors) in [
        ((413, None), json!(vec![delete.clone(); 1_001]), json!(null)),
        (SYNTAX, json!({}), json!(null)),
        (SYNTAX, json!(null), json!(null)),
        (SYNTAX, json!([delete]), json!("x")),
        (SYNTAX, json!([delete]), json!(0)),
        (SYNTAX, json!([delete]), json!(-1)),
    ] {
        let body = json!({ "Operations": operations, "failOnErrors": errors }).to_string();
        let name: String = body.chars().rev().take(60).collect();
        cases.push(Case::new(&name, expected, "POST", "/Bulk").with(body));
    }
    refused(site, cases);
}
