//! Histories of users and groups.

use super::*;
use crate::model::event::{Actor, EventKind, NewEvent};

fn event(kind: EventKind, org: OrgId, subject: ResourceId) -> NewEvent {
    NewEvent {
        at: NOW,
        org,
        kind,
        actor: Actor::System,
        subject: Some(subject),
        request: None,
        cause: "test".to_owned(),
        detail: json!({ "subject": "x" }),
    }
}

fn numbers(house: &House, id: ResourceId, walk: Walk, count: u64) -> Vec<u64> {
    let events = house.read(|r| r.history(ORG, &id, walk, count));
    events.into_iter().map(|event| event.seq).collect()
}

const FIRST: Walk = Walk::Oldest { after: None };

#[test]
fn a_history_holds_events_about_one_and_those_that_moved_it() {
    let house = House::new();
    let people = house.add_users(ORG, ["ada", "bob"].map(str::to_owned));
    let (ada, bob) = (people[0], people[1]);
    let (team, inner) = (
        house.add_group(ORG, "Team").id,
        house.add_group(ORG, "In").id,
    );
    house.write(move |tx| {
        tx.append_event(&event(EventKind::UserCreated, ORG, ada))?;
        tx.append_event(&event(EventKind::UserCreated, ORG, bob))?;
        let seq = tx.append_event(&event(EventKind::MembersChanged, ORG, team))?;
        // In and out by one request is one event.
        tx.note_moved(seq, &[ada, bob, inner, ada])?;
        tx.add_members(ORG, &team, &[ada, inner], NOW)?;
        tx.append_event(&event(EventKind::UserPatched, ORG, ada))?;
        let seq = tx.append_event(&event(EventKind::GroupDeleted, ORG, team))?;
        tx.note_all_moved(seq, ORG, &team)?;
        tx.remove_group(ORG, &team, NOW)?;
        tx.append_event(&event(EventKind::UserRemoved, ORG, ada))?;
        // One of the same id in another Org is another one.
        tx.append_event(&event(EventKind::UserRemoved, OrgId(1), ada))
    });
    assert_eq!(numbers(&house, ada, FIRST, 9), [1, 3, 4, 5, 6]);
    assert_eq!(numbers(&house, ada, FIRST, 2), [1, 3]);
    assert_eq!(
        numbers(&house, ada, Walk::Oldest { after: Some(3) }, 2),
        [4, 5]
    );
    assert_eq!(numbers(&house, ada, Walk::default(), 2), [6, 5]);
    assert_eq!(numbers(&house, bob, FIRST, 9), [2, 3]);
    assert_eq!(numbers(&house, team, FIRST, 9), [3, 5]);
    assert_eq!(numbers(&house, inner, FIRST, 9), [3, 5]);
    assert!(numbers(&house, ResourceId::new(), FIRST, 9).is_empty());
    let elsewhere = |id| house.read(|r| r.history(OrgId(1), &id, FIRST, 9));
    assert_eq!(elsewhere(ada).len(), 1);
    assert!(elsewhere(bob).is_empty());
}

/// What a person's events say goes, that they happened stays; others' events keep what they say.
#[test]
fn an_erased_person_keeps_a_history_without_details() {
    let house = House::new();
    let (ada, team) = (ResourceId::new(), ResourceId::new());
    house.write(move |tx| {
        tx.append_event(&event(EventKind::UserCreated, ORG, ada))?;
        let seq = tx.append_event(&event(EventKind::MembersChanged, ORG, team))?;
        tx.note_moved(seq, &[ada])?;
        let seq = tx.append_event(&event(EventKind::UserRemoved, ORG, ada))?;
        tx.note_moved(seq, &[team])?;
        tx.erase_person(ORG, &ada)
    });
    let events = house.read(|r| r.history(ORG, &ada, FIRST, 9));
    let blank: Vec<_> = events.iter().map(|event| event.detail.is_null()).collect();
    assert_eq!(blank, [true, false, true]);
    assert_eq!(numbers(&house, team, FIRST, 9), [2, 3]);
    assert!(house.read(|r| r.verify_events()).faults.is_empty());
}

#[test]
fn a_history_is_pruned_with_the_events() {
    let house = House::new();
    let (ada, team) = (ResourceId::new(), ResourceId::new());
    house.write(move |tx| {
        for at in [1, 2, 3] {
            let mut event = event(EventKind::MembersChanged, ORG, team);
            event.at = Timestamp(at);
            let seq = tx.append_event(&event)?;
            tx.note_moved(seq, &[ada])?;
        }
        tx.prune_events(Timestamp(3), 100)
    });
    assert_eq!(numbers(&house, ada, FIRST, 9), [3]);
    let left: i64 = house.read(|r| {
        let sql = "SELECT count(*) FROM event_members";
        Ok(r.conn.query_row(sql, [], |row| row.get(0))?)
    });
    assert_eq!(left, 1);
    assert!(house.read(|r| r.verify_events()).faults.is_empty());
}

/// Not a check but a measurement: `cargo test --release --lib cost_of_noting -- --ignored --nocapture`
#[test]
#[ignore = "measures"]
fn cost_of_noting() {
    let house = House::new();
    let ids = house.add_users(ORG, (0..100_000).map(|n| format!("user-{n}")));
    let group = house.add_group(ORG, "Big").id;
    for noted in [false, true] {
        let ids = ids.clone();
        house.write(move |tx| tx.clear_members(ORG, &group, NOW));
        let started = crate::clock::Stopwatch::start();
        for chunk in ids.chunks(1000) {
            let chunk = chunk.to_vec();
            house.write(move |tx| {
                let added = tx.add_members(ORG, &group, &chunk, NOW)?.added;
                let mut event = event(EventKind::MembersChanged, ORG, group);
                event.detail = json!({ "changes": [{ "path": "members", "added": added }] });
                let seq = tx.append_event(&event)?;
                if noted {
                    tx.note_moved(seq, &added)?;
                }
                Ok(())
            });
        }
        eprintln!("noted: {noted}: {:?} for 100 × 1 000", started.elapsed());
    }
}

#[test]
fn the_last_group_that_lost_a_name_is_found_by_it() {
    let house = House::new();
    let groups = [(); 3].map(|()| ResourceId::new());
    let renaming = |org, group, before: &str, after: &str| NewEvent {
        detail: json!({ "subject": after, "changes": [
            { "path": "externalId", "after": "7" },
            { "path": "displayName", "before": before, "after": after },
        ] }),
        ..event(EventKind::GroupPatched, org, group)
    };
    house.write(move |tx| {
        tx.append_event(&renaming(ORG, groups[0], "Sales", "Weg"))?;
        tx.append_event(&renaming(ORG, groups[1], "Sales", "Gasse"))?;
        tx.append_event(&renaming(OrgId(1), groups[2], "Sales", "Platz"))?;
        tx.append_event(&event(EventKind::GroupPatched, ORG, groups[2]))
    });
    let found = |name: &str| {
        let event = house.read(|reader| reader.last_renamed_group(ORG, name));
        event.and_then(|event| event.subject)
    };
    assert_eq!(found("SALES"), Some(groups[1]));
    assert_eq!(found("Gasse"), None);
}
