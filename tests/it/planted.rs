//! Every scenario with a planted cause is played against the real server, and the diagnosis that
//! fits names the cause; where a scenario plants none, none is found.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use toml::Table;

use crate::daemon::{Daemon, Home, until};

/// Scenarios in which nothing is wrong at the server's door.
const SOUND: [&str; 2] = ["quiet-month", "onboarding"];
/// Scenarios with a cause; a test below for each.
const PLANTED: [&str; 10] = [
    "token-expires",
    "revoked-token",
    "quarantine",
    "wrong-base-url",
    "scope-change",
    "emptied-group",
    "renamed-group",
    "duplicates",
    "flapping-account",
    "token-scan",
];

/// Scenarios of which the alerts are looked at (`watching`), and no diagnosis.
const ALERTED: [&str; 12] = [
    "back-without-groups",
    "disk-full",
    "mispasted-token",
    "server-fails",
    "server-slow",
    "silent-bursty",
    "silent-regular",
    "stale-ids",
    "strict-dialect",
    "token-runs-out",
    "unknown-token",
    "wrong-org",
];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios")
}

fn scenario(name: &str) -> Table {
    let text = fs::read_to_string(folder().join(format!("{name}.toml"))).unwrap();
    text.parse().unwrap()
}

/// The scenario up to the moment at which somebody puts right what is wrong.
fn uncorrected(name: &str) -> Table {
    let mut scenario = scenario(name);
    let incidents = scenario["incident"].as_array_mut().unwrap();
    let corrects = |incident: &toml::Value| {
        let what = incident["what"].as_str().unwrap();
        what == "token-entered" || (what == "base-entered" && incident.get("path").is_none())
    };
    let corrected = incidents.iter().position(corrects).unwrap();
    let end = incidents[corrected]["at"].clone();
    incidents.truncate(corrected);
    scenario.insert("span".to_owned(), end);
    // What the report has to show is said of the whole.
    scenario.remove("check");
    scenario
}

/// A server, an Org in it, and a token of that.
struct Stage {
    daemon: Daemon,
    token: String,
}

const ORG: &str = "acme";

impl Stage {
    fn set(home: Home) -> Self {
        let daemon = home.start();
        let home = daemon.home();
        home.json(&["org", "create", ORG]);
        home.json(&["org", "enable-scim", ORG]);
        home.json(&["org", "policy", ORG, "delete"]);
        let args = ["token", "create", "--org", ORG, "--label", "main"];
        let token = home.json(&args)["secret"].as_str().unwrap().to_owned();
        Self { daemon, token }
    }

    fn new() -> Self {
        Self::set(Home::new())
    }

    /// A token of the Org with a name of its own: id and secret.
    fn other(&self, label: &str) -> (String, String) {
        let args = ["token", "create", "--org", ORG, "--label", label];
        let issued = self.daemon.home().json(&args);
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        (text(&issued["token"]["id"]), text(&issued["secret"]))
    }

    /// One that has ended: nobody uses its successor.
    fn expired(&self) -> (String, String) {
        let (id, secret) = self.other("forgotten");
        let args = ["token", "rotate", &id, "--overlap", "0s"];
        self.daemon.home().json(&args);
        (id, secret)
    }

    fn play(&self, scenario: &Table, more: &[&str]) {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("scenario.toml");
        fs::write(&file, scenario.to_string()).unwrap();
        let url = format!("http://{}/scim/v2", self.daemon.addr);
        let mut args = vec!["simulate-idp", "--scenario", file.to_str().unwrap(), &url];
        args.extend(["--token", &self.token, "--json"]);
        args.extend(more);
        let ran = self.daemon.home().scimtop(&args);
        assert!(ran.out.starts_with('{'), "{ran:?}");
    }

    /// The diagnosis, once `told` holds of it: what is recorded is stored a moment after the
    /// answer.
    fn asked(&self, question: &[&str], told: impl Fn(&Value) -> bool) -> Value {
        let mut args = vec!["diagnose"];
        args.extend(question);
        args.extend(["--org", ORG]);
        until("what was recorded is stored", || {
            Some(self.daemon.home().json(&args)).filter(&told)
        })
    }

