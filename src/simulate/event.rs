//! What happens in a company, and what follows from it for a client.

use super::company::{GroupNo, PersonNo};

/// Something that happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// Somebody new.
    Join,
    /// Somebody leaves for good.
    Leave(PersonNo),
    /// Somebody who left comes back.
    Return(PersonNo),
    /// The provider forgets somebody who left.
    Erase(PersonNo),
    /// To another department, with another title and manager.
    Move(PersonNo),
    /// Another family name, and with it another `userName`.
    Marry(PersonNo),
    /// Without access until further notice.
    Suspend(PersonNo),
    /// With access again.
    Resume(PersonNo),
    /// Taken out of the application's scope.
    Unassign(PersonNo),
    /// Put back into it.
    Assign(PersonNo),
    /// Into a group.
    Enter(PersonNo, GroupNo),
    /// Out of a group.
    Exit(PersonNo, GroupNo),
    /// A new password.
    Password(PersonNo),
    /// Another name for a group.
    Rename(GroupNo, String),
    /// Everybody out of a group.
    Empty(GroupNo),
    /// A new group, of so many people.
    Found(usize),
    /// The end of a group.
    Drop(GroupNo),
}

/// What a client is to notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// Somebody is to have an account, or to have it back.
    Wanted(PersonNo),
    /// Somebody left the scope.
    Unassigned(PersonNo),
    /// Somebody left.
    Left(PersonNo),
    /// Somebody was erased.
    Erased(PersonNo),
    /// Access is suspended.
    Suspended(PersonNo),
    /// Access is back.
    Resumed(PersonNo),
    /// Attributes differ.
    Profile(PersonNo),
    /// The manager differs.
    Manager(PersonNo),
    /// The password differs.
    Password(PersonNo),
    /// A group is to exist, with these members and this name.
    Group(GroupNo),
    /// The members of a group differ.
    Members(GroupNo),
    /// A group is to be no more.
    Dropped(GroupNo),
}
