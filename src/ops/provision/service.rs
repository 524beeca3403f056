//! The way of a request: prepare, carry out, render.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use serde_json::Value;
use tokio::task::spawn_blocking;

use super::bulk::{Plan, in_slices};
use super::context::{Context, resource_id};
use super::cursor::Sealer;
use super::discover::discover;
use super::limits::ProvisionLimits;
use super::outcome::{Done, Shown};
use super::render::{self, Lens, Piece};
use super::reply::{Notes, aim, name_in, plain, record};
use super::request::{Answer, AnswerBody, Caller, Method, Record, Request, Target};
use super::step::Step;
use crate::clock::Clock;
use crate::ids::{RequestId, ResourceId};
use crate::model::exchange::Operation;
use crate::model::guard::GuardSettings;
use crate::model::represent;
use crate::scim::bulk;
use crate::scim::discovery::Features;
use crate::scim::error::{ScimError, ScimType};
use crate::scim::list::ListRequest;
use crate::scim::project::Selection;
use crate::scim::quirk::{Quirk, Quirks};
use crate::scim::schema::{Kind, Registry};
use crate::scim::{etag, limits};
use crate::store::{Store, StoreError};

/// Seconds after which a write is to be tried again when the disk is full.
const RETRY_FULL: u32 = 30;

/// Answers SCIM requests.
pub struct Provision {
    pub(super) store: Store,
    registry: Arc<Registry>,
    clock: Clock,
    pub(in crate::ops) limits: ProvisionLimits,
    values: Arc<limits::Limits>,
    pub(super) sealer: Sealer,
    features: Features,
    guard: GuardSettings,
    /// There is next to no room on the disk.
    full: AtomicBool,
}

