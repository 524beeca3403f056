//! Screens of Removals, Users and Groups.

use super::poison::poisoned;
use super::*;
use crate::ids::{OrgId, ResourceId};
use crate::tui::call::{Answer, Purpose};
use crate::tui::event::{Mouse, Press};
use crate::tui::state::pane::Pane;
use crate::tui::testing::house;
use crate::tui::testing::{SECRET, carry_out};

const PAGES: [(u16, u16); 3] = [(80, 24), (200, 60), (40, 10)];

/// Types `keys` and carries out what they ask for.
pub(super) fn work(model: &mut Model, keys: &str) {
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

pub(super) fn after(size: (u16, u16), keys: &str) -> Model {
    let mut model = busy(size);
    work(&mut model, keys);
    model
}

#[test]
fn a_secret_is_drawn_once() {
    for (width, height) in PAGES {
        let mut model = after((width, height), "6jur\nentra-eu\t\n");
        let screen_before = text(&screen(&model));
        let flat: String = screen_before
            .chars()
            .filter(|c| !"│\n ".contains(*c))
            .collect();
        assert!(flat.contains(SECRET), "{screen_before}");
        work(&mut model, "y\u{1b}");
        for keys in ["", "\n", "\u{1b}8", "["] {
            work(&mut model, keys);
            assert!(!text(&screen(&model)).contains("ZZZZ"), "{keys:?}");
        }
    }
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
        "6".to_owned(),
        "6\n".to_owned(),
        "6\n\t".to_owned(),
        "6\n\t\t".to_owned(),
        "6jur".to_owned(),
        "6jud".to_owned(),
        "3od".to_owned(),
        "4od".to_owned(),
        "7".to_owned(),
        "7d".to_owned(),
        "5od".to_owned(),
        "8".to_owned(),
        "8\n".to_owned(),
        "8\n\t".to_owned(),
        "8v".to_owned(),
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
            let seen = shown.contains("^[[") || shown.contains("\\u001b[");
            assert!(seen, "{keys:?} shows it: {shown}");
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
        "6",
        "6\n",
        "6uc",
        "6jurentra-eu\t\n\n",
        "8",
        "8jjj\n",
        "8v",
        "8x",
        "3od",
        "2d",
        "2R",
        "2o",
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
    for keys in [
        "5", "5\n", "5ummr", "5\t\t", "3\n\t\t", "4", "5?", "6", "6\n", "8", "8\n", "6uc",
    ] {
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
        terminal
            .draw(|frame| draw(&model, &theme, frame.buffer_mut()))
            .unwrap();
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
        keys in "[134568]([jkgGmuraphblotcdvxi\\[\\]\\-/\\\\ zy?qn\n\t\u{1b}]|[134568]){0,40}",
        width in 1_u16..210,
        height in 1_u16..62,
    ) {
        let mut model = busy((width, height));
        for key in keys.chars() {
            work(&mut model, &key.to_string());
            screen(&model);
        }
    }

    #[test]
    fn no_click_panics(
        keys in "[134568]([jkm\n\t\u{1b}?]){0,6}",
        clicks in proptest::collection::vec((0_u16..220, 0_u16..70, 0_u8..3), 0..30),
        width in 1_u16..210,
        height in 1_u16..62,
    ) {
        let mut model = busy((width, height));
        work(&mut model, &keys);
        for (x, y, press) in clicks {
            let press = [Press::Click, Press::Up, Press::Down][usize::from(press)];
            let at = Duration::ZERO;
            let actions = update(&mut model, Event::Mouse(Mouse { press, x, y, at }));
            carry_out(&mut model, actions);
            screen(&model);
        }
    }
}
