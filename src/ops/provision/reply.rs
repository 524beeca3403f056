//! The parts of an answer that every kind of request shares.

use serde_json::Value;

use super::request::{Answer, AnswerBody, Method, Record, Request, Target};
use crate::model::exchange::Operation;
use crate::scim::quirk::Quirks;

/// What is known of a request as it proceeds; all of it if it fails.
#[derive(Default)]
pub(super) struct Notes {
    pub subject: String,
    pub quirks: Quirks,
}

/// What a request set out to do.
pub(super) const fn aim(request: &Request) -> Operation {
    match (&request.target, request.method) {
        (Target::Search | Target::SearchUsers | Target::SearchGroups, _) => Operation::Query,
        (Target::Users | Target::Groups, Method::Get) => Operation::Query,
        (Target::Users | Target::Groups, _) => Operation::Create,
        (Target::User(_) | Target::Group(_), Method::Get) => Operation::Get,
        (Target::User(_) | Target::Group(_), Method::Put) => Operation::Replace,
        (Target::User(_) | Target::Group(_), Method::Patch) => Operation::Patch,
        (Target::User(_) | Target::Group(_), _) => Operation::Delete,
        (Target::Bulk, _) => Operation::Bulk,
        (Target::Me, _) => Operation::Me,
        _ => Operation::Discovery,
    }
}

/// An answer with status and body; the rest is filled in by whoever knows it.
pub(super) fn plain(status: u16, body: AnswerBody) -> Answer {
    Answer {
        status,
        location: None,
        etag: None,
        retry_after: None,
        body,
        record: Record {
            operation: Operation::NoRoute,
            subject: String::new(),
            what: String::new(),
            changes: Value::Null,
            quirks: Quirks::default(),
            scim_type: None,
            detail: None,
        },
    }
}

/// Whom a body of a user or group is about.
pub(super) fn name_in(body: &Value) -> Option<&str> {
    let mut names = ["userName", "displayName"].into_iter();
    names.find_map(|name| body.get(name)?.as_str())
}

/// A record of what was carried out.
pub(super) fn record(operation: Operation, notes: &Notes, what: String, quirks: Quirks) -> Record {
    Record {
        operation,
        subject: notes.subject.clone(),
        what,
        changes: Value::Null,
        quirks,
        scim_type: None,
        detail: None,
    }
}
