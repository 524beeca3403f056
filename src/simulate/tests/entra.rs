//! Entra: with `aadOptscim062020` in the tenant URL, and without.

use serde_json::{Value, json};

use super::{Conversation, Talk, group, made, none, ok, one, person, short};
use crate::simulate::client::Client;
use crate::simulate::company::{Change, Event};
use crate::simulate::machine::{Command, Presence};
use crate::simulate::pool::Want;

const FLAGGED: &str = include_str!(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/data/conversations/suspend/entra-aadoptscim062020.jsonl"
));
const DEFAULT: &str = include_str!(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/data/conversations/suspend/entra-default.jsonl"
));

const NAME: (&str, &str) = ("givenName", "familyName");

fn empty() -> (u16, Value) {
    (204, Value::Null)
}

/// What the server holds of a person, as this client would write it.
fn there(talk: &Talk, no: usize, id: &str, active: bool) -> Value {
    let person = &talk.company.people[no];
    json!({
        "id": id, "active": active, "userName": person.user_name,
        "externalId": person.external_id, "displayName": person.name(),
        "name": {"formatted": person.name(), "familyName": person.family,
            "givenName": person.given},
        "emails": [{"type": "work", "value": person.user_name}],
    })
}

fn operations(request: &crate::simulate::talk::Request) -> &Value {
    &request.body.as_ref().unwrap()["Operations"]
}

/// The GUID that a test looks for is nobody's: the path but for it.
fn probe(path: &str) -> bool {
    path.contains("filter=userName%20eq%20%22") && path.ends_with("%22") && !path.contains("%40")
}

#[test]
fn a_flagged_job_hears_what_is_documented() {
    let conversation = Conversation::read(FLAGGED);
    let mut talk = Talk::new(
        Client::Entra,
        vec![person(0, NAME.0, NAME.1, "f1_7@testuser.com", "ext-f1-7")],
        vec![group("fg 7", "fge-7", &[])],
    );
    // First everybody, then managers, then groups, then members.
    let said = first_cycle(&mut talk);
    assert!(probe(&said[0].path), "{}", said[0].path);
    assert!(
        said.iter()
            .all(|request| request.path.contains("?aadOptscim062020"))
    );
    assert_eq!(
        short(&said[1..]),
        [
            "GET /Users?filter=userName eq \"f1_7@testuser.com\"",
            "POST /Users",
            "GET /Groups?excludedAttributes=members&filter=externalId eq \"fge-7\"",
            "POST /Groups",
        ]
    );
    // The mail of a person is its userName here, and a role is somebody's.
    conversation.is(2, &said[2], &["emails", "displayName", "roles"]);
    conversation.is(8, &said[3], &[]);
    conversation.is(7, &said[4], &[]);

    // An update: the mail by its path, all else in one operation without a path.
    let before = there(&talk, 0, "u1", true);
    let ada = &mut talk.company.people[0];
    (ada.given, ada.family) = ("Kkom".to_owned(), "Unua".to_owned());
    ada.user_name = "t_7@test.microsoft.com".to_owned();
    ada.title = Some("Dr".to_owned());
    let said = cycle(&mut talk, Change::Profile(0), &[ok(before), ok(json!({}))]);
    conversation.is(4, &said[1], &[]);
    let changes = operations(&said[2]);
    let wanted = &conversation.step(3)["body"]["Operations"];
    assert!(
        changes.as_array().unwrap().contains(&wanted[0]),
        "{changes}"
    );
    let together = &changes[2];
    assert_eq!(
        (&together["op"], together.get("path")),
        (&json!("replace"), None)
    );
    for key in ["displayName", "name.givenName", "name.familyName"] {
        assert!(together["value"].get(key).is_some(), "{key} in {changes}");
    }
    // What is not there yet is added by its path, as step 6 has it.
    assert!(changes.as_array().unwrap().contains(&json!(
        {"op": "add", "path": "title", "value": "Dr"}
    )));

    talk.event(&Event::Enter(0, 0));
    talk.next_cycle();
    let said = talk.say(&[none(), none(), empty()]);
    assert_eq!(
        decoded_query(&said[1].path),
        "id eq \"g1\" and members eq \"u1\"&attributes=id"
    );
    conversation.is(9, &said[2], &[]);
    talk.event(&Event::Exit(0, 0));
    talk.next_cycle();
    let said = talk.say(&[none(), empty()]);
    conversation.is(10, &said[1], &[]);

    talk.event(&Event::Rename(0, "fg2 7".to_owned()));
    talk.next_cycle();
    let named = ok(json!({"id": "g1", "displayName": "fg 7"}));
    let said = talk.say(&[none(), named, empty()]);
    assert_eq!(
        short(&said[1..2]),
        ["GET /Groups/g1?excludedAttributes=members"]
    );
    conversation.is(12, &said[2], &[]);

    // Soft deletion disables; 30 days later, erased for good, the user is deleted.
    talk.event(&Event::Leave(0));
    let active = ok(there(&talk, 0, "u1", true));
    let said = cycle_of(&mut talk, &[active, empty()]);
    conversation.is(5, &said[2], &[]);
    talk.event(&Event::Erase(0));
    let said = cycle_of(&mut talk, &[(404, json!({}))]);
    conversation.is(14, &said[1], &[]);
    assert_eq!(
        talk.machine.presence(&talk.company.people[0]),
        Presence::Absent
    );
    talk.event(&Event::Drop(0));
    let said = cycle_of(&mut talk, &[empty()]);
    conversation.is(13, &said[1], &[]);
}

