//! Use cases: what identity providers ask for ([`provision`]) and what operators ask for
//! ([`api`]), over the store and the pure core.
//!
//! Nothing here knows a terminal, and nothing but [`remote`] HTTP: `http`, `tui` and `cli` are
//! ways in.

pub mod api;
pub mod auth;
mod content;
pub mod deliveries;
mod diagnose;
mod directory;
pub mod gateway;
mod guard;
mod holds;
pub mod house;
mod impact;
pub mod local;
mod mandate;
mod metrics;
mod orgs;
mod preview;
pub mod provision;
pub mod rebuild;
pub mod record;
mod rehearsal;
pub mod remote;
mod removal;
mod roles;
mod silences;
mod slices;
mod tally;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod tokens;
mod watch;
mod watcher;
pub mod wire;
