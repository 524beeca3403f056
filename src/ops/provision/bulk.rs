//! Bulk (RFC 7644 §3.7): all operations in one job of the writer, each whole or not at all.

use std::collections::{BTreeSet, HashMap, HashSet};

use serde_json::Value;

use super::context::{Context, resource_id};
use super::groups;
use super::outcome::{Done, Shown, group_path, user_path};
use super::step::{Action, Step};
use crate::ids::ResourceId;
use crate::scim::bulk::{self, BulkRequest, Entry, Method, Operation, Outcome};
use crate::scim::error::{ScimError, ScimType};
use crate::scim::quirk::Quirks;
use crate::scim::schema::Kind;
use crate::store::Tx;

/// What a Bulk request came to.
pub(super) struct BulkDone {
    pub response: Value,
    pub done: usize,
    pub failed: usize,
    pub quirks: Quirks,
}

/// A Bulk request whose references are resolved and whose operations are validated.
pub(super) struct Plan {
    fail_on_errors: Option<u64>,
    entries: Vec<Entry>,
    steps: Vec<Option<Result<Step, ScimError>>>,
    needs: Vec<BTreeSet<usize>>,
    units: Vec<Vec<usize>>,
}

impl Plan {
    /// Chooses an id for everything that will be created, resolves every `bulkId` with them, and
    /// validates. `held` finds the account that a POST with an `externalId` brings back.
    pub fn new(
        context: &Context,
        request: BulkRequest,
        held: impl Fn(&str) -> Option<ResourceId>,
    ) -> Self {
        let BulkRequest {
            fail_on_errors,
            mut entries,
        } = request;
        let mut ids = HashMap::new();
        let mut makers = HashMap::new();
        for (at, entry) in entries.iter().enumerate() {
            if let (
                Some(name),
                Ok(Operation {
                    method: Method::Post,
                    kind,
                    data,
                    ..
                }),
            ) = (&entry.bulk_id, &entry.operation)
            {
                let known = data.get("externalId").and_then(Value::as_str);
                let known = known.filter(|_| *kind == Kind::User).and_then(&held);
                ids.insert(name.clone(), known.unwrap_or_default());
                makers.insert(name.clone(), at);
            }
        }
        let mut needs = Vec::with_capacity(entries.len());
        let mut steps = Vec::with_capacity(entries.len());
        for (at, entry) in entries.iter_mut().enumerate() {
            let mut needed = BTreeSet::new();
            let bulk_id = entry.bulk_id.clone();
            let step = match &mut entry.operation {
                Err(error) => Err(error.clone()),
                Ok(operation) => {
                    let references = operation.references();
                    needed.extend(
                        references
                            .iter()
                            .filter_map(|name| makers.get(name))
                            .filter(|maker| **maker != at),
                    );
                    if references.iter().all(|name| makers.contains_key(name)) {
                        operation.resolve(&ids);
                        let made = bulk_id.and_then(|name| ids.get(&name)).copied();
                        prepare(context, operation, made)
                    } else {
                        Err(ScimError::new(
                            ScimType::InvalidValue,
                            "A `bulkId` reference names no POST of this request.",
                        ))
                    }
                }
            };
            steps.push(Some(step));
            needs.push(needed);
        }
        Self {
            fail_on_errors,
            entries,
            steps,
            units: bulk::schedule(&needs),
            needs,
        }
    }

    /// Carries everything out. An error of the store itself undoes the whole request.
    pub fn execute(mut self, tx: &mut Tx<'_>, context: &Context) -> Result<BulkDone, ScimError> {
        let mut results: Vec<Option<Outcome>> = vec![None; self.entries.len()];
        let mut failed = HashSet::new();
        let mut quirks = Quirks::default();
        for unit in std::mem::take(&mut self.units) {
            if self
                .fail_on_errors
                .is_some_and(|most| failed.len() as u64 >= most)
            {
                break;
            }
            let steps: Vec<_> = unit
                .iter()
                .filter_map(|at| self.steps[*at].take())
                .collect();
            let broken = unit
                .iter()
                .any(|at| self.needs[*at].iter().any(|need| failed.contains(need)));
            let outcome = if broken {
                Err(ScimError::status(
                    409,
                    "An operation that this one refers to failed.",
                ))
            } else {
                steps
                    .into_iter()
                    .collect::<Result<Vec<_>, _>>()
                    .and_then(|steps| tx.nested(|tx| carry_out(tx, context, steps)))
            };
            match outcome {
                Err(error) if error.status >= 500 => return Err(error),
                Err(error) => {
                    for at in unit {
                        failed.insert(at);
                        results[at] = Some(self.failure(context, at, error.clone()));
                    }
                }
                Ok(all) => {
                    for (at, (path, done)) in unit.into_iter().zip(all) {
                        quirks.merge(done.quirks);
                        if let Shown::Refused(error) = done.shown {
                            failed.insert(at);
                            results[at] = Some(self.failure(context, at, error));
                            continue;
                        }
                        results[at] = Some(Outcome {
                            location: Some(format!("{}{path}", context.base)),
                            version: done.shown.version(),
                            status: Ok(done.status),
                        });
                    }
                }
            }
        }
        let operations: Vec<Value> = self
            .entries
            .iter()
            .zip(&results)
            .filter_map(|(entry, result)| Some(bulk::response_entry(entry, result.as_ref()?)))
            .collect();
        Ok(BulkDone {
            done: operations.len() - failed.len(),
            failed: failed.len(),
            response: bulk::response(&operations),
            quirks,
        })
    }

    fn failure(&self, context: &Context, at: usize, error: ScimError) -> Outcome {
        let location = match &self.entries[at].operation {
            Ok(Operation {
                id: Some(id), kind, ..
            }) => ResourceId::parse(id).map(|id| match kind {
                Kind::User => user_path(&id),
                Kind::Group => group_path(&id),
            }),
            _ => None,
        };
        Outcome {
            location: location.map(|path| format!("{}{path}", context.base)),
            version: None,
            status: Err(error),
        }
    }
}

fn prepare(
    context: &Context,
    operation: &mut Operation,
    made: Option<ResourceId>,
) -> Result<Step, ScimError> {
    let id = match &operation.id {
        Some(id) => resource_id(id)?,
        None => made.unwrap_or_default(),
    };
    Step::prepare(
        context,
        operation.method,
        operation.kind,
        id,
        operation.data.take(),
        operation.version.take(),
    )
}

/// One unit: whole or not at all. In a circle of groups, members that do not exist yet are added
/// once all of the unit does.
fn carry_out(
    tx: &mut Tx<'_>,
    context: &Context,
    steps: Vec<Step>,
) -> Result<Vec<(String, Done)>, ScimError> {
    let mut coming: HashSet<ResourceId> = steps.iter().map(|step| step.id).collect();
    let mut later = Vec::new();
    let mut all: Vec<(String, Done)> = Vec::with_capacity(steps.len());
    for (at, mut step) in steps.into_iter().enumerate() {
        if let Action::CreateGroup(new) = &mut step.action {
            let members = &mut new.members;
            let (wait, now): (Vec<_>, Vec<_>) =
                members.drain(..).partition(|id| coming.contains(id));
            *members = now;
            if !wait.is_empty() {
                later.push((at, step.id, wait));
            }
        }
        coming.remove(&step.id);
        all.push((step.path(), step.execute(tx, context)?));
    }
    for (at, group, members) in later {
        let group = groups::add_members(tx, context, group, members)?;
        all[at].1.shown = Shown::Group(Box::new(group));
    }
    Ok(all)
}
