//! Keys in the lists and opened objects of every view but Live.

use crate::ops::api::Kind;
use crate::tui::action::Action;
use crate::tui::keymap::Command;
use crate::tui::state::list::{Cursor, Keyed as _};
use crate::tui::state::live::keys;
use crate::tui::state::pane::{Object, Pane, Tab};
use crate::tui::state::related::of_alert;
use crate::tui::state::removals::batch;
use crate::tui::state::{
    Model, acts, alerts, diagnosis, fetch, filter, health, page, places, related, sort,
};

impl Model {
    /// Where the list of the view shown is.
    pub fn cursor(&self) -> Option<&Cursor> {
        Some(match self.pane()? {
            Pane::Deletions => &self.removals.deletions.at,
            Pane::Holds => &self.removals.holds.at,
            Pane::Guard => &self.removals.guard.at,
            Pane::Transfers => &self.removals.transfers.at,
            Pane::Alerts => &self.alerts.at,
            Pane::Clients => &self.health.clients.at,
            Pane::Users => &self.users.list.at,
            Pane::Groups => &self.groups.list.at,
            Pane::Tokens => &self.token_list.list.at,
            Pane::Audit => &self.audit.list.at,
        })
    }

    pub(super) fn cursor_mut(&mut self) -> Option<&mut Cursor> {
        let pane = self.pane()?;
        Some(self.cursor_of(pane))
    }

    pub(super) fn cursor_of(&mut self, pane: Pane) -> &mut Cursor {
        match pane {
            Pane::Deletions => &mut self.removals.deletions.at,
            Pane::Holds => &mut self.removals.holds.at,
            Pane::Guard => &mut self.removals.guard.at,
            Pane::Transfers => &mut self.removals.transfers.at,
            Pane::Alerts => &mut self.alerts.at,
            Pane::Clients => &mut self.health.clients.at,
            Pane::Users => &mut self.users.list.at,
            Pane::Groups => &mut self.groups.list.at,
            Pane::Tokens => &mut self.token_list.list.at,
            Pane::Audit => &mut self.audit.list.at,
        }
    }

    /// Every list's.
    pub(super) fn cursors(&mut self) -> impl Iterator<Item = &mut Cursor> {
        let removals = &mut self.removals;
        [
            &mut removals.deletions.at,
            &mut removals.holds.at,
            &mut removals.guard.at,
            &mut removals.transfers.at,
            &mut self.alerts.at,
            &mut self.health.clients.at,
            &mut self.users.list.at,
            &mut self.groups.list.at,
            &mut self.token_list.list.at,
            &mut self.audit.list.at,
        ]
        .into_iter()
    }

    /// The key of the selected row.
    pub(super) fn selected_key(&self) -> Option<u128> {
        match self.pane()? {
            Pane::Deletions => self.removals.deletions.selected().map(|row| row.key()),
            Pane::Holds => self.removals.holds.selected().map(|row| row.key()),
            Pane::Guard => self.removals.guard.selected().map(|row| row.key()),
            Pane::Transfers => self.removals.transfers.selected().map(|row| row.key()),
            Pane::Alerts => self.alerts.selected().map(|row| row.key()),
            Pane::Clients => self.health.clients.selected().map(|row| row.key()),
            Pane::Users => self.users.list.selected().map(|row| row.key()),
            Pane::Groups => self.groups.list.selected().map(|row| row.key()),
            Pane::Tokens => self.token_list.list.selected().map(|row| row.key()),
            Pane::Audit => self.audit.list.selected().map(|row| row.key()),
        }
    }

    /// What opening the selected row opens, and its name.
    pub(super) fn selected_object(&self) -> Option<(Object, String)> {
        match self.pane()? {
            Pane::Deletions | Pane::Holds => {
                let row = self.removals.records()?.selected()?;
                Some((Object::Removal(row.seq), row.user_name.clone()))
            }
            Pane::Transfers => {
                let row = self.removals.transfers.selected()?;
                let name = row.from.user_name.clone();
                Some((Object::Removal(row.deletion), name))
            }
            Pane::Guard | Pane::Alerts | Pane::Clients => None,
            Pane::Users => {
                let row = self.users.list.selected()?;
                Some((Object::User(row.org, row.id), row.user_name.clone()))
            }
            Pane::Groups => {
                let row = self.groups.list.selected()?;
                Some((Object::Group(row.org, row.id), row.display_name.clone()))
            }
            Pane::Tokens => {
                let row = self.token_list.list.selected()?;
                Some((Object::Token(row.id.clone()), row.label.clone()))
            }
            Pane::Audit => {
                let row = self.audit.list.selected()?;
                Some((Object::Event(row.seq), format!("event #{}", row.seq)))
            }
        }
    }
}

