//! A panic gives the terminal back before it says anything: seen in a pseudo-terminal, in which
//! this very test program runs the one test that panics. And what of a page comes first.

use std::io::Read as _;
use std::num::NonZero;
use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent};
use portable_pty::{CommandBuilder, PtySize, native_pty_system};

use super::*;
use crate::model::exchange::ExchangeSummary;
use crate::tui::event::Event;
use crate::tui::state::update;
use crate::tui::testing::{carry_out, page, status, summary};

/// The name of the test that is run in the terminal.
const VICTIM: &str = "tui::screen::tests::a_dashboard_that_panics";

#[test]
#[ignore = "needs a terminal; the test below gives it one"]
fn a_dashboard_that_panics() {
    let mut screen = Screen::enter(false, true).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let mut model = Model::new((80, 24), false, None);
    model.now = crate::clock::Timestamp(1);
    let depth = crate::tui::theme::ColorDepth::default();
    let theme = Theme::load("base", None, depth, false).unwrap();
    screen.draw(&model, &theme, None).unwrap();
    runtime.block_on(screen.written()).unwrap();
    // A panic elsewhere gives the terminal back too; the dashboard takes it again and goes on.
    let elsewhere = std::thread::spawn(|| panic!("the first misfortune"));
    assert!(elsewhere.join().is_err());
    screen.draw(&model, &theme, None).unwrap();
    runtime.block_on(screen.written()).unwrap();
    panic!("the second misfortune");
}

#[test]
fn a_panic_gives_the_terminal_back_before_it_speaks() {
    let size = PtySize {
        rows: 24,
        cols: 80,
        pixel_width: 0,
        pixel_height: 0,
    };
    let pair = native_pty_system().openpty(size).unwrap();
    let mut command = CommandBuilder::new(std::env::current_exe().unwrap());
    command.args([VICTIM, "--exact", "--ignored", "--nocapture"]);
    command.env("RUST_BACKTRACE", "0");
    let before = pair.master.get_termios().unwrap();
    let mut child = pair.slave.spawn_command(command).unwrap();
    drop(pair.slave);
    let mut written = Vec::new();
    let mut reader = pair.master.try_clone_reader().unwrap();
    // Reading ends with an error when nobody has the terminal any more.
    let _ = reader.read_to_end(&mut written);
    assert!(!child.wait().unwrap().success());
    let find = |text: &str| {
        let found = written
            .windows(text.len())
            .position(|at| at == text.as_bytes());
        found.unwrap_or_else(|| panic!("{text:?} in {:?}", String::from_utf8_lossy(&written)))
    };
    assert!(find("\x1b[?1049h") < find("scimtop"));
    assert!(find("\x1b[?1049l") < find("the first misfortune"));
    let cells = |count| NonZero::new(count).unwrap();
    let mut parser = vt100::Parser::new(cells(24), cells(80), 0);
    parser.process(&written);
    let screen = parser.screen();
    assert!(!screen.alternate_screen() && !screen.hide_cursor());
    assert!(screen.contents().contains("the second misfortune"));
    assert!(!screen.contents().contains("filter (none)"));
    assert_eq!(
        pair.master.get_termios().unwrap().local_flags,
        before.local_flags
    );
}

/// The line in which a mark says what is selected.
fn marked(model: &Model) -> Option<u16> {
    let depth = crate::tui::theme::ColorDepth::default();
    let theme = Theme::load("base", None, depth, false).unwrap();
    let (width, height) = model.size;
    let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
    view::draw(model, &theme, &mut buffer);
    let table = model.areas().table;
    (table.top()..table.bottom()).find(|y| buffer[(table.x + 1, *y)].symbol() == ">")
}

#[test]
fn of_a_page_that_is_too_large_the_rows_around_the_selected_one_come_first() {
    let mut model = Model::new((200, 30), true, None);
    update(&mut model, Event::Older(Ok(page(60))));
    update(&mut model, Event::Status(Ok(status())));
    let check = |model: &mut Model, keys: &str| {
        for key in keys.chars() {
            let actions = update(model, Event::Key(KeyEvent::from(KeyCode::Char(key))));
            carry_out(model, actions);
        }
        let (later, areas) = (later(model), model.areas());
        assert_eq!(Some(later.near), marked(model), "{keys}");
        assert_eq!((later.rows, later.areas.len()), (areas.table, 2), "{keys}");
    };
    for keys in ["", "kkk", "g", "jjj", "G", "3", "jj", "1"] {
        check(&mut model, keys);
    }
    for n in 0..400 {
        let exchange = ExchangeSummary {
            seq: 1_000 + n,
            at: status().now.plus(Duration::from_millis(n * 5)),
            status: u16::try_from(200 + n % 50).unwrap(),
            ..summary(n)
        };
        update(&mut model, Event::Arrived(Arc::new(exchange)));
    }
    assert!(model.live.in_storm());
    for keys in ["", "jjj", "G", "k"] {
        check(&mut model, keys);
    }
    // Of a page to read, its beginning.
    update(&mut model, Event::Key(KeyEvent::from(KeyCode::Char('?'))));
    let (later, body) = (later(&model), model.areas().body);
    assert_eq!((later.near, later.rows), (body.y, body));
}
