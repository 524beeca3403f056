//! The dashboard's state and how it changes: `update(&mut Model, Event) -> Vec<Action>`.
//!
//! Pure: no I/O, no clock (time is in events), nothing drawn. What has to be done outside leaves
//! as an [`Action`]. Each view has a file of its own for its state; what all views share (lists,
//! opened objects, places, acts) has one each.

use std::time::Duration;

use crossterm::event::{KeyEvent, KeyEventKind};

use crate::clock::Timestamp;
use crate::ids::OrgId;
use crate::model::advice;
use crate::model::alert::Alert;
use crate::model::org::Org;
use crate::model::token::Token;
use crate::ops::api::Status;
use crate::text;
use crate::tui::action::{Action, Wake};
use crate::tui::event::Event;
use crate::tui::keymap::{Command, Keymap};
use crate::tui::layout::{Areas, Wish, areas, has_inspector};
use crate::tui::{Exit, FirstRun};

pub mod acts;
pub mod alerts;
pub mod audit;
pub mod detail;
pub mod diagnosis;
mod fetch;
pub mod filter;
mod focus;
pub mod glance;
pub mod groups;
pub mod guard;
pub mod health;
pub mod history;
pub mod list;
pub mod live;
pub mod log;
pub mod look;
pub mod memory;
pub mod mouse;
pub mod open;
pub mod page;
pub mod palette;
pub mod pane;
mod places;
pub mod plan;
pub mod reading;
mod related;
pub mod removal;
pub mod removals;
pub mod role;
mod rows;
mod scope;
mod settle;
pub mod share;
pub mod sheet;
pub mod sort;
pub mod stats;
pub mod tokens;
pub mod users;

use acts::credential::Issued;
use acts::{Confirm, Report};
use audit::Audit;
use detail::Detail;
pub use filter::Editing;
use groups::Groups;
use health::HealthView;
use list::{List, scrolled};
use live::{Live, keys};
use look::Look;
use memory::Memory;
use palette::Palette;
use pane::View;
use places::Trail;
use removals::Removals;
use role::Me;
use sheet::Sheet;
use tokens::Tokens;
use users::Users;

/// Everything the dashboard knows.
#[derive(Debug, Default)]
pub struct Model {
    /// Columns and rows of the terminal.
    pub size: (u16, u16),
    /// The endpoint runs in this process: leaving would stop it.
    pub embedded: bool,
    /// Which key does what.
    pub keymap: Keymap,
    /// What keys mean.
    pub mode: Mode,
    /// The view that is shown.
    pub view: View,
    /// The Live view.
    pub live: Live,
    /// The exchange opened in it.
    pub detail: Option<Detail>,
    /// What calls for an operator.
    pub alerts: List<Alert>,
    /// The Health view.
    pub health: HealthView,
    /// The Org that every view is narrowed to.
    pub org: Option<OrgId>,
    /// The Users view.
    pub users: Users,
    /// The Groups view.
    pub groups: Groups,
    /// The Removals view.
    pub removals: Removals,
    /// The Tokens view.
    pub token_list: Tokens,
    /// The Audit view.
    pub audit: Audit,
    /// The table, or what is opened, has the whole screen.
    pub zoom: bool,
    /// The newcomer's page with the first token, until it is dismissed.
    pub welcome: Option<FirstRun>,
    /// How the daemon is.
    pub status: Option<Status>,
    /// Who the operator is.
    pub me: Me,
    /// The tokens there are.
    pub tokens: Vec<Token>,
    /// The Orgs there are.
    pub orgs: Vec<Org>,
    /// The latest time that an event brought.
    pub now: Timestamp,
    /// When the last exchange came.
    pub last: Option<Timestamp>,
    /// A message, until the next key.
    pub notice: Option<String>,
    /// Why the daemon is out of reach, while it is.
    pub lost: Option<String>,
    /// Until when acts are allowed.
    pub unlocked: Option<Timestamp>,
    /// What is being carried out: its ticket and its name.
    pub acting: Option<(u64, String)>,
    /// What is read over the view, until it is dismissed.
    pub sheet: Option<Sheet>,
    /// What the last act did, until it is dismissed.
    pub report: Option<Report>,
    /// The token just issued, with its secret, until it is dismissed.
    pub issued: Option<Issued>,
    /// The row that was clicked last.
    clicked: Option<mouse::Clicked>,
    /// The theme.
    pub look: Look,
    /// What was typed before.
    pub memory: Memory,
    /// The exchange to be copied as curl once it is here.
    copying: Option<u64>,
    /// The related thing to be gone to once it is here.
    seeking: Option<related::Seek>,
    /// The view before.
    last_view: View,
    trail: Trail,
    refreshing: bool,
    typed: u64,
    tickets: u64,
}

/// What keys mean at the moment.
#[derive(Debug, Default)]
pub enum Mode {
    /// Moving and reading.
    #[default]
    Normal,
    /// The filter is being typed.
    Filter(Editing),
    /// `y` was pressed.
    Copy,
    /// `x` was pressed.
    Export,
    /// `o` was pressed.
    Related,
    /// An act is to be confirmed.
    Confirm(Box<Confirm>),
    /// A command is being typed.
    Palette(Box<Palette>),
    /// An Org is to be chosen: the selected row.
    Orgs(usize),
    /// The list of keys, from this line on.
    Help(usize),
    /// The question what quitting means.
    Quit,
}

