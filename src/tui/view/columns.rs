//! The tables of every view but Live: columns by priority, one line a row.

use ratatui::layout::Rect;

use super::Canvas;
use crate::model::alert::Alert;
use crate::model::deletion::{Deletion, DeletionState};
use crate::model::guard::GuardStatus;
use crate::model::health::ClientHealth;
use crate::model::transfer::Transfer;
use crate::ops::api::directory::{GroupLine, UserLine};
use crate::text::{clean, fit, fit_right};
use crate::tui::state::list::{Keyed, List};
use crate::tui::state::pane::Pane;
use crate::tui::state::removals::{owned, state, when};
use crate::tui::state::{Model, alerts, groups, guard, health, removal, removals};
use crate::tui::theme::Role;

/// Columns that glyph, cursor and mark take.
const MARGIN: u16 = 3;

/// A column.
struct Column {
    head: &'static str,
    width: Width,
    /// It is there in tables at least this wide.
    from: u16,
}

/// How wide a column is.
#[derive(Clone, Copy)]
enum Width {
    /// Always this wide.
    Is(u16),
    /// The same, with its text at the right.
    Number(u16),
    /// This share of what is left.
    Share(u16),
}

use Width::{Is, Number, Share};

const fn column(head: &'static str, width: Width, from: u16) -> Column {
    Column { head, width, from }
}

const DELETIONS: &[Column] = &[
    column("REMOVED", Is(11), 50),
    column("STATE", Is(8), 0),
    column("USER", Share(4), 0),
    column("ORG", Is(10), 90),
    column("BY", Is(9), 75),
    column("SIGNAL", Is(10), 100),
    column("ITEMS", Number(5), 60),
    column("OUTCOME", Share(3), 60),
];
const GUARDS: &[Column] = &[
    column("ORG", Share(3), 0),
    column("STATE", Is(9), 0),
    column("1 HOUR", Number(11), 50),
    column("24 HOURS", Number(11), 60),
    column("FROZEN", Number(6), 0),
    column("OPENED", Is(11), 75),
    column("ALLOWANCE", Is(14), 75),
];
const TRANSFERS: &[Column] = &[
    column("MOVED", Is(11), 60),
    column("KIND", Is(10), 50),
    column("TITLE", Share(4), 0),
    column("FROM", Share(3), 0),
    column("TO", Share(3), 0),
    column("NOTE", Share(3), 75),
];
const ALERTS: &[Column] = &[
    column("SINCE", Is(11), 60),
    column("SEVERITY", Is(8), 40),
    column("WHAT", Share(3), 0),
    column("ABOUT", Share(4), 0),
    column("ORG", Is(10), 100),
    column("COUNT", Number(6), 50),
    column("STATE", Share(3), 75),
];
const CLIENTS: &[Column] = &[
    column("CLIENT", Is(12), 0),
    column("TOKEN", Share(4), 0),
    column("15 MIN", Number(7), 50),
    column("REQUESTS", Number(9), 60),
    column("FAILED", Number(7), 40),
    column("LAST", Is(11), 60),
];
const USERS: &[Column] = &[
    column("USER", Share(4), 0),
    column("NAME", Share(3), 60),
    column("ORG", Is(10), 90),
    column("STATE", Is(8), 40),
    column("GROUPS", Number(6), 50),
    column("ITEMS", Number(6), 50),
    column("MODIFIED", Is(11), 75),
    column("CREATED", Is(11), 110),
];
const GROUPS: &[Column] = &[
    column("GROUP", Share(4), 0),
    column("ORG", Is(10), 90),
    column("MEMBERS", Number(7), 0),
    column("ROLES", Share(5), 50),
    column("MODIFIED", Is(11), 75),
];

/// A line of a table; one cell for each column, whether it is there or not.
struct Row {
    glyph: &'static str,
    role: Role,
    cells: Vec<(Role, String)>,
}

