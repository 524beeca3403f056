//! Lines of text with a role for each piece, independent of any theme.

use crate::text;
use crate::tui::theme::Role;

/// A line: pieces of cleaned text with their roles.
pub type Line = Vec<(Role, String)>;

/// A line of one piece; `text` may be raw.
pub fn line(role: Role, text: &str) -> Line {
    vec![(role, text::clean(text))]
}

/// Breaks `line` into lines of at most `columns`, anywhere between graphemes.
pub fn break_line(line: Line, columns: usize) -> Vec<Line> {
    let columns = columns.max(1);
    let mut lines = vec![Line::new()];
    let mut used = 0;
    for (role, piece) in line {
        let mut rest = piece.as_str();
        while !rest.is_empty() {
            let (fits, after) = text::head(rest, columns - used);
            if fits.is_empty() && used == 0 {
                // A wide character in a single column cannot be shown.
                break;
            }
            if !fits.is_empty()
                && let Some(last) = lines.last_mut()
            {
                last.push((role, fits.to_owned()));
                used += text::width(fits);
            }
            rest = after;
            if !rest.is_empty() {
                lines.push(Line::new());
                used = 0;
            }
        }
    }
    lines
}

/// A labelled paragraph: `label` in the margin, `text` wrapped beside it.
pub fn paragraph(label: &str, role: Role, text: &str, columns: usize) -> Vec<Line> {
    hang((Role::Why, label, 6), role, text, columns)
}

/// A fact: its name in a wider margin, wrapped beside it.
pub fn fact(name: &str, text: &str, columns: usize) -> Vec<Line> {
    hang((Role::Dim, name, 9), Role::Text, text, columns)
}

/// An entry of a dialog: like a fact, but its name is what matters.
pub fn entry(name: &str, text: &str, columns: usize) -> Vec<Line> {
    hang((Role::Why, name, 10), Role::Text, text, columns)
}

/// An entry of a report: a mark with a role of its own in the margin of an entry.
pub fn hung(mark: (Role, &str), role: Role, text: &str, columns: usize) -> Vec<Line> {
    let (mark_role, mark) = mark;
    hang((mark_role, mark, 10), role, text, columns)
}

fn hang(label: (Role, &str, usize), role: Role, text: &str, columns: usize) -> Vec<Line> {
    let (label_role, label, margin) = label;
    let wrapped = text::wrap(&text::clean(text), columns.saturating_sub(margin));
    wrapped
        .into_iter()
        .enumerate()
        .map(|(number, text)| {
            let label = if number == 0 { label } else { "" };
            vec![(label_role, text::fit(label, margin)), (role, text)]
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_across_pieces() {
        let line = vec![
            (Role::JsonKey, "\"ab\"".to_owned()),
            (Role::JsonMark, ": ".to_owned()),
            (Role::JsonString, "日本".to_owned()),
        ];
        let broken = break_line(line, 5);
        let text: Vec<String> = broken
            .iter()
            .map(|line| line.iter().map(|(_, text)| text.as_str()).collect())
            .collect();
        assert_eq!(text, ["\"ab\":", " 日本"]);
        assert_eq!(broken[1][1].0, Role::JsonString);
        assert_eq!(break_line(Line::new(), 5).len(), 1);
        assert!(break_line(vec![(Role::Text, "日".to_owned())], 1)[0].is_empty());
    }

    #[test]
    fn paragraphs_hang_beside_their_label() {
        let lines = paragraph("why", Role::Text, "one two three", 13);
        assert_eq!(lines[0][0].1, "why   ");
        assert_eq!(lines[0][1].1, "one two");
        assert_eq!(lines[1][0].1, "      ");
        assert_eq!(lines[1][1].1, "three");
    }
}
