//! Applications are told of events: at least once and in order for each subject, whatever fails.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::client::{Client, user};
use crate::daemon::{Home, until};
use crate::receiver::{Got, Receiver};

pub const KEY: [u8; 32] = [7; 32];
/// Failures are tried again soon, so that tests need not wait.
pub const OUTBOUND: &str = "[outbound]\nallow_networks = [\"127.0.0.1\"]\nfirst_wait_ms = 20\n\
                        longest_wait_ms = 100\n";

/// A webhook `app` to that URL, with its secret in a file.
pub fn configure(home: &Home, url: &str, more: &str) {
    let secret = home.data().with_file_name("secret");
    fs::write(&secret, format!("whsec_{}\n", STANDARD.encode(KEY))).unwrap();
    home.configure(&format!(
        "{OUTBOUND}\n[[webhooks]]\nname = \"app\"\nurl = \"{url}\"\nsecret_file = \"{}\"\n{more}",
        secret.display()
    ));
}

/// What the daemon recorded about users: number and subject, oldest first.
pub fn recorded(home: &Home) -> Vec<(u64, String)> {
    let events = home.json(&[
        "events",
        "tail",
        "--limit",
        "10000",
        "--filter",
        "kind:user",
    ]);
    let events = events.as_array().unwrap().iter();
    let mut all: Vec<_> = events
        .map(|event| {
            let subject = event["subject"].as_str().unwrap().to_owned();
            (event["seq"].as_u64().unwrap(), subject)
        })
        .collect();
    all.sort();
    all
}

/// Whether a message is signed with that key.
pub fn is_signed(message: &Got, key: &[u8]) -> bool {
    let (id, at) = (
        message.header("webhook-id"),
        message.header("webhook-timestamp"),
    );
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(format!("{id}.{at}.{}", message.body).as_bytes());
    let signature = STANDARD.encode(mac.finalize().into_bytes());
    message.header("webhook-signature") == format!("v1,{signature}")
}

/// Checks each message's signature and that a message sent again is the same; returns the events in
/// the order of their first arrival, and how many messages came again.
pub fn told(got: &[Got]) -> (Vec<(u64, String)>, usize) {
    let mut first: HashMap<String, Got> = HashMap::new();
    let mut order = Vec::new();
    let mut again = 0;
    for message in got {
        let id = message.header("webhook-id");
        assert!(is_signed(message, &KEY));
        if let Some(before) = first.get(id) {
            assert_eq!(before.body, message.body);
            again += 1;
            continue;
        }
        let event = message.json();
        assert!(event["type"].as_str().unwrap().starts_with("user."));
        let subject = event["data"]["subject"].as_str().unwrap().to_owned();
        order.push((event["data"]["seq"].as_u64().unwrap(), subject));
        first.insert(id.to_owned(), message.clone());
    }
    (order, again)
}

/// Every event was told, and those about one user in their order.
pub fn complete_and_in_order(recorded: &[(u64, String)], order: &[(u64, String)]) {
    let numbers = |all: &[(u64, String)]| all.iter().map(|(seq, _)| *seq).collect::<BTreeSet<_>>();
    assert_eq!(numbers(order), numbers(recorded));
    let mut last: BTreeMap<&str, u64> = BTreeMap::new();
    for (seq, subject) in order {
        let before = last.insert(subject, *seq).unwrap_or(0);
        assert!(before < *seq, "{subject}: {seq} came after {before}");
    }
}

pub fn rename(client: &mut Client, id: &str, name: &str) {
    let change = json!([{ "op": "replace", "path": "displayName", "value": name }]);
    assert!(client.patch(&format!("/Users/{id}"), &change).status < 300);
}

pub fn free_port() -> SocketAddr {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap()
}

