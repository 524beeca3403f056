//! Pieces that several views draw: rich text, JSON, sparklines.

pub mod json;
pub mod rich;
pub mod spark;