fn first_cycle(talk: &mut Talk) -> Vec<crate::simulate::talk::Request> {
    talk.say(&[none(), none(), made("u1"), none(), made("g1")])
}

/// The next cycle: its test is answered, then `replies` are.
fn cycle_of(talk: &mut Talk, replies: &[(u16, Value)]) -> Vec<crate::simulate::talk::Request> {
    talk.next_cycle();
    let mut all = vec![none()];
    all.extend_from_slice(replies);
    talk.say(&all)
}

fn cycle(
    talk: &mut Talk,
    change: Change,
    replies: &[(u16, Value)],
) -> Vec<crate::simulate::talk::Request> {
    talk.machine.notice(change, &talk.company, talk.now);
    cycle_of(talk, replies)
}

fn decoded_query(path: &str) -> String {
    let path = super::decoded(path);
    path.split_once("filter=").unwrap().1.to_owned()
}

#[test]
fn a_default_job_hears_what_is_documented() {
    let conversation = Conversation::read(DEFAULT);
    let mut people = vec![
        person(0, NAME.0, NAME.1, "u2_7@testuser.com", "ext-u2-7"),
        person(1, NAME.0, NAME.1, "u1_7@testuser.com", "ext-u1-7"),
        person(2, NAME.0, NAME.1, "m1_7@testuser.com", "ext-m1-7"),
    ];
    for person in &mut people[1..] {
        person.title = Some("Engineer".to_owned());
    }
    people[1].manager = Some(2);
    let groups = vec![group("grp 7", "extg-7", &[1])];
    let mut talk = Talk::new(Client::EntraLegacy, people, groups);
    let said = talk.say(&[
        none(),
        none(),
        none(),
        none(),
        made("u2"),
        made("u1"),
        made("m1"),
        ok(json!({})), // the role of the first person
        none(),        // has the manager?
        ok(json!({})),
        none(),
        made("g1"),
        none(), // is a member?
        empty(),
    ]);
    assert!(!said[0].path.contains("aadOptscim062020") && probe(&said[0].path));
    conversation.is(5, &said[2], &[]);
    let free = ["emails", "displayName", "title"];
    conversation.is(4, &said[4], &free[..2]);
    conversation.is(2, &said[5], &free);
    conversation.is(3, &said[6], &free);
    let role = &conversation.step(23)["body"];
    assert_eq!(said[7].body.as_ref(), Some(role));
    assert_eq!(said[7].path, "/Users/u2");
    conversation.is(14, &said[8], &[]);
    conversation.is(15, &said[9], &[]);
    conversation.is(26, &said[10], &[]);
    conversation.is(25, &said[11], &[]);
    conversation.is(32, &said[12], &[]);
    conversation.is(27, &said[13], &[]);

    // Several members at once.
    talk.event(&Event::Enter(2, 0));
    talk.event(&Event::Enter(0, 0));
    let said = cycle_of(&mut talk, &[empty()]);
    let added = &operations(&said[1])[0];
    assert_eq!(
        (&added["op"], &added["path"]),
        (&json!("Add"), &json!("members"))
    );
    assert_eq!(
        added["value"],
        json!([{"$ref": null, "value": "u2"}, {"$ref": null, "value": "m1"}])
    );
    talk.event(&Event::Exit(1, 0));
    let said = cycle_of(&mut talk, &[empty()]);
    conversation.is(33, &said[1], &[]);

    // One operation an attribute.
    let before = there(&talk, 1, "u1", true);
    talk.company.people[1].family = "updatedFamilyName".to_owned();
    talk.company.people[1].user_name = "new_7@microsoft.com".to_owned();
    talk.company.people[1].department = Some("Sales".to_owned());
    let said = cycle(&mut talk, Change::Profile(1), &[ok(before), ok(json!({}))]);
    let changes = operations(&said[2]).as_array().unwrap();
    let documented = [9, 13].map(|step| conversation.step(step)["body"]["Operations"].clone());
    for wanted in [&documented[0][0], &documented[0][1], &documented[1][0]] {
        assert!(changes.contains(wanted), "{wanted} in {changes:?}");
    }

    // Disabled with a word, and enabled again.
    talk.event(&Event::Suspend(1));
    let active = ok(there(&talk, 1, "u1", true));
    let said = cycle_of(&mut talk, &[active, empty()]);
    conversation.is(19, &said[2], &[]);
    talk.event(&Event::Resume(1));
    let mut whole = there(&talk, 1, "u1", false);
    whole["title"] = json!("Engineer");
    whole["urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"] =
        json!({"department": "Sales"});
    let said = cycle_of(&mut talk, &[ok(whole), empty()]);
    conversation.is(21, &said[2], &[]);

    talk.event(&Event::Rename(0, "grp2 7".to_owned()));
    let named = ok(json!({"id": "g1", "displayName": "grp 7"}));
    let said = cycle_of(&mut talk, &[named, empty()]);
    conversation.is(31, &said[1], &[]);
    conversation.is(35, &said[2], &[]);
    talk.event(&Event::Drop(0));
    let said = cycle_of(&mut talk, &[empty()]);
    conversation.is(39, &said[1], &[]);

    talk.event(&Event::Leave(1));
    let active = ok(there(&talk, 1, "u1", true));
    cycle_of(&mut talk, &[active, empty()]);
    talk.event(&Event::Erase(1));
    let said = cycle_of(&mut talk, &[empty()]);
    conversation.is(36, &said[1], &[]);
}

