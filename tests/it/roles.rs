//! Roles: given by the operator, by the identity provider and by rules, seen on users.

use serde_json::{Value, json};

use crate::client::{Client, encode, group, user};
use crate::daemon::{Daemon, Home, until};

const GROUP_ROLES: &str = "urn:ietf:params:scim:schemas:extension:scimtop:2.0:Group";

fn make(home: &Home, role: &str, privileges: &[&str]) {
    let mut args = vec!["roles", "create", role];
    args.extend(privileges.iter().flat_map(|one| ["--privilege", one]));
    home.json(&args);
}

/// The names of a user's roles, and its `ETag`.
fn roles(client: &mut Client, id: &str) -> (Vec<String>, String) {
    let read = client.get(&format!("/Users/{id}")).expect(200);
    let names = read.json()["roles"].as_array().map_or(Vec::new(), |roles| {
        roles
            .iter()
            .map(|role| {
                assert_eq!(role["value"], role["display"]);
                role["value"].as_str().unwrap().to_owned()
            })
            .collect()
    });
    (names, read.must("etag").to_owned())
}

fn kinds(home: &Home) -> Vec<String> {
    let events = home.json(&["events", "tail", "--limit", "100"]);
    let kinds = events.as_array().unwrap().iter();
    let kinds = kinds.map(|event| event["kind"].as_str().unwrap().to_owned());
    kinds.filter(|kind| kind.starts_with("role-")).collect()
}

