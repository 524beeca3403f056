//! The integration tests: one crate that drives the real binary in temporary directories, over
//! HTTP and over its command line.
// A helper that fails has found what its test looks for.
#![allow(clippy::unwrap_used)]
// A path and a PATCH are called what they are called.
#![allow(clippy::similar_names)]

mod bad_expressions;
mod bad_input;
mod bad_wire;
mod client;
mod commands;
mod content;
mod conversations;
mod daemon;
mod dashboard;
mod demo;
mod diagnose;
mod directory;
mod durability;
mod exposition;
mod inheritance;
mod isolation;
mod lifecycle;
mod lists;
mod mail;
mod mail_server;
mod metrics;
mod operators;
mod operators_stream;
mod packaging;
mod planted;
mod protocol;
mod provider;
mod rebuild;
mod receiver;
mod reload;
mod removal;
mod replay;
mod roles;
mod screen;
mod siem;
mod simulate;
mod sinks;
mod terminal;
mod thresholds;
mod tidy;
mod tokens;
mod watching;
mod webhooks;
