//! Simulated identity providers against the real server: each client under each policy, and the
//! scenarios.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::daemon::{Daemon, Home, Ran};

pub const CLIENTS: [&str; 10] = [
    "okta",
    "okta-oin",
    "entra",
    "entra-legacy",
    "onelogin",
    "jumpcloud",
    "keycloak",
    "authentik",
    "rauthy",
    "canaille",
];

/// An Org with this policy; a token of it.
fn org(daemon: &Daemon, name: &str, policy: &str) -> String {
    let home = daemon.home();
    home.json(&["org", "create", name]);
    home.json(&["org", "enable-scim", name]);
    home.json(&["org", "policy", name, policy]);
    home.token(name).1
}

fn simulate(daemon: &Daemon, token: &str, args: &[&str]) -> (Ran, Value) {
    let url = format!("http://{}/scim/v2", daemon.addr);
    // With a scenario, the URL stands alone.
    let mut all = vec!["simulate-idp"];
    let (client, rest) = if args[0].starts_with("--") {
        (None, args)
    } else {
        (Some(args[0]), &args[1..])
    };
    all.extend(client);
    all.extend([url.as_str(), "--token", token, "--json"]);
    all.extend(rest);
    let ran = daemon.home().scimtop(&all);
    let report = serde_json::from_str(&ran.out).unwrap_or(Value::Null);
    (ran, report)
}

#[test]
fn every_client_and_the_server_agree_under_every_policy() {
    let daemon = Daemon::start();
    for policy in ["delete", "hold", "suspend"] {
        for client in CLIENTS {
            let token = org(&daemon, &format!("{client}-{policy}"), policy);
            let args = [
                client, "--policy", policy, "--people", "16", "--span", "8d", "--pace", "50000",
            ];
            let (ran, report) = simulate(&daemon, &token, &args);
            assert_eq!(ran.code, 0, "{client} {policy}: {ran:?}");
            assert_eq!(report["differences"].as_array().unwrap().len(), 0);
            assert_eq!(
                report["failed"], 0,
                "{client} {policy}: {}",
                report["failures"]
            );
            assert!(report["events"].as_u64().unwrap() > 10);
            assert!(report["listed"]["active"].as_u64().unwrap() > 5);
        }
    }
}

#[test]
fn entra_deletes_thirty_days_later_under_every_policy() {
    let daemon = Daemon::start();
    for policy in ["delete", "hold", "suspend"] {
        let token = org(&daemon, policy, policy);
        let args = [
            "entra", "--policy", policy, "--people", "40", "--span", "36d", "--pace", "30000",
        ];
        let (ran, report) = simulate(&daemon, &token, &args);
        assert_eq!(ran.code, 0, "{policy}: {ran:?}");
        assert!(
            report["operations"]["DELETE /Users/{id}"].as_u64() > Some(0),
            "{policy}"
        );
    }
}

#[test]
fn a_seed_decides_what_is_sent_and_a_difference_is_the_exit_code() {
    let daemon = Daemon::start();
    let args = ["okta", "--people", "12", "--span", "9d", "--pace", "50000"];
    let [one, two] = ["one", "two"].map(|name| {
        let token = org(&daemon, name, "delete");
        simulate(&daemon, &token, &args).1
    });
    assert_eq!(one["operations"], two["operations"]);
    assert_eq!(one["statuses"], two["statuses"]);
    let token = org(&daemon, "three", "delete");
    let mut args = args.to_vec();
    args.extend(["--policy", "suspend"]);
    let (ran, report) = simulate(&daemon, &token, &args);
    assert_eq!(ran.code, 1, "{ran:?}");
    let differences = report["differences"].as_array().unwrap();
    assert!(!differences.is_empty());
    assert!(differences.iter().all(|one| one["what"] == "missing"));
    assert!(ran.err.contains("differ"), "{}", ran.err);
}

pub fn scenario(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("scenarios")
        .join(format!("{name}.toml"))
}

#[test]
fn every_scenario_can_be_read() {
    let files = fs::read_dir(scenario("x").parent().unwrap()).unwrap();
    let paths = files.map(|file| file.unwrap().path());
    let mut count = 0;
    // Those of the demonstration are not for their own: they stand in a folder and have no end.
    for path in paths.filter(|path| path.is_file()) {
        let text = fs::read_to_string(&path).unwrap();
        let scenario = scimtop::simulate::Scenario::parse(&text)
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert!(!scenario.checks.is_empty() && !scenario.expect.is_empty());
        count += 1;
    }
    assert_eq!(count, 24);
}

#[test]
fn scenarios_come_out_as_they_say() {
    let daemon = Daemon::start();
    for name in [
        "quiet-month",
        "token-expires",
        "wrong-base-url",
        "emptied-group",
        "renamed-group",
        "duplicates",
        "quarantine",
        "flapping-account",
    ] {
        let token = org(&daemon, name, "delete");
        let file = scenario(name);
        let (ran, report) = simulate(&daemon, &token, &["--scenario", file.to_str().unwrap()]);
        assert_eq!(ran.code, 0, "{name}: {ran:?}");
        assert!(
            report["checks"]
                .as_array()
                .unwrap()
                .iter()
                .all(|check| check["ok"] == true)
        );
    }
}

#[test]
fn a_revoked_token_is_recorded_as_such_and_a_scan_raises_the_alert() {
    let daemon = Daemon::start();
    let token = org(&daemon, "acme", "delete");
    let (id, revoked) = daemon.home().token("acme");
    daemon.home().json(&["token", "revoke", &id, "--yes"]);
    let other = format!("revoked={revoked}");
    let file = scenario("revoked-token");
    let args = [
        "--scenario",
        file.to_str().unwrap(),
        "--other-token",
        &other,
    ];
    let (ran, report) = simulate(&daemon, &token, &args);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(report["made_up_tokens"].as_array().unwrap().len(), 0);
    let list = [
        "requests",
        "list",
        "--filter",
        "status:401",
        "--limit",
        "1",
        "--json",
    ];
    let refused = daemon.home().scimtop(&list);
    let refused: Value = serde_json::from_str(&refused.out).unwrap();
    assert_eq!(refused["refusal"], "revoked", "{refused}");

    let token = org(&daemon, "scanned", "delete");
    let file = scenario("token-scan");
    let (ran, _) = simulate(&daemon, &token, &["--scenario", file.to_str().unwrap()]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let alerts = daemon.home().json(&["alerts", "list"]);
    assert!(alerts.to_string().contains("burst"), "{alerts}");
}

#[test]
fn a_scope_that_shrinks_opens_the_guard_and_the_provider_does_not_notice() {
    let home = Home::new();
    home.configure("[guard]\ntest_minutes = 0\n");
    let daemon = home.start();
    let token = org(&daemon, "acme", "delete");
    let file = scenario("scope-change");
    let (ran, _) = simulate(&daemon, &token, &["--scenario", file.to_str().unwrap()]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let alerts = daemon.home().json(&["alerts", "list"]);
    assert!(alerts.to_string().contains("guard"), "{alerts}");
}
