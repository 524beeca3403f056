//! A terminal that is fed what the painter wrote shows what was to be shown, whatever that is.

use std::num::NonZero;

use proptest::prelude::*;
use ratatui::style::{Modifier, Style};
use vt100::Parser;

use super::*;

const WIDTH: u16 = 14;
const HEIGHT: u16 = 8;

const SYMBOLS: [&str; 12] = [
    " ", " ", " ", "a", "b", "7", "─", "▲", "×", "日", "本", "e\u{301}",
];
const COLOURS: [Color; 7] = [
    Color::Reset,
    Color::Red,
    Color::DarkGray,
    Color::White,
    Color::Indexed(99),
    Color::Rgb(1, 20, 255),
    Color::Reset,
];
const ATTRIBUTES: [Modifier; 6] = [
    Modifier::empty(),
    Modifier::BOLD,
    Modifier::DIM,
    Modifier::REVERSED,
    Modifier::UNDERLINED.union(Modifier::BOLD),
    Modifier::ITALIC,
];

fn terminal(width: u16, height: u16) -> Parser {
    Parser::new(
        NonZero::new(height).unwrap(),
        NonZero::new(width).unwrap(),
        0,
    )
}

/// A piece of text somewhere: column, row, symbols, colours, attributes.
type Piece = (u16, u16, Vec<usize>, (usize, usize, usize));

fn piece() -> impl Strategy<Value = Piece> {
    let style = (0..COLOURS.len(), 0..COLOURS.len(), 0..ATTRIBUTES.len());
    let symbols = proptest::collection::vec(0..SYMBOLS.len(), 1..12);
    (0..WIDTH, 0..HEIGHT, symbols, style)
}

/// What is done from one screen to the next.
#[derive(Clone, Debug)]
enum Step {
    /// Pieces of text are written over it.
    Write(Vec<Piece>),
    /// Rows move, and the row that becomes free is written.
    Move(i32, Piece),
    /// It is cleared.
    Clear,
    /// The terminal is no longer known.
    Forget,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => proptest::collection::vec(piece(), 0..5).prop_map(Step::Write),
        4 => (-3..4_i32, piece()).prop_map(|(by, piece)| Step::Move(by, piece)),
        1 => Just(Step::Clear),
        1 => Just(Step::Forget),
    ]
}

fn write(buffer: &mut Buffer, (x, y, symbols, (fg, bg, attribute)): &Piece) {
    let text: String = symbols.iter().map(|at| SYMBOLS[*at]).collect();
    let style = Style::new()
        .fg(COLOURS[*fg])
        .bg(COLOURS[*bg])
        // Else the attributes that were there would stay; the parser has bold or dim, not both.
        .remove_modifier(Modifier::all())
        .add_modifier(ATTRIBUTES[*attribute]);
    buffer.set_string(*x, *y, text, style);
}

/// Rows `area` of `screen` moved up by `by`.
fn moved(screen: &Buffer, area: Rect, by: i32) -> Buffer {
    let mut next = screen.clone();
    for y in area.top()..area.bottom() {
        let from = i32::from(y) + by;
        for x in area.left()..area.right() {
            if (i32::from(area.top())..i32::from(area.bottom())).contains(&from) {
                next[(x, y)] = screen[(x, u16::try_from(from).unwrap())].clone();
            } else {
                next[(x, y)].reset();
            }
        }
    }
    next
}

fn colour(color: Color) -> vt100::Color {
    match color {
        Color::Reset => vt100::Color::Default,
        Color::Red => vt100::Color::Idx(1),
        Color::DarkGray => vt100::Color::Idx(8),
        Color::White => vt100::Color::Idx(15),
        Color::Indexed(index) => vt100::Color::Idx(index),
        Color::Rgb(red, green, blue) => vt100::Color::Rgb(red, green, blue),
        other => panic!("{other} is not tested"),
    }
}

/// What is seen of a cell: what of it a blank shows is all that counts for a blank.
type Seen = (String, Option<vt100::Color>, vt100::Color, [bool; 5]);

