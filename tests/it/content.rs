//! Content from registration to give-back: the content API with its tokens, files with bad lines,
//! and what removals move.

use std::fmt::Write as _;
use std::fs;
use std::net::SocketAddr;

use serde_json::{Value, json};

use crate::client::{Client, Reply, user};
use crate::daemon::{Daemon, Home, until};

/// A daemon that serves the content API, and its address.
fn daemon() -> (Daemon, SocketAddr) {
    let home = Home::new();
    home.configure("api_listen = \"127.0.0.1:0\"\n[limits]\nbody_bytes = 100000\n");
    let daemon = home.start();
    let status = daemon.home().json(&["status"]);
    let url = status["api_url"].as_str().unwrap();
    let addr = url
        .strip_prefix("http://")
        .and_then(|rest| rest.strip_suffix("/api/v1"));
    let addr = addr.unwrap().parse().unwrap();
    (daemon, addr)
}

fn application_token(home: &Home, org: &str) -> (String, String) {
    let issued = home.json(&["token", "create", "--kind", "application", "--org", org]);
    assert_eq!(issued["token"]["kind"], "application");
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    (text(&issued["token"]["id"]), text(&issued["secret"]))
}

fn application(daemon: &Daemon, addr: SocketAddr, org: &str) -> Client {
    let (_, secret) = application_token(daemon.home(), org);
    assert!(secret.starts_with("scimtop_app_"));
    Client::new(addr, &format!("/api/v1/orgs/{org}/content"), &secret)
}

fn answer(id: &str, owner: &str) -> Value {
    json!({ "kind": "answer", "id": id, "title": format!("Title {id}"), "owner": owner })
}

fn import(client: &mut Client, media: &str, query: &str, body: &str) -> Reply {
    let headers = [("Content-Type", media)];
    let path = format!("/import{query}");
    client.send("POST", &path, &headers, Some(body.as_bytes()))
}

fn problem(reply: &Reply, status: u16) -> String {
    assert_eq!(reply.status, status, "{}", reply.text());
    let problem = reply.json();
    assert_eq!(problem["status"], status);
    problem["detail"].as_str().unwrap().to_owned()
}

