//! What is known of a group that does not follow the identity provider.

use serde_json::Value;

use super::{READ, Seen, body, lenient};
use crate::engine::diagnose::group::{Facts, Stale, diagnose as judge, last_name};
use crate::ids::{OrgId, ResourceId};
use crate::model::diagnosis::Diagnosis;
use crate::model::event::Event;
use crate::model::exchange::ExchangeSummary;
use crate::model::group::GroupRecord;
use crate::model::role::RoleSource;
use crate::ops::api::directory::{DirectoryQuery, HistoryPage};
use crate::ops::api::{Failure, OpsError};
use crate::ops::house::House;
use crate::ops::{directory, orgs};
use crate::scim::fold::fold;
use crate::scim::quirk::Quirk;
use crate::scim::schema::Kind;
use crate::store::StoreError;

/// Events looked at.
const HISTORY: u64 = 200;
/// Members looked at for groups among them.
const MEMBERS: u64 = 1_000;
/// Groups whose names are compared.
const COMPARED: u32 = 200;

pub(super) fn diagnose(house: &House, org: &str, which: &str) -> Result<Diagnosis, OpsError> {
    let found = orgs::find(house, org)?;
    let (group, roles, nested) = group(house, found.id, which)?;
    let history = history(house, &found.id.to_string(), which)?;
    let mut names = vec![which.to_owned()];
    if let Some(group) = &group {
        names.extend([group.display_name.clone(), group.id.to_string()]);
        names.extend(group.external_id.clone());
    }
    names.extend(
        history
            .iter()
            .filter_map(|event| Some(event.subject?.to_string()))
            .take(1),
    );
    let mut seen = Seen::of(house, org, &names)?;
    seen.keep("/Groups");
    let renamed = match (&group, ResourceId::parse(which)) {
        (None, None) if history.is_empty() => house
            .store
            .read(|reader| reader.last_renamed_group(found.id, which))?,
        _ => None,
    };
    let lost = lost_roles(house, found.id, &history, &roles)?;
    let stale = stale(house, &seen)?;
    let mut failed = seen.failed(house)?;
    failed.retain(|one| !is_stale(one.exchange));
    let name = group.as_ref().map_or(which, |group| &group.display_name);
    let others = others(house, found.id, name);
    Ok(judge(&Facts {
        scene: seen.scene(house),
        which,
        group: group.as_ref(),
        others: &others,
        history: &history,
        about: &seen.about,
        failed: &failed,
        stale: &stale,
        renamed: renamed.as_ref(),
        roles: &roles,
        lost_roles: &lost,
        nested: &nested,
    }))
}

type Known = (Option<GroupRecord>, Vec<(String, RoleSource)>, Vec<String>);

fn group(house: &House, org: OrgId, which: &str) -> Result<Known, StoreError> {
    house.store.read(|reader| {
        reader.snapshot(|reader| {
            let Some(group) = lenient(reader.find_group(org, which))? else {
                return Ok((None, Vec::new(), Vec::new()));
            };
            let (members, _) = reader.members_page(org, &group.id, None, MEMBERS)?;
            let nested = members
                .into_iter()
                .filter(|member| member.kind == Kind::Group);
            let nested = nested.map(|member| member.display).collect();
            let roles = reader.group_roles(org, &group.id)?;
            Ok((Some(group), roles, nested))
        })
    })
}

/// Roles that a rule gives to groups of the name that it had before, and that it does not have.
fn lost_roles(
    house: &House,
    org: OrgId,
    history: &[Event],
    roles: &[(String, RoleSource)],
) -> Result<Vec<String>, StoreError> {
    let Some((_, before)) = last_name(history) else {
        return Ok(Vec::new());
    };
    let given = house.store.read(|reader| reader.role_rules(Some(org)))?;
    let of_before = given
        .into_iter()
        .filter(|rule| fold(&rule.group) == fold(before));
    let lost = of_before.filter(|rule| roles.iter().all(|(role, _)| *role != rule.role));
    Ok(lost.map(|rule| rule.role).collect())
}

/// Newest first; of one that never was, nothing.
fn history(house: &House, org: &str, which: &str) -> Result<Vec<Event>, OpsError> {
    let page = HistoryPage::default();
    match directory::history(house, org, (Kind::Group, which), page, HISTORY) {
        Ok(mut events) => {
            events.reverse();
            // Those about other groups tell that this one was moved in or out of them.
            let own = events.iter().find_map(|event| {
                let named = event.detail["subject"].as_str();
                named.filter(|named| named.eq_ignore_ascii_case(which))?;
                event.subject
            });
            let own = ResourceId::parse(which).or(own);
            events.retain(|event| own.is_none() || event.subject == own);
            Ok(events)
        }
        Err(error) if matches!(error.failure, Failure::NotFound | Failure::Conflict) => {
            Ok(Vec::new())
        }
        Err(error) => Err(error),
    }
}

/// Names of groups that begin alike.
fn others(house: &House, org: OrgId, name: &str) -> Vec<String> {
    let words = name.split(|c: char| !c.is_alphanumeric());
    let Some(word) = words
        .max_by_key(|word| word.len())
        .filter(|word| word.len() > 1)
    else {
        return Vec::new();
    };
    let query = DirectoryQuery {
        org: Some(org),
        filter: word.to_owned(),
        limit: COMPARED,
        ..DirectoryQuery::default()
    };
    // A word that fits too many groups finds none.
    let page = directory::groups(house, &query);
    let items = page.map(|page| page.items).unwrap_or_default();
    items.into_iter().map(|group| group.display_name).collect()
}

fn is_stale(exchange: &ExchangeSummary) -> bool {
    let removed = Quirk::RemovedMember.name();
    exchange.quirks.iter().any(|quirk| quirk == removed)
        || (exchange.status == 400 && exchange.what.contains("no user and no group"))
}

fn stale<'a>(house: &House, seen: &'a Seen) -> Result<Vec<Stale<'a>>, OpsError> {
    let mut found = Vec::new();
    for exchange in seen.about.iter().filter(|one| is_stale(one)) {
        let mut ids = Vec::new();
        if found.len() < READ
            && let Some(body) = body(house, exchange.seq, false)?
        {
            values(&body, &mut ids);
        }
        let org = seen.org.id;
        let mut gone = Vec::new();
        for id in ids {
            let there = match ResourceId::parse(&id) {
                Some(parsed) => house.store.read(|reader| {
                    Ok(reader.user(org, &parsed)?.is_some()
                        || reader.group(org, &parsed)?.is_some())
                })?,
                None => false,
            };
            if !there {
                gone.push(id);
            }
        }
        found.push(Stale {
            exchange,
            ids: gone,
        });
    }
    Ok(found)
}

/// Every `value` that is text and stands in `members`, or in a PATCH of them.
fn values(body: &Value, into: &mut Vec<String>) {
    match body {
        Value::Array(items) => items.iter().for_each(|item| values(item, into)),
        Value::Object(members) => {
            for (key, member) in members {
                match member {
                    Value::String(text) if key == "value" => into.push(text.clone()),
                    other => values(other, into),
                }
            }
        }
        _ => {}
    }
}
