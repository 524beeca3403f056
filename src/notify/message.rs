//! What is sent by webhook: a message as in Standard Webhooks 1.0, with an event or a notice of
//! alerts as its data.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method};
use serde::Serialize;

use crate::clock::Timestamp;
use crate::model::event::Event;
use crate::model::notice::{Notice, Reason};

use super::send::Letter;
use super::sign::SigningKey;

/// Media type of JSON.
pub(super) const JSON: &str = "application/json";

/// A message, whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// `webhook-id`: the same however often it is sent.
    pub id: String,
    /// JSON.
    pub body: Bytes,
}

#[derive(Serialize)]
struct Envelope<'a, T> {
    #[serde(rename = "type")]
    kind: &'a str,
    timestamp: Timestamp,
    data: &'a T,
    /// The detail is too large to be sent; the operations API has it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    detail_omitted: bool,
}

impl Message {
    /// `event` under the name `kind`, in at most `most` bytes if leaving out its detail achieves
    /// that.
    pub fn of(event: &Event, kind: &str, most: usize) -> Self {
        let mut body = encode(event, kind, false);
        if body.len() > most {
            let short = Event {
                detail: serde_json::Value::Null,
                ..event.clone()
            };
            body = encode(&short, kind, true);
        }
        // The hash makes it unique among the events of all stores.
        let mark = event.hash.get(..16).unwrap_or(&event.hash);
        Self {
            id: format!("evt_{}_{mark}", event.seq),
            body,
        }
    }

    /// A notice of that number.
    pub fn of_notice(notice: &Notice, number: u64) -> Self {
        let kind = match notice.reason {
            Reason::Change => "alerts.changed",
            Reason::Repeat => "alerts.repeated",
            Reason::Test => "alerts.test",
        };
        Self {
            id: notice_id(notice, number),
            body: envelope(kind, notice.at, notice, false),
        }
    }

    /// With the headers that tell who sent it, and when.
    pub(super) fn signed(self, key: &SigningKey, now: Timestamp) -> Letter {
        let seconds = now.0.div_euclid(1000);
        let signature = key.sign(&self.id, seconds, &self.body);
        let header = |name, text: &str| {
            let value = HeaderValue::from_str(text).expect("ids and base64 are printable");
            (HeaderName::from_static(name), value)
        };
        Letter {
            method: Method::POST,
            media: JSON,
            headers: vec![
                header("webhook-id", &self.id),
                header("webhook-timestamp", &seconds.to_string()),
                header("webhook-signature", &signature),
            ],
            body: self.body,
        }
    }
}

/// A notice as one word, the same however often it is sent.
pub(super) fn notice_id(notice: &Notice, number: u64) -> String {
    format!("ntc_{number}_{}", notice.at.0)
}

fn encode(event: &Event, kind: &str, detail_omitted: bool) -> Bytes {
    envelope(kind, event.at, event, detail_omitted)
}

fn envelope<T: Serialize>(
    kind: &str,
    timestamp: Timestamp,
    data: &T,
    detail_omitted: bool,
) -> Bytes {
    let envelope = Envelope {
        kind,
        timestamp,
        data,
        detail_omitted,
    };
    serde_json::to_vec(&envelope)
        .expect("events and notices have only string keys")
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::OrgId;
    use crate::model::event::{Actor, EventKind};
    use serde_json::{Value, json};

    #[test]
    fn an_event_is_its_data_and_a_large_one_goes_without_its_detail() {
        let event = Event {
            seq: 7,
            at: Timestamp(1_700_000_000_123),
            org: OrgId(3),
            kind: EventKind::MembersChanged,
            actor: Actor::System,
            subject: None,
            request: None,
            cause: "PATCH".into(),
            detail: json!({ "subject": "x".repeat(1000) }),
            hash: "0123456789abcdef0123".into(),
        };
        let read = |most| {
            let message = Message::of(&event, "group.members-changed", most);
            assert_eq!(message.id, "evt_7_0123456789abcdef");
            serde_json::from_slice::<Value>(&message.body).unwrap()
        };
        let whole = read(10_000);
        assert_eq!(whole["type"], "group.members-changed");
        assert_eq!(whole["timestamp"], "2023-11-14T22:13:20.123Z");
        assert_eq!(
            (&whole["data"]["seq"], &whole["data"]["org"]),
            (&json!(7), &json!(3))
        );
        assert_eq!(whole["detail_omitted"], Value::Null);
        let short = read(999);
        assert_eq!(
            (&short["data"]["detail"], &short["detail_omitted"]),
            (&Value::Null, &json!(true))
        );
        assert_eq!(short["data"]["seq"], 7);
    }
}
