//! Brings a database to the schema this binary knows: a list of SQL files applied in one
//! exclusive transaction. A released file is never edited; a change is a new file.

use rusqlite::{Connection, TransactionBehavior};

use crate::store::error::StoreError;

/// A database of ours and its schema.
pub(super) struct Schema {
    /// File name.
    pub file: &'static str,
    /// Marks the file as ours (`PRAGMA application_id`).
    pub application_id: i64,
    /// The files, oldest first; the first makes version 1.
    pub migrations: &'static [&'static str],
}

/// `scimtop.db`.
pub(super) const DIRECTORY: Schema = Schema {
    file: "scimtop.db",
    application_id: 0x5343_494d,
    migrations: &[include_str!("migrations/directory_1.sql")],
};

/// `traffic.db`.
pub(super) const TRAFFIC: Schema = Schema {
    file: "traffic.db",
    application_id: 0x5343_4954,
    migrations: &[include_str!("migrations/traffic_1.sql")],
};

/// Applies what is missing. Refuses files of other programs and of newer versions.
pub(super) fn migrate(conn: &mut Connection, schema: &Schema) -> Result<(), StoreError> {
    let tx = conn.transaction_with_behavior(TransactionBehavior::Exclusive)?;
    let pragma = |name| tx.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let version = pragma("user_version")?;
    let known = i64::try_from(schema.migrations.len()).expect("a short list");
    let fresh = version == 0 && pragma("schema_version")? == 0;
    if !fresh && pragma("application_id")? != schema.application_id {
        return Err(StoreError::Foreign(schema.file));
    }
    if version > known {
        return Err(StoreError::TooNew {
            file: schema.file,
            found: version,
            known,
        });
    }
    if version == known {
        return Ok(());
    }
    let done = usize::try_from(version).map_err(|_| StoreError::Foreign(schema.file))?;
    for sql in &schema.migrations[done..] {
        tx.execute_batch(sql)?;
    }
    tx.pragma_update(None, "application_id", schema.application_id)?;
    tx.pragma_update(None, "user_version", known)?;
    tx.commit()?;
    Ok(())
}
