//! The other clients: OneLogin, JumpCloud, Keycloak's plugin, authentik, rauthy, Canaille. What
//! they do is the same in outline; how each does it is a row of [`Ways`].

use serde_json::{Value, json};

use super::ways::{Document, Lookup, Members, Off, Test, Ways};
use super::{Dialect, Manners, View};
use crate::simulate::company::{Group, GroupNo, Person, Standing};
use crate::simulate::machine::Mapping;
use crate::simulate::pool::Task;
use crate::simulate::talk::{
    Effect, Job, Line, Outcome, Reply, Request, Trouble, encode, encode_plus,
};
use crate::simulate::urn::{ENTERPRISE, GROUP, USER};

/// Somebody whom no application has.
const NOBODY: &str = "nobody-at-all@nowhere.example";
/// Sequences at a time.
const WIDTH: usize = 4;

/// The dialect.
pub(in crate::simulate) struct Plain {
    pub ways: Ways,
    /// Base URL, as it stands in references.
    pub base: String,
}

#[derive(Clone)]
struct App {
    ways: Ways,
    base: String,
    line: Line,
}

impl Dialect for Plain {
    fn manners(&self) -> Manners {
        Manners {
            width: WIDTH,
            suspends: true,
            deletes: matches!(self.ways.off, Off::Delete | Off::Unlink),
            passwords: false,
            mapping: Mapping::default(),
        }
    }

    fn job(&mut self, task: Task, view: View<'_>) -> Option<Job> {
        let (ways, base) = (self.ways, self.base.clone());
        let app = move |line| App { ways, base, line };
        let person = |no: usize| view.company.people[no].clone();
        let id = |no: usize| view.book.id(no).map(str::to_owned);
        Some(match task {
            Task::Test => Job::new(move |line| async move { app(line).test().await }),
            Task::Assign(no) => {
                let (person, id) = (person(no), id(no));
                if !person.works() {
                    return None;
                }
                Job::new(move |line| async move { app(line).assign(&person, id).await })
            }
            Task::Update(no) => {
                let (person, id) = (person(no), id(no)?);
                if !person.works() {
                    return None;
                }
                Job::new(move |line| async move { app(line).update(&person, id).await })
            }
            Task::Disable(no) => {
                let (person, link) = (person(no), view.book.users.get(&no)?);
                if person.works() || link.disabled {
                    return None;
                }
                let id = link.id.clone();
                Job::new(move |line| async move { app(line).disable(&person, &id).await })
            }
            Task::Delete(no) => {
                let (person, id) = (person(no), id(no)?);
                if person.assigned && matches!(person.standing, Standing::Employed) {
                    return None;
                }
                Job::new(move |line| async move { app(line).remove(&person, &id).await })
            }
            Task::Group(no) | Task::Members(no) | Task::Push(no) => {
                return self.group_job(task, no, view);
            }
            Task::Drop(no) => {
                let id = view.book.groups.get(&no)?.id.clone();
                Job::new(move |line| async move {
                    line.delete(format!("/Groups/{}", encode(&id))).await
                })
            }
            Task::Import => Job::new(move |line| async move {
                app(line).line.expect(Request::get("/Users")).await?;
                Ok(Vec::new())
            }),
            Task::Password(_) | Task::Manager(_) => return None,
        })
    }
}

impl Plain {
    fn group_job(&self, task: Task, no: GroupNo, view: View<'_>) -> Option<Job> {
        let group = view.company.groups[no].clone();
        if !group.pushed {
            return None;
        }
        let (missing, surplus) = view.difference(no);
        let change = Change {
            missing: missing.into_iter().map(|(id, _)| id).collect(),
            surplus,
            wanted: view.members(no).into_iter().map(|(id, _)| id).collect(),
        };
        let id = view.book.groups.get(&no).map(|link| link.id.clone());
        let none = change.missing.is_empty() && change.surplus.is_empty();
        if matches!(task, Task::Members(_)) && none && id.is_some() {
            return None;
        }
        let named = matches!(task, Task::Group(_) | Task::Push(_));
        let (ways, base) = (self.ways, self.base.clone());
        Some(Job::new(move |line| async move {
            let app = App { ways, base, line };
            app.group(&group, id, named, change).await
        }))
    }
}

