//! Acts on alerts: silence one for a time, and end that.

use crate::clock::parse_duration;
use crate::model::alert::{Rule, Silence};
use crate::ops::api::watch::NewSilence;
use crate::text::clean;
use crate::tui::call::Call;
use crate::tui::state::Model;
use crate::tui::state::acts::target::Target;
use crate::tui::state::acts::{Act, Field};
use crate::tui::state::plan::Plan;

/// How long; the first is the default, the last the longest the server allows by default.
const SPANS: &[&str] = &["2h", "8h", "1d", "7d", "30d"];

/// The selected alert, or the silence that covers it.
pub fn target(model: &Model) -> Result<Target, &'static str> {
    let alert = model.alerts.selected().ok_or("no alert is selected")?;
    let about = format!("{} {}", alert.rule.title(), clean(&alert.subject));
    let (act, fields) = match &alert.silenced {
        Some(silence) => (Act::EndSilence(silence.id), Vec::new()),
        None if alert.rule == Rule::GuardOpen => {
            return Err("an open guard cannot be silenced: restore or approve its batch");
        }
        None if alert.rung == Some(0) => {
            return Err("the last notice of a token's end cannot be silenced: rotate the token");
        }
        None => (
            Act::Silence(alert.fingerprint.clone()),
            vec![
                Field::choice("For (space changes):", SPANS),
                Field::text("Why:", ""),
            ],
        ),
    };
    Ok(Target {
        act,
        about,
        word: alert.rule.id().to_owned(),
        named: "id of the rule",
        fields,
        owner: None,
    })
}

/// The call, made of what was said.
pub fn call(act: &Act, fields: &[Field], dry_run: bool) -> Option<Call> {
    let value = |at: usize| fields.get(at).map_or("", Field::value);
    Some(match act {
        Act::Silence(fingerprint) => Call::Silence(NewSilence {
            rule: None,
            org: None,
            subject: None,
            fingerprint: Some(fingerprint.clone()),
            seconds: parse_duration(value(0))?.as_secs(),
            reason: value(1).to_owned(),
            dry_run,
        }),
        Act::EndSilence(id) => Call::EndSilence { id: *id, dry_run },
        _ => return None,
    })
}

/// What it would do.
pub fn silenced(silence: &Silence) -> Plan {
    Plan {
        facts: vec![
            (
                "Quiet",
                format!("until {}: nobody is told of it", silence.until),
            ),
            (
                "Listed",
                "it stays in this list as long as it stands".to_owned(),
            ),
        ],
        possible: true,
    }
}

/// What ending it would do.
pub fn ended(silence: &Silence) -> Plan {
    Plan {
        facts: vec![
            ("Silence", reason(silence)),
            ("Then", "it is told again if it still stands".to_owned()),
        ],
        possible: true,
    }
}

/// `until 14:00 by root: planned`
pub fn reason(silence: &Silence) -> String {
    format!(
        "until {} by {}: {}",
        silence.until,
        clean(&silence.by),
        clean(&silence.reason)
    )
}
