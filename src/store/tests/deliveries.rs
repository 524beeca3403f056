//! Webhooks and sinks: places, notices, and what waits for whom.

use serde_json::json;

use super::*;
use crate::model::alert::{Alert, Rule, Severity};
use crate::model::delivery::{Delivery, DeliveryState, Told, WebhookStatus};
use crate::model::event::{Actor, EventKind, NewEvent};
use crate::model::notice::{Notice, Reason};
use crate::store::deliveries::{Settled, Webhook};

fn webhook() -> Webhook {
    Webhook {
        name: "app".to_owned(),
        kinds: vec![EventKind::UserCreated],
        org: None,
    }
}

fn notice(at: Timestamp, subject: &str) -> Notice {
    let alert = Alert::new(Rule::UserFlapping, Severity::Warning, Some(ORG), subject);
    Notice {
        at,
        org: Some(ORG),
        org_name: None,
        family: 'D',
        reason: Reason::Change,
        alerts: vec![alert.change(at)],
        standing: 1,
    }
}

fn failed(event: u64, state: DeliveryState) -> Delivery {
    Delivery {
        webhook: "pager".to_owned(),
        event,
        kind: "alert".to_owned(),
        subject: Some("0/D".to_owned()),
        state,
        attempts: 1,
        next: None,
        since: Some(NOW),
        error: "answered 500".to_owned(),
    }
}

fn append(house: &House, at: Timestamp, kind: EventKind) {
    house.write(move |tx| {
        tx.append_event(&NewEvent::of(Actor::System, at, ORG, kind, json!({})))
            .map(drop)
    });
}

fn status(house: &House, name: &str) -> WebhookStatus {
    let all = house.read(|reader| reader.webhooks());
    all.into_iter().find(|it| it.webhook == name).unwrap()
}

fn pager() -> [(String, Option<OrgId>); 1] {
    [("pager".to_owned(), None)]
}

#[test]
fn a_sink_is_told_its_notices_once_and_they_are_gone_then() {
    let house = House::new();
    let place = house.write(|tx| tx.set_sinks(&pager()))[0];
    assert_eq!((place.change, place.notice), (0, 0));
    let groups = [("0/D".to_owned(), Some(json!({ "group": 1 })))];
    let both = [notice(LATER, "ada"), notice(NOW, "bob")];
    house.write(move |tx| tx.make_notices("pager", 7, &both, &groups));
    let marks = house.read(|reader| reader.notice_marks("pager", 0, 9));
    let seqs: Vec<u64> = marks.marks.iter().map(|mark| mark.event).collect();
    assert_eq!((seqs, marks.read_to), (vec![1, 2], 2));
    let waiting = status(&house, "pager");
    assert_eq!(
        (waiting.told, waiting.waiting, waiting.failed),
        (Told::Alerts, 2, 0)
    );
    assert_eq!(waiting.oldest, Some(NOW));
    assert_eq!(
        house.read(|reader| reader.backlogs()),
        [("pager".to_owned(), NOW)]
    );
    // The second is taken, the first tried in vain and then given up.
    let settle = |state, event| {
        let by = Settled {
            event,
            open: vec![failed(1, state)],
            done: Vec::new(),
        };
        house.write(move |tx| tx.settle_deliveries("pager", &by));
    };
    settle(DeliveryState::Waiting, 2);
    assert!(house.read(|reader| reader.notice(1)).is_some());
    assert_eq!(house.read(|reader| reader.notice(2)), None);
    assert_eq!(
        house.read(|reader| reader.backlogs()),
        [("pager".to_owned(), LATER)]
    );
    settle(DeliveryState::Failed, 2);
    let given_up = status(&house, "pager");
    assert_eq!((given_up.waiting, given_up.failed), (0, 1));
    assert!(house.read(|reader| reader.backlogs()).is_empty());
    // After a restart it goes on from there.
    let house = house.reopen();
    let place = house.write(|tx| tx.set_sinks(&pager()))[0];
    assert_eq!((place.change, place.notice), (7, 2));
    let kept: Vec<Value> = house.read(|reader| reader.sink_groups("pager"));
    assert_eq!(kept, [json!({ "group": 1 })]);
    // What is told is gone, but its number is not used again.
    let over: [(String, Option<Value>); 1] = [("0/D".to_owned(), None)];
    house.write(move |tx| tx.make_notices("pager", 8, &[notice(NOW, "eve")], &over));
    let marks = house.read(|reader| reader.notice_marks("pager", 2, 9));
    assert_eq!(marks.marks[0].event, 3);
    assert!(
        house
            .read(|reader| reader.sink_groups::<Value>("pager"))
            .is_empty()
    );
}

#[test]
fn an_erased_person_is_in_no_notice() {
    let house = House::new();
    house.write(|tx| tx.set_sinks(&pager()));
    let groups = [(
        "0/D".to_owned(),
        Some(json!({ "standing": "Ada@example.com" })),
    )];
    let both = [notice(NOW, "ada@example.com"), notice(NOW, "bob")];
    house.write(move |tx| tx.make_notices("pager", 1, &both, &groups));
    house.write(|tx| tx.erase_from_alerts("ada@example.com"));
    assert_eq!(house.read(|reader| reader.notice(1)), None);
    assert!(house.read(|reader| reader.notice(2)).is_some());
    assert!(
        house
            .read(|reader| reader.sink_groups::<Value>("pager"))
            .is_empty()
    );
}

#[test]
fn a_webhook_waits_for_the_first_event_of_its_kinds() {
    let house = House::new();
    append(&house, NOW, EventKind::UserCreated);
    let place = house.write(|tx| tx.set_webhooks(&[webhook()]))[0];
    append(&house, NOW, EventKind::UserPatched);
    assert!(house.read(|reader| reader.backlogs()).is_empty());
    append(&house, LATER, EventKind::UserCreated);
    append(&house, LATER, EventKind::UserCreated);
    assert_eq!(
        house.read(|reader| reader.backlogs()),
        [("app".to_owned(), LATER)]
    );
    let waiting = status(&house, "app");
    assert_eq!((waiting.told, waiting.waiting), (Told::Events, 2));
    let by = Settled {
        event: place + 3,
        ..Settled::default()
    };
    house.write(move |tx| tx.settle_deliveries("app", &by));
    assert!(house.read(|reader| reader.backlogs()).is_empty());
    // A name that becomes a sink's is another thing.
    let place = house.write(|tx| tx.set_sinks(&[("app".to_owned(), None)]))[0];
    assert_eq!(place.notice, 0);
    assert_eq!(status(&house, "app").told, Told::Alerts);
}
