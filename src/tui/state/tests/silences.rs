//! Silences from the Alerts view.

use super::house::{acts, at, confirm, work};
use super::*;
use crate::model::alert::Rule;
use crate::ops::api::watch::NewSilence;
use crate::tui::call::Call;
use crate::tui::testing::watch::silence;

#[test]
fn an_alert_is_silenced_for_a_time_with_a_reason() {
    let mut model = at("2");
    work(&mut model, "h");
    assert!(model.notice.as_deref().unwrap().starts_with("read-only"));
    work(&mut model, "uh");
    // Without a reason the server says no.
    assert!(matches!(&confirm(&model).plan, Some(Err(why)) if why.contains("reason")));
    let alert = model.alerts.selected().unwrap().clone();
    // The next span, then why, then the id of the rule.
    let calls = work(&mut model, " \tplanned\t");
    assert!(
        calls
            .iter()
            .any(|call| matches!(call, Call::Silence(new) if new.dry_run))
    );
    let Some(Ok(plan)) = &confirm(&model).plan else {
        panic!("{:?}", confirm(&model).plan);
    };
    assert!(plan.possible && plan.facts[0].1.starts_with("until"));
    let calls = work(&mut model, &format!("{}\t\n", alert.rule.id()));
    let wanted = Call::Silence(NewSilence {
        rule: None,
        org: None,
        subject: None,
        fingerprint: Some(alert.fingerprint),
        seconds: 8 * 3_600,
        reason: "planned".to_owned(),
        dry_run: false,
    });
    assert_eq!(acts(&calls), [&wanted]);
}

#[test]
fn the_same_key_ends_a_silence_and_says_whose_it_was() {
    let mut model = at("2u");
    let selected = model.alerts.at.selected;
    model.alerts.items[selected].silenced = Some(silence());
    let rule = model.alerts.items[selected].rule;
    work(&mut model, "h");
    let Some(Ok(plan)) = &confirm(&model).plan else {
        panic!("{:?}", confirm(&model).plan);
    };
    let told = &plan.facts[0].1;
    assert!(told.contains("root") && told.contains("mapping"), "{told}");
    let calls = work(&mut model, &format!("{}\t\n", rule.id()));
    let wanted = Call::EndSilence {
        id: 7,
        dry_run: false,
    };
    assert_eq!(acts(&calls), [&wanted]);
}

#[test]
fn what_cannot_be_silenced_says_so() {
    for (rule, rung) in [(Rule::GuardOpen, None), (Rule::TokenExpiry, Some(0))] {
        let mut model = at("2u");
        let selected = model.alerts.at.selected;
        model.alerts.items[selected].rule = rule;
        model.alerts.items[selected].rung = rung;
        work(&mut model, "h");
        assert!(matches!(model.mode, Mode::Normal), "{rule:?}");
        assert!(
            model
                .notice
                .as_deref()
                .unwrap()
                .contains("cannot be silenced")
        );
    }
}
