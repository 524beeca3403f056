//! Two Orgs with the same names in one daemon: nothing of one is to be seen, touched or guessed
//! from the other.

use serde_json::{Value, json};

use crate::client::{Client, NOBODY, Reply, encode, group, patch_body, user};
use crate::daemon::Daemon;

/// An id that never was.
const NEVER: &str = "0b9e3a52-93b1-7a4c-8d60-3f1f0c6d2a11";

/// One Org as its client sees it.
struct Side {
    client: Client,
    org: i64,
    ada: String,
    team: String,
}

/// Primary and a second Org, each with users `ada` and `bob` and a group `Team` of both.
fn two() -> (Daemon, Side, Side) {
    let daemon = Daemon::start();
    let primary = daemon.primary();
    let (org, second) = daemon.org("second");
    let side = |mut client: Client, org| {
        let ada = client.create("/Users", &user("ada@example.com"));
        let bob = client.create("/Users", &user("bob@example.com"));
        let team = client.create("/Groups", &group("Team", &[&ada, &bob]));
        Side {
            client,
            org,
            ada,
            team,
        }
    };
    let (one, two) = (side(primary, 0), side(second, org));
    (daemon, one, two)
}

/// All of an answer but what names this one exchange.
fn masked(reply: Reply) -> (u16, Vec<(String, String)>, String) {
    let text = reply.text();
    let mut headers = reply.headers;
    headers.retain(|(name, _)| !["date", "x-request-id"].contains(&name.as_str()));
    (reply.status, headers, text)
}

#[test]
fn the_same_names_live_side_by_side() {
    let (_daemon, mut one, mut two) = two();
    let foreign = [one.ada.clone(), one.team.clone()];
    let ada = encode("userName eq \"ADA@example.com\"");
    let has_foreign = encode(&format!("members eq \"{}\"", one.ada));
    let is_foreign = encode(&format!("id eq \"{}\"", one.ada));
    let in_foreign = encode(&format!("groups.value eq \"{}\"", one.team));
    for (path, total) in [
        ("/Users".to_owned(), 2),
        ("/Groups".to_owned(), 1),
        (format!("/Users?filter={ada}"), 1),
        (format!("/Users?filter={is_foreign}"), 0),
        (format!("/Users?filter={in_foreign}"), 0),
        (format!("/Groups?filter={has_foreign}"), 0),
        (format!("/Users?filter={}", encode("userName pr")), 2),
        ("/Users?sortBy=userName&sortOrder=descending".to_owned(), 2),
        ("/Users?startIndex=2&count=5".to_owned(), 2),
        ("/Users?cursor=&count=5".to_owned(), 2),
        (format!("/Users/{}", two.ada), 0),
        (format!("/Groups/{}", two.team), 0),
    ] {
        let reply = two.client.get(&path).expect(200);
        if !path.starts_with("/Users/") && !path.starts_with("/Groups/") {
            assert_eq!(reply.json()["totalResults"], total, "{path}");
        }
        for id in &foreign {
            assert!(!reply.text().contains(id), "{path}: {}", reply.text());
        }
    }
    for (path, total) in [
        ("/.search", 3),
        ("/Users/.search", 2),
        ("/Groups/.search", 1),
    ] {
        let search = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"] });
        let reply = two.client.post(path, &search).expect(200);
        assert_eq!(reply.json()["totalResults"], total, "{path}");
        assert!(!foreign.iter().any(|id| reply.text().contains(id)));
    }
    // A name is taken where it is, and free elsewhere.
    two.client
        .post("/Users", &user("ada@example.com"))
        .expect(409);
    one.client.create("/Users", &user("carol@example.com"));
    two.client.create("/Users", &user("carol@example.com"));
    // What is removed here stays there.
    let there = two.client.directory();
    one.client
        .delete(&format!("/Users/{}", one.ada))
        .expect(204);
    one.client
        .delete(&format!("/Groups/{}", one.team))
        .expect(204);
    assert_eq!(two.client.directory(), there);
}

#[test]
fn foreign_ids_answer_like_ids_that_never_were() {
    let (_daemon, mut one, mut two) = two();
    let before = one.client.directory();
    let version = before[0]["Resources"][0]["meta"]["version"].clone();
    let version = version.as_str().unwrap();
    let patch = |path: &str, value: &str| {
        patch_body(&json!([{ "op": "replace", "path": path, "value": value }])).to_string()
    };
    let (put_user, put_group) = (user("mine").to_string(), group("Mine", NOBODY).to_string());
    let (patch_user, patch_group) = (patch("title", "x"), patch("displayName", "x"));
    for (kind, id, put, patch) in [
        ("Users", &one.ada, &put_user, &patch_user),
        ("Groups", &one.team, &put_group, &patch_group),
    ] {
        for (method, body) in [
            ("GET", None),
            ("HEAD", None),
            ("PUT", Some(put)),
            ("PATCH", Some(patch)),
            ("DELETE", None),
            // What is wrong with a body is told before, and alike.
            ("PUT", Some(&"{}".to_owned())),
            ("PATCH", Some(&"[]".to_owned())),
        ] {
            for condition in [
                None,
                Some(("If-Match", version)),
                Some(("If-None-Match", version)),
                Some(("If-Match", "*")),
            ] {
                let headers: Vec<_> = condition.into_iter().collect();
                let mut ask = |id: &str| {
                    let path = format!("/{kind}/{id}");
                    let body = body.map(String::as_bytes);
                    masked(two.client.send(method, &path, &headers, body))
                };
                let (foreign, never) = (ask(id), ask(NEVER));
                assert_eq!(foreign, never, "{method} {kind} {condition:?}");
                let bodies_fine = body.is_none_or(|body| body.len() > 2);
                assert!(
                    foreign.0 == 404 || !bodies_fine && foreign.0 == 400,
                    "{method} {kind}: {foreign:?}"
                );
            }
        }
    }
    assert_eq!(one.client.directory(), before);
}

