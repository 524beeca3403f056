//! Alerts and diagnoses in simulated time: every scenario raises what it says and no more, its cause
//! is found, a token that expires is one alert, and a quiet month of each client raises nothing
//! critical.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::daemon::{Home, Ran};
use crate::simulate::{CLIENTS, scenario};

fn simulate(home: &Home, args: &[&str]) -> (Ran, Value) {
    let mut all = vec!["simulate-idp", "--json"];
    all.extend(args);
    let ran = home.scimtop(&all);
    let report = serde_json::from_str(&ran.out).unwrap_or(Value::Null);
    (ran, report)
}

fn of_scenario(home: &Home, name: &str) -> (Ran, Value) {
    simulate(home, &["--scenario", scenario(name).to_str().unwrap()])
}

#[test]
fn every_scenario_raises_its_alerts_and_its_cause_is_found_and_every_rule_is_raised() {
    let home = Home::new();
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/SIMULATORS.md");
    let docs = fs::read_to_string(docs).unwrap();
    let (_, causes) = docs.split_once("## Causes").unwrap();
    let mut raised = Vec::new();
    for file in fs::read_dir(scenario("x").parent().unwrap()).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        if path.is_dir() {
            continue;
        }
        assert!(causes.contains(&format!("`{name}`")), "{name}");
        let (ran, report) = of_scenario(&home, name);
        assert_eq!(ran.code, 0, "{name}: {ran:?}");
        assert!(!ran.out.contains("scimtop_"), "a token: {name}");
        let asked = report["watched"]["diagnoses"].as_array();
        assert!(asked.is_some_and(|asked| !asked.is_empty()), "{name}");
        let alerts = report["watched"]["alerts"].as_array().unwrap();
        raised.extend(alerts.iter().map(|alert| alert["rule"].to_string()));
    }
    for rule in [
        "A1", "A2", "A3", "A4", "A5", "A6", "A7", "A8", "A9", "B1", "B2", "B3", "B6", "C1", "C2",
        "C3", "D1", "D2", "D3", "D5", "D6", "D7", "P1",
    ] {
        assert!(raised.contains(&format!("\"{rule}\"")), "{rule}");
    }
}

#[test]
fn a_token_that_expires_is_one_critical_alert_that_says_what_to_do() {
    let home = Home::new();
    let (ran, report) = of_scenario(&home, "token-expires");
    assert_eq!(ran.code, 0, "{ran:?}");
    let watched = &report["watched"];
    let [alert] = watched["alerts"].as_array().unwrap().as_slice() else {
        panic!("one alert: {watched}");
    };
    assert_eq!(
        (&alert["rule"], &alert["severity"]),
        (&"A1".into(), &"critical".into())
    );
    assert_eq!(alert["times"], 1);
    let why = alert["why"].as_str().unwrap();
    assert!(why.starts_with("entra-prod (tok_"), "{why}");
    assert!(why.ends_with("and entra still uses it"), "{why}");
    let steps = alert["steps"].to_string();
    assert!(steps.contains("scimtop token create"), "{steps}");
    assert!(
        steps.contains("Admin Credentials › Secret Token"),
        "{steps}"
    );
    // It begins within a cycle of Entra and ends with the new token.
    let [died, entered] = watched["incidents"].as_array().unwrap().as_slice() else {
        panic!("two incidents: {watched}");
    };
    assert_eq!(died["rule"], "A1");
    assert!(died["after_seconds"].as_u64().unwrap() <= 40 * 60);
    assert!(alert["until"].as_str() > entered["at"].as_str());
}

#[test]
fn a_quiet_month_of_each_client_raises_nothing_critical() {
    let home = Home::new();
    for client in CLIENTS {
        let args = [client, "--people", "30", "--pace", "5000"];
        let (ran, report) = simulate(&home, &args);
        assert_eq!(ran.code, 0, "{client}: {ran:?}");
        assert!(report["events"].as_u64() > Some(5), "{client}: {report}");
        let counts = &report["watched"]["counts"];
        assert_eq!(counts["critical"], 0, "{client}: {}", report["watched"]);
    }
}

#[test]
fn a_run_tells_the_same_every_time_and_thresholds_are_the_configurations() {
    let home = Home::new();
    let told = || {
        let (ran, report) = of_scenario(&home, "token-scan");
        let changes = report["watched"]["changes"].as_array().unwrap();
        let of =
            |change: &Value| format!("{} {} {}", change["at"], change["rule"], change["state"]);
        (ran.code, changes.iter().map(of).collect::<Vec<_>>())
    };
    let (code, once) = told();
    assert_eq!((code, told()), (0, (0, once)));
    // With another threshold, the alert does not come and the scenario says so.
    home.configure("[alerts.refusal_burst]\nminute = 100000\nten_minutes = 100000\n");
    let (ran, report) = of_scenario(&home, "token-scan");
    assert_eq!(
        (ran.code, &report["watched"]["counts"]["warning"]),
        (1, &0.into())
    );
    assert!(
        ran.err.contains("1 of the scenario's checks failed"),
        "{}",
        ran.err
    );
}

#[test]
fn what_only_a_server_of_its_own_can_do_is_refused_elsewhere() {
    let home = Home::new();
    let file = scenario("disk-full");
    let file = file.to_str().unwrap();
    let url = "http://127.0.0.1:1/scim/v2";
    for (args, expected) in [
        (
            &["--scenario", file, url, "--token", "t"][..],
            "`disk-full` happens to a server",
        ),
        (&["--scenario", file, url], "--token"),
        (
            &["okta", "--speed", "60"],
            "--speed is for a server that is named",
        ),
        (
            &["okta", "--other-token", "expired=x"],
            "--other-token is for a server that is named",
        ),
    ] {
        let (ran, _) = simulate(&home, args);
        assert_eq!(ran.code, 1, "{args:?}: {ran:?}");
        assert!(ran.err.contains(expected), "{args:?}: {}", ran.err);
    }
}
