//! Orgs, users, groups and deletions.

use super::*;
use crate::ids::RequestId;
use crate::model::deletion::{Deletion, Signal};
use crate::model::event::Actor;
use crate::model::org::RemovalPolicy;
use crate::scim::quirk::Dialect;

fn conflict<T: std::fmt::Debug>(result: Result<T, StoreError>) -> &'static str {
    match result {
        Err(StoreError::Conflict { attribute }) => attribute,
        other => panic!("no conflict: {other:?}"),
    }
}

#[test]
fn orgs_keep_settings_and_unique_names() {
    let house = House::new();
    let mut acme = house.write(|tx| tx.insert_org("Acme", NOW));
    assert_eq!((acme.id, acme.scim_enabled), (OrgId(1), false));
    assert_eq!(
        conflict(house.try_write(|tx| tx.insert_org("ACME", NOW))),
        "name"
    );
    acme.scim_enabled = true;
    acme.policy = RemovalPolicy::Suspend;
    acme.dialect = Dialect::Strict;
    acme.name = "Ácme".to_owned();
    let stored = acme.clone();
    house.write(move |tx| tx.update_org(&stored));
    let house = house.reopen();
    assert_eq!(house.read(|r| r.org_by_name("áCME")), Some(acme.clone()));
    assert_eq!(house.read(|r| r.orgs()).len(), 2);
    acme.id = OrgId(9);
    assert_eq!(
        house.try_write(move |tx| tx.update_org(&acme)),
        Err(StoreError::NotFound)
    );
}

#[test]
fn a_user_is_stored_replaced_and_removed_as_a_whole() {
    let house = House::new();
    let source = TokenId("tok_1".to_owned());
    let draft = user(json!({
        "userName": "Ada@Example.com", "externalId": "e1", "displayName": "Ada",
        "emails": [{ "value": "A@x" }, { "value": "a@X" }, { "value": "b@x" }],
    }));
    let by = source.clone();
    let made = house.write(move |tx| {
        tx.insert_user(ORG, crate::ids::ResourceId::new(), &draft, Some(&by), NOW)
    });
    assert_eq!(
        (made.version, made.active, made.source.as_ref()),
        (1, true, Some(&source))
    );
    let house = house.reopen();
    assert_eq!(house.read(|r| r.user(ORG, &made.id)), Some(made.clone()));
    assert_eq!(
        house.read(|r| r.user_by_name(ORG, "ADA@example.COM")),
        Some(made.clone())
    );
    let draft = user(json!({
        "userName": "ada", "active": false, "emails": [{ "value": "b@x" }, { "value": "c@x" }],
    }));
    let id = made.id;
    let new = house.write(move |tx| tx.update_user(ORG, &id, &draft, LATER));
    assert_eq!((new.version, new.created, new.modified), (2, NOW, LATER));
    assert_eq!(
        (new.active, new.external_id.as_ref(), new.source),
        (false, None, Some(source))
    );
    assert!(
        house
            .read(|r| r.user_by_name(ORG, "ada@example.com"))
            .is_none()
    );
    let found = |email: &str| {
        house
            .read(|r| r.users(&users(Some(eq("emails.value", email)), None, all())))
            .total
    };
    assert_eq!((found("a@x"), found("b@x"), found("c@x")), (0, 1, 1));
    assert!(house.write(move |tx| tx.remove_user(ORG, &id, LATER)));
    assert!(!house.write(move |tx| tx.remove_user(ORG, &id, LATER)));
    assert_eq!(found("b@x"), 0);
    assert_eq!(house.read(|r| r.org(ORG)).unwrap().users, 0);
    let gone = user(json!({ "userName": "ada" }));
    assert_eq!(
        house.try_write(move |tx| tx.update_user(ORG, &id, &gone, LATER)),
        Err(StoreError::NotFound)
    );
    // The name is free, and what takes it is somebody else.
    assert_ne!(house.add_user(ORG, "ada").id, id);
}

#[test]
fn names_are_unique_per_org_and_external_ids_per_source() {
    let house = House::new();
    let other = house.write(|tx| tx.insert_org("Other", NOW)).id;
    let insert = |org, name: &str, external: Option<&str>, source: Option<&str>| {
        let mut attributes = json!({ "userName": name });
        if let Some(external) = external {
            attributes["externalId"] = external.into();
        }
        let (draft, source) = (user(attributes), source.map(|id| TokenId(id.to_owned())));
        house.try_write(move |tx| {
            tx.insert_user(
                org,
                crate::ids::ResourceId::new(),
                &draft,
                source.as_ref(),
                NOW,
            )
        })
    };
    let ada = insert(ORG, "Ada", Some("1"), Some("tok_a")).unwrap();
    assert_eq!(conflict(insert(ORG, "ADA", None, None)), "userName");
    assert_eq!(conflict(insert(ORG, "Ａda", None, None)), "userName");
    assert_eq!(
        conflict(insert(ORG, "bob", Some("1"), Some("tok_a"))),
        "externalId"
    );
    insert(ORG, "bob", Some("1"), Some("tok_b")).unwrap();
    insert(ORG, "cyd", Some("1"), None).unwrap();
    assert_eq!(conflict(insert(ORG, "dan", Some("1"), None)), "externalId");
    insert(other, "Ada", Some("1"), Some("tok_a")).unwrap();
    let id = ada.id;
    let draft = user(json!({ "userName": "BOB" }));
    assert_eq!(
        conflict(house.try_write(move |tx| tx.update_user(ORG, &id, &draft, LATER))),
        "userName"
    );
    assert_eq!(house.read(|r| r.user(ORG, &ada.id)), Some(ada));
}

