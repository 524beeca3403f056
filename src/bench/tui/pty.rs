//! A program in a pseudo-terminal, and what it wrote with the time it did.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use rustix::fs::{Mode, OFlags};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

use crate::clock::Stopwatch;

/// Bytes read at once.
const CHUNK: usize = 64 * 1024;

/// A program with a terminal of its own.
pub(super) struct Pty {
    child: Child,
    keys: File,
    clock: Stopwatch,
    chunks: Receiver<(Duration, Vec<u8>)>,
}

impl Pty {
    /// Starts `program` in a terminal of `size` columns and rows.
    pub fn spawn(mut program: Command, size: (u16, u16)) -> io::Result<Self> {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY)?;
        grantpt(&master)?;
        unlockpt(&master)?;
        let name = ptsname(&master, Vec::new())?;
        let slave = rustix::fs::open(name, OFlags::RDWR | OFlags::NOCTTY, Mode::empty())?;
        let winsize = Winsize {
            ws_col: size.0,
            ws_row: size.1,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        tcsetwinsize(&slave, winsize)?;
        let child = program
            .stdin(Stdio::from(slave.try_clone()?))
            .stdout(Stdio::from(slave))
            .stderr(Stdio::null())
            .spawn()?;
        // The command holds the slave open; without it, the end of the program is the end.
        drop(program);
        let mut screen = File::from(master);
        let keys = screen.try_clone()?;
        let clock = Stopwatch::start();
        let (sender, chunks) = channel();
        thread::Builder::new().spawn(move || {
            let mut chunk = vec![0; CHUNK];
            while let Ok(read @ 1..) = screen.read(&mut chunk) {
                let chunk = chunk[..read].to_vec();
                if sender.send((clock.elapsed(), chunk)).is_err() {
                    return;
                }
            }
        })?;
        Ok(Self {
            child,
            keys,
            clock,
            chunks,
        })
    }

    /// Time since the start.
    pub fn now(&self) -> Duration {
        self.clock.elapsed()
    }

    /// What is written next, and when; `None` if nothing is by `until`.
    pub fn read(&self, until: Duration) -> Option<(Duration, Vec<u8>)> {
        let wait = until.saturating_sub(self.now());
        self.chunks.recv_timeout(wait).ok()
    }

    /// Presses a key.
    pub fn press(&mut self, key: char) -> io::Result<()> {
        write!(self.keys, "{key}")
    }

    /// True while the program runs.
    pub fn runs(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Processor time that the program's threads of these names have had; `None` where the system
    /// does not tell.
    pub fn spent(&self, names: &[&str]) -> Option<Duration> {
        let tasks = std::fs::read_dir(format!("/proc/{}/task", self.child.id())).ok()?;
        let mut spent = Duration::ZERO;
        for task in tasks {
            let task = task.ok()?.path();
            let name = std::fs::read_to_string(task.join("comm")).ok()?;
            if names.contains(&name.trim_end()) {
                let times = std::fs::read_to_string(task.join("schedstat")).ok()?;
                let nanos = times.split(' ').next()?.parse().ok()?;
                spent += Duration::from_nanos(nanos);
            }
        }
        Some(spent)
    }

    /// Resident memory in bytes, now and at the highest; `None` where the system does not tell.
    pub fn resident(&self) -> Option<(u64, u64)> {
        let path = format!("/proc/{}/status", self.child.id());
        let status = std::fs::read_to_string(path).ok()?;
        let bytes = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name))?;
            let kilo: u64 = line.split_whitespace().next()?.parse().ok()?;
            Some(kilo * 1_024)
        };
        Some((bytes("VmRSS:")?, bytes("VmHWM:")?))
    }

    /// Ends the program.
    pub fn end(mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
