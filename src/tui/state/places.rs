//! Moving between places: views, what is opened in them, and the way back.
//!
//! Every view keeps its list, its filter and its scroll position while another is shown. A jump
//! to something related may change them; the place left remembers what they were.

use std::sync::Arc;

use crate::model::exchange::Exchange;
use crate::tui::action::Action;
use crate::tui::state::detail::{Detail, Loaded};
use crate::tui::state::open::Open;
use crate::tui::state::pane::{Object, Pane, View};
use crate::tui::state::sheet::Sheet;
use crate::tui::state::{Mode, Model, acts, fetch, related};

/// Most places that are remembered.
const REMEMBERED: usize = 100;

/// A place that can be returned to.
#[derive(Clone, Debug)]
struct Place {
    view: View,
    pane: Option<Pane>,
    filter: String,
    filter_on: bool,
    selected: Option<u128>,
    top: usize,
    open: Option<(Object, String)>,
    exchange: Option<u64>,
    sheet: Option<Sheet>,
    jumped: bool,
}

/// The way that led here.
#[derive(Debug, Default)]
pub struct Trail {
    /// This place was entered from another: Esc goes back there.
    jumped: bool,
    past: Vec<Place>,
    future: Vec<Place>,
}

fn here(model: &Model) -> Place {
    let at = model.cursor();
    Place {
        view: model.view,
        pane: model.pane(),
        filter: at.map_or_else(|| model.live.filter.clone(), |at| at.filter.clone()),
        filter_on: at.map_or(model.live.filter_on, |at| !at.filter_off),
        selected: model.selected_key(),
        top: at.map_or(0, |at| at.top),
        open: model
            .open()
            .map(|open| (open.object.clone(), open.name.clone())),
        exchange: model.detail.as_ref().map(|detail| detail.summary.seq),
        sheet: model.sheet.clone(),
        jumped: model.trail.jumped,
    }
}

/// Shows an exchange in Live, as a place of its own unless it is one returned to.
pub fn show_exchange(model: &mut Model, exchange: Box<Exchange>, returning: bool) {
    if !returning {
        enter_exchange(model);
    }
    turn_to(model, View::Live);
    let mut detail = Detail::new(Arc::new(exchange.summary.clone()), 1);
    detail.loaded = Loaded::Here(exchange);
    model.detail = Some(detail);
}

/// An exchange is about to be opened: Esc comes back here.
pub fn enter_exchange(model: &mut Model) {
    leave(model);
    model.sheet = None;
    model.trail.jumped = true;
}

/// Remembers this place; what lay ahead is forgotten.
fn leave(model: &mut Model) {
    model.trail.future.clear();
    let place = here(model);
    remember(&mut model.trail.past, place);
}

fn remember(places: &mut Vec<Place>, place: Place) {
    if places.len() >= REMEMBERED {
        places.remove(0);
    }
    places.push(place);
}

/// Shows `view` as it was left.
pub fn show(model: &mut Model, view: View) -> Vec<Action> {
    if view == model.view {
        return Vec::new();
    }
    leave(model);
    enter(model, view, false)
}

fn enter(model: &mut Model, view: View, jumped: bool) -> Vec<Action> {
    turn_to(model, view);
    model.trail.jumped = jumped;
    fetch::reload(model)
}

fn turn_to(model: &mut Model, view: View) {
    if view != model.view {
        model.last_view = model.view;
    }
    model.view = view;
}

/// Jumps to a list with a filter.
pub fn filtered(model: &mut Model, pane: Pane, text: &str) -> Vec<Action> {
    leave(model);
    let view = pane.view();
    if view == View::Removals {
        model.removals.pane = pane;
    }
    let at = model.cursor_of(pane);
    text.clone_into(&mut at.filter);
    at.filter_off = false;
    at.aim(None, 0);
    at.selected = 0;
    model.set_open(view, None);
    enter(model, view, true)
}

/// Jumps to Live with a filter.
pub fn live(model: &mut Model, text: &str) -> Vec<Action> {
    leave(model);
    model.detail = None;
    model.live.follow(true);
    if let Err(error) = model.live.set_filter(text, model.now) {
        model.say(error.message);
    }
    enter(model, View::Live, true)
}

/// Opens something in the list that is shown.
pub fn open(model: &mut Model, object: Object, name: &str) -> Vec<Action> {
    leave(model);
    model.trail.jumped = true;
    model.set_open(model.view, Some(Open::new(object, name)));
    fetch::record(model).into_iter().collect()
}

/// Jumps to something in its view.
pub fn jump(model: &mut Model, object: Object, name: &str) -> Vec<Action> {
    leave(model);
    let view = object.view();
    model.set_open(view, Some(Open::new(object, name)));
    enter(model, view, true)
}

/// Out of a mode, a dialog, something opened, or back from a jump.
pub fn escape(model: &mut Model) -> Vec<Action> {
    if !matches!(model.mode, Mode::Normal) {
        model.mode = Mode::Normal;
    } else if model.issued.is_some() {
        acts::close_issued(model);
    } else if model.sheet.take().is_some()
        || model.report.take().is_some()
        || model.welcome.take().is_some()
    {
        // Something lay over the view.
    } else if model.trail.jumped {
        return before(model);
    } else if model.view == View::Live {
        model.detail = None;
    } else {
        model.set_open(model.view, None);
    }
    Vec::new()
}

/// To the place before, in the order of looking at them.
pub fn before(model: &mut Model) -> Vec<Action> {
    let Some(place) = model.trail.past.pop() else {
        model.say("this is the first place");
        return Vec::new();
    };
    let now = here(model);
    remember(&mut model.trail.future, now);
    go(model, place)
}

/// To the place after.
pub fn after(model: &mut Model) -> Vec<Action> {
    let Some(place) = model.trail.future.pop() else {
        model.say("this is the last place");
        return Vec::new();
    };
    let now = here(model);
    remember(&mut model.trail.past, now);
    go(model, place)
}

fn go(model: &mut Model, place: Place) -> Vec<Action> {
    turn_to(model, place.view);
    model.trail.jumped = place.jumped;
    model.sheet = place.sheet;
    if let Some(pane) = place.pane.filter(|_| place.view == View::Removals) {
        model.removals.pane = pane;
    }
    if let Some(at) = model.cursor_mut() {
        at.filter = place.filter;
        at.filter_off = !place.filter_on;
        at.aim(place.selected, place.top);
    } else if model.live.filter != place.filter {
        // It was in force before, hence it is valid.
        let _ = model.live.set_filter(&place.filter, model.now);
        if !place.filter_on {
            model.live.toggle_filter(model.now);
        }
    }
    let same = model.open().map(|open| &open.object) == place.open.as_ref().map(|open| &open.0);
    if !same {
        let open = place.open.map(|(object, name)| Open::new(object, name));
        model.set_open(place.view, open);
    }
    let mut actions = fetch::reload(model);
    if place.view == View::Live {
        actions.extend(return_to(model, place.exchange));
    }
    actions
}

/// Opens the exchange that was open in Live, or none.
fn return_to(model: &mut Model, seq: Option<u64>) -> Option<Action> {
    let open = model.detail.as_ref().map(|detail| detail.summary.seq);
    if open == seq {
        return None;
    }
    model.detail = None;
    Some(related::exchange(model, seq?.to_string(), true))
}
