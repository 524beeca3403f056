//! Opens databases, and is the only place that does: with the settings on which durability,
//! speed and safety depend, in files that only their owner can read, in a directory that only one
//! process uses.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use crate::store::error::StoreError;

const LOCK_FILE: &str = "scimtop.lock";
/// Prepared statements kept by each connection: all fixed ones and the filters in use.
const STATEMENTS: usize = 256;
/// How long a connection waits for another that is in its way.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// What a database holds, which decides how hard each commit is pressed onto the disk.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// The directory: a commit is on disk when it returns.
    Directory,
    /// Recorded traffic: a power cut may take the last commits, never the file.
    Traffic,
}

/// Makes `dir` if need be, for its owner alone; refuses one that others may write to, where they
/// could exchange the files; and locks it against a second process for as long as the returned
/// file lives.
pub(super) fn lock_dir(dir: &Path) -> Result<File, StoreError> {
    DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
    if fs::metadata(dir)?.permissions().mode() & 0o022 != 0 {
        return Err(StoreError::Exposed(dir.to_owned()));
    }
    let file = private_file(&dir.join(LOCK_FILE))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreError::Locked(dir.to_owned())),
        Err(TryLockError::Error(error)) => Err(error.into()),
    }
}

fn private_file(path: &Path) -> Result<File, StoreError> {
    let file = OpenOptions::new()
        .create(true)
        .read(true)
        .write(true)
        .truncate(false)
        .mode(0o600)
        .open(path)?;
    file.set_permissions(Permissions::from_mode(0o600))?;
    Ok(file)
}

/// Opens `path` for writing; makes the file if need be. SQLite gives its `-wal` and `-shm` files
/// the mode of the database.
pub(super) fn open_writer(path: &Path, kind: Kind) -> Result<Connection, StoreError> {
    drop(private_file(path)?);
    let conn = open(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    // Takes effect only in an empty file; lets pruned space go back to the disk.
    if kind == Kind::Traffic {
        conn.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
    }
    conn.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    // Deleted personal data is overwritten in the directory; traffic overwrites what costs nothing.
    let (synchronous, secure_delete) = match kind {
        Kind::Directory => ("FULL", "ON"),
        Kind::Traffic => ("NORMAL", "FAST"),
    };
    conn.pragma_update(None, "synchronous", synchronous)?;
    conn.pragma_update(None, "secure_delete", secure_delete)?;
    conn.pragma_update(None, "cache_size", -16 * 1024)?;
    conn.pragma_update(None, "wal_autocheckpoint", 4000)?;
    conn.pragma_update(None, "journal_size_limit", 64 << 20)?;
    Ok(conn)
}

/// Opens `path` for reading only.
pub(super) fn open_reader(path: &Path) -> Result<Connection, StoreError> {
    let conn = open(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    conn.pragma_update(None, "cache_size", -4 * 1024)?;
    conn.pragma_update(None, "mmap_size", 128 << 20)?;
    Ok(conn)
}

fn open(path: &Path, access: OpenFlags) -> Result<Connection, StoreError> {
    // No mutex: every connection is used by one thread at a time.
    let conn = Connection::open_with_flags(path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    for (setting, on) in [
        // SQLite is built with STAT4: without this guarantee binding a value may prepare the
        // statement anew, on every call.
        (DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true),
        (DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true),
        (DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, true),
        (DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false),
        (DbConfig::SQLITE_DBCONFIG_DQS_DML, false),
        (DbConfig::SQLITE_DBCONFIG_DQS_DDL, false),
    ] {
        conn.set_db_config(setting, on)?;
    }
    conn.busy_timeout(BUSY_TIMEOUT)?;
    conn.pragma_update(None, "cell_size_check", true)?;
    conn.pragma_update(None, "temp_store", "MEMORY")?;
    conn.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(conn)
}
