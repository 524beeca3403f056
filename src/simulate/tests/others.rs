//! The smaller clients: what each is known for.

use serde_json::{Value, json};

use super::{Talk, group, headers, made, none, ok, one, person, short};
use crate::simulate::client::Client;
use crate::simulate::company::Event;
use crate::simulate::machine::{Command, Presence};
use crate::simulate::talk::Request;

fn talk(client: Client) -> Talk {
    Talk::new(
        client,
        vec![person(0, "A", "B", "a@okta.local", "ext-a")],
        vec![group("G", "ext-g", &[0])],
    )
}

fn body(request: &Request) -> &Value {
    request.body.as_ref().unwrap()
}

fn operations(request: &Request) -> &Value {
    &body(request)["Operations"]
}

#[test]
fn onelogin_looks_for_nobody_reads_what_it_wrote_and_deletes() {
    let mut talk = talk(Client::OneLogin);
    let said = talk.say(&[
        (404, json!({})),
        none(),
        none(),
        made("u1"),
        ok(json!({})),
        none(),
        made("g1"),
        ok(json!({})),
    ]);
    assert_eq!(
        short(&said),
        [
            "GET /Users?filter=userName eq \"nobody-at-all@nowhere.example\"",
            "GET /Groups",
            "GET /Users?filter=userName eq \"a@okta.local\"",
            "POST /Users",
            "GET /Users/u1",
            "GET /Groups?filter=displayName eq \"G\"",
            "POST /Groups",
            "PATCH /Groups/g1",
        ]
    );
    assert!(body(&said[3])["emails"].is_object());
    assert_eq!(headers(Client::OneLogin)["accept"], "application/json");
    talk.event(&Event::Leave(0));
    let said = talk.say(&[(204, Value::Null), ok(json!({}))]);
    assert_eq!(short(&said), ["DELETE /Users/u1", "PATCH /Groups/g1"]);
    let ada = &talk.company.people[0];
    assert_eq!(talk.machine.presence(ada), Presence::Absent);
}

#[test]
fn jumpcloud_makes_and_deletes_a_test_user_and_a_test_group() {
    let mut talk = talk(Client::JumpCloud);
    let said = talk.say(&[
        made("t1"),
        (204, Value::Null),
        made("t2"),
        (204, Value::Null),
        none(),
        made("u1"),
        none(),
        made("g1"),
        ok(json!({})),
    ]);
    assert_eq!(
        short(&said[..4]),
        [
            "POST /Users",
            "DELETE /Users/t1",
            "POST /Groups",
            "DELETE /Groups/t2"
        ]
    );
    let made = body(&said[5]);
    assert_eq!(made["schemas"].as_array().unwrap().len(), 2);
    assert_eq!(made["phoneNumbers"][0]["value"], "tel:+1-555-0000000");
    assert_eq!(
        *operations(&said[8]),
        json!([{"op": "add", "path": "members", "value": [{"value": "u1"}]}])
    );
    talk.event(&Event::Exit(0, 0));
    let said = talk.say(&[ok(json!({}))]);
    assert_eq!(
        *operations(&said[0]),
        json!([{"op": "remove", "path": "members", "value": [{"value": "u1"}]}])
    );
    talk.event(&Event::Suspend(0));
    let said = talk.say(&[ok(json!({}))]);
    assert_eq!(short(&said), ["PUT /Users/u1"]);
    assert_eq!(body(&said[0])["active"], false);
    assert_eq!(body(&said[0]).get("addresses"), Some(&Value::Null));
}

#[test]
fn keycloak_disables_with_a_word_and_empties_with_a_bare_remove() {
    let mut talk = talk(Client::Keycloak);
    let said = talk.say(&[
        (409, json!({})),
        one(json!({"id": "u1"})),
        ok(json!({})),
        made("g1"),
        ok(json!({})),
    ]);
    assert_eq!(
        short(&said[..3]),
        [
            "POST /Users",
            "GET /Users?filter=userName eq \"a@okta.local\"",
            "PUT /Users/u1"
        ]
    );
    assert_eq!(operations(&said[4])[0]["value"][0]["$ref"], "Users/u1");
    talk.event(&Event::Empty(0));
    let said = talk.say(&[ok(json!({}))]);
    assert_eq!(
        *operations(&said[0]),
        json!([{"op": "remove", "path": "members"}])
    );
    talk.event(&Event::Leave(0));
    let said = talk.say(&[ok(json!({}))]);
    assert_eq!(
        *operations(&said[0]),
        json!([{"op": "replace", "path": "active", "value": "false"}])
    );
}

