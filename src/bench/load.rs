//! Preparation and its undoing: fills the directory and its groups, and empties them again.

use std::sync::Arc;

use http::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::directory::{Directory, Id, User};
use super::drive::{Expect, Job, Worker, drive};
use super::error::BenchError;
use super::options::Phase;
use super::pace::Schedule;
use super::people::patch;
use super::phases::{Group, Step, delete_user};
use super::report::Loaded;
use super::runner::Runner;
use super::tally::{Tally, per_second};
use crate::clock::Stopwatch;
use crate::wire::Call;

/// A line of progress each time so many users have been loaded.
const CHUNK: u64 = 50_000;

/// Members added by one PATCH; keeps the body below the 100 kB that many servers stop at.
const MEMBERS: u64 = 1_000;

/// Groups that `groups` lists, and how many members each has.
const SMALL_GROUPS: u64 = 20;
const SMALL_GROUP: u64 = 50;

const BULK_REQUEST: &str = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";

impl Runner<'_> {
    /// Sees to it that the directory holds `wanted` users; says how, if some were missing.
    pub async fn users(&mut self, wanted: u64) -> Result<Option<Loaded>, BenchError> {
        let watch = Stopwatch::start();
        let before = self.directory.users();
        let per_request = self.server.bulk_size().filter(|_| self.options.bulk);
        while self.directory.users() < wanted {
            let have = self.directory.users();
            let missing = (wanted - have).min(CHUNK);
            self.say(&format!("loading users: {have} of {wanted}"));
            let tally = self.create_users(missing, per_request).await;
            // A few refusals are made up for by the next round.
            if self.directory.users() < have + missing.div_ceil(2) {
                return Err(BenchError::Load {
                    what: "users",
                    done: self.directory.users(),
                    wanted,
                    cause: tally.main_error(),
                });
            }
        }
        let users = wanted.saturating_sub(before);
        let seconds = watch.elapsed().as_secs_f64();
        Ok((users > 0).then(|| Loaded {
            users,
            seconds,
            users_per_second: per_second(users, seconds),
            bulk: per_request.is_some(),
        }))
    }

    async fn create_users(&self, wanted: u64, per_request: Option<u64>) -> Tally {
        let directory = Arc::clone(&self.directory);
        let connections = self.options.connections();
        let Some(per_request) = per_request else {
            let job = Step {
                phase: Phase::Create,
                directory,
                group: None,
            };
            return drive(&self.target, job, Schedule::all(wanted), connections).await;
        };
        let job = BulkCreate {
            directory,
            wanted,
            per_request,
        };
        let schedule = Schedule::all(wanted.div_ceil(per_request));
        drive(&self.target, job, schedule, connections).await
    }

    /// Sees to it that there are groups to list.
    pub async fn small_groups(&mut self) -> Result<(), BenchError> {
        let missing = SMALL_GROUPS.saturating_sub(self.directory.groups());
        let members = SMALL_GROUP.min(self.directory.users());
        let job = CreateGroup {
            directory: Arc::clone(&self.directory),
            members,
        };
        let tally = drive(&self.target, job, Schedule::all(missing), 1).await;
        require("groups", tally.operations, missing, &tally)
    }

    /// An empty group.
    pub async fn new_group(&mut self) -> Result<Group, BenchError> {
        let job = CreateGroup {
            directory: Arc::clone(&self.directory),
            members: 0,
        };
        let tally = drive(&self.target, job, Schedule::all(1), 1).await;
        require("groups", tally.operations, 1, &tally)?;
        let id = self
            .directory
            .latest_group()
            .expect("a group was created just now");
        Ok(Group { id, members: 0 })
    }

    /// Fills `group` up to `wanted` members, who must exist.
    pub async fn fill(&mut self, group: &mut Group, wanted: u64) -> Result<(), BenchError> {
        let missing = wanted.saturating_sub(group.members);
        self.say(&format!(
            "adding {missing} members to a group of {}",
            group.members
        ));
        let job = Fill {
            directory: Arc::clone(&self.directory),
            group: group.clone(),
            wanted,
        };
        let requests = missing.div_ceil(MEMBERS);
        let tally = drive(&self.target, job, Schedule::all(requests), 1).await;
        require(
            "requests to fill a group",
            tally.operations,
            requests,
            &tally,
        )?;
        group.members = wanted.max(group.members);
        Ok(())
    }

    /// Deletes what the run created, unless it is to be kept.
    pub async fn clean_up(&mut self) {
        if !self.options.keep {
            let (users, groups) = (self.directory.users(), self.directory.groups());
            self.say(&format!("deleting {groups} groups and {users} users"));
            let connections = self.options.connections();
            for (job, count, connections) in [
                (Remove::Groups(Arc::clone(&self.directory)), groups, 1),
                (
                    Remove::Users(Arc::clone(&self.directory)),
                    users,
                    connections,
                ),
            ] {
                drive(&self.target, job, Schedule::all(count), connections).await;
            }
        }
        self.left_behind = self.directory.users() + self.directory.groups();
    }
}

