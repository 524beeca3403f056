//! The filter of every view: typed, kept, given up, switched off and on.
//!
//! Live applies it to what it holds, at once. The other lists are asked for anew, a moment after
//! the last key.

use std::ops::Range;

use crossterm::event::KeyEvent;
use serde_json::Value;
use tui_input::Input;
use tui_input::backend::crossterm::to_input_request;

use crate::model::exchange_filter::FilterError;
use crate::tui::action::{Action, Wake};
use crate::tui::keymap::Command;
use crate::tui::shelf::Change;
use crate::tui::state::memory::{Recall, section};
use crate::tui::state::pane::{Pane, View};
use crate::tui::state::{Mode, Model, fetch};

/// A filter being typed.
#[derive(Debug, Default)]
pub struct Editing {
    /// The text.
    pub input: Input,
    /// What is wrong with it; the last valid filter is in force.
    pub error: Option<FilterError>,
    before: (String, bool),
    recall: Recall,
}

/// Begins to type.
pub fn begin(model: &mut Model) {
    let (text, on) = match model.cursor() {
        Some(at) => (at.filter.clone(), !at.filter_off),
        None => (model.live.filter.clone(), model.live.filter_on),
    };
    model.mode = Mode::Filter(Editing {
        input: Input::new(text.clone()),
        error: None,
        before: (text, on),
        recall: Recall::default(),
    });
}

/// Takes in a key that is text.
pub fn typed(model: &mut Model, key: KeyEvent) -> Vec<Action> {
    let Mode::Filter(editing) = &mut model.mode else {
        return Vec::new();
    };
    let Some(request) = to_input_request(&crossterm::event::Event::Key(key)) else {
        return Vec::new();
    };
    editing.input.handle(request);
    changed(model)
}

/// A filter typed before, or after.
pub fn recall(model: &mut Model, command: Command) -> Vec<Action> {
    let Mode::Filter(editing) = &mut model.mode else {
        return Vec::new();
    };
    let lines = model.memory.filters(model.view);
    let older = command == Command::Up;
    let Some(line) = editing.recall.step(lines, older, editing.input.value()) else {
        return Vec::new();
    };
    editing.input = Input::new(line);
    changed(model)
}

/// Something else stands there now: Live applies it at once, a list when no more is typed.
fn changed(model: &mut Model) -> Vec<Action> {
    let Mode::Filter(editing) = &mut model.mode else {
        return Vec::new();
    };
    if model.view == View::Live {
        let result = model.live.set_filter(editing.input.value(), model.now);
        editing.error = result.err();
        return Vec::new();
    }
    model.typed += 1;
    vec![Action::Wake(Wake::Filter(model.typed))]
}

/// Applies what is typed so far to the list.
pub fn apply(model: &mut Model) -> Vec<Action> {
    let Mode::Filter(editing) = &model.mode else {
        return Vec::new();
    };
    let text = editing.input.value().to_owned();
    set(model, &text, true)
}

/// Sets the filter of the list and asks for its rows, if it is another one.
pub fn set(model: &mut Model, text: &str, on: bool) -> Vec<Action> {
    let Some(at) = model.cursor_mut() else {
        return Vec::new();
    };
    if at.filter == text && at.filter_off != on {
        return Vec::new();
    }
    text.clone_into(&mut at.filter);
    at.filter_off = !on;
    fetch::reload(model)
}

/// The part of the filter being typed that is at fault, as far as that is known.
pub fn fault(model: &Model) -> Option<(Range<usize>, String)> {
    let Mode::Filter(editing) = &model.mode else {
        return None;
    };
    if let Some(error) = &editing.error {
        return Some((error.span.clone(), error.message.clone()));
    }
    let (at, typed) = (model.cursor()?, editing.input.value());
    let error = at.error.as_ref().filter(|_| at.filter == typed)?;
    Some((place(error, typed)?, error.clone()))
}

/// The word of `typed` that an error of the operations API is about: it names the character.
fn place(error: &str, typed: &str) -> Option<Range<usize>> {
    let (_, rest) = error.split_once("at character ")?;
    let digits = rest.split(|c: char| !c.is_ascii_digit()).next()?;
    let before = digits.parse::<usize>().ok()?.checked_sub(1)?;
    let typed = typed.trim_end();
    let mut starts = typed.char_indices().map(|(at, _)| at);
    // A fault at the end is one of the last word.
    let at = starts.nth(before).unwrap_or(typed.len());
    let start = match typed[at..].chars().next() {
        Some(_) => at,
        None => typed.rfind(' ').map_or(0, |space| space + 1),
    };
    let end = typed[start..]
        .find(' ')
        .map_or(typed.len(), |space| start + space);
    Some(start..end)
}

/// Keeps the filter; one with a fault stays open, and the fault is said.
pub fn keep(model: &mut Model) -> Vec<Action> {
    if let Some((_, message)) = fault(model) {
        model.say(message);
        return Vec::new();
    }
    let actions = apply(model);
    if let Mode::Filter(editing) = std::mem::take(&mut model.mode) {
        model.memory.filters(model.view).push(editing.input.value());
    }
    actions
}

/// Back to the filter before.
pub fn cancel(model: &mut Model) -> Vec<Action> {
    let Mode::Filter(editing) = std::mem::take(&mut model.mode) else {
        return Vec::new();
    };
    let (text, on) = editing.before;
    if model.view != View::Live {
        return set(model, &text, on);
    }
    // It was in force before, hence it is valid.
    if model.live.set_filter(&text, model.now).is_ok() && !on {
        model.live.toggle_filter(model.now);
    }
    Vec::new()
}

