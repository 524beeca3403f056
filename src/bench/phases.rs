//! The operations that are measured, one a phase.

use std::sync::Arc;

use http::Method;
use serde_json::{Value, json};

use super::cycles;
use super::directory::{Directory, Id};
use super::drive::{Expect, Job, Worker};
use super::options::Phase;
use super::people::{FAMILY, filter, patch};
use crate::wire::Call;

/// Resources on a page: what the identity providers ask for.
const PAGE: u64 = 100;

/// A group that exists, with the first `members` users of the directory in it.
#[derive(Clone, Debug)]
pub(super) struct Group {
    pub id: Id,
    pub members: u64,
}

/// The job of one measurement.
pub(super) struct Step {
    pub phase: Phase,
    pub directory: Arc<Directory>,
    /// For the phases by group size.
    pub group: Option<Group>,
}

impl Job for Step {
    async fn perform(&self, worker: &mut Worker, n: u64) -> Option<()> {
        let directory = &*self.directory;
        match self.phase {
            Phase::Create => {
                let n = directory.number();
                let document = directory.people.user(n);
                directory.create_user(worker, n, &document).await.map(drop)
            }
            Phase::Deactivate => deactivate(directory, worker).await,
            Phase::Delete => delete_user(directory, worker, Expect::DELETED).await,
            Phase::Cursor => turn_page(worker).await,
            Phase::PatchAdd => {
                let (add, remove) = self.membership(worker)?;
                worker.ask(&add, Expect::CHANGED).await?;
                worker.aside(&remove, Expect::CHANGED).await
            }
            Phase::PatchRemove => {
                let (add, remove) = self.membership(worker)?;
                worker.aside(&add, Expect::CHANGED).await?;
                worker.ask(&remove, Expect::CHANGED).await.map(drop)
            }
            Phase::EntraCycle => cycles::entra(directory, worker).await,
            Phase::OktaCycle => cycles::okta(directory, worker).await,
            _ => {
                let (path, expect) = self.read(n)?;
                worker
                    .ask(&Call::new(Method::GET, path), expect)
                    .await
                    .map(drop)
            }
        }
    }
}

impl Step {
    /// The path of a phase that is one GET, and what to expect of it.
    fn read(&self, n: u64) -> Option<(String, Expect)> {
        let (directory, people) = (&self.directory, &self.directory.people);
        let user = directory.any_user(n)?;
        let by = |attribute, operator, value: String| {
            format!("/Users?{}", filter(attribute, operator, &value))
        };
        Some(match self.phase {
            Phase::Get => (user.id.user_path(), Expect::OK),
            Phase::Hit => (by("userName", "eq", people.user_name(user.n)), Expect::ONE),
            Phase::HitExternal => (
                by("externalId", "eq", people.external_id(user.n)),
                Expect::ONE,
            ),
            Phase::HitDisplay => (
                by("displayName", "eq", people.display_name(user.n)),
                Expect::ONE,
            ),
            Phase::HitEmail => (by("emails.value", "eq", people.email(user.n)), Expect::ONE),
            Phase::Sw => (
                by("userName", "sw", people.family_prefix(user.n)),
                Expect::Found(1..=FAMILY),
            ),
            Phase::Co => (
                by("userName", "co", people.family_part(user.n)),
                Expect::Found(1..=FAMILY),
            ),
            Phase::List => (page(1), Expect::SOME),
            Phase::Deep => {
                let users = directory.users();
                let depth = users - people.pick(n, users / 10);
                (page(depth.saturating_sub(PAGE).max(1)), Expect::SOME)
            }
            Phase::Groups => {
                let path = format!("/Groups?excludedAttributes=members&startIndex=1&count={PAGE}");
                (path, Expect::SOME)
            }
            Phase::GroupGet => (self.group.as_ref()?.id.bare_group_path(), Expect::OK),
            // All that is left among the reads: a userName that nobody has.
            _ => {
                let nobody = format!("{}nobody.{n}", people.family_prefix(user.n));
                (by("userName", "eq", nobody), Expect::NONE)
            }
        })
    }

    /// The requests that put a user who is in nobody else's hands into the group, and out again.
    fn membership(&self, worker: &Worker) -> Option<(Call, Call)> {
        let group = self.group.as_ref()?;
        let spare = self.directory.user(group.members + worker.slot)?;
        let change = |operation: Value| {
            Call::with(
                Method::PATCH,
                group.id.bare_group_path(),
                &patch(&json!([operation])),
            )
        };
        let add = json!({"op": "add", "path": "members", "value": [spare.id.member()]});
        let remove = json!({
            "op": "remove",
            "path": format!("members[value eq \"{}\"]", spare.id),
        });
        Some((change(add), change(remove)))
    }
}

/// Takes the users in turn and switches each off; on the next round on again, so that every
/// operation is a change.
async fn deactivate(directory: &Directory, worker: &mut Worker) -> Option<()> {
    let (change, users) = (directory.change(), directory.users().max(1));
    let user = directory.user(change % users)?;
    let active = change / users % 2 == 1;
    let body = patch(&json!([{"op": "replace", "path": "active", "value": active}]));
    let call = Call::with(Method::PATCH, user.id.user_path(), &body);
    worker.ask(&call, Expect::CHANGED).await.map(drop)
}

/// Deletes the latest user; one that could not be deleted is remembered again.
pub(super) async fn delete_user(
    directory: &Directory,
    worker: &mut Worker,
    expect: Expect,
) -> Option<()> {
    let user = directory.take_user()?;
    let call = Call::new(Method::DELETE, user.id.user_path());
    let done = worker.ask(&call, expect).await.map(drop);
    if done.is_none() {
        directory.add_user(user);
    }
    done
}

/// Reads the next page by cursor; after the last one, the first again (RFC 9865 §2).
async fn turn_page(worker: &mut Worker) -> Option<()> {
    let path = format!("/Users?cursor={}&count={PAGE}", worker.cursor);
    worker.cursor.clear();
    let body = worker
        .ask(&Call::new(Method::GET, path), Expect::SOME)
        .await?;
    if let Some(next) = next_cursor(&body) {
        next.clone_into(&mut worker.cursor);
    }
    Some(())
}

/// `nextCursor` of a page, which consists of unreserved characters only (RFC 9865 §2).
fn next_cursor(body: &[u8]) -> Option<&str> {
    let (_, rest) = std::str::from_utf8(body)
        .ok()?
        .split_once("\"nextCursor\"")?;
    let value = rest
        .trim_start()
        .strip_prefix(':')?
        .trim_start()
        .strip_prefix('"')?;
    let (cursor, _) = value.split_once('"')?;
    let unreserved = |c: char| c.is_ascii_alphanumeric() || "-._~".contains(c);
    (!cursor.is_empty() && cursor.chars().all(unreserved)).then_some(cursor)
}

fn page(start: u64) -> String {
    format!("/Users?startIndex={start}&count={PAGE}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_cursor_is_found_and_checked() {
        let table = [
            (r#"{"nextCursor":"aB-1_.~","x":1}"#, Some("aB-1_.~")),
            (r#"{"nextCursor" : "z"}"#, Some("z")),
            (r#"{"totalResults":3}"#, None),
            (r#"{"nextCursor":null}"#, None),
            (r#"{"nextCursor":""}"#, None),
            (r#"{"nextCursor":"a b&c"}"#, None),
        ];
        for (body, expected) in table {
            assert_eq!(next_cursor(body.as_bytes()), expected, "{body}");
        }
    }
}
