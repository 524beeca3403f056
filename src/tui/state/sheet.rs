//! Something to read over a view: a runbook, or a diagnosis of what has no page of its own.

use crate::model::diagnosis::Diagnosis;
use crate::model::runbook::{self, Runbook};
use crate::ops::api::OpsError;
use crate::ops::api::diagnose::Question;
use crate::text::wrap;
use crate::tui::action::Action;
use crate::tui::call::{Call, Purpose};
use crate::tui::keymap::Command;
use crate::tui::layout::DIALOG;
use crate::tui::state::open::Part;
use crate::tui::state::pane::{Pane, View};
use crate::tui::state::reading::Reading;
use crate::tui::state::{Model, diagnosis, fetch, page, related};
use crate::tui::theme::Role;
use crate::tui::widget::rich::{Line, line};

/// What is read.
#[derive(Clone, Debug)]
pub struct Sheet {
    /// Its text.
    pub text: Text,
    /// What of it is on the screen, and which request of a diagnosis is selected.
    pub at: Reading,
}

/// The text of a sheet.
#[derive(Clone, Debug)]
pub enum Text {
    /// What to do about an alert.
    Runbook(Runbook),
    /// The answer to a question, once it is here.
    Diagnosis(Question, Part<Box<Diagnosis>>),
}

impl Sheet {
    /// What stands above it; raw.
    pub fn title(&self) -> String {
        match &self.text {
            Text::Runbook(runbook) => runbook.title().to_owned(),
            Text::Diagnosis(question, _) => {
                let which = question.which.as_deref().unwrap_or_default();
                format!("diagnose {} {which}", question.about.as_str())
                    .trim_end()
                    .to_owned()
            }
        }
    }

    /// It, as lines of at most `columns`.
    pub fn lines(&self, model: &Model, columns: usize) -> Vec<Line> {
        match &self.text {
            Text::Runbook(runbook) => markdown(runbook.text, columns),
            Text::Diagnosis(_, found) => page::part(found, columns, |found| {
                diagnosis::lines(model, found, self.at.chosen, columns)
            }),
        }
    }

    /// The diagnosis, if it is one and is here.
    pub fn diagnosis(&self) -> Option<&Diagnosis> {
        match &self.text {
            Text::Diagnosis(_, found) => found.here.as_deref(),
            Text::Runbook(_) => None,
        }
    }

    /// True if an answer to `ticket` is for it.
    pub fn waits(&self, ticket: u64) -> bool {
        matches!(&self.text, Text::Diagnosis(_, found) if found.waits(ticket))
    }

    /// Takes in an answer.
    pub fn take(&mut self, ticket: u64, result: Result<Box<Diagnosis>, OpsError>) {
        if let Text::Diagnosis(_, found) = &mut self.text {
            found.take(ticket, result);
        }
    }
}

/// Columns of text and lines that a sheet has room for.
pub fn room(model: &Model) -> (usize, usize) {
    let body = model.areas().body;
    (
        usize::from(body.width.min(DIALOG).saturating_sub(4)),
        usize::from(body.height.saturating_sub(2)),
    )
}

/// A key in a sheet: opens the selected request of a diagnosis, closes what has none, or moves.
pub fn key(model: &mut Model, command: Command) -> Option<Action> {
    let (columns, height) = room(model);
    let found = model.sheet.as_ref()?.diagnosis();
    if command == Command::Open {
        let chosen = model.sheet.as_ref()?.at.chosen;
        let request = found.and_then(|found| diagnosis::requests(found).nth(chosen));
        let Some(request) = request.map(ToString::to_string) else {
            model.sheet = None;
            return None;
        };
        return Some(related::exchange(model, request, false));
    }
    let choices = found.map(|found| diagnosis::choices(model, found, columns));
    let sheet = model.sheet.as_mut()?;
    sheet.at.go(command, &choices.unwrap_or_default(), height);
    None
}

/// Opens a runbook.
pub fn read(model: &mut Model, runbook: Runbook) {
    model.sheet = Some(Sheet {
        text: Text::Runbook(runbook),
        at: Reading::default(),
    });
}

/// Opens the runbook of what is opened or selected.
pub fn runbook(model: &mut Model) {
    let found = match (model.view, model.pane()) {
        (View::Live, _) => model.exchange().and_then(runbook::of_exchange),
        (_, Some(Pane::Alerts)) => model
            .alerts
            .selected()
            .and_then(|alert| runbook::of_rule(alert.rule)),
        _ => None,
    };
    match found {
        Some(runbook) => read(model, runbook),
        None => model.say("there is no runbook for this: nothing is wrong with it"),
    }
}