/// What is to become of a group's members, by id.
struct Change {
    missing: Vec<String>,
    surplus: Vec<String>,
    wanted: Vec<String>,
}

fn equals(attribute: &str, value: &str) -> String {
    format!("filter={attribute}%20eq%20%22{}%22", encode(value))
}

impl App {
    /// What is read before a change.
    async fn discover(&self, always: bool) -> Result<(), Trouble> {
        let (paths, before_each) = self.ways.discovery;
        if always || before_each {
            for path in paths {
                self.line.expect(Request::get(*path)).await?;
            }
        }
        Ok(())
    }

    async fn test(self) -> Outcome {
        self.discover(true).await?;
        match self.ways.test {
            Test::None => {}
            Test::Nobody => {
                let query = equals("userName", NOBODY);
                self.find(format!("/Users?{query}")).await?;
                self.line.expect(Request::get("/Groups")).await?;
            }
            Test::MakeAndDelete => {
                let user = json!({
                    "schemas": [USER, ENTERPRISE], "userName": NOBODY, "active": true,
                    "name": {"givenName": "Test", "familyName": "User"},
                    "emails": [{"value": NOBODY, "type": "work", "primary": true}],
                });
                let group = json!({"schemas": [GROUP], "displayName": "connection test"});
                for (path, document) in [("/Users", user), ("/Groups", group)] {
                    let id = self.make(path, document).await?;
                    let path = format!("{path}/{}", encode(&id));
                    self.line.expect(Request::delete(path)).await?;
                }
            }
        }
        Ok(Vec::new())
    }

    /// What a look-up finds; nothing may also be said with 404.
    async fn find(&self, path: String) -> Result<Option<Value>, Trouble> {
        let request = Request::get(path);
        let operation = request.operation();
        let reply = self.line.ask(request).await;
        match reply.status {
            404 => Ok(None),
            _ if reply.ok() => Ok(reply.resources().first().cloned()),
            _ => Err(Trouble::new(operation, &reply)),
        }
    }

    async fn make(&self, path: &str, document: Value) -> Result<String, Trouble> {
        let request = Request::post(path, document);
        let operation = request.operation();
        let reply = self.line.expect(request).await?;
        let id = reply.id();
        id.ok_or_else(|| Trouble::useless(operation, &reply, "no id in the answer"))
    }

    fn user(&self, person: &Person, active: bool) -> Value {
        let mail = json!({"value": person.user_name, "type": "work", "primary": true});
        let mut document = json!({
            "schemas": [USER],
            "externalId": person.external_id,
            "userName": person.user_name,
            "name": {
                "formatted": person.name(),
                "familyName": person.family,
                "givenName": person.given,
            },
            "displayName": person.name(),
            "emails": if self.ways.document == Document::OneMail { mail } else { json!([mail]) },
            "active": active,
        });
        if let Some(title) = &person.title {
            document["title"] = json!(title);
        }
        if self.ways.document == Document::Enterprise {
            let number = format!("tel:+1-555-{:07}", person.no % 10_000_000);
            document["schemas"] = json!([USER, ENTERPRISE]);
            document["phoneNumbers"] = json!([{"type": "mobile", "value": number}]);
        }
        if self.ways.document == Document::EmptyRole {
            document["roles"] = json!([{"value": ""}]);
        }
        document
    }

    /// The document of an update: what is there is replaced by it.
    fn replacement(&self, person: &Person, id: &str, active: bool) -> Value {
        let mut document = self.user(person, active);
        document["id"] = json!(id);
        if self.ways.document == Document::Enterprise {
            document["schemas"] = json!([ENTERPRISE, USER]);
            document["addresses"] = Value::Null;
            document["ims"] = json!([]);
            document["photos"] = json!([{"value": "https://images.example/none.png"}]);
        }
        document
    }

