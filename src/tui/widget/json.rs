//! JSON laid out and coloured for reading, from its text and not from a parsed value.
//!
//! What was recorded may be cut off or malformed, may hold the same key twice or a number that no
//! float can hold: all of that stays visible. Work and nesting are bounded; nothing recurses.

use crate::text;
use crate::tui::theme::Role;
use crate::tui::widget::rich::Line;

/// Most lines that are laid out.
const LINES: usize = 20_000;
/// Deepest indentation.
const INDENT: usize = 24;

/// The lines of `text` as they are.
pub fn raw(text: &str) -> Vec<Line> {
    let mut lines: Vec<Line> = text.lines().take(LINES).map(colour).collect();
    mark_end(&mut lines, text.lines().nth(LINES).is_some());
    lines
}

/// `text` with one member or element a line.
pub fn pretty(text: &str) -> Vec<Line> {
    let mut printer = Printer::default();
    let mut tokens = tokens(text).peekable();
    while let Some(token) = tokens.next() {
        if printer.lines.len() >= LINES {
            break;
        }
        let next = tokens.peek().map(|token| token.text);
        printer.put(token, next);
    }
    printer.end_line();
    let cut = tokens.next().is_some();
    mark_end(&mut printer.lines, cut);
    printer.lines
}

fn mark_end(lines: &mut Vec<Line>, cut: bool) {
    if cut {
        lines.push(vec![(Role::Dim, "… more is not shown".to_owned())]);
    }
}

fn colour(line: &str) -> Line {
    let mut out = Line::new();
    let mut rest = line;
    for token in tokens(line) {
        let gap = rest.len() - rest.trim_start().len();
        if gap > 0 {
            out.push((Role::JsonMark, text::clean(&rest[..gap])));
        }
        out.push((token.role, text::clean(token.text)));
        rest = &rest[gap + token.text.len()..];
    }
    out
}

#[derive(Default)]
struct Printer {
    lines: Vec<Line>,
    line: Line,
    depth: usize,
}

impl Printer {
    fn put(&mut self, token: Token<'_>, next: Option<&str>) {
        match token.text {
            "{" | "[" => {
                self.push(token);
                self.depth += 1;
                if !matches!(next, Some("}" | "]")) {
                    self.end_line();
                }
            }
            "}" | "]" => {
                self.depth = self.depth.saturating_sub(1);
                let opened = self
                    .line
                    .last()
                    .is_some_and(|(_, text)| text == "{" || text == "[");
                if !opened {
                    self.end_line();
                }
                self.push(token);
            }
            "," => {
                self.push(token);
                self.end_line();
            }
            ":" => {
                self.push(token);
                self.line.push((Role::JsonMark, " ".to_owned()));
            }
            _ => {
                let word_before = self
                    .line
                    .last()
                    .is_some_and(|(role, _)| *role != Role::JsonMark);
                if word_before {
                    self.line.push((Role::JsonMark, " ".to_owned()));
                }
                self.push(token);
            }
        }
    }

    fn push(&mut self, token: Token<'_>) {
        if self.line.is_empty() {
            let indent = " ".repeat(self.depth.min(INDENT) * 2);
            self.line.push((Role::JsonMark, indent));
        }
        self.line.push((token.role, text::clean(token.text)));
    }

    fn end_line(&mut self) {
        if !self.line.is_empty() {
            self.lines.push(std::mem::take(&mut self.line));
        }
    }
}

#[derive(Clone, Copy)]
struct Token<'a> {
    role: Role,
    text: &'a str,
}

/// Cuts text into JSON's tokens; what is none is passed on as a word.
fn tokens(text: &str) -> impl Iterator<Item = Token<'_>> {
    let mut rest = text.trim_start();
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        let length = match first {
            '"' => string_length(rest),
            '{' | '}' | '[' | ']' | ',' | ':' => 1,
            _ => rest
                .find(|c: char| {
                    c.is_whitespace() || matches!(c, '{' | '}' | '[' | ']' | ',' | ':' | '"')
                })
                .unwrap_or(rest.len()),
        };
        let (text, after) = rest.split_at(length);
        rest = after.trim_start();
        let role = match first {
            '"' if rest.starts_with(':') => Role::JsonKey,
            '"' => Role::JsonString,
            '{' | '}' | '[' | ']' | ',' | ':' => Role::JsonMark,
            '-' | '0'..='9' => Role::JsonNumber,
            _ if matches!(text, "true" | "false" | "null") => Role::JsonLiteral,
            _ => Role::Text,
        };
        Some(Token { role, text })
    })
}

fn string_length(text: &str) -> usize {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        if !escaped && byte == b'"' {
            return at + 1;
        }
        escaped = !escaped && byte == b'\\';
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text(lines: &[Line]) -> Vec<String> {
        lines
            .iter()
            .map(|line| line.iter().map(|(_, text)| text.as_str()).collect())
            .collect()
    }

    #[test]
    fn lays_out_and_keeps_every_token() {
        let lines = pretty(r#"{"a":[1,{"b":null}],"e":[],"a":"x\"y","n":1e999}"#);
        let expected = [
            "{",
            "  \"a\": [",
            "    1,",
            "    {",
            "      \"b\": null",
            "    }",
            "  ],",
            "  \"e\": [],",
            "  \"a\": \"x\\\"y\",",
            "  \"n\": 1e999",
            "}",
        ];
        assert_eq!(text(&lines), expected);
        assert_eq!(lines[1][1].0, Role::JsonKey);
        assert_eq!(lines[2][1].0, Role::JsonNumber);
        assert_eq!(lines[4][3].0, Role::JsonMark);
        assert_eq!(lines[4][4].0, Role::JsonLiteral);
    }

    #[test]
    fn what_is_cut_off_or_no_json_is_shown_too() {
        assert_eq!(text(&pretty(r#"{"a":"unend"#)), ["{", "  \"a\": \"unend"]);
        assert_eq!(text(&pretty("Bad Gateway")), ["Bad Gateway"]);
        assert_eq!(
            text(&raw("Bad  Gateway\nsecond")),
            ["Bad  Gateway", "second"]
        );
        assert_eq!(text(&pretty("]]}")), ["]", "]", "}"]);
    }

    #[test]
    fn size_and_depth_are_bounded() {
        let deep = pretty(&"[".repeat(100_000));
        assert_eq!(deep.len(), LINES + 1);
        assert!(text(&deep)[LINES - 1].len() < 80);
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "[\\[\\]{},:\"\\\\ a1\u{301}\u{202e}\n]{0,80}|\\PC{0,80}") {
            pretty(&text);
            raw(&text);
        }
    }
}
