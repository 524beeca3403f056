//! From something to what is related to it: request, user, group, removal.

pub mod of_alert;

use crate::ids::{OrgId, TokenId};
use crate::model::deletion::{Deletion, DeletionState};
use crate::model::event::{Actor, Event};
use crate::model::exchange::ExchangeSummary;
use crate::model::exchange_filter::quote;
use crate::ops::api::{Failure, OpsError};
use crate::tui::action::Action;
use crate::tui::call::{Answer, Call, Purpose};
use crate::tui::keymap::Command;
use crate::tui::state::open::Record;
use crate::tui::state::pane::{Object, Pane, View};
use crate::tui::state::{Model, fetch, places};

const NO_USER: &str = "no user is named here";

/// Something related that is looked for.
#[derive(Clone, Copy, Debug)]
pub struct Seek {
    ticket: u64,
    returning: bool,
}

/// Goes there, or looks for it first.
pub fn follow(model: &mut Model, command: Command) -> Vec<Action> {
    if model.view == View::Alerts {
        return of_alert::follow(model, command);
    }
    let action = match command {
        Command::ToUser => user(model),
        Command::ToGroup => group(model),
        Command::ToToken => return token(model),
        Command::ToAudit => return audit(model),
        Command::ToRequest if model.view == View::Tokens => return requests(model),
        Command::ToUsers => return list(model, Pane::Users, "groups.value"),
        Command::ToGroups => return list(model, Pane::Groups, "members.value"),
        Command::ToRequest => request(model),
        Command::ToRemovals => return removals(model),
        _ => None,
    };
    action.into_iter().collect()
}

impl Model {
    /// The deletion record that is open, or else selected.
    pub(super) fn deletion(&self) -> Option<&Deletion> {
        match &self.removals.open {
            Some(open) => open.deletion(),
            None => self.removals.records()?.selected(),
        }
    }

    /// Org, id and name of the user or group that is open, or else selected.
    pub(super) fn resource(&self) -> Option<(OrgId, String, String)> {
        let record = self.open().map(|open| open.record.here.as_ref());
        match (self.pane()?, record) {
            (Pane::Users, None) => self.users.list.selected(),
            (Pane::Users, Some(Some(Record::User(detail)))) => Some(&detail.line),
            _ => None,
        }
        .map(|user| (user.org, user.id.to_string(), user.user_name.clone()))
        .or_else(|| {
            match (self.pane()?, record) {
                (Pane::Groups, None) => self.groups.list.selected(),
                (Pane::Groups, Some(Some(Record::Group(detail)))) => Some(&detail.line),
                _ => None,
            }
            .map(|group| (group.org, group.id.to_string(), group.display_name.clone()))
        })
    }

    /// The event that is open, or else selected.
    pub(super) fn event(&self) -> Option<&Event> {
        match &self.audit.open {
            Some(open) => match open.record.here.as_ref()? {
                Record::Event(event) => Some(event),
                _ => None,
            },
            None => self.audit.list.selected(),
        }
    }

    /// The exchange that is open, or else selected.
    pub(super) fn exchange(&self) -> Option<&ExchangeSummary> {
        match &self.detail {
            Some(detail) => Some(&detail.summary),
            None => self.live.current().map(|(newest, _)| &**newest),
        }
    }
}

/// The user that an exchange names: by the id in its path, or by its subject.
pub fn named(exchange: &ExchangeSummary) -> Option<&str> {
    let subject = exchange.subject.as_str();
    let (_, below) = exchange.path.split_once("/Users")?;
    let id = below.trim_matches('/');
    if !id.is_empty() && !id.starts_with('.') {
        return Some(id);
    }
    if let Some((_, value)) = subject.split_once(" eq \"") {
        return value.strip_suffix('"');
    }
    (!subject.is_empty() && !subject.contains(' ')).then_some(subject)
}

/// The group that an exchange names, in the same way.
pub fn named_group(exchange: &ExchangeSummary) -> Option<&str> {
    let subject = exchange.subject.as_str();
    let (_, below) = exchange.path.split_once("/Groups")?;
    let id = below.trim_matches('/');
    if !id.is_empty() && !id.starts_with('.') {
        return Some(id);
    }
    if let Some((_, value)) = subject.split_once(" eq \"") {
        return value.strip_suffix('"');
    }
    (!subject.is_empty() && !subject.contains('"')).then_some(subject)
}

fn user(model: &mut Model) -> Option<Action> {
    let found = if model.view == View::Audit {
        model
            .event()
            .and_then(|event| Some((event.org, event.subject?.to_string())))
    } else if model.pane().is_some() {
        model.deletion().map(lives_as)
    } else {
        model.exchange().and_then(|exchange| {
            let org = exchange.org.unwrap_or(OrgId::PRIMARY);
            Some((org, named(exchange)?.to_owned()))
        })
    };
    let Some((org, which)) = found else {
        model.say(NO_USER);
        return None;
    };
    let org = org.to_string();
    Some(seek(model, Call::User { org, which }, false))
}

/// Org and id of a removed account that is back, else its name: another one may have it now.
fn lives_as(deletion: &Deletion) -> (OrgId, String) {
    let back = matches!(
        deletion.state,
        DeletionState::Restored | DeletionState::Returned
    );
    let which = if back || deletion.user_name.is_empty() {
        deletion.user.to_string()
    } else {
        deletion.user_name.clone()
    };
    (deletion.org, which)
}

