//! Okta. A custom application (`okta`) is spoken to with GET and PUT alone; one of the catalogue
//! (`okta-oin`) gets PATCH for `active`, for passwords and for groups.
//!
//! Sequences run side by side, as Okta's do; of one user or group there is one at a time.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Dialect, Manners, View};
use crate::bench::people::mix;
use crate::simulate::company::{GroupNo, Person, Standing};
use crate::simulate::machine::Mapping;
use crate::simulate::pool::Task;
use crate::simulate::talk::{Effect, Job, Line, Outcome, Reply, Request, Trouble, encode};
use crate::simulate::urn::{GROUP, USER};

/// Headers of every request, recorded.
pub(in crate::simulate) const HEADERS: [(&str, &str); 5] = [
    ("user-agent", "Okta SCIM Client 1.0.0"),
    ("accept", "application/scim+json"),
    ("accept-charset", "utf-8"),
    // Okta says `gzip,deflate`; answers are read as they are here.
    ("accept-encoding", "identity"),
    ("content-type", "application/scim+json; charset=utf-8"),
];

/// How often a request is sent that is answered with 429.
const ATTEMPTS: u32 = 10;
/// How long Okta waits where `Retry-After` is missing or a date.
const NO_HINT: Duration = Duration::from_secs(300);
/// Users of a page of an import.
const PAGE: usize = 100;

/// The dialect.
pub(in crate::simulate) struct Okta {
    /// An application of the catalogue.
    pub oin: bool,
}

/// The application that a sequence talks to.
#[derive(Clone)]
struct App {
    oin: bool,
    line: Line,
}

impl Dialect for Okta {
    fn manners(&self) -> Manners {
        Manners {
            width: 8,
            suspends: false,
            deletes: false,
            passwords: true,
            mapping: Mapping::default(),
        }
    }

    fn job(&mut self, task: Task, view: View<'_>) -> Option<Job> {
        let oin = self.oin;
        let app = move |line| App { oin, line };
        let person = |no: usize| view.company.people[no].clone();
        let linked = |no: usize| {
            let link = view.book.users.get(&no)?;
            (!link.disabled).then(|| link.id.clone())
        };
        match task {
            Task::Test => Some(Job::new(move |line| async move {
                app(line)
                    .ask(Request::get("/Users?startIndex=1&count=2"))
                    .await?;
                Ok(Vec::new())
            })),
            Task::Import => Some(Job::new(
                move |line| async move { app(line).import().await },
            )),
            Task::Assign(no) => {
                let person = person(no);
                let wanted = person.assigned
                    && matches!(person.standing, Standing::Employed | Standing::Suspended);
                wanted.then(|| Job::new(move |line| async move { app(line).assign(&person).await }))
            }
            Task::Update(no) => {
                let (person, id) = (person(no), linked(no)?);
                Some(Job::new(move |line| async move {
                    app(line).update(&id, &person).await?;
                    Ok(vec![Effect::Linked(id)])
                }))
            }
            Task::Password(no) => {
                let (person, id) = (person(no), linked(no)?);
                Some(Job::new(move |line| async move {
                    app(line).password(&id, &person).await?;
                    Ok(vec![Effect::Linked(id)])
                }))
            }
            Task::Disable(no) => {
                let id = linked(no)?;
                if view.company.people[no].works() {
                    return None;
                }
                Some(Job::new(move |line| async move {
                    app(line).set_active(&id, false).await?;
                    Ok(vec![Effect::Disabled])
                }))
            }
            Task::Group(no) | Task::Members(no) | Task::Push(no) => group_job(oin, task, no, view),
            Task::Drop(no) => {
                let id = view.book.groups.get(&no)?.id.clone();
                Some(Job::new(move |line| async move {
                    let gone = Request::delete(group_path(&id));
                    let operation = gone.operation();
                    let reply = app(line).patiently(gone).await;
                    if reply.ok() || reply.status == 404 {
                        return Ok(vec![Effect::Unlinked]);
                    }
                    Err(Trouble::new(operation, &reply))
                }))
            }
            // Okta never sends DELETE of a user, and has no managers to send.
            Task::Delete(_) | Task::Manager(_) => None,
        }
    }
}

