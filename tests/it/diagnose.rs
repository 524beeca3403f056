//! `scimtop diagnose`, `doctor` and `runbook` against the real server: what simulated identity
//! providers do wrong is named, and where nothing is wrong nothing is.

use std::fs;

use serde_json::Value;

use crate::daemon::{Daemon, Home, until};

fn org(daemon: &Daemon, name: &str) -> String {
    let home = daemon.home();
    home.json(&["org", "create", name]);
    home.json(&["org", "enable-scim", name]);
    home.token(name).1
}

/// Plays an incident; how it ends is not of interest here.
fn play(daemon: &Daemon, token: &str, scenario: &str, more: &[&str]) {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("scenario.toml");
    fs::write(&file, scenario).unwrap();
    let url = format!("http://{}/scim/v2", daemon.addr);
    let mut args = vec!["simulate-idp", "--scenario", file.to_str().unwrap(), &url];
    args.extend(["--token", token, "--json"]);
    args.extend(more);
    let ran = daemon.home().scimtop(&args);
    assert!(ran.out.starts_with('{'), "{ran:?}");
}

fn scenario(client: &str, span: &str, pace: u32, incident: &str) -> String {
    format!(
        "title = \"x\"\nclient = \"{client}\"\npeople = 40\nspan = \"{span}\"\npace = {pace}\n\
         expect = \"x\"\n\n[[incident]]\nat = \"1d\"\n{incident}\n\n\
         [[check]]\nof = \"/differences\"\nat_least = 0\n"
    )
}

fn problems(diagnosis: &Value) -> Vec<&str> {
    let checks = diagnosis["checks"].as_array().unwrap().iter();
    checks
        .filter(|check| check["outcome"] == "problem")
        .map(|check| check["name"].as_str().unwrap())
        .collect()
}

