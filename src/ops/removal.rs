//! What happens to an account and to what it owns, inside one transaction: it is removed, held,
//! ended after it was held, or brought back.
//!
//! Identity providers ([`crate::ops::provision`]) and operators come through here alike, so that
//! there is one meaning of each, with one event and one deletion record.

use serde_json::{Map, Value, json};

use crate::engine::guard::{self, DAY, HOUR, Ruling, Situation};
use crate::engine::plan::{self, Ending};
use crate::ids::{OrgId, ResourceId, TokenId};
use crate::model::content::Person;
use crate::model::deletion::{Deletion, DeletionState, Signal};
use crate::model::event::{Actor, EventKind};
use crate::model::guard::{GuardAction, GuardSettings};
use crate::model::org::{Heir, Org};
use crate::model::represent;
use crate::model::user::{UserDraft, UserRecord};
use crate::ops::mandate::Mandate;
use crate::scim::builtin::ENTERPRISE_URN;
use crate::scim::diff;
use crate::store::{Move, Reader, StoreError, Tx};

/// What only the removal of a live account needs to know.
pub(super) struct Removing<'a> {
    pub signal: Signal,
    pub guard: &'a GuardSettings,
    /// The lineage of the token that asks.
    pub client: &'a TokenId,
    /// Base URL, for the representation that is kept.
    pub base: &'a str,
}

/// What became of a removal.
pub(super) enum Removal {
    /// The account is gone from the directory; in a few words how.
    Gone(String),
    /// The open guard rejects it: nothing happened.
    Rejected,
}

/// Removes an account, which must be as it is stored, with its groups; or, with
/// [`Signal::CreatedInactive`], records that one was never made.
pub(super) fn remove(
    tx: &mut Tx<'_>,
    mandate: &Mandate,
    user: &UserRecord,
    removing: &Removing<'_>,
) -> Result<Removal, StoreError> {
    let Mandate { org, now, .. } = mandate;
    let signal = removing.signal;
    let ruling = match signal {
        Signal::CreatedInactive => Ruling::Uncounted,
        _ => rule(tx, mandate, user, removing)?,
    };
    let batch = match &ruling {
        Ruling::Stop { opens, action } => Some(stopped(tx, mandate, opens.as_deref(), *action)?),
        Ruling::Announced => {
            tx.use_allowance(org.id)?;
            None
        }
        Ruling::Pass | Ruling::Uncounted => None,
    };
    let action = match ruling {
        Ruling::Stop { action, .. } => Some(action),
        _ => None,
    };
    if action == Some(GuardAction::Reject) {
        return Ok(Removal::Rejected);
    }
    let frozen = action == Some(GuardAction::Freeze);
    let ending = plan::ending(org, signal, frozen, *now);
    let (state, until) = match ending {
        Ending::Hold { until } => (DeletionState::Held, until),
        Ending::Delete | Ending::Nothing => (DeletionState::Deleted, None),
    };
    let deletion = Deletion {
        seq: 0,
        at: *now,
        org: org.id,
        state,
        settled: None,
        until,
        batch,
        counted: matches!(ruling, Ruling::Pass | Ruling::Stop { .. }),
        user: user.id,
        user_name: user.user_name.clone(),
        external_id: user.external_id.clone(),
        signal,
        actor: mandate.actor.clone(),
        request: mandate.request,
        groups: refs(user),
        roles: user.roles.clone(),
        content: tx.content_counts(org.id, &user.id)?,
        heir: None,
        snapshot: represent::user_value(user, removing.base).into(),
    };
    let seq = tx.record_deletion(&deletion)?;
    let kind = match state {
        DeletionState::Held => EventKind::UserHeld,
        _ => EventKind::UserRemoved,
    };
    let detail = json!({
        "subject": user.user_name,
        "groups": deletion.groups,
        "roles": deletion.roles,
        "content": deletion.content,
        "deletion": seq,
    });
    let event = append(tx, mandate, kind, &user.id, signal.as_str(), detail)?;
    tx.note_moved(event, direct(user).map(|group| &group.id))?;
    let how = match ending {
        Ending::Nothing => "created inactive: not kept".to_owned(),
        Ending::Delete => {
            tx.remove_user(org.id, &user.id, *now)?;
            let (heir, moved) = bequeath(tx, mandate, user, seq)?;
            match moved {
                0 => "removed".to_owned(),
                1 => format!("removed; 1 item to {}", heir.user_name),
                many => format!("removed; {many} items to {}", heir.user_name),
            }
        }
        Ending::Hold { until } => {
            tx.hold_user(org.id, &user.id, seq, *now)?;
            match until {
                Some(until) => format!("held until {}", &until.to_string()[..10]),
                None => "frozen by the guard".to_owned(),
            }
        }
    };
    Ok(Removal::Gone(match direct(user).count() {
        0 => how,
        1 => format!("{how}; left 1 group"),
        many => format!("{how}; left {many} groups"),
    }))
}

