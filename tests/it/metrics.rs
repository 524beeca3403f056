//! `/metrics`: who may read it, that it can be read, that it counts, and what is never in it.

use serde_json::json;

use crate::client::{Client, user};
use crate::daemon::{Home, until};
use crate::exposition::Exposition;
use crate::operators::{daemon, token};
use crate::receiver::Receiver;
use crate::sinks::{file, webhook_secret};
use crate::webhooks::{OUTBOUND, free_port, rename};

const OPEN: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// What the socket says.
pub fn of(home: &Home) -> Exposition {
    let ran = home.scimtop(&["health", "--metrics"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    Exposition::text(&ran.out)
}

#[test]
fn viewers_read_metrics_in_the_form_that_they_ask_for_and_nobody_else_does() {
    let (daemon, addr) = daemon("");
    let (_, viewer) = token(daemon.home(), "viewer", &[]);
    let mut client = Client::new(addr, "", &viewer);
    for (accept, media) in [("", TEXT), (TEXT, TEXT), (OPEN, OPEN)] {
        let headers = if accept.is_empty() {
            vec![]
        } else {
            vec![("Accept", accept)]
        };
        let reply = client.send("GET", "/metrics", &headers, None).expect(200);
        assert_eq!(reply.must("content-type"), media);
        let read = if media == OPEN {
            Exposition::open_metrics(&reply.text())
        } else {
            Exposition::text(&reply.text())
        };
        assert_eq!(read.count("scimtop_build_info"), 1);
        let started = read.sum("process_start_time_seconds", &[]);
        assert!(started > 1_500_000_000.0, "{started}");
    }
    let (_, scim) = daemon.home().token("0");
    for secret in ["", "x", &scim] {
        let reply = Client::new(addr, "", secret).get("/metrics");
        assert_eq!(reply.status, 401);
    }
    // The endpoint that identity providers reach has no such path, whatever the token.
    for secret in [&scim, &viewer] {
        let reply = Client::new(daemon.addr, "", secret).get("/metrics");
        assert!([401, 404].contains(&reply.status), "{}", reply.status);
        assert!(!reply.text().contains("scimtop_build_info"));
    }
    assert_eq!(client.post("/metrics", &json!({})).status, 405);
    let failures = of(daemon.home());
    let refused = failures.sum("scimtop_auth_failures_total", &[("api", "operations")]);
    assert!((refused - 3.0).abs() < 0.1, "{refused}");
}

#[test]
fn counters_move_as_requests_come() {
    let (daemon, _) = daemon("");
    let home = daemon.home();
    let (org, mut sales) = daemon.org("sales");
    let org = org.to_string();
    let id = sales.create("/Users", &json!({ "userName": "ada@example.com" }));
    sales.get("/Users").expect(200);
    sales.get(&format!("/Users/{id}")).expect(200);
    sales.get("/Users/2819c223-7f76-453a-919d-413861904646");
    let conflict = sales.post("/Users", &json!({ "userName": "ada@example.com" }));
    assert_eq!(conflict.status, 409);
    sales.create("/Groups", &json!({ "displayName": "Staff" }));
    sales.send("BREW", "/Users", &[], None);
    let mut nobody = Client::new(daemon.addr, "", "not-a-token");
    for path in ["/a", "/b", "/c/d"] {
        nobody.get(path);
    }
    nobody.get("/scim/v2/Users");

    let requests = |read: &Exposition, having: &[(&str, &str)]| {
        read.sum("scimtop_http_requests_total", having)
    };
    let read = until("all are counted", || {
        let read = of(home);
        (requests(&read, &[]) > 10.5).then_some(read)
    });
    for (route, method, code, count) in [
        ("/Users", "POST", "2xx", 1.0),
        ("/Users", "POST", "4xx", 1.0),
        ("/Users", "GET", "2xx", 1.0),
        ("/Users/{id}", "GET", "2xx", 1.0),
        ("/Users/{id}", "GET", "4xx", 1.0),
        ("/Groups", "POST", "2xx", 1.0),
        ("/Users", "other", "4xx", 1.0),
    ] {
        let having = [
            ("org", &*org),
            ("route", route),
            ("method", method),
            ("code", code),
        ];
        let found = requests(&read, &having);
        assert!((found - count).abs() < 0.1, "{having:?}: {found}");
    }
    let unknown = requests(&read, &[("route", "unknown"), ("org", "none")]);
    assert!((unknown - 3.0).abs() < 0.1, "{unknown}");
    let timed = read.sum("scimtop_http_request_duration_seconds_count", &[]);
    assert!((timed - requests(&read, &[])).abs() < 0.1, "{timed}");
    assert!(read.sum("scimtop_auth_failures_total", &[("reason", "foreign")]) > 0.5);
    for (name, value) in [("scimtop_users", 1.0), ("scimtop_groups", 1.0)] {
        let found = read.sum(name, &[("org", &org)]);
        assert!((found - value).abs() < 0.1, "{name}: {found}");
    }
    let commits = read.sum("scimtop_writer_commit_duration_seconds_count", &[]);
    let batches = read.sum("scimtop_writer_batch_jobs_count", &[]);
    assert!(commits > 1.5 && batches > 1.5 && commits >= batches);
    let jobs = read.sum("scimtop_writer_batch_jobs_sum", &[]);
    assert!(jobs <= read.sum("scimtop_writer_jobs_total", &[]), "{jobs}");
    assert!(read.sum("scimtop_storage_bytes", &[("file", "directory")]) > 0.5);

    // A removal is one more, and no user less.
    let before = read.sum("scimtop_removals_total", &[]);
    assert_eq!(sales.delete(&format!("/Users/{id}")).status, 204);
    let read = of(home);
    assert!((read.sum("scimtop_removals_total", &[]) - before - 1.0).abs() < 0.1);
    assert!(read.sum("scimtop_users", &[("org", &org)]) < 0.5);
}

#[test]
fn labels_are_bounded_and_no_secret_is_in_one() {
    let (daemon, addr) = daemon("");
    let home = daemon.home();
    let (id, secret) = home.token("0");
    let (_, viewer) = token(home, "viewer", &[]);
    let mut client = daemon.client(&secret);
    let canary = "c4n4ry-Passw0rd";
    let person = json!({ "userName": "eve@example.com", "password": canary });
    client.create("/Users", &person);
    for n in 0..200 {
        client.send("GET", &format!("/{canary}{n}/{secret}"), &[], None);
        client.send(&format!("X{n}"), &format!("/Users/{n}"), &[], None);
    }
    let mut open = Client::new(addr, "", &viewer);
    let read = until("all are counted", || {
        let written = open.get("/metrics").expect(200).text();
        let read = Exposition::text(&written);
        let counted = read.sum("scimtop_http_requests_total", &[]);
        (counted > 400.5).then_some((written, read))
    });
    let (written, read) = read;
    // 400 different paths and methods: three series.
    assert_eq!(read.count("scimtop_http_requests_total"), 3);
    for hidden in [
        canary,
        "eve@example.com",
        &secret[20..],
        &viewer[20..],
        "X7",
    ] {
        assert!(!written.contains(hidden), "{hidden}");
    }
    let named = [("token", id.as_str()), ("state", "active")];
    assert!(read.sum("scimtop_token_expires_in_seconds", &named) > 86_400.0);
    assert!(
        read.labels("scimtop_token_expires_in_seconds")
            .contains("hint")
    );
}

#[test]
fn what_goes_out_is_counted_by_receiver_and_what_waits_is_measured() {
    // One is not there, one does not take what is about `bad`, and one is the log.
    let dead = free_port();
    let choosy = Receiver::answering("127.0.0.1:0".parse().unwrap(), |_, got| {
        let status = if got.body.contains("\"bad\"") {
            500
        } else {
            204
        };
        (status, String::new())
    });
    let home = Home::new();
    let secret = file(&home, "secret", &webhook_secret());
    let webhook = |name: &str, url: &str| {
        format!(
            "[[webhooks]]\nname = \"{name}\"\nurl = \"{url}\"\nsecret_file = \"{secret}\"\n\
             kinds = [\"user.*\"]\n"
        )
    };
    home.configure(&format!(
        "{OUTBOUND}attempts = 2\n{}{}[[sinks]]\nname = \"journal\"\ntype = \"log\"\n",
        webhook("dead", &format!("http://{dead}/")),
        webhook("choosy", &choosy.url()),
    ));
    let daemon = home.start();
    let home = daemon.home();
    let value = |read: &Exposition, name: &str, target: &str| read.sum(name, &[("target", target)]);
    // A whole number has no point.
    let whole = |value: f64| value.to_string().parse::<u64>().unwrap();
    let attempts = |read: &Exposition, target: &str, outcome: &str| {
        let having = [("target", target), ("outcome", outcome)];
        whole(read.sum("scimtop_deliveries_total", &having))
    };
    let pending =
        |read: &Exposition, target: &str| whole(value(read, "scimtop_deliveries_pending", target));
    // All are there from the start: a counter that begins with its first failure shows no rise.
    let read = of(home);
    assert_eq!(read.count("scimtop_deliveries_total"), 9);
    for target in ["dead", "choosy", "journal"] {
        assert_eq!(
            (attempts(&read, target, "refused"), pending(&read, target)),
            (0, 0)
        );
        assert!(value(&read, "scimtop_delivery_oldest_seconds", target) < 0.5);
    }

    let mut client = daemon.primary();
    let ada = client.create("/Users", &user("ada"));
    rename(&mut client, &ada, "bad");
    let mut number = 0;
    let read = until("one is given up, and nothing else waits there", || {
        client.create("/Users", &user(&format!("u{number}")));
        number += 1;
        let read = of(home);
        let given_up = value(&read, "scimtop_deliveries_given_up", "choosy") > 0.5;
        (given_up && value(&read, "scimtop_delivery_oldest_seconds", "dead") > 0.5).then_some(read)
    });
    assert_eq!(attempts(&read, "choosy", "given-up"), 1);
    assert!(attempts(&read, "choosy", "refused") > 0);
    assert!(attempts(&read, "dead", "refused") > 1, "{read:?}");
    assert_eq!(
        attempts(&read, "dead", "taken") + attempts(&read, "dead", "given-up"),
        0
    );
    assert_eq!(pending(&read, "dead"), 2 + number);
    // The same as the command lists.
    let listed = home.json(&["deliveries", "list", "--webhook", "dead"]);
    assert_eq!(listed["webhooks"][0]["waiting"], 2 + number);

    let back = Receiver::answering(dead, |_, _| (204, String::new()));
    let after = until("nothing waits", || {
        let read = of(home);
        let waits = ["dead", "choosy"].map(|target| pending(&read, target));
        (waits == [0, 0]).then_some(read)
    });
    assert_eq!(attempts(&after, "dead", "taken"), 2 + number);
    assert_eq!(back.got().len() as u64, 2 + number);
    assert!(value(&after, "scimtop_delivery_oldest_seconds", "dead") < 0.5);
    // No counter goes back, and no other receiver has appeared.
    for target in ["dead", "choosy", "journal"] {
        for outcome in ["taken", "refused", "given-up"] {
            assert!(attempts(&after, target, outcome) >= attempts(&read, target, outcome));
        }
    }
    assert_eq!(after.count("scimtop_deliveries_total"), 9);
}
