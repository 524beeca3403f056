//! The integration tests: one crate that drives the router in-process or the real binary.
#![allow(clippy::unwrap_used, clippy::expect_used)] // a test that cannot go on has failed

mod tidy;
