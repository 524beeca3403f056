//! Files that change while the program runs.

use std::path::Path;
use std::time::Duration;

use notify::event::EventKind;
use notify::{RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::sync::mpsc;
use tokio::time::sleep;

/// An editor writes a file in several steps: it is read again this long after the first.
const SETTLED: Duration = Duration::from_millis(150);

/// Changes within directories.
///
/// Directories and not files: editors put a new file in the place of the old one.
#[derive(Debug)]
pub struct Changes {
    changed: mpsc::Receiver<()>,
    watcher: RecommendedWatcher,
}

impl Changes {
    /// Of no directory yet.
    ///
    /// # Errors
    /// The system cannot watch anything.
    pub fn new() -> notify::Result<Self> {
        // One change that waits stands for all that follow until it is looked at.
        let (sender, changed) = mpsc::channel(1);
        let watcher = notify::recommended_watcher(move |event: notify::Result<_>| {
            let writes = |event: notify::Event| !matches!(event.kind, EventKind::Access(_));
            if event.is_ok_and(writes) {
                let _ = sender.try_send(());
            }
        })?;
        Ok(Self { changed, watcher })
    }

    /// And of what is in `directory`, if it is one; `deep`: of all below it too.
    ///
    /// # Errors
    /// The system cannot watch it.
    pub fn within(&mut self, directory: Option<&Path>, deep: bool) -> notify::Result<()> {
        let mode = if deep {
            RecursiveMode::Recursive
        } else {
            RecursiveMode::NonRecursive
        };
        match directory.filter(|directory| directory.is_dir()) {
            Some(directory) => self.watcher.watch(directory, mode),
            None => Ok(()),
        }
    }

    /// Waits until something changed and is settled. `None`: there will be no more.
    pub async fn next(&mut self) -> Option<()> {
        self.changed.recv().await?;
        sleep(SETTLED).await;
        while self.changed.try_recv().is_ok() {}
        Some(())
    }
}
