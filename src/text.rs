//! Text from outside, made fit for a terminal.
//!
//! Names, paths, bodies and user agents are what strangers sent. [`clean`] makes every character
//! in them visible that a terminal would obey, reorder or hide, and [`json`] does so to JSON
//! without changing what it means; [`fit`] and [`wrap`] cut by columns and never inside a
//! grapheme. Nothing reaches the screen or the console around here.

use std::fmt::Write as _;
use std::time::Duration;

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// How many zero-width marks may sit on one character before the rest is written out.
const MARKS: usize = 4;

/// Writes out every character that a terminal would obey, reorder or hide: C0 controls as `^[`,
/// everything else as `<U+202E>`.
pub fn clean(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut marks = MARKS;
    for c in text.chars() {
        let zero_width = c.width() == Some(0);
        marks = if zero_width { marks + 1 } else { 0 };
        if let Some(caret) = caret(c) {
            out.push('^');
            out.push(caret);
        } else if hidden(c) || marks > MARKS {
            push_code(&mut out, c);
        } else {
            out.push(c);
        }
        // A mark at the very beginning has nothing to sit on.
        if !zero_width {
            marks = 0;
        }
    }
    out
}

/// Quotes for a POSIX shell. Controls other than line breaks are left out: a terminal that the
/// command is pasted into would obey them.
pub fn shell_quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('\'');
    for c in text.chars() {
        match c {
            '\'' => out.push_str("'\\''"),
            '\n' => out.push(c),
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out.push('\'');
    out
}

/// A length of time in its two largest units: `40 s`, `12 min`, `6 h 20 min`, `2 d`.
pub fn length(of: Duration) -> String {
    let seconds = of.as_secs();
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, 0..2) => format!("{seconds} s"),
        (0, 0, _) => format!("{minutes} min"),
        (0, _, 0) => format!("{hours} h"),
        (0, ..) => format!("{hours} h {minutes} min"),
        (_, 0, _) => format!("{days} d"),
        _ => format!("{days} d {hours} h"),
    }
}

/// Escapes in JSON text what [`clean`] writes out in other text; it means the same as before.
/// (C0 controls stand in JSON text as white space alone.)
pub fn json(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if hidden(c) || c == '\u{7f}' {
            for unit in c.encode_utf16(&mut [0; 2]) {
                // Writing to a String cannot fail.
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(c);
        }
    }
    out
}

fn push_code(out: &mut String, c: char) {
    // Writing to a String cannot fail.
    let _ = write!(out, "<U+{:04X}>", u32::from(c));
}

/// The letter of a C0 control in caret notation (`ESC` is `^[`).
fn caret(c: char) -> Option<char> {
    match u8::try_from(c) {
        Ok(code @ 0..=0x1f) => Some(char::from(code + 0x40)),
        Ok(0x7f) => Some('?'),
        _ => None,
    }
}

/// Characters that are invisible, change the direction of what follows, or pass for a space.
fn hidden(c: char) -> bool {
    matches!(u32::from(c),
        0x80..=0xa0 | 0xad | 0x34f | 0x600..=0x605 | 0x61c | 0x6dd | 0x70f | 0x890..=0x891
        | 0x8e2 | 0x115f..=0x1160 | 0x1680 | 0x17b4..=0x17b5 | 0x180b..=0x180f
        | 0x2000..=0x200f | 0x2028..=0x202f | 0x205f..=0x206f | 0x2800 | 0x3000 | 0x3164
        | 0xfe00..=0xfe0f | 0xfeff | 0xffa0 | 0xfff0..=0xfffb | 0x110bd | 0x110cd
        | 0x13430..=0x1345f | 0x1bca0..=0x1bca3 | 0x1d173..=0x1d17a | 0xe0000..=0xe0fff)
}

/// A number of bytes in the unit that suits it: `512 B`, `1.5 MiB`.
pub fn bytes(count: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    let mut unit = None;
    // In tenths, so that no float is needed.
    let (mut tenths, mut left) = (count.saturating_mul(10), UNITS.iter());
    while tenths >= 10_240 {
        let Some(next) = left.next() else { break };
        (tenths, unit) = (tenths / 1024, Some(next));
    }
    match unit {
        None => format!("{count} B"),
        Some(unit) => format!("{}.{} {unit}", tenths / 10, tenths % 10),
    }
}

/// A number with its digits in threes: `12,406`.
pub fn grouped<N: ToString + Copy>(number: N) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Microseconds as milliseconds: `12.3`.
pub fn millis(micros: u64) -> String {
    format!("{}.{}", micros / 1000, micros / 100 % 10)
}

/// Columns that cleaned text takes.
pub fn width(text: &str) -> usize {
    text.width()
}

/// Cuts cleaned text to `columns`, with `…` where something is missing.
pub fn cut(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let Some(room) = columns.checked_sub(1) else {
        return String::new();
    };
    let mut out = head(text, room).0.to_owned();
    out.push('…');
    out
}

/// Cuts or pads cleaned text to exactly `columns`, to the left.
pub fn fit(text: &str, columns: usize) -> String {
    let mut out = cut(text, columns);
    out.extend(std::iter::repeat_n(
        ' ',
        columns.saturating_sub(width(&out)),
    ));
    out
}

/// Cuts or pads cleaned text to exactly `columns`, to the right.
pub fn fit_right(text: &str, columns: usize) -> String {
    let text = cut(text, columns);
    let mut out = " ".repeat(columns.saturating_sub(width(&text)));
    out.push_str(&text);
    out
}

