//! What leaves the dashboard: an id, JSON or a paragraph for a ticket into the clipboard, rows into
//! a file.
//!
//! Text from outside stays data: JSON escapes what a terminal would obey, and a cell of CSV never
//! begins like a formula.

use std::path::PathBuf;

use serde::Serialize;

use crate::model::diagnosis::Diagnosis;
use crate::text;
use crate::tui::action::{Action, Clipping, Export};
use crate::tui::keymap::Command;
use crate::tui::state::Model;
use crate::tui::state::list::{Keyed, List};
use crate::tui::state::live::keys::CLIPBOARD;
use crate::tui::state::open::Record;
use crate::tui::state::pane::{Pane, Tab};
use crate::tui::state::sheet::Text;

mod house;
mod rows;
mod ticket;

use ticket::Ticket;

/// A row that can leave.
trait Shared: Serialize {
    /// What a file of such rows is called.
    const NAME: &'static str;
    /// Heads of the columns.
    const HEADS: &'static [&'static str];
    /// One cell for each column; raw.
    fn cells(&self, model: &Model) -> Vec<String>;
    /// What tells it from all others.
    fn id(&self) -> String;
    /// What to tell of it.
    fn ticket(&self, model: &Model) -> Ticket;
}

/// Something chosen, in the three ways it can be copied.
struct Copied {
    id: String,
    json: String,
    ticket: String,
}

fn copied<T: Shared>(model: &Model, row: &T) -> Copied {
    Copied {
        id: row.id(),
        json: pretty(row),
        ticket: row.ticket(model).text(),
    }
}

fn pretty(value: &impl Serialize) -> String {
    text::json(&serde_json::to_string_pretty(value).unwrap_or_default())
}

/// A diagnosis leaves as its sentence, and a runbook whole.
fn read(model: &Model) -> Option<Copied> {
    let told = |found: &Diagnosis, id: &str| Copied {
        id: id.to_owned(),
        json: pretty(found),
        ticket: text::clean(&found.sentence),
    };
    if let Some(sheet) = &model.sheet {
        return match &sheet.text {
            Text::Runbook(runbook) => Some(Copied {
                id: runbook.id.to_owned(),
                json: pretty(runbook),
                ticket: runbook.text.to_owned(),
            }),
            Text::Diagnosis(..) => {
                let found = sheet.diagnosis()?;
                let which = found.subject.as_deref();
                Some(told(found, which.unwrap_or(found.about.as_str())))
            }
        };
    }
    let open = model.open().filter(|open| open.tab == Tab::Diagnosis)?;
    let found = open.diagnosis.here.as_deref()?;
    Some(told(found, found.subject.as_deref()?))
}

/// What is read, else opened, else selected.
fn chosen(model: &Model) -> Option<Copied> {
    if model.sheet.is_some() {
        return read(model);
    }
    if let Some(read) = read(model) {
        return Some(read);
    }
    let removals = &model.removals;
    let record = model.open().and_then(|open| open.record.here.as_ref());
    if model.has_open() && model.pane().is_some() {
        return Some(match record? {
            Record::Removal(detail) => Copied {
                json: pretty(detail),
                ..copied(model, &detail.deletion)
            },
            Record::User(detail) => Copied {
                json: pretty(&detail.resource),
                ..copied(model, &detail.line)
            },
            Record::Group(detail) => Copied {
                json: pretty(&detail.resource),
                ..copied(model, &detail.line)
            },
            Record::Token(family) => copied(model, &family.token),
            Record::Event(event) => copied(model, &**event),
        });
    }
    match model.pane() {
        None => model.exchange().map(|row| copied(model, row)),
        Some(Pane::Deletions | Pane::Holds) => model.deletion().map(|row| copied(model, row)),
        Some(Pane::Guard) => removals.guard.selected().map(|row| copied(model, row)),
        Some(Pane::Transfers) => removals.transfers.selected().map(|row| copied(model, row)),
        Some(Pane::Users) => model.users.list.selected().map(|row| copied(model, row)),
        Some(Pane::Groups) => model.groups.list.selected().map(|row| copied(model, row)),
        Some(Pane::Alerts) => model.alerts.selected().map(|row| copied(model, row)),
        Some(Pane::Clients) => model
            .health
            .clients
            .selected()
            .map(|row| copied(model, row)),
        Some(Pane::Tokens) => model.token().map(|row| copied(model, row)),
        Some(Pane::Audit) => model.event().map(|row| copied(model, row)),
    }
}

/// True if a diagnosis is read.
fn is_diagnosis(model: &Model) -> bool {
    match &model.sheet {
        Some(sheet) => sheet.diagnosis().is_some(),
        None => model
            .open()
            .is_some_and(|open| open.tab == Tab::Diagnosis && open.diagnosis.here.is_some()),
    }
}

