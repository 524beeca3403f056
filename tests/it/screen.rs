//! A pseudo-terminal with a program in it, its screen as a person would see it, and a keyboard.

use std::io::{Read as _, Write};
use std::num::NonZero;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::thread;

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use vt100::Parser;

use crate::daemon::until;

/// A terminal; it is hung up when this is dropped.
pub struct Screen {
    master: Option<Box<dyn MasterPty + Send>>,
    child: Box<dyn Child + Send + Sync>,
    keys: Box<dyn Write + Send>,
    parser: Arc<Mutex<Parser>>,
}

fn size(columns: u16, rows: u16) -> PtySize {
    PtySize {
        rows,
        cols: columns,
        pixel_width: 0,
        pixel_height: 0,
    }
}

impl Screen {
    /// Runs `command` in a terminal of that size.
    pub fn run(command: &Command, columns: u16, rows: u16) -> Self {
        let pair = native_pty_system().openpty(size(columns, rows)).unwrap();
        let mut builder = CommandBuilder::new(command.get_program());
        builder.args(command.get_args());
        builder.env_clear();
        for (name, value) in command.get_envs() {
            if let Some(value) = value {
                builder.env(name, value);
            }
        }
        builder.env("TERM", "xterm-256color");
        builder.env("LANG", "C.UTF-8");
        let child = pair.slave.spawn_command(builder).unwrap();
        let cells = |count| NonZero::new(count).unwrap();
        let parser = Parser::new(cells(rows), cells(columns), 0);
        let parser = Arc::new(Mutex::new(parser));
        let mut written = pair.master.try_clone_reader().unwrap();
        let seen = Arc::clone(&parser);
        thread::spawn(move || {
            let mut chunk = [0; 4096];
            while let Ok(read @ 1..) = written.read(&mut chunk) {
                seen.lock().unwrap().process(&chunk[..read]);
            }
        });
        Self {
            keys: pair.master.take_writer().unwrap(),
            master: Some(pair.master),
            child,
            parser,
        }
    }

    /// What is on the screen.
    pub fn text(&self) -> String {
        self.parser.lock().unwrap().screen().contents()
    }

    /// Waits until `text` is on the screen.
    #[track_caller]
    pub fn shows(&self, text: &str) {
        self.waits(text, |screen| screen.contains(text));
    }

    /// Waits until the screen is as wanted.
    #[track_caller]
    pub fn waits(&self, what: &str, wanted: impl Fn(&str) -> bool) {
        let there = (0..1500).any(|_| {
            let there = wanted(&self.text());
            if !there {
                thread::sleep(std::time::Duration::from_millis(20));
            }
            there
        });
        assert!(there, "never: {what}; the screen:\n{}", self.text());
    }

    /// Types.
    pub fn types(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
    }

    /// Makes the terminal another size.
    pub fn resize(&self, columns: u16, rows: u16) {
        let cells = |count| NonZero::new(count).unwrap();
        let mut parser = self.parser.lock().unwrap();
        parser.screen_mut().set_size(cells(rows), cells(columns));
        drop(parser);
        self.master().resize(size(columns, rows)).unwrap();
    }

    /// True if the terminal is as it was: the ordinary screen, a cursor, lines and echo.
    pub fn is_given_back(&self) -> bool {
        let parser = self.parser.lock().unwrap();
        let screen = parser.screen();
        !screen.alternate_screen() && !screen.hide_cursor() && !self.is_raw()
    }

    fn is_raw(&self) -> bool {
        let modes = self.master().get_termios().expect("a terminal has modes");
        // Their type belongs to a library of the library: its text is what can be read here.
        !format!("{:?}", modes.local_flags).contains("ICANON")
    }

    fn master(&self) -> &dyn MasterPty {
        self.master.as_deref().expect("there until it is hung up")
    }

    /// Sends a signal to the program.
    pub fn signal(&self, name: &str) {
        let pid = self.child.process_id().expect("it runs");
        let sent = Command::new("kill")
            .args([format!("-{name}"), pid.to_string()])
            .status();
        assert!(sent.unwrap().success());
    }

    /// Waits for the program's end; returns whether it was a good one.
    pub fn ends(&mut self) -> bool {
        let status = until("the program ends", || self.child.try_wait().unwrap());
        status.success()
    }

    /// The terminal goes away: both its ends for keys and for the screen.
    pub fn hang_up(mut self) -> Box<dyn Child + Send + Sync> {
        self.signal("HUP");
        drop(self.keys);
        drop(self.master.take());
        self.child
    }
}
