//! Lists, searches, Bulk and large groups over HTTP: what needs many resources to be seen.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::client::{Client, NOBODY, encode, group, patch_body, user};
use crate::daemon::Daemon;

fn bulk(client: &mut Client, operations: &[Value], errors: Option<u64>) -> Vec<Value> {
    let mut body = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
        "Operations": operations,
    });
    if let Some(errors) = errors {
        body["failOnErrors"] = errors.into();
    }
    let reply = client.post("/Bulk", &body).expect(200).json();
    let schemas = json!(["urn:ietf:params:scim:api:messages:2.0:BulkResponse"]);
    assert_eq!(reply["schemas"], schemas);
    reply["Operations"].as_array().unwrap().clone()
}

fn post(path: &str, bulk_id: &str, data: &Value) -> Value {
    json!({ "method": "POST", "path": path, "bulkId": bulk_id, "data": data })
}

/// The id at the end of an operation's location.
fn id(operation: &Value) -> String {
    let location = operation["location"]
        .as_str()
        .unwrap_or_else(|| panic!("{operation}"));
    location.rsplit('/').next().unwrap().to_owned()
}

/// Creates users `user-0000`, `user-0001`, …; their ids.
fn people(client: &mut Client, count: usize) -> Vec<String> {
    let all: Vec<usize> = (0..count).collect();
    let mut ids = Vec::new();
    for some in all.chunks(1_000) {
        let operations: Vec<Value> = some
            .iter()
            .map(|number| {
                post(
                    "/Users",
                    &number.to_string(),
                    &user(&format!("user-{number:04}")),
                )
            })
            .collect();
        for done in bulk(client, &operations, None) {
            assert_eq!(done["status"], "201");
            ids.push(id(&done));
        }
    }
    ids
}

fn ids(page: &Value) -> Vec<String> {
    let resources = page["Resources"].as_array().unwrap();
    let ids = resources
        .iter()
        .map(|one| one["id"].as_str().unwrap().to_owned());
    ids.collect()
}

#[test]
fn pages_by_index_and_by_cursor_show_everyone_once() {
    let daemon = Daemon::start();
    let mut client = daemon.primary();
    let everyone: BTreeSet<String> = people(&mut client, 250).into_iter().collect();
    let mut page = |query: &str| client.get(&format!("/Users?{query}")).expect(200).json();
    // By index: the order stays the same from page to page.
    let mut seen = Vec::new();
    for (start, length) in [(1, 100), (101, 100), (201, 50), (251, 0), (9_999, 0)] {
        let found = page(&format!("startIndex={start}&count=100"));
        assert_eq!(found["totalResults"], 250);
        assert_eq!(found["startIndex"], start);
        assert_eq!(found["itemsPerPage"], length);
        assert!(found.get("nextCursor").is_none());
        assert_eq!(ids(&found).len(), length);
        seen.extend(ids(&found));
    }
    assert_eq!(seen.iter().cloned().collect::<BTreeSet<_>>(), everyone);
    assert_eq!(seen.len(), 250);
    assert_eq!(ids(&page("startIndex=37&count=5")), seen[36..41]);
    assert_eq!(ids(&page("startIndex=0&count=2")), seen[..2]);
    assert_eq!(ids(&page("startIndex=-7&count=2")), seen[..2]);
    assert_eq!(ids(&page("")).len(), 100, "the default page");
    assert_eq!(
        ids(&page("count=100000")).len(),
        250,
        "the longest page has room"
    );
    for none in ["count=0", "count=-3"] {
        let found = page(none);
        assert_eq!(
            (ids(&found).len(), &found["totalResults"]),
            (0, &json!(250))
        );
    }
    // By cursor, plain, filtered and sorted.
    let filter = encode("userName sw \"USER-\"");
    for (query, order) in [
        ("count=100", None),
        (&format!("count=100&filter={filter}"), None),
        ("count=100&sortBy=userName&sortOrder=descending", Some(())),
    ] {
        let (mut cursor, mut pages, mut walked) = (String::new(), Vec::new(), Vec::new());
        loop {
            let found = page(&format!("{query}&cursor={cursor}"));
            assert_eq!(found["totalResults"], 250);
            pages.push(ids(&found).len());
            walked.extend(found["Resources"].as_array().unwrap().clone());
            assert!(pages.len() <= 3, "{query}: no end");
            match found.get("nextCursor") {
                Some(next) => next.as_str().unwrap().clone_into(&mut cursor),
                None => break,
            }
        }
        // The last page names no next one.
        assert_eq!(pages, [100, 100, 50], "{query}");
        let names: Vec<&str> = walked
            .iter()
            .map(|one| one["userName"].as_str().unwrap())
            .collect();
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), 250);
        if order.is_some() {
            assert!(names.is_sorted_by(|one, next| one > next), "{names:?}");
        }
    }
    // A page that ends where the list does is the last.
    let cursor = page("count=125&cursor=")["nextCursor"]
        .as_str()
        .unwrap()
        .to_owned();
    let last = page(&format!("count=125&cursor={cursor}"));
    assert_eq!(ids(&last).len(), 125);
    assert!(last.get("nextCursor").is_none());
    // Query and page size stay what they were.
    for (query, scim_type) in [
        (format!("count=124&cursor={cursor}"), "invalidCount"),
        (
            format!("count=125&filter={filter}&cursor={cursor}"),
            "invalidCursor",
        ),
        (
            format!("count=125&sortBy=userName&cursor={cursor}"),
            "invalidCursor",
        ),
    ] {
        let reply = client.get(&format!("/Users?{query}"));
        assert_eq!(
            reply.differs_from_error(400, Some(scim_type)),
            None,
            "{query}"
        );
    }
    let reply = client.get(&format!("/Groups?count=125&cursor={cursor}"));
    assert_eq!(reply.differs_from_error(400, Some("invalidCursor")), None);
}

