//! What identity providers ask for: SCIM requests against one Org, from parsed request to
//! finished answer.

pub mod request;
