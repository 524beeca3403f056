//! The Audit view's state: events, newest first, and what an opened one shows.

use serde_json::Value;

use crate::clock::Timestamp;
use crate::model::event::{Actor, ChainReport, Event, EventKind};
use crate::ops::api::{EventQuery, OpsError};
use crate::text::clean;
use crate::tui::action::Action;
use crate::tui::call::{Answer, Call};
use crate::tui::keymap::Command;
use crate::tui::state::detail::diff;
use crate::tui::state::list::{Keyed, List, Rows, Wanted};
use crate::tui::state::open::Open;
use crate::tui::state::pane::View;
use crate::tui::state::removal::actor;
use crate::tui::state::removals::page;
use crate::tui::state::{Model, fetch, history};
use crate::tui::theme::Role;
use crate::tui::widget::json;
use crate::tui::widget::rich::{Line, fact, line, paragraph};

/// State of the view.
#[derive(Debug, Default)]
pub struct Audit {
    /// The events.
    pub list: List<Event>,
    /// The opened one.
    pub open: Option<Open>,
}

impl Keyed for Event {
    fn key(&self) -> u128 {
        u128::from(self.seq)
    }
}

/// The call for a part of the list.
pub fn call(wanted: &Wanted, list: &List<Event>) -> Call {
    let newest = list.all().first().map_or(0, |event| event.seq);
    Call::Events(EventQuery {
        after: wanted.newer.then_some(newest),
        before: wanted.after.as_ref().and_then(|after| after.parse().ok()),
        filter: wanted.filter.clone(),
        limit: wanted.limit,
        ..EventQuery::default()
    })
}

/// Takes in a part of the list; a full page of new ones is not the last.
pub fn answered(model: &mut Model, ticket: u64, result: Result<Answer, OpsError>) -> Vec<Action> {
    let list = &mut model.audit.list;
    match result {
        Ok(Answer::Events(mut events)) => {
            events.reverse();
            let first = list.all().first().map(|event| event.seq);
            let rows: Rows<Event> = page(events, &list.at, |event| event.seq);
            let came = rows.items.first().map(|event| event.seq);
            let full = rows.next.is_some();
            list.take(ticket, rows);
            let grew = first.is_some() && came > first;
            if grew && full && !list.at.is_waiting() {
                return vec![fetch::newer(model)];
            }
        }
        // Every call has one kind of answer.
        Ok(_) => {}
        Err(error) => list.at.fail(ticket, error.message),
    }
    Vec::new()
}

/// What an event is about: a name, a label, an id.
pub fn subject(event: &Event) -> String {
    let text = |key: &str| event.detail[key].as_str().map(clean);
    text("label")
        .or_else(|| text("subject"))
        .or_else(|| event.subject.map(|id| id.to_string()))
        .or_else(|| text("name"))
        .or_else(|| text("why"))
        .unwrap_or_default()
}

/// Kind, subject and place in the chain, in a line.
pub fn headline(event: &Event) -> Line {
    let (glyph, role) = history::severity(event.kind);
    vec![
        (role, format!("{glyph} {}  ", event.kind.as_str())),
        (Role::Subject, subject(event)),
        (Role::Dim, format!("  #{}", event.seq)),
    ]
}

/// Why it happened, and the next step.
pub fn explain(model: &Model, event: &Event) -> (String, String) {
    let keys = model.keys();
    let by = actor(model, &event.actor);
    let cause = clean(&event.cause);
    let why = match &event.actor {
        Actor::Token(_) => format!("a request of {by}: {cause}"),
        Actor::Operator(_) if cause == "operator" => format!("the operator {by} did it"),
        Actor::Operator(_) => format!("the operator {by} did it: {cause}"),
        Actor::System if cause == "system" => "scimtop did it by itself".to_owned(),
        Actor::System => format!("scimtop did it by itself: {cause}"),
    };
    let step = match (event.kind, event.request) {
        (EventKind::GuardOpened, _) => format!(
            "{}, then the list Guard: approve or restore",
            keys.of(Command::View(View::Removals))
        ),
        (EventKind::UserRemoved | EventKind::UserHeld, _) => {
            let to = [Command::ToRemovals, Command::ToRequest].map(|command| keys.to(command));
            format!("{} its deletion record; {} the request", to[0], to[1])
        }
        (_, Some(_)) => format!(
            "nothing; {} shows the request, {} the user, {} the group",
            keys.to(Command::ToRequest),
            keys.to(Command::ToUser),
            keys.to(Command::ToGroup)
        ),
        _ => format!(
            "nothing; {} checks that no record was changed",
            keys.of(Command::Verify)
        ),
    };
    (why, step)
}

