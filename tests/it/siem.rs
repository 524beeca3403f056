//! Events for systems that gather security events, as the commands write them.

use serde_json::{Value, json};

use crate::daemon::{Home, until};

fn records(home: &Home, args: &[&str]) -> Vec<Value> {
    let ran = home.scimtop(args);
    assert_eq!(ran.code, 0, "{ran:?}");
    let lines = ran.out.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect()
}

#[test]
fn events_and_refusals_are_exported_in_every_form() {
    let daemon = crate::daemon::Daemon::start();
    let home = daemon.home();
    let mut client = daemon.primary();
    let name = "x\"] [evil y=\"1\"]\\@example.com";
    client.create("/Users", &json!({ "userName": name }));
    daemon.client("not-a-token").get("/Users");
    until("both requests are recorded", || {
        let listed = home.scimtop(&["requests", "list"]);
        (listed.out.lines().count() == 2).then_some(())
    });

    let ocsf = records(
        home,
        &["events", "export", "--format", "ocsf", "--refusals"],
    );
    let user = ocsf
        .iter()
        .find(|record| record["class_uid"] == 3001)
        .unwrap();
    assert_eq!(
        (&user["user"]["name"], &user["type_uid"]),
        (&json!(name), &json!(300_101))
    );
    assert_eq!(user["src_endpoint"]["ip"], "127.0.0.1");
    let refused = ocsf.last().unwrap();
    assert_eq!(
        (&refused["class_uid"], &refused["status_detail"]),
        (&json!(3002), &json!("foreign"))
    );

    let kind = ["events", "export", "--kind", "user-created", "--format"];
    let ecs = records(home, &[&kind[..], &["ecs"]].concat());
    assert_eq!(ecs.len(), 1);
    assert_eq!(ecs[0]["user"]["target"]["name"], name);
    assert_eq!(ecs[0]["source"]["ip"], "127.0.0.1");

    let syslog = home.scimtop(&[&kind[..], &["syslog"]].concat()).out;
    assert_eq!(syslog.lines().count(), 1);
    assert!(
        syslog.contains(r#"subject="x\"\] [evil y=\"1\"\]\\@example.com""#),
        "{syslog}"
    );
    assert!(
        syslog.starts_with("<110>1 20") && syslog.contains(" 127.0.0.1 scimtop - user-created ")
    );
    let tail = home.scimtop(&[
        "events",
        "tail",
        "--kind",
        "user-created",
        "--format",
        "syslog",
    ]);
    assert_eq!(tail.out, syslog);
    // Without a form, what it always was.
    assert_eq!(
        records(home, &["events", "export"]).last().unwrap()["kind"],
        "user-created"
    );
}
