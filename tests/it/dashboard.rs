//! The dashboard of the real binary in a terminal: taken over, resized, stopped, hung up, given
//! back; and attached to a daemon that comes and goes.

use std::fs;
use std::net::TcpListener;
use std::process::Command;

use crate::client::user;
use crate::daemon::{Daemon, Home, until};
use crate::operators;
use crate::screen::Screen;

fn attach(home: &Home, columns: u16, rows: u16) -> Screen {
    Screen::run(&home.command(&["attach"]), columns, rows)
}

/// Waits until the terminal has been given back.
#[track_caller]
fn given_back(screen: &Screen) {
    screen.waits("the terminal is given back", |_| screen.is_given_back());
}

#[test]
fn it_is_drawn_at_any_size_and_leaves_the_terminal_as_it_was() {
    let daemon = Daemon::start();
    let mut screen = attach(daemon.home(), 80, 24);
    screen.shows("scimtop");
    screen.shows("? keys");
    for (columns, rows) in [(200, 50), (30, 8), (19, 4), (120, 30)] {
        screen.resize(columns, rows);
        // A help page that comes and goes shows that all of it is alive.
        if rows > 20 {
            screen.types("?");
            screen.shows("Keys");
            screen.types("?");
        }
        screen.waits("something is drawn", |text| !text.trim().is_empty());
    }
    screen.types("q");
    assert!(screen.ends());
    given_back(&screen);
    let mut screen = attach(daemon.home(), 80, 24);
    screen.shows("? keys");
    screen.signal("TERM");
    assert!(screen.ends());
    given_back(&screen);
}

#[test]
fn ctrl_z_gives_the_terminal_to_the_shell_and_fg_takes_it_back() {
    let daemon = Daemon::start();
    let command = daemon.home().command(&["attach"]);
    let mut shell = Command::new("sh");
    shell.arg("-i").env("PS1", "ready> ");
    for (name, value) in command.get_envs() {
        shell.env(name, value.unwrap());
    }
    shell.env("PATH", "/usr/bin:/bin");
    let mut screen = Screen::run(&shell, 100, 30);
    screen.shows("ready>");
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let line: Vec<_> = words.map(|word| word.to_str().unwrap()).collect();
    screen.types(&format!("{}\n", line.join(" ")));
    screen.shows("? keys");
    for _ in 0..2 {
        screen.types("\u{1a}");
        screen.waits("the shell's prompt", |text| {
            text.trim_end().ends_with("ready>")
        });
        screen.resize(90, 28);
        screen.types("fg\n");
        screen.shows("? keys");
        screen.types("?");
        screen.shows("Keys");
        screen.types("?");
        screen.shows("? keys");
    }
    screen.types("q");
    screen.waits("the shell's prompt", |text| {
        text.trim_end().ends_with("ready>")
    });
    screen.types("exit\n");
    screen.ends();
}

#[test]
fn who_detaches_leaves_the_endpoint_and_can_come_back() {
    let home = Home::new();
    let serve = home.command(&["serve", "--listen", "127.0.0.1:0"]);
    let mut screen = Screen::run(&serve, 80, 24);
    screen.shows("token");
    screen.types("\rqd");
    given_back(&screen);
    screen.shows("the endpoint goes on");
    let mut again = attach(&home, 80, 24);
    again.shows("? keys");
    again.types("q");
    assert!(again.ends());
    // Ctrl-C, now that no dashboard takes it.
    screen.types("\u{3}");
    assert!(screen.ends());
}

#[test]
fn when_the_terminal_goes_the_endpoint_stays() {
    let home = Home::new();
    let mut screen = Screen::run(&home.command(&["serve", "--listen", "127.0.0.1:0"]), 80, 24);
    screen.shows("token");
    screen.types("\r");
    screen.shows("? keys");
    // Stopping this process would stop the endpoint with it.
    screen.types("\u{1a}");
    screen.shows("would stop the endpoint");
    let attached = attach(&home, 80, 24);
    attached.shows("? keys");
    let mut served = screen.hang_up();
    let mut gone = attached.hang_up();
    until("the attached dashboard ends", || gone.try_wait().unwrap());
    let status = home.json(&["status"]);
    assert!(status["base_url"].as_str().unwrap().starts_with("http://"));
    let mut again = attach(&home, 80, 24);
    again.shows("? keys");
    again.types("q");
    assert!(again.ends());
    assert!(served.try_wait().unwrap().is_none());
    let pid = served.process_id().unwrap().to_string();
    let sent = Command::new("kill").args(["-TERM", &pid]).status().unwrap();
    assert!(sent.success());
    let ended = until("the daemon ends", || served.try_wait().unwrap());
    assert!(ended.success());
}