fn request(model: &mut Model) -> Option<Action> {
    let request = match model.view {
        View::Audit => model.event()?.request,
        _ => model.deletion()?.request,
    };
    let Some(request) = request else {
        model.say("no request asked for it");
        return None;
    };
    Some(exchange(model, request.to_string(), false))
}

/// Looks for an exchange, by position or request id, to open it in Live.
pub fn exchange(model: &mut Model, which: String, returning: bool) -> Action {
    seek(model, Call::Exchange(which), returning)
}

/// Makes the call, to open what it brings.
pub fn seek(model: &mut Model, call: Call, returning: bool) -> Action {
    let action = fetch::ask(model, Purpose::Seek, call);
    if let Action::Call { ticket, .. } = action {
        model.seeking = Some(Seek { ticket, returning });
    }
    action
}

fn list(model: &mut Model, pane: Pane, attribute: &str) -> Vec<Action> {
    match model.resource() {
        Some((_, id, _)) => places::filtered(model, pane, &format!("{attribute} eq \"{id}\"")),
        None => Vec::new(),
    }
}

fn removals(model: &mut Model) -> Vec<Action> {
    let which = match model.pane() {
        Some(Pane::Audit) => model
            .event()
            .and_then(|event| Some(event.subject?.to_string())),
        None => model.exchange().and_then(named).map(str::to_owned),
        Some(_) => model.resource().map(|(_, _, name)| name),
    };
    if let Some(which) = which {
        return places::filtered(model, Pane::Deletions, &which);
    }
    model.say(NO_USER);
    Vec::new()
}

/// The group that an event is about.
fn group(model: &mut Model) -> Option<Action> {
    let about = model
        .event()
        .and_then(|event| Some((event.org, event.subject?)));
    let Some((org, id)) = about else {
        model.say("no group is named here");
        return None;
    };
    let (org, which) = (org.to_string(), id.to_string());
    Some(seek(model, Call::Group { org, which }, false))
}

/// The token that something was done with, or is about.
fn token(model: &mut Model) -> Vec<Action> {
    let of = |actor: &Actor| match actor {
        Actor::Token(id) => Some(id.clone()),
        Actor::Operator(_) | Actor::System => None,
    };
    let id = match model.view {
        View::Live => model.exchange().and_then(|exchange| exchange.token.clone()),
        View::Audit => model.event().and_then(|event| {
            let named = event.detail["subject"].as_str();
            let token = named.filter(|named| named.starts_with("tok_"));
            token
                .map(|id| TokenId(id.to_owned()))
                .or_else(|| of(&event.actor))
        }),
        _ => model.deletion().and_then(|deletion| of(&deletion.actor)),
    };
    let Some(id) = id else {
        model.say("no token is named here");
        return Vec::new();
    };
    to_token(model, id)
}

/// Opens a token on its page.
fn to_token(model: &mut Model, id: TokenId) -> Vec<Action> {
    let known = model.tokens.iter().find(|token| token.id == id);
    let name = known.map_or_else(|| id.0.clone(), |token| token.label.clone());
    places::jump(model, Object::Token(id), &name)
}

/// The events about it.
fn audit(model: &mut Model) -> Vec<Action> {
    let which = match model.view {
        View::Tokens => model.token().map(|token| token.id.0.clone()),
        View::Removals => model.deletion().map(|deletion| deletion.user.to_string()),
        _ => model.resource().map(|(_, id, _)| id),
    };
    match which {
        Some(which) => places::filtered(model, Pane::Audit, &which),
        None => Vec::new(),
    }
}

/// The requests with a token.
fn requests(model: &mut Model) -> Vec<Action> {
    match model.token().map(|token| quote(&token.id.0)) {
        Some(id) => places::live(model, &format!("token:{id}")),
        None => Vec::new(),
    }
}

/// Opens what was looked for, if it is still wanted.
pub fn found(model: &mut Model, ticket: u64, result: Result<Answer, OpsError>) -> Vec<Action> {
    let Some(seek) = model.seeking.take_if(|seek| seek.ticket == ticket) else {
        return Vec::new();
    };
    match result {
        Ok(Answer::User(detail)) => {
            let object = Object::User(detail.line.org, detail.line.id);
            return places::jump(model, object, &detail.line.user_name);
        }
        Ok(Answer::Group(detail)) => {
            let object = Object::Group(detail.line.org, detail.line.id);
            return places::jump(model, object, &detail.line.display_name);
        }
        Ok(Answer::Exchange(exchange)) => {
            places::show_exchange(model, exchange, seek.returning);
        }
        Ok(_) => {}
        Err(error) if error.failure == Failure::NotFound => {
            model.say(format!("not there any more: {}", error.message));
        }
        Err(error) => model.say(error.message),
    }
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::testing::summary;

    #[test]
    fn a_user_is_named_by_path_or_subject() {
        let at = |path: &str, subject: &str| ExchangeSummary {
            path: path.to_owned(),
            subject: subject.to_owned(),
            ..summary(1)
        };
        for (path, subject, expected) in [
            ("/scim/v2/Users/77aa", "j.doe@example.com", Some("77aa")),
            (
                "/scim/v2/Users",
                "j.doe@example.com",
                Some("j.doe@example.com"),
            ),
            ("/scim/v2/Users", "userName eq \"a@b\"", Some("a@b")),
            ("/scim/v2/Users/.search", "userName sw \"a\"", None),
            ("/scim/v2/Users", "", None),
            ("/scim/v2/Groups/77aa", "Finance", None),
        ] {
            assert_eq!(named(&at(path, subject)), expected, "{path} {subject}");
        }
    }
}
