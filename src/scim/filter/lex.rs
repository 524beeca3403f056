//! A cursor over a filter's text: words, single characters and values.
//!
//! What comes next depends on the grammar (after an operator `jyoung` is a value, elsewhere a
//! name), so `parse` asks for the kind of token it expects. Nothing here recurses.

use std::ops::Range;

use serde_json::Number;

use super::ast::{AttrPath, CompValue, Span};
use super::error::FilterError;
use crate::scim::quirk::{Quirk, Tolerance};

/// Position in the text; `at` is a byte offset on a character boundary.
pub(super) struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

fn ends_word(byte: u8) -> bool {
    is_space(byte) || matches!(byte, b'(' | b')' | b'[' | b']' | b'"')
}

fn ends_value(byte: u8) -> bool {
    is_space(byte) || matches!(byte, b')' | b']')
}

impl<'a> Cursor<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// Where the byte range stands, in characters.
    pub(super) fn span(&self, bytes: Range<usize>) -> Span {
        let start = self.text[..bytes.start].chars().count();
        start..start + self.text[bytes].chars().count()
    }

    /// An error at the byte range.
    pub(super) fn error(&self, bytes: Range<usize>, message: &str) -> FilterError {
        FilterError::new(self.span(bytes), message)
    }

    /// An error that points at the next character.
    pub(super) fn error_here(&self, message: &str) -> FilterError {
        let width = self.rest().chars().next().map_or(0, char::len_utf8);
        self.error(self.at..self.at + width, message)
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Skips white space; false if there is none.
    pub(super) fn skip_space(&mut self) -> bool {
        let start = self.at;
        self.at += self.rest().bytes().take_while(|b| is_space(*b)).count();
        self.at > start
    }

    /// Takes `byte` if it is next, after any white space.
    pub(super) fn eat(&mut self, byte: u8) -> bool {
        self.skip_space();
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    /// Takes `keyword` if it is the next word, in any case.
    pub(super) fn eat_keyword(&mut self, keyword: &str) -> bool {
        self.skip_space();
        let start = self.at;
        let word = self.word();
        let found = self.slice(word).eq_ignore_ascii_case(keyword);
        if !found {
            self.at = start;
        }
        found
    }

    /// Takes everything up to the next white space, bracket, parenthesis or quote; may be empty.
    pub(super) fn word(&mut self) -> Range<usize> {
        self.take_until(ends_word)
    }

    fn take_until(&mut self, ends: fn(u8) -> bool) -> Range<usize> {
        let start = self.at;
        let rest = self.rest();
        // The delimiters are ASCII, so the end is a character boundary.
        self.at += rest.bytes().position(ends).unwrap_or(rest.len());
        start..self.at
    }

    pub(super) fn slice(&self, bytes: Range<usize>) -> &'a str {
        &self.text[bytes]
    }

    /// Reads `[urn:]name[.sub]`; the URN ends at the last colon, so it may hold dots.
    pub(super) fn attr_path(&self, word: Range<usize>) -> Result<AttrPath, FilterError> {
        let (urn, local) = self.split_urn(&word)?;
        let (name, sub) = match local.split_once('.') {
            Some((name, sub)) => (name, Some(sub)),
            None => (local, None),
        };
        if !is_name(name) || sub.is_some_and(|sub| !is_name(sub)) {
            let start = word.end - local.len();
            return Err(self.error(start..word.end, EXPECTED_NAME));
        }
        Ok(AttrPath {
            urn: urn.map(str::to_owned),
            name: name.to_owned(),
            sub: sub.map(str::to_owned),
            span: self.span(word),
        })
    }

    /// Like [`Cursor::attr_path`], but what follows a URN's last colon may be any text: the word
    /// may be a URN alone, such as `urn:example:hr:1.0`.
    pub(super) fn attr_path_or_urn(&self, word: Range<usize>) -> Result<AttrPath, FilterError> {
        self.attr_path(word.clone()).or_else(|error| {
            let (Some(urn), last) = self.split_urn(&word)? else {
                return Err(error);
            };
            if !is_uri(last) {
                return Err(error);
            }
            Ok(AttrPath {
                urn: Some(urn.to_owned()),
                name: last.to_owned(),
                sub: None,
                span: self.span(word),
            })
        })
    }

    fn split_urn(&self, word: &Range<usize>) -> Result<(Option<&'a str>, &'a str), FilterError> {
        let Some((urn, local)) = self.slice(word.clone()).rsplit_once(':') else {
            return Ok((None, self.slice(word.clone())));
        };
        if !urn.starts_with(|first: char| first.is_ascii_alphabetic()) || !is_uri(urn) {
            let message = "Write the schema URN before the attribute name, as in urn:…:User:title.";
            return Err(self.error(word.start..word.start + urn.len(), message));
        }
        Ok((Some(urn), local))
    }

    /// Reads a sub-attribute's name where a `.` is next: what may follow a closing bracket.
    pub(super) fn sub_attribute(&mut self) -> Result<Option<AttrPath>, FilterError> {
        if self.peek() != Some(b'.') {
            return Ok(None);
        }
        self.at += 1;
        let word = self.word();
        let name = self.slice(word.clone());
        if !is_name(name) {
            return Err(self.error(word, EXPECTED_NAME));
        }
        Ok(Some(AttrPath {
            urn: None,
            name: name.to_owned(),
            sub: None,
            span: self.span(word),
        }))
    }

    /// Reads a comparison's right side.
    pub(super) fn value(
        &mut self,
        tolerance: &mut Tolerance,
    ) -> Result<(CompValue, Span), FilterError> {
        if self.peek() == Some(b'"') {
            return self.quoted();
        }
        let bytes = self.take_until(ends_value);
        let text = self.slice(bytes.clone());
        let value = match text {
            "" => return Err(self.error(bytes, "Write the value to compare with here.")),
            "null" => CompValue::Null,
            "true" => CompValue::Bool(true),
            "false" => CompValue::Bool(false),
            _ => match number(text) {
                Some(number) => CompValue::Number(number),
                None if is_bare_value(text) && tolerance.allows(Quirk::UnquotedFilterValue) => {
                    CompValue::String(text.to_owned())
                }
                None => return Err(self.error(bytes, "Write the value in double quotes.")),
            },
        };
        Ok((value, self.span(bytes)))
    }

    fn quoted(&mut self) -> Result<(CompValue, Span), FilterError> {
        let start = self.at;
        let Some(length) = quoted_length(self.rest()) else {
            let message = "The value has no closing double quote.";
            return Err(self.error(start..self.text.len(), message));
        };
        let bytes = start..start + length;
        self.at = bytes.end;
        if self.peek().is_some_and(|next| !ends_value(next)) {
            return Err(self.error_here("Put a space after the value."));
        }
        match serde_json::from_str(self.slice(bytes.clone())) {
            Ok(text) => Ok((CompValue::String(text), self.span(bytes))),
            Err(_) => Err(self.error(
                bytes,
                "Escape the value as a JSON string: no control characters, complete escapes.",
            )),
        }
    }
}