impl Model {
    /// The state at the start.
    pub fn new(size: (u16, u16), embedded: bool, welcome: Option<FirstRun>) -> Self {
        Self {
            size,
            embedded,
            welcome,
            ..Self::default()
        }
    }

    /// Where everything is on the screen.
    pub fn areas(&self) -> Areas {
        let bands = match self.view {
            View::Removals => {
                let alarms = self.removals.alarms().take(2).count();
                let beside = has_inspector(self.size.0, self.zoom);
                let panes = self.removals.open.is_none() || beside;
                u16::try_from(alarms).unwrap_or(2) + u16::from(panes)
            }
            View::Health => health::height(&self.health.targets, self.size.1),
            _ => 0,
        };
        let bands = bands + u16::from(alerts::banner(self).is_some());
        let wish = Wish {
            zoom: self.zoom,
            rail: self.view == View::Live,
            bands,
        };
        areas(self.size.0, self.size.1, wish)
    }

    /// What explanations may refer to.
    pub fn advice(&self) -> advice::Context<'_> {
        advice::Context {
            tokens: &self.tokens,
            base_url: self.base_url(),
        }
    }

    /// Base URL that identity providers are given.
    pub fn base_url(&self) -> &str {
        match (&self.status, &self.welcome) {
            (Some(status), _) => &status.base_url,
            (None, Some(first)) => &first.base_url,
            (None, None) => "",
        }
    }

    /// The name of an Org, or its number as long as that is all there is.
    pub fn org_name(&self, id: OrgId) -> String {
        let org = self.orgs.iter().find(|org| org.id == id);
        org.map_or_else(|| id.to_string(), |org| text::clean(&org.name))
    }

    /// How long acts are still allowed; `None`: they are not.
    pub fn unlocked_for(&self) -> Option<Duration> {
        let until = self.unlocked.filter(|until| *until > self.now)?;
        Some(until.since(self.now))
    }

    fn say(&mut self, notice: impl Into<String>) {
        self.notice = Some(notice.into());
    }

    fn reach(&mut self, at: Timestamp) {
        self.now = self.now.max(at);
    }

    fn ticket(&mut self) -> u64 {
        self.tickets += 1;
        self.tickets
    }
}

/// Takes in `event`; what has to be done outside is returned.
pub fn update(model: &mut Model, event: Event) -> Vec<Action> {
    let mut actions = Vec::new();
    match event {
        Event::Key(key) if key.kind == KeyEventKind::Release => {}
        Event::Key(key) => actions = press(model, key),
        Event::Mouse(mouse) => actions = mouse::take(model, mouse),
        Event::Resumed => actions.push(Action::Resume),
        Event::Resize(width, height) => {
            model.size = (width, height);
            actions.push(Action::Repaint);
        }
        Event::Arrived(exchange) => {
            model.reach(exchange.at);
            model.last = model.last.max(Some(exchange.at));
            actions.extend(fetch::changed(model, &exchange));
            model.live.arrive(&exchange, model.now);
        }
        Event::Skipped(count) => {
            model.live.skipped = model.live.skipped.saturating_add(count);
            actions.extend(fetch::refresh_soon(model));
        }
        Event::FeedLost(error, at) => {
            model.reach(at);
            model.live.gaps.begin(model.live.log.newest(), at);
            model.lost = Some(error.message);
        }
        Event::FeedOpened(at) => {
            model.live.gaps.end(at);
            actions.push(role::ask_again(model));
            if model.lost.take().is_some() {
                model.reach(at);
                actions.extend(fetch::refresh_soon(model));
            }
        }
        Event::Older(result) => keys::older(model, result),
        Event::Loaded { seq, result } => actions.extend(keys::loaded(model, seq, result)),
        Event::Answered {
            ticket,
            purpose,
            result,
        } => actions = fetch::answered(model, ticket, purpose, result),
        Event::Woke(wake) => actions = woke(model, wake),
        Event::Status(Ok(status)) => {
            model.reach(status.now);
            model.live.storm.tick(model.now);
            let counts = |status: &Status| (status.users, status.groups, status.removals_week);
            let before = model.status.replace(status).as_ref().map(counts);
            if before != model.status.as_ref().map(counts) {
                actions.extend(fetch::refresh_soon(model));
            }
            actions.extend(role::ask(model));
            actions.extend(fetch::watch(model));
        }
        Event::Status(Err(error)) => model.lost = Some(error.message),
        Event::Tokens(tokens) => {
            model.tokens = tokens;
            if model.view == View::Tokens {
                actions.extend(fetch::refresh_soon(model));
            }
        }
        Event::Exported(result) => share::exported(model, result),
        Event::ThemesChanged => actions.push(Action::Theme(model.look.shown.clone())),
        Event::Look { shown, fault } => actions.extend(look::changed(model, shown, fault)),
        Event::Saved(Ok(saved)) => model.memory.saved = saved,
        Event::Saved(Err(error)) => model.say(error),
    }
    settle::settle(model);
    actions
}

