//! Keys and sizes, read on a thread of their own; and when a stopped process goes on.
//!
//! crossterm reads a terminal that has gone away again and again, without end and without a word.
//! On its own thread that stops nothing else, and [`Input`] ends it: when it is dropped, an empty
//! pipe takes the terminal's place, and reading that waits for ever.

use std::io;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::thread;

use crossterm::event::{self, Event as Seen, MouseButton, MouseEvent, MouseEventKind};
use futures_util::Stream;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc::{Receiver, channel};

use crate::clock::Stopwatch;
use crate::tui::event::{Event, Mouse, Press};

/// Events that may wait to be looked at.
const QUEUE: usize = 64;

/// What is typed, and how large the terminal is. Dropping it gives standard input up for good.
pub struct Input {
    events: Receiver<Event>,
    /// SIGCONT: the process was stopped and goes on.
    resumed: Signal,
}

impl Input {
    /// Begins to read this process's terminal.
    pub fn open() -> io::Result<Self> {
        let resumed = signal(SignalKind::from_raw(rustix::process::Signal::CONT.as_raw()))?;
        let (sender, events) = channel(QUEUE);
        let watch = Stopwatch::start();
        thread::Builder::new()
            .name("terminal-input".to_owned())
            .spawn(move || {
                while let Ok(seen) = event::read() {
                    let event = match seen {
                        Seen::Key(key) => Event::Key(key),
                        Seen::Resize(width, height) => Event::Resize(width, height),
                        Seen::Mouse(mouse) => match used(mouse, watch) {
                            Some(mouse) => Event::Mouse(mouse),
                            None => continue,
                        },
                        _ => continue,
                    };
                    if sender.blocking_send(event).is_err() {
                        return;
                    }
                }
            })?;
        Ok(Self { events, resumed })
    }
}

/// A use of the mouse that means something here.
fn used(mouse: MouseEvent, watch: Stopwatch) -> Option<Mouse> {
    let press = match mouse.kind {
        MouseEventKind::Down(MouseButton::Left) => Press::Click,
        MouseEventKind::ScrollUp => Press::Up,
        MouseEventKind::ScrollDown => Press::Down,
        _ => return None,
    };
    Some(Mouse {
        press,
        x: mouse.column,
        y: mouse.row,
        at: watch.elapsed(),
    })
}

impl Stream for Input {
    type Item = Event;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Event>> {
        if let Poll::Ready(Some(())) = self.resumed.poll_recv(context) {
            return Poll::Ready(Some(Event::Resumed));
        }
        self.events.poll_recv(context)
    }
}

impl Drop for Input {
    fn drop(&mut self) {
        if let Ok((empty, writer)) = rustix::pipe::pipe() {
            // Without its writer the pipe would be at its end, not empty.
            mem::forget(writer);
            // If this fails, a thread may spin until the process ends; there is nothing else to do.
            let _ = rustix::stdio::dup2_stdin(empty);
        }
    }
}
