//! What tests of the rules are made of.

use super::{Gauges, Known, Machine, days};
use crate::clock::Timestamp;
use crate::ids::{OrgId, RequestId, ResourceId, TokenId};
use crate::model::alert::Alert;
use crate::model::event::EventKind;
use crate::model::exchange::{Client, ExchangeSummary, Operation};
use crate::model::happening::Happening;
use crate::model::token::{Refusal, Token, TokenKind};

pub const NOW: Timestamp = Timestamp(1_800_000_000_000);

/// A token that ends in `left` days.
pub fn token(id: &str, left: i64) -> Token {
    let away = days(u32::try_from(left.abs()).unwrap());
    let expires = if left < 0 {
        NOW.minus(away)
    } else {
        NOW.plus(away)
    };
    Token {
        id: TokenId(id.to_owned()),
        org: OrgId(0),
        kind: TokenKind::Scim,
        role: None,
        lineage: TokenId(id.to_owned()),
        label: id.to_owned(),
        hint: "abcd".to_owned(),
        created: NOW.minus(days(100)),
        expires,
        revoked: None,
        successor: None,
        last_used: None,
    }
}

pub fn known(tokens: &[Token]) -> Known<'_> {
    Known {
        now: NOW,
        tokens,
        guards: &[],
        base_url: "https://scim.example/scim/v2",
        gauges: Gauges::default(),
        backlogs: &[],
    }
}

/// What a rule tells, at `now` and knowing nothing else.
pub fn at(rule: &mut dyn Machine, now: Timestamp) -> Vec<Alert> {
    standing(rule, &Known { now, ..known(&[]) })
}

pub fn standing(rule: &mut dyn Machine, known: &Known<'_>) -> Vec<Alert> {
    let mut alerts = Vec::new();
    rule.standing(known, &mut alerts);
    alerts
}

/// A request with Primary's token, answered with 200.
pub fn request(at: Timestamp) -> ExchangeSummary {
    ExchangeSummary {
        seq: 7,
        at,
        org: Some(OrgId(0)),
        token: Some(TokenId("t".to_owned())),
        token_label: Some("okta".to_owned()),
        client: Client::Okta,
        source: "10.0.0.7".to_owned(),
        method: "GET".to_owned(),
        path: "/scim/v2/Users".to_owned(),
        query: String::new(),
        operation: Operation::Query,
        subject: "ada".to_owned(),
        status: 200,
        scim_type: None,
        refusal: None,
        latency_us: 2_000,
        what: String::new(),
        quirks: Vec::new(),
        request: RequestId::new(),
    }
}

/// A request with `id`, refused.
pub fn refused(id: &str, refusal: Refusal, at: Timestamp) -> ExchangeSummary {
    ExchangeSummary {
        token: Some(TokenId(id.to_owned())),
        refusal: Some(refusal),
        status: 401,
        ..request(at)
    }
}

/// Something that happened to `name` in Primary.
pub fn happened(kind: EventKind, name: &str, at: Timestamp) -> Happening {
    Happening {
        seq: 1,
        at,
        org: OrgId(0),
        kind,
        subject: ResourceId(uuid::Uuid::from_u128(name.len() as u128)),
        name: name.to_owned(),
        renamed_from: None,
        added: Vec::new(),
        removed: 0,
        size: 0,
        roles: false,
        twin: false,
    }
}
