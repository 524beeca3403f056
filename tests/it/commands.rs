//! Commands, with the daemon running and without: what they print, and how they end.

use std::collections::BTreeSet;
use std::fs;

use serde_json::{Value, json};

use crate::client::user;
use crate::daemon::{Daemon, Home, until};

const STATUS: &str = "version started now api_url ops_url base_url data_dir orgs users groups removals_hour \
    removals_day removals_week exchanges exchanges_dropped";
const ORG: &str = "id name scim_enabled policy dialect created users groups hold_days heirs";
const TOKEN: &str = "id org lineage label hint created expires revoked successor last_used kind";
const EVENT: &str = "seq at org kind actor subject request cause detail hash";
const DELETION: &str = "seq at org user user_name external_id signal actor request groups snapshot batch \
    content counted heir roles settled state until";

#[track_caller]
fn has_keys(value: &Value, keys: &str) {
    let found: BTreeSet<&str> = value
        .as_object()
        .unwrap_or_else(|| panic!("no object: {value}"))
        .keys()
        .map(String::as_str)
        .collect();
    assert_eq!(found, keys.split_whitespace().collect());
}

/// The lines of a command that prints one JSON value a line.
fn json_lines(home: &Home, args: &[&str]) -> Vec<Value> {
    let mut args = args.to_vec();
    args.push("--json");
    let ran = home.scimtop(&args);
    assert_eq!(ran.code, 0, "{args:?}: {ran:?}");
    ran.out
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// What holds with a daemon and without.
fn shapes(home: &Home) {
    has_keys(&home.json(&["status"]), STATUS);
    let name = format!(
        "org-{}",
        home.json(&["org", "list"]).as_array().unwrap().len()
    );
    let org = home.json(&["org", "create", &name]);
    has_keys(&org, ORG);
    assert_eq!(
        (
            &org["name"],
            &org["scim_enabled"],
            &org["policy"],
            &org["dialect"]
        ),
        (
            &json!(name),
            &json!(false),
            &json!("delete"),
            &json!("auto")
        )
    );
    let changed = home.json(&["org", "policy", &name, "suspend"]);
    assert_eq!(changed["policy"], "suspend");
    let changed = home.json(&["org", "dialect", &name, "strict"]);
    assert_eq!(changed["dialect"], "strict");
    let number = org["id"].to_string();
    let changed = home.json(&["org", "enable-scim", &number]);
    assert_eq!(changed["scim_enabled"], true);
    assert_eq!(home.json(&["org", "show", &name.to_uppercase()]), changed);
    assert!(
        home.json(&["org", "list"])
            .as_array()
            .unwrap()
            .contains(&changed)
    );

    let issued = home.json(&["token", "create", "--org", &name, "--label", "okta-prod"]);
    has_keys(&issued, "token secret");
    has_keys(&issued["token"], TOKEN);
    assert_eq!(issued["token"]["label"], "okta-prod");
    let listed = home.json(&["token", "list", "--org", &name]);
    assert_eq!(listed, json!([issued["token"]]));

    let events = home.json(&["events", "tail", "--org", &name]);
    let kinds: Vec<_> = events
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["kind"].clone())
        .collect();
    let expected = [
        "org-created",
        "org-changed",
        "org-changed",
        "org-changed",
        "token-created",
    ];
    assert_eq!(kinds, expected);
    events
        .as_array()
        .unwrap()
        .iter()
        .for_each(|event| has_keys(event, EVENT));
    has_keys(
        &home.json(&["events", "verify"]),
        "checked range head faults",
    );
    assert!(home.json(&["deletions", "list"]).is_array());
    assert_eq!(home.json(&["config", "check"]), json!({ "ok": true }));
    assert!(home.json(&["config", "show"])["listen"].is_string());

    // The same for people.
    for (args, words) in [
        (&["status"][..], &["daemon", "base URL", "removals"][..]),
        (&["org", "list"], &["ORG", "NAME", "Primary"]),
        (&["org", "show", "0"], &["policy", "delete"]),
        (
            &["token", "list"],
            &["TOKEN", "okta-prod", "active", "never"],
        ),
        (&["events", "tail"], &["EVENT", "org-created"]),
        (&["events", "verify"], &["checked", "head"]),
        (&["deletions", "list"], &["DELETION", "SIGNAL"]),
        (&["config", "check"], &["fine"]),
        (&["config", "show"], &["KEY", "listen", "data_dir"]),
    ] {
        let ran = home.scimtop(args);
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{args:?}");
        for word in words {
            assert!(ran.out.contains(word), "{args:?}: {}", ran.out);
        }
    }
}

