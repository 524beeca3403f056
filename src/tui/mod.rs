//! The dashboard: what identity providers do, while they do it, in a terminal.
//!
//! One event enum on one channel; [`state::update`] turns events into state and actions and is
//! pure (time comes in events); [`view::draw`] turns state into a screen and changes nothing;
//! the runner carries actions out and is alone in talking to [`Ops`] and to the terminal. The
//! dashboard sees the house through [`Ops`] only and knows neither store nor http.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use crate::ops::api::Ops;
use keymap::Keymap;
use theme::Looks;

pub mod action;
pub mod call;
pub mod event;
mod export;
pub mod heads;
mod input;
pub mod keymap;
pub mod layout;
pub mod plain;
mod runner;
mod screen;
pub mod shelf;
pub mod state;
#[cfg(test)]
mod testing;
pub mod theme;
pub mod view;
pub mod widget;

/// How the dashboard is to run.
#[derive(Debug)]
pub struct TuiOptions {
    /// What it looks like.
    pub looks: Looks,
    /// Which key does what.
    pub keymap: Keymap,
    /// What is wrong with files of the operator's own; said at the start.
    pub notice: Option<String>,
    /// The file of saved filters.
    pub filters: PathBuf,
    /// Draw with ASCII characters only.
    pub ascii: bool,
    /// The first token, if the store was empty: shown until it is dismissed.
    pub first_token: Option<FirstRun>,
    /// The endpoint runs in this process: quitting asks, since it would stop it.
    pub embedded: bool,
    /// The mouse selects, opens and scrolls here, instead of marking text in the terminal.
    pub mouse: bool,
    /// What lies between here and the eyes.
    pub link: Link,
}

/// How much may be sent to the terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// Most frames a second that data may cause.
    pub frames: u32,
    /// Bytes a second that data may cause; `None`: as many as there are. A frame that a key
    /// causes goes at once, and data makes up for it.
    pub bytes: Option<u32>,
}

// A person reads no faster than three frames a second, and each costs the rail beside the table
// anew, which moves with the rows.
impl Link {
    /// A terminal on the same machine.
    pub const LOCAL: Self = Self {
        frames: 3,
        bytes: None,
    };
    /// A terminal at the other end of an SSH session.
    pub const SSH: Self = Self {
        frames: 3,
        bytes: Some(12 * 1024),
    };
}

/// What a newcomer needs. Holds a secret; nothing prints it but the newcomer's page.
#[derive(Clone, PartialEq, Eq)]
pub struct FirstRun {
    /// Base URL for identity providers.
    pub base_url: String,
    /// The first token's secret.
    pub secret: String,
}

impl fmt::Debug for FirstRun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FirstRun")
            .field("base_url", &self.base_url)
            .finish_non_exhaustive()
    }
}

/// How the dashboard ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// The operator wants the endpoint stopped, or it is shutting down.
    Quit,
    /// The dashboard is gone (left, or its terminal is); the endpoint goes on.
    Detach,
}

/// Why the dashboard could not run.
#[derive(Debug, thiserror::Error)]
pub enum TuiError {
    /// The terminal cannot be used.
    #[error("the terminal cannot be used ({0}); use --no-tui for lines instead of a screen")]
    Terminal(#[from] std::io::Error),
}

/// Runs the dashboard on this process's terminal until the operator leaves, the terminal goes
/// away or `shutdown` completes. The terminal is restored on every way out.
pub async fn run(
    ops: Arc<dyn Ops>,
    options: TuiOptions,
    shutdown: impl Future<Output = ()>,
) -> Result<Exit, TuiError> {
    let mut screen = screen::Screen::enter(options.ascii, options.mouse)?;
    let input = input::Input::open()?;
    runner::drive(&mut screen, input, ops, options, shutdown).await
}
