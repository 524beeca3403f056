//! What the identity providers' own events do to accounts and to content, end to end: a group
//! unassigned, a person disabled, a person who stays in scope by another group.
//!
//! Each row is driven by the requests that Okta and Entra send for it.

use std::collections::BTreeMap;
use std::fs;

use serde_json::{Value, json};

use crate::client::{Client, group, patch_body, user};
use crate::daemon::{Daemon, Home};

/// A client and how it says that a person is to go.
#[derive(Clone, Copy, Debug)]
enum Idp {
    /// A custom Okta app: PUT for everything.
    OktaCustom,
    /// An Okta app of the catalogue: PATCH without a path.
    OktaCatalogue,
    /// Entra as it is by default: the string `False`.
    Entra,
    /// Entra with `aadOptscim062020` in the tenant URL.
    EntraFlagged,
    /// Entra when the account is deleted for good.
    EntraHard,
}

const ALL: [Idp; 5] = [
    Idp::OktaCustom,
    Idp::OktaCatalogue,
    Idp::Entra,
    Idp::EntraFlagged,
    Idp::EntraHard,
];

impl Idp {
    fn agent(self) -> (&'static str, &'static str) {
        let agent = match self {
            Self::OktaCustom | Self::OktaCatalogue => "Okta SCIM Client 1.0.0",
            _ => "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AzureAD/1.0",
        };
        ("user-agent", agent)
    }

    fn send(self, client: &mut Client, method: &str, path: &str, body: &Value) -> u16 {
        let path = match self {
            Self::EntraFlagged => format!("{path}?aadOptscim062020"),
            _ => path.to_owned(),
        };
        let text = body.to_string();
        let body = (!body.is_null()).then_some(text.as_bytes());
        client.send(method, &path, &[self.agent()], body).status
    }

    /// Takes a person away.
    fn deactivate(self, client: &mut Client, id: &str) {
        let path = format!("/Users/{id}");
        let (method, body) = match self {
            Self::OktaCustom => {
                // Okta reads the user, and sends all of it back.
                let mut body = client.get(&path).expect(200).json();
                body["active"] = false.into();
                ("PUT", body)
            }
            Self::OktaCatalogue => {
                let operation = json!([{ "op": "replace", "value": { "active": false } }]);
                ("PATCH", patch_body(&operation))
            }
            Self::Entra => {
                let operation = json!([{ "op": "Replace", "path": "active", "value": "False" }]);
                ("PATCH", patch_body(&operation))
            }
            Self::EntraFlagged => {
                let operation = json!([{ "op": "replace", "path": "active", "value": false }]);
                ("PATCH", patch_body(&operation))
            }
            Self::EntraHard => ("DELETE", Value::Null),
        };
        let status = self.send(client, method, &path, &body);
        assert_eq!(status, if body.is_null() { 204 } else { 200 }, "{self:?}");
    }

    /// Takes a person out of a group.
    fn leave(self, client: &mut Client, group: &str, id: &str) {
        let path = format!("/Groups/{group}");
        let named = format!("members[value eq \"{id}\"]");
        let (method, body) = match self {
            Self::OktaCustom => {
                let mut body = client.get(&path).expect(200).json();
                let members = body["members"].as_array_mut().unwrap();
                members.retain(|member| member["value"] != id);
                ("PUT", body)
            }
            Self::OktaCatalogue | Self::EntraFlagged => (
                "PATCH",
                patch_body(&json!([{ "op": "remove", "path": named }])),
            ),
            Self::Entra | Self::EntraHard => (
                "PATCH",
                patch_body(&json!([
                    { "op": "Remove", "path": "members", "value": [{ "value": id }] },
                ])),
            ),
        };
        let status = self.send(client, method, &path, &body);
        assert!(status == 200 || status == 204, "{self:?} {status}");
    }
}

/// Items by kind and owner.
fn content(home: &Home) -> BTreeMap<(String, String), usize> {
    let mut counts = BTreeMap::new();
    let listed = home.json(&["content", "list", "--limit", "1000"]);
    for item in listed.as_array().unwrap() {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let key = (text(&item["kind"]), text(&item["owner"]["user_name"]));
        *counts.entry(key).or_default() += 1;
    }
    counts
}

/// Three people in a group, each with items of the three kinds, and one of another group.
struct Company {
    people: Vec<String>,
    eng: String,
    ops: String,
}

fn company(daemon: &Daemon, client: &mut Client) -> Company {
    let names = [
        "ada@x.example",
        "bob@x.example",
        "cyd@x.example",
        "dan@x.example",
    ];
    let people: Vec<_> = names
        .map(|name| client.create("/Users", &user(name)))
        .into();
    let eng = client.create("/Groups", &group("Engineering", &people[..3]));
    let ops = client.create("/Groups", &group("Operations", &people[2..]));
    let mut lines = String::new();
    for (at, name) in names.iter().enumerate() {
        for (kind, count) in [("liveboard", 3), ("answer", 2), ("schedule", 1)] {
            for number in 0..count {
                let mut item = json!({
                    "kind": kind, "id": format!("{at}-{number}"), "title": kind, "owner": name,
                });
                if kind == "schedule" {
                    item["cron"] = "0 8 * * *".into();
                    item["recipients"] = json!([name, "partner@y.example"]);
                }
                lines.push_str(&item.to_string());
                lines.push('\n');
            }
        }
    }
    let file = daemon.home().data().join("../content.jsonl");
    fs::write(&file, lines).unwrap();
    daemon
        .home()
        .json(&["content", "import", file.to_str().unwrap()]);
    Company { people, eng, ops }
}

