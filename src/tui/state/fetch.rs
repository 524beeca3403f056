//! What is asked of the operations API, and where the answers go.

use crate::model::deletion::DeletionState;
use crate::model::exchange::{ExchangeSummary, Operation};
use crate::ops::api::OpsError;
use crate::tui::action::{Action, Wake};
use crate::tui::call::{Answer, Call, Purpose};
use crate::tui::state::pane::{Pane, View};
use crate::tui::state::{
    Model, acts, alerts, audit, groups, related, removals, role, scope, sort, tokens, users,
};

/// Asks again for all that the view shows; Live is fed and needs nothing.
pub fn reload(model: &mut Model) -> Vec<Action> {
    let Some(pane) = model.pane() else {
        return Vec::new();
    };
    let mut actions = vec![rows(model, pane, false)];
    if model.view == View::Removals && pane != Pane::Guard {
        actions.push(rows(model, Pane::Guard, false));
    }
    actions.push(ask(model, Purpose::Orgs, Call::Orgs));
    actions.extend(record(model));
    actions.extend(tab(model, true));
    actions
}

/// Asks for what has to be known in every view, and for what changes without any exchange.
pub fn watch(model: &mut Model) -> Vec<Action> {
    let mut actions = vec![rows(model, Pane::Alerts, false)];
    if model.view == View::Health {
        actions.push(rows(model, Pane::Clients, false));
    }
    actions
}

/// Asks again because something changed, but not for lists that are too long for one call.
pub fn refresh(model: &mut Model) -> Vec<Action> {
    model.refreshing = false;
    let Some(at) = model.cursor_mut() else {
        return Vec::new();
    };
    if at.is_waiting() {
        return refresh_soon(model).into_iter().collect();
    }
    if model.view == View::Audit && model.audit.list.at.loaded {
        // Events never change: only new ones are asked for.
        return vec![newer(model)];
    }
    let Some(at) = model.cursor_mut() else {
        return Vec::new();
    };
    if at.is_deep() {
        at.stale = true;
        return Vec::new();
    }
    reload(model)
}

/// Asks again a second from now, once for everything that happens until then.
pub fn refresh_soon(model: &mut Model) -> Option<Action> {
    let asleep = model.view == View::Live || model.refreshing;
    (!asleep).then(|| {
        model.refreshing = true;
        Action::Wake(Wake::Refresh)
    })
}

/// An exchange was recorded: if it changed something, the view may show something else now.
pub fn changed(model: &mut Model, exchange: &ExchangeSummary) -> Option<Action> {
    let changes = matches!(
        exchange.operation,
        Operation::Create
            | Operation::Replace
            | Operation::Patch
            | Operation::Deactivate
            | Operation::Activate
            | Operation::Delete
            | Operation::Bulk
    );
    let of_token = model.view == View::Tokens && exchange.token.is_some();
    (of_token || changes && exchange.status < 400)
        .then(|| refresh_soon(model))
        .flatten()
}

/// Asks for the next page if the selection is at the end of what is loaded.
pub fn further(model: &mut Model) -> Option<Action> {
    let pane = model.pane()?;
    let wants_more = model.cursor()?.wants_more();
    wants_more.then(|| rows(model, pane, true))
}

fn rows(model: &mut Model, pane: Pane, further: bool) -> Action {
    let ticket = model.ticket();
    let wanted = model.cursor_of(pane).ask(ticket, further);
    let call = match pane {
        Pane::Deletions => removals::deletions(&wanted, None),
        Pane::Holds => removals::deletions(&wanted, Some(DeletionState::Held)),
        Pane::Guard => Call::Guard,
        Pane::Transfers => removals::transfers(&wanted, &model.orgs),
        Pane::Alerts => Call::Alerts,
        Pane::Clients => Call::Health,
        Pane::Users => users::call(wanted),
        Pane::Groups => groups::call(wanted),
        Pane::Tokens => Call::Tokens,
        Pane::Audit => audit::call(&wanted, &model.audit.list),
    };
    Action::Call {
        ticket,
        purpose: Purpose::Rows(pane),
        call: scope::scoped(call, model.org),
    }
}

/// Asks for events that came since.
pub fn newer(model: &mut Model) -> Action {
    let ticket = model.ticket();
    let wanted = model.audit.list.at.ask_newer(ticket);
    Action::Call {
        ticket,
        purpose: Purpose::Rows(Pane::Audit),
        call: scope::scoped(audit::call(&wanted, &model.audit.list), model.org),
    }
}

/// Asks for the opened object.
pub fn record(model: &mut Model) -> Option<Action> {
    let ticket = model.ticket();
    let open = model.open_mut()?;
    open.record.wait(ticket);
    Some(Action::Call {
        ticket,
        purpose: Purpose::Record,
        call: open.call(),
    })
}

/// Asks for what the open tab shows beyond the object itself.
pub fn tab(model: &mut Model, again: bool) -> Option<Action> {
    let ticket = model.ticket();
    let open = model.open_mut()?;
    let (purpose, call) = open.wanted(ticket, again)?;
    Some(Action::Call {
        ticket,
        purpose,
        call,
    })
}

