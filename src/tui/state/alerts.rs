//! The Alerts view's state, and what is said of an alert.

use crate::clock::Timestamp;
use crate::model::alert::{Alert, Quiet, Rule, Severity, State};
use crate::ops::api::watch::Seen;
use crate::text::clean;
use crate::tui::action::Action;
use crate::tui::call::{Call, Purpose};
use crate::tui::keymap::Command;
use crate::tui::state::acts::silence;
use crate::tui::state::list::{Keyed, List};
use crate::tui::state::pane::View;
use crate::tui::state::removals::when;
use crate::tui::state::{Model, fetch};
use crate::tui::theme::Role;
use crate::tui::widget::rich::{Line, fact, paragraph};

impl Keyed for Alert {
    fn key(&self) -> u128 {
        u128::from_str_radix(&self.fingerprint, 16).unwrap_or(0)
    }
}

/// Glyph, word and role of a severity.
pub const fn severity(of: Severity) -> (&'static str, &'static str, Role) {
    match of {
        Severity::Critical => ("!", "CRIT", Role::Crit),
        Severity::Warning => ("▲", "WARN", Role::Warn),
        Severity::Info => (" ", "INFO", Role::Info),
    }
}

/// The alerts that nobody has seen yet and that cannot wait, worst first. An open guard is not
/// among them where the view itself tells of it.
pub fn urgent(model: &Model) -> impl Iterator<Item = &Alert> {
    let guarded = model.view == View::Removals;
    model.alerts.items.iter().filter(move |alert| {
        let told = matches!(alert.quiet, None | Some(Quiet::Flapping));
        told && alert.acknowledged.is_none()
            && alert.state == State::Firing
            && alert.severity > Severity::Info
            && !(guarded && alert.rule == Rule::GuardOpen)
    })
}

/// The worst of them and how many more there are, for a line above every view but the list itself.
pub fn banner(model: &Model) -> Option<(&Alert, usize)> {
    if model.view == View::Alerts {
        return None;
    }
    let mut urgent = urgent(model);
    let worst = urgent.next()?;
    Some((worst, urgent.count()))
}

/// `401/403 burst  all clients`
pub fn headline(alert: &Alert) -> Line {
    let (glyph, word, role) = severity(alert.severity);
    vec![
        (role, format!("{glyph} {word}  ")),
        (Role::Text, format!("{}  ", alert.rule.title())),
        (Role::Subject, clean(&alert.subject)),
    ]
}

/// All that is known of it.
pub fn summary(model: &Model, alert: &Alert, columns: usize) -> Vec<Line> {
    let now = model.now;
    let mut lines = vec![headline(alert)];
    lines.extend(fact("rule", alert.rule.id(), columns));
    if let Some(org) = alert.org {
        lines.extend(fact("org", &model.org_name(org), columns));
    }
    lines.extend(fact("since", &when(alert.since, now), columns));
    let seen = format!("{} times, last {}", alert.count, when(alert.last, now));
    lines.extend(fact("seen", &seen, columns));
    if !alert.evidence.is_empty() {
        let evidence: Vec<_> = alert.evidence.iter().map(|seq| format!("#{seq}")).collect();
        lines.extend(fact("requests", &evidence.join(" "), columns));
    }
    lines.extend(fact("state", &state(alert, now), columns));
    if let Some(silence) = &alert.silenced {
        lines.extend(fact("silence", &silence::reason(silence), columns));
    }
    lines.push(Line::new());
    lines.extend(paragraph("why", Role::Text, &alert.why, columns));
    lines.extend(paragraph("do", Role::Text, &alert.advice, columns));
    lines
}

/// Who has seen it.
pub fn state(alert: &Alert, now: Timestamp) -> String {
    match (&alert.acknowledged, alert.quiet, alert.state) {
        (Some(seen), ..) => format!("seen by {} {}", seen.by, when(seen.at, now)),
        (None, Some(quiet), _) => quiet.as_str().to_owned(),
        (None, None, State::Firing) => "new".to_owned(),
        (None, None, State::Ok) => "over, not seen".to_owned(),
        (None, None, state) => state.as_str().to_owned(),
    }
}

/// Says that the selected alert was seen, or was not.
pub fn acknowledge(model: &mut Model) -> Option<Action> {
    if let Some(why) = model.forbidden(Command::Acknowledge) {
        model.say(why);
        return None;
    }
    let alert = model.alerts.selected()?;
    let call = Call::Acknowledge {
        fingerprint: alert.fingerprint.clone(),
        seen: Seen {
            seen: alert.acknowledged.is_none(),
            dry_run: false,
        },
    };
    Some(fetch::ask(model, Purpose::Acknowledge, call))
}

/// An alert was acknowledged, or was not.
pub fn acknowledged(alerts: &mut List<Alert>, alert: Alert) -> String {
    let message = match &alert.acknowledged {
        Some(seen) => format!("seen: quiet until {} or until it gets worse", seen.until),
        None => "not seen any more".to_owned(),
    };
    let known = alerts.items.iter_mut();
    if let Some(known) = known.into_iter().find(|known| known.key() == alert.key()) {
        *known = alert;
    }
    message
}