#[test]
fn shapes_with_a_daemon_and_without() {
    let home = Home::new();
    shapes(&home);
    assert_eq!(home.json(&["status"])["started"], Value::Null);
    let before = home.json(&["org", "list"]);
    let daemon = home.start();
    assert!(daemon.home().json(&["status"])["started"].is_string());
    assert_eq!(daemon.home().json(&["org", "list"]), before);
    shapes(daemon.home());
    let home = daemon.stop();
    assert_eq!(home.json(&["org", "list"]).as_array().unwrap().len(), 3);
}

/// Ends that are the same with a daemon and without.
fn ends(home: &Home) {
    let (token, _) = home.token("0");
    home.json(&["token", "revoke", &token, "--yes"]);
    let (live, _) = home.token("0");
    for (code, args) in [
        (0, &["--help"][..]),
        (0, &["--version"]),
        (0, &["token", "create", "--help"]),
        (1, &["org", "show", "nobody"]),
        (1, &["org", "policy", "nobody", "delete"]),
        (1, &["org", "create", "7"]),
        (1, &["org", "create", "a b"]),
        (1, &["token", "create", "--org", "nobody"]),
        (1, &["token", "create", "--label", " "]),
        (1, &["token", "create", "--for", "200d"]),
        (1, &["token", "create", "--expires", "2999-01-01"]),
        (1, &["token", "create", "--expires", "2020-01-01"]),
        (1, &["token", "rotate", "tok_00000000"]),
        (1, &["token", "rotate", &live, "--overlap", "31d"]),
        (1, &["token", "revoke", "tok_00000000", "--yes"]),
        (1, &["token", "revoke", &live]),
        (1, &["requests", "show", "1"]),
        (1, &["requests", "curl", "no-such-request"]),
        (1, &["requests", "list", "--filter", "status>=x"]),
        (1, &["events", "tail", "--org", "nobody"]),
        (2, &["nosuch"]),
        (2, &["org"]),
        (2, &["org", "policy", "0", "burn"]),
        (2, &["token", "revoke", "scimtop_x"]),
        (2, &["token", "create", "--for", "x"]),
        (
            2,
            &["token", "create", "--for", "1d", "--expires", "2027-01-01"],
        ),
        (2, &["events", "tail", "--kind", "nosuch"]),
        (2, &["--no-tui", "status"]),
        (2, &["status", "--nosuch"]),
        (5, &["org", "create", "PRIMARY"]),
        (5, &["token", "rotate", &token]),
    ] {
        let ran = home.scimtop(args);
        assert_eq!(ran.code, code, "{args:?}: {ran:?}");
        assert_eq!(ran.err.is_empty(), code == 0, "{args:?}: {ran:?}");
        assert!(code == 0 || ran.out.is_empty(), "{args:?}: {ran:?}");
    }
    let listed = home.json(&["token", "list"]);
    let mut listed = listed.as_array().unwrap().iter();
    let kept = listed.find(|one| one["id"] == live).unwrap();
    assert_eq!(
        (&kept["revoked"], &kept["successor"]),
        (&Value::Null, &Value::Null)
    );
}

#[test]
fn exit_codes_are_the_same_with_a_daemon_and_without() {
    let home = Home::new();
    ends(&home);
    let attach = home.scimtop(&["attach"]);
    assert_eq!(attach.code, 3, "{attach:?}");
    assert!(attach.err.contains("no daemon runs"), "{attach:?}");
    let daemon = home.start();
    ends(daemon.home());
    // A second daemon does not get the store, nor does a command that finds no socket.
    let second = daemon
        .home()
        .scimtop(&["serve", "--no-tui", "--listen", "127.0.0.1:0"]);
    assert_eq!(second.code, 3, "{second:?}");
    fs::remove_file(daemon.home().data().join("scimtop.sock")).unwrap();
    let status = daemon.home().scimtop(&["status"]);
    assert_eq!(status.code, 3, "{status:?}");
}

