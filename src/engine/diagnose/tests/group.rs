//! Groups.

use serde_json::json;

use super::*;
use crate::engine::diagnose::group::{Facts, Stale, diagnose};
use crate::ids::ResourceId;
use crate::model::event::{Actor, Event, EventKind};
use crate::model::group::GroupRecord;
use crate::model::role::RoleSource;
use crate::scim::quirk::Quirk;

fn record(members: u64) -> GroupRecord {
    GroupRecord {
        org: OrgId(0),
        id: ResourceId(uuid::Uuid::from_u128(2)),
        display_name: "Sales".to_owned(),
        external_id: None,
        created: ago(90),
        modified: ago(60),
        version: 2,
        source: None,
        member_count: members,
        doc: "{}".to_owned(),
    }
}

fn event(seq: u64, kind: EventKind, added: usize, removed: usize) -> Event {
    Event {
        seq,
        at: ago(100 - seq),
        org: OrgId(0),
        kind,
        actor: Actor::Token(TokenId("tok_1".to_owned())),
        subject: Some(ResourceId(uuid::Uuid::from_u128(2))),
        request: Some(RequestId(uuid::Uuid::from_u128(seq.into()))),
        cause: "patch".to_owned(),
        detail: json!({ "subject": "Sales", "changes": [{
            "path": "members", "added": vec!["x"; added], "removed": vec!["x"; removed],
        }] }),
        hash: String::new(),
    }
}

struct Case {
    org: Org,
    tokens: Vec<Token>,
    group: Option<GroupRecord>,
    others: Vec<String>,
    history: Vec<Event>,
    renamed: Option<Event>,
    about: Vec<ExchangeSummary>,
    stale: Vec<(ExchangeSummary, Vec<String>)>,
    lost_roles: Vec<String>,
}

impl Case {
    fn well() -> Self {
        Self {
            org: org(),
            tokens: vec![token("tok_1", Some(5))],
            group: Some(record(12)),
            others: vec!["Sales".to_owned(), "Sales Support".to_owned()],
            history: vec![event(2, EventKind::MembersChanged, 12, 0)],
            renamed: None,
            about: vec![request(4, 60, Operation::Patch)],
            stale: Vec::new(),
            lost_roles: Vec::new(),
        }
    }

    fn diagnosis(&self) -> Diagnosis {
        let stale: Vec<_> = self
            .stale
            .iter()
            .map(|(exchange, ids)| Stale {
                exchange,
                ids: ids.clone(),
            })
            .collect();
        diagnose(&Facts {
            scene: scene(&self.org, &self.tokens, &[]),
            which: "Sales",
            group: self.group.as_ref(),
            others: &self.others,
            history: &self.history,
            renamed: self.renamed.as_ref(),
            about: &self.about,
            failed: &[],
            stale: &stale,
            roles: &[("Analyst".to_owned(), RoleSource::Operator)],
            lost_roles: &self.lost_roles,
            nested: &["Inner".to_owned()],
        })
    }
}

fn renaming() -> Event {
    Event {
        detail: json!({ "subject": "Sales and Marketing", "changes": [{
            "path": "displayName", "before": "Sales", "after": "Sales and Marketing",
        }] }),
        ..event(7, EventKind::GroupPatched, 0, 0)
    }
}

#[test]
fn a_group_that_lost_a_role_with_its_name() {
    let named = |name: &str, lost_roles| Case {
        group: Some(GroupRecord {
            display_name: name.to_owned(),
            ..record(12)
        }),
        history: vec![renaming()],
        lost_roles,
        ..Case::well()
    };
    let diagnosis = named("Sales and Marketing", vec!["Seller".to_owned()]).diagnosis();
    let check = the(&diagnosis, "roles");
    assert!(
        check
            .finding
            .contains("Seller by its name Sales; token label-tok_1 renamed it")
    );
    assert!(check.steps[0].contains("roles rule 'Seller' --group-name 'Sales and Marketing'"));
    assert_eq!(check.evidence.len(), 1);
    // Whoever names a group does not write what is pasted into a shell.
    let diagnosis = named("x'; rm -rf ~ '", vec!["Seller".to_owned()]).diagnosis();
    let step = &the(&diagnosis, "roles").steps[0];
    assert!(
        step.contains(r"--group-name 'x'\''; rm -rf ~ '\'''"),
        "{step}"
    );
    let kept = named("Sales and Marketing", Vec::new());
    assert!(problems(&kept.diagnosis()).is_empty());
}

