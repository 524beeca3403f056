//! What keys do in Removals, Users and Groups, against the scripted house.

use super::*;
use crate::model::deletion::DeletionState;
use crate::model::exchange::ExchangeSummary;
use crate::model::guard::Verdict;
use crate::ops::api::DeletionQuery;
use crate::ops::api::Kind;
use crate::ops::api::content::GiveBack;
use crate::ops::api::directory::DirectoryQuery;
use crate::ops::api::removals::{Decision, Selected};
use crate::tui::call::{Answer, Call, Purpose};
use crate::tui::state::open::Record;
use crate::tui::state::pane;
use crate::tui::testing::{carry_out, house};

/// Types `keys`, carries out what they ask for, and returns the calls that were made.
pub fn work(model: &mut Model, keys: &str) -> Vec<Call> {
    let mut calls = Vec::new();
    for key in keys.chars() {
        let code = match key {
            '\n' => KeyCode::Enter,
            '\u{1b}' => KeyCode::Esc,
            '\t' => KeyCode::Tab,
            '\u{8}' => KeyCode::Backspace,
            '<' => KeyCode::BackTab,
            c => KeyCode::Char(c),
        };
        let actions = update(model, Event::Key(KeyEvent::from(code)));
        calls.extend(carry_out(model, actions));
    }
    calls
}

pub fn at(keys: &str) -> Model {
    let mut model = model();
    work(&mut model, keys);
    model
}

/// Calls that change something.
pub fn acts(calls: &[Call]) -> Vec<&Call> {
    calls
        .iter()
        .filter(|call| match call {
            Call::Restore(which) | Call::Purge(which) => !which.dry_run,
            Call::Decide { decision, .. } => !decision.dry_run,
            Call::GiveBack(order) => !order.dry_run,
            Call::Silence(new) => !new.dry_run,
            Call::EndSilence { dry_run, .. } => !dry_run,
            Call::CreateToken(_) | Call::RotateToken(..) | Call::RevokeToken(_) => true,
            _ => false,
        })
        .collect()
}

pub fn confirm(model: &Model) -> &Confirm {
    match &model.mode {
        Mode::Confirm(confirm) => confirm,
        other => panic!("{other:?} is no confirmation"),
    }
}

#[test]
fn digits_show_views_and_minus_the_one_before() {
    let mut model = at("3");
    assert_eq!(model.view, View::Users);
    work(&mut model, "4");
    assert_eq!(model.view, View::Groups);
    work(&mut model, "-");
    assert_eq!(model.view, View::Users);
    work(&mut model, "-5");
    assert_eq!(
        (model.view, model.removals.pane),
        (View::Removals, Pane::Deletions)
    );
    assert_eq!(model.removals.deletions.items.len(), 12);
    work(&mut model, "1");
    assert_eq!(model.view, View::Live);
}

#[test]
fn brackets_go_back_and_forth_and_esc_returns_to_the_same_row() {
    let mut model = at("5jjj");
    work(&mut model, "\n");
    assert!(model.removals.open.is_some());
    work(&mut model, "3jj\n");
    assert!(model.users.open.is_some());
    work(&mut model, "\u{1b}");
    assert!(model.users.open.is_none());
    assert_eq!(model.users.list.at.selected, 2);
    work(&mut model, "[");
    assert_eq!(model.view, View::Removals);
    assert!(model.removals.open.is_some());
    work(&mut model, "[");
    assert!(model.removals.open.is_none());
    assert_eq!(model.removals.deletions.at.selected, 3);
    work(&mut model, "]");
    assert!(model.removals.open.is_some());
    work(&mut model, "[[[[[");
    assert_eq!(model.notice.as_deref(), Some("this is the first place"));
}

#[test]
fn alerts_are_seen_and_lead_to_their_evidence() {
    let mut model = at("2");
    assert_eq!(model.alerts.items.len(), 3);
    assert_eq!(alerts::urgent(&model).count(), 2);
    let calls = work(&mut model, "a");
    assert!(matches!(&calls[..], [Call::Acknowledge { seen, .. }] if seen.seen));
    assert_eq!(alerts::urgent(&model).count(), 1);
    let calls = work(&mut model, "a");
    assert!(matches!(&calls[..], [Call::Acknowledge { seen, .. }] if !seen.seen));
    work(&mut model, "\n");
    assert_eq!(model.view, View::Live);
    assert_eq!(model.live.filter, "token:tok_7f3a1b2c status:401,403");
    work(&mut model, "\u{1b}");
    assert_eq!(model.view, View::Alerts);
    // They are asked for in every view, with every look at the daemon.
    let mut model = at("3");
    let actions = update(&mut model, Event::Status(Ok(Status::default())));
    let calls = carry_out(&mut model, actions);
    assert!(
        calls.contains(&Call::Alerts) && !calls.contains(&Call::Health),
        "{calls:?}"
    );
    work(&mut model, "7");
    assert_eq!(model.health.clients.items.len(), 3);
    work(&mut model, "j\n");
    assert_eq!(
        (model.view, model.live.filter.as_str()),
        (View::Live, "token:tok_0000050a")
    );
}

