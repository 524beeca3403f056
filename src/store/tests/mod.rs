//! Tests of the store through its surface, each on files of its own.

// A method of `Reader` by its path is not general enough in its lifetime.
#![allow(clippy::redundant_closure_for_method_calls)]

mod agree;
mod chain;
mod content;
mod deliveries;
mod directory;
mod history;
mod lists;
mod members;
mod opening;
mod plans;
mod roles;
mod tokens;
mod traffic;
mod writing;

use std::path::Path;

use serde_json::{Map, Value, json};
use tempfile::TempDir;

use super::*;
use crate::clock::Timestamp;
use crate::ids::{OrgId, ResourceId, TokenId};
use crate::model::group::{GroupDraft, GroupRecord};
use crate::model::user::{UserDraft, UserRecord};
use crate::scim::filter::{CompareOp, Expr, Operand, Target};
use crate::scim::schema::Type;

pub const ORG: OrgId = OrgId::PRIMARY;
pub const NOW: Timestamp = Timestamp(1_700_000_000_000);
pub const LATER: Timestamp = Timestamp(1_700_000_060_000);
pub const BASE: &str = "https://scim.example/v2";

/// A store and the directory it lives in.
pub struct House {
    pub store: Store,
    dir: TempDir,
}

impl House {
    pub fn new() -> Self {
        Self::with(Options::default())
    }

    pub fn with(options: Options) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path(), options, Clock::manual(NOW)).unwrap();
        Self { store, dir }
    }

    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// Closes and opens again.
    pub fn reopen(self) -> Self {
        let Self { store, dir } = self;
        drop(store);
        let store = Store::open(dir.path(), Options::default(), Clock::manual(NOW)).unwrap();
        Self { store, dir }
    }

    pub fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> T {
        self.try_write(work).unwrap()
    }

    pub fn try_write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.store.write_blocking(work)
    }

    pub fn read<T>(&self, work: impl FnOnce(&Reader<'_>) -> Result<T, StoreError>) -> T {
        self.store.read(work).unwrap()
    }

    pub fn add_user(&self, org: OrgId, name: &str) -> UserRecord {
        let draft = user(json!({ "userName": name }));
        self.write(move |tx| tx.insert_user(org, crate::ids::ResourceId::new(), &draft, None, NOW))
    }

    pub fn add_users(
        &self,
        org: OrgId,
        names: impl IntoIterator<Item = String>,
    ) -> Vec<ResourceId> {
        let drafts: Vec<_> = names
            .into_iter()
            .map(|name| user(json!({ "userName": name })))
            .collect();
        self.write(move |tx| {
            drafts
                .iter()
                .map(|draft| {
                    Ok(tx
                        .insert_user(org, crate::ids::ResourceId::new(), draft, None, NOW)?
                        .id)
                })
                .collect()
        })
    }

    pub fn add_group(&self, org: OrgId, name: &str) -> GroupRecord {
        let draft = group(&json!({ "displayName": name }));
        self.write(move |tx| tx.insert_group(org, crate::ids::ResourceId::new(), &draft, None, NOW))
    }

    pub fn group(&self, org: OrgId, id: ResourceId) -> GroupRecord {
        self.read(|r| r.group(org, &id)).unwrap()
    }

    /// All direct members, read two at a time.
    pub fn members(
        &self,
        org: OrgId,
        group: ResourceId,
    ) -> Vec<(ResourceId, crate::scim::schema::Kind)> {
        let (mut all, mut after) = (Vec::new(), None);
        loop {
            let (page, next) = self.read(|r| r.members_page(org, &group, after, 2));
            all.extend(page.into_iter().map(|member| (member.id, member.kind)));
            match next {
                Some(next) => after = Some(next),
                None => return all,
            }
        }
    }
}

/// A draft from a document, as the house makes them: `schemas` first, `active` always there.
pub fn user(attributes: Value) -> UserDraft {
    let mut doc = Map::from_iter([("schemas".to_owned(), json!(["urn:user"]))]);
    let Value::Object(attributes) = attributes else {
        panic!("an object")
    };
    doc.extend(attributes);
    doc.entry("active").or_insert(json!(true));
    let text = |name: &str| doc.get(name).and_then(Value::as_str).map(str::to_owned);
    let emails = doc.get("emails").and_then(Value::as_array);
    UserDraft {
        user_name: text("userName").unwrap(),
        display_name: text("displayName"),
        external_id: text("externalId"),
        active: doc["active"].as_bool().unwrap(),
        emails: emails
            .into_iter()
            .flatten()
            .filter_map(|email| email.get("value")?.as_str().map(str::to_owned))
            .collect(),
        doc: Value::Object(doc).to_string(),
    }
}

pub fn group(attributes: &Value) -> GroupDraft {
    let text = |name: &str| {
        attributes
            .get(name)
            .and_then(Value::as_str)
            .map(str::to_owned)
    };
    let mut doc = Map::from_iter([("schemas".to_owned(), json!(["urn:group"]))]);
    doc.extend(attributes.as_object().unwrap().clone());
    GroupDraft {
        display_name: text("displayName").unwrap(),
        external_id: text("externalId"),
        doc: Value::Object(doc).to_string(),
    }
}

pub fn target(name: &str) -> Target {
    let (attribute, sub) = match name.split_once('.') {
        Some((attribute, sub)) => (attribute, Some(sub)),
        None => (name, None),
    };
    let kind = match name {
        "active" | "emails.primary" => Type::Boolean,
        "meta.created" | "meta.lastModified" => Type::DateTime,
        "emails" | "groups" | "members" | "name" | "roles" => Type::Complex,
        _ => Type::String,
    };
    Target {
        extension: None,
        attribute: attribute.to_owned(),
        sub: sub.map(str::to_owned),
        kind,
        case_exact: matches!(name, "id" | "externalId" | "meta.version"),
        multi_valued: matches!(attribute, "emails" | "groups" | "members" | "roles"),
    }
}

pub fn compare(name: &str, op: CompareOp, value: Operand) -> Expr {
    Expr::Compare {
        target: target(name),
        op,
        value,
    }
}

/// A comparison with a string, folded as `bind` does.
pub fn text(name: &str, op: CompareOp, value: &str) -> Expr {
    let value = if target(name).case_exact {
        value.to_owned()
    } else {
        crate::scim::fold::fold(value).into_owned()
    };
    compare(name, op, Operand::String(value))
}

pub fn eq(name: &str, value: &str) -> Expr {
    text(name, CompareOp::Eq, value)
}

pub fn users(filter: Option<Expr>, sort: Option<Sort>, page: Page) -> UserQuery {
    UserQuery {
        org: ORG,
        base: BASE.to_owned(),
        filter,
        words: Vec::new(),
        sort,
        page,
        groups: false,
    }
}

pub fn groups(filter: Option<Expr>, sort: Option<Sort>, page: Page) -> GroupQuery {
    GroupQuery {
        org: ORG,
        base: BASE.to_owned(),
        filter,
        words: Vec::new(),
        sort,
        page,
    }
}

pub fn all() -> Page {
    Page::Index {
        start: 1,
        count: 10_000,
    }
}
