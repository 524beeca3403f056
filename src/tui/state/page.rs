//! The open tab of something opened, as lines; what it is not yet, it says.

use crate::tui::keymap::Command;
use crate::tui::state::detail::{Detail, Loaded};
use crate::tui::state::open::{Open, Part, Record};
use crate::tui::state::pane::{Object, Tab};
use crate::tui::state::{Model, audit, diagnosis, groups, history, removal, tokens, users};
use crate::tui::theme::Role;
use crate::tui::widget::json;
use crate::tui::widget::rich::{Line, break_line, line, paragraph};

use std::sync::Arc;

use crate::model::exchange::Exchange;

/// The open tab, as lines of at most `columns`.
pub fn lines(model: &Model, open: &Open, columns: usize) -> Vec<Line> {
    let lines = match open.tab {
        Tab::Timeline | Tab::History => part(&open.history, columns, |events| {
            history::lines(model, events, columns)
        }),
        Tab::Access => part(&open.access, columns, |access| {
            users::access(access, columns)
        }),
        Tab::Content if matches!(open.object, Object::User(..)) => {
            part(&open.content, columns, |page| users::content(page, columns))
        }
        Tab::Request => request(model, open, columns),
        Tab::Diagnosis => part(&open.diagnosis, columns, |found| {
            diagnosis::lines(model, found, open.at.chosen, columns)
        }),
        Tab::Refused => part(&open.refused, columns, |page| {
            tokens::refused(page, model.now, model.keys())
        }),
        _ => part(&open.record, columns, |record| {
            of_record(model, open, record, columns)
        }),
    };
    let broken = lines.into_iter().flat_map(|line| break_line(line, columns));
    broken.collect()
}

/// The lines of the open tab that can be opened.
pub fn choices(model: &Model, open: &Open, columns: usize) -> Vec<usize> {
    match (open.tab, &open.record.here, &open.diagnosis.here) {
        (Tab::Members, Some(Record::Group(detail)), _) => (0..detail.members.len()).collect(),
        (Tab::Diagnosis, _, Some(found)) => diagnosis::choices(model, found, columns),
        _ => Vec::new(),
    }
}

/// A part as `lines` make it, or that it is not here, or why.
pub fn part<T>(part: &Part<T>, columns: usize, lines: impl Fn(&T) -> Vec<Line>) -> Vec<Line> {
    let mut shown = match (&part.here, &part.error) {
        (Some(here), _) => lines(here),
        (None, None) => vec![line(Role::Dim, "loading")],
        (None, Some(_)) => Vec::new(),
    };
    if let Some(error) = &part.error {
        shown.extend(paragraph("", Role::Crit, &format!("! {error}"), columns));
    }
    shown
}

fn of_record(model: &Model, open: &Open, record: &Record, columns: usize) -> Vec<Line> {
    match (record, open.tab) {
        (Record::Removal(detail), Tab::Content) => removal::content(detail, columns),
        (Record::Removal(detail), Tab::Lost) => removal::lost(&detail.deletion),
        (Record::Removal(detail), _) => {
            removal::summary(model, &detail.deletion, Some(detail), columns)
        }
        (Record::User(detail), Tab::Resource) => json::pretty(&detail.resource.to_string()),
        (Record::User(detail), _) => {
            let org = |org| model.org_name(org);
            users::summary(detail, org, model.now, model.keys(), columns)
        }
        (Record::Group(detail), Tab::Resource) => json::pretty(&detail.resource.to_string()),
        (Record::Group(detail), Tab::Members) => {
            groups::members(detail, open.at.chosen, model.keys(), columns)
        }
        (Record::Group(detail), _) => {
            let org = model.org_name(detail.line.org);
            groups::outline(&detail.line, &org, model.now, model.keys(), columns)
        }
        (Record::Token(family), _) => tokens::summary(model, family, &open.refused, columns),
        (Record::Event(event), Tab::Raw) => audit::record(event),
        (Record::Event(event), _) => audit::summary(model, event, columns),
    }
}

fn request(model: &Model, open: &Open, columns: usize) -> Vec<Line> {
    if open
        .deletion()
        .is_some_and(|deletion| deletion.request.is_none())
    {
        return vec![line(
            Role::Dim,
            "no request asked for it: an operator or the daemon did",
        )];
    }
    part(&open.request, columns, |exchange| {
        whole(model, exchange, columns)
    })
}

/// An exchange as its own page shows it.
fn whole(model: &Model, exchange: &Exchange, columns: usize) -> Vec<Line> {
    let mut detail = Detail::new(Arc::new(exchange.summary.clone()), 1);
    detail.loaded = Loaded::Here(Box::new(exchange.clone()));
    let live = model.keys().to(Command::ToRequest);
    let head = format!("EXCHANGE ({live} opens it in Live)");
    let mut lines = vec![line(Role::Column, &head)];
    lines.extend(detail.lines(model.advice(), columns));
    lines
}
