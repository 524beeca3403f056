//! What goes out by itself: events to applications, and alerts to people.
//!
//! What is sent when is decided by machines without I/O that are handed the time ([`queue`]); what
//! it looks like by pure functions ([`message`], [`sign`]). `send` is the only file that talks to
//! the outside. Nothing here changes the directory, and nothing waits for it: requests are
//! answered whether or not anybody can be told.

pub mod backoff;
pub mod message;
pub mod networks;
pub mod queue;
mod send;
pub mod settings;
pub mod sign;
pub mod target;
pub mod webhooks;