fn wanted(cell: &Cell) -> Seen {
    let has = |modifier| cell.modifier.contains(modifier);
    seen(
        cell.symbol(),
        colour(cell.fg),
        colour(cell.bg),
        [
            has(Modifier::BOLD),
            has(Modifier::DIM),
            has(Modifier::ITALIC),
            has(Modifier::UNDERLINED),
            has(Modifier::REVERSED),
        ],
    )
}

fn shown(cell: &vt100::Cell) -> Seen {
    let contents = if cell.has_contents() {
        cell.contents()
    } else {
        " "
    };
    let attributes = [
        cell.bold(),
        cell.dim(),
        cell.italic(),
        cell.underline(),
        cell.inverse(),
    ];
    seen(contents, cell.fgcolor(), cell.bgcolor(), attributes)
}

fn seen(symbol: &str, fg: vt100::Color, bg: vt100::Color, attributes: [bool; 5]) -> Seen {
    let [.., underlined, inverse] = attributes;
    if symbol == " " && !underlined && !inverse {
        return (symbol.to_owned(), None, bg, [false; 5]);
    }
    (symbol.to_owned(), Some(fg), bg, attributes)
}

#[track_caller]
fn check(parser: &Parser, screen: &Buffer) {
    let (rows, columns) = parser.screen().size();
    let (rows, columns) = (rows.get(), columns.get());
    for y in 0..rows {
        let mut x = 0;
        while x < columns {
            let cell = &screen[(x, y)];
            let there = parser.screen().cell(y, x).unwrap();
            assert_eq!(shown(there), wanted(cell), "column {x}, row {y}");
            x += cell.cell_width();
        }
    }
}

/// Shows `screen` on `parser`; returns how many bytes that took.
fn show(painter: &mut Painter, parser: &mut Parser, screen: &Buffer, moving: Rect) -> usize {
    let (mut next, mut out) = (screen.clone(), Vec::new());
    painter.paint(&mut next, moving, &mut out);
    parser.process(&out);
    out.len()
}

proptest! {
    #[test]
    fn the_terminal_shows_each_screen(
        steps in proptest::collection::vec(step(), 1..12),
        (x, y, width, height) in (0..WIDTH, 0..HEIGHT, 0..=WIDTH, 0..=HEIGHT),
    ) {
        let area = Rect::new(x, y, width.min(WIDTH - x), height.min(HEIGHT - y));
        let mut parser = terminal(WIDTH, HEIGHT);
        // What was there before is of no interest.
        parser.process(b"left behind \x1b[4;41mby others\x1b[m\r\nand more");
        let mut painter = Painter::new();
        let mut screen = Buffer::empty(Rect::new(0, 0, WIDTH, HEIGHT));
        for step in steps {
            match step {
                Step::Write(pieces) => {
                    for piece in &pieces {
                        write(&mut screen, piece);
                    }
                }
                Step::Move(by, piece) => {
                    // Half a wide character is not a screen.
                    let rows = Rect { x: 0, width: WIDTH, ..area };
                    screen = moved(&screen, rows, by);
                    write(&mut screen, &piece);
                }
                Step::Clear => screen.reset(),
                Step::Forget => painter.forget(),
            }
            mend(&mut screen);
            show(&mut painter, &mut parser, &screen, area);
            check(&parser, &screen);
            prop_assert_eq!(show(&mut painter, &mut parser, &screen, area), 0);
        }
    }
}

/// Shows as much of `screen` as `most` allows; returns whether that is all.
fn show_most(
    painter: &mut Painter,
    parser: &mut Parser,
    screen: &Buffer,
    (moving, later, most): (Rect, &Later, usize),
) -> bool {
    let (mut next, mut out) = (screen.clone(), Vec::new());
    let whole = painter.paint_most(&mut next, moving, later, most, &mut out);
    parser.process(&out);
    whole
}