#[test]
fn what_an_operator_gives_is_seen_at_once() {
    let daemon = Daemon::start();
    let (mut client, home) = (daemon.primary(), daemon.home());
    let ada = client.create("/Users", &user("ada@example.com"));
    let inner = client.create("/Groups", &group("Inner", &[&ada]));
    client.create("/Groups", &group("Outer", &[&inner]));
    make(home, "Analyst", &["DATADOWNLOADING", "DEVELOPER"]);
    make(home, "Author", &["AUTHORING", "DEVELOPER"]);
    make(home, "Viewer", &[]);
    let (none, first) = roles(&mut client, &ada);
    assert!(none.is_empty());

    // A rehearsal says what would be and changes nothing.
    let would = home.scimtop(&["roles", "grant", "analyst", "--group", &inner, "--dry-run"]);
    assert_eq!((would.code, would.out.contains("would give")), (0, true));
    assert_eq!(roles(&mut client, &ada), (vec![], first.clone()));

    home.json(&["roles", "grant", "analyst", "--group", &inner]);
    let (held, second) = roles(&mut client, &ada);
    assert_eq!(held, ["Analyst"]);
    assert_ne!(second, first);
    let path = format!("/Users/{ada}");
    client
        .send("GET", &path, &[("If-None-Match", &first)], None)
        .expect(200);
    client
        .send("GET", &path, &[("If-None-Match", &second)], None)
        .expect(304);

    // By a rule, through a group that holds the group, until the name is another.
    home.json(&["roles", "rule", "Author", "--group-name", "OUTER"]);
    home.json(&["roles", "grant", "Viewer", "--group", "all"]);
    assert_eq!(roles(&mut client, &ada).0, ["Analyst", "Author", "Viewer"]);
    for filter in [
        "roles.value eq \"AUTHOR\"",
        "roles[display eq \"author\"]",
        "roles eq \"author\"",
    ] {
        let found = client
            .get(&format!("/Users?filter={}", encode(filter)))
            .expect(200);
        assert_eq!(found.json()["Resources"][0]["id"], ada.as_str(), "{filter}");
    }
    let bob = client
        .post("/Users", &user("bob@example.com"))
        .expect(201)
        .json();
    assert_eq!(
        bob["roles"],
        json!([{ "value": "Viewer", "display": "Viewer" }])
    );

    let access = home.json(&["users", "access", "ADA@example.com"]);
    assert_eq!(access["roles"], json!(["Analyst", "Author", "Viewer"]));
    let privileges: Vec<_> = access["privileges"].as_array().unwrap().iter().collect();
    let names: Vec<_> = privileges.iter().map(|one| &one["privilege"]).collect();
    assert_eq!(names, ["AUTHORING", "DATADOWNLOADING", "DEVELOPER"]);
    let ways = privileges[2]["through"].as_array().unwrap();
    assert_eq!(ways.len(), 2);
    assert_eq!(
        (&ways[0]["group"], &ways[0]["direct"], &ways[0]["source"]),
        (&json!("Inner"), &json!(true), &json!("operator"))
    );
    assert_eq!(
        (&ways[1]["group"], &ways[1]["direct"], &ways[1]["source"]),
        (&json!("Outer"), &json!(false), &json!("rule"))
    );
    let shown = home.scimtop(&["users", "access", &ada]);
    assert!(
        shown.out.contains("PRIVILEGE") && shown.out.contains("nested"),
        "{}",
        shown.out
    );

    let outer = client
        .get("/Groups?filter=displayName+eq+%22outer%22")
        .expect(200)
        .json();
    let outer = outer["Resources"][0]["id"].as_str().unwrap().to_owned();
    let rename = json!([{ "op": "replace", "path": "displayName", "value": "Elsewhere" }]);
    client
        .patch(&format!("/Groups/{outer}"), &rename)
        .expect(204);
    assert_eq!(roles(&mut client, &ada).0, ["Analyst", "Viewer"]);

    // What stands in the way of a deletion is named.
    for (role, why) in [("Analyst", "Inner"), ("Author", "OUTER"), ("Viewer", "All")] {
        for flag in ["--yes", "--dry-run"] {
            let refused = home.scimtop(&["roles", "delete", role, flag]);
            assert_eq!(refused.code, 5, "{refused:?}");
            assert!(refused.err.contains(why), "{refused:?}");
        }
    }
    home.json(&["roles", "revoke", "Analyst", "--group", "Inner"]);
    home.json(&[
        "roles",
        "rule",
        "Author",
        "--group-name",
        "outer",
        "--remove",
    ]);
    home.json(&["roles", "revoke", "Viewer", "--group", "All"]);
    home.json(&["roles", "change", "Viewer", "--privilege", "DEVELOPER"]);
    for role in ["Analyst", "Author", "Viewer"] {
        home.json(&["roles", "delete", role, "--yes"]);
    }
    assert!(roles(&mut client, &ada).0.is_empty());
    assert_eq!(home.json(&["roles", "list"]), json!([]));
    assert_eq!(
        kinds(home),
        [
            ["role-created"; 3].as_slice(),
            &["role-granted", "role-rule-set", "role-granted"],
            &[
                "role-revoked",
                "role-rule-removed",
                "role-revoked",
                "role-changed"
            ],
            &["role-removed"; 3],
        ]
        .concat()
    );
}

