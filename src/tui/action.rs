//! Everything the dashboard wants done outside of its state, as one enum; the runner does it.

use std::fmt;

use crate::tui::Exit;

/// One effect.
#[derive(Debug, PartialEq, Eq)]
pub enum Action {
    /// Load the exchange at this position with its bodies.
    Load(u64),
    /// List exchanges before this position (`None`: the newest).
    ListOlder(Option<u64>),
    /// Put text into the terminal's clipboard.
    Copy(Clipping),
    /// Draw everything anew.
    Repaint,
    /// End.
    Leave(Exit),
}

/// Text for the clipboard. It may be a secret, hence nothing prints it.
#[derive(PartialEq, Eq)]
pub struct Clipping(pub String);

impl fmt::Debug for Clipping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Clipping({} bytes)", self.0.len())
    }
}
