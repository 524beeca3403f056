//! Names of keys for sentences: what tells of a key names the one in force.

use super::{Command, Context, Keymap, bindings};

/// The keys in force where an operator is.
#[derive(Clone, Copy, Debug)]
pub struct Keys<'a> {
    keymap: &'a Keymap,
    here: Context,
}

impl Keymap {
    /// The keys of a place.
    pub const fn at(&self, here: Context) -> Keys<'_> {
        Keys { keymap: self, here }
    }
}

impl Keys<'_> {
    /// The first key of `command` here; of one without a key here, what is typed for it.
    pub fn of(self, command: Command) -> String {
        self.named(self.here, command)
    }

    /// The first key of `command`, if it has one here.
    pub fn key(self, command: Command) -> Option<String> {
        self.first(self.here, command)
    }

    /// The keys that go to something related from here: `o u`.
    pub fn to(self, command: Command) -> String {
        let there = self.here.related();
        format!(
            "{} {}",
            self.of(Command::Related),
            self.named(there, command)
        )
    }

    fn named(self, context: Context, command: Command) -> String {
        let key = self.first(context, command);
        key.unwrap_or_else(|| format!(":{}", command.name()))
    }

    fn first(self, context: Context, command: Command) -> Option<String> {
        let mut keys = bindings(context)
            .filter(|binding| binding.command == command)
            .flat_map(|binding| self.keymap.keys(context, binding));
        keys.next().map(|key| key.name())
    }
}

impl Context {
    /// Where keys go after `o`.
    #[must_use]
    pub const fn related(self) -> Self {
        match self {
            Self::Users | Self::User => Self::OfUser,
            Self::Groups | Self::Group => Self::OfGroup,
            Self::Removals | Self::Guard | Self::Transfers | Self::Removal => Self::OfRemoval,
            Self::Tokens | Self::Token => Self::OfToken,
            Self::Audit | Self::Event => Self::OfEvent,
            Self::Alerts => Self::OfAlert,
            _ => Self::OfExchange,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_name_the_keys_in_force() {
        let keymap = Keymap::default();
        let keys = keymap.at(Context::Users);
        assert_eq!(keys.of(Command::Open), "Enter");
        assert_eq!(keys.to(Command::ToGroups), "o g");
        assert_eq!(keys.of(Command::Purge), ":purge");
        let text = "[users]\nopen = \"F4\"\nrelated = \"p\"\n[of-user]\nto-groups = \"x\"\n";
        let (keymap, problems) = Keymap::parse(text, "keys.toml");
        assert_eq!(problems, [""; 0]);
        let keys = keymap.at(Context::Users);
        assert_eq!(
            (keys.of(Command::Open), keys.to(Command::ToGroups)),
            ("F4".into(), "p x".into())
        );
        assert_eq!(keymap.at(Context::User).to(Command::ToGroups), "o x");
    }
}
