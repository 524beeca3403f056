//! What goes out by itself: events to applications, and alerts to people.
//!
//! What is sent when is decided by machines without I/O that are handed the time ([`queue`],
//! [`groups`]); what it looks like by pure functions ([`message`], [`sign`], `text`). `send`, `mail`
//! and `command` are the only files that talk to the outside. Nothing here changes the directory,
//! and nothing waits for it: requests are answered whether or not anybody can be told.

pub mod alerts;
pub mod backoff;
mod command;
pub mod dead_man;
pub mod groups;
pub mod mail;
pub mod message;
pub mod networks;
pub mod queue;
mod send;
pub mod settings;
pub mod sign;
pub mod sinks;
pub mod target;
mod teller;
mod text;
pub mod webhooks;
