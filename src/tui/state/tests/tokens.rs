//! What keys do in Tokens and Audit, against the scripted house.

use super::house::{acts, at, confirm, work};
use super::*;
use crate::ids::TokenId;
use crate::model::token::TokenKind;
use crate::ops::api::content::TransferQuery;
use crate::ops::api::{EventQuery, ExchangeQuery, NewToken, Rotation};
use crate::tui::call::Call;
use crate::tui::state::open::Record;
use crate::tui::testing::house::EVENTS;
use crate::tui::testing::{SECRET, carry_out};

fn labels(model: &Model) -> Vec<&str> {
    let rows = model.token_list.list.items.iter();
    rows.map(|token| token.label.as_str()).collect()
}

#[test]
fn tokens_stand_by_what_is_left_of_them() {
    let mut model = at("6");
    let all = [
        "sales-okta",
        "entra-eu",
        "okta-dev",
        "sales-okta",
        "okta-prod",
        "old-test",
    ];
    assert_eq!(labels(&model), all);
    for (filter, expected) in [
        (
            "okta",
            &["sales-okta", "okta-dev", "sales-okta", "okta-prod"][..],
        ),
        ("org:sales", &["sales-okta", "sales-okta"]),
        ("state:rotating", &["sales-okta"]),
        ("state:revoked", &["old-test"]),
        ("nEw2", &["sales-okta"]),
        ("kind:app", &[]),
    ] {
        work(&mut model, &format!("/{filter}\n"));
        assert_eq!(labels(&model), expected, "{filter}");
        work(&mut model, "/");
        work(&mut model, &"\u{8}".repeat(40));
        work(&mut model, "\n");
    }
    assert_eq!(labels(&model), all);
}

#[test]
fn an_opened_token_asks_for_what_was_refused_with_it() {
    let mut model = at("6");
    let calls = work(&mut model, "\n");
    let refused = Call::Exchanges(ExchangeQuery {
        filter: "token:tok_d0100000 status:401,403".to_owned(),
        limit: list::PAGE,
        ..ExchangeQuery::default()
    });
    assert_eq!(calls, [Call::Tokens, refused]);
    let open = model.token_list.open.as_ref().unwrap();
    let Some(Record::Token(family)) = &open.record.here else {
        panic!("{open:?}");
    };
    assert_eq!(family.chain.len(), 2);
    let calls = work(&mut model, "\t\t");
    let history = Call::Events(EventQuery {
        filter: "\"tok_d0100000\"".to_owned(),
        limit: list::PAGE,
        ..EventQuery::default()
    });
    assert_eq!(calls, [history]);
    work(&mut model, "oq");
    assert_eq!(
        (model.view, model.live.filter.as_str()),
        (View::Live, "token:tok_d0100000")
    );
    work(&mut model, "\u{1b}");
    assert_eq!(model.view, View::Tokens);
    work(&mut model, "oa");
    assert_eq!(
        (model.view, model.audit.list.at.filter.as_str()),
        (View::Audit, "tok_d0100000")
    );
}

#[test]
fn a_token_is_created_by_a_form_and_the_name_of_its_org() {
    let mut model = at("6");
    work(&mut model, "c");
    assert!(model.notice.as_deref().unwrap().starts_with("read-only"));
    work(&mut model, "uc");
    assert_eq!(confirm(&model).fields[0].value(), "sales");
    assert!(
        matches!(&confirm(&model).plan, Some(Err(_))),
        "it has no label yet"
    );
    // Org, kind, label, expiry; Enter goes on to the next.
    work(&mut model, "\t \tci-registry\n90d");
    let Some(Ok(plan)) = &confirm(&model).plan else {
        panic!("{:?}", confirm(&model).plan);
    };
    assert!(plan.possible);
    assert_eq!(
        acts(&work(&mut model, "\n\n")),
        [] as [&Call; 0],
        "Enter keeps"
    );
    work(&mut model, "c\t \tci-registry\n90d\n\t\n");
    assert_eq!(model.notice.as_deref(), Some("type sales first"));
    let calls = work(&mut model, "sales\n");
    let wanted = Call::CreateToken(NewToken {
        org: "sales".to_owned(),
        kind: TokenKind::Application,
        role: None,
        label: "ci-registry".to_owned(),
        expires: Some(model.now.plus(Duration::from_secs(90 * 86_400))),
    });
    assert_eq!(acts(&calls), [&wanted]);
}

#[test]
fn faults_of_the_form_are_said_and_nothing_is_asked_for() {
    for (keys, why) in [
        ("x", "there is no Org"),
        ("\t\t", "give it a label"),
        ("\t  ", "an operator's token"),
        ("\t\ta\tsoon", "write the end as"),
        ("\t\ta\t2020-01-01", "that end is over"),
    ] {
        let mut model = at("6uc");
        work(&mut model, keys);
        let Some(Err(fault)) = &confirm(&model).plan else {
            panic!("{keys:?}: {:?}", confirm(&model).plan);
        };
        assert!(fault.starts_with(why), "{keys:?}: {fault}");
        let calls = work(&mut model, "\t\t\t\tsales\t\n");
        assert_eq!(acts(&calls), [] as [&Call; 0], "{keys:?}");
    }
}

