//! What Entra says about one object, request by request.

use serde_json::Value;

use super::say::Shapes;
use crate::simulate::company::{Group, Person};
use crate::simulate::talk::{Effect, Line, Outcome, Reply, Request, Trouble, encode};
use crate::simulate::urn::ENTERPRISE;

/// Members in one request.
const TOGETHER: usize = 20;

/// The application that a sequence talks to.
#[derive(Clone)]
pub(super) struct App {
    pub shapes: Shapes,
    /// The tenant URL, as it stands in references.
    pub base: String,
    pub line: Line,
}

/// `attribute eq "value"`, encoded.
fn equals(attribute: &str, value: &str) -> String {
    format!("{}%20eq%20%22{}%22", encode(attribute), encode(value))
}

impl App {
    /// A path, with the flag that stands in the tenant URL and `query`.
    fn at(&self, path: &str, query: &str) -> String {
        let flag = if self.shapes.flag {
            "aadOptscim062020"
        } else {
            ""
        };
        match (flag, query) {
            ("", "") => path.to_owned(),
            ("", query) => format!("{path}?{query}"),
            (flag, "") => format!("{path}?{flag}"),
            (flag, query) => format!("{path}?{flag}&{query}"),
        }
    }

    fn user(&self, id: &str) -> String {
        self.at(&format!("/Users/{}", encode(id)), "")
    }

    fn group(&self, id: &str) -> String {
        self.at(&format!("/Groups/{}", encode(id)), "")
    }

    /// Looks for somebody who cannot be there: has to be answered with an empty list.
    pub async fn test(self, guid: String) -> Outcome {
        let query = format!("filter={}", equals("userName", &guid));
        let request = Request::get(self.at("/Users", &query));
        let operation = request.operation();
        let reply = self.line.expect(request).await?;
        if reply.body["totalResults"] != 0 {
            let what = "the answer is no empty ListResponse";
            return Err(Trouble::useless(operation, &reply, what));
        }
        Ok(Vec::new())
    }

    async fn find(&self, path: &str, query: String) -> Result<Option<Value>, Trouble> {
        let reply = self
            .line
            .expect(Request::get(self.at(path, &query)))
            .await?;
        Ok(reply.resources().first().cloned())
    }

    /// Matches, and makes what is not there.
    pub async fn assign(&self, person: &Person) -> Outcome {
        let query = format!("filter={}", equals("userName", &person.user_name));
        match self.find("/Users", query).await? {
            Some(there) => self.adjust(person, &there).await,
            None => self.create(person).await,
        }
    }

    async fn create(&self, person: &Person) -> Outcome {
        let path = self.at("/Users", "");
        let id = self.made(path, self.shapes.user(person)).await?;
        if let Some(operations) = self.shapes.role(person) {
            let role = Request::patch(self.user(&id), &operations);
            self.line.expect(role).await?;
        }
        Ok(vec![Effect::Created(id)])
    }

    async fn made(&self, path: String, document: Value) -> Result<String, Trouble> {
        let request = Request::post(path, document);
        let operation = request.operation();
        let reply = self.line.expect(request).await?;
        let id = reply.id();
        id.ok_or_else(|| Trouble::useless(operation, &reply, "no id in the answer"))
    }

    /// Writes what differs between `there` and `person`.
    async fn adjust(&self, person: &Person, there: &Value) -> Outcome {
        let id = there["id"].as_str().unwrap_or_default().to_owned();
        let changes = self.shapes.changes(person, there);
        if !changes.is_empty() {
            let request = Request::patch(self.user(&id), &changes.into());
            self.line.expect(request).await?;
        }
        Ok(vec![Effect::Linked(id)])
    }

    /// The object behind a remembered id, `None` if it is not there any more.
    async fn remembered(&self, path: String) -> Result<Option<Value>, Trouble> {
        let request = Request::get(path);
        let operation = request.operation();
        let reply = self.line.ask(request).await;
        match reply.status {
            404 => Ok(None),
            _ if reply.ok() => Ok(Some(reply.body)),
            _ => Err(Trouble::new(operation, &reply)),
        }
    }

    /// Brings an account up to date; if it is gone, everything begins anew.
    pub async fn update(&self, id: &str, person: &Person) -> Outcome {
        match self.remembered(self.user(id)).await? {
            Some(there) => self.adjust(person, &there).await,
            None => self.assign(person).await,
        }
    }

