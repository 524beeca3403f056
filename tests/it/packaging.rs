//! What is packaged for Prometheus and Grafana against what the server exposes: every metric and
//! every label that is named there is one.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::client::Client;
use crate::daemon::until;
use crate::exposition::Exposition;
use crate::metrics::of;
use crate::operators::daemon;

fn packaged(file: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    fs::read_to_string(root.join("packaging").join(file)).unwrap()
}

/// An exposition in which every metric has a sample.
fn whole() -> Exposition {
    let (daemon, _) = daemon("[[sinks]]\nname = \"journal\"\ntype = \"log\"\n");
    let mut client = daemon.primary();
    client.create("/Users", &json!({ "userName": "ada@example.com" }));
    Client::new(daemon.addr, "", "x").get("/scim/v2/Users");
    until("both are counted", || {
        let read = of(daemon.home());
        (read.sum("scimtop_http_requests_total", &[]) > 1.5).then_some(read)
    })
}

/// The expressions of the rules.
fn rules() -> Vec<String> {
    let text = packaged("prometheus/scimtop.rules.yml");
    let rules = text.split("expr: |\n").skip(1);
    let inside = |line: &&str| line.starts_with("          ");
    rules
        .map(|rule| {
            rule.lines()
                .take_while(inside)
                .collect::<Vec<_>>()
                .join("\n")
        })
        .collect()
}

/// The expressions of the dashboard.
fn panels() -> Vec<String> {
    fn gather(value: &Value, into: &mut Vec<String>) {
        match value {
            Value::Object(members) => {
                for (name, member) in members {
                    match member.as_str() {
                        Some(text) if ["expr", "query"].contains(&name.as_str()) => {
                            into.push(text.to_owned());
                        }
                        _ => gather(member, into),
                    }
                }
            }
            Value::Array(items) => items.iter().for_each(|item| gather(item, into)),
            _ => {}
        }
    }
    let dashboard = serde_json::from_str(&packaged("grafana/scimtop.json")).unwrap();
    let mut found = Vec::new();
    gather(&dashboard, &mut found);
    found
}

/// The metrics that an expression names, each with the labels that it selects by.
fn named(expression: &str) -> Vec<(&str, BTreeSet<&str>)> {
    let letter = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
    let mut found = Vec::new();
    for (at, _) in expression.match_indices("scimtop_") {
        let rest = &expression[at..];
        let end = rest.find(|c| !letter(c)).unwrap_or(rest.len());
        let mut labels = BTreeSet::new();
        if let Some(inside) = rest[end..].strip_prefix('{') {
            // A quoted value holds no brace here.
            let selector = inside.split('}').next().unwrap();
            for matcher in selector.split(", ").flat_map(|part| part.split("\",")) {
                let name = matcher.split(['=', '!']).next().unwrap().trim();
                labels.insert(name);
            }
        }
        found.push((&rest[..end], labels));
    }
    found
}

#[test]
fn every_metric_and_label_in_rules_and_dashboard_exists() {
    let exposed = whole();
    let names = exposed.names();
    let (rules, panels) = (rules(), panels());
    assert!(rules.len() > 20 && panels.len() > 20);
    let mut used = BTreeSet::new();
    for expression in rules.iter().chain(&panels) {
        for (name, labels) in named(expression) {
            assert!(names.contains(name), "{name} in {expression}");
            let known = exposed.labels(name);
            for label in labels {
                // What Prometheus adds itself.
                assert!(
                    label == "instance" || known.contains(label),
                    "{name} has no {label}: {expression}"
                );
            }
            used.insert(name);
        }
    }
    assert!(used.len() > 15, "{used:?}");
    // Thresholds of latency are bounds of the histogram.
    let buckets = "scimtop_http_request_duration_seconds_bucket";
    for bound in ["0.3", "0.5"] {
        assert!(
            rules
                .iter()
                .any(|rule| rule.contains(&format!("le=\"{bound}\"")))
        );
        assert!(exposed.sum(buckets, &[("le", bound)]) > 0.5, "{bound}");
    }
}

#[test]
fn the_operators_manual_lists_every_metric() {
    let manual = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/OPERATIONS.md");
    let manual = fs::read_to_string(manual).unwrap();
    for name in whole().names() {
        let family = ["_bucket", "_sum", "_count"]
            .iter()
            .find_map(|suffix| name.strip_suffix(suffix))
            .unwrap_or(name);
        assert!(manual.contains(&format!("`{family}`")), "{family}");
    }
}
