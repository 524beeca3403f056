//! Webhooks and sinks of a running daemon change with the configuration: nothing is lost, nothing
//! is told twice, and a mistake changes nothing.

use std::collections::BTreeSet;
use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::client::user;
use crate::daemon::{Daemon, Home, until};
use crate::receiver::Receiver;
use crate::sinks::{SETTINGS, alert_and_recovery, file, sink, webhook_secret};
use crate::webhooks::{
    KEY, complete_and_in_order, configure, free_port, is_signed, recorded, rename, told,
};

/// Carries out a change, and waits until the log says this as often as it did and once more.
fn and_then(daemon: &Daemon, said: &str, change: impl FnOnce()) {
    let count = || daemon.home().printed().matches(said).count();
    let before = count();
    change();
    until(said, || (count() > before).then_some(()));
}

const ANEW: &str = "webhooks and sinks were read anew";
const AS_BEFORE: &str = "webhooks and sinks stay as they were";

#[test]
fn the_next_alert_goes_where_the_settings_say_now() {
    let (old, new) = (Receiver::start(), Receiver::start());
    let home = Home::new();
    let secret = file(&home, "secret", &webhook_secret());
    let pager = |url: &str, secret: &str| {
        let settings = format!("url = \"{url}\"\nsecret_file = \"{secret}\"");
        format!("{SETTINGS}{}", sink("pager", "webhook", &settings))
    };
    home.configure(&pager(&old.url(), &secret));
    let daemon = home.start();
    let home = daemon.home();
    let reach = |receiver: &Receiver, before: usize| {
        alert_and_recovery(&daemon, |count| {
            until("the sink is told", || {
                (receiver.got().len() == before + count).then_some(())
            });
        });
    };
    reach(&old, 0);
    // What is wrong changes nothing and is told; the file, its settings, or what they name.
    for wrong in [
        "[[sinks]]\nname = ".to_owned(),
        pager("ftp://127.0.0.1/", &secret),
        pager(&new.url(), "/nowhere/secret"),
        pager(&new.url(), &secret) + "org = \"nowhere\"\n",
    ] {
        and_then(&daemon, AS_BEFORE, || home.configure(&wrong));
    }
    reach(&old, 2);
    and_then(&daemon, ANEW, || {
        home.configure(&pager(&new.url(), &secret));
    });
    reach(&new, 0);
    let tested = home.json(&["alerts", "test", "pager"]);
    assert_eq!(tested[0]["to"], new.url());
    // Nobody was told twice, and the former receiver of nothing any more.
    assert_eq!((old.got().len(), new.got().len()), (4, 3));
    let both = [old.got(), new.got()].concat();
    let ids: BTreeSet<_> = both.iter().map(|got| got.header("webhook-id")).collect();
    assert_eq!(ids.len(), 7);
    assert!(!home.printed().contains("whsec_"));
}

#[test]
fn only_the_file_itself_is_read_anew_and_not_the_log_beside_it() {
    // There is none at first.
    let daemon = Daemon::start();
    let home = daemon.home();
    and_then(&daemon, AS_BEFORE, || home.configure("wrong"));
    let told = home.printed().matches(AS_BEFORE).count();
    // As a log does that lies there, which the mistake is written to.
    let log = home.data().parent().unwrap().join("config/scimtop/log");
    for line in 0..4 {
        fs::write(&log, line.to_string()).unwrap();
        sleep(Duration::from_millis(250));
    }
    and_then(&daemon, "the thresholds of alerts were read anew", || {
        home.configure("[alerts.storage]\ndisk_refuse = 1\n");
    });
    assert_eq!(home.printed().matches(AS_BEFORE).count(), told);
}

