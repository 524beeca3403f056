//! From a filter as written to an [`Expr`]: names resolved, values typed and folded, senseless
//! comparisons refused (RFC 7644 §3.4.2.2, RFC 7643 §2.2).

use super::ast::{AttrPath, CompValue, CompareOp, Expr, Filter, Operand, Span, Target};
use super::error::FilterError;
use super::lex::number;
use crate::clock::Timestamp;
use crate::scim::fold::fold;
use crate::scim::quirk::{Quirk, Tolerance};
use crate::scim::schema::{Attribute, Resolved, ResourceType, Returned, Type};

/// What becomes of an attribute that the resource type does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unknown {
    /// 400: a query over one type.
    Refuse,
    /// It counts as absent: a query over several types (RFC 7644 §3.4.2.1).
    Never,
}

/// Binds a filter on whole resources.
pub fn bind(
    filter: &Filter,
    resource_type: &ResourceType,
    unknown: Unknown,
    tolerance: &mut Tolerance,
) -> Result<Expr, FilterError> {
    Binder {
        scope: Scope::Resource(resource_type),
        unknown,
        tolerance,
    }
    .filter(filter)
}

/// Binds a filter on the elements of one complex attribute: what stands in a PATCH path's
/// brackets. Unknown names are refused.
pub fn bind_within(
    filter: &Filter,
    attribute: &Attribute,
    tolerance: &mut Tolerance,
) -> Result<Expr, FilterError> {
    if attribute.kind != Type::Complex {
        return Err(FilterError::new(0..0, ONLY_COMPLEX));
    }
    Binder {
        scope: Scope::Element(attribute),
        unknown: Unknown::Refuse,
        tolerance,
    }
    .filter(filter)
}

const ONLY_COMPLEX: &str = "Leave out the brackets: this attribute has no sub-attributes.";

/// What names are resolved against.
enum Scope<'a> {
    Resource(&'a ResourceType),
    Element(&'a Attribute),
}

struct Binder<'a, 't> {
    scope: Scope<'a>,
    unknown: Unknown,
    tolerance: &'t mut Tolerance,
}

impl<'a> Binder<'a, '_> {
    fn filter(&mut self, filter: &Filter) -> Result<Expr, FilterError> {
        Ok(match filter {
            Filter::And(all) => Expr::And(self.filters(all)?),
            Filter::Or(any) => Expr::Or(self.filters(any)?),
            Filter::Not(inner) => Expr::Not(Box::new(self.filter(inner)?)),
            Filter::Present(path) => match self.resolve(path)? {
                Some(found) => Expr::Present(target(&found)),
                None => Expr::Never,
            },
            Filter::Compare {
                path,
                op,
                value,
                span,
            } => match self.resolve(path)? {
                Some(found) => self.compare(found, path, *op, value, span)?,
                None => compare_absent(*op, value),
            },
            Filter::ValuePath { path, filter } => match self.resolve(path)? {
                Some(found) => self.any(&found, path, filter)?,
                None => Expr::Never,
            },
        })
    }

    fn filters(&mut self, filters: &[Filter]) -> Result<Vec<Expr>, FilterError> {
        filters.iter().map(|filter| self.filter(filter)).collect()
    }

    /// What a name stands for; `None` if it is unknown and that is no error here.
    fn resolve(&self, path: &AttrPath) -> Result<Option<Resolved<'a>>, FilterError> {
        let sub = path.sub.as_deref();
        let found = match self.scope {
            Scope::Resource(resource_type) => {
                resource_type.resolve(path.urn.as_deref(), &path.name, sub)
            }
            Scope::Element(complex) if path.urn.is_none() && sub.is_none() => {
                complex.sub(&path.name).map(|attribute| Resolved {
                    extension: None,
                    attribute,
                    sub: None,
                })
            }
            Scope::Element(_) => None,
        };
        match (&found, self.unknown) {
            // Comparing with a secret would tell what it is, one request at a time.
            (Some(found), _) if is_secret(found) => Err(FilterError::new(
                path.span.clone(),
                "Filter by another attribute: this one is never returned.",
            )),
            (None, Unknown::Refuse) => Err(FilterError::new(
                path.span.clone(),
                match self.scope {
                    Scope::Resource(_) => {
                        "Check the attribute's name: this resource type has none of that name."
                    }
                    Scope::Element(_) => {
                        "Check the name in the brackets: the attribute before them has no such \
                         sub-attribute."
                    }
                },
            )),
            _ => Ok(found),
        }
    }

    fn any(
        &mut self,
        found: &Resolved<'a>,
        path: &AttrPath,
        filter: &Filter,
    ) -> Result<Expr, FilterError> {
        let complex = found.leaf();
        if complex.kind != Type::Complex {
            return Err(FilterError::new(path.span.clone(), ONLY_COMPLEX));
        }
        let inner = Binder {
            scope: Scope::Element(complex),
            unknown: self.unknown,
            tolerance: &mut *self.tolerance,
        }
        .filter(filter)?;
        Ok(Expr::Any {
            target: target(found),
            filter: Box::new(inner),
        })
    }

    fn compare(
        &mut self,
        found: Resolved<'a>,
        path: &AttrPath,
        op: CompareOp,
        value: &CompValue,
        span: &Span,
    ) -> Result<Expr, FilterError> {
        let compared = |found, value| Expr::Compare {
            target: target(found),
            op,
            value,
        };
        if *value == CompValue::Null {
            return match op {
                CompareOp::Eq | CompareOp::Ne => Ok(compared(&found, Operand::Null)),
                _ => Err(FilterError::new(
                    span.clone(),
                    "Compare with null by eq or ne only.",
                )),
            };
        }
        let found = self.with_value(found, path)?;
        let leaf = found.leaf();
        if let Some(message) = op.refuses(leaf.kind) {
            return Err(FilterError::new(path.span.clone(), message));
        }
        match self.operand(leaf, value) {
            Ok(operand) => Ok(compared(&found, operand)),
            Err(message) => Err(FilterError::new(span.clone(), message)),
        }
    }

    /// Puts `value` for a complex attribute's missing sub-attribute: `emails co "x"` in RFC 7644
    /// figure 2, against the rule in its text.
    fn with_value(
        &mut self,
        found: Resolved<'a>,
        path: &AttrPath,
    ) -> Result<Resolved<'a>, FilterError> {
        if found.leaf().kind != Type::Complex {
            return Ok(found);
        }
        match found.attribute.sub("value") {
            Some(value) if self.tolerance.allows(Quirk::MultiValuedWithoutSub) => Ok(Resolved {
                sub: Some(value),
                ..found
            }),
            _ => Err(FilterError::new(
                path.span.clone(),
                "Name a sub-attribute, as in name.familyName: a complex attribute has no value of \
                 its own.",
            )),
        }
    }

    /// The value in the type of the attribute, or why it cannot be.
    fn operand(&mut self, leaf: &Attribute, value: &CompValue) -> Result<Operand, &'static str> {
        match leaf.kind {
            Type::Boolean => self.boolean(value).map(Operand::Bool),
            Type::Integer | Type::Decimal => self.number(value).map(Operand::Number),
            Type::DateTime => date_time(value).map(Operand::DateTime),
            Type::String | Type::Reference | Type::Binary | Type::Complex => {
                let text = self.text(value)?;
                Ok(Operand::String(if is_case_exact(leaf) {
                    text
                } else {
                    fold(&text).into_owned()
                }))
            }
        }
    }

    fn boolean(&mut self, value: &CompValue) -> Result<bool, &'static str> {
        let given = match value {
            CompValue::Bool(given) => return Ok(*given),
            CompValue::String(text) if text.eq_ignore_ascii_case("true") => Some(true),
            CompValue::String(text) if text.eq_ignore_ascii_case("false") => Some(false),
            _ => None,
        };
        given
            .filter(|_| self.tolerance.allows(Quirk::StringBoolean))
            .ok_or("Write true or false without quotes: the attribute is a boolean.")
    }

    fn number(&mut self, value: &CompValue) -> Result<f64, &'static str> {
        let given = match value {
            CompValue::Number(given) => return given.as_f64().ok_or(EXPECTED_NUMBER),
            CompValue::String(text) => number(text).and_then(|given| given.as_f64()),
            _ => None,
        };
        given
            .filter(|_| self.tolerance.allows(Quirk::NumberAsString))
            .ok_or(EXPECTED_NUMBER)
    }

    fn text(&mut self, value: &CompValue) -> Result<String, &'static str> {
        match value {
            CompValue::String(text) => Ok(text.clone()),
            // A fraction's text is no longer known: 1.10 and 1.1 are one number.
            CompValue::Number(number)
                if !number.is_f64() && self.tolerance.allows(Quirk::NumberAsString) =>
            {
                Ok(number.to_string())
            }
            _ => Err("Write the value in double quotes: the attribute is a string."),
        }
    }
}

