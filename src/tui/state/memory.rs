//! What was typed before: lines to go back to, and filters with a name.

use std::collections::BTreeMap;

use crate::tui::state::pane::View;

/// Most lines that are remembered.
const LINES: usize = 100;

/// Saved filters: by the view's name, by their own.
pub type Saved = BTreeMap<String, BTreeMap<String, String>>;

/// Everything that was typed before.
#[derive(Debug, Default)]
pub struct Memory {
    /// Commands.
    pub commands: Lines,
    /// Filters of each view, in the order of [`View::ALL`].
    filters: [Lines; View::ALL.len()],
    /// Filters with a name.
    pub saved: Saved,
}

impl Memory {
    /// Filters typed in a view.
    pub fn filters(&mut self, view: View) -> &mut Lines {
        let at = View::ALL.iter().position(|one| *one == view);
        &mut self.filters[at.expect("every view is in ALL")]
    }

    /// The saved filters of a view, by name.
    pub fn saved(&self, view: View) -> impl Iterator<Item = (&String, &String)> {
        self.saved.get(&section(view)).into_iter().flatten()
    }
}

/// What the file of saved filters calls a view.
pub fn section(view: View) -> String {
    view.name().to_lowercase()
}

/// Lines typed before, the newest last.
#[derive(Debug, Default)]
pub struct Lines(Vec<String>);

impl Lines {
    /// Remembers a line; one that is there already becomes the newest.
    pub fn push(&mut self, line: &str) {
        if line.is_empty() {
            return;
        }
        self.0.retain(|other| other != line);
        if self.0.len() >= LINES {
            self.0.remove(0);
        }
        self.0.push(line.to_owned());
    }
}

/// Going back through lines typed before.
#[derive(Debug, Default)]
pub struct Recall {
    back: usize,
    draft: String,
}

impl Recall {
    /// The line before or after; `now` is what stands there. `None`: there is none.
    pub fn step(&mut self, lines: &Lines, older: bool, now: &str) -> Option<String> {
        let back = if older {
            self.back + 1
        } else {
            self.back.checked_sub(1)?
        };
        let line = match back {
            0 => std::mem::take(&mut self.draft),
            _ => lines.0.get(lines.0.len().checked_sub(back)?)?.clone(),
        };
        if self.back == 0 {
            now.clone_into(&mut self.draft);
        }
        self.back = back;
        Some(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_gone_through_and_the_draft_comes_back() {
        let mut lines = Lines::default();
        for line in ["a", "b", "", "a", "c"] {
            lines.push(line);
        }
        let mut recall = Recall::default();
        let mut now = "draft".to_owned();
        for (older, expected) in [
            (false, None),
            (true, Some("c")),
            (true, Some("a")),
            (true, Some("b")),
            (true, None),
            (false, Some("a")),
            (false, Some("c")),
            (false, Some("draft")),
            (false, None),
        ] {
            let line = recall.step(&lines, older, &now);
            assert_eq!(line.as_deref(), expected);
            now = line.unwrap_or(now);
        }
    }

    #[test]
    fn memory_is_bounded() {
        let mut lines = Lines::default();
        for number in 0..1_000 {
            lines.push(&number.to_string());
        }
        assert_eq!(lines.0.len(), LINES);
        assert_eq!(lines.0.last().map(String::as_str), Some("999"));
    }
}
