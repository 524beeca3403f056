//! The palette: a command, or the name of something to go to, typed after `:`.
//!
//! What it offers is gathered when it opens and stays so while it is open; a theme that is
//! highlighted is shown at once.

use crossterm::event::KeyEvent;
use tui_input::Input;
use tui_input::backend::crossterm::to_input_request;

use crate::ids::OrgId;
use crate::model::diagnosis::About;
use crate::model::runbook::Runbook;
use crate::ops::api::diagnose::Question;
use crate::tui::action::Action;
use crate::tui::call::Call;
use crate::tui::keymap::{Command, Context};
use crate::tui::state::memory::Recall;
use crate::tui::state::pane::{Object, Pane};
use crate::tui::state::{Mode, Model, filter, perform, places, related, scope, sheet};

mod offer;

pub use offer::Entry;

/// What a line of the palette does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    /// What a key does.
    Do(Command),
    /// Go to something that is known.
    Go(Object, String),
    /// Look for a user and go there.
    User(OrgId, String),
    /// Look for an exchange, by number or request id, and go there.
    Request(String),
    /// Diagnose something.
    Diagnose(About, Option<String>),
    /// Read a runbook.
    Runbook(Runbook),
    /// Go to a list, filtered.
    List(Pane, String),
    /// Narrow every view to an Org, or to none.
    Org(Option<OrgId>),
    /// Show a theme, until the dashboard ends.
    Theme(String),
    /// Apply a saved filter.
    Filter(String),
    /// Save the filter that is set.
    Save(String),
    /// Forget a saved filter.
    Forget(String),
    /// Nothing yet: it has to be typed to its end.
    Complete,
}

/// A command being typed.
#[derive(Debug)]
pub struct Palette {
    /// What stands there.
    pub input: Input,
    /// What fits it, best first.
    pub matches: Vec<Entry>,
    /// Which of them is highlighted.
    pub selected: usize,
    offered: Vec<Entry>,
    recall: Recall,
}

impl Palette {
    /// The highlighted line.
    pub fn highlighted(&self) -> Option<&Entry> {
        self.matches.get(self.selected)
    }

    fn set(&mut self, text: String) {
        self.input = Input::new(text);
        self.search();
    }

    fn search(&mut self) {
        self.matches = offer::search(&self.offered, self.input.value());
        self.selected = 0;
    }

    /// Completes to what is highlighted; if that stands there already, to the next.
    fn complete(&mut self, by: isize) {
        let stands = |entry: &Entry| entry.text == self.input.value();
        if self.highlighted().is_some_and(stands) {
            let last = self.matches.len() - 1;
            self.selected = match self.selected.checked_add_signed(by) {
                Some(next) if next <= last => next,
                Some(_) => 0,
                None => last,
            };
        }
        if let Some(entry) = self.highlighted() {
            self.input = Input::new(entry.text.clone());
        }
    }
}

/// Opens it.
pub fn open(model: &mut Model) {
    let offered = offer::gather(model);
    let matches = offer::search(&offered, "");
    model.mode = Mode::Palette(Box::new(Palette {
        input: Input::default(),
        matches,
        selected: 0,
        offered,
        recall: Recall::default(),
    }));
}

/// Takes in a key that is text.
pub fn typed(model: &mut Model, key: KeyEvent) -> Vec<Action> {
    let Mode::Palette(palette) = &mut model.mode else {
        return Vec::new();
    };
    if let Some(request) = to_input_request(&crossterm::event::Event::Key(key))
        && palette
            .input
            .handle(request)
            .is_some_and(|change| change.value)
    {
        palette.search();
    }
    preview(model)
}

/// A key of the table.
pub fn key(model: &mut Model, command: Command) -> Vec<Action> {
    let Mode::Palette(palette) = &mut model.mode else {
        return Vec::new();
    };
    match command {
        Command::NextTab => palette.complete(1),
        Command::PreviousTab => palette.complete(-1),
        Command::Up | Command::Down => {
            let now = palette.input.value().to_owned();
            let lines = &model.memory.commands;
            let line = palette.recall.step(lines, command == Command::Up, &now);
            if let Some(line) = line {
                palette.set(line);
            }
        }
        Command::Confirm => return run(model),
        _ => return close(model),
    }
    preview(model)
}

/// Closes it; a theme that was only looked at goes.
fn close(model: &mut Model) -> Vec<Action> {
    model.mode = Mode::Normal;
    show(model, model.look.kept.clone())
}

fn show(model: &mut Model, theme: String) -> Vec<Action> {
    if model.look.shown == theme {
        return Vec::new();
    }
    model.look.shown.clone_from(&theme);
    vec![Action::Theme(theme)]
}

/// Shows the highlighted theme, or else the one that stays.
fn preview(model: &mut Model) -> Vec<Action> {
    let Mode::Palette(palette) = &model.mode else {
        return Vec::new();
    };
    let about_themes = palette.input.value().starts_with("theme");
    let theme = match palette.highlighted().map(|entry| &entry.deed) {
        Some(Deed::Theme(name)) if about_themes && model.look.themes.contains(name) => name,
        _ => &model.look.kept,
    };
    show(model, theme.clone())
}

/// Does what is highlighted.
fn run(model: &mut Model) -> Vec<Action> {
    let Mode::Palette(palette) = &mut model.mode else {
        return Vec::new();
    };
    let typed = palette.input.value().trim().to_owned();
    if typed.is_empty() {
        return close(model);
    }
    let Some(entry) = palette.highlighted().cloned() else {
        let close = model.keymap.at(Context::Palette).of(Command::Back);
        let help = model.keys().of(Command::Help);
        let text = format!("there is no command {typed}; {close}, then {help} lists the keys");
        model.say(text);
        return Vec::new();
    };
    let exact = entry.text == typed;
    if entry.deed == Deed::Complete || (matches!(entry.deed, Deed::Forget(_)) && !exact) {
        palette.set(entry.text);
        return Vec::new();
    }
    model.memory.commands.push(&entry.text);
    let mut actions = match entry.deed {
        // The theme that is shown may be another than the one that was there.
        Deed::Theme(_) => Vec::new(),
        _ => close(model),
    };
    model.mode = Mode::Normal;
    actions.extend(carry_out(model, entry.deed));
    actions
}

fn carry_out(model: &mut Model, deed: Deed) -> Vec<Action> {
    match deed {
        Deed::Do(command) => perform(model, command),
        Deed::Go(object, name) => places::jump(model, object, &name),
        Deed::User(org, which) => {
            let org = org.to_string();
            vec![related::seek(model, Call::User { org, which }, false)]
        }
        Deed::Request(which) => vec![related::exchange(model, which, false)],
        Deed::Diagnose(about, which) => {
            let org = model.org.map(|org| org.to_string());
            vec![sheet::ask(model, Question { about, which, org })]
        }
        Deed::Runbook(runbook) => {
            sheet::read(model, runbook);
            Vec::new()
        }
        Deed::List(pane, text) => places::filtered(model, pane, &text),
        Deed::Org(org) => scope::narrow(model, org),
        Deed::Theme(name) => {
            model.say(format!(
                "{name}, until you leave; theme = \"{name}\" in config.toml keeps it"
            ));
            model.look.shown.clone_from(&name);
            vec![Action::Theme(name)]
        }
        Deed::Filter(name) => filter::apply_saved(model, &name),
        Deed::Save(name) => filter::save(model, name),
        Deed::Forget(name) => filter::forget(model, name),
        Deed::Complete => Vec::new(),
    }
}

#[cfg(test)]
mod tests;
