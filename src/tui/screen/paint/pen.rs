//! What the terminal writes with: colours and attributes, and how to change them in few bytes.

use ratatui::buffer::Cell;
use ratatui::style::{Color, Modifier};

use super::number;

/// Attributes that a blank shows.
const SEEN_ON_BLANKS: Modifier = Modifier::REVERSED
    .union(Modifier::UNDERLINED)
    .union(Modifier::SLOW_BLINK)
    .union(Modifier::RAPID_BLINK)
    .union(Modifier::CROSSED_OUT);

/// Attribute, its parameter of SGR, and the one that ends it.
const ATTRIBUTES: [(Modifier, usize, usize); 9] = [
    (Modifier::BOLD, 1, 22),
    (Modifier::DIM, 2, 22),
    (Modifier::ITALIC, 3, 23),
    (Modifier::UNDERLINED, 4, 24),
    (Modifier::SLOW_BLINK, 5, 25),
    (Modifier::RAPID_BLINK, 6, 25),
    (Modifier::REVERSED, 7, 27),
    (Modifier::HIDDEN, 8, 28),
    (Modifier::CROSSED_OUT, 9, 29),
];

/// Colours and attributes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pen {
    fg: Color,
    bg: Color,
    modifier: Modifier,
}

/// True if nothing but the background is seen of it.
pub fn blank(cell: &Cell) -> bool {
    cell.symbol() == " " && !cell.modifier.intersects(SEEN_ON_BLANKS)
}

/// True if they look the same.
pub fn alike(one: &Cell, other: &Cell) -> bool {
    if blank(one) && blank(other) {
        return one.bg == other.bg;
    }
    one.symbol() == other.symbol() && Pen::of(one) == Pen::of(other)
}

impl Pen {
    const fn of(cell: &Cell) -> Self {
        Self {
            fg: cell.fg,
            bg: cell.bg,
            modifier: cell.modifier,
        }
    }

    /// The pen nearest to this one that writes `cell` right.
    pub fn for_cell(self, cell: &Cell) -> Self {
        if blank(cell) {
            let modifier = self.modifier.difference(SEEN_ON_BLANKS);
            return Self {
                bg: cell.bg,
                modifier,
                ..self
            };
        }
        Self::of(cell)
    }

    /// True if this pen writes `cell` right with one byte.
    pub fn writes_as_is(self, cell: &Cell) -> bool {
        cell.symbol().len() == 1 && self.for_cell(cell) == self
    }

    /// Writes what changes this pen into `to`.
    pub fn change(self, to: Self, out: &mut Vec<u8>) {
        if self == to {
            return;
        }
        let mut changed = Parameters::default();
        changed.attributes(self.modifier, to.modifier);
        changed.colour(self.fg, to.fg, 30);
        changed.colour(self.bg, to.bg, 40);
        let mut anew = Parameters::default();
        if to != Self::default() {
            anew.add(0);
        }
        anew.attributes(Modifier::empty(), to.modifier);
        anew.colour(Color::Reset, to.fg, 30);
        anew.colour(Color::Reset, to.bg, 40);
        let shorter = if anew.0.len() < changed.0.len() {
            anew
        } else {
            changed
        };
        out.extend_from_slice(b"\x1b[");
        out.extend_from_slice(&shorter.0);
        out.push(b'm');
    }
}

/// Parameters of SGR, as they are written.
#[derive(Default)]
struct Parameters(Vec<u8>);

impl Parameters {
    fn add(&mut self, parameter: usize) {
        if !self.0.is_empty() {
            self.0.push(b';');
        }
        number(&mut self.0, parameter);
    }

    fn attributes(&mut self, from: Modifier, to: Modifier) {
        let mut have = from;
        for (attribute, _, end) in ATTRIBUTES {
            if have.contains(attribute) && !to.contains(attribute) {
                self.add(end);
                // What ends one may end its sibling too.
                for (ended, ..) in ATTRIBUTES.iter().filter(|(.., other)| *other == end) {
                    have.remove(*ended);
                }
            }
        }
        for (attribute, begin, _) in ATTRIBUTES {
            if to.contains(attribute) && !have.contains(attribute) {
                self.add(begin);
            }
        }
    }

    /// `base` is 30 for the text, 40 for what is behind it.
    fn colour(&mut self, from: Color, to: Color, base: usize) {
        if from == to {
            return;
        }
        let named = |at: usize| if at < 8 { base + at } else { base + 52 + at };
        match to {
            Color::Reset => self.add(base + 9),
            Color::Indexed(index) => [base + 8, 5, usize::from(index)]
                .into_iter()
                .for_each(|parameter| self.add(parameter)),
            Color::Rgb(red, green, blue) => [base + 8, 2]
                .into_iter()
                .chain([red, green, blue].map(usize::from))
                .for_each(|parameter| self.add(parameter)),
            Color::Black => self.add(named(0)),
            Color::Red => self.add(named(1)),
            Color::Green => self.add(named(2)),
            Color::Yellow => self.add(named(3)),
            Color::Blue => self.add(named(4)),
            Color::Magenta => self.add(named(5)),
            Color::Cyan => self.add(named(6)),
            Color::Gray => self.add(named(7)),
            Color::DarkGray => self.add(named(8)),
            Color::LightRed => self.add(named(9)),
            Color::LightGreen => self.add(named(10)),
            Color::LightYellow => self.add(named(11)),
            Color::LightBlue => self.add(named(12)),
            Color::LightMagenta => self.add(named(13)),
            Color::LightCyan => self.add(named(14)),
            Color::White => self.add(named(15)),
        }
    }
}
