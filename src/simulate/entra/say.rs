//! What Entra writes: documents and PATCH operations, in the shapes of the default job and in
//! those that `aadOptscim062020` asks for.

use serde_json::{Map, Value, json};

use crate::simulate::company::{Group, Person};
use crate::simulate::urn::{ENTERPRISE, GROUP, USER};

/// Schema of a group that the default job names beside the standard's.
const MS_GROUP: &str = "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group";
/// The URN as old documentation has it, and old jobs still send.
const BROKEN_ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0User";
/// The type of a role that comes from an application role.
const APP_ROLE: &str = "WindowsAzureActiveDirectoryRole";
/// Where the work address is.
const WORK_MAIL: &str = "emails[type eq \"work\"].value";
/// One person in so many has an application role.
const WITH_ROLE: usize = 25;

/// The shapes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shapes {
    /// `aadOptscim062020` is on.
    pub flag: bool,
}

/// A difference to write: path, value, and whether the server has another value there.
type Differing = (String, Value, bool);

impl Shapes {
    /// The document that creates `person`.
    pub fn user(self, person: &Person) -> Value {
        let bare = person.title.is_none() && person.department.is_none();
        let enterprise = if bare && !self.flag {
            BROKEN_ENTERPRISE
        } else {
            ENTERPRISE
        };
        let mut document = json!({
            "schemas": [USER, enterprise],
            "externalId": person.external_id,
            "userName": person.user_name,
            "active": true,
            "emails": [{"primary": true, "type": "work", "value": person.user_name}],
            "meta": {"resourceType": "User"},
            "name": {
                "formatted": person.name(),
                "familyName": person.family,
                "givenName": person.given,
            },
            "displayName": person.name(),
            "roles": [],
        });
        if let (true, Some(role)) = (self.flag, app_role(person)) {
            document["roles"] =
                json!([{"primary": true, "type": APP_ROLE, "value": role, "display": role}]);
        }
        if let Some(title) = &person.title {
            document["title"] = json!(title);
        }
        if let Some(department) = &person.department {
            document[ENTERPRISE] = json!({"department": department});
        }
        if bare && !self.flag {
            for absent in [
                "addresses",
                "phoneNumbers",
                "preferredLanguage",
                "title",
                "department",
                "manager",
            ] {
                document[absent] = Value::Null;
            }
        }
        document
    }

    /// The operation that gives a new user its application role, where it does not come with
    /// the document: JSON inside a string.
    pub fn role(self, person: &Person) -> Option<Value> {
        let role = app_role(person).filter(|_| !self.flag)?;
        let value = json!({
            "id": "06b07648-ecfe-589f-9d2f-6325724a46ee", "value": role, "displayName": role,
        });
        Some(json!([{"op": "Add", "path": "roles", "value": [{"value": value.to_string()}]}]))
    }

    /// The operations that make `there`, as it was read, into `person`; empty if it is.
    pub fn changes(self, person: &Person, there: &Value) -> Vec<Value> {
        let differing = differing(person, there);
        if !self.flag {
            let write = |(path, value, present): Differing| {
                let op = if present { "Replace" } else { "Add" };
                json!({"op": op, "path": path, "value": stringly(value)})
            };
            return differing.into_iter().map(write).collect();
        }
        let mut operations = Vec::new();
        let mut together = Map::new();
        for (path, value, present) in differing {
            if !present {
                operations.push(json!({"op": "add", "path": path, "value": value}));
            } else if path.contains('[') || path == "active" {
                operations.push(json!({"op": "replace", "path": path, "value": value}));
            } else {
                together.insert(path, value);
            }
        }
        if !together.is_empty() {
            operations.push(json!({"op": "replace", "value": together}));
        }
        operations
    }

    /// The operations that disable a user.
    pub fn disable(self) -> Value {
        if self.flag {
            json!([{"op": "replace", "path": "active", "value": false}])
        } else {
            json!([{"op": "Replace", "path": "active", "value": "False"}])
        }
    }

