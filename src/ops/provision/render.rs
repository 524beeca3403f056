//! From records to answers: resources as JSON text, and large groups as a stream.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::io;

use bytes::Bytes;
use futures_util::stream::{self, StreamExt as _};
use serde_json::{Map, Value};

use super::request::AnswerBody;
use crate::ids::{OrgId, ResourceId};
use crate::model::group::{GroupRecord, Member};
use crate::model::represent;
use crate::model::user::UserRecord;
use crate::scim::error::ScimError;
use crate::scim::project::Selection;
use crate::scim::schema::{Registry, ResourceType};
use crate::store::{MemberPosition, Reader, Store, StoreError};

/// Members read at once while streaming.
const CHUNK: u64 = 1_000;

/// A part of an answer's body.
#[derive(Debug)]
pub(super) enum Piece {
    Text(String),
    /// The elements of a group's `members`, without the brackets.
    Members(ResourceId),
}

/// How resources are shown to one client.
#[derive(Clone)]
pub(super) struct Lens {
    pub registry: std::sync::Arc<Registry>,
    pub selection: Selection,
    pub base: String,
}

impl Lens {
    /// A user as JSON text. The record must carry its groups.
    pub fn user(&self, user: &UserRecord) -> String {
        if self.selection.is_default() {
            let mut text = String::with_capacity(user.doc.len() + 512);
            represent::write_user(user, &self.base, &mut text);
            return text;
        }
        self.selected(&self.registry.user, represent::user_value(user, &self.base))
    }

    /// A group as pieces; `inline` is how many members may still be held in memory.
    pub fn group(
        &self,
        reader: &Reader<'_>,
        group: &GroupRecord,
        inline: &mut u64,
    ) -> Result<Vec<Piece>, StoreError> {
        let mut text = if self.selection.is_default() {
            let mut text = String::with_capacity(group.doc.len() + 512);
            represent::write_group(group, &self.base, &mut text);
            text
        } else {
            let mut text = self.selected(
                &self.registry.group,
                represent::group_value(group, &self.base),
            );
            text.pop();
            text
        };
        if !self.selection.wants("members") {
            text.push('}');
            return Ok(vec![Piece::Text(text)]);
        }
        text.push_str(",\"members\":[");
        if group.member_count > *inline {
            return Ok(vec![
                Piece::Text(text),
                Piece::Members(group.id),
                Piece::Text("]}".to_owned()),
            ]);
        }
        *inline -= group.member_count;
        if group.member_count > 0 {
            // One more than counted, should one have been added since.
            let (members, _) =
                reader.members_page(group.org, &group.id, None, group.member_count + 1)?;
            self.members(&members, true, &mut text);
        }
        text.push_str("]}");
        Ok(vec![Piece::Text(text)])
    }

    /// Appends elements of `members`.
    fn members(&self, members: &[Member], first: bool, out: &mut String) {
        let mut first = first;
        for member in members {
            if !first {
                out.push(',');
            }
            first = false;
            if self.selection.is_default() {
                represent::write_member(member, &self.base, out);
            } else {
                let _ = write!(out, "{}", self.selected_member(member));
            }
        }
    }

    fn selected_member(&self, member: &Member) -> Value {
        let list = Value::Array(vec![represent::member_value(member, &self.base)]);
        let group = Map::from_iter([("members".to_owned(), list)]);
        self.selection
            .apply(&self.registry.group, group)
            .get_mut("members")
            .and_then(|members| members.get_mut(0))
            .map_or_else(|| Value::Object(Map::new()), Value::take)
    }

    fn selected(&self, rt: &ResourceType, resource: Map<String, Value>) -> String {
        Value::Object(self.selection.apply(rt, resource)).to_string()
    }
}

/// The body that the pieces make: in memory if they are one text, else a stream.
pub(super) fn body(store: &Store, org: OrgId, lens: &Lens, mut pieces: Vec<Piece>) -> AnswerBody {
    if let [Piece::Text(text)] = pieces.as_mut_slice() {
        return AnswerBody::Json(std::mem::take(text).into());
    }
    let state = Streaming {
        store: store.clone(),
        org,
        lens: lens.clone(),
        pieces: pieces.into(),
        position: None,
    };
    AnswerBody::Stream(stream::try_unfold(state, Streaming::next).boxed())
}

struct Streaming {
    store: Store,
    org: OrgId,
    lens: Lens,
    pieces: VecDeque<Piece>,
    /// How far the members of the first piece were sent.
    position: Option<MemberPosition>,
}

impl Streaming {
    async fn next(mut self) -> io::Result<Option<(Bytes, Self)>> {
        loop {
            let group = match self.pieces.pop_front() {
                None => return Ok(None),
                Some(Piece::Text(text)) => return Ok(Some((text.into(), self))),
                Some(Piece::Members(group)) => group,
            };
            let (org, position) = (self.org, self.position.take());
            let read = self
                .store
                .scan(move |reader| reader.members_page(org, &group, position, CHUNK))
                .await;
            let (members, next) = match read {
                // Deleted while it was being sent: what was sent was true.
                Err(StoreError::NotFound) => (Vec::new(), None),
                other => other.map_err(io::Error::other)?,
            };
            let mut text = String::new();
            self.lens.members(&members, position.is_none(), &mut text);
            if next.is_some() {
                self.position = next;
                self.pieces.push_front(Piece::Members(group));
            }
            if !text.is_empty() {
                return Ok(Some((text.into(), self)));
            }
        }
    }
}

/// A JSON value as a body.
pub(super) fn json(value: &Value) -> AnswerBody {
    AnswerBody::Json(value.to_string().into())
}

/// An error as a body.
pub(super) fn error(error: &ScimError) -> AnswerBody {
    json(&error.to_json())
}
