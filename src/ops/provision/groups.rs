//! Groups: create, replace, patch, delete. Members are rows: what a request changes is touched,
//! the rest of a group is never read.

use serde_json::{Map, Value, json};

use super::context::{Context, document, recorded};
use super::edit::{Edit, Edited};
use super::outcome::{Done, Shown};
use super::users::summary;
use crate::ids::{OrgId, ResourceId};
use crate::model::event::{EventKind, NewEvent};
use crate::model::exchange::Operation;
use crate::model::group::{GroupDraft, GroupRecord, named_roles};
use crate::model::represent;
use crate::model::system;
use crate::scim::diff::{self, Change};
use crate::scim::error::{ScimError, ScimType};
use crate::scim::etag;
use crate::scim::patch::MemberOp;
use crate::scim::quirk::{Quirk, Quirks};
use crate::scim::schema::Kind;
use crate::scim::validate::Incoming;
use crate::store::Tx;

/// Member ids listed in an exchange's changes; its event lists all.
const LISTED: usize = 100;

/// What happened to the members of one group in one request.
#[derive(Default)]
struct Movement {
    added: Vec<ResourceId>,
    removed: Vec<ResourceId>,
    quirks: Quirks,
}

/// What a POST creates, as far as it can be made outside the writer.
pub(super) struct New {
    draft: GroupDraft,
    changes: Vec<Change>,
    pub members: Vec<ResourceId>,
    roles: Vec<String>,
}

impl New {
    pub fn of(context: &Context, incoming: Incoming) -> Result<Self, ScimError> {
        Ok(Self {
            draft: draft(context, &incoming.doc)?,
            changes: diff::changes(&Map::new(), &incoming.doc),
            members: incoming.members.unwrap_or_default(),
            roles: named_roles(&incoming.doc).map(str::to_owned).collect(),
        })
    }
}

/// Creates a group with an id chosen beforehand.
pub(super) fn create(
    tx: &mut Tx<'_>,
    context: &Context,
    id: ResourceId,
    new: New,
) -> Result<Done, ScimError> {
    let New {
        draft,
        changes,
        members,
        roles,
    } = new;
    refuse_system_name(&draft)?;
    let subject = draft.display_name.clone();
    tx.insert_group(
        context.org(),
        id,
        &draft,
        Some(&context.caller.lineage),
        context.now,
    )?;
    if !roles.is_empty() {
        set_roles(tx, context, id, roles.iter().map(String::as_str))?;
    }
    let mut moved = Movement::default();
    if !members.is_empty() {
        moved.carry_out(tx, context, id, MemberOp::Add(members))?;
    }
    let group = find(tx, context, id, None)?;
    let event = context.event(
        EventKind::GroupCreated,
        id,
        &subject,
        "POST",
        moved.whole(&changes),
    );
    moved.log(tx, event, &group)?;
    let what = if moved.added.is_empty() {
        "created".to_owned()
    } else {
        format!("created, {}", moved.words())
    };
    let changes = moved.short(&changes);
    let mut done = finish(group, Operation::Create, 201, what, changes);
    done.quirks = moved.quirks;
    Ok(done)
}

/// Changes a group by PUT or PATCH.
pub(super) fn edit(
    tx: &mut Tx<'_>,
    context: &Context,
    id: ResourceId,
    edit: &Edit,
    if_match: Option<&str>,
) -> Result<Done, ScimError> {
    let current = find(tx, context, id, if_match)?;
    let before = document(&current.doc)?;
    let after = edit.of(context, Kind::Group, &before)?;
    let quirks = after.quirks;
    let mut done = settle(tx, context, &before, after, (id, edit.operation()))?;
    done.quirks.merge(quirks);
    Ok(done)
}

/// Deletes a group: its memberships go with it, its members stay.
pub(super) fn delete(
    tx: &mut Tx<'_>,
    context: &Context,
    id: ResourceId,
    if_match: Option<&str>,
) -> Result<Done, ScimError> {
    let group = find(tx, context, id, if_match)?;
    let mut event = context.event(
        EventKind::GroupDeleted,
        id,
        &group.display_name,
        "DELETE",
        Value::Null,
    );
    event.detail["members"] = group.member_count.into();
    let roles = tx.group_roles(context.org(), &id)?;
    if !roles.is_empty() {
        event.detail["roles"] = roles.into_iter().map(|(name, _)| name).collect();
    }
    let seq = tx.append_event(&event)?;
    tx.note_all_moved(seq, context.org(), &id)?;
    tx.remove_group(context.org(), &id, context.now)?;
    Ok(Done {
        status: 204,
        shown: Shown::Nothing,
        operation: Operation::Delete,
        subject: group.display_name,
        what: format!("group deleted, had {} members", group.member_count),
        changes: Value::Null,
        quirks: Quirks::default(),
    })
}