#[test]
fn a_dry_run_says_what_it_would_do_and_changes_nothing() {
    let daemon = Daemon::start();
    let home = daemon.home();
    let (token, _) = home.token("0");
    let all = || {
        [
            &["org", "list"][..],
            &["token", "list"],
            &["events", "verify"],
        ]
        .map(|args| home.json(args))
    };
    let before = all();
    for args in [
        &["org", "create", "new"][..],
        &["org", "disable-scim", "0"],
        &["org", "enable-scim", "0"],
        &["org", "policy", "0", "suspend"],
        &["org", "dialect", "0", "strict"],
        &["token", "create"],
        &["token", "rotate", &token],
        &["token", "revoke", &token],
    ] {
        let mut args = args.to_vec();
        args.push("--dry-run");
        let would = home.json(&args);
        assert_eq!(would["dry_run"], true, "{args:?}");
        let ran = home.scimtop(&args);
        assert!(
            ran.code == 0 && ran.out.contains("nothing was changed"),
            "{ran:?}"
        );
    }
    assert_eq!(all(), before);
}

#[test]
fn requests_are_listed_shown_and_repeated() {
    let daemon = Daemon::start();
    let home = daemon.home();
    let (token, secret) = home.token("0");
    let mut client = daemon.client(&secret);
    let agent = [("User-Agent", "Okta SCIM Client 1.0.0")];
    let body = user("ada@example.com").to_string();
    let created = client
        .send("POST", "/Users", &agent, Some(body.as_bytes()))
        .expect(201);
    let request = created.must("x-request-id").to_owned();
    client
        .send("POST", "/Users", &agent, Some(body.as_bytes()))
        .expect(409);
    client.get("/Users?attributes=id").expect(200);
    let listed = until("three requests are recorded", || {
        let listed = json_lines(home, &["requests", "list"]);
        (listed.len() == 3).then_some(listed)
    });
    let summary = |one: &Value| {
        (
            one["method"].clone(),
            one["status"].clone(),
            one["client"].clone(),
        )
    };
    let summaries: Vec<_> = listed.iter().map(summary).collect();
    let expected = [
        ("POST", 201, "okta"),
        ("POST", 409, "okta"),
        // A token that Okta uses is Okta's.
        ("GET", 200, "okta"),
    ];
    assert_eq!(
        summaries,
        expected.map(|(method, status, client)| (json!(method), json!(status), json!(client)))
    );
    let refused = json_lines(home, &["requests", "list", "--filter", "status>=400"]);
    assert_eq!(refused, [listed[1].clone()]);
    let newest = json_lines(home, &["requests", "list", "--limit", "1"]);
    assert_eq!(newest, [listed[2].clone()]);
    // By request id and by number.
    let shown = home.json(&["requests", "show", &request]);
    assert_eq!(
        shown,
        home.json(&["requests", "show", &listed[0]["seq"].to_string()])
    );
    assert_eq!(shown["token"], token);
    let text = shown["request_body"]["text"].as_str().unwrap();
    assert_eq!(
        serde_json::from_str::<Value>(text).unwrap(),
        user("ada@example.com")
    );
    assert!(
        shown["response_body"]["text"]
            .as_str()
            .unwrap()
            .contains("\"id\"")
    );
    let shown = home.scimtop(&["requests", "show", &request]).out;
    for word in [
        "POST",
        "/scim/v2/Users",
        "201",
        "okta",
        "REQUEST",
        "RESPONSE",
        "ada@example.com",
    ] {
        assert!(shown.contains(word), "{word}: {shown}");
    }
    let curl = home.scimtop(&["requests", "curl", &request]).out;
    let url = format!("'http://{}/scim/v2/Users'", daemon.addr);
    for word in ["curl ", "-X 'POST'", &url, "$SCIM_TOKEN", "ada@example.com"] {
        assert!(curl.contains(word), "{word}: {curl}");
    }
    // A daemon that is gone has left them.
    let home = daemon.stop();
    assert_eq!(json_lines(&home, &["requests", "list"]), listed);
}

