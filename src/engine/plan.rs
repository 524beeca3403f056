//! The plan of a removal: does the account end or is it held, and who receives its content.

use std::time::Duration;

use crate::clock::Timestamp;
use crate::ids::ResourceId;
use crate::model::content::Person;
use crate::model::deletion::Signal;
use crate::model::org::{Heir, Org, RemovalPolicy};
use crate::model::system;

/// What becomes of an account that is removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// There is none: the request that would have created it is all there was.
    Nothing,
    /// It ends now, and its content moves.
    Delete,
    /// It is held, with everything it has; until a moment, or until an operator decides.
    Hold {
        /// `None`: frozen by the guard.
        until: Option<Timestamp>,
    },
}

/// What a signal leads to under an Org's policy; `frozen` if the guard stops it.
pub fn ending(org: &Org, signal: Signal, frozen: bool, now: Timestamp) -> Ending {
    match (org.policy, signal) {
        (_, Signal::CreatedInactive) => Ending::Nothing,
        _ if frozen => Ending::Hold { until: None },
        (RemovalPolicy::Delete, _) => Ending::Delete,
        (RemovalPolicy::Hold | RemovalPolicy::Suspend, _) => Ending::Hold {
            until: Some(held_until(org, now)),
        },
    }
}

/// When an account that is held from now on is deleted.
pub fn held_until(org: &Org, now: Timestamp) -> Timestamp {
    now.plus(Duration::from_secs(u64::from(org.hold_days) * 86_400))
}

/// Who receives the content of `leaving`: the first heir that is there, and else `tsadmin`.
/// `manager` is the live user that the enterprise extension names, `live` looks a user up.
///
/// # Errors
/// Those of `live`.
pub fn heir<E>(
    org: &Org,
    leaving: &ResourceId,
    manager: Option<&Person>,
    mut live: impl FnMut(&ResourceId) -> Result<Option<Person>, E>,
) -> Result<Person, E> {
    for heir in &org.heirs {
        let found = match heir {
            Heir::Manager => manager.cloned(),
            Heir::User(id) => live(id)?,
        };
        if let Some(person) = found.filter(|person| person.id != *leaving) {
            return Ok(person);
        }
    }
    Ok(administrator())
}

/// `tsadmin`, who receives what nobody else can.
pub fn administrator() -> Person {
    let id = system::TSADMIN;
    Person {
        id,
        user_name: system::user_name(&id).unwrap_or_default().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;
    use crate::ids::OrgId;
    use crate::scim::quirk::Dialect;

    fn org(policy: RemovalPolicy, heirs: Vec<Heir>) -> Org {
        Org {
            id: OrgId(0),
            name: "Primary".to_owned(),
            scim_enabled: true,
            policy,
            hold_days: 30,
            heirs,
            dialect: Dialect::Auto,
            created: Timestamp(0),
            users: 0,
            groups: 0,
        }
    }

    #[test]
    fn the_policy_and_the_guard_decide_how_an_account_ends() {
        use RemovalPolicy::{Delete, Hold, Suspend};
        let later = Ending::Hold {
            until: Some(Timestamp(30 * 86_400_000)),
        };
        let frozen = Ending::Hold { until: None };
        for (policy, signal, stopped, expected) in [
            (Delete, Signal::Delete, false, Ending::Delete),
            (Delete, Signal::Deactivate, false, Ending::Delete),
            (Delete, Signal::Deactivate, true, frozen),
            (Hold, Signal::Delete, false, later),
            (Hold, Signal::Deactivate, false, later),
            (Hold, Signal::Delete, true, frozen),
            (Suspend, Signal::Delete, false, later),
            (Delete, Signal::CreatedInactive, true, Ending::Nothing),
            (Hold, Signal::CreatedInactive, false, Ending::Nothing),
        ] {
            let org = org(policy, Vec::new());
            let found = ending(&org, signal, stopped, Timestamp(0));
            assert_eq!(found, expected, "{policy:?} {signal:?} {stopped}");
        }
    }

    #[test]
    fn content_goes_to_the_first_heir_that_is_there() {
        let person = |name: &str| Person {
            id: ResourceId::new(),
            user_name: name.to_owned(),
        };
        let (leaving, boss, deputy) = (person("ada"), person("boss"), person("deputy"));
        let gone = ResourceId::new();
        let live = |id: &ResourceId| {
            let known = [&leaving, &boss, &deputy]
                .into_iter()
                .find(|known| known.id == *id);
            Ok::<_, Infallible>(known.cloned())
        };
        for (heirs, manager, expected) in [
            (vec![], Some(&boss), "tsadmin"),
            (vec![Heir::Manager], Some(&boss), "boss"),
            (vec![Heir::Manager], None, "tsadmin"),
            (vec![Heir::Manager], Some(&leaving), "tsadmin"),
            (vec![Heir::User(gone), Heir::Manager], Some(&boss), "boss"),
            (vec![Heir::Manager, Heir::User(deputy.id)], None, "deputy"),
            (vec![Heir::User(leaving.id)], None, "tsadmin"),
        ] {
            let org = org(RemovalPolicy::Delete, heirs);
            let found = heir(&org, &leaving.id, manager, live).unwrap();
            assert_eq!(found.user_name, expected);
        }
        assert_eq!(administrator().user_name, "tsadmin");
    }
}