#[test]
fn authentik_reads_the_configuration_first_and_groups_after_it_wrote_them() {
    let mut talk = talk(Client::Authentik);
    let said = talk.say(&[
        ok(json!({})),
        made("u1"),
        made("g1"),
        ok(json!({})),
        ok(json!({})),
    ]);
    assert_eq!(
        short(&said),
        [
            "GET /ServiceProviderConfig",
            "POST /Users",
            "POST /Groups",
            "PATCH /Groups/g1",
            "GET /Groups/g1",
        ]
    );
    talk.event(&Event::Rename(0, "H".to_owned()));
    let said = talk.say(&[ok(json!({})), ok(json!({}))]);
    assert!(operations(&said[0])[0].get("path").is_none());
    assert!(operations(&said[0])[0]["value"]["schemas"].is_array());
    talk.event(&Event::Unassign(0));
    let said = talk.say(&[(404, json!({})), ok(json!({})), ok(json!({}))]);
    assert_eq!(short(&said[..1]), ["DELETE /Users/u1"]);
    assert_eq!(operations(&said[1])[0]["path"], "members[value eq \"u1\"]");
    assert_eq!(talk.machine.book().failures, []);
}

#[test]
fn rauthy_looks_twice_and_lets_go_of_an_account() {
    let mut talk = talk(Client::Rauthy);
    let said = talk.say(&[
        none(),
        none(),
        made("u1"),
        none(),
        made("g1"),
        ok(json!({})),
    ]);
    assert_eq!(said[0].path, "/Users?filter=externalId%20eq%20%22ext-a%22");
    assert_eq!(
        said[1].path,
        "/Users?filter=userName%20eq%20%22a@okta.local%22"
    );
    assert_eq!(body(&said[2])["roles"], json!([{"value": ""}]));
    assert_eq!(headers(Client::Rauthy)["accept"], "*/*");
    talk.event(&Event::Unassign(0));
    let said = talk.say(&[ok(json!({})), ok(json!({}))]);
    assert_eq!(short(&said[..1]), ["PUT /Users/u1"]);
    assert_eq!(body(&said[0]).get("externalId"), Some(&Value::Null));
    let ada = &talk.company.people[0];
    assert_eq!(talk.machine.presence(ada), Presence::Unmanaged);
}

#[test]
fn canaille_reads_everything_about_the_server_before_each_change() {
    let mut talk = talk(Client::Canaille);
    let discovery = [
        "GET /ResourceTypes",
        "GET /Schemas",
        "GET /ServiceProviderConfig",
    ];
    let empty = || ok(json!({}));
    let said = talk.say(&[
        empty(),
        empty(),
        empty(),
        empty(),
        empty(),
        empty(),
        none(),
        made("u1"),
        empty(),
        empty(),
        empty(),
        none(),
        made("g1"),
        empty(),
    ]);
    assert_eq!(short(&said[..3]), discovery);
    assert_eq!(short(&said[3..6]), discovery);
    assert_eq!(said[6].path, "/Users?filter=externalId+eq+%22ext-a%22");
    assert_eq!(short(&said[8..11]), discovery);
    assert_eq!(short(&said[13..]), ["PUT /Groups/g1"]);
    assert_eq!(
        body(&said[13])["members"],
        json!([{"value": "u1", "$ref": "http://x/scim/Users/u1"}])
    );
    assert_eq!(
        headers(Client::Canaille)["content-type"],
        "application/json"
    );
}

#[test]
fn a_remembered_account_that_is_gone_is_made_anew() {
    let mut talk = talk(Client::Authentik);
    talk.say(&[
        ok(json!({})),
        made("u1"),
        made("g1"),
        ok(json!({})),
        ok(json!({})),
    ]);
    talk.event(&Event::Suspend(0));
    talk.say(&[ok(json!({})), ok(json!({})), ok(json!({}))]);
    talk.event(&Event::Resume(0));
    let said = talk.say(&[(404, json!({})), made("u2"), ok(json!({})), ok(json!({}))]);
    assert_eq!(short(&said[..2]), ["PUT /Users/u1", "POST /Users"]);
    assert_eq!(operations(&said[2])[0]["value"], json!([{"value": "u2"}]));
    talk.machine
        .command(Command::AllowDeletes, &talk.company, talk.now);
    assert_eq!(talk.say(&[]), []);
}