#[test]
fn an_application_registers_reads_changes_and_removes() {
    let (daemon, addr) = daemon();
    daemon.primary().create("/Users", &user("Ada@example.com"));
    let mut app = application(&daemon, addr, "0");
    let counts = |created, changed, unchanged| json!({ "created": created, "changed": changed, "unchanged": unchanged });
    let one = answer("a1", "ada@example.com");
    assert_eq!(app.post("", &one).expect(200).json(), counts(1, 0, 0));
    assert_eq!(app.post("", &one).expect(200).json(), counts(0, 0, 1));
    let more = json!({ "items": [answer("a2", "tsadmin"), answer("a3", "ada@example.com")] });
    let pretended = app.post("?dry_run=true", &more).expect(200).json();
    assert_eq!(pretended, counts(2, 0, 0));
    assert_eq!(app.get("/answer/a2").status, 404);
    assert_eq!(app.post("", &more).expect(200).json(), counts(2, 0, 0));
    let schedule = json!({
        "title": "Weekly", "owner": "ada@example.com", "cron": "0 8 * * MON",
        "time_zone": "Europe/Berlin", "recipients": ["ada@example.com", "x@y"],
    });
    let put = app.put("/schedule/s%2F1", &schedule).expect(200).json();
    assert_eq!(put, counts(1, 0, 0));
    let item = app.get("/schedule/s%2F1").expect(200).json();
    assert_eq!(
        (&item["id"], &item["owner"]["user_name"]),
        (&json!("s/1"), &json!("Ada@example.com"))
    );
    let page = app.get("?limit=2").expect(200).json();
    assert_eq!(page["items"].as_array().unwrap().len(), 2);
    let next = page["next"].as_str().unwrap().replace('/', "%2F");
    let rest = app
        .get(&format!("?limit=2&after={next}"))
        .expect(200)
        .json();
    assert_eq!(rest["items"].as_array().unwrap().len(), 2);
    assert!(rest.get("next").is_none());
    let owned = app
        .get("?owner=ADA%40example.com&kind=answer")
        .expect(200)
        .json();
    assert_eq!(owned["items"].as_array().unwrap().len(), 2);
    assert_eq!(app.delete("/answer/a3").expect(200).json()["id"], "a3");
    problem(&app.delete("/answer/a3"), 404);

    for (body, part) in [
        (
            json!({ "items": [answer("n1", "tsadmin"), answer("n2", "nobody")] }),
            "item 2: owner",
        ),
        (json!({ "items": [{ "kind": "answer" }] }), "title"),
        (
            json!({ "kind": "schedule", "id": "1", "title": "", "owner": "tsadmin" }),
            "cron",
        ),
        (json!([1]), "title"),
    ] {
        let detail = problem(&app.post("", &body), 400);
        assert!(detail.contains(part), "{detail}");
    }
    assert_eq!(app.get("/answer/n1").status, 404, "all or none");
    let other = json!({ "kind": "answer", "title": "", "owner": "tsadmin" });
    problem(&app.put("/liveboard/b1", &other), 400);
    problem(&import(&mut app, "text/plain", "", "x"), 415);
    problem(&app.patch("/answer/a1", &json!([])), 405);
    let large = "x".repeat(100_001);
    problem(&import(&mut app, "text/csv", "", &large), 413);

    let events = daemon
        .home()
        .json(&["events", "tail", "--kind", "content-registered"]);
    let first = &events[0];
    assert_eq!(first["actor"]["kind"], "token");
    assert_eq!(first["detail"]["subject"], "answer/a1");
    assert_eq!(
        events.as_array().unwrap().len(),
        3,
        "nothing new is no event"
    );
    assert_eq!(daemon.home().scimtop(&["events", "verify"]).code, 0);
}

#[test]
fn every_token_opens_its_own_door_and_its_own_org() {
    let (daemon, addr) = daemon();
    daemon.org("sales");
    let home = daemon.home();
    let mut app = application(&daemon, addr, "0");
    let (id, secret) = application_token(home, "sales");
    app.post("", &answer("secret-title", "tsadmin")).expect(200);
    let with = |token: &str, path: &str| Client::new(addr, "/api/v1", token).get(path);
    for (path, status) in [
        ("/orgs/sales/content", 200),
        ("/orgs/0/content", 403),
        ("/orgs/Primary/content/answer/secret-title", 403),
        ("/orgs/nowhere/content", 403),
        ("/orgs/%30/content", 403),
        ("/orgs/sales/content/answer/secret-title", 404),
        ("/orgs/sales", 404),
        ("/orgs", 404),
        ("/tokens", 404),
        ("/transfers", 404),
        ("/status", 404),
        ("/orgs/sales/../0/content", 404),
    ] {
        let reply = with(&secret, path);
        assert_eq!(reply.status, status, "{path}: {}", reply.text());
        assert!(!reply.text().contains("secret-title"), "{path}");
    }
    // Without a token every path answers alike, and so for a token of the other kind.
    let (_, scim) = home.token("0");
    let refused = with("", "/orgs/0/content").expect(401).text();
    for (token, path) in [
        ("", "/nothing"),
        (scim.as_str(), "/orgs/0/content"),
        (&secret[..secret.len() - 1], "/orgs/sales/content"),
        ("eyJhbGciOiJub25lIn0.e30.", "/orgs/0/content"),
    ] {
        assert_eq!(with(token, path).expect(401).text(), refused, "{path}");
    }
    daemon.client(&secret).get("/Users").expect(401);
    until("the refused request is recorded", || {
        let list = home.scimtop(&["requests", "list", "--filter", "status=401", "--json"]);
        list.out.contains("\"wrong-kind\"").then_some(())
    });
    daemon.client(&scim).get("/Users").expect(200);

    // Its kind survives a rotation, its use is noted, a revoked one is refused.
    let rotated = home.json(&["token", "rotate", &id]);
    let successor = rotated["secret"].as_str().unwrap();
    assert!(successor.starts_with("scimtop_app_"));
    with(successor, "/orgs/sales/content").expect(200);
    let listed = home.json(&["token", "list", "--org", "sales"]);
    let listed = listed
        .as_array()
        .unwrap()
        .iter()
        .find(|token| token["id"] == id.as_str());
    assert_eq!(listed.unwrap()["last_used"]["source"], "127.0.0.1");
    home.json(&["token", "revoke", &id, "--yes"]);
    with(&secret, "/orgs/sales/content").expect(401);
    let printed = daemon.home().printed();
    assert!(
        printed.contains("wrong-kind") && printed.contains("revoked"),
        "{printed}"
    );
    assert!(!printed.contains(&secret) && !printed.contains(&scim));
}

