//! What a user may do: the union of the privileges of every role of every group, each with every
//! way it comes.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::role::{Access, Carried, Granted};

/// The access that these roles give.
pub fn effective(carried: Vec<Carried>) -> Access {
    let mut roles = BTreeSet::new();
    let mut privileges: BTreeMap<String, BTreeSet<_>> = BTreeMap::new();
    for Carried {
        path,
        privileges: held,
    } in carried
    {
        for privilege in held {
            privileges
                .entry(privilege)
                .or_default()
                .insert(path.clone());
        }
        roles.insert(path.role);
    }
    Access {
        privileges: privileges
            .into_iter()
            .map(|(privilege, through)| Granted {
                privilege,
                through: through.into_iter().collect(),
            })
            .collect(),
        roles: roles.into_iter().collect(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::ids::ResourceId;
    use crate::model::role::{Path, RoleSource};

    fn carried() -> impl Strategy<Value = Carried> {
        let source = prop::sample::select(vec![
            RoleSource::Operator,
            RoleSource::Scim,
            RoleSource::Rule,
        ]);
        let privileges = prop::collection::vec("[A-D]", 0..4);
        ("[ab]", 0..3_u128, source, any::<bool>(), privileges).prop_map(
            |(role, group, source, direct, privileges)| Carried {
                path: Path {
                    role,
                    group: format!("g{group}"),
                    group_id: ResourceId(Uuid::from_u128(group)),
                    source,
                    direct,
                },
                privileges,
            },
        )
    }

    proptest! {
        #[test]
        fn the_union_is_complete_and_every_privilege_has_its_ways(
            all in prop::collection::vec(carried(), 0..12)
        ) {
            let access = effective(all.clone());
            prop_assert!(access.roles.is_sorted_by(|a, b| a < b));
            prop_assert!(access.privileges.is_sorted_by(|a, b| a.privilege < b.privilege));
            for Granted { privilege, through } in &access.privileges {
                prop_assert!(!through.is_empty() && through.is_sorted_by(|a, b| a < b));
                for path in through {
                    let real = |one: &Carried| one.path == *path && one.privileges.contains(privilege);
                    prop_assert!(all.iter().any(real));
                }
            }
            for one in &all {
                prop_assert!(access.roles.contains(&one.path.role));
                for privilege in &one.privileges {
                    let granted = access.privileges.iter().find(|g| g.privilege == *privilege);
                    prop_assert!(granted.is_some_and(|g| g.through.contains(&one.path)));
                }
            }
        }
    }
}
