//! Pages, totals and orders.

use super::*;

fn names(house: &House, query: &UserQuery) -> Vec<String> {
    let listed = house.read(|r| r.users(query));
    listed.rows.into_iter().map(|user| user.user_name).collect()
}

fn index(start: u64, count: u64) -> Page {
    Page::Index { start, count }
}

fn by(name: &str, descending: bool) -> Sort {
    Sort {
        target: Some(target(name)),
        descending,
    }
}

#[test]
fn index_pages_and_totals_follow_the_rfc() {
    let house = House::new();
    house.add_users(ORG, (1..=7).map(|n| format!("u{n}")));
    for (page, expected, more) in [
        (index(1, 3), vec!["u1", "u2", "u3"], true),
        (index(0, 2), vec!["u1", "u2"], true),
        (index(6, 3), vec!["u6", "u7"], false),
        (index(6, 2), vec!["u6", "u7"], false),
        (index(8, 3), vec![], false),
        (index(u64::MAX, u64::MAX), vec![], false),
        (index(1, 0), vec![], false),
    ] {
        for filter in [
            None,
            Some(text("userName", CompareOp::Sw, "U")),
            Some(text("name.familyName", CompareOp::Ne, "x")),
        ] {
            for sort in [
                None,
                Some(by("userName", false)),
                Some(by("name.familyName", false)),
            ] {
                let query = users(filter.clone(), sort, page.clone());
                let listed = house.read(|r| r.users(&query));
                let found: Vec<_> = listed.rows.iter().map(|user| &user.user_name).collect();
                assert_eq!(found, expected, "{query:?}");
                assert_eq!(
                    (listed.total, listed.next.is_some()),
                    (7, more),
                    "{query:?}"
                );
            }
        }
    }
    let mut nowhere = users(None, None, index(1, 1));
    nowhere.org = OrgId(9);
    assert_eq!(
        house.store.read(|r| r.users(&nowhere)).unwrap_err(),
        StoreError::NotFound
    );
}

#[test]
fn index_pages_stay_right_while_users_come_and_go() {
    let house = House::new();
    let mut expected: Vec<String> = (0..40).map(|n| format!("u{n}")).collect();
    let mut ids = house.add_users(ORG, expected.clone());
    for round in 0..6 {
        for start in [1, 11, 31, 6, 21] {
            let from = usize::try_from(start).unwrap() - 1;
            let page = expected
                .iter()
                .skip(from)
                .take(10)
                .cloned()
                .collect::<Vec<_>>();
            assert_eq!(
                names(&house, &users(None, None, index(start, 10))),
                page,
                "{round}"
            );
        }
        let at = round * 5 % ids.len();
        let id = ids.remove(at);
        expected.remove(at);
        // Undone: a removal that never was must leave no trace in what is remembered.
        let undone: Result<(), _> = house.try_write(move |tx| {
            tx.remove_user(ORG, &id, LATER)?;
            tx.users(&users(None, None, index(11, 10)))?;
            Err(StoreError::NotFound)
        });
        assert_eq!(undone, Err(StoreError::NotFound));
        assert!(house.write(move |tx| tx.remove_user(ORG, &id, LATER)));
        let name = format!("new{round}");
        expected.push(name.clone());
        ids.push(house.add_user(ORG, &name).id);
    }
}

#[test]
fn a_cursor_loses_and_repeats_nothing_while_users_come_and_go() {
    let house = House::new();
    let ids = house.add_users(ORG, (0..10).map(|n| format!("u{n}")));
    let page =
        |position| house.read(|r| r.users(&users(None, None, Page::After { position, count: 4 })));
    let first = page(None);
    let (gone, last) = (ids[1], ids[9]);
    house.write(move |tx| tx.remove_user(ORG, &gone, LATER));
    let text = serde_json::to_string(&first.next.unwrap()).unwrap();
    let second = page(serde_json::from_str(&text).unwrap());
    assert_eq!(second.rows[0].user_name, "u4");
    assert_eq!(second.total, 9);
    // The key of a removed user is not given to the next one, who would be passed over.
    house.write(move |tx| tx.remove_user(ORG, &last, LATER));
    house.add_user(ORG, "new");
    let third = page(second.next);
    let found: Vec<_> = third
        .rows
        .iter()
        .map(|user| user.user_name.as_str())
        .collect();
    assert_eq!(found, ["u8", "new"]);
    assert!(third.next.is_none());
}

