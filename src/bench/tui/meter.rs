//! One measurement: frames are taken apart, keys pressed, and effects looked for on the screen.

use std::io;
use std::num::NonZero;
use std::time::Duration;

use hdrhistogram::Histogram;
use vt100::Parser;

use super::link::Link;
use super::pty::Pty;
use super::report::{Counts, Keys, Measured, Memory, Spread};
use super::script::{Script, Step, number, shows};
use super::{Options, PATIENCE};

/// Begins a frame, and ends it.
const BEGIN: &[u8] = b"\x1b[?2026h";
const END: &[u8] = b"\x1b[?2026l";
/// The threads that are the dashboard.
const THREADS: [&str; 3] = ["dashboard", "terminal-output", "terminal-input"];
/// How long the dashboard may settle before it is measured.
const SETTLE: Duration = Duration::from_secs(3);
/// How long a key may take to have its effect; then it counts as unanswered, and the next is pressed.
const LOST: Duration = Duration::from_secs(5);

/// A key that was pressed and whose effect is not there yet.
struct Pressed {
    at: Duration,
    step: Step,
}

pub(super) struct Meter<'a> {
    options: &'a Options,
    pty: &'a mut Pty,
    link: Link,
    screen: Parser,
    /// What is left of a frame that is not whole yet.
    pending: Vec<u8>,
    measuring: bool,
    bytes: u64,
    /// Bytes of the second that is being measured, and of the fullest one.
    second: (u64, u64, u64),
    frames: Histogram<u64>,
    /// All keys, those that change little, those that change the page.
    keys: [Histogram<u64>; 3],
    /// How many of those are moves among the groups of a storm.
    among_groups: u64,
    unanswered: u64,
    pressed: Option<Pressed>,
    presses: usize,
    script: Script,
    counts: Counts,
}

impl<'a> Meter<'a> {
    pub fn new(options: &'a Options, pty: &'a mut Pty) -> io::Result<Self> {
        let histogram = || Histogram::new(3).map_err(io::Error::other);
        let cells = |count| NonZero::new(count).ok_or_else(|| io::Error::other("no cells"));
        Ok(Self {
            options,
            pty,
            link: Link::new(options.link_kbps),
            screen: Parser::new(cells(options.size.1)?, cells(options.size.0)?, 0),
            pending: Vec::new(),
            measuring: false,
            bytes: 0,
            second: (0, 0, 0),
            frames: histogram()?,
            keys: [histogram()?, histogram()?, histogram()?],
            among_groups: 0,
            unanswered: 0,
            pressed: None,
            presses: 0,
            script: Script::default(),
            counts: Counts::default(),
        })
    }

    pub fn run(mut self) -> io::Result<Measured> {
        while !shows(self.screen.screen(), "FOLLOW") {
            if self.pty.now() > PATIENCE || !self.pty.runs() {
                return Err(io::Error::other("the dashboard does not come up"));
            }
            self.take(self.pty.now() + Duration::from_millis(100));
        }
        let start = self.pty.now() + SETTLE;
        self.until(start);
        self.measuring = true;
        let before = self.pty.spent(&THREADS);
        let resident = self.pty.resident();
        let end = start + Duration::from_secs(self.options.seconds);
        while self.pty.now() < end {
            if self.options.keys {
                self.press()?;
            }
            self.until(self.pause().min(end));
        }
        self.measuring = false;
        let after = self.pty.spent(&THREADS);
        let memory = resident
            .zip(self.pty.resident())
            .map(|((start, _), (end, highest))| Memory {
                start,
                end,
                highest,
            });
        if self.pressed.is_some() {
            self.until(self.pty.now() + Duration::from_secs(1));
        }
        self.unanswered += u64::from(self.pressed.is_some());
        let seconds = self.pty.now().min(end).saturating_sub(start).as_secs_f64();
        let cpu = after
            .zip(before)
            .map(|(after, before)| after.saturating_sub(before).as_secs_f64() * 100.0 / seconds);
        Ok(self.report(seconds, cpu, memory))
    }

