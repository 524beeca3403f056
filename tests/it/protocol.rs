//! RFC 7644 over HTTP, end to end: what a client sees, from create to delete.

use serde_json::{Value, json};

use crate::client::{Client, NOBODY, encode, group, patch_body, user};
use crate::daemon::Daemon;

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// A daemon and a client whose Org keeps to the policy `suspend`, so that nothing is removed.
fn start() -> (Daemon, Client) {
    let daemon = Daemon::start();
    daemon.home().json(&["org", "policy", "0", "suspend"]);
    let client = daemon.primary();
    (daemon, client)
}

/// The user of RFC 7644 §3.3.
fn babs() -> Value {
    json!({
        "schemas": [USER],
        "userName": "bjensen",
        "externalId": "bjensen",
        "name": {
            "formatted": "Ms. Barbara J Jensen III",
            "familyName": "Jensen",
            "givenName": "Barbara",
        },
    })
}

#[test]
fn a_user_from_create_to_delete() {
    let (daemon, mut client) = start();
    // §3.3
    let created = client.post("/Users", &babs()).expect(201);
    let user = created.json();
    let id = user["id"].as_str().unwrap().to_owned();
    let path = format!("/Users/{id}");
    let location = format!("http://{}/scim/v2{path}", daemon.addr);
    assert_eq!(created.must("location"), location);
    assert_eq!(created.must("content-type"), "application/scim+json");
    assert_eq!(created.must("etag"), user["meta"]["version"]);
    assert_eq!(user["meta"]["location"], location);
    assert_eq!(user["meta"]["resourceType"], "User");
    assert_eq!(user["meta"]["created"], user["meta"]["lastModified"]);
    for key in ["userName", "externalId", "name", "schemas"] {
        assert_eq!(user[key], babs()[key], "{key}");
    }
    // §3.4.1
    let read = client.get(&path).expect(200);
    assert_eq!(read.json(), user);
    let head = client.send("HEAD", &path, &[], None).expect(200);
    assert_eq!(head.must("etag"), created.must("etag"));
    // §3.5.1: what the body has no more is gone; the id in the body is not what counts.
    let replaced = json!({
        "schemas": [USER],
        "id": "0b9e3a52-93b1-7a4c-8d60-3f1f0c6d2a11",
        "userName": "bjensen",
        "externalId": "bjensen",
        "name": {
            "formatted": "Ms. Barbara J Jensen III",
            "familyName": "Jensen",
            "givenName": "Barbara",
            "middleName": "Jane",
        },
        "roles": [],
        "emails": [{ "value": "bjensen@example.com" }, { "value": "babs@jensen.org" }],
    });
    let put = client.put(&path, &replaced).expect(200);
    assert_eq!(put.json()["id"], id);
    assert_eq!(put.json()["name"]["middleName"], "Jane");
    assert_eq!(put.json()["meta"]["created"], user["meta"]["created"]);
    assert_ne!(put.must("etag"), created.must("etag"));
    let shorter = client.put(&path, &babs()).expect(200).json();
    assert!(shorter.get("emails").is_none() && shorter["name"].get("middleName").is_none());
    client
        .put("/Users/01890000-0000-7000-8000-000000000000", &babs())
        .expect(404);
    // §3.5.2.1
    let add = json!([{ "op": "add", "value": {
        "emails": [{ "value": "babs@jensen.org", "type": "home" }],
        "nickname": "Babs",
    } }]);
    let patched = client.patch(&path, &add).expect(200).json();
    assert_eq!(patched["nickName"], "Babs");
    assert_eq!(patched["emails"][0]["value"], "babs@jensen.org");
    let manager = format!("{ENTERPRISE}:department");
    let patched = client
        .patch(
            &path,
            &json!([{ "op": "add", "path": manager, "value": "Tour" }]),
        )
        .expect(200)
        .json();
    assert_eq!(patched[ENTERPRISE]["department"], "Tour");
    assert_eq!(patched["schemas"], json!([USER, ENTERPRISE]));
    // §3.6
    let deleted = client.delete(&path).expect(204);
    assert!(deleted.body.is_empty());
    for method in ["GET", "PUT", "PATCH", "DELETE"] {
        let body = match method {
            "PUT" => Some(babs()),
            "PATCH" => Some(patch_body(&add)),
            _ => None,
        };
        let body = body.map(|body| body.to_string());
        let reply = client.send(method, &path, &[], body.as_deref().map(str::as_bytes));
        assert_eq!(reply.differs_from_error(404, None), None, "{method}");
    }
    // The name is free (§3.6: a removed resource should not conflict), and its new owner is
    // somebody else.
    let mut namesake = babs();
    namesake["externalId"] = json!("another");
    let namesake = client.create("/Users", &namesake);
    assert_ne!(namesake, id);
    // Without it in the way, the same `externalId` brings back what is held.
    client.delete(&format!("/Users/{namesake}")).expect(204);
    assert_eq!(client.create("/Users", &babs()), id);
}