fn group_job(oin: bool, task: Task, no: GroupNo, view: View<'_>) -> Option<Job> {
    let group = &view.company.groups[no];
    if !group.pushed {
        return None;
    }
    let name = group.name.clone();
    let members = view.members(no);
    let Some(link) = view.book.groups.get(&no) else {
        return Some(Job::new(move |line| async move {
            App { oin, line }.push_new(&name, &members).await
        }));
    };
    let id = link.id.clone();
    let (missing, surplus) = view.difference(no);
    if matches!(task, Task::Members(_)) && missing.is_empty() && surplus.is_empty() {
        return None;
    }
    Some(Job::new(move |line| async move {
        let app = App { oin, line };
        if !oin {
            app.ask(Request::get(group_path(&id))).await?;
            return app.put_group(&id, &name, &members).await;
        }
        app.rename(&id, &name).await?;
        match task {
            Task::Push(_) => app.replace_members(&id, &members).await?,
            Task::Members(_) => app.change_members(&id, &missing, &surplus).await?,
            _ => return Ok(vec![Effect::Linked(id)]),
        }
        Ok(vec![Effect::Linked(id), known(&members)])
    }))
}

fn known(members: &[(String, String)]) -> Effect {
    Effect::Members(members.iter().map(|(id, _)| id.clone()).collect())
}

fn user_path(id: &str) -> String {
    format!("/Users/{}", encode(id))
}

fn group_path(id: &str) -> String {
    format!("/Groups/{}", encode(id))
}

/// What Okta writes of a person, over what is there.
fn write_profile(person: &Person, document: &mut Value) {
    document["userName"] = json!(person.user_name);
    document["name"]["givenName"] = json!(person.given);
    document["name"]["familyName"] = json!(person.family);
    document["emails"] = json!([{
        "primary": true, "value": person.user_name, "type": "work",
    }]);
    document["displayName"] = json!(person.name());
    document["externalId"] = json!(person.external_id);
    if let Some(title) = &person.title {
        document["title"] = json!(title);
    }
}

fn password(person: &Person) -> String {
    let no = u64::try_from(person.no).unwrap_or(0);
    format!("{:08x}", mix(no ^ mix(person.passwords)) >> 32)
}

impl App {
    /// Sends `request`, again and again while the answer is 429.
    async fn patiently(&self, request: Request) -> Reply {
        let mut wait = None;
        for _ in 1..ATTEMPTS {
            let reply = self.line.ask(request.clone()).await;
            if reply.status != 429 {
                return reply;
            }
            let asked = reply.retry_after.as_deref().unwrap_or_default();
            let asked = asked.parse().map_or(NO_HINT, Duration::from_secs);
            let now = wait.map_or(asked, |wait: Duration| wait.saturating_mul(2));
            wait = Some(now);
            self.line.pause(now).await;
        }
        self.line.ask(request).await
    }

    async fn ask(&self, request: Request) -> Result<Reply, Trouble> {
        let operation = request.operation();
        let reply = self.patiently(request).await;
        if reply.ok() {
            Ok(reply)
        } else {
            Err(Trouble::new(operation, &reply))
        }
    }

    /// What a look-up finds; nothing may also be said with 404.
    async fn find(&self, path: String) -> Result<Option<Value>, Trouble> {
        let request = Request::get(path);
        let operation = request.operation();
        let reply = self.patiently(request).await;
        match reply.status {
            404 => Ok(None),
            200 => Ok(reply.resources().first().cloned()),
            _ => Err(Trouble::new(operation, &reply)),
        }
    }

    async fn assign(&self, person: &Person) -> Outcome {
        let name = encode(&person.user_name);
        let path = format!("/Users?filter=userName%20eq%20%22{name}%22&startIndex=1&count=100");
        let Some(found) = self.find(path).await? else {
            return self.create(person).await;
        };
        let id = found["id"].as_str().unwrap_or_default().to_owned();
        if self.oin && found["active"] == false {
            self.set_active(&id, true).await?;
        }
        self.update(&id, person).await?;
        Ok(vec![Effect::Linked(id)])
    }

    async fn create(&self, person: &Person) -> Outcome {
        let mut document = json!({
            "schemas": [USER], "userName": "", "name": {}, "emails": [], "displayName": "",
            "locale": "en-US", "externalId": "", "groups": [],
            "password": password(person), "active": true,
        });
        write_profile(person, &mut document);
        let request = Request::post("/Users", document);
        let operation = request.operation();
        let reply = self.ask(request).await?;
        match reply.id() {
            Some(id) => Ok(vec![Effect::Created(id)]),
            None => Err(Trouble::useless(operation, &reply, "no id in the answer")),
        }
    }

