//! On whose behalf something is done to an Org, and when: what every event of it says.

use serde_json::Value;

use crate::clock::Timestamp;
use crate::ids::{OrgId, RequestId};
use crate::model::event::{Actor, EventKind, NewEvent};
use crate::model::org::Org;
use crate::ops::api::OpsError;
use crate::ops::house::House;
use crate::ops::orgs;
use crate::store::StoreError;

/// On whose behalf, where and when.
#[derive(Clone)]
pub(super) struct Mandate {
    /// The Org, with its policy.
    pub org: Org,
    pub actor: Actor,
    pub request: Option<RequestId>,
    pub now: Timestamp,
}

impl Mandate {
    /// An operator's, in the Org of that number or name.
    pub fn operator(house: &House, operator: &str, org: &str) -> Result<Self, OpsError> {
        Ok(Self {
            org: orgs::find(house, org)?,
            actor: Actor::Operator(operator.to_owned()),
            request: None,
            now: house.clock.now(),
        })
    }

    /// An event of it.
    pub fn event(&self, kind: EventKind, detail: Value) -> NewEvent {
        NewEvent {
            request: self.request,
            ..NewEvent::of(self.actor.clone(), self.now, self.org.id, kind, detail)
        }
    }
}

/// The same actor's mandates for every Org.
pub(super) struct Mandates {
    orgs: Vec<Org>,
    actor: Actor,
    now: Timestamp,
}

impl Mandates {
    pub fn new(house: &House, actor: Actor) -> Result<Self, StoreError> {
        Ok(Self {
            orgs: house.store.read(|reader| reader.orgs())?,
            actor,
            now: house.clock.now(),
        })
    }

    pub fn of(&self, org: OrgId) -> Result<Mandate, StoreError> {
        let org = self.orgs.iter().find(|known| known.id == org);
        Ok(Mandate {
            org: org.cloned().ok_or(StoreError::NotFound)?,
            actor: self.actor.clone(),
            request: None,
            now: self.now,
        })
    }
}