/// What the list knows of an event: all of it.
pub fn summary(model: &Model, event: &Event, columns: usize) -> Vec<Line> {
    let mut lines = vec![headline(event)];
    let mut add = |name: &str, text: &str| lines.extend(fact(name, text, columns));
    add("at", &stamp(event.at));
    let by = match &event.actor {
        Actor::Token(id) => format!("{} ({id})", actor(model, &event.actor)),
        _ => actor(model, &event.actor),
    };
    add("by", &by);
    add("org", &model.org_name(event.org));
    if let Some(id) = event.subject {
        add("about", &id.to_string());
    }
    add("cause", &event.cause);
    if let Some(request) = event.request {
        add("request", &request.to_string());
    }
    add("hash", &event.hash);
    lines.push(Line::new());
    let (why, step) = explain(model, event);
    lines.extend(paragraph("why", Role::Text, &why, columns));
    lines.extend(paragraph("do", Role::Text, &step, columns));
    lines.push(Line::new());
    lines.extend(changes(event));
    lines
}

fn stamp(at: Timestamp) -> String {
    at.to_utc().format("%Y-%m-%d %H:%M:%S%.3fZ").to_string()
}

/// What it changed, and whatever else was kept with it.
fn changes(event: &Event) -> Vec<Line> {
    let detail: &Value = &event.detail;
    if detail.is_null() {
        return vec![line(
            Role::Dim,
            "its details were erased; the chain still holds",
        )];
    }
    let mut lines = Vec::new();
    if detail["changes"]
        .as_array()
        .is_some_and(|changes| !changes.is_empty())
    {
        lines.push(line(Role::Column, "CHANGES"));
        lines.extend(diff(&detail["changes"]));
    }
    let mut rest = detail.clone();
    if let Some(rest) = rest.as_object_mut() {
        rest.remove("changes");
        // It stands in the first line.
        rest.retain(|key, value| key != "subject" || value.as_str() != Some(&subject(event)));
    }
    if rest.as_object().is_none_or(|rest| !rest.is_empty()) {
        lines.push(line(Role::Column, "DETAILS"));
        lines.extend(json::pretty(&rest.to_string()));
    }
    lines
}

/// The whole record, as it is exported.
pub fn record(event: &Event) -> Vec<Line> {
    let text = serde_json::to_string(event).unwrap_or_default();
    json::pretty(&text)
}

/// What a check of the chain found.
pub fn verified(report: &ChainReport, columns: usize) -> Vec<Line> {
    let mut lines = Vec::new();
    let range = report.range.map_or_else(
        || "none".to_owned(),
        |(first, last)| format!("{first} to {last}"),
    );
    if report.faults.is_empty() {
        lines.push(line(
            Role::Ok,
            "the chain holds: no record was changed, removed or moved",
        ));
    } else {
        let count = report.faults.len();
        lines.push(line(
            Role::Crit,
            &format!("! the chain is broken: {count} faults"),
        ));
    }
    lines.extend(fact("checked", &report.checked.to_string(), columns));
    lines.extend(fact("events", &range, columns));
    lines.extend(fact("head", &report.head, columns));
    for fault in &report.faults {
        lines.extend(paragraph("", Role::Crit, fault, columns));
    }
    let next = if report.faults.is_empty() {
        "keep the head elsewhere: with it, a cut tail shows too"
    } else {
        "keep this store as it is, and compare it with a backup or an export"
    };
    lines.extend(paragraph("next", Role::Text, next, columns));
    lines
}
