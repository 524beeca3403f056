//! Reads the filter language: one pass over the text, no tokens kept.

use std::ops::Range;
use std::time::Duration;

use super::{Comparison, Field, FilterError, Node, Term};
use crate::model::exchange::Operation;

/// Longest filter, in bytes.
const LENGTH: usize = 2_000;
/// Deepest nesting of parentheses and `not`.
const DEPTH: usize = 32;

const FIELDS: &str = "client, op, status, latency, subject, user, group, org, token, method, \
                      quirk, scimType, path, what, source, request, since, is";

pub(super) fn parse(text: &str) -> Result<Option<Node>, FilterError> {
    if text.len() > LENGTH {
        let message = format!("The filter is too long; {LENGTH} bytes are allowed.");
        return Err(FilterError {
            span: 0..text.len(),
            message,
        });
    }
    let mut parser = Parser { text, at: 0 };
    parser.skip_spaces();
    if parser.rest().is_empty() {
        return Ok(None);
    }
    let node = parser.any_of(0)?;
    match parser.peek() {
        None => Ok(Some(node)),
        Some(_) => Err(parser.fault(1, "This parenthesis closes nothing.")),
    }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
}

/// A piece of text with its place.
struct Piece {
    text: String,
    span: Range<usize>,
}

impl Piece {
    fn fault(&self, message: impl Into<String>) -> FilterError {
        FilterError {
            span: self.span.clone(),
            message: message.into(),
        }
    }
}

impl Parser<'_> {
    fn any_of(&mut self, depth: usize) -> Result<Node, FilterError> {
        let mut nodes = vec![self.all_of(depth)?];
        while self.keyword("or") {
            nodes.push(self.all_of(depth)?);
        }
        Ok(one_or(nodes, Node::Or))
    }

    fn all_of(&mut self, depth: usize) -> Result<Node, FilterError> {
        let mut nodes = vec![self.unary(depth)?];
        loop {
            let explicit = self.keyword("and");
            let ends = matches!(self.peek(), None | Some(')')) || self.sees("or");
            if ends && !explicit {
                return Ok(one_or(nodes, Node::And));
            }
            nodes.push(self.unary(depth)?);
        }
    }

    fn unary(&mut self, depth: usize) -> Result<Node, FilterError> {
        if depth >= DEPTH {
            return Err(self.fault(1, "This is nested too deeply."));
        }
        if self.sees("and") || self.sees("or") {
            return Err(self.fault(2, "A word or value is missing before this."));
        }
        if self.keyword("not") {
            return Ok(Node::Not(Box::new(self.unary(depth + 1)?)));
        }
        if self.peek() != Some('(') {
            return self.term().map(Node::Term);
        }
        let open = self.at;
        self.advance();
        let node = self.any_of(depth + 1)?;
        if self.peek() != Some(')') {
            return Err(FilterError {
                span: open..open + 1,
                message: "This parenthesis is not closed.".to_owned(),
            });
        }
        self.advance();
        Ok(node)
    }

    fn term(&mut self) -> Result<Term, FilterError> {
        let start = self.at;
        let name: String = self
            .rest()
            .chars()
            .take_while(char::is_ascii_alphabetic)
            .collect();
        let after = &self.rest()[name.len()..];
        let Some((sign, comparison)) = comparison(after).filter(|_| !name.is_empty()) else {
            return Ok(Term::Any(self.value()?.text));
        };
        self.at += name.len() + sign;
        let field = Piece {
            text: name.to_lowercase(),
            span: start..self.at,
        };
        let mut values = vec![self.value()?];
        while self.rest().starts_with(',') {
            self.at += 1;
            values.push(self.value()?);
        }
        field_term(&field, comparison, &values)
    }

    /// One value: a quoted string or everything up to a space, comma or parenthesis.
    fn value(&mut self) -> Result<Piece, FilterError> {
        let start = self.at;
        if self.rest().starts_with('"') {
            return self.quoted();
        }
        let rest = self.rest();
        let length = rest
            .find(|c: char| c.is_whitespace() || matches!(c, ',' | '(' | ')' | '"'))
            .unwrap_or(rest.len());
        if length == 0 {
            return Err(self.fault(1, "A word or value is missing here."));
        }
        let text = rest[..length].to_lowercase();
        self.at += length;
        let span = start..self.at;
        Ok(Piece { text, span })
    }

    fn quoted(&mut self) -> Result<Piece, FilterError> {
        let start = self.at;
        let mut text = String::new();
        let mut escaped = false;
        for (offset, c) in self.rest().char_indices().skip(1) {
            if !escaped && c == '"' {
                self.at += offset + 1;
                let text = text.to_lowercase();
                let span = start..self.at;
                return Ok(Piece { text, span });
            }
            escaped = !escaped && c == '\\';
            if !escaped {
                text.push(c);
            }
        }
        Err(FilterError {
            span: start..self.text.len(),
            message: "The closing quote is missing.".to_owned(),
        })
    }

    /// Takes the word `keyword` if it comes next.
    fn keyword(&mut self, keyword: &str) -> bool {
        let found = self.sees(keyword);
        if found {
            self.at += keyword.len();
            self.skip_spaces();
        }
        found
    }

    fn sees(&mut self, keyword: &str) -> bool {
        self.skip_spaces();
        let rest = self.rest();
        rest.get(..keyword.len())
            .is_some_and(|word| word.eq_ignore_ascii_case(keyword))
            && rest[keyword.len()..]
                .chars()
                .next()
                .is_none_or(|c| c.is_whitespace() || matches!(c, '(' | ')'))
    }

    fn peek(&mut self) -> Option<char> {
        self.skip_spaces();
        self.rest().chars().next()
    }

    fn advance(&mut self) {
        self.at += 1;
        self.skip_spaces();
    }

    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn skip_spaces(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    /// A fault at the next `chars` characters.
    fn fault(&self, chars: usize, message: &str) -> FilterError {
        let length: usize = self.rest().chars().take(chars).map(char::len_utf8).sum();
        FilterError {
            span: self.at..self.at + length,
            message: message.to_owned(),
        }
    }
}

