//! What a caller holds while it reads ([`Reader`]) or changes ([`Tx`]) the directory. The methods
//! stand with their table, in `orgs`, `users`, `groups` and so on.

use std::ops::Deref;

use rusqlite::{Connection, OptionalExtension as _, Params, Row};

use crate::store::anchor::Anchors;
use crate::store::error::StoreError;

/// Read access. Each method sees everything committed before it began.
pub struct Reader<'c> {
    pub(super) conn: &'c Connection,
    /// Absent inside a transaction: what it saw may never be committed.
    pub(super) anchors: Option<&'c Anchors>,
    /// See [`crate::store::Options::scan_rows`].
    pub(super) scan_rows: usize,
}

impl Reader<'_> {
    /// Runs `work` on one snapshot: everything it reads was true at the same moment.
    pub fn snapshot<T>(
        &self,
        work: impl FnOnce(&Self) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        if !self.conn.is_autocommit() {
            return work(self);
        }
        self.run("BEGIN DEFERRED")?;
        let result = work(self);
        self.run("COMMIT")?;
        result
    }

    pub(super) fn run(&self, sql: &str) -> Result<(), StoreError> {
        self.conn.prepare_cached(sql)?.execute([])?;
        Ok(())
    }

    /// The first row, if there is one.
    pub(super) fn row<T>(
        &self,
        sql: &str,
        params: impl Params,
        map: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>, StoreError> {
        let mut statement = self.conn.prepare_cached(sql)?;
        Ok(statement.query_row(params, map).optional()?)
    }

    /// The only row, if there is one.
    ///
    /// # Errors
    /// [`StoreError::Ambiguous`] if there are several.
    pub(super) fn only<T>(
        &self,
        sql: &str,
        params: impl Params,
        map: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>, StoreError> {
        let mut rows = self.rows(sql, params, map)?;
        match (rows.pop(), rows.is_empty()) {
            (only, true) => Ok(only),
            (_, false) => Err(StoreError::Ambiguous),
        }
    }

    /// Every row.
    pub(super) fn rows<T>(
        &self,
        sql: &str,
        params: impl Params,
        map: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, StoreError> {
        let mut statement = self.conn.prepare_cached(sql)?;
        let rows = statement.query_map(params, map)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

/// One job of the writer: everything it changes is committed as a whole or not at all. Reads what
/// it has changed.
pub struct Tx<'c> {
    reader: Reader<'c>,
    /// The last error of a statement: tells why SQLite rolled a whole transaction back.
    pub(super) fault: Option<StoreError>,
    /// Personal data was erased: the log must not keep it either.
    pub(super) erased: bool,
}

impl<'c> Deref for Tx<'c> {
    type Target = Reader<'c>;

    fn deref(&self) -> &Self::Target {
        &self.reader
    }
}

impl<'c> Tx<'c> {
    pub(super) fn new(conn: &'c Connection, scan_rows: usize) -> Self {
        let reader = Reader {
            conn,
            anchors: None,
            scan_rows,
        };
        Self {
            reader,
            fault: None,
            erased: false,
        }
    }

    /// Runs `work` so that its changes alone are undone if it fails; the rest of the job stands.
    /// May be nested.
    pub fn nested<T, E: From<StoreError>>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, E>,
    ) -> Result<T, E> {
        self.run("SAVEPOINT nested")?;
        let result = work(self);
        if result.is_err() {
            self.run("ROLLBACK TO nested")?;
        }
        self.run("RELEASE nested")?;
        result
    }

    /// Runs a statement that changes rows; returns how many.
    pub(super) fn exec(&mut self, sql: &str, params: impl Params) -> Result<usize, StoreError> {
        let changed = self
            .conn
            .prepare_cached(sql)
            .and_then(|mut statement| statement.execute(params))
            .map_err(StoreError::from);
        if let Err(error) = &changed {
            self.fault = Some(error.clone());
        }
        changed
    }
}
