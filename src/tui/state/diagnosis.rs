//! Diagnoses: which question what is chosen raises, where its answer is shown, and how it reads.

use crate::ids::RequestId;
use crate::model::alert::{Alert, Rule};
use crate::model::diagnosis::{About, Check, Diagnosis, Outcome};
use crate::model::exchange::{ExchangeSummary, Operation};
use crate::ops::api::diagnose::Question;
use crate::text::{clean, wrap};
use crate::tui::action::Action;
use crate::tui::keymap::{Command, Context};
use crate::tui::state::open::Part;
use crate::tui::state::pane::{Tab, View};
use crate::tui::state::reading::Reading;
use crate::tui::state::{Model, fetch, places, related, sheet};
use crate::tui::theme::Role;
use crate::tui::widget::rich::{Line, hung, line};

/// Diagnoses what is opened or selected: a user or a group on its page, anything else in a sheet.
pub fn begin(model: &mut Model) -> Vec<Action> {
    if matches!(model.view, View::Users | View::Groups) {
        return in_tab(model);
    }
    if let Some(question) = question(model) {
        return vec![sheet::ask(model, question)];
    }
    let notice = match model.keys().key(Command::Runbook) {
        Some(key) => format!("no diagnosis answers this; {key} shows what to do"),
        None => "there is nothing to diagnose".to_owned(),
    };
    model.say(notice);
    Vec::new()
}

/// Opens the tab of the user or group.
fn in_tab(model: &mut Model) -> Vec<Action> {
    let mut actions = Vec::new();
    if !model.has_open() {
        let Some((object, name)) = model.selected_object() else {
            return actions;
        };
        actions = places::open(model, object, &name);
    }
    if let Some(open) = model.open_mut() {
        open.tab = Tab::Diagnosis;
        open.at = Reading::default();
        open.diagnosis = Part::default();
    }
    actions.extend(fetch::tab(model, false));
    actions
}

/// The question that what is chosen raises.
fn question(model: &Model) -> Option<Question> {
    let narrowed = model.org.map(|org| org.to_string());
    match model.view {
        View::Live => model.exchange().map(of_exchange),
        View::Alerts => model.alerts.selected().and_then(of_alert),
        View::Tokens => model.token().map(|token| Question {
            about: About::Auth,
            which: None,
            org: Some(token.org.to_string()),
        }),
        View::Removals => model.deletion().map(|deletion| Question {
            about: About::User,
            which: Some(match deletion.user_name.as_str() {
                "" => deletion.user.to_string(),
                name => name.to_owned(),
            }),
            org: Some(deletion.org.to_string()),
        }),
        View::Health => Some(Question {
            about: About::Latency,
            which: None,
            org: narrowed,
        }),
        View::Users | View::Groups | View::Audit => None,
    }
}

/// Whom a request is about; of one that was refused why, of any other how fast answers are.
fn of_exchange(exchange: &ExchangeSummary) -> Question {
    let stray = exchange.refusal.is_some() || exchange.operation == Operation::NoRoute;
    let named = if stray {
        None
    } else {
        let user = related::named(exchange).map(|which| (About::User, which));
        user.or_else(|| Some((About::Group, related::named_group(exchange)?)))
    };
    let (about, which) = match named {
        Some((about, which)) => (about, Some(which.to_owned())),
        None if stray => (About::Auth, None),
        None => (About::Latency, None),
    };
    Question {
        about,
        which,
        org: exchange.org.map(|org| org.to_string()),
    }
}

