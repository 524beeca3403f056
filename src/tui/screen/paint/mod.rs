//! From the screen that is shown to the next one, in as few bytes as it takes.
//!
//! Pure: cells in, bytes out. The cells are compared here and not with ratatui's diff, because
//! blanks that look the same are the same, a row with wide characters is written whole (a terminal
//! that overwrites half of one does as it likes with the other half), and rows may have moved.

mod pen;
mod shift;

use ratatui::buffer::{Buffer, Cell, CellWidth as _};
use ratatui::layout::Rect;
use ratatui::style::Color;

use pen::{Pen, alike, blank};
use shift::Shift;

/// Blanks at the end of a row from which erasing is shorter than writing.
const ERASE_END: usize = 4;
/// Blanks within a row from which erasing is shorter than writing.
const ERASE: usize = 9;
/// Bytes that a row may take before it is tried whether erasing it first takes fewer.
const ERASE_ROW: usize = 24;

/// What of a screen need not be seen at once.
#[derive(Debug, Default)]
pub struct Later {
    /// What can wait before anything else does.
    pub areas: Vec<Rect>,
    /// Rows that can wait where that is not enough: those farthest from row `near`.
    pub rows: Rect,
    /// A row of the screen.
    pub near: u16,
}

impl Later {
    /// Above and below the `count` rows around the one that is looked at.
    fn beyond(&self, count: u16) -> [Rect; 2] {
        let rows = self.rows;
        let count = count.min(rows.height);
        let most = rows.height - count;
        let above = self.near.saturating_sub(rows.y + count / 2).min(most);
        [
            Rect {
                height: above,
                ..rows
            },
            Rect {
                y: rows.y + above + count,
                height: most - above,
                ..rows
            },
        ]
    }
}

/// Knows what the terminal shows.
pub struct Painter {
    shown: Buffer,
    known: bool,
}

impl Painter {
    /// A terminal of which nothing is known.
    pub fn new() -> Self {
        Self {
            shown: Buffer::empty(Rect::ZERO),
            known: false,
        }
    }

    /// What the terminal shows is no longer known: the next screen is painted whole.
    pub const fn forget(&mut self) {
        self.known = false;
    }

    /// Writes to `out` what makes the terminal show `next`, and nothing if it does already; the
    /// buffer of the screen before is left in its place. Within `moving`, rows may have moved.
    pub fn paint(&mut self, next: &mut Buffer, moving: Rect, out: &mut Vec<u8>) {
        self.write(next, moving, out);
        self.known = true;
        std::mem::swap(&mut self.shown, next);
    }

    /// The same, but where that takes more than `most` bytes, what can wait of it waits: rows that
    /// change are blank until the next screen. Returns whether all of `next` is shown.
    pub fn paint_most(
        &mut self,
        next: &mut Buffer,
        moving: Rect,
        later: &Later,
        most: usize,
        out: &mut Vec<u8>,
    ) -> bool {
        let from = out.len();
        self.write(next, moving, out);
        let whole = out.len() - from;
        let part = (whole > most).then(|| self.part(next, moving, later, most));
        let part = part.filter(|(_, bytes)| bytes.len() < whole);
        let is_whole = part.is_none();
        if let Some((part, bytes)) = part {
            out.truncate(from);
            out.extend_from_slice(&bytes);
            *next = part;
        }
        self.known = true;
        std::mem::swap(&mut self.shown, next);
        is_whole
    }

    /// What of `next` comes first, in about `most` bytes.
    fn part(&self, next: &Buffer, moving: Rect, later: &Later, most: usize) -> (Buffer, Vec<u8>) {
        let without = |screen: &Buffer, areas: &[Rect]| {
            let (mut part, mut out) = (screen.clone(), Vec::new());
            for area in areas {
                self.put_off(&mut part, *area);
            }
            self.write(&part, moving, &mut out);
            (part, out)
        };
        let first = without(next, &later.areas);
        let bytes = first.1.len();
        if bytes <= most {
            return first;
        }
        // What goes out whatever the rows are; of the rows, as many as there is room for beside it.
        let beside = without(&first.0, &[later.rows]).1.len();
        let room = usize::from(later.rows.height) * most.saturating_sub(beside);
        let rows = (room / bytes.saturating_sub(beside).max(1)).max(1);
        let rows = u16::try_from(rows).unwrap_or(u16::MAX);
        let fewer = without(&first.0, &later.beyond(rows));
        if fewer.1.len() < bytes { fewer } else { first }
    }

