//! The tables of every view but Live: columns by priority, one line a row.

use ratatui::layout::Rect;

use super::Canvas;
use crate::model::alert::Alert;
use crate::model::deletion::{Deletion, DeletionState};
use crate::model::event::Event;
use crate::model::guard::GuardStatus;
use crate::model::health::ClientHealth;
use crate::model::token::Token;
use crate::model::transfer::Transfer;
use crate::ops::api::directory::{GroupLine, UserLine};
use crate::text::{clean, fit, fit_right};
use crate::tui::heads::Width::{Is, Number, Share};
use crate::tui::heads::{self, Column, Place};
use crate::tui::layout::columns_of;
use crate::tui::state::list::{Cursor, Keyed, List};
use crate::tui::state::pane::Pane;
use crate::tui::state::removals::{owned, state, when};
use crate::tui::state::{
    Model, alerts, audit, groups, guard, health, history, removal, removals, tokens,
};
use crate::tui::theme::Role;

/// A line of a table; one cell for each column, whether it is there or not.
struct Row {
    glyph: &'static str,
    role: Role,
    cells: Vec<(Role, String)>,
}

/// Heads and rows of the list that is shown.
pub fn draw(model: &Model, canvas: &mut Canvas<'_>) {
    let removals = &model.removals;
    let Some(pane) = model.pane() else { return };
    match pane {
        Pane::Deletions => {
            let row = |row: &_| deletion(model, row);
            table(model, pane, &removals.deletions, row, canvas);
        }
        Pane::Holds => {
            let row = |row: &_| deletion(model, row);
            table(model, pane, &removals.holds, row, canvas);
        }
        Pane::Guard => {
            let row = |row: &_| guarded(model, row);
            table(model, pane, &removals.guard, row, canvas);
        }
        Pane::Transfers => {
            let row = |row: &_| transfer(model, row);
            table(model, pane, &removals.transfers, row, canvas);
        }
        Pane::Alerts => {
            let row = |row: &_| alert(model, row);
            table(model, pane, &model.alerts, row, canvas);
        }
        Pane::Clients => {
            let row = |row: &_| client(model, row);
            table(model, pane, &model.health.clients, row, canvas);
        }
        Pane::Users => {
            let row = |row: &_| user(model, row);
            table(model, pane, &model.users.list, row, canvas);
        }
        Pane::Groups => {
            let row = |row: &_| group(model, row);
            table(model, pane, &model.groups.list, row, canvas);
        }
        Pane::Tokens => {
            let row = |row: &_| token(model, row);
            table(model, pane, &model.token_list.list, row, canvas);
        }
        Pane::Audit => {
            let row = |row: &_| event(model, row);
            table(model, pane, &model.audit.list, row, canvas);
        }
    }
}

fn table<T: Keyed>(
    model: &Model,
    pane: Pane,
    list: &List<T>,
    row: impl Fn(&T) -> Row,
    canvas: &mut Canvas<'_>,
) {
    let areas = model.areas();
    let places = heads::places(pane, areas.table.width);
    titles(&list.at, &places, areas.head, canvas);
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
        for place in &places {
            if let Some((role, text)) = cells.get(place.index) {
                canvas.put(area, place.x, 0, *role, &cell(place, text));
            }
        }
        if selected {
            canvas.fill(area, Role::Selection);
        }
    }
}

/// The heads; the one that the list is sorted by has a mark behind it.
fn titles(at: &Cursor, places: &[Place], area: Rect, canvas: &mut Canvas<'_>) {
    for place in places {
        let Column { head, width, .. } = place.column;
        if at.order.by != Some(head) {
            canvas.put(area, place.x, 0, Role::Column, &cell(place, head));
            continue;
        }
        canvas.put(area, place.x, 0, Role::Title, &cell(place, head));
        let end = match width {
            Number(_) => place.width,
            Is(_) | Share(_) => place.width.min(columns_of(head)),
        };
        canvas.put(area, place.x + end, 0, Role::Title, at.order.way.mark());
    }
}

fn cell(place: &Place, text: &str) -> String {
    let (text, width) = (clean(text), usize::from(place.width));
    match place.column.width {
        Number(_) => fit_right(&text, width),
        Is(_) | Share(_) => fit(&text, width),
    }
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
            (Role::Dim, when(group.created, model.now)),
        ],
    }
}

fn token(model: &Model, token: &Token) -> Row {
    let life = tokens::life(token, model.now);
    let (used, by) = tokens::last_use(model, token).map_or_else(
        || ("never".to_owned(), String::new()),
        |(at, by)| (when(at, model.now), by),
    );
    Row {
        glyph: life.glyph,
        role: life.role,
        cells: vec![
            (Role::Subject, token.label.clone()),
            (Role::Dim, model.org_name(token.org)),
            (Role::Text, token.kind.as_str().to_owned()),
            (Role::Dim, format!("…{}", token.hint)),
            (life.role, life.word.to_owned()),
            (life.role, life.span),
            (Role::Dim, when(token.created, model.now)),
            (Role::Text, used),
            (Role::Client, by),
        ],
    }
}

fn event(model: &Model, event: &Event) -> Row {
    let (glyph, role) = history::severity(event.kind);
    Row {
        glyph,
        role,
        cells: vec![
            (Role::Dim, when(event.at, model.now)),
            (role, event.kind.as_str().to_owned()),
            (Role::Subject, audit::subject(event)),
            (Role::Client, removal::actor(model, &event.actor)),
            (Role::Dim, model.org_name(event.org)),
            (Role::Text, event.cause.clone()),
            (Role::Dim, event.seq.to_string()),
        ],
    }
}
