//! Events and refused credentials in the forms that systems for security events read.
//!
//! A mapping only renames: the whole event stands in each record, as data. Nothing in a name or a
//! reason can end a string, a field or a line.

mod ecs;
mod ocsf;
mod syslog;
#[cfg(test)]
mod tests;

use clap::ValueEnum;
use serde_json::Value;

use crate::model::event::{Actor, Event, EventKind};
use crate::model::exchange::ExchangeSummary;
use crate::text::json;

/// How events are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Events as they are
    Jsonl,
    /// Open Cybersecurity Schema Framework 1.3
    Ocsf,
    /// Elastic Common Schema 8.11
    Ecs,
    /// Syslog (RFC 5424) with structured data
    Syslog,
}

/// Where a request came from, as far as it is still recorded.
#[derive(Clone, Debug, Default)]
pub(super) struct Origin {
    pub source: String,
    pub user_agent: String,
}

/// The kind of thing that an event is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Thing {
    User,
    Group,
    Org,
    Content,
    Token,
    Role,
    RoleRule,
    Guard,
    Record,
    Delivery,
}

impl Thing {
    const fn of(kind: EventKind) -> Self {
        use EventKind as K;
        match kind {
            K::UserCreated
            | K::UserReplaced
            | K::UserPatched
            | K::UserDisabled
            | K::UserEnabled
            | K::UserRemoved
            | K::UserHeld
            | K::UserRestored
            | K::UserReturned
            | K::UserErased => Self::User,
            K::GroupCreated
            | K::GroupReplaced
            | K::GroupPatched
            | K::GroupDeleted
            | K::MembersChanged
            | K::RoleGranted
            | K::RoleRevoked => Self::Group,
            K::OrgCreated | K::OrgChanged => Self::Org,
            K::ContentRegistered | K::ContentRemoved | K::ContentGivenBack => Self::Content,
            K::TokenCreated | K::TokenRotated | K::TokenRevoked | K::TokenPruned => Self::Token,
            K::RoleCreated | K::RoleChanged | K::RoleRemoved => Self::Role,
            K::RoleRuleSet | K::RoleRuleRemoved => Self::RoleRule,
            K::GuardOpened | K::GuardClosed | K::GuardAllowed => Self::Guard,
            K::EventsPruned => Self::Record,
            K::DeliveriesReplayed => Self::Delivery,
        }
    }

    const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Group => "group",
            Self::Org => "org",
            Self::Content => "content",
            Self::Token => "token",
            Self::Role => "role",
            Self::RoleRule => "role-rule",
            Self::Guard => "guard",
            Self::Record => "events",
            Self::Delivery => "deliveries",
        }
    }
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Made,
    Changed,
    Gone,
}

impl Fate {
    const fn of(kind: EventKind) -> Self {
        use EventKind as K;
        match kind {
            K::UserCreated
            | K::GroupCreated
            | K::OrgCreated
            | K::ContentRegistered
            | K::TokenCreated
            | K::RoleCreated
            | K::RoleRuleSet => Self::Made,
            K::UserRemoved
            | K::UserErased
            | K::GroupDeleted
            | K::ContentRemoved
            | K::TokenPruned
            | K::RoleRemoved
            | K::RoleRuleRemoved
            | K::EventsPruned => Self::Gone,
            _ => Self::Changed,
        }
    }
}

/// The line of an event.
pub(super) fn event(format: Format, host: &str, event: &Event, origin: Option<&Origin>) -> String {
    match format {
        Format::Jsonl => json(&serde_json::to_string(event).unwrap_or_default()),
        Format::Ocsf => line(&ocsf::event(event, origin)),
        Format::Ecs => line(&ecs::event(event, origin)),
        Format::Syslog => syslog::event(host, event, origin),
    }
}

/// The line of a request whose credential was refused; `None` if it was not.
pub(super) fn refusal(format: Format, host: &str, request: &ExchangeSummary) -> Option<String> {
    let reason = request.refusal?.as_str();
    Some(match format {
        Format::Jsonl => json(&serde_json::to_string(request).unwrap_or_default()),
        Format::Ocsf => line(&ocsf::refusal(request, reason)),
        Format::Ecs => line(&ecs::refusal(request, reason)),
        Format::Syslog => syslog::refusal(host, request, reason),
    })
}

fn line(record: &Value) -> String {
    json(&record.to_string())
}

/// Who did it, by name.
fn actor(event: &Event) -> &str {
    match &event.actor {
        Actor::Token(id) => &id.0,
        Actor::Operator(name) => name,
        Actor::System => "scimtop",
    }
}

/// The name of what it is about, if it was not erased.
fn name(event: &Event) -> Option<&str> {
    event.detail["subject"].as_str()
}

/// In a few words.
fn message(event: &Event) -> String {
    let id = event.subject.map(|id| id.to_string());
    let about = name(event).map(str::to_owned).or(id).unwrap_or_default();
    let (kind, by) = (event.kind.as_str(), actor(event));
    format!("{kind} {about} by {by} ({})", event.cause)
}

/// The same of a refused credential.
fn refused(request: &ExchangeSummary, reason: &str) -> String {
    let whose = request.token_label.as_deref().unwrap_or("no token of ours");
    format!(
        "credential-refused {reason} ({whose}) from {}",
        request.source
    )
}

/// The ids of members that came and went.
fn members(event: &Event) -> (Vec<&str>, Vec<&str>) {
    let changes = event.detail["changes"].as_array();
    let change = changes
        .into_iter()
        .flatten()
        .find(|change| change["path"] == "members");
    let ids = |which: &str| {
        let ids = change.and_then(|change| change[which].as_array());
        ids.into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect()
    };
    (ids("added"), ids("removed"))
}

/// A value without the members that are null.
fn compact(mut value: Value) -> Value {
    if let Value::Object(members) = &mut value {
        members.retain(|_, member| !member.is_null());
    }
    value
}
