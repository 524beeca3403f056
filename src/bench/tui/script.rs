//! Which key is pressed next, and what the screen shows once it has had its effect. Each key means
//! something in the state that the screen is in: among rows, among the groups of a storm, in
//! another view, on the page of keys.

use vt100::{Color, Screen};

/// Columns from the mark of the selected row on that tell it from others: in a storm, what a group
/// has in common and none of its counts.
const TELLING: usize = 29;

/// A key and its effect.
pub(super) struct Step {
    pub key: char,
    effect: Effect,
    /// Most of the screen is another one afterwards.
    pub page: bool,
    /// It moves among the groups of a storm.
    pub among_groups: bool,
}

enum Effect {
    /// One of these is in the first two rows.
    Shows(&'static [&'static str]),
    /// It is not there any more.
    Hides(&'static str),
    /// A list is there, with a row selected in it.
    Lists,
    /// Another row is selected than this one.
    Leaves(Option<Selected>),
}

/// The selected row: its text, and where it is if rows stay where they are.
#[derive(PartialEq, Eq)]
struct Selected(Option<u16>, String);

const LIVE: &[&str] = &["FOLLOW", "PAUSED"];

/// How far the script is in each state.
#[derive(Default)]
pub(super) struct Script {
    rows: usize,
    groups: usize,
    paused: usize,
}

impl Script {
    /// The next key.
    pub fn next(&mut self, screen: &Screen) -> Step {
        if shows(screen, "Keys") {
            return page('?', Effect::Hides("Keys"));
        }
        if !LIVE.iter().any(|text| shows(screen, text)) {
            return page('1', Effect::Shows(LIVE));
        }
        let leaves = |key, page| Step {
            key,
            effect: Effect::Leaves(selected(screen)),
            page,
            among_groups: in_groups(screen),
        };
        let turn = |at: &mut usize, keys: &[char]| {
            *at += 1;
            keys[(*at - 1) % keys.len()]
        };
        if shows(screen, "PAUSED") {
            return match turn(&mut self.paused, &['k', 'k', 'j', 'g', 'G', 'k', ' ']) {
                'g' => leaves('g', true),
                key @ ('G' | ' ') => page(key, Effect::Shows(&["FOLLOW"])),
                key => leaves(key, false),
            };
        }
        let key = if in_groups(screen) {
            let (end, step) = farther_end(screen);
            turn(
                &mut self.groups,
                &[end, step, step, step, '3', step, ' ', '?'],
            )
        } else {
            turn(&mut self.rows, &[' ', '3', 'k', '?'])
        };
        match key {
            '?' => page(key, Effect::Shows(&["Keys"])),
            '3' => page(key, Effect::Lists),
            ' ' => page(key, Effect::Shows(&["PAUSED"])),
            // Among rows that follow, it is the first one upwards that pauses.
            'k' if !in_groups(screen) => Step {
                key,
                effect: Effect::Shows(&["PAUSED"]),
                page: false,
                among_groups: false,
            },
            key => leaves(key, false),
        }
    }
}

impl Step {
    /// True once the screen shows the effect.
    pub fn is_answered(&self, screen: &Screen) -> bool {
        match &self.effect {
            Effect::Shows(texts) => texts.iter().any(|text| shows(screen, text)),
            Effect::Hides(text) => !shows(screen, text),
            Effect::Lists => {
                !LIVE.iter().any(|text| shows(screen, text)) && selected(screen).is_some()
            }
            Effect::Leaves(before) => {
                let now = selected(screen);
                now.is_some() && now != *before
            }
        }
    }
}

const fn page(key: char, effect: Effect) -> Step {
    Step {
        key,
        effect,
        page: true,
        among_groups: false,
    }
}

/// True if one of the first two rows has that text.
pub(super) fn shows(screen: &Screen, text: &str) -> bool {
    let columns = screen.size().1.get();
    screen
        .rows(0, columns)
        .take(2)
        .any(|row| row.contains(text))
}

fn in_groups(screen: &Screen) -> bool {
    shows(screen, "grouped since")
}

/// Among the groups of a storm: the key that goes to the farther end, and a step towards it. Groups
/// change places all the time, and the screen is a moment behind: one that is shown next to the
/// last may be the last by now, and going to the last would change nothing. Nothing overtakes half
/// of them meanwhile.
fn farther_end(screen: &Screen) -> (char, char) {
    let columns = screen.size().1.get();
    let (above, below) = mark(screen).map_or((0, 0), |(y, x)| {
        let groups: Vec<bool> = screen
            .rows(x, columns - x)
            .map(|row| is_group(&row))
            .collect();
        let (above, below) = groups.split_at(usize::from(y));
        let is = |group: &&bool| **group;
        (
            above.iter().rev().take_while(is).count(),
            below.iter().skip(1).take_while(is).count(),
        )
    });
    if below >= above {
        ('G', 'j')
    } else {
        ('g', 'k')
    }
}

/// True if a row, from the column of the mark on, is a group: its code tells. What stands below a
/// table that is full is none.
fn is_group(row: &str) -> bool {
    let code: String = row.chars().take(TELLING).skip(TELLING - 3).collect();
    code.len() == 3 && code.bytes().all(|digit| digit.is_ascii_digit())
}

/// The row with the mark of the selected one.
fn selected(screen: &Screen) -> Option<Selected> {
    let columns = screen.size().1;
    let (y, x) = mark(screen)?;
    let text = screen.rows(x, columns.get() - x).nth(usize::from(y))?;
    let text = text.chars().take(TELLING).collect();
    Some(Selected((!in_groups(screen)).then_some(y), text))
}

