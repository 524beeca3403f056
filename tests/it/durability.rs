//! `kill -9` under load: what was acknowledged is there afterwards, whole, and the chain of
//! events holds.
//!
//! (A killed process cannot show that a write reached the disk: the kernel keeps it. That is
//! shown where the store commits.)

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use serde_json::json;

use crate::client::{Client, NOBODY, group, patch_body, user};
use crate::daemon::Daemon;

const ROUNDS: u64 = 3;
const CLIENTS: u64 = 4;
/// Seed of all choices; a failure names its round.
const SEED: u64 = 0x5eed_2026;
/// Requests of one client in one round at most.
const MOST: usize = 4_000;

/// What one client was told.
#[derive(Default)]
struct Ledger {
    /// Acknowledged users: name by id.
    users: BTreeMap<String, String>,
    /// Acknowledged members of this client's own group.
    members: BTreeSet<String>,
    /// Acknowledged removals.
    removed: BTreeSet<String>,
    /// What a request without an answer may have done: nothing or all of it.
    doubt: Option<Doubt>,
}

enum Doubt {
    Create(String),
    Join(String),
    Leave(String),
    Remove(String),
}

/// Choices that can be repeated (`SplitMix64`).
struct Choice(u64);

impl Choice {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % most
    }

    fn one_of<'a>(&mut self, ids: impl ExactSizeIterator<Item = &'a String>) -> Option<String> {
        let mut ids = ids;
        let at = self.below((ids.len() as u64).max(1));
        ids.nth(usize::try_from(at).unwrap()).cloned()
    }
}

#[test]
fn nothing_acknowledged_is_lost_when_the_daemon_is_killed() {
    let mut daemon = Daemon::start();
    let (_, secret) = daemon.home().token("0");
    let mut groups = Vec::new();
    let mut ledgers = Vec::new();
    for number in 0..CLIENTS {
        let name = format!("Group {number}");
        groups.push(
            daemon
                .client(&secret)
                .create("/Groups", &group(&name, NOBODY)),
        );
        ledgers.push(Ledger::default());
    }
    let mut choice = Choice(SEED);
    for round in 0..ROUNDS {
        let enough = 60 + usize::try_from(choice.below(300)).unwrap();
        let done = AtomicUsize::new(0);
        let home = thread::scope(|scope| {
            for (ledger, group) in ledgers.iter_mut().zip(&groups) {
                let client = daemon.client(&secret);
                let choice = Choice(choice.below(u64::MAX));
                let done = &done;
                let prefix = format!("r{round}-{}", &group[24..]);
                scope.spawn(move || load(client, choice, ledger, group, &prefix, done));
            }
            while done.load(Ordering::Acquire) < enough {
                thread::yield_now();
            }
            // In the middle of whatever the clients are waiting for.
            daemon.kill()
        });
        daemon = home.start();
        let mut client = daemon.client(&secret);
        for (ledger, group) in ledgers.iter_mut().zip(&groups) {
            check(&mut client, ledger, group, round);
        }
        let report = daemon.home().json(&["events", "verify"]);
        assert_eq!(report["faults"], json!([]), "round {round}");
        // Each creation and each removal has its event.
        let least: usize = ledgers
            .iter()
            .map(|ledger| 1 + ledger.users.len() + 2 * ledger.removed.len())
            .sum();
        assert!(report["checked"].as_u64() >= Some(least as u64), "{report}");
        totals(&daemon, &mut client, &ledgers);
    }
}

