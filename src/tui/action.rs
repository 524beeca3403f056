//! Everything the dashboard wants done outside of its state, as one enum; the runner does it.

use std::fmt;
use std::time::Duration;

use crate::tui::Exit;
use crate::tui::call::{Call, Purpose};
use crate::tui::shelf::Change;

/// One effect.
#[derive(Debug, PartialEq, Eq)]
pub enum Action {
    /// Load the exchange at this position with its bodies.
    Load(u64),
    /// List exchanges before this position (`None`: the newest).
    ListOlder(Option<u64>),
    /// Call the operations API; the answer comes with the ticket and the purpose.
    Call {
        /// Tells this call from every other.
        ticket: u64,
        /// What the answer is for.
        purpose: Purpose,
        /// The call.
        call: Call,
    },
    /// Say so when [`Wake::after`] has passed.
    Wake(Wake),
    /// Put text into the terminal's clipboard.
    Copy(Clipping),
    /// Write a file into the current directory.
    Export(Export),
    /// Show the theme of that name, read anew.
    Theme(String),
    /// Change the file of saved filters.
    SaveFilter(Change),
    /// Draw everything anew.
    Repaint,
    /// Give the terminal back and stop, until somebody lets the process go on.
    Suspend,
    /// Take the terminal over again.
    Resume,
    /// End.
    Leave(Exit),
}

/// A file to be written: never over another, and for its owner alone.
#[derive(PartialEq, Eq)]
pub struct Export {
    /// Its name without an ending.
    pub stem: String,
    /// Its ending.
    pub ending: &'static str,
    /// What is in it.
    pub text: String,
}

impl fmt::Debug for Export {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { stem, ending, text } = self;
        write!(f, "Export({stem}.{ending}, {} bytes)", text.len())
    }
}

/// Something that is to be done a little later, once for all that happens until then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wake {
    /// Load again what is on the screen.
    Refresh,
    /// Apply the filter being typed, unless more was typed since this one.
    Filter(u64),
    /// Ask what an act would do, unless more was typed since this one.
    Rehearse(u64),
}

impl Wake {
    /// How much later.
    pub const fn after(self) -> Duration {
        match self {
            Self::Refresh => Duration::from_secs(1),
            Self::Filter(_) | Self::Rehearse(_) => Duration::from_millis(250),
        }
    }
}

/// Text for the clipboard. It may be a secret, hence nothing prints it.
#[derive(PartialEq, Eq)]
pub struct Clipping(pub String);

impl fmt::Debug for Clipping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Clipping({} bytes)", self.0.len())
    }
}
