//! The terminal: entered once, left on every way out.
//!
//! Raw mode and the alternate screen are undone when [`Screen`] is dropped and, before the
//! message prints, when the process panics. A frame is what differs from the one before, in one
//! write and as one synchronised update (DEC mode 2026), so that no half of it is ever seen.

use std::fs::File;
use std::io::{self, Write as _};
use std::os::fd::AsFd as _;
use std::panic::{self, PanicHookInfo};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use crossterm::cursor::{Hide, Show};
use crossterm::execute;
use crossterm::terminal::{
    EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode,
    enable_raw_mode,
};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::tui::runner::Surface;
use crate::tui::state::Model;
use crate::tui::theme::Theme;
use crate::tui::view;
use paint::Painter;

mod paint;

/// Begins an update that is shown at once when it is whole (DEC mode 2026), plainly.
const BEGIN: &[u8] = b"\x1b[?2026h\x1b[m";
/// Ends it.
const END: &[u8] = b"\x1b[?2026l";

type Hook = dyn Fn(&PanicHookInfo<'_>) + Send + Sync;

/// This process's terminal, taken over.
pub struct Screen {
    /// Standard output without a buffer: one frame is one write.
    terminal: File,
    painter: Painter,
    /// The frame that is drawn next; the painter has the one that is shown.
    next: Buffer,
    bytes: Vec<u8>,
    ascii: bool,
    entered: Arc<AtomicBool>,
    hook: Arc<Hook>,
}

impl Screen {
    /// Takes the terminal over.
    pub fn enter(ascii: bool) -> io::Result<Self> {
        let entered = Arc::new(AtomicBool::new(false));
        let hook: Arc<Hook> = Arc::from(panic::take_hook());
        let (left, before) = (Arc::clone(&entered), Arc::clone(&hook));
        panic::set_hook(Box::new(move |info| {
            leave(&left);
            before(info);
        }));
        let mut screen = Self {
            terminal: File::from(io::stdout().as_fd().try_clone_to_owned()?),
            painter: Painter::new(),
            next: Buffer::empty(Rect::ZERO),
            bytes: Vec::new(),
            ascii,
            entered,
            hook,
        };
        screen.take_over()?;
        Ok(screen)
    }

    fn take_over(&mut self) -> io::Result<()> {
        self.entered.store(true, Ordering::SeqCst);
        enable_raw_mode()?;
        self.painter.forget();
        execute!(self.terminal, EnterAlternateScreen, Hide)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        leave(&self.entered);
        // A hook cannot be changed while this thread unwinds.
        if !std::thread::panicking() {
            let hook = Arc::clone(&self.hook);
            panic::set_hook(Box::new(move |info| hook(info)));
        }
    }
}

/// Gives the terminal back, if it was taken. Errors are of no use: there is nobody to tell.
fn leave(entered: &AtomicBool) {
    if entered.swap(false, Ordering::SeqCst) {
        let _ = execute!(
            io::stdout(),
            EndSynchronizedUpdate,
            LeaveAlternateScreen,
            Show
        );
        let _ = disable_raw_mode();
    }
}

impl Surface for Screen {
    fn size(&self) -> io::Result<(u16, u16)> {
        crossterm::terminal::size()
    }

    fn draw(&mut self, model: &Model, theme: &Theme) -> io::Result<()> {
        // Another thread's panic gave the terminal back; this one goes on.
        if !self.entered.load(Ordering::SeqCst) {
            self.take_over()?;
        }
        let (width, height) = model.size;
        self.next.resize(Rect::new(0, 0, width, height));
        self.next.reset();
        view::draw(model, theme, &mut self.next);
        if self.ascii {
            view::to_ascii(&mut self.next);
        }
        self.bytes.clear();
        self.bytes.extend_from_slice(BEGIN);
        self.painter
            .paint(&mut self.next, moving(model), &mut self.bytes);
        if self.bytes.len() == BEGIN.len() {
            return Ok(());
        }
        self.bytes.extend_from_slice(END);
        self.terminal.write_all(&self.bytes)
    }

    fn repaint(&mut self) -> io::Result<()> {
        self.painter.forget();
        Ok(())
    }

    fn copy(&mut self, text: &str) -> io::Result<()> {
        // OSC 52: reaches the clipboard of the terminal's own machine, through SSH too.
        write!(self.terminal, "\x1b]52;c;{}\x07", STANDARD.encode(text))
    }
}

/// Where rows may move as a whole: the table, or else what is opened.
fn moving(model: &Model) -> Rect {
    let areas = model.areas();
    if areas.table.is_empty() {
        areas.detail
    } else {
        areas.table
    }
}
