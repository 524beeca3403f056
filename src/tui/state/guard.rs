//! What is to be said of an Org's guard.

use crate::clock::Timestamp;
use crate::model::guard::{Allowance, Batch, GuardAction, GuardStatus, Verdict, WindowUse};
use crate::text::clean;
use crate::tui::keymap::{Command, Keys};
use crate::tui::state::removals::{batch, when};
use crate::tui::theme::Role;
use crate::tui::widget::rich::{Line, fact, paragraph};

/// Glyph, word and role of its state.
pub const fn state(guard: &GuardStatus) -> (&'static str, &'static str, Role) {
    match (&guard.open, &guard.last) {
        (Some(_), _) => ("!", "OPEN", Role::Crit),
        (
            None,
            Some(Batch {
                verdict: Some(verdict),
                frozen: 1..,
                ..
            }),
        ) => match verdict {
            Verdict::Approve => ("▲", "approving", Role::Warn),
            Verdict::Restore => ("▲", "restoring", Role::Warn),
        },
        _ if guard.enabled => (" ", "closed", Role::Ok),
        _ => ("▲", "off", Role::Warn),
    }
}

/// `2 of 10`
pub fn used(window: WindowUse) -> String {
    format!("{} of {}", window.count, window.threshold)
}

/// What is left of the announced removals.
pub fn left(allowance: &Allowance) -> String {
    format!("{} of {} left", allowance.left, allowance.count)
}

/// All that is known of it.
pub fn summary(guard: &GuardStatus, now: Timestamp, keys: Keys<'_>, columns: usize) -> Vec<Line> {
    let mut lines = vec![headline(guard)];
    let windows = format!(
        "{} in 1 hour, {} in 24 hours",
        used(guard.hour),
        used(guard.day)
    );
    lines.extend(fact("removals", &windows, columns));
    lines.extend(fact("action", meaning(guard.action), columns));
    if let Some(allowed) = &guard.allowance {
        let text = format!(
            "{} until {}, by {}: {}",
            left(allowed),
            when(allowed.until, now),
            allowed.by,
            allowed.reason
        );
        lines.extend(fact("announced", &text, columns));
    }
    if let Some(last) = &guard.last {
        let text = format!(
            "#{} opened {}: {}; {} removals, {} still frozen",
            last.id,
            when(last.opened, now),
            last.why,
            last.removals,
            last.frozen
        );
        lines.extend(fact("batch", &text, columns));
        lines.extend(fact("verdict", &verdict(last, now), columns));
    }
    lines.push(Line::new());
    let (why, step) = explain(guard, keys);
    lines.extend(paragraph("why", Role::Text, &why, columns));
    lines.extend(paragraph("do", Role::Text, &step, columns));
    lines
}

/// Org and state in a line.
pub fn headline(guard: &GuardStatus) -> Line {
    let (glyph, word, role) = state(guard);
    vec![
        (role, format!("{glyph} guard {word}  ")),
        (Role::Subject, format!("Org {}", clean(&guard.org_name))),
    ]
}

const fn meaning(action: GuardAction) -> &'static str {
    match action {
        GuardAction::Freeze => "freeze: removals beyond it are kept until you decide",
        GuardAction::Reject => "reject: removals beyond it get 503",
        GuardAction::Alert => "alert: removals beyond it take effect, with an alert",
    }
}

fn verdict(batch: &Batch, now: Timestamp) -> String {
    let Some(verdict) = batch.verdict else {
        return "none yet".to_owned();
    };
    let word = match verdict {
        Verdict::Approve => "approved",
        Verdict::Restore => "restored",
    };
    let by = batch.by.as_deref().unwrap_or("an operator");
    let at = batch
        .closed
        .map_or_else(String::new, |at| format!(" {}", when(at, now)));
    format!("{word} by {by}{at}")
}

/// Why it is so, and the next step.
pub fn explain(guard: &GuardStatus, keys: Keys<'_>) -> (String, String) {
    let [open, approve, restore] =
        [Command::Open, Command::Approve, Command::Restore].map(|command| keys.of(command));
    let Some(batch) = batch(guard) else {
        return if guard.enabled {
            let why = "no more accounts were removed than is usual; removals take effect";
            (
                why.to_owned(),
                "announce planned work beforehand: scimtop guard allow".to_owned(),
            )
        } else {
            let why = "the guard is switched off: removals take effect, however many they are";
            (
                why.to_owned(),
                "guard.enabled in the configuration switches it on".to_owned(),
            )
        };
    };
    if batch.verdict.is_some() {
        let why = format!(
            "the verdict is carried out; {} accounts are left",
            batch.frozen
        );
        return (why, "wait: the count goes down".to_owned());
    }
    let why = clean(&batch.why);
    match batch.action {
        GuardAction::Freeze => (
            format!("{why}; what came after is frozen: access ended, nothing is destroyed"),
            format!(
                "{open} lists them; {approve} lets all of it take effect, {restore} brings all back"
            ),
        ),
        GuardAction::Reject => (
            format!("{why}; what came after was refused with 503"),
            format!("{approve} closes it, and removals take effect again"),
        ),
        GuardAction::Alert => (
            format!("{why}; what came after took effect all the same"),
            format!("{open} lists them; {approve} closes it"),
        ),
    }
}
