//! Where frames go: a thread of its own writes them, so that a terminal that takes nothing stops
//! neither keys nor signals. One frame at a time: the next is made when the last has gone, so
//! nothing ever waits in a queue.

use std::fs::File;
use std::io::{self, Write as _};
use std::os::fd::AsFd as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use crossterm::cursor::{Hide, Show};
use crossterm::execute;
use crossterm::style::Print;
use crossterm::terminal::{
    EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode,
    enable_raw_mode,
};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// How long a terminal that takes nothing is waited for when it is given back.
const PATIENCE: Duration = Duration::from_secs(1);

/// Asks the terminal for presses of buttons and the wheel, in their extended form; not for every
/// movement, which would cost bandwidth for nothing.
const MOUSE_ON: &str = "\x1b[?1000h\x1b[?1006h";
const MOUSE_OFF: &str = "\x1b[?1006l\x1b[?1000l";

/// This process's terminal; taken over, or not.
pub struct Terminal {
    taken: AtomicBool,
    mouse: bool,
    /// Standard output without a buffer: one frame is one write.
    out: Mutex<File>,
}

impl Terminal {
    /// The terminal as it is.
    pub fn open(mouse: bool) -> io::Result<Self> {
        Ok(Self {
            taken: AtomicBool::new(false),
            mouse,
            out: Mutex::new(File::from(io::stdout().as_fd().try_clone_to_owned()?)),
        })
    }

    /// True while it is taken over.
    pub fn is_taken(&self) -> bool {
        self.taken.load(Ordering::SeqCst)
    }

    /// Takes it over.
    pub fn take(&self) -> io::Result<()> {
        self.taken.store(true, Ordering::SeqCst);
        // Whoever had it meanwhile may have changed its mode; it is not set if it seems to be.
        disable_raw_mode()?;
        enable_raw_mode()?;
        let mouse = if self.mouse { MOUSE_ON } else { "" };
        self.locked(|out| execute!(out, EnterAlternateScreen, Hide, Print(mouse)))
    }

    /// Gives it back, if it was taken. Errors are of no use: there is nobody to tell.
    pub fn give_back(self: &Arc<Self>) {
        if !self.taken.swap(false, Ordering::SeqCst) {
            return;
        }
        let (sender, done) = mpsc::channel();
        let terminal = Arc::clone(self);
        // A terminal that takes nothing must not keep the process from ending.
        let writing = thread::Builder::new().spawn(move || {
            let mouse = if terminal.mouse { MOUSE_OFF } else { "" };
            let _ = terminal.locked(|out| {
                execute!(
                    out,
                    EndSynchronizedUpdate,
                    Print(mouse),
                    LeaveAlternateScreen,
                    Show
                )
            });
            let _ = sender.send(());
        });
        if writing.is_ok() {
            let _ = done.recv_timeout(PATIENCE);
        }
        let _ = disable_raw_mode();
    }

    /// Writes a frame, unless the terminal was given back meanwhile.
    fn show(&self, frame: &[u8]) -> io::Result<()> {
        self.locked(|out| {
            if self.is_taken() {
                out.write_all(frame)?;
            }
            Ok(())
        })
    }

    fn locked(&self, write: impl FnOnce(&mut File) -> io::Result<()>) -> io::Result<()> {
        // A writer that panicked leaves a file as good as any.
        write(&mut self.out.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The thread that writes frames.
pub struct Outlet {
    frames: Sender<Vec<u8>>,
    written: UnboundedReceiver<io::Result<Vec<u8>>>,
    busy: bool,
    /// For the next frame, while nothing is under way.
    spare: Vec<u8>,
}

impl Outlet {
    /// Starts it.
    pub fn open(terminal: Arc<Terminal>) -> io::Result<Self> {
        let (frames, to_write) = channel::<Vec<u8>>();
        let (sender, written) = unbounded_channel();
        thread::Builder::new()
            .name("terminal-output".to_owned())
            .spawn(move || {
                for frame in to_write {
                    let done = terminal.show(&frame).map(|()| frame);
                    if sender.send(done).is_err() {
                        return;
                    }
                }
            })?;
        Ok(Self {
            frames,
            written,
            busy: false,
            spare: Vec::new(),
        })
    }

    /// An empty frame.
    pub fn frame(&mut self) -> Vec<u8> {
        let mut frame = std::mem::take(&mut self.spare);
        frame.clear();
        frame
    }

    /// Gives an unused frame back.
    pub fn keep(&mut self, frame: Vec<u8>) {
        self.spare = frame;
    }

    /// Begins to write `frame`.
    pub fn send(&mut self, frame: Vec<u8>) -> io::Result<()> {
        self.frames.send(frame).map_err(|_| gone())?;
        self.busy = true;
        Ok(())
    }

    /// Waits until the last frame has gone; may be dropped and asked again.
    pub async fn written(&mut self) -> io::Result<()> {
        if self.busy {
            let written = self.written.recv().await.ok_or_else(gone)?;
            self.busy = false;
            self.spare = written?;
        }
        Ok(())
    }
}

fn gone() -> io::Error {
    io::Error::other("what writes to the terminal has ended")
}
