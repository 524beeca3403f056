//! What operators do with Orgs.

use serde_json::json;

use crate::ids::OrgId;
use crate::model::event::{Actor, EventKind, NewEvent};
use crate::model::org::{Heir, Org};
use crate::ops::api::{Failure, NewOrg, OpsError, OrgChange};
use crate::ops::house::House;
use crate::store::{StoreError, Tx};

/// Characters in a name at most.
const LONGEST_NAME: usize = 64;

/// Days that an account can be held.
const LONGEST_HOLD: u32 = 3_650;

/// An Org by number or name.
pub(super) fn find(house: &House, which: &str) -> Result<Org, OpsError> {
    let found = house.store.read(|reader| match which.parse() {
        Ok(number) => reader.org(OrgId(number)),
        Err(_) => reader.org_by_name(which),
    })?;
    found.ok_or_else(unknown)
}

/// The error for an Org that is not there.
pub(super) fn unknown() -> OpsError {
    OpsError::new(
        Failure::NotFound,
        "no Org has this number or name; `scimtop org list` shows them all",
    )
}

/// Makes an Org.
pub(super) fn create(house: &House, operator: &str, new: NewOrg) -> Result<Org, OpsError> {
    let fine = !new.name.is_empty()
        && new.name.chars().count() <= LONGEST_NAME
        && new
            .name
            .chars()
            .all(|c| c.is_alphanumeric() || "-_.".contains(c))
        && new.name.parse::<i64>().is_err();
    if !fine {
        return Err(OpsError::new(
            Failure::Invalid,
            "an Org's name has 1 to 64 letters, digits, `-`, `_` or `.`, and is not a number",
        ));
    }
    let (now, actor) = (house.clock.now(), Actor::Operator(operator.to_owned()));
    let org = house.store.write_blocking(move |tx| {
        let mut org = tx.insert_org(&new.name, now)?;
        org.policy = new.policy;
        org.dialect = new.dialect;
        tx.update_org(&org)?;
        let detail = json!({ "subject": org.name, "policy": org.policy, "dialect": org.dialect });
        tx.append_event(&NewEvent::of(
            actor,
            now,
            org.id,
            EventKind::OrgCreated,
            detail,
        ))?;
        Ok::<_, StoreError>(org)
    })?;
    house.doorkeeper.learn_org(org.clone());
    Ok(org)
}

/// Changes an Org.
pub(super) fn change(
    house: &House,
    operator: &str,
    which: &str,
    change: OrgChange,
) -> Result<Org, OpsError> {
    let id = find(house, which)?.id;
    check(house, id, &change)?;
    let (now, actor) = (house.clock.now(), Actor::Operator(operator.to_owned()));
    let org = house
        .store
        .write_blocking(move |tx| apply(tx, id, change, actor, now))?;
    house.doorkeeper.learn_org(org.clone());
    Ok(org)
}

/// Refuses settings that make no sense.
fn check(house: &House, org: OrgId, change: &OrgChange) -> Result<(), OpsError> {
    if change
        .hold_days
        .is_some_and(|days| !(1..=LONGEST_HOLD).contains(&days))
    {
        return Err(OpsError::new(
            Failure::Invalid,
            format!("accounts can be held for 1 to {LONGEST_HOLD} days"),
        ));
    }
    for heir in change.heirs.iter().flatten() {
        if let Heir::User(id) = heir
            && house.store.read(|reader| reader.user(org, id))?.is_none()
        {
            return Err(OpsError::new(
                Failure::Invalid,
                "an heir has to be a live user of the Org; `users list` shows them",
            ));
        }
    }
    Ok(())
}

fn apply(
    tx: &mut Tx<'_>,
    id: OrgId,
    change: OrgChange,
    actor: Actor,
    now: crate::clock::Timestamp,
) -> Result<Org, StoreError> {
    let mut org = tx.org(id)?.ok_or(StoreError::NotFound)?;
    let mut changes = Vec::new();
    let mut note = |path: &str, before: serde_json::Value, after: serde_json::Value| {
        if before != after {
            changes.push(json!({ "path": path, "before": before, "after": after }));
        }
    };
    if let Some(on) = change.scim_enabled {
        note("scim_enabled", org.scim_enabled.into(), on.into());
        org.scim_enabled = on;
    }
    if let Some(policy) = change.policy {
        note("policy", json!(org.policy), json!(policy));
        org.policy = policy;
    }
    if let Some(days) = change.hold_days {
        note("hold_days", json!(org.hold_days), json!(days));
        org.hold_days = days;
    }
    if let Some(heirs) = change.heirs {
        note("heirs", json!(org.heirs), json!(heirs));
        org.heirs = heirs;
    }
    if let Some(dialect) = change.dialect {
        note("dialect", json!(org.dialect), json!(dialect));
        org.dialect = dialect;
    }
    if changes.is_empty() {
        return Ok(org);
    }
    tx.update_org(&org)?;
    let detail = json!({ "subject": org.name, "changes": changes });
    tx.append_event(&NewEvent::of(
        actor,
        now,
        org.id,
        EventKind::OrgChanged,
        detail,
    ))?;
    Ok(org)
}