#[test]
fn a_group_and_its_members() {
    let (_daemon, mut client) = start();
    let [babs, mandy] =
        ["Babs Jensen", "Mandy Pepperidge"].map(|name| client.create("/Users", &user(name)));
    let tour = client.create("/Groups", &group("Tour Guides", NOBODY));
    let path = format!("/Groups/{tour}");
    // §3.5.2.1: without `attributes` there is nothing to send back.
    let add = json!([{ "op": "add", "path": "members", "value": [
        { "display": "Babs Jensen", "value": babs }] }]);
    let reply = client.patch(&path, &add).expect(204);
    assert!(reply.body.is_empty());
    let version = reply.must("etag").to_owned();
    let again = client.patch(&path, &add).expect(204);
    assert_eq!(
        again.must("etag"),
        version,
        "adding what is there changes nothing"
    );
    let body =
        patch_body(&json!([{ "op": "add", "path": "members", "value": [{ "value": mandy }] }]));
    let body = body.to_string();
    let reply = client.send(
        "PATCH",
        &format!("{path}?attributes=members"),
        &[],
        Some(body.as_bytes()),
    );
    let members = reply.expect(200).json()["members"].clone();
    assert_eq!(members.as_array().unwrap().len(), 2);
    assert_eq!(members[0]["type"], "User");
    assert!(
        members[0]["$ref"]
            .as_str()
            .unwrap()
            .ends_with(&format!("/Users/{babs}"))
    );
    // A user's groups follow.
    let in_groups = client.get(&format!("/Users/{mandy}")).expect(200).json()["groups"].clone();
    assert_eq!(in_groups[0]["value"], tour);
    assert_eq!(in_groups[0]["display"], "Tour Guides");
    // Nested: members of a member are members, and said to be so.
    let outer = client.create("/Groups", &group("Everyone", &[&tour]));
    let in_groups = client.get(&format!("/Users/{babs}")).expect(200).json()["groups"].clone();
    let outer = in_groups
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["value"] == outer);
    assert_eq!(outer.unwrap()["type"], "indirect");
    // §3.5.2.2 and §3.5.2.3
    let remove = json!([{ "op": "remove", "path": format!("members[value eq \"{babs}\"]") }]);
    client.patch(&path, &remove).expect(204);
    client.patch(&path, &remove).expect(204);
    let left = client.get(&path).expect(200).json()["members"].clone();
    assert_eq!(left.as_array().unwrap().len(), 1);
    let replace = json!([{ "op": "replace", "path": "members", "value": [{ "value": babs }] }]);
    client.patch(&path, &replace).expect(204);
    assert_eq!(client.get(&path).json()["members"][0]["value"], babs);
    client
        .patch(&path, &json!([{ "op": "remove", "path": "members" }]))
        .expect(204);
    assert_eq!(client.get(&path).json()["members"], json!([]));
    // Deleting a group removes no user.
    client.delete(&path).expect(204);
    client.get(&format!("/Users/{babs}")).expect(200);
}