proptest! {
    #[test]
    fn what_waits_is_as_it_will_be_or_blank_and_comes_with_the_next_screen(
        steps in proptest::collection::vec((step(), 0..150_usize), 1..12),
        (x, y, width, height) in (0..WIDTH, 0..HEIGHT, 0..=WIDTH, 0..=HEIGHT),
        near in 0..HEIGHT,
    ) {
        let area = Rect::new(x, y, width.min(WIDTH - x), height.min(HEIGHT - y));
        let rows = Rect { x: 0, width: x, ..area };
        let later = Later { areas: vec![area], rows, near };
        let moving = Rect::new(0, 1, WIDTH, HEIGHT - 1);
        let (mut parser, mut painter) = (terminal(WIDTH, HEIGHT), Painter::new());
        let mut screen = Buffer::empty(Rect::new(0, 0, WIDTH, HEIGHT));
        for (step, most) in steps {
            match step {
                Step::Write(pieces) => pieces.iter().for_each(|piece| write(&mut screen, piece)),
                Step::Move(by, piece) => {
                    screen = moved(&screen, moving, by);
                    write(&mut screen, &piece);
                }
                Step::Clear => screen.reset(),
                Step::Forget => painter.forget(),
            }
            mend(&mut screen);
            let whole = show_most(&mut painter, &mut parser, &screen, (moving, &later, most));
            let mut first = screen.clone();
            if !whole {
                let waiting = [area, rows].into_iter().flat_map(Rect::rows);
                for Rect { x, y, width, .. } in waiting {
                    let row = x..x + width;
                    let waits = row.clone().any(|x| {
                        let there = parser.screen().cell(y, x).unwrap();
                        !there.is_wide_continuation() && shown(there) != wanted(&screen[(x, y)])
                    });
                    if waits {
                        row.for_each(|x| first[(x, y)].reset());
                    }
                }
                // Half of a wide character may have been in it.
                mend(&mut first);
            }
            check(&parser, &first);
            // Sometimes there is no time for it before the next change.
            if most % 2 == 0 {
                show(&mut painter, &mut parser, &screen, moving);
                check(&parser, &screen);
            }
        }
    }
}

#[test]
fn a_frame_that_is_too_large_leaves_out_what_can_wait() {
    let (mut painter, mut parser) = (Painter::new(), terminal(60, 40));
    let all = Rect::new(0, 0, 60, 40);
    let later = Later {
        areas: vec![Rect::new(30, 0, 30, 40)],
        ..Later::default()
    };
    show(&mut painter, &mut parser, &table(0, 40), all);
    let screen = table(500, 40);
    let whole = show(&mut Painter::new(), &mut terminal(60, 40), &screen, all);
    assert!(show_most(
        &mut painter,
        &mut parser,
        &screen,
        (all, &later, whole)
    ));
    check(&parser, &screen);
    let screen = table(900, 40);
    assert!(!show_most(
        &mut painter,
        &mut parser,
        &screen,
        (all, &later, whole / 2)
    ));
    let rest = show(&mut painter, &mut parser, &screen, all);
    check(&parser, &screen);
    assert!(rest > 0 && rest < whole, "{rest} of {whole}");
    // What cannot be made smaller goes as it is.
    let screen = table(1300, 40);
    assert!(show_most(
        &mut painter,
        &mut parser,
        &screen,
        (all, &Later::default(), 1)
    ));
    check(&parser, &screen);
}

#[test]
fn a_frame_that_is_still_too_large_has_the_rows_near_the_selected_one() {
    let all = Rect::new(0, 0, 60, 40);
    for (near, from) in [(0, 0), (8, 0), (20, 10), (39, 20)] {
        let (mut painter, mut parser) = (Painter::new(), terminal(60, 40));
        let whole = show(&mut painter, &mut parser, &table(0, 40), all);
        let screen = table(500, 40);
        let later = Later {
            rows: all,
            near,
            ..Later::default()
        };
        assert!(!show_most(
            &mut painter,
            &mut parser,
            &screen,
            (Rect::ZERO, &later, whole / 2)
        ));
        let text = |y| screen[(4, y)].symbol() == parser.screen().cell(y, 4).unwrap().contents();
        let shown: Vec<u16> = (0..40).filter(|y| text(*y)).collect();
        let (first, last) = (shown[0], *shown.last().unwrap());
        assert_eq!(shown, (first..=last).collect::<Vec<_>>());
        assert!((15..25).contains(&shown.len()), "{shown:?}");
        assert!(
            shown.contains(&near) && first.abs_diff(from) < 3,
            "{shown:?}"
        );
        show(&mut painter, &mut parser, &screen, all);
        check(&parser, &screen);
    }
}

