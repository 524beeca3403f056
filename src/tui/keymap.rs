//! Which key does what: one table for input, key bar and help.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// Where a key is pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Context {
    /// The list of exchanges.
    Live,
    /// One exchange.
    Detail,
    /// The filter is being typed; keys that are not in the table are text.
    Filter,
    /// After `y`.
    Copying,
    /// The list of keys.
    Help,
    /// The newcomer's page.
    Welcome,
    /// The question what quitting means.
    Quit,
}

/// What a key does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // the table below says it
pub enum Command {
    Up,
    Down,
    Left,
    Right,
    Top,
    Bottom,
    PageUp,
    PageDown,
    Open,
    Back,
    NextTab,
    PreviousTab,
    Tab(u8),
    Filter,
    FilterApply,
    FilterCancel,
    FilterToggle,
    Only,
    Hide,
    NextError,
    PreviousError,
    Follow,
    Raw,
    Wrap,
    Copy,
    CopyId,
    CopyCurl,
    CopyToken,
    Zoom,
    Help,
    Repaint,
    Quit,
    Stop,
}

/// A row of the table.
pub struct Binding {
    /// Where it holds.
    pub contexts: &'static [Context],
    /// The keys.
    pub keys: &'static [Key],
    /// What they do.
    pub command: Command,
    /// For the key bar; empty: not there.
    pub label: &'static str,
    /// For the list of keys.
    pub help: &'static str,
}

/// A key with or without Ctrl.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    code: KeyCode,
    ctrl: bool,
}

const fn c(letter: char) -> Key {
    key(KeyCode::Char(letter))
}

const fn ctrl(letter: char) -> Key {
    Key {
        code: KeyCode::Char(letter),
        ctrl: true,
    }
}

const fn key(code: KeyCode) -> Key {
    Key { code, ctrl: false }
}

use Context::{Copying, Detail, Filter, Help, Live, Quit, Welcome};

const READ: &[Context] = &[Live, Detail, Help];
const OUT: &[Context] = &[Live, Detail];

macro_rules! bindings {
    ($($contexts:expr, [$($key:expr),*], $command:expr, $label:literal, $help:literal;)*) => {
        &[$(Binding {
            contexts: $contexts,
            keys: &[$($key),*],
            command: $command,
            label: $label,
            help: $help,
        },)*]
    };
}

/// The table. Order is the order of key bar and help.
pub const TABLE: &[Binding] = bindings! {
    &[Live], [key(KeyCode::Enter)], Command::Open, "open", "open the exchange";
    &[Detail, Help, Copying], [key(KeyCode::Esc)], Command::Back, "back", "back to where you were";
    READ, [c('j'), key(KeyCode::Down)], Command::Down, "", "down";
    READ, [c('k'), key(KeyCode::Up)], Command::Up, "", "up";
    READ, [c('g'), key(KeyCode::Home)], Command::Top, "", "to the first";
    READ, [c('G'), key(KeyCode::End)], Command::Bottom, "", "to the last; follow again";
    READ, [key(KeyCode::PageUp)], Command::PageUp, "", "a page up";
    READ, [key(KeyCode::PageDown)], Command::PageDown, "", "a page down";
    &[Live], [c('h'), key(KeyCode::Left)], Command::Left, "", "column to the left";
    &[Live], [c('l'), key(KeyCode::Right)], Command::Right, "", "column to the right";
    &[Detail], [key(KeyCode::Tab), c('l'), key(KeyCode::Right)], Command::NextTab, "next tab", "next tab";
    &[Detail], [key(KeyCode::BackTab), c('h'), key(KeyCode::Left)], Command::PreviousTab, "", "tab before";
    &[Detail], [c('1')], Command::Tab(0), "", "summary: why, do";
    &[Detail], [c('2')], Command::Tab(1), "", "request";
    &[Detail], [c('3')], Command::Tab(2), "", "response";
    &[Detail], [c('4')], Command::Tab(3), "", "diff: before and after";
    &[Live], [c('/')], Command::Filter, "filter", "filter as you type";
    &[Live], [c(' ')], Command::Follow, "pause", "pause or follow";
    &[Live], [c('e')], Command::NextError, "next error", "next failed exchange";
    OUT, [c('?')], Command::Help, "keys", "this list";
    &[Live, Welcome], [c('q')], Command::Quit, "quit", "quit; asks if that stops the endpoint";
    OUT, [c('y')], Command::Copy, "copy", "copy to the clipboard: then i or c";
    &[Live], [c('\\')], Command::FilterToggle, "filter on/off", "filter off and on again";
    &[Live], [c('E')], Command::PreviousError, "", "failed exchange before";
    &[Live], [c('*')], Command::Only, "only this value", "only exchanges with the value under the cursor";
    &[Live], [c('!')], Command::Hide, "hide this value", "no exchanges with the value under the cursor";
    &[Detail], [c('r')], Command::Raw, "raw/pretty", "body as sent or laid out";
    &[Detail], [c('w')], Command::Wrap, "wrap", "wrap long lines or cut them";
    &[Copying], [c('i')], Command::CopyId, "request id", "copy the request id";
    &[Copying], [c('c')], Command::CopyCurl, "curl without its secret", "copy as a curl command, without its secret";
    OUT, [c('z')], Command::Zoom, "zoom", "use the whole screen, or not";
    &[Filter], [key(KeyCode::Enter)], Command::FilterApply, "apply", "keep the filter";
    &[Filter], [key(KeyCode::Esc)], Command::FilterCancel, "cancel", "back to the filter before";
    &[Welcome], [key(KeyCode::Enter), key(KeyCode::Esc)], Command::Back, "to the live view (the token is not shown again)", "to the live view";
    &[Welcome], [c('y')], Command::CopyToken, "copy the token", "copy the token";
    &[Quit], [c('s'), ctrl('c')], Command::Stop, "stop the endpoint", "stop the endpoint and leave";
    &[Quit], [key(KeyCode::Esc), c('n')], Command::Back, "stay", "stay";
    &[Help], [c('?')], Command::Back, "", "back";
    &[Live, Detail, Help, Copying, Filter, Welcome, Quit], [ctrl('l')], Command::Repaint, "", "draw the screen anew";
    &[Live, Detail, Help, Copying, Welcome], [ctrl('c')], Command::Quit, "", "quit; asks if that stops the endpoint";
    &[Filter], [ctrl('c')], Command::FilterCancel, "", "back to the filter before";
    &[Detail, Help], [c('q')], Command::Back, "", "back";
};

