//! Collects what `scimtop doctor` judges. Changes nothing, and works beside a running daemon.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use rustix::process::{Resource, getrlimit, getuid};

use super::connect::daemon;
use super::{load, socket_path};
use crate::cli::Out;
use crate::cli::args::Place;
use crate::cli::doctor::{self, Facts, File, Running, TAIL, Told};
use crate::clock::Clock;
use crate::config::Loaded;
use crate::ops::api::OpsError;
use crate::store::{EventQuery, StoreError, inspect};

/// `scimtop doctor`
pub async fn run(place: &Place, out: &mut Out) -> anyhow::Result<()> {
    let items = match load(place).and_then(|loaded| {
        loaded.registry().map_err(anyhow::Error::msg)?;
        Ok(loaded)
    }) {
        Ok(loaded) => doctor::judge(&facts(&loaded, place).await?),
        Err(error) => doctor::unreadable(&format!("{error:#}")),
    };
    Ok(doctor::print(&items, out)?)
}

async fn facts(loaded: &Loaded, place: &Place) -> anyhow::Result<Facts> {
    let running = match daemon(loaded, &place.reach) {
        Ok(Some(ops)) => ops.status().await.map(|status| {
            Some(Running {
                version: status.version,
                now: status.now,
            })
        }),
        Ok(None) => Ok(None),
        Err(error) => Err(error.downcast::<OpsError>().unwrap_or_else(|error| {
            OpsError::new(crate::ops::api::Failure::Unreachable, error.to_string())
        })),
    };
    let dir = loaded.data_dir.clone();
    // Reading whole files may take long.
    let (files, told) = tokio::task::spawn_blocking(move || (files(&dir), told(&dir))).await?;
    Ok(Facts {
        version: env!("CARGO_PKG_VERSION"),
        now: Clock::system().now(),
        settings: loaded.settings.clone(),
        place: data_dir(&loaded.data_dir),
        files: files.map_err(|error| error.to_string()),
        told: told.map(|told| told.map_err(|error| error.to_string())),
        daemon: running.map_err(|error| error.message),
        socket: socket_path(loaded).exists(),
        descriptors: getrlimit(Resource::Nofile).current,
    })
}

fn data_dir(dir: &Path) -> Option<doctor::Place> {
    let found = fs::metadata(dir).ok()?;
    let mut open_files: Vec<String> = fs::read_dir(dir)
        .into_iter()
        .flatten()
        .flatten()
        .filter(|entry| {
            let known = entry.metadata();
            known.is_ok_and(|known| known.is_file() && known.mode() & 0o077 != 0)
        })
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    open_files.sort_unstable();
    Some(doctor::Place {
        path: dir.to_owned(),
        mode: found.mode(),
        owner: (found.uid(), getuid().as_raw()),
        open_files,
        disk: inspect::disk(dir),
    })
}

fn files(dir: &Path) -> Result<Vec<File>, StoreError> {
    let found = inspect::files(dir)?.into_iter().map(|file| File {
        name: file.file,
        bytes: file.bytes,
        version: file.version,
        ours: file.ours,
        faults: file.faults,
    });
    Ok(found.collect())
}

/// `None`: there is no directory yet, or its file is not one; that is told of the file.
fn told(dir: &Path) -> Option<Result<Told, StoreError>> {
    let sound = |files: Vec<inspect::Inspected>| {
        let directory = files.into_iter().find(|file| file.file == "scimtop.db");
        directory.is_some_and(|file| file.ours && file.version.0 == file.version.1)
    };
    if !inspect::files(dir).is_ok_and(sound) {
        return None;
    }
    Some(inspect::read(dir, |reader| {
        let chain = reader.verify_last_events(TAIL)?;
        let last = reader.events(&EventQuery::default(), 1)?;
        let mut tokens = Vec::new();
        for org in reader.orgs()? {
            tokens.extend(reader.tokens(org.id)?);
        }
        Ok(Told {
            chain: (chain.checked, chain.faults),
            last: last.first().map(|event| event.at),
            tokens,
        })
    }))
}