/// A call that nothing but its purpose waits for.
pub fn ask(model: &mut Model, purpose: Purpose, call: Call) -> Action {
    let ticket = model.ticket();
    Action::Call {
        ticket,
        purpose,
        call,
    }
}

/// Takes in an answer.
pub fn answered(
    model: &mut Model,
    ticket: u64,
    purpose: Purpose,
    result: Result<Answer, OpsError>,
) -> Vec<Action> {
    match purpose {
        Purpose::WhoAmI => role::answered(model, result),
        Purpose::Orgs => {
            if let Ok(Answer::Orgs(orgs)) = result {
                model.orgs = orgs;
            }
        }
        Purpose::Rows(Pane::Audit) => return audit::answered(model, ticket, result),
        Purpose::Rows(pane) => {
            let result = result.map(|answer| scope::kept(answer, model.org));
            take_rows(model, pane, ticket, result);
            // A page of which the filter left next to nothing is not the last word.
            let height = usize::from(model.areas().table.height);
            if pane == Pane::Transfers
                && model.pane() == Some(pane)
                && model.removals.transfers.at.is_short(height)
            {
                return vec![rows(model, pane, true)];
            }
        }
        Purpose::Acknowledge => match result {
            Ok(Answer::Acknowledged(alert)) => {
                let message = alerts::acknowledged(&mut model.alerts, *alert);
                model.say(message);
            }
            Ok(_) => {}
            Err(error) => model.say(error.message),
        },
        Purpose::Record
        | Purpose::History
        | Purpose::Access
        | Purpose::Content
        | Purpose::Request
        | Purpose::Diagnosis
        | Purpose::Refused => {
            return opened(model, ticket, purpose, result);
        }
        Purpose::Suggest => return acts::suggested(model, ticket, result),
        Purpose::Rehearse => acts::rehearsed(model, ticket, result),
        Purpose::Act => return acts::done(model, ticket, result),
        Purpose::Seek => return related::found(model, ticket, result),
    }
    let settling = model.view == View::Removals && model.removals.is_settling();
    let settling = settling || model.acting.is_some();
    settling
        .then(|| refresh_soon(model))
        .flatten()
        .into_iter()
        .collect()
}

fn take_rows(model: &mut Model, pane: Pane, ticket: u64, result: Result<Answer, OpsError>) {
    let removals = &mut model.removals;
    match (pane, result) {
        (Pane::Deletions, Ok(Answer::Deletions(items))) => {
            let rows = removals::page(items, &removals.deletions.at, |row| row.seq);
            removals.deletions.take(ticket, rows);
        }
        (Pane::Holds, Ok(Answer::Deletions(items))) => {
            let rows = removals::page(items, &removals.holds.at, |row| row.seq);
            removals.holds.take(ticket, rows);
        }
        (Pane::Guard, Ok(Answer::Guard(items))) => removals.guard.take(ticket, items.into()),
        (Pane::Transfers, Ok(Answer::Transfers(items))) => {
            let mut rows = removals::page(items, &removals.transfers.at, |row| row.seq);
            removals::with_words(&mut rows, removals.transfers.at.filter());
            removals.transfers.take(ticket, rows);
        }
        (Pane::Users, Ok(Answer::Users(came))) => model.users.list.take(ticket, came.into()),
        (Pane::Groups, Ok(Answer::Groups(came))) => model.groups.list.take(ticket, came.into()),
        (Pane::Tokens, Ok(Answer::Tokens(came))) => tokens::take(model, ticket, came),
        (Pane::Alerts, Ok(Answer::Alerts(items))) => model.alerts.take(ticket, items.into()),
        (Pane::Clients, Ok(Answer::Health(mut health, targets))) => {
            let clients = std::mem::take(&mut health.clients);
            model.health.clients.take(ticket, clients.into());
            model.health.now = Some(*health);
            model.health.targets = targets;
        }
        // Every call has one kind of answer.
        (_, Ok(_)) => {}
        (_, Err(error)) => model.cursor_of(pane).fail(ticket, error.message),
    }
    sort::arrange(model, pane);
}

/// A part of something opened, in whichever view it is. Its name is known with it, and what an
/// open tab shows can be asked for.
fn opened(
    model: &mut Model,
    ticket: u64,
    purpose: Purpose,
    result: Result<Answer, OpsError>,
) -> Vec<Action> {
    if let Some(sheet) = model.sheet.as_mut().filter(|sheet| sheet.waits(ticket)) {
        match result {
            Ok(Answer::Diagnosis(found)) => sheet.take(ticket, Ok(found)),
            Err(error) => sheet.take(ticket, Err(error)),
            // Every call has one kind of answer.
            Ok(_) => {}
        }
        return Vec::new();
    }
    let mut result = Some(result);
    for open in [
        &mut model.users.open,
        &mut model.groups.open,
        &mut model.removals.open,
        &mut model.token_list.open,
        &mut model.audit.open,
    ] {
        let Some(open) = open.as_mut().filter(|open| open.waits(ticket)) else {
            continue;
        };
        if let Some(result) = result.take() {
            open.take(ticket, purpose, result);
        }
    }
    if purpose == Purpose::Record {
        return tab(model, false).into_iter().collect();
    }
    Vec::new()
}
