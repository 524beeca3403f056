//! Screens of Removals, Users and Groups.

use super::*;
use crate::ids::{OrgId, ResourceId};
use crate::model::deletion::Deletion;
use crate::model::event::Event as Recorded;
use crate::model::exchange::Exchange;
use crate::model::guard::GuardStatus;
use crate::model::role::Access;
use crate::model::transfer::Transfer;
use crate::ops::api::directory::{GroupDetail, GroupLine, UserDetail, UserLine};
use crate::ops::api::removals::DeletionDetail;
use crate::tui::call::{Answer, Purpose};
use crate::tui::state::pane::Pane;
use crate::tui::testing::carry_out;
use crate::tui::testing::house::{self, HOSTILE};

const PAGES: [(u16, u16); 3] = [(80, 24), (200, 60), (40, 10)];

/// Types `keys` and carries out what they ask for.
fn work(model: &mut Model, keys: &str) {
    for key in keys.chars() {
        let code = match key {
            '\n' => KeyCode::Enter,
            '\u{1b}' => KeyCode::Esc,
            '\t' => KeyCode::Tab,
            c => KeyCode::Char(c),
        };
        let actions = update(model, Event::Key(KeyEvent::from(code)));
        carry_out(model, actions);
    }
}

fn after(size: (u16, u16), keys: &str) -> Model {
    let mut model = busy(size);
    work(&mut model, keys);
    model
}

fn shown(name: &str, keys: &str) {
    for (width, height) in PAGES {
        let screen = text(&screen(&after((width, height), keys)));
        insta::assert_snapshot!(format!("{name}-{width}x{height}"), screen);
    }
}

#[test]
fn the_lists_of_removals() {
    shown("deletions", "5jmm");
    shown("holds", "5\tj");
    shown("guard", "5\t\t");
    shown("transfers", "5\t\t\tj");
}

#[test]
fn alerts_health_and_the_choice_of_an_org() {
    shown("alerts", "2j");
    shown("health", "7");
    shown("orgs", "3Oj");
    shown("users-of-an-org", "3Ojj\n");
}

#[test]
fn an_opened_removal() {
    // The tenth from the top is gone, and its content moved.
    let at = "5jjjjjjjjj\n";
    shown("removal", at);
    shown("removal-frozen", "5\n");
    shown("removal-content", &format!("{at}\t"));
    shown("removal-lost", &format!("{at}\t\t"));
    shown("removal-timeline", &format!("{at}\t\t\t"));
    shown("removal-request", &format!("{at}h"));
}

#[test]
fn users_and_what_one_may_do() {
    shown("users", "3jj");
    shown("users-filter", "3/hopper");
    shown("user", "3\n");
    shown("user-access", "3\n\t");
    shown("user-content", "3\n\t\t");
    shown("user-history", "3\n\t\t\t");
    shown("user-resource", "3\nh");
}

#[test]
fn groups_and_their_members() {
    shown("groups", "4j");
    shown("group", "4jj\n");
    shown("group-members", "4jj\n\t");
}

#[test]
fn every_act_is_confirmed_and_reported() {
    shown("confirm-restore", "5umjmr");
    shown("confirm-approve", "5ua");
    shown("confirm-purge", "5upuse");
    shown("confirm-give-back", "5\t\t\tujbada@example.com");
    shown("report-restore", "5jummmrPrimary\t\n");
}

#[test]
fn the_keys_of_removals() {
    shown("help-removals", "5?");
}

#[test]
fn progress_of_a_verdict_is_shown() {
    for (width, height) in PAGES {
        let mut model = after((width, height), "5\t\t");
        for (ticket, purpose, left) in asked(&mut model) {
            let result = Ok(Answer::Guard(house::settling(left)));
            update(
                &mut model,
                Event::Answered {
                    ticket,
                    purpose,
                    result,
                },
            );
        }
        let screen = text(&screen(&model));
        assert!(screen.contains("80 of 120 d"), "{screen}");
        insta::assert_snapshot!(format!("settling-{width}x{height}"), screen);
    }
}

/// Asks for the guard again.
fn asked(model: &mut Model) -> Vec<(u64, Purpose, u64)> {
    use crate::tui::action::{Action, Wake};
    update(model, Event::Woke(Wake::Refresh))
        .into_iter()
        .filter_map(|action| match action {
            Action::Call {
                ticket, purpose, ..
            } => Some((ticket, purpose, 40)),
            _ => None,
        })
        .filter(|(_, purpose, _)| *purpose == Purpose::Rows(Pane::Guard))
        .collect()
}

