//! The provider's directory against the server's, once everything has been sent.
//!
//! What a disabled account has to look like is a question of the server's policy, not of the
//! client: gone, or there and inactive.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::company::{Company, Group, Person, PersonNo};
use super::machine::{Machine, Presence};
use super::urn::ENTERPRISE;

/// What the server does with an account that is disabled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Policy {
    /// Not known: gone and inactive are both right.
    #[default]
    Any,
    /// It is gone.
    Delete,
    /// It is gone as far as a client can see.
    Hold,
    /// It is there, inactive.
    Suspend,
}

impl FromStr for Policy {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "any" => Ok(Self::Any),
            "delete" => Ok(Self::Delete),
            "hold" => Ok(Self::Hold),
            "suspend" => Ok(Self::Suspend),
            _ => Err("the policies are any, delete, hold and suspend".to_owned()),
        }
    }
}

/// Something that the directories do not agree on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// `userName`, or the group's name.
    pub subject: String,
    /// What about it: `missing`, `unexpected`, or the attribute.
    pub what: String,
    /// What the provider has.
    pub provider: String,
    /// What the server has.
    pub server: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.subject, self.what)?;
        if !self.provider.is_empty() || !self.server.is_empty() {
            write!(
                f,
                ": `{}` there, `{}` at the server",
                self.provider, self.server
            )?;
        }
        Ok(())
    }
}

/// What the server lists.
#[derive(Clone, Debug, Default)]
pub(super) struct Listed {
    pub users: Vec<Value>,
    pub groups: Vec<Value>,
}

struct Comparison<'a> {
    company: &'a Company,
    machine: &'a dyn Machine,
    policy: Policy,
    users: BTreeMap<&'a str, &'a Value>,
    names: BTreeMap<String, &'a Value>,
    matched: BTreeSet<&'a str>,
    found: Vec<Difference>,
}

/// Everything that differs between the provider's directory and what the server lists.
pub(super) fn compare(
    company: &Company,
    machine: &dyn Machine,
    policy: Policy,
    listed: &Listed,
) -> Vec<Difference> {
    let users = listed.users.iter();
    let mut comparison = Comparison {
        company,
        machine,
        policy,
        users: users
            .clone()
            .map(|user| (text(&user["id"]), user))
            .collect(),
        names: users
            .map(|user| (text(&user["userName"]).to_lowercase(), user))
            .collect(),
        matched: BTreeSet::new(),
        found: Vec::new(),
    };
    for person in &company.people {
        comparison.person(person);
    }
    comparison.strangers();
    comparison.groups(&listed.groups);
    comparison.found
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// How many there are, and a few of them by name.
fn few<'n>(what: &str, names: impl Iterator<Item = &'n str> + Clone) -> String {
    let shown: Vec<_> = names.clone().take(3).collect();
    let more = if names.clone().nth(3).is_some() {
        ", …"
    } else {
        ""
    };
    let shown = shown.join(", ");
    match names.count() {
        0 => format!("0 {what}"),
        count => format!("{count} {what} ({shown}{more})"),
    }
}

impl<'a> Comparison<'a> {
    fn differs(&mut self, subject: &str, what: &str, provider: &str, server: &str) {
        self.found.push(Difference {
            subject: subject.to_owned(),
            what: what.to_owned(),
            provider: provider.to_owned(),
            server: server.to_owned(),
        });
    }