    async fn put(&self, person: &Person, id: &str, active: bool) -> Result<Reply, Trouble> {
        let path = format!("/Users/{}", encode(id));
        if self.ways.reads {
            self.line.expect(Request::get(path.clone())).await?;
        }
        let document = self.replacement(person, id, active);
        self.line.expect(Request::put(path, document)).await
    }

    async fn look_up(&self, person: &Person) -> Result<Option<Value>, Trouble> {
        let name = equals("userName", &person.user_name);
        match self.ways.lookup {
            Lookup::OnConflict | Lookup::UserName => self.find(format!("/Users?{name}")).await,
            Lookup::ExternalIdPlus => {
                let filter = encode_plus(&format!("externalId eq \"{}\"", person.external_id));
                self.find(format!("/Users?filter={filter}")).await
            }
            Lookup::BothRaw => {
                let external = equals("externalId", &person.external_id);
                match self.find(format!("/Users?{external}")).await? {
                    Some(found) => Ok(Some(found)),
                    None => {
                        self.find(format!("/Users?{}", name.replace("%40", "@")))
                            .await
                    }
                }
            }
        }
    }

    /// Makes or finds an account; a remembered one is taken up again, if it is still there.
    async fn assign(&self, person: &Person, remembered: Option<String>) -> Outcome {
        self.discover(false).await?;
        if let Some(id) = remembered {
            match self.put(person, &id, true).await {
                Ok(_) => return Ok(vec![Effect::Linked(id)]),
                Err(trouble) if trouble.status == 404 => {}
                Err(trouble) => return Err(trouble),
            }
        }
        let on_conflict = self.ways.lookup == Lookup::OnConflict;
        if !on_conflict && let Some(found) = self.look_up(person).await? {
            return self.take_up(person, &found).await;
        }
        match self.make("/Users", self.user(person, true)).await {
            Ok(id) => {
                if self.ways.reads {
                    let path = format!("/Users/{}", encode(&id));
                    self.line.expect(Request::get(path)).await?;
                }
                Ok(vec![Effect::Created(id)])
            }
            Err(trouble) if trouble.status == 409 && on_conflict => {
                match self.look_up(person).await? {
                    Some(found) => self.take_up(person, &found).await,
                    None => Err(trouble),
                }
            }
            Err(trouble) => Err(trouble),
        }
    }

    async fn take_up(&self, person: &Person, found: &Value) -> Outcome {
        let id = found["id"].as_str().unwrap_or_default().to_owned();
        self.put(person, &id, true).await?;
        Ok(vec![Effect::Linked(id)])
    }

    async fn update(&self, person: &Person, id: String) -> Outcome {
        self.discover(false).await?;
        self.put(person, &id, true).await?;
        Ok(vec![Effect::Linked(id)])
    }

    async fn disable(&self, person: &Person, id: &str) -> Outcome {
        self.discover(false).await?;
        if self.ways.off == Off::PatchWord {
            let operations = json!([{"op": "replace", "path": "active", "value": "false"}]);
            let request = Request::patch(format!("/Users/{}", encode(id)), &operations);
            self.line.expect(request).await?;
        } else {
            self.put(person, id, false).await?;
        }
        Ok(vec![Effect::Disabled])
    }

    async fn remove(&self, person: &Person, id: &str) -> Outcome {
        self.discover(false).await?;
        let path = format!("/Users/{}", encode(id));
        if self.ways.off == Off::Delete {
            return self.line.delete(path).await;
        }
        let mut document = self.replacement(person, id, true);
        document["externalId"] = Value::Null;
        let request = Request::put(path, document);
        let operation = request.operation();
        let reply = self.line.ask(request).await;
        if reply.ok() || reply.status == 404 {
            return Ok(vec![Effect::LetGo]);
        }
        Err(Trouble::new(operation, &reply))
    }

