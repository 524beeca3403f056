//! The runner against a scripted house and a surface without a terminal.

use crossterm::event::{KeyCode, KeyEvent};
use futures_util::stream;
use tokio::runtime::Builder;

use super::*;
use crate::tui::Link;
use crate::tui::keymap::Keymap;
use crate::tui::state::Mode;
use crate::tui::testing::{Scripted, first_run};
use crate::tui::theme::{ColorDepth, Looks, Role, SHIPPED};

/// Remembers what it was told, and hands keys out when the screen shows what they wait for.
struct Paper {
    drawn: usize,
    /// Frames never get through.
    stuck: bool,
    copied: Vec<String>,
    seen: mpsc::UnboundedSender<Seen>,
}

/// What a frame shows.
struct Seen {
    /// Exchanges, once some were skipped.
    total: usize,
    /// An exchange with its bodies is open.
    open: bool,
    /// Rows of deletion records.
    removals: usize,
    /// It is known what the act to be confirmed would do.
    rehearsed: bool,
    /// Lines of a report.
    reported: usize,
    /// How critical things look.
    crit: ratatui::style::Style,
    /// What is said.
    notice: Option<String>,
    /// Saved filters.
    saved: usize,
    /// Nothing was left out of it.
    whole: bool,
}

impl Surface for Paper {
    fn size(&self) -> io::Result<(u16, u16)> {
        Ok((80, 24))
    }
    fn draw(&mut self, model: &Model, theme: &Theme, most: Option<usize>) -> io::Result<Drawn> {
        self.drawn += 1;
        let open = matches!(
            model.detail.as_ref().map(|detail| &detail.loaded),
            Some(crate::tui::state::detail::Loaded::Here(_))
        );
        let skipped = model.live.skipped > 0;
        let total = if skipped { model.live.log.total() } else { 0 };
        // The test may have ended already.
        let _ = self.seen.send(Seen {
            total,
            open,
            removals: model.removals.deletions.items.len(),
            rehearsed: matches!(&model.mode, Mode::Confirm(confirm) if confirm.plan.is_some()),
            reported: model.report.as_ref().map_or(0, |report| report.lines.len()),
            crit: theme.style(Role::Crit),
            notice: model.notice.clone(),
            saved: model.memory.saved.len(),
            whole: most.is_none(),
        });
        Ok(Drawn {
            bytes: 1_000,
            whole: most.is_none(),
        })
    }
    async fn written(&mut self) -> io::Result<()> {
        if self.stuck {
            std::future::pending::<()>().await;
        }
        Ok(())
    }
    fn repaint(&mut self) {}
    fn copy(&mut self, text: &str) {
        self.copied.push(text.to_owned());
    }
    fn suspend(&mut self) {
        self.copied.push("suspended".to_owned());
    }
    fn resume(&mut self) -> io::Result<()> {
        self.copied.push("resumed".to_owned());
        Ok(())
    }
}

fn options(first: bool) -> TuiOptions {
    TuiOptions {
        mouse: false,
        looks: Looks::new("base", PathBuf::new(), ColorDepth::Ansi, false).unwrap(),
        keymap: Keymap::default(),
        notice: None,
        filters: PathBuf::new(),
        ascii: false,
        first_token: first.then(first_run),
        embedded: true,
        link: Link::LOCAL,
    }
}

fn key(code: KeyCode) -> Event {
    Event::Key(KeyEvent::from(code))
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async {
        tokio::time::timeout(Duration::from_secs(20), future)
            .await
            .expect("the dashboard ends")
    })
}

fn paper() -> (Paper, mpsc::UnboundedReceiver<Seen>) {
    let (seen, frames) = mpsc::unbounded_channel();
    let paper = Paper {
        drawn: 0,
        stuck: false,
        copied: Vec::new(),
        seen,
    };
    (paper, frames)
}

#[test]
fn stored_and_live_exchanges_are_shown_opened_and_copied() {
    let (mut paper, mut frames) = paper();
    let ops = Arc::new(Scripted {
        stored: 600,
        live: 50,
    });
    let (keys, input) = mpsc::unbounded_channel();
    let input = Box::pin(stream::unfold(input, async |mut input| {
        input.recv().await.map(|event| (event, input))
    }));
    let script = async {
        // 500 stored ones and all 50 live ones have come.
        while frames.recv().await.expect("frames come").total < 550 {}
        keys.send(key(KeyCode::Enter)).unwrap();
        while !frames.recv().await.expect("frames come").open {}
        for code in ['y', 'i', 'y', 'c', 'q', 'q', 's'] {
            keys.send(key(KeyCode::Char(code))).unwrap();
        }
        std::future::pending::<()>().await;
    };
    let exit = block_on(drive(&mut paper, input, ops, options(false), script));
    assert_eq!(exit.unwrap(), Exit::Quit);
    assert_eq!(paper.copied.len(), 2);
    assert!(paper.copied[1].starts_with("curl -sS -X 'GET' 'https://scim.example.com:8443/"));
}

