//! Pages of whole exchanges, bounded by what they weigh.

use super::{LOOKED_AT, PAGE};
use crate::model::exchange::Exchange;
use crate::model::exchange_filter::ExchangeFilter;
use crate::ops::api::{ExportPage, ExportQuery, Failure, OpsError};
use crate::ops::house::House;
use crate::store::{TrafficQuery, Walk};

/// Bytes of bodies in a page, roughly: it ends with the exchange that reaches them.
const BYTES: usize = 4 << 20;

pub(super) fn page(house: &House, query: &ExportQuery) -> Result<ExportPage, OpsError> {
    let filter = ExchangeFilter::parse(&query.filter)
        .map_err(|error| OpsError::new(Failure::Invalid, error.to_string()))?;
    let (now, traffic) = (house.clock.now(), house.store.traffic());
    let (mut page, mut bytes) = (ExportPage::default(), 0);
    let (mut after, mut looked_at) = (query.after, 0);
    loop {
        let asked = TrafficQuery {
            org: query.org,
            since: query.since,
            until: query.until,
            walk: Walk::Oldest { after },
            ..TrafficQuery::default()
        };
        let some = traffic.page(&asked, PAGE)?;
        let more = some.len() as u64 == PAGE;
        looked_at += some.len() as u64;
        for summary in some {
            after = Some(summary.seq);
            if !filter.matches(&summary, now) {
                continue;
            }
            // One that was pruned or erased in between is no longer kept.
            let Some(exchange) = traffic.get(summary.seq)? else {
                continue;
            };
            bytes += size(&exchange);
            page.exchanges.push(exchange);
            if bytes >= BYTES {
                page.next = after;
                return Ok(page);
            }
        }
        if !more {
            return Ok(page);
        }
        if looked_at >= LOOKED_AT {
            page.next = after;
            return Ok(page);
        }
    }
}

/// What an exchange weighs: its bodies, and something for the rest.
fn size(exchange: &Exchange) -> usize {
    1024 + exchange.request_body.text.len() + exchange.response_body.text.len()
}
