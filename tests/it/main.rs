//! The integration tests: one crate that drives the router in-process or the real binary.

mod tidy;
