//! The grammar of RFC 7644 figure 1, by recursive descent under caps.
//!
//! Precedence: grouping, `not`, `and`, `or`. The depth is checked before each descent, so no text
//! can exhaust the stack. Names are not resolved here; that is `bind`'s part.

use super::ast::{AttrPath, CompareOp, Filter};
use super::error::FilterError;
use super::lex::{Cursor, EXPECTED_NAME};
use crate::scim::quirk::{Quirk, Tolerance};

/// What a filter may cost at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Length of the text, in bytes.
    pub bytes: usize,
    /// Parentheses and brackets that may be open at once.
    pub depth: usize,
    /// Comparisons, `pr` included.
    pub terms: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            bytes: 4096,
            depth: 32,
            terms: 64,
        }
    }
}

/// Reads a filter. Keywords and operators may have any case; deviations from the RFC that
/// `tolerance` allows are noted there.
pub fn parse(
    text: &str,
    limits: &Limits,
    tolerance: &mut Tolerance,
) -> Result<Filter, FilterError> {
    let mut parser = Parser::new(text, limits, tolerance)?;
    let filter = parser.disjunction()?;
    parser.end("Write `and`, `or` or nothing here; a value with spaces needs double quotes.")?;
    Ok(filter)
}

/// Reads a filter, or the pieces of a PATCH path.
pub(in crate::scim) struct Parser<'a, 't> {
    cursor: Cursor<'a>,
    limits: &'a Limits,
    tolerance: &'t mut Tolerance,
    depth: usize,
    terms: usize,
    in_brackets: bool,
}

impl<'a, 't> Parser<'a, 't> {
    /// Starts at the beginning of `text`; fails if it is too long.
    pub(in crate::scim) fn new(
        text: &'a str,
        limits: &'a Limits,
        tolerance: &'t mut Tolerance,
    ) -> Result<Self, FilterError> {
        if text.len() > limits.bytes {
            return Err(FilterError::new(
                0..0,
                format!("Shorten the text to at most {} bytes.", limits.bytes),
            ));
        }
        Ok(Self {
            cursor: Cursor::new(text),
            limits,
            tolerance,
            depth: 0,
            terms: 0,
            in_brackets: false,
        })
    }

    /// Reads `[urn:]name[.sub]` or a URN alone, as a PATCH path begins.
    pub(in crate::scim) fn attr_path_or_urn(&mut self) -> Result<AttrPath, FilterError> {
        self.cursor.skip_space();
        let word = self.cursor.word();
        self.cursor.attr_path_or_urn(word)
    }

    /// Reads `[filter]` if a bracket is next.
    pub(in crate::scim) fn brackets(&mut self) -> Result<Option<Filter>, FilterError> {
        if !self.cursor.eat(b'[') {
            return Ok(None);
        }
        if self.in_brackets {
            return Err(self
                .cursor
                .error_here("Close the bracket first: a sub-attribute has no values to filter."));
        }
        self.in_brackets = true;
        let filter = self.nested(b']')?;
        self.in_brackets = false;
        Ok(Some(filter))
    }

    /// Reads `.name` if a dot is next.
    pub(in crate::scim) fn sub_attribute(&mut self) -> Result<Option<AttrPath>, FilterError> {
        self.cursor.sub_attribute()
    }

    /// Fails with `message` unless the text ends here.
    pub(in crate::scim) fn end(&mut self, message: &str) -> Result<(), FilterError> {
        self.cursor.skip_space();
        match self.cursor.peek() {
            None => Ok(()),
            Some(_) => Err(self.cursor.error_here(message)),
        }
    }

    fn disjunction(&mut self) -> Result<Filter, FilterError> {
        let first = self.conjunction()?;
        let mut any = alternatives(first);
        while self.cursor.eat_keyword("or") {
            any.extend(alternatives(self.conjunction()?));
        }
        Ok(single(any, Filter::Or))
    }