#[test]
fn a_missing_value_sorts_last_and_first_when_descending() {
    let house = House::new();
    for (name, display) in [("a", Some("z")), ("b", None), ("c", Some("Y")), ("d", None)] {
        let mut attributes = json!({ "userName": name });
        if let Some(display) = display {
            attributes["displayName"] = display.into();
            attributes["title"] = display.into();
        }
        let draft = user(attributes);
        house
            .write(move |tx| tx.insert_user(ORG, crate::ids::ResourceId::new(), &draft, None, NOW));
    }
    for attribute in ["displayName", "title"] {
        let sorted =
            |descending| names(&house, &users(None, Some(by(attribute, descending)), all()));
        assert_eq!(sorted(false), ["c", "a", "b", "d"], "{attribute}");
        assert_eq!(sorted(true), ["d", "b", "a", "c"], "{attribute}");
        for (descending, count) in [false, true].into_iter().flat_map(|d| [(d, 1), (d, 3)]) {
            let (mut found, mut position) = (Vec::new(), None);
            loop {
                let page = Page::After { position, count };
                let query = users(None, Some(by(attribute, descending)), page);
                let listed = house.read(|r| r.users(&query));
                found.extend(listed.rows.into_iter().map(|user| user.user_name));
                position = listed.next;
                if position.is_none() {
                    break;
                }
            }
            assert_eq!(found, sorted(descending), "{attribute} by {count}");
        }
    }
}

#[test]
fn a_sort_that_would_hold_too_many_rows_is_refused_and_a_page_near_the_start_is_not() {
    let house = House::with(Options {
        scan_rows: 5,
        ..Options::default()
    });
    house.add_users(ORG, (0..20).map(|n| format!("u{n}")));
    let query = |start| users(None, Some(by("title", false)), index(start, 3));
    assert_eq!(house.read(|r| r.users(&query(2))).rows.len(), 3);
    assert_eq!(
        house.store.read(|r| r.users(&query(15))).unwrap_err(),
        StoreError::TooMany
    );
    // Without a sort nothing is held, however deep the page.
    let deep = users(
        Some(Expr::Not(Box::new(eq("title", "x")))),
        None,
        index(15, 3),
    );
    assert_eq!(house.read(|r| r.users(&deep)).rows.len(), 3);
}

#[test]
fn one_address_must_match_all_that_stands_in_brackets() {
    let house = House::new();
    let draft = user(json!({ "userName": "ada", "emails": [
        { "value": "a@x", "type": "work" },
        { "value": "b@x", "type": "home" },
    ]}));
    house.write(move |tx| tx.insert_user(ORG, crate::ids::ResourceId::new(), &draft, None, NOW));
    let found = |filters: Vec<Expr>, join: fn(Vec<Expr>) -> Expr| {
        let filter = Expr::Any {
            target: target("emails"),
            filter: Box::new(join(filters)),
        };
        house
            .read(|r| r.users(&users(Some(filter), None, all())))
            .total
    };
    assert_eq!(
        found(vec![eq("value", "A@x"), eq("type", "work")], Expr::And),
        1
    );
    assert_eq!(
        found(vec![eq("value", "a@x"), eq("type", "home")], Expr::And),
        0
    );
    assert_eq!(
        found(vec![eq("value", "c@x"), eq("value", "B@X")], Expr::Or),
        1
    );
    assert_eq!(
        found(vec![eq("value", "c@x"), eq("value", "d@x")], Expr::Or),
        0
    );
    assert_eq!(
        found(vec![eq("value", "a@x"), eq("value", "b@x")], Expr::And),
        0
    );
}