/// Copies what is chosen.
pub fn copy(model: &mut Model, command: Command) -> Option<Action> {
    let Some(chosen) = chosen(model) else {
        model.say("there is nothing to copy");
        return None;
    };
    let (what, text) = match command {
        Command::CopyId if model.pane().is_none() && model.sheet.is_none() => {
            ("the request id", chosen.id)
        }
        Command::CopyId => ("the id", chosen.id),
        Command::CopyJson => ("the JSON", chosen.json),
        _ if is_diagnosis(model) => ("the sentence", chosen.ticket),
        _ => ("the text for a ticket", chosen.ticket),
    };
    if text.len() > CLIPBOARD {
        let export = model.keys().of(Command::Export);
        model.say(format!(
            "it is too long for a terminal's clipboard: {export} exports it"
        ));
        return None;
    }
    model.say(format!("{what} was sent to the terminal's clipboard"));
    Some(Action::Copy(Clipping(text)))
}

/// Copies the secret that is shown.
pub fn secret(model: &mut Model) -> Option<Action> {
    let secret = match (&mut model.issued, &model.welcome) {
        (Some(issued), _) => {
            issued.closing = true;
            issued.secret.to_string()
        }
        (None, Some(first)) => first.secret.clone(),
        (None, None) => return None,
    };
    model.say("the token was sent to the terminal's clipboard");
    Some(Action::Copy(Clipping(secret)))
}

/// Writes what is shown, or marked, into a file.
pub fn export(model: &mut Model, command: Command) -> Option<Action> {
    let csv = command == Command::ExportCsv;
    let removals = &model.removals;
    let (name, text) = match model.pane() {
        None => {
            let rows: Vec<_> = model.live.log.chosen().map(AsRef::as_ref).collect();
            file(model, &rows, csv)
        }
        Some(Pane::Deletions) => list(model, &removals.deletions, csv),
        Some(Pane::Holds) => list(model, &removals.holds, csv),
        Some(Pane::Guard) => list(model, &removals.guard, csv),
        Some(Pane::Transfers) => list(model, &removals.transfers, csv),
        Some(Pane::Users) => list(model, &model.users.list, csv),
        Some(Pane::Groups) => list(model, &model.groups.list, csv),
        Some(Pane::Alerts) => list(model, &model.alerts, csv),
        Some(Pane::Clients) => list(model, &model.health.clients, csv),
        Some(Pane::Tokens) => list(model, &model.token_list.list, csv),
        Some(Pane::Audit) => list(model, &model.audit.list, csv),
    };
    if text.is_empty() {
        model.say("there is nothing to export");
        return None;
    }
    let at = model.now.to_utc().format("%Y%m%dT%H%M%SZ");
    model.say("writing the file");
    Some(Action::Export(Export {
        stem: format!("scimtop-{name}-{at}"),
        ending: if csv { "csv" } else { "jsonl" },
        text,
    }))
}

/// The marked rows of a list, else all that are loaded.
fn list<T: Shared + Keyed>(model: &Model, list: &List<T>, csv: bool) -> (&'static str, String) {
    let marks = &list.at.marks;
    let wanted = |row: &&T| marks.is_empty() || marks.contains(&row.key());
    let rows: Vec<&T> = list.items.iter().filter(wanted).collect();
    file(model, &rows, csv)
}

fn file<T: Shared>(model: &Model, rows: &[&T], csv: bool) -> (&'static str, String) {
    let text = if rows.is_empty() {
        String::new()
    } else if csv {
        table(model, rows)
    } else {
        let each = rows
            .iter()
            .filter_map(|row| serde_json::to_string(row).ok());
        each.map(|line| text::json(&line) + "\n").collect()
    };
    (T::NAME, text)
}

fn table<T: Shared>(model: &Model, rows: &[&T]) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    // Writing to memory cannot fail, and every row has as many cells as there are heads.
    let _ = writer.write_record(T::HEADS);
    for row in rows {
        let _ = writer.write_record(row.cells(model).iter().map(|cell| neutral(cell)));
    }
    let bytes = writer.into_inner().unwrap_or_default();
    String::from_utf8(bytes).unwrap_or_default()
}

/// A cell that no spreadsheet takes for a formula and no terminal obeys.
fn neutral(cell: &str) -> String {
    let text = text::clean(cell);
    let formula = text
        .trim_start()
        .starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']);
    if formula { format!("'{text}") } else { text }
}

/// Says where the file is, or why there is none.
pub fn exported(model: &mut Model, result: Result<PathBuf, String>) {
    let more = model
        .cursor()
        .is_some_and(|at| at.marks.is_empty() && at.has_more());
    match result {
        Ok(path) if more => {
            model.say(format!(
                "{} (the rows loaded; more are below)",
                path.display()
            ));
        }
        Ok(path) => model.say(format!("written: {}", path.display())),
        Err(why) => model.say(why),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_no_formula() {
        for (raw, cell) in [
            ("=1+1", "'=1+1"),
            ("+49 30", "'+49 30"),
            ("-", "'-"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("  =cmd|' /C calc'!A0", "'  =cmd|' /C calc'!A0"),
            ("\t=1", "^I=1"),
            ("＝1", "'＝1"),
            ("a=1", "a=1"),
            ("\u{1b}[2J", "^[[2J"),
            ("", ""),
        ] {
            assert_eq!(neutral(raw), cell);
        }
    }
}