    fn conjunction(&mut self) -> Result<Filter, FilterError> {
        let first = self.term()?;
        let mut all = conjuncts(first);
        while self.cursor.eat_keyword("and") {
            all.extend(conjuncts(self.term()?));
        }
        Ok(single(all, Filter::And))
    }

    fn term(&mut self) -> Result<Filter, FilterError> {
        if self.cursor.eat(b'(') {
            return self.nested(b')');
        }
        let word = self.cursor.word();
        if word.is_empty() {
            return Err(self.cursor.error_here(EXPECTED_NAME));
        }
        let is_not = self.cursor.slice(word.clone()).eq_ignore_ascii_case("not");
        if is_not && self.cursor.eat(b'(') {
            return Ok(Filter::Not(Box::new(self.nested(b')')?)));
        }
        let path = self.cursor.attr_path(word)?;
        match self.brackets()? {
            Some(filter) => self.after_brackets(path, filter),
            None => self.comparison(path),
        }
    }

    /// Reads a whole filter and the `close` after it; the opening is already taken.
    fn nested(&mut self, close: u8) -> Result<Filter, FilterError> {
        if self.depth == self.limits.depth {
            return Err(self
                .cursor
                .error_here("The filter is nested too deeply; write it with fewer parentheses."));
        }
        self.depth += 1;
        let filter = self.disjunction()?;
        if !self.cursor.eat(close) {
            return Err(self.cursor.error_here(if close == b')' {
                "Close the parenthesis here, or write `and` or `or`; quote values with spaces."
            } else {
                "Close the bracket here, or write `and` or `or`; quote values with spaces."
            }));
        }
        self.depth -= 1;
        Ok(filter)
    }

    /// `path[filter]`, or with a comparison after it, which is read as part of the filter.
    fn after_brackets(&mut self, path: AttrPath, filter: Filter) -> Result<Filter, FilterError> {
        let Some(sub) = self.cursor.sub_attribute()? else {
            return Ok(value_path(path, filter));
        };
        if !self.tolerance.allows(Quirk::ValuePathSubAttribute) {
            return Err(FilterError::new(
                sub.span,
                "Write the comparison inside the brackets, joined with `and`.",
            ));
        }
        let mut all = conjuncts(filter);
        all.push(self.comparison(sub)?);
        Ok(value_path(path, Filter::And(all)))
    }

    fn comparison(&mut self, path: AttrPath) -> Result<Filter, FilterError> {
        if self.terms == self.limits.terms {
            let message = format!("Use at most {} comparisons.", self.limits.terms);
            return Err(FilterError::new(path.span, message));
        }
        self.terms += 1;
        self.cursor.skip_space();
        let word = self.cursor.word();
        let keyword = self.cursor.slice(word.clone());
        if keyword.eq_ignore_ascii_case("pr") {
            return Ok(Filter::Present(path));
        }
        let Some(op) = CompareOp::from_keyword(keyword) else {
            let message = "Write an operator here: eq, ne, co, sw, ew, gt, ge, lt, le or pr.";
            return Err(self.cursor.error(word, message));
        };
        if !self.cursor.skip_space() {
            return Err(self
                .cursor
                .error_here("Write a space and the value to compare with after the operator."));
        }
        let (value, span) = self.cursor.value(self.tolerance)?;
        Ok(Filter::Compare {
            path,
            op,
            value,
            span,
        })
    }
}

fn value_path(path: AttrPath, filter: Filter) -> Filter {
    Filter::ValuePath {
        path,
        filter: Box::new(filter),
    }
}

// `and` and `or` are associative: a group of the same kind joins the list around it.

fn alternatives(filter: Filter) -> Vec<Filter> {
    match filter {
        Filter::Or(any) => any,
        other => vec![other],
    }
}

fn conjuncts(filter: Filter) -> Vec<Filter> {
    match filter {
        Filter::And(all) => all,
        other => vec![other],
    }
}

