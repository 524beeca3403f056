//! The users and groups that belong to the system: they exist in every Org, with the same ids
//! everywhere, are not visible to identity providers and can neither be changed nor removed by
//! them.

use uuid::Uuid;

use crate::ids::ResourceId;
use crate::scim::fold::fold;

/// The administrator that receives content when no other heir is there.
pub const TSADMIN: ResourceId = reserved(1);
/// The server itself.
pub const SYSTEM: ResourceId = reserved(2);
/// The group of administrators.
pub const ADMINISTRATOR: ResourceId = reserved(3);
/// The group that every user of an Org is in.
pub const ALL: ResourceId = reserved(4);

const USERS: [(ResourceId, &str); 2] = [(TSADMIN, "tsadmin"), (SYSTEM, "system")];
const GROUPS: [(ResourceId, &str); 2] = [(ADMINISTRATOR, "Administrator"), (ALL, "All")];

/// Ids of UUID version 8 (RFC 9562 §5.8): no clock ever makes one.
const fn reserved(number: u128) -> ResourceId {
    ResourceId(Uuid::from_u128(
        0x0000_0000_0000_8000_8000_0000_0000_0000 | number,
    ))
}

/// The name of the system user with that id.
pub fn user_name(id: &ResourceId) -> Option<&'static str> {
    name_in(&USERS, id)
}

/// The name of the system group with that id.
pub fn group_name(id: &ResourceId) -> Option<&'static str> {
    name_in(&GROUPS, id)
}

/// The id of the system user with that name, compared without case.
pub fn user_named(name: &str) -> Option<ResourceId> {
    named_in(&USERS, name)
}

/// The id of the system group with that name, compared without case.
pub fn group_named(name: &str) -> Option<ResourceId> {
    named_in(&GROUPS, name)
}

fn name_in(those: &[(ResourceId, &'static str)], id: &ResourceId) -> Option<&'static str> {
    those
        .iter()
        .find(|(known, _)| known == id)
        .map(|(_, name)| *name)
}

fn named_in(those: &[(ResourceId, &str)], name: &str) -> Option<ResourceId> {
    those
        .iter()
        .find(|(_, known)| fold(known) == fold(name))
        .map(|(id, _)| *id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn system_principals_are_found_by_id_and_by_name() {
        assert_eq!(user_named("TSAdmin"), Some(TSADMIN));
        assert_eq!(user_name(&TSADMIN), Some("tsadmin"));
        assert_eq!(group_named("all"), Some(ALL));
        assert_eq!(group_name(&ADMINISTRATOR), Some("Administrator"));
        assert_eq!(user_named("all"), None);
        assert_eq!(TSADMIN.to_string(), "00000000-0000-8000-8000-000000000001");
        assert!(ResourceId::parse(&ALL.to_string()).is_some());
    }
}
