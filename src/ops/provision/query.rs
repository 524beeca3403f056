//! Lists and searches: one endpoint or, at the root, users and then groups as one list.

use super::context::Context;
use super::cursor::Fit;
use super::render::{Lens, Piece};
use super::service::Provision;
use crate::scim::error::{ScimError, ScimType};
use crate::scim::filter::{self, CompareOp, Expr, Filter, Target, Unknown};
use crate::scim::list::{self, ListRequest, Place};
use crate::scim::project::Selection;
use crate::scim::quirk::{Quirks, Tolerance};
use crate::scim::schema::{Kind, ResourceType};
use crate::store::{GroupQuery, Page, Position, Reader, Sort, StoreError, UserQuery};

/// Index pages up to here are read where the request is; deeper ones may walk.
const SHALLOW: u64 = 10_000;
/// Resources on a page that is read where the request is.
const SMALL: u64 = 200;

/// A list, ready to be sent.
pub(super) struct Listing {
    pub pieces: Vec<Piece>,
    pub total: u64,
    pub quirks: Quirks,
    pub lens: Lens,
}

/// What one endpoint is asked.
struct Ask {
    kind: Kind,
    filter: Option<Expr>,
    sort: Option<Sort>,
    lens: Lens,
}

/// What it answered.
struct Found {
    total: u64,
    resources: Vec<Vec<Piece>>,
    next: Option<Position>,
}

impl Provision {
    /// Carries out a list request over `legs`, in order.
    pub(super) async fn list(
        &self,
        context: &Context,
        legs: &[Kind],
        request: &ListRequest,
    ) -> Result<Listing, ScimError> {
        let mut tolerance = context.tolerance();
        let written = request
            .filter
            .as_deref()
            .map(|text| filter::parse(text, &self.limits.filter, &mut tolerance))
            .transpose()
            .map_err(filter::FilterError::into_scim)?;
        let mut asks = Vec::with_capacity(legs.len());
        for kind in legs {
            asks.push(self.ask(
                context,
                *kind,
                legs.len() > 1,
                request,
                written.as_ref(),
                &mut tolerance,
            )?);
        }
        let count = request
            .count
            .unwrap_or(self.limits.default_page)
            .min(self.limits.max_page);
        // What is still to be shown of a list are members, and groups come last.
        let view = asks.last().map(|ask| ask.lens.clone());
        let (total, resources, place) = match &request.cursor {
            Some(cursor) => {
                let fit = Fit {
                    org: context.org(),
                    legs,
                    request,
                    count,
                    now: context.now,
                };
                self.by_cursor(context, asks, &fit, cursor).await?
            }
            None => {
                self.by_index(context, asks, request.start_index.unwrap_or(1), count)
                    .await?
            }
        };
        Ok(Listing {
            pieces: envelope(total, &place, resources),
            total,
            quirks: tolerance.seen,
            lens: view.ok_or_else(ScimError::not_found)?,
        })
    }

    fn ask(
        &self,
        context: &Context,
        kind: Kind,
        several: bool,
        request: &ListRequest,
        written: Option<&Filter>,
        tolerance: &mut Tolerance,
    ) -> Result<Ask, ScimError> {
        let rt = context.registry.of(kind);
        let unknown = if several {
            Unknown::Never
        } else {
            Unknown::Refuse
        };
        let filter = written
            .map(|filter| filter::bind(filter, rt, unknown, tolerance))
            .transpose()
            .map_err(filter::FilterError::into_scim)?;
        Ok(Ask {
            kind,
            filter,
            sort: self.sort(rt, request, unknown, tolerance)?,
            lens: Lens {
                registry: context.registry.clone(),
                selection: Selection::new(&request.attributes, &request.excluded, rt)?,
                base: context.base.clone(),
            },
        })
    }

    /// The order that `sortBy` asks for. A name is resolved like the `pr` of a filter.
    fn sort(
        &self,
        rt: &ResourceType,
        request: &ListRequest,
        unknown: Unknown,
        tolerance: &mut Tolerance,
    ) -> Result<Option<Sort>, ScimError> {
        let Some(name) = request.sort_by.as_deref().filter(|name| !name.is_empty()) else {
            return Ok(None);
        };
        let not_one = || {
            ScimError::new(
                ScimType::InvalidPath,
                "`sortBy` must name one attribute that these resources have.",
            )
        };
        let written = filter::parse(&format!("{name} pr"), &self.limits.filter, tolerance)
            .map_err(|_| not_one())?;
        let bound = filter::bind(&written, rt, unknown, tolerance).map_err(|_| not_one())?;
        Ok(match bound {
            Expr::Present(target) => Some(Sort {
                target: Some(target),
                descending: request.descending,
            }),
            Expr::Never => None,
            _ => return Err(not_one()),
        })
    }

    async fn by_index(
        &self,
        context: &Context,
        asks: Vec<Ask>,
        start: u64,
        count: u64,
    ) -> Result<(u64, Vec<Vec<Piece>>, Place), ScimError> {
        let (mut total, mut resources) = (0, Vec::new());
        let (mut from, mut left) = (start, count);
        for ask in asks {
            let found = self
                .run(
                    context,
                    ask,
                    Page::Index {
                        start: from,
                        count: left,
                    },
                )
                .await?;
            total += found.total;
            left -= found.resources.len() as u64;
            from = from.saturating_sub(found.total).max(1);
            resources.extend(found.resources);
        }
        Ok((total, resources, Place::Index(start)))
    }

