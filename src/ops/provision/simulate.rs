//! What requests would change: carried out like any other, by the same code, and undone.

use serde_json::Value;

use super::bulk::Plan;
use super::context::{Context, resource_id};
use super::outcome::Shown;
use super::request::Caller;
use super::service::Provision;
use super::step::Step;
use crate::ids::{RequestId, ResourceId};
use crate::model::exchange::Operation;
use crate::ops::api::OpsError;
use crate::ops::api::preview::Simulation;
use crate::ops::rehearsal;
use crate::scim::bulk::Method;
use crate::scim::error::ScimError;
use crate::scim::quirk::Quirks;
use crate::scim::schema::Kind;
use crate::store::{DeletionQuery, StoreError, TransferQuery, Tx, Walk};

/// Deletions and transfers listed with one request.
const LISTED: u64 = 1_000;

/// A request to try out.
pub(in crate::ops) struct Trial {
    pub method: String,
    /// With or without the base path, and with its query.
    pub path: String,
    pub body: Value,
}

/// A prepared request.
enum Attempt {
    Step(Box<Step>),
    Bulk(Box<Plan>),
    Read,
}

/// What a request came to.
#[derive(Default)]
struct Outcome {
    status: u16,
    what: String,
    subject: String,
    changes: Value,
}

impl Provision {
    /// Tries requests out, one after the other, each on what the ones before it would have left.
    /// Blocks, and holds the writer for as long as the requests themselves would.
    ///
    /// # Errors
    /// Those of the store; an error of a request is its outcome.
    pub(in crate::ops) fn simulate(
        &self,
        caller: Caller,
        base: &str,
        trials: Vec<Trial>,
    ) -> Result<Vec<Simulation>, OpsError> {
        let context = self.context(caller, RequestId::new(), base.to_owned());
        let prepared: Vec<_> = trials
            .into_iter()
            .map(|trial| {
                let request = format!("{} {}", trial.method, trial.path);
                (request, self.attempt(&context, trial))
            })
            .collect();
        rehearsal::carry_out(&self.store, true, move |tx| {
            let tried = prepared
                .into_iter()
                .map(|(request, attempt)| Ok(try_out(tx, &context, request, attempt)?));
            tried.collect()
        })
    }

    fn attempt(&self, context: &Context, trial: Trial) -> Result<Attempt, ScimError> {
        let (kind, id) = match target(&trial.path) {
            Some(Aim::Resources(kind, id)) => (kind, id),
            Some(Aim::Bulk) => {
                let most = self.limits.bulk_operations;
                let plan = Plan::read(&self.store, context, trial.body, most)?;
                return Ok(Attempt::Bulk(Box::new(plan)));
            }
            None => {
                return Err(ScimError::status(
                    404,
                    "This path names nothing that changes.",
                ));
            }
        };
        let method = match (trial.method.to_ascii_uppercase().as_str(), &id) {
            ("GET", _) => return Ok(Attempt::Read),
            ("POST", None) => Method::Post,
            ("PUT", Some(_)) => Method::Put,
            ("PATCH", Some(_)) => Method::Patch,
            ("DELETE", Some(_)) => Method::Delete,
            _ => {
                return Err(ScimError::status(
                    405,
                    "This path does not have the method.",
                ));
            }
        };
        let id = match id {
            Some(id) => resource_id(&id)?,
            None => ResourceId::new(),
        };
        let step = Step::prepare(context, method, kind, id, trial.body, None)?;
        Ok(Attempt::Step(Box::new(step)))
    }
}

fn try_out(
    tx: &mut Tx<'_>,
    context: &Context,
    request: String,
    attempt: Result<Attempt, ScimError>,
) -> Result<Simulation, StoreError> {
    let (deletion, transfer) = (tx.last_deletion()?, tx.last_transfer()?);
    let outcome = attempt.and_then(|attempt| tx.nested(|tx| carry_out(tx, context, attempt)));
    let outcome = outcome.unwrap_or_else(|error| Outcome {
        status: error.status,
        what: error.detail,
        ..Outcome::default()
    });
    let deletions = DeletionQuery {
        walk: Walk::Oldest {
            after: Some(deletion),
        },
        ..DeletionQuery::default()
    };
    let transfers = TransferQuery {
        walk: Walk::Oldest {
            after: Some(transfer),
        },
        ..TransferQuery::default()
    };
    Ok(Simulation {
        request,
        status: outcome.status,
        what: outcome.what,
        subject: outcome.subject,
        changes: outcome.changes,
        deletions: tx.deletions(&deletions, LISTED)?,
        transfers: tx.transfers(&transfers, LISTED)?,
    })
}

fn carry_out(tx: &mut Tx<'_>, context: &Context, attempt: Attempt) -> Result<Outcome, ScimError> {
    match attempt {
        Attempt::Read => Ok(Outcome {
            status: 200,
            what: "reads, changes nothing".to_owned(),
            ..Outcome::default()
        }),
        Attempt::Bulk(plan) => {
            let done = plan.execute(tx, context)?;
            Ok(Outcome {
                status: 200,
                what: format!("{} operations done, {} failed", done.done, done.failed),
                subject: Operation::Bulk.as_str().to_owned(),
                changes: done.response,
            })
        }
        Attempt::Step(step) => {
            let done = step.execute(tx, context)?;
            if let Shown::Refused(error) = done.shown {
                return Err(error);
            }
            Ok(Outcome {
                status: done.status,
                what: with_quirks(done.what, done.quirks),
                subject: done.subject,
                changes: done.changes,
            })
        }
    }
}

fn with_quirks(what: String, quirks: Quirks) -> String {
    let names: Vec<_> = quirks.iter().map(|quirk| quirk.name()).collect();
    if names.is_empty() {
        what
    } else {
        format!("{what} (quirks: {})", names.join(", "))
    }
}

/// What a path names.
#[derive(Debug, PartialEq)]
enum Aim {
    Resources(Kind, Option<String>),
    Bulk,
}

/// Reads a path, with or without the base before it.
fn target(path: &str) -> Option<Aim> {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let below = match path.find("/scim/v2/") {
        Some(at) => &path[at + "/scim/v2/".len()..],
        None => path,
    };
    let mut segments = below.split('/').filter(|segment| !segment.is_empty());
    let kind = match segments.next()? {
        "Users" => Kind::User,
        "Groups" => Kind::Group,
        "Bulk" => return Some(Aim::Bulk),
        _ => return None,
    };
    let id = segments.next().map(str::to_owned);
    segments
        .next()
        .is_none()
        .then_some(Aim::Resources(kind, id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_read_with_and_without_their_base() {
        let user = |id: Option<&str>| Some(Aim::Resources(Kind::User, id.map(str::to_owned)));
        for (path, expected) in [
            ("/Users", user(None)),
            ("Users/", user(None)),
            ("/Users/7?attributes=id", user(Some("7"))),
            ("/scim/v2/Users/7", user(Some("7"))),
            ("/orgs/0/scim/v2/Users/7/", user(Some("7"))),
            (
                "/Groups/7",
                Some(Aim::Resources(Kind::Group, Some("7".to_owned()))),
            ),
            ("/scim/v2/Bulk", Some(Aim::Bulk)),
            ("/Users/7/8", None),
            ("/Schemas", None),
            ("", None),
        ] {
            assert_eq!(target(path), expected, "{path}");
        }
    }
}
