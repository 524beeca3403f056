//! The theme that is shown, and how another one comes in its place while the dashboard runs.

use std::path::{Path, PathBuf};

use super::{ColorDepth, Theme, ThemeError, list};
use crate::files::Changes;

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
        let mut changes = Changes::new()?;
        // The directory above, because the one of the themes may come later.
        changes.within(self.directory.parent(), true)?;
        changes.within(Path::new(&self.name).parent(), false)?;
        Ok(changes)
    }
}
