//! The dashboard's state and how it changes: `update(&mut Model, Event) -> Vec<Action>`.
//!
//! Pure: no I/O, no clock (time is in events), nothing drawn. What has to be done outside leaves
//! as an [`Action`].

use crossterm::event::{KeyEvent, KeyEventKind};
use tui_input::Input;
use tui_input::backend::crossterm::to_input_request;

use crate::clock::Timestamp;
use crate::model::advice;
use crate::model::curl::curl;
use crate::model::exchange::Exchange;
use crate::model::exchange_filter::FilterError;
use crate::model::token::Token;
use crate::ops::api::{OpsError, Status};
use crate::tui::action::{Action, Clipping};
use crate::tui::event::Event;
use crate::tui::keymap::{Command, Context, command};
use crate::tui::layout::{Areas, areas};
use crate::tui::{Exit, FirstRun};

pub mod detail;
pub mod live;
pub mod log;
pub mod stats;

use detail::{Detail, Loaded, Tab};
use live::{Live, Older};

/// Most bytes for the clipboard: terminals ignore sequences above about 100 000 characters.
const CLIPBOARD: usize = 74_000;

/// Everything the dashboard knows.
#[derive(Debug, Default)]
pub struct Model {
    /// Columns and rows of the terminal.
    pub size: (u16, u16),
    /// The endpoint runs in this process: leaving would stop it.
    pub embedded: bool,
    /// What keys mean.
    pub mode: Mode,
    /// The Live view.
    pub live: Live,
    /// The opened exchange.
    pub detail: Option<Detail>,
    /// The table, or the opened exchange, has the whole screen.
    pub zoom: bool,
    /// The newcomer's page with the first token, until it is dismissed.
    pub welcome: Option<FirstRun>,
    /// How the daemon is.
    pub status: Option<Status>,
    /// The tokens there are.
    pub tokens: Vec<Token>,
    /// The latest time that an event brought.
    pub now: Timestamp,
    /// When the last exchange came.
    pub last: Option<Timestamp>,
    /// A message, until the next key.
    pub notice: Option<String>,
    /// Why the daemon is out of reach, while it is.
    pub lost: Option<String>,
    /// The exchange to be copied as curl once it is here.
    copying: Option<u64>,
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
    /// The list of keys, from this line on.
    Help(usize),
    /// The question what quitting means.
    Quit,
}

/// A filter being typed.
#[derive(Debug, Default)]
pub struct Editing {
    /// The text.
    pub input: Input,
    /// What is wrong with it; the last valid filter is in force.
    pub error: Option<FilterError>,
    before: (String, bool),
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

    /// Where keys go.
    pub fn context(&self) -> Context {
        match self.mode {
            Mode::Filter(_) => Context::Filter,
            Mode::Copy => Context::Copying,
            Mode::Help(_) => Context::Help,
            Mode::Quit => Context::Quit,
            Mode::Normal if self.welcome.is_some() => Context::Welcome,
            Mode::Normal if self.detail.is_some() => Context::Detail,
            Mode::Normal => Context::Live,
        }
    }