    /// Reads the whole user, changes it, sends it back.
    async fn change(&self, id: &str, change: impl FnOnce(&mut Value)) -> Result<(), Trouble> {
        let request = Request::get(user_path(id));
        let operation = request.operation();
        let reply = self.ask(request).await?;
        if !reply.body.is_object() {
            return Err(Trouble::useless(operation, &reply, "no user in the answer"));
        }
        let mut whole = reply.body;
        change(&mut whole);
        self.ask(Request::put(user_path(id), whole)).await?;
        Ok(())
    }

    async fn update(&self, id: &str, person: &Person) -> Result<(), Trouble> {
        self.change(id, |whole| {
            write_profile(person, whole);
            whole["active"] = json!(true);
        })
        .await
    }

    async fn set_active(&self, id: &str, active: bool) -> Result<(), Trouble> {
        if !self.oin {
            return self
                .change(id, |whole| whole["active"] = json!(active))
                .await;
        }
        let operations = json!([{"op": "replace", "value": {"active": active}}]);
        self.ask(Request::patch(user_path(id), &operations)).await?;
        Ok(())
    }

    async fn password(&self, id: &str, person: &Person) -> Result<(), Trouble> {
        let password = password(person);
        if !self.oin {
            return self
                .change(id, |whole| whole["password"] = json!(password))
                .await;
        }
        let operations = json!([{"op": "replace", "value": {"password": password}}]);
        self.ask(Request::patch(user_path(id), &operations)).await?;
        Ok(())
    }

    async fn push_new(&self, name: &str, members: &[(String, String)]) -> Outcome {
        let encoded = encode(name);
        let path =
            format!("/Groups?filter=displayName%20eq%20%22{encoded}%22&startIndex=1&count=100");
        let found = self.find(path).await?;
        let id = if let Some(found) = found.as_ref().and_then(|found| found["id"].as_str()) {
            found.to_owned()
        } else {
            let document = json!({"schemas": [GROUP], "displayName": name, "members": []});
            let request = Request::post("/Groups", document);
            let operation = request.operation();
            let reply = self.ask(request).await?;
            let id = reply.id();
            id.ok_or_else(|| Trouble::useless(operation, &reply, "no id in the answer"))?
        };
        self.ask(Request::get(group_path(&id))).await?;
        if !self.oin {
            return self.put_group(&id, name, members).await;
        }
        self.rename(&id, name).await?;
        self.replace_members(&id, members).await?;
        Ok(vec![Effect::Created(id), known(members)])
    }

    async fn put_group(&self, id: &str, name: &str, members: &[(String, String)]) -> Outcome {
        let document = json!({
            "schemas": [GROUP], "id": id, "displayName": name, "members": shown(members),
        });
        self.ask(Request::put(group_path(id), document)).await?;
        Ok(vec![Effect::Linked(id.to_owned()), known(members)])
    }

    async fn rename(&self, id: &str, name: &str) -> Result<(), Trouble> {
        let value = json!({"id": id, "displayName": name});
        let operations = json!([{"op": "replace", "value": value}]);
        self.ask(Request::patch(group_path(id), &operations))
            .await?;
        Ok(())
    }

    async fn replace_members(&self, id: &str, members: &[(String, String)]) -> Result<(), Trouble> {
        let operations = json!([{"op": "replace", "path": "members", "value": shown(members)}]);
        self.ask(Request::patch(group_path(id), &operations))
            .await?;
        Ok(())
    }

    async fn change_members(
        &self,
        id: &str,
        missing: &[(String, String)],
        surplus: &[String],
    ) -> Result<(), Trouble> {
        let mut operations: Vec<_> = surplus
            .iter()
            .map(|id| json!({"op": "remove", "path": format!("members[value eq \"{id}\"]")}))
            .collect();
        if !missing.is_empty() {
            operations.push(json!({"op": "add", "path": "members", "value": shown(missing)}));
        }
        self.ask(Request::patch(group_path(id), &operations.into()))
            .await?;
        Ok(())
    }

    /// Reads all users, page by page, as often as the first page says there are.
    async fn import(&self) -> Outcome {
        let mut start = 1;
        loop {
            let path = format!("/Users?startIndex={start}&count={PAGE}");
            let reply = self.ask(Request::get(path)).await?;
            let read = reply.resources().len();
            start += read;
            let total = reply.body["totalResults"].as_u64().unwrap_or(0);
            if read == 0 || u64::try_from(start).is_ok_and(|start| start > total) {
                return Ok(Vec::new());
            }
        }
    }
}

fn shown(members: &[(String, String)]) -> Value {
    let shown = |(id, name): &(String, String)| json!({"value": id, "display": name});
    members.iter().map(shown).collect()
}
