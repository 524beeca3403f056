//! Names of contexts, commands and keys, as `keys.toml`, the palette and the docs have them.

use std::fmt::Debug;

use crossterm::event::KeyCode;

use super::{Command, Context, Key, TABLE};

/// The section of `keys.toml` for every context that has the command.
pub const EVERYWHERE: &str = "everywhere";

impl Context {
    /// Every context of the table, in its order.
    pub fn all() -> Vec<Self> {
        let mut all = Vec::new();
        for context in TABLE.iter().flat_map(|binding| binding.contexts) {
            if !all.contains(context) {
                all.push(*context);
            }
        }
        all
    }

    /// Its name: `of-exchange`.
    pub fn name(self) -> String {
        kebab(self)
    }

    /// Keys that are not in the table are text here.
    pub const fn is_typed_in(self) -> bool {
        matches!(self, Self::Filter | Self::Confirm | Self::Palette)
    }
}

impl Command {
    /// Its name: `next-error`; of a command that shows a view, the view's.
    pub fn name(self) -> String {
        match self {
            Self::View(view) => view.name().to_lowercase(),
            other => kebab(other),
        }
    }
}

/// `NextError` as `next-error`: variants are named as operators know them.
fn kebab(variant: impl Debug) -> String {
    let mut name = String::new();
    for c in format!("{variant:?}").chars() {
        if c.is_uppercase() && !name.is_empty() {
            name.push('-');
        }
        name.extend(c.to_lowercase());
    }
    name
}

/// Keys with a name of their own.
const NAMED: [(&str, KeyCode); 16] = [
    ("space", KeyCode::Char(' ')),
    ("Enter", KeyCode::Enter),
    ("Esc", KeyCode::Esc),
    ("Tab", KeyCode::Tab),
    ("Shift-Tab", KeyCode::BackTab),
    ("up", KeyCode::Up),
    ("down", KeyCode::Down),
    ("left", KeyCode::Left),
    ("right", KeyCode::Right),
    ("PgUp", KeyCode::PageUp),
    ("PgDn", KeyCode::PageDown),
    ("Home", KeyCode::Home),
    ("End", KeyCode::End),
    ("Insert", KeyCode::Insert),
    ("Delete", KeyCode::Delete),
    ("Backspace", KeyCode::Backspace),
];

impl Key {
    /// The key as an operator knows it.
    pub fn name(self) -> String {
        let named = NAMED.iter().find(|(_, code)| *code == self.code);
        let name = match (named, self.code) {
            (Some((name, _)), _) => (*name).to_owned(),
            (None, KeyCode::Char(letter)) => letter.to_string(),
            (None, KeyCode::F(number)) => format!("F{number}"),
            (None, other) => format!("{other:?}"),
        };
        if self.ctrl {
            format!("Ctrl-{}", name.to_uppercase())
        } else {
            name
        }
    }

    /// The key of that name; the case of words does not matter, that of letters does.
    pub fn parse(name: &str) -> Option<Self> {
        if let Some(letter) = name.strip_prefix("Ctrl-").and_then(only) {
            let code = KeyCode::Char(letter.to_ascii_lowercase());
            return letter
                .is_ascii_alphabetic()
                .then_some(Self { code, ctrl: true });
        }
        let named = NAMED
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name));
        let letter = || only(name).filter(|letter| letter.is_ascii_graphic());
        let function = || {
            name.strip_prefix('F')?
                .parse()
                .ok()
                .filter(|f| (1..=12).contains(f))
        };
        let code = named
            .map(|(_, code)| *code)
            .or_else(|| letter().map(KeyCode::Char))
            .or_else(|| function().map(KeyCode::F))?;
        Some(Self { code, ctrl: false })
    }

    /// True if pressing it types text.
    pub const fn is_text(self) -> bool {
        !self.ctrl && matches!(self.code, KeyCode::Char(_) | KeyCode::Backspace)
    }
}

/// The only character of `text`.
fn only(text: &str) -> Option<char> {
    let mut chars = text.chars();
    chars.next().filter(|_| chars.next().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::state::pane::View;

    #[test]
    fn names_are_in_kebab_case() {
        assert_eq!(Command::NextError.name(), "next-error");
        assert_eq!(Command::View(View::Removals).name(), "removals");
        assert_eq!(Context::OfExchange.name(), "of-exchange");
        let plain = |c: char| c.is_ascii_lowercase() || c == '-';
        for binding in TABLE {
            assert!(
                binding.command.name().chars().all(plain),
                "{:?}",
                binding.command
            );
        }
    }

    #[test]
    fn commands_of_one_place_have_names_of_their_own() {
        for context in Context::all() {
            let mut seen: Vec<(String, Command)> = Vec::new();
            for binding in super::super::bindings(context) {
                let name = binding.command.name();
                let same = seen.iter().find(|(other, _)| *other == name);
                assert!(
                    same.is_none_or(|(_, command)| *command == binding.command),
                    "{name}"
                );
                seen.push((name, binding.command));
            }
        }
    }

    #[test]
    fn every_key_is_read_by_its_name() {
        for key in TABLE.iter().flat_map(|binding| binding.keys) {
            assert_eq!(Key::parse(&key.name()), Some(*key), "{}", key.name());
        }
        for (name, expected) in [
            ("SPACE", Some(" ")),
            ("F5", Some("F5")),
            ("Ctrl-x", Some("Ctrl-X")),
            ("F0", None),
            ("F13", None),
            ("", None),
            ("ab", None),
            ("Ctrl-1", None),
            ("Ctrl-", None),
            ("ä", None),
            ("\u{7}", None),
        ] {
            let key = Key::parse(name).map(Key::name);
            let expected = expected.map(|name| if name == " " { "space" } else { name });
            assert_eq!(key.as_deref(), expected, "{name}");
        }
    }
}
