//! scimtop: a SCIM 2.0 server on embedded SQLite with a live operations dashboard.
//!
//! The rooms of the house and the arrows allowed between them are described in
//! `docs/ARCHITECTURE.md` and enforced by `tests/it/tidy.rs`. `scim` is the pure core
//! (RFC 7643/7644 over JSON values, no I/O); `store` holds all SQL; `ops` the use cases;
//! `http` and `tui` are two ways in; `app` puts the pieces together.

pub mod app;
pub mod bench;
pub mod cli;
pub mod clock;
pub mod config;
pub mod engine;
pub mod files;
pub mod http;
pub mod ids;
pub mod model;
pub mod notify;
pub mod ops;
pub mod replay;
pub mod scim;
pub mod secret;
pub mod simulate;
pub mod store;
pub mod text;
pub mod tui;
pub mod wire;
