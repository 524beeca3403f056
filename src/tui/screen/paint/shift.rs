//! Rows that moved as a whole, so that the terminal can move them itself.

use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;

use super::number;
use super::pen::alike;

/// Rows of the screen that move up or down by some; what becomes free is blank.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shift {
    top: u16,
    bottom: u16,
    /// Rows upwards; downwards if below zero.
    up: i32,
}

impl Shift {
    /// By how much the rows of `area` moved from `shown` to `next`: the shift after which most of
    /// them are right; `None` if that is no shift at all.
    pub fn find(shown: &Buffer, next: &Buffer, area: Rect) -> Option<Self> {
        let area = area.intersection(next.area);
        let height = i32::from(area.height);
        let right = |up: i32| {
            let rows = area.top()..area.bottom();
            rows.filter(|y| {
                let from = i32::from(*y) + up;
                (i32::from(area.top())..i32::from(area.bottom())).contains(&from)
                    && u16::try_from(from)
                        .is_ok_and(|from| same(line(shown, area, from), line(next, area, *y)))
            })
            .count()
        };
        let stayed = right(0);
        if stayed * 2 >= usize::from(area.height) {
            return None;
        }
        let (right, up) = (1..height)
            .flat_map(|by| [by, -by])
            .map(|up| (right(up), up))
            // Of equal ones the smallest.
            .max_by_key(|(right, up)| (*right, -up.abs()))?;
        (right > stayed).then_some(Self {
            top: area.top(),
            bottom: area.bottom(),
            up,
        })
    }

    /// The row that is at row `y` once it was carried out; `None`: a blank one.
    pub fn source(self, y: u16) -> Option<u16> {
        let rows = i32::from(self.top)..i32::from(self.bottom);
        let from = i32::from(y);
        if !rows.contains(&from) {
            return Some(y);
        }
        let from = from + self.up;
        rows.contains(&from)
            .then(|| u16::try_from(from).ok())
            .flatten()
    }

    /// Writes it: DECSTBM, SU or SD, and the margins back.
    pub fn write(self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"\x1b[");
        number(out, usize::from(self.top) + 1);
        out.push(b';');
        number(out, usize::from(self.bottom));
        out.extend_from_slice(b"r\x1b[");
        number(out, self.up.unsigned_abs() as usize);
        out.push(if self.up > 0 { b'S' } else { b'T' });
        out.extend_from_slice(b"\x1b[r");
    }
}

fn line(buffer: &Buffer, area: Rect, y: u16) -> &[Cell] {
    let from = buffer.index_of(area.x, y);
    &buffer.content[from..from + usize::from(area.width)]
}

fn same(one: &[Cell], other: &[Cell]) -> bool {
    one.iter().zip(other).all(|(one, other)| alike(one, other))
}
