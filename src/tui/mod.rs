//! The dashboard: what identity providers do, while they do it, in a terminal.
//!
//! One event enum on one channel; [`state::update`] turns events into state and actions and is
//! pure (time comes in events); [`view::draw`] turns state into a screen and changes nothing;
//! the runner carries actions out and is alone in talking to [`Ops`] and to the terminal. The
//! dashboard sees the house through [`Ops`] only and knows neither store nor http.

pub mod theme;
//STUB
use crate::ops::api::*;
#[allow(missing_docs)]
pub struct TuiOptions {
    pub theme: Option<String>,
    pub ascii: bool,
    pub no_color: bool,
    pub first_run: Option<FirstRun>,
    pub embedded: bool,
}
#[allow(missing_docs)]
pub struct FirstRun {
    pub base_url: String,
    pub secret: String,
}
#[allow(missing_docs)]
#[derive(PartialEq)]
pub enum Exit {
    Quit,
    Stopped,
}
#[allow(missing_docs)]
pub async fn run(
    _o: std::sync::Arc<dyn Ops>,
    _t: TuiOptions,
    _s: tokio::sync::watch::Receiver<bool>,
) -> std::io::Result<Exit> {
    Ok(Exit::Stopped)
}
#[allow(missing_docs)]
pub async fn run_plain(
    _o: std::sync::Arc<dyn Ops>,
    mut w: impl std::io::Write + Send,
    f: Option<FirstRun>,
    mut s: tokio::sync::watch::Receiver<bool>,
) -> std::io::Result<()> {
    if let Some(f) = f {
        writeln!(w, "{} {}", f.base_url, f.secret)?;
        w.flush()?;
    }
    let _ = s.changed().await;
    Ok(())
}
