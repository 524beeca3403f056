//! `scimtop users history` and `scimtop groups history`: what happened, by whom and by which
//! request, and what it changed.

use std::collections::HashMap;

use serde_json::Value;

use super::CommandError;
use super::args::directory::Part;
use super::deletions::counts;
use super::events::actor;
use super::out::Out;
use crate::ids::{RequestId, ResourceId};
use crate::model::content::KindCounts;
use crate::model::event::{Event, EventKind};
use crate::model::exchange::ExchangeSummary;
use crate::ops::api::directory::HistoryPage;
use crate::ops::api::{Failure, Ops};
use crate::scim::schema::Kind;

/// Changes, or names, of one event that are told one by one.
const TOLD: usize = 3;

/// The recorded requests behind events.
type Requests = HashMap<RequestId, ExchangeSummary>;

pub(super) async fn history(
    ops: &dyn Ops,
    org: &str,
    (kind, which): (Kind, &str),
    part: Part,
    out: &mut Out,
) -> Result<(), CommandError> {
    let page = HistoryPage {
        after: part.after,
        limit: part.limit,
    };
    let events = ops.history(org, kind, which, page).await?;
    if out.json() {
        return Ok(out.value(&events)?);
    }
    let requests = requests(ops, &events).await?;
    let whose = whose(&events, kind, which);
    let rows: Vec<_> = events
        .iter()
        .map(|event| row(event, whose, &requests))
        .collect();
    let heads = [
        "EVENT", "TIME", "KIND", "SUBJECT", "WHAT", "BY", "CAUSE", "REQUEST",
    ];
    Ok(out.table(heads, &rows)?)
}

