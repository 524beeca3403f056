//! From an alert to what it is about.

use super::*;
use crate::ids::{OrgId, TokenId};
use crate::model::alert::{Rule, Severity};
use crate::tui::call::{Answer, Call};
use crate::tui::keymap::Context;
use crate::tui::testing::house::id;
use crate::tui::testing::{carry_out_with, tokens};

/// In Alerts, with this one alone.
fn of(alert: &Alert) -> Model {
    let mut model = model();
    update(&mut model, Event::Tokens(tokens()));
    go(&mut model, alert, "2");
    assert_eq!(model.alerts.selected(), Some(alert));
    model
}

/// Types `keys` while that is the only alert; returns the calls that were made.
fn go(model: &mut Model, alert: &Alert, keys: &str) -> Vec<Call> {
    let only = |answer| match answer {
        Answer::Alerts(_) => Answer::Alerts(vec![alert.clone()]),
        other => other,
    };
    let mut calls = Vec::new();
    for key in keys.chars() {
        let actions = press(model, &key.to_string());
        calls.extend(carry_out_with(model, actions, only));
    }
    calls
}

fn about(rule: Rule, org: Option<OrgId>, subject: &str) -> Alert {
    Alert {
        subject: subject.to_owned(),
        ..Alert::new(rule, Severity::Warning, org, "key")
    }
}

/// What the key bar offers after `o`.
fn offered(model: &Model) -> String {
    let all = crate::tui::keymap::bindings(Context::OfAlert);
    let all = all.filter(|binding| !binding.label.is_empty() && binding.command != Command::Back);
    let there = all.filter(|binding| model.leads(Context::OfAlert, binding.command));
    let keys = there.map(|binding| binding.keys[0].name());
    keys.collect()
}

#[test]
fn an_alert_about_a_token_leads_to_it_its_events_requests_and_diagnosis() {
    let alert = Alert {
        token: Some(TokenId("tok_a0100000".to_owned())),
        filter: Some("token:tok_a0100000".to_owned()),
        ..about(Rule::TokenExpiry, Some(OrgId(0)), "entra-eu")
    };
    let mut model = of(&alert);
    go(&mut model, &alert, "o");
    assert_eq!(model.context(), Context::OfAlert);
    assert_eq!(offered(&model), "taqd");
    go(&mut model, &alert, "t");
    let open = model.open().unwrap();
    assert_eq!(
        (model.view, open.name.as_str()),
        (View::Tokens, "entra-eu"),
        "its page"
    );
    go(&mut model, &alert, "\u{1b}");
    assert_eq!((model.view, model.alerts.at.selected), (View::Alerts, 0));
    go(&mut model, &alert, "oq");
    assert_eq!(model.view, View::Live);
    assert_eq!(model.live.filter, "token:tok_a0100000");
    assert!(model.live.log.shown() > 0);
    go(&mut model, &alert, "\u{1b}oa");
    assert_eq!(model.view, View::Audit);
    assert_eq!(model.audit.list.at.filter, "\"tok_a0100000\"");
    go(&mut model, &alert, "\u{1b}od");
    assert_eq!(model.sheet.as_ref().unwrap().title(), "diagnose auth");
}

#[test]
fn an_alert_about_a_group_or_a_user_leads_to_its_page() {
    let group = Alert {
        group: Some(id(1_002)),
        ..about(Rule::GroupEmptied, Some(OrgId(0)), "Finance")
    };
    let mut model = of(&group);
    assert_eq!(offered(&model), "gad");
    go(&mut model, &group, "og");
    assert_eq!(model.view, View::Groups);
    assert_eq!(model.open().unwrap().name, "Finance");
    go(&mut model, &group, "\u{1b}");
    assert_eq!(model.view, View::Alerts);
    // What it was made of are events, found even if it is renamed again.
    for keys in ["oa", "\n"] {
        let mut model = of(&group);
        go(&mut model, &group, keys);
        let filter = format!("\"{}\"", id(1_002));
        assert_eq!(
            (model.view, &model.audit.list.at.filter),
            (View::Audit, &filter)
        );
    }
    let alert = Alert {
        user: Some(id(2).to_string()),
        ..about(Rule::CameBackBare, Some(OrgId(0)), "j.doe@example.com")
    };
    let mut model = of(&alert);
    assert_eq!(offered(&model), "uard");
    let calls = go(&mut model, &alert, "ou");
    assert!(matches!(&calls[0], Call::User { which, .. } if *which == id(2).to_string()));
    assert_eq!(model.view, View::Users);
    // Who was removed had another id.
    go(&mut model, &alert, "\u{1b}or");
    assert_eq!(model.view, View::Removals);
    assert_eq!(model.removals.deletions.at.filter, "j.doe@example.com");
}

#[test]
fn an_open_guard_leads_to_the_removals_of_its_batch() {
    let alert = Alert {
        batch: Some(3),
        ..about(Rule::GuardOpen, Some(OrgId(0)), "Primary")
    };
    let mut model = of(&alert);
    assert_eq!(offered(&model), "r");
    go(&mut model, &alert, "or");
    assert_eq!(
        (model.view, model.removals.pane),
        (View::Removals, Pane::Deletions)
    );
    assert_eq!(model.removals.deletions.at.filter, "batch:3");
    go(&mut model, &alert, "\u{1b}\n");
    assert_eq!(model.removals.pane, Pane::Guard);
}

#[test]
fn what_an_alert_does_not_name_is_neither_offered_nor_gone_to() {
    let alert = Alert {
        filter: Some("status:401,403".to_owned()),
        ..about(Rule::RefusalBurst, None, "all clients")
    };
    let mut model = of(&alert);
    assert_eq!(offered(&model), "qd");
    for key in ["u", "g", "t", "a", "r"] {
        assert_eq!(go(&mut model, &alert, &format!("o{key}")), [], "{key}");
        assert_eq!(model.view, View::Alerts);
        let said = model.notice.as_deref().unwrap();
        assert_eq!(said, "this alert names nothing of that kind", "{key}");
    }
    for (name, there) in [
        ("to-request", true),
        ("to-user", false),
        ("to-token", false),
    ] {
        go(&mut model, &alert, &format!(":{name}"));
        let Mode::Palette(palette) = &model.mode else {
            panic!("{:?}", model.mode)
        };
        let offered = palette.matches.iter().any(|entry| entry.text == name);
        assert_eq!(offered, there, "{name}");
        go(&mut model, &alert, "\u{1b}");
    }
    // Of what waits to be told there is nothing to go to.
    let alert = about(Rule::Backlog, None, "ops");
    let mut model = of(&alert);
    go(&mut model, &alert, "o");
    assert_eq!(model.context(), Context::Alerts);
    assert_eq!(model.notice.as_deref(), Some("nothing is related to this"));
}

#[test]
fn an_alert_that_an_earlier_version_stored_leads_to_its_token() {
    let stored = serde_json::json!({
        "fingerprint": "0a1b2c3d4e5f", "rule": "expired-token-in-use", "severity": "critical",
        "org": 0, "subject": "entra-eu", "since": status().now, "last": status().now, "count": 3,
        "why": "it has expired", "advice": "issue another", "token": "tok_a0100000",
        "evidence": [9, 8],
    });
    let alert: Alert = serde_json::from_value(stored).unwrap();
    let mut model = of(&alert);
    assert_eq!(offered(&model), "taqd");
    go(&mut model, &alert, "\n");
    assert_eq!(model.view, View::Live);
    assert_eq!(model.live.filter, "token:tok_a0100000");
}
