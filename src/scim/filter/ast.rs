//! The two trees of a filter: as written ([`Filter`]) and bound to a schema ([`Expr`]).

use std::ops::Range;

use crate::clock::Timestamp;
use crate::scim::schema::Type;

/// Where something stands in the text, counted in characters (Unicode scalar values) from 0.
pub type Span = Range<usize>;

/// An attribute's name as written: `[urn:]name[.sub]` (RFC 7644 figure 1, `attrPath`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttrPath {
    /// Schema URN before the name.
    pub urn: Option<String>,
    /// Attribute name.
    pub name: String,
    /// Sub-attribute name.
    pub sub: Option<String>,
    /// Where it stands.
    pub span: Span,
}

/// Comparison operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)] // the names are the RFC's
pub enum CompareOp {
    Eq,
    Ne,
    Co,
    Sw,
    Ew,
    Gt,
    Lt,
    Ge,
    Le,
}

/// A compared value as written.
#[derive(Clone, Debug, PartialEq)]
pub enum CompValue {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A JSON number.
    Number(serde_json::Number),
    /// A JSON string, unescaped.
    String(String),
}

/// A filter as written. `and` and `or` are flat lists of at least two; `Not` holds what stood in
/// the parentheses.
#[derive(Clone, Debug, PartialEq)]
pub enum Filter {
    /// `a and b and c`
    And(Vec<Filter>),
    /// `a or b or c`
    Or(Vec<Filter>),
    /// `not (a)`
    Not(Box<Filter>),
    /// `path pr`
    Present(AttrPath),
    /// `path op value`
    Compare {
        /// Left side.
        path: AttrPath,
        /// Operator.
        op: CompareOp,
        /// Right side.
        value: CompValue,
        /// Where the value stands.
        span: Span,
    },
    /// `path[filter]`. `path[filter].sub op value` is read as `path[filter and sub op value]`.
    ValuePath {
        /// The complex attribute.
        path: AttrPath,
        /// The filter on each of its values; its names are sub-attributes.
        filter: Box<Filter>,
    },
}

/// A filter whose names are resolved and whose values are typed. Means the same for the evaluator
/// and for SQL.
#[derive(Clone, Debug, PartialEq)]
pub enum Expr {
    /// All must match.
    And(Vec<Expr>),
    /// One must match.
    Or(Vec<Expr>),
    /// Must not match.
    Not(Box<Expr>),
    /// Any value under the target is present (not null, not an empty list, not an empty string).
    Present(Target),
    /// Any value under the target compares true. `Ne` is true when no value compares equal
    /// (the negation of `Eq`), so an absent attribute is `ne` to everything but null.
    Compare {
        /// What is compared.
        target: Target,
        /// Operator.
        op: CompareOp,
        /// With what.
        value: Operand,
    },
    /// Any element of a complex attribute matches the whole inner filter. Targets inside are
    /// relative to the element: `attribute` is the sub-attribute and `sub` is `None`.
    Any {
        /// The complex attribute.
        target: Target,
        /// The filter on one element.
        filter: Box<Expr>,
    },
    /// Matches nothing: names an attribute this type does not have, in a query over several
    /// types (RFC 7644 §3.4.2.1).
    Never,
}

/// A typed value to compare with.
#[derive(Clone, Debug, PartialEq)]
pub enum Operand {
    /// `null`: equal to an absent value.
    Null,
    /// A boolean.
    Bool(bool),
    /// A number; integers beyond 2^53 compare as the nearest double.
    Number(f64),
    /// A string; already folded with [`crate::scim::fold::fold`] unless the target is case-exact.
    String(String),
    /// A moment (for `dateTime` attributes).
    DateTime(Timestamp),
}

/// A resolved attribute. Names are in canonical case.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Target {
    /// URN of the extension object that holds it; `None` for core and common attributes.
    pub extension: Option<String>,
    /// Attribute name.
    pub attribute: String,
    /// Sub-attribute name. A comparison with a multi-valued complex attribute without one gets
    /// `value` here.
    pub sub: Option<String>,
    /// Type of the leaf.
    pub kind: Type,
    /// Case rule of the leaf.
    pub case_exact: bool,
    /// True if the attribute is a list.
    pub multi_valued: bool,
}

impl Target {
    /// True if this is the core or common attribute `attribute[.sub]`, canonical names.
    pub fn is(&self, attribute: &str, sub: Option<&str>) -> bool {
        self.extension.is_none() && self.attribute == attribute && self.sub.as_deref() == sub
    }
}
