//! The scripted answers about alerts, health and webhooks.

use super::scripted::Scripted;
use crate::clock::Timestamp;
use crate::ids::{OrgId, ResourceId, TokenId};
use crate::model::alert::{Acknowledgement, Alert, Rule, Severity};
use crate::model::delivery::{Delivery, DeliveryState, WebhookStatus};
use crate::model::event::EventKind;
use crate::model::exchange::Client;
use crate::model::health::*;
use crate::ops::api::deliveries::{Deliveries, DeliveryQuery, Replay};
use crate::ops::api::watch::Seen;
use crate::ops::api::{Reply, Watch, Webhooks};

impl Watch for Scripted {
    fn alerts(&self) -> Reply<'_, Vec<Alert>> {
        self.reply("alerts".into(), vec![alert()])
    }
    fn acknowledge<'a>(&'a self, fingerprint: &'a str, seen: Seen) -> Reply<'a, Alert> {
        self.reply(format!("acknowledge {fingerprint} {seen:?}"), alert())
    }
    fn health(&self) -> Reply<'_, Health> {
        let latency = Latency {
            count: 5,
            p50_us: 1,
            p95_us: 2,
            p99_us: 3,
            max_us: 4,
        };
        let health = Health {
            minutes: vec![MinuteRate {
                at: Timestamp(60_000),
                ok: 1,
                client_errors: 2,
                server_errors: 3,
            }],
            reads: latency,
            writes: latency,
            clients: vec![ClientHealth {
                client: Client::Okta,
                token: Some(TokenId("tok_1".into())),
                label: Some("é".into()),
                requests: 9,
                errors: 1,
                recent: 2,
                last: Timestamp(3),
            }],
            storage: Storage {
                directory_bytes: 1,
                disk_free_bytes: Some(7),
                ..Storage::default()
            },
            writer: WriterHealth {
                queued: 1,
                jobs: 2,
                commits: 3,
            },
        };
        self.reply("health".into(), health)
    }
}

impl Webhooks for Scripted {
    fn deliveries(&self, query: DeliveryQuery) -> Reply<'_, Deliveries> {
        let found = Deliveries {
            webhooks: vec![WebhookStatus {
                webhook: "app".into(),
                org: Some(OrgId(7)),
                configured: true,
                event: 3,
                waiting: 2,
                oldest: Some(Timestamp(1)),
                failed: 1,
            }],
            open: vec![delivery()],
        };
        self.reply(format!("deliveries {query:?}"), found)
    }
    fn replay(&self, order: Replay) -> Reply<'_, Vec<Delivery>> {
        self.reply(format!("replay {order:?}"), vec![delivery()])
    }
}

fn delivery() -> Delivery {
    Delivery {
        webhook: "app".into(),
        event: 3,
        kind: EventKind::UserRemoved,
        subject: Some(ResourceId(uuid::Uuid::max())),
        state: DeliveryState::Failed,
        attempts: 8,
        next: Some(Timestamp(9)),
        since: Some(Timestamp(1)),
        error: "answered 500".into(),
    }
}

fn alert() -> Alert {
    Alert {
        fingerprint: "0a1b2c3d4e5f".into(),
        rule: Rule::ExpiredTokenInUse,
        severity: Severity::Critical,
        org: Some(OrgId(7)),
        subject: "okta-prod (tok_1)".into(),
        since: Timestamp(1),
        last: Timestamp(2),
        count: 3,
        why: "é".into(),
        advice: "paste it".into(),
        token: Some(TokenId("tok_1".into())),
        evidence: vec![9, 8],
        acknowledged: Some(Acknowledgement {
            by: "root".into(),
            at: Timestamp(1),
            until: Timestamp(9),
            severity: Severity::Critical,
        }),
    }
}
