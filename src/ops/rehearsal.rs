//! Changes of the store that may be a rehearsal: everything is done and checked, and then undone.

use crate::ops::api::OpsError;
use crate::store::{Store, StoreError, Tx};

/// Why a change is undone.
enum Undone<T> {
    Failed(OpsError),
    Rehearsed(T),
}

impl<T> From<StoreError> for Undone<T> {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}

/// Carries out `work`; if `dry_run`, only to say what it comes back with.
pub(super) fn carry_out<T: Send + 'static>(
    store: &Store,
    dry_run: bool,
    work: impl FnOnce(&mut Tx<'_>) -> Result<T, OpsError> + Send + 'static,
) -> Result<T, OpsError> {
    let done = store.write_blocking(move |tx| match work(tx).map_err(Undone::Failed)? {
        done if dry_run => Err(Undone::Rehearsed(done)),
        done => Ok(done),
    });
    match done {
        Ok(done) | Err(Undone::Rehearsed(done)) => Ok(done),
        Err(Undone::Failed(error)) => Err(error),
    }
}