/// The longest beginning that fits into `columns`, and the rest.
pub fn head(text: &str, columns: usize) -> (&str, &str) {
    let mut used = 0;
    for (at, grapheme) in text.grapheme_indices(true) {
        used += width(grapheme);
        if used > columns {
            return text.split_at(at);
        }
    }
    (text, "")
}

/// Breaks cleaned text into lines of at most `columns`, between words where it can.
pub fn wrap(text: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(1);
    let mut lines = Vec::new();
    let mut rest = text;
    while width(rest) > columns {
        let (fits, after) = head(rest, columns);
        // A wide character in a single column: it cannot be shown, and the loop must end.
        if fits.is_empty() {
            return lines;
        }
        let end = match fits.rfind(' ') {
            Some(space) if space > 0 && !after.starts_with(' ') => space,
            _ => fits.len(),
        };
        lines.push(rest[..end].to_owned());
        rest = rest[end..].trim_start_matches(' ');
    }
    if !rest.is_empty() || lines.is_empty() {
        lines.push(rest.to_owned());
    }
    lines
}

/// The characters of `text` as a reader counts them.
pub fn graphemes(text: &str) -> impl Iterator<Item = &str> {
    text.graphemes(true)
}

/// Replaces what is not ASCII: drawing characters by their nearest, everything else by `?`.
pub fn ascii(symbol: &str) -> &str {
    match symbol {
        "─" | "━" | "−" | "–" | "▁" => "-",
        "│" | "┃" => "|",
        "┬" | "┴" | "┼" | "┌" | "┐" | "└" | "┘" | "├" | "┤" => "+",
        "▲" => "^",
        "▼" => "v",
        "…" => "~",
        "×" => "x",
        "›" => ">",
        "·" => ".",
        "→" => ">",
        "▂" | "▃" => "_",
        "▄" | "▅" => "=",
        "▆" | "▇" | "█" => "#",
        other if other.is_ascii() => other,
        _ => "?",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn lengths_of_time() {
        for (seconds, expected) in [
            (0, "0 s"),
            (119, "119 s"),
            (120, "2 min"),
            (7_200, "2 h"),
            (23_000, "6 h 23 min"),
            (172_800, "2 d"),
            (180_000, "2 d 2 h"),
        ] {
            assert_eq!(length(Duration::from_secs(seconds)), expected);
        }
    }

    #[test]
    fn what_a_terminal_would_obey_or_hide_is_written_out() {
        let cases = [
            ("plain", "plain"),
            ("a\u{1b}[31mb", "a^[[31mb"),
            ("tab\tnl\ncr\rdel\u{7f}nul\0", "tab^Inl^Jcr^Mdel^?nul^@"),
            ("csi\u{9b}2J", "csi<U+009B>2J"),
            ("ab\u{202e}cd", "ab<U+202E>cd"),
            ("a\u{200b}b\u{200d}c\u{feff}", "a<U+200B>b<U+200D>c<U+FEFF>"),
            ("nbsp\u{a0}x", "nbsp<U+00A0>x"),
            ("tag\u{e0041}", "tag<U+E0041>"),
            ("héllo 日本", "héllo 日本"),
            ("\u{301}x", "<U+0301>x"),
            ("e\u{301}", "e\u{301}"),
        ];
        for (dirty, visible) in cases {
            assert_eq!(clean(dirty), visible);
        }
    }

    #[test]
    fn json_means_the_same_and_hides_nothing() {
        let dirty = "é\u{1b}\u{7f}\u{9b}\u{202e}\u{2028}\u{e0041}日";
        let written = json(&serde_json::Value::from(dirty).to_string());
        assert_eq!(
            written,
            r#""é\u001b\u007f\u009b\u202e\u2028\udb40\udc41日""#
        );
        let read: String = serde_json::from_str(&written).unwrap();
        assert_eq!(read, dirty);
    }

    #[test]
    fn a_pile_of_marks_is_cut_off() {
        let pile = format!("e{}", "\u{301}".repeat(1000));
        assert!(clean(&pile).starts_with("e\u{301}\u{301}\u{301}\u{301}<U+0301>"));
    }

    #[test]
    fn cutting_counts_columns_and_says_so() {
        assert_eq!(cut("日本語", 6), "日本語");
        assert_eq!(cut("日本語", 5), "日本…");
        assert_eq!(cut("日本語", 4), "日…");
        assert_eq!(cut("abc", 0), "");
        assert_eq!(fit("日本語", 4), "日… ");
        assert_eq!(fit_right("7", 3), "  7");
    }

    #[test]
    fn wrapping_prefers_spaces_and_always_ends() {
        assert_eq!(wrap("one two three", 8), ["one two", "three"]);
        assert_eq!(wrap("abcdefgh", 3), ["abc", "def", "gh"]);
        assert_eq!(wrap("", 5), [""]);
        assert_eq!(wrap("日本", 1), Vec::<String>::new());
    }

    proptest! {
        #[test]
        fn clean_text_has_no_control_and_keeps_to_its_columns(text: String, columns in 0_usize..40) {
            let text = clean(&text);
            prop_assert!(!text.chars().any(|c| c.is_control() || hidden(c)));
            prop_assert_eq!(width(&fit(&text, columns)), columns);
            for line in wrap(&text, columns) {
                prop_assert!(width(&line) <= columns.max(1));
            }
        }
    }

    #[test]
    fn sizes_have_the_unit_that_suits_them() {
        for (count, expected) in [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1.0 KiB"),
            (1_572_864, "1.5 MiB"),
            (5 << 30, "5.0 GiB"),
            (u64::MAX, "1677721.5 TiB"),
        ] {
            assert_eq!(bytes(count), expected);
        }
        assert_eq!(millis(12_345), "12.3");
    }
}
