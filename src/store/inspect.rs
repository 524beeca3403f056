//! Looks at the files of a store without opening it as one: whether they are ours, of which
//! version, and sound. Changes nothing, and needs no lock: a
//! daemon may be running.

use std::path::Path;

use crate::store::conn;
use crate::store::error::StoreError;
use crate::store::migrate::{DIRECTORY, Schema, TRAFFIC};
use crate::store::tx::Reader;

/// Faults of a file that are listed.
const FAULTS: u32 = 5;

/// A file of the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inspected {
    /// Its name.
    pub file: &'static str,
    /// Bytes.
    pub bytes: u64,
    /// The version of its schema, and the one that this binary knows.
    pub version: (i64, i64),
    /// True if it is one of ours.
    pub ours: bool,
    /// What SQLite finds wrong with it; empty: nothing.
    pub faults: Vec<String>,
}

/// Bytes that are free to this process on the file system of `dir`, and its size; `None` if the
/// system does not say.
pub fn disk(dir: &Path) -> Option<(u64, u64)> {
    let disk = rustix::fs::statvfs(dir).ok()?;
    Some((disk.f_bavail * disk.f_frsize, disk.f_blocks * disk.f_frsize))
}

/// The files in `dir`; one that is not there is left out.
///
/// # Errors
/// A file cannot be opened or is no database.
pub fn files(dir: &Path) -> Result<Vec<Inspected>, StoreError> {
    let mut found = Vec::new();
    for schema in [&DIRECTORY, &TRAFFIC] {
        let path = dir.join(schema.file);
        if path.exists() {
            found.push(file(&path, schema)?);
        }
    }
    Ok(found)
}

fn file(path: &Path, schema: &Schema) -> Result<Inspected, StoreError> {
    let conn = conn::open_reader(path)?;
    let pragma = |name: &str| conn.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let mut faults = Vec::new();
    conn.pragma(None, "quick_check", FAULTS, |row| {
        faults.push(row.get::<_, String>(0)?);
        Ok(())
    })?;
    faults.retain(|fault| fault != "ok");
    Ok(Inspected {
        file: schema.file,
        bytes: std::fs::metadata(path)?.len(),
        version: (
            pragma("user_version")?,
            i64::try_from(schema.migrations.len()).expect("a short list"),
        ),
        ours: pragma("application_id")? == schema.application_id,
        faults,
    })
}

/// Reads the directory in `dir`, whoever has it open.
///
/// # Errors
/// Those of `work`; the file cannot be read.
pub fn read<T>(
    dir: &Path,
    work: impl FnOnce(&Reader<'_>) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let conn = conn::open_reader(&dir.join(DIRECTORY.file))?;
    work(&Reader {
        conn: &conn,
        anchors: None,
        scan_rows: 0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::{Clock, Timestamp};
    use crate::store::{Options, Store};

    #[test]
    fn an_open_store_is_sound_and_a_damaged_file_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let clock = Clock::manual(Timestamp(1_700_000_000_000));
        let store = Store::open(dir.path(), Options::default(), clock).unwrap();
        let files = files(dir.path()).unwrap();
        let names: Vec<_> = files.iter().map(|file| file.file).collect();
        assert_eq!(names, ["scimtop.db", "traffic.db"]);
        for file in &files {
            assert!(file.ours && file.faults.is_empty(), "{file:?}");
            assert_eq!(file.version.0, file.version.1);
        }
        let orgs = read(dir.path(), |reader| reader.orgs()).unwrap();
        assert_eq!(orgs.len(), 1);
        drop(store);
        std::fs::write(dir.path().join("traffic.db"), vec![7_u8; 8192]).unwrap();
        assert!(super::files(dir.path()).is_err());
    }
}
