//! Bulk (RFC 7644 §3.7): each operation whole or not at all, and all of them in short transactions,
//! so that between any two whoever waits for the writer gets its turn.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use serde_json::Value;

use super::context::{Context, resource_id};
use super::groups;
use super::outcome::{Done, Shown, group_path, user_path};
use super::step::{Action, Step};
use crate::clock::Stopwatch;
use crate::ids::ResourceId;
use crate::ops::slices::PAUSE;
use crate::scim::bulk::{self, BulkRequest, Entry, Method, Operation, Outcome};
use crate::scim::error::{ScimError, ScimType};
use crate::scim::quirk::Quirks;
use crate::scim::schema::Kind;
use crate::store::{Store, StoreError, Tx};

/// What a Bulk request came to.
pub(super) struct BulkDone {
    pub response: Value,
    pub done: usize,
    pub failed: usize,
    pub quirks: Quirks,
}

/// How long one transaction goes on taking further operations.
const SLICE: Duration = Duration::from_millis(3);

/// A Bulk request whose references are resolved and whose operations are validated.
pub(super) struct Plan {
    fail_on_errors: Option<u64>,
    entries: Vec<Entry>,
    steps: Vec<Option<Result<Step, ScimError>>>,
    needs: Vec<BTreeSet<usize>>,
    units: Vec<Vec<usize>>,
    /// Of the request itself.
    quirks: Quirks,
}

impl Plan {
    /// Reads a body of `most` operations at most, chooses an id for everything that will be created
    /// (that of the held account that a POST brings back), resolves every `bulkId` with them, and
    /// validates.
    ///
    /// # Errors
    /// The body is no Bulk request, or has more operations.
    pub fn read(
        store: &Store,
        context: &Context,
        body: Value,
        most: u64,
    ) -> Result<Self, ScimError> {
        let mut tolerance = context.tolerance();
        let BulkRequest {
            fail_on_errors,
            mut entries,
        } = bulk::parse(body, most, &mut tolerance)?;
        let held = |external_id: &str| {
            let source = &context.caller.lineage;
            let found =
                store.read(|reader| reader.held_by_external_id(context.org(), external_id, source));
            found.ok().flatten().map(|(_, id)| id)
        };
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
        Ok(Self {
            fail_on_errors,
            entries,
            steps,
            units: bulk::schedule(&needs),
            needs,
            quirks: tolerance.seen,
        })
    }

    /// Carries everything out in one transaction. An error of the store itself undoes it all.
    pub fn execute(self, tx: &mut Tx<'_>, context: &Context) -> Result<BulkDone, ScimError> {
        let mut run = self.begin();
        run.slice(tx, context, || false)?;
        Ok(run.finish())
    }

    /// To be carried out a slice at a time.
    fn begin(self) -> Run {
        Run {
            results: vec![None; self.entries.len()],
            failed: HashSet::new(),
            quirks: self.quirks,
            began: 0,
            next: 0,
            plan: self,
        }
    }
}

/// A Bulk request that is being carried out.
struct Run {
    plan: Plan,
    results: Vec<Option<Outcome>>,
    failed: HashSet<usize>,
    quirks: Quirks,
    /// The unit that the last slice began with.
    began: usize,
    /// The unit that comes next.
    next: usize,
}

impl Run {
    /// Carries out units until `enough`, at least one of them. True if nothing is left to do.
    ///
    /// # Errors
    /// Those of the store, which undo the slice.
    fn slice(
        &mut self,
        tx: &mut Tx<'_>,
        context: &Context,
        enough: impl Fn() -> bool,
    ) -> Result<bool, ScimError> {
        self.began = self.next;
        while let Some(unit) = self.plan.units.get(self.next).cloned() {
            let most = self.plan.fail_on_errors;
            if most.is_some_and(|most| self.failed.len() as u64 >= most) {
                return Ok(true);
            }
            if self.next > self.began && enough() {
                return Ok(false);
            }
            self.unit(tx, context, unit)?;
            self.next += 1;
        }
        Ok(true)
    }