#[test]
fn a_secret_is_shown_once_and_never_printed() {
    // The second token is rotated: 24 hours, then 0 seconds.
    let mut model = at("6jur");
    work(&mut model, " ");
    let calls = work(&mut model, "\nentra-eu\t\n");
    let id = TokenId("tok_a0100000".to_owned());
    let rotation = Rotation {
        overlap_seconds: Some(0),
        ..Rotation::default()
    };
    assert_eq!(acts(&calls), [&Call::RotateToken(id, rotation)]);
    assert!(model.issued.is_some());
    assert!(!format!("{model:?}").contains(SECRET));
    // Keys that were meant for the confirmation close nothing, and neither does the first Esc.
    work(&mut model, "\n\tq5\u{1b}");
    assert!(model.issued.is_some());
    assert!(model.notice.as_deref().unwrap().contains("was not copied"));
    let actions = press(&mut model, "y");
    assert_eq!(actions, [Action::Copy(Clipping(SECRET.to_owned()))]);
    assert!(!format!("{actions:?}").contains(SECRET));
    work(&mut model, "\u{1b}");
    assert!(model.issued.is_none());
    work(&mut model, "[]");
    assert!(model.issued.is_none(), "no place brings it back");
}

#[test]
fn what_is_over_is_neither_rotated_nor_revoked() {
    for (keys, said) in [
        ("6ur", "it was rotated already"),
        ("6Gur", "it is over"),
        ("6Gud", "it was revoked already"),
        ("6Gkud", "it has expired"),
    ] {
        let model = at(keys);
        let notice = model.notice.unwrap_or_default();
        assert!(notice.starts_with(said), "{keys:?}: {notice}");
    }
    let mut model = at("6jud");
    let calls = work(&mut model, "entra-eu\t\n");
    let id = TokenId("tok_a0100000".to_owned());
    assert_eq!(acts(&calls), [&Call::RevokeToken(id)]);
    assert!(model.report.is_some());
}

#[test]
fn events_are_paged_in_both_directions() {
    let mut model = at("8");
    let first = |model: &Model| model.audit.list.items[0].seq;
    assert_eq!((model.audit.list.items.len(), first(&model)), (200, EVENTS));
    let query = |query| Call::Events(query);
    let calls = work(&mut model, "G");
    let older = query(EventQuery {
        before: Some(EVENTS - 199),
        limit: list::PAGE,
        ..EventQuery::default()
    });
    assert_eq!(calls, [older]);
    assert_eq!(model.audit.list.items.len(), 400);
    // What came since is asked for alone, and stands before the others.
    model.audit.list.items.drain(..50);
    let actions = update(&mut model, Event::Woke(Wake::Refresh));
    let calls = carry_out(&mut model, actions);
    let newer = query(EventQuery {
        after: Some(EVENTS - 50),
        limit: 1_000,
        ..EventQuery::default()
    });
    assert_eq!(calls, [newer]);
    assert_eq!((model.audit.list.items.len(), first(&model)), (400, EVENTS));
    let seqs: Vec<u64> = model
        .audit
        .list
        .items
        .iter()
        .map(|event| event.seq)
        .collect();
    assert!(seqs.is_sorted_by(|one, other| one > other));
}

#[test]
fn the_chain_is_checked_and_reported() {
    let mut model = at("8");
    assert_eq!(work(&mut model, "v")[0], Call::VerifyEvents);
    let report = model.report.as_ref().unwrap();
    let text: String = report
        .lines
        .iter()
        .flatten()
        .map(|(_, text)| text.as_str())
        .collect();
    assert!(text.contains("the chain holds"), "{text}");
}

#[test]
fn an_event_leads_to_what_it_is_about() {
    // Newest first: rotated, erased, guard, removed, members, created.
    for (keys, view) in [
        ("8ot", View::Tokens),
        ("8jjjoq", View::Live),
        ("8jjjor", View::Removals),
        ("8jjjot", View::Tokens),
        ("8jjjjog", View::Groups),
        ("8jjjjjou", View::Users),
    ] {
        let mut model = at(keys);
        assert_eq!(model.view, view, "{keys}: {:?}", model.notice);
        work(&mut model, "\u{1b}");
        assert_eq!(model.view, View::Audit, "{keys}");
    }
}

#[test]
fn enter_opens_a_member_of_a_group() {
    let mut model = at("4jj\n\t");
    work(&mut model, "jj\n");
    assert_eq!(model.view, View::Users);
    let open = model.users.open.as_ref().unwrap();
    assert_eq!(open.name, "j doe");
    work(&mut model, "\u{1b}");
    assert_eq!(model.view, View::Groups);
    assert!(model.groups.open.is_some());
}

#[test]
fn transfers_are_filtered_by_org_removal_and_words() {
    let mut model = at("5\t\t\t");
    let calls = work(&mut model, "/org:sales removal:3 board\n");
    let wanted = Call::Transfers(TransferQuery {
        org: Some(crate::ids::OrgId(1)),
        deletion: Some(3),
        limit: list::PAGE,
        ..TransferQuery::default()
    });
    assert!(calls.contains(&wanted), "{calls:?}");
    let titles: Vec<&str> = model
        .removals
        .transfers
        .items
        .iter()
        .map(|row| row.title.as_str())
        .collect();
    assert_eq!(titles, ["Board pack, Mondays 07:00"]);
}
