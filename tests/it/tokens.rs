//! Tokens from issue to end, and that no secret is ever printed again, recorded or stored.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::client::{encode, patch_body, user};
use crate::daemon::{Daemon, Home, until};

fn issued(home: &Home, args: &[&str]) -> (String, String, Value) {
    let issued = home.json(args);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    (
        text(&issued["token"]["id"]),
        text(&issued["secret"]),
        issued["token"].clone(),
    )
}

fn listed(home: &Home, id: &str) -> Value {
    let all = home.json(&["token", "list"]);
    let mut all = all.as_array().unwrap().iter();
    all.find(|token| token["id"] == id).unwrap().clone()
}

#[test]
fn a_rotated_token_and_its_successor_are_both_valid_for_the_overlap() {
    let daemon = Daemon::start();
    let home = daemon.home();
    let (old_id, old, first) = issued(home, &["token", "create", "--label", "okta"]);
    let (new_id, new, second) = issued(home, &["token", "rotate", &old_id]);
    assert_ne!(old, new);
    assert_eq!(second["label"], "okta");
    assert_eq!(second["lineage"], first["lineage"]);
    for secret in [&old, &new] {
        daemon.client(secret).get("/Users").expect(200);
    }
    let old_now = listed(home, &old_id);
    assert_eq!(old_now["successor"], new_id);
    assert!(old_now["expires"].as_str() < first["expires"].as_str());
    let text = home.scimtop(&["token", "list"]).out;
    assert!(
        text.contains("rotating") && text.contains("active"),
        "{text}"
    );
    // Which of the two is used can be seen.
    for id in [&old_id, &new_id] {
        assert_eq!(listed(home, id)["last_used"]["source"], "127.0.0.1");
    }
    assert_eq!(home.scimtop(&["token", "rotate", &old_id]).code, 5);
    // Without an overlap the old one ends at once; the chain goes on.
    let (_, third, _) = issued(home, &["token", "rotate", &new_id, "--overlap", "0s"]);
    daemon.client(&new).get("/Users").expect(401);
    daemon.client(&third).get("/Users").expect(200);
    daemon.client(&old).get("/Users").expect(200);
}

#[test]
fn a_revoked_token_is_refused_by_the_next_request() {
    let daemon = Daemon::start();
    let home = daemon.home();
    let (id, secret, _) = issued(home, &["token", "create"]);
    let mut client = daemon.client(&secret);
    client.get("/Users").expect(200);
    // It is not typed, so it is not done.
    let ran = home.scimtop(&["token", "revoke", &id]);
    assert!(ran.code == 1 && ran.err.contains("--yes"), "{ran:?}");
    client.get("/Users").expect(200);
    let revoked = home.json(&["token", "revoke", &id, "--yes"]);
    assert!(revoked["revoked"].is_string());
    // On the same, kept-alive connection.
    client.get("/Users").expect(401);
    // Twice is once.
    assert_eq!(home.json(&["token", "revoke", &id, "--yes"]), revoked);
    // It stays so.
    let daemon = daemon.kill().start();
    daemon.client(&secret).get("/Users").expect(401);
    let refusals = until("the refusal is recorded", || {
        let ran = daemon
            .home()
            .scimtop(&["requests", "list", "--filter", "status:401", "--json"]);
        ran.out.contains("revoked").then_some(ran.out)
    });
    assert!(refusals.contains(&id), "{refusals}");
}

#[test]
fn a_token_ends_by_itself() {
    let daemon = Daemon::start();
    let home = daemon.home();
    let (id, secret, _) = issued(home, &["token", "create", "--for", "1s"]);
    let mut client = daemon.client(&secret);
    until("the token ends", || {
        (client.get("/Users").status == 401).then_some(())
    });
    assert!(home.scimtop(&["token", "list"]).out.contains("EXPIRED"));
    assert_eq!(home.scimtop(&["token", "rotate", &id]).code, 5);
    // Six calendar months are the longest, and what a token gets.
    let (_, _, token) = issued(home, &["token", "create"]);
    let month = |key: &str| -> i32 {
        let text = token[key].as_str().unwrap();
        text[..4].parse::<i32>().unwrap() * 12 + text[5..7].parse::<i32>().unwrap()
    };
    assert_eq!(month("expires") - month("created"), 6);
}

/// Tokens that were made while the daemon ran are known after it, and the other way round.
#[test]
fn tokens_made_without_a_daemon_open_it() {
    let home = Home::new();
    let (_, secret) = home.token("0");
    let (revoked, dead) = home.token("0");
    home.json(&["token", "revoke", &revoked, "--yes"]);
    let daemon = home.start();
    daemon.client(&secret).get("/Users").expect(200);
    daemon.client(&dead).get("/Users").expect(401);
    // There was one already, so none was made for a newcomer.
    assert_eq!(
        daemon
            .home()
            .json(&["token", "list"])
            .as_array()
            .unwrap()
            .len(),
        2
    );
    assert!(!daemon.home().printed().contains("scimtop_"));
}

/// All files below a directory that hold `needle`.
fn holders(dir: &Path, needle: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![dir.to_owned()];
    while let Some(dir) = open.pop() {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if fs::read(&path).is_ok_and(|bytes| {
                bytes
                    .windows(needle.len())
                    .any(|window| window == needle.as_bytes())
            }) {
                found.push(path.display().to_string());
            }
        }
    }
    found
}