/// What each kind's owners are after `gone` of the people went.
fn expected(gone: &[usize]) -> BTreeMap<(String, String), usize> {
    let names = [
        "ada@x.example",
        "bob@x.example",
        "cyd@x.example",
        "dan@x.example",
    ];
    let mut counts = BTreeMap::new();
    for (at, name) in names.iter().enumerate() {
        let owner = if gone.contains(&at) { "tsadmin" } else { name };
        for (kind, count) in [("liveboard", 3), ("answer", 2), ("schedule", 1)] {
            *counts
                .entry((kind.to_owned(), owner.to_owned()))
                .or_default() += count;
        }
    }
    counts
}

fn check(daemon: &Daemon, client: &mut Client, company: &Company, gone: &[usize], row: &str) {
    for (at, id) in company.people.iter().enumerate() {
        let status = if gone.contains(&at) { 404 } else { 200 };
        assert_eq!(client.get(&format!("/Users/{id}")).status, status, "{row}");
    }
    assert_eq!(content(daemon.home()), expected(gone), "{row}");
    let records = daemon.home().json(&["deletions", "list"]);
    let records = records.as_array().unwrap();
    assert_eq!(records.len(), gone.len(), "{row}");
    for record in records {
        assert_eq!(
            (&record["state"], &record["heir"]["user_name"]),
            (&json!("deleted"), &json!("tsadmin")),
            "{row}"
        );
        assert_eq!(
            record["content"],
            json!({ "answer": 2, "liveboard": 3, "schedule": 1 }),
            "{row}"
        );
        assert!(!record["groups"].as_array().unwrap().is_empty(), "{row}");
    }
    let lines = daemon
        .home()
        .json(&["transfers", "list", "--limit", "1000"]);
    assert_eq!(lines.as_array().unwrap().len(), 6 * gone.len(), "{row}");
    // Every schedule that changed hands asks to be looked at, keeps when it runs, and goes to
    // everybody but the one who left.
    let schedules = daemon
        .home()
        .json(&["content", "list", "--kind", "schedule", "--verify"]);
    let schedules = schedules.as_array().unwrap();
    assert_eq!(schedules.len(), gone.len(), "{row}");
    for schedule in schedules {
        assert_eq!(schedule["schedule"]["cron"], "0 8 * * *");
        assert_eq!(
            schedule["schedule"]["recipients"],
            json!(["partner@y.example"])
        );
    }
}

#[test]
fn a_group_of_three_is_unassigned_and_three_accounts_are_gone() {
    for idp in ALL {
        let daemon = Daemon::start();
        let mut client = daemon.primary();
        let company = company(&daemon, &mut client);
        check(&daemon, &mut client, &company, &[], "before");
        for id in &company.people[..3] {
            idp.deactivate(&mut client, id);
        }
        let path = format!("/Groups/{}", company.eng);
        assert_eq!(idp.send(&mut client, "DELETE", &path, &Value::Null), 204);
        check(
            &daemon,
            &mut client,
            &company,
            &[0, 1, 2],
            &format!("{idp:?}"),
        );
        let ops = client.get(&format!("/Groups/{}", company.ops)).expect(200);
        assert_eq!(ops.json()["members"].as_array().unwrap().len(), 1);
    }
}

#[test]
fn a_person_who_is_disabled_while_in_scope_is_gone() {
    for idp in ALL {
        let daemon = Daemon::start();
        let mut client = daemon.primary();
        let company = company(&daemon, &mut client);
        idp.deactivate(&mut client, &company.people[1]);
        check(&daemon, &mut client, &company, &[1], &format!("{idp:?}"));
        // Enabled again it is a new account that owns nothing.
        let again = client.create("/Users", &user("bob@x.example"));
        assert_ne!(again, company.people[1]);
        assert_eq!(content(daemon.home()), expected(&[1]), "{idp:?}");
    }
}

#[test]
fn a_person_who_stays_in_scope_by_another_group_keeps_everything() {
    for idp in ALL {
        let daemon = Daemon::start();
        let mut client = daemon.primary();
        let company = company(&daemon, &mut client);
        let cyd = &company.people[2];
        idp.leave(&mut client, &company.eng, cyd);
        check(&daemon, &mut client, &company, &[], &format!("{idp:?}"));
        let read = client.get(&format!("/Users/{cyd}")).expect(200).json();
        assert_eq!(
            (&read["active"], read["groups"].as_array().unwrap().len()),
            (&json!(true), 1)
        );
        // Nor does leaving the last group, or the end of it, remove anybody.
        idp.leave(&mut client, &company.ops, cyd);
        let path = format!("/Groups/{}", company.eng);
        assert_eq!(idp.send(&mut client, "DELETE", &path, &Value::Null), 204);
        check(&daemon, &mut client, &company, &[], &format!("{idp:?}"));
    }
}
