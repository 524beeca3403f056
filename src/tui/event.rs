//! Everything that can happen to the dashboard, as one enum: keys, answers, arrivals.
//!
//! There is no tick. Time enters with what happened and with the daemon's status.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crossterm::event::KeyEvent;

use crate::clock::Timestamp;
use crate::model::exchange::{Exchange, ExchangeSummary};
use crate::model::token::Token;
use crate::ops::api::{ExchangePage, OpsError, Status};
use crate::tui::action::Wake;
use crate::tui::call::{Answer, Purpose};
use crate::tui::state::memory::Saved;

/// What the mouse did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mouse {
    /// What.
    pub press: Press,
    /// Column.
    pub x: u16,
    /// Row.
    pub y: u16,
    /// When, counted from some moment.
    pub at: Duration,
}

/// A use of the mouse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Press {
    /// The left button.
    Click,
    /// The wheel, towards the beginning.
    Up,
    /// The wheel, towards the end.
    Down,
}

/// One thing that happened.
#[derive(Debug)]
pub enum Event {
    /// A key was pressed.
    Key(KeyEvent),
    /// The mouse was used.
    Mouse(Mouse),
    /// The terminal has this many columns and rows now.
    Resize(u16, u16),
    /// An exchange was recorded.
    Arrived(Arc<ExchangeSummary>),
    /// This many exchanges went by unseen, because this reader was too slow.
    Skipped(u64),
    /// The live feed broke off at this time; it is being taken up again.
    FeedLost(OpsError, Timestamp),
    /// The live feed is there (again), since this time.
    FeedOpened(Timestamp),
    /// The process goes on after it was stopped.
    Resumed,
    /// Answer to [`crate::tui::action::Action::ListOlder`].
    Older(Result<ExchangePage, OpsError>),
    /// Answer to [`crate::tui::action::Action::Load`].
    Loaded {
        /// Which one was asked for.
        seq: u64,
        /// The exchange, or why it is not to be had.
        result: Result<Box<Exchange>, OpsError>,
    },
    /// Answer to [`crate::tui::action::Action::Call`].
    Answered {
        /// Which call.
        ticket: u64,
        /// What the answer is for.
        purpose: Purpose,
        /// The answer, or why there is none.
        result: Result<Answer, OpsError>,
    },
    /// The time of a [`crate::tui::action::Action::Wake`] has come.
    Woke(Wake),
    /// How the daemon is.
    Status(Result<Status, OpsError>),
    /// Answer to [`crate::tui::action::Action::Export`]: the file, or why there is none.
    Exported(Result<PathBuf, String>),
    /// The tokens there are.
    Tokens(Vec<Token>),
    /// Files of themes changed.
    ThemesChanged,
    /// Answer to [`crate::tui::action::Action::Theme`].
    Look {
        /// The theme that is shown now.
        shown: String,
        /// Why it is not the one that was asked for.
        fault: Option<String>,
    },
    /// The filters that are saved, or why that is not known or not done.
    Saved(Result<Saved, String>),
}