fn require(what: &'static str, done: u64, wanted: u64, tally: &Tally) -> Result<(), BenchError> {
    if done >= wanted {
        return Ok(());
    }
    Err(BenchError::Load {
        what,
        done,
        wanted,
        cause: tally.main_error(),
    })
}

/// Creates `wanted` users through `/Bulk` (RFC 7644 §3.7).
pub(super) struct BulkCreate {
    pub directory: Arc<Directory>,
    pub wanted: u64,
    pub per_request: u64,
}

impl Job for BulkCreate {
    async fn perform(&self, worker: &mut Worker, n: u64) -> Option<()> {
        let users = self.per_request.min(self.wanted - n * self.per_request);
        let operations: Vec<_> = (0..users)
            .map(|_| {
                let n = self.directory.number();
                let data = self.directory.people.user(n);
                json!({"method": "POST", "path": "/Users", "bulkId": n.to_string(), "data": data})
            })
            .collect();
        let body = json!({"schemas": [BULK_REQUEST], "Operations": operations});
        let call = Call::with(Method::POST, "/Bulk", &body);
        let answer = worker.ask(&call, Expect::OK).await?;
        let Ok(answer) = serde_json::from_slice::<BulkResponse>(&answer) else {
            worker.fail("no BulkResponse");
            return None;
        };
        for operation in answer.operations {
            match operation.created() {
                Some(user) => self.directory.add_user(user),
                None => worker.fail("operation in /Bulk refused"),
            }
        }
        Some(())
    }
}

#[derive(Deserialize)]
struct BulkResponse {
    #[serde(rename = "Operations")]
    operations: Vec<BulkResult>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BulkResult {
    bulk_id: Option<String>,
    location: Option<String>,
    status: Value,
}

impl BulkResult {
    /// The user that the operation created, if it did.
    fn created(&self) -> Option<User> {
        if self.status.as_str() != Some("201") && self.status.as_u64() != Some(201) {
            return None;
        }
        let (_, id) = self.location.as_deref()?.rsplit_once('/')?;
        Some(User {
            n: self.bulk_id.as_ref()?.parse().ok()?,
            id: id.into(),
        })
    }
}

/// Creates a group of the first `members` users.
struct CreateGroup {
    directory: Arc<Directory>,
    members: u64,
}

impl Job for CreateGroup {
    async fn perform(&self, worker: &mut Worker, _: u64) -> Option<()> {
        let members = self.directory.members(0, self.members);
        let document = self
            .directory
            .people
            .group(self.directory.number(), &members);
        self.directory
            .create_group(worker, &document)
            .await
            .map(drop)
    }
}

/// Adds the users of the directory to `group`, from those it has to `wanted`.
struct Fill {
    directory: Arc<Directory>,
    group: Group,
    wanted: u64,
}

impl Job for Fill {
    async fn perform(&self, worker: &mut Worker, n: u64) -> Option<()> {
        let from = self.group.members + n * MEMBERS;
        let members = self
            .directory
            .members(from, self.wanted.min(from + MEMBERS));
        let add = patch(&json!([{"op": "add", "path": "members", "value": members}]));
        let call = Call::with(Method::PATCH, self.group.id.bare_group_path(), &add);
        worker.ask(&call, Expect::CHANGED).await.map(drop)
    }
}

/// Deletes what there is.
pub(super) enum Remove {
    Groups(Arc<Directory>),
    Users(Arc<Directory>),
}

impl Job for Remove {
    async fn perform(&self, worker: &mut Worker, _: u64) -> Option<()> {
        match self {
            Self::Groups(directory) => delete_group(directory, worker).await,
            Self::Users(directory) => delete_user(directory, worker, Expect::GONE).await,
        }
    }
}

async fn delete_group(directory: &Directory, worker: &mut Worker) -> Option<()> {
    let id: Id = directory.take_group()?;
    let call = Call::new(Method::DELETE, id.group_path());
    let done = worker.ask(&call, Expect::DELETED).await.map(drop);
    if done.is_none() {
        directory.add_group(id);
    }
    done
}