/// Adds members to a group made in the same request; returns the group as it is then.
pub(super) fn add_members(
    tx: &mut Tx<'_>,
    context: &Context,
    id: ResourceId,
    members: Vec<ResourceId>,
) -> Result<GroupRecord, ScimError> {
    let mut moved = Movement::default();
    moved.carry_out(tx, context, id, MemberOp::Add(members))?;
    let group = find(tx, context, id, None)?;
    let event = context.event(
        EventKind::MembersChanged,
        id,
        &group.display_name,
        "POST",
        moved.whole(&[]),
    );
    moved.log(tx, event, &group)?;
    Ok(group)
}

fn find(
    tx: &Tx<'_>,
    context: &Context,
    id: ResourceId,
    if_match: Option<&str>,
) -> Result<GroupRecord, ScimError> {
    let found = tx.group(context.org(), &id)?;
    let group = found.ok_or_else(|| match system::group_name(&id) {
        Some(_) => ScimError::status(
            403,
            "This group belongs to the system and cannot be changed or removed.",
        ),
        None => ScimError::not_found(),
    })?;
    etag::require(if_match, &represent::group_version(&group))?;
    Ok(group)
}

fn settle(
    tx: &mut Tx<'_>,
    context: &Context,
    before: &Map<String, Value>,
    after: Edited,
    (id, operation): (ResourceId, Operation),
) -> Result<Done, ScimError> {
    let changes = diff::changes(before, &after.doc);
    let draft = draft(context, &after.doc)?;
    if !changes.is_empty() {
        refuse_system_name(&draft)?;
        tx.update_group(context.org(), &id, &draft, context.now)?;
    }
    if named_roles(before).ne(named_roles(&after.doc)) {
        set_roles(tx, context, id, named_roles(&after.doc))?;
    }
    let mut moved = Movement::default();
    for change in after.members {
        moved.carry_out(tx, context, id, change)?;
    }
    let (kind, cause) = match operation {
        _ if changes.is_empty() => (EventKind::MembersChanged, operation.as_str()),
        Operation::Replace => (EventKind::GroupReplaced, "PUT"),
        _ => (EventKind::GroupPatched, "PATCH"),
    };
    let group = find(tx, context, id, None)?;
    if !changes.is_empty() || moved.any() {
        let event = context.event(kind, id, &draft.display_name, cause, moved.whole(&changes));
        moved.log(tx, event, &group)?;
    }
    let what = match (changes.is_empty(), moved.any()) {
        (_, false) => summary(&changes),
        (true, true) => moved.words(),
        (false, true) => format!("{}, {}", summary(&changes), moved.words()),
    };
    let mut done = finish(group, operation, 200, what, moved.short(&changes));
    done.quirks = moved.quirks;
    Ok(done)
}

fn finish(
    group: GroupRecord,
    operation: Operation,
    status: u16,
    what: String,
    changes: Value,
) -> Done {
    Done {
        status,
        operation,
        subject: group.display_name.clone(),
        shown: Shown::Group(Box::new(group)),
        what,
        changes,
        quirks: Quirks::default(),
    }
}

impl Movement {
    fn any(&self) -> bool {
        !self.added.is_empty() || !self.removed.is_empty()
    }

