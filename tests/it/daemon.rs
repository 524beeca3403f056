//! The real binary in a directory of its own: its commands, and the daemon on a free port of the
//! loopback interface.

use std::fs::{self, File};
use std::net::SocketAddr;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use crate::client::Client;

/// How often the daemon is looked for, and how long between two looks.
const LOOKS: u32 = 600;
const PAUSE: Duration = Duration::from_millis(20);

/// Looks again and again until `look` finds something.
pub fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    for _ in 0..LOOKS {
        if let Some(found) = look() {
            return found;
        }
        thread::sleep(PAUSE);
    }
    panic!("never: {what}");
}

/// A directory with settings, data, and what the daemon prints.
pub struct Home {
    root: TempDir,
}

/// What a command did.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub out: String,
    pub err: String,
}

/// A running daemon; it dies with this value.
pub struct Daemon {
    home: Option<Home>,
    child: Child,
    pub addr: SocketAddr,
}

impl Home {
    pub fn new() -> Self {
        let root = TempDir::new().unwrap();
        fs::create_dir_all(root.path().join("config/scimtop")).unwrap();
        Self { root }
    }

    pub fn data(&self) -> PathBuf {
        self.root.path().join("data")
    }

    /// Writes the configuration file.
    pub fn configure(&self, toml: &str) {
        fs::write(self.root.path().join("config/scimtop/config.toml"), toml).unwrap();
    }

    /// What the daemon has printed on both its outputs.
    pub fn printed(&self) -> String {
        ["out", "err"]
            .map(|name| fs::read_to_string(self.root.path().join(name)).unwrap_or_default())
            .concat()
    }

    /// Runs a command to its end.
    pub fn scimtop(&self, args: &[&str]) -> Ran {
        let output = self
            .command(args)
            .stdin(Stdio::null())
            .output()
            .expect("the binary runs");
        Ran {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).expect("output is UTF-8"),
            err: String::from_utf8(output.stderr).expect("errors are UTF-8"),
        }
    }

    /// Runs a command that must succeed, and reads what it prints as JSON.
    pub fn json(&self, args: &[&str]) -> Value {
        let mut args = args.to_vec();
        args.push("--json");
        let ran = self.scimtop(&args);
        assert_eq!(ran.code, 0, "{args:?}: {ran:?}");
        serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{args:?}: {error}: {ran:?}"))
    }

    /// A new token of an Org: its id and its secret.
    pub fn token(&self, org: &str) -> (String, String) {
        let issued = self.json(&["token", "create", "--org", org]);
        (
            issued["token"]["id"].as_str().unwrap().to_owned(),
            issued["secret"].as_str().unwrap().to_owned(),
        )
    }

    /// The binary with the environment and the places of this directory.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_scimtop"));
        command
            .args(args)
            .arg("--data")
            .arg(self.data())
            .env_clear()
            .env("HOME", self.root.path())
            .env("XDG_CONFIG_HOME", self.root.path().join("config"))
            .env("XDG_STATE_HOME", self.root.path().join("state"));
        command
    }

    /// Starts the daemon and waits until it is ready.
    pub fn start(self) -> Daemon {
        let file = |name| File::create(self.root.path().join(name)).unwrap();
        let child = self
            .command(&["serve", "--no-tui", "--listen", "127.0.0.1:0"])
            .stdin(Stdio::null())
            .stdout(file("out"))
            .stderr(file("err"))
            .spawn()
            .expect("the binary runs");
        let mut daemon = Daemon {
            home: Some(self),
            child,
            addr: SocketAddr::from(([127, 0, 0, 1], 0)),
        };
        daemon.wait_until_ready();
        daemon
    }
}

impl Daemon {
    /// A daemon on an empty store.
    pub fn start() -> Self {
        Home::new().start()
    }

    pub fn home(&self) -> &Home {
        self.home.as_ref().expect("there until the daemon ends")
    }

    /// A client with this token.
    pub fn client(&self, secret: &str) -> Client {
        Client::new(self.addr, "/scim/v2", secret)
    }

    /// A client with a new token of Primary.
    pub fn primary(&self) -> Client {
        self.client(&self.home().token("0").1)
    }

    /// An Org with SCIM on, and a client of it.
    pub fn org(&self, name: &str) -> (i64, Client) {
        let org = self.home().json(&["org", "create", name]);
        self.home().json(&["org", "enable-scim", name]);
        let client = self.client(&self.home().token(name).1);
        (org["id"].as_i64().unwrap(), client)
    }

    /// Ends it in order.
    pub fn stop(self) -> Home {
        self.signal("TERM");
        let (status, home) = self.wait();
        assert_eq!(status.code(), Some(0), "{}", home.printed());
        home
    }

    /// Ends it without warning.
    pub fn kill(mut self) -> Home {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.home.take().expect("there until the daemon ends")
    }

    /// Asks it to end.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill")
            .args([format!("-{name}"), self.child.id().to_string()])
            .status()
            .unwrap();
        assert!(sent.success());
    }

    /// Waits for its end.
    pub fn wait(mut self) -> (ExitStatus, Home) {
        let status = until("the daemon ends", || self.child.try_wait().unwrap());
        let home = self.home.take().expect("there until the daemon ends");
        (status, home)
    }

    fn wait_until_ready(&mut self) {
        let socket = self.home().data().join("scimtop.sock");
        self.wait_for("its socket", |_| UnixStream::connect(&socket).is_ok());
        let status = self.home().json(&["status"]);
        let base = status["base_url"].as_str().unwrap();
        self.addr = base
            .strip_prefix("http://")
            .and_then(|rest| rest.strip_suffix("/scim/v2"))
            .and_then(|authority| authority.parse().ok())
            .unwrap_or_else(|| panic!("base URL {base}"));
        self.wait_for("/readyz", |daemon| {
            Client::new(daemon.addr, "", "")
                .try_send("GET", "/readyz", &[], None)
                .is_ok_and(|reply| reply.status == 200)
        });
    }

    fn wait_for(&mut self, what: &str, there: impl Fn(&Self) -> bool) {
        until(what, || {
            if let Some(status) = self.child.try_wait().unwrap() {
                panic!("the daemon ended ({status}): {}", self.home().printed());
            }
            there(self).then_some(())
        });
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