#[test]
fn files_are_imported_and_their_bad_lines_reported() {
    let (daemon, addr) = daemon();
    daemon.primary().create("/Users", &user("ada@example.com"));
    let mut app = application(&daemon, addr, "0");
    let csv = "kind,id,title,owner,cron,time_zone,recipients\n\
        answer,a1,\"One, two\",ada@example.com,,,\n\
        answer,a2,Lost,nobody@example.com,,,\n\
        schedule,s1,Weekly,ada@example.com,0 8 * * 1,Europe/Berlin,a@x;b@x\n\
        schedule,s2,Never,ada@example.com,0 25 * * 1,,\n\
        answer,a3\n";
    let pretended = import(&mut app, "text/csv; charset=utf-8", "?dry_run=true", csv);
    let done = import(&mut app, "text/csv; charset=utf-8", "", csv)
        .expect(200)
        .json();
    assert_eq!(pretended.expect(200).json(), done);
    assert_eq!(done["created"], 2);
    assert_eq!(done["failed"], 3);
    let lines: Vec<_> = done["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|wrong| &wrong["line"])
        .collect();
    assert_eq!(lines, [3, 5, 6]);
    assert!(!done.to_string().contains("nobody@"), "{done}");
    let item = app.get("/schedule/s1").expect(200).json();
    assert_eq!(item["schedule"]["recipients"], json!(["a@x", "b@x"]));
    let lines = format!(
        "{}\n\nnonsense\n{}\n",
        answer("j1", "tsadmin"),
        answer("a1", "tsadmin")
    );
    let done = import(&mut app, "application/x-ndjson", "", &lines)
        .expect(200)
        .json();
    assert_eq!(
        (&done["created"], &done["changed"], &done["failed"]),
        (&json!(1), &json!(1), &json!(1))
    );
    assert_eq!(done["errors"][0]["line"], 3);
    problem(&import(&mut app, "text/csv", "", "a,b\n1,2\n"), 400);

    // The command reads files of any size, in batches, with a daemon or without.
    let home = daemon.stop();
    let path = home.data().join("items.csv");
    let file = path.to_str().unwrap().to_owned();
    let mut csv = "owner,kind,id,title\n".to_owned();
    for n in 0..2_500 {
        let _ = writeln!(csv, "ada@example.com,answer,n{n},Title {n}");
    }
    csv.push_str("nobody,answer,n,T\n");
    fs::write(&path, csv).unwrap();
    let ran = home.scimtop(&["content", "import", &file, "--dry-run"]);
    assert!(
        ran.out.contains("would be created 2500") && ran.code == 1,
        "{ran:?}"
    );
    let daemon = home.start();
    let ran = daemon.home().scimtop(&["content", "import", &file]);
    assert!(
        ran.out.contains("created 2500") && ran.out.contains("line 2502: owner"),
        "{ran:?}"
    );
    assert_eq!(ran.code, 1);
    let listed = daemon.home().json(&[
        "content",
        "list",
        "--owner",
        "ada@example.com",
        "--limit",
        "2600",
    ]);
    assert_eq!(listed.as_array().unwrap().len(), 2_501);
}

#[test]
fn what_a_removal_moved_is_given_back_unless_it_has_a_new_owner() {
    let (daemon, addr) = daemon();
    let mut scim = daemon.primary();
    let ada = scim.create("/Users", &user("ada@example.com"));
    scim.create("/Users", &user("bob@example.com"));
    let mut app = application(&daemon, addr, "0");
    let schedule = |id: &str, owner: &str| {
        json!({
            "kind": "schedule", "id": id, "title": id, "owner": owner, "cron": "0 8 * * *",
            "recipients": ["ADA@example.com"],
        })
    };
    let items = json!({ "items": [
        answer("a1", "ada@example.com"), answer("a2", "ada@example.com"),
        schedule("own", "ada@example.com"), schedule("bobs", "bob@example.com"),
    ]});
    app.post("", &items).expect(200);
    scim.delete(&format!("/Users/{ada}")).expect(204);
    let home = daemon.home();
    let moved = app.get("/answer/a1").expect(200).json();
    assert_eq!(moved["owner"]["user_name"], "tsadmin");
    let lines = home.json(&["transfers", "list", "--open"]);
    let lines = lines.as_array().unwrap();
    assert_eq!(lines.len(), 4);
    let deletion = lines[0]["deletion"].to_string();
    let verify = home.json(&["content", "list", "--verify"]);
    assert_eq!(verify.as_array().unwrap().len(), 2);
    let bobs = app.get("/schedule/bobs").expect(200).json();
    assert!(bobs["schedule"].get("recipients").is_none());

    // The new account owns nothing until an operator gives it back.
    scim.create("/Users", &user("ada@example.com"));
    app.put(
        "/answer/a2",
        &json!({ "title": "t", "owner": "bob@example.com" }),
    )
    .expect(200);
    let give = [
        "transfers",
        "give-back",
        "--deletion",
        &deletion,
        "--to",
        "ada@example.com",
    ];
    let pretended = home.json(&[&give[..], &["--dry-run"]].concat());
    assert_eq!(app.get("/answer/a1").expect(200).json(), moved);
    let done = home.json(&give);
    assert_eq!(pretended, done);
    assert_eq!(done["given"], 3);
    assert_eq!(
        done["left"][0]["why"],
        "has a new owner since: bob@example.com"
    );
    let back = app.get("/answer/a1").expect(200).json();
    assert_eq!(back["owner"]["user_name"], "ada@example.com");
    for (id, owner) in [("own", "ada@example.com"), ("bobs", "bob@example.com")] {
        let item = app.get(&format!("/schedule/{id}")).expect(200).json();
        assert_eq!(item["owner"]["user_name"], owner);
        assert_eq!(item["schedule"]["recipients"], json!(["ADA@example.com"]));
    }
    let first = lines[0]["seq"].to_string();
    let again = home.scimtop(&["transfers", "give-back", &first, "--to", "ada@example.com"]);
    assert_eq!(again.code, 5, "{again:?}");
    assert!(again.out.contains("given back before"), "{again:?}");
    let gone = home.scimtop(&["transfers", "give-back", &first, "--to", "tsadmin"]);
    assert_eq!(gone.code, 1, "{gone:?}");
    let events = home.json(&["events", "tail", "--kind", "content-given-back"]);
    assert_eq!(events.as_array().unwrap().len(), 1);
    assert_eq!(events[0]["detail"]["given"], 3);
    let open = home.json(&["transfers", "list", "--open"]);
    assert_eq!(open.as_array().unwrap().len(), 1);
    let shown = home.json(&["transfers", "show", &first]);
    assert!(shown["undone"].is_u64());
}

#[test]
fn the_content_api_is_off_and_refuses_to_be_exposed() {
    let daemon = Daemon::start();
    assert_eq!(daemon.home().json(&["status"])["api_url"], Value::Null);
    let home = daemon.stop();
    let ran = home.scimtop(&["serve", "--no-tui", "--api-listen", "0.0.0.0:0"]);
    assert!(
        ran.code == 1 && ran.err.contains("--insecure-http"),
        "{ran:?}"
    );
}
