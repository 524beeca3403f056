//! What cannot be read as HTTP, is larger than what is read, or lies about its length: it is
//! refused or dropped, the daemon goes on, and the directory stays as it was.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use crate::client::{Client, user};
use crate::daemon::Daemon;

const TOO_LARGE: usize = (8 << 20) + 1;

/// Sends bytes, ends the sending side, and reads all that comes back.
fn raw(daemon: &Daemon, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(daemon.addr).unwrap();
    let patience = Some(Duration::from_secs(30));
    stream.set_read_timeout(patience).unwrap();
    stream.set_write_timeout(patience).unwrap();
    // Whoever is refused early may find the connection closed.
    let _ = stream.write_all(bytes);
    let _ = stream.shutdown(Shutdown::Write);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

fn status(answer: &str) -> Option<u16> {
    answer.split(' ').nth(1)?.parse().ok()
}

fn unchanged(daemon: &Daemon, client: &mut Client) {
    let listed = client.get("/Users?count=0").expect(200).json();
    assert_eq!(listed["totalResults"], 0);
    let ready = Client::new(daemon.addr, "", "").get("/readyz");
    assert_eq!(ready.status, 200);
}

#[test]
fn bodies_larger_than_what_is_read() {
    let daemon = Daemon::start();
    let (_, secret) = daemon.home().token("0");
    let mut client = daemon.client(&secret);
    let mut huge = user("huge@example.com").to_string().into_bytes();
    huge.resize(TOO_LARGE, b' ');
    let reply = client.send("POST", "/Users", &[], Some(&huge));
    assert_eq!(reply.differs_from_error(413, None), None);
    // One byte less is read, and is fine.
    let whole = &huge[..TOO_LARGE - 1];
    client
        .send("PUT", "/Users/none", &[], Some(whole))
        .expect(404);
    // In chunks, without a length.
    let mut chunked = Vec::new();
    for piece in huge.chunks(64 << 10) {
        chunked.extend(format!("{:x}\r\n", piece.len()).bytes());
        chunked.extend_from_slice(piece);
        chunked.extend(b"\r\n");
    }
    chunked.extend(b"0\r\n\r\n");
    let head = format!(
        "POST /scim/v2/Users HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {secret}\r\n\
         Content-Type: application/scim+json\r\nTransfer-Encoding: chunked\r\n\r\n"
    );
    let reply = client.exchange(&[head.as_bytes(), &chunked].concat(), false);
    assert_eq!(reply.unwrap().differs_from_error(413, None), None);
    // A length that is only announced is enough to refuse it.
    let reply = daemon.client(&secret).send(
        "POST",
        "/Users",
        &[
            ("Content-Length", "99999999999"),
            ("Expect", "100-continue"),
        ],
        None,
    );
    assert_eq!(reply.differs_from_error(413, None), None);
    // Without a token nothing is read at all.
    let reply = daemon.client("").send("POST", "/Users", &[], Some(&huge));
    assert_eq!(reply.differs_from_error(401, None), None);
    unchanged(&daemon, &mut client);
}

#[test]
fn lengths_that_lie() {
    let daemon = Daemon::start();
    let (_, secret) = daemon.home().token("0");
    let body = user("liar@example.com").to_string();
    let post = |framing: &str, body: &str| {
        format!(
            "POST /scim/v2/Users HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {secret}\r\n\
             Content-Type: application/scim+json\r\n{framing}\r\n\r\n{body}"
        )
    };
    let size = body.len();
    for (name, request, allowed) in [
        (
            "more than there is",
            post(&format!("Content-Length: {}", size + 1), &body),
            &[400][..],
        ),
        (
            "less than there is",
            post(&format!("Content-Length: {}", size - 1), &body),
            &[400],
        ),
        ("no number", post("Content-Length: x", &body), &[400]),
        ("negative", post("Content-Length: -1", &body), &[400]),
        (
            "two lengths",
            post(
                &format!("Content-Length: {size}\r\nContent-Length: 3"),
                &body,
            ),
            &[400],
        ),
        (
            "chunk cut off",
            post("Transfer-Encoding: chunked", "ff\r\n{"),
            &[400],
        ),
        (
            "chunk size no number",
            post("Transfer-Encoding: chunked", "zz\r\n{}\r\n0\r\n\r\n"),
            &[400],
        ),
        (
            "chunk size overflows",
            post("Transfer-Encoding: chunked", "fffffffffffffffff\r\n{"),
            &[400],
        ),
        (
            "unknown coding",
            post("Transfer-Encoding: gzip", &body),
            &[400, 501],
        ),
    ] {
        let answer = raw(&daemon, request.as_bytes());
        // A connection that breaks off in the middle of a request may get no answer.
        let fine =
            answer.is_empty() || status(&answer).is_some_and(|status| allowed.contains(&status));
        assert!(fine, "{name}: {answer}");
    }
    // With both framings the chunks count (RFC 9112 §6.1), and nothing is left for a next request.
    let smuggled = "0\r\n\r\nDELETE /scim/v2/Users HTTP/1.1\r\nHost: x\r\n\r\n";
    let both = post(
        &format!(
            "Content-Length: {}\r\nTransfer-Encoding: chunked",
            smuggled.len()
        ),
        smuggled,
    );
    let answer = raw(&daemon, both.as_bytes());
    assert_eq!(status(&answer), Some(400), "{answer}");
    unchanged(&daemon, &mut daemon.client(&secret));
}

#[test]
fn what_is_no_request() {
    let daemon = Daemon::start();
    let (_, secret) = daemon.home().token("0");
    let long = "x".repeat(20 << 10);
    let many = "X-Header: 1\r\n".repeat(100);
    for (name, request, expected) in [
        ("nothing", String::new(), &[][..]),
        (
            "garbage",
            "\u{0}\u{1}\u{2}garbage\r\n\r\n".to_owned(),
            &[400],
        ),
        ("TLS", "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}".to_owned(), &[400]),
        (
            "HTTP/2",
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(),
            &[400, 505],
        ),
        (
            "HTTP/9",
            "GET /scim/v2/Users HTTP/9.9\r\n\r\n".to_owned(),
            &[400, 505],
        ),
        (
            "half a head",
            "GET /scim/v2/Users HTTP/1.1\r\nHos".to_owned(),
            &[400],
        ),
        (
            "long target",
            format!("GET /scim/v2/Users?x={long} HTTP/1.1\r\nHost: x\r\n\r\n"),
            &[414, 431],
        ),
        (
            "long header",
            format!("GET /scim/v2/Users HTTP/1.1\r\nX: {long}\r\n\r\n"),
            &[431],
        ),
        (
            "many headers",
            format!("GET /scim/v2/Users HTTP/1.1\r\n{many}\r\n"),
            &[431],
        ),
        (
            "header with NUL",
            "GET /scim/v2/Users HTTP/1.1\r\nX: a\u{0}b\r\n\r\n".to_owned(),
            &[400],
        ),
    ] {
        let answer = raw(&daemon, request.as_bytes());
        let fine =
            answer.is_empty() || status(&answer).is_some_and(|status| expected.contains(&status));
        assert!(fine, "{name}: {answer}");
        assert!(!answer.contains("garbage"), "{name}: {answer}");
    }
    unchanged(&daemon, &mut daemon.client(&secret));
}
