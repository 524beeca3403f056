//! Events and their chain.

use super::*;
use crate::ids::RequestId;
use crate::model::event::{Actor, ChainReport, EventKind, NewEvent};
use crate::model::event_filter::EventFilter;

fn event(n: i64) -> NewEvent {
    NewEvent {
        at: Timestamp(NOW.0 + n),
        org: OrgId(n % 2),
        kind: [EventKind::UserCreated, EventKind::MembersChanged][usize::from(n % 3 == 0)],
        actor: [
            Actor::Token(TokenId("tok_1".to_owned())),
            Actor::Operator("root:admin".to_owned()),
            Actor::System,
        ][usize::try_from(n).unwrap() % 3]
            .clone(),
        subject: (n > 1).then(ResourceId::new),
        request: (n > 2).then(RequestId::new),
        cause: format!("cause {n}"),
        detail: json!({ "n": n }),
    }
}

fn filled(count: i64) -> (House, Vec<NewEvent>) {
    let house = House::new();
    house.write(|tx| tx.insert_org("Other", NOW));
    let events: Vec<_> = (1..=count).map(event).collect();
    let new = events.clone();
    house.write(move |tx| {
        for (seq, event) in (1..).zip(&new) {
            assert_eq!(tx.append_event(event)?, seq);
        }
        Ok(())
    });
    (house, events)
}

fn verify(house: &House) -> ChainReport {
    house.read(|r| r.verify_events())
}

/// Changes rows behind the store's back and returns what the check says.
fn tamper(sql: &'static str) -> Vec<String> {
    let (house, _) = filled(6);
    assert_eq!(verify(&house).faults, Vec::<String>::new());
    house.write(move |tx| Ok(tx.conn.execute_batch(sql)?));
    verify(&house).faults
}

#[test]
fn events_are_read_back_as_written_in_both_directions_and_by_filter() {
    let (house, events) = filled(6);
    let house = house.reopen();
    let read = |query: EventQuery, count| house.read(|r| r.events(&query, count));
    let newest = read(EventQuery::default(), 4);
    assert_eq!(
        newest.iter().map(|event| event.seq).collect::<Vec<_>>(),
        [6, 5, 4, 3]
    );
    for stored in &newest {
        let new = &events[usize::try_from(stored.seq).unwrap() - 1];
        assert_eq!(
            (
                stored.at,
                stored.org,
                stored.kind,
                &stored.actor,
                stored.subject,
                stored.request
            ),
            (
                new.at,
                new.org,
                new.kind,
                &new.actor,
                new.subject,
                new.request
            )
        );
        assert_eq!((&stored.cause, &stored.detail), (&new.cause, &new.detail));
    }
    let numbers = |query| {
        read(query, 9)
            .iter()
            .map(|event| event.seq)
            .collect::<Vec<_>>()
    };
    let walk = |walk| EventQuery {
        walk,
        ..EventQuery::default()
    };
    assert_eq!(numbers(walk(Walk::Newest { before: Some(3) })), [2, 1]);
    assert_eq!(numbers(walk(Walk::Oldest { after: Some(4) })), [5, 6]);
    assert_eq!(
        numbers(EventQuery {
            org: Some(OrgId(1)),
            ..EventQuery::default()
        }),
        [5, 3, 1]
    );
    let kind = Some(EventKind::MembersChanged);
    assert_eq!(
        numbers(EventQuery {
            kind,
            ..EventQuery::default()
        }),
        [6, 3]
    );
    let subject = events[3].subject;
    assert_eq!(
        numbers(EventQuery {
            subject,
            ..EventQuery::default()
        }),
        [4]
    );
    let since = Some(Timestamp(NOW.0 + 5));
    assert_eq!(
        numbers(EventQuery {
            since,
            ..EventQuery::default()
        }),
        [6, 5]
    );
}

#[test]
fn a_filter_narrows_by_kind_actor_words_and_request() {
    let (house, events) = filled(6);
    let numbers = |text: &str| {
        let query = EventQuery {
            filter: EventFilter::parse(text).unwrap(),
            ..EventQuery::default()
        };
        let found = house.read(|r| r.events(&query, 9));
        found.iter().map(|event| event.seq).collect::<Vec<_>>()
    };
    let subject = events[3].subject.unwrap().to_string();
    let request = events[4].request.unwrap().to_string();
    for (text, expected) in [
        ("kind:members", &[6, 3][..]),
        ("kind:members,user-c", &[6, 5, 4, 3, 2, 1]),
        ("by:tok_1", &[6, 3]),
        ("by:root,system", &[5, 4, 2, 1]),
        ("by:nobody", &[]),
        ("kind:members by:root", &[]),
        ("\"Cause 2\"", &[2]),
        ("cause 5", &[5]),
        (&subject, &[4]),
        (&format!("request:{request}"), &[5]),
    ] {
        assert_eq!(numbers(text), expected, "{text}");
    }
}

