//! A small blocking HTTP/1.1 client: one kept-alive connection, bodies by length and in chunks.
//! It sends exactly what a test says, right or wrong.

use std::fmt::Write as _;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;

/// Longest wait for a byte: a daemon that hangs fails the test.
const PATIENCE: Duration = Duration::from_secs(30);

/// A client of one base URL with one token.
pub struct Client {
    addr: SocketAddr,
    base: String,
    token: String,
    stream: Option<BufReader<TcpStream>>,
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Client {
    pub fn new(addr: SocketAddr, base: &str, token: &str) -> Self {
        Self {
            addr,
            base: base.to_owned(),
            token: token.to_owned(),
            stream: None,
        }
    }

    pub fn get(&mut self, path: &str) -> Reply {
        self.send("GET", path, &[], None)
    }

    pub fn post(&mut self, path: &str, body: &Value) -> Reply {
        self.send("POST", path, &[], Some(body.to_string().as_bytes()))
    }

    pub fn put(&mut self, path: &str, body: &Value) -> Reply {
        self.send("PUT", path, &[], Some(body.to_string().as_bytes()))
    }

    pub fn patch(&mut self, path: &str, operations: &Value) -> Reply {
        let body = patch_body(operations).to_string();
        self.send("PATCH", path, &[], Some(body.as_bytes()))
    }

    pub fn delete(&mut self, path: &str) -> Reply {
        self.send("DELETE", path, &[], None)
    }

    /// The `id` of what a POST creates.
    pub fn create(&mut self, path: &str, body: &Value) -> String {
        let reply = self.post(path, body);
        assert_eq!(reply.status, 201, "{}", reply.text());
        reply.json()["id"].as_str().unwrap().to_owned()
    }

    /// Everything in the directory, with every version.
    pub fn directory(&mut self) -> Value {
        ["/Users?count=1000", "/Groups?count=1000"]
            .into_iter()
            .map(|path| self.get(path).expect(200).json())
            .collect()
    }

    /// Sends a request and waits for its answer. A header given replaces the one sent by default.
    pub fn send(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&[u8]>,
    ) -> Reply {
        self.try_send(method, path, headers, body)
            .unwrap_or_else(|error| panic!("{method} {path}: {error}"))
    }

    /// As [`Self::send`], for when the daemon may die.
    pub fn try_send(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&[u8]>,
    ) -> io::Result<Reply> {
        let mut head = format!("{method} {}{path} HTTP/1.1\r\n", self.base);
        let bearer = format!("Bearer {}", self.token);
        let host = self.addr.to_string();
        let mut defaults = vec![("Host", host.as_str()), ("Authorization", bearer.as_str())];
        let length = body.map(|body| body.len().to_string());
        if let Some(length) = &length {
            defaults.push(("Content-Type", "application/scim+json"));
            defaults.push(("Content-Length", length));
        }
        defaults.retain(|(name, _)| {
            !headers
                .iter()
                .any(|(own, _)| own.eq_ignore_ascii_case(name))
        });
        for (name, value) in defaults.iter().chain(headers) {
            // A header without a value is one to leave out.
            if !value.is_empty() {
                let _ = write!(head, "{name}: {value}\r\n");
            }
        }
        head.push_str("\r\n");
        let mut bytes = head.into_bytes();
        bytes.extend_from_slice(body.unwrap_or_default());
        self.exchange(&bytes, method == "HEAD")
    }

    /// Sends bytes as they are and reads one answer.
    pub fn exchange(&mut self, bytes: &[u8], headless: bool) -> io::Result<Reply> {
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => BufReader::new(self.connect()?),
        };
        // A server that refuses early may stop reading; its answer is there all the same.
        let sent = stream.get_mut().write_all(bytes);
        let reply = read_reply(&mut stream, headless).map_err(|error| match sent {
            Err(first) => first,
            Ok(()) => error,
        })?;
        if reply.header("connection") != Some("close") {
            self.stream = Some(stream);
        }
        Ok(reply)
    }

    fn connect(&self) -> io::Result<TcpStream> {
        let stream = TcpStream::connect(self.addr)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }
}

