//! Filters: the grammar of RFC 7644 §3.4.2.2, from text to a tree bound to a schema.
//!
//! `lex` and `parse` make an [`ast::Filter`] with spans under caps that are checked before any
//! recursion; `bind` resolves its names against a resource type and types its values; `eval`
//! decides whether a JSON resource matches. The store translates a bound filter to SQL where an
//! index serves it and must agree with `eval` on every resource.

pub mod ast;
