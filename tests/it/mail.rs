//! Mail by TLS: it is taken, the password is told to nobody but the right server, and what is wrong
//! is said with what to do.

use std::fs;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::daemon::{Home, until};
use crate::mail_server::{MailServer, Security, Setup};
use crate::sinks::{SETTINGS, alert_and_recovery, file, sink};

const USER: &str = "scimtop";
const PASSWORD: &str = "hunter2-hunter2";

fn server(security: Security, mechanisms: &'static str) -> Setup {
    Setup {
        security,
        mechanisms,
        login: (USER, PASSWORD),
        ..Setup::default()
    }
}

/// A sink of mail to `server` under the name `host`, which trusts what is in `authority`.
fn mail(
    home: &Home,
    name: &str,
    server: &MailServer,
    (host, tls): (&str, &str),
    pem: &str,
) -> String {
    let password = file(home, "password", &format!("{PASSWORD}\n"));
    let authority = file(home, &format!("{name}.pem"), pem);
    sink(
        name,
        "mail",
        &format!(
            "server = \"{host}\"\nport = {}\ntls = \"{tls}\"\nca_file = \"{authority}\"\n\
             user = \"{USER}\"\nsecret_file = \"{password}\"\n\
             from = \"scimtop <s@test.example>\"\nto = [\"ops@test.example\"]",
            server.addr.port()
        ),
    )
}

/// How tests of all sinks went: nothing, or why not.
fn tests(home: &Home) -> Vec<(String, String)> {
    let ran = home.scimtop(&["alerts", "test", "--json"]);
    let tests: Vec<Value> = serde_json::from_str(&ran.out).unwrap();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    tests
        .iter()
        .map(|test| (text(&test["sink"]), text(&test["error"])))
        .collect()
}

/// The password in every form in which it goes over the wire.
fn forms() -> [String; 3] {
    [
        PASSWORD.to_owned(),
        STANDARD.encode(PASSWORD),
        STANDARD.encode(format!("\0{USER}\0{PASSWORD}")),
    ]
}

/// Neither what was printed nor a file of the data directory holds the password.
fn keeps_the_password(home: &Home, shown: &str) {
    let mut held = vec![shown.as_bytes().to_vec(), home.printed().into_bytes()];
    let mut dirs = vec![home.data()];
    while let Some(dir) = dirs.pop() {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                dirs.push(path);
            } else if let Ok(bytes) = fs::read(&path) {
                held.push(bytes);
            }
        }
    }
    assert!(held.len() > 3, "the store has files");
    for form in forms() {
        let inside = |bytes: &Vec<u8>| {
            let mut windows = bytes.windows(form.len());
            windows.any(|window| window == form.as_bytes())
        };
        assert!(!held.iter().any(inside), "{form}");
    }
}

#[test]
fn mail_is_taken_over_tls_and_the_login_is_sent_under_it_alone() {
    let ways = [
        ("implicit", Security::Implicit, "PLAIN LOGIN", "AUTH PLAIN"),
        ("starttls", Security::Starttls, "LOGIN", "AUTH LOGIN"),
    ];
    for (tls, security, mechanisms, auth) in ways {
        let receiver = MailServer::of(server(security, mechanisms));
        let stranger = MailServer::start();
        let home = Home::new();
        // The authority is not the first one in the file.
        let pem = format!("{}{}", stranger.certificate, receiver.certificate);
        let sink = mail(&home, "mail", &receiver, ("localhost", tls), &pem);
        home.configure(&format!("{SETTINGS}{sink}"));
        let tested = tests(&home);
        assert_eq!(tested, [("mail".to_owned(), String::new())], "{tls}");
        assert!(receiver.said().contains("Subject: [scimtop] test"));

        let daemon = home.start();
        let revoked = |said: &str| said.matches("Subject: [scimtop] ").count() - 1;
        alert_and_recovery(&daemon, |count| {
            until("mail tells", || {
                (revoked(&receiver.said()) == count).then_some(())
            });
        });
        let lines = receiver.lines();
        let said = |what: &str| {
            let those = lines.iter().filter(|line| line.text.starts_with(what));
            those.map(|line| line.secure).collect::<Vec<_>>()
        };
        assert_eq!(said(auth), [true; 3], "{tls}");
        assert_eq!(said("MAIL FROM:<s@test.example>"), [true; 3]);
        assert_eq!(said("RCPT TO:<ops@test.example>"), [true; 3]);
        let in_the_clear = lines.iter().filter(|line| !line.secure);
        for line in in_the_clear {
            assert!(
                line.text.starts_with("EHLO") || line.text == "STARTTLS",
                "{line:?}"
            );
        }
        let home = daemon.stop();
        keeps_the_password(&home, "");
    }
}

