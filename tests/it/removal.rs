//! De-provisioning: each signal under each policy, and what is left of the account.

use serde_json::{Value, json};

use crate::client::{Client, group, patch_body, user};
use crate::daemon::{Daemon, Home};

fn deletions(home: &Home) -> Vec<Value> {
    home.json(&["deletions", "list"])
        .as_array()
        .unwrap()
        .clone()
}

fn inactive(name: &str) -> Value {
    let mut body = user(name);
    body["active"] = false.into();
    body
}

/// A user in two groups.
fn ada(client: &mut Client) -> (String, [String; 2]) {
    let id = client.create("/Users", &user("ada@example.com"));
    let groups = ["One", "Two"].map(|name| client.create("/Groups", &group(name, &[&id])));
    (id, groups)
}

#[test]
fn every_signal_removes_the_account_for_good() {
    let daemon = Daemon::start();
    let mut client = daemon.primary();
    let home = daemon.home();
    let off = json!([{ "op": "replace", "path": "active", "value": false }]);
    for (signal, method, body, status) in [
        ("delete", "DELETE", None, 204),
        ("deactivate", "PATCH", Some(patch_body(&off)), 200),
        ("deactivate", "PUT", Some(inactive("ada@example.com")), 200),
    ] {
        let (id, groups) = ada(&mut client);
        let before = deletions(home).len();
        let path = format!("/Users/{id}");
        let body = body.map(|body| body.to_string());
        let body = body.as_deref().map(str::as_bytes);
        // A condition that fails removes nothing.
        client
            .send(method, &path, &[("If-Match", "W/\"99\"")], body)
            .expect(412);
        let reply = client.send(method, &path, &[], body).expect(status);
        if status == 200 {
            let shown = reply.json();
            assert_eq!(
                (&shown["id"], &shown["active"]),
                (&json!(id), &json!(false))
            );
            assert!(
                shown["groups"].as_array().is_none_or(Vec::is_empty),
                "{shown}"
            );
        }
        let listed = client.get("/Users?count=0").expect(200).json();
        assert_eq!(listed["totalResults"], 0, "{method}");
        client.send(method, &path, &[], body).expect(404);
        for group in &groups {
            let left = client.get(&format!("/Groups/{group}")).expect(200).json();
            assert_eq!(left["members"], json!([]), "{method}");
            client.delete(&format!("/Groups/{group}")).expect(204);
        }
        // One record, which knows what was lost and by which request.
        let all = deletions(home);
        assert_eq!(all.len(), before + 1, "{method}");
        let record = &all[before];
        assert_eq!(record["signal"], signal);
        assert_eq!(record["user"], id);
        assert_eq!(record["request"], reply.must("x-request-id"));
        assert_eq!(record["groups"].as_array().unwrap().len(), 2);
        assert_eq!(record["snapshot"]["userName"], "ada@example.com");
        let events = home.json(&["events", "tail", "--subject", &id]);
        let kinds: Vec<_> = events
            .as_array()
            .unwrap()
            .iter()
            .map(|one| &one["kind"])
            .collect();
        assert_eq!(kinds, ["user-created", "user-removed"], "{method}");
        // Coming back is a new account that is in no group.
        let (new, groups) = ada(&mut client);
        assert_ne!(new, id);
        for group in groups {
            client.delete(&format!("/Groups/{group}")).expect(204);
        }
        client.delete(&format!("/Users/{new}")).expect(204);
    }
}

#[test]
fn a_user_who_is_created_inactive_is_a_removal_alone() {
    let daemon = Daemon::start();
    let mut client = daemon.primary();
    let reply = client
        .post("/Users", &inactive("ada@example.com"))
        .expect(201);
    let shown = reply.json();
    assert_eq!(shown["active"], false);
    let id = shown["id"].as_str().unwrap();
    client.get(&format!("/Users/{id}")).expect(404);
    let all = deletions(daemon.home());
    assert_eq!(all.len(), 1);
    assert_eq!(
        (&all[0]["signal"], &all[0]["user"]),
        (&json!("created-inactive"), &json!(id))
    );
    // The name is free, and one that is taken is refused as ever.
    client.create("/Users", &user("ada@example.com"));
    let reply = client.post("/Users", &inactive("ADA@example.com"));
    assert_eq!(reply.differs_from_error(409, Some("uniqueness")), None);
    assert_eq!(deletions(daemon.home()).len(), 1);
}

#[test]
fn a_suspended_user_keeps_everything_and_comes_back() {
    let daemon = Daemon::start();
    daemon.home().json(&["org", "policy", "0", "suspend"]);
    let mut client = daemon.primary();
    let (id, groups) = ada(&mut client);
    let path = format!("/Users/{id}");
    for (active, kind) in [
        (false, "user-disabled"),
        (true, "user-enabled"),
        (false, "user-disabled"),
    ] {
        let set = json!([{ "op": "replace", "value": { "active": active } }]);
        client.patch(&path, &set).expect(200);
        let shown = client.get(&path).expect(200).json();
        assert_eq!(shown["active"], active);
        assert_eq!(shown["groups"].as_array().unwrap().len(), groups.len());
        let last = daemon.home().json(&["events", "tail", "--limit", "1"]);
        assert_eq!(last[0]["kind"], kind);
    }
    client.post("/Users", &user("ada@example.com")).expect(409);
    assert_eq!(deletions(daemon.home()).len(), 0);
    // One who is created inactive is there.
    let bob = client.create("/Users", &inactive("bob@example.com"));
    let shown = client.get(&format!("/Users/{bob}")).expect(200).json();
    assert_eq!(shown["active"], false);
    // DELETE still removes.
    client.delete(&path).expect(204);
    client.get(&path).expect(404);
    assert_eq!(deletions(daemon.home()).len(), 1);
}

#[test]
fn what_belongs_to_the_system_is_neither_taken_nor_removed() {
    let daemon = Daemon::start();
    let mut client = daemon.primary();
    for name in ["tsadmin", "SYSTEM", "TsAdmin"] {
        let reply = client.post("/Users", &user(name));
        assert_eq!(
            reply.differs_from_error(409, Some("uniqueness")),
            None,
            "{name}"
        );
        let reply = client.post("/Users", &inactive(name));
        assert_eq!(reply.differs_from_error(403, None), None, "{name}");
    }
    for name in ["Administrator", "all"] {
        let reply = client.post("/Groups", &group(name, crate::client::NOBODY));
        assert_eq!(
            reply.differs_from_error(409, Some("uniqueness")),
            None,
            "{name}"
        );
    }
    assert_eq!(deletions(daemon.home()).len(), 0);
    assert_eq!(client.get("/Users").json()["totalResults"], 0);
}
