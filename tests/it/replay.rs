//! Exports of recorded requests, and their replay to a second daemon.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::client::{Client, encode, group, user};
use crate::conversations;
use crate::daemon::{Daemon, Home, Ran, until};

const USER_URN: &str = "urn:ietf:params:scim:schemas:core:2.0:User";

/// An export and the directory that it lies in.
struct Export {
    dir: TempDir,
    lines: Vec<Value>,
}

impl Export {
    /// Exports once `count` requests are recorded.
    fn of(home: &Home, count: usize, args: &[&str]) -> Self {
        let mut command = vec!["requests", "export"];
        command.extend(args);
        let text = until("all requests are recorded", || {
            let ran = home.scimtop(&command);
            assert_eq!(ran.code, 0, "{ran:?}");
            (ran.out.lines().count() == count + 1).then_some(ran.out)
        });
        let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
        let export = Self {
            lines: lines.collect(),
            dir: TempDir::new().unwrap(),
        };
        fs::write(export.path(), text).unwrap();
        export
    }

    fn path(&self) -> PathBuf {
        self.dir.path().join("export.jsonl")
    }

    fn exchanges(&self) -> &[Value] {
        &self.lines[1..]
    }

    /// Replays to a daemon.
    fn replay(&self, scratch: &Daemon, args: &[&str]) -> Ran {
        let (path, url) = (self.path(), format!("http://{}/scim/v2", scratch.addr));
        let mut command = vec!["replay", path.to_str().unwrap(), &url];
        command.extend(args);
        scratch.home().scimtop(&command)
    }

    /// Replays and reads the report; the end must be `code`.
    fn report(&self, scratch: &Daemon, code: i32, args: &[&str]) -> Value {
        let mut args = args.to_vec();
        args.push("--json");
        let ran = self.replay(scratch, &args);
        assert_eq!(ran.code, code, "{ran:?}");
        serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {ran:?}"))
    }
}

fn members(client: &mut Client, group: &str) -> usize {
    let group = client.get(&format!("/Groups/{group}")).expect(200).json();
    group["members"].as_array().map_or(0, Vec::len)
}

/// What an identity provider does with two users and a group: 16 requests.
fn provision(client: &mut Client, name: &str) {
    let mut ada = user(&format!("ada-{name}"));
    ada["password"] = json!("s3cret-of-ada");
    let ada = client.create("/Users", &ada);
    let mut bob = user(&format!("bob-{name}"));
    bob["urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"] =
        json!({ "manager": { "value": ada } });
    let bob = client.create("/Users", &bob);
    client
        .post("/Users", &user(&format!("ADA-{name}")))
        .expect(409);
    let staff = client.create("/Groups", &group(&format!("staff-{name}"), &[&ada]));
    let add = json!([{ "op": "add", "path": "members", "value": [{ "value": bob }] }]);
    client.patch(&format!("/Groups/{staff}"), &add).expect(204);
    assert_eq!(members(client, &staff), 2);
    let remove = json!([{ "op": "remove", "path": format!("members[value eq \"{ada}\"]") }]);
    client
        .patch(&format!("/Groups/{staff}"), &remove)
        .expect(204);
    for filter in [
        format!("id eq \"{bob}\""),
        format!("manager.value eq \"{ada}\""),
    ] {
        let manager = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager";
        let filter = encode(&filter.replace("manager", manager));
        let found = client.get(&format!("/Users?filter={filter}")).expect(200);
        assert_eq!(found.json()["totalResults"], 1);
    }
    let title = json!([{ "op": "replace", "path": "title", "value": "Boss" }]);
    client.patch(&format!("/Users/{bob}"), &title).expect(200);
    let stale = [("If-Match", "W/\"1\"")];
    let body = json!({ "schemas": [USER_URN], "userName": format!("bob-{name}") }).to_string();
    client
        .send(
            "PUT",
            &format!("/Users/{bob}"),
            &stale,
            Some(body.as_bytes()),
        )
        .expect(412);
    let first = client.get("/Users?count=1&cursor=").expect(200).json();
    let next = first["nextCursor"].as_str().unwrap();
    client
        .get(&format!("/Users?count=1&cursor={next}"))
        .expect(200);
    let bulk = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
        "Operations": [
            { "method": "POST", "path": "/Users", "bulkId": "c", "data": user(&format!("eve-{name}")) },
            { "method": "POST", "path": "/Groups", "bulkId": "g",
              "data": group(&format!("bulk-{name}"), &["bulkId:c", &bob]) },
        ],
    });
    let made = client.post("/Bulk", &bulk).expect(200).json();
    let location = made["Operations"][0]["location"].as_str().unwrap();
    let (_, eve) = location.rsplit_once('/').unwrap();
    client.delete(&format!("/Users/{eve}")).expect(204);
    client.get(&format!("/Users/{eve}")).expect(404);
}