/// Writes until the daemon is gone.
fn load(
    mut client: Client,
    mut choice: Choice,
    ledger: &mut Ledger,
    group: &str,
    prefix: &str,
    done: &AtomicUsize,
) {
    let members = |op: &str, id: &str| {
        let operation = match op {
            "add" => json!({ "op": "add", "path": "members", "value": [{ "value": id }] }),
            _ => json!({ "op": "remove", "path": format!("members[value eq \"{id}\"]") }),
        };
        patch_body(&json!([operation])).to_string()
    };
    for number in 0..MOST {
        let (doubt, method, path, body) = match choice.below(8) {
            0..4 => {
                let name = format!("{prefix}-{number}@example.com");
                let body = user(&name).to_string();
                (Doubt::Create(name), "POST", "/Users".to_owned(), Some(body))
            }
            4..6 => {
                let Some(id) = choice.one_of(ledger.users.keys()) else {
                    continue;
                };
                let body = members("add", &id);
                (
                    Doubt::Join(id),
                    "PATCH",
                    format!("/Groups/{group}"),
                    Some(body),
                )
            }
            6 => {
                let Some(id) = choice.one_of(ledger.members.iter()) else {
                    continue;
                };
                let body = members("remove", &id);
                (
                    Doubt::Leave(id),
                    "PATCH",
                    format!("/Groups/{group}"),
                    Some(body),
                )
            }
            _ => {
                let Some(id) = choice.one_of(ledger.users.keys()) else {
                    continue;
                };
                (
                    Doubt::Remove(id.clone()),
                    "DELETE",
                    format!("/Users/{id}"),
                    None,
                )
            }
        };
        let body = body.as_deref().map(str::as_bytes);
        let Ok(reply) = client.try_send(method, &path, &[], body) else {
            ledger.doubt = Some(doubt);
            return;
        };
        assert!(reply.status < 300, "{method} {path}: {}", reply.text());
        match doubt {
            Doubt::Create(name) => {
                let id = reply.json()["id"].as_str().unwrap().to_owned();
                ledger.users.insert(id, name);
            }
            Doubt::Join(id) => {
                ledger.members.insert(id);
            }
            Doubt::Leave(id) => {
                ledger.members.remove(&id);
            }
            Doubt::Remove(id) => {
                ledger.users.remove(&id);
                ledger.members.remove(&id);
                ledger.removed.insert(id);
            }
        }
        done.fetch_add(1, Ordering::Release);
    }
}

/// Everything acknowledged is there. What is in doubt happened whole or not at all, and is
/// acknowledged from now on.
fn check(client: &mut Client, ledger: &mut Ledger, group: &str, round: u64) {
    match ledger.doubt.take() {
        Some(Doubt::Create(name)) => {
            let filter = crate::client::encode(&format!("userName eq \"{name}\""));
            let found = client.get(&format!("/Users?filter={filter}")).expect(200);
            if let Some(id) = found.json()["Resources"][0]["id"].as_str() {
                ledger.users.insert(id.to_owned(), name);
            }
        }
        Some(Doubt::Join(id) | Doubt::Leave(id)) => {
            if members(client, group).contains(&id) {
                ledger.members.insert(id);
            } else {
                ledger.members.remove(&id);
            }
        }
        Some(Doubt::Remove(id)) if client.get(&format!("/Users/{id}")).status == 404 => {
            ledger.users.remove(&id);
            ledger.members.remove(&id);
            ledger.removed.insert(id);
        }
        Some(Doubt::Remove(_)) | None => {}
    }
    for (id, name) in &ledger.users {
        let reply = client.get(&format!("/Users/{id}"));
        assert_eq!(reply.status, 200, "round {round}: {name} is lost");
        let user = reply.json();
        assert_eq!(user["userName"], *name);
        let is_in = user["groups"].as_array().is_some_and(|all| !all.is_empty());
        assert_eq!(is_in, ledger.members.contains(id), "round {round}: {user}");
    }
    for id in &ledger.removed {
        let reply = client.get(&format!("/Users/{id}"));
        assert_eq!(reply.status, 404, "round {round}: {id} is back");
    }
    assert_eq!(members(client, group), ledger.members, "round {round}");
}

fn members(client: &mut Client, group: &str) -> BTreeSet<String> {
    let group = client.get(&format!("/Groups/{group}")).expect(200).json();
    let members = group["members"].as_array().into_iter().flatten();
    members
        .map(|member| member["value"].as_str().unwrap().to_owned())
        .collect()
}

/// The counts that are kept agree with what they count, and each removal has its record.
fn totals(daemon: &Daemon, client: &mut Client, ledgers: &[Ledger]) {
    let users: usize = ledgers.iter().map(|ledger| ledger.users.len()).sum();
    let listed = client.get("/Users?count=0").expect(200).json();
    assert_eq!(listed["totalResults"], users);
    let status = daemon.home().json(&["status"]);
    assert_eq!(status["users"], users);
    assert_eq!(status["groups"], ledgers.len());
    let removed: BTreeSet<_> = ledgers.iter().flat_map(|ledger| &ledger.removed).collect();
    let deletions = daemon
        .home()
        .json(&["deletions", "list", "--limit", "100000"]);
    let deletions = deletions.as_array().unwrap();
    let recorded: BTreeSet<String> = deletions
        .iter()
        .map(|deletion| deletion["user"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(deletions.len(), recorded.len());
    assert_eq!(recorded.iter().collect::<BTreeSet<_>>(), removed);
}
