//! Roles: who has them by which way, and what ends a way.

use super::*;
use crate::model::role::RoleSource::{Operator, Rule, Scim};
use crate::model::system;

/// Ada is in Inner, which is in Outer; Bob is in nothing.
struct Case {
    house: House,
    ada: ResourceId,
    bob: ResourceId,
    inner: ResourceId,
    outer: ResourceId,
}

impl Case {
    fn new() -> Self {
        let house = House::new();
        let [ada, bob] = ["ada", "bob"].map(|name| house.add_user(ORG, name).id);
        let [inner, outer] = ["Inner", "Outer"].map(|name| house.add_group(ORG, name).id);
        house.write(move |tx| {
            tx.add_members(ORG, &inner, &[ada], NOW)?;
            tx.add_members(ORG, &outer, &[inner], NOW)?;
            // Groups inside each other end the walk.
            tx.add_members(ORG, &inner, &[outer], NOW)?;
            for role in ["One", "Two", "Three"] {
                tx.put_role(ORG, role, &[format!("{}_P", role.to_uppercase())], NOW)?;
            }
            Ok(())
        });
        Self {
            house,
            ada,
            bob,
            inner,
            outer,
        }
    }

    fn roles(&self, user: ResourceId) -> Vec<String> {
        let named = self.house.read(|r| r.roles_of_user(ORG, &user));
        let with_groups = self.house.read(|r| r.user_with_groups(ORG, &user)).unwrap();
        assert_eq!(named, with_groups.roles);
        let query = UserQuery {
            groups: true,
            ..super::users(None, None, all())
        };
        let listed = self.house.read(|r| r.users(&query)).rows;
        let listed = listed.into_iter().find(|one| one.id == user).unwrap();
        assert_eq!(named, listed.roles);
        let mut carried: Vec<_> = self
            .house
            .read(|r| r.roles_carried(ORG, &user))
            .into_iter()
            .map(|carried| carried.path.role)
            .collect();
        carried.sort();
        carried.dedup();
        assert_eq!(named, carried);
        named
    }
}

#[test]
fn roles_come_by_grant_and_rule_through_groups_however_deep_and_through_all() {
    let case = Case::new();
    let (ada, bob, inner, outer) = (case.ada, case.bob, case.inner, case.outer);
    assert!(case.roles(ada).is_empty());
    case.house.write(move |tx| {
        assert!(tx.grant_role(ORG, &outer, "one", Operator)?);
        assert!(!tx.grant_role(ORG, &outer, "ONE", Operator)?);
        assert!(tx.grant_role(ORG, &outer, "One", Scim)?);
        assert!(tx.insert_role_rule(ORG, "INNER", "Two")?);
        tx.grant_role(ORG, &system::ALL, "Three", Operator)
    });
    assert_eq!(case.roles(ada), ["One", "Three", "Two"]);
    assert_eq!(case.roles(bob), ["Three"]);
    let mut ways: Vec<_> = case
        .house
        .read(|r| r.roles_carried(ORG, &ada))
        .into_iter()
        .map(|carried| {
            (
                carried.path.group.clone(),
                carried.path.direct,
                carried.path.source,
                carried.privileges,
            )
        })
        .collect();
    ways.sort();
    let way = |group: &str, direct, source, privilege: &str| {
        (group.to_owned(), direct, source, vec![privilege.to_owned()])
    };
    assert_eq!(
        ways,
        [
            way("All", true, Operator, "THREE_P"),
            way("Inner", true, Rule, "TWO_P"),
            way("Outer", false, Operator, "ONE_P"),
            way("Outer", false, Scim, "ONE_P"),
        ]
    );
    let of_outer = case.house.read(|r| r.group_roles(ORG, &outer));
    assert_eq!(
        of_outer,
        [("One".to_owned(), Operator), ("One".to_owned(), Scim)]
    );
    let of_inner = case.house.read(|r| r.group_roles(ORG, &inner));
    assert_eq!(of_inner, [("Two".to_owned(), Rule)]);

    // The operator takes back only what the operator gave.
    case.house.write(move |tx| {
        assert!(tx.revoke_role(ORG, &outer, "One", Operator)?);
        assert!(!tx.revoke_role(ORG, &outer, "One", Operator)?);
        Ok(())
    });
    assert_eq!(case.roles(ada), ["One", "Three", "Two"]);
    // A rule follows the name.
    case.house.write(move |tx| {
        tx.update_group(ORG, &inner, &group(&json!({ "displayName": "Other" })), NOW)
            .map(drop)
    });
    assert_eq!(case.roles(ada), ["One", "Three"]);
    case.house.write(move |tx| {
        tx.update_group(ORG, &outer, &group(&json!({ "displayName": "inner" })), NOW)
            .map(drop)
    });
    assert_eq!(case.roles(ada), ["One", "Three", "Two"]);
    // A group that is gone takes its roles with it.
    case.house
        .write(move |tx| tx.remove_group(ORG, &outer, NOW));
    assert_eq!(case.roles(ada), ["Three"]);
    let role = case.house.read(|r| r.role(ORG, "ONE")).unwrap();
    assert!(role.groups.is_empty());
    let role = case.house.read(|r| r.role(ORG, "three")).unwrap();
    assert_eq!(
        (role.name.as_str(), role.groups[0].display.as_str()),
        ("Three", "All")
    );
}

#[test]
fn what_a_client_gives_is_set_as_a_whole_or_not_at_all() {
    let case = Case::new();
    let (ada, inner) = (case.ada, case.inner);
    let set = |roles: &'static [&str]| {
        case.house
            .write(move |tx| tx.set_scim_roles(ORG, &inner, roles))
    };
    assert_eq!(set(&["One", "two", "ONE"]), Ok(()));
    assert_eq!(case.roles(ada), ["One", "Two"]);
    assert_eq!(set(&["Three", "Four"]), Err(1));
    assert_eq!(case.roles(ada), ["One", "Two"]);
    case.house
        .write(move |tx| tx.grant_role(ORG, &inner, "One", Operator));
    assert_eq!(set(&[]), Ok(()));
    assert_eq!(case.roles(ada), ["One"]);
}

#[test]
fn roles_of_orgs_stay_apart() {
    let case = Case::new();
    let ada = case.ada;
    let other = case.house.write(|tx| tx.insert_org("other", NOW)).id;
    case.house.write(move |tx| {
        tx.put_role(other, "Foreign", &[], NOW)?;
        tx.grant_role(other, &system::ALL, "Foreign", Operator)?;
        tx.insert_role_rule(other, "Inner", "Foreign")
    });
    assert!(case.roles(ada).is_empty());
    assert!(case.house.read(|r| r.role(ORG, "Foreign")).is_none());
    assert_eq!(case.house.read(|r| r.roles(Some(other))).len(), 1);
    assert_eq!(case.house.read(|r| r.roles(None)).len(), 4);
    let rules = case.house.read(|r| r.role_rules(None));
    assert_eq!((rules.len(), rules[0].org), (1, other));
    assert!(case.house.read(|r| r.role_rules(Some(ORG))).is_empty());
    let missing = case
        .house
        .try_write(move |tx| tx.grant_role(ORG, &system::ALL, "Foreign", Operator));
    assert!(matches!(missing, Err(StoreError::NotFound)));
}