    /// The diagnosis names this cause, tells it in its sentence with these words, and shows no
    /// secret.
    #[track_caller]
    fn named(&self, question: &[&str], cause: &str, words: &[&str]) -> Value {
        let suspects = |diagnosis: &Value| {
            let checks = diagnosis["checks"].as_array().unwrap().clone();
            let mut found = checks
                .into_iter()
                .filter(|check| check["outcome"] != "ok" && check["steps"].is_array());
            found.any(|check| check["name"] == cause)
        };
        let diagnosis = self.asked(question, suspects);
        let sentence = diagnosis["sentence"].as_str().unwrap();
        for word in words {
            assert!(sentence.contains(word), "{word}: {diagnosis:#}");
        }
        assert!(!sentence.contains('\n'), "one sentence: {sentence}");
        assert!(!diagnosis.to_string().contains("scimtop_"), "{diagnosis:#}");
        diagnosis
    }
}

fn names(diagnosis: &Value, outcome: &str) -> Vec<String> {
    let checks = diagnosis["checks"].as_array().unwrap().iter();
    checks
        .filter(|check| check["outcome"] == outcome)
        .map(|check| check["name"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn every_scenario_is_one_or_the_other() {
    let files = fs::read_dir(folder()).unwrap();
    let files = files.map(|file| file.unwrap().path());
    let found: BTreeSet<_> = files
        .filter(|path| path.is_file())
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    let known = SOUND.into_iter().chain(PLANTED).chain(ALERTED);
    assert_eq!(found, known.map(str::to_owned).collect());
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/SIMULATORS.md");
    let docs = fs::read_to_string(docs).unwrap();
    let (_, causes) = docs.split_once("## Causes").unwrap();
    for name in SOUND.into_iter().chain(PLANTED) {
        assert!(causes.contains(&format!("`{name}`")), "{name}");
    }
}

#[test]
fn nothing_is_found_where_nothing_is_wrong() {
    for name in SOUND {
        let stage = Stage::new();
        let mut scenario = scenario(name);
        if let Some(incidents) = scenario.get_mut("incident") {
            // Fewer say the same, and sooner.
            incidents[0]["people"] = 100.into();
        }
        scenario.remove("check");
        stage.play(&scenario, &[]);
        let auth = stage.asked(&["auth"], |_| true);
        assert!(names(&auth, "problem").is_empty(), "{name}: {auth:#}");
        assert!(auth["sentence"].as_str().unwrap().contains("nothing wrong"));
        let group = stage.asked(&["group", "Engineering"], |_| true);
        assert!(names(&group, "problem").is_empty(), "{name}: {group:#}");
    }
}

#[test]
fn an_expired_token_is_named_until_another_one_works() {
    let stage = Stage::new();
    let (id, secret) = stage.expired();
    let other = format!("expired={secret}");
    let menu = "Entra: app › Provisioning › Admin Credentials › Secret Token";
    stage.play(&uncorrected("token-expires"), &["--other-token", &other]);
    stage.named(&["auth"], "expired", &[&id, "token expired", menu]);

    let stage = Stage::new();
    let (_, secret) = stage.expired();
    let other = format!("expired={secret}");
    stage.play(&scenario("token-expires"), &["--other-token", &other]);
    let diagnosis = stage.asked(&["auth"], |diagnosis| {
        diagnosis.to_string().contains("it was put right since")
    });
    assert!(names(&diagnosis, "problem").is_empty(), "{diagnosis:#}");
}

#[test]
fn a_quarantine_is_told_by_the_token_that_began_it() {
    let stage = Stage::new();
    let (id, secret) = stage.expired();
    let other = format!("expired={secret}");
    stage.play(&scenario("quarantine"), &["--other-token", &other]);
    stage.named(&["auth"], "expired", &[&id, "Secret Token"]);
    // With a token that was never issued the cause is another one.
    let stage = Stage::new();
    stage.play(&scenario("quarantine"), &[]);
    stage.named(
        &["auth"],
        "unknown-token",
        &["not one of our tokens", "Secret Token"],
    );
}

#[test]
fn a_revoked_token_is_named() {
    let stage = Stage::new();
    let (id, secret) = stage.other("old");
    stage.daemon.home().json(&["token", "revoke", &id, "--yes"]);
    let other = format!("revoked={secret}");
    stage.play(&uncorrected("revoked-token"), &["--other-token", &other]);
    stage.named(
        &["auth"],
        "revoked",
        &[
            &id,
            "token revoked",
            "Okta: app › Provisioning › Integration",
        ],
    );
}

#[test]
fn a_wrong_base_url_is_answered_with_the_right_one() {
    let stage = Stage::new();
    stage.play(&uncorrected("wrong-base-url"), &[]);
    let status = stage.daemon.home().json(&["status"]);
    let right = status["base_url"].as_str().unwrap();
    stage.named(
        &["auth"],
        "base-url",
        &[
            "its base URL ends in /scim",
            &format!("to {right}"),
            "Tenant URL",
        ],
    );
}

#[test]
fn who_left_the_scope_is_told_to_be_frozen_and_by_what() {
    let home = Home::new();
    home.configure("[guard]\ntest_minutes = 0\n");
    let stage = Stage::set(home);
    stage.play(&scenario("scope-change"), &[]);
    let list = ["deletions", "list", "--org", ORG, "--state", "held"];
    let held = stage.daemon.home().json(&list);
    let name = held[0]["user_name"].as_str().unwrap();
    let words = [
        "frozen by the guard",
        "active:false by token main",
        "guard restore",
    ];
    stage.named(&["user", name], "removed", &words);
    // By its id too, as requests name it.
    let id = held[0]["user"].as_str().unwrap();
    stage.named(&["user", id], "removed", &[name, "frozen by the guard"]);
}

#[test]
fn an_emptied_and_a_renamed_group_name_the_request() {
    let stage = Stage::new();
    stage.play(&scenario("emptied-group"), &[]);
    let words = ["members out", "by token main", "(request ", "Push Groups"];
    let diagnosis = stage.named(&["group", "engineering"], "emptied", &words);
    let mut checks = diagnosis["checks"].as_array().unwrap().iter();
    let check = checks.find(|check| check["name"] == "emptied").unwrap();
    let request = check["evidence"][0].as_str().unwrap();
    let shown = until("the request is stored", || {
        let show = ["requests", "show", request, "--json"];
        serde_json::from_str::<Value>(&stage.daemon.home().scimtop(&show).out).ok()
    });
    assert_eq!(shown["subject"], "Engineering");

    let stage = Stage::new();
    stage.play(&scenario("renamed-group"), &[]);
    let words = [
        "renamed to Finance and Controlling",
        "token main",
        "(request ",
    ];
    stage.named(&["group", "Finance"], "renamed", &words);
    let now = stage.asked(&["group", "Finance and Controlling"], |_| true);
    assert!(names(&now, "problem").is_empty(), "{now:#}");
    assert!(
        now.to_string().contains("it was named Finance until"),
        "{now:#}"
    );
}

#[test]
fn duplicates_name_whom_they_collide_with() {
    let stage = Stage::new();
    stage.play(&scenario("duplicates"), &[]);
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
        serde_json::from_str::<Value>(&stage.daemon.home().scimtop(&list).out).ok()
    });
    let name = refused["subject"].as_str().unwrap();
    let words = [
        "409 uniqueness",
        "externalId",
        "belongs to",
        "Matching precedence",
    ];
    stage.named(&["user", name], "failures", &words);
}

#[test]
fn an_account_that_comes_and_goes_is_told_to() {
    let stage = Stage::new();
    stage.play(&scenario("flapping-account"), &[]);
    let gone = stage
        .daemon
        .home()
        .json(&["deletions", "list", "--org", ORG]);
    let name = gone[0]["user_name"].as_str().unwrap();
    let words = ["times in 24 hours", "Okta: app › Assignments"];
    stage.named(&["user", name], "flapping", &words);
}

#[test]
fn a_scan_is_no_mistake_of_the_client_beside_it() {
    let stage = Stage::new();
    stage.play(&scenario("token-scan"), &[]);
    let all = |diagnosis: &Value| diagnosis.to_string().contains("2000 requests");
    let diagnosis = stage.asked(&["auth"], all);
    stage.named(&["auth"], "scan", &["never issued here", "block it"]);
    assert_eq!(names(&diagnosis, "problem"), ["scan"], "{diagnosis:#}");
}
