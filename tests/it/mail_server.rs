//! A mail server: in the clear, with TLS from the first byte on, or by STARTTLS; with a login or
//! without. It keeps what clients say, and whether they said it under TLS.

use std::io::{BufRead as _, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::{ServerConfig, ServerConnection, StreamOwned};

/// How a server encrypts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    Plain,
    Implicit,
    Starttls,
}

/// What a client said.
#[derive(Clone, Debug)]
pub struct Line {
    pub secure: bool,
    pub text: String,
}

/// What a server is.
#[derive(Clone)]
pub struct Setup {
    pub security: Security,
    /// Names of its certificate.
    pub names: &'static [&'static str],
    /// What it offers after AUTH; empty: no login is needed.
    pub mechanisms: &'static str,
    /// Who may send.
    pub login: (&'static str, &'static str),
    /// It never says goodbye.
    pub rude: bool,
    /// What somebody on the way adds in the clear to the answer to STARTTLS.
    pub injected: &'static str,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            security: Security::Plain,
            names: &["localhost"],
            mechanisms: "",
            login: ("", ""),
            rude: false,
            injected: "",
        }
    }
}

/// A server on the loopback interface, as long as the tests run.
pub struct MailServer {
    pub addr: SocketAddr,
    /// Its certificate, which is its own authority.
    pub certificate: String,
    lines: Arc<Mutex<Vec<Line>>>,
}

impl MailServer {
    /// Without TLS; it takes everything.
    pub fn start() -> Self {
        Self::of(Setup::default())
    }

    pub fn of(setup: Setup) -> Self {
        let names: Vec<String> = setup.names.iter().map(|&name| name.to_owned()).collect();
        let made = rcgen::generate_simple_self_signed(names).unwrap();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
        let tls = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key)
            .unwrap();
        let tls = Arc::new(tls);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = listener.local_addr().unwrap();
        let lines = Arc::new(Mutex::new(Vec::new()));
        let into = Arc::clone(&lines);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (setup, tls, into) = (setup.clone(), Arc::clone(&tls), Arc::clone(&into));
                // A client that does not trust it goes away in the middle.
                thread::spawn(move || serve(stream, &setup, tls, &into));
            }
        });
        Self {
            addr,
            certificate: made.cert.pem(),
            lines,
        }
    }

    /// Everything that clients said.
    pub fn lines(&self) -> Vec<Line> {
        self.lines.lock().unwrap().clone()
    }

    /// The same as text.
    pub fn said(&self) -> String {
        let lines = self.lines().into_iter();
        lines.map(|line| line.text + "\n").collect()
    }
}

fn serve(
    mut stream: TcpStream,
    setup: &Setup,
    tls: Arc<ServerConfig>,
    into: &Mutex<Vec<Line>>,
) -> Option<()> {
    let encrypted = |stream| {
        let session = ServerConnection::new(tls).ok()?;
        Some(BufReader::new(StreamOwned::new(session, stream)))
    };
    let talk = |secure| Talk {
        setup,
        secure,
        known: false,
        into,
    };
    if setup.security == Security::Implicit {
        let mut stream = encrypted(stream)?;
        stream.get_mut().write_all(GREETING).ok()?;
        talk(true).go_on(&mut stream)?;
        return Some(());
    }
    stream.write_all(GREETING).ok()?;
    let mut plain = BufReader::new(stream);
    if talk(false).go_on(&mut plain)? == End::Upgrade {
        talk(true).go_on(&mut encrypted(plain.into_inner())?)?;
    }
    Some(())
}

const GREETING: &[u8] = b"220 mail.test\r\n";

#[derive(PartialEq, Eq)]
enum End {
    Over,
    Upgrade,
}

struct Talk<'a> {
    setup: &'a Setup,
    secure: bool,
    /// The client has logged in.
    known: bool,
    into: &'a Mutex<Vec<Line>>,
}

impl Talk<'_> {
    /// Answers until the client goes, or wants to go on under TLS; `None`: the connection broke.
    fn go_on<S: Read + Write>(&mut self, stream: &mut BufReader<S>) -> Option<End> {
        loop {
            let line = self.line(stream)?;
            let (verb, rest) = line.split_once(' ').unwrap_or((&line, ""));
            let reply = match verb {
                "EHLO" => self.offers(),
                "STARTTLS" if self.offers_tls() => {
                    // In one piece, so that it comes before TLS begins.
                    reply(stream, &format!("220 go on{}", self.setup.injected))?;
                    return Some(End::Upgrade);
                }
                "AUTH" => self.login(stream, rest)?,
                "MAIL" if !self.setup.mechanisms.is_empty() && !self.known => {
                    "530 5.7.0 who is that?".to_owned()
                }
                "DATA" => {
                    reply(stream, "354 go on")?;
                    while self.line(stream)? != "." {}
                    "250 taken".to_owned()
                }
                "QUIT" if self.setup.rude => loop {
                    self.line(stream)?;
                },
                "QUIT" => {
                    reply(stream, "221 bye")?;
                    return Some(End::Over);
                }
                _ => "250 fine".to_owned(),
            };
            self::reply(stream, &reply)?;
        }
    }

    fn offers_tls(&self) -> bool {
        self.setup.security == Security::Starttls && !self.secure
    }

    fn offers(&self) -> String {
        let mut offers = vec!["mail.test".to_owned()];
        if self.offers_tls() {
            offers.push("STARTTLS".to_owned());
        }
        if !self.setup.mechanisms.is_empty() {
            offers.push(format!("AUTH {}", self.setup.mechanisms));
        }
        format!("250-{}\r\n250 8BITMIME", offers.join("\r\n250-"))
    }

    /// PLAIN (RFC 4616) or LOGIN. What it refuses it repeats, as a careless server does.
    fn login<S: Read + Write>(&mut self, stream: &mut BufReader<S>, rest: &str) -> Option<String> {
        let read = |text: &str| String::from_utf8(STANDARD.decode(text).ok()?).ok();
        let (user, password) = self.setup.login;
        let given = if let Some(given) = rest.strip_prefix("PLAIN ") {
            read(given)?
        } else {
            let mut given = String::new();
            for question in ["Username:", "Password:"] {
                reply(stream, &format!("334 {}", STANDARD.encode(question)))?;
                given = format!("{given}\0{}", read(&self.line(stream)?)?);
            }
            given
        };
        self.known = given == format!("\0{user}\0{password}");
        Some(if self.known {
            "235 welcome".to_owned()
        } else {
            format!("535 not {}", given.replace('\0', " "))
        })
    }

    fn line<S: Read + Write>(&self, stream: &mut BufReader<S>) -> Option<String> {
        let mut text = String::new();
        let read = stream.read_line(&mut text).ok()?;
        let text = text.trim_end().to_owned();
        if read > 0 {
            let (secure, text) = (self.secure, text.clone());
            self.into.lock().unwrap().push(Line { secure, text });
        }
        (read > 0).then_some(text)
    }
}

fn reply<S: Read + Write>(stream: &mut BufReader<S>, text: &str) -> Option<()> {
    let stream = stream.get_mut();
    stream.write_all(format!("{text}\r\n").as_bytes()).ok()?;
    stream.flush().ok()
}