impl Reply {
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self
            .headers
            .iter()
            .find(|(own, _)| own.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// The header, which must be there.
    pub fn must(&self, name: &str) -> &str {
        self.header(name)
            .unwrap_or_else(|| panic!("no {name} in {:?}", self.headers))
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {} {}", self.status, self.text()))
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The answer, once its status is seen to be `status`.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text());
        self
    }

    /// A SCIM error of this status and `scimType` (RFC 7644 §3.12): what differs, if anything.
    pub fn differs_from_error(&self, status: u16, scim_type: Option<&str>) -> Option<String> {
        if self.status != status {
            return Some(format!(
                "status {}, not {status}: {}",
                self.status,
                self.text()
            ));
        }
        let Ok(body) = serde_json::from_slice::<Value>(&self.body) else {
            return Some(format!("no JSON: {}", self.text()));
        };
        let expected = serde_json::json!(["urn:ietf:params:scim:api:messages:2.0:Error"]);
        if body["schemas"] != expected || body["status"].as_str() != Some(&status.to_string()) {
            return Some(format!("no SCIM error: {body}"));
        }
        if body.get("scimType").and_then(Value::as_str) != scim_type {
            return Some(format!("scimType is not {scim_type:?}: {body}"));
        }
        if body["detail"].as_str().is_none_or(str::is_empty) {
            return Some(format!("no detail: {body}"));
        }
        if self.header("x-request-id").is_none_or(str::is_empty) {
            return Some("no X-Request-Id".to_owned());
        }
        if self.header("content-type") != Some("application/scim+json") {
            return Some(format!("media type {:?}", self.header("content-type")));
        }
        None
    }
}

/// A user with this name.
pub fn user(name: &str) -> Value {
    serde_json::json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": name,
    })
}

/// The members of a group that has none.
pub const NOBODY: &[&str] = &[];

/// A group with this name and these members.
pub fn group<M: AsRef<str>>(name: &str, members: &[M]) -> Value {
    let members: Vec<Value> = members
        .iter()
        .map(|id| serde_json::json!({ "value": id.as_ref() }))
        .collect();
    serde_json::json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
        "displayName": name,
        "members": members,
    })
}

/// A PATCH message (RFC 7644 §3.5.2).
pub fn patch_body(operations: &Value) -> Value {
    serde_json::json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": operations,
    })
}

/// Percent-encodes a query value; `keep` names reserved characters to leave as they are.
pub fn encode_but(text: &str, keep: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric()
            || b"-._~".contains(&byte)
            || keep.as_bytes().contains(&byte)
        {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

/// Percent-encodes a query value.
pub fn encode(text: &str) -> String {
    encode_but(text, "")
}

fn read_reply(stream: &mut BufReader<TcpStream>, headless: bool) -> io::Result<Reply> {
    let line = read_line(stream)?;
    let status = line
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok())
        .ok_or_else(|| io::Error::other(format!("not an answer: {line}")))?;
    let mut headers = Vec::new();
    loop {
        let line = read_line(stream)?;
        if line.is_empty() {
            break;
        }
        let (name, value) = line
            .split_once(':')
            .ok_or_else(|| io::Error::other(format!("not a header: {line}")))?;
        headers.push((name.to_owned(), value.trim().to_owned()));
    }
    let mut reply = Reply {
        status,
        headers,
        body: Vec::new(),
    };
    if headless || status == 204 || status == 304 {
        return Ok(reply);
    }
    if reply.header("transfer-encoding") == Some("chunked") {
        reply.body = read_chunks(stream)?;
    } else if let Some(length) = reply.header("content-length") {
        let length: usize = length.parse().map_err(io::Error::other)?;
        reply.body.resize(length, 0);
        stream.read_exact(&mut reply.body)?;
    } else {
        stream.read_to_end(&mut reply.body)?;
    }
    Ok(reply)
}

fn read_chunks(stream: &mut BufReader<TcpStream>) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let line = read_line(stream)?;
        let size = usize::from_str_radix(&line, 16).map_err(io::Error::other)?;
        let start = body.len();
        body.resize(start + size, 0);
        stream.read_exact(&mut body[start..])?;
        read_line(stream)?;
        if size == 0 {
            return Ok(body);
        }
    }
}

fn read_line(stream: &mut BufReader<TcpStream>) -> io::Result<String> {
    let mut line = String::new();
    if stream.read_line(&mut line)? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    line.truncate(line.trim_end().len());
    Ok(line)
}
