//! The terminal: entered once, left on every way out.
//!
//! Raw mode and the alternate screen are undone when [`Screen`] is dropped and, before the
//! message prints, when the process panics. A frame goes out as one synchronised update (DEC
//! mode 2026), so that no half of it is ever seen.

use std::io::{self, Stdout, Write as _};
use std::mem::ManuallyDrop;
use std::panic::{self, PanicHookInfo};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use crossterm::cursor::{Hide, Show};
use crossterm::execute;
use crossterm::style::{Print, force_color_output};
use crossterm::terminal::{
    BeginSynchronizedUpdate, Clear, ClearType, EndSynchronizedUpdate, EnterAlternateScreen,
    LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;

use crate::tui::runner::Surface;
use crate::tui::state::Model;
use crate::tui::theme::Theme;
use crate::tui::view;

/// Asks the terminal for presses of buttons and the wheel, in their extended form; not for every
/// movement, which would cost bandwidth for nothing.
const MOUSE_ON: &str = "\x1b[?1000h\x1b[?1006h";
const MOUSE_OFF: &str = "\x1b[?1006l\x1b[?1000l";

type Hook = dyn Fn(&PanicHookInfo<'_>) + Send + Sync;

/// This process's terminal, taken over.
pub struct Screen {
    /// Never dropped: its own ending prints to a terminal that may be gone, and that panics.
    terminal: ManuallyDrop<Terminal<CrosstermBackend<Stdout>>>,
    ascii: bool,
    mouse: bool,
    entered: Arc<AtomicBool>,
    hook: Arc<Hook>,
}

impl Screen {
    /// Takes the terminal over.
    pub fn enter(ascii: bool, mouse: bool) -> io::Result<Self> {
        // The theme decides about colour; crossterm's own NO_COLOR also wipes bold and reverse.
        force_color_output(true);
        let entered = Arc::new(AtomicBool::new(false));
        let hook: Arc<Hook> = Arc::from(panic::take_hook());
        let (left, before) = (Arc::clone(&entered), Arc::clone(&hook));
        panic::set_hook(Box::new(move |info| {
            leave(&left);
            before(info);
        }));
        let mut screen = Self {
            terminal: blank()?,
            ascii,
            mouse,
            entered,
            hook,
        };
        screen.take_over()?;
        Ok(screen)
    }

    fn take_over(&mut self) -> io::Result<()> {
        self.entered.store(true, Ordering::SeqCst);
        enable_raw_mode()?;
        execute!(io::stdout(), EnterAlternateScreen, Hide)?;
        if self.mouse {
            execute!(io::stdout(), Print(MOUSE_ON))?;
        }
        self.repaint()
    }
}

/// A terminal of which nothing is known, so that the first frame is drawn whole.
fn blank() -> io::Result<ManuallyDrop<Terminal<CrosstermBackend<Stdout>>>> {
    Terminal::new(CrosstermBackend::new(io::stdout())).map(ManuallyDrop::new)
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
            Print(MOUSE_OFF),
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
        let ascii = self.ascii;
        execute!(io::stdout(), BeginSynchronizedUpdate)?;
        let drawn = self.terminal.draw(|frame| {
            view::draw(model, theme, frame);
            if ascii {
                view::to_ascii(frame.buffer_mut());
            }
        });
        execute!(io::stdout(), EndSynchronizedUpdate)?;
        drawn.map(|_| ())
    }

    fn repaint(&mut self) -> io::Result<()> {
        // `Terminal::clear` would ask the terminal where its cursor is and wait for the answer.
        execute!(io::stdout(), Clear(ClearType::All))?;
        self.terminal = blank()?;
        Ok(())
    }

    fn copy(&mut self, text: &str) -> io::Result<()> {
        let mut out = io::stdout();
        // OSC 52: reaches the clipboard of the terminal's own machine, through SSH too.
        write!(out, "\x1b]52;c;{}\x07", STANDARD.encode(text))?;
        out.flush()
    }
}
