//! Pages to read, some of whose lines can be opened: where a key leads on one.

use crate::tui::keymap::Command;
use crate::tui::state::scrolled;

/// Where somebody is on a page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// First line on the screen.
    pub scroll: usize,
    /// Which of the lines that can be opened is selected.
    pub chosen: usize,
}

impl Reading {
    /// Moves by a key on a page of `height` lines; `choices` are the numbers of those that can be
    /// opened. `Up` and `Down` select the next of them if that is near enough, and scroll by a line
    /// otherwise, so that nothing is passed over unread.
    pub fn go(&mut self, command: Command, choices: &[usize], height: usize) {
        let (first, end) = (self.scroll, self.scroll.saturating_add(height));
        let next = match command {
            Command::Down => {
                let mut below = choices.iter().enumerate().skip(self.chosen + 1);
                below
                    .find(|(_, line)| **line >= first)
                    .filter(|(_, line)| **line <= end)
            }
            Command::Up => {
                let above = choices.iter().enumerate().take(self.chosen);
                let mut above = above.filter(|(_, line)| **line < end);
                above.next_back().filter(|(_, line)| **line + 1 >= first)
            }
            _ => None,
        };
        if let Some((chosen, line)) = next {
            let lowest = (line + 1).saturating_sub(height);
            self.chosen = chosen;
            self.scroll = first.clamp(lowest, *line);
        } else {
            self.scroll = scrolled(first, command, height.max(2) - 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(keys: &[Command], choices: &[usize], height: usize) -> Vec<(usize, usize)> {
        let mut at = Reading::default();
        let mut seen = Vec::new();
        for key in keys {
            at.go(*key, choices, height);
            seen.push((at.scroll, at.chosen));
        }
        seen
    }

    #[test]
    fn what_can_be_opened_is_selected_and_what_lies_between_is_read() {
        use Command::{Down, Up};
        // Every line can be opened: the selected one stays on the page.
        let all = [0, 1, 2, 3];
        assert_eq!(
            after(&[Down, Down, Down, Up, Up, Up], &all, 2),
            [(0, 1), (1, 2), (2, 3), (2, 2), (1, 1), (0, 0)]
        );
        // Lines 3 and 9 can: between them it scrolls.
        assert_eq!(
            after(&[Down, Down, Down, Down, Up, Up, Up], &[3, 9], 7),
            [(1, 0), (2, 0), (3, 1), (4, 1), (3, 0), (2, 0), (1, 0)]
        );
        // None can.
        assert_eq!(after(&[Down, Up, Up], &[], 5), [(1, 0), (0, 0), (0, 0)]);
    }

    #[test]
    fn after_a_leap_the_selection_comes_to_the_page_and_the_page_not_to_it() {
        use Command::{Down, PageDown, Top, Up};
        let choices = [1, 12, 40];
        assert_eq!(
            after(&[PageDown, Down, Top, Up], &choices, 10),
            [(9, 0), (9, 1), (0, 1), (0, 0)]
        );
        assert_eq!(
            after(&[PageDown, PageDown, Down, Up], &choices, 10),
            [(9, 0), (18, 0), (19, 0), (18, 0)]
        );
    }
}