/// What a key does there.
pub fn key(model: &mut Model, command: Command) -> Vec<Action> {
    if acts::is_act(command) {
        return acts::begin(model, command).into_iter().collect();
    }
    if model.has_open() {
        return in_open(model, command);
    }
    let page = isize::try_from(model.areas().table.height.max(2) - 1).unwrap_or(1);
    let Some(at) = model.cursor_mut() else {
        return Vec::new();
    };
    match command {
        Command::Up => at.step(-1),
        Command::Down => at.step(1),
        Command::PageUp => at.step(-page),
        Command::PageDown => at.step(page),
        Command::Top => at.step(isize::MIN),
        Command::Bottom => at.step(isize::MAX),
        Command::NextTab | Command::PreviousTab => {
            let by = if command == Command::NextTab { 1 } else { -1 };
            model.removals.turn(by);
            return fetch::reload(model);
        }
        Command::Acknowledge => return alerts::acknowledge(model).into_iter().collect(),
        Command::Sort => return sort::turn(model),
        Command::Reverse => return sort::reverse(model),
        Command::Mark | Command::MarkedOnly => mark(model, command),
        Command::Verify => return acts::verify(model).into_iter().collect(),
        Command::Only | Command::Hide => return filter::narrow(model, command == Command::Hide),
        Command::Open => return open(model),
        _ => {}
    }
    fetch::further(model).into_iter().collect()
}

fn mark(model: &mut Model, command: Command) {
    macro_rules! mark {
        ($list:expr) => {
            match command {
                Command::Mark => $list.mark(),
                _ if !$list.toggle_marked() => keys::nothing_marked(model),
                _ => {}
            }
        };
    }
    match model.pane() {
        Some(Pane::Deletions) => mark!(model.removals.deletions),
        Some(Pane::Holds) => mark!(model.removals.holds),
        Some(Pane::Transfers) => mark!(model.removals.transfers),
        Some(Pane::Users) => mark!(model.users.list),
        Some(Pane::Groups) => mark!(model.groups.list),
        Some(Pane::Tokens) => mark!(model.token_list.list),
        Some(Pane::Audit) => mark!(model.audit.list),
        Some(Pane::Guard | Pane::Alerts | Pane::Clients) | None => {}
    }
}

fn open(model: &mut Model) -> Vec<Action> {
    if model.pane() == Some(Pane::Guard) {
        let Some(batch) = model.removals.guard.selected().and_then(|guard| {
            let last = guard.last.as_ref();
            batch(guard).or(last).map(|batch| batch.id)
        }) else {
            model.say("the guard of this Org has never opened");
            return Vec::new();
        };
        return places::filtered(model, Pane::Deletions, &format!("batch:{batch}"));
    }
    match model.pane() {
        Some(Pane::Alerts) => return of_alert::evidence(model),
        Some(Pane::Clients) => return health::open(model),
        _ => {}
    }
    match model.selected_object() {
        Some((object, name)) => places::open(model, object, &name),
        None => Vec::new(),
    }
}

/// Opens the selected line of what is opened: a member of a group, a request of a diagnosis.
fn open_chosen(model: &mut Model) -> Vec<Action> {
    let Some(open) = model.open() else {
        return Vec::new();
    };
    if let (Tab::Diagnosis, Some(found)) = (open.tab, &open.diagnosis.here) {
        let request = diagnosis::requests(found).nth(open.at.chosen).copied();
        let request = request.map(|id| related::exchange(model, id.to_string(), false));
        return request.into_iter().collect();
    }
    let (Object::Group(org, _), Some(member)) = (&open.object, open.selected_member()) else {
        return Vec::new();
    };
    let object = match member.kind {
        Kind::User => Object::User(*org, member.id),
        Kind::Group => Object::Group(*org, member.id),
    };
    let name = member.display.clone();
    places::jump(model, object, &name)
}

fn in_open(model: &mut Model, command: Command) -> Vec<Action> {
    if command == Command::Open {
        return open_chosen(model);
    }
    let area = model.areas().detail;
    // A page has a line of tabs above it.
    let height = usize::from(area.height.saturating_sub(1));
    let Some(open) = model.open() else {
        return Vec::new();
    };
    let choices = page::choices(model, open, usize::from(area.width.saturating_sub(2)));
    let Some(open) = model.open_mut() else {
        return Vec::new();
    };
    match command {
        Command::NextTab => open.turn(1),
        Command::PreviousTab => open.turn(-1),
        _ => {
            open.at.go(command, &choices, height);
            return Vec::new();
        }
    }
    fetch::tab(model, false).into_iter().collect()
}
