//! From start to end: what a signal does, and what is left behind.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use crate::client::user;
use crate::daemon::{Daemon, Home, until};

/// A request whose head is read and whose body is awaited, on a connection of its own.
fn begun(daemon: &Daemon, secret: &str, body: &str) -> BufReader<TcpStream> {
    let mut stream = TcpStream::connect(daemon.addr).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(30)))
        .unwrap();
    let head = format!(
        "POST /scim/v2/Users HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {secret}\r\n\
         Expect: 100-continue\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    stream.read_line(&mut line).unwrap();
    assert!(line.starts_with("HTTP/1.1 100"), "{line}");
    stream.read_line(&mut line).unwrap();
    stream
}

#[test]
fn a_stop_lets_requests_in_flight_end() {
    let home = Home::new();
    let (_, secret) = home.token("0");
    let mut home = home;
    for signal in ["TERM", "INT"] {
        let daemon = home.start();
        let name = format!("{signal}@example.com");
        let body = user(&name).to_string();
        let mut stream = begun(&daemon, &secret, &body);
        let mut idle = daemon.client(&secret);
        idle.get("/Users").expect(200);
        daemon.signal(signal);
        until("no connection is taken any more", || {
            TcpStream::connect(daemon.addr).is_err().then_some(())
        });
        stream.get_mut().write_all(body.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 201"), "{signal}: {answer}");
        let (status, left) = daemon.wait();
        assert_eq!(status.code(), Some(0), "{signal}: {}", left.printed());
        // What was written ahead is folded in, and the socket is gone.
        for name in ["scimtop.db-wal", "traffic.db-wal", "scimtop.sock"] {
            let left = fs::metadata(left.data().join(name)).map_or(0, |found| found.len());
            assert_eq!(left, 0, "{signal}: {name}");
        }
        assert!(!left.data().join("scimtop.sock").exists());
        home = left;
    }
    let daemon = home.start();
    let listed = daemon.client(&secret).get("/Users").expect(200).json();
    assert_eq!(listed["totalResults"], 2);
    // The exchange that was in flight is recorded, too.
    let ran = daemon
        .home()
        .scimtop(&["requests", "list", "--filter", "method:POST", "--json"]);
    assert_eq!(ran.out.lines().count(), 2, "{ran:?}");
}

#[test]
fn a_hangup_does_not_end_the_daemon() {
    let daemon = Daemon::start();
    let mut client = daemon.primary();
    daemon.signal("HUP");
    client.create("/Users", &user("ada@example.com"));
    client.get("/Users").expect(200);
    daemon.stop();
}

#[test]
fn what_it_keeps_is_its_owners_alone() {
    let daemon = Daemon::start();
    daemon.primary().create("/Users", &user("ada@example.com"));
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let data = daemon.home().data();
    assert_eq!(mode(&data), 0o700);
    let mut files = 0;
    for entry in fs::read_dir(&data).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path) & 0o077, 0, "{}", path.display());
        files += 1;
    }
    assert!(files >= 3);
}

#[test]
fn probes_need_no_token_and_leave_no_trace() {
    let daemon = Daemon::start();
    let mut client = crate::client::Client::new(daemon.addr, "", "");
    for path in ["/livez", "/readyz"] {
        let reply = client
            .send("GET", path, &[("Authorization", "")], None)
            .expect(200);
        assert_eq!(reply.text(), "ok\n");
        client.send("HEAD", path, &[], None).expect(200);
        let reply = client.send("POST", path, &[], Some(b"x")).expect(405);
        assert_eq!(reply.must("allow"), "GET, HEAD");
    }
    client.get("/").expect(404);
    let recorded = until("the stray request is recorded", || {
        let ran = daemon.home().scimtop(&["requests", "list", "--json"]);
        (!ran.out.is_empty()).then_some(ran.out)
    });
    assert_eq!(recorded.lines().count(), 1, "{recorded}");
}