#[test]
fn an_org_narrows_every_view() {
    let mut model = at("3Ojj");
    assert!(matches!(model.mode, Mode::Orgs(2)));
    let calls = work(&mut model, "\n");
    let sales = crate::ids::OrgId(1);
    assert_eq!(model.org, Some(sales));
    let users = |call: &Call| matches!(call, Call::Users(query) if query.org == Some(sales));
    assert!(calls.iter().any(users), "{calls:?}");
    let calls = work(&mut model, "5");
    let removals = |call: &Call| matches!(call, Call::Deletions(query) if query.org == Some(sales));
    assert!(calls.iter().any(removals), "{calls:?}");
    assert!(
        model
            .removals
            .guard
            .items
            .iter()
            .all(|guard| guard.org == sales)
    );
    work(&mut model, "2");
    assert!(model.alerts.items.iter().all(|alert| alert.org.is_none()));
    work(&mut model, "1");
    assert!(
        model
            .live
            .log
            .rows()
            .iter()
            .all(|row| row.newest.org == Some(sales))
    );
    work(&mut model, "O\u{1b}");
    assert_eq!(model.org, Some(sales));
    work(&mut model, "Ogjk\n");
    assert_eq!(model.org, None);
}

#[test]
fn nothing_acts_while_it_is_read_only() {
    let mut model = at("5");
    for key in ["r", "a", "p"] {
        assert_eq!(work(&mut model, key), []);
        assert!(matches!(model.mode, Mode::Normal));
        assert!(
            model
                .notice
                .as_deref()
                .is_some_and(|said| said.starts_with("read-only"))
        );
    }
    work(&mut model, "uu");
    assert_eq!(work(&mut model, "r"), []);
    work(&mut model, "u");
    model.now = model.now.plus(acts::UNLOCKED);
    assert_eq!(work(&mut model, "r"), [], "the time is over");
}

#[test]
fn an_act_asks_first_and_keeps_things_unless_told_otherwise() {
    let mut model = at("5u");
    let rehearsed = work(&mut model, "p");
    let purge = |dry_run| {
        Call::Purge(Selected {
            deletions: vec![12],
            dry_run,
        })
    };
    assert_eq!(rehearsed, [purge(true)]);
    assert_eq!(
        acts(&work(&mut model, "\n")),
        [] as [&Call; 0],
        "Enter keeps"
    );
    assert!(matches!(model.mode, Mode::Normal));
    work(&mut model, "p\t\n");
    assert_eq!(
        model.notice.as_deref(),
        Some("type j.doe12@example.com first")
    );
    let calls = work(&mut model, "j.doe12@example.com\n");
    assert_eq!(acts(&calls), [&purge(false)]);
    assert_eq!(
        model.report.as_ref().unwrap().title,
        "Purge j.doe12@example.com"
    );
    work(&mut model, "\u{1b}");
    assert!(model.report.is_none());
}

#[test]
fn marked_accounts_are_restored_and_conflicts_reported() {
    let mut model = at("5jummmr");
    let calls = work(&mut model, "Primary\t\n");
    let wanted = Call::Restore(Selected {
        deletions: vec![11, 10, 9],
        dry_run: false,
    });
    assert_eq!(acts(&calls), [&wanted]);
    let report = model.report.as_ref().unwrap();
    let text: String = report
        .lines
        .iter()
        .flatten()
        .map(|(_, text)| text.as_str())
        .collect();
    assert!(text.contains("2 accounts come back"), "{text}");
    assert!(
        text.contains("ada.lovelace10@example.com      its userName is taken"),
        "{text}"
    );
    assert!(model.removals.deletions.at.marks.is_empty());
}