#[test]
fn what_waits_is_told_once_and_in_order_however_often_the_settings_change() {
    let nobody = format!("http://{}/", free_port());
    let open = Arc::new(AtomicBool::new(false));
    let gate = Arc::clone(&open);
    let receiver = Receiver::answering("127.0.0.1:0".parse().unwrap(), move |_, got| {
        until("the gate opens", || {
            (!got.body.contains("\"held\"") || gate.load(Ordering::Acquire)).then_some(())
        });
        (204, String::new())
    });
    let home = Home::new();
    let users = "kinds = [\"user.*\"]\n";
    configure(&home, &nobody, users);
    let daemon = home.start();
    let home = daemon.home();
    let mut client = daemon.primary();
    let ids: Vec<_> = (0..10)
        .map(|number| client.create("/Users", &user(&format!("u{number}"))))
        .collect();
    let mut rename_all = |name: &str| {
        for id in &ids {
            rename(&mut client, id, name);
        }
    };
    let held = || {
        receiver
            .got()
            .iter()
            .any(|got| got.body.contains("\"held\""))
    };
    rename_all("before");
    until("deliveries that fail", || {
        let found = home.json(&["deliveries", "list"]);
        (found["open"][0]["attempts"].as_u64() > Some(1)).then_some(())
    });
    // The queue goes to the new place. What is under way when that changes again is waited for.
    and_then(&daemon, ANEW, || configure(home, &receiver.url(), users));
    rename_all("held");
    until("one is under way", || held().then_some(()));
    let url = format!("{}/other", receiver.url());
    and_then(&daemon, ANEW, || configure(home, &url, users));
    open.store(true, Ordering::Release);
    for round in 0..6 {
        let url = format!("{}/{round}", receiver.url());
        and_then(&daemon, ANEW, || configure(home, &url, users));
        rename_all(&format!("round {round}"));
    }
    let waits = || home.json(&["deliveries", "list"])["webhooks"][0].clone();
    until("all is told", || (waits()["waiting"] == 0).then_some(()));
    let (order, again) = told(&receiver.got());
    complete_and_in_order(&recorded(home), &order);
    assert_eq!(again, 0);
    let paths: BTreeSet<_> = receiver.got().into_iter().map(|got| got.path).collect();
    assert!(paths.len() > 1, "{paths:?}");

    // Without it, nothing is sent and its place is kept; once it is back it misses nothing.
    let count = receiver.got().len();
    and_then(&daemon, ANEW, || home.configure(""));
    until("it is not told any more", || {
        (waits()["configured"] == false).then_some(())
    });
    rename_all("without");
    assert_eq!(waits()["waiting"], 10);
    assert_eq!(receiver.got().len(), count);
    and_then(&daemon, ANEW, || configure(home, &receiver.url(), users));
    until("all is told", || (waits()["waiting"] == 0).then_some(()));
    let (order, again) = told(&receiver.got());
    complete_and_in_order(&recorded(home), &order);
    assert_eq!(again, 0);
}

#[test]
fn a_hangup_reads_secrets_anew_and_the_lines_go_on() {
    let receiver = Receiver::start();
    let home = Home::new();
    configure(&home, &receiver.url(), "kinds = [\"user.*\"]\n");
    let daemon = home.start();
    let mut client = daemon.primary();
    let mut next = |number: usize| {
        client.create("/Users", &user(&format!("u{number}")));
        until("it is told", || receiver.got().get(number).cloned())
    };
    assert!(is_signed(&next(0), &KEY));
    let other = [8; 32];
    let secret = daemon.home().data().with_file_name("secret");
    fs::write(&secret, format!("whsec_{}", STANDARD.encode(other))).unwrap();
    // The settings are the same: nobody looks into the file unless asked.
    assert!(is_signed(&next(1), &KEY));
    and_then(&daemon, ANEW, || daemon.signal("HUP"));
    assert!(is_signed(&next(2), &other));
    fs::write(&secret, "whsec_short").unwrap();
    and_then(&daemon, AS_BEFORE, || daemon.signal("HUP"));
    assert!(is_signed(&next(3), &other));
    // Nobody's terminal went away: what is printed goes on.
    until("a line for the last request", || {
        daemon
            .home()
            .printed()
            .contains("u3: created")
            .then_some(())
    });
}
