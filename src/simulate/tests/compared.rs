//! The comparison: nothing that differs escapes it.

use serde_json::{Value, json};

use super::{Talk, empty_replies, group, person};
use crate::simulate::client::Client;
use crate::simulate::company::Event;
use crate::simulate::compare::{Listed, Policy, compare};

fn talk() -> Talk {
    let mut people = vec![
        person(0, "A", "B", "a@okta.local", "a"),
        person(1, "C", "D", "c@okta.local", "c"),
    ];
    people[0].title = Some("Dr".to_owned());
    let mut talk = Talk::new(Client::Okta, people, vec![group("G", "g", &[0, 1])]);
    talk.say(&empty_replies());
    talk
}

fn user(id: &str, given: &str, family: &str, name: &str, external: &str) -> Value {
    json!({
        "id": id, "userName": name, "externalId": external, "active": true,
        "name": {"givenName": given, "familyName": family},
        "displayName": format!("{given} {family}"),
        "emails": [{"type": "work", "value": name}],
    })
}

fn listed() -> Listed {
    let mut ada = user("u1", "A", "B", "a@okta.local", "a");
    ada["title"] = json!("Dr");
    Listed {
        users: vec![
            ada,
            user("u2", "C", "D", "c@okta.local", "c"),
            user("u9", "X", "Y", "x@elsewhere.example", "x"),
        ],
        groups: vec![
            json!({"id": "g1", "displayName": "G",
                "members": [{"value": "u1"}, {"value": "u2"}]}),
            json!({"id": "g9", "displayName": "Somebody else's"}),
        ],
    }
}

fn found(talk: &Talk, policy: Policy, listed: &Listed) -> Vec<String> {
    compare(&talk.company, &*talk.machine, policy, listed)
        .iter()
        .map(|difference| format!("{} {}", difference.subject, difference.what))
        .collect()
}

/// What is done to a list to spoil it.
type Spoil = fn(&mut Listed);

#[test]
fn each_difference_is_found_and_named() {
    let talk = talk();
    let none: [String; 0] = [];
    assert_eq!(found(&talk, Policy::Any, &listed()), none);
    let table: [(Spoil, &str); 12] = [
        (
            |l| l.users[0]["userName"] = json!("b@x"),
            "a@okta.local userName",
        ),
        (
            |l| l.users[0]["externalId"] = json!("b"),
            "a@okta.local externalId",
        ),
        (
            |l| l.users[0]["name"]["givenName"] = json!("b"),
            "a@okta.local name.givenName",
        ),
        (
            |l| l.users[0]["displayName"] = json!("b"),
            "a@okta.local displayName",
        ),
        (|l| l.users[0]["emails"] = json!([]), "a@okta.local emails"),
        (|l| l.users[0]["title"] = Value::Null, "a@okta.local title"),
        (
            |l| l.users[0]["active"] = json!(false),
            "a@okta.local active",
        ),
        (
            |l| l.users.push(user("u3", "E", "F", "e@okta.local", "e")),
            "e@okta.local unexpected",
        ),
        (|l| l.groups[0]["displayName"] = json!("H"), "G displayName"),
        (
            |l| l.groups[0]["members"] = json!([{"value": "u1"}]),
            "G members",
        ),
        (
            |l| l.groups[0]["members"] = json!([{"value": "u1"}, {"value": "u2"}, {"value": "u9"}]),
            "G members",
        ),
        (
            |l| {
                l.groups.remove(0);
            },
            "G missing",
        ),
    ];
    for (spoil, wanted) in table {
        let mut listed = listed();
        spoil(&mut listed);
        assert_eq!(found(&talk, Policy::Any, &listed), [wanted]);
    }
    let mut gone = listed();
    gone.users.remove(1);
    assert_eq!(
        found(&talk, Policy::Any, &gone),
        ["c@okta.local missing", "G members"]
    );
}

#[test]
fn a_disabled_account_is_judged_by_the_policy() {
    let mut talk = talk();
    talk.event(&Event::Unassign(1));
    let there = (200, user("u2", "C", "D", "c@okta.local", "c"));
    let group = (200, json!({"id": "g1"}));
    talk.say(&[there.clone(), there, group.clone(), group]);
    let (active, mut inactive, mut gone) = (listed(), listed(), listed());
    inactive.users[1]["active"] = json!(false);
    gone.users.remove(1);
    gone.groups[0]["members"] = json!([{"value": "u1"}]);
    for (policy, active_is, inactive_is, gone_is) in [
        (Policy::Delete, "still there", "still there", ""),
        (Policy::Hold, "still there", "still there", ""),
        (Policy::Suspend, "active", "", "missing"),
        (Policy::Any, "active", "", ""),
    ] {
        for (listed, wanted) in [
            (&active, active_is),
            (&inactive, inactive_is),
            (&gone, gone_is),
        ] {
            let wanted: Vec<_> = [wanted]
                .into_iter()
                .filter(|wanted| !wanted.is_empty())
                .map(|wanted| format!("c@okta.local {wanted}"))
                .collect();
            assert_eq!(found(&talk, policy, listed), wanted, "{policy:?}");
        }
    }
}

#[test]
fn a_group_that_was_to_go_is_noticed() {
    let mut talk = talk();
    talk.event(&Event::Drop(0));
    talk.say(&[(500, json!({}))]);
    assert_eq!(found(&talk, Policy::Any, &listed()), ["G unexpected"]);
}
