//! `scimtop requests export`: recorded exchanges as a file that `replay` reads, page by page.

use std::collections::HashMap;

use super::CommandError;
use super::args::RequestsExport;
use super::out::{Out, org_id};
use crate::ids::TokenId;
use crate::model::recording::{
    FORMAT, Header, OrgName, Recorded, Selection, VERSION, meanings, never_recorded,
};
use crate::ops::api::{ExportQuery, Ops};

pub(super) async fn run(
    ops: &dyn Ops,
    wanted: RequestsExport,
    out: &mut Out,
) -> Result<(), CommandError> {
    let status = ops.status().await?;
    let selection = Selection {
        org: org_id(ops, wanted.org.as_deref()).await?,
        since: wanted.since.map(|when| when.at(status.now)),
        until: wanted.until.map(|when| when.at(status.now)),
        filter: wanted.filter,
    };
    let mut query = ExportQuery {
        after: None,
        org: selection.org,
        since: selection.since,
        until: selection.until,
        filter: selection.filter.clone(),
    };
    // A filter that cannot be read is said before anything is written.
    let mut page = ops.export_exchanges(query.clone()).await?;
    let orgs = ops.orgs().await?.into_iter();
    out.json_line(&Header {
        format: FORMAT.to_owned(),
        version: VERSION,
        program: status.version,
        exported: status.now,
        base_url: status.base_url,
        selection,
        orgs: orgs
            .map(|org| OrgName {
                id: org.id,
                name: org.name,
            })
            .collect(),
        dropped: status.exchanges_dropped,
        never_recorded: never_recorded(),
        lacks: meanings(),
    })?;
    let tokens = ops.tokens(None).await?.into_iter();
    let hints: HashMap<TokenId, String> = tokens.map(|token| (token.id, token.hint)).collect();
    loop {
        for exchange in page.exchanges {
            let token = exchange.summary.token.as_ref();
            let hint = token.and_then(|token| hints.get(token)).cloned();
            out.json_line(&Recorded::of(exchange, hint))?;
        }
        if page.next.is_none() {
            return Ok(());
        }
        query.after = page.next;
        page = ops.export_exchanges(query.clone()).await?;
    }
}
