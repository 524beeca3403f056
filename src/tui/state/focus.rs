//! What is looked at: where keys go, which list is shown, what is opened in it.

use crate::tui::keymap::{Context, Keys};
use crate::tui::state::open::Open;
use crate::tui::state::pane::{Pane, View};
use crate::tui::state::{Mode, Model};

impl Model {
    /// Where keys go.
    pub fn context(&self) -> Context {
        match self.mode {
            Mode::Filter(_) => Context::Filter,
            Mode::Copy if self.view == View::Live && self.sheet.is_none() => Context::Copying,
            Mode::Copy => Context::CopyingRow,
            Mode::Export => Context::Exporting,
            Mode::Confirm(_) => Context::Confirm,
            Mode::Orgs(_) => Context::Orgs,
            Mode::Help(_) => Context::Help,
            Mode::Quit => Context::Quit,
            Mode::Palette(_) => Context::Palette,
            Mode::Related => self.of_what(),
            Mode::Normal if self.issued.is_some() => Context::Issued,
            Mode::Normal if self.sheet.is_some() => Context::Sheet,
            Mode::Normal if self.report.is_some() => Context::Report,
            Mode::Normal if self.welcome.is_some() => Context::Welcome,
            Mode::Normal => self.place(),
        }
    }

    /// The keys of the place that is shown, whatever lies over it.
    pub fn keys(&self) -> Keys<'_> {
        self.keymap.at(self.place())
    }

    /// Where keys go if nothing lies over the view.
    fn place(&self) -> Context {
        match (self.view, self.has_open()) {
            (View::Live, false) => Context::Live,
            (View::Live, true) => Context::Detail,
            (View::Alerts, _) => Context::Alerts,
            (View::Health, _) => Context::Health,
            (View::Users, false) => Context::Users,
            (View::Users, true) => Context::User,
            (View::Groups, false) => Context::Groups,
            (View::Groups, true) => Context::Group,
            (View::Tokens, false) => Context::Tokens,
            (View::Tokens, true) => Context::Token,
            (View::Audit, false) => Context::Audit,
            (View::Audit, true) => Context::Event,
            (View::Removals, true) => Context::Removal,
            (View::Removals, false) => match self.removals.pane {
                Pane::Guard => Context::Guard,
                Pane::Transfers => Context::Transfers,
                _ => Context::Removals,
            },
        }
    }

    /// Where keys go after `o`.
    pub(super) fn of_what(&self) -> Context {
        self.place().related()
    }

    /// What is opened in the view shown, other than an exchange.
    pub const fn open(&self) -> Option<&Open> {
        match self.view {
            View::Live | View::Alerts | View::Health => None,
            View::Users => self.users.open.as_ref(),
            View::Groups => self.groups.open.as_ref(),
            View::Removals => self.removals.open.as_ref(),
            View::Tokens => self.token_list.open.as_ref(),
            View::Audit => self.audit.open.as_ref(),
        }
    }

    pub(super) const fn open_mut(&mut self) -> Option<&mut Open> {
        match self.view {
            View::Live | View::Alerts | View::Health => None,
            View::Users => self.users.open.as_mut(),
            View::Groups => self.groups.open.as_mut(),
            View::Removals => self.removals.open.as_mut(),
            View::Tokens => self.token_list.open.as_mut(),
            View::Audit => self.audit.open.as_mut(),
        }
    }

    /// Opens something in a view, or closes what is open there; an exchange is not for here.
    pub(super) fn set_open(&mut self, view: View, open: Option<Open>) {
        match view {
            View::Live | View::Alerts | View::Health => {}
            View::Users => self.users.open = open,
            View::Groups => self.groups.open = open,
            View::Removals => self.removals.open = open,
            View::Tokens => self.token_list.open = open,
            View::Audit => self.audit.open = open,
        }
    }

    pub(super) fn has_open(&self) -> bool {
        match self.view {
            View::Live => self.detail.is_some(),
            _ => self.open().is_some(),
        }
    }

    /// The list of the view shown; Live has its own.
    pub const fn pane(&self) -> Option<Pane> {
        match self.view {
            View::Live => None,
            View::Alerts => Some(Pane::Alerts),
            View::Health => Some(Pane::Clients),
            View::Users => Some(Pane::Users),
            View::Groups => Some(Pane::Groups),
            View::Removals => Some(self.removals.pane),
            View::Tokens => Some(Pane::Tokens),
            View::Audit => Some(Pane::Audit),
        }
    }
}
