//! The stream of recorded requests: taken up again without loss, kept alive, ended with its token.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;

use crate::daemon::until;
use crate::operators::{daemon, token};

/// An event of a stream.
#[derive(Debug, Default, PartialEq)]
pub struct Event {
    pub id: Option<u64>,
    pub kind: String,
    pub data: Value,
}

/// An open stream.
pub struct Stream(BufReader<TcpStream>);

impl Stream {
    fn open(addr: SocketAddr, secret: &str, query: &str, header: &str) -> Self {
        Self::open_at(addr, "/api/v1/stream", secret, query, header)
    }

    /// A stream at any path.
    pub fn open_at(addr: SocketAddr, path: &str, secret: &str, query: &str, header: &str) -> Self {
        let mut stream = TcpStream::connect(addr).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(30)))
            .unwrap();
        write!(
            stream,
            "GET {path}{query} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {secret}\r\n\
             {header}\r\n"
        )
        .unwrap();
        let mut stream = Self(BufReader::new(stream));
        let head: Vec<String> =
            std::iter::from_fn(|| stream.line().filter(|line| !line.is_empty())).collect();
        assert!(head[0].contains(" 200 "), "{head:?}");
        let media = "content-type: text/event-stream";
        assert!(
            head.iter().any(|line| line.eq_ignore_ascii_case(media)),
            "{head:?}"
        );
        stream
    }

    /// The next line, without its end; `None` at the last chunk or when the connection has ended.
    fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        let read = self.0.read_line(&mut line).unwrap();
        (read > 0 && line != "0\r\n").then(|| line.trim_end().to_owned())
    }

    /// The next event; the sizes of chunks, comments and empty lines are passed over.
    pub fn event(&mut self) -> Option<Event> {
        let mut event = Event::default();
        loop {
            let line = self.line()?;
            if let Some(data) = line.strip_prefix("data: ") {
                event.data = serde_json::from_str(data).unwrap();
            } else if let Some(id) = line.strip_prefix("id: ") {
                event.id = Some(id.parse().unwrap());
            } else if let Some(kind) = line.strip_prefix("event: ") {
                kind.clone_into(&mut event.kind);
            } else if line.is_empty() && !event.kind.is_empty() {
                return Some(event);
            }
        }
    }

    /// Positions of the next exchanges.
    fn positions(&mut self, count: usize) -> Vec<u64> {
        let mut next = || {
            let event = self.event().unwrap();
            assert_eq!(event.kind, "exchange", "{event:?}");
            assert_eq!(event.data["seq"], event.id.unwrap());
            event.id.unwrap()
        };
        (0..count).map(|_| next()).collect()
    }
}

#[test]
fn a_stream_is_taken_up_where_it_broke_off() {
    let (daemon, addr) = daemon("");
    let (_, secret) = token(daemon.home(), "viewer", &[]);
    let mut scim = daemon.primary();
    let mut ask = |count: usize| {
        for _ in 0..count {
            scim.get("/Users").expect(200);
        }
    };
    let mut stream = Stream::open(addr, &secret, "?after=0", "");
    ask(3);
    assert_eq!(stream.positions(3), [1, 2, 3]);
    drop(stream);
    // More than are read at a time, while nobody listens.
    ask(1200);
    let mut stream = Stream::open(addr, &secret, "?after=0", "Last-Event-ID: 3\r\n");
    ask(3);
    assert_eq!(stream.positions(1203), (4..=1206).collect::<Vec<_>>());
    // Without a position only what is new comes.
    let mut fresh = Stream::open(addr, &secret, "", "");
    ask(1);
    assert_eq!(fresh.positions(1), [1207]);
    // Whoever does not want to be far behind is taken ahead, and told so.
    let mut viewer = Stream::open(addr, &secret, "?after=7&behind=100", "");
    let skipped = viewer.event().unwrap();
    assert_eq!(skipped.kind, "skipped", "{skipped:?}");
    assert_eq!(skipped.data["count"], 1100);
    assert_eq!(viewer.positions(100), (1108..=1207).collect::<Vec<_>>());
    // A position of another store.
    let mut stale = Stream::open(addr, &secret, "?after=999999", "");
    ask(1);
    assert_eq!(stale.positions(1), [1208]);
}

#[test]
fn a_stream_ends_with_its_token_and_says_so() {
    let (daemon, addr) = daemon("");
    let home = daemon.home();
    let (id, secret) = token(home, "viewer", &[]);
    let mut revoked = Stream::open(addr, &secret, "", "");
    let (_, secret) = token(home, "viewer", &["--for", "2s"]);
    let mut expiring = Stream::open(addr, &secret, "", "");
    let mut scim = daemon.primary();
    scim.get("/Users").expect(200);
    revoked.positions(1);
    home.json(&["token", "revoke", &id, "--yes"]);
    for stream in [&mut revoked, &mut expiring] {
        let last = until("the end is told", || {
            stream.event().filter(|event| event.kind == "error")
        });
        assert_eq!(last.data["failure"], "denied", "{last:?}");
        assert_eq!(stream.event(), None, "nothing comes after it");
    }
}

#[test]
fn a_silent_stream_is_kept_alive() {
    let (daemon, addr) = daemon("");
    let (_, secret) = token(daemon.home(), "viewer", &[]);
    let mut stream = Stream::open(addr, &secret, "", "");
    let beat = std::iter::from_fn(|| stream.line()).find(|line| line.starts_with(':'));
    assert!(beat.is_some());
    // Whoever stops gets to its end.
    daemon.stop();
    assert_eq!(stream.event(), None);
}