#[test]
fn a_removal_is_listed_rehearsed_and_purged() {
    let (mut paper, mut frames) = paper();
    let ops = Arc::new(Scripted { stored: 1, live: 0 });
    let (keys, input) = mpsc::unbounded_channel();
    let input = Box::pin(stream::unfold(input, async |mut input| {
        input.recv().await.map(|event| (event, input))
    }));
    let shutdown = async {
        keys.send(key(KeyCode::Char('5'))).unwrap();
        while frames.recv().await.expect("frames come").removals < 12 {}
        for code in ['u', 'p'] {
            keys.send(key(KeyCode::Char(code))).unwrap();
        }
        while !frames.recv().await.expect("frames come").rehearsed {}
        for letter in "j.doe12@example.com".chars() {
            keys.send(key(KeyCode::Char(letter))).unwrap();
        }
        for code in [KeyCode::Tab, KeyCode::Enter] {
            keys.send(key(code)).unwrap();
        }
        while frames.recv().await.expect("frames come").reported == 0 {}
    };
    let exit = block_on(drive(&mut paper, input, ops, options(false), shutdown));
    assert_eq!(exit.unwrap(), Exit::Quit);
}

#[test]
fn frames_are_few_however_much_comes() {
    let (mut paper, mut frames) = paper();
    let ops = Arc::new(Scripted {
        stored: 0,
        live: 30_000,
    });
    let shutdown = async { while frames.recv().await.expect("frames come").total < 10_000 {} };
    let started = crate::clock::Stopwatch::start();
    let exit = block_on(drive(
        &mut paper,
        stream::pending(),
        ops,
        options(true),
        shutdown,
    ));
    assert_eq!(exit.unwrap(), Exit::Quit);
    let most = started.elapsed().as_millis() / 33 + 2;
    assert!(paper.drawn as u128 <= most, "{} of {most}", paper.drawn);
}

#[test]
fn what_a_frame_leaves_out_comes_although_nothing_else_happens() {
    let (mut paper, mut frames) = paper();
    let ops = Arc::new(Scripted { stored: 0, live: 0 });
    let options = TuiOptions {
        link: Link::SSH,
        ..options(false)
    };
    let (keys, input) = mpsc::unbounded_channel();
    let input = Box::pin(stream::unfold(
        input,
        async |mut input: mpsc::UnboundedReceiver<Event>| {
            input.recv().await.map(|event| (event, input))
        },
    ));
    let script = async {
        for _ in 0..3 {
            keys.send(key(KeyCode::Char('z'))).unwrap();
            while frames.recv().await.expect("frames come").whole {}
            while !frames.recv().await.expect("the rest comes").whole {}
        }
    };
    let exit = block_on(drive(&mut paper, input, ops, options, script));
    assert_eq!(exit.unwrap(), Exit::Quit);
}

#[test]
fn a_terminal_that_takes_nothing_stops_neither_keys_nor_the_feed() {
    let (mut paper, mut frames) = paper();
    paper.stuck = true;
    let ops = Arc::new(Scripted {
        stored: 0,
        live: 30_000,
    });
    let (keys, input) = mpsc::unbounded_channel();
    let input = Box::pin(stream::unfold(
        input,
        async |mut input: mpsc::UnboundedReceiver<Event>| {
            input.recv().await.map(|event| (event, input))
        },
    ));
    let script = async {
        frames.recv().await.expect("a frame comes");
        for code in ['q', 's'] {
            keys.send(key(KeyCode::Char(code))).unwrap();
        }
        std::future::pending::<()>().await;
    };
    let exit = block_on(drive(&mut paper, input, ops, options(false), script));
    // It was asked to stop, and did; the one frame was never through.
    assert_eq!(exit.unwrap(), Exit::Quit);
    assert_eq!(paper.drawn, 1);
}