    /// Until when nothing is pressed: never at the same beat as frames.
    fn pause(&self) -> Duration {
        let odd = self.presses as u64 * 7_919 % 590;
        self.pty.now() + Duration::from_millis(610 + odd)
    }

    fn press(&mut self) -> io::Result<()> {
        if let Some(pressed) = &self.pressed {
            if self.pty.now().saturating_sub(pressed.at) < LOST {
                return Ok(());
            }
            self.unanswered += 1;
        }
        let step = self.script.next(self.screen.screen());
        let key = step.key;
        self.presses += 1;
        self.pressed = Some(Pressed {
            at: self.pty.now(),
            step,
        });
        self.pty.press(key)
    }

    /// Takes in what is written until `until`.
    fn until(&mut self, until: Duration) {
        while self.pty.now() < until {
            self.take(until);
        }
    }

    fn take(&mut self, until: Duration) {
        let Some((at, chunk)) = self.pty.read(until) else {
            if !self.pty.runs() {
                std::thread::sleep(until.saturating_sub(self.pty.now()));
            }
            return;
        };
        self.pending.extend_from_slice(&chunk);
        while let Some(end) = position(&self.pending, END) {
            let frame: Vec<u8> = self.pending.drain(..end + END.len()).collect();
            self.frame(at, &frame);
        }
    }

    fn frame(&mut self, at: Duration, frame: &[u8]) {
        let arrived = self.link.carry(at, frame.len());
        self.screen.process(frame);
        let screen = self.screen.screen();
        self.counts.grouped = number(screen, "", " grouped since").or(self.counts.grouped);
        self.counts.skipped = number(screen, "", " skipped").or(self.counts.skipped);
        self.counts.not_recorded = number(screen, "not recorded ", "").or(self.counts.not_recorded);
        if self.measuring {
            let bytes = frame.len() as u64;
            self.bytes += bytes;
            let (second, so_far, most) = self.second;
            let so_far = if at.as_secs() == second {
                so_far + bytes
            } else {
                bytes
            };
            self.second = (at.as_secs(), so_far, most.max(so_far));
            if position(frame, BEGIN).is_some() {
                count(&mut self.frames, bytes);
            }
        }
        let Some(pressed) = &self.pressed else {
            return;
        };
        if pressed.step.is_answered(screen) {
            let micros = arrived.saturating_sub(pressed.at).as_micros();
            let micros = u64::try_from(micros).unwrap_or(u64::MAX);
            let [all, moves, pages] = &mut self.keys;
            count(all, micros);
            count(if pressed.step.page { pages } else { moves }, micros);
            self.among_groups += u64::from(pressed.step.among_groups);
            self.pressed = None;
        }
    }

    #[allow(clippy::cast_precision_loss)] // counts of a few minutes
    fn report(self, seconds: f64, cpu_percent: Option<f64>, memory: Option<Memory>) -> Measured {
        let [all, moves, pages] = &self.keys;
        Measured {
            options: self.options.clone(),
            bytes_per_second: self.bytes as f64 / seconds,
            bytes_in_fullest_second: self.second.2,
            frames_per_second: self.frames.len() as f64 / seconds,
            frame_bytes: Spread::of(&self.frames, 1.0),
            cpu_percent,
            memory,
            counts: self.counts,
            keys: self.options.keys.then(|| Keys {
                answered: all.len(),
                among_groups: self.among_groups,
                unanswered: self.unanswered,
                milliseconds: Spread::of(all, 1_000.0),
                moves: Spread::of(moves, 1_000.0),
                pages: Spread::of(pages, 1_000.0),
            }),
        }
    }
}

fn count(histogram: &mut Histogram<u64>, value: u64) {
    // A histogram that resizes itself takes every value below the largest power of two.
    let _ = histogram.record(value.min(1 << 40));
}

fn position(bytes: &[u8], of: &[u8]) -> Option<usize> {
    bytes.windows(of.len()).position(|window| window == of)
}
