//! Users: create, replace, patch, delete, and what a removal does (PRODUCT: de-provisioning).
//!
//! Each function is one step of a writer job: it changes the directory, appends the event and,
//! for a removal, the deletion record, or changes nothing at all.

use serde_json::{Map, Value, json};

use super::context::{Context, document, recorded};
use super::edit::Edit;
use super::outcome::{Done, Shown};
use crate::engine::removal::{self, Fate};
use crate::ids::ResourceId;
use crate::model::content::KindCounts;
use crate::model::deletion::{Deletion, DeletionState, Signal};
use crate::model::event::EventKind;
use crate::model::exchange::Operation;
use crate::model::represent;
use crate::model::user::{UserDraft, UserRecord};
use crate::scim::diff;
use crate::scim::error::{ScimError, ScimType};
use crate::scim::etag;
use crate::scim::fold::fold;
use crate::scim::quirk::Quirks;
use crate::scim::schema::Kind;
use crate::scim::validate::Incoming;
use crate::store::Tx;

/// What a POST creates, as far as it can be made outside the writer.
pub(super) struct New {
    draft: UserDraft,
    changes: Value,
}

impl New {
    pub fn of(context: &Context, incoming: &Incoming) -> Result<Self, ScimError> {
        Ok(Self {
            draft: draft(context, &incoming.doc)?,
            changes: recorded(&diff::changes(&Map::new(), &incoming.doc)),
        })
    }
}

/// Creates a user with an id chosen beforehand.
pub(super) fn create(
    tx: &mut Tx<'_>,
    context: &Context,
    id: ResourceId,
    new: New,
) -> Result<Done, ScimError> {
    let New { draft, changes } = new;
    let subject = draft.user_name.clone();
    let fate = removal::of_creation(context.policy(), draft.active);
    if removal::is_system_user(&fold(&subject)) {
        return Err(system_user(fate));
    }
    let source = Some(&context.caller.lineage);
    let (user, operation, what) = if let Fate::Remove(signal) = fate {
        if tx.user_by_name(context.org(), &subject)?.is_some() {
            return Err(taken());
        }
        let user = UserRecord {
            org: context.org(),
            id,
            user_name: draft.user_name,
            external_id: draft.external_id,
            active: false,
            created: context.now,
            modified: context.now,
            version: 1,
            source: source.cloned(),
            doc: draft.doc,
            groups: Vec::new(),
            roles: Vec::new(),
        };
        record_removal(tx, context, &user, signal)?;
        (user, Operation::Deactivate, "created inactive: not kept")
    } else {
        let mut user = tx.insert_user(context.org(), id, &draft, source, context.now)?;
        // The group of all may carry some.
        user.roles = tx.roles_of_user(context.org(), &id)?;
        let event = context.event(
            EventKind::UserCreated,
            id,
            &subject,
            "POST",
            changes.clone(),
        );
        tx.append_event(&event)?;
        (user, Operation::Create, "created")
    };
    Ok(Done {
        status: 201,
        shown: Shown::User(Box::new(user)),
        operation,
        subject,
        what: what.to_owned(),
        changes,
        quirks: Quirks::default(),
    })
}

/// Changes a user by PUT or PATCH.
pub(super) fn edit(
    tx: &mut Tx<'_>,
    context: &Context,
    id: ResourceId,
    edit: &Edit,
    if_match: Option<&str>,
) -> Result<Done, ScimError> {
    let current = find(tx, context, id, if_match)?;
    let before = document(&current.doc)?;
    let after = edit.of(context, Kind::User, &before)?;
    let mut done = settle(tx, context, current, &before, &after.doc, edit.operation())?;
    done.quirks = after.quirks;
    Ok(done)
}

/// Deletes a user (RFC 7644 §3.6).
pub(super) fn delete(
    tx: &mut Tx<'_>,
    context: &Context,
    id: ResourceId,
    if_match: Option<&str>,
) -> Result<Done, ScimError> {
    let user = find(tx, context, id, if_match)?;
    remove(tx, context, &user, Signal::Delete)?;
    Ok(Done {
        status: 204,
        shown: Shown::Nothing,
        operation: Operation::Delete,
        what: removed(&user),
        subject: user.user_name,
        changes: Value::Null,
        quirks: Quirks::default(),
    })
}

fn find(
    tx: &Tx<'_>,
    context: &Context,
    id: ResourceId,
    if_match: Option<&str>,
) -> Result<UserRecord, ScimError> {
    let user = tx
        .user_with_groups(context.org(), &id)?
        .ok_or_else(ScimError::not_found)?;
    etag::require(if_match, &represent::user_version(&user))?;
    Ok(user)
}

