//! The file of saved filters: `[live]`, then `name = "filter"`.

use std::fs::{self, OpenOptions, Permissions};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use crate::tui::state::memory::Saved;

/// A filter to be saved, or to be forgotten.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// What the file calls the view.
    pub view: String,
    /// The filter's name.
    pub name: String,
    /// The filter; `None`: there is to be none of that name.
    pub filter: Option<String>,
}

/// Reads the file; one that is not there has no filters.
pub fn load(file: &Path) -> Result<Saved, String> {
    let text = match fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Saved::new()),
        Err(error) => return Err(format!("{}: cannot be read: {error}", file.display())),
    };
    toml::from_str(&text).map_err(|error| {
        let before = &text[..error.span().map_or(0, |span| span.start).min(text.len())];
        let line = before.matches('\n').count() + 1;
        format!("{}:{line}: {}", file.display(), error.message())
    })
}

/// Changes the file as it is now: another dashboard may have done so too. Returns all of it.
pub fn change(file: &Path, change: Change) -> Result<Saved, String> {
    let mut saved = load(file)?;
    let of_view = saved.entry(change.view.clone()).or_default();
    match change.filter {
        Some(filter) => of_view.insert(change.name, filter),
        None => of_view.remove(&change.name),
    };
    if of_view.is_empty() {
        saved.remove(&change.view);
    }
    let text = toml::to_string(&saved).map_err(|error| error.to_string())?;
    write(file, &text)
        .map_err(|error| format!("{}: cannot be written: {error}", file.display()))?;
    Ok(saved)
}

/// Puts a new file in the place of the old one, at once; nobody else can read it.
fn write(file: &Path, text: &str) -> io::Result<()> {
    if let Some(directory) = file.parent() {
        fs::create_dir_all(directory)?;
    }
    let new = file.with_extension("toml.new");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    let mut written = options.open(&new)?;
    // One that was left behind may have other permissions.
    written.set_permissions(Permissions::from_mode(0o600))?;
    written.write_all(text.as_bytes())?;
    written.sync_all()?;
    fs::rename(new, file)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn to(name: &str, filter: Option<&str>) -> Change {
        Change {
            view: "live".to_owned(),
            name: name.to_owned(),
            filter: filter.map(str::to_owned),
        }
    }

    #[test]
    fn what_is_saved_is_there_again_and_nobody_elses() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("below/filters.toml");
        assert_eq!(load(&file), Ok(Saved::new()));
        for filter in ["status>=400", "subject:\"a \\\"b\\\"\"\nx"] {
            let saved = change(&file, to("my errors", Some(filter))).unwrap();
            assert_eq!(saved["live"]["my errors"], filter);
            assert_eq!(load(&file), Ok(saved));
        }
        let mode = fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(change(&file, to("my errors", None)), Ok(Saved::new()));
        assert_eq!(fs::read_dir(file.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn a_file_that_makes_no_sense_is_said_and_kept() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("filters.toml");
        fs::write(&file, "[live]\nx = 1\n").unwrap();
        let error = change(&file, to("a", Some("b"))).unwrap_err();
        assert!(error.contains("filters.toml:2:"), "{error}");
        assert_eq!(fs::read_to_string(&file).unwrap(), "[live]\nx = 1\n");
    }
}