/// What an alert is about; of some no diagnosis tells more than the alert itself.
pub fn of_alert(alert: &Alert) -> Option<Question> {
    let (about, named) = match alert.rule {
        Rule::ExpiredTokenInUse
        | Rule::RevokedTokenInUse
        | Rule::WrongOrg
        | Rule::UnknownToken
        | Rule::MalformedCredential
        | Rule::RefusalBurst
        | Rule::WrongBaseUrl
        | Rule::TokenExpiry
        // Whoever is refused is silent.
        | Rule::Silence
        | Rule::SilenceBursty => (About::Auth, false),
        Rule::FailureRate | Rule::Latency | Rule::Storage | Rule::ProvisioningLag => {
            (About::Latency, false)
        }
        Rule::GroupEmptied | Rule::GroupRenamed => (About::Group, true),
        Rule::UserFlapping | Rule::CameBackBare => (About::User, true),
        Rule::StaleIds
        | Rule::Backlog
        | Rule::ClientErrors
        | Rule::NotMonitorable
        | Rule::GuardOpen
        | Rule::Duplicates => return None,
    };
    Some(Question {
        about,
        which: named.then(|| alert.subject.clone()),
        org: alert.org.map(|org| org.to_string()),
    })
}

/// The requests that it shows, in the order of its lines.
pub fn requests(diagnosis: &Diagnosis) -> impl Iterator<Item = &RequestId> {
    diagnosis.checks.iter().flat_map(shown)
}

fn shown(check: &Check) -> &[RequestId] {
    match check.outcome {
        Outcome::Ok => &[],
        Outcome::Problem | Outcome::Unknown => &check.evidence,
    }
}

/// A diagnosis: each check with what it found, then the sentence. `chosen` is the request that can
/// be opened.
pub fn lines(model: &Model, diagnosis: &Diagnosis, chosen: usize, columns: usize) -> Vec<Line> {
    written(model, diagnosis, chosen, columns).0
}

/// The lines that name a request.
pub fn choices(model: &Model, diagnosis: &Diagnosis, columns: usize) -> Vec<usize> {
    written(model, diagnosis, 0, columns).1
}

fn written(
    model: &Model,
    diagnosis: &Diagnosis,
    chosen: usize,
    columns: usize,
) -> (Vec<Line>, Vec<usize>) {
    let keys = match model.sheet {
        Some(_) => model.keymap.at(Context::Sheet),
        None => model.keys(),
    };
    let opens = format!("  {} opens it", keys.of(Command::Open));
    let (mut lines, mut named) = (Vec::new(), Vec::new());
    for check in &diagnosis.checks {
        lines.extend(finding(check, columns));
        for request in shown(check) {
            let mut text = format!("request {request}");
            let mut look = ((Role::Dim, ""), Role::Dim);
            if named.len() == chosen {
                look = ((Role::Key, "        >"), Role::Text);
                // Being selected takes no line more.
                if 10 + text.len() + opens.len() <= columns {
                    text.push_str(&opens);
                }
            }
            named.push(lines.len());
            lines.extend(hung(look.0, look.1, &text, columns));
        }
        lines.extend(steps(check, columns));
    }
    let copying = model.keymap.at(Context::CopyingRow);
    let head = format!(
        "SENTENCE TO PASTE ({} {} copies it)",
        model.keys().of(Command::Copy),
        copying.of(Command::CopyTicket)
    );
    lines.extend([Line::new(), line(Role::Column, &head)]);
    let sentence = wrap(&clean(&diagnosis.sentence), columns);
    lines.extend(sentence.iter().map(|text| line(Role::Subject, text)));
    (lines, named)
}

fn finding(check: &Check, columns: usize) -> Vec<Line> {
    let (role, word, text) = match check.outcome {
        Outcome::Ok => (Role::Ok, "  ok", Role::Dim),
        Outcome::Problem => (Role::Crit, "! problem", Role::Text),
        Outcome::Unknown => (Role::Warn, "? unknown", Role::Text),
    };
    let finding = format!("{}: {}", check.name, check.finding);
    hung((role, word), text, &finding, columns)
}

fn steps(check: &Check, columns: usize) -> impl Iterator<Item = Line> {
    let steps = check.steps.iter().enumerate();
    steps.flat_map(move |(number, step)| {
        let label = if number == 0 { "  do" } else { "" };
        hung((Role::Why, label), Role::Text, step, columns)
    })
}