#[test]
fn a_guessed_id_of_another_org_is_like_one_that_never_was() {
    let house = House::new();
    let other = house.write(|tx| tx.insert_org("Other", NOW)).id;
    let ada = house.add_user(ORG, "ada").id;
    let staff = house.add_group(ORG, "staff").id;
    let theirs = house.add_group(other, "staff").id;
    house.add_user(other, "ada");
    let draft = user(json!({ "userName": "eve" }));
    let changed = group(&json!({ "displayName": "eve" }));
    house.read(|r| {
        assert!(r.user(other, &ada)?.is_none() && r.group(other, &staff)?.is_none());
        assert!(r.user_groups(other, &ada)?.is_empty());
        assert!(!r.is_member(other, &staff, &ada)?);
        assert_eq!(r.member_count(other, &staff)?, None);
        assert_eq!(
            r.members_page(other, &staff, None, 9),
            Err(StoreError::NotFound)
        );
        Ok(())
    });
    house.write(move |tx| {
        assert_eq!(
            tx.update_user(other, &ada, &draft, NOW),
            Err(StoreError::NotFound)
        );
        assert_eq!(
            tx.update_group(other, &staff, &changed, NOW),
            Err(StoreError::NotFound)
        );
        assert!(!tx.remove_user(other, &ada, NOW)?);
        assert!(!tx.remove_group(other, &staff, NOW)?);
        assert_eq!(
            tx.add_members(other, &theirs, &[ada, staff], NOW)?.unknown,
            [ada, staff]
        );
        assert_eq!(
            tx.add_members(other, &staff, &[ada], NOW),
            Err(StoreError::NotFound)
        );
        assert_eq!(tx.remove_members(other, &theirs, &[ada], NOW)?, []);
        Ok(())
    });
    let own = |filter| {
        let mut query = users(Some(filter), None, all());
        query.org = other;
        house.read(|r| r.users(&query)).total
    };
    assert_eq!(own(eq("userName", "ada")), 1);
    assert_eq!(own(eq("id", &ada.to_string())), 0);
    assert_eq!(own(eq("groups.value", &staff.to_string())), 0);
    assert_eq!(house.read(|r| r.org(ORG)).unwrap().users, 1);
}

#[test]
fn groups_have_unique_names_and_their_removal_removes_no_user() {
    let house = House::new();
    let ada = house.add_user(ORG, "ada").id;
    let staff = house.add_group(ORG, "Staff");
    let all_hands = house.add_group(ORG, "All");
    let same = group(&json!({ "displayName": "STAFF" }));
    assert_eq!(
        conflict(house.try_write(move |tx| tx.insert_group(
            ORG,
            crate::ids::ResourceId::new(),
            &same,
            None,
            NOW
        ))),
        "displayName"
    );
    let (inner, outer) = (staff.id, all_hands.id);
    house.write(move |tx| {
        tx.add_members(ORG, &inner, &[ada], NOW)?;
        tx.add_members(ORG, &outer, &[inner], NOW)
    });
    let draft = group(&json!({ "displayName": "Crew", "externalId": "x" }));
    let crew = house.write(move |tx| tx.update_group(ORG, &inner, &draft, LATER));
    assert_eq!((crew.version, crew.member_count, crew.created), (3, 1, NOW));
    assert_eq!(house.read(|r| r.group_by_name(ORG, "crew")), Some(crew));
    assert!(house.write(move |tx| tx.remove_group(ORG, &inner, LATER)));
    assert_eq!(house.group(ORG, outer).member_count, 0);
    assert_eq!(house.group(ORG, outer).version, 3);
    assert!(
        house
            .read(|r| r.user_with_groups(ORG, &ada))
            .unwrap()
            .groups
            .is_empty()
    );
    assert_eq!(house.read(|r| r.org(ORG)).unwrap().groups, 1);
}

#[test]
fn deletions_are_listed_newest_first_and_counted() {
    let house = House::new();
    let other = house.write(|tx| tx.insert_org("Other", NOW)).id;
    let record = |org, name: &str, at| {
        let deletion = Deletion {
            state: crate::model::deletion::DeletionState::Deleted,
            settled: None,
            until: None,
            batch: None,
            counted: true,
            roles: Vec::new(),
            content: crate::model::content::KindCounts::default(),
            heir: None,
            seq: 0,
            at,
            org,
            user: ResourceId::new(),
            user_name: name.to_owned(),
            external_id: None,
            signal: Signal::Deactivate,
            actor: Actor::Operator("root".to_owned()),
            request: Some(RequestId::new()),
            groups: json!([{ "value": "g", "display": "Staff" }]),
            snapshot: json!({ "userName": name }),
        };
        let stored = deletion.clone();
        let seq = house.write(move |tx| tx.record_deletion(&stored));
        Deletion { seq, ..deletion }
    };
    let (a, b, c) = (
        record(ORG, "Ada", NOW),
        record(other, "bob", NOW),
        record(ORG, "ada", LATER),
    );
    assert_eq!(
        house.read(|r| r.deletions(&DeletionQuery::default(), 9)),
        [c.clone(), b, a.clone()]
    );
    assert_eq!(
        house.read(|r| {
            let older = DeletionQuery {
                org: Some(ORG),
                walk: Walk::Newest {
                    before: Some(c.seq),
                },
                ..DeletionQuery::default()
            };
            r.deletions(&older, 9)
        }),
        std::slice::from_ref(&a)
    );
    assert_eq!(
        house.read(|r| r.deletions_of(ORG, "ADA", 9)),
        [c.clone(), a.clone()]
    );
    assert_eq!(house.read(|r| r.deletion(a.seq)), Some(a));
    assert_eq!(house.read(|r| r.deletions_since(ORG, LATER)), 1);
    assert_eq!(house.read(|r| r.deletions_since(ORG, NOW)), 2);
}