/// Asks the guard.
fn rule(
    tx: &Tx<'_>,
    mandate: &Mandate,
    user: &UserRecord,
    removing: &Removing<'_>,
) -> Result<Ruling, StoreError> {
    let (settings, org, now) = (removing.guard, mandate.org.id, mandate.now);
    if !settings.enabled {
        return Ok(Ruling::Pass);
    }
    let known = tx.guard(org)?;
    let open = match known.batch {
        Some(batch) => tx.batch(batch)?.map(|batch| batch.action),
        None => None,
    };
    let same_client = user.source.as_ref() == Some(removing.client);
    let announced = known.allowance.as_ref();
    let mut situation = Situation {
        open,
        test: guard::is_test(settings, same_client, user.created, now),
        announced: announced.is_some_and(|those| those.left > 0 && those.until > now),
        live: 0,
        hour: 0,
        day: 0,
    };
    if open.is_none() && !situation.test && !situation.announced {
        situation.live = tx.org(org)?.map_or(0, |org| org.users);
        let since = |window| now.minus(window);
        situation.hour = tx.counted_removals(org, &known, since(HOUR), settings.hour.max)?;
        situation.day = tx.counted_removals(org, &known, since(DAY), settings.day.max)?;
    }
    Ok(guard::rule(settings, &situation))
}

/// Notes that the guard stops a removal, and opens it if it is not open; returns the batch.
fn stopped(
    tx: &mut Tx<'_>,
    mandate: &Mandate,
    opens: Option<&str>,
    action: GuardAction,
) -> Result<u64, StoreError> {
    let org = &mandate.org;
    let batch = match (opens, tx.guard(org.id)?.batch) {
        (_, Some(batch)) => batch,
        (why, None) => {
            let why = why.unwrap_or_default();
            let batch = tx.open_guard(org.id, why, action, mandate.now)?;
            let detail =
                json!({ "subject": org.name, "batch": batch, "why": why, "action": action });
            let mut event = mandate
                .event(EventKind::GuardOpened, detail)
                .because("guard");
            event.actor = Actor::System;
            tx.append_event(&event)?;
            batch
        }
    };
    tx.count_in_batch(batch)?;
    Ok(batch)
}

/// Deletes a held account for good: its content moves.
pub(super) fn end(
    tx: &mut Tx<'_>,
    mandate: &Mandate,
    deletion: &Deletion,
    cause: &str,
) -> Result<(), StoreError> {
    let user = tx.held(deletion.seq)?.ok_or(StoreError::NotFound)?;
    tx.forget_held(deletion.seq)?;
    tx.settle_deletion(deletion.seq, DeletionState::Deleted, None, mandate.now)?;
    let detail = json!({ "subject": user.user_name, "deletion": deletion.seq });
    append(tx, mandate, EventKind::UserRemoved, &user.id, cause, detail)?;
    bequeath(tx, mandate, &user, deletion.seq)?;
    Ok(())
}

