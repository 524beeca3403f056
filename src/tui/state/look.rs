//! Which theme is shown: the runner has it, this knows its name.

use crate::tui::action::Action;
use crate::tui::state::{Mode, Model};

/// The theme.
#[derive(Debug, Default)]
pub struct Look {
    /// The names there are.
    pub themes: Vec<String>,
    /// The one that stays.
    pub kept: String,
    /// The one that is shown: while the palette is open, it may be another.
    pub shown: String,
    /// The last one asked for could not be shown.
    faulty: bool,
}

impl Look {
    /// The theme at the start, and those there are.
    pub fn new(name: &str, themes: Vec<String>) -> Self {
        Self {
            themes,
            kept: name.to_owned(),
            shown: name.to_owned(),
            faulty: false,
        }
    }
}

/// A theme was asked for, and now `shown` is there: the one before, if there was a `fault`.
pub fn changed(model: &mut Model, shown: String, fault: Option<String>) -> Option<Action> {
    let deciding = matches!(model.mode, Mode::Palette(_));
    let was_faulty = std::mem::replace(&mut model.look.faulty, fault.is_some());
    model.look.shown = shown;
    match fault {
        Some(fault) => {
            model.say(fault);
            let kept = &model.look.kept;
            let back = !deciding && *kept != model.look.shown;
            return back.then(|| Action::Theme(kept.clone()));
        }
        None if was_faulty => model.say("the theme is fine now"),
        None => {}
    }
    if !deciding {
        model.look.kept.clone_from(&model.look.shown);
    }
    None
}
