//! Carries events out, one after the other, by the same changes of the store that requests make.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use serde::Deserialize as _;
use serde_json::{Map, Value};

use crate::ids::{OrgId, ResourceId, TokenId};
use crate::model::deletion::{Deletion, DeletionState, Signal};
use crate::model::event::{Actor, Event, EventKind};
use crate::model::group::{self, GroupDraft};
use crate::model::represent;
use crate::model::role::RoleSource;
use crate::model::user::UserDraft;
use crate::ops::api::rebuild::{Lost, Rebuilt};
use crate::scim::diff::{self, Change};
use crate::scim::document::arrange;
use crate::scim::schema::{Kind, Registry};
use crate::store::{StoreError, Tx};

/// The state between two events.
pub(super) struct Builder {
    registry: Arc<Registry>,
    /// Base URL, for the representations in deletion records.
    base: String,
    lineages: HashMap<TokenId, TokenId>,
    /// The deletion records of held accounts, here.
    held: HashMap<ResourceId, u64>,
    /// Who is left out already.
    erased: HashSet<ResourceId>,
    /// What is reported already.
    lost: HashSet<ResourceId>,
    pub report: Rebuilt,
}

/// Why an event could not be carried out.
enum Failed {
    /// What it needs is not there; the store is as it was.
    Lost(&'static str),
    Store(StoreError),
}

impl From<StoreError> for Failed {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Conflict { .. } => {
                Self::Lost("its name is taken: an earlier event is missing")
            }
            StoreError::NotFound => Self::Lost(UNKNOWN),
            other => Self::Store(other),
        }
    }
}

type Outcome = Result<(), Failed>;

const UNKNOWN: &str = "the event that made it is not kept";
const MEMBER: &str = "the event that made one of its members is not kept";
const UNFIT: &str = "a value was not what the event says it was: an earlier event is missing";

impl Builder {
    pub fn new(registry: Arc<Registry>, base: String, lineages: HashMap<TokenId, TokenId>) -> Self {
        Self {
            registry,
            base,
            lineages,
            held: HashMap::new(),
            erased: HashSet::new(),
            lost: HashSet::new(),
            report: Rebuilt::default(),
        }
    }

    /// Does what the event tells, or reports why it cannot.
    pub fn carry_out(&mut self, tx: &mut Tx<'_>, event: &Event) -> Result<(), StoreError> {
        match tx.nested(|tx| self.apply(tx, event)) {
            Ok(()) => Ok(()),
            Err(Failed::Store(error)) => Err(error),
            Err(Failed::Lost(why)) => {
                self.lose(event, why);
                Ok(())
            }
        }
    }

    /// Counts what is there, and reports.
    pub fn finish(mut self, tx: &mut Tx<'_>) -> Result<Rebuilt, StoreError> {
        for org in tx.orgs()? {
            self.report.users += org.users;
            self.report.groups += org.groups;
        }
        self.report.held = self.held.len() as u64;
        self.report.erased = self.erased.into_iter().collect();
        self.report.erased.sort_unstable();
        Ok(self.report)
    }

    /// Reports each user or group once, by the first event that shows it.
    fn lose(&mut self, event: &Event, why: &str) {
        let known = |id| self.erased.contains(&id) || !self.lost.insert(id);
        if event.subject.is_some_and(known) {
            return;
        }
        self.report.lost.push(Lost {
            org: event.org,
            id: event.subject,
            event: event.seq,
            why: why.to_owned(),
        });
    }

