//! Where everything is, for any size: pure, so that state and view agree.

use ratatui::layout::Rect;

use crate::text;
use crate::tui::state::pane::View;

/// From this many columns on there is an inspector at the right.
const INSPECTOR_FROM: u16 = 120;
/// From this size on there is a rail at the left.
const RAIL_FROM: (u16, u16) = (160, 40);
/// Most columns of an inspector beside a rail, and without one.
const INSPECTOR: (u16, u16) = (62, 84);
/// Columns of the rail.
const RAIL: u16 = 36;
/// Rows of the explanation below the table, with the lines around it.
const EXPLAIN: u16 = 5;

/// Most columns of a dialog.
pub const DIALOG: u16 = 84;

/// From this many columns on line 1 names every view.
pub const VIEWS_FROM: u16 = 120;
/// What line 1 begins with, in its second column.
pub const NAME: &str = "scimtop";

/// What line 1 calls a view, with the number of alerts that cannot wait.
pub fn label_of(view: View, urgent: usize) -> String {
    let label = format!("{} {}", view.digit(), view.name());
    if view == View::Alerts && urgent > 0 {
        return format!("{label} {urgent}");
    }
    label
}

/// Where the views stand in line 1: column and columns of each.
pub fn views(urgent: usize) -> Vec<(View, u16, u16)> {
    let mut x = 1 + columns_of(NAME) + 3;
    let place = |view| {
        let width = columns_of(&label_of(view, urgent));
        x += width + 2;
        (view, x - width - 2, width)
    };
    View::ALL.into_iter().map(place).collect()
}

/// Which of a line of tabs are shown in `room` columns, and where: index, column, columns. What
/// does not fit is left out on the side that is farther from the `open` one.
pub fn tabs(names: &[&str], open: usize, room: u16) -> Vec<(usize, u16, u16)> {
    let widths: Vec<u16> = names.iter().map(|name| columns_of(name) + 2).collect();
    let until_open = |from: &usize| -> u16 {
        let shown = widths.iter().take(open + 1).skip(*from);
        shown.fold(0, |sum, width| sum.saturating_add(*width))
    };
    let from = (0..open).find(|from| until_open(from) <= room);
    let mut x = 0;
    let mut shown = Vec::new();
    for (index, width) in widths.iter().enumerate().skip(from.unwrap_or(open)) {
        shown.push((index, x, *width));
        x = u16::saturating_add(x, *width);
    }
    shown
}

/// How many columns `text` takes.
pub fn columns_of(text: &str) -> u16 {
    u16::try_from(text::width(text)).unwrap_or(u16::MAX)
}

/// An area without a column on either side.
pub fn padded(area: Rect) -> Rect {
    Rect {
        x: area.x + 1,
        width: area.width.saturating_sub(2),
        ..area
    }
}

/// What the screen has room for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// One status line.
    Line,
    /// A list and the line below it.
    Stack,
    /// Everything.
    Full,
}

/// The areas; one that is not there is empty.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Areas {
    /// Program, view, daemon.
    pub header: Rect,
    /// Filter and counts.
    pub filter: Rect,
    /// Everything between filter and status line.
    pub body: Rect,
    /// Lines of the view's own above everything else in the body.
    pub bands: Rect,
    /// Rates, tokens, directory.
    pub rail: Rect,
    /// Heads of columns.
    pub head: Rect,
    /// Rows.
    pub table: Rect,
    /// Why and do of the selected row.
    pub explain: Rect,
    /// The selected row in detail.
    pub inspector: Rect,
    /// The opened exchange.
    pub detail: Rect,
    /// Rates and messages.
    pub status: Rect,
    /// Keys.
    pub keys: Rect,
}

/// What a view wants of the screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wish {
    /// The table, or what is opened, has all there is.
    pub zoom: bool,
    /// There is something to show in a rail.
    pub rail: bool,
    /// Lines above everything else.
    pub bands: u16,
}

/// True if a screen of that width has room for an inspector.
pub const fn has_inspector(width: u16, zoom: bool) -> bool {
    !zoom && width >= INSPECTOR_FROM
}

/// Which form a screen of `width` and `height` has.
pub const fn form(width: u16, height: u16) -> Form {
    if width < 20 || height < 5 {
        Form::Line
    } else if width < 60 || height < 15 {
        Form::Stack
    } else {
        Form::Full
    }
}