    /// Blanks the rows of `area` that are not on the screen already.
    fn put_off(&self, next: &mut Buffer, area: Rect) {
        let area = area.intersection(next.area);
        let known = self.known && self.shown.area == next.area;
        for y in area.top()..area.bottom() {
            let stays = |x| known && alike(&self.shown[(x, y)], &next[(x, y)]);
            if !(area.left()..area.right()).all(stays) {
                (area.left()..area.right()).for_each(|x| next[(x, y)].reset());
            }
        }
    }

    fn write(&self, next: &Buffer, moving: Rect, out: &mut Vec<u8>) {
        let from = out.len();
        if self.known && self.shown.area == next.area {
            write_rows(&self.shown, None, next, out);
            if let Some(shift) = Shift::find(&self.shown, next, moving) {
                let kept = out.len();
                shift.write(out);
                write_rows(&self.shown, Some(shift), next, out);
                shorter(out, from, kept);
            }
        } else {
            out.extend_from_slice(b"\x1b[H\x1b[2J");
            write_rows(&Buffer::empty(next.area), None, next, out);
        }
    }
}

/// Keeps the shorter of two pieces of `out`: from `first` to `second`, or from there on. Returns
/// whether it is the second one.
fn shorter(out: &mut Vec<u8>, first: usize, second: usize) -> bool {
    let is = out.len() - second < second - first;
    if is {
        out.drain(first..second);
    } else {
        out.truncate(second);
    }
    is
}

/// Writes what differs between `next` and what is shown, once it has been shifted.
fn write_rows(shown: &Buffer, shift: Option<Shift>, next: &Buffer, out: &mut Vec<u8>) {
    let width = usize::from(next.area.width);
    if width == 0 {
        return;
    }
    let empty = vec![Cell::default(); width];
    let mut writer = Writer {
        out,
        at: At::Nowhere,
        pen: Pen::default(),
    };
    for (y, cells) in (0..).zip(next.content.chunks_exact(width)) {
        let from = shift.map_or(Some(y), |shift| shift.source(y));
        let before = match from {
            Some(from) => &shown.content[usize::from(from) * width..][..width],
            None => &empty,
        };
        writer.row(y, before, cells, &empty);
    }
    // Whatever else writes to the terminal begins as plainly as this did.
    writer.set(Pen::default());
}

/// Writes cells, and knows where the cursor is and what the terminal writes with.
struct Writer<'a> {
    out: &'a mut Vec<u8>,
    at: At,
    pen: Pen,
}

/// Where the cursor is, as far as that is sure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    Nowhere,
    /// In that row: after its last column, terminals differ on the column.
    Row(u16),
    /// Column and row.
    Cell(u16, u16),
}

