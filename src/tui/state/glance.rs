//! What is said of the selected row of a list: in three lines below it, or at length beside it.

use crate::model::transfer::{Transfer, Why};
use crate::text::clean;
use crate::tui::keymap::{Command, Keys};
use crate::tui::state::pane::Pane;
use crate::tui::state::{
    Model, alerts, audit, groups, guard, health, removal, removals, tokens, users,
};
use crate::tui::theme::Role;
use crate::tui::widget::rich::{Line, fact, paragraph};

/// All that the list knows of the selected row.
pub fn inspect(model: &Model, columns: usize) -> Vec<Line> {
    let now = model.now;
    let lines = match model.pane() {
        None => None,
        Some(Pane::Deletions | Pane::Holds) => model
            .deletion()
            .map(|deletion| removal::summary(model, deletion, None, columns)),
        Some(Pane::Guard) => {
            let selected = model.removals.guard.selected();
            selected.map(|row| guard::summary(row, now, model.keys(), columns))
        }
        Some(Pane::Transfers) => {
            let selected = model.removals.transfers.selected();
            selected.map(|row| moved(model, row, columns))
        }
        Some(Pane::Alerts) => {
            let selected = model.alerts.selected();
            selected.map(|row| alerts::summary(model, row, columns))
        }
        Some(Pane::Clients) => {
            let selected = model.health.clients.selected();
            selected.map(|row| health::summary(model, row, columns))
        }
        Some(Pane::Users) => model.users.list.selected().map(|row| {
            let mut lines = users::outline(row, &model.org_name(row.org), now, columns);
            let (why, step) = users::explain(row, model.keys());
            lines.push(Line::new());
            lines.extend(paragraph("why", Role::Text, why, columns));
            lines.extend(paragraph("do", Role::Text, &step, columns));
            lines
        }),
        Some(Pane::Groups) => {
            let selected = model.groups.list.selected();
            selected.map(|row| {
                let org = model.org_name(row.org);
                groups::outline(row, &org, now, model.keys(), columns)
            })
        }
        Some(Pane::Tokens) => {
            let selected = model.token_list.list.selected();
            selected.map(|row| tokens::glance(model, row, columns))
        }
        Some(Pane::Audit) => {
            let selected = model.audit.list.selected();
            selected.map(|row| audit::summary(model, row, columns))
        }
    };
    lines.unwrap_or_default()
}

/// The selected row in a line, why it is so, and the next step.
pub fn explain(model: &Model) -> Option<(Line, String, String)> {
    Some(match model.pane()? {
        Pane::Deletions | Pane::Holds => {
            let row = model.deletion()?;
            let (why, step) = removal::explain(model, row);
            (removal::headline(row), why, step)
        }
        Pane::Guard => {
            let row = model.removals.guard.selected()?;
            let (why, step) = guard::explain(row, model.keys());
            (guard::headline(row), why, step)
        }
        Pane::Transfers => {
            let row = model.removals.transfers.selected()?;
            let (why, step) = why_moved(row, model.keys());
            (item(row), why, step)
        }
        Pane::Alerts => {
            let row = model.alerts.selected()?;
            (alerts::headline(row), row.why.clone(), row.advice.clone())
        }
        Pane::Clients => {
            let row = model.health.clients.selected()?;
            let (why, step) = health::explain(row, model.now, model.keys());
            (health::headline(row), why, step)
        }
        Pane::Users => {
            let row = model.users.list.selected()?;
            let (why, step) = users::explain(row, model.keys());
            (users::headline(row), why.to_owned(), step)
        }
        Pane::Groups => {
            let row = model.groups.list.selected()?;
            let (why, step) = groups::explain(row, model.keys());
            (groups::headline(row), why.to_owned(), step)
        }
        Pane::Tokens => {
            let row = model.token_list.list.selected()?;
            let (why, step) = tokens::explain(row, model.now, model.keys());
            let line = tokens::headline(row, model.now);
            (line, why.to_owned(), step)
        }
        Pane::Audit => {
            let row = model.audit.list.selected()?;
            let (why, step) = audit::explain(model, row);
            (audit::headline(row), why, step)
        }
    })
}

fn item(transfer: &Transfer) -> Line {
    vec![
        (Role::Client, format!("{}  ", clean(&transfer.kind))),
        (Role::Subject, clean(&transfer.title)),
        (Role::Dim, format!("  {}", clean(&transfer.object))),
    ]
}

fn moved(model: &Model, transfer: &Transfer, columns: usize) -> Vec<Line> {
    let mut lines = vec![item(transfer)];
    let mut add = |name: &str, text: &str| lines.extend(fact(name, text, columns));
    add("from", &transfer.from.user_name);
    add("to", &transfer.to.user_name);
    add("at", &removals::when(transfer.at, model.now));
    add("by", &removal::actor(model, &transfer.actor));
    add("org", &model.org_name(transfer.org));
    add(
        "line",
        &format!("#{}, of removal #{}", transfer.seq, transfer.deletion),
    );
    if let Some(request) = transfer.request {
        add("request", &request.to_string());
    }
    let (_, note) = removal::note(transfer);
    if !note.is_empty() {
        add("note", &note);
    }
    lines.push(Line::new());
    let (why, step) = why_moved(transfer, model.keys());
    lines.extend(paragraph("why", Role::Text, &why, columns));
    lines.extend(paragraph("do", Role::Text, &step, columns));
    lines
}

/// Why an item changed hands, and the next step.
pub fn why_moved(transfer: &Transfer, keys: Keys<'_>) -> (String, String) {
    let [back, open] = [Command::GiveBack, Command::Open].map(|command| keys.of(command));
    match (transfer.why, transfer.undone) {
        (Why::GiveBack, _) => ("an operator gave it back".to_owned(), "nothing".to_owned()),
        (_, Some(by)) => (
            format!("it was given back by line #{by}"),
            "nothing".to_owned(),
        ),
        (Why::Removal, None) => (
            "its owner was removed, so it went to the heir in the same transaction".to_owned(),
            format!(
                "{back} gives it back ({} marks several); {open} opens the removal",
                keys.of(Command::Mark)
            ),
        ),
        (Why::Recipient, None) => (
            "a recipient of this schedule was removed; its owner stayed".to_owned(),
            format!("{back} gives the schedule its recipient back; {open} opens the removal"),
        ),
    }
}
