//! What is known of a user that was not created, or is not what it should be.

use serde_json::json;

use super::{READ, Seen, body, lenient};
use crate::engine::access;
use crate::engine::diagnose::user::{Candidate, Facts, Mismatch, alike, diagnose as judge};
use crate::ids::{OrgId, ResourceId};
use crate::model::deletion::Deletion;
use crate::model::diagnosis::Diagnosis;
use crate::model::exchange::Operation;
use crate::model::org::Org;
use crate::model::role::Access;
use crate::model::user::UserRecord;
use crate::ops::api::OpsError;
use crate::ops::api::directory::DirectoryQuery;
use crate::ops::house::House;
use crate::ops::{directory, orgs};
use crate::scim::fold::fold;
use crate::store::{DeletionQuery, Reader, StoreError};

/// Removals looked at.
const REMOVALS: u64 = 100;
/// Earlier accounts whose requests are looked for too.
const EARLIER: usize = 5;
/// Accounts offered as the same person.
const OFFERED: u32 = 5;
/// Shorter names are like too many others.
const SHORTEST: usize = 3;

pub(super) fn diagnose(house: &House, org: &str, which: &str) -> Result<Diagnosis, OpsError> {
    let found = orgs::find(house, org)?;
    let (account, access, removals) = account(house, &found, which)?;
    let mut names = vec![which.to_owned()];
    if let Some(user) = &account {
        names.extend([user.user_name.clone(), user.id.to_string()]);
        names.extend(user.external_id.clone());
    }
    for removal in removals.iter().take(EARLIER) {
        names.extend([removal.user_name.clone(), removal.user.to_string()]);
        names.extend(removal.external_id.clone());
    }
    names.retain(|name| !name.is_empty());
    names.sort_unstable();
    names.dedup();
    let mut seen = Seen::of(house, org, &names)?;
    seen.keep("/Users");
    let name = removals.first().map(|removal| removal.user_name.as_str());
    let name = name.filter(|name| !name.is_empty()).unwrap_or(which);
    let candidates = candidates(house, &seen.org, name, account.as_ref())?;
    let failed = seen.failed(house)?;
    let mismatches = mismatches(house, &seen, &names)?;
    Ok(judge(&Facts {
        scene: seen.scene(house),
        which,
        account: account.as_ref(),
        access: &access,
        candidates: &candidates,
        removals: &removals,
        about: &seen.about,
        failed: &failed,
        mismatches: &mismatches,
    }))
}

fn account(
    house: &House,
    org: &Org,
    which: &str,
) -> Result<(Option<UserRecord>, Access, Vec<Deletion>), OpsError> {
    Ok(house.store.read(|reader| {
        reader.snapshot(|reader| {
            let found = lenient(reader.find_user(org.id, which))?;
            let Some(found) = found else {
                let name = gone(reader, org.id, which)?;
                let name = name.as_deref().unwrap_or(which);
                let removals = reader.deletions_of(org.id, name, REMOVALS)?;
                return Ok((None, Access::default(), removals));
            };
            let removals = reader.deletions_of(org.id, &found.user_name, REMOVALS)?;
            let access = access::effective(reader.roles_carried(org.id, &found.id)?);
            let account = reader.user_with_groups(org.id, &found.id)?;
            Ok((account, access, removals))
        })
    })?)
}

/// The name of a removed account, by its id.
fn gone(reader: &Reader<'_>, org: OrgId, id: &str) -> Result<Option<String>, StoreError> {
    let Some(user) = ResourceId::parse(id) else {
        return Ok(None);
    };
    let query = DeletionQuery {
        org: Some(org),
        user: Some(user),
        ..DeletionQuery::default()
    };
    let newest = reader.deletions(&query, 1)?.into_iter().next();
    Ok(newest.map(|deletion| deletion.user_name))
}

/// Other accounts that may be the same person's.
fn candidates(
    house: &House,
    org: &Org,
    which: &str,
    account: Option<&UserRecord>,
) -> Result<Vec<Candidate>, OpsError> {
    let mut found: Vec<Candidate> = Vec::new();
    let mut add = |user_name: &str, org: &str, by| {
        let known = found
            .iter()
            .any(|one| (one.user_name.as_str(), one.org.as_str()) == (user_name, org));
        if !known && found.len() < OFFERED as usize {
            found.push(Candidate {
                user_name: user_name.to_owned(),
                org: org.to_owned(),
                by,
            });
        }
    };
    let name = account.map_or(which, |user| &user.user_name);
    if account.is_none() {
        let search = |filter: String, limit| {
            let query = DirectoryQuery {
                org: Some(org.id),
                filter,
                limit,
                ..DirectoryQuery::default()
            };
            // A name that makes no filter, or one that fits too much, finds nobody.
            directory::users(house, &query)
                .map(|page| page.items)
                .unwrap_or_default()
        };
        for user in search(format!("emails.value eq {}", json!(which)), OFFERED) {
            add(&user.user_name, &org.name, "emails");
        }
        let local = which.split('@').next().unwrap_or_default();
        if local.len() >= SHORTEST && !local.contains(char::is_whitespace) {
            for user in search(local.to_owned(), 100) {
                if alike(&user.user_name, which) {
                    add(&user.user_name, &org.name, "userName");
                }
            }
        }
    }
    house.store.read(|reader| {
        for other in reader.orgs()? {
            if other.id != org.id
                && let Some(user) = reader.user_by_name(other.id, name)?
            {
                add(&user.user_name, &other.name, "userName");
            }
        }
        Ok(())
    })?;
    Ok(found)
}

/// Match queries for one of these names that found somebody who has none of them.
fn mismatches<'a>(
    house: &House,
    seen: &'a Seen,
    names: &[String],
) -> Result<Vec<Mismatch<'a>>, OpsError> {
    let queries = seen.about.iter().filter(|one| {
        one.operation == Operation::Query && one.status == 200 && one.what == "1 result"
    });
    let mut found = Vec::new();
    for exchange in queries.take(READ) {
        let Some(body) = body(house, exchange.seq, true)? else {
            continue;
        };
        let user = &body["Resources"][0];
        let known = ["userName", "id", "externalId"].iter().any(|attribute| {
            let value = user[*attribute].as_str().unwrap_or_default();
            names.iter().any(|name| fold(name) == fold(value))
        });
        if let (false, Some(name)) = (known, user["userName"].as_str()) {
            found.push(Mismatch {
                exchange,
                found: name.to_owned(),
            });
        }
    }
    Ok(found)
}
