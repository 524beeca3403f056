//! What identity providers ask for: SCIM requests against one Org, from parsed request to
//! finished answer.
//!
//! A request is prepared (parsed and validated) where it arrives, carried out in one job of the
//! store's writer, and rendered after the commit. Nothing here knows HTTP beyond status codes.


mod context;


mod groups;
mod outcome;


pub mod request;

mod users;


