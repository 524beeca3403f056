//! Members of groups.

use super::*;
use crate::model::group::Member;
use crate::scim::schema::Kind;

fn ids(house: &House, group: ResourceId) -> Vec<ResourceId> {
    house
        .members(ORG, group)
        .into_iter()
        .map(|(id, _)| id)
        .collect()
}

#[test]
fn adding_and_removing_tell_what_changed_and_count() {
    let house = House::new();
    let people = house.add_users(ORG, ["a", "b", "c"].map(str::to_owned));
    let (a, b, c) = (people[0], people[1], people[2]);
    let (staff, inner) = (
        house.add_group(ORG, "staff").id,
        house.add_group(ORG, "inner").id,
    );
    let stranger = ResourceId::new();
    let added =
        house.write(move |tx| tx.add_members(ORG, &staff, &[inner, b, stranger, b, a], LATER));
    assert_eq!(
        (added.added, added.unknown),
        (vec![inner, b, a], vec![stranger])
    );
    let group = house.group(ORG, staff);
    assert_eq!(
        (group.member_count, group.version, group.modified),
        (3, 2, LATER)
    );
    // Nothing new: the version stands still.
    let again = house.write(move |tx| tx.add_members(ORG, &staff, &[a, stranger], Timestamp(9)));
    assert_eq!((again.added, again.unknown), (vec![], vec![stranger]));
    assert_eq!(house.group(ORG, staff), group);
    assert_eq!(
        house.members(ORG, staff),
        [(a, Kind::User), (b, Kind::User), (inner, Kind::Group)]
    );
    house.read(|r| {
        assert!(r.is_member(ORG, &staff, &a)? && r.is_member(ORG, &staff, &inner)?);
        assert!(!r.is_member(ORG, &staff, &c)? && !r.is_member(ORG, &inner, &a)?);
        assert_eq!(r.member_count(ORG, &staff)?, Some(3));
        Ok(())
    });
    let removed = house.write(move |tx| tx.remove_members(ORG, &staff, &[c, a, inner, a], LATER));
    assert_eq!(removed, [a, inner]);
    assert_eq!(house.group(ORG, staff).member_count, 1);
    assert_eq!(house.group(ORG, staff).version, 3);
    assert_eq!(
        house.write(move |tx| tx.remove_members(ORG, &staff, &[c], LATER)),
        []
    );
    assert_eq!(house.group(ORG, staff).version, 3);
    // A removed user leaves its groups, which notice.
    assert!(house.write(move |tx| tx.remove_user(ORG, &b, Timestamp(9))));
    let group = house.group(ORG, staff);
    assert_eq!(
        (group.member_count, group.version, group.modified),
        (0, 4, Timestamp(9))
    );
}

#[test]
fn replacing_changes_only_the_difference() {
    let house = House::new();
    let people = house.add_users(ORG, ["a", "b", "c"].map(str::to_owned));
    let (a, b, c) = (people[0], people[1], people[2]);
    let staff = house.add_group(ORG, "staff").id;
    let replace =
        |ids: Vec<ResourceId>| house.write(move |tx| tx.replace_members(ORG, &staff, &ids, LATER));
    assert_eq!(replace(vec![a, b, b]).added, [a, b]);
    let unknown = ResourceId::new();
    assert_eq!(
        replace(vec![unknown, c, b]),
        Replaced {
            added: vec![c],
            removed: vec![a],
            unknown: vec![unknown]
        }
    );
    assert_eq!(ids(&house, staff), [b, c]);
    assert_eq!(
        (
            house.group(ORG, staff).member_count,
            house.group(ORG, staff).version
        ),
        (2, 3)
    );
    assert_eq!(replace(vec![c, b]), Replaced::default());
    assert_eq!(house.group(ORG, staff).version, 3);
    let mut cleared = house.write(move |tx| tx.clear_members(ORG, &staff, LATER));
    cleared.sort();
    assert_eq!(cleared, [b, c]);
    assert_eq!(
        (
            house.group(ORG, staff).member_count,
            house.group(ORG, staff).version
        ),
        (0, 4)
    );
    assert_eq!(
        house.write(move |tx| tx.clear_members(ORG, &staff, LATER)),
        []
    );
    assert_eq!(house.group(ORG, staff).version, 4);
}

#[test]
fn members_are_removed_by_filter() {
    let house = House::new();
    let people = house.add_users(ORG, ["ada", "bob", "cyd"].map(str::to_owned));
    let (staff, inner) = (
        house.add_group(ORG, "staff").id,
        house.add_group(ORG, "inner").id,
    );
    let everyone = [people[0], people[1], people[2], inner];
    house.write(move |tx| tx.add_members(ORG, &staff, &everyone, NOW));
    let remove =
        |filter: Expr| house.write(move |tx| tx.remove_members_where(ORG, &staff, &filter, LATER));
    assert_eq!(remove(eq("value", "no id")), []);
    assert_eq!(
        remove(Expr::Or(vec![
            eq("value", &people[0].to_string()),
            eq("value", &ResourceId::new().to_string()),
        ])),
        [people[0]]
    );
    assert_eq!(remove(eq("type", "group")), [inner]);
    assert_eq!(
        remove(Expr::Not(Box::new(text("display", CompareOp::Sw, "c")))),
        [people[1]]
    );
    assert_eq!(ids(&house, staff), [people[2]]);
    assert_eq!(house.group(ORG, staff).member_count, 1);
}

#[test]
fn groups_inside_groups_make_indirect_members_and_may_form_a_ring() {
    let house = House::new();
    let ada = house.add_user(ORG, "ada").id;
    let [a, b, c] = ["a", "b", "c"].map(|name| house.add_group(ORG, name).id);
    house.write(move |tx| {
        tx.add_members(ORG, &a, &[ada], NOW)?;
        tx.add_members(ORG, &b, &[a], NOW)?;
        tx.add_members(ORG, &c, &[b], NOW)?;
        tx.add_members(ORG, &a, &[c, a], NOW)
    });
    let groups = house.read(|r| r.user_groups(ORG, &ada));
    let seen: Vec<_> = groups
        .iter()
        .map(|group| (group.id, group.direct))
        .collect();
    assert_eq!(seen, [(a, true), (b, false), (c, false)]);
    for id in [a, b, c] {
        let query = users(Some(eq("groups.value", &id.to_string())), None, all());
        assert_eq!(house.read(|r| r.users(&query)).total, 1);
    }
    assert!(house.write(move |tx| tx.remove_group(ORG, &b, LATER)));
    assert_eq!(house.read(|r| r.user_groups(ORG, &ada)).len(), 1);
}

#[test]
fn a_member_shows_its_display_name_or_else_its_user_name() {
    let house = House::new();
    let draft = user(json!({ "userName": "ada", "displayName": "Ada L." }));
    let ada = house
        .write(move |tx| tx.insert_user(ORG, crate::ids::ResourceId::new(), &draft, None, NOW))
        .id;
    let bob = house.add_user(ORG, "bob").id;
    let staff = house.add_group(ORG, "staff").id;
    house.write(move |tx| tx.add_members(ORG, &staff, &[ada, bob], NOW));
    let (page, next) = house.read(|r| r.members_page(ORG, &staff, None, 10));
    let shown = |Member { display, .. }: Member| display;
    assert_eq!(
        page.into_iter().map(shown).collect::<Vec<_>>(),
        ["Ada L.", "bob"]
    );
    assert!(next.is_none());
}