impl Provision {
    /// A service over `store` that speaks `registry`; `bulk_payload` is the body limit in bytes.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn new(
        store: Store,
        registry: Registry,
        clock: Clock,
        limits: ProvisionLimits,
        guard: GuardSettings,
        bulk_payload: u64,
    ) -> Result<Self, StoreError> {
        let key = store.read(|reader| reader.secret_key("cursor"))?;
        Ok(Self {
            store,
            registry: Arc::new(registry),
            clock,
            values: Arc::new(limits.values),
            sealer: Sealer::new(key, limits.cursor_timeout),
            features: Features {
                bulk_operations: limits.bulk_operations,
                bulk_payload,
                default_page: limits.default_page.min(limits.max_page),
                max_page: limits.max_page,
                cursor_timeout: limits.cursor_timeout,
            },
            limits,
            guard,
            full: AtomicBool::new(false),
        })
    }

    /// The schemas that are spoken.
    pub(in crate::ops) fn registry(&self) -> &Registry {
        &self.registry
    }

    /// Refuses all writes from now on, or no longer.
    pub(in crate::ops) fn refuse_writes(&self, refuse: bool) {
        self.full.store(refuse, Ordering::Relaxed);
    }

    /// True if all writes are refused.
    pub(in crate::ops) fn is_full(&self) -> bool {
        self.full.load(Ordering::Relaxed)
    }

    /// Answers a request. Errors are answers.
    pub async fn answer(&self, request: Request) -> Answer {
        let context = self.context(request.caller.clone(), request.id, request.base.clone());
        if self.full.load(Ordering::Relaxed) && aim(&request).is_write() {
            return Answer {
                retry_after: Some(RETRY_FULL),
                ..self.turn_away(&context, &request, &StoreError::Full.into())
            };
        }
        let mut notes = Notes {
            subject: String::new(),
            quirks: request.quirks,
        };
        match self.respond(&context, &request, &mut notes).await {
            Ok(mut answer) => {
                answer.record.quirks.merge(notes.quirks);
                answer
            }
            Err(error) => self.refuse(&context, &request, notes, &error),
        }
    }

    pub(super) fn context(&self, caller: Caller, request: RequestId, base: String) -> Context {
        Context {
            registry: Arc::clone(&self.registry),
            limits: Arc::clone(&self.values),
            guard: self.guard,
            caller,
            request,
            base,
            now: self.clock.now(),
        }
    }

    async fn respond(
        &self,
        context: &Context,
        request: &Request,
        notes: &mut Notes,
    ) -> Result<Answer, ScimError> {
        match &request.target {
            Target::Users => self.collection(context, request, Kind::User, notes).await,
            Target::Groups => self.collection(context, request, Kind::Group, notes).await,
            Target::User(id) => self.resource(context, request, Kind::User, id, notes).await,
            Target::Group(id) => {
                self.resource(context, request, Kind::Group, id, notes)
                    .await
            }
            Target::Search | Target::SearchUsers | Target::SearchGroups => {
                let mut tolerance = context.tolerance();
                let list = ListRequest::from_body(&self.body(request)?, &mut tolerance)?;
                notes.quirks.merge(tolerance.seen);
                let legs: &[Kind] = match request.target {
                    Target::SearchUsers => &[Kind::User],
                    Target::SearchGroups => &[Kind::Group],
                    _ => &[Kind::User, Kind::Group],
                };
                self.listing(context, legs, &list, notes).await
            }
            Target::Bulk => self.bulk(context, request).await,
            Target::Me => Err(ScimError::status(
                501,
                "Tokens belong to an Org, not to a user, so there is no /Me.",
            )),
            _ => discover(&self.registry, &self.features, request),
        }
    }

    async fn collection(
        &self,
        context: &Context,
        request: &Request,
        kind: Kind,
        notes: &mut Notes,
    ) -> Result<Answer, ScimError> {
        if request.method == Method::Get {
            let list = ListRequest::from_query(&request.query)?;
            return self.listing(context, &[kind], &list, notes).await;
        }
        self.write(context, request, kind, ResourceId::new(), notes)
            .await
    }

    async fn listing(
        &self,
        context: &Context,
        legs: &[Kind],
        list: &ListRequest,
        notes: &mut Notes,
    ) -> Result<Answer, ScimError> {
        notes.subject = list.filter.clone().unwrap_or_default();
        let listing = self.list(context, legs, list).await?;
        let body = render::body(&self.store, context.org(), &listing.lens, listing.pieces);
        let what = if listing.total == 1 {
            "1 result".to_owned()
        } else {
            format!("{} results", listing.total)
        };
        Ok(Answer {
            record: record(Operation::Query, notes, what, listing.quirks),
            ..plain(200, body)
        })
    }

    async fn resource(
        &self,
        context: &Context,
        request: &Request,
        kind: Kind,
        id: &str,
        notes: &mut Notes,
    ) -> Result<Answer, ScimError> {
        let id = resource_id(id)?;
        if request.method == Method::Get {
            return self.get(context, request, kind, id, notes);
        }
        self.write(context, request, kind, id, notes).await
    }

    fn get(
        &self,
        context: &Context,
        request: &Request,
        kind: Kind,
        id: ResourceId,
        notes: &mut Notes,
    ) -> Result<Answer, ScimError> {
        let lens = self.lens(context, request, kind)?;
        let mut inline = self.limits.inline_members;
        let org = context.org();
        let fresh = |version: &str| etag::fresh(request.if_none_match.as_deref(), version);
        let (version, pieces, subject) = self.store.read(|reader| match kind {
            Kind::User => {
                let user = reader
                    .user_with_groups(org, &id)?
                    .ok_or(StoreError::NotFound)?;
                let version = represent::user_version(&user);
                let pieces = (!fresh(&version)).then(|| vec![Piece::Text(lens.user(&user))]);
                Ok((version, pieces, user.user_name))
            }
            Kind::Group => {
                let group = reader.group(org, &id)?.ok_or(StoreError::NotFound)?;
                let version = represent::group_version(&group);
                let pieces = if fresh(&version) {
                    None
                } else {
                    Some(lens.group(reader, &group, &mut inline)?)
                };
                Ok((version, pieces, group.display_name))
            }
        })?;
        notes.subject = subject;
        let (status, body) = match pieces {
            None => (304, AnswerBody::Empty),
            Some(pieces) => (200, render::body(&self.store, org, &lens, pieces)),
        };
        Ok(Answer {
            etag: Some(version),
            record: record(Operation::Get, notes, "read".to_owned(), Quirks::default()),
            ..plain(status, body)
        })
    }

    async fn write(
        &self,
        context: &Context,
        request: &Request,
        kind: Kind,
        id: ResourceId,
        notes: &mut Notes,
    ) -> Result<Answer, ScimError> {
        let method = match request.method {
            Method::Post => bulk::Method::Post,
            Method::Put => bulk::Method::Put,
            Method::Patch => bulk::Method::Patch,
            Method::Delete => bulk::Method::Delete,
            Method::Get => {
                return Err(ScimError::status(
                    405,
                    "This resource is not written with GET.",
                ));
            }
        };
        let lens = self.lens(context, request, kind)?;
        let body = if method == bulk::Method::Delete {
            Value::Null
        } else {
            self.body(request)?
        };
        name_in(&body)
            .unwrap_or_default()
            .clone_into(&mut notes.subject);
        let step = Step::prepare(context, method, kind, id, body, request.if_match.clone())?;
        notes.quirks.merge(step.quirks);
        if request
            .if_match
            .as_deref()
            .is_some_and(|tag| tag.contains("W/"))
        {
            notes.quirks.note(Quirk::IfMatchWeak);
        }
        let inner = context.clone();
        let done = self.store.write(move |tx| step.execute(tx, &inner)).await?;
        if let Shown::Refused(error) = &done.shown {
            let notes = Notes {
                subject: done.subject,
                quirks: done.quirks,
            };
            let refused = self.refuse(context, request, notes, error);
            return Ok(Answer {
                retry_after: Some(self.guard.retry_after),
                ..refused
            });
        }
        self.written(context, request, &lens, done)
    }

    /// The answer to a write that is on disk.
    fn written(
        &self,
        context: &Context,
        request: &Request,
        lens: &Lens,
        done: Done,
    ) -> Result<Answer, ScimError> {
        let location = done
            .shown
            .path()
            .map(|path| format!("{}{path}", context.base));
        let etag = done.shown.version();
        let mut status = done.status;
        let mut inline = self.limits.inline_members;
        let pieces = match &done.shown {
            Shown::Nothing | Shown::Refused(_) => Vec::new(),
            Shown::User(user) => vec![Piece::Text(lens.user(user))],
            // Members need not be read to say that a PATCH succeeded (RFC 7644 §3.5.2).
            Shown::Group(_) if request.method == Method::Patch && lens.selection.is_default() => {
                status = 204;
                Vec::new()
            }
            Shown::Group(group) => self
                .store
                .read(|reader| lens.group(reader, group, &mut inline))?,
        };
        let body = if pieces.is_empty() {
            AnswerBody::Empty
        } else {
            render::body(&self.store, context.org(), lens, pieces)
        };
        Ok(Answer {
            location: location.filter(|_| status == 201),
            etag,
            record: Record {
                operation: done.operation,
                subject: done.subject,
                what: done.what,
                changes: done.changes,
                quirks: done.quirks,
                scim_type: None,
                detail: None,
            },
            ..plain(status, body)
        })
    }

    async fn bulk(&self, context: &Context, request: &Request) -> Result<Answer, ScimError> {
        let (store, inner, limits) = (self.store.clone(), context.clone(), self.limits);
        let body = request.body.clone();
        // Long, and whoever stops waiting does not stop it.
        let working = spawn_blocking(move || {
            let body = parse(&body, limits.json_values)?;
            let plan = Plan::read(&store, &inner, body, limits.bulk_operations)?;
            in_slices(&store, &inner, plan)
        });
        let result = working.await.map_err(|_| StoreError::Panicked)??;
        let what = match result.failed {
            0 => format!("{} operations", result.done),
            failed => format!("{} operations, {failed} failed", result.done + failed),
        };
        Ok(Answer {
            record: record(Operation::Bulk, &Notes::default(), what, result.quirks),
            ..plain(200, render::json(&result.response))
        })
    }

    fn lens(&self, context: &Context, request: &Request, kind: Kind) -> Result<Lens, ScimError> {
        let rt = self.registry.of(kind);
        Ok(Lens {
            registry: Arc::clone(&self.registry),
            selection: Selection::from_query(&request.query, rt)?,
            base: context.base.clone(),
        })
    }

    pub(super) fn body(&self, request: &Request) -> Result<Value, ScimError> {
        parse(&request.body, self.limits.json_values)
    }
}

/// Parses a JSON body of at most `most` values. `serde_json` itself refuses more than 128 levels.
fn parse(body: &Bytes, most: usize) -> Result<Value, ScimError> {
    let text = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    let values = text
        .iter()
        .filter(|byte| matches!(byte, b',' | b'[' | b'{'))
        .count();
    if values > most {
        return Err(ScimError::status(
            413,
            format!(
                "The body has more than {most} values (json_values); split it into several requests."
            ),
        ));
    }
    serde_json::from_slice(text).map_err(|error| {
        let detail = if text.is_empty() {
            "The body is empty; send a JSON object.".to_owned()
        } else {
            format!(
                "The body is not JSON, or is nested too deeply; see line {}, column {}.",
                error.line(),
                error.column()
            )
        };
        ScimError::new(ScimType::InvalidSyntax, detail)
    })
}