#[test]
fn groups_of_users_are_filled_in_when_asked_for() {
    let house = House::new();
    let ada = house.add_user(ORG, "ada").id;
    let staff = house.add_group(ORG, "staff").id;
    house.write(move |tx| tx.add_members(ORG, &staff, &[ada], NOW));
    let mut query = users(Some(eq("groups.display", "STAFF")), None, all());
    assert!(house.read(|r| r.users(&query)).rows[0].groups.is_empty());
    query.groups = true;
    assert_eq!(house.read(|r| r.users(&query)).rows[0].groups[0].id, staff);
}

#[test]
fn a_large_group_is_filtered_by_members_in_chunks() {
    let house = House::new();
    let ids = house.add_users(ORG, (0..2500).map(|n| format!("u{n}")));
    let (staff, empty) = (
        house.add_group(ORG, "staff").id,
        house.add_group(ORG, "empty").id,
    );
    let last = ids[2499].to_string();
    house.write(move |tx| tx.add_members(ORG, &staff, &ids, NOW));
    let found = |filter| {
        let listed = house.read(|r| r.groups(&groups(Some(filter), None, all())));
        listed
            .rows
            .into_iter()
            .map(|group| group.id)
            .collect::<Vec<_>>()
    };
    assert_eq!(found(eq("members.display", "U2400")), [staff]);
    assert_eq!(found(eq("members.display", "nobody")), []);
    assert_eq!(found(text("members.display", CompareOp::Ne, "u1")), [empty]);
    assert_eq!(
        found(compare("members.display", CompareOp::Eq, Operand::Null)),
        [empty]
    );
    assert_eq!(found(Expr::Present(target("members"))), [staff]);
    assert_eq!(found(eq("members.value", &last)), [staff]);
}

#[test]
fn words_stand_in_names_addresses_and_external_ids_without_case() {
    let house = House::new();
    house.write(|tx| {
        for draft in [
            json!({ "userName": "ada@x", "displayName": "Ada LÖVELACE", "externalId": "00uÄB7" }),
            json!({ "userName": "bob@x", "emails": [{ "value": "Robert@Y" }, { "value": "r@ada" }] }),
            json!({ "userName": "cyd@x" }),
        ] {
            tx.insert_user(ORG, ResourceId::new(), &user(draft), None, NOW)?;
        }
        let draft = json!({ "displayName": "Ada's crew", "externalId": "CREW" });
        tx.insert_group(ORG, ResourceId::new(), &group(&draft), None, NOW)?;
        tx.insert_org("other", NOW).map(drop)
    });
    let words = |words: &str| words.split(' ').map(str::to_owned).collect();
    for (given, found) in [
        ("ADA", &["ada@x", "bob@x"][..]),
        ("lövelace ada", &["ada@x"]),
        ("robert", &["bob@x"]),
        ("robert ada", &["bob@x"]),
        ("robert lövelace", &[]),
        ("00Uäb", &[]),
        ("00UÄb", &["ada@x"]),
        ("@x", &["ada@x", "bob@x", "cyd@x"]),
        ("%", &[]),
    ] {
        for page in [
            all(),
            Page::After {
                position: None,
                count: 2,
            },
        ] {
            let query = UserQuery {
                words: words(given),
                ..users(None, None, page.clone())
            };
            let listed = house.read(|r| r.users(&query));
            assert_eq!(listed.total, found.len() as u64, "{given}");
            let names: Vec<_> = listed.rows.iter().map(|user| &user.user_name).collect();
            let shown = found.len().min(usize::try_from(page.count()).unwrap());
            assert_eq!(names, found[..shown], "{given}");
            assert_eq!(listed.next.is_some(), shown < found.len());
        }
    }
    for (given, found) in [("crew ADA'S", 1), ("crew", 1), ("bob", 0)] {
        let query = GroupQuery {
            words: words(given),
            ..groups(None, None, all())
        };
        assert_eq!(house.read(|r| r.groups(&query)).total, found, "{given}");
    }
    let elsewhere = UserQuery {
        org: OrgId(1),
        words: words("ada"),
        ..users(None, None, all())
    };
    assert_eq!(house.read(|r| r.users(&elsewhere)).total, 0);
}