/// What `event` does in `context`.
pub fn command(context: Context, event: KeyEvent) -> Option<Command> {
    let pressed = Key {
        code: event.code,
        ctrl: event.modifiers.contains(KeyModifiers::CONTROL),
    };
    if event.modifiers.contains(KeyModifiers::ALT) {
        return None;
    }
    bindings(context)
        .find(|binding| binding.keys.contains(&pressed))
        .map(|binding| binding.command)
}

/// The rows of the table that hold in `context`.
pub fn bindings(context: Context) -> impl Iterator<Item = &'static Binding> {
    TABLE
        .iter()
        .filter(move |binding| binding.contexts.contains(&context))
}

impl Key {
    /// The key as an operator knows it.
    pub fn name(self) -> String {
        let name = match self.code {
            KeyCode::Char(' ') => "space".to_owned(),
            KeyCode::Char(letter) => letter.to_string(),
            KeyCode::Enter => "⏎".to_owned(),
            KeyCode::Up => "up".to_owned(),
            KeyCode::Down => "down".to_owned(),
            KeyCode::Left => "left".to_owned(),
            KeyCode::Right => "right".to_owned(),
            KeyCode::PageUp => "PgUp".to_owned(),
            KeyCode::PageDown => "PgDn".to_owned(),
            KeyCode::BackTab => "Shift-Tab".to_owned(),
            other => format!("{other:?}"),
        };
        if self.ctrl {
            format!("Ctrl-{}", name.to_uppercase())
        } else {
            name
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONTEXTS: [Context; 7] = [Live, Detail, Filter, Copying, Help, Welcome, Quit];

    #[test]
    fn no_key_does_two_things_in_one_place() {
        for context in CONTEXTS {
            let mut seen: Vec<Key> = Vec::new();
            for key in bindings(context).flat_map(|binding| binding.keys) {
                assert!(!seen.contains(key), "{context:?}: {}", key.name());
                seen.push(*key);
            }
        }
    }

    #[test]
    fn every_place_can_be_left_without_a_ctrl_chord() {
        for context in CONTEXTS {
            let way_out = bindings(context).any(|binding| {
                matches!(
                    binding.command,
                    Command::Back | Command::FilterCancel | Command::Quit
                ) && binding.keys.iter().any(|key| !key.ctrl)
            });
            assert!(way_out, "{context:?}");
        }
    }

    #[test]
    fn every_row_can_be_explained() {
        for binding in TABLE {
            assert!(!binding.help.is_empty() && !binding.keys.is_empty());
            assert!(binding.keys.iter().all(|key| !key.name().is_empty()));
        }
    }

    #[test]
    fn shift_is_in_the_letter_and_ctrl_is_not() {
        let press = |code, modifiers| command(Live, KeyEvent::new(code, modifiers));
        let shift = press(KeyCode::Char('G'), KeyModifiers::SHIFT);
        assert_eq!(shift, Some(Command::Bottom));
        let plain = press(KeyCode::Char('l'), KeyModifiers::NONE);
        assert_eq!(plain, Some(Command::Right));
        let ctrl = press(KeyCode::Char('l'), KeyModifiers::CONTROL);
        assert_eq!(ctrl, Some(Command::Repaint));
    }
}
