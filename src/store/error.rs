//! What can go wrong in the store, in words that say what to do. No message holds a value from a
//! row: these texts reach logs and screens.

use std::path::PathBuf;

use rusqlite::ErrorCode;

/// An error of the store. Cloned to every job of a batch whose commit failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The write queue is full.
    #[error("the write queue is full; try again shortly")]
    Busy,
    /// A unique attribute is taken.
    #[error("`{attribute}` is already taken")]
    Conflict {
        /// SCIM name of the attribute (`userName`, `externalId`, `displayName`), or `name` of an
        /// Org, or `id`.
        attribute: &'static str,
    },
    /// No such row in this Org.
    #[error("there is no such record")]
    NotFound,
    /// Several users or groups have that `externalId`.
    #[error(
        "this externalId is ambiguous: clients gave it to several; give the id or the name instead"
    )]
    Ambiguous,
    /// A sort needs to hold more rows than [`crate::store::Options::scan_rows`].
    #[error("the sort would have to hold too many rows; narrow the filter or sort by userName")]
    TooMany,
    /// A job panicked; it was rolled back.
    #[error("the change was rolled back because of an internal error; please report it")]
    Panicked,
    /// The store was closed.
    #[error("the store is closed")]
    Closed,
    /// The disk is full. Nothing was written; writes work again once there is space.
    #[error("the disk is full; free some space")]
    Full,
    /// A file of the store is damaged.
    #[error("the store is damaged ({0}); stop and restore a backup")]
    Corrupt(&'static str),
    /// Another process has the store open.
    #[error("another process is using {}; stop it or choose another data directory", .0.display())]
    Locked(PathBuf),
    /// Others may write to the data directory.
    #[error("other users may write to {}; run `chmod 700` on it", .0.display())]
    Exposed(PathBuf),
    /// The file was written by a newer scimtop.
    #[error(
        "{file} has schema version {found}, this scimtop knows up to {known}; install the newer \
         scimtop or restore the backup made before the upgrade"
    )]
    TooNew {
        /// File name.
        file: &'static str,
        /// Its version.
        found: i64,
        /// The last version known here.
        known: i64,
    },
    /// The file is an SQLite database of something else.
    #[error("{0} belongs to another program; choose another data directory")]
    Foreign(&'static str),
    /// The operating system refused; after a failed commit no further write is accepted.
    #[error("the disk failed ({0}); check it, then restart")]
    Io(String),
    /// SQLite refused a statement: a defect of scimtop.
    #[error("internal error of the store (SQLite {0}); please report it")]
    Internal(i32),
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::Error as E;
        match error {
            E::QueryReturnedNoRows => Self::NotFound,
            E::FromSqlConversionFailure(..)
            | E::IntegralValueOutOfRange(..)
            | E::InvalidColumnType(..)
            | E::Utf8Error(..) => Self::Corrupt("unreadable value"),
            E::SqliteFailure(code, message) => {
                from_code(code, message.as_deref().unwrap_or_default())
            }
            E::SqlInputError { error, .. } => Self::Internal(error.extended_code),
            _ => Self::Internal(0),
        }
    }
}

fn from_code(error: rusqlite::ffi::Error, message: &str) -> StoreError {
    match error.code {
        ErrorCode::ConstraintViolation => constraint(error.extended_code, message),
        ErrorCode::DiskFull => StoreError::Full,
        ErrorCode::DatabaseCorrupt => StoreError::Corrupt("malformed page"),
        ErrorCode::NotADatabase => StoreError::Corrupt("not an SQLite file"),
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => StoreError::Busy,
        ErrorCode::SystemIoFailure
        | ErrorCode::CannotOpen
        | ErrorCode::ReadOnly
        | ErrorCode::PermissionDenied
        | ErrorCode::FileLockingProtocolFailed => {
            StoreError::Io(format!("SQLite error {}", error.extended_code))
        }
        _ => StoreError::Internal(error.extended_code),
    }
}

/// The columns in SQLite's message (`UNIQUE constraint failed: users.org, users.user_name_key`)
/// tell which attribute it was; the message never holds a value.
fn constraint(extended_code: i32, message: &str) -> StoreError {
    const ATTRIBUTES: [(&str, &str); 4] = [
        ("user_name_key", "userName"),
        ("external_id", "externalId"),
        ("display_name_key", "displayName"),
        ("orgs.name_key", "name"),
    ];
    let unique = [
        rusqlite::ffi::SQLITE_CONSTRAINT_UNIQUE,
        rusqlite::ffi::SQLITE_CONSTRAINT_PRIMARYKEY,
        rusqlite::ffi::SQLITE_CONSTRAINT_ROWID,
    ];
    if !unique.contains(&extended_code) {
        return StoreError::Internal(extended_code);
    }
    let attribute = ATTRIBUTES
        .into_iter()
        .find(|(column, _)| message.contains(column))
        .map_or("id", |(_, attribute)| attribute);
    StoreError::Conflict { attribute }
}

impl From<std::io::Error> for StoreError {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => Self::Full,
            kind => Self::Io(kind.to_string()),
        }
    }
}
