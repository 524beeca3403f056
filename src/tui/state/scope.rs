//! The Org that every view is narrowed to, and choosing it.

use crate::ids::OrgId;
use crate::tui::action::Action;
use crate::tui::call::{Answer, Call, Purpose};
use crate::tui::keymap::Command;
use crate::tui::state::{Mode, Model, fetch};

/// Begins to choose; the Org in force is selected.
pub fn begin(model: &mut Model) -> Vec<Action> {
    let at = model
        .org
        .and_then(|id| model.orgs.iter().position(|org| org.id == id));
    model.mode = Mode::Orgs(at.map_or(0, |at| at + 1));
    vec![fetch::ask(model, Purpose::Orgs, Call::Orgs)]
}

/// What a key does while choosing. Row 0 stands for all Orgs.
pub fn key(model: &mut Model, command: Command) -> Vec<Action> {
    let Mode::Orgs(at) = &mut model.mode else {
        return Vec::new();
    };
    let last = model.orgs.len();
    match command {
        Command::Up => *at = at.saturating_sub(1),
        Command::Down => *at = (*at + 1).min(last),
        Command::Top => *at = 0,
        Command::Bottom => *at = last,
        Command::Open => {
            let chosen = at.checked_sub(1).and_then(|at| model.orgs.get(at));
            let chosen = chosen.map(|org| org.id);
            model.mode = Mode::Normal;
            return narrow(model, chosen);
        }
        _ => {}
    }
    Vec::new()
}

/// Narrows every view to an Org, or to none.
pub fn narrow(model: &mut Model, org: Option<OrgId>) -> Vec<Action> {
    if model.org == org {
        return Vec::new();
    }
    model.org = org;
    model.live.narrow_to(org, model.now);
    for at in model.cursors() {
        at.aim(None, 0);
        at.selected = 0;
    }
    fetch::reload(model)
}

/// The same call for that Org alone, where the operations API can be asked so.
pub fn scoped(mut call: Call, org: Option<OrgId>) -> Call {
    match &mut call {
        Call::Deletions(query) => query.org = org,
        Call::Transfers(query) => query.org = org.or(query.org),
        Call::Events(query) => query.org = org,
        Call::Users(query) | Call::Groups(query) => query.org = org,
        _ => {}
    }
    call
}

/// The rows of that Org, where the operations API cannot be asked for them alone.
pub fn kept(mut answer: Answer, org: Option<OrgId>) -> Answer {
    let Some(org) = org else { return answer };
    match &mut answer {
        Answer::Guard(guards) => guards.retain(|guard| guard.org == org),
        Answer::Alerts(alerts) => alerts.retain(|alert| alert.org.is_none_or(|of| of == org)),
        _ => {}
    }
    answer
}