pub(super) const EXPECTED_NAME: &str =
    "Write an attribute name here: letters, digits, `-`, `_` or `$`, and at most one `.`.";

/// `ATTRNAME`; RFC 7643 §2.1 adds `$` for `$ref`.
fn is_name(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '$')
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'$'))
}

/// The characters of RFC 3986 §2, as far as a word can hold them.
fn is_uri(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-._~:/?#@!$&'*+,;=%".contains(&byte))
}

/// A value without quotes that can mean only itself.
fn is_bare_value(text: &str) -> bool {
    !text.starts_with('\'') && !text.contains(|c: char| c.is_control() || "\"([".contains(c))
}

/// Length of the JSON string that `text` begins with, both quotes included.
fn quoted_length(text: &str) -> Option<usize> {
    let mut bytes = text.bytes().enumerate().skip(1);
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'"' => return Some(at + 1),
            b'\\' => drop(bytes.next()),
            _ => {}
        }
    }
    None
}

/// A JSON number. Fractions are read to the nearest double, so that printing and reading again
/// changes nothing.
pub(super) fn number(text: &str) -> Option<Number> {
    let number: Number = serde_json::from_str(text).ok()?;
    if number.is_f64() {
        return Number::from_f64(text.parse().ok()?);
    }
    Some(number)
}
