//! The filter of every view: typed, kept, given up, switched off and on.
//!
//! Live applies it to what it holds, at once. The other lists are asked for anew, a moment after
//! the last key.

use crossterm::event::KeyEvent;
use tui_input::Input;
use tui_input::backend::crossterm::to_input_request;

use crate::model::exchange_filter::FilterError;
use crate::tui::action::{Action, Wake};
use crate::tui::state::pane::View;
use crate::tui::state::{Mode, Model, fetch};

/// A filter being typed.
#[derive(Debug, Default)]
pub struct Editing {
    /// The text.
    pub input: Input,
    /// What is wrong with it; the last valid filter is in force.
    pub error: Option<FilterError>,
    before: (String, bool),
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

/// Keeps the filter; in Live one with a fault stays open, and the fault is said.
pub fn keep(model: &mut Model) -> Vec<Action> {
    if let Mode::Filter(editing) = &model.mode
        && let Some(error) = &editing.error
    {
        let message = error.message.clone();
        model.say(message);
        return Vec::new();
    }
    let actions = apply(model);
    model.mode = Mode::Normal;
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