#[test]
fn a_batch_is_decided_as_a_whole_or_for_the_marked() {
    let decide = |verdict, only: &[u64]| Call::Decide {
        org: "0".to_owned(),
        decision: Decision {
            verdict,
            only: only.to_vec(),
            dry_run: false,
        },
    };
    let mut model = at("5ua");
    let calls = work(&mut model, "Primary\t\n");
    assert_eq!(acts(&calls), [&decide(Verdict::Approve, &[])]);
    let mut model = at("5jumma");
    let calls = work(&mut model, "Primary\t\n");
    assert_eq!(acts(&calls), [&decide(Verdict::Approve, &[11, 10])]);
    let mut model = at("5\t\tur");
    let calls = work(&mut model, "Primary\t\n");
    assert_eq!(acts(&calls), [&decide(Verdict::Restore, &[])]);
    let mut model = at("5\t\tjua");
    assert!(matches!(model.mode, Mode::Normal), "that guard is closed");
    assert!(model.notice.take().is_some());
}

#[test]
fn content_goes_back_to_whoever_is_named() {
    let mut model = at("5\t\t\tujb");
    // The account of the same name lives and is offered.
    assert_eq!(confirm(&model).fields[0].value(), "j.doe@example.com");
    work(&mut model, "<");
    let erased = "\u{8}".repeat(40);
    work(&mut model, &erased);
    assert!(
        confirm(&model).plan.is_none(),
        "to nobody: nothing is known"
    );
    work(&mut model, "nobody");
    assert!(matches!(&confirm(&model).plan, Some(Err(_))));
    work(&mut model, &erased);
    let calls = work(&mut model, "m.chen@example.com\tm.chen@example.com\t\n");
    let wanted = Call::GiveBack(GiveBack {
        deletion: None,
        transfers: vec![5],
        to: "m.chen@example.com".to_owned(),
        dry_run: false,
    });
    assert_eq!(acts(&calls), [&wanted]);
}

#[test]
fn what_cannot_be_done_says_why() {
    for (keys, said) in [
        ("5ujjjjjjjr", "only a held account can be restored"),
        ("5ujjjjjjjp", "the account is back"),
        ("5ujjjja", "it is in no batch of an open guard"),
        ("5ub", "no content moved with this removal"),
        ("5\t\t\tub", "it is given back already"),
    ] {
        let model = at(keys);
        let notice = model.notice.unwrap_or_default();
        assert!(notice.starts_with(said), "{keys:?}: {notice}");
    }
}

#[test]
fn filters_go_to_the_server_and_esc_takes_them_back() {
    let mut model = at("3");
    let calls = work(&mut model, "/hop");
    let users = |filter: &str| {
        Call::Users(DirectoryQuery {
            filter: filter.to_owned(),
            limit: list::PAGE,
            ..DirectoryQuery::default()
        })
    };
    assert!(calls.contains(&users("hop")));
    assert_eq!(model.users.list.items.len(), 8);
    let calls = work(&mut model, "\u{1b}");
    assert!(calls.contains(&users("")));
    assert_eq!(model.users.list.items.len(), 40);
    work(&mut model, "/hop\n");
    assert!(matches!(model.mode, Mode::Normal));
    assert!(work(&mut model, "\\").contains(&users("")));
    assert!(work(&mut model, "\\").contains(&users("hop")));
}

#[test]
fn only_the_last_key_of_a_filter_asks() {
    let mut model = at("3");
    let press =
        |model: &mut Model, key| update(model, Event::Key(KeyEvent::from(KeyCode::Char(key))));
    press(&mut model, '/');
    let first = press(&mut model, 'a');
    let second = press(&mut model, 'b');
    assert_eq!(carry_out(&mut model, first), [], "more was typed since");
    assert!(!carry_out(&mut model, second).is_empty());
}

#[test]
fn a_filter_of_removals_knows_states_batches_and_accounts() {
    let mut model = at("5");
    let calls = work(&mut model, "/state:held batch:3 ada\n");
    let wanted = Call::Deletions(DeletionQuery {
        state: Some(DeletionState::Held),
        batch: Some(3),
        name: "ada".to_owned(),
        limit: list::PAGE,
        ..DeletionQuery::default()
    });
    assert!(calls.contains(&wanted), "{calls:?}");
    assert_eq!(model.removals.deletions.items.len(), 1);
    // The guard's Enter lists its batch.
    let mut model = at("5\t\t\n");
    assert_eq!(model.removals.deletions.at.filter, "batch:3");
    assert_eq!(model.removals.deletions.items.len(), 4);
    work(&mut model, "\u{1b}");
    assert_eq!(model.removals.pane, Pane::Guard, "Esc goes back there");
}

