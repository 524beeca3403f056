//! HTTP: the SCIM endpoint, the health probes, the content API for applications, and the
//! operations API on a Unix socket and over TCP.
//!
//! This room reads requests within limits, authenticates before it reads a body, hands a typed
//! request to [`crate::ops::gateway::Gateway`] and renders what comes back. It decides nothing
//! about the directory, and never touches the store.

mod admit;
pub mod api;
mod body;
pub mod door;
mod finish;
mod health;
pub mod limits;
pub mod listen;
mod media;
mod observe;
pub mod ops;
mod patience;
mod rate;
mod reply;
mod route;
pub mod scim;
pub mod server;
#[cfg(test)]
mod tests;
pub mod tls;