    async fn by_cursor(
        &self,
        context: &Context,
        asks: Vec<Ask>,
        fit: &Fit<'_>,
        cursor: &str,
    ) -> Result<(u64, Vec<Vec<Piece>>, Place), ScimError> {
        let (kind, mut position) = if cursor.is_empty() {
            (fit.legs.first().copied().unwrap_or(Kind::User), None)
        } else {
            self.sealer.open(fit, cursor)?
        };
        let (mut total, mut resources, mut next) = (0, Vec::new(), None);
        let (mut left, mut begun) = (fit.count, false);
        for ask in asks {
            begun |= ask.kind == kind;
            let leg = ask.kind;
            let count = if begun && next.is_none() { left } else { 0 };
            let page = Page::After {
                position: if leg == kind { position.take() } else { None },
                count,
            };
            let found = self.run(context, ask, page).await?;
            total += found.total;
            left -= found.resources.len() as u64;
            resources.extend(found.resources);
            if !begun || next.is_some() || fit.count == 0 {
                continue;
            }
            // A page that ends where this kind does goes on with the next kind.
            let unread = count == 0 && found.total > 0;
            if found.next.is_some() || unread {
                next = Some(self.sealer.seal(fit, leg, found.next)?);
            }
        }
        Ok((total, resources, Place::Cursor(next)))
    }

    async fn run(&self, context: &Context, ask: Ask, page: Page) -> Result<Found, ScimError> {
        let inline = is_quick(&ask, &page);
        let context = context.clone();
        let members = self.limits.inline_members;
        let read = move |reader: &Reader<'_>| match ask.kind {
            Kind::User => users(reader, &context, ask, page),
            Kind::Group => groups(reader, &context, ask, page, members),
        };
        let found = if inline {
            self.store.read(read)
        } else {
            self.store.scan(read).await
        };
        Ok(found?)
    }
}

fn users(
    reader: &Reader<'_>,
    context: &Context,
    ask: Ask,
    page: Page,
) -> Result<Found, StoreError> {
    let selection = &ask.lens.selection;
    let listed = reader.users(&UserQuery {
        org: context.org(),
        base: context.base.clone(),
        filter: ask.filter,
        words: Vec::new(),
        sort: ask.sort,
        page,
        // The version shown in `meta` counts both too.
        groups: ["groups", "roles", "meta"]
            .into_iter()
            .any(|name| selection.wants(name)),
    })?;
    let resources = listed
        .rows
        .iter()
        .map(|user| vec![Piece::Text(ask.lens.user(user))]);
    Ok(Found {
        total: listed.total,
        resources: resources.collect(),
        next: listed.next,
    })
}

fn groups(
    reader: &Reader<'_>,
    context: &Context,
    ask: Ask,
    page: Page,
    mut inline: u64,
) -> Result<Found, StoreError> {
    let listed = reader.groups(&GroupQuery {
        org: context.org(),
        base: context.base.clone(),
        filter: ask.filter,
        words: Vec::new(),
        sort: ask.sort,
        page,
    })?;
    let mut resources = Vec::with_capacity(listed.rows.len());
    for group in &listed.rows {
        resources.push(ask.lens.group(reader, group, &mut inline)?);
    }
    Ok(Found {
        total: listed.total,
        resources,
        next: listed.next,
    })
}

/// True if an index answers within microseconds, so that the read need not go to another thread.
fn is_quick(ask: &Ask, page: &Page) -> bool {
    let (Page::Index { count, .. } | Page::After { count, .. }) = page;
    if ask.sort.is_some() || *count > SMALL {
        return false;
    }
    match (&ask.filter, page) {
        (Some(filter), _) => is_point(filter),
        (None, Page::Index { start, .. }) => *start <= SHALLOW,
        (None, Page::After { .. }) => true,
    }
}

/// True if the filter pins an indexed attribute to one value.
fn is_point(filter: &Expr) -> bool {
    let indexed = |target: &Target| {
        [
            ("id", None),
            ("userName", None),
            ("externalId", None),
            ("displayName", None),
            ("emails", Some("value")),
        ]
        .into_iter()
        .any(|(attribute, sub)| target.is(attribute, sub))
    };
    match filter {
        Expr::Compare {
            target,
            op: CompareOp::Eq,
            ..
        } => indexed(target),
        Expr::And(parts) => parts.iter().any(is_point),
        _ => false,
    }
}

/// Puts the ListResponse around the resources.
fn envelope(total: u64, place: &Place, resources: Vec<Vec<Piece>>) -> Vec<Piece> {
    let head = list::head(total, place, resources.len());
    let mut pieces = vec![Piece::Text(head)];
    for (at, resource) in resources.into_iter().enumerate() {
        if at > 0 {
            push_text(&mut pieces, ",".to_owned());
        }
        for piece in resource {
            match piece {
                Piece::Text(text) => push_text(&mut pieces, text),
                members @ Piece::Members(_) => pieces.push(members),
            }
        }
    }
    push_text(&mut pieces, list::TAIL.to_owned());
    pieces
}

fn push_text(pieces: &mut Vec<Piece>, text: String) {
    match pieces.last_mut() {
        Some(Piece::Text(before)) => before.push_str(&text),
        _ => pieces.push(Piece::Text(text)),
    }
}