/// Problems, and what may be one: the comparison at the end of a simulation is served at the same
/// address as its client.
fn suspects(diagnosis: &Value) -> Vec<&str> {
    let checks = diagnosis["checks"].as_array().unwrap().iter();
    checks
        .filter(|check| check["steps"].is_array())
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
fn a_wrong_base_url_and_a_revoked_token_are_named() {
    let daemon = Daemon::start();
    let home = daemon.home();
    assert!(problems(&home.json(&["diagnose", "auth"])).is_empty());
    let token = org(&daemon, "stray");
    let incident = "what = \"base-entered\"\npath = \"/scim\"";
    play(
        &daemon,
        &token,
        &scenario("entra-legacy", "3d", 0, incident),
        &[],
    );
    let base = home.json(&["status"])["base_url"]
        .as_str()
        .unwrap()
        .to_owned();
    let diagnosis = once(home, &["diagnose", "auth"], |it| !suspects(it).is_empty());
    assert_eq!(suspects(&diagnosis), ["base-url"], "{diagnosis:#}");
    sentence(&diagnosis, &[&base, "where nothing is served"]);

    let daemon = Daemon::start();
    let home = daemon.home();
    let token = org(&daemon, "acme");
    let (id, revoked) = home.token("acme");
    home.json(&["token", "revoke", &id, "--yes"]);
    let incident = "what = \"token-dies\"\ntoken = \"revoked\"";
    let other = format!("revoked={revoked}");
    play(
        &daemon,
        &token,
        &scenario("okta", "9d", 20_000, incident),
        &["--other-token", &other],
    );
    // The comparison at its end used the other token, so that all is well again; and then it is not.
    let okta = [("User-Agent", "Okta SCIM Client 1.0.0")];
    let refused = daemon.client(&revoked).send("GET", "/Users", &okta, None);
    assert_eq!(refused.status, 401);
    let ask = ["diagnose", "auth", "--org", "acme"];
    let diagnosis = once(home, &ask, |it| !problems(it).is_empty());
    assert_eq!(problems(&diagnosis), ["revoked"]);
    sentence(&diagnosis, &[&id, "Okta: app › Provisioning"]);
    let diagnosis = home.json(&["diagnose", "user", "nobody@example.com", "--org", "acme"]);
    assert!(problems(&diagnosis).contains(&"token"), "{diagnosis:#}");
    assert!(!diagnosis.to_string().contains(&revoked));
}

#[test]
fn an_emptied_group_names_the_request_and_a_full_one_is_well() {
    let daemon = Daemon::start();
    let home = daemon.home();
    let token = org(&daemon, "acme");
    let incident = "what = \"empty-group\"\ngroup = \"Engineering\"";
    play(
        &daemon,
        &token,
        &scenario("okta-oin", "2d", 0, incident),
        &[],
    );
    let diagnosis = home.json(&["diagnose", "group", "engineering", "--org", "acme"]);
    assert_eq!(problems(&diagnosis), ["emptied"], "{diagnosis:#}");
    sentence(&diagnosis, &["Push Groups", "(request "]);
    let request = diagnosis["checks"].as_array().unwrap().iter();
    let request = request
        .filter(|check| check["name"] == "emptied")
        .find_map(|check| check["evidence"][0].as_str())
        .unwrap();
    // What is recorded is stored a moment after the answer.
    let shown = until("the request is stored", || {
        let ran = home.scimtop(&["requests", "show", request, "--json"]);
        serde_json::from_str::<Value>(&ran.out).ok()
    });
    assert_eq!(shown["subject"], "Engineering");
}

#[test]
fn duplicates_name_the_account_they_collide_with() {
    let daemon = Daemon::start();
    let home = daemon.home();
    let token = org(&daemon, "acme");
    let incident = "what = \"rematch\"\npercent = 50";
    play(&daemon, &token, &scenario("entra", "3d", 0, incident), &[]);
    let list = [
        "requests",
        "list",
        "--filter",
        "status:409",
        "--limit",
        "1",
        "--json",
    ];
    let refused = until("what was recorded is stored", || {
        serde_json::from_str::<Value>(&home.scimtop(&list).out).ok()
    });
    let name = refused["subject"].as_str().unwrap();
    let diagnosis = home.json(&["diagnose", "user", name, "--org", "acme"]);
    assert!(problems(&diagnosis).contains(&"failures"), "{diagnosis:#}");
    assert!(
        diagnosis.to_string().contains("belongs to"),
        "{diagnosis:#}"
    );
}

#[test]
fn a_quarantine_is_named_with_where_its_token_is_entered() {
    let daemon = Daemon::start();
    let home = daemon.home();
    let token = org(&daemon, "acme");
    let incident = "what = \"token-dies\"\ntoken = \"expired\"";
    play(
        &daemon,
        &token,
        &scenario("entra", "6d", 20_000, incident),
        &[],
    );
    // The comparison at its end used the right token; this is the look that Entra takes a day later.
    let look = "/Users?filter=userName%20eq%20%22x%22&excludedAttributes=members";
    assert_eq!(daemon.client("no-token-of-ours").get(look).status, 401);
    let diagnosis = once(home, &["diagnose", "auth"], |it| !problems(it).is_empty());
    assert_eq!(problems(&diagnosis), ["unknown-token"]);
    sentence(
        &diagnosis,
        &["Entra: app › Provisioning › Admin Credentials › Secret Token"],
    );
}

#[test]
fn a_user_that_is_there_is_well_with_a_daemon_and_without() {
    let home = Home::new();
    let daemon = home.start();
    let token = org(&daemon, "acme");
    let quiet = scenario("okta", "2d", 0, "what = \"resubmit\"");
    play(&daemon, &token, &quiet, &[]);
    let users = daemon.home().json(&["users", "list", "--org", "acme"]);
    let users = users
        .as_array()
        .cloned()
        .unwrap_or_else(|| users["items"].as_array().unwrap().clone());
    let name = users[0]["user_name"].as_str().unwrap().to_owned();
    let ask = ["diagnose", "user", name.as_str(), "--org", "acme"];
    let diagnosis = daemon.home().json(&ask);
    assert!(problems(&diagnosis).is_empty(), "{diagnosis:#}");
    assert_eq!(
        problems(&daemon.home().json(&["diagnose", "latency"])).len(),
        0
    );
    let ran = daemon.home().scimtop(&ask);
    assert!(
        ran.code == 0 && ran.out.contains("nothing wrong"),
        "{ran:?}"
    );
    let gone = daemon
        .home()
        .scimtop(&["diagnose", "user", "x", "--org", "nowhere"]);
    assert_eq!(gone.code, 1, "{gone:?}");
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