fn woke(model: &mut Model, wake: Wake) -> Vec<Action> {
    match wake {
        Wake::Refresh => fetch::refresh(model),
        Wake::Filter(typed) if typed == model.typed => filter::apply(model),
        Wake::Rehearse(typed) if typed == model.typed => {
            acts::rehearse(model).into_iter().collect()
        }
        Wake::Filter(_) | Wake::Rehearse(_) => Vec::new(),
    }
}

fn press(model: &mut Model, key: KeyEvent) -> Vec<Action> {
    model.notice = None;
    let Some(command) = model.keymap.command(model.context(), key) else {
        return match &model.mode {
            Mode::Filter(_) => filter::typed(model, key),
            Mode::Confirm(_) => acts::typed(model, key),
            Mode::Palette(_) => palette::typed(model, key),
            Mode::Copy | Mode::Export | Mode::Related => {
                model.mode = Mode::Normal;
                Vec::new()
            }
            _ => Vec::new(),
        };
    };
    match model.mode {
        Mode::Palette(_) if command != Command::Repaint => palette::key(model, command),
        _ => perform(model, command),
    }
}

/// Does what a key, or a line of the palette, says.
fn perform(model: &mut Model, command: Command) -> Vec<Action> {
    match command {
        Command::Repaint => {
            if let Some(open) = model.open_mut() {
                open.diagnosis = open::Part::default();
            }
            let mut actions = fetch::reload(model);
            actions.push(Action::Repaint);
            return actions;
        }
        Command::Suspend if model.embedded => {
            let quit = model.keys().of(Command::Quit);
            model.say(format!(
                "stopping this process would stop the endpoint with it; {quit} leaves the dashboard"
            ));
        }
        Command::Suspend => return vec![Action::Suspend],
        Command::Quit if model.embedded => model.mode = Mode::Quit,
        Command::Quit | Command::Detach => return vec![Action::Leave(Exit::Detach)],
        Command::Stop => return vec![Action::Leave(Exit::Quit)],
        Command::Back => return places::escape(model),
        Command::View(view) => return places::show(model, view),
        Command::LastView => return places::show(model, model.last_view),
        Command::Before => return places::before(model),
        Command::After => return places::after(model),
        Command::Help => model.mode = Mode::Help(0),
        Command::Palette => palette::open(model),
        Command::Zoom => model.zoom = !model.zoom,
        Command::Unlock => acts::unlock(model),
        Command::CopyToken => return share::secret(model).into_iter().collect(),
        Command::Copy => model.mode = Mode::Copy,
        Command::Export => model.mode = Mode::Export,
        Command::CopyCurl => {
            model.mode = Mode::Normal;
            return keys::copy_curl(model).into_iter().collect();
        }
        Command::CopyId | Command::CopyJson | Command::CopyTicket => {
            model.mode = Mode::Normal;
            return share::copy(model, command).into_iter().collect();
        }
        Command::ExportLines | Command::ExportCsv => {
            model.mode = Mode::Normal;
            return share::export(model, command).into_iter().collect();
        }
        Command::Org => return scope::begin(model),
        Command::Related => related::of_alert::begin(model),
        Command::Runbook => sheet::runbook(model),
        Command::Diagnose => {
            model.mode = Mode::Normal;
            return diagnosis::begin(model);
        }
        Command::ToUser
        | Command::ToUsers
        | Command::ToGroup
        | Command::ToGroups
        | Command::ToRemovals
        | Command::ToToken
        | Command::ToAudit
        | Command::ToRequest => {
            model.mode = Mode::Normal;
            return related::follow(model, command);
        }
        Command::Filter => filter::begin(model),
        Command::FilterToggle => return filter::toggle(model),
        Command::FilterApply => return filter::keep(model),
        Command::FilterCancel => return filter::cancel(model),
        _ => return moved(model, command),
    }
    Vec::new()
}

/// What a key does to what it is pressed on.
fn moved(model: &mut Model, command: Command) -> Vec<Action> {
    if let Mode::Help(from) = &mut model.mode {
        *from = scrolled(*from, command, 10);
    } else if matches!(model.mode, Mode::Filter(_)) {
        return filter::recall(model, command);
    } else if matches!(model.mode, Mode::Orgs(_)) {
        return scope::key(model, command);
    } else if matches!(model.mode, Mode::Confirm(_)) {
        return acts::key(model, command);
    } else if model.sheet.is_some() {
        return sheet::key(model, command).into_iter().collect();
    } else if let Some(report) = &mut model.report {
        report.scroll = scrolled(report.scroll, command, 10);
    } else if model.view != View::Live {
        return rows::key(model, command);
    } else if model.detail.is_some() {
        keys::in_detail(model, command);
    } else {
        return keys::in_list(model, command).into_iter().collect();
    }
    Vec::new()
}

#[cfg(test)]
mod tests;