/// The areas of a screen.
pub fn areas(width: u16, height: u16, wish: Wish) -> Areas {
    match form(width, height) {
        Form::Line => Areas {
            status: Rect::new(0, 0, width, height.min(1)),
            ..Areas::default()
        },
        Form::Stack => stack(width, height, wish),
        Form::Full => full(width, height, wish),
    }
}

/// A body's bands, and what is left of it: bands are the first to go.
const fn split(body: Rect, bands: u16) -> (Rect, Rect) {
    let most = body.height / 2;
    let height = if bands < most { bands } else { most };
    let top = Rect { height, ..body };
    let rest = Rect {
        y: body.y + height,
        height: body.height - height,
        ..body
    };
    (top, rest)
}

fn stack(width: u16, height: u16, wish: Wish) -> Areas {
    let body = Rect::new(0, 2, width, height - 3);
    let (bands, rest) = split(body, wish.bands);
    Areas {
        header: Rect::new(0, 0, width, 1),
        filter: Rect::new(0, 1, width, 1),
        body,
        bands,
        table: rest,
        detail: rest,
        status: Rect::new(0, height - 1, width, 1),
        ..Areas::default()
    }
}

fn full(width: u16, height: u16, wish: Wish) -> Areas {
    let body = Rect::new(0, 2, width, height - 4);
    let (bands, mut middle) = split(body, wish.bands);
    let mut areas = Areas {
        header: Rect::new(0, 0, width, 1),
        filter: Rect::new(0, 1, width, 1),
        body,
        bands,
        detail: middle,
        status: Rect::new(0, height - 2, width, 1),
        keys: Rect::new(0, height - 1, width, 1),
        ..Areas::default()
    };
    if has_inspector(width, wish.zoom) {
        let most = if wish.rail { INSPECTOR.0 } else { INSPECTOR.1 };
        let inspector = (width * 2 / 5).min(most);
        middle.width -= inspector + 1;
        areas.inspector = Rect {
            x: middle.right() + 1,
            width: inspector,
            ..middle
        };
        areas.detail = areas.inspector;
    } else if !wish.zoom && height >= 18 {
        middle.height -= EXPLAIN;
        areas.explain = Rect::new(0, middle.bottom(), width, EXPLAIN);
    }
    if !wish.zoom && wish.rail && width >= RAIL_FROM.0 && height >= RAIL_FROM.1 {
        areas.rail = Rect {
            width: RAIL,
            ..middle
        };
        middle.x += RAIL + 1;
        middle.width -= RAIL + 1;
    }
    areas.head = Rect {
        height: 1,
        ..middle
    };
    areas.table = Rect {
        y: middle.y + 1,
        height: middle.height - 1,
        ..middle
    };
    areas
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn areas_stay_on_the_screen_at_every_size() {
        for width in 0..240 {
            for height in 0..70 {
                for (zoom, bands) in [(false, 0), (true, 0), (false, 3), (true, 9)] {
                    let rail = bands < 3;
                    let areas = areas(width, height, Wish { zoom, rail, bands });
                    let screen = Rect::new(0, 0, width, height);
                    for area in [
                        areas.header,
                        areas.filter,
                        areas.body,
                        areas.bands,
                        areas.rail,
                        areas.head,
                        areas.table,
                        areas.explain,
                        areas.inspector,
                        areas.detail,
                        areas.status,
                        areas.keys,
                    ] {
                        assert!(area.is_empty() || screen.union(area) == screen);
                    }
                }
            }
        }
    }

    #[test]
    fn forms_follow_the_size() {
        assert_eq!(form(19, 24), Form::Line);
        assert_eq!(form(80, 4), Form::Line);
        assert_eq!(form(59, 24), Form::Stack);
        assert_eq!(form(80, 14), Form::Stack);
        assert_eq!(form(60, 15), Form::Full);
        let areas = |width, height, zoom| {
            let rail = true;
            areas(
                width,
                height,
                Wish {
                    zoom,
                    rail,
                    bands: 0,
                },
            )
        };
        assert!(!areas(80, 24, false).explain.is_empty());
        assert!(areas(80, 24, false).inspector.is_empty());
        assert!(!areas(120, 24, false).inspector.is_empty());
        assert!(areas(159, 60, false).rail.is_empty());
        assert!(!areas(160, 40, false).rail.is_empty());
        assert!(areas(200, 60, true).rail.is_empty());
    }
}