    fn apply(&mut self, tx: &mut Tx<'_>, event: &Event) -> Outcome {
        let kind = event.kind;
        if event.detail.is_null() {
            // Only a purge erases, and only what is about a person.
            self.erased.extend(event.subject);
            return Ok(());
        }
        let of = |id: Option<ResourceId>| id.ok_or(Failed::Lost(UNKNOWN));
        match kind {
            EventKind::UserCreated => self.create_user(tx, event, of(event.subject)?),
            EventKind::UserReplaced
            | EventKind::UserPatched
            | EventKind::UserDisabled
            | EventKind::UserEnabled => self.change_user(tx, event, of(event.subject)?),
            EventKind::UserRemoved | EventKind::UserHeld => {
                self.remove_user(tx, event, of(event.subject)?)
            }
            EventKind::UserRestored | EventKind::UserReturned => {
                self.bring_back(tx, event, of(event.subject)?)
            }
            EventKind::GroupCreated => self.create_group(tx, event, of(event.subject)?),
            EventKind::GroupReplaced | EventKind::GroupPatched | EventKind::MembersChanged => {
                self.change_group(tx, event, of(event.subject)?)
            }
            EventKind::GroupDeleted => {
                if tx.remove_group(event.org, &of(event.subject)?, event.at)? {
                    return Ok(());
                }
                Err(Failed::Lost(UNKNOWN))
            }
            EventKind::RoleCreated
            | EventKind::RoleChanged
            | EventKind::RoleRemoved
            | EventKind::RoleGranted
            | EventKind::RoleRevoked
            | EventKind::RoleRuleSet
            | EventKind::RoleRuleRemoved => roles(tx, event),
            _ => Ok(()),
        }
    }

    fn create_user(&mut self, tx: &mut Tx<'_>, event: &Event, id: ResourceId) -> Outcome {
        let (doc, fits) = self.changed(Kind::User, "{}", event);
        let draft = UserDraft::of(&doc, text(&doc)).ok_or(Failed::Lost(UNFIT))?;
        let source = self.source(&event.actor);
        tx.insert_user(event.org, id, &draft, source.as_ref(), event.at)?;
        self.doubt(event, fits);
        Ok(())
    }

    fn change_user(&mut self, tx: &mut Tx<'_>, event: &Event, id: ResourceId) -> Outcome {
        let user = tx.user(event.org, &id)?.ok_or(Failed::Lost(UNKNOWN))?;
        let (doc, fits) = self.changed(Kind::User, &user.doc, event);
        let draft = UserDraft::of(&doc, text(&doc)).ok_or(Failed::Lost(UNFIT))?;
        tx.update_user(event.org, &id, &draft, event.at)?;
        self.doubt(event, fits);
        Ok(())
    }

    /// A live account is removed or held, or a held one ends.
    fn remove_user(&mut self, tx: &mut Tx<'_>, event: &Event, id: ResourceId) -> Outcome {
        let signal = Signal::parse(&event.cause);
        if signal == Some(Signal::CreatedInactive) {
            return Ok(());
        }
        let Some(user) = tx.user_with_groups(event.org, &id)? else {
            let seq = self.held.remove(&id).ok_or(Failed::Lost(UNKNOWN))?;
            tx.forget_held(seq)?;
            tx.settle_deletion(seq, DeletionState::Deleted, None, event.at)?;
            return Ok(());
        };
        let held = event.kind == EventKind::UserHeld;
        let seq = tx.record_deletion(&Deletion {
            seq: 0,
            at: event.at,
            org: event.org,
            state: if held {
                DeletionState::Held
            } else {
                DeletionState::Deleted
            },
            settled: None,
            // Nothing ends by itself in a directory of the past.
            until: None,
            batch: None,
            counted: false,
            user: id,
            user_name: user.user_name.clone(),
            external_id: user.external_id.clone(),
            signal: signal.unwrap_or(Signal::Delete),
            actor: event.actor.clone(),
            request: event.request,
            groups: event.detail["groups"].clone(),
            roles: user.roles.clone(),
            content: std::collections::BTreeMap::new(),
            heir: None,
            snapshot: represent::user_value(&user, &self.base).into(),
        })?;
        if held {
            tx.hold_user(event.org, &id, seq, event.at)?;
            self.held.insert(id, seq);
        } else {
            tx.remove_user(event.org, &id, event.at)?;
        }
        Ok(())
    }

