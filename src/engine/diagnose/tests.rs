//! Each check finds the cause that is planted, and nothing where all is well.

mod group;
mod server;
mod user;

use std::time::Duration;

use super::*;
use crate::ids::{OrgId, TokenId};
use crate::model::diagnosis::{Diagnosis, Outcome};
use crate::model::exchange_filter::tests::exchange as sample;
use crate::model::org::RemovalPolicy;
use crate::model::token::LastUse;
use crate::scim::quirk::Dialect;

pub(crate) const NOW: Timestamp = Timestamp(1_700_000_000_000);
const BASE: &str = "https://scim.example.com/scim/v2";

pub(super) fn ago(minutes: u64) -> Timestamp {
    NOW.minus(Duration::from_secs(minutes * 60))
}

pub(super) fn org() -> Org {
    Org {
        id: OrgId(0),
        name: "Primary".to_owned(),
        scim_enabled: true,
        policy: RemovalPolicy::Delete,
        hold_days: 30,
        heirs: Vec::new(),
        dialect: Dialect::Auto,
        created: Timestamp(1),
        users: 1,
        groups: 1,
    }
}

pub(super) fn token(id: &str, used: Option<u64>) -> Token {
    let id = TokenId(id.to_owned());
    Token {
        id: id.clone(),
        org: OrgId(0),
        kind: TokenKind::Scim,
        role: None,
        lineage: id.clone(),
        label: format!("label-{id}"),
        hint: "abcd".to_owned(),
        created: ago(9_000),
        expires: NOW.plus(Duration::from_secs(100 * 86_400)),
        revoked: None,
        successor: None,
        last_used: used.map(|minutes| LastUse {
            at: ago(minutes),
            source: "10.0.0.7".to_owned(),
            user_agent: String::new(),
        }),
    }
}

/// A request `minutes` ago that succeeded.
pub(super) fn request(seq: u64, minutes: u64, operation: Operation) -> ExchangeSummary {
    ExchangeSummary {
        seq,
        at: ago(minutes),
        operation,
        method: "POST".to_owned(),
        path: "/scim/v2/Users".to_owned(),
        subject: "ada@example.com".to_owned(),
        status: 201,
        scim_type: None,
        what: "created".to_owned(),
        quirks: Vec::new(),
        source: "10.0.0.7".to_owned(),
        request: RequestId(uuid::Uuid::from_u128(seq.into())),
        ..sample()
    }
}

pub(super) fn scene<'a>(
    org: &'a Org,
    tokens: &'a [Token],
    refused: &'a [ExchangeSummary],
) -> Scene<'a> {
    Scene {
        now: NOW,
        org,
        tokens,
        base_url: BASE,
        client: Client::Okta,
        silent: None,
        refused,
        looked_back: Some(ago(9_000)),
    }
}

pub(super) fn problems(diagnosis: &Diagnosis) -> Vec<&str> {
    diagnosis
        .problems()
        .map(|check| check.name.as_str())
        .collect()
}

/// The one problem that a diagnosis found; it says what to do, and the sentence tells it.
#[track_caller]
pub(super) fn the<'a>(diagnosis: &'a Diagnosis, name: &str) -> &'a Check {
    let found = diagnosis.checks.iter().find(|check| check.name == name);
    let found = found.unwrap_or_else(|| panic!("no check {name}"));
    assert_eq!(found.outcome, Outcome::Problem, "{diagnosis:#?}");
    assert!(!found.steps.is_empty(), "{found:?}");
    found
}

#[test]
fn an_org_without_scim_and_tokens_that_do_not_work() {
    let (mut org, used) = (org(), [token("tok_1", Some(5))]);
    assert_eq!(accepts(&scene(&org, &used, &[])).outcome, Outcome::Ok);
    assert_eq!(super::token(&scene(&org, &used, &[])).outcome, Outcome::Ok);
    org.scim_enabled = false;
    assert_eq!(accepts(&scene(&org, &used, &[])).outcome, Outcome::Problem);
    // None, none that is valid, none that was used.
    let mut expired = token("tok_1", Some(5));
    expired.expires = ago(1);
    let unused = [token("tok_1", None)];
    for (tokens, word) in [
        (&[][..], "no valid token"),
        (&[expired.clone()], "no valid token"),
        (&unused, "was ever used"),
    ] {
        let check = super::token(&scene(&org, tokens, &[]));
        assert_eq!(check.outcome, Outcome::Problem);
        assert!(check.finding.contains(word), "{}", check.finding);
    }
    // An expired one that is still sent counts, until a valid one is used later.
    let mut refused = request(9, 10, Operation::Query);
    (refused.status, refused.refusal) = (401, Some(Refusal::Expired));
    let tokens = [expired, token("tok_2", Some(20))];
    let check = super::token(&scene(&org, &tokens, std::slice::from_ref(&refused)));
    assert_eq!(check.outcome, Outcome::Problem);
    assert_eq!(check.evidence, [refused.request]);
    assert!(check.steps[1].contains("Okta"), "{:?}", check.steps);
    let tokens = [token("tok_2", Some(5))];
    let check = super::token(&scene(&org, &tokens, &[refused]));
    assert_eq!(check.outcome, Outcome::Ok);
}

#[test]
fn failures_count_until_a_later_request_succeeds() {
    let (org, tokens) = (org(), [token("tok_1", Some(5))]);
    let scene = scene(&org, &tokens, &[]);
    let mut taken = request(7, 5, Operation::Create);
    (taken.status, taken.scim_type) = (409, Some("uniqueness".to_owned()));
    let about = [taken];
    let failed = [Failure {
        exchange: &about[0],
        holders: vec![(
            "externalId".to_owned(),
            "00u1".to_owned(),
            "grace@example.com".to_owned(),
        )],
    }];
    let check = failures(&scene, &about, &failed);
    assert_eq!(check.outcome, Outcome::Problem);
    for word in [
        "409 uniqueness",
        "externalId 00u1 belongs to grace@example.com",
    ] {
        assert!(check.finding.contains(word), "{}", check.finding);
    }
    let later = [request(8, 1, Operation::Create), about[0].clone()];
    assert_eq!(failures(&scene, &later, &failed).outcome, Outcome::Ok);
    assert_eq!(failures(&scene, &about, &[]).outcome, Outcome::Ok);
    let mut wrong = about[0].clone();
    (wrong.status, wrong.scim_type) = (400, Some("invalidValue".to_owned()));
    let failed = [Failure {
        exchange: &wrong,
        holders: Vec::new(),
    }];
    let check = failures(&scene, &about, &failed);
    assert!(
        check.finding.contains("400 invalidValue"),
        "{}",
        check.finding
    );
}

#[test]
fn a_name_is_mentioned_whole() {
    for (text, term, expected) in [
        ("userName eq \"Ada@example.com\"", "ada@example.com", true),
        ("/scim/v2/Users/77aa", "77AA", true),
        ("bada@example.com", "ada@example.com", false),
        ("ada@example.com.au", "ada@example.com", false),
        ("Sales", "sales", true),
        ("Sales-EU", "sales", false),
        ("anything", "", false),
        ("externalId eq jyoung", "jyoung", true),
    ] {
        assert_eq!(mentions(text, term), expected, "{text} {term}");
    }
}
