//! PATCH operations, paths, filters and queries that no client should send.

use serde_json::json;

use crate::bad_input::{
    Case, FILTER, MUTABILITY, NEVER, PATH, SYNTAX, TAKEN, TARGET, URN, VALUE, nested, refused, site,
};
use crate::client::{NOBODY, encode, group, patch_body, user};

#[test]
fn patches() {
    let site = site();
    let ada = format!("/Users/{}", site.ada);
    let team = format!("/Groups/{}", site.team);
    let mut cases = Vec::new();
    for (expected, body) in [
        (SYNTAX, json!([])),
        (SYNTAX, json!({})),
        (
            SYNTAX,
            json!({ "schemas": ["urn:x"], "Operations": [{ "op": "add", "path": "title", "value": "x" }] }),
        ),
        (SYNTAX, patch_body(&json!([]))),
        (SYNTAX, patch_body(&json!({}))),
        (SYNTAX, patch_body(&json!("x"))),
        (SYNTAX, patch_body(&json!([7]))),
        (
            VALUE,
            patch_body(&json!(vec![
                json!({ "op": "remove", "path": "title" });
                1_001
            ])),
        ),
    ] {
        let name: String = body.to_string().chars().take(80).collect();
        cases.push(Case::new(&name, expected, "PATCH", &ada).with(body.to_string()));
    }
    let long_path = format!("emails[type eq \"{}\"].value", "t".repeat(600));
    let deep_path = format!(
        "emails[{}type pr{}]",
        "(".repeat(10_000),
        ")".repeat(10_000)
    );
    for (expected, operation) in [
        (SYNTAX, json!({ "path": "title", "value": "x" })),
        (
            SYNTAX,
            json!({ "op": "move", "path": "title", "value": "x" }),
        ),
        (SYNTAX, json!({ "op": 7, "path": "title", "value": "x" })),
        (SYNTAX, json!({ "op": "", "path": "title", "value": "x" })),
        (PATH, json!({ "op": "add", "path": 7, "value": "x" })),
        (PATH, json!({ "op": "add", "path": "nosuch", "value": "x" })),
        (
            PATH,
            json!({ "op": "add", "path": "name.nosuch", "value": "x" }),
        ),
        (
            PATH,
            json!({ "op": "add", "path": "name..givenName", "value": "x" }),
        ),
        (
            PATH,
            json!({ "op": "add", "path": "title title", "value": "x" }),
        ),
        (
            PATH,
            json!({ "op": "add", "path": "title; DROP TABLE users", "value": "x" }),
        ),
        (
            PATH,
            json!({ "op": "add", "path": "__proto__.x", "value": "x" }),
        ),
        (
            PATH,
            json!({ "op": "add", "path": "urn:nosuch:2.0:User:level", "value": "x" }),
        ),
        (
            PATH,
            json!({ "op": "add", "path": long_path, "value": "x" }),
        ),
        (
            PATH,
            json!({ "op": "add", "path": deep_path, "value": "x" }),
        ),
        (
            FILTER,
            json!({ "op": "add", "path": "emails[", "value": "x" }),
        ),
        (
            FILTER,
            json!({ "op": "add", "path": "emails[]", "value": "x" }),
        ),
        (
            FILTER,
            json!({ "op": "add", "path": "emails[type eq]", "value": "x" }),
        ),
        (
            FILTER,
            json!({ "op": "add", "path": "emails[type is \"work\"].value", "value": "x" }),
        ),
        (
            FILTER,
            json!({ "op": "add", "path": "emails[nosuch eq \"x\"].value", "value": "x" }),
        ),
        (VALUE, json!({ "op": "add", "path": "title" })),
        (VALUE, json!({ "op": "add", "value": "x" })),
        (
            VALUE,
            json!({ "op": "replace", "path": "name", "value": "x" }),
        ),
        (
            VALUE,
            json!({ "op": "replace", "path": "emails[type eq \"work\"].primary", "value": "x" }),
        ),
        (TARGET, json!({ "op": "remove" })),
        (TARGET, json!({ "op": "remove", "value": { "title": "x" } })),
        (
            TARGET,
            json!({ "op": "replace", "path": "emails[type sw \"x\"].value", "value": "x" }),
        ),
        (MUTABILITY, json!({ "op": "remove", "path": "userName" })),
        (
            MUTABILITY,
            json!({ "op": "replace", "path": "userName", "value": null }),
        ),
        (
            MUTABILITY,
            json!({ "op": "replace", "path": "id", "value": NEVER }),
        ),
        (
            MUTABILITY,
            json!({ "op": "replace", "path": "meta.created", "value": "2026-01-01T00:00:00Z" }),
        ),
        (MUTABILITY, json!({ "op": "remove", "path": "meta" })),
        (
            MUTABILITY,
            json!({ "op": "add", "path": "groups", "value": [{ "value": site.team }] }),
        ),
        (MUTABILITY, json!({ "op": "remove", "path": "schemas" })),
        (
            MUTABILITY,
            json!({ "op": "replace", "path": format!("{URN}:badge"), "value": "B2" }),
        ),
        (
            TAKEN,
            json!({ "op": "replace", "path": "userName", "value": "BOB@example.com" }),
        ),
        (
            TAKEN,
            json!({ "op": "replace", "path": "userName", "value": "tsadmin" }),
        ),
    ] {
        // The operation before it must not stay.
        let first = json!({ "op": "replace", "path": "title", "value": "half" });
        let body = patch_body(&json!([first, operation])).to_string();
        let name: String = operation.to_string().chars().take(80).collect();
        cases.push(Case::new(&name, expected, "PATCH", &ada).with(body));
    }
    let other_id = format!("members[value eq \"{}\"].value", site.ada);
    let display = format!("members[value eq \"{}\"].display", site.ada);
    for (expected, operation) in [
        (
            PATH,
            json!({ "op": "add", "path": "userName", "value": "x" }),
        ),
        (
            MUTABILITY,
            json!({ "op": "replace", "path": display, "value": "x" }),
        ),
        (
            MUTABILITY,
            json!({ "op": "replace", "path": other_id, "value": NEVER }),
        ),
        (MUTABILITY, json!({ "op": "remove", "path": "displayName" })),
        (
            TAKEN,
            json!({ "op": "replace", "path": "displayName", "value": "OTHER" }),
        ),
        (
            TAKEN,
            json!({ "op": "replace", "value": { "displayName": "Administrator" } }),
        ),
        (
            VALUE,
            json!({ "op": "add", "path": "members", "value": [{ "value": site.ada }, { "value": NEVER }] }),
        ),
    ] {
        let first = json!({ "op": "remove", "path": "members" });
        let body = patch_body(&json!([first, operation])).to_string();
        cases.push(Case::new(&operation.to_string(), expected, "PATCH", &team).with(body));
    }
    let mut badge = user("ada@example.com");
    badge[URN] = json!({ "badge": "B2" });
    cases.push(Case::new("PUT immutable", MUTABILITY, "PUT", &ada).with(badge.to_string()));
    let stale = "W/\"999\"";
    for path in [&ada, &team] {
        let body = if path == &ada {
            user("ada@example.com")
        } else {
            group("Team", NOBODY)
        };
        let patch = patch_body(&json!([{ "op": "replace", "path": "externalId", "value": "x" }]));
        for (method, body) in [
            ("PUT", Some(body)),
            ("PATCH", Some(patch)),
            ("DELETE", None),
        ] {
            let mut case = Case::new(&format!("stale {method} {path}"), (412, None), method, path);
            case.body = body.map(|body| body.to_string().into_bytes());
            cases.push(case.header("If-Match", stale));
        }
    }
    refused(site, cases);
}