/// One person without a role, linked.
fn linked() -> Talk {
    let mut talk = Talk::new(
        Client::Entra,
        vec![
            person(0, "A", "B", "a@okta.local", "a"),
            person(1, "C", "D", "c@okta.local", "c"),
        ],
        vec![group("G", "g", &[1])],
    );
    talk.say(&[
        none(),
        none(),
        none(),
        made("u1"),
        made("u2"),
        none(),
        made("g1"),
        none(),
        empty(),
    ]);
    talk
}

#[test]
fn a_disabled_account_that_is_gone_is_matched_again_made_anew_and_put_back_into_its_groups() {
    let mut talk = linked();
    talk.event(&Event::Suspend(1));
    let active = ok(there(&talk, 1, "u2", true));
    cycle_of(&mut talk, &[active, ok(json!({}))]);
    talk.event(&Event::Resume(1));
    let said = cycle_of(
        &mut talk,
        &[(404, json!({})), none(), made("u3"), empty(), empty()],
    );
    assert_eq!(
        short(&said[1..]),
        [
            "GET /Users/u2",
            "GET /Users?filter=userName eq \"c@okta.local\"",
            "POST /Users",
            "PATCH /Groups/g1",
            "PATCH /Groups/g1",
        ]
    );
    assert_eq!(
        *operations(&said[4]),
        json!([{"op": "add", "path": "members", "value": [{"value": "u3"}]}])
    );
}

