//! Notices in words.

use std::fmt::Write as _;

use crate::model::alert::{AlertChange, Severity, State};
use crate::model::notice::{Notice, Reason};
use crate::text::clean;

/// Alerts that are written out; of others their number is said.
const WRITTEN: usize = 20;

/// A line that says how bad what is where.
pub(super) fn title(notice: &Notice) -> String {
    let place = match (&notice.org_name, notice.org) {
        (Some(name), Some(org)) => format!("Org {}, {org}", clean(name)),
        (None, Some(org)) => format!("Org {org}"),
        (_, None) => "server".to_owned(),
    };
    let what = match notice.alerts.first() {
        Some(first) => format!("{} {}", first.rule.id(), first.rule.title()),
        None => "no alert".to_owned(),
    };
    let more = match notice.alerts.len() {
        0 | 1 => String::new(),
        several => format!(" and {} more", several - 1),
    };
    let how = match (notice.reason, notice.severity()) {
        (Reason::Test, _) => "test".to_owned(),
        (_, None) => "recovered".to_owned(),
        (Reason::Repeat, Some(severity)) => format!("still {}", severity.as_str()),
        (Reason::Change, Some(severity)) => severity.as_str().to_owned(),
    };
    format!("[scimtop] {how}: {what}{more} ({place})")
}

/// Every alert in a few lines, and where to go on.
pub(super) fn text(notice: &Notice) -> String {
    let mut text = String::new();
    for alert in notice.alerts.iter().take(WRITTEN) {
        describe(alert, &mut text);
    }
    let left = notice.alerts.len().saturating_sub(WRITTEN);
    if left > 0 {
        let _ = writeln!(text, "... and {left} more: scimtop alerts list");
    }
    text
}

fn describe(alert: &AlertChange, text: &mut String) {
    let state = match alert.state {
        State::Ok => "recovered",
        _ => alert.severity.as_str(),
    };
    let (id, title) = (alert.rule.id(), alert.rule.title());
    let _ = writeln!(text, "{state}: {id} {title}: {}", clean(&alert.subject));
    if alert.state != State::Ok {
        for (what, words) in [("why", Some(&alert.why)), ("do", alert.steps.first())] {
            if let Some(words) = words.filter(|words| !words.is_empty()) {
                let _ = writeln!(text, "  {what}: {}", clean(words));
            }
        }
    }
    let _ = writeln!(text, "  scimtop alerts show {}", alert.fingerprint);
}

/// Text as a chat shows it, with what it would obey written out.
pub(super) fn chat(notice: &Notice) -> String {
    let text = format!("{}\n{}", title(notice), text(notice));
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// How loud ntfy is: 1 to 5.
pub(super) fn priority(notice: &Notice) -> &'static str {
    match notice.severity() {
        Some(Severity::Critical) => "5",
        Some(Severity::Warning) => "4",
        Some(Severity::Info) => "3",
        None => "2",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;
    use crate::ids::OrgId;
    use crate::model::alert::{Alert, Rule};

    fn notice(count: usize, state: State) -> Notice {
        let alert = |number| Alert {
            state,
            why: "it <is> & \u{1b}[31m so".to_owned(),
            advice: "look".to_owned(),
            ..Alert::new(
                Rule::ExpiredTokenInUse,
                Severity::Critical,
                Some(OrgId(7)),
                &format!("t{number}"),
            )
        };
        Notice {
            at: Timestamp(1),
            org: Some(OrgId(7)),
            org_name: Some("sales\r\nBcc: eve".to_owned()),
            family: 'A',
            reason: Reason::Change,
            alerts: (0..count)
                .map(|number| alert(number).change(Timestamp(1)))
                .collect(),
            standing: count,
        }
    }

    #[test]
    fn titles_say_how_bad_what_is_where() {
        let fires = notice(1, State::Firing);
        assert_eq!(
            title(&fires),
            "[scimtop] critical: A1 expired token in use (Org sales^M^JBcc: eve, 7)"
        );
        assert_eq!(
            title(&notice(3, State::Ok)),
            "[scimtop] recovered: A1 expired token in use and 2 more (Org sales^M^JBcc: eve, 7)"
        );
        let still = Notice {
            reason: Reason::Repeat,
            org: None,
            ..notice(2, State::Firing)
        };
        assert_eq!(
            title(&still),
            "[scimtop] still critical: A1 expired token in use and 1 more (server)"
        );
        assert_eq!(
            (priority(&still), priority(&notice(1, State::Ok))),
            ("5", "2")
        );
    }

    #[test]
    fn what_comes_from_outside_is_shown_and_not_obeyed() {
        let words = text(&notice(1, State::Firing));
        assert!(words.contains("  why: it <is> & ^[[31m so\n"), "{words}");
        assert!(words.contains("  do: look\n"), "{words}");
        let words = chat(&notice(1, State::Firing));
        assert!(words.contains("it &lt;is&gt; &amp; "), "{words}");
        // Many alerts make a long notice, not an endless one.
        let words = text(&notice(1_000, State::Firing));
        assert!(words.contains("... and 980 more") && words.lines().count() < 100);
    }
}
