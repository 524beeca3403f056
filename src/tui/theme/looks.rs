//! The theme that is shown, and how another one comes in its place while the dashboard runs.

use std::path::{Path, PathBuf};
use std::time::Duration;

use notify::event::EventKind;
use notify::{RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::sync::mpsc;
use tokio::time::sleep;

use super::{ColorDepth, Theme, ThemeError, list};

/// An editor writes a file in several steps: it is read again this long after the first.
const SETTLED: Duration = Duration::from_millis(150);

/// The theme that is shown.
#[derive(Debug)]
pub struct Looks {
    /// What to draw with.
    pub theme: Theme,
    /// Its name, or the path of its file.
    pub name: String,
    directory: PathBuf,
    depth: ColorDepth,
}

impl Looks {
    /// The theme `name`; those of one's own are in `directory`. `no_color` overrides the name
    /// with `mono`.
    pub fn new(
        name: &str,
        directory: PathBuf,
        depth: ColorDepth,
        no_color: bool,
    ) -> Result<Self, ThemeError> {
        let name = if no_color { "mono" } else { name };
        Ok(Self {
            theme: Theme::load(name, Some(&directory), depth, false)?,
            name: name.to_owned(),
            directory,
            depth,
        })
    }

    /// Shows the theme `name`, read anew. On an error the old one stays.
    pub fn show(&mut self, name: &str) -> Result<(), ThemeError> {
        self.theme = Theme::load(name, Some(&self.directory), self.depth, false)?;
        name.clone_into(&mut self.name);
        Ok(())
    }

    /// The names there are.
    pub fn names(&self) -> Vec<String> {
        list(&self.directory).into_keys().collect()
    }

    /// Begins to watch the files that themes are in.
    pub fn watch(&self) -> notify::Result<Changes> {
        // One change that waits stands for all that follow until it is looked at.
        let (sender, changed) = mpsc::channel(1);
        let mut watcher = notify::recommended_watcher(move |event: notify::Result<_>| {
            let writes = |event: notify::Event| !matches!(event.kind, EventKind::Access(_));
            if event.is_ok_and(writes) {
                let _ = sender.try_send(());
            }
        })?;
        // Directories and not files: editors put a new file in the place of the old one. The
        // directory above, because the one of the themes may come later.
        if let Some(above) = self.directory.parent().filter(|above| above.is_dir()) {
            watcher.watch(above, RecursiveMode::Recursive)?;
        }
        let named = Path::new(&self.name);
        if let Some(beside) = named.parent().filter(|beside| beside.is_dir()) {
            watcher.watch(beside, RecursiveMode::NonRecursive)?;
        }
        Ok(Changes {
            changed,
            _watcher: watcher,
        })
    }
}

/// Changes of theme files.
#[derive(Debug)]
pub struct Changes {
    changed: mpsc::Receiver<()>,
    _watcher: RecommendedWatcher,
}

impl Changes {
    /// Waits until something changed and is settled. `None`: there will be no more.
    pub async fn next(&mut self) -> Option<()> {
        self.changed.recv().await?;
        sleep(SETTLED).await;
        while self.changed.try_recv().is_ok() {}
        Some(())
    }
}
