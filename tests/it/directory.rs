//! What operators see of the directory: lists, one user or group, and every change with its cause.

use std::fs;

use serde_json::{Value, json};

use crate::client::{group, user};
use crate::daemon::{Daemon, Home, until};

fn kinds(events: &Value) -> Vec<&str> {
    let events = events.as_array().unwrap().iter();
    events
        .map(|event| event["kind"].as_str().unwrap())
        .collect()
}

fn names(list: &Value, key: &str) -> Vec<String> {
    let lines = list.as_array().unwrap().iter();
    lines
        .map(|line| line[key].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn users_and_groups_are_listed_found_and_shown() {
    let daemon = Daemon::start();
    let (mut client, home) = (daemon.primary(), daemon.home());
    let mut ids = Vec::new();
    for number in 0..120 {
        let mut body = user(&format!("u{number}@x.example"));
        body["externalId"] = format!("00u{number}").into();
        body["displayName"] = format!("Person {number}").into();
        ids.push(client.create("/Users", &body));
    }
    let team = client.create("/Groups", &group("R&D / \"Core\"", &ids[..3]));
    client.create("/Groups", &group("Outer", &[&team]));
    home.json(&["roles", "create", "Analyst", "--privilege", "DEVELOPER"]);
    home.json(&["roles", "grant", "Analyst", "--group", "Outer"]);

    let all = home.json(&["users", "list", "--limit", "110"]);
    let all = names(&all, "user_name");
    assert_eq!(
        (all.len(), all[0].as_str(), all[109].as_str()),
        (110, "u0@x.example", "u109@x.example")
    );
    for (filter, found) in [
        ("userName eq \"U7@X.example\"", 1),
        ("externalId sw \"00u11\"", 11),
        ("active eq false", 0),
        // Words, in any of the names: "person 11", and the ten of which it is the beginning.
        ("person 11", 11),
        ("00u119", 1),
        ("00U119 PERSON", 1),
        ("X.EXAMPLE", 100),
        ("nobody", 0),
    ] {
        let list = home.json(&["users", "list", "--filter", filter]);
        assert_eq!(list.as_array().unwrap().len(), found, "{filter}");
    }
    for (sort, way, first) in [
        ("name", None, "u0@x.example"),
        ("name", Some("--reverse"), "u9@x.example"),
        ("created", Some("--reverse"), "u119@x.example"),
        ("display", None, "u0@x.example"),
    ] {
        let args = ["users", "list", "--limit", "105", "--sort", sort];
        let args: Vec<&str> = args.into_iter().chain(way).collect();
        let list = names(&home.json(&args), "user_name");
        assert_eq!((list.len(), list[0].as_str()), (105, first), "{args:?}");
    }
    let wrong = home.scimtop(&["users", "list", "--filter", "userName eq"]);
    assert_eq!((wrong.code, wrong.out.as_str()), (1, ""), "{wrong:?}");
    assert!(wrong.err.contains("filter") && wrong.err.contains("character 12"));
    let some = home.scimtop(&["users", "list", "--limit", "119"]).out;
    assert!(some.contains("There are more"), "{some}");
    let every = home.scimtop(&["users", "list", "--limit", "120"]).out;
    assert_eq!(every.lines().count(), 121, "{every}");
    let listed = home.json(&["groups", "list", "--filter", "core"]);
    assert_eq!(names(&listed, "display_name"), ["R&D / \"Core\""]);

    for which in [ids[0].as_str(), "U0@X.EXAMPLE", "00u0"] {
        let shown = home.json(&["users", "show", which]);
        assert_eq!(shown["line"]["id"], ids[0].as_str());
        assert_eq!(
            (&shown["line"]["groups"], &shown["roles"]),
            (&json!(1), &json!(["Analyst"]))
        );
        assert_eq!(shown["resource"]["groups"].as_array().unwrap().len(), 2);
        assert_eq!(shown["heir"]["user_name"], "tsadmin");
    }
    let shown = home.json(&["groups", "show", "r&d / \"core\""]);
    assert_eq!(
        (
            &shown["line"]["members"],
            shown["members"].as_array().unwrap().len()
        ),
        (&json!(3), 3)
    );
    let outer = home.json(&["groups", "show", "Outer"]);
    assert_eq!(outer["line"]["roles"], json!([["Analyst", "operator"]]));
    let none = home.scimtop(&["users", "show", "nobody"]);
    assert_eq!((none.code, none.out.as_str()), (1, ""));
    // For people.
    let table = home.scimtop(&["users", "show", "u0@x.example"]).out;
    assert!(table.contains("R&D / \"Core\", Outer (nested)"), "{table}");
    // Another Org has users of its own.
    let (_, mut other) = daemon.org("other");
    other.create("/Users", &user("u0@x.example"));
    let listed = home.json(&["users", "list", "--org", "other"]);
    assert_eq!(names(&listed, "user_name"), ["u0@x.example"]);
    let shown = home.json(&["users", "show", "u0@x.example", "--org", "other"]);
    assert_eq!(shown["other_orgs"], json!([0]));
}

#[test]
fn a_history_tells_everything_from_create_to_come_back() {
    let daemon = Daemon::start();
    let (mut client, home) = (daemon.primary(), daemon.home());
    home.json(&["org", "policy", "0", "hold"]);
    let mut body = user("ada@x.example");
    body["externalId"] = "00uada".into();
    let ada = client.create("/Users", &body);
    let path = format!("/Users/{ada}");
    let title = json!([{ "op": "replace", "path": "title", "value": "Countess" }]);
    client.patch(&path, &title).expect(200);
    let team = client.create("/Groups", &group("Team", &[&ada]));
    let short = client.create("/Groups", &group("Short", &[&ada]));
    client.delete(&format!("/Groups/{short}")).expect(204);
    client.delete(&path).expect(204);
    let seq = home.json(&["deletions", "list"])[0]["seq"].to_string();
    home.json(&["deletions", "restore", &seq]);
    let remove = json!([{ "op": "remove", "path": format!("members[value eq \"{ada}\"]") }]);
    client
        .patch(&format!("/Groups/{team}"), &remove)
        .expect(204);
    client.delete(&path).expect(204);

    // Requests are recorded a moment after their answers.
    let patched = format!("PATCH /scim/v2/Groups/{team}");
    until("a history tells of the last requests", || {
        let table = home.scimtop(&["users", "history", &ada]).out;
        let lines = table.lines().filter(|line| line.contains(&patched));
        let told = lines.count() == 1 && table.matches("DELETE /scim/v2/Users").count() == 2;
        told.then_some(())
    });
    // By its name too, although it is gone.
    for which in ["ada@x.example", ada.as_str()] {
        let events = home.json(&["users", "history", which]);
        assert_eq!(
            kinds(&events),
            [
                "user-created",
                "user-patched",
                "group-created",
                "group-created",
                "group-deleted",
                "user-held",
                "user-restored",
                "members-changed",
                "user-held",
            ],
            "{which}"
        );
        let held = &events[5];
        let request = home.json(&["requests", "show", held["request"].as_str().unwrap()]);
        assert_eq!(
            (&request["method"], &held["cause"]),
            (&json!("DELETE"), &json!("delete"))
        );
        assert_eq!(events[6]["actor"]["kind"], "operator");
    }
    let table = home.scimtop(&["users", "history", "ada@x.example"]).out;
    for words in [
        "title – → Countess",
        "joined",
        "left",
        "left Team",
        "memberships 1",
        "POST /scim/v2/Users",
    ] {
        assert!(table.contains(words), "{words}: {table}");
    }
    let page = home.json(&["users", "history", &ada, "--after", "1", "--limit", "2"]);
    assert_eq!(page.as_array().unwrap().len(), 2);
    let team = home.json(&["groups", "history", "Team"]);
    assert_eq!(
        kinds(&team),
        [
            "group-created",
            "user-held",
            "user-restored",
            "members-changed"
        ]
    );
    let short = home.json(&["groups", "history", "short"]);
    assert_eq!(kinds(&short), ["group-created", "group-deleted"]);

    // The same externalId brings it back, and its history goes on.
    assert_eq!(client.create("/Users", &body), ada);
    let events = home.json(&["users", "history", "ada@x.example"]);
    assert_eq!(kinds(&events).last(), Some(&"user-returned"));
    assert_eq!(home.scimtop(&["groups", "history", "never"]).code, 1);
}

/// Every file below the data directory that holds one of these words.
fn holding(home: &Home, words: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(home.data()).unwrap() {
        let path = entry.unwrap().path();
        if !path.is_file() {
            continue;
        }
        let bytes = fs::read(&path).unwrap();
        for word in words {
            if bytes.windows(word.len()).any(|at| at == word.as_bytes()) {
                found.push(format!("{} in {}", word, path.display()));
            }
        }
    }
    found
}

#[test]
fn a_purge_leaves_nothing_of_a_person_in_any_file() {
    let daemon = Daemon::start();
    let (mut client, home) = (daemon.primary(), daemon.home());
    home.json(&["org", "policy", "0", "hold"]);
    let bob = client.create("/Users", &user("bob@x.example"));
    let mut body = user("canary.name@x.example");
    body["externalId"] = "canary-external".into();
    body["displayName"] = "Canary Display".into();
    body["emails"] = json!([{ "value": "canary.mail@x.example" }]);
    body["title"] = "Canary Title".into();
    let id = client.create("/Users", &body);
    let path = format!("/Users/{id}");
    let renamed = json!([{ "op": "replace", "path": "displayName", "value": "Canary Renamed" }]);
    client.patch(&path, &renamed).expect(200);
    let filter = crate::client::encode("userName eq \"canary.name@x.example\"");
    client.get(&format!("/Users?filter={filter}")).expect(200);
    let team = client.create("/Groups", &group("Team", &[&id, &bob]));
    let list = home.data().join("../content.jsonl");
    let line = json!({
        "kind": "schedule", "id": "1", "title": "Weekly", "owner": "canary.name@x.example",
        "cron": "0 8 * * 1", "recipients": ["canary.mail@x.example", "bob@x.example"],
    });
    fs::write(&list, line.to_string()).unwrap();
    home.json(&["content", "import", list.to_str().unwrap()]);
    client.delete(&path).expect(204);
    let seq = home.json(&["deletions", "list"])[0]["seq"].to_string();
    let words = [
        "canary.name",
        "canary-external",
        "Canary Display",
        "canary.mail",
        "Canary Title",
        "Canary Renamed",
    ];
    assert!(
        !holding(home, &words).is_empty(),
        "what is to be erased is there"
    );
    let purged = home.json(&["deletions", "purge", &seq, "--yes"]);
    assert_eq!(
        (&purged["deleted"], &purged["erased"]),
        (&json!(1), &json!(1))
    );

    let mut number = 0;
    until("the files hold nothing of it", || {
        // The logs are emptied as soon as no reader is in the way, at the next write.
        number += 1;
        client.create("/Users", &user(&format!("other-{number}@x.example")));
        holding(home, &words).is_empty().then_some(())
    });
    assert_eq!(home.json(&["events", "verify"])["faults"], json!([]));
    let history = home.json(&["users", "history", &id]);
    assert!(!history.as_array().unwrap().is_empty());
    assert!(!history.to_string().to_lowercase().contains("canary"));
    // The item is with the heir, who sends it to the others only.
    let item = home.json(&["content", "list"]);
    assert_eq!(item[0]["owner"]["user_name"], "tsadmin");
    assert_eq!(item[0]["schedule"]["recipients"], json!(["bob@x.example"]));
    let read = client.get(&format!("/Groups/{team}")).expect(200).json();
    assert_eq!(read["members"].as_array().unwrap().len(), 1);
    let home = daemon.stop();
    assert_eq!(holding(&home, &words), Vec::<String>::new());
}

#[test]
fn names_that_mean_several_are_refused_and_hostile_ones_are_made_visible() {
    let daemon = Daemon::start();
    let home = daemon.home();
    let (mut okta, mut entra) = (daemon.primary(), daemon.primary());
    let body = |name: &str, external_id: &str| {
        let mut body = user(name);
        body["externalId"] = external_id.into();
        body
    };
    okta.create("/Users", &body("ada@x.example", "7"));
    entra.create("/Users", &body("bob@x.example", "7"));
    let mut hostile = body("\u{202e}cyd\u{9b}2J", "8");
    hostile["displayName"] = "\u{1b}]0;owned\u{7}".into();
    okta.create("/Users", &hostile);
    let both = home.json(&["users", "list", "--filter", "externalId eq \"7\""]);
    assert_eq!(
        names(&both, "user_name"),
        ["ada@x.example", "bob@x.example"]
    );
    for args in [
        &["users", "show", "7"][..],
        &["users", "history", "7"],
        &["users", "access", "7"],
        &["impact", "user", "7"],
        &["org", "policy", "0", "--heir", "7"],
    ] {
        let refused = home.scimtop(args);
        assert_eq!(refused.code, 5, "{refused:?}");
        assert!(refused.err.contains("ambiguous"), "{refused:?}");
    }
    for args in [
        &["users", "list"][..],
        &["users", "show", "8"],
        &["users", "history", "8"],
    ] {
        let shown = home.scimtop(args);
        assert_eq!(shown.code, 0, "{shown:?}");
        let raw = |c: char| "\u{202e}\u{9b}\u{1b}\u{7}".contains(c);
        assert!(
            shown.out.contains("cyd") && !shown.out.contains(raw),
            "{shown:?}"
        );
    }
    let org = home.json(&[
        "org",
        "policy",
        "0",
        "--heir",
        "manager",
        "--heir",
        "ADA@x.example",
    ]);
    let ada = home.json(&["users", "show", "ada@x.example"]);
    assert_eq!(org["heirs"].as_array().unwrap().len(), 2);
    let bob = home.json(&["users", "show", "bob@x.example"]);
    assert_eq!(bob["heir"]["id"], ada["line"]["id"]);
}
