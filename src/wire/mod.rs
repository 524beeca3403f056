//! The HTTP client of what plays a SCIM client here: the load generator and the simulators.
//!
//! One [`Client`] is one persistent connection to a [`Target`]; a [`Call`] is what goes over it.
//! Nothing here knows SCIM beyond its media type.

mod client;
mod target;
mod token;

pub use client::{Answer, Call, Client, Failure, Headers};
pub use target::{Target, Unusable};
pub use token::Token;