    fn bring_back(&mut self, tx: &mut Tx<'_>, event: &Event, id: ResourceId) -> Outcome {
        let seq = *self.held.get(&id).ok_or(Failed::Lost(UNKNOWN))?;
        let held = tx.held(seq)?.ok_or(Failed::Lost(UNKNOWN))?;
        let (doc, fits) = self.changed(Kind::User, &held.doc, event);
        let (draft, state) = if event.kind == EventKind::UserReturned {
            let draft = UserDraft::of(&doc, text(&doc)).ok_or(Failed::Lost(UNFIT))?;
            (Some(draft), DeletionState::Returned)
        } else {
            (None, DeletionState::Restored)
        };
        let told = event.detail.get("groups");
        let in_groups = match told {
            // Groups may have let it go, or taken it in, while it was away.
            Some(groups) => {
                let groups = ids(groups, "value");
                tx.set_held_groups(event.org, seq, &groups)? == groups.len() as u64
            }
            // Written before events told these.
            None => tx.held_memberships(seq)? == event.detail["memberships"].as_u64(),
        };
        tx.restore_user(seq, draft.as_ref(), event.at)?;
        tx.settle_deletion(seq, state, None, event.at)?;
        self.held.remove(&id);
        if !in_groups {
            self.lose(event, "not every group that it came back to is there");
        } else if told.is_none() && draft.is_some() {
            self.lose(
                event,
                "its event does not tell what changed when it came back",
            );
        }
        self.doubt(event, fits);
        Ok(())
    }

    fn create_group(&mut self, tx: &mut Tx<'_>, event: &Event, id: ResourceId) -> Outcome {
        let (doc, fits) = self.changed(Kind::Group, "{}", event);
        let draft = GroupDraft::of(&doc, text(&doc)).ok_or(Failed::Lost(UNFIT))?;
        let source = self.source(&event.actor);
        tx.insert_group(event.org, id, &draft, source.as_ref(), event.at)?;
        self.settle_group(tx, event, id, &doc, fits)
    }

    fn change_group(&mut self, tx: &mut Tx<'_>, event: &Event, id: ResourceId) -> Outcome {
        let group = tx.group(event.org, &id)?.ok_or(Failed::Lost(UNKNOWN))?;
        let (doc, fits) = self.changed(Kind::Group, &group.doc, event);
        if event.kind != EventKind::MembersChanged {
            let draft = GroupDraft::of(&doc, text(&doc)).ok_or(Failed::Lost(UNFIT))?;
            tx.update_group(event.org, &id, &draft, event.at)?;
        }
        self.settle_group(tx, event, id, &doc, fits)
    }

    /// Roles, members and version of a group whose document is `doc` now.
    fn settle_group(
        &mut self,
        tx: &mut Tx<'_>,
        event: &Event,
        id: ResourceId,
        doc: &Map<String, Value>,
        fits: bool,
    ) -> Outcome {
        let named: Vec<_> = group::named_roles(doc).collect();
        let known = event.kind == EventKind::MembersChanged
            || tx.set_scim_roles(event.org, &id, &named)?.is_ok();
        let moved = self.move_members(tx, event, &id)?;
        if let Some(version) = event.detail["version"].as_u64() {
            tx.set_group_version(event.org, &id, version, event.at)?;
        }
        if !moved {
            self.lose(event, MEMBER);
        }
        self.doubt(event, fits && known);
        Ok(())
    }

