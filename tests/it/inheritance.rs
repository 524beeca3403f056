//! `kill -9` while accounts are removed: an account is there with all it owns, or gone with all of
//! it at the heir and each item in the ledger; never in between.

use std::collections::BTreeMap;
use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::client::{Client, user};
use crate::daemon::Home;

/// How often the daemon is killed.
const ROUNDS: usize = 200;
/// Accounts of a round, and what each owns.
const PEOPLE: usize = 8;
const ITEMS: usize = 10;

#[test]
fn an_account_and_what_it_owns_go_together_or_not_at_all() {
    let home = Home::new();
    home.configure("[guard]\nenabled = false\n");
    let mut daemon = home.start();
    let (_, secret) = daemon.home().token("0");
    let (mut gone, mut cut) = (0, 0);
    for round in 0..ROUNDS {
        let mut client = daemon.client(&secret);
        let ids = people(&mut client, daemon.home(), round);
        let acknowledged = AtomicUsize::new(0);
        let home = thread::scope(|scope| {
            let daemon = daemon;
            scope.spawn(|| {
                for id in &ids {
                    let path = format!("/Users/{id}");
                    if client.try_send("DELETE", &path, &[], None).is_err() {
                        return;
                    }
                    acknowledged.fetch_add(1, Ordering::Release);
                }
            });
            // Later and later into the round, and at every place within a removal.
            let after = round * PEOPLE / ROUNDS;
            while acknowledged.load(Ordering::Acquire) < after {
                thread::yield_now();
            }
            thread::sleep(Duration::from_micros((round * 37 % 1_500) as u64));
            daemon.kill()
        });
        daemon = home.start();
        let mut client = daemon.client(&secret);
        let least = acknowledged.load(Ordering::Acquire);
        let removed = check(&mut client, daemon.home(), round, &ids);
        assert!(removed >= least, "round {round}: {removed} of {least}");
        gone += removed;
        cut += usize::from(removed < PEOPLE);
    }
    // The deaths came before, amid and after removals.
    assert!(gone > ROUNDS && cut > ROUNDS / 4, "{gone} {cut}");
    let report = daemon.home().json(&["events", "verify"]);
    assert_eq!(report["faults"], json!([]));
}

fn people(client: &mut Client, home: &Home, round: usize) -> Vec<String> {
    let mut lines = String::new();
    let ids = (0..PEOPLE).map(|number| {
        let name = format!("r{round}-{number}@x.example");
        for item in 0..ITEMS {
            let (kind, id) = (
                ["answer", "liveboard"][item % 2],
                format!("r{round}-{number}-{item}"),
            );
            let line =
                json!({ "kind": kind, "id": id, "title": format!("r{round}."), "owner": name });
            lines.push_str(&line.to_string());
            lines.push('\n');
        }
        client.create("/Users", &user(&name))
    });
    let ids = ids.collect();
    let file = home.data().join("../content.jsonl");
    fs::write(&file, lines).unwrap();
    home.json(&["content", "import", file.to_str().unwrap()]);
    ids
}

/// How many of the accounts are gone; whatever is gone is gone whole.
fn check(client: &mut Client, home: &Home, round: usize, ids: &[String]) -> usize {
    let list = |args: &[&str]| match home.json(args) {
        Value::Array(all) => all,
        other => panic!("{other}"),
    };
    let title = format!("r{round}.");
    let items = list(&["content", "list", "--title", &title, "--limit", "1000"]);
    assert_eq!(
        items.len(),
        PEOPLE * ITEMS,
        "round {round}: nothing is lost"
    );
    let mut owned: BTreeMap<&str, usize> = BTreeMap::new();
    for item in &items {
        *owned
            .entry(item["owner"]["user_name"].as_str().unwrap())
            .or_default() += 1;
    }
    let records = list(&[
        "deletions",
        "list",
        "--name",
        &format!("r{round}-"),
        "--limit",
        "100",
    ]);
    let lines = list(&["transfers", "list", "--limit", "200"]);
    let mut gone = 0;
    for (number, id) in ids.iter().enumerate() {
        let name = format!("r{round}-{number}@x.example");
        let there = client.get(&format!("/Users/{id}")).status == 200;
        let record = records.iter().find(|record| record["user"] == id.as_str());
        let owns = owned.get(name.as_str()).copied().unwrap_or(0);
        let moved = lines
            .iter()
            .filter(|line| line["from"]["id"] == id.as_str());
        let moved = moved.count();
        if there {
            assert_eq!(
                (record, owns, moved),
                (None, ITEMS, 0),
                "round {round}: {name}"
            );
        } else {
            gone += 1;
            assert!(record.is_some(), "round {round}: {name}");
            assert_eq!((owns, moved), (0, ITEMS), "round {round}: {name}");
        }
    }
    let heir = owned.get("tsadmin").copied().unwrap_or(0);
    assert_eq!(heir, gone * ITEMS, "round {round}");
    gone
}