#[test]
fn a_walk_by_cursor_is_not_disturbed_by_changes() {
    let daemon = Daemon::start();
    let mut client = daemon.primary();
    let everyone = people(&mut client, 30);
    let first = client.get("/Users?count=10&cursor=").expect(200).json();
    let mut seen = ids(&first);
    // Some of the seen and some of the unseen go; others come.
    let gone: Vec<&String> = everyone.iter().step_by(3).collect();
    for id in &gone {
        client.delete(&format!("/Users/{id}")).expect(204);
    }
    client.create("/Users", &user("another"));
    let mut next = first["nextCursor"].as_str().map(str::to_owned);
    while let Some(cursor) = next {
        let page = client
            .get(&format!("/Users?count=10&cursor={cursor}"))
            .expect(200)
            .json();
        seen.extend(ids(&page));
        next = page
            .get("nextCursor")
            .map(|next| next.as_str().unwrap().to_owned());
    }
    let unique: BTreeSet<&String> = seen.iter().collect();
    assert_eq!(unique.len(), seen.len(), "nobody is shown twice");
    for id in everyone.iter().filter(|id| !gone.contains(id)) {
        assert!(unique.contains(id), "{id} is left out");
    }
}

#[test]
fn a_search_at_the_root_finds_users_and_groups_as_one_list() {
    let daemon = Daemon::start();
    let mut client = daemon.primary();
    let users = people(&mut client, 7);
    let groups: Vec<String> = (0..5)
        .map(|number| {
            client.create(
                "/Groups",
                &group(&format!("group-{number}"), &users[..number]),
            )
        })
        .collect();
    let all: BTreeSet<String> = users.iter().chain(&groups).cloned().collect();
    let mut search = |body: Value| client.post("/.search", &body).expect(200).json();
    let mut by_index = Vec::new();
    for start in [1, 6, 11] {
        let page = search(json!({ "startIndex": start, "count": 5 }));
        assert_eq!(page["totalResults"], 12);
        by_index.extend(ids(&page));
    }
    assert_eq!(by_index.len(), 12);
    assert_eq!(by_index.iter().cloned().collect::<BTreeSet<_>>(), all);
    let (mut cursor, mut by_cursor, mut pages) = (String::new(), Vec::new(), 0);
    loop {
        let page = search(json!({ "cursor": cursor, "count": 5 }));
        by_cursor.extend(ids(&page));
        pages += 1;
        assert!(pages <= 3, "no end");
        match page.get("nextCursor") {
            Some(next) => next.as_str().unwrap().clone_into(&mut cursor),
            None => break,
        }
    }
    assert_eq!(by_cursor, by_index);
    for (filter, total) in [
        ("meta.resourceType eq \"Group\"", 5),
        (
            "(meta.resourceType eq User) or (meta.resourceType eq Group)",
            12,
        ),
        ("userName pr", 7),
        ("displayName sw \"group-\"", 5),
        ("userName eq \"user-0003\" or displayName eq \"group-3\"", 2),
        ("nosuch eq \"x\"", 0),
    ] {
        assert_eq!(
            search(json!({ "filter": filter }))["totalResults"],
            total,
            "{filter}"
        );
    }
    let found = search(json!({ "filter": "members pr", "attributes": ["displayName"] }));
    assert_eq!(found["totalResults"], 4);
    assert!(found["Resources"][0].get("members").is_none());
    let own = json!({ "filter": format!("id eq \"{}\"", groups[0]) });
    assert_eq!(
        client.post("/Users/.search", &own).json()["totalResults"],
        0
    );
    assert_eq!(
        client.post("/Groups/.search", &own).json()["totalResults"],
        1
    );
}

