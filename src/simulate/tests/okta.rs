//! Okta: a custom application and one of the catalogue.

use serde_json::{Value, json};

use super::{Conversation, Talk, group, headers, made, none, ok, one, person, short};
use crate::simulate::client::Client;
use crate::simulate::company::Event;
use crate::simulate::machine::{Command, Presence};
use crate::simulate::pool::Want;
use crate::simulate::talk::Reply;

const AIW: &str = include_str!(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/data/conversations/suspend/okta-aiw-put.jsonl"
));
const OIN: &str = include_str!(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/data/conversations/suspend/okta-oin-patch.jsonl"
));

fn custom() -> Talk {
    Talk::new(
        Client::Okta,
        vec![person(
            0,
            "Test",
            "User",
            "o1_7@okta.local",
            "00ujl29u0le5T67",
        )],
        vec![group("APP 7", "", &[0])],
    )
}

#[test]
fn a_custom_application_hears_what_was_recorded() {
    let conversation = Conversation::read(AIW);
    let mut talk = custom();
    let said = talk.say(&[
        ok(json!({"totalResults": 0})),
        none(),
        made("u1"),
        none(),
        made("g1"),
        ok(json!({"id": "g1"})),
        ok(json!({"id": "g1"})),
    ]);
    for (at, step, free) in [
        (0, 1, [].as_slice()),
        (1, 2, &[]),
        (2, 3, &["password"]),
        (3, 9, &[]),
        (4, 10, &[]),
        (5, 11, &[]),
        (6, 12, &[]),
    ] {
        conversation.is(step, &said[at], free);
    }
    assert!(said[2].body.as_ref().unwrap()["password"].is_string());

    // An update reads the whole user and sends it back.
    talk.company.people[0].given = "Another".to_owned();
    talk.company.people[0].title = Some("Account Executive".to_owned());
    let change = crate::simulate::company::Change::Profile(0);
    talk.machine.notice(change, &talk.company, talk.now);
    let mut there = conversation.step(5)["body"].clone();
    there["name"]["givenName"] = json!("Test");
    let said = talk.say(&[ok(there), ok(json!({}))]);
    conversation.is(4, &said[0], &[]);
    conversation.is(5, &said[1], &["displayName"]);

    // A deactivation does too; then the group goes out without the user.
    talk.event(&Event::Leave(0));
    let mut there = conversation.step(6)["body"].clone();
    there["active"] = json!(true);
    let group = ok(json!({"id": "g1", "members": []}));
    let said = talk.say(&[ok(there), ok(json!({})), group.clone(), group]);
    conversation.is(6, &said[1], &[]);
    conversation.is(11, &said[2], &[]);
    conversation.is(13, &said[3], &["id"]);
    assert_eq!(
        talk.machine.presence(&talk.company.people[0]),
        Presence::Disabled
    );

    // Who comes back is looked for, found, and updated.
    talk.event(&Event::Return(0));
    let mut there = conversation.step(8)["body"].clone();
    there["active"] = json!(false);
    let said = talk.say(&[one(there.clone()), ok(there), ok(json!({}))]);
    conversation.is(7, &said[0], &[]);
    conversation.is(8, &said[2], &["name", "displayName", "title"]);

    talk.event(&Event::Drop(0));
    let said = talk.say(&[(204, Value::Null)]);
    conversation.is(16, &said[0], &[]);
}

#[test]
fn an_application_of_the_catalogue_is_patched() {
    let conversation = Conversation::read(OIN);
    let mut talk = Talk::new(
        Client::OktaOin,
        vec![
            person(0, "Test", "User", "p1_7@okta.local", "00ujl29u0le5T67"),
            person(1, "Test", "User", "p2_7@okta.local", "00ux7"),
        ],
        vec![group("OIN 7", "", &[0])],
    );
    let said = talk.say(&[
        ok(json!({})),
        none(),
        none(),
        made("u1"),
        made("u2"),
        none(),
        made("g1"),
        ok(json!({"id": "g1"})),
        (204, Value::Null),
        (204, Value::Null),
    ]);
    conversation.is(1, &said[3], &["password"]);
    conversation.is(2, &said[4], &["password"]);
    conversation.is(7, &said[6], &[]);
    assert_eq!(
        short(&said[7..]),
        ["GET /Groups/g1", "PATCH /Groups/g1", "PATCH /Groups/g1"]
    );
    let push = &said[9].body.as_ref().unwrap()["Operations"][0];
    assert_eq!(
        *push,
        json!({"op": "replace", "path": "members",
            "value": [{"value": "u1", "display": "p1_7@okta.local"}]})
    );

    // A rename; before each membership change the name goes out as well.
    talk.event(&Event::Rename(0, "OIN2 7".to_owned()));
    let said = talk.say(&[(204, Value::Null)]);
    conversation.is(8, &said[0], &[]);
    talk.event(&Event::Exit(0, 0));
    talk.event(&Event::Enter(1, 0));
    let said = talk.say(&[(204, Value::Null), (204, Value::Null)]);
    conversation.is(8, &said[0], &[]);
    conversation.is(10, &said[1], &[]);
    talk.event(&Event::Exit(1, 0));
    let said = talk.say(&[(204, Value::Null), (204, Value::Null)]);
    assert_eq!(
        said[1].body.as_ref().unwrap()["Operations"],
        json!([{"op": "remove", "path": "members[value eq \"u2\"]"}])
    );

    // "Push now" of a group that is empty.
    talk.machine
        .command(Command::Restart, &talk.company, talk.now);
    let (first, second) = (json!({"id": "u1"}), json!({"id": "u2"}));
    let said = talk.say(&[
        one(first.clone()),
        one(second.clone()),
        ok(first),
        ok(second),
        ok(json!({})),
        ok(json!({})),
        (204, Value::Null),
        (204, Value::Null),
    ]);
    conversation.is(12, &said[7], &[]);

    talk.event(&Event::Password(0));
    let said = talk.say(&[(204, Value::Null)]);
    let operation = &said[0].body.as_ref().unwrap()["Operations"][0];
    assert_eq!(operation["op"], "replace");
    assert!(operation["value"]["password"].is_string() && operation.get("path").is_none());

    // `active` is switched without a path, off and on.
    talk.event(&Event::Unassign(0));
    let said = talk.say(&[(204, Value::Null)]);
    conversation.is(3, &said[0], &[]);
    talk.event(&Event::Assign(0));
    let there = json!({"id": "u1", "active": false});
    let said = talk.say(&[
        one(there.clone()),
        (204, Value::Null),
        ok(there),
        ok(json!({})),
    ]);
    conversation.is(5, &said[1], &[]);

    talk.machine
        .command(Command::Import, &talk.company, talk.now);
    let page = |from: usize, to: usize| {
        let users: Vec<_> = (from..to).map(|id| json!({"id": id})).collect();
        ok(json!({"totalResults": 150, "Resources": users}))
    };
    let said = talk.say(&[page(0, 100), page(100, 150)]);
    conversation.is(15, &said[0], &[]);
    assert_eq!(said[1].path, "/Users?startIndex=101&count=100");
}