impl Writer<'_> {
    /// Writes what differs in a row, or erases it from the first difference on and writes what is
    /// to be there: whichever is shorter.
    fn row(&mut self, y: u16, before: &[Cell], cells: &[Cell], empty: &[Cell]) {
        let Some(first) = (0..cells.len()).find(|x| !alike(&before[*x], &cells[*x])) else {
            return;
        };
        let start = (self.out.len(), self.at, self.pen);
        self.changes(first, y, before, cells);
        if self.out.len() - start.0 <= ERASE_ROW {
            return;
        }
        let changed = (self.out.len(), self.at, self.pen);
        (_, self.at, self.pen) = start;
        // Half of a wide character cannot be erased.
        let first = if wide(before) { 0 } else { first };
        self.go(first, y, before);
        self.erase_end();
        self.changes(first, y, empty, cells);
        if !shorter(self.out, start.0, changed.0) {
            (_, self.at, self.pen) = changed;
        }
    }

    /// Writes the cells from column `first` on that differ.
    fn changes(&mut self, first: usize, y: u16, before: &[Cell], cells: &[Cell]) {
        let differs = |x: usize| !alike(&before[x], &cells[x]);
        let whole = wide(before) || wide(cells);
        let mut x = if whole { 0 } else { first };
        while x < cells.len() {
            if whole {
                x += self.put(x, y, cells);
            } else if differs(x) {
                let erased = self.erase(x, y, cells, differs);
                x += if erased > 0 {
                    erased
                } else {
                    self.put(x, y, cells)
                };
            } else {
                x += 1;
            }
        }
    }

    /// Erases from the cursor to the end of its row.
    fn erase_end(&mut self) {
        self.set(self.pen.for_cell(&Cell::default()));
        self.out.extend_from_slice(b"\x1b[K");
    }

    /// Erases the blanks from column `x` on, if they are many; returns how many it dealt with.
    fn erase(
        &mut self,
        x: usize,
        y: u16,
        cells: &[Cell],
        differs: impl Fn(usize) -> bool,
    ) -> usize {
        // How a coloured background is erased depends on the terminal.
        let clear = |cell: &&Cell| blank(cell) && cell.bg == Color::Reset;
        let blanks = cells[x..].iter().take_while(clear).count();
        let Some(last) = (x..x + blanks).rev().find(|x| differs(*x)) else {
            return 0;
        };
        let span = last + 1 - x;
        let to_end = x + blanks == cells.len();
        if span < if to_end { ERASE_END } else { ERASE } {
            return 0;
        }
        self.go(x, y, cells);
        if to_end {
            self.erase_end();
            return blanks;
        }
        self.set(self.pen.for_cell(&cells[x]));
        self.sequence(span, b'X');
        span
    }

    /// Writes the cell at column `x`; returns its columns.
    fn put(&mut self, x: usize, y: u16, cells: &[Cell]) -> usize {
        let cell = &cells[x];
        self.go(x, y, cells);
        self.set(self.pen.for_cell(cell));
        let columns = usize::from(cell.cell_width());
        if columns == 0 || x + columns > cells.len() {
            // There is no such thing on a screen; a blank keeps the columns right.
            self.out.push(b' ');
            self.at = At::Nowhere;
            return 1;
        }
        self.out.extend_from_slice(cell.symbol().as_bytes());
        // After what terminals disagree on, the cursor is anywhere.
        let sure = columns == 1 && cell.symbol().chars().count() == 1;
        self.at = match (sure, x + 1 < cells.len()) {
            (false, _) => At::Nowhere,
            (true, true) => At::Cell(column(x + 1), y),
            (true, false) => At::Row(y),
        };
        columns
    }

    /// Moves the cursor, the shortest way.
    fn go(&mut self, x: usize, y: u16, cells: &[Cell]) {
        let to = At::Cell(column(x), y);
        match self.at {
            at if at == to => return,
            At::Cell(from, row) if row == y && usize::from(from) < x => {
                self.forward(usize::from(from), x, cells);
            }
            At::Cell(from, row) if row + 1 == y && usize::from(from) == x => self.out.push(b'\n'),
            At::Cell(_, row) | At::Row(row) if row + 1 == y => {
                // Never longer than an address.
                self.out.extend_from_slice(b"\r\n");
                self.forward(0, x, cells);
            }
            _ => self.address((column(x), y)),
        }
        self.at = to;
    }

    /// Moves the cursor from one column to a later one of the row.
    fn forward(&mut self, from: usize, to: usize, cells: &[Cell]) {
        let gap = &cells[from..to];
        // Three bytes are the shortest way to skip.
        if gap.len() <= 3 && gap.iter().all(|cell| self.pen.writes_as_is(cell)) {
            self.out
                .extend(gap.iter().flat_map(|cell| cell.symbol().as_bytes()));
        } else if !gap.is_empty() {
            self.sequence(gap.len(), b'C');
        }
    }

    fn address(&mut self, (x, y): (u16, u16)) {
        self.out.extend_from_slice(b"\x1b[");
        number(self.out, usize::from(y) + 1);
        if x > 0 {
            self.out.push(b';');
            number(self.out, usize::from(x) + 1);
        }
        self.out.push(b'H');
    }

    fn set(&mut self, pen: Pen) {
        self.pen.change(pen, self.out);
        self.pen = pen;
    }

    /// A control sequence with a count, which is left away if it is one.
    fn sequence(&mut self, count: usize, end: u8) {
        self.out.extend_from_slice(b"\x1b[");
        if count > 1 {
            number(self.out, count);
        }
        self.out.push(end);
    }
}

fn wide(cells: &[Cell]) -> bool {
    cells.iter().any(|cell| cell.cell_width() != 1)
}

fn column(x: usize) -> u16 {
    u16::try_from(x).unwrap_or(u16::MAX)
}

/// Writes a number in decimal.
fn number(out: &mut Vec<u8>, number: usize) {
    use std::io::Write as _;
    let _ = write!(out, "{number}"); // a vector takes everything
}

#[cfg(test)]
mod tests;