#[test]
fn a_receiver_that_was_dead_misses_nothing() {
    let addr = free_port();
    let home = Home::new();
    configure(
        &home,
        &format!("http://{addr}/hook"),
        "kinds = [\"user.*\"]\n[alerts.backlog]\nwarning_minutes = 0\n",
    );
    let daemon = home.start();
    let mut client = daemon.primary();
    for number in 0..10 {
        let id = client.create("/Users", &user(&format!("u{number}")));
        for name in ["a", "b"] {
            rename(&mut client, &id, name);
        }
    }
    let status = until("deliveries that fail", || {
        let found = daemon.home().json(&["deliveries", "list"]);
        (found["open"][0]["attempts"].as_u64() > Some(1)).then_some(found)
    });
    assert_eq!(status["webhooks"][0]["waiting"], 30);
    let why = status["open"][0]["error"].as_str().unwrap();
    assert!(why.contains("cannot connect"), "{why}");
    let backlog = || {
        let alerts = daemon.home().json(&["alerts", "list"]);
        let alerts = alerts.as_array().unwrap().iter();
        let state = |alert: &Value| alert["state"].as_str().unwrap().to_owned();
        let mut backlog = alerts.filter(|alert| alert["rule"] == "backlog");
        backlog.find(|alert| alert["subject"] == "app").map(state)
    };
    assert_eq!(backlog().as_deref(), Some("firing"));
    // The first requests after its return fail as well.
    let receiver = Receiver::answering(addr, |number, _| match number {
        0..4 => (503, "Retry-After: 0".to_owned()),
        _ => (200, String::new()),
    });
    until("all is told", || {
        let found = daemon.home().json(&["deliveries", "list"]);
        (found["webhooks"][0]["waiting"] == 0).then_some(())
    });
    until("the backlog is over", || {
        (backlog().as_deref() == Some("recovering")).then_some(())
    });
    let got = receiver.got();
    assert!(got.iter().all(|message| message.path == "/hook"));
    let (order, _) = told(&got[4..]);
    complete_and_in_order(&recorded(daemon.home()), &order);
    // Once it is stored that they were taken, a restart sends none of them again.
    let count = receiver.got().len();
    let daemon = daemon.stop().start();
    let mut client = daemon.primary();
    client.create("/Users", &user("last"));
    until("the next event", || {
        (receiver.got().len() > count).then_some(())
    });
    assert_eq!(told(&receiver.got()[4..]).1, 0);
}

#[test]
fn a_daemon_killed_in_the_middle_tells_everything_in_order() {
    // Answers so many, and keeps the others waiting.
    let open = Arc::new(AtomicUsize::new(0));
    let gate = Arc::clone(&open);
    let receiver = Receiver::answering("127.0.0.1:0".parse().unwrap(), move |number, _| {
        until("the gate opens", || {
            (number < gate.load(Ordering::Acquire)).then_some(())
        });
        (200, String::new())
    });
    let home = Home::new();
    configure(&home, &receiver.url(), "kinds = [\"user.*\"]\n");
    let mut daemon = home.start();
    let (_, secret) = daemon.home().token("0");
    let mut ids = Vec::new();
    for round in 0..3 {
        let mut client = daemon.client(&secret);
        for number in 0..30 {
            ids.push(client.create("/Users", &user(&format!("r{round}-{number}"))));
        }
        for id in &ids {
            rename(&mut client, id, &format!("round {round}"));
        }
        // Twenty more are taken, and one at least is under way.
        let enough = receiver.got().len() + 20;
        open.store(enough, Ordering::Release);
        until("some are told", || {
            (receiver.got().len() > enough).then_some(())
        });
        daemon = daemon.kill().start();
    }
    open.store(usize::MAX, Ordering::Release);
    until("all is told", || {
        let found = daemon.home().json(&["deliveries", "list"]);
        (found["webhooks"][0]["waiting"] == 0).then_some(())
    });
    let (order, again) = told(&receiver.got());
    let recorded = recorded(daemon.home());
    assert_eq!(recorded.len(), 90 + 30 + 60 + 90);
    complete_and_in_order(&recorded, &order);
    // At least once: what was under way, or not yet noted as taken, came again, but only in
    // another life of the daemon.
    let mut times: HashMap<String, usize> = HashMap::new();
    for message in receiver.got() {
        *times
            .entry(message.header("webhook-id").to_owned())
            .or_default() += 1;
    }
    let most = times.values().max().unwrap();
    assert!(*most <= 4, "one came {most} times");
    assert_eq!(times.values().sum::<usize>(), recorded.len() + again);
}

