//! Decisions: what a request means, what follows from it, how long a token lives.
//!
//! Pure functions over `scim` and `model` values. Time is an argument; nothing here reads a
//! clock, touches a store or takes a lock.

pub mod access;
pub mod clients;
pub mod cron;
pub mod diagnose;
pub mod expiry;
pub mod guard;
pub mod plan;
pub mod privileges;
pub mod removal;
pub mod watch;