#[test]
fn bulk_resolves_references_in_any_direction() {
    let daemon = Daemon::start();
    let mut client = daemon.primary();
    let member = |bulk_id: &str| json!([{ "value": format!("bulkId:{bulk_id}") }]);
    let with = |name: &str, members: Value| json!({ "displayName": name, "members": members });
    // RFC 7644 §3.7.2: backward; then forward, circular, and in a path.
    let done = bulk(
        &mut client,
        &[
            post("/Groups", "forward", &with("Forward", member("ada"))),
            post("/Users", "ada", &user("ada")),
            post("/Groups", "backward", &with("Backward", member("ada"))),
            post("/Groups", "one", &with("One", member("two"))),
            post("/Groups", "two", &with("Two", member("one"))),
            json!({ "method": "PATCH", "path": "/Users/bulkId:ada", "data": patch_body(&json!([
                { "op": "add", "path": "title", "value": "Countess" }])) }),
        ],
        None,
    );
    let statuses: Vec<&str> = done
        .iter()
        .map(|one| one["status"].as_str().unwrap())
        .collect();
    assert_eq!(statuses, ["201", "201", "201", "201", "201", "200"]);
    for (operation, bulk_id) in done
        .iter()
        .zip(["forward", "ada", "backward", "one", "two"])
    {
        assert_eq!(operation["bulkId"], bulk_id);
        assert_eq!(operation["method"], "POST");
        assert!(operation["version"].is_string() && operation.get("response").is_none());
    }
    let ada = client
        .get(&format!("/Users/{}", id(&done[1])))
        .expect(200)
        .json();
    assert_eq!(ada["title"], "Countess");
    assert_eq!(ada["groups"].as_array().unwrap().len(), 2);
    for (group, of) in [(0, 1), (2, 1), (3, 4), (4, 3)] {
        let found = client
            .get(&format!("/Groups/{}", id(&done[group])))
            .expect(200)
            .json();
        assert_eq!(found["members"][0]["value"], id(&done[of]));
    }
}

