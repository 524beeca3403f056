//! The Open Cybersecurity Schema Framework 1.3, category Identity & Access Management: Account
//! Change (3001), Authentication (3002), Entity Management (3004), Group Management (3006).

use serde_json::{Value, json};

use super::{Fate, Origin, Thing, compact, members, message, name, refused};
use crate::model::event::{Actor, Event, EventKind};
use crate::model::exchange::ExchangeSummary;

const VERSION: &str = "1.3.0";
const CATEGORY: u32 = 3;
/// Success and failure.
const STATUS: [(u32, &str); 2] = [(1, "Success"), (2, "Failure")];

/// A class by number and name, an activity of it by number and, unless it is another, by name.
type Kind = (u32, &'static str, u32, &'static str);

fn kind(event: &Event) -> Kind {
    use EventKind as K;
    const OTHER: (u32, &str) = (99, "");
    let (class, title, (activity, called)) = match Thing::of(event.kind) {
        Thing::User => {
            let activity = match event.kind {
                K::UserCreated => (1, "Create"),
                K::UserEnabled | K::UserRestored | K::UserReturned => (2, "Enable"),
                K::UserDisabled | K::UserHeld => (5, "Disable"),
                K::UserRemoved => (6, "Delete"),
                _ => OTHER,
            };
            (3001, "Account Change", activity)
        }
        Thing::Group => {
            let (came, went) = members(event);
            let activity = match event.kind {
                K::RoleGranted => (1, "Assign Privileges"),
                K::RoleRevoked => (2, "Revoke Privileges"),
                K::GroupDeleted => (5, "Delete"),
                K::GroupCreated => (6, "Create"),
                _ if !came.is_empty() && went.is_empty() => (3, "Add User"),
                _ if came.is_empty() && !went.is_empty() => (4, "Remove User"),
                _ => OTHER,
            };
            (3006, "Group Management", activity)
        }
        _ => {
            let activity = match Fate::of(event.kind) {
                Fate::Made => (1, "Create"),
                Fate::Changed => (3, "Update"),
                Fate::Gone => (4, "Delete"),
            };
            (3004, "Entity Management", activity)
        }
    };
    (class, title, activity, called)
}

/// 1 informational, 2 low, 3 medium, 4 high.
const fn severity(kind: EventKind) -> u32 {
    match kind {
        EventKind::GuardOpened => 4,
        EventKind::UserRemoved | EventKind::UserErased | EventKind::GroupDeleted => 2,
        _ => 1,
    }
}

/// What every record has.
fn base(kind: Kind, code: &str, sequence: u64, severity: u32, time: i64, failed: bool) -> Value {
    let (class, title, activity, called) = kind;
    let (status_id, status) = STATUS[usize::from(failed)];
    json!({
        "metadata": {
            "version": VERSION,
            "product": {
                "name": "scimtop",
                "vendor_name": "scimtop",
                "version": env!("CARGO_PKG_VERSION"),
            },
            "event_code": code,
            "sequence": sequence,
        },
        "category_uid": CATEGORY,
        "category_name": "Identity & Access Management",
        "class_uid": class,
        "class_name": title,
        "activity_id": activity,
        // Of another activity OCSF wants the source's own name.
        "activity_name": if activity == 99 { code } else { called },
        "type_uid": class * 100 + activity,
        "severity_id": severity,
        "time": time,
        "status_id": status_id,
        "status": status,
    })
}

/// A change.
pub(super) fn event(event: &Event, origin: Option<&Origin>) -> Value {
    let kind = kind(event);
    let (code, severity) = (event.kind.as_str(), severity(event.kind));
    let mut record = base(kind, code, event.seq, severity, event.at.0, false);
    let named = compact(json!({
        "uid": event.subject.map(|id| id.to_string()),
        "name": name(event),
    }));
    match Thing::of(event.kind) {
        Thing::User => record["user"] = named,
        Thing::Group => {
            record["group"] = named;
            let (came, went) = members(event);
            if let [one] = [came, went].concat()[..] {
                record["user"] = json!({ "uid": one });
            }
            if let Some(role) = event.detail["role"].as_str() {
                record["privileges"] = json!([role]);
            }
        }
        thing => {
            record["entity"] = named;
            record["entity"]["type"] = thing.as_str().into();
            if name(event).is_none() {
                // An entity has a name or an id, and what was erased has neither.
                record["entity"]["uid"] = event.org.to_string().into();
            }
        }
    }
    record["message"] = message(event).into();
    record["actor"] = match &event.actor {
        Actor::Token(id) => json!({ "user": { "uid": id, "type_id": 3, "type": "System" } }),
        Actor::Operator(name) => json!({ "user": { "name": name, "type_id": 2, "type": "Admin" } }),
        Actor::System => json!({ "user": { "name": "scimtop", "type_id": 3, "type": "System" } }),
    };
    if let Some(origin) = origin {
        record["src_endpoint"] = json!({ "ip": origin.source });
    }
    if let Some(request) = event.request {
        let agent = origin.map(|origin| &origin.user_agent);
        let request = json!({ "uid": request.to_string(), "user_agent": agent });
        record["http_request"] = compact(request);
    }
    record["unmapped"] = json!(event);
    record
}

/// A refused credential: a logon that failed.
pub(super) fn refusal(request: &ExchangeSummary, reason: &str) -> Value {
    let kind = (3002, "Authentication", 1, "Logon");
    let code = "credential-refused";
    let mut record = base(kind, code, request.seq, 2, request.at.0, true);
    record["status_detail"] = reason.into();
    record["message"] = refused(request, reason).into();
    // Whose it is is known only if it is one of ours.
    record["user"] = compact(json!({
        "uid": request.token,
        "name": request.token_label.as_deref().unwrap_or("unknown"),
        "type_id": 3,
        "type": "System",
    }));
    record["service"] = json!({ "name": "SCIM" });
    record["is_remote"] = true.into();
    record["src_endpoint"] = json!({ "ip": request.source });
    record["http_request"] = json!({
        "uid": request.request.to_string(),
        "http_method": request.method,
        "url": { "path": request.path },
    });
    record["unmapped"] = json!(request);
    record
}