#[test]
fn an_export_is_answered_alike_by_an_empty_server_and_ids_follow() {
    let daemon = Daemon::start();
    let (org, mut sales) = daemon.org("sales");
    let mut primary = daemon.primary();
    provision(&mut primary, "p");
    provision(&mut sales, "s");
    Client::new(daemon.addr, "/scim/v2", "scimtop_wrong")
        .get("/Users")
        .expect(401);

    let export = Export::of(daemon.home(), 33, &[]);
    let header = &export.lines[0];
    assert_eq!(
        (&header["format"], &header["version"]),
        (&json!("scimtop-exchanges"), &json!(1))
    );
    assert_eq!(
        header["orgs"],
        json!([{ "id": 0, "name": "Primary" }, { "id": org, "name": "sales" }])
    );
    let seqs: Vec<_> = export
        .exchanges()
        .iter()
        .map(|one| one["seq"].as_u64().unwrap())
        .collect();
    assert!(seqs.is_sorted());
    let text = fs::read_to_string(export.path()).unwrap();
    assert!(
        !text.contains("s3cret") && !text.contains("Bearer"),
        "{text}"
    );
    let lacks = |word: &str| {
        export
            .exchanges()
            .iter()
            .filter(|one| one["lacks"] == json!([word]))
            .count()
    };
    assert_eq!((lacks("password"), lacks("body-cut")), (2, 0));

    // A part of it.
    let some = Export::of(daemon.home(), 16, &["--org", "sales", "--since", "1h"]);
    assert!(some.exchanges().iter().all(|one| one["org"] == org));
    let refused = Export::of(daemon.home(), 1, &["--filter", "status:401"]);
    assert_eq!(refused.exchanges()[0]["refused"], "damaged");
    Export::of(daemon.home(), 0, &["--until", "1h"]);

    let scratch = Daemon::start();
    let (number, _) = scratch.org("elsewhere");
    let own = format!("sales={}", scratch.home().token(&number.to_string()).1);
    let all = scratch.home().token("0").1;
    let tokens = ["--token", &own, "--token", &all];
    let report = export.report(&scratch, 0, &tokens);
    assert_eq!(
        (
            &report["exchanges"],
            &report["sent"],
            &report["same"],
            &report["different"]
        ),
        (&json!(33), &json!(32), &json!(32), &json!(0)),
        "{report:#}"
    );
    assert_eq!(report["incomplete"], json!({ "password": 2 }));
    assert_eq!(
        report["not_sent"].as_object().unwrap().len(),
        1,
        "{report:#}"
    );
    let mut there = scratch.client(&all);
    let found = there
        .get(&format!(
            "/Users?filter={}",
            encode("userName eq \"bob-p\"")
        ))
        .json();
    let manager = &found["Resources"][0]["urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"]
        ["manager"]["value"];
    there
        .get(&format!("/Users/{}", manager.as_str().unwrap()))
        .expect(200);

    // Now it is not empty any more.
    let again = export.replay(&scratch, &tokens);
    assert_eq!(again.code, 1, "{again:?}");
    assert!(again.err.contains("--into-nonempty"), "{again:?}");
    let report = export.report(
        &scratch,
        1,
        &[&tokens[..], &["--into-nonempty", "--show", "1"]].concat(),
    );
    assert_eq!(report["differences"].as_array().unwrap().len(), 1);
    assert_eq!(
        report["differences"][0]["changes"][0],
        json!({ "at": "status", "recorded": 201, "now": 409 })
    );
    // The same for people.
    let ran = export.replay(&scratch, &[&tokens[..], &["--into-nonempty"]].concat());
    assert!(ran.out.contains("status: recorded 201, now 409"), "{ran:?}");
    assert!(ran.err.contains("answered otherwise"), "{ran:?}");
}

