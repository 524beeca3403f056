//! What a provisioning cycle of an identity provider sends for ten new users and their group.
//!
//! The sequences are those of Microsoft Entra ID's default job and of Okta's catalogue apps;
//! each request is measured, and a cycle counts once all of them have succeeded.

use http::Method;
use serde_json::{Value, json};

use super::directory::{Directory, User};
use super::drive::{Expect, Worker};
use super::people::{GROUP, filter, patch};
use crate::wire::Call;

const USERS: u64 = 10;

/// Four requests for each user, four for the group.
pub(super) const ENTRA_REQUESTS: u64 = USERS * 4 + 4;

/// Four requests for each user, five for the group.
pub(super) const OKTA_REQUESTS: u64 = USERS * 4 + 5;

const ENTRA_GROUP: &str =
    "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group";
const DEPARTMENT: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department";

/// Match, create, match again, update; then the group: match, create, add members, read.
pub(super) async fn entra(directory: &Directory, worker: &mut Worker) -> Option<()> {
    let mut members = Vec::new();
    for _ in 0..USERS {
        members.push(entra_user(directory, worker).await?.id.member());
    }
    let people = &directory.people;
    let n = directory.number();
    let by_name = filter("displayName", "eq", &people.group_name(n));
    let lookup = get(format!("/Groups?excludedAttributes=members&{by_name}"));
    worker.ask(&lookup, Expect::NONE).await?;
    let mut document = people.group(n, &[]);
    document["schemas"] = json!([GROUP, ENTRA_GROUP]);
    document["meta"] = json!({"resourceType": "Group"});
    if let Some(document) = document.as_object_mut() {
        document.remove("members");
    }
    let id = directory.create_group(worker, &document).await?;
    let add = patch(&json!([{"op": "Add", "path": "members", "value": members}]));
    let add = Call::with(Method::PATCH, id.group_path(), &add);
    worker.ask(&add, Expect::CHANGED).await?;
    worker
        .ask(&get(id.bare_group_path()), Expect::OK)
        .await
        .map(drop)
}

async fn entra_user(directory: &Directory, worker: &mut Worker) -> Option<User> {
    let people = &directory.people;
    let n = directory.number();
    let by_name = filter("userName", "eq", &people.user_name(n));
    let lookup = get(format!("/Users?{by_name}"));
    worker.ask(&lookup, Expect::NONE).await?;
    let mut document = people.user(n);
    document["meta"] = json!({"resourceType": "User"});
    document["roles"] = json!([]);
    let user = directory.create_user(worker, n, &document).await?;
    worker.ask(&lookup, Expect::ONE).await?;
    let update = patch(&json!([
        {"op": "Replace", "path": "title", "value": "Account Manager"},
        {"op": "Add", "path": DEPARTMENT, "value": "Field Sales"},
    ]));
    let update = Call::with(Method::PATCH, user.id.user_path(), &update);
    worker.ask(&update, Expect::CHANGED).await?;
    Some(user)
}

/// Match, create, read, put back; then the group: match, create empty, read, rename, add members.
pub(super) async fn okta(directory: &Directory, worker: &mut Worker) -> Option<()> {
    let people = &directory.people;
    let mut members = Vec::new();
    for _ in 0..USERS {
        let user = okta_user(directory, worker).await?;
        members.push(json!({
            "value": user.id.to_string(),
            "display": people.user_name(user.n),
        }));
    }
    let n = directory.number();
    let name = people.group_name(n);
    let by_name = filter("displayName", "eq", &name);
    let lookup = get(format!("/Groups?{by_name}&startIndex=1&count=100"));
    worker.ask(&lookup, Expect::NONE).await?;
    let id = directory
        .create_group(worker, &people.group(n, &[]))
        .await?;
    let path = id.group_path();
    worker.ask(&get(path.clone()), Expect::OK).await?;
    let rename = json!([{
        "op": "replace",
        "value": {"id": id.to_string(), "displayName": name},
    }]);
    let add = json!([{"op": "add", "path": "members", "value": members}]);
    for operations in [rename, add] {
        let change = Call::with(Method::PATCH, &path, &patch(&operations));
        worker.ask(&change, Expect::CHANGED).await?;
    }
    Some(())
}

async fn okta_user(directory: &Directory, worker: &mut Worker) -> Option<User> {
    let people = &directory.people;
    let n = directory.number();
    let by_name = filter("userName", "eq", &people.user_name(n));
    let lookup = get(format!("/Users?{by_name}&startIndex=1&count=100"));
    worker.ask(&lookup, Expect::NONE).await?;
    let mut document = people.user(n);
    document["groups"] = json!([]);
    document["password"] = json!(format!("Pw-{:016x}", people.pick(n, u64::MAX)));
    let user = directory.create_user(worker, n, &document).await?;
    let path = user.id.user_path();
    let body = worker.ask(&get(path.clone()), Expect::OK).await?;
    let Some(mut whole) = serde_json::from_slice::<Value>(&body)
        .ok()
        .filter(Value::is_object)
    else {
        worker.fail("no JSON object");
        return None;
    };
    whole["title"] = json!("Account Manager");
    worker
        .ask(&Call::with(Method::PUT, path, &whole), Expect::OK)
        .await?;
    Some(user)
}

fn get(path: String) -> Call {
    Call::new(Method::GET, path)
}
