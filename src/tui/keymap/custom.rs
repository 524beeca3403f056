//! The keys in force: those of the table, but for what `keys.toml` says.
//!
//! ```toml
//! [live]
//! follow = "p"
//! [everywhere]
//! help = ["?", "F1"]
//! ```

use std::collections::BTreeMap;
use std::ops::Range;

use crossterm::event::{KeyEvent, KeyModifiers};
use serde::Deserialize;
use toml::Spanned;

use super::{Binding, Command, Context, EVERYWHERE, Key, bindings};

/// Which key does what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keymap {
    changes: Vec<Change>,
}

/// Other keys for a command in a context: all that it has there.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Change {
    context: Context,
    command: Command,
    keys: Vec<Key>,
    line: usize,
}

type Section = BTreeMap<Spanned<String>, Spanned<Written>>;

#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    One(String),
    Many(Vec<String>),
}

impl Keymap {
    /// Reads a `keys.toml`; `file` names it in what is said about it. What cannot be used is
    /// said, a line each, and leaves the keys of the table.
    pub fn parse(text: &str, file: &str) -> (Self, Vec<String>) {
        let line = |span: Range<usize>| {
            let before = text.get(..span.start).unwrap_or(text);
            before.matches('\n').count() + 1
        };
        let written = match toml::from_str::<BTreeMap<Spanned<String>, Section>>(text) {
            Ok(written) => written,
            Err(error) => {
                let line = line(error.span().unwrap_or_default());
                let what = error
                    .message()
                    .lines()
                    .next()
                    .unwrap_or_default()
                    .to_owned();
                return (Self::default(), vec![format!("{file}:{line}: {what}")]);
            }
        };
        let mut keymap = Self::default();
        let mut problems = Vec::new();
        // What is said of one context goes before what is said of all.
        let (all, some): (Vec<_>, Vec<_>) = written
            .iter()
            .partition(|(name, _)| name.get_ref() == EVERYWHERE);
        for (name, section) in all.into_iter().chain(some) {
            for (command, keys) in section {
                let line = line(command.span());
                let read = keymap.read(name.get_ref(), command.get_ref(), keys.get_ref(), line);
                problems.extend(read.err().map(|problem| (line, problem)));
            }
        }
        problems.extend(keymap.settle());
        problems.sort();
        let problems = problems.into_iter();
        let said = problems.map(|(line, problem)| format!("{file}:{line}: {problem}"));
        (keymap, said.collect())
    }

    fn read(
        &mut self,
        section: &str,
        command: &str,
        keys: &Written,
        line: usize,
    ) -> Result<(), String> {
        let mut contexts = Context::all();
        if section != EVERYWHERE {
            contexts.retain(|context| context.name() == section);
            if contexts.is_empty() {
                return Err(format!(
                    "there is no place {section}; scimtop keys lists them"
                ));
            }
        }
        let found = |context: &Context| {
            let mut bindings = bindings(*context);
            bindings.find(|binding| binding.command.name() == command)
        };
        let places: Vec<(Context, Command)> = contexts
            .into_iter()
            .filter_map(|context| Some((context, found(&context)?.command)))
            .collect();
        if places.is_empty() {
            return Err(format!(
                "there is no command {command} in {section}; scimtop keys lists them"
            ));
        }
        let names = match keys {
            Written::One(name) => std::slice::from_ref(name),
            Written::Many(names) => names,
        };
        let keys = names
            .iter()
            .map(|name| Key::parse(name).ok_or_else(|| format!("{name} is no key")))
            .collect::<Result<Vec<Key>, String>>()?;
        if keys.is_empty() {
            return Err(format!("{command} needs a key"));
        }
        for (context, command) in places {
            let same = |change: &Change| (change.context, change.command) == (context, command);
            self.changes.retain(|change| !same(change));
            self.changes.push(Change {
                context,
                command,
                keys: keys.clone(),
                line,
            });
        }
        Ok(())
    }

    /// Drops changes until no key does two things in one place; says which.
    fn settle(&mut self) -> Vec<(usize, String)> {
        let mut problems = Vec::new();
        while let Some((at, why)) = self.conflict() {
            let change = self.changes.remove(at);
            let (context, command) = (change.context.name(), change.command.name());
            problems.push((change.line, format!("{command} in {context}: {why}")));
        }
        problems
    }

    /// The last change that cannot be, and why.
    fn conflict(&self) -> Option<(usize, String)> {
        let changes = self.changes.iter().enumerate().rev();
        changes.into_iter().find_map(|(at, change)| {
            let text = change.keys.iter().find(|key| key.is_text());
            if let Some(key) = text.filter(|_| change.context.is_typed_in()) {
                return Some((at, format!("{} is text there", key.name())));
            }
            change.keys.iter().find_map(|key| {
                let others = bindings(change.context);
                let other = others
                    .filter(|binding| binding.command != change.command)
                    .find(|binding| self.keys(change.context, binding).contains(key))?;
                let other = other.command.name();
                Some((at, format!("{} is {other} already", key.name())))
            })
        })
    }

    /// What `event` does in `context`.
    pub fn command(&self, context: Context, event: KeyEvent) -> Option<Command> {
        if event.modifiers.contains(KeyModifiers::ALT) {
            return None;
        }
        let pressed = Key {
            code: event.code,
            ctrl: event.modifiers.contains(KeyModifiers::CONTROL),
        };
        bindings(context)
            .find(|binding| self.keys(context, binding).contains(&pressed))
            .map(|binding| binding.command)
    }

