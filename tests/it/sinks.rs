//! People are told of alerts: each once, by every kind of sink, and to no address that is not
//! named.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::daemon::{Daemon, Home, until};
use crate::mail_server::MailServer;
use crate::receiver::Receiver;

/// Groups are told at once, and failures tried again soon.
pub const SETTINGS: &str = "[outbound]\nallow_networks = [\"127.0.0.1\"]\nfirst_wait_ms = 20\n\
                        longest_wait_ms = 100\n[notices]\nwait_seconds = 0\nregroup_seconds = 0\n\
                        [alerts.refusal_burst]\nminute = 1000\nten_minutes = 1000\n";
const HIDDEN: &str = "T0SECRET/B0SECRET";

pub fn webhook_secret() -> String {
    format!("whsec_{}", STANDARD.encode([9; 32]))
}

/// A file beside the data directory.
pub fn file(home: &Home, name: &str, text: &str) -> String {
    let path = home.data().with_file_name(name);
    fs::write(&path, text).unwrap();
    path.display().to_string()
}

pub fn sink(name: &str, kind: &str, more: &str) -> String {
    format!("[[sinks]]\nname = \"{name}\"\ntype = \"{kind}\"\n{more}\n")
}

/// Tells of an alert and its end: a revoked token is used, and then one of the same name.
pub fn alert_and_recovery(daemon: &Daemon, told: impl Fn(usize)) {
    let home = daemon.home();
    let issue = || {
        let issued = home.json(&["token", "create", "--org", "0", "--label", "okta"]);
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        (text(&issued["token"]["id"]), text(&issued["secret"]))
    };
    let (id, secret) = issue();
    daemon.client(&secret).get("/Users").expect(200);
    home.json(&["token", "revoke", &id, "--yes"]);
    for _ in 0..40 {
        daemon.client(&secret).get("/Users").expect(401);
    }
    told(1);
    let (_, secret) = issue();
    daemon.client(&secret).get("/Users").expect(200);
    told(2);
}

#[test]
fn a_sink_gets_an_alert_and_its_recovery_once_each() {
    let receiver = Receiver::start();
    let home = Home::new();
    let secret = file(&home, "secret", &webhook_secret());
    let heard = home.data().with_file_name("heard");
    let script = file(
        &home,
        "program",
        &format!("#!/bin/sh\ncat >> {}\n", heard.display()),
    );
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    let url = format!("url = \"{}\"\nsecret_file = \"{secret}\"", receiver.url());
    home.configure(&format!(
        "{SETTINGS}{}{}",
        sink("pager", "webhook", &url),
        sink("program", "command", &format!("command = [\"{script}\"]")),
    ));
    let daemon = home.start();
    let lines = || -> Vec<Value> {
        let text = fs::read_to_string(&heard).unwrap_or_default();
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    };
    alert_and_recovery(&daemon, |count| {
        until("the sinks are told", || {
            (receiver.got().len() == count && lines().len() == count).then_some(())
        });
    });
    // It is stored that they were told before the daemon ends, so a restart tells none again.
    let daemon = daemon.stop().start();
    until("nothing waits", || {
        let found = daemon.home().json(&["deliveries", "list"]);
        let all = found["webhooks"].as_array().unwrap().clone();
        assert!(all.iter().all(|it| it["told"] == "alerts"));
        (all.len() == 2 && all.iter().all(|it| it["waiting"] == 0)).then_some(())
    });
    let states = |notices: Vec<Value>| -> Vec<(String, String)> {
        notices
            .iter()
            .map(|notice| {
                let alerts = notice["alerts"].as_array().unwrap();
                assert_eq!(alerts.len(), 1, "{notice}");
                let text = |value: &Value| value.as_str().unwrap().to_owned();
                (text(&alerts[0]["rule"]), text(&alerts[0]["state"]))
            })
            .collect()
    };
    let expected = ["firing", "ok"].map(|state| ("revoked-token-in-use".to_owned(), state.into()));
    let bodies = receiver.got();
    let by_webhook = bodies.iter().map(|got| got.json()["data"].clone());
    assert_eq!(states(by_webhook.collect()), expected);
    let by_command = lines().into_iter().map(|line| line["notice"].clone());
    assert_eq!(states(by_command.collect()), expected);
    assert!(bodies[0].json()["type"] == "alerts.changed");
}

