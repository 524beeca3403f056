//! What the machines say, held against recorded and documented conversations step by step.

mod compared;
mod entra;
mod okta;
mod others;
mod server;
mod whole;

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::client::{Client, Place};
use super::company::{Company, Event, Group, Person, Standing};
use super::machine::Machine;
use super::pool::Want;
use super::talk::{Reply, Request};
use crate::clock::Timestamp;

/// Somebody as the conversations have them.
fn person(no: usize, given: &str, family: &str, user_name: &str, external_id: &str) -> Person {
    Person {
        no,
        given: given.to_owned(),
        family: family.to_owned(),
        user_name: user_name.to_owned(),
        external_id: external_id.to_owned(),
        title: None,
        department: None,
        manager: None,
        standing: Standing::Employed,
        assigned: true,
        passwords: 0,
    }
}

fn group(name: &str, external_id: &str, members: &[usize]) -> Group {
    Group {
        name: name.to_owned(),
        external_id: external_id.to_owned(),
        members: members.iter().copied().collect::<BTreeSet<_>>(),
        pushed: true,
        former: Vec::new(),
    }
}

/// A machine and its company, talked to by hand.
struct Talk {
    machine: Box<dyn Machine>,
    company: Company,
    now: Timestamp,
}

impl Talk {
    fn new(client: Client, people: Vec<Person>, groups: Vec<Group>) -> Self {
        let mut company = Company::new(1, "okta.local", client.prefix(), 0, "");
        company.people = people;
        company.groups = groups;
        let place = Place {
            base: "http://x/scim".to_owned(),
            threshold: Some(500),
        };
        let now = Timestamp(0);
        Self {
            machine: client.machine(&company, 1, now, &place),
            company,
            now,
        }
    }

    fn event(&mut self, event: &Event) {
        let changes = self.company.apply(event);
        assert!(!changes.is_empty(), "{event:?} is possible");
        for change in changes {
            self.machine.notice(change, &self.company, self.now);
        }
    }

    /// Lets it say all that it has to say, each request answered by the next of `replies`.
    fn say(&mut self, replies: &[(u16, Value)]) -> Vec<Request> {
        let mut replies = replies.iter();
        let mut said: Vec<Request> = Vec::new();
        loop {
            match self.machine.want(&self.company, self.now) {
                Want::Wave(wave) => {
                    let mut answers = Vec::new();
                    for request in wave {
                        let (status, body) = replies
                            .next()
                            .unwrap_or_else(|| panic!("no answer to {request:?} after {said:#?}"));
                        said.push(request);
                        answers.push(Reply {
                            status: *status,
                            retry_after: None,
                            body: body.clone(),
                        });
                    }
                    if !answers.is_empty() {
                        self.machine.answers(answers, &self.company, self.now);
                    }
                }
                Want::Pause(until) => self.now = until,
                Want::Sleep(_) | Want::Nothing => break,
            }
        }
        assert_eq!(replies.len(), 0, "answers that nobody asked for: {said:#?}");
        said
    }

    /// Lets the time of the next cycle come.
    fn next_cycle(&mut self) {
        if let Want::Sleep(until) = self.machine.want(&self.company, self.now) {
            self.now = until;
        }
    }
}

/// An empty list.
fn none() -> (u16, Value) {
    (200, json!({"totalResults": 0, "Resources": []}))
}

/// A list of one.
#[allow(clippy::needless_pass_by_value)] // as the other answers
fn one(resource: Value) -> (u16, Value) {
    (200, json!({"totalResults": 1, "Resources": [resource]}))
}

/// A resource that was made.
fn made(id: &str) -> (u16, Value) {
    (201, json!({"id": id}))
}

fn ok(body: Value) -> (u16, Value) {
    (200, body)
}

/// What Okta is answered that makes two users and a group.
fn empty_replies() -> Vec<(u16, Value)> {
    vec![
        ok(json!({})),
        none(),
        none(),
        made("u1"),
        made("u2"),
        none(),
        made("g1"),
        ok(json!({})),
        ok(json!({})),
    ]
}

/// A recorded or documented conversation with its placeholders filled in.
struct Conversation(Vec<Value>);

impl Conversation {
    fn read(text: &str) -> Self {
        let mut text = text.replace("{{rnd}}", "7");
        for name in ["u1", "u2", "m1", "g1"] {
            text = text.replace(&format!("{{{{{name}}}}}"), name);
        }
        let steps = text.lines().map(|line| serde_json::from_str(line).unwrap());
        Self(steps.collect())
    }

    fn step(&self, number: usize) -> &Value {
        &self.0[number - 1]
    }

    /// `request` is that step: method, path and body, but for the keys in `free`.
    #[track_caller]
    fn is(&self, number: usize, request: &Request, free: &[&str]) {
        let step = self.step(number);
        assert_eq!(step["method"], request.method.as_str(), "step {number}");
        assert_eq!(
            decoded(step["path"].as_str().unwrap()),
            decoded(&request.path),
            "step {number}"
        );
        let mut wanted = step.get("body").cloned().unwrap_or(Value::Null);
        let mut said = request.body.clone().unwrap_or(Value::Null);
        for body in [&mut wanted, &mut said] {
            if let Some(body) = body.as_object_mut() {
                body.retain(|key, _| !free.contains(&key.as_str()));
            }
        }
        assert_eq!(wanted, said, "step {number}");
    }
}

/// A path as it reads, without the flag of the tenant URL: whether it stands in it is looked at
/// on its own.
fn decoded(path: &str) -> String {
    percent_encoding::percent_decode_str(path)
        .decode_utf8()
        .unwrap()
        .replace("aadOptscim062020&", "")
        .replace("?aadOptscim062020", "")
}

/// The requests in short: method and path as it reads.
fn short(said: &[Request]) -> Vec<String> {
    said.iter()
        .map(|request| format!("{} {}", request.method, decoded(&request.path)))
        .collect()
}

fn headers(client: Client) -> Value {
    let headers = client.headers();
    headers
        .iter()
        .map(|(name, value)| (name.as_str().to_owned(), json!(value.to_str().unwrap())))
        .collect::<serde_json::Map<_, _>>()
        .into()
}