    /// The keys of a row of the table in `context`. Changed ones are all in the command's first.
    pub fn keys(&self, context: Context, binding: &'static Binding) -> &[Key] {
        let changed = self
            .changes
            .iter()
            .find(|change| (change.context, change.command) == (context, binding.command));
        let Some(change) = changed else {
            return binding.keys;
        };
        let first = bindings(context).find(|other| other.command == binding.command);
        if first.is_some_and(|first| std::ptr::eq(first, binding)) {
            &change.keys
        } else {
            &[]
        }
    }

    /// The names of those keys.
    pub fn names(&self, context: Context, binding: &'static Binding) -> Vec<String> {
        let keys = self.keys(context, binding).iter();
        keys.map(|key| key.name()).collect()
    }
}

#[cfg(test)]
mod tests {
    use crossterm::event::KeyCode;

    use super::*;

    fn press(keymap: &Keymap, context: Context, key: &str) -> Option<Command> {
        let key = Key::parse(key).unwrap();
        let modifiers = if key.ctrl {
            KeyModifiers::CONTROL
        } else {
            KeyModifiers::NONE
        };
        keymap.command(context, KeyEvent::new(key.code, modifiers))
    }

    #[test]
    fn what_the_file_says_holds_where_it_says_so() {
        let text = "[live]\nfollow = \"p\"\n[everywhere]\nzoom = [\"F2\", \"Ctrl-T\"]\n\
                    [users]\nzoom = \"Z\"\n[detail]\nback = \"X\"\n";
        let (keymap, problems) = Keymap::parse(text, "keys.toml");
        assert_eq!(problems, [""; 0]);
        for (context, key, command) in [
            (Context::Live, "p", Some(Command::Follow)),
            (Context::Live, "space", None),
            (Context::Live, "F2", Some(Command::Zoom)),
            (Context::Groups, "Ctrl-t", Some(Command::Zoom)),
            (Context::Groups, "z", None),
            (Context::Users, "Z", Some(Command::Zoom)),
            (Context::Users, "F2", None),
            (Context::Detail, "X", Some(Command::Back)),
            (Context::Detail, "q", None),
            (Context::Detail, "Esc", None),
            (Context::Removal, "Esc", Some(Command::Back)),
        ] {
            assert_eq!(press(&keymap, context, key), command, "{context:?} {key}");
        }
        let alt = KeyEvent::new(KeyCode::Char('p'), KeyModifiers::ALT);
        assert_eq!(keymap.command(Context::Live, alt), None);
    }

    #[test]
    fn keys_can_be_exchanged() {
        let text = "[live]\nfollow = \"e\"\nnext-error = \"space\"\n";
        let (keymap, problems) = Keymap::parse(text, "keys.toml");
        assert_eq!(problems, [""; 0]);
        assert_eq!(press(&keymap, Context::Live, "e"), Some(Command::Follow));
        assert_eq!(
            press(&keymap, Context::Live, "space"),
            Some(Command::NextError)
        );
    }

    #[test]
    fn what_cannot_be_is_said_with_its_line_and_the_default_stays() {
        for (text, expected) in [
            (
                "[life]\nfollow = \"p\"",
                "keys.toml:2: there is no place life",
            ),
            (
                "[live]\n\npause = \"p\"",
                "keys.toml:3: there is no command pause in live",
            ),
            ("[live]\nfollow = \"pp\"", "keys.toml:2: pp is no key"),
            ("[live]\nfollow = []", "keys.toml:2: follow needs a key"),
            (
                "[live]\nfollow = \"e\"",
                "keys.toml:2: follow in live: e is next-error already",
            ),
            (
                "[live]\nfollow = \"/\"\nzoom = \"X\"",
                "keys.toml:2: follow in live: / is filter",
            ),
            (
                "[filter]\nfilter-apply = \"a\"",
                "keys.toml:2: filter-apply in filter: a is text",
            ),
            ("[live]\nfollow = 3", "keys.toml:2: "),
            (
                "[live]\nfollow = \"p\"\nfollow = \"x\"",
                "keys.toml:3: duplicate key",
            ),
            ("[live", "keys.toml:1: "),
            ("follow = \"p\"", "keys.toml:1: "),
        ] {
            let (keymap, problems) = Keymap::parse(text, "keys.toml");
            assert_eq!(problems.len(), 1, "{text}: {problems:?}");
            assert!(problems[0].starts_with(expected), "{text}: {problems:?}");
            assert_eq!(
                press(&keymap, Context::Live, "space"),
                Some(Command::Follow)
            );
            assert_eq!(
                press(&keymap, Context::Filter, "Enter"),
                Some(Command::FilterApply)
            );
        }
    }

    #[test]
    fn of_two_that_want_one_key_the_first_in_the_alphabet_has_it() {
        let text = "[live]\nzoom = \"p\"\nfollow = \"p\"\n";
        let (keymap, problems) = Keymap::parse(text, "keys.toml");
        assert_eq!(problems, ["keys.toml:2: zoom in live: p is follow already"]);
        assert_eq!(press(&keymap, Context::Live, "p"), Some(Command::Follow));
        assert_eq!(press(&keymap, Context::Live, "z"), Some(Command::Zoom));
    }

    #[test]
    fn what_is_dropped_may_free_nothing() {
        // zoom keeps z, hence follow cannot have it.
        let text = "[live]\nfollow = \"z\"\nzoom = \"?\"\n";
        let (keymap, problems) = Keymap::parse(text, "keys.toml");
        assert_eq!(problems.len(), 2, "{problems:?}");
        assert_eq!(keymap, Keymap::default());
    }
}
