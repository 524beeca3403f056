//! Users.

use serde_json::json;

use super::*;
use crate::engine::diagnose::user::{Candidate, Facts, Mismatch, alike, diagnose};
use crate::ids::ResourceId;
use crate::model::deletion::{Deletion, DeletionState, Signal};
use crate::model::event::Actor;
use crate::model::role::Access;
use crate::model::user::{GroupRef, UserRecord};

fn account(active: bool, groups: &[&str]) -> UserRecord {
    UserRecord {
        org: OrgId(0),
        id: ResourceId(uuid::Uuid::from_u128(1)),
        user_name: "ada@example.com".to_owned(),
        external_id: Some("00u1".to_owned()),
        active,
        created: ago(60),
        modified: ago(60),
        version: 1,
        source: None,
        doc: "{}".to_owned(),
        groups: groups
            .iter()
            .map(|name| GroupRef {
                id: ResourceId(uuid::Uuid::from_u128(2)),
                display: (*name).to_owned(),
                direct: true,
            })
            .collect(),
        roles: Vec::new(),
    }
}

fn removal(state: DeletionState, batch: Option<u64>) -> Deletion {
    Deletion {
        seq: 3,
        at: ago(30),
        org: OrgId(0),
        state,
        settled: None,
        until: None,
        batch,
        counted: true,
        user: ResourceId(uuid::Uuid::from_u128(1)),
        user_name: "ada@example.com".to_owned(),
        external_id: None,
        signal: Signal::Delete,
        actor: Actor::Token(TokenId("tok_1".to_owned())),
        request: Some(RequestId(uuid::Uuid::from_u128(77))),
        groups: json!([{ "value": "2", "display": "Sales" }]),
        roles: Vec::new(),
        content: std::collections::BTreeMap::new(),
        heir: None,
        snapshot: serde_json::Value::Null,
    }
}

struct Case {
    org: Org,
    tokens: Vec<Token>,
    account: Option<UserRecord>,
    access: Access,
    candidates: Vec<Candidate>,
    removals: Vec<Deletion>,
    about: Vec<ExchangeSummary>,
    mismatch: Option<(ExchangeSummary, String)>,
}

impl Case {
    fn well() -> Self {
        Self {
            org: org(),
            tokens: vec![token("tok_1", Some(5))],
            account: Some(account(true, &["Sales"])),
            access: Access::default(),
            candidates: Vec::new(),
            removals: Vec::new(),
            about: vec![
                request(4, 60, Operation::Create),
                request(3, 60, Operation::Query),
            ],
            mismatch: None,
        }
    }

    fn absent() -> Self {
        Self {
            account: None,
            ..Self::well()
        }
    }

    fn diagnosis(&self) -> Diagnosis {
        let mismatch = self.mismatch.as_ref();
        let mismatches: Vec<_> = mismatch
            .iter()
            .map(|(exchange, found)| Mismatch {
                exchange,
                found: found.clone(),
            })
            .collect();
        diagnose(&Facts {
            mismatches: &mismatches,
            ..self.facts()
        })
    }

    fn facts(&self) -> Facts<'_> {
        Facts {
            scene: scene(&self.org, &self.tokens, &[]),
            which: "ada@example.com",
            account: self.account.as_ref(),
            access: &self.access,
            candidates: &self.candidates,
            removals: &self.removals,
            about: &self.about,
            failed: &[],
            mismatches: &[],
        }
    }
}

#[test]
fn nothing_is_found_where_all_is_well() {
    let diagnosis = Case::well().diagnosis();
    assert!(problems(&diagnosis).is_empty(), "{diagnosis:#?}");
    assert!(
        diagnosis.sentence.contains("nothing wrong"),
        "{}",
        diagnosis.sentence
    );
    let back = Case {
        removals: vec![removal(DeletionState::Returned, None)],
        ..Case::well()
    };
    assert!(problems(&back.diagnosis()).is_empty());
}

#[test]
fn a_user_that_was_never_sent_or_only_looked_up() {
    let mut case = Case::absent();
    case.about.clear();
    let diagnosis = case.diagnosis();
    let check = the(&diagnosis, "requests");
    assert!(check.finding.contains("never sent"), "{}", check.finding);
    assert!(
        diagnosis.sentence.contains("Okta: app › Assignments"),
        "{}",
        diagnosis.sentence
    );
    case.about = vec![request(3, 60, Operation::Query)];
    let diagnosis = case.diagnosis();
    assert!(
        the(&diagnosis, "requests")
            .finding
            .contains("never creates")
    );
    // What is there but was not seen lately is no problem.
    let mut case = Case::well();
    case.about.clear();
    assert!(problems(&case.diagnosis()).is_empty());
}

