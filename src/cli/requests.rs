//! `scimtop requests …`

use futures_util::StreamExt as _;

use super::args::RequestsCommand;
use super::out::Out;
use super::{CommandError, export};
use crate::model::curl;
use crate::model::exchange::{Body, Exchange, ExchangeSummary};
use crate::model::exchange_filter::ExchangeFilter;
use crate::ops::api::{ExchangeQuery, Failure, FeedItem, Ops, OpsError, Since};
use crate::text::clean;

pub(super) async fn run(
    ops: &dyn Ops,
    command: RequestsCommand,
    out: &mut Out,
) -> Result<(), CommandError> {
    match command {
        RequestsCommand::List {
            filter,
            limit,
            follow,
        } => list(ops, filter, limit, follow, out).await,
        RequestsCommand::Export(wanted) => export::run(ops, wanted, out).await,
        RequestsCommand::Show { request } => {
            let exchange = ops.exchange(&request).await?;
            if out.json() {
                return Ok(out.value(&exchange)?);
            }
            show(&exchange, out)
        }
        RequestsCommand::Curl { request } => {
            let exchange = ops.exchange(&request).await?;
            let base = ops.status().await?.base_url;
            Ok(out.line(&curl::curl(&exchange, &base))?)
        }
    }
}

async fn list(
    ops: &dyn Ops,
    filter: String,
    limit: u32,
    follow: bool,
    out: &mut Out,
) -> Result<(), CommandError> {
    let wanted = ExchangeFilter::without_marks(&filter)
        .map_err(|error| OpsError::new(Failure::Invalid, error.to_string()))?;
    let mut exchanges = Vec::new();
    let mut query = ExchangeQuery {
        filter,
        before: None,
        limit,
    };
    loop {
        let page = ops.exchanges(query.clone()).await?;
        exchanges.extend(page.exchanges);
        query.before = page.older;
        if query.before.is_none() || exchanges.len() >= limit as usize {
            break;
        }
    }
    exchanges.truncate(limit as usize);
    exchanges.reverse();
    let last = exchanges.last().map(|exchange| exchange.seq);
    for exchange in &exchanges {
        print(exchange, out)?;
    }
    if !follow {
        return Ok(());
    }
    out.flush()?;
    let since = Since {
        after: last,
        ..Since::default()
    };
    let mut feed = ops.follow(since).await?;
    while let Some(item) = feed.next().await {
        match item? {
            FeedItem::Exchange(exchange) => {
                if wanted.matches(&exchange, exchange.at) {
                    print(&exchange, out)?;
                }
            }
            FeedItem::Skipped(count) if !out.json() => {
                out.line(&format!(
                    "({count} requests were too fast to follow; list them)"
                ))?;
            }
            FeedItem::Skipped(_) => {}
        }
        out.flush()?;
    }
    Ok(())
}

fn print(exchange: &ExchangeSummary, out: &mut Out) -> std::io::Result<()> {
    if out.json() {
        return out.json_line(exchange);
    }
    let line = format!(
        "{}  {}  {}  {:<9}  {:<6} {}  {}  {:.1} ms  {}",
        exchange.seq,
        exchange.at,
        exchange.token_label.as_deref().unwrap_or("-"),
        exchange.client.as_str(),
        exchange.method,
        exchange.status,
        exchange.subject,
        millis(exchange.latency_us),
        exchange
            .refusal
            .map_or(exchange.what.as_str(), |refusal| refusal.as_str()),
    );
    out.line(&clean(&line))
}

#[allow(clippy::cast_precision_loss)] // for a person to read
fn millis(micros: u64) -> f64 {
    micros as f64 / 1000.0
}

fn show(exchange: &Exchange, out: &mut Out) -> Result<(), CommandError> {
    let summary = &exchange.summary;
    let query = if summary.query.is_empty() {
        String::new()
    } else {
        format!("?{}", summary.query)
    };
    out.pairs(&[
        ("request", format!("{} ({})", summary.seq, summary.request)),
        ("time", summary.at.to_string()),
        (
            "client",
            format!("{} from {}", summary.client.as_str(), summary.source),
        ),
        (
            "token",
            summary.token.as_ref().map_or_else(
                || "none".to_owned(),
                |token| format!("{token} ({})", summary.token_label.as_deref().unwrap_or("")),
            ),
        ),
        (
            "line",
            format!("{} {}{query}", summary.method, summary.path),
        ),
        (
            "status",
            format!(
                "{} {}",
                summary.status,
                summary.scim_type.as_deref().unwrap_or("")
            ),
        ),
        ("latency", format!("{:.1} ms", millis(summary.latency_us))),
        ("what", summary.what.clone()),
    ])?;
    if let Some(refusal) = summary.refusal {
        out.pairs(&[("refused", refusal.as_str().to_owned())])?;
    }
    if let Some(detail) = &exchange.detail {
        out.pairs(&[("detail", detail.clone())])?;
    }
    if !summary.quirks.is_empty() {
        out.pairs(&[("quirks", summary.quirks.join(", "))])?;
    }
    part(
        "REQUEST",
        &exchange.request_headers,
        &exchange.request_body,
        out,
    )?;
    part(
        "RESPONSE",
        &exchange.response_headers,
        &exchange.response_body,
        out,
    )?;
    if !exchange.changes.is_null() {
        out.line("")?;
        out.line("CHANGES")?;
        out.value(&exchange.changes)?;
    }
    Ok(())
}

fn part(
    name: &str,
    headers: &[(String, String)],
    body: &Body,
    out: &mut Out,
) -> std::io::Result<()> {
    out.line("")?;
    out.line(name)?;
    for (header, value) in headers {
        out.line(&clean(&format!("{header}: {value}")))?;
    }
    match serde_json::from_str::<serde_json::Value>(&body.text) {
        Ok(value) => out.value(&value)?,
        Err(_) if body.text.is_empty() => {}
        Err(_) => out.line(&clean(&body.text))?,
    }
    if body.truncated {
        out.line(&format!(
            "({} bytes in all; the rest was not kept)",
            body.bytes
        ))?;
    }
    Ok(())
}