/// Heads and rows of the list that is shown.
pub fn draw(model: &Model, canvas: &mut Canvas<'_>) {
    let removals = &model.removals;
    match model.pane() {
        None => {}
        Some(Pane::Deletions) => {
            let row = |row: &_| deletion(model, row);
            table(model, DELETIONS, &removals.deletions, row, canvas);
        }
        Some(Pane::Holds) => {
            let row = |row: &_| deletion(model, row);
            table(model, DELETIONS, &removals.holds, row, canvas);
        }
        Some(Pane::Guard) => {
            let row = |row: &_| guarded(model, row);
            table(model, GUARDS, &removals.guard, row, canvas);
        }
        Some(Pane::Transfers) => {
            let row = |row: &_| transfer(model, row);
            table(model, TRANSFERS, &removals.transfers, row, canvas);
        }
        Some(Pane::Alerts) => {
            let row = |row: &_| alert(model, row);
            table(model, ALERTS, &model.alerts, row, canvas);
        }
        Some(Pane::Clients) => {
            let row = |row: &_| client(model, row);
            table(model, CLIENTS, &model.health.clients, row, canvas);
        }
        Some(Pane::Users) => {
            let row = |row: &_| user(model, row);
            table(model, USERS, &model.users.list, row, canvas);
        }
        Some(Pane::Groups) => {
            let row = |row: &_| group(model, row);
            table(model, GROUPS, &model.groups.list, row, canvas);
        }
    }
}

fn table<T: Keyed>(
    model: &Model,
    columns: &[Column],
    list: &List<T>,
    row: impl Fn(&T) -> Row,
    canvas: &mut Canvas<'_>,
) {
    let areas = model.areas();
    let widths = widths(columns, areas.table.width);
    let mut x = MARGIN;
    for (column, width) in columns.iter().zip(&widths) {
        let Some(width) = *width else { continue };
        let head = cell(column, column.head, width);
        canvas.put(areas.head, x, 0, Role::Column, &head);
        x += width + 1;
    }
    let shown = list.items.iter().enumerate().skip(list.at.top);
    for ((index, item), y) in shown.zip(0..areas.table.height) {
        let area = Rect::new(areas.table.x, areas.table.y + y, areas.table.width, 1);
        let Row { glyph, role, cells } = row(item);
        canvas.put(area, 0, 0, role, glyph);
        let selected = index == list.at.selected;
        if selected {
            canvas.put(area, 1, 0, Role::Text, ">");
        }
        if list.at.marks.contains(&item.key()) {
            canvas.put(area, 2, 0, Role::Notice, "*");
        }
        let mut x = MARGIN;
        for ((column, width), (role, text)) in columns.iter().zip(&widths).zip(&cells) {
            let Some(width) = *width else { continue };
            canvas.put(area, x, 0, *role, &cell(column, text, width));
            x += width + 1;
        }
        if selected {
            canvas.fill(area, Role::Selection);
        }
    }
}

fn cell(column: &Column, text: &str, width: u16) -> String {
    let (text, width) = (clean(text), usize::from(width));
    match column.width {
        Number(_) => fit_right(&text, width),
        Is(_) | Share(_) => fit(&text, width),
    }
}

/// How wide each column is in a table of `width`; `None`: it is not there.
fn widths(columns: &[Column], width: u16) -> Vec<Option<u16>> {
    let there = || columns.iter().filter(|column| column.from <= width);
    let fixed: u16 = there()
        .map(|column| match column.width {
            Is(columns) | Number(columns) => columns + 1,
            Share(_) => 1,
        })
        .sum();
    let shares: u16 = there()
        .map(|column| match column.width {
            Share(share) => share,
            Is(_) | Number(_) => 0,
        })
        .sum();
    // The last column needs no gap behind it.
    let rest = (width + 1).saturating_sub(MARGIN + fixed);
    let width_of = |column: &Column| match column.width {
        Is(columns) | Number(columns) => columns,
        Share(share) => rest * share / shares.max(1),
    };
    columns
        .iter()
        .map(|column| (column.from <= width).then(|| width_of(column)))
        .collect()
}

fn deletion(model: &Model, deletion: &Deletion) -> Row {
    let (glyph, word) = state(deletion);
    let role = removal::role(deletion);
    Row {
        glyph,
        role,
        cells: vec![
            (Role::Dim, when(deletion.at, model.now)),
            (role, word.to_owned()),
            (Role::Subject, removal::name(deletion)),
            (Role::Dim, model.org_name(deletion.org)),
            (Role::Client, removal::actor(model, &deletion.actor)),
            (Role::Dim, deletion.signal.as_str().to_owned()),
            (Role::Text, owned(deletion).to_string()),
            (role, outcome(model, deletion)),
        ],
    }
}

