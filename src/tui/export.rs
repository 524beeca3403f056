//! Files that the dashboard writes, at an operator's word alone.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use crate::tui::action::Export;

/// Names that are tried before giving up.
const TRIES: u32 = 100;

/// Writes `export` into `dir` under a name that nothing has yet, readable by its owner alone.
/// Returns its full path, or what is wrong.
pub fn write(dir: &Path, export: &Export) -> Result<PathBuf, String> {
    let refused = |error: std::io::Error| format!("cannot write into {}: {error}", dir.display());
    for number in 1..=TRIES {
        let path = dir.join(name(export, number));
        let opened = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path);
        return match opened {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => continue,
            Err(error) => Err(refused(error)),
            Ok(mut file) => {
                file.write_all(export.text.as_bytes()).map_err(refused)?;
                Ok(path)
            }
        };
    }
    Err(format!(
        "{} holds {TRIES} such files of this second",
        dir.display()
    ))
}

fn name(export: &Export, number: u32) -> String {
    let Export { stem, ending, .. } = export;
    match number {
        1 => format!("{stem}.{ending}"),
        more => format!("{stem}-{more}.{ending}"),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_file_is_private_and_nothing_is_overwritten() {
        let dir = tempfile::tempdir().unwrap();
        let export = |text: &str| Export {
            stem: "scimtop-users".to_owned(),
            ending: "csv",
            text: text.to_owned(),
        };
        let first = write(dir.path(), &export("a")).unwrap();
        let second = write(dir.path(), &export("b")).unwrap();
        assert_eq!(first, dir.path().join("scimtop-users.csv"));
        assert_eq!(second, dir.path().join("scimtop-users-2.csv"));
        assert_eq!(fs::read_to_string(&first).unwrap(), "a");
        let mode = fs::metadata(&second).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let error = write(&dir.path().join("none"), &export("a")).unwrap_err();
        assert!(error.starts_with("cannot write into"), "{error}");
    }
}
