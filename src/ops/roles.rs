//! What operators do with roles, and what a user may do through them.

use serde_json::{Value, json};

use crate::engine::access;
use crate::ids::{OrgId, ResourceId};
use crate::model::event::EventKind;
use crate::model::role::{Access, Role, RoleRule, RoleSource};
use crate::model::system;
use crate::ops::api::roles::{Grant, NewRole, SetRule};
use crate::ops::api::{Failure, OpsError};
use crate::ops::directory::missing;
use crate::ops::house::House;
use crate::ops::mandate::Mandate;
use crate::ops::orgs;
use crate::ops::rehearsal::carry_out;
use crate::scim::schema::Kind;
use crate::store::{Reader, StoreError, Tx};

/// Characters in the name of a role at most.
const LONGEST_NAME: usize = 64;
/// Characters in the name of a group at most.
const LONGEST_GROUP: usize = 1024;
/// Names listed in an error.
const LISTED: usize = 5;

impl Mandate {
    fn record(
        &self,
        tx: &mut Tx<'_>,
        kind: EventKind,
        group: Option<ResourceId>,
        detail: Value,
    ) -> Result<(), StoreError> {
        let mut event = self.event(kind, detail);
        event.subject = group;
        tx.append_event(&event)?;
        Ok(())
    }

    fn role(&self, reader: &Reader<'_>, name: &str) -> Result<Role, OpsError> {
        reader.role(self.org.id, name)?.ok_or_else(|| {
            not_found("no role of this Org has this name; `scimtop roles list` shows them all")
        })
    }
}

/// The roles of one Org, or of all.
pub(super) fn list(house: &House, org: Option<&str>) -> Result<Vec<Role>, OpsError> {
    let org = of(house, org)?;
    Ok(house.store.read(|reader| reader.roles(org))?)
}

/// The rules of one Org, or of all.
pub(super) fn rules(house: &House, org: Option<&str>) -> Result<Vec<RoleRule>, OpsError> {
    let org = of(house, org)?;
    Ok(house.store.read(|reader| reader.role_rules(org))?)
}

fn of(house: &House, org: Option<&str>) -> Result<Option<OrgId>, OpsError> {
    org.map(|org| Ok(orgs::find(house, org)?.id)).transpose()
}

/// Makes a role or replaces its privileges.
pub(super) fn put(
    house: &House,
    operator: &str,
    org: &str,
    new: NewRole,
) -> Result<Role, OpsError> {
    let by = Mandate::operator(house, operator, org)?;
    let NewRole {
        name,
        privileges,
        dry_run,
    } = new;
    if !is_name(&name, LONGEST_NAME) {
        return Err(invalid(
            "the name of a role has 1 to 64 characters, none of them a control character, and no \
             space at its ends",
        ));
    }
    let privileges = house
        .privileges
        .check(privileges)
        .map_err(|message| invalid(&message))?;
    carry_out(&house.store, dry_run, move |tx| {
        let before = tx.role(by.org.id, &name)?;
        if before
            .as_ref()
            .is_none_or(|before| before.privileges != privileges)
        {
            tx.put_role(by.org.id, &name, &privileges, by.now)?;
            let (kind, detail) = match before {
                None => (
                    EventKind::RoleCreated,
                    json!({ "subject": name, "privileges": privileges }),
                ),
                Some(before) => {
                    let (path, held) = ("privileges", before.privileges);
                    let change = json!({ "path": path, "before": held, "after": privileges });
                    let detail = json!({ "subject": before.name, "changes": [change] });
                    (EventKind::RoleChanged, detail)
                }
            };
            by.record(tx, kind, None, detail)?;
        }
        by.role(tx, &name)
    })
}

/// Removes a role that no group carries and no rule names.
pub(super) fn remove(
    house: &House,
    operator: &str,
    org: &str,
    name: String,
    dry_run: bool,
) -> Result<Role, OpsError> {
    let by = Mandate::operator(house, operator, org)?;
    carry_out(&house.store, dry_run, move |tx| {
        let role = by.role(tx, &name)?;
        let carry = role.groups.iter();
        let carry = carry.filter(|group| group.source != RoleSource::Rule);
        in_use(
            "groups carry this role",
            "revoke it, or have the identity provider take it away, before it is removed",
            carry.map(|group| group.display.as_str()),
        )?;
        let rules = tx.role_rules(Some(by.org.id))?;
        let named = rules.iter().filter(|rule| rule.role == role.name);
        in_use(
            "rules give this role to groups",
            "remove these rules first",
            named.map(|rule| rule.group.as_str()),
        )?;
        tx.remove_role(by.org.id, &role.name)?;
        let detail = json!({ "subject": role.name, "privileges": role.privileges });
        by.record(tx, EventKind::RoleRemoved, None, detail)?;
        Ok(role)
    })
}

