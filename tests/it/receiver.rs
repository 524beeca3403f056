//! A receiver of what the daemon sends: a web server that keeps what it gets and answers as a test
//! says.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use serde_json::Value;

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Got {
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Got {
    pub fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(own, _)| own == name);
        found.map_or("", |(_, value)| value)
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }
}

/// What is answered: a status, and a header if it is not empty.
type Answer = dyn Fn(usize, &Got) -> (u16, String) + Send + Sync;

/// A server on the loopback interface; it is gone with this value.
pub struct Receiver {
    pub addr: SocketAddr,
    got: Arc<Mutex<Vec<Got>>>,
    over: Arc<AtomicBool>,
    accepting: Option<JoinHandle<()>>,
}

impl Receiver {
    /// Answers everything with 204.
    pub fn start() -> Self {
        Self::answering("127.0.0.1:0".parse().unwrap(), |_, _| (204, String::new()))
    }

    /// Answers the request of each number as `answer` says.
    pub fn answering(
        addr: SocketAddr,
        answer: impl Fn(usize, &Got) -> (u16, String) + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind(addr).unwrap();
        let addr = listener.local_addr().unwrap();
        let got = Arc::new(Mutex::new(Vec::new()));
        let over = Arc::new(AtomicBool::new(false));
        let (into, ends) = (Arc::clone(&got), Arc::clone(&over));
        let answer: Arc<Answer> = Arc::new(answer);
        let accepting = thread::spawn(move || {
            for stream in listener.incoming() {
                if ends.load(Ordering::Acquire) {
                    return;
                }
                let (into, answer) = (Arc::clone(&into), Arc::clone(&answer));
                if let Ok(stream) = stream {
                    // A sender that dies in the middle is one of the things that are tested.
                    thread::spawn(move || serve(stream, &into, &*answer));
                }
            }
        });
        Self {
            addr,
            got,
            over,
            accepting: Some(accepting),
        }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// Everything that came so far.
    pub fn got(&self) -> Vec<Got> {
        self.got.lock().unwrap().clone()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Release);
        // So that it looks whether it is over.
        let _ = TcpStream::connect(self.addr);
        if let Some(accepting) = self.accepting.take() {
            let _ = accepting.join();
        }
    }
}

fn serve(stream: TcpStream, into: &Mutex<Vec<Got>>, answer: &Answer) -> Option<()> {
    let mut reader = BufReader::new(stream);
    let line = line(&mut reader)?;
    let path = line.split(' ').nth(1)?.to_owned();
    let mut headers = Vec::new();
    loop {
        let line = self::line(&mut reader)?;
        if line.is_empty() {
            break;
        }
        let (name, value) = line.split_once(':')?;
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let mut got = Got {
        path,
        headers,
        body: String::new(),
    };
    let length: usize = got.header("content-length").parse().unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    got.body = String::from_utf8(body).ok()?;
    let number = {
        let mut all = into.lock().unwrap();
        all.push(got.clone());
        all.len() - 1
    };
    // Not under the lock: an answer may wait for something.
    let (status, header) = answer(number, &got);
    let header = if header.is_empty() {
        header
    } else {
        format!("{header}\r\n")
    };
    let stream = reader.get_mut();
    write!(
        stream,
        "HTTP/1.1 {status} X\r\n{header}Content-Length: 0\r\n\r\n"
    )
    .ok()
}

fn line(reader: &mut BufReader<TcpStream>) -> Option<String> {
    let mut line = String::new();
    let read = reader.read_line(&mut line).ok()?;
    (read > 0).then(|| line.trim_end().to_owned())
}