#[test]
fn a_server_that_cannot_be_trusted_gets_neither_login_nor_message() {
    let plain = MailServer::of(server(Security::Plain, "PLAIN"));
    let implicit = MailServer::of(server(Security::Implicit, "PLAIN"));
    let starttls = MailServer::of(server(Security::Starttls, "PLAIN"));
    let home = Home::new();
    let (other, name) = (&plain.certificate, &implicit.certificate);
    let sinks = [
        // It offers no STARTTLS.
        mail(&home, "plain", &plain, ("localhost", "starttls"), other),
        // It does not speak TLS at once.
        mail(
            &home,
            "late",
            &starttls,
            ("localhost", "implicit"),
            &starttls.certificate,
        ),
        mail(
            &home,
            "stranger",
            &implicit,
            ("localhost", "implicit"),
            other,
        ),
        mail(
            &home,
            "stranger2",
            &starttls,
            ("localhost", "starttls"),
            other,
        ),
        mail(&home, "name", &implicit, ("127.0.0.1", "implicit"), name),
        mail(
            &home,
            "name2",
            &starttls,
            ("127.0.0.1", "starttls"),
            &starttls.certificate,
        ),
    ];
    home.configure(&format!("{SETTINGS}{}", sinks.concat()));
    let expected = [
        ("plain", "it offers no STARTTLS"),
        ("late", "it does not speak TLS as it should"),
        (
            "stranger",
            "an authority that is not known here: name a PEM file with that authority in ca_file",
        ),
        (
            "stranger2",
            "an authority that is not known here: name a PEM file with that authority in ca_file",
        ),
        (
            "name",
            "its certificate is for another name than the settings have",
        ),
        (
            "name2",
            "its certificate is for another name than the settings have",
        ),
    ];
    let tested = tests(&home);
    assert_eq!(tested.len(), expected.len());
    for ((sink, why), (name, part)) in tested.iter().zip(expected) {
        assert!(sink == name && why.contains(part), "{sink}: {why}");
    }
    // A real alert fails in the same way, and is listed with the reason.
    let daemon = home.start();
    alert_and_recovery(&daemon, |_| {
        until("each sink has failed", || {
            let found = daemon.home().json(&["deliveries", "list"]);
            let open = found["open"].as_array().unwrap().clone();
            let fails = |(name, part): &(&str, &str)| {
                open.iter().any(|it| {
                    it["webhook"] == *name && it["error"].as_str().unwrap().contains(part)
                })
            };
            expected.iter().all(fails).then_some(())
        });
    });
    let listed = daemon.home().scimtop(&["deliveries", "list"]).out;
    for server in [plain, implicit, starttls] {
        for line in server.lines() {
            // Where TLS was expected and is not, a client's first words are bytes of TLS.
            let greets = line.text.starts_with("EHLO") || line.text == "STARTTLS";
            assert!(
                !line.secure && (greets || !line.text.is_ascii()),
                "{line:?}"
            );
        }
    }
    let home = daemon.stop();
    keeps_the_password(&home, &listed);
}

