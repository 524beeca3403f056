//! What keys and answers do in the Live view and in an opened exchange.

use crate::model::curl::curl;
use crate::model::exchange::Exchange;
use crate::ops::api::{ExchangePage, OpsError};
use crate::tui::action::{Action, Clipping};
use crate::tui::keymap::Command;
use crate::tui::state::detail::{Detail, Loaded};
use crate::tui::state::live::Older;
use crate::tui::state::live::storm::Group;
use crate::tui::state::{Model, places, scrolled};

/// Most bytes for the clipboard: terminals ignore sequences above about 100 000 characters.
pub const CLIPBOARD: usize = 74_000;

/// Takes in a page of exchanges.
pub fn older(model: &mut Model, result: Result<ExchangePage, OpsError>) {
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

/// Takes in an exchange with its bodies.
pub fn loaded(
    model: &mut Model,
    seq: u64,
    result: Result<Box<Exchange>, OpsError>,
) -> Option<Action> {
    let copying = model.copying.take_if(|waiting| *waiting == seq).is_some();
    let action = match &result {
        Ok(exchange) if copying => {
            let text = curl(exchange, model.base_url());
            copied_curl(model, text)
        }
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

/// A key in the list.
pub fn in_list(model: &mut Model, command: Command) -> Option<Action> {
    let page = isize::try_from(model.areas().table.height.max(2) - 1).unwrap_or(1);
    let now = model.now;
    if model.live.in_storm() && in_groups(model, command) {
        return None;
    }
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
        Command::NextMatch | Command::PreviousMatch
            if !live.seek_match(command == Command::NextMatch, now) =>
        {
            model.say("no exchange that way matches the filter");
        }
        Command::Now => live.log.rule(now),
        Command::Mark => live.mark(now),
        Command::MarkedOnly if live.log.marked() == 0 && !live.log.only_marked() => {
            nothing_marked(model);
        }
        Command::MarkedOnly => live.toggle_marked(now),
        Command::Open => return open(model),
        _ => {}
    }
    None
}

/// Says how to mark.
pub fn nothing_marked(model: &mut Model) {
    let mark = model.keys().of(Command::Mark);
    model.say(format!("nothing is marked: {mark} marks"));
}

/// A key among groups; false if it means the same as among rows.
fn in_groups(model: &mut Model, command: Command) -> bool {
    let page = usize::from(model.areas().table.height.max(2) - 1);
    let storm = &mut model.live.storm;
    let at = storm.selected();
    match command {
        Command::Open => {
            if let Some(filter) = storm.group().map(Group::filter) {
                let now = model.now;
                // It is made of values of the language, hence it is valid.
                let _ = model.live.set_filter(&filter, now);
                model.live.follow(false);
                let [follow, filter] = [Command::Follow, Command::FilterToggle]
                    .map(|command| model.keys().of(command));
                model.say(format!(
                    "paused on this group: {follow} follows, {filter} switches the filter off"
                ));
            }
        }
        Command::Mark => {
            let follow = model.keys().of(Command::Follow);
            model.say(format!("groups are not marked: {follow} pauses"));
        }
        Command::Top => storm.select(0),
        Command::Bottom => storm.select(usize::MAX),
        Command::Up | Command::Down | Command::PageUp | Command::PageDown => {
            storm.select(scrolled(at, command, page));
        }
        _ => return false,
    }
    true
}

fn open(model: &mut Model) -> Option<Action> {
    model.live.row()?;
    places::enter_exchange(model);
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

/// A key in an opened exchange.
pub fn in_detail(model: &mut Model, command: Command) {
    let page = usize::from(model.areas().detail.height.max(3) - 2);
    let Some(detail) = &mut model.detail else {
        return;
    };
    match command {
        Command::NextTab => detail.turn(1),
        Command::PreviousTab => detail.turn(-1),
        Command::Raw => detail.raw = !detail.raw,
        Command::Wrap => detail.wrap = !detail.wrap,
        _ => detail.scroll = scrolled(detail.scroll, command, page),
    }
}

/// Copies the opened or selected exchange as a command; it has to be loaded for that.
pub fn copy_curl(model: &mut Model) -> Option<Action> {
    if let Some(Detail {
        loaded: Loaded::Here(exchange),
        ..
    }) = &model.detail
    {
        let text = curl(exchange, model.base_url());
        return copied_curl(model, text);
    }
    let seq = model.exchange()?.seq;
    model.copying = Some(seq);
    Some(Action::Load(seq))
}

fn copied_curl(model: &mut Model, text: String) -> Option<Action> {
    if text.len() > CLIPBOARD {
        model.say("the body is too long for a terminal's clipboard: scimtop requests curl");
        return None;
    }
    model.say("the curl command was sent to the terminal's clipboard; set SCIM_TOKEN to run it");
    Some(Action::Copy(Clipping(text)))
}
