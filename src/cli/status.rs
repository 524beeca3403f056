//! `scimtop status`

use super::CommandError;
use super::out::Out;
use crate::ops::api::Ops;

pub(super) async fn run(ops: &dyn Ops, out: &mut Out) -> Result<(), CommandError> {
    let status = ops.status().await?;
    if out.json() {
        return Ok(out.value(&status)?);
    }
    let daemon = status.started.map_or_else(
        || "not running".to_owned(),
        |started| format!("running since {started}"),
    );
    Ok(out.pairs(&[
        ("daemon", daemon),
        ("version", status.version),
        ("base URL", status.base_url),
        (
            "content API",
            status.api_url.unwrap_or_else(|| "off".to_owned()),
        ),
        (
            "operators",
            status
                .ops_url
                .unwrap_or_else(|| "over the socket alone".to_owned()),
        ),
        ("data", status.data_dir),
        ("orgs", status.orgs.to_string()),
        ("users", status.users.to_string()),
        ("groups", status.groups.to_string()),
        (
            "removals",
            format!(
                "{} in 1 h, {} in 24 h, {} in 7 d",
                status.removals_hour, status.removals_day, status.removals_week
            ),
        ),
        (
            "requests",
            format!(
                "{} kept, {} not recorded",
                status.exchanges, status.exchanges_dropped
            ),
        ),
    ])?)
}
