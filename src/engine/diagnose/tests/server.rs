//! Latencies and credentials.

use std::collections::{BTreeMap, HashMap};

use super::*;
use crate::engine::diagnose::{auth, latency};
use crate::model::alert::{Rule, Severity};
use crate::model::health::{Storage, WriterHealth};

fn timed(operation: Operation, milliseconds: u64, count: u64) -> Vec<ExchangeSummary> {
    let one = |seq| ExchangeSummary {
        latency_us: milliseconds * 1000,
        ..request(seq, 5, operation)
    };
    (0..count).map(one).collect()
}

fn slow(
    exchanges: &[ExchangeSummary],
    storage: Storage,
    queued: u64,
    groups: &[(String, String, u64)],
) -> Diagnosis {
    latency::diagnose(&latency::Facts {
        org: None,
        silent: None,
        exchanges,
        orgs: &BTreeMap::from([(0, "Primary".to_owned())]),
        storage: &storage,
        writer: &WriterHealth {
            queued,
            jobs: 9,
            commits: 3,
        },
        groups,
    })
}

fn roomy() -> Storage {
    Storage {
        disk_free_bytes: Some(50),
        disk_bytes: Some(100),
        ..Storage::default()
    }
}

#[test]
fn slow_routes_are_named_with_whom_they_are_slow_for() {
    let mut quick = timed(Operation::Create, 20, 50);
    quick.extend(timed(Operation::Query, 20, 50));
    assert!(problems(&slow(&quick, roomy(), 0, &[])).is_empty());
    for (operation, milliseconds, name) in [
        (Operation::Create, 600, "writes"),
        (Operation::Query, 400, "reads"),
    ] {
        let mut exchanges = quick.clone();
        exchanges.extend(timed(operation, milliseconds, 40));
        let diagnosis = slow(&exchanges, roomy(), 0, &[]);
        assert_eq!(problems(&diagnosis), [name]);
        let check = the(&diagnosis, name);
        for word in ["POST /Users", "40 of the 40", "okta in Org Primary"] {
            assert!(check.finding.contains(word), "{}", check.finding);
        }
        assert_eq!(check.evidence.len(), 5);
    }
    // One in many, and a handful, say nothing.
    let mut one = timed(Operation::Create, 20, 200);
    one.extend(timed(Operation::Create, 900, 1));
    assert!(problems(&slow(&one, roomy(), 0, &[])).is_empty());
    assert!(problems(&slow(&timed(Operation::Create, 900, 19), roomy(), 0, &[])).is_empty());
}

#[test]
fn a_client_that_is_told_to_come_again() {
    let mut exchanges = timed(Operation::Create, 20, 30);
    for exchange in &mut exchanges[..7] {
        exchange.status = 429;
    }
    let diagnosis = slow(&exchanges, roomy(), 0, &[]);
    assert_eq!(problems(&diagnosis), ["throttled"]);
    let check = the(&diagnosis, "throttled");
    assert!(check.finding.starts_with("7 requests"), "{check:?}");
    assert!(diagnosis.sentence.contains("requests_per_second"));
}

#[test]
fn what_stands_behind_slowness() {
    let well = |storage: Storage| slow(&[], storage, 0, &[]);
    assert!(problems(&well(roomy())).is_empty());
    assert_eq!(problems(&slow(&[], roomy(), 500, &[])), ["writer"]);
    let full = Storage {
        disk_free_bytes: Some(9),
        ..roomy()
    };
    assert_eq!(problems(&well(full)), ["disk"]);
    let log = Storage {
        log_bytes: 300 << 20,
        ..roomy()
    };
    assert_eq!(problems(&well(log)), ["storage"]);
    let dropped = Storage {
        exchanges_dropped: 3,
        ..roomy()
    };
    assert_eq!(problems(&well(dropped)), ["recording"]);
    // A big group alone is no fault.
    let big = [("Primary".to_owned(), "All staff".to_owned(), 50_000)];
    assert!(problems(&slow(&[], roomy(), 0, &big)).is_empty());
    let mut put = timed(Operation::Replace, 900, 1);
    put[0].path = "/scim/v2/Groups/77aa".to_owned();
    assert_eq!(problems(&slow(&put, roomy(), 0, &big)), ["groups"]);
}

fn refused(refusal: Refusal) -> ExchangeSummary {
    ExchangeSummary {
        status: 401,
        refusal: Some(refusal),
        ..request(5, 30, Operation::Query)
    }
}

fn asked(exchanges: &[ExchangeSummary], tokens: &[Token], served: Option<u64>) -> Diagnosis {
    let served: HashMap<_, _> = served
        .map(|minutes| (("10.0.0.7".to_owned(), Client::Okta), ago(minutes)))
        .into_iter()
        .collect();
    auth::diagnose(&auth::Facts {
        now: NOW,
        org: None,
        base_url: BASE,
        tokens,
        refused: exchanges,
        silent: None,
        served: &served,
    })
}