/// Row and column of the mark of the selected row.
fn mark(screen: &Screen) -> Option<(u16, u16)> {
    let (rows, columns) = screen.size();
    let marked = |y: u16| {
        (0..columns.get()).find(|x| {
            screen.cell(y, *x).is_some_and(|cell| {
                cell.contents() == ">" && (cell.inverse() || cell.bgcolor() != Color::Default)
            })
        })
    };
    (2..rows.get()).find_map(|y| Some((y, marked(y)?)))
}

/// A number with a text right after it, or right before it.
pub(super) fn number(screen: &Screen, before: &str, after: &str) -> Option<u64> {
    let columns = screen.size().1.get();
    let rows: Vec<String> = screen.rows(0, columns).collect();
    rows.iter().find_map(|row| {
        let digits = |c: &char| c.is_ascii_digit() || *c == ',';
        let found: String = if after.is_empty() {
            let at = row.find(before)? + before.len();
            row[at..].chars().take_while(digits).collect()
        } else {
            let left: String = row[..row.find(after)?]
                .chars()
                .rev()
                .take_while(digits)
                .collect();
            left.chars().rev().collect()
        };
        found.replace(',', "").parse().ok()
    })
}

#[cfg(test)]
mod tests {
    use std::num::NonZero;

    use vt100::Parser;

    use super::*;

    fn parser(text: &str) -> Parser {
        let cells = |count| NonZero::new(count).unwrap();
        let mut parser = Parser::new(cells(10), cells(90), 0);
        parser.process(format!("\x1b[m\x1b[H\x1b[2J{text}").as_bytes());
        parser
    }

    const GROUPS: [&str; 4] = [
        "entra-eu     patch       200  1,204",
        "okta-prod    get         200    900",
        "hr-sync      query       401      4",
        "hr-sync      deactivate  401      3",
    ];

    /// A storm with these groups, of which one is selected, in a table that ends with them: the
    /// line of rates is right below it.
    fn storm(groups: &[&str], at: usize) -> Parser {
        let rows: Vec<String> = groups
            .iter()
            .enumerate()
            .map(|(row, group)| {
                let mark = if row == at { "\x1b[44m >" } else { "  " };
                format!("{mark}{group}\x1b[m")
            })
            .collect();
        parser(&format!(
            "Live\r\nstorm 1000/s, 1,234 grouped since 12:00:00  FOLLOW\r\n  CLIENT       OP         CODE\r\n{}\r\n ok 950.0/s ▁▂▃▄▅▆▇█  4xx 45.0/s ▁▁▁▁▁▁▁▁  p95 9.0ms",
            rows.join("\r\n")
        ))
    }

    #[test]
    fn among_groups_a_key_is_answered_once_another_group_is_selected() {
        let screen = storm(&GROUPS, 0);
        let step = Script::default().next(screen.screen());
        assert_eq!((step.key, step.page), ('G', false));
        // Its count and its rank changed, and nothing else.
        let mut later = GROUPS;
        later.swap(0, 1);
        later[1] = "entra-eu     patch       200  1,300";
        assert!(!step.is_answered(storm(&later, 1).screen()));
        assert!(step.is_answered(storm(&later, 3).screen()));
    }

    #[test]
    fn no_key_among_groups_depends_on_the_rank_of_a_moment_ago() {
        let keys = |groups: &[&str], at| -> String {
            let (screen, mut script) = (storm(groups, at), Script::default());
            (0..8).map(|_| script.next(screen.screen()).key).collect()
        };
        assert_eq!(keys(&GROUPS, 0), "Gjjj3j ?");
        assert_eq!(keys(&GROUPS, 1), "Gjjj3j ?");
        // Its count may have risen or fallen already: going to the last could change nothing, as
        // it does where it is the last, with no empty row below it.
        assert_eq!(keys(&GROUPS, 2), "gkkk3k ?");
        assert_eq!(keys(&GROUPS, 3), "gkkk3k ?");
        assert_eq!(keys(&GROUPS[..2], 1), "gkkk3k ?");
    }

    #[test]
    fn each_state_has_keys_that_mean_something_there() {
        let mut script = Script::default();
        let mut next = |text: &str| script.next(parser(text).screen());
        let rows = "Live\r\n500 of 500 FOLLOW\r\nTIME\r\n\x1b[44m >12:00\x1b[m";
        let step = next(rows);
        assert_eq!(step.key, ' ');
        assert!(!step.is_answered(parser(rows).screen()));
        assert!(step.is_answered(parser("Live\r\nPAUSED +3 new").screen()));
        let step = next(rows);
        assert_eq!(step.key, '3');
        assert!(!step.is_answered(parser("3 Users\r\n0").screen()));
        assert!(step.is_answered(parser("3 Users\r\n9\r\n\x1b[7m>ada").screen()));
        assert_eq!(next("3 Users\r\n9").key, '1');
        assert_eq!(next("Live › Keys\r\n").key, '?');
        let paused = "Live\r\nPAUSED\r\nTIME\r\n  one\r\n\x1b[44m >two\x1b[m";
        let step = next(paused);
        assert_eq!(step.key, 'k');
        assert!(!step.is_answered(parser(paused).screen()));
        let moved = "Live\r\nPAUSED\r\nTIME\r\n\x1b[44m >two\x1b[m\r\n  two";
        assert!(step.is_answered(parser(moved).screen()));
    }

    #[test]
    fn numbers_are_read_off_the_screen() {
        let screen = storm(&GROUPS, 0);
        let read = |before, after| number(screen.screen(), before, after);
        assert_eq!(read("", " grouped since"), Some(1_234));
        assert_eq!(read("storm ", ""), Some(1_000));
        assert_eq!(read("", " skipped"), None);
    }
}
