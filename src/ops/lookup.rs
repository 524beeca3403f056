//! Users and groups by whatever an operator or an identity provider calls them: `id`, then name,
//! then `externalId`. The one place that decides what a name stands for.

use crate::ids::{OrgId, ResourceId};
use crate::model::group::GroupRecord;
use crate::model::system;
use crate::model::user::UserRecord;
use crate::ops::api::{Failure, OpsError};
use crate::scim::schema::Kind;
use crate::store::{Reader, StoreError};

/// What a name stands for.
#[derive(Debug, PartialEq)]
pub(super) enum Found<T> {
    /// One user or group.
    One(T),
    /// None in this Org.
    None,
    /// More than one has it as `externalId`: clients number on their own.
    Several,
}

impl<T> Found<T> {
    fn of(mut all: Vec<T>) -> Self {
        match (all.pop(), all.is_empty()) {
            (Some(one), true) => Self::One(one),
            (None, _) => Self::None,
            (Some(_), false) => Self::Several,
        }
    }

    fn or(one: Option<T>, else_all: impl FnOnce() -> Result<Vec<T>, StoreError>) -> Looked<T> {
        match one {
            Some(one) => Ok(Self::One(one)),
            None => else_all().map(Self::of),
        }
    }

    /// The one, if it is one.
    pub fn one(self) -> Option<T> {
        match self {
            Self::One(one) => Some(one),
            Self::None | Self::Several => None,
        }
    }

    /// Goes on with the one.
    pub fn then<U>(self, work: impl FnOnce(T) -> Result<U, StoreError>) -> Looked<U> {
        Ok(match self {
            Self::One(one) => Found::One(work(one)?),
            Self::None => Found::None,
            Self::Several => Found::Several,
        })
    }

    /// The one, or why there is none.
    pub fn or_error(self, kind: Kind) -> Result<T, OpsError> {
        match self {
            Self::One(one) => Ok(one),
            Self::None => Err(OpsError::new(
                Failure::NotFound,
                match kind {
                    Kind::User => {
                        "no user of this Org has this id, userName or externalId; `scimtop users \
                         list` shows them, `scimtop deletions list` those that were removed"
                    }
                    Kind::Group => {
                        "no group of this Org has this id, displayName or externalId; `scimtop \
                         groups list` shows them, `scimtop events tail --kind group-deleted` those \
                         that were deleted"
                    }
                },
            )),
            Self::Several => Err(OpsError::new(
                Failure::Conflict,
                "this externalId is ambiguous: clients with different tokens gave it to several; \
                 give the id or the name",
            )),
        }
    }
}

/// What a look-up comes back with.
pub(super) type Looked<T> = Result<Found<T>, StoreError>;

/// A live user, without groups.
pub(super) fn user(reader: &Reader<'_>, org: OrgId, which: &str) -> Looked<UserRecord> {
    let by_id = ResourceId::parse(which).map(|id| reader.user(org, &id));
    let found = match by_id.transpose()?.flatten() {
        None => reader.user_by_name(org, which)?,
        found => found,
    };
    Found::or(found, || reader.users_by_external_id(org, which))
}

/// A group, without members.
pub(super) fn group(reader: &Reader<'_>, org: OrgId, which: &str) -> Looked<GroupRecord> {
    let by_id = ResourceId::parse(which).map(|id| reader.group(org, &id));
    let found = match by_id.transpose()?.flatten() {
        None => reader.group_by_name(org, which)?,
        found => found,
    };
    Found::or(found, || reader.groups_by_external_id(org, which))
}

/// Id and name of a group, system groups too.
pub(super) fn any_group(
    reader: &Reader<'_>,
    org: OrgId,
    which: &str,
) -> Looked<(ResourceId, String)> {
    let id = ResourceId::parse(which).or_else(|| system::group_named(which));
    if let Some(id) = id
        && let Some(name) = system::group_name(&id)
    {
        return Ok(Found::One((id, name.to_owned())));
    }
    group(reader, org, which)?.then(|group| Ok((group.id, group.display_name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_found_and_several_are_not_chosen_from() {
        assert_eq!(Found::of(Vec::<u8>::new()), Found::None);
        assert_eq!(Found::of(vec![7]), Found::One(7));
        assert_eq!(Found::of(vec![7, 8]), Found::Several);
        assert_eq!(Found::of(vec![7, 8]).one(), None);
        let error = Found::of(vec![7, 8]).or_error(Kind::User).unwrap_err();
        assert_eq!(error.failure, Failure::Conflict);
        assert!(error.message.contains("ambiguous"));
        for (kind, name) in [(Kind::User, "userName"), (Kind::Group, "displayName")] {
            let error = Found::<u8>::None.or_error(kind).unwrap_err();
            assert_eq!(error.failure, Failure::NotFound);
            assert!(error.message.contains(name));
        }
    }
}
