//! What screens show: pictures of every scene, and what holds of all of them.

use std::sync::Arc;
use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent};
use proptest::prelude::*;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::style::Modifier;

use super::*;
use crate::clock::Timestamp;
use crate::model::exchange::ExchangeSummary;
use crate::tui::event::Event;
use crate::tui::state::update;
use crate::tui::testing::{exchange, first_run, hostile, page, status, summary, tokens};
use crate::tui::theme::ColorDepth;

mod house;
mod poison;
mod scenes;

fn theme(name: &str) -> Theme {
    Theme::load(name, None, ColorDepth::Ansi, false).unwrap()
}

fn screen(model: &Model) -> Buffer {
    let mut terminal = Terminal::new(TestBackend::new(model.size.0, model.size.1)).unwrap();
    let theme = theme("base");
    terminal
        .draw(|frame| draw(model, &theme, frame.buffer_mut()))
        .unwrap();
    terminal.backend().buffer().clone()
}

fn text(buffer: &Buffer) -> String {
    let mut out = String::new();
    for y in 0..buffer.area.height {
        let mut line = String::new();
        let mut x = 0;
        while x < buffer.area.width {
            let symbol = buffer[(x, y)].symbol();
            line.push_str(symbol);
            x += u16::try_from(text::width(symbol)).unwrap().max(1);
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

fn press(model: &mut Model, keys: &str) {
    for key in keys.chars() {
        let code = match key {
            '\n' => KeyCode::Enter,
            '\u{1b}' => KeyCode::Esc,
            c => KeyCode::Char(c),
        };
        update(model, Event::Key(KeyEvent::from(code)));
    }
}

/// After these exchanges came, and then the next look at the daemon: figures are those of its second.
fn after_all(size: (u16, u16), exchanges: impl Iterator<Item = ExchangeSummary>) -> Model {
    let mut model = Model::new(size, true, None);
    update(&mut model, Event::Older(Ok(page(0))));
    for exchange in exchanges {
        update(&mut model, Event::Arrived(Arc::new(exchange)));
    }
    update(&mut model, Event::Status(Ok(status())));
    model
}

fn busy(size: (u16, u16)) -> Model {
    let mut model = after_all(size, (1..=60).map(summary));
    update(&mut model, Event::Tokens(tokens()));
    model
}

fn opened(size: (u16, u16), keys: &str) -> Model {
    let mut model = busy(size);
    // The last row is a refused one; the PATCH before it has a body and a diff.
    press(&mut model, "k\n");
    let seq = model.detail.as_ref().unwrap().summary.seq;
    let result = Ok(Box::new(exchange(seq)));
    update(&mut model, Event::Loaded { seq, result });
    press(&mut model, keys);
    model
}

#[test]
fn a_faulty_filter_is_underlined_and_the_last_valid_one_stays() {
    let mut model = busy((80, 24));
    press(&mut model, "/op:nonsense");
    let buffer = screen(&model);
    let row = model.areas().filter.y;
    let underlined: String = (0..80)
        .filter(|x| buffer[(*x, row)].modifier.contains(Modifier::UNDERLINED))
        .map(|x| buffer[(x, row)].symbol())
        .collect();
    assert_eq!(underlined, "nonsense");
}

#[test]
fn hostile_text_is_shown_and_not_obeyed() {
    let make = |size| after_all(size, (1..=3).map(hostile));
    for keys in ["\n", "/", "*", "!"] {
        let mut model = make((200, 60));
        press(&mut model, "ll");
        press(&mut model, keys);
        let shown = text(&screen(&model));
        let obeyed = |c: char| c != '\n' && (c.is_control() || "\u{202e}\u{200b}".contains(c));
        assert!(!shown.contains(obeyed), "{keys}");
    }
}

#[test]
fn no_size_panics() {
    let mut model = opened((80, 24), "l");
    let mut live = busy((80, 24));
    let mut first = Model::new((80, 24), true, Some(first_run()));
    for width in 1..=90 {
        for height in 1..=30 {
            for model in [&mut model, &mut live, &mut first] {
                update(model, Event::Resize(width, height));
                screen(model);
            }
            press(&mut live, "?");
            screen(&live);
            press(&mut live, "q");
            press(&mut live, "q");
            screen(&live);
            press(&mut live, "n/");
            screen(&live);
            press(&mut live, "\u{1b}");
        }
    }
}

#[test]
fn ascii_is_ascii() {
    let mut buffer = screen(&busy((200, 60)));
    to_ascii(&mut buffer);
    assert!(text(&buffer).is_ascii());
    assert!(text(&buffer).contains("^ "));
}

#[test]
fn without_colour_the_selected_row_still_stands_out() {
    let model = busy((80, 24));
    let mut terminal = Terminal::new(TestBackend::new(80, 24)).unwrap();
    let mono = theme("mono");
    terminal
        .draw(|frame| draw(&model, &mono, frame.buffer_mut()))
        .unwrap();
    let buffer = terminal.backend().buffer();
    let areas = model.areas();
    let row = areas.table.y + u16::try_from(model.live.selected - model.live.top).unwrap();
    assert!(buffer[(5, row)].modifier.contains(Modifier::REVERSED));
    assert!(!buffer[(5, row - 1)].modifier.contains(Modifier::REVERSED));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn no_keys_and_no_arrivals_panic(
        keys in "[jkgGeE*!/\\\\ yiczhlrw1234?qn\n\u{1b}a:\"()]{0,40}",
        width in 1_u16..170,
        height in 1_u16..50,
        subject in "\\PC{0,20}",
    ) {
        let mut model = busy((width, height));
        for (seq, key) in (100..).zip(keys.chars()) {
            press(&mut model, &key.to_string());
            let exchange = ExchangeSummary {
                subject: subject.clone(),
                at: Timestamp(status().now.0).plus(Duration::from_secs(seq)),
                ..summary(seq)
            };
            update(&mut model, Event::Arrived(Arc::new(exchange)));
            screen(&model);
        }
    }
}

#[test]
fn a_now_line_is_drawn() {
    let mut model = busy((80, 24));
    press(&mut model, ",");
    for seq in 61..=62 {
        update(&mut model, Event::Arrived(Arc::new(summary(seq))));
    }
    let buffer = screen(&model);
    let shown = text(&buffer);
    let row = shown
        .lines()
        .position(|line| line.ends_with("now 14:00:31Z"))
        .unwrap();
    let underlined = |y: usize| {
        let at = (40, u16::try_from(y).unwrap());
        buffer[at].modifier.contains(Modifier::UNDERLINED)
    };
    assert!(underlined(row) && !underlined(row + 1) && !underlined(row - 1));
}

#[test]
fn every_key_is_in_help_and_key_bar_where_it_applies() {
    use crate::tui::keymap::{Context, bindings};
    for (context, keys) in [
        (Context::Live, ""),
        (Context::Detail, "\n"),
        (Context::Users, "3"),
        (Context::Groups, "4"),
        (Context::Removals, "5"),
        (Context::Alerts, "2"),
        (Context::Health, "7"),
    ] {
        let mut model = busy((1_000, 300));
        press(&mut model, keys);
        assert_eq!(model.context(), context);
        let bar = text(&screen(&model)).lines().last().unwrap().to_owned();
        press(&mut model, "?");
        let help = text(&screen(&model));
        for binding in bindings(context) {
            for key in model.keymap.names(context, binding) {
                let line = |line: &str| {
                    line.contains(binding.help) && line.split(' ').any(|word| word == key)
                };
                assert!(help.lines().any(line), "{context:?} {key}");
            }
            let first = &model.keymap.names(context, binding)[0];
            let entry = format!(" {first} {}", binding.label);
            assert!(
                binding.label.is_empty() || bar.contains(&entry),
                "{context:?} {entry}"
            );
        }
    }
}

#[test]
fn changed_keys_are_in_help_and_key_bar() {
    let mut model = busy((200, 60));
    let text_of = "[live]\nfollow = \"F2\"\n[detail]\nzoom = \"F3\"";
    model.keymap = crate::tui::keymap::Keymap::parse(text_of, "keys.toml").0;
    let bar = text(&screen(&model)).lines().last().unwrap().to_owned();
    assert!(bar.contains("F2 pause") && !bar.contains("space"), "{bar}");
    press(&mut model, "?");
    let help = text(&screen(&model));
    for line in [
        "  F2                 pause or follow",
        "  F3                 use the whole",
    ] {
        assert!(help.contains(line), "{line}");
    }
}

#[test]
fn sentences_name_changed_keys() {
    let text_of = "[users]\nopen = \"F4\"\nrelated = \"F5\"\n[everywhere]\nunlock = \"F6\"\n\
                   [quit]\nstop = \"X\"\n[welcome]\ncopy-token = \"F7\"\n";
    let (keymap, problems) = crate::tui::keymap::Keymap::parse(text_of, "keys.toml");
    assert_eq!(problems, [""; 0]);
    let shown = |keys: &str, first: Option<crate::tui::FirstRun>| {
        let mut model = Model::new((200, 60), true, first);
        update(&mut model, Event::Older(Ok(page(0))));
        model.keymap = keymap.clone();
        house::work(&mut model, keys);
        text(&screen(&model))
    };
    for (keys, said, not) in [
        (
            "3",
            "F4 shows access, content, history; F5 g its groups",
            "o g",
        ),
        ("5a", "read-only: F6 allows acts", "u allows"),
        ("q", "X    stop the endpoint", "s    stop"),
    ] {
        let screen = shown(keys, None);
        assert!(
            screen.contains(said) && !screen.contains(not),
            "{keys}: {screen}"
        );
    }
    let screen = shown("", Some(first_run()));
    assert!(screen.contains("F7 copies it"), "{screen}");
}
