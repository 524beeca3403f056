//! Made-up alerts and numbers.

use std::time::Duration;

use super::{NOW, Scripted, refuse, reply};
use crate::clock::Timestamp;
use crate::ids::{OrgId, TokenId};
use crate::model::alert::{Acknowledgement, Alert, Rule, Severity, Silence, State};
use crate::model::delivery::{Delivery, Told, WebhookStatus};
use crate::model::exchange::Client;
use crate::model::health::*;
use crate::model::operator::OperatorRole;
use crate::ops::api::deliveries::{Deliveries, DeliveryQuery, Replay, SinkTest, TestOrder};
use crate::ops::api::watch::{Exposition, NewSilence, Seen};
use crate::ops::api::{Failure, OpsError, Reply, Watch, Webhooks, WhoAmI};

fn ago(seconds: u64) -> Timestamp {
    NOW.minus(Duration::from_secs(seconds))
}

/// An operator with a token and that role.
pub fn whoami(role: OperatorRole) -> WhoAmI {
    let token = TokenId("tok_0e110000".to_owned());
    WhoAmI {
        operator: format!("ada ({token})"),
        role,
        token: Some(token),
    }
}

impl Watch for Scripted {
    fn alerts(&self) -> Reply<'_, Vec<Alert>> {
        reply(alerts())
    }
    fn acknowledge<'a>(&'a self, fingerprint: &'a str, seen: Seen) -> Reply<'a, Alert> {
        let mut alert = alerts()
            .into_iter()
            .find(|alert| alert.fingerprint == fingerprint)
            .unwrap();
        alert.acknowledged = seen.seen.then(|| Acknowledgement {
            by: "root".to_owned(),
            at: NOW,
            until: NOW.plus(Duration::from_secs(86_400)),
            severity: alert.severity,
        });
        reply(alert)
    }
    fn silences(&self) -> Reply<'_, Vec<Silence>> {
        reply(Vec::new())
    }
    fn silence(&self, new: NewSilence) -> Reply<'_, Silence> {
        if new.reason.is_empty() {
            let refused = OpsError::new(Failure::Invalid, "a silence needs a reason");
            return Box::pin(async { Err(refused) });
        }
        reply(Silence {
            fingerprint: new.fingerprint,
            until: NOW.plus(Duration::from_secs(new.seconds)),
            reason: new.reason,
            ..silence()
        })
    }
    fn unsilence(&self, id: u64, _: bool) -> Reply<'_, Silence> {
        reply(Silence { id, ..silence() })
    }
    fn health(&self) -> Reply<'_, Health> {
        reply(health())
    }
    fn metrics(&self, _: Exposition) -> Reply<'_, String> {
        reply(String::new())
    }
}

/// One of an operator, for an hour.
pub fn silence() -> Silence {
    Silence {
        id: 7,
        rule: None,
        org: None,
        subject: None,
        fingerprint: None,
        by: "root".to_owned(),
        at: NOW,
        until: NOW.plus(Duration::from_secs(3_600)),
        reason: "the mapping is being changed".to_owned(),
    }
}

impl Webhooks for Scripted {
    fn deliveries(&self, _: DeliveryQuery) -> Reply<'_, Deliveries> {
        reply(Deliveries {
            webhooks: targets(),
            open: Vec::new(),
        })
    }
    fn replay(&self, _: Replay) -> Reply<'_, Vec<Delivery>> {
        refuse()
    }
    fn test_sinks(&self, _: TestOrder) -> Reply<'_, Vec<SinkTest>> {
        refuse()
    }
}

pub fn alerts() -> Vec<Alert> {
    let alert = |number: u64, rule, severity, subject: &str, why: &str| Alert {
        fingerprint: format!("{number:012x}"),
        rule,
        severity,
        state: State::Firing,
        quiet: None,
        rung: None,
        org: Some(OrgId(0)),
        subject: subject.to_owned(),
        since: ago(number * 700),
        last: ago(9),
        count: number * 40,
        why: why.to_owned(),
        advice: "issue a token (scimtop token create) and paste it".to_owned(),
        token: Some(TokenId("tok_7f3a1b2c".to_owned())),
        user: None,
        group: None,
        batch: None,
        filter: Some("token:tok_7f3a1b2c status:401,403".to_owned()),
        evidence: vec![12_406, 12_400],
        silenced: None,
        acknowledged: None,
    };
    let mut expiry = alert(
        3,
        Rule::TokenExpiry,
        Severity::Warning,
        "entra-eu (tok_a01b2c3d)",
        "entra-eu is in use and ends within 12 days",
    );
    expiry.acknowledged = Some(Acknowledgement {
        by: "root".to_owned(),
        at: ago(60),
        until: NOW.plus(Duration::from_secs(3_600)),
        severity: Severity::Warning,
    });
    let mut burst = alert(
        2,
        Rule::RefusalBurst,
        Severity::Warning,
        "all clients",
        "137 requests were refused within 60 s",
    );
    (burst.org, burst.token) = (None, None);
    burst.filter = Some("status:401,403".to_owned());
    vec![
        alert(
            1,
            Rule::ExpiredTokenInUse,
            Severity::Critical,
            "okta-prod (tok_7f3a1b2c)",
            "okta-prod expired 2 minutes ago, and okta still uses it",
        ),
        burst,
        expiry,
    ]
}

/// A webhook that is behind, one that is not, one that was given up on, one that is gone.
pub fn targets() -> Vec<WebhookStatus> {
    let target = |name: &str, told, waiting, failed| WebhookStatus {
        webhook: name.to_owned(),
        told,
        org: None,
        configured: true,
        event: 4_100,
        waiting,
        oldest: (waiting > 0).then(|| ago(60 * waiting)),
        failed,
    };
    let mut gone = target("former", Told::Events, 9, 9);
    gone.configured = false;
    vec![
        target("billing", Told::Events, 12, 0),
        gone,
        target("on-call", Told::Alerts, 0, 0),
        target("wiki", Told::Events, 3, 2),
    ]
}

pub fn health() -> Health {
    let latency = |scale: u64| Latency {
        count: 900 * scale,
        p50_us: 1_100 * scale,
        p95_us: 4_100 * scale,
        p99_us: 8_800 * scale,
        max_us: 41_000 * scale,
    };
    let minute = |at: u64| MinuteRate {
        at: ago((14 - at) * 60),
        ok: 40 + at * 7 % 23,
        client_errors: at.saturating_sub(11) * 30,
        server_errors: 0,
    };
    let client = |client, label: Option<&str>, requests: u64, errors| ClientHealth {
        client,
        token: label.map(|_| TokenId(format!("tok_{requests:08x}"))),
        label: label.map(str::to_owned),
        requests,
        errors,
        recent: requests / 3,
        last: ago(requests % 50),
    };
    Health {
        minutes: (0..15).map(minute).collect(),
        reads: latency(1),
        writes: latency(3),
        clients: vec![
            client(Client::Okta, Some("okta-prod"), 4_200, 1_150),
            client(Client::Entra, Some("entra-eu"), 1_290, 3),
            client(Client::Curl, None, 7, 0),
        ],
        storage: Storage {
            directory_bytes: 48 << 20,
            log_bytes: 3 << 20,
            traffic_bytes: 260 << 20,
            exchanges: 412_000,
            exchanges_dropped: 0,
            disk_free_bytes: Some(180 << 30),
            disk_bytes: Some(250 << 30),
        },
        writer: WriterHealth {
            queued: 0,
            jobs: 5_490,
            commits: 2_012,
        },
    }
}
