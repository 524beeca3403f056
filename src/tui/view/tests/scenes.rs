//! Pictures of every view and dialog: one file for each scene, with what is shown at every size,
//! once as text, once as how it looks in each theme, and once in ASCII.
//!
//! Looks are letters: each stands for what a cell has in all themes at once, and the end of the file
//! says what that is. Runs of a letter are a letter and a number; rows that look alike are one line.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use ratatui::style::Color;

use super::*;
use crate::model::operator::OperatorRole;
use crate::ops::api::{Failure, OpsError};
use crate::tui::action::{Action, Wake};
use crate::tui::call::{Answer, Purpose};
use crate::tui::state::pane::Pane;
use crate::tui::testing::{SECRET, house as made, watch::whoami};

const SIZES: [(u16, u16); 5] = [(80, 24), (120, 40), (200, 60), (40, 10), (18, 4)];
/// ASCII is made of the text cell by cell: one size shows how it reads.
const ASCII: (u16, u16) = SIZES[0];
const LOOKS: [&str; 3] = ["dark", "light", "mono"];
const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

type Make = fn((u16, u16)) -> Model;

/// How a scene comes about.
enum Scene {
    /// In the busy house, these keys.
    Keys(&'static str),
    /// The same, as an operator of that role.
    As(OperatorRole, &'static str),
    /// Otherwise.
    Made(Make),
}

use Scene::{As, Keys, Made};

/// Views, and what is opened in them.
const VIEWS: &[(&str, Scene)] = &[
    ("empty", Made(|size| after_all(size, std::iter::empty()))),
    ("first-run", Made(first)),
    ("live", Keys("")),
    ("live-marked", Keys("gmjjmM")),
    ("live-marks-and-now", Keys("kkmm,k")),
    ("live-hostile", Made(harmed)),
    ("live-disconnected", Made(disconnected)),
    ("live-gap", Made(gap)),
    ("storm", Made(stormy)),
    ("exchange", Made(|size| opened(size, ""))),
    ("exchange-request", Made(|size| opened(size, "l"))),
    ("exchange-response", Made(|size| opened(size, "ll"))),
    ("exchange-diff", Made(|size| opened(size, "h"))),
    ("alerts", Keys("2j")),
    ("users", Keys("3jj")),
    ("users-sorted", Keys("3sS")),
    ("users-filter", Keys("3/hopper")),
    ("users-of-an-org", Keys("3Ojj\n")),
    ("user", Keys("3\n")),
    ("user-access", Keys("3\n\t")),
    ("user-content", Keys("3\n\t\t")),
    ("user-history", Keys("3\n\t\t\t")),
    ("user-diagnosis", Keys("3od")),
    ("user-resource", Keys("3\nh")),
    ("groups", Keys("4j")),
    ("group", Keys("4jj\n")),
    ("group-members", Keys("4jj\n\t")),
    ("group-diagnosis", Keys("4jjod")),
    ("deletions", Keys("5jmm")),
    ("holds", Keys("5\tj")),
    ("guard", Keys("5\t\t")),
    ("guard-settling", Made(settling)),
    ("transfers", Keys("5\t\t\tj")),
    // The tenth from the top is gone, and its content moved.
    ("removal", Keys("5jjjjjjjjj\n")),
    ("removal-frozen", Keys("5\n")),
    ("removal-content", Keys("5jjjjjjjjj\n\t")),
    ("removal-lost", Keys("5jjjjjjjjj\n\t\t")),
    ("removal-timeline", Keys("5jjjjjjjjj\n\t\t\t")),
    ("removal-request", Keys("5jjjjjjjjj\nh")),
    ("tokens", Keys("6j")),
    ("tokens-sorted", Keys("6ss")),
    ("tokens-viewer", As(OperatorRole::Viewer, "6d")),
    ("token", Keys("6\n")),
    ("token-refused", Keys("6\n\t")),
    ("token-history", Keys("6\n\t\t")),
    ("health", Keys("7")),
    ("audit", Keys("8jj")),
    ("audit-filter", Keys("8/operator")),
    ("event", Keys("8jjjj\n")),
    ("event-erased", Keys("8j\n")),
    ("event-record", Keys("8jjjj\n\t")),
];

/// What lies over a view.
const DIALOGS: &[(&str, Scene)] = &[
    ("filter-error", Keys("/status>=400 op:nonsense")),
    ("copy", Keys("y")),
    ("related", Keys("3o")),
    ("diagnosis", Keys("7d")),
    ("runbook", Keys("2R")),
    ("silence", Keys("2juh\tplanned")),
    ("related-request", Keys("o")),
    ("help", Keys("?")),
    ("help-removals", Keys("5?")),
    ("help-tokens", Keys("6?")),
    ("help-viewer", As(OperatorRole::Viewer, "6?")),
    ("quit", Keys("q")),
    ("orgs", Keys("3Oj")),
    ("palette", Keys(":")),
    ("palette-typed", Keys(":to ")),
    ("palette-none", Keys(":xyzzy\n")),
    ("palette-viewer", As(OperatorRole::Viewer, "6:revoke")),
    ("theme-preview", Made(previewed)),
    ("unlock-viewer", As(OperatorRole::Viewer, "u")),
    ("confirm-restore", Keys("5umjmr")),
    ("confirm-approve", Keys("5ua")),
    ("confirm-purge", Keys("5upuse")),
    ("confirm-give-back", Keys("5\t\t\tujbada@example.com")),
    ("confirm-create", Keys("6uc\t\tci-okta\t90d\t")),
    ("confirm-rotate", Keys("6jur")),
    ("confirm-revoke", Keys("6jud")),
    ("report-restore", Keys("5jummmrPrimary\t\n")),
    ("issued", Keys("6jur\nentra-eu\t\n")),
    ("verified", Keys("8v")),
];

impl Scene {
    fn at(&self, size: (u16, u16)) -> Model {
        match self {
            Keys(keys) => house::after(size, keys),
            As(role, keys) => {
                let mut model = busy(size);
                let answered = Event::Answered {
                    ticket: 0,
                    purpose: Purpose::WhoAmI,
                    result: Ok(Answer::WhoAmI(whoami(*role))),
                };
                update(&mut model, answered);
                house::work(&mut model, keys);
                model
            }
            Made(make) => make(size),
        }
    }
}

fn first(size: (u16, u16)) -> Model {
    let mut model = Model::new(size, true, Some(first_run()));
    update(&mut model, Event::Older(Ok(page(0))));
    model
}

fn harmed(size: (u16, u16)) -> Model {
    after_all(size, (1..=3).map(hostile))
}

/// Some seconds after the last exchange.
fn later(seconds: u64) -> Timestamp {
    status().now.plus(Duration::from_secs(seconds))
}

fn disconnected(size: (u16, u16)) -> Model {
    let mut model = busy(size);
    let error = OpsError::new(Failure::Unreachable, "no daemon answers there");
    update(&mut model, Event::FeedLost(error, later(2)));
    model
}

fn gap(size: (u16, u16)) -> Model {
    let mut model = disconnected(size);
    for seq in 61..=64 {
        let at = later(if seq < 64 { 3 } else { 9 });
        let exchange = ExchangeSummary { at, ..summary(seq) };
        if seq == 61 {
            update(&mut model, Event::FeedOpened(later(8)));
        }
        update(&mut model, Event::Arrived(Arc::new(exchange)));
    }
    model
}

fn stormy(size: (u16, u16)) -> Model {
    let mut model = busy(size);
    for n in 0..400_u64 {
        let exchange = ExchangeSummary {
            seq: 1_000 + n,
            at: status().now.plus(Duration::from_millis(n * 5)),
            subject: format!("user{n}"),
            ..summary(n % 7)
        };
        update(&mut model, Event::Arrived(Arc::new(exchange)));
    }
    press(&mut model, "j");
    model
}

fn settling(size: (u16, u16)) -> Model {
    let mut model = house::after(size, "5\t\t");
    for action in update(&mut model, Event::Woke(Wake::Refresh)) {
        if let Action::Call {
            ticket,
            purpose: purpose @ Purpose::Rows(Pane::Guard),
            ..
        } = action
        {
            let result = Ok(Answer::Guard(made::settling(40)));
            let answered = Event::Answered {
                ticket,
                purpose,
                result,
            };
            update(&mut model, answered);
        }
    }
    model
}

/// A theme is looked at: which one is drawn is the runner's, what is offered stands here.
fn previewed(size: (u16, u16)) -> Model {
    let mut model = busy(size);
    let themes = ["dark", "light", "mono"].map(str::to_owned).to_vec();
    model.look = crate::tui::state::look::Look::new("dark", themes);
    press(&mut model, ":theme li");
    assert_eq!(model.look.shown, "light");
    model
}

fn drawn(model: &Model, look: &str) -> Buffer {
    let theme = Theme::load(look, None, ColorDepth::True, false).unwrap();
    let (width, height) = model.size;
    let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
    draw(model, &theme, &mut buffer);
    buffer
}

/// Which letter stands for which look.
#[derive(Default)]
struct Legend(Vec<[Style; LOOKS.len()]>);

impl Legend {
    fn letter(&mut self, look: [Style; LOOKS.len()]) -> char {
        let at = self.0.iter().position(|known| *known == look);
        let at = at.unwrap_or_else(|| {
            self.0.push(look);
            self.0.len() - 1
        });
        char::from(LETTERS[at])
    }

    fn text(&self) -> String {
        let mut out = String::from("=== looks\n");
        for (look, letter) in self.0.iter().zip(LETTERS) {
            let each = look.iter().zip(LOOKS);
            let each: Vec<_> = each
                .map(|(style, name)| format!("{name} {}", styled(*style)))
                .collect();
            let _ = writeln!(out, "{}  {}", char::from(*letter), each.join(" | "));
        }
        out
    }
}

/// A style as `fg on bg bold`.
fn styled(style: Style) -> String {
    let colour = |colour: Option<Color>| match colour {
        None | Some(Color::Reset) => "-".to_owned(),
        Some(Color::Rgb(r, g, b)) => format!("{r:02x}{g:02x}{b:02x}"),
        Some(other) => format!("{other:?}").to_lowercase(),
    };
    let mut text = format!("{} on {}", colour(style.fg), colour(style.bg));
    for (name, _) in style.add_modifier.iter_names() {
        text.push(' ');
        text.push_str(&name.to_lowercase());
    }
    text
}

/// The looks of a screen, row by row.
fn looks(buffers: &[Buffer; LOOKS.len()], legend: &mut Legend) -> String {
    let area = buffers[0].area;
    let mut rows: Vec<(u16, u16, String)> = Vec::new();
    for y in 0..area.height {
        let letters = (0..area.width).map(|x| {
            let each = |buffer: &Buffer| buffer[(x, y)].style();
            legend.letter(std::array::from_fn(|at| each(&buffers[at])))
        });
        let letters: Vec<char> = letters.collect();
        let runs = letters.chunk_by(|one, next| one == next);
        let runs = runs.map(|run| format!("{}{}", run[0], run.len()));
        let row = runs.collect::<Vec<_>>().join(" ");
        match rows.last_mut() {
            Some((_, last, same)) if *same == row => *last = y,
            _ => rows.push((y, y, row)),
        }
    }
    let mut out = String::new();
    for (first, last, row) in rows {
        let _ = writeln!(out, "{first}-{last} {row}");
    }
    out
}

/// The scene at every size, in every look.
fn picture(scene: &Scene) -> String {
    let (mut out, mut legend) = (String::new(), Legend::default());
    for size in SIZES {
        let model = scene.at(size);
        let buffers = LOOKS.map(|look| drawn(&model, look));
        let shown = text(&buffers[0]);
        for (buffer, look) in buffers.iter().zip(LOOKS) {
            assert_eq!(text(buffer), shown, "{look} changes styles alone");
        }
        let mut plain = buffers[0].clone();
        to_ascii(&mut plain);
        let plain = text(&plain);
        assert!(plain.is_ascii(), "{plain}");
        let (width, height) = size;
        let _ = writeln!(out, "=== {width}x{height}\n{shown}--- looks");
        out.push_str(&looks(&buffers, &mut legend));
        if size == ASCII {
            let _ = writeln!(out, "--- ascii\n{plain}");
        }
    }
    out.push_str(&legend.text());
    // Drawn once, the secret does not go into a file.
    out.replace(SECRET, "(the secret)")
}

fn check(scenes: &[(&str, Scene)]) {
    for (name, scene) in scenes {
        insta::assert_snapshot!(*name, picture(scene));
    }
}

#[test]
fn every_view() {
    check(VIEWS);
}

#[test]
fn every_dialog() {
    check(DIALOGS);
}

#[test]
fn every_picture_is_of_a_scene() {
    let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/src/tui/view/tests/snapshots");
    let prefix = "scimtop__tui__view__tests__scenes__";
    // Beside pictures there may be new ones, which wait for a decision.
    let files: BTreeSet<String> = std::fs::read_dir(dir)
        .unwrap()
        .map(|file| file.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "snap"))
        .map(|path| path.file_name().unwrap().to_str().unwrap().to_owned())
        .collect();
    let names = VIEWS.iter().chain(DIALOGS).map(|(name, _)| *name);
    let expected: BTreeSet<String> = names.map(|name| format!("{prefix}{name}.snap")).collect();
    assert_eq!(files, expected);
    assert_eq!(expected.len(), VIEWS.len() + DIALOGS.len());
}
