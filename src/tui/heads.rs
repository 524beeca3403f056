//! The columns of every table but Live's: which there are at which width, where each stands, and
//! by which of them a list is sorted.

use crate::tui::state::pane::Pane;

/// Columns that glyph, cursor and mark take.
pub const MARGIN: u16 = 3;

/// A column.
#[derive(Debug)]
pub struct Column {
    /// What stands above it.
    pub head: &'static str,
    /// How wide it is.
    pub width: Width,
    /// It is there in tables at least this wide.
    from: u16,
    /// A list is sorted by it, at first from the least to the greatest or the other way round.
    pub sorts: Option<Way>,
}

/// How wide a column is.
#[derive(Clone, Copy, Debug)]
pub enum Width {
    /// Always this wide.
    Is(u16),
    /// The same, with its text at the right.
    Number(u16),
    /// This share of what is left.
    Share(u16),
}

use Width::{Is, Number, Share};

/// The direction of an order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Way {
    /// From the least to the greatest.
    #[default]
    Up,
    /// From the greatest to the least.
    Down,
}

impl Way {
    /// The other one.
    #[must_use]
    pub const fn back(self) -> Self {
        match self {
            Self::Up => Self::Down,
            Self::Down => Self::Up,
        }
    }

    /// Its mark beside a head.
    pub const fn mark(self) -> &'static str {
        match self {
            Self::Up => "▲",
            Self::Down => "▼",
        }
    }
}

const fn column(head: &'static str, width: Width, from: u16) -> Column {
    Column {
        head,
        width,
        from,
        sorts: None,
    }
}

/// Names and dates of ends: the first is what is looked for.
const fn up(head: &'static str, width: Width, from: u16) -> Column {
    Column {
        sorts: Some(Way::Up),
        ..column(head, width, from)
    }
}

/// Counts and dates of what happened: the most and the newest is.
const fn down(head: &'static str, width: Width, from: u16) -> Column {
    Column {
        sorts: Some(Way::Down),
        ..column(head, width, from)
    }
}

const DELETIONS: &[Column] = &[
    down("REMOVED", Is(11), 50),
    up("STATE", Is(8), 0),
    up("USER", Share(4), 0),
    up("ORG", Is(10), 90),
    up("BY", Is(9), 75),
    up("SIGNAL", Is(10), 100),
    down("ITEMS", Number(5), 60),
    column("OUTCOME", Share(3), 60),
];
const GUARDS: &[Column] = &[
    up("ORG", Share(3), 0),
    up("STATE", Is(9), 0),
    down("1 HOUR", Number(11), 50),
    down("24 HOURS", Number(11), 60),
    down("FROZEN", Number(6), 0),
    down("OPENED", Is(11), 75),
    column("ALLOWANCE", Is(14), 75),
];
const TRANSFERS: &[Column] = &[
    down("MOVED", Is(11), 60),
    up("KIND", Is(10), 50),
    up("TITLE", Share(4), 0),
    up("FROM", Share(3), 0),
    up("TO", Share(3), 0),
    column("NOTE", Share(3), 75),
];
const ALERTS: &[Column] = &[
    down("SINCE", Is(11), 60),
    down("SEVERITY", Is(8), 40),
    up("WHAT", Share(3), 0),
    up("ABOUT", Share(4), 0),
    up("ORG", Is(10), 100),
    down("COUNT", Number(6), 50),
    column("STATE", Share(3), 75),
];
const CLIENTS: &[Column] = &[
    up("CLIENT", Is(12), 0),
    up("TOKEN", Share(4), 0),
    down("15 MIN", Number(7), 50),
    down("REQUESTS", Number(9), 60),
    down("FAILED", Number(7), 40),
    down("LAST", Is(11), 60),
];
const USERS: &[Column] = &[
    up("USER", Share(4), 0),
    up("NAME", Share(3), 60),
    column("ORG", Is(10), 90),
    column("STATE", Is(8), 40),
    column("GROUPS", Number(6), 50),
    column("ITEMS", Number(6), 50),
    down("MODIFIED", Is(11), 75),
    down("CREATED", Is(11), 110),
];
const GROUPS: &[Column] = &[
    up("GROUP", Share(4), 0),
    column("ORG", Is(10), 90),
    column("MEMBERS", Number(7), 0),
    column("ROLES", Share(5), 50),
    down("MODIFIED", Is(11), 75),
    down("CREATED", Is(11), 110),
];
const TOKENS: &[Column] = &[
    up("LABEL", Share(4), 0),
    up("ORG", Is(10), 90),
    up("KIND", Is(11), 75),
    column("HINT", Is(5), 40),
    column("STATE", Is(10), 0),
    up("EXPIRES IN", Is(10), 30),
    down("ISSUED", Is(11), 110),
    down("LAST USED", Is(11), 60),
    up("BY", Share(4), 75),
];
const EVENTS: &[Column] = &[
    column("TIME", Is(11), 40),
    column("EVENT", Is(18), 0),
    column("SUBJECT", Share(4), 0),
    column("BY", Is(12), 60),
    column("ORG", Is(10), 90),
    column("CAUSE", Share(2), 75),
    column("SEQ", Number(8), 50),
];

/// The columns of a list, from left to right.
pub const fn of(pane: Pane) -> &'static [Column] {
    match pane {
        Pane::Deletions | Pane::Holds => DELETIONS,
        Pane::Guard => GUARDS,
        Pane::Transfers => TRANSFERS,
        Pane::Alerts => ALERTS,
        Pane::Clients => CLIENTS,
        Pane::Users => USERS,
        Pane::Groups => GROUPS,
        Pane::Tokens => TOKENS,
        Pane::Audit => EVENTS,
    }
}

/// A column of a table that is drawn.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// Which of [`of`].
    pub index: usize,
    /// The column.
    pub column: &'static Column,
    /// Where it begins, counted from the table's left edge.
    pub x: u16,
    /// How wide it is.
    pub width: u16,
}

/// The columns that are there in a table of `width`, and where.
pub fn places(pane: Pane, width: u16) -> Vec<Place> {
    let there = || {
        let columns = of(pane).iter().enumerate();
        columns.filter(|(_, column)| column.from <= width)
    };
    let fixed: u16 = there()
        .map(|(_, column)| match column.width {
            Is(columns) | Number(columns) => columns + 1,
            Share(_) => 1,
        })
        .sum();
    let shares: u16 = there()
        .map(|(_, column)| match column.width {
            Share(share) => share,
            Is(_) | Number(_) => 0,
        })
        .sum();
    // The last column needs no gap behind it.
    let rest = (width + 1).saturating_sub(MARGIN + fixed);
    let mut x = MARGIN;
    let place = |(index, column): (usize, &'static Column)| {
        let width = match column.width {
            Is(columns) | Number(columns) => columns,
            Share(share) => rest * share / shares.max(1),
        };
        x += width + 1;
        Place {
            index,
            column,
            x: x - width - 1,
            width,
        }
    };
    there().map(place).collect()
}