    /// The server's user for a person: by the id that the client knows, else by name.
    fn user_of(&self, person: &Person) -> Option<&'a Value> {
        let by_id = self.machine.book().id(person.no);
        by_id
            .and_then(|id| self.users.get(id))
            .or_else(|| self.names.get(&person.user_name.to_lowercase()))
            .copied()
    }

    fn person(&mut self, person: &Person) {
        let presence = self.machine.presence(person);
        let user = self.user_of(person);
        if let Some(user) = user {
            self.matched.insert(text(&user["id"]));
        }
        let name = person.user_name.as_str();
        let gone = matches!(self.policy, Policy::Delete | Policy::Hold);
        match (presence, user) {
            (Presence::Active, None) => self.differs(name, "missing", "", ""),
            (Presence::Active, Some(user)) => self.attributes(person, user),
            (Presence::Absent, Some(_)) => self.differs(name, "unexpected", "", ""),
            (Presence::Disabled, Some(_)) if gone => {
                self.differs(name, "still there", "disabled", "");
            }
            (Presence::Disabled, Some(user)) => {
                if user["active"] != false {
                    self.differs(name, "active", "false", &user["active"].to_string());
                }
            }
            (Presence::Disabled, None) if self.policy == Policy::Suspend => {
                self.differs(name, "missing", "disabled", "");
            }
            (Presence::Unmanaged, _) | (Presence::Absent | Presence::Disabled, None) => {}
        }
    }

    fn attributes(&mut self, person: &Person, user: &Value) {
        let mail = user["emails"]
            .as_array()
            .into_iter()
            .flatten()
            .find(|mail| mail["type"] == "work")
            .map_or("", |mail| text(&mail["value"]));
        let full = person.name();
        let mapping = self.machine.mapping();
        let mut pairs = vec![
            (
                "userName",
                person.user_name.as_str(),
                text(&user["userName"]),
            ),
            ("externalId", &person.external_id, text(&user["externalId"])),
            (
                "name.givenName",
                &person.given,
                text(&user["name"]["givenName"]),
            ),
            (
                "name.familyName",
                &person.family,
                text(&user["name"]["familyName"]),
            ),
            ("displayName", &full, text(&user["displayName"])),
            ("emails", &person.user_name, mail),
        ];
        if let Some(title) = &person.title {
            pairs.push(("title", title, text(&user["title"])));
        }
        let enterprise = &user[ENTERPRISE];
        if let (true, Some(department)) = (mapping.department, &person.department) {
            pairs.push(("department", department, text(&enterprise["department"])));
        }
        if let (true, Some(manager)) = (mapping.manager, self.manager(person)) {
            pairs.push(("manager", manager, text(&enterprise["manager"]["value"])));
        }
        for (what, provider, server) in pairs {
            if provider != server {
                self.differs(&person.user_name, what, provider, server);
            }
        }
        if user["active"] == false {
            self.differs(&person.user_name, "active", "true", "false");
        }
    }

    /// The id of the manager that the server is to show: none that is to be compared if the
    /// manager's own account is disabled.
    fn manager(&self, person: &Person) -> Option<&'a str> {
        let link = self.machine.book().users.get(&person.manager?)?;
        let id = link.id.as_str();
        (!link.disabled).then_some(id)
    }

    /// Users with the provider's names that it knows nothing of.
    fn strangers(&mut self) {
        let domain = format!("@{}", self.company.domain).to_lowercase();
        let strangers: Vec<_> = self
            .users
            .iter()
            .filter(|(id, _)| !self.matched.contains(*id))
            .map(|(_, user)| text(&user["userName"]).to_owned())
            .filter(|name| name.to_lowercase().ends_with(&domain))
            .collect();
        for name in strangers {
            self.differs(&name, "unexpected", "", "");
        }
    }

    fn groups(&mut self, listed: &'a [Value]) {
        let company = self.company;
        let book = self.machine.book();
        let mut open: BTreeMap<&str, &Value> = listed
            .iter()
            .map(|group| (text(&group["id"]), group))
            .collect();
        for (no, group) in company.groups.iter().enumerate() {
            let id = book.groups.get(&no).map(|link| link.id.as_str());
            let there = id.and_then(|id| open.remove(id));
            match there {
                Some(there) => self.group(group, there),
                None if group.pushed => self.differs(&group.name, "missing", "", ""),
                None => {}
            }
        }
        // Other clients may have groups of their own: only what this one made is its concern.
        for (id, group) in open {
            if book.known_groups.contains(id) {
                self.differs(text(&group["displayName"]), "unexpected", "", "");
            }
        }
    }

    fn group(&mut self, group: &Group, there: &Value) {
        if !group.pushed {
            self.differs(&group.name, "unexpected", "", "");
            return;
        }
        let name = text(&there["displayName"]);
        if name != group.name {
            self.differs(&group.name, "displayName", &group.name, name);
        }
        let members = there["members"].as_array();
        let mut members: BTreeSet<&str> = members
            .into_iter()
            .flatten()
            .map(|member| text(&member["value"]))
            .collect();
        let (mut missing, mut all) = (Vec::new(), members.len());
        for &no in &group.members {
            let (id, works) = self.member(no);
            let is = id.is_some_and(|id| members.remove(id));
            if works && !is {
                missing.push(self.company.people[no].user_name.as_str());
            } else if !works && is {
                all -= 1;
            }
        }
        if !missing.is_empty() || !members.is_empty() {
            let wanted = all - members.len() + missing.len();
            let provider = format!("{wanted} members");
            let names = members.iter().map(|id| {
                let user = self.users.get(id);
                user.map_or(*id, |user| text(&user["userName"]))
            });
            let server = format!(
                "{all}: {}, {}",
                few("missing", missing.iter().copied()),
                few("too many", names),
            );
            self.differs(&group.name, "members", &provider, &server);
        }
    }

    /// The id of somebody who is in a group at the provider, and whether it has to be in it at
    /// the server: a disabled account may be or not.
    fn member(&self, no: PersonNo) -> (Option<&'a str>, bool) {
        let Some(person) = self.company.people.get(no) else {
            return (None, false);
        };
        let id = self.user_of(person).map(|user| text(&user["id"]));
        let works = self.machine.presence(person) == Presence::Active;
        (id, works && id.is_some())
    }
}