    fn carry_out(
        &mut self,
        tx: &mut Tx<'_>,
        context: &Context,
        group: ResourceId,
        change: MemberOp,
    ) -> Result<(), ScimError> {
        let (org, now) = (context.org(), context.now);
        let unknown = match change {
            MemberOp::Add(ids) => {
                let result = tx.add_members(org, &group, &ids, now)?;
                self.added.extend(result.added);
                result.unknown
            }
            MemberOp::Replace(ids) => {
                let result = tx.replace_members(org, &group, &ids, now)?;
                self.added.extend(result.added);
                self.removed.extend(result.removed);
                result.unknown
            }
            MemberOp::Remove(ids) => {
                self.removed
                    .extend(tx.remove_members(org, &group, &ids, now)?);
                Vec::new()
            }
            MemberOp::RemoveWhere(filter) => {
                self.removed
                    .extend(tx.remove_members_where(org, &group, &filter, now)?);
                Vec::new()
            }
            MemberOp::Clear => {
                self.removed.extend(tx.clear_members(org, &group, now)?);
                Vec::new()
            }
        };
        if unknown.is_empty() {
            return Ok(());
        }
        // An account removed here may still be in the provider's group: the rest of the group must
        // not suffer for it.
        let mut tolerance = context.tolerance();
        if tolerance.allows(Quirk::RemovedMember) && all_removed(tx, org, &unknown)? {
            self.quirks.merge(tolerance.seen);
            return Ok(());
        }
        Err(ScimError::new(
            ScimType::InvalidValue,
            format!(
                "{} of the members are no user and no group here; create them first.",
                unknown.len()
            ),
        ))
    }

    /// Appends the event of the movement; it stands in the history of all who were moved. It
    /// tells the version that the group has now: one request may count it up several times.
    fn log(
        &self,
        tx: &mut Tx<'_>,
        mut event: NewEvent,
        group: &GroupRecord,
    ) -> Result<(), ScimError> {
        event.detail["version"] = group.version.into();
        let seq = tx.append_event(&event)?;
        Ok(tx.note_moved(seq, self.added.iter().chain(&self.removed))?)
    }

    /// `members +4 −1`
    fn words(&self) -> String {
        match (self.added.len(), self.removed.len()) {
            (0, removed) => format!("members −{removed}"),
            (added, 0) => format!("members +{added}"),
            (added, removed) => format!("members +{added} −{removed}"),
        }
    }

    /// All changes, every member listed.
    fn whole(&self, changes: &[Change]) -> Value {
        self.with_members(changes, usize::MAX)
    }

    /// All changes, the first members listed.
    fn short(&self, changes: &[Change]) -> Value {
        self.with_members(changes, LISTED)
    }

    fn with_members(&self, changes: &[Change], listed: usize) -> Value {
        let mut all = recorded(changes);
        if !self.any() {
            return all;
        }
        let first = |ids: &[ResourceId]| ids.iter().take(listed).copied().collect::<Vec<_>>();
        let mut members = json!({
            "path": "members",
            "added": first(&self.added),
            "removed": first(&self.removed),
        });
        let unlisted =
            self.added.len().saturating_sub(listed) + self.removed.len().saturating_sub(listed);
        if unlisted > 0 {
            members["unlisted"] = unlisted.into();
        }
        match &mut all {
            Value::Array(changes) => changes.push(members),
            _ => all = json!([members]),
        }
        all
    }
}

/// True if every id is that of an account removed before; stops at the first that is not.
fn all_removed(tx: &Tx<'_>, org: OrgId, ids: &[ResourceId]) -> Result<bool, ScimError> {
    for id in ids {
        if !tx.was_removed(org, id)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Gives the group these roles, and takes away those that it had from a document before.
fn set_roles<'a>(
    tx: &mut Tx<'_>,
    context: &Context,
    id: ResourceId,
    roles: impl Iterator<Item = &'a str>,
) -> Result<(), ScimError> {
    let roles: Vec<_> = roles.collect();
    tx.set_scim_roles(context.org(), &id, &roles)?
        .map_err(|at| {
            ScimError::new(
                ScimType::InvalidValue,
                format!(
                    "Value {} of `roles` is no role here; the operator of this server has to \
                     create it first.",
                    at + 1
                ),
            )
        })
}

fn refuse_system_name(draft: &GroupDraft) -> Result<(), ScimError> {
    if system::group_named(&draft.display_name).is_some() {
        return Err(ScimError::new(
            ScimType::Uniqueness,
            "This displayName belongs to the system; choose another.",
        ));
    }
    Ok(())
}

fn draft(context: &Context, doc: &Map<String, Value>) -> Result<GroupDraft, ScimError> {
    GroupDraft::of(doc, context.written(doc)?)
        .ok_or_else(|| ScimError::new(ScimType::InvalidValue, "`displayName` is required."))
}