    /// Disables an account, if it is still there.
    pub async fn disable(&self, id: &str) -> Outcome {
        if let Some(there) = self.remembered(self.user(id)).await?
            && there["active"] != false
        {
            let request = Request::patch(self.user(id), &self.shapes.disable());
            self.line.expect(request).await?;
        }
        Ok(vec![Effect::Disabled])
    }

    pub async fn delete_user(&self, id: &str) -> Outcome {
        self.line.delete(self.user(id)).await
    }

    pub async fn delete_group(&self, id: &str) -> Outcome {
        self.line.delete(self.group(id)).await
    }

    /// True if a list says that what was looked for is there.
    fn there(reply: &Reply) -> bool {
        reply.body["totalResults"]
            .as_u64()
            .is_some_and(|total| total > 0)
    }

    /// Sets the manager, unless the server has it already.
    pub async fn manager(&self, id: &str, manager: Option<String>) -> Outcome {
        if let Some(manager) = &manager {
            let attribute = format!("{ENTERPRISE}:manager");
            let query = format!(
                "filter={}%20and%20{}&attributes=id",
                equals("id", id),
                equals(&attribute, manager),
            );
            let found = Request::get(self.at("/Users", &query));
            if Self::there(&self.line.expect(found).await?) {
                return Ok(vec![Effect::Manager(Some(manager.clone()))]);
            }
        }
        let operations = self.shapes.manager(manager.as_deref(), &self.base);
        let request = Request::patch(self.user(id), &operations);
        self.line.expect(request).await?;
        Ok(vec![Effect::Manager(manager)])
    }

    async fn find_group(&self, group: &Group) -> Result<Option<Value>, Trouble> {
        let by = if self.shapes.flag {
            equals("externalId", &group.external_id)
        } else {
            equals("displayName", &group.name)
        };
        let query = format!("excludedAttributes=members&filter={by}");
        self.find("/Groups", query).await
    }

    /// Matches a group, and makes it if it is not there; without members.
    pub async fn assign_group(&self, group: &Group) -> Outcome {
        if let Some(there) = self.find_group(group).await? {
            return self.adjust_group(group, &there).await;
        }
        let path = self.at("/Groups", "");
        let id = self.made(path, self.shapes.group(group)).await?;
        Ok(vec![Effect::Created(id)])
    }

    async fn adjust_group(&self, group: &Group, there: &Value) -> Outcome {
        let id = there["id"].as_str().unwrap_or_default().to_owned();
        if there["displayName"] != *group.name {
            let request = Request::patch(self.group(&id), &self.shapes.rename(&group.name));
            self.line.expect(request).await?;
        }
        Ok(vec![Effect::Linked(id)])
    }

    /// Brings a group's name up to date.
    pub async fn update_group(&self, id: &str, group: &Group) -> Outcome {
        let path = self.at(
            &format!("/Groups/{}", encode(id)),
            "excludedAttributes=members",
        );
        match self.remembered(path).await? {
            Some(there) => self.adjust_group(group, &there).await,
            None => self.assign_group(group).await,
        }
    }

    /// Adds and removes members. Whether a single one is there already is asked first.
    pub async fn members(&self, id: &str, change: Membership) -> Outcome {
        let Membership {
            missing,
            surplus,
            wanted,
        } = change;
        if let ([member], []) = (missing.as_slice(), surplus.as_slice()) {
            let query = format!(
                "filter={}%20and%20{}&attributes=id",
                equals("id", id),
                equals("members", member),
            );
            let found = Request::get(self.at("/Groups", &query));
            if Self::there(&self.line.expect(found).await?) {
                return Ok(vec![Effect::Members(wanted)]);
            }
        }
        let adds = missing.chunks(TOGETHER).map(|ids| self.shapes.add(ids));
        let removes = surplus.chunks(TOGETHER).map(|ids| self.shapes.remove(ids));
        let all: Vec<_> = adds.chain(removes).collect();
        for operations in all {
            let request = Request::patch(self.group(id), &operations);
            self.line.expect(request).await?;
        }
        Ok(vec![Effect::Members(wanted)])
    }
}

/// What is to become of a group's members, by id.
pub(super) struct Membership {
    pub missing: Vec<String>,
    pub surplus: Vec<String>,
    pub wanted: Vec<String>,
}
