//! `events rebuild`: the directory of the past in a data directory of its own.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;

use super::connect::{self, Connection};
use crate::cli::args::{Place, RebuildArgs};
use crate::cli::{self, Out};
use crate::clock::Clock;
use crate::config::Loaded;
use crate::ids::OrgId;
use crate::ops::api::rebuild::Rebuilt;
use crate::ops::api::{Failure, OpsError};
use crate::ops::rebuild;
use crate::store::{Options, Store};

/// Rebuilds and prints what came of it.
pub async fn run(
    loaded: &Loaded,
    place: &Place,
    args: &RebuildArgs,
    out: &mut Out,
) -> anyhow::Result<()> {
    ensure_new(&args.into)?;
    let connection = connect::connect(loaded, &place.reach).await?;
    let rebuilt = fill(loaded, &connection, args).await;
    connection.close().await;
    let printed = cli::rebuild::print(&rebuilt?, &args.into, out);
    out.flush()?;
    Ok(printed?)
}

/// Refuses a directory that holds anything.
fn ensure_new(dir: &Path) -> anyhow::Result<()> {
    let empty = match std::fs::read_dir(dir) {
        Ok(mut entries) => entries.next().is_none(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => true,
        Err(error) => {
            return Err(error).with_context(|| format!("cannot look into {}", dir.display()));
        }
    };
    if empty {
        return Ok(());
    }
    let message = format!(
        "{} holds something already: name a directory that is empty or not there yet",
        dir.display()
    );
    Err(OpsError::new(Failure::Conflict, message).into())
}

async fn fill(
    loaded: &Loaded,
    connection: &Connection,
    args: &RebuildArgs,
) -> anyhow::Result<Rebuilt> {
    let registry = Arc::new(loaded.registry().map_err(anyhow::Error::msg)?);
    let ops = &connection.ops;
    let at = args.at.at(ops.status().await?.now);
    let orgs = ops.orgs().await?;
    let primary = orgs.iter().find(|org| org.id == OrgId::PRIMARY);
    // A new store makes Org Primary by its clock.
    let clock = Clock::manual(primary.map_or(at, |org| org.created));
    let dir = args.into.clone();
    let opening = tokio::task::spawn_blocking(move || Store::open(&dir, Options::default(), clock));
    let store = opening.await?.map_err(OpsError::from)?;
    let rebuilt = rebuild::run(&**ops, &store, registry, at).await;
    tokio::task::spawn_blocking(move || store.close()).await?;
    Ok(rebuilt?)
}