/// Asks a question, to be answered in a sheet.
pub fn ask(model: &mut Model, question: Question) -> Action {
    let action = fetch::ask(model, Purpose::Diagnosis, Call::Diagnose(question.clone()));
    let mut found = Part::default();
    if let Action::Call { ticket, .. } = action {
        found.wait(ticket);
    }
    model.sheet = Some(Sheet {
        text: Text::Diagnosis(question, found),
        at: Reading::default(),
    });
    action
}

/// The Markdown of runbooks: headings, lists, paragraphs. The first heading is left out.
fn markdown(text: &str, columns: usize) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut piece: Option<Piece> = None;
    for row in text.lines().skip_while(|row| row.starts_with("# ")) {
        let body = row.trim_start();
        let begins = row.is_empty() || row.starts_with('#') || marker(body).is_some();
        if begins && let Some(piece) = piece.take() {
            lines.extend(piece.lines(columns));
        }
        if let Some(heading) = row.strip_prefix("## ") {
            lines.push(line(Role::Column, &heading.to_uppercase()));
        } else if row.is_empty() {
            // No gap above the first line, nor below a heading.
            if lines.last().is_some_and(|last| !is_heading(last)) {
                lines.push(Line::new());
            }
        } else {
            match &mut piece {
                Some(piece) => {
                    piece.text.push(' ');
                    piece.text.push_str(body);
                }
                None => piece = Some(Piece::new(row, body)),
            }
        }
    }
    if let Some(piece) = piece {
        lines.extend(piece.lines(columns));
    }
    lines
}

fn is_heading(line: &Line) -> bool {
    line.first().is_some_and(|(role, _)| *role == Role::Column)
}

/// `- `, `1. `: what a row of a list begins with.
fn marker(body: &str) -> Option<&str> {
    let digits = body.bytes().take_while(u8::is_ascii_digit).count();
    let end = match body.get(digits..) {
        Some(rest) if digits > 0 && rest.starts_with(". ") => digits + 2,
        Some(rest) if digits == 0 && rest.starts_with("- ") => 2,
        _ => return None,
    };
    body.get(..end)
}

/// A paragraph or an entry of a list.
struct Piece {
    margin: String,
    text: String,
}

impl Piece {
    fn new(row: &str, body: &str) -> Self {
        let marker = marker(body).unwrap_or_default();
        let indent = row.len() - body.len();
        Self {
            margin: format!("{}{marker}", " ".repeat(indent)),
            text: body[marker.len()..].to_owned(),
        }
    }

    fn lines(&self, columns: usize) -> impl Iterator<Item = Line> {
        let rest = " ".repeat(self.margin.len());
        let wrapped = wrap(&self.text, columns.saturating_sub(self.margin.len()));
        wrapped.into_iter().enumerate().map(move |(number, text)| {
            let margin = if number == 0 { &self.margin } else { &rest };
            vec![(Role::Dim, margin.clone()), (Role::Text, text)]
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, columns: usize) -> Vec<String> {
        let lines = markdown(text, columns);
        let text = |line: &Line| line.iter().map(|(_, text)| text.as_str()).collect();
        lines.iter().map(text).collect()
    }

    #[test]
    fn paragraphs_are_wrapped_and_lists_hang() {
        let text = "# T: title\n\n## Cause\n\none two\nthree\n\n## Do\n\n1. first of all\n   - `a` b\n2. then\n";
        let expected = [
            "CAUSE",
            "one two",
            "three",
            "",
            "DO",
            "1. first",
            "   of all",
            "   - `a` b",
            "2. then",
        ];
        assert_eq!(shown(text, 10), expected);
    }

    #[test]
    fn every_runbook_has_its_parts_and_all_of_its_words() {
        for runbook in runbook::ALL {
            let lines = shown(runbook.text, 60);
            for part in runbook::PARTS {
                assert!(lines.contains(&part.to_uppercase()), "{}", runbook.id);
            }
            let words = |text: &str| text.split_whitespace().count();
            let said: usize = lines.iter().map(|line| words(line)).sum();
            // Each heading has its mark, and the first one stands in the title.
            let marks = runbook::PARTS.len() + 1 + words(runbook.title());
            assert_eq!(said + marks, words(runbook.text), "{}", runbook.id);
        }
    }
}