#[test]
fn the_headers_are_the_recorded_ones() {
    let conversation = Conversation::read(AIW);
    let wanted = conversation.step(3)["headers"].as_object().unwrap();
    let said = headers(Client::Okta);
    assert_eq!(said.as_object().unwrap().len(), wanted.len());
    for (name, value) in wanted {
        assert_eq!(said[name.to_lowercase()], *value, "{name}");
    }
}

#[test]
fn a_suspension_says_nothing_and_nobody_is_ever_deleted() {
    let mut talk = custom();
    talk.say(&[
        ok(json!({})),
        none(),
        made("u1"),
        none(),
        made("g1"),
        ok(json!({})),
        ok(json!({})),
    ]);
    talk.event(&Event::Suspend(0));
    assert_eq!(talk.say(&[]), []);
    let ada = &talk.company.people[0];
    assert_eq!(talk.machine.presence(ada), Presence::Active);
    talk.event(&Event::Resume(0));
    talk.event(&Event::Leave(0));
    let user = ok(json!({"id": "u1"}));
    talk.say(&[user.clone(), user.clone(), user.clone(), user]);
    talk.event(&Event::Erase(0));
    assert_eq!(talk.say(&[]), []);
}

#[test]
fn a_429_is_waited_out_doubling_ten_times_and_then_a_task() {
    let mut talk = custom();
    talk.say(&[
        ok(json!({})),
        none(),
        made("u1"),
        none(),
        made("g1"),
        ok(json!({})),
        ok(json!({})),
    ]);
    talk.event(&Event::Password(0));
    let mut waits = Vec::new();
    let mut asked = 0;
    loop {
        match talk.machine.want(&talk.company, talk.now) {
            Want::Wave(wave) => {
                asked += wave.len();
                let slow = Reply {
                    status: 429,
                    retry_after: Some("2".to_owned()),
                    body: Value::Null,
                };
                let answers = vec![slow; wave.len()];
                if !answers.is_empty() {
                    talk.machine.answers(answers, &talk.company, talk.now);
                }
            }
            Want::Pause(until) => {
                waits.push(until.since(talk.now).as_secs());
                talk.now = until;
            }
            Want::Sleep(_) | Want::Nothing => break,
        }
    }
    assert_eq!(asked, 10);
    assert_eq!(waits, [2, 4, 8, 16, 32, 64, 128, 256, 512]);
    assert_eq!(talk.machine.book().failures[0].status, 429);
}

#[test]
fn a_failure_is_not_retried_until_an_administrator_resubmits_it() {
    let mut talk = custom();
    talk.say(&[
        ok(json!({})),
        none(),
        (500, json!({"detail": "no"})),
        none(),
        made("g1"),
        ok(json!({})),
        ok(json!({})),
    ]);
    assert_eq!(talk.machine.book().failures[0].detail, "no");
    assert_eq!(talk.say(&[]), []);
    talk.machine
        .command(Command::Resubmit, &talk.company, talk.now);
    let said = talk.say(&[none(), made("u1"), ok(json!({})), ok(json!({}))]);
    assert_eq!(said[1].path, "/Users");
    assert_eq!(short(&said[2..]), ["GET /Groups/g1", "PUT /Groups/g1"]);
}

#[test]
fn nothing_is_sent_until_the_connection_works() {
    let mut talk = custom();
    let said = talk.say(&[(401, json!({}))]);
    assert_eq!(said.len(), 1);
    talk.event(&Event::Rename(0, "Other".to_owned()));
    assert_eq!(talk.say(&[]), []);
    talk.machine
        .command(Command::Connected, &talk.company, talk.now);
    let said = talk.say(&[
        ok(json!({})),
        none(),
        made("u1"),
        none(),
        made("g1"),
        ok(json!({})),
        ok(json!({})),
    ]);
    assert_eq!(said.len(), 7);
}
