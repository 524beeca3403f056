//! SCIM 2.0 as pure functions: RFC 7643 and RFC 7644 over JSON values.
//!
//! Nothing here reads a clock, opens a file, knows a database or a web framework: input is text
//! and JSON, output is JSON or a [`error::ScimError`]. Bad input is an error; no input may panic
//! or overflow the stack.

pub mod builtin;
pub mod bulk;
pub mod diff;
pub mod discovery;
pub(crate) mod document;
pub mod error;
pub mod etag;
pub mod filter;
pub mod fold;
pub mod limits;
pub mod list;
mod members;
pub mod message;
pub mod patch;
pub mod path;
pub mod project;
pub mod query;
pub mod quirk;
pub mod schema;
pub mod validate;
mod value;