#[test]
fn members_and_managers_of_another_org_are_strangers() {
    let (_daemon, mut one, mut two) = two();
    let gone = one.client.create("/Users", &user("gone@example.com"));
    one.client.delete(&format!("/Users/{gone}")).expect(204);
    // Here the removed account is left out; elsewhere it never was.
    let own = one.client.post("/Groups", &group("Left out", &[&gone]));
    assert_eq!(
        own.expect(201).json()["members"]
            .as_array()
            .map_or(0, Vec::len),
        0
    );
    let before = [one.client.directory(), two.client.directory()];
    let team = format!("/Groups/{}", two.team);
    let mut ask = |id: &str| {
        let add = json!([{ "op": "add", "path": "members", "value": [{ "value": id }] }]);
        let replace = json!([{ "op": "replace", "path": "members", "value": [{ "value": id }] }]);
        let bulk = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
            "Operations": [{ "method": "POST", "path": "/Groups", "bulkId": "g",
                "data": group("Bulk", &[id]) }],
        });
        let refusals = [
            two.client.post("/Groups", &group("New", &[id])),
            two.client.put(&team, &group("Team", &[id])),
            two.client.patch(&team, &add),
            two.client.patch(&team, &replace),
        ];
        for refusal in &refusals {
            let wrong = refusal.differs_from_error(400, Some("invalidValue"));
            assert_eq!(wrong, None);
        }
        let mut answers: Vec<_> = refusals.into_iter().map(masked).collect();
        let bulk = two.client.post("/Bulk", &bulk).expect(200);
        assert_eq!(
            bulk.json()["Operations"][0]["status"],
            "400",
            "{}",
            bulk.text()
        );
        answers.push(masked(bulk));
        answers
    };
    let never = ask(NEVER);
    for id in [&one.ada, &one.team, &gone] {
        assert_eq!(ask(id), never);
    }
    assert_eq!([one.client.directory(), two.client.directory()], before);
    // A manager is an id that is kept as it came; nobody is looked up for it elsewhere.
    let boss = one.client.create("/Users", &user("boss@example.com"));
    let path = format!("/Users/{}", two.ada);
    let urn = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
    let mut manager = |id: &str| {
        let path_to = format!("{urn}:manager");
        let set = json!([{ "op": "replace", "path": path_to, "value": { "value": id } }]);
        let reply = two.client.patch(&path, &set).expect(200);
        assert!(!reply.text().contains("boss@"), "{}", reply.text());
        reply.json()[urn]["manager"].to_string().replace(id, "ID")
    };
    assert_eq!(manager(&boss), manager(NEVER));
}

#[test]
fn bulk_reaches_no_other_org() {
    let (_daemon, mut one, mut two) = two();
    let before = one.client.directory();
    let operations = |ada: &str, team: &str| {
        json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
            "Operations": [
                { "method": "PUT", "path": format!("/Users/{ada}"), "data": user("taken") },
                { "method": "PATCH", "path": format!("/Users/{ada}"),
                  "data": patch_body(&json!([{ "op": "replace", "path": "active", "value": false }])) },
                { "method": "DELETE", "path": format!("/Users/{ada}") },
                { "method": "PATCH", "path": format!("/Groups/{team}"),
                  "data": patch_body(&json!([{ "op": "remove", "path": "members" }])) },
                { "method": "DELETE", "path": format!("/Groups/{team}") },
            ],
        })
    };
    let mut ask = |ada: &str, team: &str| {
        let reply = two
            .client
            .post("/Bulk", &operations(ada, team))
            .expect(200)
            .json();
        let all = reply["Operations"].as_array().unwrap().clone();
        assert_eq!(all.len(), 5);
        for one in &all {
            assert_eq!(one["status"], "404", "{one}");
        }
        Value::from(all)
            .to_string()
            .replace(ada, "USER")
            .replace(team, "GROUP")
    };
    let foreign = ask(&one.ada, &one.team);
    assert_eq!(foreign, ask(NEVER, "5a0c97f4-0000-7000-8000-000000000000"));
    assert_eq!(one.client.directory(), before);
}

