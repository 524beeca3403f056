//! De-provisioning: is a request a signal, and what follows from it under the Org's policy.

use crate::model::deletion::Signal;
use crate::model::org::RemovalPolicy;

/// What becomes of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It lives on as the request says.
    Keep,
    /// It lives on, disabled by this request.
    Disable,
    /// It lives on, enabled again by this request.
    Enable,
    /// It is removed.
    Remove(Signal),
}

/// What follows when a PATCH or PUT turns `active` from `before` into `after`.
///
/// Under `delete` and `hold` there is no disabled account, so `after` decides alone; under `suspend`
/// only a change is a signal.
pub const fn of_change(policy: RemovalPolicy, before: bool, after: bool) -> Fate {
    match (policy, before, after) {
        (RemovalPolicy::Delete | RemovalPolicy::Hold, _, false) => Fate::Remove(Signal::Deactivate),
        (RemovalPolicy::Suspend, true, false) => Fate::Disable,
        (_, false, true) => Fate::Enable,
        _ => Fate::Keep,
    }
}

/// What follows when a POST creates a user with `active` as given.
pub const fn of_creation(policy: RemovalPolicy, active: bool) -> Fate {
    match (policy, active) {
        (RemovalPolicy::Delete | RemovalPolicy::Hold, false) => {
            Fate::Remove(Signal::CreatedInactive)
        }
        _ => Fate::Keep,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_decide_what_active_false_means() {
        use RemovalPolicy::{Delete, Hold, Suspend};
        for (policy, before, after, fate) in [
            (Delete, true, true, Fate::Keep),
            (Delete, true, false, Fate::Remove(Signal::Deactivate)),
            (Delete, false, false, Fate::Remove(Signal::Deactivate)),
            (Delete, false, true, Fate::Enable),
            (Hold, true, false, Fate::Remove(Signal::Deactivate)),
            (Hold, true, true, Fate::Keep),
            (Suspend, true, false, Fate::Disable),
            (Suspend, false, false, Fate::Keep),
            (Suspend, false, true, Fate::Enable),
            (Suspend, true, true, Fate::Keep),
        ] {
            assert_eq!(
                of_change(policy, before, after),
                fate,
                "{policy:?} {before} {after}"
            );
        }
        assert_eq!(
            of_creation(Delete, false),
            Fate::Remove(Signal::CreatedInactive)
        );
        assert_eq!(of_creation(Delete, true), Fate::Keep);
        assert_eq!(of_creation(Suspend, false), Fate::Keep);
    }
}