/// The only element of a list of one, else the whole list.
fn single(mut list: Vec<Filter>, whole: fn(Vec<Filter>) -> Filter) -> Filter {
    if list.len() == 1 {
        list.remove(0)
    } else {
        whole(list)
    }
}

#[cfg(test)]
mod tests {
    use super::{Filter, Limits, parse};
    use crate::scim::quirk::Tolerance;

    #[test]
    fn caps_hold_and_say_so() {
        let limits = Limits::default();
        let parsed = |text: &str| parse(text, &limits, &mut Tolerance::default());
        let nested = |depth: usize, open: &str, close: &str| {
            format!("{}title pr{}", open.repeat(depth), close.repeat(depth))
        };
        for (open, close) in [("(", ")"), ("not (", ")"), ("not(", ")")] {
            assert!(parsed(&nested(32, open, close)).is_ok());
            let error = parsed(&nested(33, open, close)).unwrap_err();
            assert!(error.message.contains("nested too deeply"), "{error}");
        }
        // Only what is open at once counts.
        assert!(parsed(&vec!["(title pr)"; 40].join(" or ")).is_ok());

        let terms = |count: usize| vec!["title pr"; count].join(" or ");
        assert!(parsed(&terms(64)).is_ok());
        let error = parsed(&terms(65)).unwrap_err();
        assert!(error.message.contains("64 comparisons"), "{error}");

        let long = |length: usize| format!("title eq \"{}\"", "x".repeat(length - 11));
        assert!(parsed(&long(4096)).is_ok());
        let error = parsed(&long(4097)).unwrap_err();
        assert!(error.message.contains("4096 bytes"), "{error}");
    }

    #[test]
    fn ten_thousand_levels_are_an_error_on_a_small_stack() {
        let roomy = Limits {
            bytes: usize::MAX,
            ..Limits::default()
        };
        let check = move || {
            for open in ["(", "not (", "NOT(", "[", "emails[", "a[(", "(not("] {
                let text = open.repeat(10_000);
                for limits in [Limits::default(), roomy] {
                    assert!(parse(&text, &limits, &mut Tolerance::default()).is_err());
                }
            }
        };
        std::thread::Builder::new()
            .stack_size(256 * 1024)
            .spawn(check)
            .unwrap()
            .join()
            .unwrap();
    }

    #[test]
    fn printed_with_only_the_parentheses_that_matter() {
        for (text, printed) in [
            (r#"((A eq "b"))"#, r#"A eq "b""#),
            ("a pr AND (b pr and (c pr))", "a pr and b pr and c pr"),
            (
                "a pr or (b pr and c pr) or (d pr or e pr)",
                "a pr or b pr and c pr or d pr or e pr",
            ),
            ("(a pr or b pr) and c pr", "(a pr or b pr) and c pr"),
            ("NOT(not (a pr))", "not (not (a pr))"),
            ("urn:x:1.0:a.$ref EQ 1.50", "urn:x:1.0:a.$ref eq 1.5"),
            ("a[b eq x].c gt -0", r#"a[b eq "x" and c gt -0.0]"#),
            (r#"a eq "\u00e9\n\"""#, r#"a eq "é\n\"""#),
        ] {
            let filter = parse(text, &Limits::default(), &mut Tolerance::default()).unwrap();
            assert_eq!(filter.to_string(), printed);
        }
    }

    #[test]
    fn and_and_or_are_flat() {
        let parsed = |text| parse(text, &Limits::default(), &mut Tolerance::default()).unwrap();
        let Filter::And(all) = parsed("a pr and (b pr and c pr) and d pr") else {
            panic!("not a conjunction");
        };
        assert_eq!(all.len(), 4);
        let Filter::Or(any) = parsed("(a pr or b pr) or (c pr or d pr)") else {
            panic!("not a disjunction");
        };
        assert_eq!(any.len(), 4);
    }
}
