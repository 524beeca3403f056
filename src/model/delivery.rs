//! What goes out by itself: which events applications are told of, and under which names; how far
//! applications and people are told, and what could not be delivered.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::ids::OrgId;
use crate::model::event::{Event, EventKind};

/// The name of a removal that is told for the content that it moved.
pub const MOVED: &str = "content.transfer.moved";

/// Every event that applications may be told of, and what it is called to them.
pub const TOPICS: [(EventKind, &str); 17] = [
    (EventKind::UserCreated, "user.created"),
    (EventKind::UserReplaced, "user.replaced"),
    (EventKind::UserPatched, "user.patched"),
    (EventKind::UserDisabled, "user.disabled"),
    (EventKind::UserEnabled, "user.enabled"),
    (EventKind::UserRemoved, "user.removed"),
    (EventKind::UserHeld, "user.held"),
    (EventKind::UserRestored, "user.restored"),
    (EventKind::UserReturned, "user.returned"),
    (EventKind::UserErased, "user.erased"),
    (EventKind::GroupCreated, "group.created"),
    (EventKind::GroupReplaced, "group.replaced"),
    (EventKind::GroupPatched, "group.patched"),
    (EventKind::GroupDeleted, "group.deleted"),
    (EventKind::MembersChanged, "group.members-changed"),
    (EventKind::ContentGivenBack, "content.transfer.given-back"),
    (EventKind::UserRemoved, MOVED),
];

/// Which events somebody is told of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Topics {
    /// Kinds, in the order of [`TOPICS`], each once.
    pub kinds: Vec<EventKind>,
    /// Removals are told only if they moved content.
    pub moved_only: bool,
}

impl Topics {
    /// Reads names such as `user.created`, `group.*` and `*`.
    ///
    /// # Errors
    /// The name that selects nothing.
    pub fn read(names: &[String]) -> Result<Self, String> {
        let hit = |name: &str, topic: &str| match name.strip_suffix('*') {
            Some(start) => (start.is_empty() || start.ends_with('.')) && topic.starts_with(start),
            None => name == topic,
        };
        if let Some(unknown) = names
            .iter()
            .find(|name| !TOPICS.iter().any(|(_, topic)| hit(name, topic)))
        {
            return Err(unknown.clone());
        }
        let chosen = |topic: &str| names.iter().any(|name| hit(name, topic));
        let mut topics = Self {
            kinds: Vec::new(),
            moved_only: chosen(MOVED) && !chosen("user.removed"),
        };
        for (kind, _) in TOPICS.iter().filter(|(_, topic)| chosen(topic)) {
            if !topics.kinds.contains(kind) {
                topics.kinds.push(*kind);
            }
        }
        Ok(topics)
    }

    /// What `event` is called to somebody who is told of these; `None`: it is not told.
    pub fn name(&self, event: &Event) -> Option<&'static str> {
        if !self.kinds.contains(&event.kind) {
            return None;
        }
        if self.moved_only && event.kind == EventKind::UserRemoved {
            let moved = event.detail["content"].as_object();
            return moved
                .is_some_and(|moved| !moved.is_empty())
                .then_some(MOVED);
        }
        let mut topics = TOPICS.iter();
        topics
            .find(|(kind, _)| *kind == event.kind)
            .map(|(_, name)| *name)
    }
}

/// An event or a notice in short: enough to keep it in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Its number.
    pub event: u64,
    /// What happened.
    pub kind: String,
    /// What must be told in order: the id of a user or group, or an Org and a family of alerts.
    pub subject: Option<String>,
}

/// What becomes of an event or a notice that could not be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum DeliveryState {
    /// It is tried again, or waits behind an earlier one about the same subject.
    Waiting,
    /// It was given up. Later events about the same subject wait for it; later notices do not.
    Failed,
}

impl DeliveryState {
    /// Stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Failed => "failed",
        }
    }
}

/// An event that a webhook was told of in vain, or a notice that a sink did not take.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Delivery {
    /// Name of the webhook or sink.
    pub webhook: String,
    /// Number of the event; of a sink, of the notice.
    pub event: u64,
    /// What happened: the kind of an event, or `alert`.
    pub kind: String,
    /// To what: the id of a user or group, or an Org and a family of alerts (`7/A`).
    pub subject: Option<String>,
    /// What becomes of it.
    pub state: DeliveryState,
    /// Attempts so far; 0: it waits behind another.
    pub attempts: u32,
    /// When it is tried again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<Timestamp>,
    /// When it failed first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// Why the last attempt failed.
    pub error: String,
}

/// What somebody is told of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Told {
    /// Events: an application, by a webhook.
    #[default]
    Events,
    /// Alerts: people, by a sink.
    Alerts,
}

impl Told {
    /// Stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Events => "events",
            Self::Alerts => "alerts",
        }
    }
}

/// How far an application, or a sink of alerts, is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WebhookStatus {
    /// Its name.
    pub webhook: String,
    /// Of what it is told.
    #[serde(default)]
    pub told: Told,
    /// Only what concerns this Org.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub org: Option<OrgId>,
    /// False: the settings in force last have it no more; nothing is sent.
    pub configured: bool,
    /// Up to this event, or notice, everything is told or listed as open.
    pub event: u64,
    /// Events or notices that are to be told yet; those that are given up are not among them.
    pub waiting: u64,
    /// When the oldest of these happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oldest: Option<Timestamp>,
    /// Those that are given up.
    pub failed: u64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    use crate::model::event::Actor;

    fn read(names: &[&str]) -> Result<Topics, String> {
        let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
        Topics::read(&names)
    }

    fn removed(content: &serde_json::Value) -> Event {
        Event {
            seq: 1,
            at: Timestamp(0),
            org: OrgId::PRIMARY,
            kind: EventKind::UserRemoved,
            actor: Actor::System,
            subject: None,
            request: None,
            cause: String::new(),
            detail: json!({ "content": content }),
            hash: String::new(),
        }
    }

    #[test]
    fn topics_are_chosen_by_name_and_by_family() {
        assert_eq!(read(&["user.created"]).unwrap().kinds.len(), 1);
        assert_eq!(read(&["group.*"]).unwrap().kinds.len(), 5);
        assert_eq!(read(&["*"]).unwrap().kinds.len(), 16);
        assert_eq!(read(&["user.*", "user.created"]).unwrap().kinds.len(), 10);
        for unknown in ["", "user", "user*", "users.*", "token.created", "*.created"] {
            assert_eq!(read(&["user.*", unknown]), Err(unknown.to_owned()));
        }
    }

    #[test]
    fn a_removal_is_told_for_its_content_if_only_that_was_asked_for() {
        let (plain, moving) = (removed(&json!({})), removed(&json!({ "answer": 2 })));
        let content = read(&["content.transfer.*"]).unwrap();
        assert_eq!(
            (content.name(&plain), content.name(&moving)),
            (None, Some(MOVED))
        );
        let both = read(&["content.transfer.*", "user.removed"]).unwrap();
        assert_eq!(both.name(&plain), Some("user.removed"));
        assert_eq!(both.name(&moving), Some("user.removed"));
        assert_eq!(read(&["group.*"]).unwrap().name(&moving), None);
    }
}