#[test]
fn bulk_goes_on_after_errors_unless_told_to_stop() {
    let daemon = Daemon::start();
    let mut client = daemon.primary();
    let taken = client.create("/Users", &user("taken"));
    let total = |client: &mut Client| client.get("/Users?count=0").json()["totalResults"].clone();
    let operations = |prefix: &str| {
        [
            post("/Users", "a", &user(&format!("{prefix}-a"))),
            post("/Users", "b", &user("TAKEN")),
            json!({ "method": "DELETE", "path": "/Users/nobody" }),
            post(
                "/Groups",
                "g",
                &json!({ "displayName": prefix, "members": [{ "value": "bulkId:b" }] }),
            ),
            post("/Users", "c", &user(&format!("{prefix}-c"))),
            json!({ "method": "DELETE", "path": format!("/Users/{taken}"), "version": "W/\"77\"" }),
        ]
    };
    let all = bulk(&mut client, &operations("all"), None);
    let statuses: Vec<&str> = all
        .iter()
        .map(|one| one["status"].as_str().unwrap())
        .collect();
    assert_eq!(statuses, ["201", "409", "404", "409", "201", "412"]);
    for failed in [1, 2, 3, 5] {
        let response = &all[failed]["response"];
        assert_eq!(response["status"], statuses[failed], "{response}");
        assert!(response["detail"].is_string());
    }
    assert_eq!(all[1]["response"]["scimType"], "uniqueness");
    assert!(
        all[1].get("location").is_none(),
        "a POST that failed has made nothing"
    );
    assert_eq!(total(&mut client), 3);
    // The first error ends it; what was done before stays, the rest is not answered.
    let some = bulk(&mut client, &operations("one"), Some(1));
    let statuses: Vec<&str> = some
        .iter()
        .map(|one| one["status"].as_str().unwrap())
        .collect();
    assert_eq!(statuses, ["201", "409"]);
    assert_eq!(total(&mut client), 4);
    let more = bulk(&mut client, &operations("two"), Some(3));
    assert_eq!(more.len(), 4);
    assert_eq!(total(&mut client), 5);
}

#[test]
fn a_large_group_is_changed_at_once_and_streamed() {
    const MEMBERS: usize = 3_000;
    let daemon = Daemon::start();
    let mut client = daemon.primary();
    let everyone = people(&mut client, MEMBERS);
    let id = client.create("/Groups", &group("Everyone", NOBODY));
    let path = format!("/Groups/{id}");
    let values: Vec<Value> = everyone.iter().map(|id| json!({ "value": id })).collect();
    client
        .patch(
            &path,
            &json!([{ "op": "add", "path": "members", "value": values }]),
        )
        .expect(204);
    let reply = client.get(&path).expect(200);
    assert_eq!(reply.must("transfer-encoding"), "chunked");
    let read = |reply: &crate::client::Reply| -> BTreeSet<String> {
        let members = reply.json()["members"].as_array().unwrap().clone();
        assert_eq!(members.len(), MEMBERS);
        members
            .iter()
            .map(|one| one["value"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(read(&reply), everyone.iter().cloned().collect());
    // The connection goes on behind the stream; without the members the answer is short.
    let short = client
        .get(&format!("{path}?excludedAttributes=members"))
        .expect(200);
    assert!(short.must("content-length").parse::<usize>().unwrap() < 1_000);
    let listed = client.get("/Groups").expect(200);
    assert_eq!(
        listed.json()["Resources"][0]["members"]
            .as_array()
            .unwrap()
            .len(),
        MEMBERS
    );
    // A PUT of all of them changes nothing.
    let version = short.must("etag").to_owned();
    let put = client.put(&path, &group("Everyone", &everyone)).expect(200);
    assert_eq!(put.must("etag"), version);
    // One leaves: one event about one member.
    let gone = &everyone[MEMBERS / 2];
    let remove = json!([{ "op": "remove", "path": format!("members[value eq \"{gone}\"]") }]);
    client.patch(&path, &remove).expect(204);
    let events = daemon.home().json(&["events", "tail", "--limit", "1"]);
    assert_eq!(events[0]["detail"]["changes"][0]["removed"], json!([gone]));
    client
        .patch(
            &path,
            &json!([{ "op": "replace", "path": "members", "value": [] }]),
        )
        .expect(204);
    assert_eq!(client.get(&path).json()["members"], json!([]));
}
