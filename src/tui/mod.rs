//! The dashboard: what identity providers do, while they do it, in a terminal.
//!
//! One event enum on one channel; [`state::update`] turns events into state and actions and is
//! pure (time comes in events); [`view::draw`] turns state into a screen and changes nothing;
//! the runner carries actions out and is alone in talking to [`Ops`] and to the terminal. The
//! dashboard sees the house through [`Ops`] only and knows neither store nor http.

pub mod theme;