#[test]
fn attributes_are_chosen_on_every_operation_that_returns_them() {
    let (_daemon, mut client) = start();
    let keys = |value: &Value| {
        let mut keys: Vec<_> = value.as_object().unwrap().keys().cloned().collect();
        keys.sort();
        keys.join(" ")
    };
    let only = "attributes=userName,name.familyName";
    let without = "excludedAttributes=name,meta,id";
    let created = client
        .post(&format!("/Users?{only}"), &babs())
        .expect(201)
        .json();
    assert_eq!(keys(&created), "id name schemas userName");
    assert_eq!(created["name"], json!({ "familyName": "Jensen" }));
    let path = format!("/Users/{}", created["id"].as_str().unwrap());
    // What is always returned cannot be left out.
    let rest = "active externalId id schemas userName";
    for (query, expected) in [(only, "id name schemas userName"), (without, rest)] {
        let read = client.get(&format!("{path}?{query}")).expect(200).json();
        assert_eq!(keys(&read), expected, "GET {query}");
        let put = client
            .put(&format!("{path}?{query}"), &babs())
            .expect(200)
            .json();
        assert_eq!(keys(&put), expected, "PUT {query}");
        let patch = json!([{ "op": "replace", "path": "externalId", "value": "bjensen" }]);
        let patched = client
            .patch(&format!("{path}?{query}"), &patch)
            .expect(200)
            .json();
        assert_eq!(keys(&patched), expected, "PATCH {query}");
        let listed = client.get(&format!("/Users?{query}")).expect(200).json();
        assert_eq!(keys(&listed["Resources"][0]), expected, "list {query}");
        let (name, list) = query.split_once('=').unwrap();
        let names: Vec<_> = list.split(',').collect();
        let found = client
            .post("/Users/.search", &json!({ name: names }))
            .expect(200)
            .json();
        assert_eq!(keys(&found["Resources"][0]), expected, "search {query}");
    }
}

#[test]
fn a_version_guards_reads_and_writes() {
    let (_daemon, mut client) = start();
    let created = client.post("/Users", &babs()).expect(201);
    let path = format!("/Users/{}", created.json()["id"].as_str().unwrap());
    let first = created.must("etag").to_owned();
    assert!(first.starts_with("W/\""), "{first}");
    let fresh = client
        .send("GET", &path, &[("If-None-Match", &first)], None)
        .expect(304);
    assert!(fresh.body.is_empty());
    assert_eq!(fresh.must("etag"), first);
    let body =
        patch_body(&json!([{ "op": "replace", "path": "title", "value": "Dr" }])).to_string();
    let mut patch =
        |tag: &str| client.send("PATCH", &path, &[("If-Match", tag)], Some(body.as_bytes()));
    let second = patch(&first).expect(200).must("etag").to_owned();
    assert_ne!(second, first);
    assert_eq!(patch(&first).differs_from_error(412, None), None);
    // A change that changes nothing leaves the version.
    assert_eq!(patch(&second).expect(200).must("etag"), second);
    patch("*").expect(200);
    patch(second.trim_start_matches("W/")).expect(200);
    client
        .send("GET", &path, &[("If-None-Match", &first)], None)
        .expect(200);
    client
        .send("DELETE", &path, &[("If-Match", &first)], None)
        .expect(412);
    client
        .send("DELETE", &path, &[("If-Match", &second)], None)
        .expect(204);
}

#[test]
fn discovery_says_what_there_is() {
    let (_daemon, mut client) = start();
    let config = client.get("/ServiceProviderConfig").expect(200).json();
    for feature in ["patch", "bulk", "filter", "sort", "etag"] {
        assert_eq!(config[feature]["supported"], true, "{feature}");
    }
    assert_eq!(config["changePassword"]["supported"], false);
    assert_eq!(config["bulk"]["maxOperations"], 1_000);
    assert_eq!(config["bulk"]["maxPayloadSize"], 8 << 20);
    assert_eq!(config["filter"]["maxResults"], 1_000);
    let pagination = &config["pagination"];
    assert_eq!(
        (&pagination["cursor"], &pagination["index"]),
        (&json!(true), &json!(true))
    );
    assert_eq!(pagination["defaultPaginationMethod"], "index");
    assert_eq!(
        config["authenticationSchemes"][0]["type"],
        "oauthbearertoken"
    );
    for (path, ids) in [
        (
            "/Schemas",
            &[
                USER,
                ENTERPRISE,
                "urn:ietf:params:scim:schemas:core:2.0:Group",
            ][..],
        ),
        ("/ResourceTypes", &["User", "Group"]),
    ] {
        let listed = client.get(path).expect(200).json();
        assert!(listed["totalResults"].as_u64() >= Some(ids.len() as u64));
        let all = listed["Resources"].as_array().unwrap();
        for id in ids {
            let one = all.iter().find(|one| one["id"] == *id);
            let one = one.unwrap_or_else(|| panic!("{path} has no {id}"));
            assert_eq!(client.get(&format!("{path}/{id}")).expect(200).json(), *one);
        }
    }
    let me = client.get("/Me");
    assert_eq!(me.differs_from_error(501, None), None);
}