/// What became of account and content, in a few words.
fn outcome(model: &Model, deletion: &Deletion) -> String {
    match (deletion.state, deletion.until, &deletion.heir) {
        (DeletionState::Held, Some(until), _) => {
            format!("until {}", until.to_utc().format("%Y-%m-%d"))
        }
        (DeletionState::Held, None, _) => match deletion.batch {
            Some(batch) => format!("batch {batch} waits"),
            None => "waits".to_owned(),
        },
        (DeletionState::Deleted, _, Some(heir)) => format!("→ {}", heir.user_name),
        (DeletionState::Deleted, _, None) => "gone".to_owned(),
        (DeletionState::Restored | DeletionState::Returned, ..) => match deletion.settled {
            Some(settled) => format!("since {}", when(settled, model.now)),
            None => "lives".to_owned(),
        },
    }
}

fn guarded(model: &Model, of: &GuardStatus) -> Row {
    let (glyph, word, role) = guard::state(of);
    let batch = removals::batch(of);
    let frozen = batch.map_or_else(String::new, |batch| batch.frozen.to_string());
    let allowance = of.allowance.as_ref().map_or_else(String::new, guard::left);
    let opened = batch.map_or_else(String::new, |batch| when(batch.opened, model.now));
    Row {
        glyph,
        role,
        cells: vec![
            (Role::Subject, of.org_name.clone()),
            (role, word.to_owned()),
            (Role::Text, guard::used(of.hour)),
            (Role::Text, guard::used(of.day)),
            (role, frozen),
            (Role::Dim, opened),
            (Role::Info, allowance),
        ],
    }
}

fn transfer(model: &Model, transfer: &Transfer) -> Row {
    let (verify, note) = removal::note(transfer);
    let (glyph, role) = if verify {
        ("▲", Role::Warn)
    } else {
        (" ", Role::Dim)
    };
    Row {
        glyph,
        role,
        cells: vec![
            (Role::Dim, when(transfer.at, model.now)),
            (Role::Client, transfer.kind.clone()),
            (Role::Subject, transfer.title.clone()),
            (Role::DiffRemoved, transfer.from.user_name.clone()),
            (Role::DiffAdded, transfer.to.user_name.clone()),
            (role, note),
        ],
    }
}

fn alert(model: &Model, alert: &Alert) -> Row {
    let (glyph, word, role) = alerts::severity(alert.severity);
    let seen = alert.acknowledged.is_some();
    let state = if seen { Role::Dim } else { Role::Text };
    Row {
        glyph,
        role: if seen { Role::Dim } else { role },
        cells: vec![
            (Role::Dim, when(alert.since, model.now)),
            (if seen { Role::Dim } else { role }, word.to_owned()),
            (Role::Text, alert.rule.title().to_owned()),
            (Role::Subject, alert.subject.clone()),
            (
                Role::Dim,
                alert
                    .org
                    .map_or_else(String::new, |org| model.org_name(org)),
            ),
            (Role::Text, alert.count.to_string()),
            (state, alerts::state(alert, model.now)),
        ],
    }
}

fn client(model: &Model, client: &ClientHealth) -> Row {
    let (glyph, role) = match health::failed(client) {
        0 => (" ", Role::Ok),
        1..20 => ("▲", Role::Warn),
        _ => ("!", Role::Crit),
    };
    Row {
        glyph,
        role,
        cells: vec![
            (Role::Client, client.client.as_str().to_owned()),
            (Role::Subject, health::token(client)),
            (Role::Text, client.recent.to_string()),
            (Role::Text, client.requests.to_string()),
            (role, client.errors.to_string()),
            (Role::Dim, when(client.last, model.now)),
        ],
    }
}

fn user(model: &Model, user: &UserLine) -> Row {
    let (glyph, role, word) = if user.active {
        (" ", Role::Ok, "active")
    } else {
        ("▲", Role::Warn, "disabled")
    };
    Row {
        glyph,
        role,
        cells: vec![
            (Role::Subject, user.user_name.clone()),
            (Role::Text, user.display_name.clone()),
            (Role::Dim, model.org_name(user.org)),
            (role, word.to_owned()),
            (Role::Text, user.groups.to_string()),
            (Role::Text, user.content.to_string()),
            (Role::Dim, when(user.modified, model.now)),
            (Role::Dim, when(user.created, model.now)),
        ],
    }
}

fn group(model: &Model, group: &GroupLine) -> Row {
    let roles = if group.roles.is_empty() {
        (Role::Dim, "none".to_owned())
    } else {
        (Role::Client, groups::roles(group))
    };
    Row {
        glyph: " ",
        role: Role::Dim,
        cells: vec![
            (Role::Subject, group.display_name.clone()),
            (Role::Dim, model.org_name(group.org)),
            (Role::Text, group.members.to_string()),
            roles,
            (Role::Dim, when(group.modified, model.now)),
        ],
    }
}