#[test]
fn what_alone_is_not_taken_is_given_up_and_replayed() {
    let receiver = Receiver::answering("127.0.0.1:0".parse().unwrap(), |number, got| {
        // Nobody is renamed to `bad`, for a while.
        if got.body.contains("\"bad\"") && number < 40 {
            (500, String::new())
        } else {
            (200, String::new())
        }
    });
    let home = Home::new();
    configure(&home, &receiver.url(), "kinds = [\"user.*\"]\n");
    let daemon = home.start();
    let mut client = daemon.primary();
    let id = client.create("/Users", &user("ada"));
    rename(&mut client, &id, "bad");
    rename(&mut client, &id, "good");
    let mut number = 0;
    let failed = until("it is given up", || {
        // Others are taken meanwhile.
        client.create("/Users", &user(&format!("u{number}")));
        number += 1;
        let found = daemon.home().json(&["deliveries", "list"]);
        let open = found["open"].as_array().unwrap().clone();
        open.into_iter().find(|it| it["state"] == "failed")
    });
    assert_eq!(
        (&failed["subject"], &failed["error"]),
        (&json!(id), &json!("answered 500"))
    );
    until("others are enough", || {
        client.create("/Users", &user(&format!("u{number}")));
        number += 1;
        (receiver.got().len() > 40).then_some(())
    });
    let good = |got: &[Got]| got.iter().any(|it| it.body.contains("\"good\""));
    assert!(
        !good(&receiver.got()),
        "a later state came before an earlier one"
    );
    let event = failed["event"].to_string();
    let rehearsed = daemon
        .home()
        .json(&["deliveries", "replay", &event, "--dry-run"]);
    assert_eq!(rehearsed.as_array().unwrap().len(), 1);
    let again = daemon.home().json(&["deliveries", "replay", &event]);
    assert_eq!(again[0]["event"], failed["event"]);
    until("both are told", || good(&receiver.got()).then_some(()));
    let found = until("nothing is open", || {
        let found = daemon.home().json(&["deliveries", "list"]);
        (found["open"] == json!([])).then_some(found)
    });
    assert_eq!(found["webhooks"][0]["failed"], 0);
}

#[test]
fn applications_read_wait_for_and_follow_the_events_of_their_org() {
    let home = Home::new();
    home.configure("api_listen = \"127.0.0.1:0\"\n");
    let daemon = home.start();
    let (_, mut other) = daemon.org("sales");
    let mut client = daemon.primary();
    let ada = client.create("/Users", &user("ada"));
    other.create("/Users", &user("eve"));
    let status = daemon.home().json(&["status"]);
    let url = status["api_url"].as_str().unwrap();
    let addr = url
        .trim_start_matches("http://")
        .trim_end_matches("/api/v1");
    let addr: SocketAddr = addr.parse().unwrap();
    let issued = daemon
        .home()
        .json(&["token", "create", "--kind", "application", "--org", "0"]);
    let secret = issued["secret"].as_str().unwrap();
    let mut application = Client::new(addr, "/api/v1", secret);
    let subjects = |events: &Value| -> Vec<(String, Value)> {
        let events = events.as_array().unwrap().iter();
        events
            .map(|event| {
                let kind = event["kind"].as_str().unwrap().to_owned();
                (kind, event["subject"].clone())
            })
            .collect()
    };
    // Of its own Org, and nothing of tokens and operators.
    let all = application.get("/events?after=0").expect(200).json();
    assert_eq!(subjects(&all), [("user-created".to_owned(), json!(ada))]);
    let last = all[0]["seq"].as_u64().unwrap();
    for (query, status) in [
        ("?org=1", 403),
        ("?filter=kind:token-created", 403),
        ("?kind=nothing", 400),
    ] {
        let reply = application.get(&format!("/events{query}"));
        assert_eq!(reply.status, status, "{query}: {}", reply.text());
    }
    application.get("/events/verify").expect(404);
    let mut stranger = Client::new(addr, "/api/v1", "nothing");
    stranger.get("/events").expect(401);
    // A read that waits ends with the next event, not with its time.
    let waiting = thread::spawn({
        let secret = secret.to_owned();
        move || {
            let mut application = Client::new(addr, "/api/v1", &secret);
            application
                .get(&format!("/events?after={last}&wait=25"))
                .expect(200)
                .json()
        }
    });
    other.create("/Users", &user("mallory"));
    let bob = client.create("/Users", &user("bob"));
    let came = waiting.join().unwrap();
    assert_eq!(subjects(&came), [("user-created".to_owned(), json!(bob))]);
    // A stream goes on from any position.
    let mut stream = crate::operators_stream::Stream::open_at(
        addr,
        "/api/v1/events/stream",
        secret,
        "?after=0",
        "",
    );
    let seen: Vec<_> = (0..2)
        .map(|_| stream.event().unwrap().data["subject"].clone())
        .collect();
    assert_eq!(seen, [json!(ada), json!(bob)]);
    let revoked = issued["token"]["id"].as_str().unwrap();
    daemon.home().json(&["token", "revoke", revoked, "--yes"]);
    assert_eq!(stream.event().unwrap().kind, "error");
    assert_eq!(stream.event(), None);
}