    fn members(&self, ids: &[String]) -> Vec<Value> {
        let member = |id: &String| match self.ways.members {
            Members::Relative => json!({"value": id, "$ref": format!("Users/{id}")}),
            Members::Put => json!({"value": id, "$ref": format!("{}/Users/{id}", self.base)}),
            _ => json!({"value": id}),
        };
        ids.iter().map(member).collect()
    }

    async fn find_group(&self, group: &Group) -> Result<Option<Value>, Trouble> {
        let query = match self.ways.lookup {
            Lookup::ExternalIdPlus => {
                let filter = encode_plus(&format!("externalId eq \"{}\"", group.external_id));
                format!("filter={filter}")
            }
            Lookup::BothRaw => equals("externalId", &group.external_id),
            _ => equals("displayName", &group.name),
        };
        self.find(format!("/Groups?{query}")).await
    }

    async fn make_group(&self, group: &Group) -> Result<String, Trouble> {
        let document = json!({
            "schemas": [GROUP],
            "externalId": group.external_id,
            "displayName": group.name,
        });
        let on_conflict = self.ways.lookup == Lookup::OnConflict;
        let id = |found: &Value| found["id"].as_str().unwrap_or_default().to_owned();
        if !on_conflict && let Some(found) = self.find_group(group).await? {
            return Ok(id(&found));
        }
        match self.make("/Groups", document).await {
            Err(trouble) if trouble.status == 409 && on_conflict => {
                let found = self.find_group(group).await?;
                found.as_ref().map(id).ok_or(trouble)
            }
            made => made,
        }
    }

    async fn group(
        &self,
        group: &Group,
        known: Option<String>,
        named: bool,
        change: Change,
    ) -> Outcome {
        self.discover(false).await?;
        let (id, renamed) = match known {
            Some(id) => (id, named),
            None => (self.make_group(group).await?, false),
        };
        let path = format!("/Groups/{}", encode(&id));
        if self.ways.members == Members::Put {
            let document = json!({
                "schemas": [GROUP],
                "id": id,
                "externalId": group.external_id,
                "displayName": group.name,
                "members": self.members(&change.wanted),
            });
            self.line.expect(Request::put(path, document)).await?;
            return Ok(vec![Effect::Linked(id), Effect::Members(change.wanted)]);
        }
        if renamed {
            let operations = if self.ways.members == Members::OneByOne {
                let value = json!({"schemas": [GROUP], "displayName": group.name});
                json!([{"op": "replace", "value": value}])
            } else {
                json!([{"op": "replace", "path": "displayName", "value": group.name}])
            };
            self.line
                .expect(Request::patch(path.clone(), &operations))
                .await?;
        }
        for operations in self.membership(&change) {
            self.line
                .expect(Request::patch(path.clone(), &operations))
                .await?;
        }
        if self.ways.members == Members::OneByOne {
            self.line.expect(Request::get(path)).await?;
        }
        Ok(vec![Effect::Linked(id), Effect::Members(change.wanted)])
    }

    /// The requests that change members, each as its operations.
    fn membership(&self, change: &Change) -> Vec<Value> {
        let (missing, surplus) = (self.members(&change.missing), self.members(&change.surplus));
        if self.ways.members == Members::OneByOne {
            let adds = missing
                .into_iter()
                .map(|member| json!({"op": "add", "path": "members", "value": [member]}));
            let removes = change
                .surplus
                .iter()
                .map(|id| json!({"op": "remove", "path": format!("members[value eq \"{id}\"]")}));
            let all: Vec<_> = adds.chain(removes).collect();
            return if all.is_empty() {
                Vec::new()
            } else {
                vec![all.into()]
            };
        }
        let mut requests = Vec::new();
        if self.ways.members == Members::Relative && change.wanted.is_empty() {
            if !surplus.is_empty() {
                requests.push(json!([{"op": "remove", "path": "members"}]));
            }
            return requests;
        }
        if !surplus.is_empty() {
            requests.push(json!([{"op": "remove", "path": "members", "value": surplus}]));
        }
        if !missing.is_empty() {
            requests.push(json!([{"op": "add", "path": "members", "value": missing}]));
        }
        requests
    }
}