    /// The operations that set the manager or take it away.
    pub fn manager(self, manager: Option<&str>, base: &str) -> Value {
        let path = format!("{ENTERPRISE}:manager");
        match (self.flag, manager) {
            (true, Some(id)) => json!([{"op": "add", "path": path, "value": id}]),
            (true, None) => json!([{"op": "remove", "path": path}]),
            (false, Some(id)) => {
                let value = json!([{"$ref": format!("{base}/Users/{id}"), "value": id}]);
                json!([{"op": "Add", "path": "manager", "value": value}])
            }
            (false, None) => json!([{"op": "Remove", "path": "manager"}]),
        }
    }

    /// The document that creates `group`, without members.
    pub fn group(self, group: &Group) -> Value {
        if self.flag {
            return json!({
                "schemas": [GROUP],
                "displayName": group.name,
                "externalId": group.external_id,
            });
        }
        json!({
            "schemas": [GROUP, MS_GROUP],
            "externalId": group.external_id,
            "displayName": group.name,
            "meta": {"resourceType": "Group"},
        })
    }

    /// The operations that rename a group.
    pub fn rename(self, name: &str) -> Value {
        if self.flag {
            json!([{"op": "replace", "value": {"displayName": name}}])
        } else {
            json!([{"op": "Replace", "path": "displayName", "value": name}])
        }
    }

    /// The operations that add members.
    pub fn add(self, ids: &[String]) -> Value {
        if self.flag {
            let members: Vec<_> = ids.iter().map(|id| json!({"value": id})).collect();
            json!([{"op": "add", "path": "members", "value": members}])
        } else {
            json!([{"op": "Add", "path": "members", "value": referred(ids)}])
        }
    }

    /// The operations that remove members.
    pub fn remove(self, ids: &[String]) -> Value {
        if self.flag {
            let gone = |id| json!({"op": "remove", "path": format!("members[value eq \"{id}\"]")});
            ids.iter().map(gone).collect()
        } else {
            json!([{"op": "Remove", "path": "members", "value": referred(ids)}])
        }
    }
}

fn referred(ids: &[String]) -> Value {
    ids.iter()
        .map(|id| json!({"$ref": null, "value": id}))
        .collect()
}

fn app_role(person: &Person) -> Option<&'static str> {
    person.no.is_multiple_of(WITH_ROLE).then_some("Admin")
}

/// The default job writes booleans as words.
fn stringly(value: Value) -> Value {
    match value {
        Value::Bool(true) => json!("True"),
        Value::Bool(false) => json!("False"),
        other => other,
    }
}

fn differing(person: &Person, there: &Value) -> Vec<Differing> {
    let mail = there["emails"]
        .as_array()
        .into_iter()
        .flatten()
        .find(|mail| mail["type"] == "work")
        .map_or(&Value::Null, |mail| &mail["value"]);
    let name = &there["name"];
    let text = |text: &str| json!(text);
    let mut wanted = vec![
        ("active".to_owned(), json!(true), &there["active"]),
        (
            "userName".to_owned(),
            text(&person.user_name),
            &there["userName"],
        ),
        (
            "externalId".to_owned(),
            text(&person.external_id),
            &there["externalId"],
        ),
        (
            "displayName".to_owned(),
            text(&person.name()),
            &there["displayName"],
        ),
        (
            "name.givenName".to_owned(),
            text(&person.given),
            &name["givenName"],
        ),
        (
            "name.familyName".to_owned(),
            text(&person.family),
            &name["familyName"],
        ),
        (
            "name.formatted".to_owned(),
            text(&person.name()),
            &name["formatted"],
        ),
        (WORK_MAIL.to_owned(), text(&person.user_name), mail),
    ];
    if let Some(title) = &person.title {
        wanted.push(("title".to_owned(), text(title), &there["title"]));
    }
    if let Some(department) = &person.department {
        let path = format!("{ENTERPRISE}:department");
        wanted.push((path, text(department), &there[ENTERPRISE]["department"]));
    }
    wanted
        .into_iter()
        .filter(|(_, value, is)| value != *is)
        .map(|(path, value, is)| (path, value, !is.is_null()))
        .collect()
}