/// Brings a held account back, as it was or with `draft` in place of its attributes; returns the
/// number of its memberships.
///
/// # Errors
/// [`StoreError::Conflict`] if its `userName` or `externalId` is taken meanwhile;
/// [`StoreError::NotFound`] if it is not held.
pub(super) fn bring_back(
    tx: &mut Tx<'_>,
    mandate: &Mandate,
    (seq, user): (u64, ResourceId),
    draft: Option<&UserDraft>,
    cause: &str,
) -> Result<u64, StoreError> {
    let (state, kind) = match draft {
        None => (DeletionState::Restored, EventKind::UserRestored),
        Some(_) => (DeletionState::Returned, EventKind::UserReturned),
    };
    let changes = match draft {
        Some(draft) => {
            let before = tx.held(seq)?.ok_or(StoreError::NotFound)?;
            diff::changes(&parsed(&before.doc), &parsed(&draft.doc))
        }
        None => Vec::new(),
    };
    let groups = tx.restore_user(seq, draft, mandate.now)?;
    tx.settle_deletion(seq, state, None, mandate.now)?;
    let back = tx.user_with_groups(mandate.org.id, &user)?;
    let back = back.ok_or(StoreError::NotFound)?;
    let mut detail = json!({
        "subject": back.user_name,
        "deletion": seq,
        "memberships": groups,
        "groups": refs(&back),
    });
    if !changes.is_empty() {
        detail["changes"] = json!(changes);
    }
    let event = append(tx, mandate, kind, &user, cause, detail)?;
    tx.note_moved(event, direct(&back).map(|group| &group.id))?;
    Ok(groups)
}

/// Moves what a user owns to the heir; returns who that is and how many items moved.
fn bequeath(
    tx: &mut Tx<'_>,
    mandate: &Mandate,
    user: &UserRecord,
    deletion: u64,
) -> Result<(Person, u64), StoreError> {
    let heir = heir(tx, &mandate.org, user)?;
    let moved = tx.move_content(&Move {
        org: mandate.org.id,
        from: Person {
            id: user.id,
            user_name: user.user_name.clone(),
        },
        heir: heir.clone(),
        addresses: addresses(user),
        deletion,
        actor: mandate.actor.clone(),
        request: mandate.request,
        at: mandate.now,
    })?;
    if moved > 0 {
        tx.set_heir(deletion, &heir)?;
    }
    Ok((heir, moved))
}

/// Who would receive the content of a user.
pub(super) fn heir(
    reader: &Reader<'_>,
    org: &Org,
    user: &UserRecord,
) -> Result<Person, StoreError> {
    let manager = if org.heirs.contains(&Heir::Manager) {
        manager(reader, org.id, &document(user))?
    } else {
        None
    };
    plan::heir(org, &user.id, manager.as_ref(), |id| {
        Ok(reader.user(org.id, id)?.map(|user| person(&user)))
    })
}

/// The live user that `manager` names: by `id`, as Entra sends it, or by `userName` or `externalId`,
/// as others do; nobody if it may be several.
fn manager(
    reader: &Reader<'_>,
    org: OrgId,
    doc: &Map<String, Value>,
) -> Result<Option<Person>, StoreError> {
    let value = doc
        .get(ENTERPRISE_URN)
        .and_then(|extension| extension.pointer("/manager/value"));
    let Some(named) = value.and_then(Value::as_str) else {
        return Ok(None);
    };
    match reader.find_user(org, named) {
        Err(StoreError::Ambiguous) => Ok(None),
        found => Ok(found?.map(|user| person(&user))),
    }
}

/// Every spelling of a user in a list of recipients.
pub(super) fn addresses(user: &UserRecord) -> Vec<String> {
    let doc = document(user);
    let emails = doc.get("emails").and_then(Value::as_array);
    let emails = emails
        .into_iter()
        .flatten()
        .filter_map(|email| email["value"].as_str());
    [user.id.to_string(), user.user_name.clone()]
        .into_iter()
        .chain(emails.map(str::to_owned))
        .collect()
}

fn document(user: &UserRecord) -> Map<String, Value> {
    parsed(&user.doc)
}

fn parsed(doc: &str) -> Map<String, Value> {
    serde_json::from_str(doc).unwrap_or_default()
}

fn person(user: &UserRecord) -> Person {
    Person {
        id: user.id,
        user_name: user.user_name.clone(),
    }
}

fn direct(user: &UserRecord) -> impl Iterator<Item = &crate::model::user::GroupRef> {
    user.groups.iter().filter(|group| group.direct)
}

/// The groups that a user is a member of, as records name them.
fn refs(user: &UserRecord) -> Value {
    direct(user)
        .map(|group| json!({ "value": group.id, "display": group.display }))
        .collect()
}

fn append(
    tx: &mut Tx<'_>,
    mandate: &Mandate,
    kind: EventKind,
    user: &ResourceId,
    cause: &str,
    detail: Value,
) -> Result<u64, StoreError> {
    let event = mandate.event(kind, detail);
    tx.append_event(&event.about(*user).because(cause))
}