const EXPECTED_NUMBER: &str = "Write a number without quotes: the attribute is a number.";

fn date_time(value: &CompValue) -> Result<Timestamp, &'static str> {
    match value {
        CompValue::String(text) => Timestamp::parse(text),
        _ => None,
    }
    .ok_or("Write a date and time with its zone, as in \"2011-05-13T04:42:34Z\".")
}

impl CompareOp {
    /// Why this operator makes no sense on values of `kind`, if it does not (RFC 7644 table 3).
    fn refuses(self, kind: Type) -> Option<&'static str> {
        match self {
            Self::Eq | Self::Ne => None,
            Self::Co | Self::Sw | Self::Ew => (!matches!(kind, Type::String | Type::Reference))
                .then_some(
                    "Use eq or ne, or an order where there is one: co, sw and ew need a string.",
                ),
            Self::Gt | Self::Ge | Self::Lt | Self::Le => {
                matches!(kind, Type::Boolean | Type::Binary)
                    .then_some("Use eq or ne: boolean and binary values have no order.")
            }
        }
    }
}

/// A comparison with an attribute that no resource of the type can have: `ne` is the negation of
/// `eq`, and `null` equals what is absent.
fn compare_absent(op: CompareOp, value: &CompValue) -> Expr {
    let is_null = *value == CompValue::Null;
    match op {
        CompareOp::Eq if is_null => Expr::Not(Box::new(Expr::Never)),
        CompareOp::Ne if !is_null => Expr::Not(Box::new(Expr::Never)),
        _ => Expr::Never,
    }
}

fn is_secret(found: &Resolved<'_>) -> bool {
    [found.attribute, found.leaf()]
        .iter()
        .any(|attribute| attribute.returned == Returned::Never)
}

/// References and binary values have no case rule of their own: they compare octet by octet.
fn is_case_exact(leaf: &Attribute) -> bool {
    leaf.case_exact || matches!(leaf.kind, Type::Reference | Type::Binary)
}

fn target(found: &Resolved<'_>) -> Target {
    let leaf = found.leaf();
    Target {
        extension: found.extension.map(str::to_owned),
        attribute: found.attribute.name.clone(),
        sub: found.sub.map(|sub| sub.name.clone()),
        kind: leaf.kind,
        case_exact: is_case_exact(leaf),
        multi_valued: found.attribute.multi_valued,
    }
}
