//! `scimtop diagnose`, `doctor` and `runbook` as commands, against the real server. What simulated
//! identity providers do wrong is in `planted` and `watching`.

use std::fs;

use serde_json::Value;

use crate::daemon::{Daemon, Home, until};

fn org(daemon: &Daemon, name: &str) -> String {
    let home = daemon.home();
    home.json(&["org", "create", name]);
    home.json(&["org", "enable-scim", name]);
    home.token(name).1
}

fn problems(diagnosis: &Value) -> Vec<&str> {
    let checks = diagnosis["checks"].as_array().unwrap().iter();
    checks
        .filter(|check| check["outcome"] == "problem")
        .map(|check| check["name"].as_str().unwrap())
        .collect()
}

/// The diagnosis, once what is recorded is stored: that is a moment after the answer.
fn once(home: &Home, args: &[&str], told: impl Fn(&Value) -> bool) -> Value {
    until("what was recorded is stored", || {
        Some(home.json(args)).filter(&told)
    })
}

#[track_caller]
fn sentence(diagnosis: &Value, words: &[&str]) {
    let text = diagnosis["sentence"].as_str().unwrap();
    for word in words {
        assert!(text.contains(word), "{word}: {diagnosis:#}");
    }
}

#[test]
fn a_user_that_is_there_is_well_and_an_unknown_org_is_an_error() {
    let daemon = Daemon::start();
    let home = daemon.home();
    let token = org(&daemon, "acme");
    let mut client = daemon.client(&token);
    let user = r#"{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"ada@example.com"}"#;
    let okta = [("User-Agent", "Okta SCIM Client 1.0.0")];
    let made = client.send("POST", "/Users", &okta, Some(user.as_bytes()));
    assert_eq!(made.status, 201);
    let ask = ["diagnose", "user", "ada@example.com", "--org", "acme"];
    let diagnosis = once(home, &ask, |it| it.to_string().contains("1 created"));
    assert!(problems(&diagnosis).is_empty(), "{diagnosis:#}");
    let ran = home.scimtop(&ask);
    let last = ran.out.lines().last().unwrap();
    assert!(ran.code == 0 && last.contains("nothing wrong"), "{ran:?}");
    let ran = home.scimtop(&["diagnose", "user", "x", "--org", "nowhere"]);
    assert_eq!(ran.code, 1, "{ran:?}");
}

#[test]
fn a_store_without_a_daemon_is_asked_too() {
    let home = Home::new();
    home.json(&["org", "create", "acme"]);
    assert!(problems(&home.json(&["diagnose", "latency"])).is_empty());
    let diagnosis = home.json(&["diagnose", "group", "Sales", "--org", "acme"]);
    // Nobody has let it in yet.
    assert_eq!(problems(&diagnosis)[0], "org", "{diagnosis:#}");
    sentence(&diagnosis, &["scimtop org enable-scim"]);
}

#[test]
fn a_user_who_is_not_there_is_missed_because_of_the_token() {
    let daemon = Daemon::start();
    let home = daemon.home();
    org(&daemon, "acme");
    let (id, revoked) = home.token("acme");
    home.json(&["token", "revoke", &id, "--yes"]);
    let okta = [("User-Agent", "Okta SCIM Client 1.0.0")];
    let refused = daemon.client(&revoked).send("GET", "/Users", &okta, None);
    assert_eq!(refused.status, 401);
    let ask = ["diagnose", "user", "nobody@example.com", "--org", "acme"];
    let diagnosis = once(home, &ask, |it| it.to_string().contains("revoked token"));
    assert!(problems(&diagnosis).contains(&"token"), "{diagnosis:#}");
    sentence(
        &diagnosis,
        &["okta still sends", "Okta: app › Provisioning"],
    );
    assert!(!diagnosis.to_string().contains(&revoked));
}

#[test]
fn a_client_that_is_held_back_is_named() {
    let home = Home::new();
    home.configure("[limits]\nrequests_per_second = 1\n");
    let daemon = home.start();
    let token = org(&daemon, "acme");
    let okta = [("User-Agent", "Okta SCIM Client 1.0.0")];
    let mut client = daemon.client(&token);
    until("more than one comes within a second", || {
        let answer = client.send("GET", "/Users", &okta, None);
        (answer.status == 429).then_some(())
    });
    let diagnosis = once(daemon.home(), &["diagnose", "latency"], |it| {
        problems(it).contains(&"throttled")
    });
    sentence(&diagnosis, &["429", "okta", "limits.requests_per_second"]);
}

#[test]
fn the_doctor_finds_a_sound_installation_and_an_open_directory() {
    use std::os::unix::fs::PermissionsExt as _;
    let daemon = Daemon::start();
    let home = daemon.home();
    let report: Value = serde_json::from_str(&home.scimtop(&["doctor", "--json"]).out).unwrap();
    let items = report["items"].as_array().unwrap();
    // The machine decides about disk and descriptors.
    for item in items
        .iter()
        .filter(|item| !["disk", "descriptors"].contains(&item["name"].as_str().unwrap()))
    {
        assert_eq!(item["grade"], "ok", "{item}");
    }
    assert!(items.iter().any(|item| item["name"] == "daemon"));
    fs::set_permissions(home.data(), fs::Permissions::from_mode(0o770)).unwrap();
    let ran = home.scimtop(&["doctor"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.out.contains("can be written by others"), "{ran:?}");
    home.configure("listen = 5\n");
    let ran = home.scimtop(&["doctor"]);
    assert!(
        ran.code == 2 && ran.out.contains("configuration"),
        "{ran:?}"
    );
}

#[test]
fn runbooks_are_in_the_binary() {
    let home = Home::new();
    let list = home.json(&["runbook", "list"]);
    assert_eq!(list.as_array().unwrap().len(), 25);
    let ran = home.scimtop(&["runbook", "a1"]);
    assert!(ran.out.contains("## Resolved when"), "{ran:?}");
    assert_eq!(home.scimtop(&["runbook", "Z1"]).code, 1);
}
