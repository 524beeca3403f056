//! A few read-only connections, lent to one thread at a time. Loans last microseconds, or as long
//! as a scan; scans are held below the number of connections by their semaphore, so a point read
//! never waits long.

use std::path::Path;
use std::sync::{Condvar, Mutex, PoisonError};

use rusqlite::Connection;

use crate::store::conn;
use crate::store::error::StoreError;

pub(super) struct Pool {
    idle: Mutex<Vec<Connection>>,
    returned: Condvar,
}

impl Pool {
    pub fn open(path: &Path, size: usize) -> Result<Self, StoreError> {
        let idle = (0..size)
            .map(|_| conn::open_reader(path))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            idle: Mutex::new(idle),
            returned: Condvar::new(),
        })
    }

    /// Runs `work` with a connection; waits for one if all are lent.
    pub fn with<T>(&self, work: impl FnOnce(&Connection) -> T) -> T {
        let loan = self.lend();
        work(loan.conn.as_ref().expect("held until the loan ends"))
    }

    fn lend(&self) -> Loan<'_> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(conn) = idle.pop() {
                return Loan {
                    pool: self,
                    conn: Some(conn),
                };
            }
            idle = self
                .returned
                .wait(idle)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// Gives the connection back, also when the reader panicked.
struct Loan<'a> {
    pool: &'a Pool,
    conn: Option<Connection>,
}

impl Drop for Loan<'_> {
    fn drop(&mut self) {
        let Some(conn) = self.conn.take() else { return };
        if !conn.is_autocommit() {
            // A panic inside a snapshot: end it, or the connection would read the past for ever.
            let _ = conn.execute_batch("ROLLBACK");
        }
        self.pool
            .idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(conn);
        self.pool.returned.notify_one();
    }
}