#[test]
fn a_group_that_has_another_name_now() {
    let renaming = renaming();
    let case = Case {
        group: None,
        history: Vec::new(),
        renamed: Some(renaming.clone()),
        ..Case::well()
    };
    let diagnosis = case.diagnosis();
    let check = the(&diagnosis, "renamed");
    assert!(
        check.finding.contains("to Sales and Marketing") && check.finding.contains("label-tok_1"),
        "{}",
        check.finding
    );
    assert_eq!(check.evidence, renaming.request.map(|id| vec![id]).unwrap());
    assert!(diagnosis.sentence.contains("Sales and Marketing"));
    // Asked for by its name of now, nothing is wrong with it, and the rename is told.
    let case = Case {
        history: vec![renaming],
        ..Case::well()
    };
    let diagnosis = case.diagnosis();
    assert!(problems(&diagnosis).is_empty(), "{diagnosis:#?}");
    assert!(format!("{diagnosis:?}").contains("it was named Sales until"));
}

#[test]
fn nothing_is_found_where_all_is_well() {
    let diagnosis = Case::well().diagnosis();
    assert!(problems(&diagnosis).is_empty(), "{diagnosis:#?}");
    let text = format!("{:?}", diagnosis.checks);
    for word in [
        "+12 −0",
        "token label-tok_1",
        "Analyst",
        "Inner",
        "12 members",
    ] {
        assert!(text.contains(word), "{word}: {text}");
    }
    // A few who leave, and many who leave and come back, are everyday changes.
    for history in [
        vec![
            event(3, EventKind::MembersChanged, 0, 3),
            event(2, EventKind::MembersChanged, 15, 0),
        ],
        vec![
            event(4, EventKind::MembersChanged, 12, 0),
            event(3, EventKind::MembersChanged, 0, 12),
            event(2, EventKind::MembersChanged, 12, 0),
        ],
    ] {
        let case = Case {
            history,
            ..Case::well()
        };
        assert!(problems(&case.diagnosis()).is_empty());
    }
}

#[test]
fn a_group_that_was_emptied_names_the_request() {
    for (left, removed) in [(0, 12), (0, 3), (5, 20)] {
        let case = Case {
            group: Some(record(left)),
            history: vec![event(3, EventKind::MembersChanged, 0, removed)],
            ..Case::well()
        };
        let diagnosis = case.diagnosis();
        let check = the(&diagnosis, "emptied");
        assert_eq!(check.evidence, [RequestId(uuid::Uuid::from_u128(3))]);
        assert!(
            check.finding.contains("roles hang on it"),
            "{}",
            check.finding
        );
        assert!(
            diagnosis.sentence.contains("Push now"),
            "{}",
            diagnosis.sentence
        );
    }
}

#[test]
fn a_group_that_was_deleted_or_never_sent() {
    let case = Case {
        group: None,
        history: vec![event(3, EventKind::GroupDeleted, 0, 0)],
        ..Case::well()
    };
    assert!(the(&case.diagnosis(), "group").finding.contains("deleted"));
    let case = Case {
        group: None,
        history: Vec::new(),
        about: Vec::new(),
        ..Case::well()
    };
    assert!(
        the(&case.diagnosis(), "requests")
            .finding
            .contains("never sent")
    );
}

#[test]
fn a_name_that_differs_in_delimiters_alone() {
    for other in ["SALES ", "sa-les", "Sales@org1"] {
        let case = Case {
            others: vec![other.to_owned()],
            ..Case::well()
        };
        assert!(
            the(&case.diagnosis(), "name").finding.contains(other),
            "{other}"
        );
    }
}

#[test]
fn members_who_never_were_there_and_who_were_removed() {
    let mut refused = request(8, 3, Operation::Patch);
    refused.status = 400;
    let mut tolerated = request(9, 2, Operation::Patch);
    tolerated
        .quirks
        .push(Quirk::RemovedMember.name().to_owned());
    for (exchange, word) in [(refused, "never were"), (tolerated, "were removed here")] {
        let request = exchange.request;
        let case = Case {
            stale: vec![(exchange, vec!["77aa".to_owned(), "77aa".to_owned()])],
            ..Case::well()
        };
        let diagnosis = case.diagnosis();
        let check = the(&diagnosis, "members");
        assert!(check.finding.contains(word), "{}", check.finding);
        assert!(check.finding.ends_with(": 77aa"), "{}", check.finding);
        assert_eq!(check.evidence, [request]);
    }
}
