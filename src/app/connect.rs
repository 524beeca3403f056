//! Where a command's operations API is: at a running daemon, or in the store itself.

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use zeroize::Zeroizing;

use super::{serve, socket_path};
use crate::cli::args::Reach;
use crate::clock::Clock;
use crate::config::{Loaded, variable};
use crate::http::listen;
use crate::http::ops::peers::login;
use crate::ops::api::{Failure, Ops, OpsError};
use crate::ops::house::House;
use crate::ops::local::LocalOps;
use crate::ops::remote::RemoteOps;
use crate::store::{Options, Store};

/// An operations API, and the store behind it if it was opened for this.
pub struct Connection {
    /// The API.
    pub ops: Arc<dyn Ops>,
    house: Option<Arc<House>>,
}

impl Connection {
    /// Closes the store, if it was opened.
    pub async fn close(self) {
        if let Some(house) = self.house {
            // Closing waits for the disk.
            let _ = tokio::task::spawn_blocking(move || house.close()).await;
        }
    }
}

/// Connects to the daemon that was named or that runs here, or opens the store if there is none.
///
/// # Errors
/// The store cannot be opened; with [`Failure::Unreachable`] if another process has it.
pub async fn connect(loaded: &Loaded, reach: &Reach) -> anyhow::Result<Connection> {
    if let Some(ops) = daemon(loaded, reach)? {
        return Ok(Connection { ops, house: None });
    }
    let registry = loaded.registry().map_err(anyhow::Error::msg)?;
    let clock = Clock::system();
    let store = open(loaded, &clock).await?;
    let origin = listen::origin(
        loaded.settings.public_url.as_deref(),
        loaded.settings.listen,
    );
    let plan = serve::plan(loaded, registry, &origin);
    let house = House::new(store, clock, plan).map_err(OpsError::from)?;
    Ok(Connection {
        ops: Arc::new(LocalOps::new(Arc::clone(&house), &operator())),
        house: Some(house),
    })
}

/// Opens the store, on a thread that may wait for the disk.
///
/// # Errors
/// As for [`connect`].
pub async fn open(loaded: &Loaded, clock: &Clock) -> anyhow::Result<Store> {
    let (dir, clock) = (loaded.data_dir.clone(), clock.clone());
    let opening = tokio::task::spawn_blocking(move || Store::open(&dir, Options::default(), clock));
    Ok(opening.await?.map_err(OpsError::from)?)
}

/// The API of the daemon that was named, or of the one that runs here; `None` if none does.
pub fn daemon(loaded: &Loaded, reach: &Reach) -> anyhow::Result<Option<Arc<dyn Ops>>> {
    let named = reach.daemon.clone().or_else(|| variable("SCIMTOP_DAEMON"));
    if let Some(daemon) = named {
        let ops = if daemon.starts_with('/') {
            RemoteOps::connect(Path::new(&daemon))?
        } else {
            RemoteOps::at(&daemon, &token(reach)?, reach.ca.as_deref())?
        };
        return Ok(Some(Arc::new(ops)));
    }
    match RemoteOps::connect(&socket_path(loaded)) {
        Ok(ops) => Ok(Some(Arc::new(ops))),
        Err(OpsError {
            failure: Failure::Unreachable,
            ..
        }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// The operator's token: never an argument, which every process could read.
fn token(reach: &Reach) -> anyhow::Result<Zeroizing<String>> {
    if let Some(file) = &reach.token_file {
        let text = std::fs::read_to_string(file)
            .with_context(|| format!("cannot read the token file {}", file.display()))?;
        return Ok(Zeroizing::new(text));
    }
    let token = variable("SCIMTOP_OPS_TOKEN").ok_or_else(|| {
        OpsError::new(
            Failure::Denied,
            "an operator's token is needed: name a file that holds it with --token-file, or set \
             SCIMTOP_OPS_TOKEN",
        )
    })?;
    Ok(Zeroizing::new(token))
}

/// The login name of whoever runs this.
pub fn operator() -> String {
    match std::fs::metadata("/proc/self") {
        Ok(process) => login(process.uid()),
        Err(_) => variable("USER").unwrap_or_else(|| "operator".to_owned()),
    }
}