#[test]
fn a_stopped_dashboard_draws_nothing_until_it_goes_on() {
    let (mut paper, mut frames) = paper();
    let ops = Arc::new(Scripted { stored: 1, live: 0 });
    let (keys, input) = mpsc::unbounded_channel();
    let input = Box::pin(stream::unfold(
        input,
        async |mut input: mpsc::UnboundedReceiver<Event>| {
            input.recv().await.map(|event| (event, input))
        },
    ));
    let mut options = options(false);
    options.embedded = false;
    let suspend = KeyEvent::new(KeyCode::Char('z'), crossterm::event::KeyModifiers::CONTROL);
    let script = async {
        frames.recv().await.expect("a frame comes");
        keys.send(Event::Key(suspend)).unwrap();
        keys.send(Event::Resumed).unwrap();
        frames.recv().await.expect("a frame comes");
        // Nobody stops this process, so it goes on by itself.
        keys.send(Event::Key(suspend)).unwrap();
        frames.recv().await.expect("a frame comes");
        keys.send(key(KeyCode::Char('q'))).unwrap();
        std::future::pending::<()>().await;
    };
    let exit = block_on(drive(&mut paper, input, ops, options, script));
    assert_eq!(exit.unwrap(), Exit::Detach);
    assert_eq!(
        paper.copied,
        ["suspended", "resumed", "suspended", "resumed"]
    );
}

#[test]
fn when_the_terminal_goes_away_the_endpoint_stays() {
    let (mut paper, _frames) = paper();
    let ops = Arc::new(Scripted { stored: 1, live: 0 });
    let never = std::future::pending();
    let exit = block_on(drive(
        &mut paper,
        stream::empty(),
        ops,
        options(false),
        never,
    ));
    assert_eq!(exit.unwrap(), Exit::Detach);
}

#[test]
fn a_theme_is_read_again_when_its_file_changes() {
    let home = tempfile::tempdir().unwrap();
    let themes = home.path().join("themes");
    let looks = Looks::new("base", themes.clone(), ColorDepth::Ansi, false).unwrap();
    let before = looks.theme.style(Role::Crit);
    let options = TuiOptions {
        looks,
        ..options(false)
    };
    let (mut paper, mut frames) = paper();
    let ops = Arc::new(Scripted { stored: 1, live: 0 });
    let (_, base) = SHIPPED[0];
    let other = base.replace("crit = { ansi16 = \"red\"", "crit = { ansi16 = \"blue\"");
    let write = |text: &str| {
        // As editors do it: a new file in the place of the old one.
        let new = themes.join("new");
        std::fs::write(&new, text).unwrap();
        std::fs::rename(new, themes.join("base.toml")).unwrap();
    };
    let script = async {
        let mut seen = async |wanted: &dyn Fn(&Seen) -> bool| {
            while !wanted(&frames.recv().await.expect("frames come")) {}
        };
        seen(&|frame| frame.crit == before).await;
        // The directory is new, too.
        std::fs::create_dir(&themes).unwrap();
        write(&other);
        seen(&|frame| frame.crit != before).await;
        write(&base.replace("[roles]", "[rolls]"));
        seen(&|frame| {
            let said = |notice: &String| notice.contains("base.toml:") && frame.crit != before;
            frame.notice.as_ref().is_some_and(said)
        })
        .await;
        write(base);
        seen(&|frame| frame.crit == before).await;
    };
    let exit = block_on(drive(&mut paper, stream::pending(), ops, options, script));
    assert_eq!(exit.unwrap(), Exit::Quit);
}

#[test]
fn a_saved_filter_is_in_the_file_and_there_the_next_time() {
    let home = tempfile::tempdir().unwrap();
    for first in [true, false] {
        let options = TuiOptions {
            filters: home.path().join("filters.toml"),
            ..options(false)
        };
        let (mut paper, mut frames) = paper();
        let ops = Arc::new(Scripted { stored: 1, live: 0 });
        let (keys, input) = mpsc::unbounded_channel();
        let input = Box::pin(stream::unfold(input, async |mut input| {
            input.recv().await.map(|event| (event, input))
        }));
        let script = async {
            if first {
                for code in "/op:delete\n:filter save gone\n".chars() {
                    let code = match code {
                        '\n' => KeyCode::Enter,
                        code => KeyCode::Char(code),
                    };
                    keys.send(key(code)).unwrap();
                }
            }
            while frames.recv().await.expect("frames come").saved < 1 {}
        };
        let exit = block_on(drive(&mut paper, input, ops, options, script));
        assert_eq!(exit.unwrap(), Exit::Quit);
    }
}