/// Everything that came from outside is hostile.
fn poisoned(answer: Answer) -> Answer {
    let bad = || HOSTILE.to_owned();
    let deletion = |deletion: &mut Deletion| {
        deletion.user_name = bad();
        deletion.external_id = Some(bad());
        deletion.groups = serde_json::json!([{"display": HOSTILE}, {"value": HOSTILE}]);
        deletion.roles = vec![bad()];
        deletion.content = [(bad(), 3)].into();
        if let Some(heir) = &mut deletion.heir {
            heir.user_name = bad();
        }
    };
    let transfer = |transfer: &mut Transfer| {
        for text in [
            &mut transfer.kind,
            &mut transfer.object,
            &mut transfer.title,
        ] {
            *text = bad();
        }
        transfer.from.user_name = bad();
        transfer.to.user_name = bad();
        transfer.recipient = transfer.recipient.as_ref().map(|_| bad());
    };
    let guard = |guard: &mut GuardStatus| {
        guard.org_name = bad();
        for batch in [&mut guard.open, &mut guard.last].into_iter().flatten() {
            batch.why = bad();
            batch.by = Some(bad());
        }
        if let Some(allowance) = &mut guard.allowance {
            (allowance.reason, allowance.by) = (bad(), bad());
        }
    };
    let user = |user: &mut UserLine| {
        user.user_name = bad();
        user.display_name = bad();
        user.external_id = Some(bad());
    };
    let group = |group: &mut GroupLine| {
        group.display_name = bad();
        group.external_id = Some(bad());
        for (role, _) in &mut group.roles {
            *role = bad();
        }
    };
    match answer {
        Answer::Orgs(mut orgs) => {
            for org in &mut orgs {
                org.name = bad();
            }
            Answer::Orgs(orgs)
        }
        Answer::Alerts(mut alerts) => {
            for alert in &mut alerts {
                (alert.subject, alert.why, alert.advice) = (bad(), bad(), bad());
                if let Some(seen) = &mut alert.acknowledged {
                    seen.by = bad();
                }
            }
            Answer::Alerts(alerts)
        }
        Answer::Acknowledged(mut alert) => {
            alert.subject = bad();
            Answer::Acknowledged(alert)
        }
        Answer::Health(mut health) => {
            for client in &mut health.clients {
                client.label = Some(bad());
            }
            Answer::Health(health)
        }
        Answer::Deletions(mut rows) => {
            rows.iter_mut().for_each(deletion);
            Answer::Deletions(rows)
        }
        Answer::Deletion(mut detail) => {
            let DeletionDetail {
                deletion: of,
                transfers,
                batch,
                event,
                ..
            } = &mut *detail;
            deletion(of);
            transfers.iter_mut().for_each(transfer);
            if let Some(batch) = batch {
                batch.why = bad();
            }
            if let Some((_, hash)) = event {
                *hash = bad();
            }
            Answer::Deletion(detail)
        }
        Answer::Guard(mut rows) => {
            rows.iter_mut().for_each(guard);
            Answer::Guard(rows)
        }
        Answer::Transfers(mut rows) => {
            rows.iter_mut().for_each(transfer);
            Answer::Transfers(rows)
        }
        Answer::Users(mut page) => {
            page.items.iter_mut().for_each(user);
            Answer::Users(page)
        }
        Answer::User(mut detail) => {
            let UserDetail {
                line,
                resource,
                content,
                heir,
                roles,
                removals,
                ..
            } = &mut *detail;
            user(line);
            *resource = serde_json::json!({HOSTILE: HOSTILE});
            *content = [(bad(), 1)].into();
            heir.user_name = bad();
            *roles = vec![bad()];
            removals.iter_mut().for_each(deletion);
            Answer::User(detail)
        }
        Answer::Groups(mut page) => {
            page.items.iter_mut().for_each(group);
            Answer::Groups(page)
        }
        Answer::Group(mut detail) => {
            let GroupDetail { line, members, .. } = &mut *detail;
            group(line);
            for member in members {
                member.display = bad();
            }
            Answer::Group(detail)
        }
        Answer::History(mut events) => {
            for Recorded { cause, detail, .. } in &mut events {
                *cause = bad();
                *detail = serde_json::json!({"changes": [{"path": HOSTILE}]});
            }
            Answer::History(events)
        }
        Answer::Access(mut access) => {
            let Access { privileges, roles } = &mut access;
            *roles = vec![bad()];
            for path in privileges
                .iter_mut()
                .flat_map(|granted| &mut granted.through)
            {
                (path.role, path.group) = (bad(), bad());
            }
            Answer::Access(access)
        }
        Answer::Content(mut page) => {
            for item in &mut page.items {
                (item.kind, item.title) = (bad(), bad());
                if let Some(schedule) = &mut item.schedule {
                    (schedule.cron, schedule.time_zone) = (bad(), bad());
                }
            }
            Answer::Content(page)
        }
        Answer::Exchange(exchange) => Answer::Exchange(Box::new(Exchange {
            summary: hostile(3),
            ..*exchange
        })),
        Answer::Restored(mut did) => {
            did.restored
                .iter_mut()
                .for_each(|back| back.user.user_name = bad());
            for left in &mut did.left {
                (left.subject, left.why) = (bad(), bad());
            }
            Answer::Restored(did)
        }
        Answer::Decided(mut did) => {
            did.batch.why = bad();
            Answer::Decided(did)
        }
        Answer::GivenBack(mut did) => {
            did.to.user_name = bad();
            for left in &mut did.left {
                (left.subject, left.why) = (bad(), bad());
            }
            Answer::GivenBack(did)
        }
        Answer::Purged(did) => Answer::Purged(did),
    }
}

