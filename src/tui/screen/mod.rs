//! The terminal: entered once, left on every way out.
//!
//! Raw mode and the alternate screen are undone when [`Screen`] is dropped and, before the
//! message prints, when the process panics. A frame is what differs from the one before, in one
//! write and as one synchronised update (DEC mode 2026), so that no half of it is ever seen.

use std::io;
use std::panic::{self, PanicHookInfo};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::tui::runner::{Drawn, Surface};
use crate::tui::state::{Mode, Model};
use crate::tui::theme::Theme;
use crate::tui::view;
use outlet::{Outlet, Terminal};
use paint::{Later, Painter};

mod outlet;
mod paint;

/// Begins an update that is shown at once when it is whole (DEC mode 2026), plainly.
const BEGIN: &[u8] = b"\x1b[?2026h\x1b[m";
/// Ends it.
const END: &[u8] = b"\x1b[?2026l";

type Hook = dyn Fn(&PanicHookInfo<'_>) + Send + Sync;

/// This process's terminal, taken over.
pub struct Screen {
    terminal: Arc<Terminal>,
    outlet: Outlet,
    painter: Painter,
    /// The frame that is drawn next; the painter has the one that is shown.
    next: Buffer,
    /// What goes out before it.
    before: Vec<u8>,
    ascii: bool,
    hook: Arc<Hook>,
}

impl Screen {
    /// Takes the terminal over.
    pub fn enter(ascii: bool, mouse: bool) -> io::Result<Self> {
        let terminal = Arc::new(Terminal::open(mouse)?);
        let outlet = Outlet::open(Arc::clone(&terminal))?;
        let hook: Arc<Hook> = Arc::from(panic::take_hook());
        let (given_back, before) = (Arc::clone(&terminal), Arc::clone(&hook));
        panic::set_hook(Box::new(move |info| {
            given_back.give_back();
            before(info);
        }));
        let screen = Self {
            terminal,
            outlet,
            painter: Painter::new(),
            next: Buffer::empty(Rect::ZERO),
            before: Vec::new(),
            ascii,
            hook,
        };
        screen.terminal.take()?;
        Ok(screen)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        self.terminal.give_back();
        // A hook cannot be changed while this thread unwinds.
        if !std::thread::panicking() {
            let hook = Arc::clone(&self.hook);
            panic::set_hook(Box::new(move |info| hook(info)));
        }
    }
}

impl Surface for Screen {
    fn size(&self) -> io::Result<(u16, u16)> {
        crossterm::terminal::size()
    }

    fn draw(&mut self, model: &Model, theme: &Theme, most: Option<usize>) -> io::Result<Drawn> {
        // Another thread's panic gave the terminal back; this one goes on.
        if !self.terminal.is_taken() {
            self.terminal.take()?;
            self.painter.forget();
        }
        let (width, height) = model.size;
        self.next.resize(Rect::new(0, 0, width, height));
        self.next.reset();
        view::draw(model, theme, &mut self.next);
        if self.ascii {
            view::to_ascii(&mut self.next);
        }
        let mut frame = self.outlet.frame();
        frame.append(&mut self.before);
        frame.extend_from_slice(BEGIN);
        let moving = moving(model);
        let whole = match most {
            None => {
                self.painter.paint(&mut self.next, moving, &mut frame);
                true
            }
            Some(most) => {
                let later = later(model);
                self.painter
                    .paint_most(&mut self.next, moving, &later, most, &mut frame)
            }
        };
        if frame.len() == BEGIN.len() {
            self.outlet.keep(frame);
            return Ok(Drawn { bytes: 0, whole });
        }
        frame.extend_from_slice(END);
        let bytes = frame.len();
        self.outlet.send(frame)?;
        Ok(Drawn { bytes, whole })
    }

    async fn written(&mut self) -> io::Result<()> {
        self.outlet.written().await
    }

    fn repaint(&mut self) {
        self.painter.forget();
    }

    fn copy(&mut self, text: &str) {
        // OSC 52: reaches the clipboard of the terminal's own machine, through SSH too.
        let text = STANDARD.encode(text);
        self.before
            .extend_from_slice(format!("\x1b]52;c;{text}\x07").as_bytes());
    }

    fn suspend(&mut self) {
        self.terminal.give_back();
        // The whole job, so that whoever waits for it (a shell, `sudo`) sees it stop.
        let _ = rustix::process::kill_current_process_group(rustix::process::Signal::TSTP);
    }

    fn resume(&mut self) -> io::Result<()> {
        self.painter.forget();
        self.terminal.take()
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

/// What need not be seen at once when a key changes much: the rail, and beside a list the selected
/// row in detail; then the rows far from the selected one, or the end of what is opened.
fn later(model: &Model) -> Later {
    let areas = model.areas();
    // Each with the line between it and the table.
    let rail = Rect {
        width: areas.rail.width + 1,
        ..areas.rail
    };
    let inspector = Rect {
        x: areas.inspector.x.saturating_sub(1),
        width: areas.inspector.width + 1,
        ..areas.inspector
    };
    let over = model.issued.is_some()
        || model.sheet.is_some()
        || model.report.is_some()
        || model.welcome.is_some();
    match &model.mode {
        Mode::Help(_) => Later {
            near: areas.body.y,
            rows: areas.body,
            ..Later::default()
        },
        // Something lies over everything else.
        mode if over || !matches!(mode, Mode::Normal | Mode::Filter(_)) => Later::default(),
        // It is what the key asked for.
        _ if model.detail.is_some() || model.open().is_some() => Later {
            areas: vec![rail],
            rows: areas.detail,
            near: areas.detail.y,
        },
        _ => Later {
            areas: vec![rail, inspector],
            rows: areas.table,
            near: areas.table.y + selected(model, areas.table.height),
        },
    }
}

/// In which row of a table of `height` rows the selected one is.
fn selected(model: &Model, height: u16) -> u16 {
    let row = match model.cursor() {
        Some(at) => at.selected.saturating_sub(at.top),
        None if model.live.in_storm() => model.live.storm.selected(),
        None => model.live.selected.saturating_sub(model.live.top),
    };
    let last = height.saturating_sub(1);
    u16::try_from(row).map_or(last, |row| row.min(last))
}

#[cfg(test)]
mod tests;