    /// Where everything is on the screen.
    pub fn areas(&self) -> Areas {
        areas(self.size.0, self.size.1, self.zoom)
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

    fn say(&mut self, notice: impl Into<String>) {
        self.notice = Some(notice.into());
    }

    fn reach(&mut self, at: Timestamp) {
        self.now = self.now.max(at);
    }
}

/// Takes in `event`; what has to be done outside is returned.
pub fn update(model: &mut Model, event: Event) -> Vec<Action> {
    let action = match event {
        Event::Key(key) if key.kind == KeyEventKind::Release => None,
        Event::Key(key) => press(model, key),
        Event::Resize(width, height) => {
            model.size = (width, height);
            Some(Action::Repaint)
        }
        Event::Arrived(exchange) => {
            model.reach(exchange.at);
            model.last = model.last.max(Some(exchange.at));
            model.live.arrive(exchange, model.now);
            None
        }
        Event::Skipped(count) => {
            model.live.skipped = model.live.skipped.saturating_add(count);
            None
        }
        Event::FeedLost(error) => {
            model.lost = Some(error.message);
            None
        }
        Event::FeedOpened => {
            model.lost = None;
            None
        }
        Event::Older(result) => {
            older(model, result);
            None
        }
        Event::Loaded { seq, result } => loaded(model, seq, result),
        Event::Status(Ok(status)) => {
            model.reach(status.now);
            model.status = Some(status);
            None
        }
        Event::Status(Err(error)) => {
            model.lost = Some(error.message);
            None
        }
        Event::Tokens(tokens) => {
            model.tokens = tokens;
            None
        }
    };
    settle(model);
    action.into_iter().collect()
}

/// Keeps selections and scroll positions on the screen.
fn settle(model: &mut Model) {
    let areas = model.areas();
    model.live.settle(usize::from(areas.table.height));
    if let Some(mut detail) = model.detail.take() {
        let page = usize::from(areas.detail.height.saturating_sub(1));
        let columns = usize::from(areas.detail.width);
        // Only a scrolled page can be beyond its end.
        if detail.scroll > 0 {
            let lines = detail.lines(model.advice(), columns).len();
            detail.settle(lines, page);
        }
        model.detail = Some(detail);
    }
}

fn older(model: &mut Model, result: Result<crate::ops::api::ExchangePage, OpsError>) {
    match result {
        Ok(page) => {
            let newest = page.exchanges.iter().map(|exchange| exchange.at).max();
            model.last = model.last.max(newest);
            model.reach(newest.unwrap_or_default());
            let first = model.live.older == Older::Unknown;
            let rows = model.live.take_older(&page, model.now);
            if !first {
                model.live.step(-1);
                let count = page.exchanges.len();
                model.say(format!("{count} older exchanges, {rows} rows more"));
            }
        }
        Err(error) => {
            if let Older::Loading(before) = model.live.older {
                model.live.older = Older::Before(before);
            }
            model.say(error.message);
        }
    }
}

fn loaded(model: &mut Model, seq: u64, result: Result<Box<Exchange>, OpsError>) -> Option<Action> {
    let copying = model.copying.take_if(|waiting| *waiting == seq).is_some();
    let action = match &result {
        Ok(exchange) if copying => copy_curl(model, exchange),
        Err(error) if copying => {
            model.say(error.message.clone());
            None
        }
        _ => None,
    };
    if let Some(detail) = &mut model.detail
        && detail.summary.seq == seq
    {
        detail.loaded = match result {
            Ok(exchange) => Loaded::Here(exchange),
            Err(error) => Loaded::Failed(error.message),
        };
    }
    action
}

fn press(model: &mut Model, key: KeyEvent) -> Option<Action> {
    model.notice = None;
    let Some(command) = command(model.context(), key) else {
        match &mut model.mode {
            Mode::Filter(_) => type_filter(model, key),
            Mode::Copy => model.mode = Mode::Normal,
            _ => {}
        }
        return None;
    };
    match command {
        Command::Repaint => return Some(Action::Repaint),
        Command::Quit if model.embedded => model.mode = Mode::Quit,
        Command::Quit => return Some(Action::Leave(Exit::Detach)),
        Command::Stop => return Some(Action::Leave(Exit::Quit)),
        Command::Back => back(model),
        Command::Help => model.mode = Mode::Help(0),
        Command::Zoom => model.zoom = !model.zoom,
        Command::CopyToken => {
            let secret = model.welcome.as_ref().map(|first| first.secret.clone())?;
            model.say("the token was sent to the terminal's clipboard");
            return Some(Action::Copy(Clipping(secret)));
        }
        Command::Copy => model.mode = Mode::Copy,
        Command::CopyId | Command::CopyCurl => {
            model.mode = Mode::Normal;
            return copy(model, command);
        }
        Command::FilterApply => return filter_apply(model),
        Command::FilterCancel => filter_cancel(model),
        _ => match (&mut model.mode, model.detail.is_some()) {
            (Mode::Help(from), _) => *from = scrolled(*from, command, 10),
            (_, true) => in_detail(model, command),
            (_, false) => return in_live(model, command),
        },
    }
    None
}

fn back(model: &mut Model) {
    if !matches!(model.mode, Mode::Normal) {
        model.mode = Mode::Normal;
    } else if model.welcome.take().is_none() {
        model.detail = None;
    }
}

fn in_live(model: &mut Model, command: Command) -> Option<Action> {
    let page = isize::try_from(model.areas().table.height.max(2) - 1).unwrap_or(1);
    let now = model.now;
    let live = &mut model.live;
    match command {
        Command::Up | Command::PageUp if live.selected == 0 => return page_older(model),
        Command::Up => live.step(-1),
        Command::Down => live.step(1),
        Command::PageUp => live.step(-page),
        Command::PageDown => live.step(page),
        Command::Top => live.first(),
        Command::Bottom => live.follow(true),
        Command::Follow => live.follow(!live.following),
        Command::Left => live.step_column(-1),
        Command::Right => live.step_column(1),
        Command::FilterToggle => live.toggle_filter(now),
        Command::Only | Command::Hide => {
            if let Err(message) = live.narrow(command == Command::Hide, now) {
                model.say(message);
            }
        }
        Command::NextError | Command::PreviousError
            if !live.seek_error(command == Command::NextError) =>
        {
            model.say("no failed exchange that way");
        }
        Command::Filter => {
            model.mode = Mode::Filter(Editing {
                input: Input::new(live.filter.clone()),
                error: None,
                before: (live.filter.clone(), live.filter_on),
            });
        }
        Command::Open => return open(model),
        _ => {}
    }
    None
}

fn open(model: &mut Model) -> Option<Action> {
    let row = model.live.row()?;
    let detail = Detail::new(row.newest.clone(), row.count);
    let seq = detail.summary.seq;
    model.detail = Some(detail);
    // Esc has to come back to this very row.
    model.live.follow(false);
    Some(Action::Load(seq))
}

fn page_older(model: &mut Model) -> Option<Action> {
    model.live.follow(false);
    match model.live.older {
        Older::Before(_) if model.live.log.is_full() => {
            let held = model.live.log.total();
            model.say(format!(
                "the newest {held} are held; older ones: scimtop requests list"
            ));
            None
        }
        Older::Before(before) => {
            model.live.older = Older::Loading(before);
            Some(Action::ListOlder(Some(before)))
        }
        Older::Loading(_) | Older::Unknown => {
            model.say("older exchanges are being loaded");
            None
        }
        Older::None => {
            model.say("this is the oldest exchange kept");
            None
        }
    }
}

fn in_detail(model: &mut Model, command: Command) {
    let page = usize::from(model.areas().detail.height.max(3) - 2);
    let Some(detail) = &mut model.detail else {
        return;
    };
    match command {
        Command::NextTab => detail.turn(1),
        Command::PreviousTab => detail.turn(Tab::ALL.len() - 1),
        Command::Tab(number) => {
            if let Some(tab) = Tab::ALL.get(usize::from(number)) {
                detail.open(*tab);
            }
        }
        Command::Raw => detail.raw = !detail.raw,
        Command::Wrap => detail.wrap = !detail.wrap,
        _ => detail.scroll = scrolled(detail.scroll, command, page),
    }
}

/// A scroll position after a movement; [`settle`] or the view bounds it below.
fn scrolled(from: usize, command: Command, page: usize) -> usize {
    match command {
        Command::Up => from.saturating_sub(1),
        Command::Down => from.saturating_add(1),
        Command::PageUp => from.saturating_sub(page),
        Command::PageDown => from.saturating_add(page),
        Command::Top => 0,
        Command::Bottom => usize::MAX,
        _ => from,
    }
}

fn copy(model: &mut Model, command: Command) -> Option<Action> {
    let summary = match &model.detail {
        Some(detail) => &detail.summary,
        None => &model.live.row()?.newest,
    };
    if command == Command::CopyId {
        let id = summary.request.to_string();
        model.say("the request id was sent to the terminal's clipboard");
        return Some(Action::Copy(Clipping(id)));
    }
    let seq = summary.seq;
    if let Some(Detail {
        loaded: Loaded::Here(exchange),
        ..
    }) = &model.detail
    {
        let text = curl(exchange, model.base_url());
        return copied_curl(model, text);
    }
    model.copying = Some(seq);
    Some(Action::Load(seq))
}

fn copy_curl(model: &mut Model, exchange: &Exchange) -> Option<Action> {
    let text = curl(exchange, model.base_url());
    copied_curl(model, text)
}

fn copied_curl(model: &mut Model, text: String) -> Option<Action> {
    if text.len() > CLIPBOARD {
        model.say("the body is too long for a terminal's clipboard: scimtop requests curl");
        return None;
    }
    model.say("the curl command was sent to the terminal's clipboard; set SCIM_TOKEN to run it");
    Some(Action::Copy(Clipping(text)))
}

fn type_filter(model: &mut Model, key: KeyEvent) {
    let Mode::Filter(editing) = &mut model.mode else {
        return;
    };
    let Some(request) = to_input_request(&crossterm::event::Event::Key(key)) else {
        return;
    };
    editing.input.handle(request);
    let result = model.live.set_filter(editing.input.value(), model.now);
    editing.error = result.err();
}

/// Keeps the filter; with a fault it stays open, and the fault is said.
fn filter_apply(model: &mut Model) -> Option<Action> {
    if let Mode::Filter(editing) = &model.mode
        && let Some(error) = &editing.error
    {
        let message = error.message.clone();
        model.say(message);
    } else {
        model.mode = Mode::Normal;
    }
    None
}

fn filter_cancel(model: &mut Model) {
    let Mode::Filter(editing) = std::mem::take(&mut model.mode) else {
        return;
    };
    let (text, on) = editing.before;
    // It was in force before, hence it is valid.
    if model.live.set_filter(&text, model.now).is_ok() && !on {
        model.live.toggle_filter(model.now);
    }
}

#[cfg(test)]
mod tests;