#[test]
fn what_a_provider_gives_is_its_own() {
    let daemon = Daemon::start();
    let (mut client, home) = (daemon.primary(), daemon.home());
    make(home, "Analyst", &["DEVELOPER"]);
    let ada = client.create("/Users", &user("ada@example.com"));
    let mut body = group("Eng", &[&ada]);
    body["schemas"]
        .as_array_mut()
        .unwrap()
        .push(GROUP_ROLES.into());
    body[GROUP_ROLES] = json!({ "roles": ["Nobody"] });
    let refused = client.post("/Groups", &body).expect(400).json();
    assert_eq!(refused["scimType"], "invalidValue");
    assert!(refused["detail"].as_str().unwrap().contains("operator"));
    body[GROUP_ROLES] = json!({ "roles": ["analyst"] });
    let id = client.create("/Groups", &body);
    let path = format!("/Groups/{id}");
    let read = client.get(&path).expect(200).json();
    assert_eq!(read[GROUP_ROLES]["roles"], json!(["analyst"]));
    assert_eq!(roles(&mut client, &ada).0, ["Analyst"]);

    let refused = home.scimtop(&["roles", "revoke", "Analyst", "--group", "Eng"]);
    assert_eq!(refused.code, 5, "{refused:?}");
    home.json(&["roles", "grant", "Analyst", "--group", "Eng"]);
    let remove = json!([{ "op": "remove", "path": format!("{GROUP_ROLES}:roles") }]);
    client.patch(&path, &remove).expect(204);
    assert_eq!(roles(&mut client, &ada).0, ["Analyst"]);
    home.json(&["roles", "revoke", "Analyst", "--group", "Eng"]);
    assert!(roles(&mut client, &ada).0.is_empty());

    let add =
        json!([{ "op": "add", "path": format!("{GROUP_ROLES}:roles"), "value": ["Analyst"] }]);
    client.patch(&path, &add).expect(204);
    assert_eq!(roles(&mut client, &ada).0, ["Analyst"]);
    // A PUT without it clears it, as it does every attribute that a client may write.
    client.put(&path, &group("Eng", &[&ada])).expect(200);
    assert!(roles(&mut client, &ada).0.is_empty());
    client.put(&path, &body).expect(200);
    let off = json!([{ "op": "replace", "path": "active", "value": false }]);
    client.patch(&format!("/Users/{ada}"), &off).expect(200);
    let deletions = home.json(&["deletions", "list"]);
    assert_eq!(deletions[0]["roles"], json!(["Analyst"]));
    client.delete(&path).expect(204);
    home.json(&["roles", "delete", "Analyst", "--yes"]);
}

#[test]
fn written_roles_of_users_are_ignored_by_name_and_refused_by_strict() {
    let daemon = Daemon::start();
    let (mut client, home) = (daemon.primary(), daemon.home());
    let mut body = user("ada@example.com");
    body["roles"] = json!([{ "value": "Admin", "primary": true }]);
    let created = client.post("/Users", &body).expect(201).json();
    assert!(created.get("roles").is_none());
    let path = format!("/Users/{}", created["id"].as_str().unwrap());
    let write = json!([{ "op": "add", "path": "roles", "value": [{ "value": "Admin" }] }]);
    let patched = client.patch(&path, &write).expect(200).json();
    assert!(patched.get("roles").is_none());
    until("the quirk is recorded with both", || {
        let listed = home.scimtop(&["requests", "list", "--limit", "2", "--json"]);
        let quirks = listed.out.lines().map(|line| {
            let request: Value = serde_json::from_str(line).unwrap();
            request["quirks"].clone()
        });
        quirks
            .eq([json!(["computed-roles"]), json!(["computed-roles"])])
            .then_some(())
    });
    home.json(&["org", "dialect", "0", "strict"]);
    let refused = client.patch(&path, &write).expect(400).json();
    assert_eq!(refused["scimType"], "mutability");
    client.put(&path, &body).expect(200);
    let schema = client.get("/Schemas").expect(200).text();
    assert!(schema.contains(GROUP_ROLES));
}

#[test]
fn privileges_are_known_or_declared() {
    let home = Home::new();
    home.configure("privileges = [\"MY_APP_ADMIN\"]\n");
    let daemon = home.start();
    let home = daemon.home();
    make(home, "Admin", &["MY_APP_ADMIN", "DEVELOPER"]);
    let refused = home.scimtop(&[
        "roles",
        "create",
        "X",
        "--privilege",
        "DEVELOPER",
        "--privilege",
        "NONE_SUCH",
    ]);
    assert_eq!(refused.code, 1, "{refused:?}");
    assert!(refused.err.contains("privilege 2") && refused.err.contains("MY_APP_ADMIN"));
    assert_eq!(home.scimtop(&["roles", "create", "ADMIN"]).code, 5);
    assert_eq!(
        home.scimtop(&["roles", "change", "None", "--privilege", "DEVELOPER"])
            .code,
        1
    );
    assert_eq!(home.scimtop(&["users", "access", "nobody"]).code, 1);
    let all = home.json(&["roles", "privileges"]);
    assert_eq!(all.as_array().unwrap().len(), 49);
    let shown = home.json(&["roles", "show", "admin"]);
    assert_eq!(shown["privileges"], json!(["DEVELOPER", "MY_APP_ADMIN"]));
}