/// Requests are kept for a shorter time than events: those that are gone are left out.
async fn requests(ops: &dyn Ops, events: &[Event]) -> Result<Requests, CommandError> {
    let mut found = Requests::new();
    // One request may have caused many events that follow each other.
    let mut asked = None;
    for id in events.iter().filter_map(|event| event.request) {
        if asked.replace(id) == Some(id) || found.contains_key(&id) {
            continue;
        }
        match ops.exchange(&id.to_string()).await {
            Ok(exchange) => drop(found.insert(id, exchange.summary)),
            Err(error) if error.failure == Failure::NotFound => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(found)
}

/// The user whose history it is. One that is gone may have been named by its name; what happened
/// to it tells its id.
fn whose(events: &[Event], kind: Kind, which: &str) -> Option<ResourceId> {
    let own = |event: &&Event| event.kind.as_str().starts_with("user-");
    match kind {
        Kind::Group => None,
        Kind::User => ResourceId::parse(which)
            .or_else(|| events.iter().find(own).and_then(|event| event.subject)),
    }
}

fn row(event: &Event, whose: Option<ResourceId>, requests: &Requests) -> [String; 8] {
    let request = event.request.and_then(|id| requests.get(&id));
    let by = |request: &ExchangeSummary| {
        let label = request.token_label.clone();
        let name = label.unwrap_or_else(|| actor(&event.actor));
        format!("{name} ({})", request.client.as_str())
    };
    let cause = |request: &ExchangeSummary| format!("{} {}", request.method, request.path);
    let id = event.request.map(|id| id.to_string());
    [
        event.seq.to_string(),
        event.at.to_string(),
        event.kind.as_str().to_owned(),
        event.detail["subject"]
            .as_str()
            .unwrap_or_default()
            .to_owned(),
        what(event, whose),
        request.map_or_else(|| actor(&event.actor), by),
        request.map_or_else(|| event.cause.clone(), cause),
        id.unwrap_or_default(),
    ]
}

/// What an event means for a user, or else what it changed.
fn what(event: &Event, whose: Option<ResourceId>) -> String {
    let moved = whose.and_then(|user| moved(event, user));
    moved.map_or_else(|| changed(event), str::to_owned)
}

/// How an event about a group moved a user.
fn moved(event: &Event, user: ResourceId) -> Option<&'static str> {
    if event.subject == Some(user) {
        return None;
    }
    let user = user.to_string();
    let among = |key: &str| {
        let changes = event.detail["changes"].as_array().into_iter().flatten();
        let mut ids = changes
            .filter_map(|change| change[key].as_array())
            .flatten();
        ids.any(|id| *id == *user)
    };
    if among("added") {
        Some("joined")
    } else if among("removed") || event.kind == EventKind::GroupDeleted {
        Some("left")
    } else {
        None
    }
}

/// What an event changed, in a line.
fn changed(event: &Event) -> String {
    let detail = &event.detail;
    let list = |key: &str| detail[key].as_array().map_or(&[][..], Vec::as_slice);
    let mut told = some(list("changes").iter().map(one), "; ");
    let groups = list("groups").iter();
    let groups = groups.map(|group| brief(&group["display"]));
    for (what, text) in [
        ("left", some(groups, ", ")),
        ("owned", owned(&detail["content"])),
        ("memberships", number(&detail["memberships"])),
        ("members", number(&detail["members"])),
        (
            "role",
            detail["role"].as_str().unwrap_or_default().to_owned(),
        ),
    ] {
        if !text.is_empty() {
            let then = if told.is_empty() { "" } else { "; " };
            told = format!("{told}{then}{what} {text}");
        }
    }
    told
}

/// The first of some, and how many more there are.
fn some(all: impl ExactSizeIterator<Item = String>, between: &str) -> String {
    let more = all.len().saturating_sub(TOLD);
    let mut told: Vec<_> = all.take(TOLD).collect();
    if more > 0 {
        told.push(format!("{more} more"));
    }
    told.join(between)
}

fn owned(content: &Value) -> String {
    match serde_json::from_value(content.clone()) {
        Ok(content) if content != KindCounts::new() => counts(&content),
        _ => String::new(),
    }
}

fn number(value: &Value) -> String {
    value.as_u64().map_or_else(String::new, |n| n.to_string())
}

/// `title Boss → Queen`, `members +2 −1`.
fn one(change: &Value) -> String {
    let path = change["path"].as_str().unwrap_or_default();
    let count = |key: &str| change[key].as_array().map_or(0, Vec::len);
    match (count("added"), count("removed")) {
        (0, 0) => format!(
            "{path} {} → {}",
            brief(&change["before"]),
            brief(&change["after"])
        ),
        (added, 0) => format!("{path} +{added}"),
        (0, removed) => format!("{path} −{removed}"),
        (added, removed) => format!("{path} +{added} −{removed}"),
    }
}

fn brief(value: &Value) -> String {
    match value {
        Value::Null => "–".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(_) | Value::Object(_) => "…".to_owned(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::clock::Timestamp;
    use crate::ids::OrgId;
    use crate::model::event::Actor;

    fn event(kind: EventKind, subject: ResourceId, detail: Value) -> Event {
        Event {
            seq: 1,
            at: Timestamp(0),
            org: OrgId::PRIMARY,
            kind,
            actor: Actor::System,
            subject: Some(subject),
            request: None,
            cause: "hold over".to_owned(),
            detail,
            hash: String::new(),
        }
    }

    #[test]
    fn changes_are_told_briefly() {
        for (change, expected) in [
            (
                json!({ "path": "title", "before": "Boss", "after": "Queen" }),
                "title Boss → Queen",
            ),
            (
                json!({ "path": "active", "before": true, "after": false }),
                "active true → false",
            ),
            (
                json!({ "path": "emails", "before": [1], "after": null }),
                "emails … → –",
            ),
            (
                json!({ "path": "members", "added": ["a", "b"], "removed": [] }),
                "members +2",
            ),
            (json!({ "path": "members", "removed": ["a"] }), "members −1"),
            (
                json!({ "path": "members", "added": ["a"], "removed": ["b"] }),
                "members +1 −1",
            ),
        ] {
            assert_eq!(one(&change), expected);
        }
    }

    #[test]
    fn a_line_tells_what_an_event_means_for_whom() {
        let (ada, team) = (ResourceId::new(), ResourceId::new());
        let group = |name: &str| json!({ "value": team, "display": name });
        let held = json!({
            "groups": [group("A"), group("B"), group("C"), group("D")],
            "content": { "answer": 2, "schedule": 1 },
        });
        let members = json!({ "changes": [{ "path": "members", "added": [ada], "removed": [] }] });
        for (kind, subject, detail, expected) in [
            (
                EventKind::UserHeld,
                ada,
                held,
                "left A, B, C, 1 more; owned 2 answer, 1 schedule",
            ),
            (
                EventKind::UserRestored,
                ada,
                json!({ "memberships": 3 }),
                "memberships 3",
            ),
            (
                EventKind::UserRemoved,
                ada,
                json!({ "groups": [], "content": {} }),
                "",
            ),
            (EventKind::UserErased, ada, Value::Null, ""),
            (EventKind::MembersChanged, team, members, "joined"),
            (
                EventKind::GroupDeleted,
                team,
                json!({ "members": 2 }),
                "left",
            ),
            (
                EventKind::RoleGranted,
                ada,
                json!({ "role": "Analyst" }),
                "role Analyst",
            ),
        ] {
            assert_eq!(what(&event(kind, subject, detail), Some(ada)), expected);
        }
        let deleted = event(EventKind::GroupDeleted, team, json!({ "members": 2 }));
        assert_eq!(what(&deleted, None), "members 2");
        let row = row(&deleted, None, &Requests::new());
        assert_eq!(row[5..], ["scimtop", "hold over", ""]);
    }
}