#[test]
fn where_little_stays_a_row_is_erased_first() {
    let (mut painter, mut parser) = (Painter::new(), terminal(60, 2));
    let mut screen = Buffer::empty(Rect::new(0, 0, 60, 2));
    let red = Style::new().fg(Color::Red);
    let text = "its beginning, and then much that is another thing each time";
    screen.set_string(0, 1, text, red);
    show(&mut painter, &mut parser, &screen, Rect::ZERO);
    let mut next = Buffer::empty(screen.area);
    next.set_string(0, 1, "its b            it   b          d      e", red);
    let bytes = show(&mut painter, &mut parser, &next, Rect::ZERO);
    check(&parser, &next);
    // There and erase: 10 bytes; 5 characters in colour: 15; 4 ways between them: 16.
    assert!(bytes <= 41, "{bytes}");
}

/// Overwriting half of a wide character leaves its other half without meaning.
fn mend(screen: &mut Buffer) {
    let area = screen.area;
    for y in area.top()..area.bottom() {
        let mut x = 0;
        while x < area.width {
            let columns = screen[(x, y)].cell_width();
            for covered in x + 1..(x + columns).min(area.width) {
                screen[(covered, y)].reset();
            }
            x += columns;
        }
    }
}

/// A table of `HEIGHT` lines from line `from` on.
fn table(from: usize, height: u16) -> Buffer {
    let mut screen = Buffer::empty(Rect::new(0, 0, 60, height));
    for y in 0..height {
        let line = from + usize::from(y);
        let text = format!("{line:>5} {:>20} {:>20}", line * line, line * 7919);
        screen.set_string(0, y, text, Style::new().fg(COLOURS[line % 4]));
    }
    screen
}

#[test]
fn a_table_that_moves_by_a_row_costs_about_a_row() {
    let (mut painter, mut parser) = (Painter::new(), terminal(60, 40));
    let all = Rect::new(0, 0, 60, 40);
    let whole = show(&mut painter, &mut parser, &table(0, 40), all);
    for (from, most) in [(1, 100), (2, 100), (1, 100), (5, 300)] {
        let screen = table(from, 40);
        let bytes = show(&mut painter, &mut parser, &screen, all);
        check(&parser, &screen);
        assert!(bytes < most, "{bytes} of {whole} for line {from}");
    }
}

#[test]
fn what_does_not_change_costs_nothing_and_little_costs_little() {
    let (mut painter, mut parser) = (Painter::new(), terminal(60, 40));
    let mut screen = table(0, 40);
    show(&mut painter, &mut parser, &screen, Rect::ZERO);
    assert_eq!(show(&mut painter, &mut parser, &screen, Rect::ZERO), 0);
    // A clock's last digit.
    screen.set_string(8, 0, "9", Style::new());
    let bytes = show(&mut painter, &mut parser, &screen, Rect::ZERO);
    assert!(bytes <= 8, "{bytes}");
}

#[test]
fn a_screen_of_another_size_is_painted_whole() {
    let (mut painter, mut parser) = (Painter::new(), terminal(60, 40));
    show(&mut painter, &mut parser, &table(0, 40), Rect::ZERO);
    let (rows, columns) = (NonZero::new(20).unwrap(), NonZero::new(60).unwrap());
    parser.screen_mut().set_size(rows, columns);
    let screen = table(0, 20);
    show(&mut painter, &mut parser, &screen, Rect::ZERO);
    check(&parser, &screen);
    let mut none = Buffer::empty(Rect::ZERO);
    painter.paint(&mut none, Rect::ZERO, &mut Vec::new());
}
