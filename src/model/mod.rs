//! Plain data that the rooms hand each other: no behaviour beyond naming and ordering, no I/O.

pub mod deletion;
pub mod event;
pub mod exchange;
pub mod exchange_filter;
pub mod group;
pub mod org;
pub mod represent;
pub mod token;
pub mod user;