    /// The last slice was undone and nothing more is carried out: all of that failed.
    fn give_up(&mut self, context: &Context, error: &ScimError) {
        let left = self.plan.units.split_off(self.began);
        for at in left.into_iter().flatten() {
            self.fail(context, at, error.clone());
        }
    }

    /// The response, and what is said of it.
    fn finish(&self) -> BulkDone {
        let operations: Vec<Value> = self
            .plan
            .entries
            .iter()
            .zip(&self.results)
            .filter_map(|(entry, result)| Some(bulk::response_entry(entry, result.as_ref()?)))
            .collect();
        BulkDone {
            done: operations.len() - self.failed.len(),
            failed: self.failed.len(),
            response: bulk::response(&operations),
            quirks: self.quirks,
        }
    }

    fn unit(
        &mut self,
        tx: &mut Tx<'_>,
        context: &Context,
        unit: Vec<usize>,
    ) -> Result<(), ScimError> {
        let steps: Vec<_> = unit
            .iter()
            .filter_map(|at| self.plan.steps[*at].take())
            .collect();
        let broken = unit.iter().any(|at| {
            let mut needs = self.plan.needs[*at].iter();
            needs.any(|need| self.failed.contains(need))
        });
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
                    self.fail(context, at, error.clone());
                }
            }
            Ok(all) => {
                for (at, (path, done)) in unit.into_iter().zip(all) {
                    self.quirks.merge(done.quirks);
                    if let Shown::Refused(error) = done.shown {
                        self.fail(context, at, error);
                        continue;
                    }
                    self.results[at] = Some(Outcome {
                        location: Some(format!("{}{path}", context.base)),
                        version: done.shown.version(),
                        status: Ok(done.status),
                    });
                }
            }
        }
        Ok(())
    }

    fn fail(&mut self, context: &Context, at: usize, error: ScimError) {
        let location = match &self.plan.entries[at].operation {
            Ok(Operation {
                id: Some(id), kind, ..
            }) => ResourceId::parse(id).map(|id| match kind {
                Kind::User => user_path(&id),
                Kind::Group => group_path(&id),
            }),
            _ => None,
        };
        self.failed.insert(at);
        self.results[at] = Some(Outcome {
            location: location.map(|path| format!("{}{path}", context.base)),
            version: None,
            status: Err(error),
        });
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

/// Carries out a plan, in as many transactions as it takes. Blocks.
///
/// # Errors
/// Those of the store in the first transaction: nothing was changed. In a later one, what was not
/// carried out fails in the response.
pub(super) fn in_slices(
    store: &Store,
    context: &Context,
    plan: Plan,
) -> Result<BulkDone, ScimError> {
    let run = Arc::new(Mutex::new(plan.begin()));
    let mut begun = false;
    loop {
        let (running, inner) = (Arc::clone(&run), context.clone());
        let sliced = store.write_blocking(move |tx| {
            let watch = Stopwatch::start();
            let done = lock(&running).slice(tx, &inner, || watch.elapsed() >= SLICE);
            done.map_err(Halt::Failed)
        });
        let error = match sliced {
            Ok(true) => break,
            Ok(false) => {
                begun = true;
                continue;
            }
            Err(Halt::Store(StoreError::Busy)) if begun => {
                thread::sleep(PAUSE);
                continue;
            }
            Err(Halt::Store(error)) => error.into(),
            Err(Halt::Failed(error)) => error,
        };
        if !begun {
            return Err(error);
        }
        lock(&run).give_up(context, &error);
        break;
    }
    let done = lock(&run).finish();
    Ok(done)
}

/// Why a slice was not carried out.
enum Halt {
    Store(StoreError),
    Failed(ScimError),
}

impl From<StoreError> for Halt {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

fn lock(run: &Mutex<Run>) -> MutexGuard<'_, Run> {
    run.lock().unwrap_or_else(PoisonError::into_inner)
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::ops::provision::request::{Method as Verb, Target};
    use crate::ops::testing::Site;
    use crate::scim::builtin::{GROUP_URN, USER_URN};

    fn user(name: &str) -> Value {
        json!({ "method": "POST", "path": "/Users", "bulkId": name, "data": {
            "schemas": [USER_URN], "userName": name,
        } })
    }

    fn planned(site: &Site, operations: &[Value]) -> (Context, Plan) {
        let request = site.request(Verb::Post, Target::Bulk, &Value::Null);
        let provision = &site.house.provision;
        let context = provision.context(request.caller, request.id, request.base);
        let body = json!({ "Operations": operations });
        let plan = Plan::read(&site.house.store, &context, body, 100).unwrap();
        (context, plan)
    }

    fn statuses(done: &BulkDone) -> Vec<&str> {
        let operations = done.response["Operations"].as_array().unwrap().iter();
        operations
            .map(|one| one["status"].as_str().unwrap())
            .collect()
    }

    #[tokio::test]
    async fn what_refers_to_what_is_done_in_whatever_slice_comes_first() {
        let site = Site::new().await;
        let group = json!({ "method": "POST", "path": "/Groups", "bulkId": "g", "data": {
            "schemas": [GROUP_URN], "displayName": "g",
            "members": [{ "value": "bulkId:a" }, { "value": "bulkId:b" }],
        } });
        let (context, plan) = planned(&site, &[group, user("a"), user("a"), user("b")]);
        let mut run = plan.begin();
        let mut slices = 0;
        loop {
            // One unit at a time, each committed.
            let inner = context.clone();
            let (back, done) = site
                .house
                .store
                .write(move |tx| {
                    let done = run.slice(tx, &inner, || true)?;
                    Ok::<_, ScimError>((run, done))
                })
                .await
                .unwrap();
            (run, slices) = (back, slices + 1);
            if done {
                break;
            }
        }
        let done = run.finish();
        assert_eq!(slices, 4);
        assert_eq!(statuses(&done), ["201", "201", "400", "201"]);
        assert_eq!((done.done, done.failed), (3, 1));
        let listed = site.query(Target::Groups, "").await.body;
        let members = listed["Resources"][0]["members"].as_array().unwrap();
        assert_eq!(members.len(), 2);
    }

    #[tokio::test]
    async fn a_slice_that_is_undone_fails_with_all_behind_it_and_what_was_committed_stays() {
        let site = Site::new().await;
        let (context, plan) = planned(&site, &[user("a"), user("b"), user("c")]);
        let run = Arc::new(Mutex::new(plan.begin()));
        let part = |enough: bool, fails: bool| {
            let (running, inner) = (Arc::clone(&run), context.clone());
            site.house.store.write(move |tx| {
                let done = lock(&running).slice(tx, &inner, || enough)?;
                if fails {
                    return Err(ScimError::from(StoreError::Full));
                }
                Ok(done)
            })
        };
        assert!(!part(true, false).await.unwrap());
        let error = part(false, true).await.unwrap_err();
        lock(&run).give_up(&context, &error);
        let done = lock(&run).finish();
        assert_eq!(statuses(&done), ["201", "503", "503"]);
        assert_eq!((done.done, done.failed), (1, 2));
        let listed = site.query(Target::Users, "").await.body;
        assert_eq!(listed["Resources"][0]["userName"], "a");
        assert_eq!(listed["totalResults"], 1);
    }

    #[tokio::test]
    async fn a_large_request_lets_others_write_in_between() {
        let site = Site::new().await;
        let jobs = || site.house.store.write_stats().jobs;
        let before = jobs();
        site.users("few", 1).await;
        assert_eq!(jobs() - before, 1);
        let before = jobs();
        site.users("many", 500).await;
        assert!(jobs() - before > 1, "in one transaction");
    }
}