#[test]
fn a_notice_that_was_not_taken_is_listed_and_comes_later() {
    let receiver = Receiver::answering("127.0.0.1:0".parse().unwrap(), |number, _| match number {
        0..3 => (500, String::new()),
        _ => (200, String::new()),
    });
    let home = Home::new();
    let secret = file(&home, "secret", &webhook_secret());
    let url = format!("url = \"{}\"\nsecret_file = \"{secret}\"", receiver.url());
    home.configure(&format!("{SETTINGS}{}", sink("pager", "webhook", &url)));
    let daemon = home.start();
    alert_and_recovery(&daemon, |count| {
        until("it is told at last", || {
            let found = daemon.home().json(&["deliveries", "list"]);
            let done =
                found["webhooks"][0]["waiting"] == 0 && found["open"] == serde_json::json!([]);
            (done && receiver.got().len() >= count + 3).then_some(())
        });
    });
    let ids: Vec<String> = receiver
        .got()
        .iter()
        .map(|got| got.header("webhook-id").to_owned())
        .collect();
    // The same notice until it is taken.
    assert!(ids[..4].iter().all(|id| *id == ids[0]), "{ids:?}");
    assert_ne!(ids[4], ids[0]);
}

#[test]
fn each_sink_is_tested_and_says_how_that_went() {
    let (good, elsewhere) = (Receiver::start(), Receiver::start());
    let to = format!("Location: {}/caught", elsewhere.url());
    let redirecting = Receiver::answering("127.0.0.1:0".parse().unwrap(), move |_, _| {
        (307, to.clone())
    });
    let mail = MailServer::start();
    let home = Home::new();
    let secret = file(&home, "secret", &webhook_secret());
    let chat = file(
        &home,
        "chat",
        &format!("{}/services/{HIDDEN}\n", good.url()),
    );
    let token = file(&home, "token", "tk_hidden\n");
    let with_secret = |url: &str| format!("url = \"{url}\"\nsecret_file = \"{secret}\"");
    // Not named: another address of this machine, at which something listens.
    let private = format!("http://127.0.0.2:{}/", good.addr.port());
    home.configure(&format!(
        "{SETTINGS}[dead_man]\nurl = \"{}/alive\"\n{}{}{}{}{}{}{}{}",
        good.url(),
        sink("hook", "webhook", &with_secret(&good.url())),
        sink("chat", "slack", &format!("url_file = \"{chat}\"")),
        sink(
            "push",
            "ntfy",
            &format!("url = \"{}/topic\"\nsecret_file = \"{token}\"", good.url())
        ),
        sink(
            "mail",
            "mail",
            &format!(
                "server = \"127.0.0.1\"\nport = {}\ntls = \"none\"\nfrom = \"scimtop <s@test.example>\"\n\
                 to = [\"ops@test.example\"]",
                mail.addr.port()
            )
        ),
        sink("log", "log", ""),
        sink("command", "command", "command = [\"/bin/sh\", \"-c\", \"exit 7\"]"),
        sink("redirects", "webhook", &with_secret(&redirecting.url())),
        sink("private", "webhook", &with_secret(&private)),
    ));
    let checked = home.scimtop(&["config", "check"]);
    assert_eq!(checked.code, 0, "{checked:?}");
    let daemon = home.start();
    let home = daemon.home();
    let rehearsed = home.json(&["alerts", "test", "--dry-run"]);
    assert_eq!(rehearsed.as_array().unwrap().len(), 8);
    let only_alive = |got: Vec<crate::receiver::Got>| got.iter().all(|got| got.path == "/alive");
    assert!(only_alive(good.got()), "a rehearsal sends nothing");

    let ran = home.scimtop(&["alerts", "test", "--json"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    let tests: Vec<Value> = serde_json::from_str(&ran.out).unwrap();
    let results: Vec<_> = tests
        .iter()
        .map(|test| {
            let text = |value: &Value| value.as_str().unwrap_or("taken").to_owned();
            (text(&test["sink"]), text(&test["error"]))
        })
        .collect();
    let refused = "it leads to 127.0.0.2, which outbound.allow_networks does not name, and without \
                   TLS nothing else is reached";
    let expected = [
        ("hook", "taken"),
        ("chat", "taken"),
        ("push", "taken"),
        ("mail", "taken"),
        ("log", "taken"),
        ("command", "ended with 7"),
        ("redirects", "answered 307: redirects are not followed"),
        ("private", refused),
    ];
    assert_eq!(
        results,
        expected.map(|(sink, said)| (sink.to_owned(), said.to_owned()))
    );
    assert_eq!((redirecting.got().len(), elsewhere.got().len()), (1, 0));

    let got = good.got();
    let at = |path: &str| got.iter().find(|got| got.path == path).unwrap();
    assert!(!at("/").header("webhook-signature").is_empty());
    let said_in_chat = at(&format!("/services/{HIDDEN}")).json();
    assert!(
        said_in_chat["text"]
            .as_str()
            .unwrap()
            .contains("[scimtop] test")
    );
    let pushed = at("/topic");
    assert_eq!(pushed.header("authorization"), "Bearer tk_hidden");
    assert!(pushed.header("title").starts_with("[scimtop] test"));
    let mail = mail.said();
    for part in [
        "RCPT TO:<ops@test.example>",
        "Subject: [scimtop] test",
        "this is a test; nothing is wrong",
    ] {
        assert!(mail.contains(part), "{mail}");
    }
    until("the watchdog is asked", || {
        good.got()
            .iter()
            .any(|got| got.path == "/alive")
            .then_some(())
    });
    let one = home.json(&["alerts", "test", "hook"]);
    assert_eq!(one.as_array().unwrap().len(), 1);
    let unknown = home.scimtop(&["alerts", "test", "nobody"]);
    assert!(
        unknown.code == 1 && unknown.err.contains("hook, chat"),
        "{unknown:?}"
    );
    // What was printed, listed or logged holds no secret.
    let shown = [
        ran.out,
        ran.err,
        home.scimtop(&["config", "show"]).out,
        home.scimtop(&["deliveries", "list"]).out,
        home.printed(),
    ]
    .concat();
    for secret in [HIDDEN, "tk_hidden", "whsec_"] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
    assert!(
        home.printed().contains("[scimtop] test"),
        "the log is a sink"
    );
}

#[test]
fn what_is_wrong_with_sinks_and_webhooks_is_said_before_anything_starts() {
    let home = Home::new();
    let secret = file(&home, "secret", "whsec_c2hvcnQ=");
    let good = file(&home, "good", &webhook_secret());
    let hook = |more: &str| format!("[[webhooks]]\nname = \"app\"\nurl = \"https://h/\"\n{more}\n");
    let signed = format!("secret_file = \"{good}\"");
    let cases = [
        (sink("a b", "log", ""), "letters, digits"),
        (
            sink("x", "log", "") + &sink("x", "log", ""),
            "two webhooks or sinks are called `x`",
        ),
        (
            hook(&signed) + &sink("app", "log", ""),
            "two webhooks or sinks are called `app`",
        ),
        (sink("x", "pigeon", ""), "unknown variant `pigeon`"),
        (
            sink("x", "log", "url = \"https://h/\""),
            "type `log` has no `url`",
        ),
        (sink("x", "slack", "url = \"https://h/\""), "is a secret"),
        (sink("x", "webhook", "url = \"https://h/\""), "secret_file"),
        (
            sink(
                "x",
                "webhook",
                &format!("url = \"https://h/\"\nsecret_file = \"{secret}\""),
            ),
            "openssl",
        ),
        (sink("x", "ntfy", "url = \"https://h/?auth=1\""), "query"),
        (sink("x", "ntfy", "url = \"ftp://h/\""), "a URL is"),
        (sink("x", "command", "command = [\"page\"]"), "whole path"),
        (
            sink("x", "command", "command = [\"/nowhere/page\"]"),
            "no program",
        ),
        (
            sink("x", "mail", "server = \"h\"\nfrom = \"a@b.example\""),
            "to:",
        ),
        (
            sink(
                "x",
                "mail",
                "server = \"h\"\nuser = \"u\"\nfrom = \"a@b.example\"\nto = [\"c@d.example\"]",
            ),
            "belong together",
        ),
        (hook(""), "secret_file"),
        (
            hook("secret_file = \"/nowhere/secret\""),
            "cannot read /nowhere/secret",
        ),
        (hook("secret_env = \"NOWHERE\""), "$NOWHERE is not set"),
        (
            hook(&format!("{signed}\nkinds = [\"token.created\"]")),
            "no event is called `token.created`",
        ),
        ("[dead_man]\nurl = \"h\"\n".to_owned(), "dead_man"),
        (
            "[outbound]\nallow_networks = [\"home\"]\n".to_owned(),
            "10.1.0.0/16",
        ),
    ];
    for (settings, expected) in cases {
        home.configure(&settings);
        let ran = home.scimtop(&["config", "check"]);
        assert_eq!(ran.code, 1, "{settings}: {ran:?}");
        assert!(ran.err.contains(expected), "{settings}: {}", ran.err);
        assert!(!ran.err.contains("c2hvcnQ"), "{}", ran.err);
    }
    // An Org that is not there can only be known by the daemon.
    home.configure(&sink("x", "log", "org = \"nowhere\""));
    let ran = home.scimtop(&["serve", "--no-tui", "--listen", "127.0.0.1:0"]);
    assert!(
        ran.code == 1 && ran.err.contains("there is no Org `nowhere`"),
        "{ran:?}"
    );
}
