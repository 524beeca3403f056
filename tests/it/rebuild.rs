//! The directory of the past, by the real command: from a running daemon and from an idle store.

use serde_json::{Value, json};

use crate::client::{group, user};
use crate::daemon::{Daemon, Home, until};

fn rebuild(home: &Home, at: &str, into: &Home) -> Value {
    let dir = into.data();
    home.json(&[
        "events",
        "rebuild",
        "--at",
        at,
        "--into",
        dir.to_str().unwrap(),
    ])
}

#[test]
fn a_moment_comes_back_and_every_command_can_look_at_it() {
    let daemon = Daemon::start();
    let (_, mut sales) = daemon.org("sales");
    let mut client = daemon.primary();
    let ada = client.create("/Users", &user("ada"));
    let bob = client.create("/Users", &user("bob"));
    let staff = client.create("/Groups", &group("staff", &[&ada, &bob]));
    sales.create("/Users", &user("eve"));
    let events = daemon.home().json(&["events", "tail", "--limit", "1"]);
    let at = events[0]["at"].as_str().unwrap().to_owned();
    let now = || {
        daemon.home().json(&["status"])["now"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    until("the next moment", || (now() > at).then_some(()));
    let before = [&ada, &bob].map(|id| client.get(&format!("/Users/{id}")).expect(200).json());

    let title = json!([{ "op": "replace", "path": "title", "value": "Boss" }]);
    client.patch(&format!("/Users/{ada}"), &title).expect(200);
    client.delete(&format!("/Users/{bob}")).expect(204);
    client.delete(&format!("/Groups/{staff}")).expect(204);
    daemon
        .home()
        .json(&["org", "policy", "sales", "hold", "--hold-days", "7"]);

    let then = Home::new();
    let report = rebuild(daemon.home(), &at, &then);
    assert_eq!(
        (
            &report["orgs"],
            &report["users"],
            &report["groups"],
            &report["held"]
        ),
        (&json!(2), &json!(3), &json!(1), &json!(0))
    );
    for (name, before) in ["ada", "bob"].iter().zip(&before) {
        let shown = then.json(&["users", "show", name]);
        assert_eq!(shown["resource"]["id"], before["id"]);
        assert_eq!(
            shown["resource"]["meta"]["version"],
            before["meta"]["version"]
        );
        assert_eq!(shown["resource"]["title"], Value::Null);
    }
    assert_eq!(then.json(&["org", "show", "sales"])["policy"], "delete");
    assert_eq!(
        daemon.home().json(&["org", "show", "sales"])["policy"],
        "hold"
    );

    // What is there already is not touched.
    let dir = then.data();
    let again = [
        "events",
        "rebuild",
        "--at",
        "1h",
        "--into",
        dir.to_str().unwrap(),
    ];
    let ran = daemon.home().scimtop(&again);
    assert_eq!((ran.code, ran.out.as_str()), (5, ""), "{ran:?}");
    assert!(ran.err.contains("holds something"), "{ran:?}");
    let ran = daemon
        .home()
        .scimtop(&["events", "rebuild", "--at", "noon", "--into", "x"]);
    assert_eq!(ran.code, 2, "{ran:?}");

    // Long ago there was nothing; an idle store tells the same as its daemon.
    assert_eq!(rebuild(daemon.home(), "1h", &Home::new())["users"], 0);
    let home = daemon.stop();
    let idle = rebuild(&home, &at, &Home::new());
    assert_eq!(idle, report);
    let words = Home::new();
    let dir = words.data();
    let ran = home.scimtop(&[
        "events",
        "rebuild",
        "--at",
        &at,
        "--into",
        dir.to_str().unwrap(),
    ]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{ran:?}");
    assert!(ran.out.contains("last event"), "{ran:?}");
    assert!(idle["lost"].as_array().unwrap().is_empty());
}
