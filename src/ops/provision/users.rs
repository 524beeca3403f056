//! Users: create, replace, patch, delete, and what a removal does.
//!
//! Each function is one step of a writer job: it changes the directory, appends the event and,
//! for a removal, the deletion record, or changes nothing at all.

use serde_json::{Map, Value};

use super::context::{Context, document, recorded};
use super::edit::Edit;
use super::outcome::{Done, Shown};
use crate::engine::removal::{self, Fate};
use crate::ids::ResourceId;
use crate::model::deletion::Signal;
use crate::model::event::EventKind;
use crate::model::exchange::Operation;
use crate::model::represent;
use crate::model::system;
use crate::model::user::{UserDraft, UserRecord};
use crate::ops::removal::{self as ops_removal, Removal, Removing, bring_back};
use crate::scim::diff;
use crate::scim::error::{ScimError, ScimType};
use crate::scim::etag;
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

/// Creates a user with an id chosen beforehand; or brings back the held account that the client
/// knows by the same `externalId`, as the POST has it.
pub(super) fn create(
    tx: &mut Tx<'_>,
    context: &Context,
    id: ResourceId,
    new: New,
) -> Result<Done, ScimError> {
    let New { draft, changes } = new;
    let subject = draft.user_name.clone();
    let fate = removal::of_creation(context.policy(), draft.active);
    if system::user_named(&subject).is_some() {
        return Err(system_user(fate));
    }
    let org = context.org();
    let source = &context.caller.lineage;
    if let Fate::Remove(signal) = fate {
        if tx.user_by_name(org, &subject)?.is_some() {
            return Err(taken());
        }
        let user = never_made(context, id, draft);
        let mut done = remove(tx, context, &user, signal)?;
        done.status = 201;
        done.changes = changes;
        done.shown = Shown::User(Box::new(user));
        return Ok(done);
    }
    let held = match &draft.external_id {
        Some(external_id) => tx.held_by_external_id(org, external_id, source)?,
        None => None,
    };
    let (user, what) = if let Some((seq, id)) = held {
        bring_back(tx, &context.mandate(), (seq, id), Some(&draft), "POST")?;
        let user = find(tx, context, id, None)?;
        (user, "came back; it was held".to_owned())
    } else {
        let mut user = tx.insert_user(org, id, &draft, Some(source), context.now)?;
        // The group of all may carry some.
        user.roles = tx.roles_of_user(org, &id)?;
        let event = context.event(
            EventKind::UserCreated,
            id,
            &subject,
            "POST",
            changes.clone(),
        );
        tx.append_event(&event)?;
        (user, "created".to_owned())
    };
    Ok(Done {
        status: 201,
        shown: Shown::User(Box::new(user)),
        operation: Operation::Create,
        subject,
        what,
        changes,
        quirks: Quirks::default(),
    })
}

/// The user that a POST with `active:false` asks for.
fn never_made(context: &Context, id: ResourceId, draft: UserDraft) -> UserRecord {
    UserRecord {
        org: context.org(),
        id,
        user_name: draft.user_name,
        external_id: draft.external_id,
        active: false,
        created: context.now,
        modified: context.now,
        version: 1,
        source: Some(context.caller.lineage.clone()),
        doc: draft.doc,
        groups: Vec::new(),
        roles: Vec::new(),
    }
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
    remove(tx, context, &user, Signal::Delete)
}

fn find(
    tx: &Tx<'_>,
    context: &Context,
    id: ResourceId,
    if_match: Option<&str>,
) -> Result<UserRecord, ScimError> {
    let found = tx.user_with_groups(context.org(), &id)?;
    let user = found.ok_or_else(|| match system::user_name(&id) {
        Some(_) => system_user(Fate::Remove(Signal::Delete)),
        None => ScimError::not_found(),
    })?;
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
        let mut gone = remove(tx, context, &current, signal)?;
        if matches!(gone.shown, Shown::Refused(_)) {
            return Ok(gone);
        }
        let user = UserRecord {
            user_name: draft.user_name,
            active: false,
            modified: context.now,
            version: current.version + 1,
            doc: draft.doc,
            groups: Vec::new(),
            roles: Vec::new(),
            ..current
        };
        gone.status = 200;
        gone.what = format!("active=false: {}", gone.what);
        gone.changes = recorded(&changes);
        gone.shown = Shown::User(Box::new(user));
        return Ok(gone);
    }
    if changes.is_empty() {
        return Ok(done(current, operation, "no change".to_owned()));
    }
    if system::user_named(&draft.user_name).is_some() {
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

/// Removes an account as the Org's policy and the guard have it. Done as for DELETE; the caller
/// puts its own answer in.
fn remove(
    tx: &mut Tx<'_>,
    context: &Context,
    user: &UserRecord,
    signal: Signal,
) -> Result<Done, ScimError> {
    let removing = Removing {
        signal,
        guard: &context.guard,
        client: &context.caller.lineage,
        base: &context.base,
    };
    let (shown, what) = match ops_removal::remove(tx, &context.mandate(), user, &removing)? {
        Removal::Gone(how) => (Shown::Nothing, how),
        Removal::Rejected => (Shown::Refused(rejected()), String::new()),
    };
    Ok(Done {
        status: 204,
        shown,
        operation: match signal {
            Signal::Delete => Operation::Delete,
            Signal::Deactivate | Signal::CreatedInactive => Operation::Deactivate,
        },
        subject: user.user_name.clone(),
        what,
        changes: Value::Null,
        quirks: Quirks::default(),
    })
}

fn rejected() -> ScimError {
    ScimError::status(
        503,
        "Too many accounts are being removed; an operator has to look at it. Nothing was changed; \
         try again later.",
    )
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
    UserDraft::of(doc, context.written(doc)?)
        .ok_or_else(|| ScimError::new(ScimType::InvalidValue, "`userName` is required."))
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
