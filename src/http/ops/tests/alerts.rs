//! The scripted answers about alerts, health and webhooks.

use super::scripted::Scripted;
use crate::clock::Timestamp;
use crate::ids::{OrgId, ResourceId, TokenId};
use crate::model::alert::{Acknowledgement, Alert, Quiet, Rule, Severity, Silence, State};
use crate::model::delivery::{Delivery, DeliveryState, Told, WebhookStatus};
use crate::model::exchange::Client;
use crate::model::health::*;
use crate::ops::api::deliveries::{Deliveries, DeliveryQuery, Replay, SinkTest, TestOrder};
use crate::ops::api::watch::{Exposition, NewSilence, Seen};
use crate::ops::api::{Reply, Watch, Webhooks};

impl Watch for Scripted {
    fn alerts(&self) -> Reply<'_, Vec<Alert>> {
        self.reply("alerts".into(), vec![alert()])
    }
    fn acknowledge<'a>(&'a self, fingerprint: &'a str, seen: Seen) -> Reply<'a, Alert> {
        self.reply(format!("acknowledge {fingerprint} {seen:?}"), alert())
    }
    fn silences(&self) -> Reply<'_, Vec<Silence>> {
        self.reply("silences".into(), vec![silence()])
    }
    fn silence(&self, new: NewSilence) -> Reply<'_, Silence> {
        self.reply(format!("silence {new:?}"), silence())
    }
    fn unsilence(&self, id: u64, dry_run: bool) -> Reply<'_, Silence> {
        self.reply(format!("unsilence {id} {dry_run}"), silence())
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
    fn metrics(&self, form: Exposition) -> Reply<'_, String> {
        self.reply(format!("metrics {form:?}"), "a{b=\"é\"} 1\n".into())
    }
}

fn silence() -> Silence {
    Silence {
        id: 4,
        rule: Some(Rule::ClientErrors),
        org: Some(OrgId(7)),
        subject: None,
        fingerprint: Some("0a1b".into()),
        by: "root".into(),
        at: Timestamp(1),
        until: Timestamp(2),
        reason: "é".into(),
    }
}

impl Webhooks for Scripted {
    fn deliveries(&self, query: DeliveryQuery) -> Reply<'_, Deliveries> {
        let found = Deliveries {
            webhooks: vec![WebhookStatus {
                webhook: "app".into(),
                told: Told::Alerts,
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
    fn test_sinks(&self, order: TestOrder) -> Reply<'_, Vec<SinkTest>> {
        let test = SinkTest {
            sink: "pager".into(),
            kind: "webhook".into(),
            to: "https://h:443".into(),
            error: Some("answered 500".into()),
        };
        self.reply(format!("test {order:?}"), vec![test])
    }
}

fn delivery() -> Delivery {
    Delivery {
        webhook: "app".into(),
        event: 3,
        kind: "user-removed".into(),
        subject: Some("7/A".into()),
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
        state: State::Recovering,
        quiet: Some(Quiet::Acknowledged),
        rung: Some(3),
        org: Some(OrgId(7)),
        subject: "okta-prod (tok_1)".into(),
        since: Timestamp(1),
        last: Timestamp(2),
        count: 3,
        why: "é".into(),
        advice: "paste it".into(),
        token: Some(TokenId("tok_1".into())),
        user: Some("ada".into()),
        group: Some(ResourceId(uuid::Uuid::from_u128(7))),
        batch: Some(3),
        filter: Some("token:tok_1".into()),
        evidence: vec![9, 8],
        silenced: Some(silence()),
        acknowledged: Some(Acknowledgement {
            by: "root".into(),
            at: Timestamp(1),
            until: Timestamp(9),
            severity: Severity::Critical,
        }),
    }
}