/// An error that names what stands in the way of a removal, if anything does.
fn in_use<'a>(
    what: &str,
    then: &str,
    names: impl Iterator<Item = &'a str>,
) -> Result<(), OpsError> {
    let names: Vec<_> = names.collect();
    if names.is_empty() {
        return Ok(());
    }
    let more = match names.len().saturating_sub(LISTED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let listed = names[..names.len().min(LISTED)].join(", ");
    Err(conflict(&format!("{what} ({listed}{more}); {then}")))
}

/// Gives a role to a group, or takes back what an operator gave.
pub(super) fn grant(
    house: &House,
    operator: &str,
    org: &str,
    grant: Grant,
) -> Result<Role, OpsError> {
    let by = Mandate::operator(house, operator, org)?;
    carry_out(&house.store, grant.dry_run, move |tx| {
        let role = by.role(tx, &grant.role)?;
        let (group, display) = find_group(tx, by.org.id, &grant.group)?;
        let source = RoleSource::Operator;
        let (changed, kind) = if grant.given {
            let changed = tx.grant_role(by.org.id, &group, &role.name, source)?;
            (changed, EventKind::RoleGranted)
        } else {
            if !tx.revoke_role(by.org.id, &group, &role.name, source)? {
                return Err(not_given(&role, &group));
            }
            (true, EventKind::RoleRevoked)
        };
        if changed {
            let detail = json!({ "subject": display, "role": role.name });
            by.record(tx, kind, Some(group), detail)?;
        }
        by.role(tx, &role.name)
    })
}

/// Why an operator cannot take a role from a group.
fn not_given(role: &Role, group: &ResourceId) -> OpsError {
    let mut others = role.groups.iter().filter(|carries| carries.id == *group);
    match others.next().map(|carries| carries.source) {
        Some(RoleSource::Scim) => conflict(
            "the identity provider gave this role to the group, and only it can take it away",
        ),
        Some(_) => conflict(
            "a rule gives this role to groups of that name; `scimtop roles rule --remove` ends it",
        ),
        None => not_found("the group does not carry this role"),
    }
}

/// A group by id or name, system groups too.
fn find_group(
    reader: &Reader<'_>,
    org: OrgId,
    which: &str,
) -> Result<(ResourceId, String), OpsError> {
    let id = ResourceId::parse(which).or_else(|| system::group_named(which));
    if let Some(id) = id
        && let Some(name) = system::group_name(&id)
    {
        return Ok((id, name.to_owned()));
    }
    let group = reader.find_group(org, which)?;
    let group = group.ok_or_else(|| missing(Kind::Group))?;
    Ok((group.id, group.display_name))
}

/// Makes or removes a rule; returns the rules of the Org.
pub(super) fn set_rule(
    house: &House,
    operator: &str,
    org: &str,
    set: SetRule,
) -> Result<Vec<RoleRule>, OpsError> {
    let by = Mandate::operator(house, operator, org)?;
    if !is_name(&set.group, LONGEST_GROUP) {
        return Err(invalid("give the displayName of the groups that are meant"));
    }
    if system::group_named(&set.group).is_some() {
        return Err(invalid(
            "this group belongs to the system and its name is nobody else's; grant the role to it",
        ));
    }
    carry_out(&house.store, set.dry_run, move |tx| {
        let role = by.role(tx, &set.role)?.name;
        let (changed, kind) = if set.given {
            let changed = tx.insert_role_rule(by.org.id, &set.group, &role)?;
            (changed, EventKind::RoleRuleSet)
        } else {
            if !tx.remove_role_rule(by.org.id, &set.group, &role)? {
                return Err(not_found(
                    "no such rule is there; `scimtop roles rules` shows them all",
                ));
            }
            (true, EventKind::RoleRuleRemoved)
        };
        if changed {
            let detail = json!({ "subject": set.group, "role": role });
            by.record(tx, kind, None, detail)?;
        }
        Ok(tx.role_rules(Some(by.org.id))?)
    })
}

/// What a user may do, and why.
pub(super) fn access(house: &House, org: &str, which: &str) -> Result<Access, OpsError> {
    let org = orgs::find(house, org)?.id;
    let carried = house.store.read(|reader| {
        reader.snapshot(|reader| {
            let found = reader.find_user(org, which)?;
            found
                .map(|user| reader.roles_carried(org, &user.id))
                .transpose()
        })
    })?;
    let carried = carried.ok_or_else(|| missing(Kind::User))?;
    Ok(access::effective(carried))
}

fn is_name(text: &str, longest: usize) -> bool {
    (1..=longest).contains(&text.chars().count())
        && text.trim() == text
        && !text.chars().any(char::is_control)
}

fn invalid(message: &str) -> OpsError {
    OpsError::new(Failure::Invalid, message)
}

fn not_found(message: &str) -> OpsError {
    OpsError::new(Failure::NotFound, message)
}

fn conflict(message: &str) -> OpsError {
    OpsError::new(Failure::Conflict, message)
}