#[test]
fn events_are_exported_whole_and_a_changed_one_is_found() {
    let daemon = Daemon::start();
    let (token, secret) = daemon.home().token("0");
    let mut client = daemon.client(&secret);
    let name = "tamper-with-me@example.com";
    let created = client.post("/Users", &user(name)).expect(201);
    let id = created.json()["id"].as_str().unwrap().to_owned();
    let deleted = client.delete(&format!("/Users/{id}")).expect(204);
    for number in 0..1_100 {
        client.create("/Users", &user(&format!("user-{number}@example.com")));
    }
    let home = daemon.home();
    let all = json_lines(home, &["events", "export"]);
    for (event, seq) in all.iter().zip(1..) {
        has_keys(event, EVENT);
        assert_eq!(event["seq"], seq);
    }
    let own = json_lines(home, &["events", "export", "--subject", &id]);
    assert_eq!(own.len(), 2);
    for (event, (kind, reply)) in own
        .iter()
        .zip([("user-created", &created), ("user-removed", &deleted)])
    {
        assert_eq!(event["kind"], kind);
        assert_eq!(event["actor"], json!({ "kind": "token", "name": token }));
        assert_eq!(event["request"], reply.must("x-request-id"));
        assert_eq!(event["detail"]["subject"], name);
    }
    assert_eq!(
        json_lines(home, &["events", "export", "--kind", "user-created"]).len(),
        1_101
    );
    assert_eq!(
        json_lines(home, &["events", "export", "--after", "1100"]),
        all[1_100..]
    );
    let deletions = home.json(&["deletions", "list"]);
    has_keys(&deletions[0], DELETION);
    assert_eq!(
        (
            &deletions[0]["user"],
            &deletions[0]["user_name"],
            &deletions[0]["signal"]
        ),
        (&json!(id), &json!(name), &json!("delete"))
    );
    assert_eq!(deletions[0]["request"], deleted.must("x-request-id"));
    let report = home.json(&["events", "verify"]);
    assert_eq!(report["checked"], all.len());
    assert_eq!(report["head"], all[all.len() - 1]["hash"]);

    let home = daemon.stop();
    assert_eq!(home.json(&["events", "verify"]), report);
    let file = home.data().join("scimtop.db");
    let mut bytes = fs::read(&file).unwrap();
    let places: Vec<usize> = bytes
        .windows(name.len())
        .enumerate()
        .filter_map(|(at, window)| (window == name.as_bytes()).then_some(at))
        .collect();
    assert!(!places.is_empty());
    for at in places {
        bytes[at] = b'T';
    }
    fs::write(&file, bytes).unwrap();
    let found = home.scimtop(&["events", "verify"]);
    assert_eq!(found.code, 1, "{found:?}");
    assert!(found.err.contains("the chain is broken"), "{found:?}");
}

#[test]
fn a_configuration_that_is_wrong_says_where() {
    let home = Home::new();
    for (toml, word) in [
        ("listen = 7", "listen"),
        ("nosuch = 1", "nosuch"),
        ("[limits]\nbody_bytes = \"x\"", "body_bytes"),
        ("listen = ", "config.toml"),
        (
            "[[extensions]]\nresource_type = \"User\"\n[extensions.schema]\nid = \"x\"\nname = \"X\"\n\
          description = \"\"\nattributes = []",
            "x",
        ),
    ] {
        home.configure(toml);
        for args in [
            &["config", "check"][..],
            &["status"],
            &["serve", "--no-tui"],
        ] {
            let ran = home.scimtop(args);
            assert_eq!(ran.code, 1, "{toml} {args:?}: {ran:?}");
            assert!(ran.err.contains(word), "{toml} {args:?}: {ran:?}");
        }
    }
    home.configure("[scim]\nmax_page = 7\n");
    assert_eq!(home.json(&["config", "show"])["scim"]["max_page"], 7);
    let open = home.scimtop(&["serve", "--no-tui", "--listen", "0.0.0.0:0"]);
    assert_eq!(open.code, 1, "{open:?}");
    assert!(open.err.contains("--insecure-http"), "{open:?}");
}