#[test]
fn lists_and_searches() {
    let site = site();
    let mut cases = Vec::new();
    let terms = |count: usize| vec!["userName pr"; count].join(" or ");
    for filter in [
        "userName".to_owned(),
        "userName eq".to_owned(),
        "eq \"a\"".to_owned(),
        "userName xx \"a\"".to_owned(),
        "userName regex \"(a+)+\"".to_owned(),
        "userName eq \"a".to_owned(),
        "userName eq 'a'".to_owned(),
        "(userName pr".to_owned(),
        "userName pr)".to_owned(),
        "userName pr and".to_owned(),
        "userName pr userName pr".to_owned(),
        "userName eq \"a\" -- x".to_owned(),
        "nosuch eq \"a\"".to_owned(),
        "urn:nosuch:2.0:User:x eq \"a\"".to_owned(),
        "emails[type eq \"work\"".to_owned(),
        "emails[nosuch eq \"work\"]".to_owned(),
        "active gt true".to_owned(),
        "active eq \"maybe\"".to_owned(),
        "meta.created gt \"yesterday\"".to_owned(),
        format!("{URN}:level gt \"x\""),
        "x509Certificates.value gt \"AA==\"".to_owned(),
        "userName eq \"\\x\"".to_owned(),
        "\u{0}".to_owned(),
        nested("(", ")", 2_000),
        format!("{}userName pr{}", "(".repeat(33), ")".repeat(33)),
        "(".repeat(10_000),
        format!("{}userName pr{}", "(".repeat(10_000), ")".repeat(10_000)),
        format!(
            "{}userName pr{}",
            "not (".repeat(10_000),
            ")".repeat(10_000)
        ),
        format!("{}userName pr{}", "not(".repeat(500), ")".repeat(500)),
        format!("{}type pr{}", "emails[".repeat(10_000), "]".repeat(10_000)),
        terms(65),
        terms(10_000),
        format!("userName eq \"{}\"", "x".repeat(5_000)),
    ] {
        let name: String = filter.chars().take(60).collect();
        // A head of 16 KiB has room for this much.
        if filter.len() < 5_000 {
            let path = format!("/Users?filter={}", encode(&filter));
            cases.push(Case::new(&name, FILTER, "GET", &path));
        }
        let body = json!({ "filter": filter }).to_string();
        cases.push(
            Case::new(&format!("search {name}"), FILTER, "POST", "/Users/.search").with(body),
        );
    }
    for (expected, query) in [
        (VALUE, "startIndex=x"),
        (VALUE, "startIndex=1.5"),
        (VALUE, "startIndex="),
        (VALUE, "count=x"),
        (VALUE, "count=0x10"),
        ((400, Some("invalidCount")), "cursor=&count=x"),
        ((400, Some("invalidCursor")), "cursor=x"),
        ((400, Some("invalidCursor")), "cursor=%00%ff"),
        (VALUE, "attributes=userName&excludedAttributes=title"),
        (PATH, "sortBy=nosuch"),
        (PATH, "sortBy=userName%20pr"),
    ] {
        for endpoint in ["/Users", "/Groups"] {
            // Groups have no userName.
            if endpoint == "/Groups" && query.contains("sortBy=userName") {
                continue;
            }
            let path = format!("{endpoint}?{query}");
            cases.push(Case::new(&path, expected, "GET", &path));
        }
    }
    for (expected, body) in [
        (SYNTAX, json!([])),
        (SYNTAX, json!({ "filter": 7 })),
        (SYNTAX, json!({ "sortBy": [] })),
        (SYNTAX, json!({ "attributes": 7 })),
        (SYNTAX, json!({ "attributes": [7] })),
        (VALUE, json!({ "count": "x" })),
        (VALUE, json!({ "startIndex": 1.5 })),
        (
            VALUE,
            json!({ "attributes": ["id"], "excludedAttributes": ["title"] }),
        ),
        ((400, Some("invalidCursor")), json!({ "cursor": "x" })),
    ] {
        for path in ["/.search", "/Users/.search", "/Groups/.search"] {
            let name = format!("{path} {body}");
            cases.push(Case::new(&name, expected, "POST", path).with(body.to_string()));
        }
    }
    refused(site, cases);
}