#[test]
fn who_has_stopped_asking_is_a_cause_of_its_own() {
    assert_eq!(silence(None).outcome, Outcome::Ok);
    let alert = Alert {
        subject: "entra-prod".to_owned(),
        why: "nothing since noon".to_owned(),
        ..Alert::new(Rule::Silence, Severity::Critical, None, "t")
    };
    let last = request(7, 300, Operation::Query);
    let client = Client::Entra;
    let silent = Silent {
        alert,
        last: Some(ExchangeSummary { client, ..last }),
    };
    let check = silence(Some(&silent));
    assert_eq!(check.outcome, Outcome::Problem);
    assert!(
        check
            .finding
            .contains("entra-prod has stopped asking: nothing since noon")
    );
    assert!(check.steps[0].contains("Restart provisioning"), "{check:?}");
    assert_eq!(check.evidence, [RequestId(uuid::Uuid::from_u128(7))]);
}

#[test]
fn each_reason_has_its_check_until_it_is_put_right() {
    let tokens = [token("tok_1", Some(5))];
    assert!(problems(&asked(&[], &tokens, None)).is_empty());
    for (refusal, name) in [
        (Refusal::Expired, "expired"),
        (Refusal::Revoked, "revoked"),
        (Refusal::WrongOrg, "wrong-org"),
        (Refusal::NoSuchOrg, "wrong-org"),
        (Refusal::ScimDisabled, "scim-off"),
        (Refusal::Missing, "malformed"),
        (Refusal::SchemeMissing, "malformed"),
        (Refusal::WrongScheme, "malformed"),
        (Refusal::Damaged, "malformed"),
        (Refusal::Foreign, "malformed"),
        (Refusal::Unknown, "unknown-token"),
        (Refusal::WrongKind, "unknown-token"),
    ] {
        let exchanges = [refused(refusal)];
        let diagnosis = asked(&exchanges, &tokens, Some(40));
        assert_eq!(problems(&diagnosis), [name], "{refusal:?}");
        let check = the(&diagnosis, name);
        assert!(
            check.finding.contains("okta at 10.0.0.7"),
            "{}",
            check.finding
        );
        assert_eq!(check.evidence, [exchanges[0].request]);
        assert!(
            problems(&asked(&exchanges, &tokens, Some(10))).is_empty(),
            "{refusal:?}"
        );
    }
}

#[test]
fn an_expired_token_is_put_right_by_its_successor() {
    let mut old = token("tok_0a1b2c3d", None);
    old.expires = ago(100);
    let mut new = token("tok_new", Some(10));
    new.lineage = old.lineage.clone();
    let exchanges = [refused(Refusal::Expired)];
    assert!(problems(&asked(&exchanges, &[old.clone(), new.clone()], None)).is_empty());
    new.last_used = None;
    assert_eq!(problems(&asked(&exchanges, &[old, new], None)), ["expired"]);
}

#[test]
fn a_wrong_base_url_is_answered_with_the_right_one() {
    let mut stray = request(5, 30, Operation::NoRoute);
    (stray.status, stray.path) = (404, "/scim/Users".to_owned());
    (stray.client, stray.token, stray.token_label) = (Client::Unknown, None, None);
    let exchanges = [stray];
    let diagnosis = asked(&exchanges, &[], None);
    assert_eq!(problems(&diagnosis), ["base-url"]);
    assert!(diagnosis.sentence.contains(BASE), "{}", diagnosis.sentence);
    assert!(
        the(&diagnosis, "base-url")
            .finding
            .contains("ends in /scim")
    );
    // Another client at the same address may be the same one: that is said, and no more.
    let diagnosis = asked(&exchanges, &[], Some(1));
    assert!(problems(&diagnosis).is_empty());
    let check = diagnosis
        .checks
        .iter()
        .find(|check| check.name == "base-url");
    assert_eq!(check.unwrap().outcome, Outcome::Unknown);
    assert!(diagnosis.sentence.contains(BASE), "{}", diagnosis.sentence);
}

#[test]
fn somebody_who_tries_tokens_is_named_even_if_the_source_is_served_since() {
    let tried = |many: u64, seconds: u64| -> Vec<ExchangeSummary> {
        let one = |number: u64| ExchangeSummary {
            at: ago(60).minus(Duration::from_secs(number * seconds)),
            ..refused(Refusal::Unknown)
        };
        (0..many).map(one).collect()
    };
    let tokens = [token("tok_1", Some(5))];
    // It is a cause of its own, served since or not.
    for served in [None, Some(10)] {
        let diagnosis = asked(&tried(100, 3), &tokens, served);
        assert_eq!(problems(&diagnosis), ["scan"]);
    }
    let diagnosis = asked(&tried(100, 3), &tokens, None);
    let check = the(&diagnosis, "scan");
    assert!(check.finding.contains("100 requests from 10.0.0.7"));
    assert!(diagnosis.sentence.contains("block it"));
    // Fewer, or more slowly, or of another kind: no scan.
    let mut expired = tried(200, 1);
    for exchange in &mut expired {
        exchange.refusal = Some(Refusal::Expired);
    }
    for exchanges in [tried(99, 1), tried(200, 4), expired] {
        assert!(problems(&asked(&exchanges, &tokens, Some(10))).is_empty());
    }
}

#[test]
fn a_token_that_is_used_and_ends_soon() {
    let mut soon = token("tok_1", Some(5));
    soon.expires = NOW.plus(Duration::from_secs(3 * 86_400));
    assert_eq!(
        problems(&asked(&[], std::slice::from_ref(&soon), None)),
        ["expiring"]
    );
    soon.last_used = None;
    assert!(problems(&asked(&[], &[soon], None)).is_empty());
}