#[test]
fn who_leaves_the_scope_is_disabled_and_never_deleted() {
    let mut talk = linked();
    talk.event(&Event::Unassign(0));
    let active = ok(there(&talk, 0, "u1", true));
    let said = cycle_of(&mut talk, &[active, ok(json!({}))]);
    assert_eq!(short(&said[2..]), ["PATCH /Users/u1"]);
    talk.event(&Event::Leave(0));
    talk.event(&Event::Erase(0));
    assert_eq!(cycle_of(&mut talk, &[]).len(), 1);
}

#[test]
fn nothing_new_is_one_look_every_40_minutes() {
    let mut talk = linked();
    for _ in 0..3 {
        let Want::Sleep(until) = talk.machine.want(&talk.company, talk.now) else {
            panic!("it sleeps");
        };
        assert_eq!(until.since(talk.now).as_secs() % 2400, 0);
        assert_eq!(cycle_of(&mut talk, &[]).len(), 1);
    }
}

#[test]
fn a_refused_token_is_a_quarantine_and_what_was_to_be_done_is_done_after_it() {
    let mut talk = linked();
    talk.event(&Event::Rename(0, "H".to_owned()));
    let mut hours = Vec::new();
    talk.next_cycle();
    for _ in 0..4 {
        assert_eq!(talk.say(&[(401, json!({}))]).len(), 1);
        let from = talk.now;
        talk.next_cycle();
        hours.push(talk.now.since(from).as_secs() / 3600);
    }
    assert_eq!(hours, [6, 12, 24, 24]);
    talk.machine
        .command(Command::Connected, &talk.company, talk.now);
    let named = ok(json!({"id": "g1", "displayName": "G"}));
    let said = talk.say(&[none(), named, empty()]);
    assert_eq!(short(&said[2..]), ["PATCH /Groups/g1"]);
    let quarantines = talk.machine.quarantines();
    assert_eq!(quarantines.len(), 1);
    assert!(quarantines[0].until.is_some() && quarantines[0].reason.contains("401"));
}

#[test]
fn a_failure_is_tried_again_and_more_and_more_seldom() {
    let mut talk = linked();
    talk.event(&Event::Rename(0, "H".to_owned()));
    let mut tried = Vec::new();
    for cycle in 0..20 {
        talk.next_cycle();
        let due = [0, 1, 3, 7, 15].contains(&cycle);
        let replies = if due {
            vec![none(), (500, json!({}))]
        } else {
            vec![none()]
        };
        if talk.say(&replies).len() > 1 {
            tried.push(cycle);
        }
    }
    assert_eq!(tried, [0, 1, 3, 7, 15]);
}

#[test]
fn too_many_removals_are_held_back_until_they_are_allowed() {
    let people: Vec<_> = (0..600)
        .map(|no| {
            let name = format!("p{no}@okta.local");
            // Nobody with a role.
            person(no, "A", "B", &name, &name)
        })
        .collect();
    let mut talk = Talk::new(Client::Entra, people, Vec::new());
    answer_all(&mut talk);
    for no in 0..501 {
        talk.event(&Event::Unassign(no));
    }
    talk.next_cycle();
    assert_eq!(talk.say(&[none()]).len(), 1);
    assert!(talk.machine.quarantines()[0].reason.contains("501"));
    talk.machine
        .command(Command::AllowDeletes, &talk.company, talk.now);
    assert_eq!(answer_all(&mut talk), 1 + 501 * 2);
}

/// Answers everything as if all were well; how many requests there were.
fn answer_all(talk: &mut Talk) -> usize {
    let mut count = 0;
    while let Want::Wave(wave) = talk.machine.want(&talk.company, talk.now) {
        let answers: Vec<_> = wave
            .iter()
            .map(|request| {
                count += 1;
                let (status, body) = match request.method.as_str() {
                    "POST" => made(&format!("u{count}")),
                    "GET" if request.path.contains("filter=") => none(),
                    _ => one(json!({})),
                };
                crate::simulate::talk::Reply {
                    status,
                    retry_after: None,
                    body,
                }
            })
            .collect();
        if !answers.is_empty() {
            talk.machine.answers(answers, &talk.company, talk.now);
        }
    }
    count
}