#[test]
fn no_secret_and_no_password_is_kept_or_shown() {
    let daemon = Daemon::start();
    let home = daemon.home();
    let (id, secret, _) = issued(home, &["token", "create"]);
    let mut client = daemon.client(&secret);
    let core = "urn:ietf:params:scim:schemas:core:2.0:User";
    let with = |name: &str, key: &str, password: &str| {
        let mut body = user(name);
        body[key] = password.into();
        body
    };
    // Every password ends in the same word.
    let ada = client.create(
        "/Users",
        &with("ada@example.com", "password", "post-Hunter2Canary"),
    );
    client.create(
        "/Users",
        &with("bob@example.com", "PassWord", "case-Hunter2Canary"),
    );
    let ada = format!("/Users/{ada}");
    client
        .put(
            &ada,
            &with("ada@example.com", "password", "put-Hunter2Canary"),
        )
        .expect(200);
    for operation in [
        json!({ "op": "replace", "value": { "password": "a-Hunter2Canary" } }),
        json!({ "op": "replace", "path": "password", "value": "b-Hunter2Canary" }),
        json!({ "op": "Add", "path": "PASSWORD", "value": "c-Hunter2Canary" }),
        json!({ "op": "replace", "path": format!("{core}:password"), "value": "d-Hunter2Canary" }),
        json!({ "op": "replace", "value": { format!("{core}:password"): "e-Hunter2Canary" } }),
    ] {
        client.patch(&ada, &json!([operation])).expect(200);
    }
    let bulk = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
        "Operations": [
            { "method": "POST", "path": "/Users", "bulkId": "1",
              "data": with("eve@example.com", "password", "bulk-Hunter2Canary") },
            { "method": "PATCH", "path": ada, "data": patch_body(&json!([
                { "op": "replace", "path": "password", "value": "bulk2-Hunter2Canary" }])) },
        ],
    });
    client.post("/Bulk", &bulk).expect(200);
    // What is refused is recorded as well.
    client
        .post(
            "/Users",
            &with("ada@example.com", "password", "409-Hunter2Canary"),
        )
        .expect(409);
    let whole = with("new@example.com", "password", "cut-Hunter2Canary").to_string();
    client
        .send(
            "POST",
            "/Users",
            &[],
            Some(&whole.as_bytes()[..whole.len() - 1]),
        )
        .expect(400);
    client
        .send(
            "POST",
            "/Users",
            &[],
            Some(&whole.as_bytes()[..whole.len() - 2]),
        )
        .expect(400);
    client
        .post("/Nowhere", &with("x", "password", "404-Hunter2Canary"))
        .expect(404);
    daemon
        .client("wrong")
        .post("/Users", &with("x", "password", "401-Hunter2Canary"))
        .expect(401);
    let filter = encode("password eq \"filter-Hunter2Canary\"");
    assert!(client.get(&format!("/Users?filter={filter}")).status < 500);
    let search = json!({ "filter": "password sw \"search-Hunter2Canary\"" });
    assert!(client.post("/Users/.search", &search).status < 500);
    // A token where none belongs.
    let agent = [
        ("User-Agent", secret.as_str()),
        ("X-Token", secret.as_str()),
    ];
    client
        .send(
            "GET",
            &format!("/Users?access_token={secret}"),
            &agent,
            None,
        )
        .expect(200);
    client
        .send("GET", &format!("/Users/{secret}"), &[], None)
        .expect(404);
    client
        .send("GET", "/Users", &[("Authorization", &secret)], None)
        .expect(401);
    client
        .send(
            "GET",
            "/Users",
            &[("Authorization", &format!("Basic {secret}"))],
            None,
        )
        .expect(401);
    client
        .send(
            "GET",
            "/Users",
            &[("Authorization", &format!("Bearer {secret}x"))],
            None,
        )
        .expect(401);
    let search = json!({ "filter": format!("title eq \"{secret}\"") });
    let last = client.post("/Users/.search", &search).expect(200);
    let last = last.must("x-request-id").to_owned();
    let wrong = home.scimtop(&["token", "revoke", &secret, "--yes"]);
    let label = home.scimtop(&["token", "create", "--label", &secret]);

    let requests = until("all requests are recorded", || {
        let ran = home.scimtop(&["requests", "list", "--limit", "1000", "--json"]);
        ran.out.contains(&last).then_some(ran.out)
    });
    let mut printed = vec![wrong.out, wrong.err, label.out, label.err, requests.clone()];
    for line in requests.lines() {
        let seq = serde_json::from_str::<Value>(line).unwrap()["seq"].to_string();
        for args in [
            &["show", &seq, "--json"][..],
            &["show", &seq],
            &["curl", &seq],
        ] {
            let ran = home.scimtop(&[&["requests"], args].concat());
            assert_eq!(ran.code, 0);
            printed.push(ran.out);
        }
    }
    for args in [
        &["status"][..],
        &["token", "list"],
        &["events", "tail", "--limit", "1000"],
        &["events", "export"],
        &["org", "list"],
        &["config", "show"],
        &["deletions", "list"],
    ] {
        printed.push(home.scimtop(args).out);
        printed.push(home.scimtop(&[args, &["--json"]].concat()).out);
    }
    printed.push(client.get("/Users?count=1000").expect(200).text());
    printed.push(home.printed());
    let core_of_it = &secret[17..60];
    for needle in [secret.as_str(), core_of_it, "Hunter2Canary"] {
        for text in &printed {
            assert!(!text.contains(needle), "{needle}: {text}");
        }
        assert_eq!(
            holders(&home.data(), needle),
            Vec::<String>::new(),
            "{needle}"
        );
    }
    // The needle can be found: its token's id is there.
    assert!(!holders(&home.data(), &id).is_empty());
    let home = daemon.stop();
    for needle in [core_of_it, "Hunter2Canary"] {
        assert_eq!(
            holders(&home.data(), needle),
            Vec::<String>::new(),
            "{needle}"
        );
        assert!(!home.printed().contains(needle));
    }
}