    /// Moves whoever the event names; false if somebody is not there who was not erased. One
    /// request may move somebody in and out several times: what counts is where that ends.
    fn move_members(
        &self,
        tx: &mut Tx<'_>,
        event: &Event,
        group: &ResourceId,
    ) -> Result<bool, Failed> {
        let changes = event.detail["changes"].as_array();
        let members = changes
            .into_iter()
            .flatten()
            .find(|it| it["path"] == "members");
        let Some(members) = members else {
            return Ok(true);
        };
        let mut net: HashMap<ResourceId, i64> = HashMap::new();
        let mut order = Vec::new();
        for (list, by) in [("added", 1), ("removed", -1)] {
            for id in ids(&members[list], "") {
                order.push(id);
                *net.entry(id).or_default() += by;
            }
        }
        let (mut added, mut removed) = (Vec::new(), Vec::new());
        for id in order {
            match net.remove(&id) {
                Some(1) => added.push(id),
                Some(-1) => removed.push(id),
                _ => {}
            }
        }
        let result = tx.add_members(event.org, group, &added, event.at)?;
        let gone = tx.remove_members(event.org, group, &removed, event.at)?;
        let gone: HashSet<_> = gone.iter().collect();
        let missing = removed.iter().filter(|id| !gone.contains(id));
        let mut missing = missing.chain(&result.unknown);
        Ok(missing.all(|id| self.erased.contains(id)))
    }

    /// A stored document with the event's changes made; false if they do not fit it.
    fn changed(&self, kind: Kind, doc: &str, event: &Event) -> (Map<String, Value>, bool) {
        let mut doc: Map<String, Value> = serde_json::from_str(doc).unwrap_or_default();
        let changes = event.detail["changes"].as_array();
        let changes: Vec<Change> = changes
            .into_iter()
            .flatten()
            .filter_map(|change| Change::deserialize(change).ok())
            .filter(|change| change.path != "members")
            .collect();
        let fits = diff::apply(&mut doc, &changes);
        let parts = doc.keys().filter(|key| *key != "schemas").count();
        let doc = arrange(self.registry.of(kind), doc);
        // What no schema declares any more is dropped.
        let whole = doc.len() == parts + 1;
        (doc, fits && whole)
    }

    fn doubt(&mut self, event: &Event, fits: bool) {
        if !fits {
            self.lose(event, UNFIT);
        }
    }

    fn source(&self, actor: &Actor) -> Option<TokenId> {
        match actor {
            Actor::Token(token) => Some(self.lineages.get(token).unwrap_or(token).clone()),
            Actor::Operator(_) | Actor::System => None,
        }
    }
}

fn text(doc: &Map<String, Value>) -> String {
    serde_json::to_string(doc).unwrap_or_default()
}

/// The ids in a list; of objects, those under `member`.
fn ids(list: &Value, member: &str) -> Vec<ResourceId> {
    let list = list.as_array().into_iter().flatten();
    list.filter_map(|one| ResourceId::parse(one.get(member).unwrap_or(one).as_str()?))
        .collect()
}

/// What operators did to roles.
fn roles(tx: &mut Tx<'_>, event: &Event) -> Outcome {
    let detail = &event.detail;
    let name = |member: &str| detail[member].as_str().unwrap_or_default();
    let org: OrgId = event.org;
    let group = event.subject.ok_or(Failed::Lost(UNKNOWN));
    let done = match event.kind {
        EventKind::RoleCreated | EventKind::RoleChanged => {
            let held = match &detail["changes"][0]["after"] {
                Value::Null => &detail["privileges"],
                after => after,
            };
            let privileges = Vec::<String>::deserialize(held).map_err(|_| Failed::Lost(UNFIT))?;
            tx.put_role(org, name("subject"), &privileges, event.at)?;
            true
        }
        EventKind::RoleRemoved => tx.remove_role(org, name("subject"))?,
        EventKind::RoleGranted => {
            tx.grant_role(org, &group?, name("role"), RoleSource::Operator)?
        }
        EventKind::RoleRevoked => {
            tx.revoke_role(org, &group?, name("role"), RoleSource::Operator)?
        }
        EventKind::RoleRuleSet => tx.insert_role_rule(org, name("subject"), name("role"))?,
        _ => tx.remove_role_rule(org, name("subject"), name("role"))?,
    };
    if done {
        return Ok(());
    }
    Err(Failed::Lost(UNKNOWN))
}
