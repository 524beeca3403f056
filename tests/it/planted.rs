//! Causes that are planted over the network in the real server, which `scimtop diagnose` finds. What
//! each scenario plants is asked for in simulated time (`watching`).

use serde_json::Value;

use crate::daemon::{Daemon, Home, until};
use crate::simulate::scenario;

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

    fn play(&self, name: &str, more: &[&str]) {
        let file = scenario(name);
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

#[test]
fn a_quarantine_is_told_by_the_token_that_began_it() {
    let stage = Stage::new();
    let (id, secret) = stage.expired();
    let other = format!("expired={secret}");
    stage.play("quarantine", &["--other-token", &other]);
    stage.named(&["auth"], "expired", &[&id, "Secret Token"]);
    // With a token that was never issued the cause is another one.
    let stage = Stage::new();
    stage.play("quarantine", &[]);
    stage.named(
        &["auth"],
        "malformed",
        &["not one of our tokens", "Secret Token"],
    );
}

#[test]
fn who_left_the_scope_is_told_to_be_frozen_and_by_what() {
    let home = Home::new();
    home.configure("[guard]\ntest_minutes = 0\n");
    let stage = Stage::set(home);
    stage.play("scope-change", &[]);
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
fn an_emptied_group_names_the_request() {
    let stage = Stage::new();
    stage.play("emptied-group", &[]);
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
}