#[test]
fn hostile_text_is_shown_and_not_obeyed_here_either() {
    let removal = "5jjjjjjjjj\n";
    let scenes = [
        "5".to_owned(),
        "5\n".to_owned(),
        removal.to_owned(),
        format!("{removal}\t"),
        format!("{removal}\t\t"),
        format!("{removal}\t\t\t"),
        format!("{removal}h"),
        "5\t\t".to_owned(),
        "5\t\tj".to_owned(),
        "5\t\t\tjjjj".to_owned(),
        "3".to_owned(),
        "3\n".to_owned(),
        "3\n\t".to_owned(),
        "3\n\t\t".to_owned(),
        "3\n\t\t\t".to_owned(),
        "4jj".to_owned(),
        "4jj\n".to_owned(),
        "4jj\n\t".to_owned(),
        "5ummmr".to_owned(),
        "5ua".to_owned(),
        "5up".to_owned(),
        "5\t\t\tujbx".to_owned(),
    ];
    for keys in scenes {
        for size in [(80, 24), (200, 60)] {
            let mut model = busy(size);
            for key in keys.chars() {
                let code = match key {
                    '\n' => KeyCode::Enter,
                    '\t' => KeyCode::Tab,
                    c => KeyCode::Char(c),
                };
                let actions = update(&mut model, Event::Key(KeyEvent::from(code)));
                crate::tui::testing::carry_out_with(&mut model, actions, poisoned);
            }
            let shown = text(&screen(&model));
            let obeyed = |c: char| c != '\n' && (c.is_control() || "\u{202e}\u{200b}".contains(c));
            assert!(!shown.contains(obeyed), "{keys:?}");
            assert!(shown.contains("^[["), "{keys:?} shows it: {shown}");
        }
    }
}

#[test]
fn no_size_panics_here_either() {
    let mut models = [
        "5mm",
        "5\n",
        "5jjjjjjjjj\n\t",
        "5\t\t",
        "5\t\t\t",
        "3",
        "3\n\t\t",
        "4",
        "4jj\n",
        "5ummr",
        "5ujjjjjjjjjb",
        "5?",
        "5jummmrPrimary\t\n",
    ]
    .map(|keys| after((80, 24), keys));
    for width in (1..=90).step_by(3).chain([119, 120, 160, 200]) {
        for height in (1..=30).step_by(2) {
            for model in &mut models {
                update(model, Event::Resize(width, height));
                screen(model);
            }
        }
    }
}

#[test]
fn ascii_is_ascii_here_too() {
    for keys in ["5", "5\n", "5ummr", "5\t\t", "3\n\t\t", "4", "5?"] {
        let mut buffer = screen(&after((200, 60), keys));
        to_ascii(&mut buffer);
        assert!(text(&buffer).is_ascii(), "{keys}");
    }
}

#[test]
fn every_theme_draws_the_confirmation() {
    for (name, _) in crate::tui::theme::SHIPPED {
        let model = after((80, 24), "5up");
        let mut terminal = Terminal::new(TestBackend::new(80, 24)).unwrap();
        let theme = theme(name);
        terminal.draw(|frame| draw(&model, &theme, frame)).unwrap();
        let buffer = terminal.backend().buffer();
        let keep = (0..24).find_map(|y| {
            let row: String = (0..80).map(|x| buffer[(x, y)].symbol()).collect();
            let at = row.find("> Keep")?;
            u16::try_from(row[..at].chars().count())
                .ok()
                .map(|x| (x, y))
        });
        let (x, y) = keep.expect("the verb is there");
        // The chosen verb looks different from the other one.
        assert_ne!(
            buffer[(x, y)].style(),
            buffer[(x + 17, y)].style(),
            "{name}"
        );
    }
}

#[test]
fn an_unknown_org_is_a_number_until_its_name_is_known() {
    let mut model = after((200, 60), "");
    assert_eq!(model.org_name(OrgId(1)), "1");
    work(&mut model, "5");
    assert_eq!(model.org_name(OrgId(1)), "sales");
    assert!(ResourceId::parse("x").is_none());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn no_keys_panic_here_either(
        keys in "[1345]([jkgGmuraphblot\\[\\]\\-/\\\\ zy?qn\n\t\u{1b}]|[1345]){0,40}",
        width in 1_u16..210,
        height in 1_u16..62,
    ) {
        let mut model = busy((width, height));
        for key in keys.chars() {
            work(&mut model, &key.to_string());
            screen(&model);
        }
    }
}