/// Switches the filter off, or on again.
pub fn toggle(model: &mut Model) -> Vec<Action> {
    let Some(at) = model.cursor_mut() else {
        model.live.toggle_filter(model.now);
        return Vec::new();
    };
    at.filter_off = !at.filter_off;
    fetch::reload(model)
}

/// The filter that is set in the view shown, switched off or not.
fn text(model: &Model) -> &str {
    match model.cursor() {
        Some(at) => &at.filter,
        None => &model.live.filter,
    }
}

/// Applies a filter in the view shown.
fn put(model: &mut Model, text: &str) -> Vec<Action> {
    if model.view != View::Live {
        return set(model, text, true);
    }
    if let Err(error) = model.live.set_filter(text, model.now) {
        model.say(error.message);
    }
    Vec::new()
}

/// Applies the saved filter of that name.
pub fn apply_saved(model: &mut Model, name: &str) -> Vec<Action> {
    let saved = model
        .memory
        .saved(model.view)
        .find(|(saved, _)| *saved == name);
    let Some(text) = saved.map(|(_, text)| text.clone()) else {
        model.say(unknown(name));
        return Vec::new();
    };
    model.memory.filters(model.view).push(&text);
    put(model, &text)
}

/// Saves the filter that is set under a name.
pub fn save(model: &mut Model, name: String) -> Vec<Action> {
    let filter = text(model).to_owned();
    if filter.is_empty() {
        model.say("no filter is set here");
        return Vec::new();
    }
    model.say(format!("saved; :filter {name} applies it"));
    shelve(model, name, Some(filter))
}

/// Forgets the saved filter of that name.
pub fn forget(model: &mut Model, name: String) -> Vec<Action> {
    if model
        .memory
        .saved(model.view)
        .all(|(saved, _)| *saved != name)
    {
        model.say(unknown(&name));
        return Vec::new();
    }
    model.say(format!("the filter {name} is forgotten"));
    shelve(model, name, None)
}

fn shelve(model: &Model, name: String, filter: Option<String>) -> Vec<Action> {
    vec![Action::SaveFilter(Change {
        view: section(model.view),
        name,
        filter,
    })]
}

fn unknown(name: &str) -> String {
    format!("no filter {name} is saved for this view; :filter save {name} saves the one set")
}

/// Only what has the name of the selected row, or all but that.
pub fn narrow(model: &mut Model, hide: bool) -> Vec<Action> {
    let kept = model.cursor().map_or("", |at| at.filter()).to_owned();
    let Some((attribute, name)) = named(model) else {
        return Vec::new();
    };
    let text = if let Some(attribute) = attribute {
        let operator = if hide { "ne" } else { "eq" };
        let term = format!("{attribute} {operator} {}", Value::from(name));
        // Words cannot be joined with a term.
        if compares(&kept) {
            format!("({kept}) and {term}")
        } else {
            term
        }
    } else {
        let stays = |word: &&str| word.contains(':');
        let kept = kept.split_whitespace().filter(stays);
        let words: Vec<&str> = kept.chain([name.as_str()]).collect();
        words.join(" ")
    };
    model.memory.filters(model.view).push(&text);
    set(model, &text, true)
}

/// The selected row's name, and the attribute that has it where filters are SCIM's.
fn named(model: &Model) -> Option<(Option<&'static str>, String)> {
    Some(match model.pane()? {
        Pane::Users => {
            let user = model.users.list.selected()?;
            (Some("userName"), user.user_name.clone())
        }
        Pane::Groups => {
            let group = model.groups.list.selected()?;
            (Some("displayName"), group.display_name.clone())
        }
        _ => {
            let row = model.removals.records()?.selected()?;
            let erased = row.user_name.is_empty();
            let name = if erased {
                row.user.to_string()
            } else {
                row.user_name.clone()
            };
            (None, name)
        }
    })
}

/// True for a SCIM filter; else it is words.
fn compares(text: &str) -> bool {
    const OPERATORS: [&str; 10] = ["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le", "pr"];
    let mut words = text.split([' ', '(', ')', '[', ']']).skip(1);
    words.any(|word| {
        OPERATORS
            .iter()
            .any(|operator| word.eq_ignore_ascii_case(operator))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_at_fault_is_found() {
        for (error, typed, expected) in [
            ("wrong at character 1: x", "secret eq 1", Some("secret")),
            ("wrong at character 12: x", "userName eq", Some("eq")),
            ("wrong at character 8: x", "active gt true", Some("gt")),
            ("wrong at character 3: x", "ä é eq", Some("é")),
            ("wrong at character 99: x", "", Some("")),
            ("wrong at character 0: x", "a", None),
            ("the daemon is gone", "a", None),
        ] {
            let found = place(error, typed).map(|span| &typed[span]);
            assert_eq!(found, expected, "{error} {typed}");
        }
    }

    #[test]
    fn filters_are_told_from_words() {
        for (text, expected) in [
            ("userName eq \"a\"", true),
            ("not (active eq true)", true),
            ("ada lovelace", false),
            ("eq", false),
            ("", false),
        ] {
            assert_eq!(compares(text), expected, "{text}");
        }
    }
}