#[test]
fn tabs_load_what_they_show_once() {
    let mut model = at("3");
    let calls = work(&mut model, "\n");
    assert!(matches!(calls.as_slice(), [Call::User { .. }]), "{calls:?}");
    let calls = work(&mut model, "\t");
    assert!(
        matches!(calls.as_slice(), [Call::Access { .. }]),
        "{calls:?}"
    );
    let calls = work(&mut model, "\t");
    assert!(
        matches!(calls.as_slice(), [Call::Content { .. }]),
        "{calls:?}"
    );
    let calls = work(&mut model, "\t");
    assert!(
        matches!(
            calls.as_slice(),
            [Call::History {
                kind: Kind::User,
                ..
            }]
        ),
        "{calls:?}"
    );
    assert_eq!(work(&mut model, "<<"), []);
}

#[test]
fn related_things_are_a_key_away() {
    // A removal: the account that lives, and the request.
    let mut model = at("5jjjjjjjjj\nou");
    assert_eq!(model.view, View::Users);
    let open = model.users.open.as_ref().unwrap();
    assert!(matches!(open.record.here, Some(Record::User(_))));
    assert_eq!(open.name, "m.chen@example.com");
    work(&mut model, "\u{1b}");
    assert_eq!(model.view, View::Removals);
    work(&mut model, "oq");
    assert_eq!(model.view, View::Live);
    assert_eq!(model.detail.as_ref().unwrap().summary.seq, 3);
    work(&mut model, "\u{1b}");
    assert_eq!(model.view, View::Removals);
    // A user: groups, removals. A group: its members.
    let mut model = at("3jjog");
    assert_eq!(model.view, View::Groups);
    assert!(
        model
            .groups
            .list
            .at
            .filter
            .starts_with("members.value eq \"")
    );
    work(&mut model, "ou");
    assert_eq!(model.view, View::Users);
    assert!(model.users.list.at.filter.starts_with("groups.value eq \""));
    work(&mut model, "\u{1b}\u{1b}or");
    assert_eq!(model.view, View::Removals);
    assert_eq!(model.removals.deletions.at.filter, "j.doe@example.com");
}

#[test]
fn a_change_in_the_directory_is_loaded_once_a_second() {
    let mut model = at("5");
    let refused = Event::Arrived(Arc::new(summary(57)));
    assert_eq!(update(&mut model, refused), []);
    let wake = Action::Wake(Wake::Refresh);
    assert_eq!(update(&mut model, removing(58)), [wake]);
    assert_eq!(update(&mut model, removing(59)), [], "it is on its way");
    let actions = update(&mut model, Event::Woke(Wake::Refresh));
    let calls = carry_out(&mut model, actions);
    assert!(calls.iter().any(|call| matches!(call, Call::Deletions(_))));
    assert_eq!(update(&mut at(""), removing(58)), [], "Live is fed");
}

/// An exchange with this position that removes a user.
fn removing(seq: u64) -> Event {
    Event::Arrived(Arc::new(ExchangeSummary { seq, ..summary(52) }))
}

#[test]
fn a_verdict_being_carried_out_is_watched_until_it_is_done() {
    let mut model = at("5\t\t");
    for (left, watched) in [(40, true), (7, true), (0, false)] {
        let actions = update(&mut model, Event::Woke(Wake::Refresh));
        let guard = actions.into_iter().find_map(|action| match action {
            Action::Call {
                ticket,
                purpose: Purpose::Rows(Pane::Guard),
                ..
            } => Some(ticket),
            _ => None,
        });
        let answered = Event::Answered {
            ticket: guard.unwrap(),
            purpose: Purpose::Rows(Pane::Guard),
            result: Ok(Answer::Guard(house::settling(left))),
        };
        let again = update(&mut model, answered);
        assert_eq!(again == [Action::Wake(Wake::Refresh)], watched, "{left}");
        assert_eq!(model.removals.is_settling(), watched);
    }
}

#[test]
fn one_act_at_a_time() {
    let mut model = at("5up");
    work(&mut model, "\tj.doe12@example.com");
    let actions = update(&mut model, Event::Key(KeyEvent::from(KeyCode::Enter)));
    assert!(model.acting.is_some());
    work(&mut model, "r");
    assert!(matches!(model.mode, Mode::Normal));
    let notice = model.notice.clone().unwrap_or_default();
    assert!(notice.contains("is being carried out"), "{notice}");
    carry_out(&mut model, actions);
    assert!(model.acting.is_none() && model.report.is_some());
}

#[test]
fn views_have_keys_of_their_own() {
    for view in pane::View::ALL {
        let model = at(&view.digit().to_string());
        assert_eq!(model.view, view);
    }
}