#[test]
fn conversations_of_identity_providers_replay_and_another_policy_shows() {
    let (daemon, count) = conversations::play("suspend");
    let export = Export::of(daemon.home(), count, &[]);
    let scratch = Daemon::start();
    scratch.home().json(&["org", "policy", "0", "suspend"]);
    let token = scratch.home().token("0").1;
    let report = export.report(&scratch, 0, &["--token", &token]);
    assert_eq!(
        (&report["different"], &report["same"]),
        // One comes without a token.
        (&json!(0), &json!(count - 1)),
        "{report:#}"
    );

    let other = Daemon::start();
    let token = other.home().token("0").1;
    let report = export.report(&other, 1, &["--token", &token]);
    assert!(report["different"].as_u64().unwrap() > 0, "{report:#}");
}

#[test]
fn what_cannot_be_replayed_is_said_with_line_and_column_and_nothing_is_sent() {
    let daemon = Daemon::start();
    daemon.primary().create("/Users", &user("ada"));
    let export = Export::of(daemon.home(), 1, &[]);
    let whole = fs::read_to_string(export.path()).unwrap();
    let scratch = Daemon::start();
    let token = scratch.home().token("0").1;
    let (head, body) = whole.split_once('\n').unwrap();
    let cut = format!("{whole}{}\n", &body[..100]);
    let wrong_type = whole.replace("\"status\":201", "\"status\":\"s3cret\"");
    for (text, words) in [
        (String::new(), &["line 1", "requests export"][..]),
        ("hello\n".to_owned(), &["line 1, column 1"]),
        (body.to_owned(), &["line 1"]),
        (
            head.replace("\"version\":1", "\"version\":9"),
            &["version 9"],
        ),
        (cut, &["line 3, column 100", "remove the line"]),
        (wrong_type, &["line 2, column "]),
    ] {
        fs::write(export.path(), text).unwrap();
        let ran = export.replay(&scratch, &["--token", &token]);
        assert_eq!(ran.code, 1, "{ran:?}");
        assert!(
            words.iter().all(|word| ran.err.contains(word)),
            "{words:?}: {ran:?}"
        );
        assert!(!ran.err.contains("s3cret"), "{ran:?}");
    }
    fs::write(export.path(), &whole).unwrap();
    for (args, words) in [
        (&[][..], "--token 0=TOKEN"),
        (&["--token", "7=x"], "--token 0=TOKEN"),
        (&["--token", "scimtop_wrong"], "401"),
        (&["--token", &token, "--speed", "0"], "above 0"),
    ] {
        let ran = export.replay(&scratch, args);
        assert_eq!((ran.code, ran.out.as_str()), (1, ""), "{ran:?}");
        assert!(ran.err.contains(words), "{words}: {ran:?}");
    }
    let found = scratch.client(&token).get("/Users").expect(200).json();
    assert_eq!(found["totalResults"], 0);
    // Tokens from a file, as fast as recorded.
    let file = export.dir.path().join("tokens");
    fs::write(&file, format!("\nprimary={token}\n")).unwrap();
    let args = ["--tokens", file.to_str().unwrap(), "--speed", "1000"];
    assert_eq!(export.report(&scratch, 0, &args)["same"], 1);
}
