//! Use cases: what identity providers ask for ([`provision`]) and what operators ask for
//! ([`api`]), over the store and the pure core.
//!
//! Nothing here knows a terminal, and nothing but [`remote`] HTTP: `http`, `tui` and `cli` are
//! ways in.

pub mod api;
pub mod auth;
mod content;
pub mod gateway;
pub mod house;
pub mod local;
mod orgs;
pub mod provision;
pub mod record;
pub mod remote;
mod tokens;
pub mod wire;
