//! What identity providers ask for: SCIM requests against one Org, from parsed request to
//! finished answer.
//!
//! A request is prepared (parsed and validated) where it arrives, carried out in one job of the
//! store's writer, and rendered after the commit. Nothing here knows HTTP beyond status codes.

mod bulk;
mod context;
mod cursor;
mod discover;
mod edit;
mod groups;
mod limits;
mod outcome;
mod query;
mod refuse;
mod render;
mod reply;
pub mod request;
mod service;
mod simulate;
mod step;
#[cfg(test)]
mod tests;
mod users;

pub use limits::ProvisionLimits;
pub use service::Provision;
pub(super) use simulate::Trial;
