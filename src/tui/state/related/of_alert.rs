//! From an alert to what it is about: only what it names can be gone to.

use crate::ids::{OrgId, TokenId};
use crate::model::alert::Alert;
use crate::tui::action::Action;
use crate::tui::call::Call;
use crate::tui::keymap::{Command, Context, bindings};
use crate::tui::state::pane::Pane;
use crate::tui::state::related::{seek, to_token};
use crate::tui::state::{Mode, Model, diagnosis, places};

/// Where something related is.
enum Way {
    Seek(Call),
    Token(TokenId),
    List(Pane, String),
    Live(String),
}

impl Model {
    /// True if `command` leads somewhere from what is chosen, pressed after `o` in that context.
    pub fn leads(&self, context: Context, command: Command) -> bool {
        context != Context::OfAlert
            || command == Command::Back
            || self.alerts.selected().is_some_and(|alert| match command {
                Command::Diagnose => diagnosis::of_alert(alert).is_some(),
                _ => way(alert, command).is_some(),
            })
    }
}

/// The way from an alert, if it names anything of that kind.
fn way(alert: &Alert, command: Command) -> Option<Way> {
    let org = alert.org.unwrap_or(OrgId::PRIMARY).to_string();
    Some(match command {
        Command::ToToken => Way::Token(alert.token.clone()?),
        Command::ToUser => Way::Seek(Call::User {
            org,
            which: alert.user.clone()?,
        }),
        Command::ToGroup => Way::Seek(Call::Group {
            org,
            which: alert.group?.to_string(),
        }),
        Command::ToRemovals => {
            let batch = alert.batch.map(|batch| format!("batch:{batch}"));
            Way::List(Pane::Deletions, batch.or_else(|| name(alert))?)
        }
        Command::ToAudit => {
            let group = alert.group.map(|group| group.to_string());
            let token = alert.token.as_ref().map(ToString::to_string);
            let named = group.or_else(|| name(alert)).or(token)?;
            Way::List(Pane::Audit, format!("\"{}\"", named.replace('"', " ")))
        }
        Command::ToRequest => Way::Live(requests(alert)?),
        _ => return None,
    })
}

/// The name of its user: who comes back under a name may have another id than before.
fn name(alert: &Alert) -> Option<String> {
    alert.user.as_ref().map(|_| alert.subject.clone())
}

/// A filter that finds its requests.
fn requests(alert: &Alert) -> Option<String> {
    // One that an earlier version stored has no filter.
    let token = || alert.token.as_ref().map(|token| format!("token:{token}"));
    alert.filter.clone().or_else(token)
}

/// Waits for the letter that says where, if there is anywhere to go.
pub fn begin(model: &mut Model) {
    let context = model.of_what();
    let further = |command| command != Command::Back && model.leads(context, command);
    if bindings(context).any(|binding| further(binding.command)) {
        model.mode = Mode::Related;
    } else {
        model.say("nothing is related to this");
    }
}

/// Goes there.
pub fn follow(model: &mut Model, command: Command) -> Vec<Action> {
    let way = model
        .alerts
        .selected()
        .and_then(|alert| way(alert, command));
    match way {
        Some(Way::Seek(call)) => vec![seek(model, call, false)],
        Some(Way::Token(id)) => to_token(model, id),
        Some(Way::List(pane, filter)) => places::filtered(model, pane, &filter),
        Some(Way::Live(filter)) => places::live(model, &filter),
        None => {
            model.say("this alert names nothing of that kind");
            Vec::new()
        }
    }
}

/// Shows what an alert was made of: the guard, events or requests.
pub fn evidence(model: &mut Model) -> Vec<Action> {
    let Some(alert) = model.alerts.selected() else {
        return Vec::new();
    };
    if alert.batch.is_some() {
        return places::filtered(model, Pane::Guard, "");
    }
    let shown = if alert.user.is_some() || alert.group.is_some() {
        Command::ToAudit
    } else {
        Command::ToRequest
    };
    follow(model, shown)
}
