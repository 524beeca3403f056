//! Reading what was recorded. A page that filters may walk many lines: call it where blocking is
//! allowed.

use std::ops::RangeInclusive;

use rusqlite::{Connection, OptionalExtension as _, Row, params_from_iter};

use super::{Kept, Traffic};
use crate::clock::Timestamp;
use crate::ids::{OrgId, RequestId, TokenId};
use crate::model::exchange::{Client, Exchange, ExchangeSummary, Operation};
use crate::scim::fold::fold;
use crate::store::column::{Count, Json, Named, signed};
use crate::store::error::StoreError;
use crate::store::sql::Conditions;
use crate::store::walk::Walk;

/// Which exchanges to read. The default is all of them, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrafficQuery {
    /// Of this Org.
    pub org: Option<OrgId>,
    /// With this token.
    pub token: Option<TokenId>,
    /// From this client.
    pub client: Option<Client>,
    /// With this aim.
    pub operation: Option<Operation>,
    /// With such a status.
    pub status: Option<RangeInclusive<u16>>,
    /// With this in the subject, compared without case.
    pub subject: Option<String>,
    /// At or after.
    pub since: Option<Timestamp>,
    /// Before.
    pub until: Option<Timestamp>,
    /// Direction and where to start.
    pub walk: Walk,
}

/// How much is recorded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TrafficStats {
    /// Exchanges from the first to the last; those in between that a purge erased are counted.
    pub rows: u64,
    /// Bytes of the file in use.
    pub bytes: u64,
    /// Number of the last exchange; 0 if there is none.
    pub last: u64,
}

const WHOLE: &str = "SELECT e.summary, b.detail FROM exchanges e JOIN bodies b ON b.seq = e.seq ";

impl Traffic {
    /// Up to `count` lines.
    pub fn page(
        &self,
        query: &TrafficQuery,
        count: u64,
    ) -> Result<Vec<ExchangeSummary>, StoreError> {
        let mut conditions = Conditions::new();
        conditions.and_some("org = ?", query.org.as_ref().map(|org| org as _));
        conditions.and_some("token = ?", query.token.as_ref().map(|token| token as _));
        let client = query.client.map(Client::as_str);
        conditions.and_some("client = ?", client.as_ref().map(|client| client as _));
        let operation = query.operation.map(Named);
        conditions.and_some("operation = ?", operation.as_ref().map(|named| named as _));
        if let Some(status) = &query.status {
            conditions.and("status BETWEEN ? AND ?", [status.start(), status.end()]);
        }
        let subject = query.subject.as_deref().map(fold);
        conditions.and_some(
            "instr(subject, ?) > 0",
            subject.as_ref().map(|text| text as _),
        );
        conditions.and_some("at >= ?", query.since.as_ref().map(|at| at as _));
        conditions.and_some("at < ?", query.until.as_ref().map(|at| at as _));
        query.walk.apply(&mut conditions, count);
        let sql = format!("SELECT summary FROM exchanges WHERE {}", conditions.text());
        self.0.readers.with(|conn| {
            let mut statement = conn.prepare_cached(&sql)?;
            let rows = statement.query_map(params_from_iter(conditions.values()), |row| {
                row.get::<_, Json<_>>(0).map(|summary| summary.0)
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// One exchange with everything kept of it.
    pub fn get(&self, seq: u64) -> Result<Option<Exchange>, StoreError> {
        self.0.readers.with(|conn| {
            let sql = format!("{WHOLE}WHERE e.seq = ?1");
            let mut statement = conn.prepare_cached(&sql)?;
            Ok(statement.query_row([signed(seq)], whole).optional()?)
        })
    }

    /// The exchange with that request id.
    pub fn by_request(&self, request: RequestId) -> Result<Option<Exchange>, StoreError> {
        self.0.readers.with(|conn| {
            let sql = format!("{WHOLE}WHERE e.request = ?1");
            let mut statement = conn.prepare_cached(&sql)?;
            Ok(statement.query_row([request], whole).optional()?)
        })
    }

    /// How much is recorded. Exchanges are pruned from the oldest on, so that their numbers tell.
    pub fn stats(&self) -> Result<TrafficStats, StoreError> {
        self.0.readers.with(|conn| {
            let end = |sql| -> rusqlite::Result<u64> {
                let seq = conn.prepare_cached(sql)?.query_row([], |row| row.get(0));
                Ok(seq.optional()?.map_or(0, |seq: Count| seq.0))
            };
            let first = end("SELECT seq FROM exchanges ORDER BY seq LIMIT 1")?;
            let last = end("SELECT seq FROM exchanges ORDER BY seq DESC LIMIT 1")?;
            Ok(TrafficStats {
                rows: if last == 0 {
                    0
                } else {
                    (last + 1).saturating_sub(first)
                },
                bytes: live_bytes(conn)?,
                last,
            })
        })
    }
}

/// Bytes of the file that hold something, as opposed to free pages.
pub(super) fn live_bytes(conn: &Connection) -> Result<u64, StoreError> {
    let pragma = |name| -> rusqlite::Result<u64> {
        conn.pragma_query_value(None, name, |row| row.get::<_, Count>(0))
            .map(|count| count.0)
    };
    let pages = pragma("page_count")?.saturating_sub(pragma("freelist_count")?);
    Ok(pages * pragma("page_size")?)
}

fn whole(row: &Row<'_>) -> rusqlite::Result<Exchange> {
    let summary = row.get::<_, Json<ExchangeSummary>>(0)?.0;
    let kept = row.get::<_, Json<Kept>>(1)?.0;
    Ok(Exchange {
        summary,
        user_agent: kept.user_agent,
        request_headers: kept.request_headers,
        request_body: kept.request_body,
        response_headers: kept.response_headers,
        response_body: kept.response_body,
        detail: kept.detail,
        changes: kept.changes,
    })
}