fn one_or(mut nodes: Vec<Node>, many: fn(Vec<Node>) -> Node) -> Node {
    match nodes.pop() {
        Some(only) if nodes.is_empty() => only,
        Some(last) => {
            nodes.push(last);
            many(nodes)
        }
        None => many(nodes),
    }
}

/// The comparison that `text` begins with, and its length.
fn comparison(text: &str) -> Option<(usize, Comparison)> {
    [
        (">=", Comparison::AtLeast),
        ("<=", Comparison::AtMost),
        ("!=", Comparison::Unequal),
        (">", Comparison::Greater),
        ("<", Comparison::Less),
        ("=", Comparison::Equal),
        (":", Comparison::Equal),
    ]
    .into_iter()
    .find(|(sign, _)| text.starts_with(sign))
    .map(|(sign, comparison)| (sign.len(), comparison))
}

fn field_term(
    field: &Piece,
    comparison: Comparison,
    values: &[Piece],
) -> Result<Term, FilterError> {
    match field.text.as_str() {
        "status" => {
            let ranges: Result<_, _> = values.iter().map(status).collect();
            return Ok(Term::Status(comparison, ranges?));
        }
        "latency" => return Ok(Term::Latency(comparison, micros(single(values)?)?)),
        _ => {}
    }
    if comparison != Comparison::Equal {
        return Err(field.fault("Only status and latency compare; write : here."));
    }
    Ok(match field.text.as_str() {
        "op" => Term::Operation(values.iter().map(operation).collect::<Result<_, _>>()?),
        "is" => marked(single(values)?)?,
        "since" => Term::Since(Duration::from_micros(span(single(values)?)?)),
        name => {
            let words = values.iter().map(|value| value.text.clone()).collect();
            Term::Text(text_field(name).ok_or_else(|| unknown(field))?, words)
        }
    })
}

fn marked(value: &Piece) -> Result<Term, FilterError> {
    match value.text.as_str() {
        "marked" => Ok(Term::Marked),
        _ => Err(value.fault("Only marked can stand here.")),
    }
}

fn unknown(field: &Piece) -> FilterError {
    field.fault(format!(
        "There is no such field. Fields: {FIELDS}. Put text with a colon in quotes."
    ))
}

fn text_field(name: &str) -> Option<Field> {
    Some(match name {
        "client" | "idp" => Field::Client,
        "subject" => Field::Subject,
        "user" => Field::User,
        "group" => Field::Group,
        "org" => Field::Org,
        "token" => Field::Token,
        "method" => Field::Method,
        "quirk" => Field::Quirk,
        "scimtype" => Field::ScimType,
        "path" => Field::Path,
        "what" => Field::What,
        "source" => Field::Source,
        "request" => Field::Request,
        _ => return None,
    })
}

fn single(values: &[Piece]) -> Result<&Piece, FilterError> {
    match values {
        [value] => Ok(value),
        [_, second, ..] => Err(second.fault("Only one value can stand here.")),
        [] => Err(FilterError {
            span: 0..0,
            message: "A value is missing.".to_owned(),
        }),
    }
}

fn operation(value: &Piece) -> Result<Operation, FilterError> {
    Operation::parse(&value.text).ok_or_else(|| {
        let names: Vec<_> = Operation::ALL.iter().map(|op| op.as_str()).collect();
        value.fault(format!(
            "There is no such operation. Operations: {}.",
            names.join(", ")
        ))
    })
}

/// `401` or `4xx`, as the range of statuses it stands for.
fn status(value: &Piece) -> Result<Range<u64>, FilterError> {
    let text = value.text.as_str();
    let range = match text.strip_suffix("xx") {
        Some(class) => class.parse().ok().map(|class: u16| {
            let start = u64::from(class) * 100;
            start..start + 100
        }),
        None => text.parse().ok().map(|status: u16| {
            let status = u64::from(status);
            status..status + 1
        }),
    };
    range.ok_or_else(|| value.fault("A status is a number such as 401, or a class such as 4xx."))
}

/// A latency; a bare number is in milliseconds.
fn micros(value: &Piece) -> Result<u64, FilterError> {
    let bare = value.text.bytes().all(|byte| byte.is_ascii_digit());
    if !bare {
        return span(value);
    }
    let millis = value
        .text
        .parse::<u32>()
        .map(|millis| u64::from(millis) * 1_000);
    millis.map_err(|_| value.fault("This number is too large."))
}

/// A time span such as `200ms` or `10m`, in microseconds.
fn span(value: &Piece) -> Result<u64, FilterError> {
    let digits = value
        .text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(value.text.len());
    let (number, unit) = value.text.split_at(digits);
    let factor = match unit {
        "us" | "µs" => 1,
        "ms" => 1_000,
        "s" => 1_000_000,
        "m" | "min" => 60_000_000,
        "h" => 3_600_000_000,
        "d" => 86_400_000_000,
        _ => 0,
    };
    match number.parse::<u64>() {
        Ok(number) if factor > 0 => Ok(number.saturating_mul(factor)),
        _ => Err(value.fault("A span is a number and us, ms, s, m, h or d, such as 200ms or 10m.")),
    }
}