#[test]
fn several_dashboards_show_the_same_and_survive_a_restart_of_the_daemon() {
    let daemon = Daemon::start();
    let screens = [
        attach(daemon.home(), 100, 30),
        attach(daemon.home(), 140, 40),
    ];
    let mut client = daemon.primary();
    client.create("/Users", &user("before@example.com"));
    for screen in &screens {
        screen.shows("before@example.com");
    }
    // Stopped, they cannot be back before everything below has happened.
    for screen in &screens {
        screen.signal("STOP");
    }
    let daemon = daemon.kill().start();
    let mut client = daemon.primary();
    for number in 0..3 {
        client.create("/Users", &user(&format!("meanwhile{number}@example.com")));
    }
    until("all is recorded", || {
        let status = daemon.home().json(&["status"]);
        (status["exchanges"] == 4).then_some(())
    });
    for screen in &screens {
        screen.signal("CONT");
        screen.shows("meanwhile2@example.com");
        screen.shows("3 requests while disconnected");
    }
    client.create("/Users", &user("after@example.com"));
    for screen in &screens {
        screen.shows("after@example.com");
    }
    let home = daemon.stop();
    for mut screen in screens {
        screen.shows("disconnected since");
        screen.types("q");
        assert!(screen.ends());
        given_back(&screen);
    }
    drop(home);
}

#[test]
fn over_tls_with_a_token_it_survives_a_restart_of_the_daemon() {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".into()]).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let (cert, key, file) = (path("cert.pem"), path("key.pem"), path("token"));
    fs::write(&cert, made.cert.pem()).unwrap();
    fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    // The daemon has to come back where it was: on a port that was free a moment ago.
    let free = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let home = Home::new();
    home.configure(&format!(
        "[ops]\nlisten = \"{free}\"\ntls_cert = {cert:?}\ntls_key = {key:?}\n"
    ));
    let daemon = home.start();
    let (_, secret) = operators::token(daemon.home(), "operator", &["--label", "noc"]);
    fs::write(&file, &secret).unwrap();
    let url = format!("https://{free}");
    let attach = |more: &[&str]| {
        let mut args = vec!["attach", &url, "--token-file", &file];
        args.extend(more);
        daemon.home().command(&args)
    };
    let mut stranger = Screen::run(&attach(&[]), 140, 30);
    stranger.shows("comes from an authority that is not known here");
    stranger.types("q");
    assert!(stranger.ends());
    let mut screen = Screen::run(&attach(&["--ca", &cert]), 100, 30);
    // By the socket it would be an admin.
    screen.shows("RO operator");
    daemon
        .primary()
        .create("/Users", &user("before@example.com"));
    screen.shows("before@example.com");
    screen.types(":unlock\r");
    screen.shows("RW ");
    // Stopped, it cannot be back before everything below has happened.
    screen.signal("STOP");
    let daemon = daemon.kill().start();
    let mut client = daemon.primary();
    for number in 0..3 {
        client.create("/Users", &user(&format!("meanwhile{number}@example.com")));
    }
    until("all is recorded", || {
        let status = daemon.home().json(&["status"]);
        (status["exchanges"] == 4).then_some(())
    });
    screen.signal("CONT");
    screen.shows("meanwhile2@example.com");
    screen.shows("3 requests while disconnected");
    client.create("/Users", &user("after@example.com"));
    screen.shows("after@example.com");
    // The token is good for what its role may, and for no more.
    screen.types("6d");
    screen.shows("this takes the role admin; yours is operator");
    assert!(!screen.text().contains(&secret));
    screen.types("1");
    let home = daemon.stop();
    screen.shows("disconnected since");
    screen.types("q");
    assert!(screen.ends());
    given_back(&screen);
    drop(home);
}

#[test]
fn under_a_flood_keys_are_answered_and_the_link_is_spared() {
    let home = Home::new();
    // Long enough for the first keys among groups, each within 1.2 seconds of the one before.
    let measured = home.json(&[
        "bench",
        "tui",
        "--rate",
        "1000",
        "--seconds",
        "6",
        "--link-kbps",
        "512",
    ]);
    let keys = &measured["keys"];
    assert_eq!(keys["unanswered"], 0, "{measured}");
    assert!(keys["answered"].as_u64().unwrap() >= 3, "{measured}");
    let number = |name: &str| measured[name].as_f64().unwrap();
    // Moving among the groups of the storm is answered, too.
    assert!(keys["among_groups"].as_u64().unwrap() >= 2, "{measured}");
    assert!(
        measured["counts"]["grouped"].as_u64().unwrap() > 0,
        "{measured}"
    );
    // Three for data, and what keys cause: a first part, an answer, what waited.
    let frames = number("frames_per_second") * 6.0;
    let most = 18.0 + 2.0 + 3.0 * keys["answered"].as_f64().unwrap();
    assert!(frames <= most, "{measured}");
    assert!(number("bytes_per_second") <= 16_000.0, "{measured}");
}