#[test]
fn an_untouched_chain_holds() {
    let empty = verify(&House::new());
    assert_eq!(
        (empty.checked, empty.range, empty.faults.len()),
        (0, None, 0)
    );
    let (house, _) = filled(6);
    let report = verify(&house);
    assert_eq!((report.checked, report.range), (6, Some((1, 6))));
    let last = house.read(|r| r.events(&EventQuery::default(), 1));
    assert_eq!(report.head, last[0].hash);
}

#[test]
fn every_change_shows() {
    assert_eq!(
        tamper("UPDATE events SET cause = 'other' WHERE seq = 3"),
        ["event 3: the record was changed"]
    );
    for column in [
        "at = 1",
        "org = 7",
        "kind = 'user-removed'",
        "actor = 'system'",
        "subject = NULL",
        "request = NULL",
        "detail_hash = zeroblob(32)",
    ] {
        let sql = format!("UPDATE events SET {column} WHERE seq = 4");
        assert!(!tamper(sql.leak()).is_empty(), "{column}");
    }
    assert_eq!(
        tamper("UPDATE events SET detail = '{}' WHERE seq = 2"),
        ["event 2: the detail was changed"]
    );
    assert_eq!(
        tamper("DELETE FROM events WHERE seq = 3"),
        ["before event 4: events are missing"]
    );
    assert_eq!(
        tamper("DELETE FROM events WHERE seq = 1"),
        ["before event 2: events are missing"]
    );
    assert_eq!(
        tamper("DELETE FROM events WHERE seq > 4"),
        ["after event 4: the last events are missing"]
    );
    let swapped = tamper(
        "UPDATE events SET seq = 30 WHERE seq = 3; UPDATE events SET seq = 3 WHERE seq = 4;
         UPDATE events SET seq = 4 WHERE seq = 30",
    );
    assert!(swapped.len() >= 2, "{swapped:?}");
    assert!(!tamper("UPDATE events SET hash = zeroblob(32) WHERE seq = 6").is_empty());
    assert!(!tamper("DELETE FROM events").is_empty());
}

#[test]
fn details_can_be_erased_and_old_events_pruned_and_the_chain_still_holds() {
    let (house, events) = filled(6);
    let subject = events[3].subject.unwrap();
    assert_eq!(
        house.write(move |tx| tx.erase_event_details(OrgId(1), &subject)),
        0
    );
    assert_eq!(
        house.write(move |tx| tx.erase_event_details(OrgId(0), &subject)),
        1
    );
    let query = EventQuery {
        subject: Some(subject),
        ..EventQuery::default()
    };
    assert_eq!(house.read(|r| r.events(&query, 9))[0].detail, Value::Null);
    assert_eq!(verify(&house).faults, Vec::<String>::new());
    let prune = |before: i64, count| {
        house.write(move |tx| tx.prune_events(Timestamp(NOW.0 + before), count))
    };
    assert_eq!(prune(1, 100), 0);
    assert_eq!(prune(4, 2), 2, "no more than asked for");
    assert_eq!(prune(4, 100), 1);
    let report = verify(&house);
    assert_eq!((report.range, report.faults), (Some((4, 6)), Vec::new()));
    assert_eq!(prune(100, 100), 3);
    assert_eq!(prune(100, 100), 0);
    let report = verify(&house);
    assert_eq!((report.checked, report.faults), (0, Vec::new()));
    // Numbers go on, and so does the chain.
    assert_eq!(house.write(|tx| tx.append_event(&event(7))), 7);
    assert_eq!(verify(&house).range, Some((7, 7)));
    assert_eq!(verify(&house).faults, Vec::<String>::new());
}

#[test]
fn an_event_is_undone_with_its_job() {
    let (house, _) = filled(2);
    let failed: Result<(), _> = house.try_write(|tx| {
        tx.append_event(&event(3))?;
        Err(StoreError::NotFound)
    });
    assert_eq!(failed, Err(StoreError::NotFound));
    assert_eq!(house.write(|tx| tx.append_event(&event(3))), 3);
    assert_eq!(verify(&house).faults, Vec::<String>::new());
}
