//! The Elastic Common Schema: `user` is who did it, `user.target` and `group` what it was done to,
//! and everything that the schema has no place for stands under `scimtop`.

use serde_json::{Value, json};

use super::{Fate, Origin, Thing, actor, compact, message, name, refused};
use crate::model::event::{Actor, Event, EventKind};
use crate::model::exchange::ExchangeSummary;

const VERSION: &str = "8.11.0";

/// `event.category` and `event.type`, each from the lists that the schema allows.
fn kinds(kind: EventKind) -> (&'static str, [&'static str; 2]) {
    let fate = match Fate::of(kind) {
        Fate::Made => "creation",
        Fate::Changed => "change",
        Fate::Gone => "deletion",
    };
    match Thing::of(kind) {
        Thing::User => ("iam", ["user", fate]),
        Thing::Group => ("iam", ["group", fate]),
        Thing::Token | Thing::Role | Thing::RoleRule => ("iam", ["admin", fate]),
        _ => ("configuration", [fate, "info"]),
    }
}

/// A change.
pub(super) fn event(event: &Event, origin: Option<&Origin>) -> Value {
    let (category, types) = kinds(event.kind);
    let who = match &event.actor {
        Actor::Token(id) => json!({ "id": id }),
        Actor::Operator(_) | Actor::System => json!({ "name": actor(event) }),
    };
    let mut record = json!({
        "@timestamp": event.at,
        "ecs": { "version": VERSION },
        "message": message(event),
        "event": {
            "kind": "event",
            "category": [category],
            "type": types,
            "action": event.kind.as_str(),
            "outcome": "success",
            "id": event.seq.to_string(),
            "sequence": event.seq,
            "hash": event.hash,
            "reason": event.cause,
            "module": "scimtop",
            "dataset": "scimtop.events",
            "provider": "scimtop",
        },
        "organization": { "id": event.org.to_string() },
        "user": who,
        "scimtop": { "event": event },
    });
    let named = compact(json!({
        "id": event.subject.map(|id| id.to_string()),
        "name": name(event),
    }));
    match Thing::of(event.kind) {
        Thing::User => {
            record["user"]["target"] = named;
            let users = [Some(actor(event)), name(event)];
            record["related"]["user"] = users.into_iter().flatten().collect();
        }
        Thing::Group => record["group"] = named,
        _ => {}
    }
    if let Some(origin) = origin {
        from(&mut record, &origin.source);
        record["user_agent"] = json!({ "original": origin.user_agent });
    }
    if let Some(request) = event.request {
        record["http"] = json!({ "request": { "id": request.to_string() } });
    }
    record
}

/// A refused credential.
pub(super) fn refusal(request: &ExchangeSummary, reason: &str) -> Value {
    let mut record = json!({
        "@timestamp": request.at,
        "ecs": { "version": VERSION },
        "message": refused(request, reason),
        "event": {
            "kind": "event",
            "category": ["authentication"],
            "type": ["start"],
            "action": "credential-refused",
            "outcome": "failure",
            "id": request.request.to_string(),
            "sequence": request.seq,
            "reason": reason,
            "module": "scimtop",
            "dataset": "scimtop.requests",
            "provider": "scimtop",
        },
        "user": compact(json!({ "id": request.token, "name": request.token_label })),
        "http": {
            "request": { "id": request.request.to_string(), "method": request.method },
            "response": { "status_code": request.status },
        },
        "url": { "path": request.path },
        "scimtop": { "request": request },
    });
    if let Some(org) = request.org {
        record["organization"] = json!({ "id": org.to_string() });
    }
    from(&mut record, &request.source);
    record
}

fn from(record: &mut Value, source: &str) {
    record["source"] = json!({ "ip": source, "address": source });
    record["related"]["ip"] = json!([source]);
}