#[test]
fn a_cursor_of_another_org_is_a_forged_one() {
    let (_daemon, mut one, mut two) = two();
    let page = one.client.get("/Users?count=1&cursor=").expect(200).json();
    let cursor = page["nextCursor"].as_str().unwrap().to_owned();
    let mut ask = |cursor: &str| {
        let reply = two.client.get(&format!("/Users?count=1&cursor={cursor}"));
        assert_eq!(reply.differs_from_error(400, Some("invalidCursor")), None);
        masked(reply)
    };
    let forged = ask("Zm9yZ2Vk");
    let last = if cursor.ends_with('A') { "E" } else { "A" };
    assert_eq!(
        ask(&format!("{}{last}", &cursor[..cursor.len() - 1])),
        forged
    );
    assert_eq!(ask(&cursor), forged);
    // In its own Org it goes on.
    let next = one
        .client
        .get(&format!("/Users?count=1&cursor={cursor}"))
        .expect(200);
    assert_eq!(next.json()["Resources"].as_array().unwrap().len(), 1);
}

#[test]
fn a_path_that_names_an_org_opens_with_its_token_alone() {
    let (daemon, one, two) = two();
    let (_, secret) = daemon.home().token("second");
    let at = |base: String| Client::new(daemon.addr, &base, &secret);
    for name in [
        two.org.to_string(),
        "second".to_owned(),
        "SECOND".to_owned(),
    ] {
        let base = format!("/orgs/{name}/scim/v2");
        let reply = at(base.clone())
            .get(&format!("/Users/{}/", two.ada))
            .expect(200);
        let location = reply.json()["meta"]["location"]
            .as_str()
            .unwrap()
            .to_owned();
        assert!(
            location.ends_with(&format!("{base}/Users/{}", two.ada)),
            "{location}"
        );
    }
    let ask = |name: &str, path: &str| {
        let reply = at(format!("/orgs/{name}/scim/v2")).get(path);
        assert_eq!(reply.differs_from_error(403, None), None);
        masked(reply)
    };
    let nobody = ask("no-such-org", "/Users");
    for name in ["0", "Primary", "primary", "99"] {
        for path in [
            "/Users",
            "/Groups",
            &format!("/Users/{}", one.ada),
            "/Schemas",
            "/no/such",
        ] {
            assert_eq!(ask(name, path), nobody, "{name} {path}");
        }
    }
}

#[test]
fn an_org_without_scim_is_closed() {
    let (daemon, mut one, mut two) = two();
    let made = daemon.home().json(&["org", "create", "third"]);
    assert_eq!(made["scim_enabled"], false);
    let mut third = daemon.client(&daemon.home().token("third").1);
    assert_eq!(third.get("/Users").differs_from_error(403, None), None);
    let before = two.client.directory();
    daemon.home().json(&["org", "disable-scim", "second"]);
    let path = format!("/Users/{}", two.ada);
    for (method, body) in [
        ("GET", None),
        ("DELETE", None),
        ("PUT", Some(user("x").to_string())),
    ] {
        let body = body.as_deref().map(str::as_bytes);
        let reply = two.client.send(method, &path, &[], body);
        assert_eq!(reply.differs_from_error(403, None), None, "{method}");
    }
    one.client.get("/Users").expect(200);
    daemon.home().json(&["org", "enable-scim", "second"]);
    assert_eq!(two.client.directory(), before);
}

#[test]
fn no_entry_without_a_live_token() {
    let (daemon, one, _two) = two();
    let (id, secret) = daemon.home().token("0");
    let (revoked, dead) = daemon.home().token("0");
    daemon.home().json(&["token", "revoke", &revoked, "--yes"]);
    daemon.client(&secret).get("/Users").expect(200);
    let credentials = [
        String::new(),
        "Bearer".to_owned(),
        "Bearer ".to_owned(),
        format!("Bearer {dead}"),
        format!("Bearer {}", &secret[..secret.len() - 1]),
        format!("Bearer {secret}x"),
        format!("Bearer {}", secret.to_uppercase()),
        format!("Bearer {id}"),
        format!("Basic {secret}"),
        secret.clone(),
        "Bearer null".to_owned(),
    ];
    let user = format!("/Users/{}", one.ada);
    let team = format!("/Groups/{}", one.team);
    let mut client = daemon.client("");
    let mut first = None;
    for path in [
        "/Users",
        &user,
        "/Groups",
        &team,
        "/.search",
        "/Users/.search",
        "/Bulk",
        "/Me",
        "/Schemas",
        "/ResourceTypes",
        "/ServiceProviderConfig",
        "/nowhere",
        "",
    ] {
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] {
            for credential in &credentials {
                let headers = [("Authorization", credential.as_str())];
                let reply = client.send(method, path, &headers, Some(b"{\"a\":1}"));
                let wrong = reply.differs_from_error(401, None);
                assert_eq!(wrong, None, "{method} {path} {credential}");
                assert_eq!(reply.must("www-authenticate"), "Bearer realm=\"scim\"");
                let reply = masked(reply);
                assert_eq!(
                    *first.get_or_insert_with(|| reply.clone()),
                    reply,
                    "{method} {path}"
                );
            }
        }
    }
}