#[test]
fn a_user_that_was_removed_held_or_frozen() {
    for (state, batch, word) in [
        (DeletionState::Deleted, None, "removed for good"),
        (DeletionState::Held, None, "held"),
        (
            DeletionState::Held,
            Some(2),
            "frozen by the guard in batch 2",
        ),
    ] {
        let case = Case {
            removals: vec![removal(state, batch)],
            ..Case::absent()
        };
        let diagnosis = case.diagnosis();
        let check = the(&diagnosis, "removed");
        assert!(check.finding.contains(word), "{}", check.finding);
        assert!(
            check.finding.contains("DELETE by token label-tok_1"),
            "{}",
            check.finding
        );
        assert_eq!(check.evidence, [RequestId(uuid::Uuid::from_u128(77))]);
        assert!(diagnosis.sentence.contains(word), "{}", diagnosis.sentence);
    }
}

#[test]
fn a_user_that_comes_and_goes() {
    let removals = |hours: [u64; 3]| {
        hours.map(|hours| Deletion {
            at: ago(hours * 60),
            ..removal(DeletionState::Deleted, None)
        })
    };
    let often = Case {
        removals: removals([1, 9, 23]).to_vec(),
        ..Case::well()
    };
    let diagnosis = often.diagnosis();
    assert_eq!(problems(&diagnosis), ["flapping"]);
    let check = the(&diagnosis, "flapping");
    assert!(check.finding.contains("3 times"), "{}", check.finding);
    assert_eq!(check.evidence.len(), 3);
    // Twice a day is not often.
    let seldom = Case {
        removals: removals([1, 9, 25]).to_vec(),
        ..Case::well()
    };
    assert!(problems(&seldom.diagnosis()).is_empty());
}

#[test]
fn a_user_asked_for_by_id_is_told_by_name() {
    for case in [
        Case::well(),
        Case {
            removals: vec![removal(DeletionState::Deleted, None)],
            ..Case::absent()
        },
    ] {
        let diagnosis = diagnose(&Facts {
            which: "00000000000000000000000000000001",
            ..case.facts()
        });
        assert_eq!(diagnosis.subject.as_deref(), Some("ada@example.com"));
    }
}

#[test]
fn a_user_that_is_disabled_or_lost_its_groups() {
    let mut off = request(9, 2, Operation::Deactivate);
    off.status = 200;
    let case = Case {
        account: Some(account(false, &["Sales"])),
        about: vec![off.clone()],
        ..Case::well()
    };
    let diagnosis = case.diagnosis();
    assert_eq!(the(&diagnosis, "user").evidence, [off.request]);
    let case = Case {
        account: Some(account(true, &[])),
        removals: vec![removal(DeletionState::Deleted, None)],
        ..Case::well()
    };
    assert!(the(&case.diagnosis(), "access").finding.contains("Sales"));
}

#[test]
fn a_user_that_is_somebody_else_or_elsewhere() {
    let query = request(9, 2, Operation::Query);
    let case = Case {
        mismatch: Some((query.clone(), "bob@example.com".to_owned())),
        ..Case::absent()
    };
    let diagnosis = case.diagnosis();
    let check = the(&diagnosis, "match");
    assert!(
        check.finding.contains("bob@example.com"),
        "{}",
        check.finding
    );
    for (org, word) in [("Primary", "Attribute Mappings"), ("sales", "API token")] {
        let case = Case {
            candidates: vec![Candidate {
                user_name: "ada".to_owned(),
                org: org.to_owned(),
                by: "emails",
            }],
            ..Case::absent()
        };
        let diagnosis = case.diagnosis();
        let check = the(&diagnosis, "elsewhere");
        assert!(check.steps[0].contains(word), "{:?}", check.steps);
        let case = Case {
            account: Case::well().account,
            ..case
        };
        assert!(problems(&case.diagnosis()).is_empty());
    }
    for (one, other, expected) in [
        ("ada", "Ada@example.com", true),
        ("ada@a", "ada@b", true),
        ("ada@a", "adam@a", false),
        ("@a", "@b", false),
    ] {
        assert_eq!(alike(one, other), expected, "{one} {other}");
    }
}