#[test]
fn a_login_that_is_refused_or_missing_is_said_without_the_password() {
    let wrong = MailServer::of(Setup {
        login: (USER, "another"),
        ..server(Security::Implicit, "PLAIN")
    });
    let other_ways = MailServer::of(server(Security::Starttls, "XOAUTH3"));
    let home = Home::new();
    let without_login = |sink: String| -> String {
        let kept = |line: &&str| !line.starts_with("user") && !line.starts_with("secret_file");
        sink.lines().filter(kept).collect::<Vec<_>>().join("\n") + "\n"
    };
    let (localhost, starttls) = (("localhost", "implicit"), ("localhost", "starttls"));
    home.configure(&format!(
        "{SETTINGS}{}{}{}",
        mail(&home, "wrong", &wrong, localhost, &wrong.certificate),
        without_login(mail(&home, "nobody", &wrong, localhost, &wrong.certificate)),
        mail(&home, "way", &other_ways, starttls, &other_ways.certificate),
    ));
    let tested = tests(&home);
    let expected = [
        (
            "wrong",
            "answered 535: it does not accept that user and password",
        ),
        (
            "nobody",
            "answered 530: it wants a login (user and secret_file)",
        ),
        ("way", "it takes no password by AUTH PLAIN or LOGIN"),
    ];
    let expected = expected.map(|(sink, why)| (sink.to_owned(), why.to_owned()));
    assert_eq!(tested, expected);
    let daemon = home.start();
    alert_and_recovery(&daemon, |_| {
        until("it has failed", || {
            let found = daemon
                .home()
                .json(&["deliveries", "list", "--webhook", "wrong"]);
            (found["open"][0]["attempts"].as_u64() > Some(1)).then_some(())
        });
    });
    let listed = daemon.home().scimtop(&["deliveries", "list"]).out;
    assert!(listed.contains("answered 535"), "{listed}");
    let home = daemon.stop();
    keeps_the_password(&home, &listed);
}

#[test]
fn answers_that_somebody_adds_before_tls_begins_are_not_taken_for_the_servers() {
    // All that a client waits for: EHLO, AUTH, MAIL, RCPT, DATA, the message.
    let receiver = MailServer::of(Setup {
        login: (USER, "another"),
        injected: "\r\n250-x\r\n250 AUTH PLAIN\r\n235 x\r\n250 x\r\n250 x\r\n354 x\r\n250 taken",
        ..server(Security::Starttls, "PLAIN")
    });
    let home = Home::new();
    let to = ("localhost", "starttls");
    let sink = mail(&home, "mail", &receiver, to, &receiver.certificate);
    home.configure(&format!("{SETTINGS}{sink}"));
    let (_, why) = tests(&home).remove(0);
    assert!(why.contains("does not speak TLS as it should"), "{why}");
    for form in forms() {
        assert!(!receiver.said().contains(&form), "the login was sent");
    }
}

#[test]
fn a_message_that_was_taken_is_not_sent_again_because_the_server_takes_no_leave() {
    let rude = MailServer::of(Setup {
        rude: true,
        ..server(Security::Implicit, "PLAIN")
    });
    let home = Home::new();
    let sink = mail(
        &home,
        "mail",
        &rude,
        ("localhost", "implicit"),
        &rude.certificate,
    );
    home.configure(&format!("{SETTINGS}{sink}"));
    let daemon = home.start();
    alert_and_recovery(&daemon, |count| {
        until("nothing waits", || {
            let found = daemon.home().json(&["deliveries", "list"]);
            let taken = rude.said().matches("Subject: ").count() >= count;
            (taken && found["webhooks"][0]["waiting"] == 0).then_some(())
        });
    });
    assert_eq!(rude.said().matches("Subject: ").count(), 2);
}

#[test]
fn a_file_without_a_certificate_is_a_mistake_in_the_settings() {
    let receiver = MailServer::of(server(Security::Implicit, "PLAIN"));
    let home = Home::new();
    let cut = &receiver.certificate[..receiver.certificate.len() / 2];
    let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    for (pem, part) in [
        ("", "no certificate is in"),
        (cut, "as PEM"),
        (broken, "no certificate authority"),
    ] {
        let sink = mail(&home, "mail", &receiver, ("localhost", "implicit"), pem);
        home.configure(&format!("{SETTINGS}{sink}"));
        let ran = home.scimtop(&["config", "check"]);
        assert!(ran.code == 1 && ran.err.contains(part), "{part}: {ran:?}");
        assert!(!ran.err.contains(PASSWORD));
    }
}
