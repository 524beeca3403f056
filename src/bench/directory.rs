//! What the run has created so far, remembered compactly: a million users fit in 32 MB.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use http::Method;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::drive::{Expect, Worker};
use super::people::People;
use crate::wire::Call;

const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The `id` that the server gave a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Id {
    /// A UUID in its usual spelling.
    Uuid([u8; 16]),
    /// Anything else.
    Text(Box<str>),
}

impl From<&str> for Id {
    fn from(text: &str) -> Self {
        Uuid::try_parse(text)
            .ok()
            .map(|uuid| Self::Uuid(uuid.into_bytes()))
            .filter(|id| id.to_string() == text)
            .unwrap_or_else(|| Self::Text(text.into()))
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Uuid(bytes) => Uuid::from_bytes(*bytes).hyphenated().fmt(f),
            Self::Text(text) => text.fmt(f),
        }
    }
}

impl Id {
    /// `/Users/{id}`.
    pub fn user_path(&self) -> String {
        format!("/Users/{}", self.segment())
    }

    /// `/Groups/{id}`.
    pub fn group_path(&self) -> String {
        format!("/Groups/{}", self.segment())
    }

    /// `/Groups/{id}`, its members left out of the answer.
    pub fn bare_group_path(&self) -> String {
        format!("{}?excludedAttributes=members", self.group_path())
    }

    /// As an element of `members`.
    pub fn member(&self) -> Value {
        json!({"value": self.to_string()})
    }

    fn segment(&self) -> String {
        utf8_percent_encode(&self.to_string(), SEGMENT).to_string()
    }
}

/// A user of the run: its number among [`People`] and its `id`.
#[derive(Clone, Debug)]
pub(super) struct User {
    pub n: u64,
    pub id: Id,
}

/// The users and groups that exist because of this run.
pub(super) struct Directory {
    pub people: People,
    next: AtomicU64,
    changes: AtomicU64,
    users: RwLock<Vec<User>>,
    groups: RwLock<Vec<Id>>,
}

impl Directory {
    pub const fn new(people: People) -> Self {
        Self {
            people,
            next: AtomicU64::new(0),
            changes: AtomicU64::new(0),
            users: RwLock::new(Vec::new()),
            groups: RwLock::new(Vec::new()),
        }
    }

    /// A number that no user or group has yet.
    pub fn number(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    /// Counts the changes of `active`, from 0.
    pub fn change(&self) -> u64 {
        self.changes.fetch_add(1, Ordering::Relaxed)
    }

    /// How many users there are.
    pub fn users(&self) -> u64 {
        count(&read(&self.users))
    }

    /// How many groups there are.
    pub fn groups(&self) -> u64 {
        count(&read(&self.groups))
    }

    /// The user at `position`, in order of creation.
    pub fn user(&self, position: u64) -> Option<User> {
        read(&self.users)
            .get(usize::try_from(position).ok()?)
            .cloned()
    }

    /// A user for operation `n`.
    pub fn any_user(&self, n: u64) -> Option<User> {
        self.user(self.people.pick(n, self.users()))
    }

    /// The users at the positions `from..to`, as `members`.
    pub fn members(&self, from: u64, to: u64) -> Vec<Value> {
        let users = (from..to).map_while(|position| self.user(position));
        users.map(|user| user.id.member()).collect()
    }

    /// The group created last.
    pub fn latest_group(&self) -> Option<Id> {
        read(&self.groups).last().cloned()
    }

    /// Remembers a user.
    pub fn add_user(&self, user: User) {
        write(&self.users).push(user);
    }

    /// Remembers a group.
    pub fn add_group(&self, id: Id) {
        write(&self.groups).push(id);
    }

    /// Forgets the latest user, to delete it.
    pub fn take_user(&self) -> Option<User> {
        write(&self.users).pop()
    }

    /// Forgets the latest group, to delete it.
    pub fn take_group(&self) -> Option<Id> {
        write(&self.groups).pop()
    }

    /// `POST /Users` of the new user `n`.
    pub async fn create_user(&self, worker: &mut Worker, n: u64, document: &Value) -> Option<User> {
        let id = create(worker, "/Users", document).await?;
        let user = User { n, id };
        self.add_user(user.clone());
        Some(user)
    }

    /// `POST /Groups`.
    pub async fn create_group(&self, worker: &mut Worker, document: &Value) -> Option<Id> {
        let id = create(worker, "/Groups", document).await?;
        self.add_group(id.clone());
        Some(id)
    }
}

async fn create(worker: &mut Worker, path: &str, document: &Value) -> Option<Id> {
    let call = Call::with(Method::POST, path, document);
    let body = worker.ask(&call, Expect::CREATED).await?;
    let id = created_id(&body);
    if id.is_none() {
        worker.fail("no id");
    }
    id
}

/// The `id` of the resource that is `body`.
fn created_id(body: &[u8]) -> Option<Id> {
    #[derive(Deserialize)]
    struct Created {
        id: String,
    }
    let created: Created = serde_json::from_slice(body).ok()?;
    Some(created.id.as_str().into())
}

fn count<T>(list: &[T]) -> u64 {
    u64::try_from(list.len()).unwrap_or(u64::MAX)
}

// A lock is held for a push or a copy only: a panic elsewhere cannot leave the list half changed.
fn read<T>(lock: &RwLock<T>) -> RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(PoisonError::into_inner)
}

fn write<T>(lock: &RwLock<T>) -> RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_come_back_as_the_server_wrote_them() {
        let table = [
            "2819c223-7f76-453a-919d-413861904646",
            "2819C223-7F76-453A-919D-413861904646",
            "2819c2237f76453a919d413861904646",
            "42",
            "a/b c",
        ];
        for text in table {
            assert_eq!(Id::from(text).to_string(), text);
        }
        assert!(matches!(Id::from(table[0]), Id::Uuid(_)));
        assert_eq!(Id::from("a/b c").user_path(), "/Users/a%2Fb%20c");
        assert_eq!(
            Id::from(table[0]).user_path(),
            format!("/Users/{}", table[0])
        );
    }

    #[test]
    fn a_user_takes_32_bytes() {
        assert!(size_of::<User>() <= 32);
    }

    #[test]
    fn an_answer_without_an_id_creates_nothing() {
        assert_eq!(
            created_id(br#"{"name":{"id":"x"},"id":"7"}"#),
            Some(Id::from("7"))
        );
        assert_eq!(created_id(br#"{"id":7}"#), None);
        assert_eq!(created_id(b""), None);
    }
}