#[test]
fn a_strict_org_refuses_what_is_understood_elsewhere() {
    let (daemon, mut lenient) = start();
    let (_, mut strict) = daemon.org("strict");
    daemon.home().json(&["org", "dialect", "strict", "strict"]);
    for client in [&mut lenient, &mut strict] {
        client.create("/Users", &babs());
    }
    let is_lenient = |client: &mut Client| client.get("/Users").json()["totalResults"].clone();
    assert_eq!(is_lenient(&mut lenient), is_lenient(&mut strict));
    let mut ids = [&mut lenient, &mut strict].map(|client| {
        let listed = client.get("/Users?attributes=id").json();
        listed["Resources"][0]["id"].as_str().unwrap().to_owned()
    });
    let patch = |operation: Value| patch_body(&json!([operation])).to_string();
    let syntax = (400, Some("invalidSyntax"));
    for (quirk, method, body, refused) in [
        (
            "op-case",
            "PATCH",
            patch(json!({ "op": "Replace", "path": "title", "value": "x" })),
            syntax,
        ),
        (
            "string-boolean",
            "PATCH",
            patch(json!({ "op": "replace", "path": "active", "value": "True" })),
            (400, Some("invalidValue")),
        ),
        (
            "dotted-keys",
            "PATCH",
            patch(json!({ "op": "replace", "value": { "name.givenName": "x" } })),
            syntax,
        ),
        (
            "missing-schemas",
            "PATCH",
            json!({ "Operations": [{ "op": "replace", "path": "title", "value": "x" }] })
                .to_string(),
            syntax,
        ),
        (
            "create-from-filter",
            "PATCH",
            patch(
                json!({ "op": "replace", "path": "emails[type eq \"work\"].value", "value": "x@y.z" }),
            ),
            (400, Some("noTarget")),
        ),
        (
            "unknown-attribute",
            "PUT",
            json!({ "schemas": [USER], "userName": "bjensen", "nosuch": 1 }).to_string(),
            syntax,
        ),
    ] {
        let send = |client: &mut Client, id: &str, media: &str| {
            let path = format!("/Users/{id}");
            client.send(
                method,
                &path,
                &[("Content-Type", media)],
                Some(body.as_bytes()),
            )
        };
        let scim = "application/scim+json";
        send(&mut lenient, &ids[0], scim).expect(200);
        let before = strict.directory();
        let (status, scim_type) = refused;
        let reply = send(&mut strict, &ids[1], scim);
        assert_eq!(reply.differs_from_error(status, scim_type), None, "{quirk}");
        let reply = send(&mut strict, &ids[1], "text/plain");
        assert_eq!(reply.differs_from_error(415, None), None, "{quirk}");
        assert_eq!(strict.directory(), before, "{quirk}");
    }
    // What the RFC allows is fine there, too.
    let fine = json!([{ "op": "replace", "path": "title", "value": "x" }]);
    for (client, id) in [&mut lenient, &mut strict].into_iter().zip(&mut ids) {
        client.patch(&format!("/Users/{id}"), &fine).expect(200);
        let quoted = encode("userName eq bjensen");
        let filter = client.get(&format!("/Users?filter={quoted}"));
        id.clear();
        id.push_str(&filter.status.to_string());
    }
    assert_eq!(ids, ["200", "400"], "an unquoted filter value");
}