/// Brings a user from one document to the next, or removes it if that is what `active` asks for.
fn settle(
    tx: &mut Tx<'_>,
    context: &Context,
    current: UserRecord,
    before: &Map<String, Value>,
    after: &Map<String, Value>,
    operation: Operation,
) -> Result<Done, ScimError> {
    let draft = draft(context, after)?;
    let changes = diff::changes(before, after);
    let fate = removal::of_change(context.policy(), current.active, draft.active);
    let subject = draft.user_name.clone();
    let done = |user: UserRecord, operation, what: String| Done {
        status: 200,
        shown: Shown::User(Box::new(user)),
        operation,
        subject: subject.clone(),
        what,
        changes: recorded(&changes),
        quirks: Quirks::default(),
    };
    if let Fate::Remove(signal) = fate {
        let what = removed(&current);
        remove(tx, context, &current, signal)?;
        let gone = UserRecord {
            user_name: draft.user_name,
            active: false,
            modified: context.now,
            version: current.version + 1,
            doc: draft.doc,
            groups: Vec::new(),
            roles: Vec::new(),
            ..current
        };
        return Ok(done(
            gone,
            Operation::Deactivate,
            format!("active=false: {what}"),
        ));
    }
    if changes.is_empty() {
        return Ok(done(current, operation, "no change".to_owned()));
    }
    if removal::is_system_user(&fold(&draft.user_name)) {
        return Err(system_user(fate));
    }
    let (kind, cause) = match (fate, operation) {
        (Fate::Disable, _) => (EventKind::UserDisabled, "active:false"),
        (Fate::Enable, _) => (EventKind::UserEnabled, "active:true"),
        (_, Operation::Replace) => (EventKind::UserReplaced, "PUT"),
        _ => (EventKind::UserPatched, "PATCH"),
    };
    let mut user = tx.update_user(context.org(), &current.id, &draft, context.now)?;
    (user.groups, user.roles) = (current.groups, current.roles);
    let event = context.event(kind, user.id, &draft.user_name, cause, recorded(&changes));
    tx.append_event(&event)?;
    let (operation, what) = match fate {
        Fate::Disable => (Operation::Deactivate, "disabled".to_owned()),
        Fate::Enable => (Operation::Activate, "enabled".to_owned()),
        _ => (operation, summary(&changes)),
    };
    Ok(done(user, operation, what))
}

/// Removes an account for good: memberships gone, name free, one deletion record.
fn remove(
    tx: &mut Tx<'_>,
    context: &Context,
    user: &UserRecord,
    signal: Signal,
) -> Result<(), ScimError> {
    tx.remove_user(context.org(), &user.id, context.now)?;
    record_removal(tx, context, user, signal)
}

fn record_removal(
    tx: &mut Tx<'_>,
    context: &Context,
    user: &UserRecord,
    signal: Signal,
) -> Result<(), ScimError> {
    let groups: Vec<Value> = user
        .groups
        .iter()
        .filter(|group| group.direct)
        .map(|group| json!({ "value": group.id, "display": group.display }))
        .collect();
    let mut event = context.event(
        EventKind::UserRemoved,
        user.id,
        &user.user_name,
        signal.as_str(),
        Value::Null,
    );
    event.detail["groups"] = groups.clone().into();
    tx.append_event(&event)?;
    tx.record_deletion(&Deletion {
        seq: 0,
        at: context.now,
        org: context.org(),
        state: DeletionState::Deleted,
        settled: None,
        until: None,
        batch: None,
        counted: true,
        user: user.id,
        user_name: user.user_name.clone(),
        external_id: user.external_id.clone(),
        signal,
        actor: context.actor(),
        request: Some(context.request),
        groups: groups.into(),
        roles: user.roles.clone(),
        content: KindCounts::default(),
        heir: None,
        snapshot: represent::user_value(user, &context.base).into(),
    })?;
    Ok(())
}

fn removed(user: &UserRecord) -> String {
    match user.groups.iter().filter(|group| group.direct).count() {
        0 => "removed".to_owned(),
        1 => "removed; left 1 group".to_owned(),
        many => format!("removed; left {many} groups"),
    }
}

/// What a change did, in a few words.
pub(super) fn summary(changes: &[diff::Change]) -> String {
    match changes {
        [] => "no change".to_owned(),
        [one] => format!("changed {}", short(&one.path)),
        [first, second] => format!("changed {}, {}", short(&first.path), short(&second.path)),
        [first, rest @ ..] => format!("changed {} and {} more", short(&first.path), rest.len()),
    }
}

/// A path without its URN.
fn short(path: &str) -> &str {
    path.rsplit(':').next().unwrap_or(path)
}

fn draft(context: &Context, doc: &Map<String, Value>) -> Result<UserDraft, ScimError> {
    let text = |name: &str| doc.get(name).and_then(Value::as_str).map(str::to_owned);
    let emails = doc.get("emails").and_then(Value::as_array);
    Ok(UserDraft {
        user_name: text("userName")
            .ok_or_else(|| ScimError::new(ScimType::InvalidValue, "`userName` is required."))?,
        display_name: text("displayName"),
        external_id: text("externalId"),
        active: doc.get("active").and_then(Value::as_bool).unwrap_or(true),
        emails: emails
            .into_iter()
            .flatten()
            .filter_map(|email| email["value"].as_str().map(str::to_owned))
            .collect(),
        doc: context.written(doc)?,
    })
}

fn taken() -> ScimError {
    ScimError::new(
        ScimType::Uniqueness,
        "userName is taken: another resource has it.",
    )
}

fn system_user(fate: Fate) -> ScimError {
    match fate {
        Fate::Remove(_) => ScimError::status(
            403,
            "This account belongs to the system and cannot be removed.",
        ),
        _ => ScimError::new(
            ScimType::Uniqueness,
            "This userName belongs to the system; choose another.",
        ),
    }
}
