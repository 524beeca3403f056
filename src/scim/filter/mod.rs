//! Filters: the grammar of RFC 7644 §3.4.2.2, from text to a tree bound to a schema.
//!
//! `lex` and `parse` make an [`ast::Filter`] with spans under caps that are checked before any
//! recursion; `bind` resolves its names against a resource type and types its values; `eval`
//! decides whether a JSON resource matches. The store translates a bound filter to SQL where an
//! index serves it and must agree with `eval` on every resource.

pub mod ast;
mod bind;
mod error;
mod eval;
mod lex;
mod parse;
mod print;

#[cfg(test)]
pub(in crate::scim) mod fixture;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

pub use ast::{AttrPath, CompValue, CompareOp, Expr, Filter, Operand, Span, Target};
pub use bind::{Unknown, bind, bind_within};
pub use error::FilterError;
pub use eval::matches;
pub use parse::{Limits, parse};

pub(in crate::scim) use parse::Parser;
